#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Large packets of TCP in a tunnel, which the module cuts itself: netfilter sees them as before, limits of an SA and sequence
# numbers hold as they do where XFRM cuts, and what it has to answer for goes its way.
# bench: uml qemu
# needs: nft nc
# limit: 500
. "$(dirname "$0")/lib/tap.sh"
. "$TOP/selftests/lib/sa.sh"
. "$TOP/selftests/lib/traffic.sh"

modprobe espintcp || bail_out "no module"
topo_up
outer 4
hold_up || bail_out "no connection"

# cut COMMAND...: it succeeds, and more than half of the messages that west sends for it are cut by the module
cut_here()
{
	local before
	before=$(($(counter west tx_gso) * 2 - $(counter west tx_esp)))
	"$@" || return
	echo "$(counter west tx_gso) of $(counter west tx_esp) since the beginning"
	[ $(($(counter west tx_gso) * 2 - $(counter west tx_esp))) -gt "$before" ]
}

# not_cut COMMAND...: it succeeds, and none of them is
not_cut()
{
	local before
	before=$(counter west tx_gso)
	"$@" || return
	echo "$(($(counter west tx_gso) - before)) messages"
	[ "$(counter west tx_gso)" = "$before" ]
}

# sends ADDRESS: 1 MB from west arrive as they were
head -c 1000000 /dev/urandom >"$TMP/file"
sends() { transfer west east "$1" "$TMP/file" "$TMP/got" && cmp "$TMP/file" "$TMP/got"; }

west nft -f - <<-NFT || bail_out "no nftables"
	table inet watch {
		chain post {
			type filter hook postrouting priority 0
			tcp dport 5001 meta protocol ip meta length > 3000 counter comment "large4"
			tcp dport 5001 meta protocol ip6 meta length > 3000 counter comment "large6"
			tcp dport 5002 drop
		}
	}
NFT
seen() { west nft list chain inet watch post | sed -n "s/.*packets \([0-9]*\) .*\"$1\".*/\1/p"; }

for alg in sa_gcm sa_cbc sa_chacha; do
	sa_add tunnel $alg
	sp_tunnel
	try "$alg: IPv4" cut_here sends $EAST_IN4
	try "$alg: IPv6" cut_here sends $EAST_IN6
	xfrm_flush
done
try "netfilter has seen large packets of IPv4" test "$(seen large4)" -gt 30
try "and of IPv6" test "$(seen large6)" -gt 30
is "the TCP inside found no wrong checksum" "$(east nstat -asz TcpInCsumErrors | awk '/Csum/ { print $2 }')" 0
is "and IP no wrong header" "$(east nstat -asz IpInHdrErrors | awk '/Hdr/ { print $2 }')" 0

# What is to be dropped is
sa_add tunnel sa_gcm esn
sp_tunnel
try "ESN" cut_here sends $EAST_IN4
start dropped east nc -n -l $EAST_IN4 5002
listener=$started
wait_for 10 tcp_listens east 5002
before=$(counter west tx_gso)
west timeout 2 nc -n -w 1 $EAST_IN4 5002 <"$TMP/file" >/dev/null 2>&1
is "what netfilter drops is not sent" "$(counter west tx_gso)" "$before"
stop $listener

# What several CPUs number at a time is in order where it is sent, or a window of 64 would not take it
together()
{
	local port receivers=() senders=()
	for port in 5011 5012 5013 5014; do
		ip netns exec east nc -n -l $EAST_IN4 $port >"$TMP/got.$port" 2>/dev/null </dev/null &
		receivers+=($!)
		wait_for 20 tcp_listens east $port
	done
	for port in 5011 5012 5013 5014; do
		ip netns exec west nc -n -N $EAST_IN4 $port <"$TMP/file" >/dev/null 2>&1 &
		senders+=($!)
	done
	wait "${senders[@]}" "${receivers[@]}"
	for port in 5011 5012 5013 5014; do cmp "$TMP/file" "$TMP/got.$port" || return; done
}
try "four streams at a time" cut_here together
is "nothing of them came too late" "$(sa_field east 0x1001 replay-window)" 0

