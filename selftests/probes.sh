#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The probes of kernel/compat/probe/, each against small header trees that have its feature, lack it, and leave it open.
# The trees of the probe NAME are in selftests/probes/NAME: "@ ANSWER HEADER" begins one, and its text follows. All other
# headers that the probe includes are there, and empty.
# bench: host
. "$(dirname "$0")/lib/tap.sh"

probes=$TOP/kernel/compat/probe
ask() { sh "$TOP/kernel/compat/probe.sh" -o "$name" "${CC:-gcc}" -nostdinc "-I$tree"; }

# tree HEADER: from standard input
make_tree()
{
	local h
	rm -rf "$tree"
	for h in $(sed -n 's/^#include <\(.*\)>$/\1/p' "$probes/$name.c") "$1"; do
		mkdir -p "$tree/${h%/*}"
		: >"$tree/$h"
	done
	cat >"$tree/$1"
}

check_answer()
{
	local answer=$1 define
	define="#define ESPINTCP_HAVE_$(tr '[:lower:]' '[:upper:]' <<<"$name")"
	case $answer in
	has)
		is "$name: a kernel that has it" "$(ask 2>"$TMP/said" | sed 1d)" "$define 1"
		like "$name: and people are told" "$(cat "$TMP/said")" "PROBE +$name +yes"
		;;
	lacks)
		is "$name: a kernel that lacks it" "$(ask 2>"$TMP/said" | sed 1d)" "$define 0"
		like "$name: and people are told that, too" "$(cat "$TMP/said")" "PROBE +$name +no"
		;;
	neither) fails "$name: headers that fit neither fail with a sentence" 1 "cannot tell whether this kernel has $name \(.+\): .* fit neither" ask ;;
	both) fails "$name: headers that fit both fail with a sentence" 1 "cannot tell whether this kernel has $name \(.+\): .* fit both" ask ;;
	*) not_ok "$name: its trees are of the kinds that there are" "not $answer" ;;
	esac
}

tree=$TMP/include
for c in "$probes"/*.c; do
	name=$(basename "$c" .c)
	answers=
	while read -r _ answer header; do
		answers+="$answer "
		make_tree "$header" < <(awk -v h="@ $answer $header" -v n="$(grep -o "$answer" <<<"$answers" | wc -l)" \
			'/^@ / { on = $0 == h && ++seen == n; next } on' "$TOP/selftests/probes/$name")
		check_answer "$answer"
	done < <(grep '^@ ' "$TOP/selftests/probes/$name")
	like "$name: all outcomes have trees" "$answers" '^(has )+(lacks )+neither (both )?$'
done

name=init_state_extack
rm -rf "$tree"
mkdir "$tree"
fails "headers that are not there fail with a sentence" 1 "cannot be asked for features: .*net/xfrm.h" ask
make_tree net/xfrm.h <<<'no C;'
fails "so do headers that the compiler does not take" 1 "cannot be asked for features: .*net/xfrm.h" ask

# As Kbuild asks, all in one go; the installed kernel's own answers are told by its build
name=tcp_ecn_mode
make_tree net/tcp.h <<<'struct tcp_sock { unsigned char ecn_flags; }; enum { TCP_ECN_OK = 1 };'
: >"$tree/empty"
mkdir -p "$tree/linux"
printf 'enum { WQ_UNBOUND = 2, WQ_PERCPU };\n' >"$tree/linux/workqueue.h"
is "several probes in one run have answers of their own" \
	"$(sh "$TOP/kernel/compat/probe.sh" -o tcp_ecn_mode -o wq_percpu "${CC:-gcc}" -nostdinc "-I$tree" 2>"$TMP/said" | sed '1d;s/.*_HAVE_//')" \
	"TCP_ECN_MODE 0
WQ_PERCPU 1"
