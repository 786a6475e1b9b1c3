#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What an administrator can set and end, and what he is told: limits, closing and draining, events.
# bench: uml qemu-long
# limit: 400
. "$(dirname "$0")/lib/tap.sh"
. "$TOP/selftests/lib/sa.sh"

UNPRIV=(setpriv --reuid 65534 --clear-groups --inh-caps=-all)

limits() { west espintcp limits "$@"; }
limit() { limits --json | jq -r ".$1"; }
cookie() { espintcp_json west .sockets[0].cookie; }
# espintcp_json HOST FILTER: of its status
espintcp_json() { ip netns exec "$1" espintcp status --json | jq -rc "$2"; }
west_counts() { [ "$(counter west "$1")" -ge "${2:-1}" ]; }

# monitor_up: events of west, as JSON lines, in $TMP/events.log
monitor_up()
{
	ip netns exec west espintcp monitor --json </dev/null >"$TMP/events" 2>"$TMP/events.err" &
	monitor=$!
	at_exit "stop $monitor"
	wait_for 10 said listening "$TMP/events.err"
}

# events FILTER: of each event since the last events_clear
events() { tail -n "+$((events_seen + 1))" "$TMP/events" | jq -rc "$1"; }
events_clear() { events_seen=$(wc -l <"$TMP/events"); }
told() { events .event | grep -qx "$1"; }

raw_peer()
{
	# A peer that is no ULP: what it is given goes into the stream, and it stays until it is told to go
	# shellcheck disable=SC2016 # variables of perl's
	ip netns exec east perl -MIO::Socket::INET -e '
		$| = 1;
		my $l = IO::Socket::INET->new(LocalAddr => $ARGV[0], LocalPort => $ARGV[1], Listen => 1, ReuseAddr => 1) or die;
		print "listening\n";
		my $c = $l->accept;
		while (<STDIN>) { chomp; last if $_ eq "end"; syswrite $c, pack("H*", $_); print "wrote\n" }
		<$c> if $ARGV[2] eq "wait";
		$c->setsockopt(Socket::SOL_SOCKET(), Socket::SO_LINGER(), pack("ii", 1, 0)) if $ARGV[2] eq "reset";
	' "$EAST_OUT" "$PORT_EAST" "${1:-}"
}

# raw_up: west is attached, east is raw; lines of hex written to descriptor $peer go into the stream
raw_up()
{
	HOLD=$_tap_tmp/hold.$((_hold_n += 1))
	mkfifo "$HOLD.in"
	raw_peer "$@" <"$HOLD.in" >"$HOLD.east" 2>&1 &
	HOLD_EAST=$!
	exec {peer}>"$HOLD.in"
	wait_for 10 said listening "$HOLD.east" || return 1
	ip netns exec west hold connect "$EAST_OUT" $PORT_EAST $PORT_WEST >"$HOLD.west" 2>&1 &
	HOLD_WEST=$!
	wait_for 10 said attached "$HOLD.west"
}

raw_down() { exec {peer}>&-; hold_down; }

modprobe espintcp || bail_out "no module"
topo_up
outer 4
events_seen=0

# Limits as such
is "the initial namespace's are inherited" "$(limits --json)" "$(espintcp limits --json)"
is "five have names" "$(limits | awk '{ print $1 }' | paste -sd,)" memory,tx_queue,ike_queue,rx_timeout,unprivileged
try "several are set at once, with units" limits memory=1M tx_queue=128k ike_queue=131072 rx_timeout=7s
is "they are what was asked for" "$(limits --json)" \
	'{"memory":1048576,"tx_queue":131072,"ike_queue":131072,"rx_timeout":7,"unprivileged":0}'
is "those of other namespaces stay" "$(east espintcp limits --json)" "$(espintcp limits --json)"
fails "one of two is out of range" 1 'range' limits tx_queue=256K rx_timeout=86401
is "then none is set" "$(limit tx_queue)" 131072
fails "too small a queue would take no message" 1 'range' limits tx_queue=65535
fails "a name that is none" 2 "no limit 'queue'" limits queue=1
fails "a value that is none" 2 'cannot be' limits tx_queue=1T
fails "nobody sets them" 1 'CAP_NET_ADMIN' west "${UNPRIV[@]}" "$TOP/helper/espintcp" limits rx_timeout=1
try "everybody reads them" west "${UNPRIV[@]}" "$TOP/helper/espintcp" limits

# The owner of a user namespace, in a network namespace of its own
owner() { "${UNPRIV[@]}" unshare --user --map-root-user --net "$@"; }
esp=$TOP/helper/espintcp
try "an owner lowers what is its own" owner sh -c "$esp limits tx_queue=1M && [ \"\$($esp limits --json | jq .tx_queue)\" = 1048576 ]"
try "and raises it to the initial namespace's" owner sh -c "$esp limits tx_queue=1M && $esp limits tx_queue=4M"
fails "but not beyond" 1 'more than the initial' owner "$esp" limits tx_queue=5M
fails "for ever is more than any time" 1 'more than the initial' owner "$esp" limits rx_timeout=0
try "it may let others attach" owner "$esp" limits unprivileged=1
fails "it has no word in the initial namespace" 1 'CAP_NET_ADMIN' \
	"${UNPRIV[@]}" unshare --user --map-root-user "$esp" limits rx_timeout=1
