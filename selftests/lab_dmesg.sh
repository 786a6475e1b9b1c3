#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The search of kernel logs finds what it must, in samples, and lets a clean log pass.
# bench: host
. "$(dirname "$0")/lib/tap.sh"

check=$TOP/selftests/lab/dmesg-check
samples=$TOP/selftests/lab/samples

for f in "$samples"/bad-*.txt; do
	name=${f##*/bad-}
	fails "caught: ${name%.txt}" 1 '\.txt:[0-9]+: ' "$check" "$f"
done
try "a clean log passes" "$check" "$samples/clean.txt"
fails "a clean and a bad log together fail" 1 'WARNING' "$check" "$samples/clean.txt" "$samples/bad-warn.txt"
try "what was said before the job is not searched" "$check" "$samples/clean-after-boot.txt"
try "an announced finding passes" "$check" "$samples/expected.txt"
sed 's/$/\r/' "$samples/expected.txt" >"$TMP/expected.txt"
try "also on a serial console" "$check" "$TMP/expected.txt"
fails "an announcement excuses one finding only" 1 ':3: .*WARNING' "$check" "$samples/expected-once.txt"
fails "a log that cannot be read is an error" 2 'cannot read' "$check" "$samples/none.txt"
