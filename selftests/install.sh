#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# make install puts everything where it belongs, make uninstall takes everything away again; modinfo tells all.
# bench: host
# limit: 600
. "$(dirname "$0")/lib/tap.sh"

# A tree of its own: objects of the module in the real one belong to whoever works there
tree=$TMP/tree
mkdir "$tree"
(cd "$TOP" && cp -a Documentation Kbuild Makefile VERSION dist dkms.conf helper uapi "$tree" &&
	find kernel -type f \( -name "*.[chS]" -o -name "*.sh" \) ! -name "*.mod.c" -exec cp -a --parents -t "$tree" {} +)

# installed PREFIX: what is there, sorted
files() { (cd "$1" && find . ! -type d -printf '%m %P\n' | LC_ALL=C sort -k 2); }
tree_make() { make -s -j"$(nproc)" -C "$tree" "$@"; }

to=$TMP/to
try "make install, with DESTDIR and PREFIX" tree_make install "DESTDIR=$to" PREFIX=/usr
release=$(basename "$(dirname "$(dirname "$(find "$to" -name 'espintcp.ko*')")")")
is "each file is at its place" "$(files "$to")" "644 lib/modules/$release/updates/espintcp.ko
644 usr/lib/modules-load.d/espintcp.conf
644 usr/lib/systemd/system/espintcp-serve.service
644 usr/lib/systemd/system/espintcp@.service
755 usr/sbin/espintcp
644 usr/share/bash-completion/completions/espintcp
644 usr/share/man/man5/espintcp.conf.5
644 usr/share/man/man7/espintcp.7
644 usr/share/man/man8/espintcp.8"
is "the program is the tree's" "$("$to/usr/sbin/espintcp" --version)" "$(espintcp --version)"
is "nothing names the place where it was built" "$(grep -rIlF "$tree" "$to")" ""

# A neighbour in the same directories stays, with its directory
mkdir -p "$to/usr/share/man/man8"
: >"$to/usr/share/man/man8/other.8"
try "make uninstall" tree_make uninstall "DESTDIR=$to" PREFIX=/usr
is "leaves what others put there" "$(cd "$to" && find . -mindepth 1 -printf '%P\n' | sort)" "usr
usr/share
usr/share/man
usr/share/man/man8
usr/share/man/man8/other.8"
rm -r "${to:?}/usr"
try "make install in the default prefix, twice" \
	sh -c "make -s -C '$tree' install-helper 'DESTDIR=$to' && make -s -C '$tree' install-helper 'DESTDIR=$to'"
try "which is /usr/local" test -x "$to/usr/local/sbin/espintcp" -a -e "$to/usr/local/lib/systemd/system/espintcp@.service"
try "the source for DKMS, for packages" tree_make install-dkms-source "DESTDIR=$to"
try "with all that DKMS asks for" \
	sh -c "cd '$to/usr/src/espintcp-$(cat "$TOP/VERSION")' && . ./dkms.conf && test -x \${PRE_BUILD%% *}"
try "make uninstall again" tree_make uninstall "DESTDIR=$to"
is "leaves nothing" "$(find "$to" -mindepth 1)" ""

# The module that was built
ko=$tree/espintcp.ko
tells() { like "modinfo: $1" "$(modinfo -F "$1" "$ko")" "$2"; }
tells version "^$(sed 's/\./\\./g' "$TOP/VERSION")\$"
tells license '^GPL$'
tells author .
tells description 'RFC 9329'
tells alias '^tcp-ulp-espintcp$'
tells alias '^net-pf-16-proto-16-family-espintcp$'
tells softdep '^pre: esp4 esp6$'
is "modinfo: every parameter has a description" \
	"$(modinfo -F parm "$ko" | sed -n 's/^\([^:]*\):..*/\1/p' | sort)" \
	"$(modinfo -F parmtype "$ko" | sed 's/:.*//' | sort)"
