#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Messages as a peer sees them, and those that only a hostile one sends: sequence numbers, IVs, padding; replays and every
# replay window, wrong ICVs, unknown and reserved SPIs. What is dropped is counted where users of nstat and ip look.
# bench: uml qemu-long
# clock: host
# limit: 600
. "$(dirname "$0")/lib/tap.sh"
. "$TOP/selftests/lib/sa.sh"

stream=$TOP/selftests/lib/stream.py
datagram=$TOP/selftests/lib/datagram.py
modprobe espintcp || bail_out "no module"
topo_up
outer 4

# record NAME: what west sends from here on, until recorded, to the file NAME.frames, as lines in NAME.log
record()
{
	start "$1" east python3 "$stream" record $EAST4 $PORT_EAST "$TMP/$1.frames"
	recorder=$started
	wait_for 20 said listening "$TMP/$1.log" && hold_connect
}

lines() { [ "$(wc -l <"$TMP/$1.log")" -gt "$2" ]; }

# recorded NAME COUNT: when it has so many messages. The connection ends with it.
recorded()
{
	wait_for 60 lines "$1" "$2"
	kill "$HOLD_WEST"
	wait "$HOLD_WEST" 2>/dev/null
	wait "$recorder"
	echo "$(($(wc -l <"$TMP/$1.log") - 1)) messages of $2; lost for want of $(west nstat -asz | awk '/Xfrm|OutDiscards/ && $2')"
	[ "$(wc -l <"$TMP/$1.log")" = $(($2 + 1)) ] || { head -n 20 "$TMP/$1.log"; return 1; }
}

# fields NAME SPI FIELD: one of the columns: 2 sequence number, 3 IV, 4 length
fields() { awk -v spi="$2" -v n="$3" '$1 == spi { print $n }' "$TMP/$1.log"; }

# out SPI KEY REQID [MORE...]: a line for an SA from west to east
out() { sa_line $WEST4 $EAST4 "$1" "$2" sa_gcm "$PORT_WEST" $PORT_EAST reqid "$3" mode tunnel "${@:4}"; }

# Two SAs on one connection: an IV must not come twice in one of them (RFC 4106, section 3.1)
{
	out 0x1001 11 1
	out 0x1011 22 2
	sp_line $WEST_NET4 10.2.0.0/25 out $WEST4 $EAST4 tunnel
	sp_line $WEST_NET4 10.2.0.128/25 out $WEST4 $EAST4 tunnel | sed 's/reqid 1/reqid 2/'
} | ip -n west -batch -
try "west sends to a raw stream" record two
for to in $EAST_IN4 10.2.0.129; do west python3 "$datagram" send "$to" 9 count=100 size=64 >"$TMP/out"; done
try "two SAs on one connection: 200 messages" recorded two 200
for spi in 0x1001 0x1011; do
	is "$spi: sequence numbers 1 to 100, in order" "$(fields two $spi 2 | tr '\n' ' ')" "$(seq -s ' ' 1 100) "
	is "$spi: no IV twice" "$(fields two $spi 3 | sort -u | wc -l)" 100
done
xfrm_flush

# The last sequence numbers
{ out 0x1001 11 1 replay-oseq 0xfffffffc; sp_lines $WEST_NET4 $EAST_NET4 tunnel out in; } | ip -n west -batch -
record last || not_ok "connection"
before=$(xfrm_count west XfrmOutStateSeqError)
fails "a sender is told that the sequence numbers are used up" 1 EOVERFLOW \
	west python3 "$datagram" send $EAST_IN4 9 count=4 size=64
fails "again" 1 EOVERFLOW west python3 "$datagram" send $EAST_IN4 9
try "three messages, and no more" recorded last 3
is "with the last three sequence numbers" "$(fields last 0x1001 2 | tr '\n' ' ')" "4294967293 4294967294 4294967295 "
is "what was not sent is counted" $(($(xfrm_count west XfrmOutStateSeqError) - before)) 2
xfrm_flush

