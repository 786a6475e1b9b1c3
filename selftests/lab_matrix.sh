#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The table of kernels in README.rst says what the results say: no more, and nothing that was not run.
# bench: host
. "$(dirname "$0")/lib/tap.sh"

lab=$TMP/lab r=$TMP/results
mkdir -p "$lab" "$r/kernels-all" "$r/matrix@5.10" "$r/matrix@7"
cp "$TOP/selftests/lab/matrix.py" "$TOP/selftests/lab/kernels.list" "$lab"
printf '%s\n' 'before' '.. The table of kernels begins' 'old' '.. The table of kernels ends' 'after' >"$TMP/README"
matrix() { python3 "$lab/matrix.py" "$@"; }

# result KERNEL SCRIPT STATUS LINE...
result()
{
	printf '%s\n' "${@:4}" >"$r/matrix@$1/$2.tap"
	echo "$3 1.0" >"$r/matrix@$1/$2.status"
}

printf '%s\n' 'ok 1 - 5.10, amd64: builds without a warning: 5.10.0-46-amd64 by gcc 10.2.1 of bullseye' \
	'ok 2 - 5.10, arm64: builds without a warning: 5.10.0-46-arm64 by gcc 10.2.1 of bullseye' \
	'not ok 3 - 5.10, rt-amd64: builds without a warning' 'ok 4 - 7, amd64: builds without a warning: 7.0-amd64 by gcc 14.2.0 of trixie' \
	>"$r/kernels-all/kernels-all.tap"
result 5.10 smoke 0 'ok 1 - a' 'ok 2 - b' 1..2
result 5.10 esp 1 'ok 1 - a' 'not ok 2 - b' 'ok 3 - c # SKIP none' 1..3
result 5.10 ulp 124 'ok 1 - a'
result 5.10 libreswan_modes 0 '# Linux Libreswan 4.3 (XFRM), Linux 5.10' 'ok 1 - a' 1..1
echo 'ok 1 - the kernel log is clean' >"$r/matrix@5.10/kernel-log.tap"
result 7 smoke 0 'ok 1 - a' 1..1
echo 'not ok 1 - the kernel log is clean' >"$r/matrix@7/kernel-log.tap"

try "results become a table" matrix "$r" "$lab/matrix.tsv" "$TMP/README"
row() { grep "^$1 " "$TMP/README" | tr -s ' ' | sed 's/ [-0-9]*$//'; }
is "what passed, failed, broke off and built is told" "$(row 5.10.0-46-amd64)" \
	"5.10.0-46-amd64 bullseye gcc 10.2.1 amd64, arm64 2/2 2/4 4.3: 1/1 - clean"
is "what was not run has no figure" "$(row 7.0-amd64)" "7.0-amd64 trixie gcc 14.2.0 amd64 1/1 - - - not clean"
is "the rest of the file stays" "$(sed -n '1p;$p' "$TMP/README")" "before
after"
try "the table is that of the results" matrix --check "$lab/matrix.tsv" "$TMP/README"

rm -rf "$r/matrix@5.10" "$r/kernels-all"
result 7 esp 0 'ok 1 - a' 1..1
try "another run, of one kernel" matrix "$r" "$lab/matrix.tsv" "$TMP/README"
like "a kernel that was not run keeps its line" "$(row 5.10.0-46-amd64)" "2/2 2/4 4.3: 1/1 - clean"
like "the other one has the new figures" "$(row 7.0-amd64)" "1/1 1/1 - - not clean"
sed -i 's,2/4,4/4,' "$TMP/README"
fails "a figure written by hand is found" 1 'is not that of' matrix --check "$lab/matrix.tsv" "$TMP/README"
