#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The initiator gets another address, or goes from one link to another: the tunnel follows with the SAs that it has, by
# MOBIKE (RFC 4555) over UDP, by a new connection over TCP, and from one to the other (RFC 9329, section 7.1).
# bench: uml live
# needs: espintcp ping nc tcpdump ss nft jq
# limit: 240
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/sa.sh"
. "$(dirname "$0")/lib/ipsec.sh"

modprobe espintcp || bail_out "no module"
topo_up
# A second link, which is taken where the first one is down
WEST_B=198.51.100.1 EAST_B=198.51.100.2
ip link add wireb netns west type veth peer name wireb netns east || bail_out "no second link"
ip -n west addr add $WEST_B/24 dev wireb
ip -n east addr add $EAST_B/24 dev wireb
ip -n west link set wireb up
ip -n east link set wireb up
ip -n west route add 192.0.2.0/24 via $EAST_B dev wireb metric 500
# What goes through the tunnel has a way that does not depend on links
ip -n west route add $EAST_NET4 dev inner src $WEST_IN4
ip -n east route add $WEST_NET4 dev inner src $EAST_IN4
west sysctl -qw net.ipv4.conf.wire.promote_secondaries=1

conf_begin
for n in "udp no" "tcp yes" "both fallback"; do
	conf_conn "${n% *}" 4 4 left=%defaultroute leftid="@${n% *}" enable-tcp="${n#* }" auto=ignore dpddelay=3 dpdtimeout=15
	conf_conn "gw${n% *}" 4 4 left=%any leftid="@${n% *}" enable-tcp="${n#* }" dpddelay=3 dpdtimeout=15
done
conf_conn old 4 4 left=%defaultroute leftid=@udp enable-tcp=no auto=ignore mobike=no dpddelay=3 dpdtimeout=15
try "espintcp serve" serve east
state_remember

encaps() { for host in west east; do ip -n $host xfrm state | awk '/^src/ { n++; e = "none" } /encap type/ { e = $3 } END { printf "%s %s ", n + 0, e }'; done; }
begin() { try "$1: up" up west "$2"; up=$started up_log=$TMP/up-$2.log; }
finish()
{
	try "$1: down" down west "$2"
	try "$1: up ends well" wait "$up"
	try "$1: nothing is left" nothing_left
}

# goes_on NAME LIMIT-MS ENCAPSULATION COMMAND...: the command changes the network; the SAs that were there go on soon
goes_on()
{
	local name=$1 limit=$2 encap=$3 before gap n
	shift 3
	before="$(spis west)$(spis east)"
	n=$(grep -c 'the tunnel goes on' "$up_log")
	watch_start $EAST_IN4 || { not_ok "$name: pings" "$(cat "$TMP/pings")"; return; }
	try "$name" "$@"
	try "$name: the tunnel goes on" wait_for 20 says "$up_log" 'the tunnel goes on' $((n + 1))
	try "$name: packets flow" pings west $EAST_IN4
	watch_stop
	diag "$name: $gap ms without a packet"
	[ "$gap" -lt $((limit * ${LAB_SCALE:-1})) ] || not_ok "$name: less than $limit ms without a packet" "$gap ms"
	is "$name: with the same SAs" "$(spis west)$(spis east)" "$before"
	# The responder follows behind a check
	try "$name: $encap" wait_for 5 encap_all "$encap"
}
encap_all() { [ "$(encaps)" = "2 $1 2 $1 " ]; }

other_address() { ip -n west addr add 192.0.2.9/24 dev wire && ip -n west addr del $WEST4/24 dev wire; }
old_address() { ip -n west addr add $WEST4/24 dev wire && ip -n west addr del 192.0.2.9/24 dev wire; }
link_down() { ip -n west link set wire down; }
link_up() { ip -n west link set wire up; }
# block_udp DEVICE: ESP, too
block_udp() { east nft "table inet block { chain input { type filter hook input priority 0; iifname $1 udp dport { 500, 4500 } drop; iifname $1 meta l4proto esp drop; }; }"; }
pass_udp() { east nft delete table inet block; }
nat_b()
{
	west nft -f - <<-EOF
	table ip nat {
		chain post {
			type nat hook postrouting priority 100
			oifname wireb udp dport 4500 snat to $WEST_B:30000-30999
		}
	}
	EOF
}

copied() { [ "$(stat -c %s "$TMP/copy")" -gt "$1" ]; }

# A file on its way while the tunnel goes to the other link and back
inner_tcp()
{
	local pid dev n
	n=$(grep -c 'the tunnel goes on' "$up_log")
	rm -f "$TMP/copy"
	head -c $((1 << 20)) /dev/urandom >"$TMP/file"
	for dev in wire wireb; do
		tc -n west qdisc add dev $dev root tbf rate 4mbit burst 32k latency 400ms || return 1
	done
	transfer west east $EAST_IN4 "$TMP/file" "$TMP/copy" &
	pid=$!
	wait_for 20 copied 0
	link_down
	wait_for 20 says "$up_log" 'the tunnel goes on' $((n + 1))
	wait_for 20 copied $((1 << 18))
	link_up
	wait "$pid" || { cat "$TMP/copy.log"; return 1; }
	for dev in wire wireb; do
		tc -n west qdisc del dev $dev root
	done
	cmp "$TMP/file" "$TMP/copy"
}

begin "UDP" udp
goes_on "UDP: another address" 1500 none other_address
goes_on "UDP: the address of before" 1500 none old_address
goes_on "UDP: another link" 1500 none link_down
goes_on "UDP: the link of before" 1500 none link_up
nat_b
goes_on "UDP: a link with a NAT" 1500 espinudp link_down
like "UDP: a link with a NAT: the server sees its port" "$(ip -n east xfrm state)" 'sport 30[0-9]{3} dport 4500'
goes_on "UDP: a link without" 1500 none link_up
west nft delete table ip nat
try "UDP: a TCP connection inside goes from link to link" inner_tcp
finish "UDP" udp

begin "TCP" tcp
goes_on "TCP: another address" 1500 espintcp other_address
goes_on "TCP: the address of before" 1500 espintcp old_address
goes_on "TCP: another link" 1500 espintcp link_down
goes_on "TCP: the link of before" 1500 espintcp link_up
try "TCP: a TCP connection inside goes from link to link" inner_tcp
finish "TCP" tcp

# The other link drops UDP, which takes two seconds to find out
begin "UDP and TCP" both
block_udp wireb
goes_on "UDP and TCP: a link without UDP" 4000 espintcp link_down
goes_on "UDP and TCP: UDP is back" 200 espinudp pass_udp
goes_on "UDP and TCP: the link of before" 1500 espinudp link_up
goes_on "UDP and TCP: UDP dies" 20000 espintcp block_udp wire
pass_udp
finish "UDP and TCP" both

# Without MOBIKE at one end: a new IKE SA
begin "no MOBIKE" old
try "no MOBIKE: another link" link_down
try "no MOBIKE: a new tunnel" wait_for 20 says "$up_log" 'SAs installed' 2
try "no MOBIKE: pings" pings west $EAST_IN4
link_up
try "no MOBIKE: a new tunnel again" wait_for 20 says "$up_log" 'SAs installed' 3
try "no MOBIKE: pings again" pings west $EAST_IN4
finish "no MOBIKE" old
