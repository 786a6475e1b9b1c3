#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Modes and families: tunnel, BEET and transport, each family in each, on sockets of IPv4, IPv6 and IPv4-mapped addresses.
# bench: uml qemu-long
# limit: 300
. "$(dirname "$0")/lib/tap.sh"
. "$TOP/selftests/lib/sa.sh"

modprobe espintcp || bail_out "no module"
topo_up

# sas MODE FAMILY ALGORITHM [MORE...]: an SA for one inner family alone, which its selector names
sas()
{
	local mode=$1 west east alg=$3
	if [ "$2" = 4 ]; then west=$WEST_IN4 east=$EAST_IN4; else west=$WEST_IN6 east=$EAST_IN6; fi
	shift 3
	{
		sa_line "$WEST_OUT" "$EAST_OUT" 0x1001 11 "$alg" $PORT_WEST $PORT_EAST reqid 1 mode "$mode" "$@" sel src $west dst $east
		sa_line "$EAST_OUT" "$WEST_OUT" 0x1002 22 "$alg" $PORT_EAST $PORT_WEST reqid 1 mode "$mode" "$@" sel src $east dst $west
	} | both
}

# through NAME TARGET: it is carried, and by us; then SAs and policies go
through()
{
	local before
	before=$(counter west tx_esp)
	try "$1" carries "$2"
	[ "$(counter west tx_esp)" -ge $((before + 6)) ] || not_ok "$1: it went through the module"
	xfrm_flush
}

declare -A name=([4]=IPv4 [6]=IPv6 [mapped]=IPv4-mapped)
for fam in 4 6 mapped; do
	outer $fam
	hold_up || { not_ok "${name[$fam]}: connection" "$(cat "$HOLD".*)"; continue; }
	for inner in 4 6; do
		to=$EAST_IN4
		[ $inner = 4 ] || to=$EAST_IN6
		{ sas tunnel $inner sa_cbc && sp_tunnel; } || not_ok "tunnel SAs"
		through "IPv$inner in ${name[$fam]}, tunnel" $to
		{ sas beet $inner sa_gcm flag esn replay-window 64 && sp_tunnel beet; } || not_ok "BEET SAs"
		through "IPv$inner in ${name[$fam]}, BEET" $to
	done
	{ sa_add transport sa_gcm esn && sp_transport; } || not_ok "transport SAs"
	through "${name[$fam]}, transport" "$EAST_OUT"
	hold_down
done
is "XFRM counted no error in west" "$(xfrm_errors west)" ""
is "XFRM counted no error in east" "$(xfrm_errors east)" ""
