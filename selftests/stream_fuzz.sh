#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Random streams from a hostile peer through the kernel's receive path, against a model (stream_fuzz.c).
# bench: uml
# clock: host
# limit: 900
modprobe espintcp || exit 1
export PATH=${TOP:-.}/helper:$PATH
CMOCKA_MESSAGE_OUTPUT=TAP exec "${TOP:-.}/selftests/bin/stream_fuzz"
