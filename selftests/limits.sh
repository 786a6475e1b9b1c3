#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the kernel tells of SAs: after so many packets or bytes they are rekeyed, and no packet is lost, or they end; and a NAT
# that forgot the port of a peer without MOBIKE is noticed with the first packet of the tunnel.
# bench: uml live
# needs: espintcp ping nft
# limit: 240
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/sa.sh"
. "$(dirname "$0")/lib/ipsec.sh"

modprobe espintcp || bail_out "no module"
topo_up
conf_begin
few=(rekey=yes salifetime=1h ikelifetime=2h)
conf_conn packets 4 4 leftid=@packets "${few[@]}" ipsec-max-packets=400
conf_conn bytes 4 4 leftid=@bytes "${few[@]}" ipsec-max-bytes=200KiB enable-tcp=no
conf_conn end 4 4 leftid=@end rekey=no ipsec-max-packets=20
conf_conn esn 4 4 leftid=@esn "${few[@]}" esn=yes
conf_conn number 4 4 leftid=@number "${few[@]}" esn=no
conf_conn nat 4 4 leftid=@nat mobike=no enable-tcp=no

finish()
{
	try "$1: down" down west "$1"
	try "$1: up ends well" wait "$up"
	try "$1: nothing is left" nothing_left
}

# none_lost: each of the pings in pings.log was answered, but for the last one
none_lost()
{
	local sent got
	read -r sent got < <(pings_counted "$TMP/pings.log")
	diag "of $sent pings $got were answered"
	[ "${sent:-0}" -gt 100 ] && [ "${got:-0}" -ge $((sent - 1)) ]
}

# limit_of FIELD: packets or bytes, soft and hard, of west's SAs, each kind once
limit_of() { ip -n west -s xfrm state | sed -n "s/.*limit: soft \(.*\)($1), hard \(.*\)($1).*/\1 \2/p" | sort -u | tr '\n' ' '; }

try "espintcp serve" serve east
server=$started
state_remember

for name in packets bytes; do
	try "$name: up" up west $name
	up=$started up_log=$TMP/up-$name.log
	like "$name: the kernel knows the limit" "$(limit_of $name)" "^[1-9][0-9]* ($([ $name = packets ] && echo 400 || echo 204800)) $"
	start pings west ping -q -i 0.02 -s 500 -c 100000 $EAST_IN4
	flow=$started
	try "$name: the kernel tells, and the SA is rekeyed, again and again" wait_for 60 says "$up_log" 'child SA rekeyed' 3
	kill -INT "$flow"
	wait "$flow"
	try "$name: no packet is lost" none_lost
	is "$name: nothing left without an SA" "$(xfrm_count west XfrmOutNoStates) $(xfrm_count east XfrmOutNoStates)" "0 0"
	is "$name: the limit is not reached" "$(xfrm_count west XfrmOutStateExpired) $(xfrm_count east XfrmInStateExpired)" "0 0"
	finish $name
done

try "end: up" up west end
up=$started up_log=$TMP/up-end.log
start pings west ping -q -i 0.05 -c 1000 -w 60 $EAST_IN4
fails "end: it ends when the limit is reached" 1 'the child SA has carried as much as it may' ended "$up" "$up_log"
kill -INT $!
try "end: nothing is left" nothing_left

# Numbers that end, which a kernel answers with nothing but refusals
try "esn: up" up west esn
up=$started
is "esn: no limit" "$(limit_of packets)" "(INF) (INF) "
finish esn
try "number: up" up west number
up=$started
like "number: 32 bits are a limit" "$(limit_of packets)" '^[1-9][0-9]{9} 4026531840 $'
finish number

# The port of the NAT changes while there is silence; the first packet tells, long before IKE would
nat_to()
{
	west nft flush ruleset && west nft -f - <<-EOF
	table ip nat {
		chain post {
			type nat hook postrouting priority 100
			udp dport 4500 snat to $WEST4:$1
		}
	}
	EOF
}
nat_to 30000-30999
try "nat: up" up west nat
up=$started
like "nat: the server sees its port" "$(ip -n east xfrm state)" 'sport 30[0-9]{3} dport 4500'
try "nat: a ping" west ping -q -c 1 -W 2 $EAST_IN4
west sysctl -qw net.netfilter.nf_conntrack_udp_timeout=1 net.netfilter.nf_conntrack_udp_timeout_stream=1
try "nat: a ping, the last one that the NAT remembers" west ping -q -c 1 -W 2 $EAST_IN4
nat_to 31000-31999
pause 3
west ping -c 3 -i 0.3 -W 1 $EAST_IN4 >"$TMP/pings.nat"
like "nat: the second ping behind the change is answered" "$(cat "$TMP/pings.nat")" 'icmp_seq=[23] '
like "nat: the server sees the new port" "$(ip -n east xfrm state)" 'sport 31[0-9]{3} dport 4500'
like "nat: and says so" "$(cat "$serve_log")" 'nat: goes on from here, instead of'
try "nat: pings" west ping -q -c 3 -i 0.05 -w 5 $EAST_IN4
finish nat
kill -INT "$server"
try "serve ends well" wait "$server"
