#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# In the guest of deb.sh, when the system is up: what apt installed, the module as dkms made it, the services as they are
# shipped, libreswan as confined as an administrator might have it, and a kernel that trusts no key of ours.
. "$TOP/selftests/lib/tap.sh"
. "$TOP/selftests/lib/ipsec.sh"
# The package's, not the tree's
PATH=/usr/sbin:/usr/bin:/sbin:/bin

# unit_in HOST UNIT [LINE...]: the service runs in that network namespace; LINEs are more for [Service]
unit_in()
{
	local host=$1 unit=$2
	shift 2
	mkdir -p "/etc/systemd/system/$unit.d"
	printf '%s\n' '[Service]' "NetworkNamespacePath=/run/netns/$host" "$@" >"/etc/systemd/system/$unit.d/lab.conf"
	systemctl daemon-reload
}

pid_of() { systemctl show -P MainPID "$1"; }
state_of() { systemctl show -P ActiveState "$1"; }
active_is() { [ "$(state_of "$1")" = "$2" ]; }
listens() { ip netns exec "$1" ss -Hltn "sport = :4500" | grep -q .; }
has_tunnel() { [ "$(ip -n "$1" xfrm state | grep -c 'encap type espintcp')" = "${2:-2}" ]; }
of_process() { sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status"; }
ended_up() { active_is "$1" inactive || active_is "$1" failed; }
log_of() { journalctl -q --no-pager -o cat -u "$1"; }

# What apt and dkms left
is "the boot loaded the module" "$(cut -d ' ' -f 1 /proc/modules | grep -x espintcp)" espintcp
like "it is dkms's" "$(modinfo -n espintcp)" '/updates/dkms/espintcp\.ko'
is "no unit failed" "$(systemctl list-units --failed --no-legend --plain 'systemd-modules-load*' 'espintcp*')" ""
try "modprobe -r espintcp" modprobe -r espintcp
try "modprobe espintcp" modprobe espintcp
is "the version is the package's" "$(cat /sys/module/espintcp/version)" "$(dpkg-query -W -f '${Version}' espintcp-dkms)"
like "espintcp status" "$(espintcp status 2>&1)" "$(cat /sys/module/espintcp/version)"

# The services between two hosts
topo_up
conf_begin
conf_conn office 4 4
install -m 644 "$TMP/ipsec.conf" /etc/ipsec.conf
install -m 600 "$TMP/ipsec.secrets" /etc/ipsec.secrets
unit_in east espintcp-serve.service
unit_in west espintcp@office.service RestartSec=1s
try "systemctl start espintcp-serve" systemctl start espintcp-serve
try "it listens" wait_for 30 listens east
try "systemctl start espintcp@office" systemctl start espintcp@office
try "the tunnel is up" wait_for 30 has_tunnel west || log_of espintcp@office | sed 's/^/# /'
try "it carries pings" pings west $EAST_IN4
for unit in espintcp-serve espintcp@office; do
	pid=$(pid_of $unit)
	is "$unit may do two things: CAP_NET_ADMIN, CAP_NET_BIND_SERVICE" "$(of_process "$pid" CapBnd)" 0000000000001400
	is "$unit gains no privileges, and its system calls are filtered" \
		"$(of_process "$pid" NoNewPrivs) $(of_process "$pid" Seccomp)" "1 2"
done
kill -KILL "$(pid_of espintcp@office)"
restarted() { [ "$(systemctl show -P NRestarts espintcp@office)" -ge 1 ] && active_is espintcp@office active && has_tunnel east; }
try "killed, it comes back by itself" wait_for 60 restarted
try "and carries pings again" pings west $EAST_IN4
try "espintcp down ends it" espintcp down office
try "which is no failure" wait_for 30 active_is espintcp@office inactive
try "nothing of it is in the kernel" wait_for 15 xfrm_clean west
try "started again" systemctl start espintcp@office
try "it is up" wait_for 30 has_tunnel west
try "systemctl stop" systemctl stop espintcp@office espintcp-serve
try "leaves nothing in the kernel" wait_for 15 xfrm_clean west
try "at either end" wait_for 15 xfrm_clean east
systemctl start espintcp@nonsense
try "a connection that is nowhere fails" wait_for 30 active_is espintcp@nonsense failed
is "once, with the status for that" "$(systemctl show -P ExecMainStatus espintcp@nonsense) $(systemctl show -P NRestarts espintcp@nonsense)" "3 0"

# libreswan, by systemd and by AppArmor; the module is not there before it asks
try "the module goes" modprobe -r espintcp
cat >"$TMP/apparmor" <<-PROFILE
	#include <tunables/global>
	profile pluto /usr/libexec/ipsec/pluto {
	  #include <abstractions/base>
	  #include <abstractions/nameservice>
	  capability audit_write,
	  capability net_admin,
	  capability net_bind_service,
	  capability net_raw,
	  capability setpcap,
	  capability dac_read_search,
	  network inet,
	  network inet6,
	  network netlink,
	  network unix,
	  unix,
	  signal,
	  /etc/ipsec.* r,
	  /etc/ipsec.d/** r,
	  /usr/libexec/ipsec/* rix,
	  /var/lib/ipsec/** rwk,
	  /run/pluto/** rwk,
	  /proc/** r,
	  /sys/** r,
	  /etc/crypto-policies/** r,
	}
PROFILE
apparmor_parser -r "$TMP/apparmor" >"$TMP/apparmor.log" 2>&1
try "AppArmor has a profile of pluto" grep -q '^pluto (enforce)' /sys/kernel/security/apparmor/profiles
printf '\tleftupdown=%%disabled\n\trightupdown=%%disabled\n' >>/etc/ipsec.conf
unit_in east ipsec.service NoNewPrivileges=yes ProtectKernelModules=yes ProtectKernelTunables=yes ProtectSystem=full \
	ProtectHome=yes PrivateTmp=yes PrivateDevices=yes RestrictNamespaces=yes RestrictRealtime=yes LockPersonality=yes \
	'CapabilityBoundingSet=CAP_AUDIT_WRITE CAP_NET_ADMIN CAP_NET_BIND_SERVICE CAP_NET_RAW CAP_SETPCAP CAP_DAC_READ_SEARCH' \
	'RestrictAddressFamilies=AF_INET AF_INET6 AF_NETLINK AF_UNIX' 'SystemCallFilter=@system-service' \
	TimeoutStartSec=300
# Its start script may not, with tunables protected, and the console has that from the journal
expect_kernel 'WARNING: cannot change /proc/sys/'
# Some releases' runs since the boot, in no namespace and without the profile
systemctl stop ipsec
try "systemctl start ipsec" systemctl start ipsec || log_of ipsec | tail -n 40 | sed 's/^/# /'
try "libreswan listens" wait_for 60 listens east
is "it is confined" "$(tr -d "\0" <"/proc/$(pid_of ipsec)/attr/current")" "pluto (enforce)"
is "and cannot load modules" "$(($((16#$(of_process "$(pid_of ipsec)" CapBnd))) >> 16 & 1))" 0
try "espintcp up against it" systemctl start espintcp@office
try "the tunnel is up" wait_for 60 has_tunnel east || { log_of espintcp@office; log_of ipsec | tail -n 20; } | sed 's/^/# /'
try "it carries pings" pings west $EAST_IN4
is "AppArmor refused nothing of TCP" "$(dmesg | grep 'apparmor="DENIED"' | grep -E 'operation="(setsockopt|connect|accept|sendmsg|recvmsg|create|bind|listen)"')" ""
systemctl stop espintcp@office
systemctl stop ipsec
wait_for 15 xfrm_clean west

# As with Secure Boot and a key that is not enrolled
try "the module goes again" wait_for 30 modprobe -r espintcp
echo 1 >/sys/module/module/parameters/sig_enforce
fails "a kernel that asks for a signature it trusts" 1 "could not insert 'espintcp': Key was rejected by service" modprobe espintcp
like "says so in its log" "$(dmesg)" 'Loading of module with unavailable key is rejected'
fails "the helper says what is missing" 1 'espintcp' espintcp attach 127.0.0.1:9