# Padding for traffic flow confidentiality: inner packets of up to 1000 bytes are all the same on the wire
padded()
{
	{ out 0x1001 11 1 tfcpad 1000; sp_lines $WEST_NET4 $EAST_NET4 tunnel out in; } | ip -n west -batch - || not_ok "SA with tfcpad"
	record tfc || not_ok "connection"
	for size in 1 100 972 973 1200; do west python3 "$datagram" send $EAST_IN4 9 size=$size >"$TMP/out"; done
	try "messages with padding" recorded tfc 5
	# 2 length, 8 header, 8 IV, payload with 2 bytes of trailer to a multiple of 4, 16 ICV
	is "tfcpad on the wire" "$(fields tfc 0x1001 4 | tr '\n' ' ')" "1038 1038 1038 1038 1266 "
	xfrm_flush
}
# Its usage ends with an error
if [[ $(ip xfrm state help 2>&1) = *tfcpad* ]]; then
	padded
else
	skip "messages with padding" "this ip is older than tfcpad"
fi

# 4,200 messages each without and with ESN
for esn in '' esn; do
	{
		# shellcheck disable=SC2086 # words
		out 0x1001 11 1 ${esn:+flag esn replay-window 64}
		sp_lines $WEST_NET4 $EAST_NET4 tunnel out in
	} | ip -n west -batch -
	record "many$esn" || not_ok "connection"
	west python3 "$datagram" send $EAST_IN4 5555 count=4200 size=32 >"$TMP/out"
	try "4,200 messages ${esn:+with ESN }recorded" recorded "many$esn" 4200
	xfrm_flush
done

# From here on east has the ULP and west is a raw stream that plays what was recorded
mkfifo "$TMP/todo"
# player NAME: connects with the messages of that name; then: played COUNT WORD...
player()
{
	hold_listen || return 1
	west python3 "$stream" play $EAST4 $PORT_EAST "$PORT_WEST" "$TMP/$1.frames" <"$TMP/todo" >"$TMP/player.log" 2>&1 &
	player=$!
	exec {todo}>"$TMP/todo"
	wait_for 20 said attached "$HOLD.east"
}
player_end()
{
	exec {todo}>&-
	wait "$player"
	kill "$HOLD_EAST" 2>/dev/null
	wait "$HOLD_EAST" 2>/dev/null
	true
}
arrived() { [ "$(counter east rx_esp)" -ge "$1" ]; }
played()
{
	local want=$(($(counter east rx_esp) + $1))
	shift
	echo "$*" >&"$todo"
	wait_for 30 arrived $want
}

# east gets a new SA: in_sa [MORE...]
in_sa()
{
	{
		echo "xfrm state flush"
		sa_line $WEST4 $EAST4 0x1001 11 sa_gcm "$PORT_WEST" $PORT_EAST reqid 1 mode tunnel "$@"
	} | ip -n east -batch -
}
stats() { echo "$(sa_field east 0x1001 replay-window) $(sa_field east 0x1001 replay) $(sa_field east 0x1001 failed)"; }

# dropped COUNT COUNTER PLAYED WORD...: XFRM counts so many of what is played as this
dropped()
{
	local before
	before=$(xfrm_count east "$2")
	played "${@:3}" || { echo "not all arrived"; return 1; }
	[ $(($(xfrm_count east "$2") - before)) = "$1" ] || { xfrm_errors east; return 1; }
}

# window SIZE ESN: the newest message, then those at the edge of the window and behind, and all of them again. With ESN a
# number behind the window is one of the next 2^32, for which the ICV is wrong (RFC 4303, A2.2).
window()
{
	local size=$1 esn=$2 what="window of $1${2:+, ESN}" top=4150 behind=XfrmInStateSeqError said="3 3 0 5"
	[ -z "$esn" ] || behind=XfrmInStateProtoError said="0 3 3 5"
	in_sa replay-window "$size" ${esn:+flag esn} || { not_ok "$what: SA"; return; }
	try "$what: the newest, the first and the last of the window" dropped 0 XfrmInStateSeqError 3 \
		$top $((top - 1)) $((top - size + 1))
	try "$what: behind it" dropped 2 $behind 2 $((top - size)) 7
	try "$what: again" dropped 3 XfrmInStateSeqError 3 $top $((top - 1)) $((top - size + 1))
	try "$what: the next ones, it moves" dropped 1 $behind 3 $((top + 1)) $((top + 10)) $((top - size + 10))
	is "$what: and ip shows it" "$(stats) $(packets east 0x1001)" "$said"
}

