#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# In a container: user, network and process namespaces of an ordinary user, who has CAP_NET_ADMIN in there alone. The
# helper brings a tunnel up, and all of it goes with the container.
# bench: uml
. "$(dirname "$0")/lib/tap.sh"
. "$TOP/selftests/lib/sa.sh"
. "$TOP/selftests/lib/ipsec.sh"

NOBODY=65534

# The container's first process, until it is killed
container_start()
{
	start container setpriv --reuid $NOBODY --regid $NOBODY --clear-groups \
		unshare --user --map-root-user --net --pid --fork --kill-child --mount-proc sh -c 'echo there; exec sleep infinity'
	box=$started
	wait_for 10 grep -q there "$TMP/container.log"
}

# inside COMMAND...: as its root
inside() { nsenter --target "$(pgrep -P "$box")" --user --net --pid "$@"; }
attach() { inside "$espintcp" attach $EAST4:443; }

at_exit topo_down
chmod 755 "$TMP"
espintcp=$TMP/espintcp
install -m 755 "$TOP/helper/espintcp" "$espintcp"
conf_begin
# The server waits for a peer that was cut off to come again, for as long
conf_conn net 4 4 leftsourceip=$WEST_IN4 dpddelay=1 dpdtimeout=5
conf_conn net6 6 6
install -m 700 -o $NOBODY -d "$TMP/run-west"
install -m 600 -o $NOBODY "$TMP/ipsec.secrets" "$TMP/container.secrets"
options=(--config "$TMP/ipsec.conf" --secrets "$TMP/container.secrets" --run-dir "$TMP/run-west")

wait_for 10 unload || bail_out "the module is in use"
try "a container" container_start
connect() { ip netns attach west "$(pgrep -P "$box")" && ip netns add east && topo_wire west east; }
connect || bail_out "no wire to the container"
ip -n west addr del $WEST_IN4/24 dev inner
try "the wire carries packets" wait_for 10 inside ping -c 1 -W 1 $EAST4
try "espintcp serve outside" serve east
serve=$started
try "it has loaded nothing" wait_for 10 unload

# The server would load it
start other east nc -n -v -l $EAST4 443
wait_for 10 tcp_listens east 443 || bail_out "nc does not listen"
fails "no module: the container cannot load one, and says what lacks" 1 'modprobe espintcp' attach
modprobe espintcp || bail_out "no module"
start up inside "$espintcp" up net "${options[@]}"
is_up() { grep -q 'SAs installed' "$TMP/up.log"; }
try "with the module there the container has its tunnel" wait_for 20 is_up
try "it carries" pings east $WEST_IN4
try "and the other way" inside ping -q -c 3 -i 0.05 -w 10 $EAST_IN4
like "its socket is seen in there" "$(inside "$espintcp" status)" "$EAST4"
fails "not those of all namespaces" '!0' 'CAP_NET_ADMIN' inside "$espintcp" status --all
fails "the module is in use" '!0' 'in use' rmmod espintcp

# All at once, and its owner has no chance to take anything down
ip netns del west
stop "$box" KILL
try "the server notices" wait_for 20 no_state east
try "nothing of the container holds the module" wait_for 20 unload

# It went under the server, too
try "the server goes on" kill -0 "$serve"
rm -rf "$TMP/run-west"
reconnect() { ip netns add west && topo_wire west east >/dev/null 2>&1; }
reconnect || bail_out "no wire to another host"
try "a client that may load the module brings it back: up" up west net
try "it carries" pings west $EAST_IN4
try "espintcp down" down west net
