#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The module's KUnit tests: loads espintcp_kunit.ko and takes its KTAP from the kernel log.
# bench: uml
# clock: host
. "$(dirname "$0")/lib/tap.sh"

modinfo espintcp_kunit >/dev/null 2>&1 || skip_all "this kernel has no espintcp_kunit.ko"
before=$(dmesg | wc -l)
modprobe espintcp_kunit || bail_out "espintcp_kunit does not load"
ktap=$(dmesg | tail -n "+$((before + 1))" | sed 's/^\[ *[0-9.]*\] //')
modprobe -r espintcp_kunit

# Cases are indented once and a parameterised one's runs twice; suites are not indented: the cases are what counts.
while read -r line; do
	case $line in
	'ok '*) ok "${line#ok * }" ;;
	'not ok '*) not_ok "${line#not ok * }" "$(grep -B 20 -F -- "$line" <<<"$ktap")" ;;
	esac
done < <(sed -n 's/^    \(\(not \)\{0,1\}ok .*\)/\1/p' <<<"$ktap")
try "the suites ran" [ "$_tap_n" -gt 0 ]
