#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# espintcp at both ends: families, algorithms, many clients of one server, the end from either side, and a dead peer.
# bench: uml live
# needs: espintcp ping nc tcpdump jq
# limit: 240
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/sa.sh"
. "$(dirname "$0")/lib/ipsec.sh"

cbc='aes128-sha2_256;dh14'
conf_begin
conf_conn net 4 4
conf_conn net6 6 6
conf_conn six-in-four 4 6 leftid=@west64
conf_conn four-in-six 6 4 leftid=@west46
conf_conn cbc 4 4 leftid=@west-cbc "ike=$cbc" "esp=${cbc%;*}"
conf_conn silent 4 4 leftid=@silent leftsubnet=10.9.0.2/32 tcp-remoteport=4501 dpddelay=5 dpdtimeout=15
for n in 1 2 3; do
	keys=("leftid=@client$n" "leftsubnet=10.9.0.1$n/32")
	[ $n != 1 ] || keys+=(leftsourceip=10.9.0.11)
	conf_conn client$n 4 4 "${keys[@]}"
done

# bring_up NAME WEST-ADDRESS EAST-ADDRESS ALGORITHMS: and packets go through
bring_up()
{
	local name=$1
	try "$name: up" up west "$name"
	like "$name: the algorithms" "$(cat "$TMP/up-$name.log")" "SAs installed: $4"
	try "$name: pings from west" pings west "$3"
	try "$name: pings from east" pings east "$2"
}

# ike_counter HOST COUNTER PORT: of the attached socket that has this port at one end
ike_counter()
{
	ip netns exec "$1" espintcp status --json |
		jq --arg n "$2" --argjson p "$3" '.sockets[] | select(.lport == $p or .rport == $p) | .counters[$n]'
}

modprobe espintcp || bail_out "no module"
topo_up

# Two more hosts, whose tunnels are left alone while the rest of this test goes on. After 30 s of silence (dpddelay) one
# end asks the other; one server does not answer, which its client believes after dpdtimeout.
at_exit "topo_down quietwest quieteast"
topo_pair quietwest quieteast || bail_out "cannot make two more hosts"
try "a server" serve quieteast
quiet=$started
try "a client that says nothing" up quietwest net
quiet_up=$started
try "another server" serve quieteast --listen 4501 --run-dir "$TMP/run-silent"
silent=$started
try "a client of it" up quietwest silent
silent_up=$started
kill -STOP "$silent"
at_exit "kill -CONT $silent"

try "espintcp serve" serve east
server=$started
state_remember

bring_up net $WEST_IN4 $EAST_IN4 'AES_GCM_16_256-NONE-ESN, tunnel mode, 10\.1\.0\.0/24 === 10\.2\.0\.0/24$'
wire_start || bail_out "tcpdump does not start"
try "net: $(file_mb) MB each way arrive unchanged" exchange $WEST_IN4 $EAST_IN4
try "net: nothing but TCP was on the wire" wire_is_tcp 4500
try "net: both kernels say espintcp" encap_is espintcp 2
try "net: espintcp down" down west net
try "net: espintcp up ends well" wait "$started"
try "net: nothing is left" nothing_left
fails "net: espintcp down knows that it is not up" 1 'net is not up' down west net

bring_up net6 $WEST_IN6 $EAST_IN6 'AES_GCM_16_256-NONE-ESN, tunnel mode, fd00:1::/64 === fd00:2::/64$'
try "net6: 1 MB each way arrives unchanged" exchange $WEST_IN6 $EAST_IN6 1
kill -INT "$started"
try "net6: Ctrl-C ends espintcp up well" wait "$started"
try "net6: nothing is left" nothing_left

bring_up four-in-six $WEST_IN4 $EAST_IN4 'AES_GCM'
four_up=$started
bring_up six-in-four $WEST_IN6 $EAST_IN6 'AES_GCM'
six_up=$started
try "families mixed: espintcp down at the server" down east four-in-six
fails "families mixed: espintcp up says so and fails" 1 'four-in-six: the peer deleted the IKE SA' ended "$four_up" "$TMP/up-four-in-six.log"
try "families mixed: the other tunnel goes on" pings west $EAST_IN6
kill -TERM "$six_up"
try "families mixed: SIGTERM ends espintcp up well" wait "$six_up"
try "families mixed: nothing is left" nothing_left

bring_up cbc $WEST_IN4 $EAST_IN4 'AES_CBC_128-HMAC_SHA2_256_128'
like "cbc: IKE, too" "$(cat "$TMP/up-cbc.log")" 'IKE_SA_INIT done: AES_CBC_128-HMAC_SHA2_256_128-HMAC_SHA2_256-MODP2048'
try "cbc: espintcp down" down west cbc
try "cbc: nothing is left" nothing_left

# The first one's address is for espintcp to add
ip -n west addr add 10.9.0.12/32 dev inner
ip -n west addr add 10.9.0.13/32 dev inner
for n in 1 2 3; do
	try "clients: number $n" up west client$n
	client[n]=$started
done
for n in 1 2 3; do
	try "clients: ping from number $n" west ping -q -c 3 -i 0.05 -w 10 -I 10.9.0.1$n $EAST_IN4
done
kill -INT "${client[2]}"
try "clients: number 2 leaves" wait "${client[2]}"
try "clients: number 3 does not notice" west ping -q -c 3 -i 0.05 -w 10 -I 10.9.0.13 $EAST_IN4


stop "${client[1]}" KILL
try "clients: number 1 comes again after a crash" up west client1
client[1]=$started
like "clients: it cleans up what the crash left" "$(cat "$TMP/up-client1.log")" 'removed SAs and policies that a process before left'
try "clients: number 3 does not notice that, either" west ping -q -c 3 -i 0.05 -w 10 -I 10.9.0.13 $EAST_IN4
kill -INT "${client[1]}"
try "clients: number 1 leaves" wait "${client[1]}"
try "clients: the server has nothing of it" wait_for 10 sh -c '! ip -n east xfrm policy | grep -q 10.9.0.11'

kill -INT "$server"
fails "Ctrl-C at the server: its last client says so and fails" 1 'client3: the peer deleted the IKE SA' ended "${client[3]}" "$TMP/up-client3.log"
try "Ctrl-C ends espintcp serve well" wait "$server"
try "and nothing is left" nothing_left

# Sent: IKE_SA_INIT, IKE_AUTH, and the question; received: their answers
asked() { [ "$(ike_counter quietwest "$1" 4500)" -ge 3 ]; }
try "silence: one end asked" wait_for 45 asked tx_ike
try "silence: the other one answered" wait_for 5 asked rx_ike
try "silence: the tunnel is still up" kill -0 "$quiet_up"
fails "a silent server: its client gives up" 1 'silent: the peer does not answer any more' ended "$silent_up" "$TMP/up-silent.log"
kill -INT "$quiet_up"
try "silence: Ctrl-C ends espintcp up well" wait "$quiet_up"
try "silence: nothing is left" wait_for 10 xfrm_clean quietwest
try "silence: nothing is left at the server" kill -0 "$quiet"
