# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced by the lab's tools: where things are, and how they speak.

set -euo pipefail

lab=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$lab/../.." && pwd)
cache=${ESPINTCP_CACHE:-$top/.cache}

note() { printf '# %s\n' "$*" >&2; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 2; }
need_root() { [ "$(id -u)" = 0 ] || die "needs root ($1): run it with sudo"; }

# The release of the cached stock kernel; empty when there is none yet.
default_kver()
{
	cat "$cache/kernel/default" 2>/dev/null || true
}

# Whether a directory still holds a kernel's modules: a clean target of the kernel's, run on the tree, takes them away.
has_modules() { [ -n "$(find "$1" -name 'esp4.ko*' -print -quit 2>/dev/null)" ]; }

# locked NAME COMMAND...: one at a time, so that two runs do not build the same thing into each other.
locked()
{
	local name=$1
	shift
	mkdir -p "$cache"
	(
		flock 9
		"$@" 9>&-
	) 9>"$cache/.lock-$name"
}
