#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Bad peers and bad configurations: up and serve say why, in a line, and nothing is left behind.
# bench: uml
# limit: 180
. "$(dirname "$0")/lib/tap.sh"

conf=$TMP/ipsec.conf
secrets=$TMP/ipsec.secrets
# A responder that reads the prefix and one message, and then does what its mode says
peer_py='
import os, socket, struct, sys, time
mode = sys.argv[2]
listener = socket.create_server((sys.argv[1], 4500))
print("ready", flush=True)
while True:
    c, _ = listener.accept()
    got = b""
    while len(got) < 40:
        got += c.recv(4096)
    if mode == "reset":
        c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    elif mode == "silent":
        c.recv(1)
    elif mode == "half":
        c.sendall(struct.pack(">HI", 300, 0) + b"half a message")
        c.recv(1)
    c.close()
'
# A client that never completes a handshake; it ends when the responder has put it out
client_py='
import os, socket, struct, sys, time
def conn():
    s = socket.create_connection((sys.argv[1], 4500))
    s.settimeout(30)
    return s
def end(s):
    try:
        while s.recv(4096):
            pass
    except ConnectionError:
        pass
mode = sys.argv[2]
s = conn()
if mode == "http":
    s.sendall(b"GET / HTTP/1.0\r\n\r\n")
elif mode == "part":
    s.sendall(b"IKET")
elif mode == "random":
    s.sendall(b"IKETCP")
    try:
        for i in range(1024):
            s.sendall(os.urandom(1024))
    except ConnectionError:
        pass
elif mode == "reset":
    s.sendall(b"IKETCP")
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()
    sys.exit(0)
elif mode == "split":
    for b in b"IKETCP":
        s.sendall(bytes([b]))
        time.sleep(.02)
    msg = os.urandom(8) + bytes(8) + bytes([33, 0x20, 34, 8, 0, 0, 0, 0, 0, 0, 0, 28])
    s.sendall(struct.pack(">HI", 6 + len(msg), 0) + msg)
    sys.exit(0 if len(s.recv(4096)) > 6 else 1)
end(s)
'

# conn NAME LINE...: a connection between the hosts, for both
conn()
{
	printf 'conn %s\n' "$1"
	shift
	printf '\t%s\n' "left=$WEST4" "right=$EAST4" authby=secret enable-tcp=yes "$@"
}

{
	printf 'config setup\n\tlisten-tcp=yes\n'
	conn good leftsubnet=$WEST_NET4 rightsubnet=$EAST_NET4 auto=add
	conn wrong leftid=@wrong auto=add
	conn other leftid=@other 'ike=aes128-sha2_256;dh31' auto=ignore
} >"$conf"
# The other end only has AES-GCM
sed 's/auto=add/ike=aes_gcm256-sha2_256;dh19\n\tauto=add/' "$conf" >"$TMP/east.conf"
(umask 077 && printf ': PSK "a secret"\n@wrong %s : PSK "another one"\n' $EAST4 >"$secrets" &&
	printf ': PSK "a secret"\n' >"$TMP/east.secrets")

up() { west espintcp up "$@" --config "$conf" --secrets "$secrets" --run-dir "$TMP/west" --timeout 4; }
clean() { xfrm_clean west && xfrm_clean east && [ -z "$(ls "$TMP/west" 2>/dev/null)" ]; }
peer()
{
	start peer east python3 -c "$peer_py" "$EAST4" "$1"
	wait_for 10 grep -q ready "$TMP/peer.log"
}
logged() { wait_for "$1" grep -qE "$2" "$TMP/serve.log"; }

topo_up

fails "nobody listens" 1 "good: nothing listens on $EAST4 port 4500" up good
for mode in "reset:the peer reset the connection during IKE_SA_INIT" "close:the peer (closed|reset) the connection during IKE_SA_INIT" \
	"silent:no answer from the peer in 4 s during IKE_SA_INIT" "half:no answer from the peer in 4 s during IKE_SA_INIT"; do
	peer "${mode%%:*}"
	fails "a peer that answers with: ${mode%%:*}" 1 "${mode#*:}" up good
	stop "$started"
done
try "nothing of them is left" clean

start serve east espintcp serve --config "$TMP/east.conf" --secrets "$TMP/east.secrets" --run-dir "$TMP/east"
serve=$started
try "the responder is ready" wait_for 10 grep -q ready "$TMP/serve.log"
fails "a wrong PSK" 1 'AUTHENTICATION_FAILED' up wrong
try "is named in the log" logged 5 'wrong: .*wrong PSK'
fails "no common proposal" 1 'NO_PROPOSAL_CHOSEN' up other
try "is named in the log, too" logged 5 'no algorithms in common'

try "a client that speaks HTTP is put out" west python3 -c "$client_py" $EAST4 http
try "and quoted" logged 5 'wrong stream prefix: "GET /'
try "one that stops in the prefix is put out" west python3 -c "$client_py" $EAST4 part
try "after a while" logged 1 'no stream prefix within 5 s \(4 of 6 bytes came\)'
try "one that resets the connection" west python3 -c "$client_py" $EAST4 reset
try "is logged" logged 5 'the peer reset the connection during IKE_SA_INIT'
try "a prefix in six segments is fine" west python3 -c "$client_py" $EAST4 split
start random west python3 -c "$client_py" $EAST4 random
random=$started

start good west espintcp up good --config "$conf" --secrets "$secrets" --run-dir "$TMP/west"
good=$started
try "beside 1 MB of random bytes, a good client comes up" wait_for 20 grep -q 'SAs installed' "$TMP/good.log"
fails "a second one of the same name is refused" 1 'already running' up good
try "traffic goes through" west ping -c 1 -w 5 -I $WEST_IN4 $EAST_IN4
try "down takes it down" west espintcp down good --run-dir "$TMP/west"
try "which is no failure of up" wait "$good"
fails "and cannot be done twice" 1 'good is not up' west espintcp down good --run-dir "$TMP/west"
try "the random bytes end, too" wait_for 40 sh -c "! kill -0 $random"
try "serve ends well" stop "$serve"
try "nothing is left" clean
