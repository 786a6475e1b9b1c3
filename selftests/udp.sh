#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# espintcp at both ends over UDP: native ESP and ESP in UDP, through a NAT and with losses; fallback to TCP where UDP is
# dropped or refused, and what is remembered of it.
# bench: uml live
# needs: espintcp ping nc tcpdump ss nft tc jq
# limit: 240
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/sa.sh"
. "$(dirname "$0")/lib/ipsec.sh"

modprobe espintcp || bail_out "no module"
topo_up
conf_begin
sed -i "s,listen-tcp=yes,listen-tcp=\"4500 $EAST4:443 [$EAST6]:443\"," "$TMP/ipsec.conf"
conf_conn plain 4 4 enable-tcp=no
conf_conn plain6 6 6 enable-tcp=no leftid=@west6
conf_conn forced 4 4 enable-tcp=no encapsulation=yes leftid=@forced
# By handshakes; with MOBIKE tunnels move: roam.sh
conf_conn either 4 4 enable-tcp=fallback tcp-remoteport=443 leftid=@either dpddelay=2 dpdtimeout=20 mobike=no
conf_conn tcponly 4 4 leftid=@tcponly
conf_conn udponly 4 4 enable-tcp=no leftid=@udponly
# The same names, each with the transport of the other
sed "s,enable-tcp=yes,enable-tcp=swap,; s,enable-tcp=no,enable-tcp=yes,; s,enable-tcp=swap,enable-tcp=no," "$TMP/ipsec.conf" >"$TMP/wrong.conf"

# log_ms REGEX: the time of the first line of $up_log that matches
log_ms() { awk -v re="$1" '$0 ~ re { print $1; exit }' "$up_log"; }
begin() { try "$1: up" up west "$2"; up=$started up_log=$TMP/up-$2.log; }
finish()
{
	try "$1: down" down west "$2"
	try "$1: up ends well" wait "$up"
	try "$1: nothing is left" nothing_left
}
carries_both() { pings west "$2" && pings east "$1"; }

block_udp() { east nft 'table inet block { chain input { type filter hook input priority 0; udp dport { 500, 4500 } drop; meta l4proto esp drop; }; }'; }

try "espintcp serve" serve east
state_remember
like "it listens where listen-tcp says" "$(east ss -Hltn | awk '{ print $4 }' | sort | tr '\n' ' ')" '0\.0\.0\.0:4500 .*192\.0\.2\.2:443 .*\[2001:db8::2\]:443'

begin "no NAT" plain
try "no NAT: pings" carries_both $WEST_IN4 $EAST_IN4
is "no NAT: native ESP" "$(encap_count west), $(encap_count east)" "2 none, 2 none"
try "no NAT: 1 MB each way arrives unchanged" exchange $WEST_IN4 $EAST_IN4 1
finish "no NAT" plain

begin "IPv6" plain6
try "IPv6: pings" carries_both $WEST_IN6 $EAST_IN6
finish "IPv6" plain6

begin "encapsulation=yes" forced
is "encapsulation=yes: ESP in UDP" "$(encap_count west), $(encap_count east)" "2 espinudp, 2 espinudp"
try "encapsulation=yes: pings" carries_both $WEST_IN4 $EAST_IN4
try "encapsulation=yes: 1 MB each way arrives unchanged" exchange $WEST_IN4 $EAST_IN4 1
finish "encapsulation=yes" forced

west nft -f - <<-EOF
table ip nat {
	chain post {
		type nat hook postrouting priority 100
		udp dport 4500 snat to $WEST4:30000-30999
	}
}
EOF
west tc qdisc add dev wire root netem loss 20%
east tc qdisc add dev wire root netem loss 20%
begin "behind a NAT, with losses" plain
west tc qdisc del dev wire root
east tc qdisc del dev wire root
is "behind a NAT: ESP in UDP" "$(encap_count west), $(encap_count east)" "2 espinudp, 2 espinudp"
like "behind a NAT: the server sees its port" "$(ip -n east xfrm state)" 'sport 30[0-9]{3} dport 4500'
try "behind a NAT: pings" carries_both $WEST_IN4 $EAST_IN4
finish "behind a NAT" plain
west nft delete table ip nat

begin "UDP and TCP" either
is "UDP and TCP: UDP is used" "$(encap_count west)" "2 espinudp"
finish "UDP and TCP" either

block_udp
begin "UDP is dropped" either
like "UDP is dropped: the log tells it" "$(cat "$up_log")" 'UDP 4500: no answer in [0-9.]+ s'
try "UDP is dropped: both kernels say espintcp" encap_is espintcp 2
try "UDP is dropped: pings" carries_both $WEST_IN4 $EAST_IN4
diag "UDP is dropped: up after $(log_ms 'SAs installed') ms"
[ "$(log_ms 'SAs installed')" -lt $((2000 * ${LAB_SCALE:-1})) ] || not_ok "UDP is dropped: up in less than 2 s" "$(cat "$up_log")"
finish "UDP is dropped" either

begin "UDP is dropped once more" either
diag "UDP is dropped once more: up after $(log_ms 'SAs installed') ms"
try "UDP is dropped once more: TCP had no head start to wait for" test "$(log_ms 'TCP connected')" -lt $((500 * ${LAB_SCALE:-1}))
finish "UDP is dropped once more" either

rm -f "$TMP"/run-west/up.either.tcp
east nft flush table inet block
east nft add rule inet block input udp dport '{ 500, 4500 }' reject
begin "UDP is refused" either
diag "UDP is refused: up after $(log_ms 'SAs installed') ms"
like "UDP is refused: the log tells it" "$(cat "$up_log")" 'UDP 4500: UDP does not get there: Connection refused'
finish "UDP is refused" either
rm -f "$TMP"/run-west/up.either.tcp
east nft delete table inet block

# A tunnel over UDP, whose packets are dropped from now on: the next one is over TCP
begin "UDP dies" either
block_udp
try "UDP dies: a new tunnel" wait_for 30 sh -c "[ \$(grep -c 'SAs installed' '$up_log') = 2 ]"
try "UDP dies: it is over TCP" encap_is espintcp 2
try "UDP dies: pings" carries_both $WEST_IN4 $EAST_IN4
east nft delete table inet block

# The tunnel goes back as soon as UDP carries packets again, which is tried after twice dpddelay, and then less often
try "UDP is back: a new tunnel" wait_for 40 sh -c "[ \$(grep -c 'SAs installed' '$up_log') = 3 ]"
is "UDP is back: it is over UDP" "$(encap_count west)" "2 espinudp"
try "UDP is back: pings" carries_both $WEST_IN4 $EAST_IN4
try "UDP is back: no TCP connection is left" wait_for 10 sh -c "! ip netns exec west ss -Htn state established | grep -q ."
finish "UDP is back" either

conf=$TMP/wrong.conf
fails "enable-tcp=yes is not served over UDP" 1 'AUTHENTICATION_FAILED' ip netns exec west espintcp up tcponly --config "$conf" --secrets "$TMP/ipsec.secrets" --run-dir "$TMP/run-west" --timeout 5
fails "enable-tcp=no is not served over TCP" 1 'AUTHENTICATION_FAILED' ip netns exec west espintcp up udponly --config "$conf" --secrets "$TMP/ipsec.secrets" --run-dir "$TMP/run-west" --timeout 5
