#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Unmodified strongSwan and espintcp over UDP, each as initiator: native ESP, ESP in UDP behind a NAT, fragments of IKE messages,
# SAs that either end rekeys, with AES-XCBC, dead peers, and who deletes what.
# bench: uml-peers
# limit: 240
. "$(dirname "$0")/lib/tap.sh"
. "$TOP/selftests/lib/sa.sh"
. "$TOP/selftests/lib/ipsec.sh"
. "$TOP/selftests/lib/strongswan.sh"

modprobe espintcp || bail_out "no module"
topo_up
conf_begin
# strongSwan rekeys child SAs without a key exchange unless it is told to
common=(enable-tcp=no pfs=no dpddelay=1 dpdtimeout=5)
conf_conn net 4 4 "${common[@]}"
conf_conn short 4 4 "${common[@]}" leftid=@short pfs=yes rekey=yes rekeyfuzz=0% rekeymargin=3s salifetime=6s ikelifetime=8s \
	"ike=aes128-aes_xcbc;dh31" esp=aes128-aes_xcbc
conf_conn wrong 4 4 "${common[@]}" leftid=@nobody
# So short that IKE_AUTH is sent in fragments, both ways
strong_begin fragment_size=200 retransmit_tries=2 retransmit_timeout=1 retransmit_base=1
strong_conn net west 4 $WEST_NET4 $EAST_NET4 dpd_delay=1
strong_conn short short 4 $WEST_NET4 $EAST_NET4 proposals=aes128-aesxcbc-prfaesxcbc-curve25519 \
	children.short.esp_proposals=aes128-aesxcbc-curve25519-ecp256
strong_conn wrong somebody 4 $WEST_NET4 $EAST_NET4

nat()
{
	west nft -f - <<-EOF
	table ip nat {
		chain post {
			type nat hook postrouting priority 100
			udp dport { 500, 4500 } snat to $WEST4:30000-30999
		}
	}
	EOF
}
no_nat() { west nft delete table ip nat; }
gone() { xfrm_clean west && xfrm_clean east; }

# carries NAME ENCAPSULATION
carries()
{
	is "$1: the encapsulation" "$(encap_count west), $(encap_count east)" "2 $2, 2 $2"
	try "$1: pings" pings west $EAST_IN4
	try "$1: pings back" pings east $WEST_IN4
	[ "$2" = none ] || try "$1: 1 MB each way arrives unchanged" exchange $WEST_IN4 $EAST_IN4 1
}

# rekeyed NAME HOST LOG: strongSwan there rekeys all at once, then espintcp does, and pings go on
rekeyed()
{
	local sent got gap
	watch_start $EAST_IN4 || { not_ok "$1: pings" "$(cat "$TMP/pings")"; return; }
	try "$1: strongSwan rekeys the child SA" strong "$2" --rekey --child short
	try "$1: espintcp has answered" wait_for 10 says "$3" 'child SA rekeyed' 1
	try "$1: strongSwan rekeys the IKE SA" strong "$2" --rekey --ike short
	try "$1: espintcp has answered that, too" wait_for 10 says "$3" 'IKE SA is rekeyed' 1
	rekeys_all "$1" "$3"
	watch_stop
	read -r sent got < <(pings_counted "$TMP/pings")
	diag "$1: of $sent pings $got were answered, $gap ms without"
	try "$1: no packet is lost" test "${sent:-0}" -gt 50 -a "${got:-0}" -ge $((sent - 1))
}

# by_us NAME CONN ENCAPSULATION
by_us()
{
	try "$1: espintcp up, strongSwan answers" up west "$2"
	up=$started
	carries "$1" "$3"
	[ "$2" != short ] || rekeyed "$1" east "$TMP/up-short.log"
	try "$1: espintcp down" down west "$2"
	try "$1: espintcp up ends well" wait "$up"
	try "$1: strongSwan has taken the DELETE: nothing is left" nothing_left
}

# by_them NAME CONN ENCAPSULATION
by_them()
{
	try "$1: strongSwan initiates, espintcp answers" strong_up west "$2"
	carries "$1" "$3"
	[ "$2" != short ] || rekeyed "$1" west "$serve_log"
	try "$1: strongSwan deletes the IKE SA" strong_down west "$2"
	try "$1: espintcp serve has taken the DELETE: nothing is left" nothing_left
}

