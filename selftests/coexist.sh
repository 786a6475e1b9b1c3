#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What else a kernel has for tunnels works as before without the module, beside a tunnel of it, and after it: native ESP
# of both families with the offload modules, ESP in UDP, VTI, xfrm interfaces, WireGuard, strongSwan, the tools of XFRM.
# bench: qemu
# limit: 400
. "$(dirname "$0")/lib/tap.sh"
. "$TOP/selftests/lib/sa.sh"
. "$TOP/selftests/lib/traffic.sh"
. "$TOP/selftests/lib/strongswan.sh"

command -v wg >/dev/null || bail_out "no wg; mend with: apt-get install wireguard-tools"
KINDS=(native native6 udp vti vti6 xfrmi wg)
declare -A NUMBER=([native]=31 [native6]=32 [udp]=33 [vti]=34 [vti6]=35 [xfrmi]=36 [wg]=37)
errors() { xfrm_errors west; xfrm_errors east; }

STRONG_WEST=10.38.1.1 STRONG_EAST=10.38.2.1

# outer_of KIND: sets W and E. A VTI takes all ESP between its addresses: it has some of its own
VTI_WEST4=192.0.2.11 VTI_EAST4=192.0.2.12 VTI_WEST6=2001:db8::11 VTI_EAST6=2001:db8::12
outer_of()
{
	case $1 in
	vti) W=$VTI_WEST4 E=$VTI_EAST4 ;;
	vti6) W=$VTI_WEST6 E=$VTI_EAST6 ;;
	*6) W=$WEST6 E=$EAST6 ;;
	*) W=$WEST4 E=$EAST4 ;;
	esac
}

# What ip has to do for a host, in lines.
# add_lines KIND: the SAs of both directions
add_lines()
{
	local n=${NUMBER[$1]} more=''
	[ "$1" != wg ] || return 0
	outer_of "$1"
	case $1 in
	udp) more="encap espinudp 4600 4600 0.0.0.0" ;;
	vti*) more="mark $n" ;;
	xfrmi) more="if_id $n" ;;
	esac
	echo "xfrm state add src $W dst $E proto esp spi 0x${n}01 $(sa_gcm 1) reqid $n mode tunnel flag af-unspec $more"
	echo "xfrm state add src $E dst $W proto esp spi 0x${n}02 $(sa_gcm 2) reqid $n mode tunnel flag af-unspec $more"
}

# policy_lines KIND OUT-SOURCE OUT-DESTINATION OUTER-SOURCE OUTER-DESTINATION
policy_lines()
{
	local n=${NUMBER[$1]} more='' dir
	case $1 in
	wg) return 0 ;;
	vti*) more="mark $n" ;;
	xfrmi) more="if_id $n" ;;
	esac
	for dir in out in fwd; do
		if [ $dir = out ]; then
			echo "xfrm policy add src $2/32 dst $3/32 dir out $more tmpl src $4 dst $5 proto esp reqid $n mode tunnel"
		else
			echo "xfrm policy add src $3/32 dst $2/32 dir $dir $more tmpl src $5 dst $4 proto esp reqid $n mode tunnel"
		fi
	done
}

# device_lines KIND OUTER-SOURCE OUTER-DESTINATION INNER-DESTINATION INNER-SOURCE: a device, or just the way
device_lines()
{
	local n=${NUMBER[$1]} dev=$1${NUMBER[$1]}
	echo "addr add $5/32 dev inner"
	case $1 in
	vti) echo "link add $dev type vti local $2 remote $3 key $n" ;;
	vti6) echo "link add $dev type vti6 local $2 remote $3 key $n" ;;
	xfrmi) echo "link add $dev type xfrm dev wire if_id $n" ;;
	wg) echo "link add $dev type wireguard" ;;
	*)
		echo "route add $4/32 dev wire src $5"
		return 0
		;;
	esac
	echo "link set $dev mtu 1300 up"
	echo "route add $4/32 dev $dev src $5"
}

# make_kinds HOST: all of them there
make_kinds()
{
	local kind n w e
	for kind in "${KINDS[@]}"; do
		n=${NUMBER[$kind]} w=10.${NUMBER[$kind]}.1.1 e=10.${NUMBER[$kind]}.2.1
		outer_of "$kind"
		if [ "$1" = west ]; then
			device_lines "$kind" "$W" "$E" "$e" "$w"
			policy_lines "$kind" "$w" "$e" "$W" "$E"
		else
			device_lines "$kind" "$E" "$W" "$w" "$e"
			policy_lines "$kind" "$e" "$w" "$E" "$W"
		fi
		add_lines "$kind"
	done | ip -n "$1" -batch -
}

# Both ends of ESP in UDP have a socket
udp_socket='import socket, signal
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("0.0.0.0", 4600))
s.setsockopt(socket.IPPROTO_UDP, 100, 2)
print("bound", flush=True)
signal.pause()'
udp_up()
{
	start "udp-$1" ip netns exec "$1" python3 -c "$udp_socket"
	wait_for 20 grep -q bound "$TMP/udp-$1.log"
}

wg_up()
{
	local host
	for host in west east; do
		(umask 077 && wg genkey >"$TMP/wg.$host")
		wg pubkey <"$TMP/wg.$host" >"$TMP/wg.$host.pub"
	done
	west wg set wg37 listen-port 51820 private-key "$TMP/wg.west" \
		peer "$(cat "$TMP/wg.east.pub")" endpoint $EAST4:51820 allowed-ips 10.37.2.0/24 &&
		east wg set wg37 listen-port 51820 private-key "$TMP/wg.east" \
			peer "$(cat "$TMP/wg.west.pub")" endpoint $WEST4:51820 allowed-ips 10.37.1.0/24
}

