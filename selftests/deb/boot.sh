# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # deb.sh's variables
# Part of deb.sh: the release with the packages installed, booted with the kernel that came after them. The module is the
# one that dkms made; what the guest finds counts as deb.sh's own.

mods=$work/boot/lib/modules
mkdir -p "$mods"
if "$lab/kernel" "$new" "$root" >"$TMP/kernel.log" 2>&1; then
	cp -al "$cache/kernel/$new/image/lib/modules/$new" "$mods/" 2>/dev/null ||
		cp -a "$cache/kernel/$new/image/lib/modules/$new" "$mods/"
	mkdir -p "$mods/$new/updates/dkms"
	cp "$(ko "$new")" "$mods/$new/updates/dkms/"
	depmod -b "$work/boot" "$new"
	"$lab/vm" -k "$new" -R "$root" -m "$mods" -r "$work/results" -t 600 "$TOP/selftests/deb/guest.sh" >"$work/results/guest.log" 2>&1
	booted=$?
	while read -r line; do
		case $line in
		'not ok '*) not_ok "guest: ${line#not ok * - }" ;;
		'ok '*) ok "guest: ${line#ok * - }" ;;
		'# '*) echo "$line" ;;
		1..*) tests=${line#1..} ;;
		esac
	done < <(cat "$work/results/guest.tap" 2>/dev/null)
	if [ $booted = 0 ] && [ "${tests:-0}" -gt 0 ]; then
		ok "the guest ended well and its kernel log is clean"
	else
		not_ok "the guest ended well and its kernel log is clean" "exit status $booted" "$(tail -n 40 "$work/results/guest.log")"
	fi
else
	not_ok "the kernel $new to boot" "$(cat "$TMP/kernel.log")"
fi
