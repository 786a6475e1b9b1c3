#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Inner packets as such: the largest one, path MTU and what changes it, ICMP errors, GSO, DSCP and ECN (RFC 9329, sections
# 9.3 to 9.5).
# bench: uml qemu-long
# limit: 400
. "$(dirname "$0")/lib/tap.sh"
. "$TOP/selftests/lib/sa.sh"
. "$TOP/selftests/lib/traffic.sh"

datagram=$TOP/selftests/lib/datagram.py
modprobe espintcp || bail_out "no module"
topo_up
outer 4

# send TARGET PORT WORD...: a datagram from west's inner address
send() { west python3 "$datagram" send "$@"; }

# inner_mtu OUTER-MTU: what fits a packet of the tunnel: IP header 20, length 2, ESP header 8, IV 8, ICV 16, trailer 2
inner_mtu() { echo $(((($1 - 54) & ~3) - 2)); }

# mtu_is DESCRIPTION OUTER-MTU: an inner packet with DF of the tunnel's MTU goes, one byte more is refused
mtu_is()
{
	local mtu
	mtu=$(inner_mtu "$2")
	try "$1: $mtu bytes go" send $EAST_IN4 5555 df=1 size=$((mtu - 28))
	wait_for 10 said "$((mtu - 28)) " "$TMP/receive.log" || not_ok "$1: they arrive"
	fails "$1: one more does not" 1 EMSGSIZE send $EAST_IN4 5555 df=1 size=$((mtu - 27))
}

# The connection has a mark of its own, 0x20, whatever is in it
ip netns exec west tcpdump -U -Q out -i wire -w "$TMP/west.pcap" "tcp port $PORT_EAST" >"$TMP/west.tcpdump" 2>&1 &
dump=$!
wait_for 10 grep -q listening "$TMP/west.tcpdump"
hold_up -t 0x20 || bail_out "no connection"
sa_add tunnel sa_gcm
sp_tunnel
# What is forwarded at either end
for nets in "$WEST_NET4 $EAST_NET4" "$WEST_NET6 $EAST_NET6"; do
	read -r w e <<<"$nets"
	sp_line "$e" "$w" fwd $EAST_OUT $WEST_OUT tunnel | ip -n west -batch -
	sp_line "$w" "$e" fwd $WEST_OUT $EAST_OUT tunnel | ip -n east -batch -
done
start receive east python3 "$datagram" receive $EAST_IN4 5555
receive=$started
start receive6 east python3 "$datagram" receive $EAST_IN6 5555
wait_for 20 said listening "$TMP/receive.log" && wait_for 20 said listening "$TMP/receive6.log"
# Default, EF, AF11 with ECT(0), CS6 with ECT(1), EF with CE. UDP lets a sender choose them all.
for tos in 0x0 0xb8 0x2a 0xc1 0xbb; do
	send $EAST_IN4 5555 tos=$tos size=10 >"$TMP/out"
	send $EAST_IN6 5555 tos=$tos size=10 >"$TMP/out"
done
six() { [ "$(wc -l <"$TMP/receive.log")" -ge 6 ] && [ "$(wc -l <"$TMP/receive6.log")" -ge 6 ]; }
wait_for 10 six
# tcpdump ends without what it has not read yet
caught() { tcpdump -nr "$TMP/west.pcap" 2>/dev/null | wc -l; }
many() { [ "$(caught)" -gt 12 ]; }
wait_for 10 many
is "DSCP and ECN of inner packets arrive unchanged" "$(awk '$1 == 10 { print $2 }' "$TMP/receive.log" | tr '\n' ' ')" \
	"0x0 0xb8 0x2a 0xc1 0xbb "
is "those of IPv6, too" "$(awk '$1 == 10 { print $2 }' "$TMP/receive6.log" | tr '\n' ' ')" "0x0 0xb8 0x2a 0xc1 0xbb "
kill -INT $dump
wait $dump
is "all outer packets have the marking of the connection" "$(tcpdump -nr "$TMP/west.pcap" 'ip[1] != 0x20' 2>/dev/null)" ""
like "there were some" "$(caught)" '^[1-9][0-9]'
like "and the connection negotiated its MSS" "$(tcpdump -nr "$TMP/west.pcap" 'tcp[tcpflags] & tcp-syn != 0' 2>/dev/null)" 'mss 1460'

# The largest: 65,535 less 2 length, 8 header, 8 IV, 16 ICV, to a multiple of 4 with the trailer
sum=$(send $EAST_IN4 5555 size=65470)
try "an inner packet of 65,498 bytes arrives unchanged" wait_for 10 said "65470 0x0 0x0 $sum" "$TMP/receive.log"
before=$(counter west tx_too_big)
fails "one more is refused" 1 EMSGSIZE send $EAST_IN4 5555 size=65471
fails "the largest of all is, too" 1 EMSGSIZE send $EAST_IN4 5555 size=65507
is "and counted" $(($(counter west tx_too_big) - before)) 2
try "the stream is still a stream" west ping -q -c 2 -i 0.05 -w 5 $EAST_IN4

# ICMP errors from beyond the tunnel
fails "port unreachable" 1 ECONNREFUSED send $EAST_IN4 9 wait=1
fails "port unreachable, IPv6" 1 ECONNREFUSED send $EAST_IN6 9 wait=1
like "time exceeded" "$(west ping -c 1 -w 5 -t 1 10.2.0.77)" 'From 10.2.0.1 .*Time to live exceeded'
like "time exceeded, IPv6" "$(west ping -c 1 -w 5 -t 1 fd00:2::77)" 'From fd00:2::1 .*Time exceeded'

