#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Certificates between espintcp and an unmodified strongSwan over UDP, each as initiator: ECDSA, RSA by PKCS #1 and by PSS,
# Ed25519, DNS names and distinguished names, certificates so large that messages are cut (RFC 7383), and one that is revoked.
# bench: uml-peers
# limit: 240
. "$(dirname "$0")/lib/tap.sh"
. "$TOP/selftests/lib/sa.sh"
. "$TOP/selftests/lib/ipsec.sh"
. "$TOP/selftests/lib/pki.sh"
. "$TOP/selftests/lib/strongswan.sh"

modprobe espintcp || bail_out "no module"
large="nsComment=$(head -c 900 /dev/zero | tr '\0' x)"
pki_begin || bail_out "openssl makes no CA"
for host in west east; do
	for kind in ec ed25519; do
		pki_cert "$host-$kind" $kind $host || bail_out "openssl makes no certificate"
	done
	pki_cert "$host-rsa" rsa $host "$large" || bail_out "openssl makes no certificate"
done
pki_cert west-gone ec west || bail_out "openssl makes no certificate"
pki_revoke west-gone || bail_out "openssl makes no CRL"

# both NAME METHOD KIND [dn]: conns of ours, NAME-west and NAME-east, and one of strongSwan's
both()
{
	local name=$1 method=$2 kind=$3 ids=() host other
	[ -z "${4:-}" ] || ids=("leftid=\"O=Test, CN=west-$kind\"" "rightid=\"O=Test, CN=east-$kind\"")
	conf_conn "$name-west" 4 4 enable-tcp=no authby="$method" leftcert="west-$kind" "${ids[@]}"
	conf_conn "$name-east" 4 4 enable-tcp=no authby="$method" rightcert="east-$kind" "${ids[@]}"
	strong_conn "$name" west 4 $WEST_NET4 $EAST_NET4 send_cert=always remote.auth=pubkey
	for host in "west east" "east west"; do
		read -r host other <<<"$host"
		strong_set "$host" "connections.$name.local.auth=pubkey" "connections.$name.local.certs=$PKI/certs/$host-$kind.pem"
		[ -z "${4:-}" ] || strong_set "$host" "connections.$name.local.id=\"O=Test, CN=$host-$kind\"" \
			"connections.$name.remote.id=\"O=Test, CN=$other-$kind\""
		cp "$PKI/private/$host-$kind.key" "$TMP/strong-$host.d/private/"
	done
}

conf_begin "ipsecdir=$PKI"
strong_begin
cp "$TMP/ca/ca.pem" "$TMP/strong-west.d/x509ca/"
cp "$TMP/ca/ca.pem" "$TMP/strong-east.d/x509ca/"
both ec ecdsa ec
both rsa rsasig rsa dn
both ed eddsa ed25519 dn
mkdir "$TMP"/strong-{west,east}.d/x509crl
cp "$PKI/private/west-gone.key" "$TMP/strong-west.d/private/"
# In the place of the certificate that it should have
conf_conn gone 4 4 enable-tcp=no authby=ecdsa leftcert=west-gone

topo_up

try "strongSwan starts in east" strong_start east || bail_out "no strongSwan"
state_remember
for name in ec rsa ed; do
	try "espintcp up with $name, strongSwan answers" up west $name-west
	up=$started
	try "espintcp to strongSwan, $name: pings" pings west $EAST_IN4
	try "espintcp down, $name" down west $name-west
	try "espintcp up ends well, $name" wait "$up"
	try "espintcp to strongSwan, $name: nothing is left" nothing_left
done
try "strongSwan has received fragments" strong_says east 'received fragment #[0-9] of [2-9]'
try "strongSwan has sent fragments" strong_says east 'splitting IKE message .* into [2-9] fragments'
cp "$PKI/crls/test.pem" "$TMP/strong-east.d/x509crl/"
try "strongSwan is told of a CRL" strong_load east
fails "a certificate that is revoked: strongSwan says no" 1 'AUTHENTICATION_FAILED' up west gone
like "a certificate that is revoked: that is why" "$(cat "$TMP/strong-east.log")" 'certificate was revoked'
strong_stop east

try "espintcp serve in east" serve east
server=$started
try "strongSwan starts in west" strong_start west
state_remember
for name in ec rsa ed; do
	try "strongSwan initiates with $name, espintcp answers" strong_up west $name
	try "strongSwan to espintcp, $name: pings" pings west $EAST_IN4
	try "strongSwan deletes the SA, $name" strong_down west $name
	try "strongSwan to espintcp, $name: nothing is left" nothing_left
done
try "strongSwan has sent fragments, too" strong_says west 'splitting IKE message .* into [2-9] fragments'
try "strongSwan has received fragments, too" strong_says west 'received fragment #[0-9] of [2-9]'

strong_set west connections.rsa.local.auth=rsa/pss connections.ec.local.certs="$PKI/certs/west-gone.pem"
try "strongSwan takes a configuration with PSS" strong_load west
try "strongSwan initiates with PSS, espintcp answers" strong_up west rsa
try "strongSwan to espintcp, PSS: pings" pings west $EAST_IN4
try "strongSwan deletes the SA, PSS" strong_down west rsa
fails "a certificate that is revoked: we say no" !0 'AUTHENTICATION_FAILED' strong_up west ec
try "a certificate that is revoked: espintcp says why" wait_for 10 says "$serve_log" 'O=Test, CN=west-gone: certificate revoked' 1
strong_stop west
kill -INT "$server"
try "espintcp serve ends well" wait "$server"