# reaches KIND; carries_much KIND: TCP each way, whose segments the stack leaves together for as long as it can
reaches() { west ping -q -c 2 -i 0.05 -w 10 -s 1400 "10.${NUMBER[$1]}.2.1"; }
carries_much() { exchange "10.${NUMBER[$1]}.1.1" "10.${NUMBER[$1]}.2.1" 1; }

# kernel_before VERSION: it is older
kernel_before() { [ "$(printf '%s\n' "$(uname -r)" "$1" | sort -V | tail -n 1)" = "$1" ]; }

# all_do WHAT WHEN
all_do()
{
	local kind
	for kind in "${KINDS[@]}"; do
		if [ "$1 $kind" = "carries_much native6" ] && kernel_before 5.11; then
			skip "$2: $kind" "stock esp6_offload of 5.10 cannot cut TCP of IPv4 in IPv6, which stalls without our module, too"
			continue
		fi
		try "$2: $kind" "$1" "$kind"
	done
	is "$2: XFRM counted no error" "$(errors)" ''
}

# SAs of all kinds anew; those with encap espintcp are not touched
renew()
{
	local host kind
	for host in west east; do
		for kind in "${KINDS[@]}"; do
			add_lines "$kind"
		done >"$TMP/add"
		{ awk '{ print $1, $2, "delete", $4, $5, $6, $7, $8, $9, $10, $11, ($0 ~ / mark /) ? "mark " $NF : "" }' "$TMP/add"; cat "$TMP/add"; } |
			ip -n $host -batch - || return
	done
}

topo_up
for host in west east; do
	ip netns exec $host sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
done
wait_for 10 unload || bail_out "the module is in use"
modprobe -a esp4 esp6 ip_vti ip6_vti xfrm_interface wireguard || bail_out "not the stock modules"
printf '%s\n' "addr add $STRONG_WEST/32 dev inner" "addr add $VTI_WEST4/24 dev wire" "addr add $VTI_WEST6/64 dev wire nodad" |
	ip -n west -batch -
printf '%s\n' "addr add $STRONG_EAST/32 dev inner" "addr add $VTI_EAST4/24 dev wire" "addr add $VTI_EAST6/64 dev wire nodad" |
	ip -n east -batch -
try "west has tunnels of all kinds" make_kinds west
try "east, too" make_kinds east
try "WireGuard has its keys" wg_up
try "ESP in UDP has its socket in west" udp_up west
try "and in east" udp_up east
strong_begin
strong_conn net west 4 $STRONG_WEST/32 $STRONG_EAST/32 encap=yes
all_do reaches "without the module"

try "the module, before the offload modules" modprobe espintcp
try "the offload modules" modprobe -a esp4_offload esp6_offload
outer 4
hold_up
sa_add tunnel sa_gcm
sp_tunnel
try "beside it: SAs of all kinds are made anew" renew
try "beside it: its own tunnel carries" exchange $WEST_IN4 $EAST_IN4 1
all_do carries_much "beside it"
like "beside it: its own tunnel was its own" "$(counter west tx_esp)" '^[0-9]{2,}$'

# An IKE daemon that knows UDP alone
for host in west east; do
	try "strongSwan starts in $host" strong_start $host
done
try "beside it: strongSwan: up" strong west --initiate --child net
try "beside it: strongSwan carries" west ping -q -c 1 -w 10 -I $STRONG_WEST $STRONG_EAST
try "beside it: strongSwan rekeys" strong west --rekey --child net
try "beside it: strongSwan carries on" exchange $STRONG_WEST $STRONG_EAST 1
like "beside it: that is ESP in UDP" "$(ip -n west xfrm state)" 'encap type espinudp sport 4500 dport 4500'

# The tools
start monitor ip -n west xfrm monitor SA expire
monitor=$started
try "ip xfrm: an SPI is allocated" ip -n west xfrm state allocspi src $EAST4 dst $WEST4 proto esp reqid 40 mode tunnel min 0x4001 max 0x4001
try "ip xfrm: and becomes an SA by update" ip -n west xfrm state update src $EAST4 dst $WEST4 proto esp spi 0x4001 reqid 40 mode tunnel \
	aead 'rfc4106(gcm(aes))' "0x$(printf '%040d' 1)" 128 limit time-hard 1
try "ip xfrm monitor: it sees that and the end" wait_for 20 grep -q '^Expired src 192.0.2.2 dst 192.0.2.1\|hard 1' "$TMP/monitor.log"
stop "$monitor"
hold_down
for host in west east; do
	ip -n $host xfrm state delete src $WEST4 dst $EAST4 proto esp spi 0x1001
	ip -n $host xfrm state delete src $EAST4 dst $WEST4 proto esp spi 0x1002
done
try "SAs of others do not hold the module" wait_for 10 unload
all_do reaches "after it"
try "after it: strongSwan carries" west ping -q -c 2 -i 0.05 -w 10 -I $STRONG_WEST $STRONG_EAST
try "after it: strongSwan: down" strong west --terminate --ike net

try "the other order: the offload modules are there first" modprobe espintcp
hold_up
sa_add tunnel sa_gcm
try "the other order: its own tunnel carries" exchange $WEST_IN4 $EAST_IN4 1
try "the other order: SAs of all kinds are made anew" renew
all_do reaches "the other order"
try "the other order: TCP" carries_much native
