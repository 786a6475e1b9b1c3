#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Road warriors and an unmodified strongSwan over UDP: addresses and name servers from its pool for espintcp, and from
# espintcp's for it, of IPv4 and IPv6.
# bench: uml-peers
# limit: 240
. "$(dirname "$0")/lib/tap.sh"
. "$TOP/selftests/lib/sa.sh"
. "$TOP/selftests/lib/ipsec.sh"
. "$TOP/selftests/lib/strongswan.sh"

modprobe espintcp || bail_out "no module"
topo_up
mkdir "$TMP/bin"
printf '#!/bin/sh\necho "$*" >>"%s"\n' "$TMP/resolvectl.log" >"$TMP/bin/resolvectl"
chmod 755 "$TMP/bin/resolvectl"
PATH=$TMP/bin:$PATH

conf_begin
conf_conn client 4 host left=%defaultroute enable-tcp=no pfs=no encapsulation=yes leftmodecfgclient=yes "rightsubnets={$EAST_NET4 $EAST_NET6}" auto=ignore
conf_conn pool 4 host left=%any leftid=%any enable-tcp=no pfs=no encapsulation=yes leftaddresspool=10.9.0.2-10.9.0.9,fd09::2-fd09::9 \
	"rightsubnets={$EAST_NET4 $EAST_NET6}" modecfgdns=10.2.0.53 modecfgdomains=corp.example
strong_begin
strong_conn net west 4 dynamic $EAST_NET4 encap=yes
strong_set west connections.net.vips=0.0.0.0,:: connections.net.children.net6.{local_ts=dynamic,remote_ts=$EAST_NET6}
strong_set east connections.net.pools=four,six connections.net.remote_addrs=%any connections.net.children.net.remote_ts=dynamic \
	pools.four.addrs=10.9.0.2-10.9.0.9 pools.four.dns=10.2.0.53 pools.six.addrs=fd09::2-fd09::9 \
	connections.net.children.net6.{local_ts=$EAST_NET6,remote_ts=dynamic}

try "strongSwan starts in east, with pools" strong_start east || bail_out "no strongSwan"
state_remember
try "espintcp up: strongSwan answers" up west client
up=$started
like "espintcp up: what strongSwan gives" "$(cat "$TMP/up-client.log")" 'addresses from the peer: 10\.9\.0\.2, fd09::2; name servers 10\.2\.0\.53$'
is "espintcp up: name servers are handed over" "$(cat "$TMP/resolvectl.log")" "dns esp-client 10.2.0.53
domain esp-client ~."
try "espintcp up: pings" pings west $EAST_IN4
try "espintcp up: pings of that address" pings east 10.9.0.2
try "espintcp up: pings of IPv6" pings west $EAST_IN6
try "espintcp up: pings of that address, too" pings east fd09::2
try "espintcp down" down west client
try "espintcp up ends well" wait "$up"
try "nothing is left" nothing_left
try "espintcp up comes again" up west client
up=$started
like "espintcp up comes again: strongSwan gives the same address" "$(cat "$TMP/up-client.log")" 'addresses from the peer: 10\.9\.0\.2, fd09::2;'
try "espintcp down once more" down west client
try "espintcp up ends well once more" wait "$up"
strong_stop east

try "espintcp serve in east, with a pool" serve east
server=$started
try "strongSwan starts in west, as a client" strong_start west
state_remember
try "strongSwan initiates, espintcp answers" strong_up west net
like "strongSwan: what espintcp gives" "$(cat "$TMP/strong-west.log")" 'installing new virtual IP 10\.9\.0\.2'
like "strongSwan: of IPv6, too" "$(cat "$TMP/strong-west.log")" 'installing new virtual IP fd09::2'
like "strongSwan: name servers" "$(cat "$TMP/strong-west.resolv")" '10\.2\.0\.53'
try "strongSwan: pings" wait_for 10 west ping -q -c 1 -W 1 -I 10.9.0.2 $EAST_IN4
try "strongSwan: pings of that address" pings east 10.9.0.2
try "strongSwan: a child SA for IPv6, too" strong_up west net6
try "strongSwan: pings of IPv6" wait_for 10 west ping -q -c 1 -W 1 -I fd09::2 $EAST_IN6
try "strongSwan: pings of that address, too" pings east fd09::2
try "strongSwan deletes the SA that it made" strong_down west net
try "espintcp serve has taken the DELETE: nothing is left" nothing_left
try "strongSwan initiates once more" strong_up west net
is "strongSwan: the same address again" "$(grep -c 'installing new virtual IP 10\.9\.0\.2' "$TMP/strong-west.log")" 2
try "espintcp down at the responder" down east pool
try "strongSwan has taken the DELETE: nothing is left" nothing_left
strong_stop west
kill -INT "$server"
try "espintcp serve ends well" wait "$server"
