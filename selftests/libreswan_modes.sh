#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Two unmodified libreswan of whatever release this is: TCP at once, and TCP where UDP does not get through, over IPv4 and IPv6;
# then unload, and stock behaviour is back.
# bench: matrix
# limit: 600
. "$(dirname "$0")/lib/tap.sh"
. "$TOP/selftests/lib/sa.sh"
. "$TOP/selftests/lib/ipsec.sh"
. "$TOP/selftests/lib/swan.sh"

[ -x /usr/libexec/ipsec/pluto ] || bail_out "no libreswan; mend with: apt-get install libreswan"
unroute() { whack "$1" --name "$2" --unroute >/dev/null; }
unloaded() { ! loaded || modprobe -r espintcp; }

conf_begin
for fam in 4 6; do
	for mode in yes fallback; do
		conf_conn $mode$fam $fam $fam leftid=@west-$mode$fam enable-tcp=$mode leftupdown=%disabled rightupdown=%disabled \
			retransmit-timeout=5s
	done
done
cp "$TMP/ipsec.conf" "$TMP/swan.conf"
diag "$(ipsec --version 2>&1 | head -n 1), Linux $(uname -r)"
topo_up

# drop_udp HOST: what IKE would use without TCP
drop_udp()
{
	cat >"$TMP/nft" <<-EOF
		table inet lab {
			chain input {
				type filter hook input priority 0; policy accept;
				udp dport { 500, 4500 } counter drop
			}
		}
	EOF
	ip netns exec "$1" nft -f "$TMP/nft"
}
# Not through a pipe: older nft writes a line at a time, and fails where nobody reads the rest
dropped() { grep -qE 'packets [1-9]' <<<"$(ip netns exec east nft list table inet lab)"; }

# From 5.0 on the command ends with the attempt over UDP, and what it began goes on
bring_up()
{
	swan west auto --up "$1" || [ "$1" != "${1#fallback}" ] || return 1
	wait_for 60 came_or_cannot
	encap_is espintcp 2
}
came_or_cannot() { encap_is espintcp 2 || only_tcp4 west; }

swan_start west
swan_start east
try "libreswan starts in west" swan_ready west
try "libreswan starts in east" swan_ready east
state_remember

for mode in yes fallback; do
	if [ $mode = fallback ]; then
		try "UDP is dropped in west" drop_udp west
		try "UDP is dropped in east" drop_udp east
	fi
	for fam in 4 6; do
		name="enable-tcp=$mode over IPv$fam"
		to_west=WEST_IN$fam to_east=EAST_IN$fam
		if ! bring_up $mode$fam >"$TMP/up.log" 2>&1 && [ $fam = 6 ] && only_tcp4 west; then
			skip "$name" "this libreswan has TCP on IPv4 alone"
			whack west --name $mode$fam --terminate >/dev/null
			continue
		fi
		try "$name: up" encap_is espintcp 2 || tail -n 20 "$TMP"/up.log "$TMP"/pluto-*.log | sed 's/^/# /'
		try "$name: pings from west" pings west ${!to_east}
		try "$name: pings from east" pings east ${!to_west}
		wire_start || bail_out "tcpdump does not start"
		try "$name: $(file_mb) MB each way arrive unchanged" exchange ${!to_west} ${!to_east}
		try "$name: nothing but TCP was on the wire" wire_is_tcp 4500
		try "$name: both kernels say espintcp" encap_is espintcp 2
		try "$name: down" swan west auto --down $mode$fam
		unroute west $mode$fam
		unroute east $mode$fam
		try "$name: nothing is left" nothing_left
	done
done
try "UDP had its try" dropped

try "libreswan in west ends" swan_stop west
try "libreswan in east ends" swan_stop east
outer 4
try "the module can be unloaded" wait_for 10 unloaded
fails "stock behaviour is back: no encap espintcp" '!0' . sa_add tunnel sa_gcm
try "stock behaviour is back: a native SA" ip -n west xfrm state add src $WEST4 dst $EAST4 proto esp spi 0x3004 mode tunnel \
	aead 'rfc4106(gcm(aes))' 0x0000000000000000000000000000000000000033 128
