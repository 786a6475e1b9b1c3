#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# On a kernel that gets no more than this each day: load, attach, a tunnel by IKE and files through it, unload.
# bench: smoke
# limit: 240
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/sa.sh"
. "$(dirname "$0")/lib/ipsec.sh"

unloaded() { ! loaded || modprobe -r espintcp; }

# Other scripts leave it there
wait_for 10 unloaded || bail_out "the module is in use"
topo_up
outer 4
modprobe -a esp4 esp6
fails "stock: the kernel refuses encap espintcp" '!0' . sa_add tunnel sa_gcm
try "the module loads" modprobe espintcp
like "it is loaded" "$(cat /proc/modules)" '^espintcp '

conf_begin
conf_conn net 4 4
conf_conn net6 6 6
try "espintcp serve" serve east
serve=$started
state_remember
for conn in "net $WEST_IN4 $EAST_IN4" "net6 $WEST_IN6 $EAST_IN6"; do
	read -r name to_west to_east <<<"$conn"
	try "$name: espintcp up" up west "$name"
	up=$started
	try "$name: pings from west" pings west "$to_east"
	try "$name: pings from east" pings east "$to_west"
	try "$name: 2 MB each way arrive unchanged" exchange "$to_west" "$to_east" 2
	try "$name: both kernels say espintcp" encap_is espintcp 2
	try "$name: espintcp down" down west "$name"
	try "$name: espintcp up ends well" wait "$up"
	try "$name: nothing is left" nothing_left
done
kill -INT "$serve"
try "espintcp serve ends well" wait "$serve"
try "the module can be unloaded" wait_for 10 unloaded
fails "stock behaviour is back: no encap espintcp" '!0' . sa_add tunnel sa_gcm
try "stock behaviour is back: a native SA" ip -n west xfrm state add src $WEST4 dst $EAST4 proto esp spi 0x3004 mode tunnel \
	aead 'rfc4106(gcm(aes))' 0x0000000000000000000000000000000000000033 128
