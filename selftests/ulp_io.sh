#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# send(), recv() and their relatives on an attached socket, flag by flag (ulp_io.c).
# bench: uml qemu-long
# limit: 150
modprobe espintcp || exit 1
CMOCKA_MESSAGE_OUTPUT=TAP exec "${TOP:-.}/selftests/bin/ulp_io"
