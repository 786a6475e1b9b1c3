# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Test Anything Protocol for shell tests, and two hosts on a wire. Source it first:
#
#   #!/bin/bash
#   # SPDX-License-Identifier: GPL-2.0-or-later
#   # What this test is about.
#   # bench: uml qemu		where it can run: host, uml, qemu; the runner tries each
#   # limit: 120		seconds, default 120
#   . "$(dirname "$0")/lib/tap.sh"
#   topo_up
#   try "the wire carries packets" west ping -c 1 -w 5 $EAST4
#
# The plan is printed at exit, after what at_exit was given has run. A test that ends early by an error fails.

set -u -o pipefail
TOP=${TOP:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
export PATH=$TOP/helper:$TOP/selftests/bin:$PATH

_tap_n=0
_tap_failed=0
_tap_plan=''
_tap_exit=()
_tap_tmp=$(mktemp -d "${TMPDIR:-/tmp}/tap.XXXXXX")

diag() { printf '%s\n' "$@" | sed 's/^/# /'; }

ok()
{
	_tap_n=$((_tap_n + 1))
	echo "ok $_tap_n - $1"
}

# not_ok DESCRIPTION [DIAGNOSTIC...]
not_ok()
{
	_tap_n=$((_tap_n + 1))
	_tap_failed=$((_tap_failed + 1))
	echo "not ok $_tap_n - $1"
	shift
	[ $# -eq 0 ] || diag "$@"
	return 1
}

# skip DESCRIPTION REASON: for what cannot be tested here, never for what fails.
skip()
{
	_tap_n=$((_tap_n + 1))
	echo "ok $_tap_n - $1 # SKIP $2"
}

skip_all()
{
	_tap_plan=1
	echo "1..0 # SKIP $1"
	exit 0
}

# How many tests there must be; without it the count is what was run.
plan() { _tap_plan=$1; echo "1..$1"; }

bail_out() { echo "Bail out! $*"; exit 1; }

# try DESCRIPTION COMMAND...: the command succeeds. Its output is shown when it does not.
try()
{
	local desc=$1 status=0
	shift
	"$@" >"$_tap_tmp/out" 2>&1 || status=$?
	if [ $status -eq 0 ]; then
		ok "$desc"
	else
		not_ok "$desc" "exit status $status of: $*" "$(tail -n 40 "$_tap_tmp/out")"
	fi
}

# fails DESCRIPTION STATUS REGEX COMMAND...: the command ends with this status (or any but 0, given as !0) and says this.
fails()
{
	local desc=$1 want=$2 regex=$3 status=0
	shift 3
	"$@" >"$_tap_tmp/out" 2>&1 || status=$?
	if { [ "$want" = '!0' ] && [ $status -eq 0 ]; } || { [ "$want" != '!0' ] && [ $status -ne "$want" ]; }; then
		not_ok "$desc" "exit status $status, expected $want, of: $*" "$(tail -n 40 "$_tap_tmp/out")"
	elif ! grep -qE -e "$regex" "$_tap_tmp/out"; then
		not_ok "$desc" "no /$regex/ in what it said: $*" "$(tail -n 40 "$_tap_tmp/out")"
	else
		ok "$desc"
	fi
}

# is DESCRIPTION GOT EXPECTED
is()
{
	if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "got:      $2" "expected: $3"; fi
}

# like DESCRIPTION TEXT REGEX; unlike: the other way round
like()
{
	if grep -qE -e "$3" <<<"$2"; then ok "$1"; else not_ok "$1" "no /$3/ in:" "$2"; fi
}

unlike()
{
	if grep -qE -e "$3" <<<"$2"; then not_ok "$1" "there is /$3/ in:" "$2"; else ok "$1"; fi
}

# wait_for SECONDS COMMAND...: until the command succeeds; 1 at the deadline. The command runs at least once.
wait_for()
{
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		sleep .05
	done
}

# holds_for SECONDS COMMAND...: the condition must hold all the time; 1 as soon as it does not.
holds_for()
{
	local end=$((SECONDS + $1))
	shift
	while "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 0
		sleep .05
	done
	return 1
}

# at_exit COMMAND: run at the end, last one first.
at_exit() { _tap_exit=("$1" ${_tap_exit[@]+"${_tap_exit[@]}"}); }

# start NAME COMMAND...: in the background with an output of its own, $TMP/NAME.log; its pid is in $started. Ended at exit.
TMP=$_tap_tmp
started=''
start()
{
	local name=$1
	shift
	"$@" </dev/null >"$TMP/$name.log" 2>&1 &
	started=$!
	at_exit "stop $started"
}

# stop PID [SIGNAL]: ends it and waits for it; the status is the process's.
stop()
{
	kill -"${2:-TERM}" "$1" 2>/dev/null
	wait "$1" 2>/dev/null
}

_tap_end()
{
	local status=$? c
	trap - EXIT
	for c in ${_tap_exit[@]+"${_tap_exit[@]}"}; do
		eval "$c"
	done
	rm -rf "$_tap_tmp"
	if [ -z "$_tap_plan" ]; then
		echo "1..$_tap_n"
	fi
	[ $status -ne 0 ] || [ $_tap_failed -eq 0 ] || status=1
	exit $status
}
trap _tap_end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Two hosts, west and east, on a wire: network namespaces with a veth pair. Each has an inner network of its own on a
# dummy device, for what goes through a tunnel. Addresses are of the documentation and private ranges.
WEST4=192.0.2.1 EAST4=192.0.2.2
WEST6=2001:db8::1 EAST6=2001:db8::2
WEST_IN4=10.1.0.1 EAST_IN4=10.2.0.1
WEST_NET4=10.1.0.0/24 EAST_NET4=10.2.0.0/24
WEST_IN6=fd00:1::1 EAST_IN6=fd00:2::1
WEST_NET6=fd00:1::/64 EAST_NET6=fd00:2::/64
export WEST4 EAST4 WEST6 EAST6 WEST_IN4 EAST_IN4 WEST_NET4 EAST_NET4 WEST_IN6 EAST_IN6 WEST_NET6 EAST_NET6

west() { ip netns exec west "$@"; }
east() { ip netns exec east "$@"; }

# The way to the other inner network leads to a gateway that is not there: what no tunnel takes does not arrive.
# _topo_host NAME OUTER4 OUTER6 INNER4 INNER6
_topo_host()
{
	local h=$1
	ip -n "$h" link set lo up
	ip -n "$h" addr add "$2/24" dev wire
	ip -n "$h" addr add "$3/64" dev wire nodad
	ip -n "$h" link set wire up
	ip -n "$h" link add inner type dummy
	ip -n "$h" addr add "$4/24" dev inner
	ip -n "$h" addr add "$5/64" dev inner nodad
	ip -n "$h" link set inner up
	ip netns exec "$h" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	ip -n "$h" route add default via 192.0.2.254 src "$4"
	ip -n "$h" -6 route add default via 2001:db8::fe src "$5"
}

topo_up()
{
	local n
	for n in west east; do
		ip netns add $n || bail_out "cannot make network namespace $n"
	done
	at_exit topo_down
	ip link add wire netns west type veth peer name wire netns east || bail_out "cannot make a veth pair"
	_topo_host west $WEST4 $WEST6 $WEST_IN4 $WEST_IN6
	_topo_host east $EAST4 $EAST6 $EAST_IN4 $EAST_IN6
	wait_for 10 west ping -c 1 -w 1 $EAST4 || bail_out "the wire does not carry IPv4"
	wait_for 10 west ping -c 1 -w 1 $EAST6 || bail_out "the wire does not carry IPv6"
}

topo_down()
{
	local n
	for n in west east; do
		ip netns pids $n 2>/dev/null | xargs -r kill -KILL 2>/dev/null
		ip netns del $n 2>/dev/null
	done
}

# xfrm_clean NETNS: no state and no policy left
xfrm_clean()
{
	[ -z "$(ip -n "$1" xfrm state)$(ip -n "$1" xfrm policy)" ]
}

# expect_kernel REGEX: the next kernel message that matches is provoked on purpose; the search of the log lets it pass.
expect_kernel() { echo "espintcp-lab: expect $1" >/dev/kmsg; }
