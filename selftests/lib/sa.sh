# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # _tap_tmp is tap.sh's
# SAs by hand between west and east over one TCP connection, for tests of the module without IKE.

PORT_EAST=4500 PORT_WEST=40000

sa_gcm() { echo "aead rfc4106(gcm(aes)) 0x$(printf '%040d' "$1") 128"; }
sa_cbc() { echo "enc cbc(aes) 0x$(printf '%032d' "$1") auth-trunc hmac(sha256) 0x$(printf '%064d' "$1") 128"; }
sa_chacha() { echo "aead rfc7539esp(chacha20,poly1305) 0x$(printf '%072d' "$1") 128"; }

# outer FAMILY: sets WEST_OUT, EAST_OUT, ZERO
outer()
{
	if [ "$1" = 4 ]; then
		WEST_OUT=$WEST4 EAST_OUT=$EAST4 ZERO=0.0.0.0
	else
		WEST_OUT=$WEST6 EAST_OUT=$EAST6 ZERO=::
	fi
}

# Both ends of a connection, attached; the processes end with hold_down. HOLD_ARGS: more arguments.
HOLD_ARGS=()
hold_up()
{
	HOLD=$_tap_tmp/hold.$((_hold_n += 1))
	ip netns exec east hold "${HOLD_ARGS[@]}" listen "$EAST_OUT" $PORT_EAST >"$HOLD.east" 2>&1 &
	HOLD_EAST=$!
	wait_for 10 said listening "$HOLD.east" || return 1
	ip netns exec west hold "${HOLD_ARGS[@]}" connect "$EAST_OUT" $PORT_EAST $PORT_WEST >"$HOLD.west" 2>&1 &
	HOLD_WEST=$!
	wait_for 10 said attached "$HOLD.east" && wait_for 10 said attached "$HOLD.west"
}

_hold_n=0
said() { [[ $(<"$2") == *$1* ]]; }

hold_down()
{
	kill "$HOLD_WEST" "$HOLD_EAST" 2>/dev/null
	wait "$HOLD_WEST" "$HOLD_EAST" 2>/dev/null
	true
}

# A process is dear in a guest: what ip has to do for a host goes to it in one batch.
# sa_lines MODE ALGORITHM-FUNCTION [esn]: both directions; a tunnel carries both families
sa_lines()
{
	local mode=$1 alg=$2 flags=''
	[ "$mode" = transport ] || flags=af-unspec
	if [ "${3:-}" = esn ]; then
		flags="flag esn $flags replay-window 64"
	else
		flags="${flags:+flag $flags} replay-window 32"
	fi
	echo "xfrm state add src $WEST_OUT dst $EAST_OUT proto esp spi 0x1001 reqid 1 mode $mode $($alg 11)" \
		"encap espintcp $PORT_WEST $PORT_EAST $ZERO $flags"
	echo "xfrm state add src $EAST_OUT dst $WEST_OUT proto esp spi 0x1002 reqid 1 mode $mode $($alg 22)" \
		"encap espintcp $PORT_EAST $PORT_WEST $ZERO $flags"
}

sa_add() { sa_lines "$@" >"$_tap_tmp/sa" && ip -n west -batch "$_tap_tmp/sa" && ip -n east -batch "$_tap_tmp/sa"; }

# The same SAs anew, after sa_add, in one go
sa_renew()
{
	[ -e "$_tap_tmp/renew" ] || { echo "xfrm state flush"; cat "$_tap_tmp/sa"; } >"$_tap_tmp/renew"
	ip -n west -batch "$_tap_tmp/renew" && ip -n east -batch "$_tap_tmp/renew"
}

# sp_line SRC DST DIR TSRC TDST MODE
sp_line()
{
	echo "xfrm policy add src $1 dst $2 dir $3 priority 100 tmpl src $4 dst $5 proto esp reqid 1 mode $6"
}

# sp_lines WEST EAST MODE DIRECTION-EASTWARDS DIRECTION-WESTWARDS
sp_lines()
{
	sp_line "$1" "$2" "$4" "$WEST_OUT" "$EAST_OUT" "$3"
	sp_line "$2" "$1" "$5" "$EAST_OUT" "$WEST_OUT" "$3"
}

# Policies between the inner networks, of both families, in a tunnel
sp_tunnel()
{
	{ sp_lines "$WEST_NET4" "$EAST_NET4" tunnel out in; sp_lines "$WEST_NET6" "$EAST_NET6" tunnel out in; } | ip -n west -batch - &&
	{ sp_lines "$WEST_NET4" "$EAST_NET4" tunnel in out; sp_lines "$WEST_NET6" "$EAST_NET6" tunnel in out; } | ip -n east -batch -
}

# The connection that carries it all passes
allow_lines()
{
	local sel d
	for d in in out; do
		for sel in sport dport; do
			echo "xfrm policy add src $ZERO/0 dst $ZERO/0 proto tcp $sel $PORT_EAST dir $d priority 1 action allow"
		done
	done
}

# Policies between the hosts themselves
sp_transport()
{
	{ allow_lines; sp_lines "$WEST_OUT" "$EAST_OUT" transport out in; } | ip -n west -batch - &&
	{ allow_lines; sp_lines "$WEST_OUT" "$EAST_OUT" transport in out; } | ip -n east -batch -
}

xfrm_flush()
{
	local ns
	for ns in west east; do
		printf 'xfrm %s flush\n' state policy | ip -n $ns -batch -
	done
}

# counter NETNS NAME: a counter of the module, of the whole namespace, which come first
counter()
{
	local json
	json=$(nsenter --net="/run/netns/$1" espintcp status --json) && [[ $json =~ \"$2\":([0-9]+) ]] && echo "${BASH_REMATCH[1]}"
}

# xfrm_errors NETNS: XFRM's own error counters that are not zero
xfrm_errors()
{
	# shellcheck disable=SC2016 # fields of awk's
	ip netns exec "$1" awk '$2 { print $1 "=" $2 }' /proc/net/xfrm_stat
}
