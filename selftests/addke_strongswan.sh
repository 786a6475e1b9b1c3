#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Additional key exchanges (RFC 9242, RFC 9370) with an unmodified strongSwan over UDP, each as initiator: with groups, and
# with ML-KEM where both have it. SAs are rekeyed by IKE_FOLLOWUP_KE. Both run in the userland of a Debian release that has
# such a strongSwan: "selftests/run strongswan@sid" makes it and says where it is.
# bench: strongswan
# limit: 500
. "$(dirname "$0")/lib/tap.sh"
. "$TOP/selftests/lib/sa.sh"
. "$TOP/selftests/lib/ipsec.sh"

root=${STRONG_ROOT:-}
[ -n "$root" ] || skip_all "no release with strongSwan; mend with: selftests/run strongswan@sid"
topo_up
mkdir -p "$root$TMP" "$TMP/bin"
mounts() { mount -t proc proc "$root/proc" && mount -t sysfs sys "$root/sys" && mount --rbind /dev "$root/dev" && mount --bind "$TMP" "$root$TMP"; }
mounts || bail_out "no mounts in $root"
at_exit "umount -l $root/proc $root/sys $root/dev $root$TMP"
# The helper of that release in the place of the host's
cat >"$TMP/bin/espintcp" <<EOF
#!/bin/sh
exec chroot $root /usr/local/sbin/espintcp "\$@"
EOF
chmod +x "$TMP/bin/espintcp"
PATH=$TMP/bin:$PATH
for n in "west $EAST_NET4 $WEST_IN4" "east $WEST_NET4 $EAST_IN4"; do
	read -r host to from <<<"$n"
	ip -n "$host" route replace "$to" dev inner src "$from"
done

# strong HOST COMMAND...: "swanctl COMMAND" there
strong()
{
	ip netns exec "$1" chroot "$root" env "STRONGSWAN_CONF=$TMP/strong-$1.conf" /usr/sbin/swanctl "${@:2}" \
		--uri "unix://$TMP/strong-$1.vici" </dev/null
}

# strong_conf HOST IKE ESP: the connection "net" with these proposals
strong_conf()
{
	local ends=("$EAST4" "$EAST_NET4" east "$WEST4" "$WEST_NET4" west)
	[ "$1" = east ] || ends=("${ends[@]:3}" "${ends[@]:0:3}")
	cat >"$TMP/strong-$1.conf" <<-EOC
		swanctl { load = random openssl }
		charon {
		  load = random nonce openssl ml curve25519 kdf hmac sha2 aes gcm kernel-netlink socket-default vici
		  filelog { stderr { default = 1 } }
		  plugins { vici { socket = unix://$TMP/strong-$1.vici } }
		}
	EOC
	(umask 077 && cat >"$TMP/strong-$1.swanctl") <<-EOC
		connections { net {
		  version = 2
		  proposals = $2
		  local_addrs = ${ends[0]}
		  remote_addrs = ${ends[3]}
		  local { auth = psk
		    id = ${ends[2]} }
		  remote { auth = psk
		    id = ${ends[5]} }
		  children { net { esp_proposals = $3
		    local_ts = ${ends[1]}
		    remote_ts = ${ends[4]} } }
		} }
		secrets { ike-net { secret = $(sed -n 's/^: PSK //p' "$TMP/ipsec.secrets") } }
	EOC
}

# It may take its time to end, and nobody waits for that
strong_start()
{
	rm -f "$TMP/strong-$1.vici" "$root/run/charon.pid"
	start "strong-$1" ip netns exec "$1" chroot "$root" env "STRONGSWAN_CONF=$TMP/strong-$1.conf" /usr/lib/ipsec/charon
	at_exit "kill -KILL $started 2>/dev/null"
	wait_for 60 [ -S "$TMP/strong-$1.vici" ] && strong "$1" --load-creds --file "$TMP/strong-$1.swanctl" &&
		strong "$1" --load-conns --file "$TMP/strong-$1.swanctl" && return
	tail -n 30 "$TMP/strong-$1.log"
	return 1
}

# rekeys NAME HOST: strongSwan there rekeys everything; its log has an IKE_FOLLOWUP_KE for each
rekeys()
{
	local what
	for what in child ike child; do
		try "$1: strongSwan rekeys the $what SA" strong "$2" --rekey --$what net
		try "$1: pings behind it" pings west "$EAST_IN4"
	done
	try "$1: by IKE_FOLLOWUP_KE" says "$TMP/strong-$2.log" 'generating IKE_FOLLOWUP_KE request' 3
}

# by_us NAME SUITE
by_us()
{
	local up server
	try "$1: strongSwan answers" strong_start east || return
	server=$started
	state_remember
	try "$1: up" up west net
	up=$started
	like "$1: the suite" "$(cat "$TMP/up-net.log")" "IKE_SA_INIT done: $2, by UDP"
	try "$1: pings" pings west "$EAST_IN4"
	rekeys "$1" east
	try "$1: down" down west net
	try "$1: up ends well" wait "$up"
	try "$1: nothing is left" nothing_left
	stop "$server" KILL
}

# by_them NAME
by_them()
{
	local server client
	try "$1: espintcp serve" serve east
	server=$started
	state_remember
	try "$1: strongSwan begins" strong_start west || return
	client=$started
	try "$1: strongSwan is up" strong west --initiate --child net
	try "$1: by IKE_INTERMEDIATE" says "$TMP/strong-west.log" 'parsed IKE_INTERMEDIATE response' 1
	try "$1: pings" pings west "$EAST_IN4"
	rekeys "$1" west
	try "$1: strongSwan ends it" strong west --terminate --ike net
	try "$1: nothing is left" nothing_left
	stop "$client" KILL
	stop "$server" INT
}

# both_ways NAME OUR-IKE OUR-ESP ITS-IKE ITS-ESP SUITE
both_ways()
{
	rm -f "$TMP/ipsec.conf"
	conf_begin
	conf_conn net 4 4 enable-tcp=no "ike=$2" "esp=$3" fragmentation=yes
	strong_conf east "$4" "$5"
	strong_conf west "$4" "$5"
	by_us "$1" "$6"
	by_them "$1, it begins"
}

diag "strongSwan $(chroot "$root" dpkg-query -W -f "\${Version}" strongswan-charon), OpenSSL $(chroot "$root" dpkg-query -W -f "\${Version}" libssl3t64)"
both_ways groups "aes256-sha2_256-dh31;addke1=dh20;addke2=dh19" "aes_gcm256-none-dh31;addke1=dh20" \
	aes256-sha256-x25519-ke1_ecp384-ke2_ecp256 aes256gcm128-x25519-ke1_ecp384 \
	'AES_CBC_256-.*-DH31;addke1=DH20;addke2=DH19'
strong_start east >/dev/null
if strong east --list-algs | grep -q ML_KEM_768; then
	stop "$started" KILL
	both_ways ML-KEM "aes256-sha2_256-dh31;addke1=ml_kem_768" "aes_gcm256-none-dh31;addke1=ml_kem_768" \
		aes256-sha256-x25519-ke1_mlkem768 aes256gcm128-x25519-ke1_mlkem768 'AES_CBC_256-.*-DH31;addke1=ML_KEM_768'
else
	skip "ML-KEM" "this strongSwan has none"
fi
