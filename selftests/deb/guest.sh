#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# In the guest of deb.sh: systemd as the first process of a container, so that this bench's own first process sees the end.
# It boots to multi-user.target and then runs tests.sh.

cat >/etc/systemd/system/lab.service <<-UNIT
	[Unit]
	After=multi-user.target
	SuccessAction=exit-force
	FailureAction=exit-force
	[Service]
	Type=oneshot
	TimeoutStartSec=infinity
	Environment=TOP=$TOP BENCH=$BENCH KVER=$KVER RESULTS=$RESULTS LAB_SCALE=3
	ExecStart=/bin/bash $TOP/selftests/deb/tests.sh
	StandardOutput=file:$RESULTS/guest.tap
	StandardError=inherit
UNIT
cat >/etc/systemd/system/lab.target <<-UNIT
	[Unit]
	Requires=multi-user.target
	Wants=lab.service
UNIT
mkdir -p /etc/systemd/journald.conf.d
printf '[Journal]\nStorage=volatile\nForwardToConsole=yes\n' >/etc/systemd/journald.conf.d/lab.conf
mount -t securityfs securityfs /sys/kernel/security
exec env container=lab unshare --pid --mount --fork --kill-child --mount-proc \
	/lib/systemd/systemd --system --unit=lab.target --log-target=console --show-status=no
