#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# SAs that are told apart by more than addresses: marks on SAs and policies, interface identifiers, xfrm interfaces.
# Two pairs of SAs on one connection, and each on a connection of its own.
# bench: uml qemu-long
# limit: 300
. "$(dirname "$0")/lib/tap.sh"
. "$TOP/selftests/lib/sa.sh"

datagram=$TOP/selftests/lib/datagram.py
modprobe espintcp || bail_out "no module"
topo_up
outer 4

hold_two || not_ok "two connections" "$(cat "$HOLD".*)"

# pair SPI PORT WORDS-EAST WORDS-WEST [WORDS]: an SA each way over the connection from PORT of west; words for each, and for both
pair()
{
	sa_line $WEST4 $EAST4 "$1" 11 sa_gcm "$2" $PORT_EAST mode tunnel "$3" "${@:5}"
	sa_line $EAST4 $WEST4 "$1" 22 sa_gcm $PORT_EAST "$2" mode tunnel "$4" "${@:5}"
}

# policies DIRECTION-EASTWARDS DIRECTION-WESTWARDS WORDS...: with one reqid, in the words
policies()
{
	echo "xfrm policy add src $WEST_NET4 dst $EAST_NET4 dir $1 ${*:4} tmpl src $WEST4 dst $EAST4 proto esp $3 mode tunnel"
	echo "xfrm policy add src $EAST_NET4 dst $WEST_NET4 dir $2 ${*:4} tmpl src $EAST4 dst $WEST4 proto esp $3 mode tunnel"
}

# marked PORT: out by the policy with the packet's mark and the SA of the same mark, in any; the second pair is over PORT
marked()
{
	{
		pair 0x1001 $PORT_FIRST "mark 1 mask 0xff" "" reqid 1
		pair 0x1002 "$1" "mark 2 mask 0xff" "" reqid 1
		policies out in "reqid 1" mark 1 mask 0xff | sed '/dir in/d'
		policies out in "reqid 1" mark 2 mask 0xff | sed '/dir in/d'
		policies out in "reqid 1" | sed '/dir out/d'
	} | ip -n west -batch - &&
	{
		pair 0x1001 $PORT_FIRST "" "" reqid 1
		pair 0x1002 "$1" "" "" reqid 1
		policies in out "reqid 1"
	} | ip -n east -batch -
}

# carried SPI: what came out of this SA in east
carried() { ip -n east -s xfrm state list spi "$1" | sed -n 's/.* \([0-9]*\)(packets)$/\1/p' | tail -n 1; }

marked $PORT_FIRST || not_ok "two pairs of SAs on one connection"
try "two pairs on one connection: the first" over 3 0 west ping -q -m 1 -c 3 -i 0.05 -w 5 $EAST_IN4
try "and the second" over 2 0 west ping -q -m 2 -c 2 -i 0.05 -w 5 $EAST_IN4
is "each had its packets" "$(carried 0x1001) $(carried 0x1002)" "3 2"
xfrm_flush
marked $PORT_SECOND || not_ok "two pairs of SAs on two connections"
try "mark 1 goes over the first connection" over 3 0 west ping -q -m 1 -c 3 -i 0.05 -w 5 $EAST_IN4
try "mark 2 goes over the second" over 0 3 west ping -q -m 2 -c 3 -i 0.05 -w 5 $EAST_IN4
fails "mark 3 has no policy, and goes nowhere" 1 . west ping -q -m 3 -c 1 -W 1 $EAST_IN4
is "XFRM found nothing wrong with that" "$(xfrm_errors west)$(xfrm_errors east)" ""

# An SA with a mark takes only what arrives so marked, as everywhere in XFRM
before=$(xfrm_count east XfrmInNoStates)
ip -n east xfrm state flush
pair 0x1001 $PORT_FIRST "mark 7 mask 0xff" "" reqid 1 | ip -n east -batch -
fails "an incoming SA with a mark does not take what has none" 1 . west ping -q -m 1 -c 1 -W 1 $EAST_IN4
is "which is counted" $(($(xfrm_count east XfrmInNoStates) - before)) 1
ip netns exec east nft -f - <<'EOF' || not_ok "a rule that marks"
table inet marks {
	chain input {
		type filter hook input priority -150
		tcp sport 40000 meta mark set 7
	}
}
EOF
try "but what arrives on segments with this mark" west ping -q -m 1 -c 3 -i 0.05 -w 5 $EAST_IN4
ip netns exec east nft delete table inet marks
xfrm_flush

