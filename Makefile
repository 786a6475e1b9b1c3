# SPDX-License-Identifier: GPL-2.0-or-later
# For people. The kernel's build system reads Kbuild instead: make -C /lib/modules/$(uname -r)/build M=$PWD

KVER := $(shell uname -r)
NEWEST := $(shell ls -d /lib/modules/*[0-9]-amd64/build 2>/dev/null | sort -V | tail -n 1)
KDIR ?= $(firstword $(wildcard /lib/modules/$(KVER)/build) $(NEWEST))
# Debian's kernel.release of 5.10 and 6.1 is another one
KREL = $(shell sed -n 's/^\#define UTS_RELEASE "\(.*\)"/\1/p' $(KDIR)/include/generated/utsrelease.h 2>/dev/null)
PREFIX ?= /usr/local
DESTDIR ?=
DKMS ?= $(shell command -v dkms)
VERSION := $(shell cat VERSION)
DKMS_SRC = /usr/src/espintcp-$(VERSION)

C_TESTS := $(patsubst selftests/%.c,selftests/bin/%,$(wildcard selftests/*.c))
TEST_LIBS = -lcmocka -lcrypto $(shell pkg-config --libs libnl-3.0)
# cmocka 2 deprecates what cmocka 1 has no other name for
TEST_CFLAGS = $(shell pkg-config --cflags libnl-3.0) -O2 -g -Wall -Wextra -Werror -Wno-deprecated-declarations -D_GNU_SOURCE -Iuapi -Iselftests/lib -pthread

.PHONY: all have-headers module helper bins netlink demo check unit kunit coverage faults lint selftest selftest-host selftest-uml selftest-qemu selftest-qemu-debug soak matrix deb-matrix bench bench-ike bench-insn \
	setup install install-module install-dkms-source install-helper uninstall deb clean distclean help

all: module helper

have-headers:
	@test -d "$(KDIR)" || { echo "no kernel headers found; mend with: apt-get install linux-headers-amd64, or give KDIR=" >&2; exit 1; }

module: have-headers
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

helper:
	$(MAKE) -C helper

bins: $(C_TESTS)

selftests/bin/%: selftests/%.c $(wildcard selftests/lib/*.[ch] uapi/linux/*.h)
	@mkdir -p $(@D)
	$(CC) $(TEST_CFLAGS) $(CFLAGS) -o $@ $< $(wildcard selftests/lib/*.c) $(LDFLAGS) $(TEST_LIBS)

# What follows from Documentation/netlink/specs/espintcp.yaml is checked in
netlink:
	Documentation/netlink/generate

setup:
	selftests/lab/setup

demo:
	@selftests/demo.sh

# The closing line is the totals; what cannot even be set up has failed.
check:
	@selftests/lab/setup check || { echo "0 passed, 1 failed, 0 skipped"; exit 1; }
	@selftests/run all

# Hours; SOAK names the parts
soak:
	@selftests/lab/setup check && selftests/soak $(SOAK)

# Hours; KERNELS names them, as in selftests/lab/kernels.list
matrix:
	@selftests/lab/setup check && selftests/lab/matrix $(KERNELS)

# The packages in all releases
deb-matrix:
	@selftests/lab/setup check && selftests/lab/deb-releases

# Responders: handshakes and memory, beside libreswan and strongSwan; BENCH has the options of selftests/bench/ike
bench-ike:
	@selftests/lab/setup check && selftests/bench/ike $(BENCH)

# Ratios against the kernel's own code and others, in User Mode Linux and QEMU; BENCH has the options of selftests/bench/run
bench:
	@selftests/lab/setup bench && selftests/bench/run $(BENCH)

# The same by instructions, in QEMU
bench-insn:
	@selftests/lab/setup check && selftests/bench/run -q $(BENCH)

lint:
	@selftests/run lint

unit:
	@selftests/run unit

kunit:
	@selftests/run uml -- kunit

selftest:
	@selftests/run live

coverage:
	@selftests/lab/coverage

# Each fix taken out once, to see its test fail
faults:
	@selftests/lab/setup check && selftests/lab/faults $(FAULTS)

selftest-host:
	@selftests/run host

selftest-uml:
	@selftests/run uml

selftest-qemu:
	@selftests/run qemu

selftest-qemu-debug:
	@selftests/run qemu-debug

install: install-module install-helper

# DKMS builds the module anew for every kernel to come; a DESTDIR or a system without it gets this one.
install-module: have-headers
	@$(if $(DESTDIR),,test "$(KREL)" = "$(KVER)" || echo "for the kernel $(KREL): the running one has no headers here, or KDIR was given")
ifneq ($(and $(DKMS),$(if $(DESTDIR),,y)),)
	-$(DKMS) remove espintcp/$(VERSION) --all >/dev/null 2>&1
	$(MAKE) install-dkms-source
	$(DKMS) add espintcp/$(VERSION)
	$(DKMS) install espintcp/$(VERSION) -k $(KREL) --kernelsourcedir $(KDIR)
else
	$(MAKE) module
	$(MAKE) -C $(KDIR) M=$(CURDIR) $(if $(DESTDIR),INSTALL_MOD_PATH=$(DESTDIR)) INSTALL_MOD_DIR=updates modules_install
	$(if $(DESTDIR),,depmod $(KREL))
endif

# What DKMS builds from, without DKMS: for packages
install-dkms-source:
	rm -rf $(DESTDIR)$(DKMS_SRC)
	install -d $(DESTDIR)$(DKMS_SRC)
	cp -R --parents Kbuild VERSION dkms.conf dist/dkms $$(find kernel uapi -type f \( -name '*.[ch]' -o -name '*.sh' \) ! -name '*.mod.c' ! -name have.h ! -path 'kernel/tests/*') $(DESTDIR)$(DKMS_SRC)

DIST = $(MAKE) -C dist 'DESTDIR=$(DESTDIR)' 'PREFIX=$(PREFIX)'
install-helper: helper
	install -D -m 755 helper/espintcp $(DESTDIR)$(PREFIX)/sbin/espintcp
	$(DIST) install
	$(if $(DESTDIR),,test ! -d /run/systemd/system || systemctl daemon-reload)

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/sbin/espintcp
	$(DIST) uninstall
	$(if $(DESTDIR),,test ! -d /run/systemd/system || systemctl daemon-reload)
ifneq ($(and $(DKMS),$(if $(DESTDIR),,y)),)
	-$(DKMS) remove espintcp/$(VERSION) --all
	rm -rf $(DKMS_SRC)
endif
	set -e; for ko in $(DESTDIR)/lib/modules/*/updates/espintcp.ko*; do \
		test -e "$$ko" || continue; rm -f "$$ko"; \
		$(if $(DESTDIR),,dir=$${ko%/updates/*}; rmdir "$$dir/updates" 2>/dev/null || true; depmod "$${dir##*/}";) done
	$(if $(DESTDIR),rm -rf $(DESTDIR)$(DKMS_SRC))
	$(if $(DESTDIR),cd $(DESTDIR)/ && for d in lib/modules/*/updates usr/src $(patsubst /%,%,$(PREFIX)/sbin); do \
		rmdir -p --ignore-fail-on-non-empty $$d 2>/dev/null || true; done)

# Debian packages, built aside: of the tree as it is, without what was built in it
DEB_OUT = $(CURDIR)/deb
deb:
	@dpkg-checkbuilddeps || { echo "mend with: apt-get build-dep $(CURDIR)" >&2; exit 1; }
	rm -rf $(DEB_OUT)
	mkdir -p $(DEB_OUT)/espintcp-$(VERSION)
	tar -c --exclude-vcs --exclude=./.cache --exclude=./deb --exclude=./*/obj --exclude=./helper/espintcp --exclude=./selftests/bin \
		--exclude='*.o' --exclude='*.ko' --exclude='*.mod' --exclude='*.mod.c' --exclude='.*.cmd' --exclude=have.h . | tar -x -C $(DEB_OUT)/espintcp-$(VERSION)
	cd $(DEB_OUT)/espintcp-$(VERSION) && dpkg-buildpackage -us -uc -b
	rm -rf $(DEB_OUT)/espintcp-$(VERSION)

# Not the kernel's own clean target: it removes every object and module below this directory, and the cache is there.
BUILT = -name '*.o' -o -name '.*.cmd' -o -name '*.ko' -o -name '*.mod' -o -name '*.mod.c'
clean:
	$(MAKE) -C helper clean
	$(MAKE) -C dist clean
	rm -rf deb selftests/bin Module.symvers modules.order kernel/compat/have.h
	find . -maxdepth 1 -type f \( $(BUILT) \) -delete
	find kernel -type f \( $(BUILT) \) -delete

distclean: clean
	rm -rf .cache

help:
	@echo 'make                  the module (for KDIR=$(KDIR)) and the helper'
	@echo 'make module|helper    one of them'
	@echo 'make demo             a tunnel over TCP on the stock Debian kernel, in QEMU, shown on one screen (as root)'
	@echo 'make check            every test (as root)'
	@echo 'make lint|unit        style and static checks; the unit tests and fuzzers of the helper'
	@echo 'make kunit            the unit tests of the module, in a User Mode Linux kernel (as root)'
	@echo 'make coverage         the tests of the UML bench, and which lines of the module they do not reach (as root)'
	@echo 'make faults           each fault of Documentation/faults.rst put in, and its test seen to fail (as root)'
	@echo 'make selftest-host|selftest-uml|selftest-qemu|selftest-qemu-debug    the tests of one bench (as root)'
	@echo 'make selftest         the tests that a machine in use can bear, on its own kernel; nothing stays (as root)'
	@echo 'make netlink          after a change of the netlink specification: the C that follows from it'
	@echo 'make soak [SOAK="storm fuzz"]    what takes hours: storms, loads, fuzzers; selftests/soak -h lists the parts (as root)'
	@echo 'make matrix [KERNELS="5.10 7"]    all tests on the stock kernels of other Debian releases, and the table in README.rst (as root)'
	@echo 'make deb-matrix       the Debian packages in each release: installed, with a kernel that comes later, purged (as root)'
	@echo 'make bench [BENCH="-n 5"]  how fast it is beside TCP, ESP, ESP in UDP, the in-tree code, OpenVPN and WireGuard; selftests/bench/run -h (as root)'
	@echo 'make bench-ike        handshakes and memory of espintcp serve, libreswan and strongSwan; selftests/bench/ike -h (as root)'
	@echo 'make bench-insn       the same by instructions executed, in QEMU: noise does not move them (as root)'
	@echo 'make setup            installs what building and testing need (as root)'
	@echo 'make install          module (by DKMS where it is installed), helper, man pages, services and completion, to DESTDIR and PREFIX=$(PREFIX)'
	@echo 'make uninstall        takes them away again'
	@echo 'make deb              Debian packages, in deb/'
	@echo 'make clean|distclean  removes what was built; distclean also the cache of downloads and kernels'
