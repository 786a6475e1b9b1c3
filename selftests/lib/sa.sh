# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # _tap_tmp is tap.sh's
# SAs by hand between west and east over one TCP connection, for tests of the module without IKE.

PORT_EAST=4500 PORT_WEST=40000

loaded() { grep -q '^espintcp ' /proc/modules; }
unload() { ! loaded || rmmod espintcp; }

# come_and_go N: the module is loaded and unloaded; says how often that failed
come_and_go()
{
	local i bad=0
	for ((i = 0; i < $1; i++)); do
		modprobe espintcp || bad=$((bad + 1))
		wait_for 10 unload || bad=$((bad + 1))
	done
	echo $bad
}

sa_gcm() { echo "aead rfc4106(gcm(aes)) 0x$(printf '%040d' "$1") 128"; }
sa_cbc() { echo "enc cbc(aes) 0x$(printf '%032d' "$1") auth-trunc hmac(sha256) 0x$(printf '%064d' "$1") 128"; }
sa_chacha() { echo "aead rfc7539esp(chacha20,poly1305) 0x$(printf '%072d' "$1") 128"; }

# outer FAMILY: sets WEST_OUT, EAST_OUT, ZERO and HOLD_AT; mapped is IPv4 on sockets of IPv6
outer()
{
	if [ "$1" = 6 ]; then
		WEST_OUT=$WEST6 EAST_OUT=$EAST6 ZERO=:: HOLD_AT=$EAST6
	else
		WEST_OUT=$WEST4 EAST_OUT=$EAST4 ZERO=0.0.0.0 HOLD_AT=$EAST4
		[ "$1" = 4 ] || HOLD_AT=::ffff:$EAST4
	fi
}

# One end of a connection, in the background: its output is in $HOLD.HOST, its pid in HOLD_EAST or HOLD_WEST
# hold_listen [OPTION...]
hold_listen()
{
	HOLD=$_tap_tmp/hold.$((_hold_n += 1))
	ip netns exec east hold "$@" listen "$HOLD_AT" $PORT_EAST >"$HOLD.east" 2>&1 &
	HOLD_EAST=$!
	wait_for 10 said listening "$HOLD.east"
}

# hold_connect [OPTION...]
hold_connect()
{
	ip netns exec west hold "$@" connect "$HOLD_AT" $PORT_EAST $PORT_WEST >"$HOLD.west" 2>&1 &
	HOLD_WEST=$!
	wait_for 10 said attached "$HOLD.west"
}

# Both ends of a connection, attached; the processes end with hold_down. Options are those of both.
# shellcheck disable=SC2120 # some tests have options
hold_up() { hold_listen "$@" && hold_connect "$@" && wait_for 10 said attached "$HOLD.east"; }

_hold_n=0
HOLD=$_tap_tmp/hold.0
said() { [[ $(<"$2") == *$1* ]]; }

hold_down()
{
	kill "$HOLD_WEST" "$HOLD_EAST" 2>/dev/null
	wait "$HOLD_WEST" "$HOLD_EAST" 2>/dev/null
	true
}

# Two connections between the same hosts, until the end: from PORT_FIRST and PORT_SECOND of west, which PORT_WEST is now
PORT_FIRST=$PORT_WEST PORT_SECOND=40001
hold_two()
{
	at_exit hold_two_down
	PORT_WEST=$PORT_FIRST
	hold_up || return 1
	_hold_first="$HOLD_WEST $HOLD_EAST"
	PORT_WEST=$PORT_SECOND
	hold_up
}

hold_two_down()
{
	hold_down
	read -r HOLD_WEST HOLD_EAST <<<"$_hold_first"
	hold_down
}

