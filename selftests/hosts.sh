#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Tunnel and transport mode between the hosts themselves. Their policies match the outer connection, too: the sockets of
# espintcp bypass them, listening ones as well.
# bench: uml live
# needs: espintcp ping nc tcpdump
# limit: 240
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/sa.sh"
. "$(dirname "$0")/lib/ipsec.sh"

# newcomer FAMILY: another connection comes in while the policies are there
newcomer()
{
	local before
	before=$(grep -c 'TCP connected' "$serve_log")
	start "newcomer$1" west espintcp attach "$EAST_OUT"
	wait_for 10 grep -q attached "$TMP/newcomer$1.log" || { cat "$TMP/newcomer$1.log"; return 1; }
	wait_for 10 sh -c "[ \$(grep -c 'TCP connected' '$serve_log') -gt $before ]" || { cat "$serve_log"; return 1; }
	stop $started
	return 0
}

# one MODE FAMILY
one()
{
	local mode=$1 fam=$2 name="$1 mode, IPv$2" up before
	outer "$fam"
	try "$name: up" up west "$mode"
	up=$started
	before=$(counter west tx_esp)
	wire_start || bail_out "tcpdump does not start"
	try "$name: pings from west" pings west "$EAST_OUT"
	try "$name: pings from east" pings east "$WEST_OUT"
	try "$name: 1 MB each way arrives unchanged" exchange "$WEST_OUT" "$EAST_OUT" 1
	try "$name: nothing but the connection was on the wire" wire_is_tcp 4500
	try "$name: both kernels say espintcp" encap_is espintcp 2
	like "$name: it is that mode" "$(ip -n west xfrm state)" "mode $mode"
	[ "$(counter west tx_esp)" -gt $((before + 500)) ] || not_ok "$name: it went through the module" "$(espintcp status)"
	try "$name: a new connection comes in" newcomer "$fam"
	is "$name: no packet of the connection was caught" "$(counter west tx_loop) $(counter east tx_loop)" "0 0"
	try "$name: down" down west "$mode"
	try "$name: up ends well" wait "$up"
	try "$name: nothing is left" nothing_left
}

modprobe espintcp || bail_out "no module"
topo_up
for fam in "4 6" "6 4"; do
	conf_begin
	conf_conn tunnel "${fam% *}" host
	conf_conn transport "${fam#* }" host type=transport
	try "espintcp serve" serve east
	serve=$started
	state_remember
	one tunnel "${fam% *}"
	one transport "${fam#* }"
	try "espintcp serve ends well" stop "$serve"
done
