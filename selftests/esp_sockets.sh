#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Which socket an SA sends through: either may come first, go and come back; its ports may change; VRFs, devices and
# network namespaces keep equal tuples apart. And what the daemon is told when the peer's address or port changes.
# bench: uml qemu-long
# limit: 400
. "$(dirname "$0")/lib/tap.sh"
. "$TOP/selftests/lib/sa.sh"

datagram=$TOP/selftests/lib/datagram.py
modprobe -a espintcp vrf || bail_out "no module"
topo_up
outer 4

pings() { "$1" ping -q -c 3 -i 0.05 -w 5 "$2"; }

# lost NETNS TARGET: a packet is sent, not carried, and counted as without a socket
lost()
{
	local before
	before=$(counter "$1" tx_no_socket)
	! ip netns exec "$1" ping -q -c 1 -W 1 "$2" || return
	echo "tx_no_socket went from $before to $(counter "$1" tx_no_socket)"
	[ $(($(counter "$1" tx_no_socket) - before)) = 1 ]
}

# Who comes first
sa_add tunnel sa_gcm
sp_tunnel
try "an SA before its socket: lost" lost west $EAST_IN4
hold_up
try "then the socket comes" pings west $EAST_IN4
xfrm_flush
sa_add tunnel sa_gcm
sp_tunnel
try "a socket before its SA" pings west $EAST_IN4

# A dead socket that its owner still holds, and a new one on the same tuple
kill -STOP "$HOLD_EAST"
dead=$HOLD_EAST
kill "$HOLD_WEST"
wait "$HOLD_WEST" 2>/dev/null
try "after a reset the SA at the other end has no socket" lost east $WEST_IN4
hold_up
try "beside the dead one there is a new one on the same tuple" pings east $WEST_IN4
kill -KILL $dead
wait $dead 2>/dev/null
try "which the end of the dead one leaves alone" pings east $WEST_IN4

# Equal addresses and ports in another pair of namespaces
at_exit 'topo_down west2 east2'
topo_pair west2 east2
sa_lines tunnel sa_gcm >"$TMP/sa2"
{ cat "$TMP/sa2"; sp_lines $WEST_NET4 $EAST_NET4 tunnel out in; } | ip -n west2 -batch -
{ cat "$TMP/sa2"; sp_lines $WEST_NET4 $EAST_NET4 tunnel in out; } | ip -n east2 -batch -
before=$(counter west tx_esp)
try "an SA does not use the socket of another namespace" lost west2 $EAST_IN4
is "which sent nothing" $(($(counter west tx_esp) - before)) 0
hold_down
start east2 ip netns exec east2 hold listen $EAST4 $PORT_EAST
pair2=$started
wait_for 10 said listening "$TMP/east2.log"
start west2 ip netns exec west2 hold connect $EAST4 $PORT_EAST $PORT_WEST
pair2+=" $started"
wait_for 10 said attached "$TMP/west2.log" && wait_for 10 said attached "$TMP/east2.log"
try "its own carries" ip netns exec west2 ping -q -c 3 -i 0.05 -w 5 $EAST_IN4
try "and the first pair has none now" lost west $EAST_IN4
xfrm_flush
for p in $pair2; do stop "$p"; done
topo_down west2 east2

# Ports that change
outer 4
hold_two
new=$PORT_SECOND
PORT_WEST=$PORT_FIRST
sa_add tunnel sa_gcm
sp_tunnel
try "SAs on the first connection" over 3 0 pings west $EAST_IN4
sed "s/state add/state update/; s/ $PORT_FIRST / $new /" "$TMP/sa" | both || not_ok "UPDSA"
try "with XFRM_MSG_UPDSA they move to the second" over 0 3 pings west $EAST_IN4
is "and their other ends, too" "$(ip -n east -d xfrm state | grep -c "espintcp.* $new")" 2
is "which XFRM takes as it is" "$(xfrm_errors east | grep XfrmIn)" ""

# A template without ports is no wildcard: they are compared, as the kernel's own code does
xfrm_flush
{
	sa_line $WEST4 $EAST4 0x1001 11 sa_gcm 0 0 reqid 1 mode tunnel
	sa_line $EAST4 $WEST4 0x1002 22 sa_gcm 0 0 reqid 1 mode tunnel
} | both
sp_tunnel
try "ports 0: no socket" lost west $EAST_IN4

