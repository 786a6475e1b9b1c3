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
# What arrives went through the socket; ip starts five times as fast as the helper, which knows tx_async
arrived() { [ "$(packets east 0x1001)" -gt "$1" ]; }
begun=$(counter west tx_async)
closed=0 deleted=0
# A socket goes with its requests; the SAs find the next one, and go with theirs
for ((i = 0; i < CYCLES; i++)); do
	wait_for 10 arrived 0 || closed=$((closed + 1))
	hold_down
	before=$(packets east 0x1001)
	{ hold_up && wait_for 10 arrived "$before"; } || closed=$((closed + 1))
	sa_renew || deleted=$((deleted + 1))
done
wait_for 10 arrived 0 || deleted=$((deleted + 1))
is "$CYCLES times the socket was closed under requests, and packets passed through the next" $closed 0
is "$CYCLES times the SAs were deleted under requests, and packets passed through the next" $deleted 0
try "they were asynchronous all the time" [ $(($(counter west tx_async) - begun)) -ge $((2 * CYCLES)) ]

# The namespace goes under requests, with all that is in it
kill $flood
wait $flood 2>/dev/null
for ((i = 0; i < 3; i++)); do
	before=$(packets east 0x1001)
	ip netns exec west ping -q -i 0.01 -s 1000 -w 60 $EAST_IN4 >/dev/null 2>&1 &
	wait_for 10 arrived "$before" || not_ok "the flood runs"
	topo_down
	hold_down
	{ topo_make && hold_up && sa_add tunnel sa_chacha && sp_tunnel; } || not_ok "setting up again"
done
try "packets pass after namespaces went" west ping -q -c 5 -i 0.05 -w 10 $EAST_IN4
hold_down
xfrm_flush
topo_down

try "the module can be unloaded" wait_for 10 unloaded
async_down
