#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A guest is what the other tests take for granted: a root of its own, its kernel's modules with ours, two hosts on a wire.
# bench: uml qemu
. "$(dirname "$0")/lib/tap.sh"

is "the kernel is the bench's" "$(uname -r)" "$KVER"
[ "$BENCH" != qemu ] || is "there are two processors" "$(nproc)" 2
is "the root is an overlay" "$(stat -f -c %T /)" overlayfs
try "files of the tree are there" cmp "$TOP/VERSION" VERSION
try "and can be written without harm to the host" touch "$TOP/written-in-a-guest"
try "results can be handed out" sh -c "echo seen > '$RESULTS/lab_guest.handed' && rm '$RESULTS/lab_guest.handed'"
try "random numbers do not wait" timeout 20 head -c 16 /dev/random
try "modprobe finds our module by the name that setsockopt asks for" modprobe tcp-ulp-espintcp
is "the loaded module is the tree's version" "$(cat /sys/module/espintcp/version)" "$(cat "$TOP/VERSION")"
# A test before this one may have left TCP that has yet to notice that its route is gone
try "it can be unloaded" wait_for 60 unloaded
topo_up
try "the wire carries IPv4" west ping -n -c 1 -w 5 $EAST4
try "the wire carries IPv6" west ping -n -c 1 -w 5 $EAST6
fails "the inner networks do not reach each other without a tunnel" !0 '0 received' west ping -n -c 1 -w 1 -I $WEST_IN4 $EAST_IN4
try "XFRM is empty" xfrm_clean west
