# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Two hosts on a wire, for tests and for the demonstration, and waiting for conditions.

# Nothing ever comes from here: waiting on it is a pause that starts no process, which is dear in a guest.
exec {_never}<> <(:)
pause() { read -rt "$1" -u "$_never"; true; }

# wait_for SECONDS COMMAND...: until the command succeeds; 1 at the deadline, which is later on a slow bench. The command
# runs at least once.
wait_for()
{
	local end=$((SECONDS + $1 * ${LAB_SCALE:-1})) looks=0 nap=.05
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		pause $nap
		# Under UML a look takes longer than what it looks for
		[ $((++looks)) -lt 8 ] || nap=.3
	done
}

# For wait_for: what holds the module may still be going
unloaded() { rmmod espintcp; }

# tcp_listens HOST PORT: somebody does; nc says so before it is true
tcp_listens() { [ -n "$(ip netns exec "$1" ss -tlnH "sport = :$2")" ]; }

# Two hosts, west and east, on a wire: network namespaces with a veth pair. Each has an inner network of its own on a
# dummy device, for what goes through a tunnel. Addresses are of the documentation and private ranges.
WEST4=192.0.2.1 EAST4=192.0.2.2
WEST6=2001:db8::1 EAST6=2001:db8::2
WEST_IN4=10.1.0.1 EAST_IN4=10.2.0.1
WEST_NET4=10.1.0.0/24 EAST_NET4=10.2.0.0/24
WEST_IN6=fd00:1::1 EAST_IN6=fd00:2::1
WEST_NET6=fd00:1::/64 EAST_NET6=fd00:2::/64
export WEST4 EAST4 WEST6 EAST6 WEST_IN4 EAST_IN4 WEST_NET4 EAST_NET4 WEST_IN6 EAST_IN6 WEST_NET6 EAST_NET6

west() { ip netns exec west "$@"; }
east() { ip netns exec east "$@"; }

# The way to the other inner network leads to a gateway that is not there: what no tunnel takes does not arrive.
# _topo_host NAME OUTER4 OUTER6 INNER4 INNER6
_topo_host()
{
	local h=$1
	ip -n "$h" link set lo up
	ip -n "$h" addr add "$2/24" dev wire
	ip -n "$h" addr add "$3/64" dev wire nodad
	ip -n "$h" link set wire up
	ip -n "$h" link add inner type dummy
	ip -n "$h" addr add "$4/24" dev inner
	ip -n "$h" addr add "$5/64" dev inner nodad
	ip -n "$h" link set inner up
	ip netns exec "$h" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	ip -n "$h" route add default via 192.0.2.254 src "$4"
	ip -n "$h" -6 route add default via 2001:db8::fe src "$5"
}

# topo_pair WEST EAST: two hosts of these names with a wire between
topo_pair() { ip netns add "$1" && ip netns add "$2" && topo_wire "$1" "$2"; }

# topo_wire WEST EAST: the same of two network namespaces that are there
topo_wire()
{
	ip link add wire netns "$1" type veth peer name wire netns "$2" || return 1
	_topo_host "$1" $WEST4 $WEST6 $WEST_IN4 $WEST_IN6
	_topo_host "$2" $EAST4 $EAST6 $EAST_IN4 $EAST_IN6
}

# west and east, and a wire that carries packets; 1 if that does not come about.
topo_make()
{
	topo_pair west east &&
		wait_for 10 west ping -c 1 -w 1 $EAST4 &&
		wait_for 10 west ping -c 1 -w 1 $EAST6
}

_topo_mac() { ip -n "$1" -j link show "$2" | sed 's/.*"address":"\([^"]*\)".*/\1/'; }

# topo_routed: west and east, and a host "between" that hands IPv4 from one to the other, by its devices west and east
topo_routed()
{
	local side near far
	for side in between west east; do
		ip netns add $side || return 1
	done
	ip netns exec between sysctl -qw net.ipv4.ip_forward=1
	for side in west east; do
		ip link add wire netns $side type veth peer name $side netns between || return 1
	done
	_topo_host west $WEST4 $WEST6 $WEST_IN4 $WEST_IN6
	_topo_host east $EAST4 $EAST6 $EAST_IN4 $EAST_IN6
	for side in west east; do
		near=$WEST4 far=$EAST4
		[ $side = west ] || near=$EAST4 far=$WEST4
		ip -n between link set $side up
		ip -n between route add "$near" dev $side
		ip -n between neigh add "$near" dev $side lladdr "$(_topo_mac $side wire)"
		ip -n $side neigh add "$far" dev wire lladdr "$(_topo_mac between $side)"
	done
	wait_for 10 west ping -c 1 -w 1 $EAST4
}

# topo_down [HOST...]: west and east, if no others are named
topo_down()
{
	local n
	[ $# -gt 0 ] || set -- west east
	for n; do
		ip netns pids "$n" 2>/dev/null | xargs -r kill -KILL 2>/dev/null
		ip netns del "$n" 2>/dev/null
	done
}

# xfrm_clean NETNS: no state and no policy left, but those that belong to sockets
xfrm_clean()
{
	[ -z "$(ip -n "$1" xfrm state)$(ip -n "$1" xfrm policy list nosock)" ]
}
