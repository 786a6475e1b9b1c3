#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What is said in more than one place is the same everywhere.
# bench: host
. "$(dirname "$0")/lib/tap.sh"

. "$TOP/dkms.conf"
is "dkms.conf has the version of the tree" "$PACKAGE_VERSION" "$(cat "$TOP/VERSION")"

# The header's enums in the order of the specification, value for value
header() { sed -n "s/^\t\(ESPINTCP_${1}_[A-Z0-9_]*\),.*/\1/p" "$TOP/uapi/linux/espintcp.h" | grep -v '_UNSPEC$'; }
spec()
{
	python3 - "$1" "$TOP/Documentation/netlink/specs/espintcp.yaml" <<-'EOF'
	import sys, yaml
	prefix, spec = sys.argv[1], yaml.safe_load(open(sys.argv[2]))
	if prefix == "CMD":
	    names = ["cmd-" + op["name"] for op in spec["operations"]["list"]]
	else:
	    sets = {s["name"]: s for s in spec["attribute-sets"]}
	    s = sets[prefix[2:].lower()]
	    names = [s["name-prefix"][len("espintcp-"):] + a["name"] for a in s["attributes"]]
	for n in names:
	    print("ESPINTCP_" + n.upper().replace("-", "_"))
	EOF
}
for part in CMD A_INFO A_SOCKET A_COUNTER; do
	is "the header has the specification's ${part,,}" "$(header $part)" "$(spec $part)"
done