# But a policy's template may leave the source address open: XFRM asks the route
xfrm_flush
sa_add tunnel sa_gcm
sp_tunnel
ip -n west xfrm policy flush
sp_lines $WEST_NET4 $EAST_NET4 tunnel out in | sed "s/tmpl src $WEST4 /tmpl src 0.0.0.0 /" | ip -n west -batch - || not_ok "policies"
try "a template without a source address" pings west $EAST_IN4

# NAT: what arrives differs from the template, and the daemon learns it; it is received all the same
# mapped NAME SRC PORT REGEX: east's SA expects SRC and PORT, the monitor says REGEX
mapped()
{
	local name=$1 src=$2 port=$3 regex=$4
	xfrm_flush
	sa_line "$src" "$EAST_OUT" 0x1001 11 sa_gcm "$port" $PORT_EAST reqid 1 mode tunnel flag af-unspec | ip -n east -batch -
	sa_line "$WEST_OUT" "$EAST_OUT" 0x1001 11 sa_gcm $PORT_WEST $PORT_EAST reqid 1 mode tunnel flag af-unspec | ip -n west -batch -
	sp_lines $WEST_NET4 $EAST_NET4 tunnel out in | ip -n west -batch -
	echo "xfrm policy add src $WEST_NET4 dst $EAST_NET4 dir in tmpl src $src dst $EAST_OUT proto esp reqid 1 mode tunnel" |
		ip -n east -batch -
	start monitor ip -n east xfrm monitor
	monitor=$started
	wait_for 10 listens east || not_ok "monitor" "$(east cat /proc/net/netlink)"
	start "receive" east python3 "$datagram" receive $EAST_IN4 5555
	wait_for 10 said listening "$TMP/receive.log"
	west python3 "$datagram" send $EAST_IN4 5555 size=60 >"$TMP/out"
	try "$name: received" wait_for 10 said "60 0x0" "$TMP/receive.log"
	stop "$started"
	if [ -z "$regex" ]; then
		unlike "$name: and no word of it" "$(cat "$TMP/monitor.log")" Mapping
	else
		wait_for 5 grep -qE "$regex" "$TMP/monitor.log"
		like "$name: and told" "$(cat "$TMP/monitor.log")" "$regex"
	fi
	stop "$monitor"
}
# A socket of NETLINK_XFRM with groups
# shellcheck disable=SC2016 # fields of awk's
listens() { ip netns exec "$1" awk '$2 == 6 && $4 !~ /^0*$/ { found = 1 } END { exit !found }' /proc/net/netlink; }
PORT_WEST=$PORT_FIRST
mapped "the port is another one" $WEST4 41000 "Mapping change 192.0.2.1:41000 -> 192.0.2.1:$PORT_FIRST"
mapped "the address is another one" 192.0.2.77 $PORT_FIRST "Mapping change 192.0.2.77:$PORT_FIRST -> 192.0.2.1:$PORT_FIRST"
mapped "all as expected" $WEST4 $PORT_FIRST ''
hold_two_down
outer 6
hold_up
mapped "IPv6, another port" $WEST6 41000 "Mapping change .*2001:db8::1.*41000.* -> .*2001:db8::1.*$PORT_WEST"

# MIGRATE, from the connection over IPv6 to one over IPv4
xfrm_flush
sa_add tunnel sa_gcm esn
sp_tunnel
v6="$HOLD_WEST $HOLD_EAST" old=$PORT_WEST
PORT_WEST=$PORT_SECOND
outer 4
hold_up
try "SAs over IPv6" pings west $EAST_IN4
migrate() { "$1" python3 "$TOP/selftests/lib/migrate.py" "${@:2}"; }
eastwards=("$WEST_NET4" "$EAST_NET4" 1 "$WEST6" "$EAST6" "$WEST4" "$EAST4" "$PORT_SECOND" "$PORT_EAST")
westwards=("$EAST_NET4" "$WEST_NET4" 1 "$EAST6" "$WEST6" "$EAST4" "$WEST4" "$PORT_EAST" "$PORT_SECOND")
try "XFRM_MSG_MIGRATE to IPv4, west, out" migrate west out "${eastwards[@]}"
try "west, in" migrate west in "${westwards[@]}"
try "east, in" migrate east in "${eastwards[@]}"
try "east, out" migrate east out "${westwards[@]}"
like "the SA has the new addresses and the new ports" "$(ip -n west -d xfrm state list spi 0x1001)" \
	"espintcp sport $PORT_SECOND dport $PORT_EAST"
# shellcheck disable=SC2086 # a list
kill $v6
try "and the packets go over IPv4" pings west $EAST_IN4
xfrm_flush
hold_down
PORT_WEST=$old

