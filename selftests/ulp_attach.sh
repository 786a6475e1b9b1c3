#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Which sockets can be attached, by whom, and what becomes of them then (ulp_attach.c).
# bench: uml qemu-long
# limit: 200
modprobe espintcp || exit 1
modprobe -q tls
CMOCKA_MESSAGE_OUTPUT=TAP exec "${TOP:-.}/selftests/bin/ulp_attach"