# The mark that an SA puts on packets: on what comes out of it
for ns in west east; do
	{
		[ $ns = west ] || at='output-mark 0x50 mask 0xf0'
		pair 0x1001 $PORT_FIRST "${at:-}" "" reqid 1
		if [ $ns = west ]; then policies out in "reqid 1"; else policies in out "reqid 1"; fi
	} | ip -n $ns -batch - || not_ok "$ns: SAs with output-mark"
done
start receive east python3 "$datagram" receive $EAST_IN4 5555
wait_for 20 said listening "$TMP/receive.log"
west python3 "$datagram" send $EAST_IN4 5555 size=40 >"$TMP/out"
try "a datagram" wait_for 10 said "40 0x0" "$TMP/receive.log"
if said "without marks" "$TMP/receive.log"; then
	skip "carries the mark of the SA that it came out of" "this kernel tells no receiver"
else
	like "carries the mark of the SA that it came out of" "$(tail -n 1 "$TMP/receive.log")" '^40 0x0 0x50 '
fi
xfrm_flush

# On the way out it chooses the route of the outer packet, so a rule can make that unreachable
{
	pair 0x1001 $PORT_FIRST "output-mark 0x60" "" reqid 1
	policies out in "reqid 1"
} | ip -n west -batch -
{ pair 0x1001 $PORT_FIRST "" "" reqid 1; policies in out "reqid 1"; } | ip -n east -batch -
try "an output-mark that no rule knows changes nothing" over 2 0 west ping -q -c 2 -i 0.05 -w 5 $EAST_IN4
ip -n west rule add fwmark 0x60 prohibit
fails "one that a rule prohibits ends the way" '!0' . west ping -q -c 1 -W 1 $EAST_IN4
ip -n west rule del fwmark 0x60 prohibit
xfrm_flush

# Interfaces: each SA belongs to one, and what comes out of it comes in there
for ns in west east; do
	if [ $ns = west ]; then
		eastwards=out westwards=in
		a=(10.1.1.1/24 fd00:1:1::1/64) b=(10.1.2.1/24 fd00:1:2::1/64) to=(10.2.1.0/24 fd00:2:1::/64 10.2.2.0/24 fd00:2:2::/64)
	else
		eastwards=in westwards=out
		a=(10.2.1.1/24 fd00:2:1::1/64) b=(10.2.2.1/24 fd00:2:2::1/64) to=(10.1.1.0/24 fd00:1:1::/64 10.1.2.0/24 fd00:1:2::/64)
	fi
	{
		echo "link add xa type xfrm dev wire if_id 0xa"
		echo "link add xb type xfrm if_id 0xb"
		printf 'link set %s up\n' xa xb
		echo "addr add ${a[0]} dev xa"
		echo "addr add ${a[1]} dev xa nodad"
		echo "addr add ${b[0]} dev xb"
		echo "addr add ${b[1]} dev xb nodad"
		echo "route add ${to[0]} dev xa"
		echo "route add ${to[1]} dev xa"
		echo "route add ${to[2]} dev xb"
		echo "route add ${to[3]} dev xb"
		pair 0x1001 $PORT_FIRST "" "" reqid 1 if_id 0xa flag af-unspec
		pair 0x1002 $PORT_SECOND "" "" reqid 1 if_id 0xb flag af-unspec
		for id in 0xa 0xb; do
			for any in 0.0.0.0/0 ::/0; do
				echo "xfrm policy add src $any dst $any dir $eastwards if_id $id tmpl src $WEST4 dst $EAST4 proto esp reqid 1 mode tunnel"
				echo "xfrm policy add src $any dst $any dir $westwards if_id $id tmpl src $EAST4 dst $WEST4 proto esp reqid 1 mode tunnel"
			done
		done
	} | ip -n $ns -batch - || not_ok "$ns: xfrm interfaces"
done
try "the first interface goes over the first connection" over 3 0 west ping -q -c 3 -i 0.05 -w 5 10.2.1.1
try "the second over the second" over 0 3 west ping -q -c 3 -i 0.05 -w 5 10.2.2.1
try "IPv6 through the first" over 3 0 west ping -q -c 3 -i 0.05 -w 5 fd00:2:1::1
try "large packets through the second" west ping -q -c 2 -i 0.05 -w 5 -s 20000 10.2.2.1
# shellcheck disable=SC2016 # fields of awk's
came() { ip netns exec east awk -v dev="$1:" '$1 == dev { print $3 }' /proc/net/dev; }
first=$(came xa) second=$(came xb)
west ping -q -c 2 -i 0.05 -w 5 10.2.2.1 >/dev/null
is "what comes out of an SA comes in at its interface" "$(($(came xa) - first)) $(($(came xb) - second))" "0 2"
is "no packet was lost in a queue" "$(counter west tx_queue_full)" 0
