#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What up, serve and attach need of the host: the module, capabilities, and files that are in order. What lacks is named.
# bench: uml
. "$(dirname "$0")/lib/tap.sh"

NOBODY=65534
conf=$TMP/ipsec.conf
secrets=$TMP/ipsec.secrets
good_conf()
{
	cat <<-EOC
	config setup
	  listen-tcp=yes
	conn good
	  left=$WEST4
	  right=$EAST4
	  leftsubnet=$WEST_NET4
	  rightsubnet=$EAST_NET4
	  leftsourceip=$WEST_IN4
	  rightsourceip=$EAST_IN4
	  authby=secret
	  enable-tcp=yes
	  tcp-remoteport=$1
	  auto=add
	EOC
}

# nobody HOST CAPABILITIES: sets on, what to run a command with these (",+net_admin", ...) and no others
nobody()
{
	on=(ip netns exec "$1" setpriv --reuid "$NOBODY" --regid "$NOBODY" --clear-groups
		--bounding-set "-all$2" --inh-caps "-all$2" --ambient-caps "-all$2")
}

# Where nobody can reach it, whoever owns the tree
espintcp=$TMP/espintcp
files=(--config "$conf" --secrets "$secrets" --run-dir)
up=("$espintcp" up good "${files[@]}" "$TMP/run-west")
serve=("$espintcp" serve "${files[@]}" "$TMP/run-east" --state-dir "$TMP/state" --listen "$EAST4:443")
ready() { grep -q ready "$TMP/serve.log"; }
listening() { grep -q listening "$TMP/listen.log"; }
is_up() { grep -q 'SAs installed' "$TMP/up.log"; }
files_gone() { [ -z "$(find "$TMP/run-west" "$TMP/run-east" -mindepth 1)" ]; }

topo_up
good_conf 443 >"$conf"
(umask 077 && echo ': PSK "a secret"' >"$secrets")
chmod 755 "$TMP"
install -m 755 "$TOP/helper/espintcp" "$espintcp"
mkdir -m 700 "$TMP/run-west" "$TMP/run-east" "$TMP/state"

# Files first: they are read before anything else happens
fails "a file that is not there" 3 "^espintcp up: $TMP/none: .*No such file" "${up[@]}" --config "$TMP/none"
sed 's/leftsubnet/leftsubet/' "$conf" >"$TMP/typo.conf"
fails "an unknown key: file, line and the nearest one" 3 "^espintcp up: $TMP/typo.conf:6: .*leftsubet.*leftsubnet" \
	"${up[@]}" --config "$TMP/typo.conf"
fails "serve refuses it, too" 3 "^espintcp serve: $TMP/typo.conf:6: " "${serve[@]}" --config "$TMP/typo.conf"
sed '/right=/d' "$conf" >"$TMP/half.conf"
fails "half a connection" 3 "^espintcp up: $TMP/half.conf:3: .*right" "${up[@]}" --config "$TMP/half.conf"
for mode in 640 604; do
	chmod $mode "$secrets"
	fails "secrets of mode $mode" 3 "^espintcp up: $secrets: .*chmod" "${up[@]}"
done
chmod 600 "$secrets"

# The module is missing, then it comes
try "XFRM is empty" xfrm_clean west
modprobe -q -r espintcp
loader=$(sysctl -n kernel.modprobe)
at_exit "sysctl -qw kernel.modprobe=$loader"
sysctl -qw kernel.modprobe=/nonexistent
start serve east "${serve[@]}"
serving=$started
try "serve is ready without the module" wait_for 20 ready
fails "up names the remedy" 1 '^espintcp up: good: .*modprobe espintcp$' west "${up[@]}"
fails "attach, too" 1 '^espintcp attach: .*modprobe espintcp$' west "$espintcp" attach $EAST4:443
try "nothing is left" xfrm_clean west
sysctl -qw kernel.modprobe="$loader"
start up west "${up[@]}"
upping=$started
try "with the module there, the next attempt loads it and comes up" wait_for 20 is_up
try "it ends well" stop $upping INT
try "so does serve" stop $serving

# Nobody without a capability, with one, with two
chown -R $NOBODY "$secrets" "$TMP"/run-* "$TMP/state"
nobody west ''
fails "up without capabilities" 1 '^espintcp up: .*CAP_NET_ADMIN' "${on[@]}" "${up[@]}"
fails "attach without capabilities" 1 '^espintcp attach: .*CAP_NET_ADMIN' "${on[@]}" "$espintcp" attach $EAST4:443
nobody east ''
fails "attach --listen without capabilities" 1 '^espintcp attach: .*CAP_NET_ADMIN' "${on[@]}" "$espintcp" attach --listen 4500
fails "serve without capabilities" 1 '^espintcp serve: .*CAP_NET_ADMIN' "${on[@]}" "${serve[@]}"
nobody east ,+net_admin
fails "serve on port 443 with CAP_NET_ADMIN alone" 1 '^espintcp serve: cannot listen on .*: CAP_NET_BIND_SERVICE' \
	"${on[@]}" "${serve[@]}"
start listen "${on[@]}" "$espintcp" attach --listen "$EAST4:4500" --count 1
listen=$started
try "attach --listen with CAP_NET_ADMIN" wait_for 20 listening
nobody west ,+net_admin
start attach "${on[@]}" "$espintcp" attach $EAST4 --send-hex "$(printf '%056d' 1)"
try "attach with CAP_NET_ADMIN: a message goes through" wait $listen

nobody east ,+net_admin,+net_bind_service
start serve "${on[@]}" "${serve[@]}"
serving=$started
try "serve on port 443 with both" wait_for 20 ready
nobody west ,+net_admin
start up "${on[@]}" "${up[@]}"
upping=$started
try "up with CAP_NET_ADMIN" wait_for 20 is_up
try "its leftsourceip is there and traffic goes through" west ping -c 1 -w 5 -I $WEST_IN4 $EAST_IN4
fails "another user cannot take it down" 1 "^espintcp down: .*$TMP/run-west" \
	west setpriv --reuid 65533 --clear-groups "$espintcp" down good --run-dir "$TMP/run-west"
nobody west ''
try "its user can, without any capability" "${on[@]}" "$espintcp" down good --run-dir "$TMP/run-west"
try "up ends well" wait $upping
try "serve ends well" stop $serving
try "nothing is left: SAs and policies" xfrm_clean west
try "at either end" xfrm_clean east
try "no file" files_gone
chown 0 "$secrets"
fails "the run directory of somebody else" 1 'the run directory .* must be ours with mode 0700' west "${up[@]}"
