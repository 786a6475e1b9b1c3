#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The netlink family and what it should refuse; a dump that sockets come and go under (netlink.c).
# bench: uml qemu-long
# limit: 240
modprobe espintcp || exit 1
ulimit -n 4096
CMOCKA_MESSAGE_OUTPUT=TAP exec "${TOP:-.}/selftests/bin/netlink"
