# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# libreswan as Debian ships it, one in each host. What it finds in its usual places is the host's own: mount namespaces.

declare -A swan_pid=()

# Its start as in Debian's unit, with the configuration in swan.conf and the secrets that conf_begin made. Run directory and
# NSS database begin empty, but for the host's certificates of pki.sh, if there are any, whose CA is trusted then.
swan_start()
{
	local host=$1
	ip netns exec "$host" unshare --mount sh -ec "
		mkdir -p /run/pluto
		mount --bind '$TMP/swan.conf' /etc/ipsec.conf
		mount --bind '$TMP/ipsec.secrets' /etc/ipsec.secrets
		mount -t tmpfs run /run/pluto
		mount -t tmpfs nss /var/lib/ipsec/nss
		ipsec initnss
		for p in '$TMP/nss-$host'/*.p12; do
			[ ! -f \"\$p\" ] || pk12util -i \"\$p\" -d sql:/var/lib/ipsec/nss -W x -K ''
		done
		[ ! -f '$TMP/ca/ca.pem' ] || certutil -A -d sql:/var/lib/ipsec/nss -n test-ca -t CT,C,C -i '$TMP/ca/ca.pem'
		exec /usr/libexec/ipsec/pluto --config /etc/ipsec.conf --nofork --stderrlog" >"$TMP/pluto-$host.log" 2>&1 </dev/null &
	swan_pid[$host]=$!
	at_exit "swan_kill $host"
}

# swan_ready HOST: it listens and has its connections and secrets
swan_ready()
{
	wait_for 60 sh -c "grep -q 'loading secrets' '$TMP/pluto-$1.log' || ! kill -0 ${swan_pid[$1]}"
	grep -q 'loading secrets' "$TMP/pluto-$1.log" || { tail -n 30 "$TMP/pluto-$1.log"; return 1; }
}

# swan HOST COMMAND...: "ipsec COMMAND" there
swan()
{
	local host=$1
	shift
	nsenter -t "${swan_pid[$host]}" -m -n ipsec "$@" </dev/null
}

# whack HOST OPTION...: what most commands come down to, without the shell scripts between
whack()
{
	local host=$1
	shift
	nsenter -t "${swan_pid[$host]}" -m -n /usr/libexec/ipsec/whack "$@" </dev/null
}

# swan_before VERSION: this release's libreswan is older
swan_before()
{
	local have
	have=$(ipsec --version 2>&1 | sed -n 's/.*Libreswan v\{0,1\}\([0-9.]*\).*/\1/p;q')
	[ "$have" != "$1" ] && [ "$(printf '%s\n' "$have" "$1" | sort -V | head -n 1)" = "$have" ]
}

# What connections need with it. Before 4.6 pluto dies when it refuses the first message of a connection over TCP, with
# INVALID_KE_PAYLOAD, too: it frees the connection's memory and goes on to use it. So the first message has the group it likes.
swan_needs=()
# shellcheck disable=SC2034 # for the connections of tests
! swan_before 4.6 || swan_needs=(ike=aes256-sha2_256-modp2048)

# The option of whack by which child SAs are rekeyed
swan_rekey_child=--rekey-child
# shellcheck disable=SC2034 # for tests
! swan_before 5.0 || swan_rekey_child=--rekey-ipsec

# only_tcp4 HOST: it has said that it cannot connect over IPv6. libreswan before 4.9 has TCP on IPv4 alone: it connects with
# sockets of IPv4, and cuts the address of a peer off that connects to it.
only_tcp4() { grep -q 'TCP: connect.*Address family not supported' "$TMP/pluto-$1.log"; }

# Leaves the kernel as it was, which takes its down scripts
swan_stop()
{
	whack "$1" --shutdown >/dev/null
	wait "${swan_pid[$1]}"
	local status=$?
	unset "swan_pid[$1]"
	return $status
}

swan_kill()
{
	[ -z "${swan_pid[$1]:-}" ] || stop "${swan_pid[$1]}" KILL
}
