# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # started is tap.sh's
# strongSwan as Debian ships it, one in each host, from where selftests/lab/strongswan has put it. Over UDP: it has no TCP.
# The secret is the one of ipsec.sh's conf_begin, if that came before.

STRONG=$("$TOP/selftests/lab/strongswan") || bail_out "no strongSwan"
declare -A strong_pid=()

# strong_begin [SECTION.KEY=VALUE...]: both hosts have a strongSwan without connections, with these settings of charon
strong_begin()
{
	local host psk plugins="random nonce openssl kdf pem pkcs1 pkcs8 pubkey x509 constraints revocation hmac sha2 aes gcm xcbc"
	{ mkdir -p /usr/lib/ipsec && mount --bind "$STRONG/usr/lib/ipsec" /usr/lib/ipsec; } || bail_out "no place for strongSwan's libraries"
	at_exit "umount /usr/lib/ipsec"
	psk=$(sed -n 's/^: PSK //p' "$TMP/ipsec.secrets" 2>/dev/null)
	[ -n "$psk" ] || psk=\"$(head -c 32 /dev/urandom | base64)\"
	for host in west east; do
		mkdir -p "$TMP/strong-$host.d"/{x509,x509ca,private}
		# What the plug-ins look for elsewhere belongs to the machine
		{
			echo "swanctl { load = random openssl }"
			printf 'charon-systemd.%s\n' "load=$plugins attr resolve kernel-netlink socket-default vici" \
				filelog.stderr.default=1 "plugins.vici.socket=unix://$TMP/strong-$host.vici" \
				"plugins.resolve.file=$TMP/strong-$host.resolv" "$@" | _strong_nest
		} >"$TMP/strong-$host.conf"
		(umask 077 && echo "secrets { ike { secret = $psk } }" >"$TMP/strong-$host.d/swanctl.conf")
	done
}

# A.B.C=VALUE in lines to what strongSwan reads. Sections of the same name are one.
_strong_nest()
{
	awk '{
		at = index($0, "="); n = split(substr($0, 1, at - 1), key, "."); tail = ""
		for (i = 1; i < n; i++) { printf "%s { ", key[i]; tail = tail "\n}" }
		printf "%s = %s%s\n", key[n], substr($0, at + 1), tail
	}'
}

# strong_set HOST [KEY=VALUE...]: into its swanctl.conf; the last value of a key counts
strong_set()
{
	local host=$1
	shift
	printf '%s\n' "$@" | _strong_nest >>"$TMP/strong-$host.d/swanctl.conf"
}

# strong_conn NAME WEST-ID FAMILY WEST-INNER EAST-INNER [KEY=VALUE...]: a connection of both ends, as conf_conn makes one.
# Its replay window is wider than what two CPUs of a slow guest put out of order.
strong_conn()
{
	local name=$1 id=$2 w=WEST$3 e=EAST$3 win=$4 ein=$5 c=connections.$1
	shift 5
	set -- "children.$name.replay_window=1024" "$@"
	strong_set west "$c".{version=2,local_addrs="${!w}",remote_addrs="${!e}",local.auth=psk,local.id="$id",remote.auth=psk,remote.id=east} \
		"$c.children.$name.local_ts=$win" "$c.children.$name.remote_ts=$ein" "${@/#/$c.}"
	strong_set east "$c".{version=2,local_addrs="${!e}",remote_addrs="${!w}",local.auth=psk,local.id=east,remote.auth=psk,remote.id="$id"} \
		"$c.children.$name.local_ts=$ein" "$c.children.$name.remote_ts=$win" "${@/#/$c.}"
}

# strong HOST COMMAND...: "swanctl COMMAND" there
strong()
{
	local host=$1
	shift
	STRONGSWAN_CONF=$TMP/strong-$host.conf SWANCTL_DIR=$TMP/strong-$host.d ip netns exec "$host" \
		"$STRONG/usr/sbin/swanctl" "$@" --uri "unix://$TMP/strong-$host.vici" </dev/null
}

# strong_load HOST: what its swanctl.conf says by now
strong_load() { strong "$1" --load-all --clear; }

# strong_start HOST: it runs and has its connections; its log is $TMP/strong-HOST.log
strong_start()
{
	start "strong-$1" env STRONGSWAN_CONF="$TMP/strong-$1.conf" ip netns exec "$1" "$STRONG/usr/sbin/charon-systemd"
	strong_pid[$1]=$started
	wait_for 30 [ -S "$TMP/strong-$1.vici" ] && strong_load "$1" && return
	tail -n 30 "$TMP/strong-$1.log"
	return 1
}

# strong_says HOST REGEX [NUMBER]: so many lines of its log match, or more
strong_says() { says "$TMP/strong-$1.log" "$2" "${3:-1}"; }

# strong_up HOST NAME: it initiates; strong_down: it deletes the IKE SA
strong_up() { strong "$1" --initiate --child "$2" --timeout 30; }
strong_down() { strong "$1" --terminate --ike "$2" --timeout 10; }

# shellcheck disable=SC2317 # called by wait_for
_strong_gone() { ! grep -qv ') Z ' "/proc/$1/stat" 2>/dev/null; }

# It cleans up, unless it hangs at its end, as it does now and then
strong_stop()
{
	kill "${strong_pid[$1]}"
	wait_for 20 _strong_gone "${strong_pid[$1]}"
	stop "${strong_pid[$1]}" KILL
	rm -f "$TMP/strong-$1.vici"
}
