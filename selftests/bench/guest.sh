#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Measure in a guest: raw results go to $RESULTS/raw, named KERNEL.ROUND.CASE.CIPHER.TRANSPORT, for report.py.
# Environment: KERNEL (a name), ROUND, PLAN (a list of CASE.CIPHER.TRANSPORT), SECS and LINK_SECS (a measurement's length),
# TOOLS (where flood and relay are); COUNTED: the clock counts instructions, so the guest itself knows how many it needed;
# TAKEOVER: our module takes over from the kernel's own code
set -u
export PATH=$TOP/helper:$TOP/selftests/bin:$TOOLS:$PATH
_tap_tmp=$(mktemp -d)
RAW=$RESULTS/raw
mkdir -p "$RAW"
. "$TOP/selftests/lib/topo.sh"
. "$TOP/selftests/lib/sa.sh"
. "$TOP/selftests/bench/tunnels.sh"
. "$TOP/selftests/bench/others.sh"

fail() { echo "bench: $*" >&2; exit 1; }

# The hosts, and between them what the case wants. A link's queue is not at the sender's own host, which would be told what
# it drops; packets are as large as on a real one.
hosts()
{
	case $case in
	slow100) link delay 10ms rate 100mbit ;;
	slow20) link delay 10ms rate 20mbit limit 40 ;;
	bloat) link delay 10ms rate 20mbit limit 1000 ;;
	loss) link delay 10ms loss 1% ;;
	*) topo_make || fail "no wire" ;;
	esac
}

# link NETEM-OPTION...
link()
{
	local side
	topo_routed || fail "no link"
	for side in west east; do
		ip -n $side link set wire gso_max_segs 1
		ip netns exec between tc qdisc add dev $side root netem "$@" || fail "no netem"
	done
}

untunnel()
{
	# shellcheck disable=SC2086 # a list
	{ kill $holders; wait $holders; } 2>/dev/null
	topo_down west east between
	true
}

iperf() { west iperf3 -c "$TO" -J "$@"; }

# pings NAME COUNT INTERVAL
pings() { west ping -n -c "$2" -i "$3" -W 5 -s 100 "$TO" >"$1.ping"; }

# loaded NAME SECONDS RATE: bulk traffic, and so many pings a second beside it
loaded()
{
	iperf -t $(($2 + 4)) >"$1.json" &
	pings "$1" $(($2 * $3)) "$(bc <<<"scale=3; 1 / $3")"
	wait $!
}

# flooded NAME SIZE: datagrams at a rate that is the same for all
FLOOD_PORT=5202 FLOOD_RATE=40000
flooded()
{
	local counter
	rm -f "$_tap_tmp/flood"
	ip netns exec east flood count $FLOOD_PORT >"$_tap_tmp/flood" &
	counter=$!
	wait_for 10 said counting "$_tap_tmp/flood" || fail "flood does not count"
	west flood send "$TO" $FLOOD_PORT "$2" $FLOOD_RATE "$SECS" >"$1.flood" || fail "flood does not send"
	wait $counter
	tail -n 1 "$_tap_tmp/flood" >>"$1.flood"
}

measure()
{
	local out=$1
	case $case in
	bulk1 | stock1 | many*) iperf -t "$SECS" >"$out.json" ;;
	bulk8) iperf -t "$SECS" -P 8 >"$out.json" ;;
	both) iperf -t "$SECS" --bidir >"$out.json" ;;
	udp*) flooded "$out" "${case#udp}" ;;
	idle) pings "$out" $((SECS * 200)) 0.005 ;;
	busy) loaded "$out" "$SECS" 100 ;;
	slow100 | slow20 | loss) iperf -t "$LINK_SECS" -O 2 >"$out.json" ;;
	bloat) loaded "$out" "$LINK_SECS" 20 ;;
	*) fail "no case '$case'" ;;
	esac
}

# Nanoseconds in which the CPU was not idle
busy() { awk -v hz="$(getconf CLK_TCK)" '/^cpu / { printf "%.0f", ($2 + $3 + $4 + $7 + $8) * 1e9 / hz }' /proc/stat; }

one()
{
	local out=$RAW/$KERNEL.$ROUND.$case.$cipher.$1 before cpu
	holders=''
	hosts
	"tunnel_$1" "$1"
	ip netns exec east iperf3 -s >/dev/null 2>&1 &
	holders+=" $!"
	wait_for 10 east sh -c "ss -ltn | grep -q :5201" || fail "no iperf3"
	[[ $case != many* ]] || many "${case#many}"
	before=$EPOCHREALTIME cpu=$(busy)
	measure "$out"
	[ -z "${COUNTED:-}" ] || echo $(($(busy) - cpu)) >"$out.insns"
	echo "$before $EPOCHREALTIME" >"$out.when"
	west ss -tin sport = :$PORT_WEST >"$out.ss"
	{ ip netns exec west cat /proc/net/xfrm_stat; west nstat -a; } >"$out.stat" 2>/dev/null
	nsenter --net=/run/netns/west espintcp status --json >"$out.counters" 2>/dev/null || rm "$out.counters"
	untunnel
}

# Idle sockets, an SA each way for each one, from ports of their own to one that is not the tunnel's
MANY_PORT=4501 MANY_FIRST=10000
many()
{
	local n=$1 i
	# Not what the ones before said
	rm -f "$_tap_tmp"/many.*
	ip netns exec east "$TOP/selftests/bench/many.py" listen $EAST4 $MANY_PORT "$n" >"$_tap_tmp/many.east" 2>&1 &
	holders+=" $!"
	wait_for 20 said listening "$_tap_tmp/many.east" || fail "no listener: $(cat "$_tap_tmp/many.east")"
	ip netns exec west "$TOP/selftests/bench/many.py" connect $EAST4 $MANY_PORT "$n" $MANY_FIRST >"$_tap_tmp/many.west" 2>&1 &
	holders+=" $!"
	for i in west east; do
		wait_for 120 said attached "$_tap_tmp/many.$i" || fail "no $n sockets: $(cat "$_tap_tmp"/many.*)"
	done
	{ sa_of $WEST4 $EAST4 SPI1 SPORT $MANY_PORT; sa_of $EAST4 $WEST4 SPI2 $MANY_PORT SPORT; } >"$_tap_tmp/many.sa"
	awk -v n="$n" -v first=$MANY_FIRST '
		{ line[NR] = $0 }
		END {
			for (i = 0; i < n; i++)
				for (j = 1; j <= 2; j++) {
					l = line[j]
					sub("SPI" j, 65536 * j + i, l)
					sub("SPORT", first + i, l)
					sub("reqid 1", "reqid 2", l)
					print l
				}
		}' "$_tap_tmp/many.sa" | both || fail "no SAs"
}

# Buffers as on a machine of our day: a small guest has small ones
sysctl -qw net.core.rmem_max=8388608 net.core.wmem_max=8388608
outer 4
modprobe -q espintcp ${TAKEOVER:+takeover=1}
modprobe -qa esp4 sch_netem
uname -r >"$RESULTS/release"
grep ']$' /proc/kallsyms >"$RESULTS/kallsyms"
for what in $PLAN; do
	IFS=. read -r case cipher transport <<<"$what"
	one "$transport"
done
