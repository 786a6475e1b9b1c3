#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Bad peers: up says why in one line and fails, serve logs it and serves the next client, and nothing is left behind.
# bench: uml
# limit: 180
. "$(dirname "$0")/lib/tap.sh"

conf=$TMP/ipsec.conf
secrets=$TMP/ipsec.secrets
hostile=$TOP/selftests/lib/hostile.py
ABSENT=192.0.2.77 UNREACHABLE=198.51.100.1

# conn NAME LEFT RIGHT LINE...
conn()
{
	printf 'conn %s\n\tleft=%s\n\tright=%s\n' "$1" "$2" "$3"
	shift 3
	printf '\t%s\n' authby=secret enable-tcp=yes "$@"
}

write_conf()
{
	{
		conn good $WEST4 $EAST4 leftsubnet=$WEST_NET4 rightsubnet=$EAST_NET4
		conn wrong $WEST4 $EAST4 leftid=@wrong
		conn other $WEST4 $EAST4 'ike=aes128-sha2_256;dh31'
		conn esp $WEST4 $EAST4 leftid=@esp esp=aes128-sha2_256
		conn nets $WEST4 $EAST4 leftid=@nets leftsubnet=$WEST_NET4 rightsubnet=10.9.0.0/24
		conn relayed $WEST4 $EAST4 leftid=@relayed leftsubnet=$WEST_NET4 rightsubnet=$EAST_NET4 tcp-remoteport=4501 dpddelay=2 dpdtimeout=20
		conn absent $WEST4 $ABSENT
		conn unreachable $WEST4 $UNREACHABLE
	} >"$conf"
	{
		printf 'config setup\n\tlisten-tcp=yes\nconn %%default\n\tauto=add\n'
		printf '\tike=aes_gcm256-sha2_256;dh19\n\tesp=aes_gcm256\n'
		conn good $WEST4 $EAST4 leftsubnet=$WEST_NET4 rightsubnet=$EAST_NET4
		conn wrong $WEST4 $EAST4 leftid=@wrong
		conn esp $WEST4 $EAST4 leftid=@esp
		conn nets $WEST4 $EAST4 leftid=@nets leftsubnet=$WEST_NET4 rightsubnet=$EAST_NET4
		conn relayed %any $EAST4 leftid=@relayed leftsubnet=$WEST_NET4 rightsubnet=$EAST_NET4 dpddelay=2 dpdtimeout=6
	} >"$TMP/east.conf"
	umask 077
	printf ': PSK "a secret"\n@wrong %s : PSK "another one"\n' $EAST4 >"$secrets"
	printf ': PSK "a secret"\n' >"$TMP/east.secrets"
	umask 022
}

# What it says on stderr. A note on a message that is dropped is no error, as the attempt goes on.
up()
{
	local status=0
	west espintcp up "$@" --config "$conf" --secrets "$secrets" --run-dir "$TMP/west" 2>"$TMP/up.err" >"$TMP/up.out" || status=$?
	grep -v ': message dropped: ' "$TMP/up.err"
	return $status
}
no_socket() { [ -z "$(ip netns exec "$1" ss -tanH state all exclude listening exclude time-wait)" ]; }
clean() { xfrm_clean west && xfrm_clean east && no_socket west && no_socket east; }
no_file() { [ -z "$(ls -A "$TMP/west" 2>/dev/null)" ]; }
gone() { ! kill -0 "$1"; }

# logged DESCRIPTION REGEX: the responder says so, before long
logged()
{
	if wait_for 10 grep -qE "$2" "$TMP/serve.log"; then
		ok "$1"
	else
		not_ok "$1" "no /$2/ in:" "$(tail -n 40 "$TMP/serve.log")"
	fi
}

# refuses DESCRIPTION REGEX CONN [OPTION...]: one line with the reason, exit status 1
refuses()
{
	local desc=$1 regex=$2 said status=0
	shift 2
	said=$(up "$@") || status=$?
	if [ $status -eq 1 ] && [ "$(wc -l <<<"$said")" = 1 ] && grep -qE "^espintcp up: $1: .*$regex" <<<"$said"; then
		ok "$desc"
	else
		not_ok "$desc" "exit status $status, expected 1 and one line with /$regex/:" "$said"
	fi
}

# answers MODE REGEX [OPTION...]: a responder that does this
answers()
{
	local mode=$1
	start peer east python3 "$hostile" answer $EAST4 4500 "$mode"
	wait_for 20 grep -q ready "$TMP/peer.log"
	refuses "a responder that answers with: $mode" "$2" good "${@:3}"
	stop "$started"
}

# ask MODE: a client that does this, in the background; its pid is in $started
ask() { start "$1" west python3 "$hostile" ask $EAST4 4500 "$1"; }

