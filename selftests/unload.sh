#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Loading and unloading: who holds the module, and what others notice.
# bench: uml qemu qemu-debug
# limit: 300
. "$(dirname "$0")/lib/tap.sh"
. "$TOP/selftests/lib/sa.sh"

CYCLES=${CYCLES:-20}
native()
{
	ip -n west xfrm state add src $WEST4 dst $EAST4 proto esp spi "$1" reqid 9 mode tunnel \
		aead 'rfc4106(gcm(aes))' 0x0000000000000000000000000000000000000033 128
}
udp()
{
	ip -n west xfrm state add src $WEST4 dst $EAST4 proto esp spi "$1" reqid 9 mode tunnel \
		aead 'rfc4106(gcm(aes))' 0x0000000000000000000000000000000000000033 128 encap espinudp 4500 4500 0.0.0.0
}

topo_up
outer 4
wait_for 10 unload || bail_out "the module is in use"
modprobe -a esp4 esp6
fails "stock: the kernel refuses encap espintcp" '!0' . sa_add tunnel sa_gcm
try "stock: a native SA" native 0x3001
try "modprobe by the name of the protocol" modprobe tcp-ulp-espintcp
try "it is loaded" loaded
try "encap espintcp is accepted" sa_add tunnel sa_gcm
fails "an SA holds the module" '!0' 'in use' rmmod espintcp
hold_up
fails "a socket and an SA hold it" '!0' 'in use' rmmod espintcp
xfrm_flush
fails "a socket holds it" '!0' 'in use' rmmod espintcp
try "native SAs do not" native 0x3002
try "nor does ESP in UDP" udp 0x3003
hold_down
try "then it goes, under SAs of others" wait_for 10 unload
ip -n west xfrm state flush
fails "stock behaviour is back: no encap espintcp" '!0' . sa_add tunnel sa_gcm
try "stock behaviour is back: a native SA" native 0x3004

# SAs of others, while it comes and goes: none may fail
stop=$_tap_tmp/stop
adder()
{
	local n=$3 bad=0 spi
	while [ ! -e "$stop" ]; do
		spi=$(printf '0x%x' $((0x10000 + n)))
		"$1" "$spi" || bad=$((bad + 1))
		ip -n west xfrm state delete src $WEST4 dst $EAST4 proto esp spi "$spi" || bad=$((bad + 1))
		n=$((n + $2))
	done
	echo "$bad $n"
}
adder native 2 0 >"$_tap_tmp/native" 2>&1 &
a=$!
adder udp 2 1 >"$_tap_tmp/udp" 2>&1 &
b=$!
bad=$(come_and_go "$CYCLES")
touch "$stop"
wait $a $b
is "$CYCLES loads and unloads" "$bad" 0
like "no native SA failed meanwhile" "$(cat "$_tap_tmp/native")" '^0 [1-9]'
like "no SA over UDP failed meanwhile" "$(cat "$_tap_tmp/udp")" '^0 [1-9]'