# Bound to a device: found where the route of the SA leaves by it
hold_up -d wire || not_ok "sockets bound to the wire"
sa_add tunnel sa_gcm
sp_tunnel
try "a socket bound to a device" pings west $EAST_IN4
ip -n west route add $EAST4/32 dev inner
try "whose SA's route leaves by another one: lost" lost west $EAST_IN4
ip -n west route del $EAST4/32 dev inner
try "and back" pings west $EAST_IN4
hold_down
xfrm_flush

# Two VRFs in west with equal addresses, each with a connection of the same tuple to a host of its own
ip netns add east2
{
	echo "link add wire2 type veth peer name wire netns east2"
	printf 'link add %s type vrf table %s\n' red 101 blue 102
	printf 'link set %s up\n' red blue
	echo "link set wire vrf red"
	echo "link set wire2 vrf blue"
	echo "link set wire2 up"
	echo "addr add $WEST4/24 dev wire2"
	printf 'link add %s type xfrm dev %s if_id %s\n' xr red 1 xb blue 2
	printf 'link set %s up\n' xr xb
	echo "addr add 10.1.1.1/24 dev xr"
	echo "addr add 10.1.2.1/24 dev xb"
	echo "route add 10.2.1.0/24 dev xr"
	echo "route add 10.2.2.0/24 dev xb"
} | ip -n west -batch - || not_ok "two VRFs"
printf '%s\n' "link set lo up" "link set wire up" "addr add $EAST4/24 dev wire" "link add inner type dummy" "link set inner up" \
	"addr add 10.2.2.1/24 dev inner" "route add default via 192.0.2.254 src 10.2.2.1" | ip -n east2 -batch -
ip -n east addr add 10.2.1.1/24 dev inner
ip -n east route replace default via 192.0.2.254 src 10.2.1.1

# vrf_pair SPI: an SA each way
vrf_pair()
{
	sa_line $WEST4 $EAST4 "$1" 11 sa_gcm $PORT_WEST $PORT_EAST reqid "$2" mode tunnel "${@:3}"
	sa_line $EAST4 $WEST4 "$1" 22 sa_gcm $PORT_EAST $PORT_WEST reqid "$2" mode tunnel "${@:3}"
}
# vrf_policies DIRECTION-EASTWARDS DIRECTION-WESTWARDS REQID NET [MORE...]
vrf_policies()
{
	echo "xfrm policy add src 10.1.$3.0/24 dst $4 dir $1 ${*:5} tmpl src $WEST4 dst $EAST4 proto esp reqid $3 mode tunnel"
	echo "xfrm policy add src $4 dst 10.1.$3.0/24 dir $2 ${*:5} tmpl src $EAST4 dst $WEST4 proto esp reqid $3 mode tunnel"
}
{
	vrf_pair 0x1001 1 if_id 1
	vrf_pair 0x1002 2 if_id 2
	vrf_policies out in 1 10.2.1.0/24 if_id 1
	vrf_policies out in 2 10.2.2.0/24 if_id 2
} | ip -n west -batch - || not_ok "SAs in VRFs"
{ vrf_pair 0x1001 1; vrf_policies in out 1 10.2.1.0/24; } | ip -n east -batch -
{ vrf_pair 0x1002 2; vrf_policies in out 2 10.2.2.0/24; } | ip -n east2 -batch -

hold_listen
hold_connect -d red || not_ok "a connection in the red VRF" "$(cat "$HOLD".*)"
wait_for 10 said attached "$HOLD.east"
try "the SA of the red VRF is carried" pings west 10.2.1.1
try "that of the blue one has no socket" lost west 10.2.2.1
start blue2 ip netns exec east2 hold listen $EAST4 $PORT_EAST
wait_for 10 said listening "$TMP/blue2.log"
start blue ip netns exec west hold -d blue connect $EAST4 $PORT_EAST $PORT_WEST
blue=$started
wait_for 10 said attached "$TMP/blue.log" && wait_for 10 said attached "$TMP/blue2.log"
try "until it has one of the same tuple" pings west 10.2.2.1
try "beside the red one" pings west 10.2.1.1
is "neither met the other's SAs" "$(xfrm_count east XfrmInNoStates) $(xfrm_count east2 XfrmInNoStates)" "0 0"
hold_down
try "the red one goes, and its SA does not take the blue one" lost west 10.2.1.1
try "which still carries its own" pings west 10.2.2.1
stop $blue
ip netns del east2
