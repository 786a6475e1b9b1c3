#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The part of the demonstration that runs in the guest: west brings a tunnel to east up, files go through it both ways,
# west takes it down. Leaves in $RESULTS what the screen is made from: facts (KEY VALUE lines), logs, and the capture.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/topo.sh"
. "$here/../lib/traffic.sh"
PATH=$TOP/helper:$PATH
size=$((20 * 1024 * 1024))
marker="cleartext of the inner network"
dir=$(mktemp -d)

fact() { echo "$*" >>"$RESULTS/facts"; }
give_up()
{
	fact failed "$*"
	exit 1
}
ms() { echo $((${EPOCHREALTIME/./} / 1000)); }

write_conf()
{
	cat >"$dir/ipsec.conf" <<-EOF
	config setup
	  listen-tcp=yes
	conn demo
	  left=$WEST4
	  leftid=@west
	  leftsubnet=$WEST_NET4
	  right=$EAST4
	  rightid=@east
	  rightsubnet=$EAST_NET4
	  enable-tcp=yes
	  tcp-remoteport=4500
	  ikev2=yes
	  authby=secret
	  auto=add
	EOF
	(umask 077 && echo "@west @east : PSK \"$(head -c 24 /dev/urandom | base64)\"" >"$dir/ipsec.secrets")
	cp "$dir/ipsec.conf" "$RESULTS/"
}

# A file that starts with a line which must not be seen on the wire, and does not compress.
write_file() { { echo "$marker from $1"; head -c "$size" /dev/urandom; } | head -c "$size" >"$dir/$1.file"; }

helper_options=(--config "$dir/ipsec.conf" --secrets "$dir/ipsec.secrets")

# carry NAME FROM TO ADDRESS: a file through the tunnel, to TO's inner address
carry()
{
	local name=$1 from=$2 to=$3 addr=$4 began
	began=$(ms)
	transfer "$from" "$to" "$addr" "$dir/$from.file" "$dir/$name.got" || give_up "cannot send from $from: $(tail -n 1 "$dir/$name.got.log")"
	fact "$name.ms" $(($(ms) - began))
	fact "$name.bytes" "$(stat -c %s "$dir/$name.got" 2>/dev/null)"
	fact "$name.sent" "$(sha256sum <"$dir/$from.file" | cut -c1-64)"
	fact "$name.got" "$(sha256sum <"$dir/$name.got" | cut -c1-64)"
}

fact kernel "$(uname -r)"
fact kernel.version "$(uname -v)"
fact module.before "$(grep -c '^espintcp ' /proc/modules)"
fact module.stock "$(grep -c 'CONFIG_INET_ESPINTCP=y' "/boot/config-$(uname -r)" 2>/dev/null || true)"
topo_make || give_up "cannot make two hosts on a wire"
# One packet is one segment: without this a veth carries 64 KB at a time.
ip -n west link set wire gso_max_segs 1
ip -n east link set wire gso_max_segs 1
write_conf
write_file west
write_file east

TMP=$dir
wire_start -s 0 -B 65536 || give_up "tcpdump does not start"

ip netns exec east espintcp serve "${helper_options[@]}" --run-dir "$dir/east" --state-dir "$dir/east" >"$RESULTS/serve.log" 2>&1 &
serve=$!
wait_for 20 sh -c "ip netns exec east ss -Hltn 'sport = :4500' | grep -q . || ! kill -0 $serve"
kill -0 $serve || give_up "espintcp serve does not listen"

began=$(ms)
ip netns exec west espintcp up demo "${helper_options[@]}" --run-dir "$dir/west" >"$RESULTS/up.log" 2>&1 &
up=$!
wait_for 60 sh -c "grep -q 'SAs installed' '$RESULTS/up.log' || ! kill -0 $up"
grep -q 'SAs installed' "$RESULTS/up.log" || give_up "espintcp up failed"
wait_for 20 west ping -n -c 1 -W 1 -I $WEST_IN4 $EAST_IN4 || give_up "no ping goes through the tunnel"
fact ping.first.ms $(($(ms) - began))
west ping -n -c 10 -i .1 -I $WEST_IN4 $EAST_IN4 >"$RESULTS/ping.log" 2>&1

carry west-east west east $EAST_IN4
carry east-west east west $WEST_IN4

west ip -d xfrm state >"$RESULTS/xfrm.log"
west espintcp status >"$RESULTS/status.log" 2>&1
fact status.exit $?
fact module "$(cat /sys/module/espintcp/version 2>/dev/null)"

west espintcp down demo --run-dir "$dir/west" >"$RESULTS/down.log" 2>&1
fact down.exit $?
wait $up
fact up.exit $?
# Before serve ends: it is the peer's DELETE that cleans up, not the end of the process.
wait_for 10 xfrm_clean west && wait_for 10 xfrm_clean east && fact xfrm.left 0
kill -TERM "$serve"
wait "$serve"
fact serve.exit $?
# TIME_WAIT is TCP's own business; nothing else may be left.
wait_for 10 sh -c '! { ip netns exec west ss -Htan state connected exclude time-wait; ip netns exec east ss -Htan state connected exclude time-wait; } | grep -q .' &&
	fact sockets.left 0
wire_stop >"$RESULTS/capture.log" || give_up "$(tail -n 1 "$RESULTS/capture.log")"
fact tcpdump.dropped "$(sed -n 's/^\([0-9]*\) packets\{0,1\} dropped by kernel/\1/p' "$dir"/*.tcpdump | paste -sd+ | bc)"
topo_down
wait_for 10 modprobe -r espintcp && fact module.unloaded 1
cp "$dir/west.pcap" "$dir/east.pcap" "$RESULTS/"
