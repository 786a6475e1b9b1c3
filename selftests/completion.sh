#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What Tab offers in bash.
# bench: host
. "$(dirname "$0")/lib/tap.sh"

# offers WORD...: what is offered for the last word, sorted, on one line
offers()
{
	# shellcheck disable=SC2016 # for the other shell
	bash --norc -c '
		. /usr/share/bash-completion/bash_completion && . "$1" || exit
		shift
		compopt() { :; }
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE} COMPREPLY=()
		_espintcp
		printf "%s\n" "${COMPREPLY[@]}"' - "$TOP/dist/espintcp" "$@" 2>&1 | LC_ALL=C sort | xargs
}

mkdir "$TMP/run"
cat >"$TMP/ipsec.conf" <<-CONF
	config setup
	    listen-tcp=yes
	conn %default
	    authby=secret
	conn office
	    left=%defaultroute
	conn home
	    also=office
CONF
python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$TMP/run/up.office"
: >"$TMP/run/up.no-socket"

try "bash completion is here" test -e /usr/share/bash-completion/bash_completion
is "commands: those of the help" "$(offers espintcp '')" \
	"$(espintcp --help | awk '/^Commands:/ { on = 1; next } /^$/ { on = 0 } on { print $1 }' | LC_ALL=C sort | xargs)"
is "a command by its beginning" "$(offers espintcp mon)" monitor
is "options of the program" "$(offers espintcp --)" "--help --version"
is "levels of the log" "$(offers espintcp serve --log-level '')" "debug error info warning"
is "options of a command" "$(offers espintcp up --)" "--config --help --log-level --quiet --run-dir --secrets --timeout --verbose"
is "an option by its beginning" "$(offers espintcp serve --li)" --listen
is "connections, not what they have in common" "$(offers espintcp up -c "$TMP/ipsec.conf" '')" "home office"
is "the same to check" "$(offers espintcp check -c "$TMP/ipsec.conf" '')" "home office"
is "with the option behind --config=" "$(offers espintcp up --config="$TMP/ipsec.conf" ho)" home
is "no configuration, no connections, no word about it" "$(offers espintcp up -c /nowhere '')" ""
is "connections that are up" "$(offers espintcp down -r "$TMP/run" '')" office
is "a file where a file is due" "$(offers espintcp up -c "$TMP/ipsec")" "$TMP/ipsec.conf"
is "a directory where a directory is due" "$(offers espintcp down -r "$TMP/r")" "$TMP/run"
is "names of limits, ready for a value" "$(offers espintcp limits rx)" "rx_timeout="
is "nothing for an unknown command" "$(offers espintcp nonsense '')" ""
