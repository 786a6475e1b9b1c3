#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Gateways that send their peers to another one (RFC 5685): in IKE_SA_INIT, in IKE_AUTH and in mid-session, over UDP and
# TCP. With the next gateway UDP is first again (RFC 9329, section 7.2).
# bench: uml live
# needs: espintcp ping nft
# limit: 120
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/sa.sh"
. "$(dirname "$0")/lib/ipsec.sh"

modprobe espintcp || bail_out "no module"
topo_up
# A third host, by another link: it has the inner network of east, too
. "$(dirname "$0")/lib/far.sh"

# conn NAME TRANSPORT [KEY=VALUE...]: the peer's, and at both gateways, of which the second one sends nobody away
conn()
{
	local name=$1 tcp=$2
	shift 2
	conf_conn "$name" 4 4 left=%defaultroute leftid="@$name" enable-tcp="$tcp" auto=ignore accept-redirect=yes "$@"
	conf_conn "far$name" 4 4 left=%any leftid="@$name" enable-tcp="$tcp" right=$FAR4
	conf_conn "far6$name" 4 4 left=%any leftid="@$name" enable-tcp="$tcp" right=$FAR6
}
conf_begin
conn auth no
conf_conn gwauth 4 4 left=%any leftid=@auth enable-tcp=no send-redirect=yes redirect-to=$FAR4
conn tcp yes
conf_conn gwtcp 4 4 left=%any leftid=@tcp
conn both fallback
conf_conn gwboth 4 4 left=%any leftid=@both enable-tcp=fallback
conn picky yes accept-redirect-to=$WEST_B4,gw.example.org
conf_conn gwpicky 4 4 left=%any leftid=@picky
cp "$TMP/ipsec.conf" "$TMP/plain.conf"

# redirect_new HOST GATEWAY: the host is started anew, and sends all new peers to the gateway
redirect_new()
{
	stop "${server[$1]}"
	sed "s/^config setup/&\n\tglobal-redirect=yes\n\tglobal-redirect-to=$2/" "$TMP/plain.conf" >"$TMP/new-$1.conf"
	serve "$1" --config "$TMP/new-$1.conf" && server[$1]=$started
}

# is_at HOST: the tunnel is there alone, and carries packets
alone()
{
	local other=east
	[ "$1" = east ] && other=far
	no_state "$other" && ! no_state "$1"
}
is_at() { wait_for 10 alone "$1" && west ping -q -c 3 -i 0.05 -w 10 $EAST_IN4; }
begin() { try "$1: up" up west "$2"; up=$started up_log=$TMP/up-$2.log; }
finish()
{
	try "$1: down" down west "$2"
	try "$1: up ends well" wait "$up"
	try "$1: nothing is left" nothing_left
	wait_for 10 no_state far || not_ok "$1: nothing is left at the other gateway" "$(ip -n far xfrm state)"
}
send_away() { ip netns exec east espintcp redirect "$1" "$2" --run-dir "$TMP/run-east"; }

declare -A server
state_remember
for host in east far; do
	try "espintcp serve: $host" serve $host
	server[$host]=$started
done

begin "IKE_AUTH, UDP" auth
try "IKE_AUTH, UDP: the tunnel is at the other gateway" is_at far
like "IKE_AUTH, UDP: it was sent there" "$(cat "$up_log")" "the peer redirects us: $FAR4"
like "IKE_AUTH, UDP: the first gateway says so" "$(cat "$TMP"/serve-east*.log)" "'@?auth' is redirected to $FAR4"
finish "IKE_AUTH, UDP" auth

begin "mid-session, TCP" tcp
try "mid-session, TCP: at the first gateway" is_at east
watch_start $EAST_IN4 || not_ok "mid-session, TCP: pings" "$(cat "$TMP/pings")"
try "mid-session, TCP: espintcp redirect" send_away gwtcp $FAR6
try "mid-session, TCP: the tunnel goes to the other one" is_at far
watch_stop
diag "$gap ms without a packet"
[ "$gap" -lt $((500 * ${LAB_SCALE:-1})) ] || not_ok "mid-session, TCP: less than 500 ms without a packet" "$gap ms"
try "mid-session, TCP: over IPv6" sh -c "ip -n far xfrm state | grep -q 'dst $FAR6'"
try "mid-session, TCP: the first gateway was told" wait_for 10 grep -q 'gwtcp: the peer deleted the IKE SA' "$TMP"/serve-east*.log
finish "mid-session, TCP" tcp

# The first gateway is reached by TCP alone, and the other one by UDP as well
east nft 'table inet block { chain input { type filter hook input priority 0; udp dport { 500, 4500 } drop; }; }'
begin "UDP first again" both
is "UDP first again: TCP at the first gateway" "$(encap_count west)" "2 espintcp"
try "UDP first again: espintcp redirect" send_away gwboth $FAR4
try "UDP first again: the tunnel goes to the other one" is_at far
is "UDP first again: over UDP" "$(encap_count west)" "2 espinudp"
finish "UDP first again" both
east nft delete table inet block
rm -f "$TMP"/run-west/up.both.tcp

begin "no way" picky
try "not allowed: espintcp redirect" send_away gwpicky $FAR4
try "not allowed: the log says why" wait_for 10 says "$up_log" "redirects us to $FAR4, which accept-redirect-to= does not name" 1
# Nothing listens there
try "no such gateway: espintcp redirect" send_away gwpicky $WEST_B4
try "no such gateway: it is tried" wait_for 20 says "$up_log" "the tunnel stays where it is: nothing listens on $WEST_B4" 1
try "no way: the tunnel stays" is_at east
finish "no way" picky
fails "nobody is there to be redirected" 1 'is not up with a peer that takes redirects' send_away gwpicky $FAR4

# A name that the resolver knows
try "IKE_SA_INIT: the first gateway sends everybody away" redirect_new east gw.example.org
echo "$FAR4 gw.example.org" >"$TMP/hosts"
mount --bind "$TMP/hosts" /etc/hosts && at_exit 'umount /etc/hosts'
for n in auth tcp; do
	begin "IKE_SA_INIT, $n" $n
	try "IKE_SA_INIT, $n: the tunnel is at the other gateway" is_at far
	like "IKE_SA_INIT, $n: it was sent there" "$(cat "$up_log")" 'the peer redirects us: gw.example.org'
	finish "IKE_SA_INIT, $n" $n
done

try "a loop: the other gateway sends everybody back" redirect_new far $EAST4
# shellcheck disable=SC2046 # options
fails "a loop: it ends" 1 'too often' ip netns exec west espintcp up auth $(_helper_options west) --timeout 2
