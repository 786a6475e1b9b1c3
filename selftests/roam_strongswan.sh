#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# MOBIKE (RFC 4555) with strongSwan over UDP, each as the one that moves and the one that follows.
# bench: uml-peers
# needs: espintcp ping ss jq
# limit: 240
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/sa.sh"
. "$(dirname "$0")/lib/ipsec.sh"
. "$TOP/selftests/lib/strongswan.sh"

modprobe espintcp || bail_out "no module"
topo_up
WEST_OTHER=192.0.2.9
west sysctl -qw net.ipv4.conf.wire.promote_secondaries=1
for n in "west $EAST_NET4 $WEST_IN4" "east $WEST_NET4 $EAST_IN4"; do
	read -r host to from <<<"$n"
	ip -n "$host" route add "$to" dev inner src "$from"
done

conf_begin
strong_begin
strong_conn net west 4 $WEST_IN4/32 $EAST_IN4/32 encap=yes
strong_set west connections.net.local_addrs=%any
strong_set east connections.net.remote_addrs=%any
# strongSwan rekeys child SAs without a key exchange unless it is told to
conf_conn net 4 4 left=%defaultroute leftid=@west rightid=@east leftsubnet=$WEST_IN4/32 rightsubnet=$EAST_IN4/32 enable-tcp=no pfs=no auto=ignore
conf_conn gw 4 4 left=%any leftid=@west rightid=@east leftsubnet=$WEST_IN4/32 rightsubnet=$EAST_IN4/32 enable-tcp=no pfs=no

other_address() { ip -n west addr add $WEST_OTHER/24 dev wire && ip -n west addr del $WEST4/24 dev wire; }
old_address() { ip -n west addr add $WEST4/24 dev wire && ip -n west addr del $WEST_OTHER/24 dev wire; }

# at ADDRESS: both kernels have both SAs between this address and the server's, and no other one
at()
{
	local host
	for host in west east; do
		[ "$(ip -n $host xfrm state | grep -c '^src')" = 2 ] &&
			ip -n $host xfrm state | grep -q "^src $1 dst $EAST4" &&
			ip -n $host xfrm state | grep -q "^src $EAST4 dst $1" || return 1
	done
}

# moves WHO ADDRESS COMMAND: the same SAs carry packets from there
moves()
{
	local before gap
	before="$(spis west)$(spis east)"
	watch_start $EAST_IN4 || { not_ok "$1: pings" "$(cat "$TMP/pings")"; return; }
	try "$1: to $2" "$3"
	try "$1: both ends have moved" wait_for 20 at "$2"
	try "$1: pings" pings west $EAST_IN4
	watch_stop
	diag "$1: $gap ms without a packet"
	is "$1: with the same SAs" "$(spis west)$(spis east)" "$before"
}

try "strongSwan answers" strong_start east
state_remember
try "up" up west net
up=$started
try "up: pings" pings west $EAST_IN4
moves "we move" $WEST_OTHER other_address
moves "we move back" $WEST4 old_address
try "down" down west net
try "up ends well" wait "$up"
try "nothing is left" nothing_left
strong_stop east

try "espintcp serve" serve east
state_remember
try "strongSwan begins" strong_start west
try "strongSwan is up" strong_up west net
try "strongSwan: pings" pings west $EAST_IN4
moves "strongSwan moves" $WEST_OTHER other_address
moves "strongSwan moves back" $WEST4 old_address
try "strongSwan ends it" strong_down west net
strong_stop west
