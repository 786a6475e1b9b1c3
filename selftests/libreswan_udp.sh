#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Unmodified libreswan and espintcp over UDP, each as initiator: native ESP, ESP in UDP, and fallback to TCP; SAs that either
# end rekeys; and a peer that is dead, as either end sees it.
# bench: uml-peers uml-libreswan
# limit: 300
. "$(dirname "$0")/lib/tap.sh"
. "$TOP/selftests/lib/sa.sh"
. "$TOP/selftests/lib/ipsec.sh"
. "$TOP/selftests/lib/swan.sh"

[ -x /usr/libexec/ipsec/pluto ] || bail_out "no libreswan; mend with: apt-get install libreswan"
quiet=(leftupdown=%disabled rightupdown=%disabled)
# Of the second conn alone: libreswan rekeys when it is told to
lives=(rekey=yes rekeyfuzz=0% rekeymargin=3s salifetime=6s ikelifetime=8s)
# write_conf [KEY=VALUE...]
write_conf()
{
	conf_begin
	conf_conn plain 4 4 enable-tcp=no "${quiet[@]}"
	conf_conn forced 4 4 enable-tcp=no encapsulation=yes leftid=@forced dpddelay=2 dpdtimeout=6 "${quiet[@]}" "$@"
	conf_conn either 4 4 enable-tcp=fallback leftid=@either "${quiet[@]}"
}
write_conf dpdaction=clear
# What espintcp does not read: libreswan gives UDP up after 2 s
{ cat "$TMP/ipsec.conf"; printf 'conn %%default\n\tretransmit-timeout=2s\n'; } >"$TMP/swan.conf"
write_conf "${lives[@]}"
modprobe espintcp || bail_out "no module"
topo_up

unroute() { whack "$1" --name "$2" --unroute >/dev/null; }
block_udp() { ip netns exec "$1" nft 'table inet block { chain input { type filter hook input priority 0; udp dport { 500, 4500 } drop; }; }'; }
unblock_udp() { ip netns exec "$1" nft delete table inet block; }

# rekeyed NAME HOST LOG: libreswan there rekeys all at once, then espintcp does
rekeyed()
{
	try "$1: libreswan rekeys the child SA" whack "$2" --name forced $swan_rekey_child
	try "$1: espintcp has answered" wait_for 10 says "$3" 'child SA rekeyed' 1
	try "$1: libreswan rekeys the IKE SA" whack "$2" --name forced --rekey-ike
	try "$1: espintcp has answered that, too" wait_for 10 says "$3" 'IKE SA is rekeyed' 1
	rekeys_all "$1" "$3"
	try "$1: pings behind all that" pings west $EAST_IN4
}

# by_us NAME CONN ENCAPSULATION
by_us()
{
	try "$1: espintcp up, libreswan answers" up west "$2"
	up=$started
	is "$1: the encapsulation" "$(encap_count west), $(encap_count east)" "2 $3, 2 $3"
	try "$1: pings" pings west $EAST_IN4
	try "$1: pings back" pings east $WEST_IN4
	[ "$2" != forced ] || rekeyed "$1" east "$TMP/up-forced.log"
	try "$1: espintcp down" down west "$2"
	try "$1: espintcp up ends well" wait "$up"
	unroute east "$2"
	try "$1: libreswan has taken the DELETE: nothing is left" nothing_left
}

has_sas() { [ "$(ip -n west xfrm state | grep -c ^src)" = 2 ]; }
# whack reports the failure of UDP, and goes away before TCP is tried
they_initiate() { whack west --name "$1" --initiate; wait_for 20 has_sas; }

# by_them NAME CONN ENCAPSULATION
by_them()
{
	try "$1: libreswan initiates, espintcp answers" they_initiate "$2"
	is "$1: the encapsulation" "$(encap_count west), $(encap_count east)" "2 $3, 2 $3"
	try "$1: pings" pings west $EAST_IN4
	try "$1: pings back" pings east $WEST_IN4
	[ "$2" != forced ] || rekeyed "$1" west "$serve_log"
	try "$1: libreswan deletes the SA" whack west --name "$2" --terminate
	unroute west "$2"
	try "$1: espintcp serve has taken the DELETE: nothing is left" nothing_left
}

swan_start east
try "libreswan starts in east" swan_ready east
state_remember
by_us "no NAT" plain none
by_us "encapsulation=yes" forced espinudp
by_us "fallback, and UDP works" either espinudp
block_udp east
by_us "fallback, and UDP is dropped" either espintcp
unblock_udp east
try "a dead libreswan: up" up west forced
kill -STOP "${swan_pid[east]}"
fails "a dead libreswan: espintcp up sees it" 1 'the peer does not answer any more' ended "$started" "$TMP/up-forced.log"
kill -CONT "${swan_pid[east]}"
try "a dead espintcp: libreswan sees it" wait_for 30 no_state east
unroute east forced
try "libreswan in east ends" swan_stop east

try "espintcp serve in east" serve east
swan_start west
try "libreswan starts in west" swan_ready west
state_remember
by_them "no NAT" plain none
by_them "encapsulation=yes" forced espinudp
by_them "fallback, and UDP works" either none
block_udp east
by_them "fallback, and UDP is dropped" either espintcp
unblock_udp east

try "a dead libreswan: it initiates" they_initiate forced
before=$(spis west)
new_sas() { has_sas && [ "$(spis west)" != "$before" ]; }
kill -STOP "${swan_pid[west]}"
try "a dead libreswan: espintcp serve sees it" wait_for 30 no_state east
kill -CONT "${swan_pid[west]}"
if swan_before 5.0; then
	try "a dead espintcp: libreswan, which began, sees it" wait_for 30 no_state west
else
	# It has no dpdaction any more: what is up is brought up again
	try "a dead espintcp: libreswan, which began, brings it up again" wait_for 90 new_sas
	try "a dead espintcp: pings" pings west $EAST_IN4
fi
