#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# All that can end, ends under traffic, and begins again: with crypto that is done at once, and with requests under way.
# bench: uml qemu-debug
# limit: 900
. "$(dirname "$0")/lib/tap.sh"

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

# Parallel on several CPUs; on one, a kernel thread of its own
if [ "$(nproc)" -gt 1 ]; then
	modprobe pcrypt || bail_out "no pcrypt"
	driver='pcrypt(rfc7539esp(chacha20-generic,poly1305-generic))'
else
	modprobe cryptd || bail_out "no cryptd"
	driver='cryptd(rfc7539esp(chacha20-generic,poly1305-generic))'
fi
try "an asynchronous instance of higher priority" cryptoalg add "$driver" 9000
export ALG=chacha
storms "the same with asynchronous crypto under way"

unloaded() { rmmod espintcp; }
try "nothing holds the module in the end" wait_for 20 unloaded
try "nor the instance" wait_for 20 cryptoalg del "$driver"
