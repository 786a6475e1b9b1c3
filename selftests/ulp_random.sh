#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Any calls on attached sockets, by several threads of an unprivileged process (ulp_random.c).
# bench: uml qemu-long
# clock: host
# limit: 300
modprobe espintcp || exit 1
CMOCKA_MESSAGE_OUTPUT=TAP exec "${TOP:-.}/selftests/bin/ulp_random"
