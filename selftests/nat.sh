#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A road warrior behind a router with a masquerade, IPv4 and IPv6, over UDP and TCP: on a wire that loses, doubles and
# reorders packets while each end rekeys, and when the router gets another address from its provider.
# bench: uml live
# needs: espintcp ping nc nft tc jq
# limit: 180
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/sa.sh"
. "$(dirname "$0")/lib/ipsec.sh"

modprobe espintcp || bail_out "no module"
modprobe -q sch_netem
topo_up
# west is the router; what is behind it has the inner network that is west's elsewhere
at_exit 'topo_down home'
ip netns add home || bail_out "no third host"
ip link add wire netns home type veth peer name lan netns west || bail_out "no wire to the third host"
ip -n west addr flush dev inner
ip -n west addr add 10.3.0.1/24 dev lan
ip -n west addr add fd00:3::1/64 dev lan nodad
ip -n west link set lan up
ip -n home link set lo up
ip -n home addr add 10.3.0.2/24 dev wire
ip -n home addr add fd00:3::2/64 dev wire nodad
ip -n home link set wire up
ip -n home link add inner type dummy
ip -n home addr add $WEST_IN4/24 dev inner
ip -n home link set inner up
ip -n home route add default via 10.3.0.1
ip -n home route add $EAST_NET4 via 10.3.0.1 src $WEST_IN4
ip -n home -6 route add default via fd00:3::1
west sysctl -qw net.ipv4.conf.wire.promote_secondaries=1
west nft -f - <<-EOF || bail_out "no masquerade"
	table inet nat {
		chain post {
			type nat hook postrouting priority 100
			oifname wire meta l4proto { tcp, udp } masquerade to :30000-30999
			oifname wire masquerade
		}
	}
EOF
wait_for 10 ip netns exec home ping -c 1 -W 1 $EAST4 || bail_out "the router does not forward"

# The initiator rekeys child SAs each 3 s, the responder the IKE SA
ours=(rekey=yes rekeymargin=3s rekeyfuzz=0% salifetime=6s dpddelay=2 dpdtimeout=20)
theirs=(rekey=yes rekeymargin=8s salifetime=1h ikelifetime=8s dpddelay=2 dpdtimeout=20)
conf_begin
for n in "udp no 4" "udp6 no 6" "tcp yes 4" "tcp6 yes 6"; do
	read -r name tcp fam <<<"$n"
	conf_conn "$name" "$fam" 4 left=%defaultroute leftid="@$name" enable-tcp="$tcp" auto=ignore "${ours[@]}"
	conf_conn "gw$name" "$fam" 4 left=%any leftid="@$name" enable-tcp="$tcp" "${theirs[@]}"
done
# Without MOBIKE the kernel tells the responder where ESP comes from
conf_conn old 4 4 left=%defaultroute leftid=@old enable-tcp=no auto=ignore mobike=no dpddelay=10 dpdtimeout=30
conf_conn gwold 4 4 left=%any leftid=@old enable-tcp=no mobike=no dpddelay=10 dpdtimeout=30

begin() { try "$1: up" up home "$2"; up=$started up_log=$TMP/up-$2.log; }
finish()
{
	try "$1: down" down home "$2"
	try "$1: up ends well" wait "$up"
	try "$1: nothing is left" wait_for 15 clean
}
clean() { xfrm_clean home && xfrm_clean east; }
carries_both() { pings home $EAST_IN4 && pings east $WEST_IN4; }

# Losses of all kinds on both ways, one in fifty each
bad_wire()
{
	local host
	for host in west east; do
		tc -n $host qdisc add dev wire root netem delay 5ms 3ms loss 2% duplicate 2% reorder 25% || return 1
	done
}
good_wire() { tc -n west qdisc del dev wire root; tc -n east qdisc del dev wire root; }

# files: one each way between home and east
files()
{
	local way from to addr
	head -c $((512 << 10)) /dev/urandom >"$TMP/file"
	for way in "home east $EAST_IN4" "east home $WEST_IN4"; do
		read -r from to addr <<<"$way"
		transfer "$from" "$to" "$addr" "$TMP/file" "$TMP/copy" || { cat "$TMP/copy.log"; return 1; }
		cmp "$TMP/file" "$TMP/copy" || return
	done
}

# The provider gives the router another address, and takes the old one with all mappings
new_address()
{
	router=$1
	# An address that is not sure of itself yet would leave the router one that is not routed
	ip -n west addr add "$1/$3" dev wire nodad && ip -n west addr del "$2/$3" dev wire
}
# In the direction that a mapping lets through, as it is with every program
from_home() { ip netns exec home ping -q -c 1 -W 1 $EAST_IN4; }
sees_router() { ip -n east xfrm state | grep -q "^src $router "; }

moves()
{
	local name=$1 before
	shift
	before=$(spis east)
	try "$name: the router gets another address" new_address "$@"
	try "$name: packets flow again" wait_for 20 from_home
	try "$name: the responder has it" wait_for 10 sees_router
	try "$name: both ways" carries_both
	is "$name: with the same SAs" "$(spis east)" "$before"
}

try "espintcp serve" serve east
server=$started

for n in "udp6 espinudp" "tcp espintcp"; do
	read -r name encap <<<"$n"
	bad_wire || bail_out "no netem"
	begin "$name" "$name"
	like "$name: the responder sees a port of the router's" "$(ip -n east xfrm state)" "encap type $encap sport 30[0-9]{3} dport 4500"
	start "pings-$name" ip netns exec home ping -q -i 0.02 -c 100000 $EAST_IN4
	pinger=$started
	try "$name: a wire that loses: files arrive unchanged" files
	try "$name: a wire that loses: the initiator rekeys child SAs" wait_for 20 says "$up_log" 'child SA rekeyed' 2
	try "$name: a wire that loses: the responder rekeys the IKE SA" wait_for 20 says "$up_log" 'IKE SA is rekeyed' 1
	good_wire
	try "$name: the wire is good again" wait_for 10 from_home
	# TCP has brought what was sent before that one: what is still under way when ping ends would count as lost
	stop "$pinger" INT
	lost=$(sed -n 's/.* \([0-9.]*\)% packet loss.*/\1/p' "$TMP/pings-$name.log")
	diag "$name: $lost % of the pings lost"
	# Two in a hundred each way over UDP; over TCP nothing
	limit=10
	[ "$encap" = espinudp ] || limit=1
	awk -v l="$lost" -v m=$limit 'BEGIN { exit !(l != "" && l < m) }' || not_ok "$name: less than $limit % of the pings lost" "$(cat "$TMP/pings-$name.log")"
	is "$name: no packet was taken twice or met no SA" "$(xfrm_count east XfrmInNoStates) $(xfrm_count home XfrmInNoStates)" "0 0"
	finish "$name" "$name"
done

# Rekeying would hide who goes on with what
sed -i 's/rekey=yes/rekey=no/; /salifetime/d; /ikelifetime/d; /rekeymargin/d; /rekeyfuzz/d' "$TMP/ipsec.conf"
stop "$server"
try "espintcp serve once more" serve east
for n in "udp $WEST4 192.0.2.9 24" "old 192.0.2.9 $WEST4 24" "tcp $WEST4 192.0.2.9 24" "tcp6 $WEST6 2001:db8::9 64"; do
	read -r name old new bits <<<"$n"
	begin "$name" "$name"
	moves "$name" "$new" "$old" "$bits"
	finish "$name" "$name"
done
