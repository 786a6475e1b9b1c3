# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # started is tap.sh's
# Connections between west and east by IKE: one ipsec.conf and one secret for both ends, and for espintcp as for libreswan.
# shellcheck source=selftests/lib/traffic.sh
. "$(dirname "${BASH_SOURCE[0]}")/traffic.sh"

# conf_begin [KEY=VALUE...]: the file anew, with keys of config setup; the secret, which is everybody's, stays
conf_begin()
{
	{ echo "config setup"; printf '\t%s\n' listen-tcp=yes "$@"; } >"$TMP/ipsec.conf"
	[ -f "$TMP/ipsec.secrets" ] || (umask 077 && echo ": PSK \"$(head -c 32 /dev/urandom | base64)\"" >"$TMP/ipsec.secrets")
}

# conf_conn NAME OUTER INNER [KEY=VALUE...]: OUTER is 4 or 6; INNER is, too, or "host" for the hosts themselves. Of two
# values of a key the last one counts. rekey=no, or libreswan brings up again what its peer has deleted.
conf_conn()
{
	local name=$1 w=WEST$2 e=EAST$2 wn=WEST_NET$3 en=EAST_NET$3
	[ "$3" = host ] || set -- "${@:1:3}" "leftsubnet=${!wn}" "rightsubnet=${!en}" "${@:4}"
	shift 3
	{
		echo "conn $name"
		printf '%s\n' "left=${!w}" leftid=@west "right=${!e}" rightid=@east enable-tcp=yes tcp-remoteport=4500 \
			authby=secret ikev2=yes rekey=no auto=add "$@" |
			awk -F= '!($1 in value) { key[++n] = $1 } { value[$1] = $0 } END { for (i = 1; i <= n; i++) print "\t" value[key[i]] }'
	} >>"$TMP/ipsec.conf"
}

_helper_options() { echo "--config $TMP/ipsec.conf --secrets $TMP/ipsec.secrets --run-dir $TMP/run-$1"; }

# up HOST NAME [OPTION...]: espintcp up in the background, its pid in $started; 1 if the tunnel does not come up
up()
{
	local host=$1 name=$2
	shift 2
	# shellcheck disable=SC2046 # options
	start "up-$name" ip netns exec "$host" espintcp up "$name" $(_helper_options "$host") "$@"
	wait_for 60 sh -c "grep -q 'SAs installed' '$TMP/up-$name.log' || ! kill -0 $started"
	grep -q 'SAs installed' "$TMP/up-$name.log" || { cat "$TMP/up-$name.log"; return 1; }
}

down()
{
	ip netns exec "$1" espintcp down "$2" --run-dir "$TMP/run-$1"
}

# serve HOST [OPTION...]: espintcp serve in the background, its pid in $started; 1 if it does not get ready. Its log is in $serve_log.
serve()
{
	local host=$1
	serve_log=$TMP/serve-$(printf %s "$@" | tr -c 'a-z0-9' _).log
	shift
	# shellcheck disable=SC2046 # options
	start "$(basename "$serve_log" .log)" ip netns exec "$host" espintcp serve $(_helper_options "$host") --state-dir "$TMP/state-$host" "$@"
	wait_for 30 sh -c "grep -q ready '$serve_log' || ! kill -0 $started"
	grep -q ready "$serve_log" || { cat "$serve_log"; return 1; }
}

# says LOG REGEX NUMBER: so many lines of it match, or more
# shellcheck disable=SC2317 # called by wait_for
says() { [ "$(grep -cE "$2" "$1")" -ge "$3" ]; }

# ended PID LOG: waits for its end, shows what it said; its status
ended()
{
	local status=0
	wait "$1" || status=$?
	cat "$2"
	return $status
}

# pings FROM ADDRESS: small ones and such as do not fit a packet
pings()
{
	wait_for 10 ip netns exec "$1" ping -q -c 1 -W 1 "$2" &&
		ip netns exec "$1" ping -q -c 5 -i 0.05 -w 10 "$2" &&
		ip netns exec "$1" ping -q -c 2 -i 0.05 -w 10 -s 4000 "$2"
}

# kernel_state HOST: SAs, policies but those of sockets, and connections but those that TCP is finished with
kernel_state()
{
	ip -n "$1" xfrm state
	ip -n "$1" xfrm policy list nosock
	ip netns exec "$1" ss -Htan state connected exclude time-wait | awk '{ print $1, $4, $5 }'
}

state_remember()
{
	kernel_state west >"$TMP/west.state"
	kernel_state east >"$TMP/east.state"
}

_state_as_before() { kernel_state west | cmp -s - "$TMP/west.state" && kernel_state east | cmp -s - "$TMP/east.state"; }

# nothing_left: both kernels are as state_remember saw them
nothing_left()
{
	wait_for 20 _state_as_before && return
	for host in west east; do kernel_state $host | diff "$TMP/$host.state" -; done
	return 1
}

# encap_is TYPE NUMBER: both kernels have so many SAs, all of this encapsulation, from port to port
encap_is()
{
	local host n
	for host in west east; do
		n=$(ip -n $host xfrm state | awk -v want="encap type $1 sport" '
			/^src/ { all++ } index($0, want) && $5 > 0 && $7 > 0 { n++ } END { print n + 0 " of " all + 0 }')
		[ "$n" = "$2 of $2" ] || { echo "$host: $n SAs, expected $2"; ip -n $host xfrm state; return 1; }
	done
}

# no_state HOST: its kernel has no SA
# shellcheck disable=SC2317 # called by wait_for
no_state() { [ -z "$(ip -n "$1" xfrm state)" ]; }

# rekeys_all NAME LOG: espintcp rekeys the child SA and the IKE SA, once more than its log has
rekeys_all()
{
	local child ike
	child=$(grep -c 'child SA rekeyed' "$2")
	ike=$(grep -c 'IKE SA is rekeyed' "$2")
	try "$1: espintcp rekeys the child SA" wait_for 20 says "$2" 'child SA rekeyed' $((child + 1))
	try "$1: espintcp rekeys the IKE SA" wait_for 20 says "$2" 'IKE SA is rekeyed' $((ike + 1))
}

# encap_count HOST: its SAs by encapsulation, such as "2 espinudp"
encap_count() { ip -n "$1" xfrm state | awk '/^src/ { n++; e = "none" } /encap type/ { e = $3 } END { print n + 0, e }'; }
