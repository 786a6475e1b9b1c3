#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Memory that a peer can make us hold, and what an owner that does not read does to ESP (pinned.c).
# bench: uml
modprobe espintcp || exit 1
export PATH=${TOP:-.}/helper:$PATH
CMOCKA_MESSAGE_OUTPUT=TAP exec "${TOP:-.}/selftests/bin/pinned"
