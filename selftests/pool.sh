#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Road warriors: addresses from a pool, name servers and routes from the peer; all of it is put back, also behind a crash.
# bench: uml live
# needs: espintcp ping nc ss jq
# limit: 240
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/sa.sh"
. "$(dirname "$0")/lib/ipsec.sh"

modprobe espintcp || bail_out "no module"
topo_up

# A third host, behind a router that east is: its way to the server has a gateway
at_exit "topo_down road"
if ! ip netns add road || ! ip link add wire netns road type veth peer name wire2 netns east; then
	bail_out "cannot make a third host"
fi
ip -n road link set lo up
ip -n road addr add 198.51.100.1/24 dev wire
ip -n road link set wire up
ip -n road route add default via 198.51.100.2
ip -n east addr add 198.51.100.2/24 dev wire2
ip -n east link set wire2 up
wait_for 10 ip netns exec road ping -q -c 1 -W 1 $EAST4 || bail_out "the third host does not reach the server"

pool=leftaddresspool=10.9.0.2-10.9.0.3
conf_begin
conf_conn split 4 host left=%defaultroute leftid=@client1 leftmodecfgclient=yes rightsubnet=$EAST_NET4 auto=ignore dpddelay=2 dpdtimeout=30
conf_conn other 4 host left=%defaultroute leftid=@client2 leftmodecfgclient=yes rightsubnet=$EAST_NET4 auto=ignore dpddelay=2 dpdtimeout=30
conf_conn third 4 host left=%defaultroute leftid=@client3 leftmodecfgclient=yes rightsubnet=$EAST_NET4 auto=ignore
conf_conn fixed 4 host left=%defaultroute leftid=@client4 leftsubnet=10.8.0.0/24 rightsubnet=$EAST_NET4 auto=ignore
conf_conn gw 4 host left=%any leftid=%any $pool rightsubnet=$EAST_NET4 modecfgdns=10.2.0.53 modecfgdomains=corp.example dpddelay=2 dpdtimeout=30
# All traffic, and both families; the pool is the same one
conf_conn full 4 host left=%defaultroute leftid=@client2 leftsubnet=0.0.0.0/0 leftmodecfgclient=yes rightid=@full rightsubnet=0.0.0.0/0 narrowing=yes auto=ignore
conf_conn gwfull 4 host left=%any leftid=%any $pool rightid=@full rightsubnet=0.0.0.0/0
conf_conn both 4 host left=%defaultroute leftid=@client1 leftmodecfgclient=yes rightid=@both "rightsubnets={$EAST_NET4 $EAST_NET6}" auto=ignore
conf_conn gwboth 4 host left=%any leftid=%any $pool,fd09::2-fd09::9 rightid=@both "rightsubnets={$EAST_NET4 $EAST_NET6}"

# What would manage name servers on a host; it notes how it was called
mkdir "$TMP/bin"
printf '#!/bin/sh\necho "$*" >>"%s"\n' "$TMP/resolvectl.log" >"$TMP/bin/resolvectl"
chmod 755 "$TMP/bin/resolvectl"
PATH=$TMP/bin:$PATH
resolvectl_calls() { cat "$TMP/resolvectl.log" 2>/dev/null; rm -f "$TMP/resolvectl.log"; }

# network HOST: interfaces, addresses, routes
network()
{
	ip -n "$1" -o link | awk '{ print $2 }'
	ip -n "$1" -o addr | awk '{ print $2, $4 }' | sort
	ip -n "$1" route
	ip -n "$1" -6 route
}
_network_as_before() { network "$1" | cmp -s - "$TMP/network-$1"; }
network_remember() { network west >"$TMP/network-west"; network road >"$TMP/network-road"; }
network_as_before()
{
	wait_for 10 _network_as_before "$1" && return
	network "$1" | diff "$TMP/network-$1" -
	return 1
}

# given NAME ADDRESS: what the peer gave to the connection last
given() { [ "$(sed -n 's/.*addresses from the peer: \([^;]*\).*/\1/p' "$TMP/up-$1.log" | tail -n 1)" = "$2" ]; }
cut_at() { ip netns exec "$1" ss -HKtn state established "( dport = :4500 or sport = :4500 )" | grep -q 4500; }

network_remember
try "espintcp serve" serve east
server=$started
state_remember

