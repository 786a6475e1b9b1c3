#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# espintcp attach: both roles, a socket of another process, and what it says where that cannot be.
# bench: uml live
# needs: espintcp ping python3 jq
. "$(dirname "$0")/lib/tap.sh"

# An IKE_SA_INIT request without payloads, as attach shows it
spi=0102030405060708
hex=${spi}00000000000000000020220800000000$(printf '%08x' 28)

# What has a socket and does not know of the ULP: connects as fd 3, sends the prefix; sends a message when told to
other_py='
import socket, struct, sys
sock = socket.create_connection((sys.argv[1], 4500))
sock.sendall(b"IKETCP")
print(sock.fileno(), flush=True)
sys.stdin.readline()
message = bytes(4) + bytes.fromhex(sys.argv[2])
sys.exit(sock.send(message) != len(message) or sock.recv(1) != b"")
'

# serve_one NAME ADDRESS [OPTION...]: east waits for one connection
serve_one()
{
	start "$1" east espintcp attach --listen "$2" "${@:3}"
	wait_for 20 grep -q listening "$TMP/$1.log"
}

# other: a process in west with a connection; sets other and fd
other()
{
	rm -f "$TMP/go"
	mkfifo "$TMP/go"
	ip netns exec west python3 -c "$other_py" $EAST4 "$hex" <"$TMP/go" >"$TMP/other.log" 2>&1 &
	other=$!
	at_exit "stop $other"
	exec {go}>"$TMP/go"
	wait_for 20 grep -q . "$TMP/other.log"
	fd=$(cat "$TMP/other.log")
}

unprivileged() { setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set=-all,+net_admin --inh-caps=-all,+net_admin --ambient-caps=-all,+net_admin "$@"; }

topo_up
fails "nothing listens" 1 "^espintcp attach: nothing listens on $EAST4 port 4500$" west espintcp attach $EAST4
fails "nobody answers" 1 "^espintcp attach: no answer from 192.0.2.77 port 4500 in 1 s$" west espintcp attach 192.0.2.77 --timeout 1
fails "a HOST that cannot be" 2 "is not HOST, HOST:PORT or \\[V6\\]:PORT" west espintcp attach "[$EAST6]4500"

for to in "$EAST4:4500" "[$EAST6]:4501"; do
	serve_one east "$to" --count 1
	east=$started
	start west west espintcp attach "$to" --send-hex "$hex"
	west=$started
	try "to $to: a message arrives" wait "$east"
	like "it is described" "$(cat "$TMP/east.log")" "28 bytes, IKE_SA_INIT \\(34\\) request, SPIs $spi 0{16}, message 0$"
	try "the end of the peer ends the client well" wait "$west"
	like "it says each step" "$(tr '\n' ' ' <"$TMP/west.log")" 'TCP connected: .*ULP attached.*the peer closed the connection'
done

serve_one east "$EAST4:4500"
east=$started
start west west espintcp attach $EAST4
west=$started
attached() { grep -q 'ULP attached' "$TMP/west.log" && grep -q 'ULP attached' "$TMP/east.log"; }
try "the sockets are attached" wait_for 20 attached
try "Ctrl-C ends the client well" stop "$west" INT
try "and its peer" wait "$east"

serve_one east "$EAST4:4500" --timeout 4
east=$started
start silent west python3 -c 'import socket, sys; s = socket.create_connection((sys.argv[1], 4500)); s.recv(1)' $EAST4
wait "$east"
is "a client without a prefix is a failure" $? 1
like "which is told" "$(cat "$TMP/east.log")" '^espintcp attach: no stream prefix came in time$'

serve_one east "$EAST4:4500" --count 1
east=$started
other
try "a socket of another process is attached" espintcp attach --pid "$other" --fd "$fd"
is "it is one of west's" "$(west espintcp status --json | jq -c '[.sockets[] | .remote]')" "[\"$EAST4\"]"
fails "a second time it is refused" 1 'the socket has an ULP already' espintcp attach --pid "$other" --fd "$fd"
fails "no such descriptor" 1 "process $other has no open descriptor 99$" espintcp attach --pid "$other" --fd 99
fails "a descriptor that is no socket" 1 "process $other, descriptor 1: .*not a socket" espintcp attach --pid "$other" --fd 1
fails "no such process" 1 'there is no process 4194303$' espintcp attach --pid 4194303 --fd "$fd"
fails "a process of somebody else" 1 'ptrace rights are needed' unprivileged espintcp attach --pid "$other" --fd "$fd"
fails "--pid alone" 2 'pid and --fd go together' espintcp attach --pid "$other"
exec {go}>&-
try "what the process sends is one message" wait "$east"
like "and arrives" "$(cat "$TMP/east.log")" "28 bytes, IKE_SA_INIT \\(34\\) request, SPIs $spi"
try "the process sees the end of the stream" wait "$other"
none() { espintcp status --json --all | jq -e '.sockets == []'; }
try "no socket is left" wait_for 10 none
try "no policy is left" xfrm_clean west
