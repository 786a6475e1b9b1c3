#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Each allocation of ours fails once (nomem.c).
# bench: uml
# limit: 400
[ -d /sys/kernel/debug/failslab ] || { echo "1..0 # SKIP this kernel injects no faults"; exit 0; }
modprobe -a esp4 esp6 xfrm_user 2>/dev/null
export PATH=${TOP:-.}/helper:$PATH
CMOCKA_MESSAGE_OUTPUT=TAP exec "${TOP:-.}/selftests/bin/nomem"
