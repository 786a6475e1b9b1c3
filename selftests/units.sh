#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The services: systemd reads them without a complaint, and they may do little.
# bench: host
. "$(dirname "$0")/lib/tap.sh"

command -v systemd-analyze >/dev/null || skip_all "there is no systemd-analyze"
# With the program and the pages at the places that the units name
try "units are made for a prefix" make -s -C "$TOP" install-helper "PREFIX=$TMP/usr" DESTDIR=/
dir=$TMP/usr/lib/systemd/system
export MANPATH=$TMP/usr/share/man
for unit in espintcp@ espintcp-serve; do
	is "$unit: systemd finds nothing to complain of" "$(systemd-analyze verify "$dir/$unit.service" 2>&1)" ""
	try "$unit: exposure of 2.0 or less of 10" systemd-analyze security --offline=true --threshold=20 "$dir/$unit.service"
	try "$unit runs the program of the prefix" grep -q "^ExecStart=$TMP/usr/sbin/espintcp " "$dir/$unit.service"
	is "$unit has two capabilities" "$(sed -n 's/^CapabilityBoundingSet=//p' "$dir/$unit.service")" \
		"CAP_NET_ADMIN CAP_NET_BIND_SERVICE"
	is "$unit: no place is left open" "$(grep @ "$dir/$unit.service" | grep -v -e '@system-service' -e '@privileged')" ""
done
# The names that a connection may have are those that systemd hands over unchanged
like "an instance is a connection" "$(cat "$dir/espintcp@.service")" '^ExecStart=.* up %i$'
