#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What is said in more than one place is the same everywhere.
# bench: host
. "$(dirname "$0")/lib/tap.sh"

# What DKMS sets
kernelver='' kernel_source_dir=''
. "$TOP/dkms.conf"
is "dkms.conf has the version of the tree" "$PACKAGE_VERSION" "$(cat "$TOP/VERSION")"

read -r _ version _ <"$TOP/debian/changelog"
is "and so has debian/changelog" "$version" "($(cat "$TOP/VERSION"))"

try "what follows from the netlink specification is current" "$TOP/Documentation/netlink/generate" --check
