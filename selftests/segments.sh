#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What TCP segments carry beside bytes: marks of congestion (RFC 9329, section 9.5) and urgent data.
# bench: uml qemu-long
. "$(dirname "$0")/lib/tap.sh"
. "$TOP/selftests/lib/sa.sh"
. "$TOP/selftests/lib/traffic.sh"

modprobe espintcp || bail_out "no module"
topo_up
for ns in west east; do
	ip netns exec $ns sysctl -qw net.ipv4.tcp_ecn=1
done

# mark BYTES: a router marks packets of the connection that are longer, both families, on their way to the west. All get
# a DSCP: a packet that was written to is no longer shared with its sender, and TCP may join it with the next one. The mark
# of IPv6 is written together with version and DSCP: Linux 7.3 refuses nft's "ip6 ecn set ce", which is one byte at offset 1.
mark()
{
	east nft -f - <<-NFT
		table inet marker {
			chain output {
				type filter hook postrouting priority 0
				tcp dport $PORT_EAST ip dscp set cs1
				tcp dport $PORT_EAST ip6 dscp set cs1
				tcp dport $PORT_EAST ip length > $1 ip ecn set ce
				tcp dport $PORT_EAST ip6 length > $1 @nh,0,16 set 0x6230
			}
		}
	NFT
}

# ecn_sent PORT: how many packets of it west has sent since wire_start that claim to be of ECN
ecn_sent() { tcpdump -nr "$TMP/west.pcap" "tcp port $1 and (ip[1] & 3 != 0)" 2>/dev/null | wc -l; }

# Plain TCP, to see that the test would see it
outer 4
wire_start || bail_out "tcpdump does not start"
east timeout 30 nc -n -v -l -N $EAST4 4501 >"$_tap_tmp/got" 2>"$_tap_tmp/nc" </dev/null &
nc=$!
wait_for 10 tcp_listens east 4501
head -c 20000 /dev/zero | west timeout 30 nc -n -N $EAST4 4501
wait $nc
wire_stop || bail_out "the capture is not complete"
like "a plain connection with tcp_ecn=1 sends ECT" "$(ecn_sent 4501)" '^[1-9]'

wire_start || bail_out "tcpdump does not start"
hold_up
sa_add tunnel sa_gcm
sp_tunnel
try "packets pass through the tunnel" west ping -q -c 5 -i 0.05 -w 5 -s 3000 $EAST_IN4
wire_stop || bail_out "the capture is not complete"
is "the tunnel's connection sends none" "$(ecn_sent $PORT_EAST)" 0
like "of many packets" "$(tcpdump -nr "$TMP/west.pcap" "tcp port $PORT_EAST" 2>/dev/null | wc -l)" '^[1-9][0-9]'

# Inner ECN is the inner sender's business, in both directions
try "an inner packet with CE arrives" west ping -q -c 1 -w 5 -Q 3 $EAST_IN4
hold_down
xfrm_flush

# west is attached; a peer in east marks what is long
listen_west()
{
	west_log=$_tap_tmp/hold.west.$1
	ip netns exec west hold listen "$WEST_OUT" $PORT_EAST >"$west_log" 2>&1 &
	holder=$!
	wait_for 10 said listening "$west_log"
}

peer()
{
	ip netns exec east python3 "$TOP/selftests/lib/segments.py" "$WEST_OUT" $PORT_EAST "$@" >"$_tap_tmp/peer" 2>&1
}

out_of_order() { ip netns exec west nstat -asz TcpExtTCPOFOQueue | awk '/OFO/ { print $2 }'; }
# 100, but for the segments that came out of order
near()
{
	echo "$1 messages; $late segments were out of order"
	[ "$1" -ge $((100 - late)) ] && [ "$1" -le $((100 + late)) ]
}

# Segments come in bursts, so that several wait to be read
modprobe -q sch_netem
east tc qdisc add dev wire root netem delay 40ms || bail_out "no netem"
for fam in 4 6; do
	outer $fam
	listen_west $fam
	mark 700
	ce=$(counter west rx_ce) esp=$(counter west rx_esp) late=$(out_of_order)
	# What comes before the ULP is TCP's to join, marks and all
	{ wait_for 10 said attached "$west_log" && echo; } | peer wait esp 200 300 900 ike 900 ike 800 || not_ok "the peer sends" "$(cat "$_tap_tmp/peer")"
	wait_for 10 said 'message 800' "$west_log"
	# Where a segment comes late, TCP joins those behind it before anybody is told
	late=$(($(out_of_order) - late))
	marked=$(($(counter west rx_ce) - ce)) others=$(($(counter west rx_esp) - esp))
	try "IPv$fam: each ESP message in a marked segment is dropped and counted" near $marked
	try "IPv$fam: and no other one" near $others
	is "IPv$fam: none is lost" $((marked + others)) 200
	like "IPv$fam: IKE messages, which nobody sends again, arrive" "$(cat "$west_log")" 'message 900'
	wait $holder
	east nft delete table inet marker

	listen_west $fam.urgent
	# The peer closes when the other end is attached: the ULP wants a connection that is open both ways
	{ wait_for 10 said attached "$west_log"; } | peer ike 100 urgent 200 urgent 50 urgent 1000 ike 60 || not_ok "the peer sends" "$(cat "$_tap_tmp/peer")"
	wait $holder
	is "IPv$fam: urgent data is part of the stream" "$(sed -n 's/^message //p' "$west_log" | tr '\n' ' ')" "100 200 50 1000 60 "
done

# An ESP message of a device that is gone when the message is read: counted, as XFRM would
outer 4
east tc qdisc del dev wire root
# Length 102, an SPI that nobody knows, the rest of it
{ printf '\x00\x66\x00\x00\x90\x01'; head -c 96 /dev/zero; } >"$_tap_tmp/esp"
east timeout 60 nc -n -v -l $EAST4 $PORT_EAST <"$_tap_tmp/esp" >"$_tap_tmp/got" 2>"$_tap_tmp/nc" &
wait_for 10 tcp_listens east $PORT_EAST
mkfifo "$_tap_tmp/never"
ip netns exec west bash -c "exec 5<>/dev/tcp/$EAST4/$PORT_EAST; read -r <$_tap_tmp/never" &
owner=$!
waits() { west ss -tnH state established "dport = :$PORT_EAST" | grep -q '^ *102 '; }
try "a message waits to be read" wait_for 10 waits
before=$(counter west rx_no_device)
ip -n west link del wire
try "the ULP is attached behind it" west espintcp attach --pid $owner --fd 5
no_device() { [ "$(counter west rx_no_device)" -gt "$before" ]; }
try "it is dropped and counted, as its device is gone" wait_for 10 no_device
like "by XFRM, too" "$(xfrm_errors west)" '^XfrmInError=1$'
