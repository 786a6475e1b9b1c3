#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The ULP as its owner sees it: attach, send, recv, poll, close (ulp.c).
# bench: uml qemu qemu-debug live
# limit: 200
here=$(dirname "$0")
. "$here/lib/private.sh"

modprobe espintcp || exit 1
# In the kernel's tree the tests' programs lie beside the tests
PATH=$here/bin:$here:$PATH CMOCKA_MESSAGE_OUTPUT=TAP exec ulp
