#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The Debian packages in a Debian release, with its own dkms: built, checked by lintian, installed by apt, a kernel that
# comes after them, kernels that cannot have the module, removal and purge.
# Environment: DEB_RELEASE (bookworm), DEB_KERNELS: the beginning of two kernels' names (6.1.0-), DEB_BOOT (no): yes boots the result
# bench: host
# limit: 1800
# In namespaces of its own: mounts go with it, however it ends
[ -n "${DEB_INSIDE:-}" ] || DEB_INSIDE=1 exec unshare --mount --propagation private bash "$0" "$@"
. "$(dirname "$0")/lib/tap.sh"

lab=$TOP/selftests/lab
cache=${ESPINTCP_CACHE:-$TOP/.cache}
release=${DEB_RELEASE:-bookworm}
work=$cache/deb-$release
version=$(cat "$TOP/VERSION")
packages=(build-essential dkms lintian fakeroot dpkg-dev debhelper dh-dkms bash-completion bison flex libnl-3-dev libnl-genl-3-dev
	libnl-route-3-dev libnl-xfrm-3-dev libssl-dev pkg-config python3-docutils
	systemd systemd-sysv libreswan apparmor)

base=$("$lab/release" "$release" "${packages[@]}" 2>"$TMP/release.log") || bail_out "no root of Debian $release: $(cat "$TMP/release.log")"
# Two at a time would take each other's root away
exec {lock}>"$work.lock"
flock "$lock"
rm -rf "$work"
mkdir -p "$work/upper" "$work/work" "$work/root" "$work/deb" "$work/results"
at_exit "umount -R '$work/root'; rm -rf '$work/work' '$work/upper'"
mount -t overlay -o "lowerdir=$base,upperdir=$work/upper,workdir=$work/work" overlay "$work/root" || bail_out "cannot mount an overlay"
root=$work/root

# there COMMAND...: in the release, with the tree and the cache at their places
there() { "$lab/inside" "$root" env DEBIAN_FRONTEND=noninteractive "$@"; }
apt() { there apt-get -q -y -o Dpkg::Options::=--force-unsafe-io "$@"; }
# The index in the cache may be older than the mirror
fetch() { apt install "$@" || { apt update && apt install "$@"; }; }
# shellcheck disable=SC2016 # dpkg-query's own
version_of() { there dpkg-query -W -f '${Version}' "$1"; }
is_built_for() { like "$1" "$(there dkms status -m espintcp -v "$version" 2>/dev/null)" "^espintcp/$version, ${2//+/\\+}, .*: installed"; }
ko() { find "$root/lib/modules/$1/updates" -name 'espintcp.ko*' 2>/dev/null; }

# What a system has; what apt, dpkg, dkms and depmod keep of their own is theirs
everything()
{
	(cd "$root" && find . -xdev \( -path ./tmp -o -path ./proc -o -path ./dev -o -path ./run -o -path ./var/cache -o -path ./var/log \
		-o -path ./var/lib/apt -o -path "./var/lib/dpkg/*-old" -o -path ".$TOP" -o -path ".$cache" \) -prune \
		-o -printf '%y %m %p\n' | grep -v -e '/lib/modules/[^/]*/modules\.' -e "/lib/modules/$new\$" \
		-e ' \./var/lib/dkms/mok\.' | LC_ALL=C sort)
}

there sh -c "apt-cache search --names-only '^linux-headers-${DEB_KERNELS:-6.1.0-}.*[0-9a-z]-amd64\$'" |
	awk '{ sub(/^linux-headers-/, "", $1); print $1 }' | grep -vE -e '-(rt|cloud)-amd64$' | sort -V | tail -n 2 >"$TMP/kernels"
{ read -r old && read -r new; } <"$TMP/kernels" || bail_out "apt knows no two kernels ${DEB_KERNELS:-6.1.0-}* in $release"
diag "Debian $release, dkms $(version_of dkms), kernels $old and $new"

# Kernels come one after the other, but other stages may have put headers into the release's root
no_headers() { apt purge '^linux-(headers|image)-' && apt autoremove --purge; }
try "a system without kernels" no_headers
is "it has none" "$(ls "$root/lib/modules" 2>/dev/null)" ""

# Made and checked
rm -f "$root/etc/dpkg/dpkg.cfg.d/lab"
try "the packages are built" there make -s -C "$TOP" deb "DEB_OUT=$work/deb"
try "lintian has nothing to say" there lintian --allow-root --pedantic --fail-on error,warning,info,pedantic \
	"$work/deb/espintcp_${version}_amd64.changes"

# Kernel, package, next kernel
try "the headers of $old" fetch "linux-headers-$old"
# That is the image's part; where nobody has done it, dkms 3.2 takes the kernel for one that is not installed
try "modprobe has a list for it" there depmod "$old"
everything >"$TMP/before"

# Without packages: make install, in a system whose running kernel is another one
mkdir "$work/tree"
(cd "$TOP" && tar -c --exclude=obj --exclude=helper/espintcp --exclude='*.o' --exclude='*.mod*' --exclude='.*.cmd' --exclude=have.h \
	Documentation Kbuild Makefile VERSION dist dkms.conf helper kernel uapi) | tar -x -C "$work/tree"
