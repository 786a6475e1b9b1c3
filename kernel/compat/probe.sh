#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Ask the kernel's headers what this kernel has. The C beside it, probe/NAME.c, is two functions each: HAS is one that only
# a kernel with the feature takes, LACKS one that only a kernel without it takes. Where the compiler takes both or none, the
# question is left to people, and the build fails. Where C has no way to ask for an absence, the second function is
# CONTROL: every kernel takes it, or the first one's failure says nothing.
# usage: probe.sh [-o NAME]... COMPILER [FLAG...]     FLAGs as for the module's own files
# Prints a header with "#define ESPINTCP_HAVE_NAME 0" or 1 for each probe; tells people the results on standard error.
set -eu

here=$(cd "$(dirname "$0")/probe" && pwd)
only=
while [ "${1:-}" = -o ]; do
	only="$only $2"
	shift 2
done
[ $# -gt 0 ] || { echo "usage: probe.sh [-o NAME]... COMPILER [FLAG...]" >&2; exit 2; }
export LC_ALL=C

case $("$1" --version 2>/dev/null) in
*clang*) all_errors=-ferror-limit=0 ;;
*) all_errors=-fmax-errors=0 ;;
esac

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

# One run of the compiler for all: the file names in its messages tell the probes apart
for f in ${only:-$(cd "$here" && ls ./*.c)}; do
	f=$(basename "$f" .c)
	echo "$f" >>"$tmp/names"
	printf '#include "%s/%s.c"\n' "$here" "$f" >>"$tmp/all.c"
done
cat >"$tmp/probe.h" <<END
#define HAS(name, ...) static inline int __attribute__((unused)) name##_has(__VA_ARGS__)
#define LACKS(name, ...) static inline int __attribute__((unused)) name##_lacks(__VA_ARGS__)
#define CONTROL(name, ...) static inline int __attribute__((unused)) name##_control(__VA_ARGS__)
END
"$@" $all_errors -Wno-error -Werror=implicit-function-declaration -Werror=incompatible-pointer-types \
	-Werror=int-conversion -include "$tmp/probe.h" -fsyntax-only "$tmp/all.c" >"$tmp/log" 2>&1 || true

# An error belongs to the function that begins on the last such line before it. One that stands elsewhere is none of an
# answer: headers are missing or do not fit the compiler.
grep -n -E '^(HAS|LACKS|CONTROL)\(' "$here"/*.c | awk -v log_="$tmp/log" -v here="$here/" -v names="$tmp/names" '
function base(path) { sub(/.*\//, "", path); sub(/\.c$/, "", path); return path }
{
	split($0, w, ":")
	n = base(w[1])
	first[n] = second[n]
	second[n] = w[2] + 0
	kind[n] = w[3]
}
END {
	while ((getline line < log_) > 0) {
		if (line !~ /: (fatal )?error: /)
			continue
		split(line, w, ":")
		n = base(w[1])
		if (index(line, here) != 1 || line ~ /fatal error/ || w[2] + 0 < first[n]) {
			print "broken " line
			exit
		}
		if (w[2] + 0 < second[n]) bad1[n] = 1; else bad2[n] = 1
	}
	while ((getline n < names) > 0) {
		if (kind[n] ~ /^CONTROL/) print (bad2[n] ? "neither " : bad1[n] ? "no " : "yes ") n
		else if (bad1[n]) print (bad2[n] ? "neither " : "no ") n
		else print (bad2[n] ? "yes " : "both ") n
	}
}' >"$tmp/answers"

fail()
{
	{
		printf 'espintcp: %s\n' "$1"
		grep -E ': (fatal )?error: ' "$tmp/log" | head -n 10
	} >&2
	exit 1
}

echo "/* Made by probe.sh for one kernel: do not edit. */"
while read -r answer name rest; do
	what=$(sed -n '2s,^/\* \(.*\) \*/$,\1,p' "$here/$name.c" 2>/dev/null || true)
	case $answer in
	broken) fail "the kernel's headers cannot be asked for features: $name $rest" ;;
	neither) fail "cannot tell whether this kernel has $name ($what): its headers fit neither answer. Please report this with the lines below." ;;
	both) fail "cannot tell whether this kernel has $name ($what): its headers fit both answers. Please report this." ;;
	yes) value=1 ;;
	no) value=0 ;;
	esac
	printf '  PROBE   %-28s %-3s  %s\n' "$name" "$answer" "$what" >&2
	printf '#define ESPINTCP_HAVE_%s %s\n' "$(echo "$name" | tr '[:lower:]' '[:upper:]')" "$value"
done <"$tmp/answers"
