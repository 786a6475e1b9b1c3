# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
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

# Both ends of a connection, attached; the processes end with hold_down.
hold_up()
{
	HOLD_DIR=$(mktemp -d "$_tap_tmp/hold.XXXX")
	ip netns exec east hold listen "$EAST_OUT" $PORT_EAST >"$HOLD_DIR/east" 2>&1 &
	HOLD_EAST=$!
	wait_for 10 grep -q listening "$HOLD_DIR/east" || return 1
	ip netns exec west hold connect "$EAST_OUT" $PORT_EAST $PORT_WEST >"$HOLD_DIR/west" 2>&1 &
	HOLD_WEST=$!
	wait_for 10 grep -q attached "$HOLD_DIR/east" && wait_for 10 grep -q attached "$HOLD_DIR/west"
}

hold_down()
{
	kill "$HOLD_WEST" "$HOLD_EAST" 2>/dev/null
	wait "$HOLD_WEST" "$HOLD_EAST" 2>/dev/null
	true
}

# sa_add_one NETNS SRC DST SPI SPORT DPORT MODE ALGORITHM [MORE...]
sa_add_one()
{
	local ns=$1 src=$2 dst=$3 spi=$4 sport=$5 dport=$6 mode=$7 alg=$8
	shift 8
	# shellcheck disable=SC2086
	ip -n "$ns" xfrm state add src "$src" dst "$dst" proto esp spi "$spi" reqid 1 mode "$mode" $alg \
		encap espintcp "$sport" "$dport" "$ZERO" "$@"
}

# sa_add MODE ALGORITHM-FUNCTION [esn]: both directions at both ends; a tunnel carries both families
sa_add()
{
	local mode=$1 alg=$2 ns flags=''
	[ "$mode" = transport ] || flags=af-unspec
	if [ "${3:-}" = esn ]; then
		set -- flag esn $flags replay-window 64
	else
		set -- ${flags:+flag $flags} replay-window 32
	fi
	for ns in west east; do
		sa_add_one $ns "$WEST_OUT" "$EAST_OUT" 0x1001 $PORT_WEST $PORT_EAST "$mode" "$($alg 11)" "$@" || return
		sa_add_one $ns "$EAST_OUT" "$WEST_OUT" 0x1002 $PORT_EAST $PORT_WEST "$mode" "$($alg 22)" "$@" || return
	done
}

# sp_one NETNS SRC DST DIR TSRC TDST MODE
sp_one()
{
	ip -n "$1" xfrm policy add src "$2" dst "$3" dir "$4" priority 100 tmpl src "$5" dst "$6" proto esp reqid 1 mode "$7"
}

# Policies between the inner networks, of both families, in a tunnel
sp_tunnel()
{
	local w e
	for w in "$WEST_NET4 $EAST_NET4" "$WEST_NET6 $EAST_NET6"; do
		e=${w#* } w=${w% *}
		sp_one west "$w" "$e" out "$WEST_OUT" "$EAST_OUT" tunnel &&
		sp_one west "$e" "$w" in "$EAST_OUT" "$WEST_OUT" tunnel &&
		sp_one east "$e" "$w" out "$EAST_OUT" "$WEST_OUT" tunnel &&
		sp_one east "$w" "$e" in "$WEST_OUT" "$EAST_OUT" tunnel || return
	done
}

# Policies between the hosts themselves, but for the connection that carries it all
sp_transport()
{
	local ns sel d
	for ns in west east; do
		for d in in out; do
			for sel in "sport $PORT_EAST" "dport $PORT_EAST"; do
				# shellcheck disable=SC2086
				ip -n $ns xfrm policy add src "$3" dst "$3" proto tcp $sel dir $d priority 1 action allow || return
			done
		done
	done
	sp_one west "$1" "$2" out "$1" "$2" transport &&
	sp_one west "$2" "$1" in "$2" "$1" transport &&
	sp_one east "$2" "$1" out "$2" "$1" transport &&
	sp_one east "$1" "$2" in "$1" "$2" transport
}

xfrm_flush()
{
	local ns
	for ns in west east; do
		ip -n $ns xfrm state flush
		ip -n $ns xfrm policy flush
	done
}

# counter NETNS NAME: a counter of the module, of the whole namespace
counter()
{
	ip netns exec "$1" espintcp status --json | jq -r --arg n "$2" '.counters[$n] // 0'
}

# xfrm_errors NETNS: XFRM's own error counters that are not zero
xfrm_errors()
{
	ip netns exec "$1" awk '$2 { print $1 "=" $2 }' /proc/net/xfrm_stat
}
