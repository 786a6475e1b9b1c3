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
more=()
# net is a client with any address, and gw is what the server has for it
for n in "net 4" "net6 6"; do
	conf_conn "${n% *}" "${n#* }" "${n#* }" left=%defaultroute auto=ignore dpddelay=2 dpdtimeout=30
	conf_conn "gw${n#* }" "${n#* }" "${n#* }" left=%any dpddelay=2 dpdtimeout=30 "${more[@]}"
	# IPv6: the responder rekeys the IKE SA, 4 seconds after it has come
	more=(rekey=yes ikelifetime=8s rekeymargin=8s)
done

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
	watch_stop
	diag "$name: $gap ms without a packet"
	[ "$gap" -lt $((limit_ms * ${LAB_SCALE:-1})) ] || not_ok "$name: less than $limit_ms ms without a packet" "$gap ms"
	is "$name: with the same SAs" "$(spis west)$(spis east)" "$before"
	try "$name: both kernels say espintcp" encap_is espintcp 2
}

cut_at() { ip netns exec "$1" ss -HKtn state established "( dport = :4500 or sport = :4500 )" | grep -q 4500; }

# Somebody between the hosts answers with resets, and only one end sees them. The first may come behind data that is on its
# way, and is not taken for one then.
forge_rst()
{
	local port other=dport
	port=$(west ss -Htn state established "dport = :4500" | awk '{ sub(/.*:/, "", $3); print $3 }')
	[ "$2" = sport ] || other=sport
	ip netns exec "$1" nft -f - <<-EOF
	table inet forge {
		chain input {
			type filter hook input priority -10
			tcp $2 4500 tcp $other $port tcp flags & (syn | rst) == 0 reject with tcp reset
		}
	}
	EOF
}

try "espintcp serve" serve east
server=$started
state_remember

# A file that takes a while, sent as the connection is cut again and again
inner_tcp()
{
	local pid n
	head -c $((1 << 20)) /dev/urandom >"$TMP/file"
	tc -n west qdisc add dev wire root tbf rate 8mbit burst 32k latency 400ms || return 1
	transfer west east "$EAST_IN4" "$TMP/file" "$TMP/copy" &
	pid=$!
	for ((n = 0; n < 3; n++)); do
		wait_for 20 test "$(stat -c %s "$TMP/copy" 2>/dev/null || echo 0)" -gt $((n << 17))
		wait_for 20 cut_at west
	done
	wait "$pid" || { cat "$TMP/copy.log"; return 1; }
	tc -n west qdisc del dev wire root
	cmp "$TMP/file" "$TMP/copy"
}

# The address that the connection has is gone, and with it the connection; the next one has another address
other_address()
{
	local old=$WEST4/24 new=192.0.2.9/24
	[ "$fam" = 4 ] || old=$WEST6/64 new=2001:db8::9/64
	west sysctl -qw net.ipv4.conf.wire.promote_secondaries=1 &&
		ip -n west addr add "$new" dev wire nodad && ip -n west addr del "$old" dev wire && cut_at west
}

# Of what west sent on all its connections, two or more
one_label()
{
	local labels ports
	wire_stop
	tcpdump -nvr "$TMP/west.pcap" 'ip6 and tcp dst port 4500' >"$TMP/sent" 2>/dev/null
	labels=$(grep -o 'flowlabel 0x[0-9a-f]*' "$TMP/sent" | sort | uniq -c)
	ports=$(grep -o '[0-9]* > [^ ]*\.4500:' "$TMP/sent" | sort -u | wc -l)
	echo "$ports connections: $labels"
	[ "$ports" -ge 2 ] && [ "$(wc -l <<<"$labels")" = 1 ]
}

for fam in 4 6; do
	name=net inner=$EAST_IN4 limit_ms=1000
	[ $fam = 4 ] || name=net6 inner=$EAST_IN6
	[ $fam = 4 ] || wire_start || bail_out "tcpdump does not start"
	try "IPv$fam: up" up west $name
	up=$started up_log=$TMP/up-$name.log
	[ $fam = 4 ] || try "IPv$fam: the responder rekeys the IKE SA" wait_for 20 says "$up_log" 'IKE SA is rekeyed' 1
	goes_on "IPv$fam: a reset at the initiator" cut_at west
	if [ $fam = 4 ]; then
		goes_on "IPv$fam: a reset at the responder" cut_at east
		goes_on "IPv$fam: a reset that only the initiator sees" forge_rst east dport
		east nft delete table inet forge
		goes_on "IPv$fam: a reset that only the responder sees" forge_rst west sport
		west nft delete table inet forge
		try "IPv$fam: a TCP connection inside survives three resets" inner_tcp
	fi
	limit_ms=3000
	goes_on "IPv$fam: another address at the initiator" other_address
	try "IPv$fam: down" down west $name
	try "IPv$fam: up ends well" wait "$up"
	try "IPv$fam: nothing is left" nothing_left
	[ $fam = 4 ] || try "IPv$fam: all connections have the same flow label" one_label
done

# A responder that is killed leaves its SAs in the kernel, and knows nothing when it comes again
try "up once more" up west net
up=$started up_log=$TMP/up-net.log inner=$EAST_IN4
stop "$server" KILL
try "a killed responder: the initiator notices" wait_for 20 says "$up_log" 'connection lost' 1
try "a killed responder: pings stop" wait_for 10 sh -c "! ip netns exec west ping -c 1 -W 1 $EAST_IN4"
try "the responder starts again" serve east
server=$started
began=${EPOCHREALTIME/[.,]/}
like "the responder starts again: it cleans up" "$(cat "$serve_log")" 'removed SAs and policies of 1 tunnels'
try "a responder that starts again: a new IKE SA" wait_for 20 says "$up_log" 'SAs installed' 2
try "a responder that starts again: pings" west ping -q -c 1 -w 10 $EAST_IN4
took=$(((${EPOCHREALTIME/[.,]/} - began) / 1000))
diag "a responder that starts again: $took ms till a ping is answered"
[ $took -lt $((10000 * ${LAB_SCALE:-1})) ] || not_ok "a responder that starts again: less than 10 s" "$took ms"
try "a responder that starts again: each kernel has one pair of SAs" encap_is espintcp 2
try "a responder that starts again: down" down west net
try "a responder that starts again: up ends well" wait "$up"

# An initiator that is killed
try "up for the last time" up west net
stop "$started" KILL
try "an initiator that was killed comes again" up west net
up=$started
try "an initiator that was killed: pings" pings west $EAST_IN4
try "an initiator that was killed: down" down west net
try "an initiator that was killed: up ends well" wait "$up"

# The path takes packets and brings none back: dpddelay and dpdtimeout
try "up on a path that will die" up west net
up=$started
ip -n east link set wire down
fails "a dead path: up gives up" 1 'net: (the peer does not answer any more|the connection broke.*)' ended "$up" "$TMP/up-net.log"
ip -n east link set wire up
try "a dead path: the responder gives up, too" wait_for 60 xfrm_clean east
