#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# espintcp status: what the module tells about itself and its sockets, to whom, as text and as JSON.
# bench: uml
. "$(dirname "$0")/lib/tap.sh"

# json FILTER [OPTION...]: what west's status says, through jq
json()
{
	local filter=$1
	shift
	west espintcp status --json "$@" | jq -rc "$filter"
}

unprivileged() { setpriv --reuid 65534 --clear-groups --inh-caps=-all "$@"; }

modprobe -q -r espintcp
helper=$(sysctl -n kernel.modprobe)
at_exit "sysctl -qw kernel.modprobe=$helper"
sysctl -qw kernel.modprobe=/nonexistent
fails "without the module it says what to do" 1 'modprobe espintcp' espintcp status
sysctl -qw kernel.modprobe="$helper"
try "where it is installed, the question loads it" espintcp status
like "there are no sockets at first" "$(espintcp status)" '^no sockets in this network namespace$'

topo_up
is "the version is the tree's" "$(json .version)" "$(cat "$TOP/VERSION")"
start east4 east espintcp attach --listen "$EAST4:4500"
start east6 east espintcp attach --listen "[$EAST6]:4501"
try "they listen" wait_for 10 grep -q listening "$TMP/east4.log"
try "on IPv6, too" wait_for 10 grep -q listening "$TMP/east6.log"
# 28 bytes that are no IKE header: they only have to arrive
hex=$(printf '%056d' 1)
start west4 west espintcp attach "$EAST4" --send-hex "$hex"
start west6 west espintcp attach "[$EAST6]:4501"

two_sockets() { [ "$(json '.sockets | length')" = 2 ]; }
try "west has two sockets" wait_for 10 two_sockets
four_sockets() { [ "$(json '.sockets | length' --all)" = 4 ]; }
try "both hosts have four" wait_for 10 four_sockets
is "their addresses and ports" "$(json '[.sockets[] | [.local, .remote, .rport]] | sort')" \
	"[[\"$WEST4\",\"$EAST4\",4500],[\"$WEST6\",\"$EAST6\",4501]]"
is "their inode is the one in /proc" \
	"$(json '[.sockets[].inode] | sort')" \
	"[$(west sh -c 'cat /proc/net/tcp /proc/net/tcp6' | awk '$4 == "01" { print $10 }' | sort -n | paste -sd,)]"
is "their netns is west's" "$(json '[.sockets[].netns] | unique')" "[$(west stat -Lc %i /proc/self/ns/net)]"
is "their cookies are those of ss" "$(json '[.sockets[].cookie] | sort')" \
	"[\"$(west ss -tneH state established | grep -o 'sk:[0-9a-f]*' | cut -c 4- | sort | paste -sd, | sed 's/,/","/g')\"]"
is "their pids are of those who attached" "$(json '[.sockets[].pid] | sort')" "[$(pgrep -f 'espintcp attach .*send-hex|attach \[' | sort -n | head -n 2 | paste -sd,)]"
other_pidns() { unshare --fork --pid ip netns exec west espintcp status --json | jq -c '[.sockets[].pid]'; }
is "to another pid namespace they are nobody's" "$(other_pidns)" '[0,0]'
is "TCP is established, nothing ended" "$(json '[.sockets[] | [.tcp.state, .end]] | unique')" '[["established","none"]]'
sent() { [ "$(json '[.sockets[].counters.tx_ike] | add')" = 1 ]; }
try "the message that was sent is counted once" wait_for 10 sent
received() { [ "$(json '[.sockets[].counters.rx_ike] | add' --all)" = 1 ]; }
try "and once where it arrived" wait_for 10 received
is "the totals of the host agree" "$(json '.counters | [.tx_ike, .rx_ike]')" "[1,0]"
like "as text, counters that are zero are left out" "$(west espintcp status)" '^  counters  tx_ike 1  tx_ike_bytes [0-9]+$'
like "as text, an IPv6 address has brackets" "$(west espintcp status)" "^\\[$WEST6\\]:[0-9]+ -> \\[$EAST6\\]:4501$"

try "it needs no privilege" unprivileged espintcp status
fails "other network namespaces do" 1 'CAP_NET_ADMIN' unprivileged espintcp status --all
fails "a wrong option is a usage error" 2 'unrecognized option' espintcp status --nothing
fails "so is an argument" 2 '--help' espintcp status all
is "an error leaves stdout empty" "$(espintcp status all 2>/dev/null)" ''
