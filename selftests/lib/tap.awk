# SPDX-License-Identifier: GPL-2.0-or-later
# Judge one program's TAP. Variables: name, status (the program's exit status), verbose.
# Prints what failed, with its diagnostics (lines after it that are not TAP), and a last line "PASSED FAILED SKIPPED".
# Status 4 is kselftest's for a program that skips all it has.
# Several plans in one stream add up; plans of subtests are indented and not counted.

function flush() {
	if (failing) {
		print name ": " failing
		printf "%s", text
	}
	failing = ""
	text = ""
}

/^1\.\.[0-9]+/ {
	flush()
	plans++
	planned += substr($0, 4) + 0
	if (/^1\.\.0.*# *[Ss][Kk][Ii][Pp]/) {
		skipped++
		print name ": " $0
	}
	next
}
/^ok / || /^ok$/ {
	flush()
	seen++
	if (/# *[Ss][Kk][Ii][Pp]/) {
		skipped++
		print name ": " $0
	} else {
		passed++
		if (verbose)
			print name ": " $0
	}
	next
}
# cmocka says "not ok" of what it skips
/^not ok.*# SKIP/ {
	flush()
	seen++
	skipped++
	print name ": " $0
	next
}
/^not ok/ {
	flush()
	seen++
	failed++
	failing = $0
	next
}
/^Bail out!/ {
	flush()
	failed++
	failing = $0
	next
}
{
	last[NR % 25] = $0
	text = text "    " $0 "\n"
	if (length(text) > 8000)
		text = substr(text, length(text) - 6000)
}
END {
	wasfailed = failed
	flush()
	if (seen != planned || !plans) {
		failed++
		printf "%s: not ok - %s\n", name, plans ? planned + 0 " tests were planned, " seen + 0 " ran" : "it printed no plan"
	} else if (status != 0 && !failed && !(status == 4 && skipped && !seen)) {
		failed++
		printf "%s: not ok - exit status %s%s\n", name, status, status == 124 ? " (time limit)" : ""
	}
	if (failed > wasfailed)
		for (n = NR - 24; n <= NR; n++)
			if (n > 0 && (n % 25) in last)
				print "    " last[n % 25]
	printf "%d %d %d\n", passed, failed, skipped
}
