# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# On somebody's machine a test gets a network, a /run (with the names of network namespaces), a /tmp of its own in there
# and its own processes: no name clashes with one that is there, and all of it goes with the last process, however the
# test ends. Source it first. The guests of our benches are the test's alone: nothing happens there.

# What kselftest calls skipped
_private_skip()
{
	printf 'TAP version 13\n1..0 # SKIP %s\n' "$1"
	exit 4
}

# What a test calls, it names in a line "# needs: COMMAND..." among its first lines
_private_outside()
{
	local c needs
	[ "$(id -u)" = 0 ] || _private_skip "needs root"
	needs=$(sed -n '1,15s/^# needs: *//p' "$0")
	for c in ip unshare $needs; do
		command -v "$c" >/dev/null || _private_skip "there is no $c"
	done
	grep -qs '^espintcp ' /proc/modules || modprobe -q espintcp || _private_skip "no module espintcp; mend with: make install"
	case $(realpath "$0") in
	/run/* | /var/run/*) _private_skip "cannot be run from below /run" ;;
	esac
	echo "TAP version 13"
	ESPINTCP_PRIVATE=outside exec unshare --net --mount --pid --fork --kill-child --mount-proc \
		--propagation private bash "$0" "$@"
}

_private_inside()
{
	mount -t tmpfs -o mode=755 run /run || _private_skip "cannot mount a tmpfs"
	mkdir -p /run/netns /run/lock /run/tmp
	ip link set lo up
	export ESPINTCP_PRIVATE=inside TMPDIR=/run/tmp
}

if [ -z "${BENCH:-}" ]; then
	case " $(sed -n '1,15s/^# bench: *//p' "$0") :${ESPINTCP_PRIVATE:-}" in
	*' live '*:) _private_outside "$@" ;;
	*:outside) _private_inside ;;
	esac
fi
