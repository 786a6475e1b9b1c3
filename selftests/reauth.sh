#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# reauth=yes: a new IKE SA takes the place of the old one in time, under a flow of pings, by TCP and by UDP.
# bench: uml live
# needs: espintcp ping nft
# limit: 180
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/sa.sh"
. "$(dirname "$0")/lib/ipsec.sh"

modprobe espintcp || bail_out "no module"
topo_up
conf_begin
lives=(rekey=yes reauth=yes ikelifetime=16s salifetime=1h rekeymargin=8s rekeyfuzz=0%)
conf_conn tcp 4 4 leftid=@tcp "${lives[@]}"
conf_conn udp 4 4 leftid=@udp enable-tcp=no "${lives[@]}"


try "espintcp serve" serve east
server=$started
state_remember
for name in tcp udp; do
	try "$name: up" up west $name
	up=$started up_log=$TMP/up-$name.log
	start pings west ping -q -i 0.02 -c 100000 $EAST_IN4
	flow=$started
	try "$name: two times it is replaced in time" wait_for 60 says "$up_log" 'SAs installed' 3
	is "$name: because it was due" "$(grep -c 'reauthentication is due' "$up_log")" 2
	is "$name: the IKE SA was not rekeyed" "$(grep -c 'IKE SA is rekeyed' "$up_log")" 0
	kill -INT "$flow"
	wait "$flow"
	read -r sent got < <(pings_counted "$TMP/pings.log")
	diag "$name: of $sent pings $got were answered"
	# The last one, and those on their way while one end has the new SAs alone and the other one the old ones
	try "$name: one ping is lost at most each time" test "${sent:-0}" -gt 100 -a "${got:-0}" -ge $((sent - 3))
	try "$name: down" down west $name
	try "$name: up ends well" wait "$up"
	try "$name: nothing is left" nothing_left
done

# The peer does not take a new handshake: the old tunnel goes on till its lifetime is over
try "up once more" up west tcp
up=$started up_log=$TMP/up-tcp.log
east nft 'table inet block { chain input { type filter hook input priority 0; tcp dport 4500 tcp flags & (syn | ack) == syn drop; }; }'
try "a peer that does not answer: it is tried" wait_for 30 says "$up_log" 'reauthentication is due' 1
try "a peer that does not answer: the tunnel goes on" west ping -q -c 3 -i 0.2 -W 2 $EAST_IN4
fails "a peer that does not answer: the lifetime ends it" 1 'the lifetime of the IKE SA is over|no answer from' ended "$up" "$up_log"
kill -INT "$server"
try "serve ends well" wait "$server"
