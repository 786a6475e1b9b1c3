#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The ULP as its owner sees it: attach, send, recv, poll, close (ulp.c).
# bench: uml qemu qemu-debug
# limit: 200
modprobe espintcp || exit 1
CMOCKA_MESSAGE_OUTPUT=TAP exec "${TOP:-.}/selftests/bin/ulp"