# ended MODE PID REGEX: the responder has put it out and says why
ended()
{
	try "a client that does: $1, is put out" wait_for 40 gone "$2"
	logged "and the reason is logged: $1" "$3"
}

# loses N request|answer PHASE-OF-UP
loses()
{
	start relay east python3 "$hostile" relay $EAST4 4501 4500 "$1" "$2"
	wait_for 20 grep -q ready "$TMP/relay.log"
	refuses "a reset in place of the $2 of exchange $1" "the peer reset the connection during $3" relayed
	stop "$started"
}

topo_up
write_conf
ip -n west route add unreachable $UNREACHABLE
ip -n west neigh add $ABSENT lladdr 02:00:00:00:00:77 dev wire
modprobe espintcp
mark="espintcp-lab: bad peers from here on, $$"
echo "$mark" >/dev/kmsg

refuses "nobody listens" "nothing listens on $EAST4 port 4500" good
refuses "nobody is there" "no answer from $ABSENT port 4500 in 1 s" absent --timeout 1
refuses "no route leads there" "$UNREACHABLE port 4500 is unreachable: No route to host" unreachable
answers reset "the peer reset the connection during IKE_SA_INIT"
answers close "the peer (closed|reset) the connection during IKE_SA_INIT"
answers silence "no answer from the peer in 2 s during IKE_SA_INIT" --timeout 2
answers half "no answer from the peer in 2 s during IKE_SA_INIT" --timeout 2
answers nothing "during IKE_SA_INIT"
answers noise "during IKE_SA_INIT" --timeout 5
answers messages "during IKE_SA_INIT" --timeout 5
try "nothing of them is left: SAs, policies, sockets" wait_for 10 clean
try "nor a file" no_file

start serve east espintcp serve --config "$TMP/east.conf" --secrets "$TMP/east.secrets" --run-dir "$TMP/east" --state-dir "$TMP/state"
serve=$started
try "the responder is ready" wait_for 20 grep -q ready "$TMP/serve.log"
declare -A client
for mode in silence part half noise messages; do
	ask $mode
	client[$mode]=$started
done

refuses "a wrong PSK" 'AUTHENTICATION_FAILED' wrong
logged "is named in the log" 'wrong: .*wrong PSK'
refuses "no common IKE proposal" 'NO_PROPOSAL_CHOSEN' other
logged "is named in the log, too" 'no algorithms in common'
refuses "no common ESP proposal" 'NO_PROPOSAL_CHOSEN' esp
refuses "other subnets" 'TS_UNACCEPTABLE' nets
loses 1 request IKE_SA_INIT
loses 1 answer IKE_SA_INIT
loses 2 request IKE_AUTH
logged "is logged" 'the peer reset the connection during IKE_AUTH'
loses 2 answer IKE_AUTH
logged "is logged, and the SAs that are installed wait for the peer" 'relayed: the peer reset the connection; the tunnel waits'
logged "but not for ever" 'relayed: the peer did not connect again in 6 s'

# A stream that somebody else writes to, and another one in its place
# corrupted HOW
corrupted()
{
	start relay east python3 "$hostile" corrupt $EAST4 4501 4500 "$1"
	relay=$started
	wait_for 20 grep -q ready "$TMP/relay.log"
	start corrupted west espintcp up relayed --config "$conf" --secrets "$secrets" --run-dir "$TMP/west"
}
corrupted ike
try "messages that mean nothing: up connects again" wait_for 20 grep -q 'the tunnel goes on' "$TMP/corrupted.log"
like "messages that mean nothing: that is why" "$(cat "$TMP/corrupted.log")" 'the connection brings messages that mean nothing'
try "messages that mean nothing: down" west espintcp down relayed --run-dir "$TMP/west"
stop "$relay"
corrupted esp
try "nothing but ESP with unknown SPIs: up connects again" wait_for 20 grep -q 'the tunnel goes on' "$TMP/corrupted.log"
like "nothing but ESP with unknown SPIs: that is why" "$(cat "$TMP/corrupted.log")" \
	'the connection brings ESP packets with unknown SPIs'
try "nothing but ESP with unknown SPIs: traffic goes through" west ping -q -c 1 -w 5 -I $WEST_IN4 $EAST_IN4
try "nothing but ESP with unknown SPIs: down" west espintcp down relayed --run-dir "$TMP/west"
stop "$relay"
corrupted stale
try "800 of them between the peer's messages" wait_for 30 grep -q flooded "$TMP/relay.log"
like "800 of them: all are counted" "$(west espintcp status --json)" '"rx_unknown_spi":800[,}]'
unlike "800 of them: the connection stays" "$(cat "$TMP/corrupted.log")" 'connection lost|the tunnel goes on'
try "800 of them: down" west espintcp down relayed --run-dir "$TMP/west"
stop "$relay"

