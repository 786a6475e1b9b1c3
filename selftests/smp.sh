#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Load from several CPUs at a time: order in the stream, ESN, replay windows, with and without asynchronous crypto.
# bench: qemu-long
# limit: 300
. "$(dirname "$0")/lib/tap.sh"
. "$TOP/selftests/lib/sa.sh"
. "$TOP/selftests/lib/async.sh"

[ "$(nproc)" -gt 1 ] || skip_all "one CPU"
FLOWS=4 BYTES=${BYTES:-2000000} LIMIT=$((100 * ${LAB_SCALE:-1}))
modprobe espintcp || bail_out "no module"
modprobe -a chacha20poly1305 seqiv
topo_up
outer 4
# A tail loss probe sends something twice where a busy CPU owes an ACK, which is not what this is about
for ns in west east; do
	ip netns exec $ns sysctl -qw net.ipv4.tcp_early_retrans=0
done
head -c "$BYTES" /dev/urandom >"$_tap_tmp/file"

# receiver HOST ADDRESS N, sender HOST ADDRESS N: a flow through the tunnel, each end on a CPU that is not the other's
receiver()
{
	ip netns exec "$1" taskset -c $(($3 % $(nproc))) timeout "$LIMIT" nc -n -v -l -N "$2" $((5000 + $3)) \
		>"$_tap_tmp/got.$3" 2>"$_tap_tmp/nc.$3" </dev/null
}
sender()
{
	ip netns exec "$1" taskset -c $((($3 + 1) % $(nproc))) timeout "$LIMIT" nc -n -N "$2" $((5000 + $3)) <"$_tap_tmp/file" >/dev/null 2>&1
}

# Flows both ways at a time, and packets that no TCP sends anew
flows()
{
	local n pids='' status=0
	for ((n = 0; n < 2 * FLOWS; n++)); do
		if ((n < FLOWS)); then receiver east $EAST_IN4 $n & else receiver west $WEST_IN4 $n & fi
		pids+=" $!"
	done
	for ((n = 0; n < 2 * FLOWS; n++)); do
		wait_for 20 tcp_listens "$( ((n < FLOWS)) && echo east || echo west)" $((5000 + n)) || return
	done
	west ping -q -i 0.002 -c 500 -W 10 $EAST_IN4 >"$_tap_tmp/ping" &
	pids+=" $!"
	for ((n = 0; n < 2 * FLOWS; n++)); do
		if ((n < FLOWS)); then sender west $EAST_IN4 $n & else sender east $WEST_IN4 $n & fi
		pids+=" $!"
	done
	for n in $pids; do wait "$n" || status=1; done
	for ((n = 0; n < 2 * FLOWS; n++)); do
		cmp "$_tap_tmp/file" "$_tap_tmp/got.$n" || status=1
	done
	cat "$_tap_tmp/ping"
	return $status
}

# tcp_info NAME: what TCP tells of west's end of the outer connection
tcp_info() { west ss -tinH sport = :$PORT_WEST | grep -o " $1:[^ ]*" | cut -d: -f2; }

# loaded NAME: all of it through SAs with ESN. What a CPU had to hold up for long is late on any IPsec: the window is wide.
loaded()
{
	hold_up
	{
		sa_line $WEST4 $EAST4 0x1001 11 sa_chacha $PORT_WEST $PORT_EAST reqid 1 mode tunnel flag esn af-unspec replay-window 1024
		sa_line $EAST4 $WEST4 0x1002 22 sa_chacha $PORT_EAST $PORT_WEST reqid 1 mode tunnel flag esn af-unspec replay-window 1024
	} | both
	sp_tunnel
	try "$1: $((2 * FLOWS)) flows arrive unchanged" flows
	like "$1: no ping is lost" "$(<"$_tap_tmp/ping")" ' 0% packet loss'
	for end in west east; do
		is "$1: $end saw no error, nothing behind its window" "$(xfrm_errors $end)" ''
		is "$1: $end dropped nothing because TCP was full" "$(counter $end tx_queue_full)" 0
	done
	is "$1: no segment of the connection was sent twice for nothing" "$(tcp_info dsack_dups)" ''
	diag "$(west ss -tinH sport = :$PORT_WEST)"
	hold_down
	xfrm_flush
}

loaded "in place"
async_up
before=$(counter west tx_async)
loaded "asynchronous"
like "it was asynchronous" "$(($(counter west tx_async) - before))" '^[1-9]'
topo_down
try "the module can be unloaded" wait_for 10 unloaded
async_down
