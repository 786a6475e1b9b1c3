#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Certificates between espintcp and an unmodified libreswan, each as initiator: ECDSA and RSA-PSS, over UDP and TCP,
# identities, a CRL.
# bench: uml-peers uml-libreswan
# needs: espintcp ping openssl
# limit: 300
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/sa.sh"
. "$(dirname "$0")/lib/ipsec.sh"
. "$(dirname "$0")/lib/swan.sh"
. "$(dirname "$0")/lib/pki.sh"

[ -x /usr/libexec/ipsec/pluto ] || bail_out "no libreswan; mend with: apt-get install libreswan"

# Each end has a conn of its own: it names the certificate of that end, the other one's comes from the peer. libreswan signs
# by the first method of authby=, whatever its key is: each conn has one.
# both NAME METHOD WEST-CERTIFICATE EAST-CERTIFICATE [KEY=VALUE...]
both()
{
	local name=$1 method=$2 west=$3 east=$4
	shift 4
	conf_conn "$name-west" 4 4 authby="$method" leftcert="$west" leftupdown=%disabled rightupdown=%disabled "$@"
	conf_conn "$name-east" 4 4 authby="$method" rightcert="$east" leftupdown=%disabled rightupdown=%disabled "$@"
}

pki_begin || bail_out "openssl makes no CA"
for kind in ec rsa; do
	for way in udp tcp; do
		for host in west east; do
			pki_cert $host-$kind-$way $kind $host || bail_out "openssl makes no certificate"
		done
	done
done
pki_cert west-gone ec west || bail_out "openssl makes no certificate"

conf_begin "ipsecdir=$PKI"
both ec-udp ecdsa west-ec-udp east-ec-udp enable-tcp=no
# With identities of their own, by which a responder tells the conns apart
dn() { both "$1" "$2" "west-$1" "east-$1" "leftid=\"O=Test, CN=west-$1\"" "rightid=\"O=Test, CN=east-$1\"" "${@:3}"; }
dn ec-tcp ecdsa
dn rsa-udp rsasig enable-tcp=no
dn rsa-tcp rsasig
both gone ecdsa west-gone east-ec-udp enable-tcp=no
sed "/ipsecdir=/d" "$TMP/ipsec.conf" >"$TMP/swan.conf"

topo_up
# over NAME: by TCP, or ESP in IP where it was UDP
over()
{
	case $1,$(encap_count west),$(encap_count east) in
	*-udp,2\ none,2\ none | *-tcp,2\ espintcp,2\ espintcp) ;;
	*) echo "$(encap_count west), $(encap_count east)"; return 1 ;;
	esac
}
unroute() { whack "$1" --name "$2" --unroute >/dev/null; }

swan_start west
swan_start east
try "libreswan starts in west" swan_ready west
try "libreswan starts in east" swan_ready east
state_remember

for name in ec-udp ec-tcp rsa-udp rsa-tcp; do
	try "espintcp up with $name, libreswan answers" up west $name-west
	up=$started
	try "espintcp to libreswan, $name: pings" pings west $EAST_IN4
	try "espintcp to libreswan, $name: UDP or TCP, as it should be" over $name
	try "espintcp down, $name" down west $name-west
	try "espintcp up ends well, $name" wait "$up"
	unroute east $name-east
done
try "nothing is left" nothing_left

try "libreswan in east ends" swan_stop east
state_remember
try "espintcp serve in east" serve east
serve=$started
state_remember
for name in ec-udp ec-tcp rsa-udp rsa-tcp; do
	try "libreswan initiates with $name, espintcp answers" whack west --name $name-west --initiate
	try "libreswan to espintcp, $name: pings" pings west $EAST_IN4
	try "libreswan to espintcp, $name: UDP or TCP, as it should be" over $name
	try "libreswan deletes the SA, $name" whack west --name $name-west --terminate
	unroute west $name-west
	try "nothing is left of $name" nothing_left
done

try "a certificate is revoked while espintcp serves" pki_revoke west-gone
whack west --name gone-west --initiate --asynchronous >/dev/null
try "espintcp sees that and says so" wait_for 20 grep -q 'O=Test, CN=west-gone: certificate revoked' "$serve_log"
whack west --name gone-west --terminate >/dev/null
unroute west gone-west
kill -INT "$serve"
try "Ctrl-C ends espintcp serve well" wait "$serve"
