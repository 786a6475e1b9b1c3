#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Unmodified libreswan over TCP: two of them with our module between, and one against espintcp, each as initiator.
# bench: qemu uml-peers uml-libreswan
# limit: 500
. "$(dirname "$0")/lib/tap.sh"
. "$TOP/selftests/lib/sa.sh"
. "$TOP/selftests/lib/ipsec.sh"
. "$TOP/selftests/lib/swan.sh"

[ -x /usr/libexec/ipsec/pluto ] || bail_out "no libreswan; mend with: apt-get install libreswan"
# write_conf [KEY=VALUE...]
write_conf()
{
	conf_begin
	conf_conn net 4 4 "${swan_needs[@]}" "$@"
	conf_conn net6 6 6 "${swan_needs[@]}" leftupdown=%disabled rightupdown=%disabled
	conf_conn hosts 4 host "${swan_needs[@]}" type=transport leftid=@west-hosts leftupdown=%disabled rightupdown=%disabled
	# What espintcp does not read: libreswan asks after 2 s of silence whether its peer lives
	{ cat "$TMP/ipsec.conf"; printf 'conn %%default\n\tdpddelay=2\n\tdpdtimeout=30\n'; } >"$TMP/swan.conf"
}

write_conf
topo_up

# What libreswan leaves of a connection that ended, so that its packets do not go out in the clear
unroute() { whack "$1" --name "$2" --unroute >/dev/null; }
reload() { swan west auto --replace net && swan east auto --replace net; }
# told HOST COUNTER NUMBER: a counter of the module has reached it
told() { [ "$(counter "$1" "$2")" -ge "$3" ]; }

# carries NAME WEST-ADDRESS EAST-ADDRESS: what a tunnel needs to be one
carries()
{
	try "$1: pings from west" pings west "$3"
	try "$1: pings from east" pings east "$2"
	try "$1: $(file_mb) MB each way arrive unchanged" exchange "$2" "$3"
	try "$1: both kernels say espintcp" encap_is espintcp 2
}

swan_start west
swan_start east
try "libreswan starts in west" swan_ready west
try "libreswan starts in east" swan_ready east
state_remember

wire_start || bail_out "tcpdump does not start"
try "two libreswan: up" swan west auto --up net
carries "two libreswan" $WEST_IN4 $EAST_IN4
try "two libreswan: nothing but TCP was on the wire" wire_is_tcp 4500
try "two libreswan: down" swan west auto --down net
unroute west net
unroute east net
try "two libreswan: nothing is left" nothing_left

# The scripts that libreswan runs have had their turn, and take seconds
write_conf leftupdown=%disabled rightupdown=%disabled
try "libreswan takes the other configuration" reload

try "espintcp up, libreswan answers" up west net
up=$started
carries "espintcp to libreswan" $WEST_IN4 $EAST_IN4
try "espintcp down" down west net
try "espintcp up ends well" wait "$up"
unroute east net
try "libreswan has taken the DELETE: nothing is left" nothing_left

if swan_before 4.9; then
	skip "espintcp to libreswan over IPv6" "before 4.9 libreswan has TCP on IPv4 alone"
else
	try "the same over IPv6" up west net6
	up=$started
	try "espintcp to libreswan over IPv6: pings" pings west $EAST_IN6
	try "espintcp to libreswan over IPv6: both kernels say espintcp" encap_is espintcp 2
	kill -INT "$up"
	try "Ctrl-C ends it well" wait "$up"
	unroute east net6
	try "libreswan has taken the DELETE of IPv6: nothing is left" nothing_left
fi

try "espintcp up in transport mode, libreswan answers" up west hosts
up=$started
try "espintcp to libreswan in transport mode: pings" pings west $EAST4
like "espintcp to libreswan in transport mode: it is that mode" "$(ip -n west xfrm state)" "mode transport"
try "espintcp to libreswan in transport mode: both kernels say espintcp" encap_is espintcp 2
try "espintcp down in transport mode" down west hosts
unroute east hosts
try "libreswan has taken the DELETE of transport mode: nothing is left" nothing_left

try "once more, for libreswan to end it" up west net
up=$started
try "libreswan deletes the SA" whack east --name net --terminate
# libreswan 4.3 does that with the child SA first
fails "espintcp up says so and fails" 1 'net: the peer deleted the (IKE|child) SA' ended "$up" "$TMP/up-net.log"
unroute east net
try "espintcp has taken the DELETE: nothing is left" nothing_left

try "libreswan in east ends" swan_stop east
state_remember
try "espintcp serve in east" serve east
serve=$started
state_remember
try "libreswan initiates, espintcp answers" whack west --name net --initiate
carries "libreswan to espintcp" $WEST_IN4 $EAST_IN4
try "libreswan deletes the SA that it made" whack west --name net --terminate
unroute west net
try "espintcp serve has taken the DELETE: nothing is left" nothing_left

conn=net6 over=IPv6 to=$EAST_IN6
! swan_before 4.9 || conn=net over=IPv4 to=$EAST_IN4
try "libreswan initiates over $over" whack west --name $conn --initiate
try "libreswan to espintcp over $over: pings" pings west "$to"
n=$(counter east tx_ike)
try "libreswan asks for a sign of life and espintcp answers" wait_for 20 told east tx_ike $((n + 1))
try "espintcp down at the responder" down east $conn
unroute west $conn
try "libreswan has taken the responder's DELETE: nothing is left" nothing_left

if swan_before 4.4; then
	# Its connection has no IP_XFRM_POLICY: the policies that it brings up take that, too
	skip "libreswan initiates transport mode" "before 4.4 libreswan's connection goes into its own transport mode"
else
	try "libreswan initiates transport mode" whack west --name hosts --initiate
	try "libreswan to espintcp in transport mode: pings" pings west $EAST4
	like "libreswan to espintcp in transport mode: it is that mode" "$(ip -n east xfrm state)" "mode transport"
	try "libreswan to espintcp in transport mode: both kernels say espintcp" encap_is espintcp 2
	try "libreswan deletes the SA of transport mode" whack west --name hosts --terminate
	unroute west hosts
	try "espintcp serve has taken its DELETE: nothing is left" nothing_left
fi

try "libreswan initiates once more" whack west --name net --initiate
kill -INT "$serve"
try "Ctrl-C ends espintcp serve well" wait "$serve"
try "libreswan has taken the DELETE of Ctrl-C" wait_for 10 no_state west
