#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Lifetimes of seconds with an unmodified strongSwan over UDP, which begins or answers: IKE and child SAs are rekeyed by
# either end under a flood of packets, and none is lost; with and without PFS. And reauthentication, by either end.
# bench: uml-peers
# limit: 400
. "$(dirname "$0")/lib/tap.sh"
. "$TOP/selftests/lib/sa.sh"
. "$TOP/selftests/lib/ipsec.sh"
. "$TOP/selftests/lib/strongswan.sh"
. "$TOP/selftests/lib/rekey.sh"

modprobe espintcp || bail_out "no module"
topo_up
# ours [KEY=VALUE...]
ours() { conf_begin; conf_conn net 4 4 enable-tcp=no encapsulation=yes rekeyfuzz=0% "$@"; }
# Its life ends in the middle of the margin where espintcp has answered
lives=(rekey=yes rekeymargin=3s salifetime=7s ikelifetime=11s)
# theirs [KEY=VALUE...]: what its connection says now
theirs() { for host in west east; do strong_set $host "${@/#/connections.net.}"; done; }
its_lives=(children.net.rekey_time=4s children.net.rand_time=0s children.net.life_time=12s rekey_time=9s rand_time=0s over_time=9s)
its_long_lives=(children.net.rekey_time=1h children.net.life_time=2h rekey_time=1h over_time=1h)

# A flow of pings from west
flow_begin() { start pings west ping -q -i 0.02 -c 100000 $EAST_IN4; flow=$started; }
# flow_end NAME LOST: no more than so many are lost, with the last one, which may be on its way
flow_end()
{
	local sent got
	kill -INT "$flow"
	wait "$flow"
	read -r sent got < <(pings_counted "$TMP/pings.log")
	diag "$1: of $sent pings $got were answered"
	try "$1: $2 pings are lost at most" test "${sent:-0}" -gt 50 -a "${got:-0}" -ge $((sent - $2))
}
we_end()
{
	try "$1: espintcp down" down west net
	try "$1: espintcp up ends well" wait "$up"
	try "$1: nothing is left" nothing_left
}

ours "${lives[@]}" pfs=no
strong_begin make_before_break=yes
strong_conn net west 4 $WEST_NET4 $EAST_NET4 encap=yes
theirs "${its_long_lives[@]}"
try "strongSwan starts in east" strong_start east || bail_out "no strongSwan"
state_remember
try "espintcp up, strongSwan answers" up west net
up=$started
flood "strongSwan answers, espintcp rekeys" "$TMP/up-net.log"
we_end "strongSwan answered, espintcp rekeyed"

ours "${lives[@]}" pfs=yes
theirs children.net.esp_proposals=aes128gcm16-curve25519-ecp256
try "strongSwan takes a configuration with PFS" strong_load east || bail_out "no configuration"
try "PFS: up" up west net
up=$started
flood "PFS, espintcp rekeys" "$TMP/up-net.log"
we_end "PFS, espintcp rekeyed"

ours rekey=no pfs=yes
theirs "${its_lives[@]}"
try "strongSwan takes a configuration with short lives" strong_load east || bail_out "no configuration"
try "espintcp up, strongSwan answers and will rekey" up west net
up=$started
flood "strongSwan answers, and rekeys" "$TMP/up-net.log"
we_end "strongSwan answered, and rekeyed"

ours rekey=yes reauth=yes rekeymargin=6s ikelifetime=14s salifetime=1h pfs=no
theirs "${its_long_lives[@]}"
try "strongSwan takes long lives" strong_load east || bail_out "no configuration"
try "reauthentication: up" up west net
up=$started
flow_begin
try "reauthentication: the tunnel is replaced" wait_for 40 says "$TMP/up-net.log" 'SAs installed' 2
flow_end "reauthentication" 1
we_end "reauthentication"
strong_stop east

ours rekey=no pfs=no
theirs "${its_lives[@]}" children.net.esp_proposals=default
try "espintcp serve in east" serve east
server=$started
try "strongSwan starts in west, with short lives" strong_start west || bail_out "no strongSwan"
state_remember
try "strongSwan initiates" strong_up west net
flood "strongSwan initiates and rekeys" "$serve_log"
try "strongSwan deletes the SA that it made" strong_down west net
try "strongSwan initiated and rekeyed: nothing is left" nothing_left

# A new IKE SA before the old one goes
theirs "${its_long_lives[@]}" reauth_time=4s rand_time=0s
try "strongSwan takes a configuration with reauthentication" strong_load west || bail_out "no configuration"
n=$(grep -c 'SAs installed' "$serve_log")
try "strongSwan initiates, to begin anew soon" strong_up west net
flow_begin
try "strongSwan reauthenticates" wait_for 40 says "$serve_log" 'SAs installed' $((n + 2))
flow_end "strongSwan reauthenticates" 1
theirs reauth_time=0s
strong_load west >/dev/null
strong_down west net >/dev/null
try "strongSwan reauthenticated: nothing is left" nothing_left
kill -INT "$server"
try "espintcp serve ends well" wait "$server"

ours "${lives[@]}" rekeymargin=6s pfs=no
theirs "${its_long_lives[@]}"
try "espintcp serve in east once more" serve east
server=$started
state_remember
try "strongSwan initiates once more" strong_up west net
flood "strongSwan initiates, espintcp rekeys" "$serve_log"
try "espintcp down at the responder" down east net
try "strongSwan initiated, espintcp rekeyed: nothing is left" nothing_left
strong_stop west
kill -INT "$server"
try "espintcp serve ends well once more" wait "$server"
