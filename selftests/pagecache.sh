#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A file's pages in the sender's stream stay what they are while the receiver decrypts (pagecache.c).
# bench: uml qemu live
# needs: ping
# limit: 200
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/sa.sh"

modprobe espintcp || bail_out "no module"
topo_up

WAYS='splice sendfile vmsplice zerocopy'
GOOD=4 WRONG=2
# Loopback addresses come out of a stream without a route of their own
sysctl_lines() { printf 'net.ipv4.conf.%s=1\n' all.route_localnet lo.route_localnet all.accept_local lo.accept_local; }
sysctl_lines | west sysctl -q -p - || bail_out "no loopback"

# one PLACE ALGORITHM SENDER-NETNS RECEIVER-NETNS SENDER RECEIVER: each way; the SA says what it decrypted
one()
{
	local place=$1 alg=$2 from=$3 to=$4 src=$5 dst=$6 zero=0.0.0.0 way n=0 stats
	[[ $src != *:* ]] || zero=::
	# shellcheck disable=SC2046 # words
	ip -n "$to" xfrm state add src "$src" dst "$dst" proto esp spi 0x1001 reqid 1 mode transport $($alg 11) \
		encap espintcp $PORT_WEST $PORT_EAST $zero || { not_ok "$place, ${alg#sa_}: the SA"; return; }
	for way in $WAYS; do
		# shellcheck disable=SC2046 # words
		try "$place, ${alg#sa_}, $way: delivered, and the file is unchanged" \
			pagecache "$way" "$from" "$to" "$src" "$dst" 0x1001 $($alg 11)
		n=$((n + 1))
	done
	stats=$(ip -n "$to" -s xfrm state | tr -s ' \t\n' ' ')
	like "$place, ${alg#sa_}: the SA took the good ones" "$stats" " $((GOOD * n))\(packets\)"
	like "$place, ${alg#sa_}: and found the wrong ICVs" "$stats" " failed $((WRONG * n))( |\$)"
	ip -n "$to" xfrm state flush
}

for alg in sa_gcm sa_cbc sa_chacha; do
	one "loopback IPv4" $alg west west 127.0.0.1 127.0.0.1
	one "loopback IPv6" $alg west west ::1 ::1
	one "veth IPv4" $alg west east $WEST4 $EAST4
	one "veth IPv6" $alg west east $WEST6 $EAST6
done

# The flag is the kernel's own: from 6.5 on, splice and sendfile are done with it
if grep -q ' splice_to_socket$' /proc/kallsyms; then
	ok "splice and sendfile went by MSG_SPLICE_PAGES"
else
	skip "MSG_SPLICE_PAGES" "this kernel is older than that flag"
fi
