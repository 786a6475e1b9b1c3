# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A third host behind topo_up's: west has a link to it, too, and it has the inner network of east. For gateways that take
# the place of each other.
WEST_B4=198.51.100.1 FAR4=198.51.100.2 WEST_B6=2001:db8:b::1 FAR6=2001:db8:b::2
at_exit 'topo_down far'
ip netns add far || bail_out "no third host"
ip link add wireb netns west type veth peer name wire netns far || bail_out "no wire to the third host"
ip -n west addr add $WEST_B4/24 dev wireb
ip -n west addr add $WEST_B6/64 dev wireb nodad
ip -n west link set wireb up
ip -n far link set lo up
ip -n far addr add $FAR4/24 dev wire
ip -n far addr add $FAR6/64 dev wire nodad
ip -n far link set wire up
ip -n far link add inner type dummy
ip -n far addr add "$EAST_IN4/24" dev inner
ip -n far link set inner up
ip -n far route add default via $WEST_B4 src "$EAST_IN4"
wait_for 10 west ping -c 1 -W 1 $FAR4 || bail_out "the third host does not answer"
