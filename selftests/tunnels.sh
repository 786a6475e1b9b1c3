#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What espintcp status tells of tunnels, at both ends: who, by which way, bytes, when they rekey, and why the way changed.
# bench: uml live
# needs: espintcp ping ss nft jq
# limit: 120
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/sa.sh"
. "$(dirname "$0")/lib/ipsec.sh"

modprobe espintcp || bail_out "no module"
topo_up
conf_begin
conf_conn net 4 4 dpddelay=2 dpdtimeout=30 rekey=yes salifetime=1h ikelifetime=2h rekeyfuzz=0% rekeymargin=9m
conf_conn either 4 4 leftid=@either enable-tcp=fallback
conf_conn six 4 6

# status HOST [OPTION...]; json HOST FILTER: of its tunnels
status() { ip netns exec "$1" espintcp status --run-dir "$TMP/run-$1" "${@:2}"; }
json() { status "$1" --json | jq -rc ".tunnels | $2"; }
cut_at() { ip netns exec "$1" ss -HKtn state established "( dport = :4500 or sport = :4500 )" | grep -q 4500; }
tells() { [ "$(json "$1" "$2")" = "$3" ]; }

# What up says at the level of warnings: nothing, as long as all is well
quiet_up()
{
	# shellcheck disable=SC2046 # options
	start quiet west espintcp up net $(_helper_options west) -q
	wait_for 30 tells west '.[].name' net && down west net && wait "$started" && [ ! -s "$TMP/quiet.log" ]
}

is "no tunnel is up" "$(json west .)" '[]'
try "espintcp serve, which tells everything" serve east --log-level debug
server=$started
is "a server without clients has none" "$(json east .)" '[]'
try "espintcp up, which does, too" up west net -v
up=$started
is "who and by which way" "$(json west '.[] | [.name, .role, .id, .peer, .transport, .esp, .local, .remote, .rport]')" \
	"[\"net\",\"up\",\"@west\",\"@east\",\"tcp\",\"tcp\",\"$WEST4\",\"$EAST4\",4500]"
is "the other end sees it the other way round" "$(json east '.[] | [.name, .role, .id, .peer, .transport, .local, .lport, .remote]')" \
	"[\"net\",\"serve\",\"@east\",\"@west\",\"tcp\",\"$EAST4\",4500,\"$WEST4\"]"
is "from the same port" "$(json west '.[].lport')" "$(json east '.[].rport')"
is "it rekeys in 51 minutes" "$(json west '.[] | .rekey > 2900 and .rekey <= 3060')" true
is "no change so far" "$(json west '.[] | [.changed, .change]')" '[null,null]'
is "nothing was carried" "$(json west '.[] | [.bytes_in, .bytes_out]')" '[0,0]'
try "ten pings of 1000 bytes" west ping -q -c 10 -i 0.02 -s 1000 $EAST_IN4
is "are counted in both directions" "$(json west '.[] | [.bytes_in, .bytes_out]')" '[10280,10280]'
is "and at the other end" "$(json east '.[] | [.bytes_in, .bytes_out]')" '[10280,10280]'
like "as text" "$(status west)" '^  in 10 kB, out 10 kB, rekey in [0-9]+ min'
like "as text, the way" "$(status west)" "^  TCP $WEST4:[0-9]+ -> $EAST4:4500, ESP in TCP, since"
like "the module is on the same screen" "$(status west)" "^$WEST4:[0-9]+ -> $EAST4:4500"

try "a reset" cut_at east
try "the reason is told" wait_for 20 tells west '.[] | [.transport, .change]' '["tcp","the peer reset the connection"]'
try "the other end tells one, too" wait_for 20 tells east '.[] | .changed != null' true
is "bytes go on" "$(json west '.[] | .bytes_in >= 10280')" true
try "down" down west net
try "up ends well" wait "$up"
is "nothing is told of it any more" "$(json west .)" '[]'

east nft 'table inet block { chain input { type filter hook input priority 0; udp dport { 500, 4500 } drop; }; }'
try "UDP is dropped: up" up west either
up=$started
like "the reason for TCP is told" "$(json west '.[].change')" '^UDP 4500: no answer in [0-9.]+ s$'
try "down once more" down west either
try "up ends well once more" wait "$up"

# Nothing but subnets tells it from the first one, which is of the same two
try "two conns of one peer: up with the second one" up west six
up=$started
is "two conns of one peer: the server takes the one with these subnets" "$(json east '.[].name')" six
try "two conns of one peer: down" down west six
try "two conns of one peer: up ends well" wait "$up"

# All that both ends said, at the level that says most
like "each message is told" "$(cat "$serve_log")" "^from $WEST4 port [0-9]+: IKE_AUTH request 1, [0-9]+ bytes$"
like "at both ends" "$(cat "$TMP/up-net.log")" "^to $EAST4 port 4500: IKE_AUTH request 1, [0-9]+ bytes$"
unlike "no line has the secret" "$(cat "$TMP"/*.log)" "$(sed 's/.*PSK "//; s/"$//; s/[+]/\\+/g' "$TMP/ipsec.secrets")"
try "up that is quiet" quiet_up
nobody() { west setpriv --reuid 65534 --clear-groups --inh-caps=-all "$TOP/helper/espintcp" status --run-dir "$TMP/run-west" "$@"; }
chmod 755 "$TMP"
is "others do not see the tunnels" "$(nobody --json | jq .tunnels)" null
like "and are told so" "$(nobody)" '^tunnels: .* is not open to you$'
kill -INT "$server"
try "serve ends well" wait "$server"
