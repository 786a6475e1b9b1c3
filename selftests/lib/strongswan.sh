# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # started is tap.sh's
# strongSwan as Debian ships it, one in each host, from where selftests/lab/strongswan has put it. Over UDP: it has no TCP.

STRONG=$("$TOP/selftests/lab/strongswan") || bail_out "no strongSwan"

# strong_conf WEST-INNER EAST-INNER: a connection "net" for ESP in UDP between the two addresses. Its replay window is
# wider than what two CPUs of a slow guest put out of order.
strong_conf()
{
	local host peer psk w=$1 e=$2
	psk=$(head -c 32 /dev/urandom | base64)
	mkdir -p /usr/lib/ipsec && mount --bind "$STRONG/usr/lib/ipsec" /usr/lib/ipsec || return
	at_exit "umount /usr/lib/ipsec"
	for host in west east; do
		if [ $host = west ]; then
			set -- "$WEST4" "$EAST4" "$w" "$e"
			peer=east
		else
			set -- "$EAST4" "$WEST4" "$e" "$w"
			peer=west
		fi
		# What the plug-ins look for elsewhere belongs to the machine
		cat >"$TMP/strong-$host.conf" <<-EOC
			swanctl { load = random openssl }
			charon-systemd {
			  load = random nonce openssl kdf hmac sha2 aes gcm kernel-netlink socket-default vici
			  filelog { stderr { default = 1 } }
			  plugins { vici { socket = unix://$TMP/strong-$host.vici } }
			}
		EOC
		(umask 077 && cat >"$TMP/strong-$host.swanctl") <<-EOC
			connections {
			  net {
			    version = 2
			    encap = yes
			    local_addrs = $1
			    remote_addrs = $2
			    local { auth = psk
			      id = $host }
			    remote { auth = psk
			      id = $peer }
			    children { net { local_ts = $3/32
			      replay_window = 1024
			      remote_ts = $4/32 } }
			  }
			}
			secrets { ike-net { secret = "$psk" } }
		EOC
	done
}

# strong HOST COMMAND...: "swanctl COMMAND" there
strong()
{
	local host=$1
	shift
	STRONGSWAN_CONF=$TMP/strong-$host.conf ip netns exec "$host" "$STRONG/usr/sbin/swanctl" "$@" --uri "unix://$TMP/strong-$host.vici" </dev/null
}

# strong_start HOST: it runs and has its connection
strong_start()
{
	start "strong-$1" env STRONGSWAN_CONF="$TMP/strong-$1.conf" ip netns exec "$1" "$STRONG/usr/sbin/charon-systemd"
	wait_for 30 [ -S "$TMP/strong-$1.vici" ] &&
		strong "$1" --load-creds --file "$TMP/strong-$1.swanctl" &&
		strong "$1" --load-conns --file "$TMP/strong-$1.swanctl" && return
	tail -n 30 "$TMP/strong-$1.log"
	return 1
}
