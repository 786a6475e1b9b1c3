#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A responder that is killed and comes again under a flow of pings, by TCP and by UDP: its token (RFC 6290) tells the initiator
# so, long before dpddelay is over.
# bench: uml live
# needs: espintcp ping
# limit: 240
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/sa.sh"
. "$(dirname "$0")/lib/ipsec.sh"
. "$(dirname "$0")/lib/traffic.sh"

modprobe espintcp || bail_out "no module"
topo_up
conf_begin
# dpddelay and dpdtimeout are the default, 30 and 120 seconds
conf_conn tcp 4 4 leftid=@tcp
conf_conn udp 4 4 leftid=@udp enable-tcp=no

state=$TMP/state-east

# answered_since SECONDS: a ping that was answered after that time
answered_since() { awk -v t="$1" '/bytes from/ && substr($1, 2) + 0 > t { ok = 1 } END { exit !ok }' "$TMP/pings"; }

# killed_and_again NAME WHY: the responder is killed, and started again a second later; the initiator says WHY
killed_and_again()
{
	local gap since
	watch_start "$EAST_IN4" || { not_ok "$1: pings" "$(cat "$TMP/pings")"; return; }
	stop "$server" KILL
	pause 1
	try "$1: the responder starts again" serve east
	server=$started
	since=$EPOCHREALTIME
	try "$1: a ping is answered" wait_for 60 answered_since "${since/,/.}"
	watch_stop
	diag "$1: $gap ms without traffic"
	[ "$gap" -lt $((10000 * ${LAB_SCALE:-1})) ] || not_ok "$1: less than 10 s without traffic" "$gap ms" "$(cat "$up_log")"
	like "$1: the initiator says why" "$(cat "$up_log")" "a new IKE SA is needed: $2"
}

finish()
{
	try "$1: down" down west "$1"
	try "$1: up ends well" wait "$up"
	try "$1: nothing is left" nothing_left
}

token='the peer was started again and has lost the SA \(QCD token\)'
try "espintcp serve" serve east
server=$started
state_remember
is "it made a secret that is nobody else's" "$(stat -c '%a %s' "$state/serve.qcd")" "600 32"
secret=$(sha256sum <"$state/serve.qcd")

for name in tcp udp; do
	try "$name: up" up west $name
	up=$started up_log=$TMP/up-$name.log
	killed_and_again "$name" "$token"
	like "$name: status tells it" "$(west espintcp status --run-dir "$TMP/run-west" --json | jq -r '.tunnels[].change')" .
	is "$name: the secret is the same" "$(sha256sum <"$state/serve.qcd")" "$secret"
	finish "$name"
done

# A responder that has lost its secret has no proof, only a word that anybody can say
try "a lost secret: up" up west udp
up=$started up_log=$TMP/up-udp.log
rm "$state/serve.qcd"
killed_and_again "a lost secret" 'the peer does not know the SA any more'
finish udp

# What is proved to be lost goes at once, before there is anything new; its policies stay, and no packet leaves in the clear
# again_as ID: the responder is killed, and knows this peer when it comes again
again_as()
{
	stop "$server" KILL
	sed -i "s/leftid=@tcp.*/leftid=$1/" "$TMP/ipsec.conf"
	serve east || return 1
	server=$started
}
out_policies() { ip -n west xfrm policy list nosock dir out | grep -c '^src'; }
try "no new IKE SA: up" up west tcp
up=$started up_log=$TMP/up-tcp.log
try "no new IKE SA: the peer forgets the SA, and us" again_as @tcp-of-old
try "no new IKE SA: the token is believed" wait_for 60 says "$up_log" "a new IKE SA is needed: $token" 1
is "no new IKE SA: the SAs are gone" "$(ip -n west xfrm state | grep -c ' spi 0x[0-9a-f]*[1-9a-f]')" 0
is "no new IKE SA: the policies are not" "$(out_policies)" 1
try "no new IKE SA: up tries" wait_for 30 says "$up_log" 'not yet: .*AUTHENTICATION_FAILED' 1
is "no new IKE SA: status says that nothing carries it" "$(west espintcp status --run-dir "$TMP/run-west" --json | jq -r '.tunnels[].transport')" lost
try "no new IKE SA: the peer knows us again" again_as @tcp
try "no new IKE SA: up comes up" wait_for 60 says "$up_log" 'SAs installed' 2
is "no new IKE SA: one set of policies is there" "$(out_policies)" 1
try "no new IKE SA: it carries packets" west ping -q -c 3 -i 0.05 -w 10 $EAST_IN4
finish tcp

# A secret that others can read is none
stop "$server" INT
chmod 644 "$state/serve.qcd"
try "a secret that others read: serve goes on" serve east
server=$started
like "a secret that others read: without it, which it says" "$(cat "$serve_log")" 'no quick crash detection: .*serve\.qcd is not used: others can read it'
kill -INT "$server"
try "serve ends well" wait "$server"
