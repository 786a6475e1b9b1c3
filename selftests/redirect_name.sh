#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A gateway names another one (RFC 5685) that no resolver tells the address of: the tunnel that is there lives all the while.
# bench: uml live
# needs: espintcp ping nft jq
# limit: 120
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/sa.sh"
. "$(dirname "$0")/lib/ipsec.sh"

modprobe espintcp || bail_out "no module"
topo_up
# The gateway gives a silent peer up long before the resolver is given up
conf_begin
conf_conn named 4 4 left=%defaultroute leftid=@named auto=ignore accept-redirect=yes
conf_conn gateway 4 4 left=%any leftid=@named dpddelay=1 dpdtimeout=6
name=gw.example.org

# What would answer is silent, and asked for minutes
east nft 'table inet block { chain input { type filter hook input priority 0; udp dport 53 drop; }; }'
printf '%s\n' "nameserver $EAST4" 'options timeout:30 attempts:5' >"$TMP/resolv.conf"
mount --bind "$TMP/resolv.conf" /etc/resolv.conf && at_exit 'umount /etc/resolv.conf'

answers() { grep -c 'from .*INFORMATIONAL response' "$serve_log"; }
more_answers() { [ "$(answers)" -ge "$1" ]; }
tunnels() { timeout 10 ip netns exec west espintcp status --run-dir "$TMP/run-west" --json | jq -rc '[.tunnels[].name]'; }
send_away() { ip netns exec east espintcp redirect gateway $name --run-dir "$TMP/run-east"; }
sent_away()
{
	try "espintcp redirect, $1" send_away
	try "west is told, $1" wait_for 10 says "$up_log" "the peer redirects us: $name" "$2"
}

try "espintcp serve" serve east --verbose
server=$started
state_remember
try "espintcp up" up west named
up=$started up_log=$TMP/up-named.log

sent_away "first" 1
try "the tunnel's liveness checks are answered" wait_for 15 more_answers $(($(answers) + 5))
is "its process answers, too" "$(tunnels)" '["named"]'
unlike "the resolver has not been given up yet" "$(cat "$up_log")" 'no address is known'
try "it carries packets" west ping -q -c 3 -i 0.05 -w 10 $EAST_IN4
try "the resolver is given up" wait_for 40 says "$up_log" "stays where it is: no address is known for $name: no answer from the resolver in 20 s" 1
try "the tunnel's liveness checks are answered still" wait_for 15 more_answers $(($(answers) + 3))

sent_away "second" 2
try "down while the resolver is asked" down west named
try "up ends well" wait "$up"
try "nothing is left" nothing_left

stop "$server"
sed -i "s/^config setup/&\n\tglobal-redirect=yes\n\tglobal-redirect-to=$name/" "$TMP/ipsec.conf"
try "a gateway that sends everybody away" serve east
# shellcheck disable=SC2046 # options
fails "no tunnel and no name" 1 "no address is known for $name: no answer from the resolver in 2 s" \
	ip netns exec west espintcp up named $(_helper_options west) --timeout 2