try "strongSwan starts in east" strong_start east || bail_out "no strongSwan"
state_remember
by_us "no NAT" net none
try "no NAT: strongSwan sent fragments" strong_says east 'splitting IKE message .* into [2-9] fragments'
by_us "short lives" short none
try "short lives: the IKE SA has AES-XCBC" strong_says east 'selected proposal: IKE:AES_CBC_128/AES_XCBC_96/PRF_AES128_XCBC'
try "short lives: child SAs have it, too" strong_says east 'selected proposal: ESP:AES_CBC_128/AES_XCBC_96'
nat
by_us "behind a NAT" net espinudp
no_nat
like "behind a NAT: strongSwan has seen it" "$(cat "$TMP/strong-east.log")" 'remote host is behind NAT'

fails "an identity that it does not know: strongSwan says no" 1 'AUTHENTICATION_FAILED' up west wrong
try "an identity that it does not know: nothing is left" nothing_left

try "dead peers: up" up west net
up=$started
asked=$(grep -c 'parsed INFORMATIONAL request' "$TMP/strong-east.log")
try "dead peers: we ask strongSwan and it answers" wait_for 20 strong_says east 'parsed INFORMATIONAL request' $((asked + 1))
try "dead peers: strongSwan asks us and we answer" wait_for 20 strong_says east 'parsed INFORMATIONAL response' 1
try "strongSwan deletes the IKE SA" strong_down east net
fails "espintcp up says so and fails" 1 'net: the peer deleted the IKE SA' ended "$up" "$TMP/up-net.log"
try "strongSwan deleted it: nothing is left" nothing_left

try "once more: up" up west net
up=$started
try "strongSwan deletes the child SA alone" strong east --terminate --child net
try "strongSwan deletes the child SA alone: its SAs are gone" wait_for 20 gone
stop "$up" INT
try "nothing is left of that" nothing_left

try "and once more: up" up west net
up=$started
kill -STOP "${strong_pid[east]}"
fails "strongSwan is dead, and we see it" 1 'no answer|does not answer|gave no sign' ended "$up" "$TMP/up-net.log"
kill -CONT "${strong_pid[east]}"
try "strongSwan goes on, and sees that we are gone" wait_for 20 xfrm_clean east
strong_stop east

try "espintcp serve in east" serve east
server=$started
try "strongSwan starts in west" strong_start west
state_remember
by_them "strongSwan, no NAT" net none
try "strongSwan, no NAT: it sent fragments" strong_says west 'splitting IKE message .* into [2-9] fragments'
by_them "strongSwan, short lives" short none
nat
by_them "strongSwan behind a NAT" net espinudp
no_nat
like "strongSwan behind a NAT: it has seen it" "$(cat "$TMP/strong-west.log")" 'local host is behind NAT'

fails "an identity that we do not know: we say no" !0 'AUTHENTICATION_FAILED' strong_up west wrong
try "an identity that we do not know: nothing is left" nothing_left

try "strongSwan and dead peers: up" strong_up west net
asked=$(grep -c 'parsed INFORMATIONAL request' "$TMP/strong-west.log")
answered=$(grep -c 'parsed INFORMATIONAL response' "$TMP/strong-west.log")
try "strongSwan and dead peers: we ask it and it answers" wait_for 20 strong_says west 'parsed INFORMATIONAL request' $((asked + 1))
try "strongSwan and dead peers: it asks us and we answer" wait_for 20 strong_says west 'parsed INFORMATIONAL response' $((answered + 1))
try "espintcp down at the responder" down east net
try "strongSwan has taken the DELETE: nothing is left" nothing_left

try "strongSwan initiates once more" strong_up west net
kill -STOP "${strong_pid[west]}"
try "strongSwan is dead, and espintcp serve sees it" wait_for 30 no_state east
kill -CONT "${strong_pid[west]}"
try "strongSwan, which began, goes on and sees that we are gone" wait_for 20 xfrm_clean west
strong_stop west
kill -INT "$server"
try "espintcp serve ends well" wait "$server"
