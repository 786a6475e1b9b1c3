# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A certificate authority and what it gives out, where espintcp looks for it (ipsecdir=) and as PKCS #12 for libreswan's NSS.

PKI=$TMP/ipsec.d

# _pki_key NAME ec|rsa|ed25519
_pki_key()
{
	local how
	case $2 in
	ec) how=(-algorithm EC -pkeyopt ec_paramgen_curve:P-256) ;;
	rsa) how=(-algorithm RSA -pkeyopt rsa_keygen_bits:2048) ;;
	ed25519) how=(-algorithm ED25519) ;;
	esac
	(umask 077 && openssl genpkey "${how[@]}" -out "$PKI/private/$1.key" 2>/dev/null)
}

# pki_begin: the CA, without anything that it signed
pki_begin()
{
	mkdir -p "$PKI"/{cacerts,certs,private,crls} "$TMP"/ca "$TMP"/nss-{west,east}
	: >"$TMP/ca/index"
	echo 01 >"$TMP/ca/number"
	cat >"$TMP/ca/conf" <<-EOF
	[ca]
	default_ca = this
	[this]
	database = $TMP/ca/index
	crlnumber = $TMP/ca/number
	default_md = sha256
	default_crl_days = 30
	certificate = $TMP/ca/ca.pem
	private_key = $TMP/ca/ca.key
	crl_extensions = crl
	[crl]
	authorityKeyIdentifier = keyid
	EOF
	(umask 077 && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/O=Test/CN=Test CA" \
		-addext "keyUsage=critical,keyCertSign,cRLSign" -keyout "$TMP/ca/ca.key" -out "$TMP/ca/ca.pem" 2>/dev/null) &&
		cp "$TMP/ca/ca.pem" "$PKI/cacerts/test.pem"
}

# pki_cert NAME KEY-TYPE HOST [EXTENSION...]: a certificate NAME for HOST, for the NSS of that one
pki_cert()
{
	local name=$1 type=$2 host=$3
	shift 3
	_pki_key "$name" "$type" &&
		openssl req -new -key "$PKI/private/$name.key" -subj "/O=Test/CN=$name" -out "$TMP/ca/$name.csr" &&
		printf '%s\n' "subjectAltName=DNS:$host" "basicConstraints=CA:FALSE" "keyUsage=digitalSignature" \
			"extendedKeyUsage=ipsecIKE" "$@" >"$TMP/ca/$name.ext" &&
		openssl x509 -req -in "$TMP/ca/$name.csr" -CA "$TMP/ca/ca.pem" -CAkey "$TMP/ca/ca.key" -CAcreateserial -days 20 \
			-extfile "$TMP/ca/$name.ext" -out "$PKI/certs/$name.pem" 2>/dev/null &&
		openssl pkcs12 -export -name "$name" -in "$PKI/certs/$name.pem" -inkey "$PKI/private/$name.key" \
			-certfile "$TMP/ca/ca.pem" -passout pass:x -out "$TMP/nss-$host/$name.p12"
}

# pki_revoke NAME: and a new CRL says so
pki_revoke()
{
	openssl ca -config "$TMP/ca/conf" -revoke "$PKI/certs/$1.pem" 2>/dev/null &&
		openssl ca -config "$TMP/ca/conf" -gencrl -out "$TMP/ca/crl.pem" 2>/dev/null &&
		mv "$TMP/ca/crl.pem" "$PKI/crls/test.pem"
}
