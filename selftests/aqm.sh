#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Forwarded traffic beyond the link's rate: the queue stays short, who has little in it loses nothing, IKE goes on.
# bench: uml qemu-long
# limit: 180
. "$(dirname "$0")/lib/tap.sh"
. "$TOP/selftests/lib/sa.sh"

CHATS=40 FAR_IN4=10.1.0.50
modprobe espintcp || bail_out "no module"
topo_up
at_exit 'topo_down far'
modprobe -q sch_netem
for ns in west east; do
	# Packets as large as on a real link
	ip -n $ns link set wire gso_max_segs 1
	ip netns exec $ns tc qdisc add dev wire root netem rate 5mbit delay 5ms limit 100 || bail_out "no netem"
done

# A host behind west, in its inner network
ip netns add far
ip link add far netns west type veth peer name west netns far
ip -n west link set far up
ip -n west route add $FAR_IN4/32 dev far
ip -n far link set west up
ip -n far addr add $FAR_IN4/24 dev west
ip -n far route add default via $WEST_IN4
far() { ip netns exec far "$@"; }

outer 4
hold_up -c $CHATS
sa_add tunnel sa_gcm
sp_tunnel
sp_line "$EAST_NET4" "$WEST_NET4" fwd $EAST4 $WEST4 tunnel | ip -n west -batch -
try "the host behind west reaches east" wait_for 10 far ping -c 1 -w 1 $EAST_IN4

# Four times what the link carries, until it is killed
ip netns exec far python3 - $EAST_IN4 <<'END' &
import socket
import sys
import time

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect((sys.argv[1], 9))
due = time.monotonic()
while True:
    try:
        s.send(bytes(1200))
    except OSError:
        pass
    # No burst behind a pause of this machine
    due = max(due + 1200 * 8 / 20e6, time.monotonic() - 0.01)
    time.sleep(max(0, due - time.monotonic()))
END
flood=$!
dropped() { [ "$(counter west tx_aqm)" -gt 100 ]; }
try "a flood that goes on loses packets, counted" wait_for 30 dropped

for end in west east; do
	try "$end got each of $CHATS IKE messages" wait_for 60 said "chatted $CHATS" "$HOLD.$end"
done
# Another flow than the flood's, by its hash: where it collides, one to another address does not. All pings between two
# addresses have the same. (With a deadline, -w, ping counts what is still under way as lost.)
for ((i = 2; i < 10; i++)); do ip -n east addr add 10.2.0.$i/24 dev inner; done
to=1
passes()
{
	to=$((to % 8 + 2))
	far ping -q -c 10 -i 0.1 -W 10 10.2.0.$to >"$_tap_tmp/far" && grep ' 0% packet loss' "$_tap_tmp/far"
}
try "another forwarded flow loses nothing" wait_for 30 passes
like "nor does one that begins here" "$(west ping -q -c 20 -i 0.05 -W 20 $EAST_IN4)" ' 0% packet loss'
# The least: a queue that stands delays each, one lost segment or a pause of this machine only some
rtt=$(west ping -q -c 20 -i 0.05 -w 20 $EAST_IN4 | awk -F'[/=]' '/^rtt/ { printf "%d", $5 }')
try "which waits for less than half a second in all queues: $rtt ms" test "$rtt" -lt 500
kill $flood
wait $flood 2>/dev/null

peak=$(nsenter --net=/run/netns/west espintcp status --json | grep -o '"tx_peak":[0-9]*' | head -n 1 | cut -d: -f2)
try "never was more queued than the link carries in half a second: $peak bytes" test "$peak" -lt $((5000000 / 8 / 2))
is "the queue's bound in bytes was not met" "$(counter west tx_queue_full)" 0
is "east, which forwards nothing, dropped nothing" "$(counter east tx_aqm)" 0
is "XFRM saw nothing behind its window" "$(xfrm_errors east)" ''
hold_down
xfrm_flush
