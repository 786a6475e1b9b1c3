#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What DKMS asks before it builds: each answer, with what it says.
# bench: host
. "$(dirname "$0")/lib/tap.sh"

check=$TOP/dist/dkms/check
: >"$TMP/none"
export MODPROBE_OPTIONS="-C $TMP/none"

# kernel NAME LINE...: a tree of headers with this configuration
kernel()
{
	local dir=$TMP/$1/include/config
	mkdir -p "$dir"
	shift
	printf '%s\n' '# Automatically generated file; DO NOT EDIT.' "$@" >"$dir/auto.conf"
}

# asked LINE: what modprobe reads
asked()
{
	printf '%s\n' "$1" >"$TMP/asked"
	export MODPROBE_OPTIONS="-C $TMP/asked"
}

kernel debian CONFIG_XFRM=y CONFIG_INET_ESP=m CONFIG_INET6_ESP=m '# CONFIG_INET_ESPINTCP is not set'
kernel builtin CONFIG_XFRM=y CONFIG_INET_ESP=y
kernel no-xfrm CONFIG_INET=y
kernel no-esp CONFIG_XFRM=y '# CONFIG_INET_ESP is not set' CONFIG_INET_ESP_OFFLOAD=m
kernel own CONFIG_XFRM=y CONFIG_INET_ESP=m CONFIG_INET_ESPINTCP=y
kernel own6 CONFIG_XFRM=y CONFIG_INET_ESP=m CONFIG_INET6_ESPINTCP=y
mkdir "$TMP/empty" "$TMP/plain"
printf 'CONFIG_XFRM=y\nCONFIG_INET_ESP=m\n' >"$TMP/plain/.config"

is "a kernel like Debian's: nothing is said" "$("$check" 6.1.0-1-amd64 "$TMP/debian" 2>&1; echo $?)" 0
try "ESP built in" "$check" 6.1.0 "$TMP/builtin"
try "a build tree that has .config alone" "$check" 6.1.0 "$TMP/plain"
fails "no CONFIG_XFRM" 77 'not built for 6\.1\.0-1-amd64: it has no IPsec \(CONFIG_XFRM' "$check" 6.1.0-1-amd64 "$TMP/no-xfrm"
fails "and what to do" 77 'linux-image-amd64' "$check" 6.1.0-1-amd64 "$TMP/no-xfrm"
fails "no CONFIG_INET_ESP" 77 'it has no ESP \(CONFIG_INET_ESP ' "$check" 6.1.0 "$TMP/no-esp"
fails "and what to do" 77 'CONFIG_INET_ESP=m' "$check" 6.1.0 "$TMP/no-esp"
fails "an espintcp of the kernel's own" 77 'it has an espintcp of its own' "$check" 6.1.0 "$TMP/own"
fails "and what to do" 77 "options espintcp takeover=1' >/etc/modprobe.d/espintcp.conf && dkms autoinstall -k 6.1.0" \
	"$check" 6.1.0 "$TMP/own"
fails "for IPv6 alone" 77 'it has an espintcp of its own' "$check" 6.1.0 "$TMP/own6"
fails "no headers" 77 'there is no configuration of that kernel in .*/empty' "$check" 6.1.0 "$TMP/empty"
fails "and what to do" 77 'apt-get install linux-headers-6\.1\.0' "$check" 6.1.0 "$TMP/empty"
fails "no arguments" 2 '^usage: ' "$check"

for yes in takeover=1 takeover=Y takeover=on takeover 'other=3 takeover=1' 'takeover=0 takeover=1'; do
	asked "options espintcp $yes"
	try "taking over is asked for: $yes" "$check" 6.1.0 "$TMP/own"
done
for no in takeover=0 takeover=n takeover=off takeovers=1 'takeover=1 takeover=0' other=1; do
	asked "options espintcp $no"
	fails "it is not: $no" 77 'of its own' "$check" 6.1.0 "$TMP/own"
done
asked 'options other takeover=1'
fails "nor by another module's option" 77 'of its own' "$check" 6.1.0 "$TMP/own"

# Standard error alone: what installs packages sends the rest to /dev/null
is "a refusal is on standard error" "$("$check" 6.1.0 "$TMP/empty" 2>/dev/null)" ""

# read_by ACTION KERNEL: as DKMS reads its file for a kernel; with an autoinstall it has another one's name in front
read_by()
{
	# shellcheck disable=SC2016 # for the other shell
	bash -c '
		source_it() { . "$1"; echo "AUTOINSTALL=$AUTOINSTALL BUILD_EXCLUSIVE_KERNEL=$BUILD_EXCLUSIVE_KERNEL"; }
		read_conf() { local kernelver=$1 kernel_source_dir=/lib/modules/$1/build; source_it "$2"; }
		action=$2 kernelver=("$3") name=$3
		[ $action != autoinstall ] || name=another-kernel
		read_conf "$name" "$1/dkms.conf"' - "$TOP" "$@" 2>&1
}
for action in build install autoinstall; do
	like "dkms $action passes over a kernel that cannot have the module" "$(read_by $action no-such-kernel)" \
		'^AUTOINSTALL= BUILD_EXCLUSIVE_KERNEL=\^\$$'
	like "and says so" "$(read_by $action no-such-kernel)" 'not built for no-such-kernel:'
done
is "other actions ask nothing" "$(read_by status no-such-kernel)" "AUTOINSTALL=yes BUILD_EXCLUSIVE_KERNEL="
