#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# All that can end, ends under traffic, and begins again: with crypto that is done at once, and with requests under way.
# bench: uml qemu-debug
# clock: host
# limit: 900
. "$(dirname "$0")/lib/tap.sh"
. "$TOP/selftests/lib/async.sh"

export CYCLES=${CYCLES:-20}
modprobe espintcp || bail_out "no module"
modprobe -a chacha20poly1305 seqiv

# storms DESCRIPTION: all of them; its TAP is folded into one result
storms()
{
	local began=$SECONDS
	if CMOCKA_MESSAGE_OUTPUT=TAP storm >"$TMP/storm" 2>&1; then
		ok "$1, $CYCLES times each, in $((SECONDS - began)) s"
	else
		not_ok "$1" "$(tail -n 40 "$TMP/storm")"
	fi
}

storms "sockets, SAs, policies, namespaces, owners and the module go under traffic"

async_up
export ALG=chacha
storms "the same with asynchronous crypto under way"

try "nothing holds the module in the end" wait_for 20 unloaded
async_down 20
