# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2086 # cipher and holders are guest.sh's, addresses topo.sh's
# What is measured: ESP in all that carries it, between west and east.
# Each sets TO, the address behind it, and adds to holders the processes that it needs.

sa_null() { echo 'enc ecb(cipher_null) "" auth digest_null ""'; }
sa_of() { sa_line "$1" "$2" "$3" 7 "sa_$cipher" "$4" "$5" reqid 1 mode tunnel replay-window 32; }

# The SAs of a transport, both directions, for both hosts
sas()
{
	case $1 in
	esp) sa_of $WEST4 $EAST4 0x1001 0 0; sa_of $EAST4 $WEST4 0x1002 0 0 ;;
	udp) sa_of $WEST4 $EAST4 0x1001 4500 4500; sa_of $EAST4 $WEST4 0x1002 4500 4500 ;;
	tcp) sa_of $WEST4 $EAST4 0x1001 $PORT_WEST $PORT_EAST; sa_of $EAST4 $WEST4 0x1002 $PORT_EAST $PORT_WEST ;;
	esac | case $1 in
	esp) sed 's/ encap espintcp [^ ]* [^ ]* [^ ]*//' ;;
	udp) sed 's/ encap espintcp/ encap espinudp/' ;;
	tcp) cat ;;
	esac
}

tunnel_plain() { TO=$EAST4; }

tunnel_esp()
{
	TO=$EAST_IN4
	sas "$1" | both || fail "no SAs"
	sp_tunnel
	wait_for 10 west ping -c 1 -w 1 $TO || fail "the tunnel carries nothing"
}

tunnel_udp()
{
	local ns addr
	rm -f "$_tap_tmp"/*.encap
	for ns in west east; do
		addr=$WEST4
		[ $ns = west ] || addr=$EAST4
		ip netns exec $ns "$TOP/selftests/bench/encap.py" $addr 4500 >"$_tap_tmp/$ns.encap" 2>&1 &
		holders+=" $!"
		wait_for 10 said attached "$_tap_tmp/$ns.encap" || fail "no socket: $(cat "$_tap_tmp/$ns.encap")"
	done
	tunnel_esp udp
}

tunnel_tcp()
{
	hold_up || fail "no connection: $(cat "$HOLD".*)"
	holders+=" $HOLD_WEST $HOLD_EAST"
	tunnel_esp tcp
}
