#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An unmodified libreswan sends espintcp to another gateway (RFC 5685), in IKE_AUTH over TCP and UDP, and in mid-session.
# bench: uml-peers uml-libreswan
# limit: 180
. "$(dirname "$0")/lib/tap.sh"
. "$TOP/selftests/lib/sa.sh"
. "$TOP/selftests/lib/ipsec.sh"
. "$TOP/selftests/lib/swan.sh"

[ -x /usr/libexec/ipsec/pluto ] || bail_out "no libreswan; mend with: apt-get install libreswan"
modprobe espintcp || bail_out "no module"
topo_up
. "$TOP/selftests/lib/far.sh"

# gateway [KEY=VALUE...]: libreswan in east
gateway()
{
	conf_begin
	conf_conn net 4 4 enable-tcp=fallback leftupdown=%disabled rightupdown=%disabled "${swan_needs[@]}" "$@"
	rm -f "$TMP/swan.conf"
	mv "$TMP/ipsec.conf" "$TMP/swan.conf"
	swan_start east && swan_ready east
}
at_far() { ! no_state far && west ping -q -c 3 -i 0.05 -w 10 $EAST_IN4; }

try "libreswan starts in east, and sends everybody away" gateway send-redirect=yes redirect-to=$FAR4
conf_begin
for n in "tcp yes" "udp no"; do
	conf_conn "${n% *}" 4 4 "${swan_needs[@]}" enable-tcp="${n#* }" auto=ignore accept-redirect=yes
done
conf_conn far 4 4 left=%any leftid=@west enable-tcp=fallback right=$FAR4
cp "$TMP/ipsec.conf" "$TMP/ours.conf"
try "espintcp serve in the third host" serve far
for n in tcp udp; do
	try "IKE_AUTH, $n: up" up west $n
	up=$started
	like "IKE_AUTH, $n: it was sent there" "$(cat "$TMP/up-$n.log")" "the peer redirects us: $FAR4"
	try "IKE_AUTH, $n: the tunnel is at the other gateway" wait_for 10 at_far
	try "IKE_AUTH, $n: down" down west $n
	try "IKE_AUTH, $n: up ends well" wait "$up"
done

try "libreswan ends" swan_stop east
try "libreswan starts again, and takes everybody" gateway
cp "$TMP/ours.conf" "$TMP/ipsec.conf"
try "mid-session: up" up west tcp
up=$started
try "mid-session: libreswan sends its peer away" whack east --name net --redirect-to $FAR4
try "mid-session: the tunnel goes to the other gateway" wait_for 20 at_far
try "mid-session: libreswan has taken the DELETE" wait_for 10 no_state east
try "mid-session: down" down west tcp
try "mid-session: up ends well" wait "$up"