# Netfilter finds another route for each packet
if west nft -f - 2>"$TMP/nat" <<-NFT
	table ip translate {
		chain post {
			type nat hook postrouting priority 100
			ip daddr $EAST_IN4 tcp dport 5001 snat to 10.1.0.99
		}
	}
NFT
then
	ip -n west addr add 10.1.0.99/32 dev inner
	try "a translated address: XFRM cuts" not_cut sends $EAST_IN4
	west nft delete table ip translate

	# One that no policy knows: netfilter takes the packet out of the tunnel
	ip -n west route replace $EAST_NET4 via $EAST4 src $WEST_IN4
	ip -n west route replace $EAST_NET6 via $EAST6 src $WEST_IN6
	west nft -f - <<-NFT
		table inet leave {
			chain post {
				type nat hook postrouting priority 100
				ip daddr $EAST_IN4 tcp dport 5001 snat ip to $WEST4
				ip6 daddr $EAST_IN6 tcp dport 5001 snat ip6 to $WEST6
			}
		}
	NFT
	try "an address without a policy: IPv4 is not sent by the SA" not_cut sends $EAST_IN4
	try "nor is IPv6" not_cut sends $EAST_IN6
	west nft delete table inet leave
else
	skip "a translated address: XFRM cuts" "no NAT on this kernel: $(head -n 1 "$TMP/nat")"
fi

# sa_special WEST-WORDS EAST-WORDS [esn]: the SA from west to east has these, too. $had: what west had sent before.
sa_special()
{
	xfrm_flush
	had=$(counter west tx_esp)
	{ sa_lines tunnel sa_gcm "${@:3}" | sed "1s/\$/ $1/"; sp_lines $WEST_NET4 $EAST_NET4 tunnel out in; } | ip -n west -batch - &&
	{ sa_lines tunnel sa_gcm "${@:3}" | sed "1s/\$/ $2/"; sp_lines $WEST_NET4 $EAST_NET4 tunnel in out; } | ip -n east -batch -
}

refused() { [ "$(xfrm_count west "$1")" -gt "$2" ]; }
# sends_no_more_than COUNT COUNTER: so many messages since then, however much there is to be sent; XFRM's counter tells why
sends_no_more_than()
{
	local was listener sent
	was=$(xfrm_count west "$2")
	start listener east nc -n -l $EAST_IN4 5001
	listener=$started
	wait_for 10 tcp_listens east 5001
	ip netns exec west nc -n $EAST_IN4 5001 <"$TMP/file" >/dev/null 2>&1 &
	wait_for 20 refused "$2" "$was" || echo "nothing was refused"
	stop $! KILL
	stop "$listener" KILL
	sent=$(($(counter west tx_esp) - had))
	echo "$sent messages"
	[ $sent = "$1" ]
}

# What the SA does not allow, and what is not one message for a segment
sa_special "tfcpad 1000" "" || not_ok "an SA with tfcpad"
try "tfcpad: XFRM cuts" not_cut sends $EAST_IN4
sa_special "limit packet-hard 500" "" || not_ok "an SA with a limit"
try "500 packets, and no more" cut_here sends_no_more_than 500 XfrmOutStateExpired
sa_special "replay-oseq 0xfffffe00" "replay-seq 0xfffffe00" || not_ok "an SA with its last sequence numbers"
try "the last 511 sequence numbers, and no more" cut_here sends_no_more_than 511 XfrmOutStateSeqError
sa_special "replay-oseq 0xfffffe00" "replay-seq 0xfffffe00" esn || not_ok "an SA with the last of the first 2^32"
try "ESN: sequence numbers go on" cut_here sends $EAST_IN4
like "beyond 2^32" "$(ip -n west -s xfrm state list spi 0x1001)" 'oseq-hi 0x1,'
is "nothing came twice, too late or broken" \
	"$(for word in replay replay-window failed; do sa_field east 0x1001 $word; done | tr '\n' ' ')" "0 0 0 "
xfrm_flush
hold_down

# Routes hold SAs, and SAs the module: until whoever had them has looked at them again
try "nothing holds the module in the end" wait_for 120 unloaded
