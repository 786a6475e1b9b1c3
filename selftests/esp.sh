#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# ESP through one TCP connection: families, modes, algorithms, ESN, and what XFRM shows.
# bench: uml qemu live
# needs: espintcp ping nc tcpdump
# limit: 300
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/sa.sh"
. "$TOP/selftests/lib/traffic.sh"

modprobe espintcp || bail_out "no module"
topo_up

# one NAME OUTER MODE ALGORITHM [MORE...]
one()
{
	local name=$1 fam=$2 mode=$3 alg=$4 before
	shift 4
	outer "$fam"
	hold_up || { not_ok "$name: connection" "$(cat "$HOLD".*)"; return; }
	sa_add "$mode" "$alg" "$@" || not_ok "$name: SAs"
	before=$(counter west tx_esp)
	if [ "$mode" = tunnel ]; then
		sp_tunnel
		try "$name" carries $EAST_IN4 $EAST_IN6
	else
		sp_transport
		try "$name" carries "$EAST_OUT"
	fi
	[ "$(counter west tx_esp)" -ge $((before + 6)) ] || not_ok "$name: it went through the module"
	xfrm_flush
	hold_down
}

# ESN, modes and families in their pairs are esp_modes.sh's and esp_frames.sh's
for fam in 4 6; do
	for mode in tunnel transport; do
		one "IPv$fam, $mode, gcm, ESN" $fam $mode sa_gcm esn
		one "IPv$fam, $mode, cbc" $fam $mode sa_cbc
	done
done
one "ChaCha20-Poly1305" 4 tunnel sa_chacha
is "XFRM counted no error in west" "$(xfrm_errors west)" ""
is "XFRM counted no error in east" "$(xfrm_errors east)" ""

outer 4
hold_up
sa_add tunnel sa_gcm
sp_tunnel
like "ip xfrm shows the encapsulation" "$(ip -n west -d xfrm state)" "encap type espintcp sport $PORT_WEST dport $PORT_EAST"

# Only TCP of the connection is on the wire, however large the packets
wire_start || bail_out "tcpdump does not start"
try "2 MB each way arrive unchanged" exchange $WEST_IN4 $EAST_IN4 2
try "nothing but the connection was on the wire" wire_is_tcp $PORT_EAST
# bytes_out HOST: of the connection
bytes_out() { tcpdump -nqr "$TMP/$1.pcap" "tcp port $PORT_EAST" 2>/dev/null | awk '{ n += $NF } END { print n + 0 }'; }
for ns in west east; do
	try "in which $ns sends all of it" test "$(bytes_out $ns)" -gt $((2 << 20))
done
is "no packet was dropped for a full TCP" "$(counter west tx_queue_full)" 0

# Others are not touched
try "a native SA next to it" ip -n west xfrm state add src $WEST4 dst $EAST4 proto esp spi 0x2001 reqid 2 mode tunnel \
	aead 'rfc4106(gcm(aes))' 0x0000000000000000000000000000000000000033 128
like "it has no encapsulation" "$(ip -n west xfrm state get src $WEST4 dst $EAST4 proto esp spi 0x2001)" "spi 0x00002001"

# No socket: counted by us and by XFRM
hold_down
before=$(counter west tx_no_socket)
west ping -q -c 1 -W 1 $EAST_IN4 >/dev/null
is "an SA without a socket counts what it drops" $(($(counter west tx_no_socket) - before)) 1
is "and so does XFRM" "$(xfrm_errors west)" "XfrmOutStateProtoError=1"
hold_up
try "a new connection on the same tuple takes over" carries $EAST_IN4

# An SPI that nobody knows
ip -n east xfrm state flush
west ping -q -c 1 -W 1 $EAST_IN4 >/dev/null
like "an unknown SPI is counted by XFRM" "$(xfrm_errors east)" "XfrmInNoStates=1"

# The connection itself is caught by a policy: dropped and counted, no loop
ip -n west xfrm policy add src $WEST4 dst $EAST4 dir out tmpl src $WEST4 dst $EAST4 proto esp reqid 1 mode tunnel
before=$(counter west tx_loop)
west ping -q -c 1 -W 1 $EAST4 >/dev/null
looped() { [ "$(counter west tx_loop)" -gt "$before" ]; }
try "the connection in its own tunnel is dropped and counted" wait_for 10 looped
