#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# INITIAL_CONTACT: two connections of the same two hosts live together, however they come, and what a host that crashed has
# left at its peer is gone there as soon as it comes again.
# bench: uml live
# needs: espintcp ping jq
# limit: 180
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/sa.sh"
. "$(dirname "$0")/lib/ipsec.sh"

modprobe espintcp || bail_out "no module"
topo_up
conf_begin
conf_conn four 4 4
conf_conn six 4 6 enable-tcp=no
conf_conn other 4 host leftid=@other leftprotoport=udp/7 rightprotoport=udp/7

# names: of the tunnels that the responder has
names() { ip netns exec east espintcp status --run-dir "$TMP/run-east" --json | jq -rc '[.tunnels[].name] | sort | join(" ")'; }
are() { [ "$(names)" = "$1" ]; }
small() { west ping -q -c 3 -i 0.05 -w 10 "$1"; }

try "espintcp serve" serve east
server=$started
state_remember
declare -A pid
for name in four six other; do
	try "$name: up" up west $name
	pid[$name]=$started
done
is "each has its tunnel" "$(names)" "four other six"
try "the first one carries packets" small $EAST_IN4
try "the second one, too" small $EAST_IN6

for name in four six other; do stop "${pid[$name]}" KILL; done
is "nobody has told the responder" "$(names)" "four other six"
try "killed and again: up" up west four
pid[four]=$started
try "it has the SAs of this peer no more, but another peer's" wait_for 10 are "four other"
like "it says so" "$(cat "$serve_log")" 'six: replaced by the newer connection of'
try "the first one carries packets again" small $EAST_IN4
try "the second one comes beside it" up west six
pid[six]=$started
is "both are there" "$(names)" "four other six"

# At the same time: none of them is the only one
for name in four six; do
	try "$name: down" down west $name
	try "$name: ends well" wait "${pid[$name]}"
done
for name in four six; do
	# shellcheck disable=SC2046 # options
	start "both-$name" west espintcp up $name $(_helper_options west)
	pid[$name]=$started
done
try "at the same time: both come up" wait_for 30 are "four other six"
try "and stay" holds_for 2 are "four other six"
for name in four six; do
	try "$name: down" down west $name
	try "$name: ends well" wait "${pid[$name]}"
done
kill -INT "$server"
try "serve ends well" wait "$server"
