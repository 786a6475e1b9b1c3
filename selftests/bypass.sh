#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Policies between the very addresses of the outer connection do not swallow it: tunnel and transport mode, IPv4 and IPv6.
# bench: uml live
# needs: espintcp ping nc
. "$(dirname "$0")/lib/tap.sh"

conf=$TMP/ipsec.conf
(umask 077 && echo ': PSK "a secret"' >"$TMP/secrets")

write_conf()
{
	cat >"$conf" <<-EOF
	config setup
	  listen-tcp=yes
	conn host
	  left=$1
	  right=$2
	  type=$3
	  authby=secret
	  enable-tcp=yes
	  auto=add
	EOF
}

# counted NETNS: packets that its inbound SA took
counted() { ip -n "$1" -s xfrm state | awk '/packets\)/ && /bytes/ { gsub(/[^0-9 ].*/, "", $2); n += $2 } END { exit n < 2 }'; }

# run MODE WEST EAST
run()
{
	local what="$1 mode, $2" serve up
	write_conf "$2" "$3" "$1"
	start serve east espintcp serve -c "$conf" -s "$TMP/secrets" -r "$TMP/east" -S "$TMP/state"
	serve=$started
	wait_for 10 grep -q ready "$TMP/serve.log"
	start up west espintcp up host -c "$conf" -s "$TMP/secrets" -r "$TMP/west"
	up=$started
	try "$what: comes up" wait_for 15 grep -q 'SAs installed' "$TMP/up.log"
	try "$what: the host's traffic goes through" west ping -c 3 -w 5 "$3"
	try "$what: in the SAs" counted east
	# The answer to the DELETE comes over the connection that the policies match
	try "$what: the connection still works" stop "$up" INT
	like "$what: both ends took part in the end" "$(cat "$TMP/up.log")" 'down: closed$'
	try "$what: the responder ends well" stop "$serve"
	try "$what: nothing is left" xfrm_clean west
	try "$what: at either end" xfrm_clean east
}

topo_up
run tunnel $WEST4 $EAST4
run transport $WEST4 $EAST4
run tunnel $WEST6 $EAST6
run transport $WEST6 $EAST6
