#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A tunnel outlives its TCP connection (RFC 9329, section 6.1): resets at either end, by somebody between, a path that is
# dead, a responder that was killed and comes again.
# bench: uml live
# needs: espintcp ping nc tcpdump ss nft jq
# limit: 240
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/sa.sh"
. "$(dirname "$0")/lib/ipsec.sh"

modprobe espintcp || bail_out "no module"
topo_up
conf_begin
conf_conn net 4 4 dpddelay=2 dpdtimeout=30
conf_conn net6 6 6 dpddelay=2 dpdtimeout=30

# says LOG REGEX N: so many lines are there
says() { [ "$(grep -cE "$2" "$1")" -ge "$3" ]; }

# Replies to pings, one each 20 ms, in the background
watch_start()
{
	west ping -n -D -i 0.02 -w 60 "$1" >"$TMP/pings" 2>&1 </dev/null &
	watcher=$!
	wait_for 10 grep -q 'bytes from' "$TMP/pings"
}

# watch_stop: prints the longest time without a reply, in milliseconds
watch_stop()
{
	kill -INT "$watcher"
	wait "$watcher"
	awk '/bytes from/ { t = substr($1, 2) + 0; if (last && t - last > max) max = t - last; last = t }
		END { printf "%d\n", max * 1000 }' "$TMP/pings"
}

# spis HOST: of its SAs, which stay the same
spis() { ip -n "$1" xfrm state | awk '$1 == "proto" { print $4 }' | sort | tr '\n' ' '; }

# goes_on NAME COMMAND...: the command harms the connection; packets flow again soon, with the SAs that were there
goes_on()
{
	local name=$1 before gap n
	shift
	before="$(spis west)$(spis east)"
	n=$(grep -c 'the tunnel goes on' "$up_log")
	watch_start "$inner" || { not_ok "$name: pings" "$(cat "$TMP/pings")"; return; }
	try "$name" "$@"
	try "$name: the tunnel goes on" wait_for 20 says "$up_log" 'the tunnel goes on' $((n + 1))
	try "$name: packets flow" pings west "$inner"
	gap=$(watch_stop)
	diag "$name: $gap ms without a packet"
	[ "$gap" -lt $((1000 * ${LAB_SCALE:-1})) ] || not_ok "$name: less than a second without a packet" "$gap ms"
	is "$name: with the same SAs" "$(spis west)$(spis east)" "$before"
	try "$name: both kernels say espintcp" encap_is espintcp 2
}

cut_at() { ip netns exec "$1" ss -HKtn state established "( dport = :4500 or sport = :4500 )" | grep -q 4500; }

# Somebody between the hosts answers with a reset, and only one end sees it
forge_rst()
{
	ip netns exec "$1" nft -f - <<-EOF
	table inet forge {
		chain input {
			type filter hook input priority -10
			tcp $2 4500 tcp flags & (syn | rst) == 0 limit rate 1/day burst 1 packets reject with tcp reset
		}
	}
	EOF
}

try "espintcp serve" serve east
server=$started
state_remember

for fam in 4 6; do
	name=net inner=$EAST_IN4
	[ $fam = 4 ] || name=net6 inner=$EAST_IN6
	try "IPv$fam: up" up west $name
	up=$started up_log=$TMP/up-$name.log
	goes_on "IPv$fam: a reset at the initiator" cut_at west
	goes_on "IPv$fam: a reset at the responder" cut_at east
	goes_on "IPv$fam: a reset that only the initiator sees" forge_rst east dport
	try "IPv$fam: the rule goes" east nft delete table inet forge
	goes_on "IPv$fam: a reset that only the responder sees" forge_rst west sport
	try "IPv$fam: the rule goes" west nft delete table inet forge
	goes_on "IPv$fam: once more at both ends" eval "cut_at west; cut_at east; true"
	try "IPv$fam: down" down west $name
	try "IPv$fam: up ends well" wait "$up"
	try "IPv$fam: nothing is left" nothing_left
done
