#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Asynchronous crypto: the path runs, and SAs and sockets go while requests are under way.
# bench: qemu qemu-debug
# limit: 500
. "$(dirname "$0")/lib/tap.sh"
. "$TOP/selftests/lib/sa.sh"
. "$TOP/selftests/lib/async.sh"

CYCLES=${CYCLES:-20}
modprobe espintcp || bail_out "no module"
topo_up

async_up

outer 4
hold_up
sa_add tunnel sa_chacha
sp_tunnel
try "packets pass" west ping -q -c 20 -i 0.05 -w 10 $EAST_IN4
is "each was encrypted by an asynchronous request" "$(counter west tx_async)" "$(counter west tx_esp)"
like "there were some" "$(counter west tx_async)" '^[1-9]'
sum=$(head -c 2000000 /dev/urandom | tee "$_tap_tmp/file" | sha256sum)
east timeout 60 nc -l -N $EAST_IN4 5001 >"$_tap_tmp/got" </dev/null &
nc=$!
wait_for 10 tcp_listens east 5001
west timeout 60 nc -N $EAST_IN4 5001 <"$_tap_tmp/file"
wait $nc
is "2 MB arrive unchanged" "$(sha256sum <"$_tap_tmp/got")" "$sum"
is "in order, by the replay window" "$(xfrm_errors east)" ""

# A flood until it is killed, while the SAs under it go and come
ip netns exec west ping -q -i 0.01 -s 1000 $EAST_IN4 >/dev/null 2>&1 &
flood=$!
bad=0
# The SA is as new as the cycle, and ip starts five times as fast as the helper
under_way() { [ "$(packets west 0x1001)" -gt 0 ]; }
# A socket goes with its requests; the SAs find the next one, and go with theirs
for ((i = 0; i < CYCLES; i++)); do
	wait_for 10 under_way || bad=$((bad + 1))
	hold_down
	hold_up || bad=$((bad + 1))
	sa_renew || bad=$((bad + 1))
done
is "$CYCLES times the socket was closed, and then the SAs were deleted, under requests" $bad 0

# The namespace goes under requests, with all that is in it
kill $flood
wait $flood 2>/dev/null
for ((i = 0; i < 2; i++)); do
	ip netns exec west ping -q -i 0.01 -s 1000 -w 60 $EAST_IN4 >/dev/null 2>&1 &
	wait_for 10 under_way || not_ok "the flood runs"
	topo_down
	hold_down
	{ topo_make && hold_up && sa_add tunnel sa_chacha && sp_tunnel; } || not_ok "setting up again"
done
try "packets pass after namespaces went" west ping -q -c 5 -i 0.05 -w 10 $EAST_IN4
hold_down
xfrm_flush
topo_down

unloaded() { rmmod espintcp; }
try "the module can be unloaded" wait_for 10 unloaded
async_down
