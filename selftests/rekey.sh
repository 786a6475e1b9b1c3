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
. "$TOP/selftests/lib/rekey.sh"

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