player many || not_ok "a raw stream to east"
in_sa replay-window 0
try "no window: nothing is a replay" dropped 0 XfrmInStateSeqError 4 10 10 1 10
is "no window: all are received" "$(packets east 0x1001)" 4
window 32 ''
window 64 ''
window 128 ''
window 4096 ''

in_sa replay-window 32
try "wrong ICV" dropped 3 XfrmInStateProtoError 3 icv=1 icv=2 icv=1
is "it is no replay, and ip shows it" "$(stats) $(packets east 0x1001)" "0 0 3 0"
try "the right ones after it are taken" dropped 0 XfrmInStateSeqError 2 1 2
is "which ip shows, too" "$(stats) $(packets east 0x1001)" "0 0 3 2"

unknown=$(counter east rx_unknown_spi)
try "an unknown SPI" dropped 1 XfrmInNoStates 1 spi=0x1009:3
try "the SPIs from 1 to 255, which are reserved" dropped 255 XfrmInNoStates 255 "$(printf 'spi=%d:3 ' {1..255})"
is "the socket's counter has them, too" $(($(counter east rx_unknown_spi) - unknown)) 256
{
	echo "xfrm state flush"
	echo "xfrm state add src $WEST4 dst $EAST4 proto esp spi 0x1001 reqid 1 mode tunnel $(sa_gcm 11)"
} | ip -n east -batch -
try "an SA without this encapsulation does not take it" dropped 1 XfrmInStateMismatch 1 4
{
	echo "xfrm state flush"
	echo "xfrm state add src $WEST4 dst $EAST4 proto esp spi 0x1001 reqid 1 mode tunnel $(sa_gcm 11) encap espinudp 4500 4500 0.0.0.0"
} | ip -n east -batch -
try "nor one with ESP in UDP" dropped 1 XfrmInStateMismatch 1 5
in_sa replay-window 32
try "after all of it the connection carries" dropped 0 XfrmInNoStates 1 6
is "to the SA" "$(packets east 0x1001)" 1
player_end

# With ESN they do not end: the upper half goes up by one, which the peer is not told
{
	sa_line $WEST4 $EAST4 0x1001 11 sa_gcm "$PORT_WEST" $PORT_EAST reqid 1 mode tunnel flag esn replay-window 64 \
		replay-oseq 0xfffffffe replay-seq 0xfffffffe
	sa_line $EAST4 $WEST4 0x1002 22 sa_gcm $PORT_EAST "$PORT_WEST" reqid 1 mode tunnel flag esn replay-window 64 \
		replay-oseq 0xfffffffe replay-seq 0xfffffffe
} >"$TMP/sa"
printf 'xfrm %s flush\n' state policy | both
both <"$TMP/sa"
sp_tunnel
hold_up || not_ok "connection"
errors="$(xfrm_errors west) $(xfrm_errors east)"
try "ESN goes over 2^32" west ping -q -c 4 -i 0.05 -w 5 $EAST_IN4
is "without an error" "$(xfrm_errors west) $(xfrm_errors east)" "$errors"
like "to the next half" "$(ip -n west xfrm state list spi 0x1001)" 'oseq-hi 0x1'
hold_down
xfrm_flush

player manyesn || not_ok "a raw stream to east"
window 32 esn
window 64 esn
window 128 esn
window 4096 esn
in_sa replay-window 32
try "without ESN the same messages have wrong ICVs" dropped 1 XfrmInStateProtoError 1 9
player_end