# Liveness checks, one each two seconds, by a new connection and the old one in turn: the responder reads both
start relay east python3 "$hostile" alternate $EAST4 4501 4500
relay=$started
wait_for 20 grep -q ready "$TMP/relay.log"
moved() { [ "$(grep -c 'relayed: goes on from here' "$TMP/serve.log")" -ge "$1" ]; }
n=$(grep -c 'relayed: goes on from here' "$TMP/serve.log")
start both west espintcp up relayed --config "$conf" --secrets "$secrets" --run-dir "$TMP/west"
try "by two connections in turn: the responder follows" wait_for 30 moved $((n + 3))
try "by two connections in turn: traffic goes through" west ping -q -c 1 -w 5 -I $WEST_IN4 $EAST_IN4
try "by two connections in turn: down" west espintcp down relayed --run-dir "$TMP/west"
unlike "by two connections in turn: no answer was missed" "$(cat "$TMP/both.log")" 'connection lost'
stop "$relay"

ask http
ended http $started 'wrong stream prefix: "GET /'
ask close
ended close $started 'closed by the peer before the stream prefix was complete'
try "a prefix in six segments is fine" west python3 "$hostile" ask $EAST4 4500 split

# A reset while the responder waits for the rest of a message
mkfifo "$TMP/go"
west python3 "$hostile" ask $EAST4 4500 reset <"$TMP/go" >"$TMP/reset.log" 2>&1 &
reset=$!
exec {go}>"$TMP/go"
attached() { grep -q . "$TMP/reset.log" && east espintcp status | grep -q -- "-> $WEST4:$(cat "$TMP/reset.log")\$"; }
try "a client sends half a request" wait_for 20 attached
exec {go}>&-
try "and resets the connection" wait $reset
logged "which is logged" "$WEST4 port $(cat "$TMP/reset.log"): the peer reset the connection before its first message"

start good west espintcp up good --config "$conf" --secrets "$secrets" --run-dir "$TMP/west"
good=$started
try "beside all of them a good client comes up" wait_for 20 grep -q 'SAs installed' "$TMP/good.log"
fails "a second one of the same name is refused" 1 '^espintcp up: already running' up good
try "traffic goes through" west ping -c 1 -w 5 -I $WEST_IN4 $EAST_IN4
try "down takes it down" west espintcp down good --run-dir "$TMP/west"
try "which is no failure of up" wait "$good"
fails "and cannot be done twice" 1 'good is not up' west espintcp down good --run-dir "$TMP/west"

# 210 of the 256 that may be half open; 192 of them are load
crowd=()
for n in {101..107}; do
	crowd+=("192.0.2.$n")
	ip -n west addr add "${crowd[-1]}/24" dev wire
done
mkfifo "$TMP/crowd.end"
west python3 "$hostile" crowd $EAST4 4500 "${crowd[@]}" <"$TMP/crowd.end" >"$TMP/crowd.log" 2>&1 &
exec {end}>"$TMP/crowd.end"
try "210 clients come, and say nothing" wait_for 20 grep -q ready "$TMP/crowd.log"
start worker west espintcp up good --config "$conf" --secrets "$secrets" --run-dir "$TMP/west"
try "beside them a good client comes up" wait_for 20 grep -q 'SAs installed' "$TMP/worker.log"
like "for which it has solved a puzzle" "$(cat "$TMP/worker.log")" 'under load: solving its puzzle of 16 bits'
logged "which is logged" 'under load: new peers are given puzzles of 16 bits'
exec {end}>&-
try "it goes down" west espintcp down good --run-dir "$TMP/west"

ended silence "${client[silence]}" 'no stream prefix within 5 s \(0 of 6 bytes came\)'
ended part "${client[part]}" 'no stream prefix within 5 s \(4 of 6 bytes came\)'
ended noise "${client[noise]}" 'no IKE message that starts or continues an SA came in time'
ended messages "${client[messages]}" 'not an IKE message of an SA that is known here'
ended half "${client[half]}" 'no IKE message that starts or continues an SA came in time'
try "nothing of them is left: SAs, policies, sockets" wait_for 10 clean
try "serve ends well" stop "$serve"
try "no file is left" no_file
is "nor one of serve" "$(ls -A "$TMP/east")" ''
unlike "no secret was told" "$(cat "$TMP"/*.log)" 'a secret|another one'
# A generator of random numbers in the kernel tells once where it has its seed from
is "the kernel said nothing since the start" "$(dmesg | sed -n "s/^\[[^]]*\] //; /^$mark/,\$p" | grep -v '^DRBG: ')" "$mark"
