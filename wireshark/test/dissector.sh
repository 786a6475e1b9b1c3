#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The Lua dissector finds in a capture what the capture's generator put there.
# bench: host
. "$(dirname "$0")/../../selftests/lib/tap.sh"

make_pcap=$TOP/wireshark/test/make_pcap.py

command -v tshark >/dev/null || skip_all "tshark is not installed"

see() { tshark -X "lua_script:$TOP/wireshark/espintcp.lua" "$@" 2>"$TMP/stderr"; }

# count CAPTURE KIND [TSHARK-OPTION...]
count()
{
	local pcap=$1 kind=$2
	shift 2
	see -r "$pcap" "$@" -Y espintcp -T fields -e espintcp.kind | tr ',' '\n' | grep -cx "$kind"
}

compare()
{
	local pcap=$1 want=$2 kind n
	shift 2
	while read -r kind n; do
		is "$kind messages $(printf '%s ' "$@")" "$(count "$pcap" "$kind" "$@")" "$n"
	done <"$want"
}

/usr/bin/python3 "$make_pcap" "$TMP/4500.pcap" >"$TMP/want" || bail_out "the generator failed"
/usr/bin/python3 "$make_pcap" "$TMP/443.pcap" 443 >/dev/null

compare "$TMP/4500.pcap" "$TMP/want"
unlike "tshark has no complaint about the script" "$(cat "$TMP/stderr")" 'Lua|error|rror:'
compare "$TMP/443.pcap" "$TMP/want" -o espintcp.ports:4500,443
compare "$TMP/443.pcap" "$TMP/want" -d tcp.port==443,espintcp
is "port 443 is not ours unless asked for" "$(see -r "$TMP/443.pcap" -Y espintcp | wc -l)" 0
compare "$TMP/4500.pcap" "$TMP/want" -2

ike=$(see -r "$TMP/4500.pcap" -Y isakmp -T fields -e isakmp.exchangetype -e isakmp.messageid | tr '\n' ';')
is "the isakmp dissector reads each exchange and message id" "$ike" \
	"37	0x00000000;37	0x00000000;37	0x00000001;37	0x00000001;37	0x00000000;"
is "the esp dissector reads each SPI and sequence number" \
	"$(see -r "$TMP/4500.pcap" -Y esp -T fields -e esp.spi -e esp.sequence | tr '\t\n' ' ;')" \
	"0x00001000,0x00001000 1,2;0x00002000,0x00002000 1,2;0x45544350 1;"
is "lengths can be filtered: one message has the largest" \
	"$(see -r "$TMP/4500.pcap" -Y 'espintcp.length == 18763' -T fields -e espintcp.kind)" esp
is "a bad length is reported as malformed" \
	"$(see -r "$TMP/4500.pcap" -Y 'espintcp.bad_length' | wc -l)" 1
is "a lone keepalive at the end is seen" \
	"$(see -r "$TMP/4500.pcap" -Y 'frame.number == 31' -T fields -e espintcp.kind)" keepalive
