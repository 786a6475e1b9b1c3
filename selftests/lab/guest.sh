# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # top and lab are common.sh's
# What the benches have in common: the job a guest gets, and how its run is judged.

# write_job RESULTS BENCH RELEASE MODULES [NAME=VALUE...] -- COMMAND...: what guest-init will do.
write_job()
{
	local results=$1 bench=$2 rel=$3 modules=$4
	shift 4
	rm -f "$results"/{.status,dmesg,kmemleak,console.log}
	{
		printf 'export TOP=%q RESULTS=/run/results BENCH=%q KVER=%q\n' "$top" "$bench" "$rel"
		printf 'modules=%q\n' "$modules"
		for (( ; $# > 0; )); do
			[ "$1" != -- ] || break
			printf 'export %q\n' "$1"
			shift
		done
		shift
		printf 'job=('
		printf '%q ' "$@"
		printf ')\n'
	} >"$results/.job"
}

# export_release ROOT BASE TREE MODULES: another release's root BASE at ROOT, with the tree as that builds it and the modules
# at their places, in a mount namespace of the caller's.
export_release()
{
	local root=$1 d
	mkdir -p "$root"
	mount --bind "$2" "$root"
	for d in "$3:$top" "$4:$4"; do
		mkdir -p "$root${d#*:}"
		mount --bind "${d%%:*}" "$root${d#*:}"
	done
}

# verdict RESULTS STATUS LIMIT: STATUS is the emulator's. Exits.
verdict()
{
	local results=$1 status=$2 limit=$3 bad=0 f
	# The console repeats dmesg, and goes on where dmesg ends: one account of a finding is enough.
	for f in dmesg kmemleak console.log; do
		[ ! -s "$results/$f" ] || [ "$bad" = 1 ] || "$lab/dmesg-check" "$results/$f" >&2 || bad=1
	done
	if [ ! -s "$results/.status" ]; then
		note "the guest left no exit status; the end of its console:"
		tail -n 15 "$results/console.log" | tr -d '\r' | sed 's/^/#   | /' >&2
		[ "$status" != 124 ] || { note "time limit of $limit s reached"; exit 124; }
		exit 125
	fi
	status=$(cat "$results/.status")
	rm -f "$results/.status" "$results/.job"
	[ "$status" != 0 ] || [ "$bad" = 0 ] || { note "the kernel log is not clean"; exit 1; }
	exit "$status"
}
