# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2086 # cipher and holders are guest.sh's, addresses topo.sh's
# What one would take instead of ESP in TCP where UDP is blocked, see tunnels.sh.

OTHER_WEST=10.3.0.1 OTHER_EAST=10.3.0.2

# ovpn_end HOST ME PEER [OPTION...]: one end of OpenVPN
ovpn_end()
{
	local host=$1 peer=east name
	[ "$host" = west ] || peer=west
	case $cipher in
	gcm) name=AES-128-GCM ;;
	chacha) name=CHACHA20-POLY1305 ;;
	*) fail "OpenVPN is not measured with the cipher '$cipher'" ;;
	esac
	ip netns exec "$host" openvpn --dev tun0 --ifconfig "$2" "$3" --data-ciphers $name --cert "$_tap_tmp/$host.pem" \
		--key "$_tap_tmp/$host.key" --peer-fingerprint "$(cat "$_tap_tmp/$peer.fp")" "${@:4}" >"$_tap_tmp/$host.ovpn" 2>&1 &
	holders+=" $!"
}

# ovpn [OPTION...]: both ends, which have these options
ovpn()
{
	local host
	TO=$OTHER_EAST
	for host in west east; do
		[ -e "$_tap_tmp/$host.fp" ] || {
			openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=$host \
				-keyout "$_tap_tmp/$host.key" -out "$_tap_tmp/$host.pem" &&
				openssl x509 -in "$_tap_tmp/$host.pem" -noout -fingerprint -sha256 | cut -d= -f2 >"$_tap_tmp/$host.fp"
		} >"$_tap_tmp/pki" 2>&1 || fail "no certificate: $(cat "$_tap_tmp/pki")"
	done
	ovpn_end east $OTHER_EAST $OTHER_WEST --proto tcp-server --tls-server --dh none "$@"
	wait_for 60 tcp_listens east 1194 || fail "OpenVPN does not listen: $(cat "$_tap_tmp/east.ovpn")"
	ovpn_end west $OTHER_WEST $OTHER_EAST --proto tcp-client --tls-client --remote $EAST4 1194 "$@"
	wait_for 60 west ping -c 1 -w 1 $TO || fail "OpenVPN carries nothing: $(cat "$_tap_tmp"/*.ovpn)"
}

# In user space, as all of OpenVPN before 2.6
tunnel_ovpn()
{
	modprobe tun || fail "no tun"
	ovpn --disable-dco
}

# Data channel offload: its device's kind says whether the kernel carries the data, or OpenVPN does after all
tunnel_dco()
{
	local host
	modprobe ovpn || fail "the kernel has no ovpn, which carries OpenVPN's data"
	ovpn
	for host in west east; do
		ip -n $host -d -o link show tun0 | grep -qw ovpn ||
			fail "OpenVPN fell back to user space, dco was not measured: $(cat "$_tap_tmp"/*.ovpn)"
	done
}

# A relay at each end, whose datagrams go by the loopback device; its stream is TCP's
WG_PORT=51820 RELAY_PORT=51821

# wg_end HOST ADDRESS listen|connect
wg_end()
{
	local host=$1 addr=$2 peer=east
	[ "$host" = west ] || peer=west
	ip netns exec "$host" relay "$3" $EAST4 $PORT_EAST $RELAY_PORT $WG_PORT >"$_tap_tmp/$host.relay" 2>&1 &
	holders+=" $!"
	ip -n "$host" link add wg0 type wireguard || fail "no WireGuard"
	ip netns exec "$host" wg set wg0 listen-port $WG_PORT private-key "$_tap_tmp/$host.wgkey" \
		peer "$(wg pubkey <"$_tap_tmp/$peer.wgkey")" allowed-ips 0.0.0.0/0 endpoint 127.0.0.1:$RELAY_PORT || fail "no peer"
	ip -n "$host" addr add "$addr/24" dev wg0
	ip -n "$host" link set wg0 up
}

tunnel_wg()
{
	TO=$OTHER_EAST
	(umask 077 && wg genkey >"$_tap_tmp/west.wgkey" && wg genkey >"$_tap_tmp/east.wgkey") || fail "no keys"
	wg_end east $OTHER_EAST listen
	wait_for 20 tcp_listens east $PORT_EAST || fail "the relay does not listen: $(cat "$_tap_tmp/east.relay")"
	wg_end west $OTHER_WEST connect
	wait_for 60 west ping -c 1 -w 1 $TO || fail "WireGuard carries nothing: $(cat "$_tap_tmp"/*.relay)"
}
