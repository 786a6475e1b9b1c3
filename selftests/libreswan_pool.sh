#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Road warriors and unmodified libreswan over TCP, then UDP: addresses from its pool for espintcp, and from espintcp's for it.
# bench: uml-peers uml-libreswan matrix
# limit: 300
. "$(dirname "$0")/lib/tap.sh"
. "$TOP/selftests/lib/sa.sh"
. "$TOP/selftests/lib/ipsec.sh"
. "$TOP/selftests/lib/swan.sh"

[ -x /usr/libexec/ipsec/pluto ] || bail_out "no libreswan; mend with: apt-get install libreswan"

# The connection as each end has it; where an end has both, it would have to choose
# client yes|no: with TCP
client() { conf_conn net 4 host "${swan_needs[@]}" enable-tcp="$1" leftsubnet=0.0.0.0/0 leftmodecfgclient=yes rightsubnet=$EAST_NET4 narrowing=yes; }
server()
{
	conf_conn net 4 host "${swan_needs[@]}" enable-tcp=fallback left=%any leftaddresspool=10.9.0.2-10.9.0.9 leftmodecfgclient=yes rightmodecfgserver=yes \
		rightsubnet=$EAST_NET4 modecfgdns=10.2.0.53 modecfgdomains=corp.example narrowing=yes "$@"
}
# A new file, for the old one stays mounted
swan_conf() { rm -f "$TMP/swan.conf"; cp "$TMP/ipsec.conf" "$TMP/swan.conf"; }

topo_up
mkdir "$TMP/bin"
printf '#!/bin/sh\necho "$*" >>"%s"\n' "$TMP/resolvectl.log" >"$TMP/bin/resolvectl"
chmod 755 "$TMP/bin/resolvectl"
PATH=$TMP/bin:$PATH

conf_begin
server leftupdown=%disabled rightupdown=%disabled
swan_conf
swan_start east
try "libreswan starts in east, with a pool" swan_ready east
conf_begin
client yes
try "espintcp up: libreswan answers" up west net
up=$started
like "espintcp up: what libreswan gives" "$(cat "$TMP/up-net.log")" 'addresses from the peer: 10\.9\.0\.2; name servers 10\.2\.0\.53$'
like "espintcp up: the policies are for that address" "$(cat "$TMP/up-net.log")" 'SAs installed: .*10\.9\.0\.2/32 === 10\.2\.0\.0/24$'
is "espintcp up: name servers are handed over" "$(cat "$TMP/resolvectl.log")" "dns esp-net 10.2.0.53
domain esp-net corp.example"
try "espintcp up: pings" pings west $EAST_IN4
try "espintcp up: pings of that address" pings east 10.9.0.2
try "espintcp up: both kernels say espintcp" encap_is espintcp 2
try "espintcp down" down west net
try "espintcp up ends well" wait "$up"
try "libreswan has taken the DELETE" wait_for 10 no_state east
conf_begin
client no
try "espintcp up comes again, by UDP" up west net
up=$started
like "espintcp up comes again: libreswan gives the same address" "$(cat "$TMP/up-net.log")" 'addresses from the peer: 10\.9\.0\.2;'
is "espintcp up comes again: that is UDP" "$(encap_count west), $(encap_count east)" "2 none, 2 none"
try "espintcp up comes again: pings" pings west $EAST_IN4
try "espintcp down once more" down west net
try "espintcp up ends well once more" wait "$up"
try "libreswan in east ends" swan_stop east
ip -n east xfrm policy flush
ip -n east xfrm state flush

conf_begin
client yes
swan_conf
swan_start west
try "libreswan starts in west, as a client" swan_ready west
conf_begin
server leftid=%any
try "espintcp serve in east, with a pool" serve east
server=$started
try "libreswan initiates, espintcp answers" whack west --name net --initiate
like "libreswan: what espintcp gives" "$(cat "$TMP/pluto-west.log")" 'received INTERNAL_IP4_ADDRESS 10\.9\.0\.2'
like "libreswan: name servers" "$(cat "$TMP/pluto-west.log")" '10\.2\.0\.53'
try "libreswan: pings" wait_for 10 ip netns exec west ping -q -c 1 -W 1 -I 10.9.0.2 $EAST_IN4
try "libreswan: pings of that address" pings east 10.9.0.2
try "libreswan: both kernels say espintcp" encap_is espintcp 2
try "libreswan deletes the SA that it made" whack west --name net --terminate
try "espintcp serve has taken the DELETE" wait_for 10 no_state east
# Into the file that it has
conf_begin
client no
cat "$TMP/ipsec.conf" >"$TMP/swan.conf"
try "libreswan takes a configuration without TCP" swan west auto --replace net
try "libreswan initiates once more, by UDP" whack west --name net --initiate
is "libreswan: that is UDP" "$(encap_count west), $(encap_count east)" "2 none, 2 none"
try "libreswan: pings by UDP" wait_for 10 ip netns exec west ping -q -c 1 -W 1 -I 10.9.0.2 $EAST_IN4
is "libreswan: the same address again" "$(grep -c 'gets 10\.9\.0\.2$' "$serve_log")" 2
try "libreswan in west ends" swan_stop west
kill -INT "$server"
try "espintcp serve ends well" wait "$server"
