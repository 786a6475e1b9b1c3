#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Many flows on a fast wire: what one CPU sends, receives and decrypts does not fall out of its backlog on the way.
# bench: uml qemu-long
# limit: 180
. "$(dirname "$0")/lib/tap.sh"
. "$TOP/selftests/lib/sa.sh"

sa_null() { echo 'enc ecb(cipher_null) "" auth digest_null ""'; }

FLOWS=8 BYTES=${BYTES:-4000000}
modprobe espintcp || bail_out "no module"
topo_up
outer 4
# More under way than a backlog takes, and little of it for each turn of a CPU
sysctl -qw net.core.netdev_max_backlog=200 net.core.rmem_max=8388608 net.core.wmem_max=8388608
at_exit 'sysctl -qw net.core.netdev_max_backlog=1000'
hold_up
sa_add tunnel sa_null
sp_tunnel
try "the tunnel carries packets" wait_for 10 west ping -c 1 -w 1 $EAST_IN4

flows()
{
	west python3 - $EAST_IN4 $FLOWS "$BYTES" <<'END' &
import selectors
import socket
import sys
import time

to, flows, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
data = bytes(131072)
sel = selectors.DefaultSelector()
left = {}
for n in range(flows):
    for tries in range(100):
        try:
            s = socket.create_connection((to, 5000))
            break
        except ConnectionRefusedError:
            time.sleep(0.1)
    s.setblocking(False)
    sel.register(s, selectors.EVENT_WRITE)
    left[s] = size
while sel.get_map():
    for key, _ in sel.select():
        s = key.fileobj
        left[s] -= s.send(data[:left[s]])
        if not left[s]:
            sel.unregister(s)
            s.shutdown(socket.SHUT_WR)
for s in left:
    s.setblocking(True)
    s.recv(1)
END
	local pid=$!
	east timeout 100 python3 - $EAST_IN4 $FLOWS "$BYTES" <<'END' && wait $pid
import selectors
import socket
import sys

flows, size = int(sys.argv[2]), int(sys.argv[3])
s = socket.create_server((sys.argv[1], 5000), backlog=flows)
sel = selectors.DefaultSelector()
got = {}
for n in range(flows):
    c, _ = s.accept()
    sel.register(c, selectors.EVENT_READ)
    got[c] = 0
while sel.get_map():
    for key, _ in sel.select():
        n = len(key.fileobj.recv(262144))
        got[key.fileobj] += n
        if not n:
            sel.unregister(key.fileobj)
for c in got:
    c.close()
print("bytes", sorted(got.values()))
sys.exit(min(got.values()) < size)
END
}

# What the CPUs' backlogs dropped since boot, and what TCP sent again in the namespace of a host
fallen() { local dropped n=0; while read -r _ dropped _; do n=$((n + 16#$dropped)); done </proc/net/softnet_stat; echo $n; }
again() { ip netns exec "$1" nstat -asz TcpRetransSegs | awk '$1 == "TcpRetransSegs" { print $2 }'; }

before=$(fallen)
try "$FLOWS flows arrive" flows
is "no packet fell out of a backlog" $(($(fallen) - before)) 0
diag "sent again: west $(again west), east $(again east)"
# A softirq between the lock of an SA and its output() is not ours to prevent, and what it sends overtakes
is "XFRM saw no error" "$(xfrm_errors east | grep -v '^XfrmInStateSeqError=[1-9]$')" ''
hold_down
xfrm_flush