# A host behind west
at_exit 'topo_down behind'
ip netns add behind
printf '%s\n' "link add lan type veth peer name lan netns behind" "addr add 10.1.0.129/25 dev lan" \
	"addr add fd00:1::1:1/112 dev lan nodad" "link set lan up" | ip -n west -batch -
printf '%s\n' "link set lo up" "addr add 10.1.0.130/25 dev lan" "addr add fd00:1::1:2/112 dev lan nodad" "link set lan up" \
	"route add default via 10.1.0.129" "route add default via fd00:1::1:1" | ip -n behind -batch -
behind() { ip netns exec behind "$@"; }
try "a host behind west" wait_for 10 behind ping -q -c 1 -W 1 $EAST_IN4
try "over IPv6" wait_for 10 behind ping -q -c 1 -W 1 $EAST_IN6
mtu=$(inner_mtu 1500)
try "its packets with DF go up to $mtu" behind ping -q -c 1 -w 5 -M "do" -s $((mtu - 28)) $EAST_IN4
like "a larger one is answered" "$(behind ping -c 1 -w 5 -M "do" -s $((mtu - 27)) $EAST_IN4)" "From 10.1.0.129 .*mtu = $mtu"
try "IPv6 up to $mtu" behind ping -q -c 1 -w 5 -M "do" -s $((mtu - 48)) $EAST_IN6
like "a larger one is answered" "$(behind ping -c 1 -w 5 -M "do" -s $((mtu - 47)) $EAST_IN6)" "From fd00:1::1:1 .*mtu=$mtu"

# GSO: packets come to west larger than they leave it
# shellcheck disable=SC2016 # fields of awk's
packets() { ip netns exec west awk '$1 == "lan:" { print $3 }' /proc/net/dev; }
before=$(counter west tx_esp) came=$(packets)
head -c 1000000 /dev/urandom >"$TMP/file"
try "TCP with GSO from behind west" transfer behind east $EAST_IN4 "$TMP/file" "$TMP/copy"
try "arrives unchanged" cmp "$TMP/file" "$TMP/copy"
sent=$(($(counter west tx_esp) - before)) came=$(($(packets) - came))
diag "$came packets became $sent messages"
# How large they come is a matter of how fast TCP gets its ACKs
try "in packets that west cut into pieces" test $sent -gt $((came + came / 4))
behind python3 "$datagram" send $EAST_IN4 5555 size=30000 gso=1000 >"$TMP/names"
names() { [ "$(awk '$1 == 1000 { print $4 }' "$TMP/receive.log")" = "$(cat "$TMP/names")" ]; }
try "UDP with GSO: 30 datagrams, each unchanged" wait_for 10 names
is "30 of them" "$(wc -l <"$TMP/names")" 30
is "nothing was dropped for want of room" "$(counter west tx_queue_full)" 0

# The outer MTU changes in mid-connection
mtu_is "link of 1500" 1500
printf 'link set wire mtu 1400\n' | both
mtu_is "link of 1400" 1400
ip -n west route add $EAST4/32 dev wire mtu 1200
mtu_is "route of 1200" 1200
head -c 200000 /dev/urandom >"$TMP/file"
try "a local TCP connection" transfer west east $EAST_IN4 "$TMP/file" "$TMP/copy"
try "sees it, and arrives" cmp "$TMP/file" "$TMP/copy"
ip -n west route del $EAST4/32 dev wire mtu 1200
mtu_is "without the route" 1400
hold_down
stop $receive
xfrm_flush

# A router on the way with a smaller MTU: ICMP errors for the connection are TCP's, and the tunnel learns from it
at_exit 'topo_down far'
ip netns add far
printf '%s\n' "link add far type veth peer name wire netns far" "addr add 198.51.100.1/24 dev far" \
	"link set far mtu 1300" "link set far up" | ip -n east -batch -
printf '%s\n' "link set lo up" "addr add 198.51.100.2/24 dev wire" "link set wire up" "link add inner type dummy" \
	"link set inner up" "addr add 10.2.0.9/24 dev inner" "route add default via 198.51.100.1" | ip -n far -batch -
ip -n west route add 198.51.100.0/24 via $EAST4
ip -n east link set wire mtu 1500
ip -n west link set wire mtu 1500
EAST_OUT=198.51.100.2 HOLD_AT=198.51.100.2
ip netns exec far hold listen $EAST_OUT $PORT_EAST >"$TMP/far.log" 2>&1 &
HOLD_EAST=$!
wait_for 10 said listening "$TMP/far.log"
hold_connect || not_ok "a connection over a router"
{ sa_lines tunnel sa_gcm; sp_lines $WEST_NET4 $EAST_NET4 tunnel out in; } | ip -n west -batch -
{ sa_lines tunnel sa_gcm; sp_lines $WEST_NET4 $EAST_NET4 tunnel in out; } | ip -n far -batch -
start receive ip netns exec far python3 "$datagram" receive 10.2.0.9 5555
wait_for 20 said listening "$TMP/receive.log"
EAST_IN4=10.2.0.9
sum=$(send $EAST_IN4 5555 size=60000)
try "a large packet over a narrow way" wait_for 20 said "60000 0x0 0x0 $sum" "$TMP/receive.log"
narrow() { ip -n west route get $EAST_OUT | grep -q 'mtu 1300'; }
if narrow; then
	mtu_is "a router's MTU of 1300" 1300
else
	not_ok "TCP has learned the MTU" "$(ip -n west route get $EAST_OUT)"
fi
hold_down
