#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The manual pages: they are made without a warning, and know what the program's own help knows.
# bench: host
. "$(dirname "$0")/lib/tap.sh"

try "the pages are made" make -s -C "$TOP/dist" all
for page in espintcp.8 espintcp.conf.5 espintcp.7; do
	file=$TOP/dist/obj/$page
	MANWIDTH=80 man --warnings -l "$file" >"$TMP/$page" 2>"$TMP/warnings"
	is "$page: no warning of the formatter" "$(cat "$TMP/warnings")" ""
	try "$page: the longest line fits a terminal" test "$(wc -L <"$TMP/$page")" -le 84
	like "$page has the tree's version" "$(tail -n 1 "$TMP/$page")" "^espintcp $(sed 's/\./\\./g' "$TOP/VERSION") "
	# What whatis(1) and apropos(1) live by
	try "$page has a name and what it is" lexgrog "$file"
done

# Synopses of the help and of the page must not part ways
while read -r command _; do
	like "espintcp(8) has $command" "$(cat "$TMP/espintcp.8")" "^ *espintcp $command"
	while read -r option; do
		like "espintcp(8) has $command $option, by its long or short name" "$(cat "$TMP/espintcp.8")" \
			"^ *espintcp $command.*$option"
	done < <(espintcp "$command" --help |
		sed -nE 's/^ +-(.), (--[a-z-]+).*/(-\1|\2)/p' | grep -vE -e '-h|--json|--all-netns')
done < <(espintcp --help | awk '/^Commands:/ { on = 1; next } /^$/ { on = 0 } on && $1 != "help"')
