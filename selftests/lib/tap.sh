# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Test Anything Protocol for shell tests, and two hosts on a wire. Source it first:
#
#   #!/bin/bash
#   # SPDX-License-Identifier: GPL-2.0-or-later
#   # What this test is about.
#   # bench: uml qemu		where it can run: host, uml, qemu, live; the runner tries each
#   # needs: ping			commands without which a run on a user's machine skips it
#   # limit: 120		seconds, default 120
#   . "$(dirname "$0")/lib/tap.sh"
#   topo_up
#   try "the wire carries packets" west ping -c 1 -w 5 $EAST4
#
# The plan is printed at exit, after what at_exit was given has run. A test that ends early by an error fails.

set -u -o pipefail
TOP=${TOP:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
# In the kernel's tree the tests' programs lie beside the tests
_tap_here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export PATH=$TOP/helper:$_tap_here/bin:$_tap_here:$PATH
# shellcheck source=selftests/lib/private.sh
. "$(dirname "${BASH_SOURCE[0]}")/private.sh"

_tap_n=0
_tap_failed=0
_tap_plan=''
_tap_exit=()
_tap_tmp=$(mktemp -d "${TMPDIR:-/tmp}/tap.XXXXXX")

# shellcheck source=selftests/lib/topo.sh
. "$(dirname "${BASH_SOURCE[0]}")/topo.sh"

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
	# kselftest knows a skipped test by its status
	[ -z "${ESPINTCP_PRIVATE:-}" ] || exit 4
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

# holds_for SECONDS COMMAND...: the condition must hold all the time; 1 as soon as it does not.
holds_for()
{
	local end=$((SECONDS + $1))
	shift
	while "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 0
		pause .05
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
	# Not what one of the same name said before
	: >"$TMP/$name.log"
	# The function would leave a shell between us and the process.
	case $1 in
	west | east) set -- ip netns exec "$@" ;;
	esac
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

# Two hosts on a wire, until the end of the test
topo_up()
{
	at_exit topo_down
	topo_make || bail_out "cannot make two hosts on a wire"
}

# expect_kernel REGEX: the next kernel message that matches is provoked on purpose; the search of the log lets it pass.
expect_kernel() { echo "espintcp-lab: expect $1" >/dev/kmsg; }
