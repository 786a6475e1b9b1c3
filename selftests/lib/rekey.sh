# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # started is tap.sh's
# Rekeying under a flood of packets, of which none may be lost.

# rekeyed LOG WHAT NUMBER: so many times; or what all had to say
rekeyed()
{
	wait_for 60 says "$@" && return
	tail -n 12 "$1"
	grep -shE 'rekey|CREATE_CHILD|EXPIRE|REPLACE|lifetime|STATE_V2|fail' "$TMP"/{pluto,strong}-*.log | tail -n 40
	return 1
}

# flood NAME LOG [HOST]: packets both ways while all is rekeyed. None is lost; with HOST, none of those that
# go to HOST: its own may be sent with a new SA before the other end has heard of it, which libreswan does when it answers.
flood()
{
	local from_west from_east unknown
	[ -z "${3:-}" ] || unknown=$(xfrm_count "$3" XfrmInNoStates)
	start flood-west west ping -q -i 0.02 -c 100000 "$EAST_IN4"
	from_west=$started
	start flood-east east ping -q -i 0.02 -c 100000 "$WEST_IN4"
	from_east=$started
	try "$1: child SAs are rekeyed" rekeyed "$2" 'child SA rekeyed' 2
	try "$1: the IKE SA is rekeyed" rekeyed "$2" 'IKE SA is rekeyed' 1
	try "$1: what was replaced goes" few_left
	if [ -z "${3:-}" ]; then
		all_back west "$from_west" "$1: no packet from west is lost"
		all_back east "$from_east" "$1: no packet from east is lost"
	else
		kill -INT "$from_west" "$from_east"
		wait "$from_west" "$from_east"
		is "$1: no packet to $3 meets no SA" "$(xfrm_count "$3" XfrmInNoStates)" "$unknown"
		is "$1: no packet finds no SA to leave with" "$(xfrm_count west XfrmOutNoStates) $(xfrm_count east XfrmOutNoStates)" "0 0"
	fi
	try "$1: the tunnel carries files" exchange "$WEST_IN4" "$EAST_IN4" 1
}

# The SAs in use, inbound ones of the last seconds, and what is just being made
few_left()
{
	local host n
	for host in west east; do
		n=$(ip -n $host xfrm state | grep -c ^src)
		{ [ "$n" -ge 2 ] && [ "$n" -le 6 ]; } || { echo "$host has $n SAs"; ip -n $host xfrm state; return 1; }
	done
}

# all_back HOST PID DESCRIPTION: ends a flood; the last packet may be on its way
all_back()
{
	local log=$TMP/flood-$1.log sent got
	kill -INT "$2"
	wait "$2"
	read -r sent got < <(pings_counted "$log")
	if [ "${sent:-0}" -gt 100 ] && [ "$got" -ge $((sent - 1)) ]; then
		ok "$3"
	else
		not_ok "$3" "$(cat "$log")"
	fi
}
