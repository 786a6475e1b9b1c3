#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Lifetimes of seconds: IKE and child SAs are rekeyed under a flood of packets, and none is lost. By espintcp at either
# end, and with libreswan at the other one, which begins or answers.
# bench: uml
# limit: 400
. "$(dirname "$0")/lib/tap.sh"
. "$TOP/selftests/lib/sa.sh"
. "$TOP/selftests/lib/ipsec.sh"
. "$TOP/selftests/lib/swan.sh"

[ -x /usr/libexec/ipsec/pluto ] || bail_out "no libreswan; mend with: apt-get install libreswan"
modprobe espintcp || bail_out "no module"

short=(rekeyfuzz=0% rekeymargin=3s leftupdown=%disabled rightupdown=%disabled)
# write_conf WHO [KEY=VALUE...]: WHO (ours, theirs, both) begins to rekey: the child SA every 4 s, the IKE SA every 8 s
write_conf()
{
	local who=$1
	shift
	conf_begin
	conf_conn net 4 4 "${short[@]}" "$@" rekey=no
	# Into the same file: libreswan has that one in its mount namespace
	if [ "$who" = ours ]; then
		cat "$TMP/ipsec.conf"
	else
		sed 's/rekey=no/rekey=yes/' "$TMP/ipsec.conf"
	fi >"$TMP/swan.conf"
	[ "$who" = theirs ] || sed -i 's/rekey=no/rekey=yes/' "$TMP/ipsec.conf"
}
lives=(salifetime=7s ikelifetime=11s)
# libreswan makes no child SA with an IKE SA that has less than the margin to live
its_lives=(salifetime=6s ikelifetime=14s)

# rekeyed LOG WHAT NUMBER: so many times; or what all had to say
rekeyed()
{
	wait_for 60 says "$@" && return
	tail -n 12 "$1"
	grep -hE 'rekey|CREATE_CHILD|EXPIRE|REPLACE|lifetime|STATE_V2|fail' "$TMP"/pluto-*.log | tail -n 40
	return 1
}

# flood NAME LOG [HOST]: packets both ways while all is rekeyed. None is lost; with HOST, none of those that
# go to HOST: its own may be sent with a new SA before the other end has heard of it, which libreswan does when it answers.
flood()
{
	local from_west from_east unknown
	[ -z "${3:-}" ] || unknown=$(xfrm_count "$3" XfrmInNoStates)
	start flood-west west ping -q -i 0.02 -c 100000 $EAST_IN4
	from_west=$started
	start flood-east east ping -q -i 0.02 -c 100000 $WEST_IN4
	from_east=$started
	try "$1: child SAs are rekeyed" rekeyed "$2" 'child SA rekeyed' 2
	try "$1: the IKE SA is rekeyed" rekeyed "$2" 'IKE SA is rekeyed' 1
	try "$1: what was replaced goes" few_left
	if [ -z "${3:-}" ]; then
		all_back west "$from_west" "$1: no packet from west is lost"
		all_back east "$from_east" "$1: no packet from east is lost"
	else
		kill -INT "$from_west" "$from_east"
		wait "$from_west" "$from_east"
		is "$1: no packet to $3 meets no SA" "$(xfrm_count "$3" XfrmInNoStates)" "$unknown"
		is "$1: no packet finds no SA to leave with" "$(xfrm_count west XfrmOutNoStates) $(xfrm_count east XfrmOutNoStates)" "0 0"
	fi
	try "$1: the tunnel carries files" exchange $WEST_IN4 $EAST_IN4 1
}

# The SAs in use, inbound ones of the last seconds, and what is just being made
few_left()
{
	local host n
	for host in west east; do
		n=$(ip -n $host xfrm state | grep -c ^src)
		{ [ "$n" -ge 2 ] && [ "$n" -le 6 ]; } || { echo "$host has $n SAs"; ip -n $host xfrm state; return 1; }
	done
}