try "the first client: up" up west split
split=$started
like "the first client: what it was given" "$(cat "$TMP/up-split.log")" 'addresses from the peer: 10\.9\.0\.2; name servers 10\.2\.0\.53$'
like "the first client: its policies are for that address" "$(cat "$TMP/up-split.log")" 'SAs installed: .*10\.9\.0\.2/32 === 10\.2\.0\.0/24$'
is "the first client: the route" "$(ip -n west -o route get $EAST_IN4 | awk '{ print $3, $5 }')" "esp-split 10.9.0.2"
is "the first client: name servers are handed over" "$(resolvectl_calls)" "dns esp-split 10.2.0.53
domain esp-split corp.example"
try "the first client: pings" pings west $EAST_IN4
try "the second client: up" up road other
other=$started
try "the second client: another address" given other 10.9.0.3
try "the second client: pings" pings road $EAST_IN4
try "the server reaches the first one" pings east 10.9.0.2
try "the server reaches the second one" pings east 10.9.0.3
try "both kernels say espintcp" sh -c "! ip -n west xfrm state | grep encap | grep -qv espintcp"

fails "a third client: no address is left" 1 'INTERNAL_ADDRESS_FAILURE: it has no address for us' up west third
fails "a client that asks for no address: it has to" 1 'FAILED_CP_REQUIRED' up west fixed
try "the others do not notice" pings west $EAST_IN4
resolvectl_calls >/dev/null

n=$(grep -c 'the tunnel goes on' "$TMP/up-split.log")
try "a reset" cut_at west
try "a reset: the tunnel goes on" wait_for 20 says "$TMP/up-split.log" 'the tunnel goes on' $((n + 1))
try "a reset: the address is the same one" pings east 10.9.0.2
is "a reset: name servers are what they were" "$(resolvectl_calls)" ""

# The server forgets everything, but its clients know what they had
stop "$server" KILL
try "the server is killed, and another one starts" serve east
server=$started
try "a server that knows nothing: the second client is given its address again" wait_for 60 says "$TMP/up-other.log" 'addresses from the peer: 10\.9\.0\.3' 2
try "a server that knows nothing: the first client, too" wait_for 60 says "$TMP/up-split.log" 'addresses from the peer: 10\.9\.0\.2' 2
try "a server that knows nothing: the first client pings" pings west $EAST_IN4
try "a server that knows nothing: the second client pings" pings road $EAST_IN4
resolvectl_calls >/dev/null

kill -INT "$split"
try "the first client ends well" wait "$split"
is "the first client: name servers are put back" "$(resolvectl_calls)" "revert esp-split"
try "the first client: all is put back" network_as_before west
try "the first client comes again" up west split
split=$started
try "the first client comes again: to its former address" given split 10.9.0.2
resolvectl_calls >/dev/null

stop "$split" KILL
like "a client that is killed leaves an interface" "$(ip -n west -o link)" 'esp-split'
try "a client that was killed comes again" up west split
split=$started
like "a client that was killed comes again: it puts back what was left" "$(cat "$TMP/up-split.log")" 'put back addresses, routes or name servers'
is "a client that was killed comes again: name servers, too" "$(resolvectl_calls)" "revert esp-split
dns esp-split 10.2.0.53
domain esp-split corp.example"
try "a client that was killed comes again: pings" pings west $EAST_IN4
try "the first client: down" down west split
try "the first client: down, and it ends well" wait "$split"
try "the first client: all is put back once more" network_as_before west

try "the second client: down" down road other
try "the second client ends well" wait "$other"
try "the second client: all is put back" network_as_before road

resolvectl_calls >/dev/null
try "all traffic: up" up road full
full=$started
is "all traffic: goes into the tunnel" "$(ip -n road -o route get 203.0.113.1 | awk '{ print $3 }')" "esp-full"
is "all traffic: but that to the server" "$(ip -n road -o route get $EAST4 | awk '{ print $3, $5 }')" "198.51.100.2 wire"
try "all traffic: pings" pings road $EAST_IN4
n=$(grep -c 'the tunnel goes on' "$TMP/up-full.log")
try "all traffic: a reset" cut_at road
try "all traffic: a reset, and the tunnel goes on" wait_for 20 says "$TMP/up-full.log" 'the tunnel goes on' $((n + 1))
try "all traffic: pings once more" pings road $EAST_IN4
is "all traffic: the peer has no name servers" "$(resolvectl_calls)" ""
try "all traffic: down" down road full
try "all traffic: up ends well" wait "$full"
try "all traffic: all is put back" network_as_before road

try "both families: up" up west both
both=$started
like "both families: an address of each" "$(cat "$TMP/up-both.log")" 'addresses from the peer: 10\.9\.0\.[23], fd09::2$'
try "both families: pings" pings west $EAST_IN4
try "both families: pings of IPv6" pings west $EAST_IN6
try "both families: down" down west both
try "both families: up ends well" wait "$both"
try "both families: all is put back" network_as_before west
try "nothing is left" nothing_left
kill -INT "$server"
try "espintcp serve ends well" wait "$server"
