#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# espintcp check: what a connection would get, by which way, and what is wrong with the configuration; and it changes nothing.
# bench: uml live
# needs: espintcp nft jq ss
# limit: 120
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/sa.sh"
. "$(dirname "$0")/lib/ipsec.sh"

modprobe espintcp || bail_out "no module"
topo_up
conf_begin
conf_conn either 4 4 enable-tcp=fallback
conf_conn udponly 4 4 enable-tcp=no leftid=@udponly
conf_conn either6 6 6 enable-tcp=fallback leftid=@west6
conf_conn guests 4 4 left=%any leftid=@guest
# For west alone
sed 's/leftid=@west$/&\n\tike=aes128-sha1-modp2048/' "$TMP/ipsec.conf" >"$TMP/old.conf"

# check HOST NAME [OPTION...]
check()
{
	local host=$1 name=$2
	shift 2
	# shellcheck disable=SC2046 # options
	ip netns exec "$host" espintcp check "$name" $(_helper_options "$host") "$@"
}
# json HOST NAME FILTER
json() { check "$1" "$2" --json --timeout 2 | jq -rc "$3"; }

try "espintcp serve" serve east --listen "$EAST4:4500" --listen "[$EAST6]:4500" --listen "$EAST4:443"
state_remember

try "a peer that answers" check west either
like "which tells how" "$(check west either)" '^TCP 4500 to 192\.0\.2\.2, after 500 ms: connected in [0-9]+ ms; IKE_SA_INIT answered in [0-9]+ ms: AES_GCM'
like "and what would be used" "$(check west either)" '^espintcp up would use UDP 4500 to 192\.0\.2\.2$'
is "the same as JSON" "$(json west either '[.conn, .choice.transport, .choice.port, [.ways[].result]]')" '["either","udp",4500,["answered","answered"]]'
is "IPv6" "$(json west either6 '[.choice.address, [.ways[].result]]')" "[\"$EAST6\",[\"answered\",\"answered\"]]"

east nft 'table inet block { chain input { type filter hook input priority 0; udp dport { 500, 4500 } drop; }; }'
try "UDP is dropped" check west either --timeout 2
is "UDP is dropped: TCP would be used" "$(json west either '[[.ways[] | [.transport, .result]], .choice.transport]')" \
	'[[["udp","no-answer"],["tcp","answered"]],"tcp"]'
like "UDP is dropped: it says so" "$(check west either --timeout 2)" '^UDP 4500 to 192\.0\.2\.2: no answer in 2 s$'
fails "UDP is dropped: without TCP there is no way" 1 'espintcp up would find no way' check west udponly --timeout 2
east nft delete table inet block

fails "algorithms that the peer does not take" 1 'NO_PROPOSAL_CHOSEN' check west either --config "$TMP/old.conf"
is "both ways say so" "$(check west either --config "$TMP/old.conf" --json | jq -c '[.ways[].result]')" '["failed","failed"]'
try "a connection that is for serve" check east guests
like "is told to be" "$(check east guests)" 'espintcp serve, by TCP 4500$'

fails "a connection that is not there" 3 "ipsec.conf has no conn nobody" check west nobody
fails "no name" 2 'the name of one connection' west espintcp check
sed 's/enable-tcp=fallback/enable-tcp=maybe/' "$TMP/ipsec.conf" >"$TMP/wrong.conf"
fails "a wrong value: file, line, key" 3 'wrong\.conf:[0-9]+: .*enable-tcp' check west either --config "$TMP/wrong.conf"
like "as JSON, too" "$(check west either --config "$TMP/wrong.conf" --json 2>/dev/null | jq -r .error)" 'wrong\.conf:[0-9]+: '
(umask 077 && echo '@a @b : PSK "another"' >"$TMP/other.secrets")
fails "no secret for the two ends" 3 'other\.secrets: conn either: no PSK for' check west either --secrets "$TMP/other.secrets"
cp "$TMP/ipsec.secrets" "$TMP/open.secrets" && chmod 644 "$TMP/open.secrets"
fails "secrets that others read" 3 'open\.secrets' check west either --secrets "$TMP/open.secrets"

# Not one of all these has left anything behind, at either end, and nothing was attached in west
try "nothing is left" nothing_left
is "no socket of west was attached" "$(west espintcp stats --json | jq -c '[.sockets, ([.counters[]] | add)]')" '[0,0]'
is "no directory was made" "$(ls -d "$TMP/run-west" 2>/dev/null)" ''