# all_back HOST PID DESCRIPTION: ends a flood; the last packet may be on its way
all_back()
{
	local log=$TMP/flood-$1.log sent got
	kill -INT "$2"
	wait "$2"
	read -r sent got < <(sed -n 's/^\([0-9]*\) packets transmitted, \([0-9]*\) received.*/\1 \2/p' "$log")
	if [ "${sent:-0}" -gt 100 ] && [ "$got" -ge $((sent - 1)) ]; then
		ok "$3"
	else
		not_ok "$3" "$(cat "$log")"
	fi
}

# both_end NAME: the tunnel goes down, both programs end well, and nothing is left
both_end()
{
	try "$1: espintcp down" down west net
	try "$1: espintcp up ends well" wait "$up"
	try "$1: nothing is left" nothing_left
	kill -INT "$server"
	try "$1: espintcp serve ends well" wait "$server"
}

topo_up

# Each end has its own times: the one that connected rekeys, then the one that answered
write_conf ours "${lives[@]}"
try "espintcp serve" serve east
server=$started
state_remember
try "espintcp up" up west net
up=$started
flood "espintcp, the initiator rekeys" "$TMP/up-net.log"
both_end "the initiator rekeyed"

write_conf ours "${lives[@]}" rekeymargin=6s
try "espintcp serve, for which SAs are soon old" serve east
server=$started
sed -i 's/rekey=yes/rekey=no/' "$TMP/ipsec.conf"
try "espintcp up, which leaves rekeying to its peer" up west net
up=$started
flood "espintcp, the responder rekeys" "$TMP/up-net.log"
both_end "the responder rekeyed"

write_conf ours "${lives[@]}"
swan_start west
swan_start east
try "libreswan starts in west" swan_ready west
try "libreswan starts in east" swan_ready east
state_remember
try "espintcp up, libreswan answers" up west net
up=$started
flood "libreswan answers, espintcp rekeys" "$TMP/up-net.log" east
try "espintcp down" down west net
try "espintcp up ends well" wait "$up"
whack east --name net --unroute >/dev/null
try "nothing is left" nothing_left

write_conf theirs "${its_lives[@]}" rekeymargin=4s
try "libreswan takes the other configuration" swan east auto --replace net
try "libreswan takes it in west, too" swan west auto --replace net
try "espintcp up, libreswan answers and rekeys" up west net
up=$started
flood "libreswan answers, and rekeys" "$TMP/up-net.log"
try "libreswan deletes the SA" whack east --name net --terminate
fails "espintcp up says so and fails" 1 'net: the peer deleted the IKE SA' ended "$up" "$TMP/up-net.log"
whack east --name net --unroute >/dev/null
try "nothing is left" nothing_left

try "libreswan in east ends" swan_stop east
write_conf theirs "${its_lives[@]}" rekeymargin=2s
try "libreswan takes another configuration" swan west auto --replace net
try "espintcp serve in east" serve east
server=$started
state_remember
try "libreswan initiates" whack west --name net --initiate
flood "libreswan initiates and rekeys" "$serve_log"
try "libreswan deletes the SA that it made" whack west --name net --terminate
whack west --name net --unroute >/dev/null
try "nothing is left" nothing_left
kill -INT "$server"
try "espintcp serve ends well" wait "$server"

write_conf ours "${lives[@]}" rekeymargin=6s
try "libreswan takes one that leaves rekeying to its peer" swan west auto --replace net
try "espintcp serve in east once more" serve east
server=$started
state_remember
try "libreswan initiates once more" whack west --name net --initiate
flood "libreswan initiates, espintcp rekeys" "$serve_log" west
try "espintcp down at the responder" down east net
whack west --name net --unroute >/dev/null
try "nothing is left" nothing_left
kill -INT "$server"
try "espintcp serve ends well" wait "$server"
try "libreswan in west ends" swan_stop west
