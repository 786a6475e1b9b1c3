# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Files through a tunnel, for tests and for the demonstration, and what the hosts put on the wire meanwhile.

# transfer FROM TO ADDRESS FILE COPY: FILE from one host to the other's ADDRESS; 1 if it does not arrive. Logs to COPY.log.
transfer()
{
	local from=$1 to=$2 addr=$3 file=$4 copy=$5 receiver status=0 limit=$((60 * ${LAB_SCALE:-1}))
	ip netns exec "$to" timeout "$limit" nc -n -v -l -N "$addr" 5001 >"$copy" 2>"$copy.log" </dev/null &
	receiver=$!
	wait_for 20 tcp_listens "$to" 5001 &&
		ip netns exec "$from" timeout "$limit" nc -n -N "$addr" 5001 <"$file" >>"$copy.log" 2>&1 || status=1
	[ $status -eq 0 ] || kill $receiver 2>/dev/null
	wait $receiver && [ $status -eq 0 ]
}

# How many MB a file has that a tunnel must carry: 20, but less where every byte is watched by KASAN and lockdep
file_mb() { [ "${BENCH:-}" = uml ] && echo 2 || echo 20; }

# exchange WEST-ADDRESS EAST-ADDRESS [MB]: a file each way, the same at the other end
exchange()
{
	local way from to addr
	head -c $((${3:-$(file_mb)} << 20)) /dev/urandom >"$TMP/file"
	for way in "west east $2" "east west $1"; do
		read -r from to addr <<<"$way"
		rm -f "$TMP/copy"
		transfer "$from" "$to" "$addr" "$TMP/file" "$TMP/copy" || { cat "$TMP/copy.log"; return 1; }
		cmp "$TMP/file" "$TMP/copy" || return
	done
}

# What each end puts on the wire. The other direction would not do: a packet that came out of the tunnel goes through the
# device once more, as it does with any IPsec on Linux, and taps see it there.
# wire_start [TCPDUMP-OPTION...]: to $TMP/HOST.pcap, the beginning of each packet unless an option wants more
wire_start()
{
	local host
	wire_dumps=''
	for host in west east; do
		ip netns exec $host tcpdump -Uni wire -Q out -s 96 -B 16384 -w "$TMP/$host.pcap" "$@" >"$TMP/$host.tcpdump" 2>&1 </dev/null &
		wire_dumps+=" $!"
		wait_for 20 grep -q 'listening on' "$TMP/$host.tcpdump" || return 1
	done
}

wire_marked() { tcpdump -nr "$TMP/$1.pcap" 'icmp6 and greater 977' 2>/dev/null | grep -q .; }

# tcpdump ends without what it has not read yet: the last is a packet that it has to see
wire_stop()
{
	local host
	for host in west east; do
		ip netns exec $host ping -q -c 1 -s 977 -W 1 ff02::1%wire >/dev/null 2>&1
		wait_for 20 wire_marked $host || { echo "$host: tcpdump did not see the last packet"; return 1; }
	done
	# shellcheck disable=SC2086 # a list
	kill -INT $wire_dumps && wait $wire_dumps
}

# wire_is_tcp PORT: both hosts have sent packets of TCP connections to or from PORT, and nothing else but what finds neighbours
wire_is_tcp()
{
	local host
	wire_stop || { cat "$TMP"/*.tcpdump; return 1; }
	for host in west east; do
		tcpdump -nr "$TMP/$host.pcap" "not tcp port $1 and not arp and not icmp6 and not ip6 multicast" 2>/dev/null | head -n 20 >"$TMP/others"
		[ ! -s "$TMP/others" ] || { echo "$host sent"; cat "$TMP/others"; return 1; }
		grep -q '^[1-9][0-9]\{2,\} packets captured' "$TMP/$host.tcpdump" || { cat "$TMP/$host.tcpdump"; return 1; }
	done
}

# pings_counted FILE: how many were sent and answered, of what ping said when it ended
pings_counted() { sed -n 's/^\([0-9]*\) packets transmitted, \([0-9]*\) received.*/\1 \2/p' "$1"; }

# Replies to pings, one each 20 ms, in the background
watch_start()
{
	# Errors would cut into lines that are written in blocks. A function would leave a shell, which ignores SIGINT.
	ip netns exec west ping -n -D -i 0.02 -w 120 "$1" >"$TMP/pings" 2>"$TMP/pings.err" </dev/null &
	watcher=$!
	wait_for 10 grep -q 'bytes from' "$TMP/pings"
}

# watch_stop: the longest time without a reply, in milliseconds, is in $gap
watch_stop()
{
	kill -INT "$watcher"
	wait "$watcher"
	# shellcheck disable=SC2034 # for the caller
	gap=$(awk '/^\[[0-9]+\.[0-9]+\].*bytes from/ { t = substr($1, 2) + 0; if (last && t - last > max) max = t - last; last = t }
		END { printf "%d\n", max * 1000 }' "$TMP/pings")
}

# spis HOST: of its SAs, which stay the same
spis() { ip -n "$1" xfrm state | awk '$1 == "proto" { print $4 }' | sort | tr '\n' ' '; }