for how in "with dkms:" "without dkms: DKMS="; do
	args=${how#*:} how=${how%%:*}
	# shellcheck disable=SC2086 # none or one
	try "make install, $how" there make -s -C "$work/tree" install "KDIR=/lib/modules/$old/build" $args
	[ -n "$args" ] || is_built_for "$how: it has built the module for $old" "$old"
	like "$how: modprobe finds it" "$(cat "$root/lib/modules/$old/modules.dep")" '^updates/.*espintcp\.ko'
	# shellcheck disable=SC2086 # none or one
	try "make uninstall, $how" there make -s -C "$work/tree" uninstall $args
	everything >"$TMP/after"
	is "$how: the system is as it was" "$(diff "$TMP/before" "$TMP/after" | grep '^[<>]' | head -n 40)" ""
	unlike "$how: modprobe finds nothing" "$(cat "$root/lib/modules/$old/modules.dep")" 'espintcp'
done
rm -rf "$work/tree"

# Kernels whose headers are those of $old, but for the configuration (links lead out of the root: read there)
there sh -c "mkdir -p /tmp/config && cp -L /lib/modules/$old/build/.config /lib/modules/$old/build/include/config/auto.conf /tmp/config"
for pair in "no-esp:s/^CONFIG_INET_ESP=.*//" "own-espintcp:\$aCONFIG_INET_ESPINTCP=y"; do
	name=9.9.9-${pair%%:*}
	mkdir -p "$root/lib/modules/$name/build/include/config"
	for f in .config include/config/auto.conf; do
		sed "${pair#*:}" "$root/tmp/config/${f##*/}" >"$root/lib/modules/$name/build/$f"
	done
done
try "apt install ./*.deb, with two kernels beside it that cannot have the module" apt install "$work/deb/espintcp_${version}_amd64.deb" "$work/deb/espintcp-dkms_${version}_all.deb"
like "which the screen says" "$(cat "$TMP/out")" 'not built for 9\.9\.9-own-espintcp: it has an espintcp of its own'
is_built_for "dkms has built the module for $old" "$old"
try "it is where modprobe looks" test -n "$(ko "$old")"
like "it is signed with the key of this system" "$(modinfo -F signer "$(ko "$old")")" '.'
like "it is the tree's version" "$(modinfo -F version "$(ko "$old")")" "^$version\$"
try "the boot loads it" grep -qx espintcp "$root/usr/lib/modules-load.d/espintcp.conf"
try "the helper runs" there espintcp --version
try "man espintcp, espintcp.conf and the module's" test -e "$root/usr/share/man/man8/espintcp.8.gz" \
	-a -e "$root/usr/share/man/man5/espintcp.conf.5.gz" -a -e "$root/usr/share/man/man7/espintcp.7.gz"
unlike "no service is enabled" "$(there systemctl is-enabled espintcp-serve.service 2>&1)" '^enabled'
try "a kernel upgrade: the headers of $new" fetch "linux-headers-$new"
is_built_for "brings the module for $new" "$new"
is_built_for "and leaves that for $old" "$old"

# By hand
try "dkms remove for one kernel" there dkms remove "espintcp/$version" -k "$old"
is "takes it from there" "$(ko "$old")" ""
try "dkms build" there dkms build "espintcp/$version" -k "$old"
try "dkms install" there dkms install "espintcp/$version" -k "$old"
is_built_for "brings it back" "$old"

try "a new kernel without ESP is no failure" there dkms autoinstall -k 9.9.9-no-esp
like "but told" "$(there dkms autoinstall -k 9.9.9-no-esp 2>&1)" 'not built for 9\.9\.9-no-esp: it has no ESP'
try "nor is one with an espintcp of its own" there dkms autoinstall -k 9.9.9-own-espintcp
like "but told, with the remedy" "$(there dkms autoinstall -k 9.9.9-own-espintcp 2>&1)" 'takeover=1'
fails "dkms build for such a kernel says why not" 77 'it has an espintcp of its own' there dkms build "espintcp/$version" -k 9.9.9-own-espintcp
is "nothing was installed for it" "$(ko 9.9.9-own-espintcp)" ""
there rm -rf /lib/modules/9.9.9-no-esp /lib/modules/9.9.9-own-espintcp /tmp/config

[ "${DEB_BOOT:-no}" != yes ] || . "$TOP/selftests/deb/boot.sh"

# Gone
# Some releases' headers bring the image
try "$new goes" apt purge "linux-(headers|image)-${new//+/\\+}\$"
there apt-get -q -y autoremove --purge >/dev/null 2>&1
mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
ln -sf /lib/systemd/system/espintcp@.service "$root/etc/systemd/system/multi-user.target.wants/espintcp@office.service"
try "apt remove" apt remove espintcp espintcp-dkms
is "takes the modules" "$(ko "$old")$(ko "$new")" ""
is "and their source" "$(ls -d "$root"/usr/src/espintcp* 2>/dev/null)" ""
try "apt purge" apt purge espintcp espintcp-dkms
everything >"$TMP/after"
is "leaves the system as it was" "$(diff "$TMP/before" "$TMP/after" | grep '^[<>]' | head -n 40)" ""
