#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# ipsec-interface=: an xfrm interface is made, what is routed into it goes through the tunnel and is counted, nothing goes past
# it while one tunnel replaces another, and it goes away with the last tunnel, also behind a crash.
# bench: uml live
# needs: espintcp ping nc ss tcpdump
# limit: 300
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/sa.sh"
. "$(dirname "$0")/lib/ipsec.sh"

modprobe espintcp || bail_out "no module"
topo_up
if ! ip -n west link add probe type xfrm dev lo if_id 9 2>/dev/null; then
	skip_all "this kernel has no xfrm interfaces"
fi
ip -n west link del probe
conf_begin
lives=(rekey=yes reauth=yes ikelifetime=16s salifetime=1h rekeymargin=8s rekeyfuzz=0%)
conf_conn tcp 4 4 leftid=@tcp ipsec-interface=yes leftsourceip=$WEST_IN4 rightsourceip=$EAST_IN4
conf_conn udp 4 6 leftid=@udp ipsec-interface=yes enable-tcp=no leftsourceip=$WEST_IN6 rightsourceip=$EAST_IN6
conf_conn seven 4 4 leftid=@seven ipsec-interface=7 leftsourceip=$WEST_IN4
conf_conn road 4 host leftid=@road rightid=@gate leftmodecfgclient=yes rightsubnet=$EAST_NET4 ipsec-interface=yes auto=ignore "${lives[@]}"
conf_conn gate 4 host left=%any leftid=%any rightid=@gate leftaddresspool=10.9.0.2-10.9.0.9 rightsubnet=$EAST_NET4 ipsec-interface=3 reauth=yes

# carried HOST DEVICE: packets that it sent and received
carried() { ip netns exec "$1" cat "/sys/class/net/$2/statistics/tx_packets" "/sys/class/net/$2/statistics/rx_packets" 2>&1 | tr '\n' ' '; }
# gone HOST: no interface and no route of ours
gone() { ! ip -n "$1" -o link | grep ipsec && ! ip -n "$1" route | grep ipsec && ! ip -n "$1" -6 route | grep ipsec; }
both_gone() { wait_for 10 gone west && wait_for 10 gone east; }
finish()
{
	try "$1: down" down west "$1"
	try "$1: up ends well" wait "$2"
}

# no_leaks: of what both hosts have sent since wire_start, nothing had an inner address
no_leaks()
{
	local host
	wire_stop || return 1
	for host in west east; do
		tcpdump -nr "$TMP/$host.pcap" net 10.0.0.0/8 2>/dev/null | head -n 5 >"$TMP/leaks"
		if [ ! -s "$TMP/$host.pcap" ] || [ -s "$TMP/leaks" ]; then
			cat "$TMP/leaks"
			return 1
		fi
	done
}

try "espintcp serve" serve east
server=$started
state_remember
try "tcp: up" up west tcp
up=$started
for host in west east; do
	like "tcp: $host has the interface" "$(ip -n $host -d link show ipsec1)" '<.*[<,]UP[,>].*'
	like "tcp: $host has its if_id" "$(ip -n $host -d link show ipsec1)" 'if_id 0x1 '
	is "tcp: the SAs of $host belong to it" "$(ip -n $host xfrm state | grep -c 'if_id 0x1')" 2
done
like "tcp: the tunnel's networks lead there" "$(ip -n west route get $EAST_IN4)" "dev ipsec1 src $WEST_IN4"
try "tcp: pings" west ping -q -c 10 -i 0.02 -w 10 $EAST_IN4
is "tcp: the interface counts them" "$(carried west ipsec1), $(carried east ipsec1)" "10 10 , 10 10 "
try "tcp: watching the wire" wire_start
try "tcp: a file each way arrives unchanged" exchange $WEST_IN4 $EAST_IN4 1
try "tcp: nothing left in the clear" no_leaks

# A second tunnel with the same interface, of another process
try "udp: up" up west udp
up2=$started
try "udp: pings" west ping -q -c 3 -i 0.05 -w 10 $EAST_IN6
finish tcp "$up"
try "udp: the interface is still there" ip -n west link show ipsec1
try "udp: and carries packets" west ping -q -c 3 -i 0.05 -w 10 $EAST_IN6
finish udp "$up2"
try "the interfaces went with the last tunnel" both_gone
try "nothing is left" nothing_left

# A process that was killed: the next one of this name puts it right, whether it comes up or not
try "killed: up" up west tcp
stop "$started" KILL
try "killed: the interface is there" ip -n west link show ipsec1
stop "$server" INT
# shellcheck disable=SC2046 # options
fails "killed: the next one does not come up" 1 'nothing listens on' west espintcp up tcp $(_helper_options west)
try "killed: it has put things right" gone west
try "killed: serve again" serve east
server=$started
try "killed: up again" up west tcp
stop "$started" KILL
try "killed: and again, with what is left in its way" up west tcp
up=$started
try "killed: pings" west ping -q -c 3 -i 0.05 -w 10 $EAST_IN4
finish tcp "$up"
try "killed: nothing is left" nothing_left
try "killed: also no interface" both_gone

# One that an administrator made is used, and stays
ip -n west link add ipsec7 type xfrm dev lo if_id 7
ip -n west link set ipsec7 up
try "an administrator's: up" up west seven
up=$started
try "an administrator's: pings" west ping -q -c 3 -i 0.05 -w 10 $EAST_IN4
is "an administrator's: it counts them" "$(carried west ipsec7)" "3 3 "
finish seven "$up"
try "an administrator's: it stays" ip -n west link show ipsec7
is "an administrator's: without routes" "$(ip -n west route | grep -c ipsec)" 0
ip -n west link del ipsec7
ip -n west link add ipsec7 type dummy
# shellcheck disable=SC2046 # options
fails "something else of that name: up says so" 1 'ipsec7 is there, but is no xfrm interface' west espintcp up seven $(_helper_options west)
ip -n west link del ipsec7

# Addresses from the peer are on it; tunnels that replace each other leave no gap that packets could slip through
try "road: up" up west road
up=$started up_log=$TMP/up-road.log
like "road: the address is on the interface" "$(ip -n west -o addr show ipsec1)" 'inet 10\.9\.0\.[0-9]'
like "road: the network leads there" "$(ip -n west route get $EAST_IN4)" 'dev ipsec1 src 10\.9\.0\.'
try "road: watching the wire" wire_start
start pings west ping -q -i 0.02 -c 100000 $EAST_IN4
flow=$started
start routes ip -n west monitor route
monitor=$started
try "road: two times the tunnel is replaced" wait_for 60 says "$up_log" 'SAs installed' 3
kill -INT "$flow"
wait "$flow"
diag "$(grep transmitted "$TMP/pings.log")"
kill "$monitor"
is "road: the route was never away" "$(grep -c "^Deleted $EAST_NET4" "$TMP/routes.log")" 0
try "road: nothing left in the clear meanwhile" no_leaks
finish road "$up"
try "road: nothing is left" nothing_left
try "road: also no interface" both_gone
kill -INT "$server"
try "serve ends well" wait "$server"
