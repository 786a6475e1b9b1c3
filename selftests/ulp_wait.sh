#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Waiting for an attached socket, and how it ends: poll, epoll, select, timeouts, shutdown, linger (ulp_wait.c).
# bench: uml qemu-long
# limit: 150
modprobe espintcp || exit 1
CMOCKA_MESSAGE_OUTPUT=TAP exec "${TOP:-.}/selftests/bin/ulp_wait"
