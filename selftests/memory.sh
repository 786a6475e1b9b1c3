#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What an idle socket takes of the kernel's memory, beside what TCP does.
# bench: qemu
. "$(dirname "$0")/lib/tap.sh"

[ -r /proc/slabinfo ] || skip_all "this kernel does not tell of its slabs"
modprobe espintcp || bail_out "no module"
ip link set lo up
read -r one left < <("$TOP/selftests/lib/idle.py" 1000)
diag "an attached socket: $one bytes; of it and its connection $left bytes stay when it is closed"
between() { [ "$1" -le "$2" ] && [ "$2" -le "$3" ]; }
# One object of 2 KiB, and its share of the tables that find it
try "an idle socket takes 2 KiB and no tenth more" between 1024 "${one:-0}" 2250
# Free objects that CPUs keep count as used
try "nothing of it is left when it is closed" [ "${left:-9999}" -lt 500 ]