fails "nor closes a socket there" 1 'CAP_NET_ADMIN' "${UNPRIV[@]}" unshare --user --map-root-user "$esp" close 1

# Who may attach
attach_nobody()
{
	west "${UNPRIV[@]}" "$TOP/selftests/bin/hold" connect "$EAST_OUT" $PORT_EAST $PORT_WEST
}
ip netns exec east hold listen "$EAST_OUT" $PORT_EAST >"$TMP/l1" 2>&1 &
try "a peer listens" wait_for 10 said listening "$TMP/l1"
fails "nobody attaches" 1 'not permitted' attach_nobody
limits unprivileged=1
ip netns exec east hold listen "$EAST_OUT" $PORT_EAST >"$TMP/l2" 2>&1 &
try "another peer listens" wait_for 10 said listening "$TMP/l2"
attach_nobody >"$TMP/nobody" 2>&1 &
nobody=$!
try "unless that is allowed" wait_for 10 said attached "$TMP/nobody"
# shellcheck disable=SC2046 # words
kill $(ip netns pids west) $(ip netns pids east) 2>/dev/null
wait $nobody 2>/dev/null
limits unprivileged=0

# Attached, and closed by its owner
try "a monitor listens" monitor_up
# Where computing takes no time, nothing else gives TCP one to measure
east tc qdisc add dev wire root netem delay 20ms || bail_out "no netem"
try "a connection" hold_up
try "attaching is told" wait_for 10 told attached
is "with the addresses and the cookie" "$(events '[.local, .lport, .remote, .rport, .cookie]')" \
	"[\"$WEST4\",$PORT_WEST,\"$EAST4\",$PORT_EAST,\"$(cookie)\"]"
is "ss knows the cookie" "$(west ss -tneH state established "dport = $PORT_EAST" | grep -o 'sk:[0-9a-f]*')" "sk:$(cookie)"
is "the pid is the owner's" "$(espintcp_json west .sockets[0].pid)" "$(pgrep -f "hold connect $EAST4 $PORT_EAST")"
is "TCP is established" "$(espintcp_json west '.sockets[0].tcp | [.state, .mss > 500, .cwnd > 0, .rtt >= 20000]')" \
	'["established",true,true,true]'
east tc qdisc del dev wire root
kill "$HOLD_WEST"
try "its end is told" wait_for 10 told detached
is "with the reason: the owner" "$(events 'select(.event == "detached") | .end')" owner
hold_down

# By the peer
events_clear
hold_up
kill "$HOLD_EAST"
try "the peer goes" wait_for 10 told detached
is "that is the reason" "$(events 'select(.event == "detached") | .end')" peer
hold_down

events_clear
raw_up reset
echo end >&"$peer"
try "a reset" wait_for 10 told detached
is "is the reason, with its error" "$(events 'select(.event == "detached") | [.end, .errno]')" '["error",104]'
like "the owner gets ECONNRESET" "$(cat "$HOLD.west")" '^end Connection reset by peer$'
raw_down

# By a length of 0, by silence
events_clear
raw_up wait
echo 0000 >&"$peer"
try "a length of 0" wait_for 10 told detached
is "is the reason" "$(events 'select(.event == "detached") | .end')" bad-length
like "the owner learns of it" "$(cat "$HOLD.west")" '^end Protocol error$'
raw_down
events_clear
limits rx_timeout=1
raw_up wait
echo 0100000000 >&"$peer"
try "half a message" wait_for 20 told detached
is "is the reason, after a second" "$(events 'select(.event == "detached") | .end')" timeout
like "the owner gets ETIMEDOUT" "$(cat "$HOLD.west")" '^end Connection timed out$'
try "it is counted" west_counts rx_timeout
raw_down
# A message may take longer than that, as long as some of it comes
events_clear
limits rx_timeout=2
raw_up wait
for part in 0040 01000000 $(printf '00 %.0s' {1..4}); do
	echo "$part" >&"$peer"
	pause 1.2
done
is "a slow one that goes on does not" "$(events .event | grep -c detached)" 0
try "one that stops then does" wait_for 20 told detached
raw_down
limits rx_timeout=120

