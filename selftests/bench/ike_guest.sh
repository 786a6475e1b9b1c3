#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Measure responders in a guest: a line of JSON for each measurement goes to $RESULTS/raw.json, for ike_report.py.
# Environment: N (tunnels), ROUNDS, AUTHS, SERVERS, TRANSPORTS, HELD (tunnels that ours holds at the end)
. "$TOP/selftests/lib/tap.sh"
. "$TOP/selftests/lib/sa.sh"
. "$TOP/selftests/lib/ipsec.sh"
. "$TOP/selftests/lib/pki.sh"
. "$TOP/selftests/lib/swan.sh"
. "$TOP/selftests/lib/strongswan.sh"

[ -x /usr/libexec/ipsec/pluto ] || bail_out "no libreswan; mend with: apt-get install libreswan"
modprobe espintcp || bail_out "no module"
modprobe -qa esp4
ulimit -n 65536
topo_up
pki_begin || bail_out "openssl makes no CA"
pki_cert east ec east || bail_out "openssl makes no certificate"
pki_cert west ec west || bail_out "openssl makes no certificate"
suites=(ike=aes_gcm256-sha2_256-dh19 esp=aes_gcm256)
pool=10.9.0.2-10.9.250.254

# conf AUTH TRANSPORT: client.conf for the crowd, server.conf for espintcp and libreswan
conf()
{
	local client=(authby=secret) here=(authby=secret) tcp=yes
	[ "$1" = psk ] || client=(authby=ecdsa leftcert=west) here=(authby=ecdsa rightcert=east rightsendcert=always)
	[ "$2" = tcp ] || tcp=no
	conf_begin "ipsecdir=$PKI"
	conf_conn crowd 4 host "${suites[@]}" "${client[@]}" enable-tcp=$tcp left=%defaultroute leftmodecfgclient=yes rightsubnet=$EAST_NET4 \
		narrowing=yes dpddelay=600 dpdtimeout=1200
	mv "$TMP/ipsec.conf" "$TMP/client.conf"
	conf_begin "ipsecdir=$PKI"
	conf_conn crowd 4 host "${suites[@]}" "${here[@]}" enable-tcp=$tcp left=%any leftid=%any leftaddresspool=$pool leftmodecfgclient=yes \
		rightmodecfgserver=yes rightsubnet=$EAST_NET4 narrowing=yes dpddelay=600 dpdtimeout=1200
	mv "$TMP/ipsec.conf" "$TMP/server.conf"
}

# Each starts in east; $server is its pid
start_espintcp() { serve east --config "$TMP/server.conf" && server=$started; }
stop_espintcp() { stop "$server" KILL; }
start_libreswan()
{
	sed -e '/ipsecdir/d; s/^conn .*/&\n\tleftupdown=%disabled\n\trightupdown=%disabled/' "$TMP/server.conf" >"$TMP/swan.conf"
	swan_start east && swan_ready east && server=${swan_pid[east]}
}
stop_libreswan() { swan_kill east; }
start_strongswan()
{
	rm -f "$TMP/strong-east.d/swanctl.conf"
	cp "$TMP/strong-secrets" "$TMP/strong-east.d/swanctl.conf"
	strong_set east connections.net.{version=2,local_addrs=$EAST4,remote_addrs=%any,proposals=aes256gcm16-prfsha256-ecp256,pools=four} \
		connections.net.{local.id=east,remote.id=%any} connections.net.children.net.{local_ts=$EAST_NET4,remote_ts=dynamic,esp_proposals=aes256gcm16} \
		pools.four.addrs=$pool
	if [ "$auth" = psk ]; then
		strong_set east connections.net.{local.auth=psk,remote.auth=psk}
	else
		strong_set east connections.net.{local.auth=pubkey,remote.auth=pubkey,send_cert=always,local.certs="$PKI/certs/east.pem"}
	fi
	strong_start east && server=${strong_pid[east]}
}
stop_strongswan()
{
	stop "$server" KILL
	rm -f "$TMP/strong-east.vici"
}

# What a tunnel needs is looked at in the process alone: what the kernel keeps is the same for all.
# Seconds of CPU of a process, and of all that a CPU could have done; KiB of the server's own memory
cpu() { awk -v hz="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); print ($12 + $13) / hz }' "/proc/$1/stat"; }
idle() { awk -v hz="$(getconf CLK_TCK)" '$1 == "cpu" { print ($5 + $6) / hz }' /proc/stat; }
memory() { awk '$1 == "RssAnon:" { print $2 }' "/proc/$server/status"; }

# Once more where that fails: the machine may be busy
start_server() { "start_$1" >"$TMP/start.log" 2>&1 || { "stop_$1"; "start_$1" >"$TMP/start.log" 2>&1; }; }

# one SERVER AUTH TRANSPORT TUNNELS
one()
{
	local who=$1 auth=$2 transport=$3 n=$4 cpu0 mem0 idle0 idle1 line log=$TMP/crowd.log ca=()
	conf "$auth" "$transport"
	[ "$auth" = psk ] || ca=(-a "$TMP/ca/ca.pem" -k "$TMP/ca/ca.key")
	start_server "$who" || { cat "$TMP/start.log"; bail_out "$who does not start"; }
	mem0=$(memory) cpu0=$(cpu "$server") idle0=$(idle)
	coproc CROWD {
		exec ip netns exec west "$TOP/helper/obj/crowd" -c "$TMP/client.conf" -s "$TMP/ipsec.secrets" -n "$n" -p 16 "${ca[@]}" crowd 2>"$log"
	}
	crowd=$CROWD_PID
	# To look again and again would take CPU from those that are measured
	read -rt $((60 + n / 5)) line <&"${CROWD[0]}" || bail_out "$who: the crowd says nothing: $(cat "$log"; tail -n 5 "$TMP"/{serve,pluto,strong}-*.log)"
	idle1=$(idle)
	jq -c --arg server "$who" --arg auth "$auth" --arg transport "$transport" --argjson cpu "$(cpu "$server")" --argjson cpu0 "$cpu0" \
		--argjson clients "$(cpu "$crowd")" --argjson idle "$idle1" --argjson idle0 "$idle0" --argjson mem "$(memory)" --argjson mem0 "$mem0" \
		'. + { server: $server, auth: $auth, transport: $transport, cpu: ($cpu - $cpu0), clients: $clients, idle: ($idle - $idle0),
		       kib: ($mem - $mem0), kib_before: $mem0 }' <<<"$line" >>"$RESULTS/raw.json" || bail_out "$who: the crowd says $line"
	diag "$(tail -n 1 "$RESULTS/raw.json")"
	stop "$crowd" KILL
	"stop_$who"
	ip -n east xfrm state flush
	ip -n east xfrm policy flush
	rm -rf "$TMP"/run-east
}

conf_begin
strong_begin charon-systemd.{threads=16,block_threshold=0,cookie_threshold{,_ip}=0,dos_protection=no,filelog.stderr.default=0}
mv "$TMP/strong-east.d/swanctl.conf" "$TMP/strong-secrets"
cp "$TMP/ca/ca.pem" "$TMP/strong-east.d/x509ca/"
cp "$PKI/private/east.key" "$TMP/strong-east.d/private/"
for ((round = 0; round < ROUNDS; round++)); do
	for auth in $AUTHS; do
		for transport in $TRANSPORTS; do
			for who in $SERVERS; do
				[ "$who $transport" = "strongswan tcp" ] || one "$who" "$auth" "$transport" "$N"
			done
		done
	done
done
[ "${HELD:=0}" = 0 ] || one espintcp psk tcp "$HELD"
