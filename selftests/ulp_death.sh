#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the owner of an attached socket learns when the stream dies, beside what a TCP socket says (ulp_death.c).
# bench: uml qemu
# limit: 200
modprobe espintcp || exit 1
CMOCKA_MESSAGE_OUTPUT=TAP exec "${TOP:-.}/selftests/bin/ulp_death"