# By an administrator
events_clear
hold_up
c=$(cookie)
fails "a cookie that no socket has" 1 'no attached socket' west espintcp close ffffffffff
fails "a cookie that is none" 2 'cannot be a cookie' west espintcp close xyz
fails "nobody closes it" 1 'CAP_NET_ADMIN' west "${UNPRIV[@]}" "$esp" close "$c"
try "close" west espintcp close "sk:$c"
try "is told" wait_for 10 told detached
is "with its reason" "$(events 'select(.event == "detached") | .end')" administrator
like "the owner gets ECONNABORTED" "$(cat "$HOLD.west")" '^end Software caused connection abort$'
try "the peer sees a reset" wait_for 10 said 'end Connection reset' "$HOLD.east"
hold_down
events_clear
hold_up
try "drain" west espintcp close "$(cookie)" --drain
try "the peer sees the end of the stream" wait_for 10 said 'end EOF' "$HOLD.east"
try "and so does the owner" wait_for 10 told detached
is "by the administrator" "$(events 'select(.event == "detached") | .end')" administrator
hold_down

# The queue of ESP: a peer that does not read
limits tx_queue=64K memory=64M
west sysctl -qw net.ipv4.tcp_wmem='4096 16384 65536'
east sysctl -qw net.ipv4.tcp_rmem='4096 16384 65536'
events_clear
raw_up wait
sa_add tunnel sa_gcm
sp_tunnel
# Answers do not come: all are sent in one go, and not waited for
flood() { west ping -q -s 8000 -c 100 -l 100 -W 1 -w 2 -I $WEST_IN4 $EAST_IN4; }
raw_stuck() { flood; west_counts tx_queue_full 10; }
try "the queue runs over" wait_for 60 raw_stuck
try "that is told" told congested
is "once" "$(events .event | grep -c congested)" 1
is "with a queue over three quarters" "$(events 'select(.event == "congested") | .tx_queue > .tx_limit * 3 / 4')" true
try "refused packets are told" told refused
is "with the counter" "$(events 'select(.event == "refused") | .counter' | sort -u)" tx_queue_full
refusals() { events 'select(.event == "refused")' | jq -sc "$1"; }
many() { west python3 "$TOP/selftests/lib/datagram.py" send $EAST_IN4 9 count=300 size=1000 && [ "$(refusals 'any(.[]; .count > 1)')" = true ]; }
try "one event stands for many" wait_for 30 many
is "at most one a second" "$(refusals '[.[].time] | [.[1:], .[:-1]] | transpose | map(.[0] - .[1] > .9) | length > 0 and all')" true
dropped=$(counter west tx_queue_full)
is "which stand for no more than were dropped" "$(refusals "([.[].count] | add) as \$n | \$n >= length and \$n <= $dropped")" true
is "the queue never was longer" "$(espintcp_json west '.sockets[0] | .tx_peak <= .tx_limit and .tx_peak > 49152')" true
unread=$(espintcp_json west .sockets[0].tx_queue)
try "something waits" [ "$unread" -gt 0 ]
west espintcp close "$(cookie)"
try "it is closed" wait_for 10 told detached
is "the order of things" "$(events .event | uniq | grep -v refused | paste -sd,)" attached,congested,resumed,detached
xfrm_flush
raw_down
gone() { [ "$(espintcp_json west '.sockets | length')" = 0 ] && [ "$(west espintcp stats --json | jq .memory)" = 0 ]; }
try "no memory is held" wait_for 10 gone

# The queue of IKE: an owner that does not read. 3,000 bytes of a message hold a page or two
limits ike_queue=128K
events_clear
raw_up wait
kill -STOP "$(pgrep -f "hold connect $EAST4 $PORT_EAST")"
message=0bba$(printf '%06000d' 0)
for _ in {1..60}; do echo "$message"; done >&"$peer"
try "IKE that is not read runs over" wait_for 20 west_counts rx_ike_full
is "within its bound" "$(espintcp_json west '.sockets[0] | .ike_queue <= .ike_limit and .ike_queue > 65536')" true
try "that is told, too" wait_for 5 told refused
is "with the counter" "$(events 'select(.event == "refused") | .counter' | sort -u)" rx_ike_full

# All sockets of a namespace together
limits memory=256K ike_queue=1M
for _ in {1..120}; do echo "$message"; done >&"$peer"
try "the bound of the namespace holds" wait_for 20 west_counts rx_memory_full
is "what is held is within it" "$(west espintcp stats --json | jq '.memory <= 262144 + 131072 and .sockets == 1')" true
kill -CONT "$(pgrep -f "hold connect $EAST4 $PORT_EAST")"
raw_down
try "no memory is held at the end" wait_for 10 gone

like "stats shows what was counted" "$(west espintcp stats)" '^rx_memory_full +[0-9]+$'
unlike "and no zeros" "$(west espintcp stats)" ' 0$.*rx_no_device'
like "with --all, zeros" "$(west espintcp stats --all)" '^rx_no_device +0$'
fails "a wrong interval" 2 'interval' west espintcp stats --interval 0
start every west espintcp stats --json --interval 1
three() { [ "$(wc -l <"$TMP/every.log")" -ge 3 ]; }
try "stats again and again" wait_for 20 three
is "shows differences" "$(sed -n 3p "$TMP/every.log" | jq -c '[.counters[]] | add')" 0
try "the monitor ends well" stop "$monitor" INT
