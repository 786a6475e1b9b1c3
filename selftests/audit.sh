#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What is dropped on the way in is told to the kernel's audit as for every SA, with the addresses of the connection. UML has
# no audit.
# bench: qemu
. "$(dirname "$0")/lib/tap.sh"
. "$TOP/selftests/lib/sa.sh"

modprobe espintcp || bail_out "no module"
topo_up
outer 4
hold_up || bail_out "no connection"
start audit python3 "$TOP/selftests/lib/audit.py"
wait_for 20 said listening "$TMP/audit.log" || bail_out "no audit" "$(cat "$TMP/audit.log")"

# record DESCRIPTION REGEX: one such record comes after a packet to east, which does not arrive
record()
{
	west ping -q -c 1 -W 1 $EAST_IN4 >/dev/null && not_ok "$1: the packet arrives all the same"
	try "$1" wait_for 10 grep -qE -e "$2" "$TMP/audit.log"
}

# renew HOST LINES: its SAs
renew() { { echo "xfrm state flush"; cat; } | ip -n "$1" -batch -; }

sa_add tunnel sa_gcm
sp_tunnel
try "nothing is told of a packet that arrives" west ping -q -c 1 -w 5 $EAST_IN4
is "not a word" "$(grep -o 'op=SA-.*' "$TMP/audit.log")" ''

# The number was seen before
sa_lines tunnel sa_gcm | renew west
record "a replay" "op=SA-replayed-pkt src=$WEST4 dst=$EAST4 spi=4097\(0x1001\) seqno=1"

sed "s/spi 0x1001 \(.*\)0000000000000011 /spi 0x1001 \10000000000000012 /" "$TMP/sa" | renew east
record "a wrong ICV" "op=SA-icv-failure src=$WEST4 dst=$EAST4 spi=4097\(0x1001\) seqno=2"

ip -n east xfrm state flush
record "an SPI that nobody knows" "op=SA-notfound src=$WEST4 dst=$EAST4 spi=4097\(0x1001\) seqno=3"
hold_down
xfrm_flush

outer 6
hold_up || not_ok "a connection over IPv6"
sa_lines tunnel sa_gcm | ip -n west -batch -
sp_tunnel
record "an SPI that nobody knows, IPv6" "op=SA-notfound src=2001:0db8:[0:]*:0001 dst=2001:0db8:[0:]*:0002 .*spi=4097\(0x1001\) seqno=1"
hold_down
