#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# On a kernel with an espintcp of its own: not without being asked; then in its place, and back, under what it carries.
# bench: uml-intree
# limit: 400
. "$(dirname "$0")/lib/tap.sh"
. "$TOP/selftests/lib/sa.sh"
. "$TOP/selftests/lib/traffic.sh"

export CYCLES=${CYCLES:-20}
OPTIONS=/etc/modprobe.d/espintcp.conf
# ours N: so many sockets of west have our ULP
ours() { [ "$(nsenter --net=/run/netns/west espintcp status --json | grep -o '"cookie"' | wc -l)" = "$1" ]; }
# has_ulp: it has the kernel's or ours, by the same name
has_ulp() { west ss -tienH "sport = $PORT_WEST" | grep -q 'tcp-ulp-espintcp\b'; }
drops() { ! west ping -q -c 1 -W 1 $EAST_IN4; }
gone() { ! loaded; }

topo_up
outer 4
mkdir -p "${OPTIONS%/*}"
[ ! -e $OPTIONS ] || bail_out "$OPTIONS is there: this test writes it"
at_exit "rm -f $OPTIONS"

# Not without being asked
try "the kernel's own espintcp is there" hold_up
fails "without takeover=1 the module does not load" '!0' 'busy' modprobe espintcp
try "it is not there" gone
said=$(dmesg | grep 'espintcp:' | tail -n 2)
like "the kernel's log says why" "$said" 'espintcp: this kernel has an espintcp of its own \(CONFIG_INET_ESPINTCP\)'
like "and how" "$said" "espintcp: .*takeover=1: write \"options espintcp takeover=1\" to $OPTIONS"
# shellcheck disable=SC2089 # it is a sentence
sed -n 's/.*write "\(.*\)" to .*/\1/p' <<<"$said" >$OPTIONS
hold_down

# taken FAMILY MODE ALGORITHM [esn]: a tunnel of the kernel's own, taken over, and given back
taken()
{
	local name="over IPv$1, $3${4:+, $4}"
	outer "$1"
	try "$name: the kernel's own carries" hold_up
	sa_add "${@:2}"
	sp_tunnel
	rm -f "$_tap_tmp/renew"
	try "$name: it carries" exchange "$WEST_IN4" "$EAST_IN4" 1
	try "$name: with the advice of its log the module loads" modprobe espintcp
	try "$name: the socket is the kernel's own, and says so" has_ulp
	try "$name: it is none of ours" ours 0
	try "$name: socket and SAs of the kernel's own carry on" exchange "$WEST_IN4" "$EAST_IN4" 1
	try "$name: they do not hold the module" unload
	try "$name: it comes back" modprobe espintcp

	try "$name: SAs are made anew" sa_renew
	fails "$name: these are ours, and hold it" '!0' 'in use' rmmod espintcp
	try "$name: through the kernel's own socket" exchange "$WEST_IN4" "$EAST_IN4" 1
	is "$name: our sockets had no part in it" "$(counter west tx_esp)" 0
	is "$name: nor is any of it counted as dropped" "$(counter west tx_no_socket)" 0

	hold_down
	before=$(counter west tx_no_socket)
	try "$name: without a socket nothing goes" drops
	is "$name: and that is counted" $(($(counter west tx_no_socket) - before)) 1
	try "$name: a new connection" hold_up
	try "$name: that is ours" ours 1
	try "$name: our SAs and sockets carry" exchange "$WEST_IN4" "$EAST_IN4"
	[ "$(counter west tx_esp)" -gt 100 ] || not_ok "$name: through the module" "$(counter west tx_esp) messages"
	xfrm_flush
	fails "$name: a socket of ours holds the module" '!0' 'in use' rmmod espintcp
	hold_down
	try "$name: then it goes" wait_for 10 unload
}

taken 4 tunnel sa_gcm
taken 6 tunnel sa_cbc esn

# An SA of the kernel's own looks for a socket of its own
outer 4
hold_up
sa_add tunnel sa_gcm
sp_tunnel
rm -f "$_tap_tmp/renew"
modprobe espintcp
hold_down
hold_up
try "an SA of before the takeover cannot use a connection of after it" drops
like "XFRM counts what is dropped" "$(xfrm_errors west)" '^XfrmOutStateProtoError='
try "made anew" sa_renew
try "it can" carries $EAST_IN4
xfrm_flush
hold_down
try "the module goes" wait_for 10 unload
hold_up
sa_add tunnel sa_gcm
sp_tunnel
try "the kernel's own is back" carries $EAST_IN4
try "with no module" gone
xfrm_flush
hold_down

# SAs, while it comes and goes: the kernel's own or ours, none may fail
stop=$_tap_tmp/stop
adder()
{
	local n bad=0 line
	for ((n = 0; ; n++)); do
		[ ! -e "$stop" ] || break
		line=$(sa_line $WEST4 $EAST4 $((0x10000 + n)) 1 sa_gcm $PORT_WEST $PORT_EAST reqid 9 mode tunnel)
		# shellcheck disable=SC2086 # words
		ip -n west ${line} || bad=$((bad + 1))
		ip -n west xfrm state delete src $WEST4 dst $EAST4 proto esp spi $((0x10000 + n)) || bad=$((bad + 1))
	done
	echo "$bad $n"
}
adder >"$_tap_tmp/adder" 2>&1 &
adder=$!
bad=$(come_and_go "$CYCLES")
touch "$stop"
wait $adder
is "$CYCLES loads and unloads" "$bad" 0
like "no SA with encap espintcp failed meanwhile" "$(cat "$_tap_tmp/adder")" '^0 [1-9]'

# Under traffic
began=$SECONDS
if CMOCKA_MESSAGE_OUTPUT=TAP takeover >"$TMP/takeover" 2>&1; then
	ok "it is taken and given back under traffic, $CYCLES times, in $((SECONDS - began)) s"
	grep '^#' "$TMP/takeover"
else
	not_ok "it is taken and given back under traffic" "$(tail -n 40 "$TMP/takeover")"
fi
try "nothing holds the module in the end" wait_for 10 unload