# sa_line SRC DST SPI KEY-NUMBER ALGORITHM-FUNCTION SPORT DPORT [MORE...]
sa_line()
{
	echo "xfrm state add src $1 dst $2 proto esp spi $3 $($5 "$4") encap espintcp $6 $7 $ZERO ${*:8}"
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
	sa_line "$WEST_OUT" "$EAST_OUT" 0x1001 11 "$alg" $PORT_WEST $PORT_EAST reqid 1 mode "$mode" "$flags"
	sa_line "$EAST_OUT" "$WEST_OUT" 0x1002 22 "$alg" $PORT_EAST $PORT_WEST reqid 1 mode "$mode" "$flags"
}

# Lines for ip from standard input, for both hosts
both() { cat >"$_tap_tmp/both" && ip -n west -batch "$_tap_tmp/both" && ip -n east -batch "$_tap_tmp/both"; }

sa_add() { sa_lines "$@" >"$_tap_tmp/sa" && ip -n west -batch "$_tap_tmp/sa" && ip -n east -batch "$_tap_tmp/sa"; }

# packets NS SPI: how many an SA has had
packets() { ip -n "$1" -s xfrm state list spi "$2" | sed -n 's/.* \([0-9]*\)(packets)$/\1/p' | tail -n 1; }

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

# Policies between the inner networks, of both families, in a tunnel or another mode
sp_tunnel()
{
	local mode=${1:-tunnel}
	{ sp_lines "$WEST_NET4" "$EAST_NET4" "$mode" out in; sp_lines "$WEST_NET6" "$EAST_NET6" "$mode" out in; } | ip -n west -batch - &&
	{ sp_lines "$WEST_NET4" "$EAST_NET4" "$mode" in out; sp_lines "$WEST_NET6" "$EAST_NET6" "$mode" in out; } | ip -n east -batch -
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

# sa_field NETNS SPI WORD: what "ip -s xfrm state" says behind WORD for the SA: replay-window, replay, failed, ...
sa_field()
{
	ip -n "$1" -s xfrm state list spi "$2" | awk -v word="$3" '
		/^\t  replay-window/ { for (i = 1; i < NF; i++) if ($i == word) print $(i + 1) }'
}

# xfrm_count NETNS NAME: one of XFRM's own counters
# shellcheck disable=SC2016 # fields of awk's
xfrm_count() { ip netns exec "$1" awk -v name="$2" '$1 == name { print $2 }' /proc/net/xfrm_stat; }

# counter NETNS NAME: a counter of the module, of the whole namespace, which come first
counter()
{
	local json
	json=$(nsenter --net="/run/netns/$1" espintcp status --json) && [[ $json =~ \"$2\":([0-9]+) ]] && echo "${BASH_REMATCH[1]}"
}

# sent LOCAL-PORT: what west's socket at this port has sent
sent()
{
	nsenter --net=/run/netns/west espintcp status --json | sed 's/{"netns/\n&/g' | grep "\"local\":\"$WEST4:$1\"\|\"lport\":$1[,}]" | grep -o '"tx_esp":[0-9]*' | cut -d: -f2
}

# over FIRST SECOND COMMAND...: it succeeds, and so many packets more go over each connection
over()
{
	local first second want="$1 $2"
	shift 2
	first=$(sent $PORT_FIRST) second=$(sent $PORT_SECOND)
	"$@" || return
	echo "went over the first and the second: $(($(sent $PORT_FIRST) - first)) $(($(sent $PORT_SECOND) - second)), expected: $want"
	[ "$(($(sent $PORT_FIRST) - first)) $(($(sent $PORT_SECOND) - second))" = "$want" ]
}

# xfrm_errors NETNS: XFRM's own error counters that are not zero
xfrm_errors()
{
	# shellcheck disable=SC2016 # fields of awk's
	ip netns exec "$1" awk '$2 { print $1 "=" $2 }' /proc/net/xfrm_stat
}

# carries TARGET...: pings of several sizes, the large ones in fragments of the inner packet
carries()
{
	local to
	for to; do
		west ping -q -c 2 -i 0.05 -w 5 "$to" &&
			west ping -q -c 2 -i 0.05 -w 5 -s 1400 "$to" &&
			west ping -q -c 2 -i 0.05 -w 5 -s 20000 "$to" || return
	done
}
