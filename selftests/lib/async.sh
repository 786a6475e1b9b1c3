# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# An asynchronous instance of ChaCha20-Poly1305, ahead of the synchronous one, for tests of requests under way.

# The generator of IVs on top of the synchronous instance, if any SA has had one, is gone
async_alone()
{
	local driver
	while read -r driver; do
		cryptoalg del "$driver" || return
	done < <(sed -n 's/^driver *: \(seqiv(rfc7539esp(chacha20.*\)/\1/p' /proc/crypto)
}

# async_add HOW: sets ASYNC_DRIVER. Kernels whose ChaCha20 is the library's have it under that name.
async_add()
{
	local chacha
	for chacha in chacha20-generic chacha20-lib; do
		ASYNC_DRIVER="$1(rfc7539esp($chacha,poly1305-generic))"
		cryptoalg add "$ASYNC_DRIVER" 9000 && return
	done
	return 1
}

# async_up: loads what makes one
async_up()
{
	local how=cryptd

	# Parallel on several CPUs; on one, a kernel thread of its own. padata, below pcrypt, takes two locks of one class
	# inside each other: lockdep calls that a deadlock and looks at nothing afterwards.
	[ "$(nproc)" -eq 1 ] || [ -e /proc/lockdep ] || how=pcrypt
	modprobe "$how" || bail_out "no $how"
	modprobe -a chacha20poly1305 seqiv
	try "an asynchronous instance of higher priority" async_add $how || bail_out "nothing is asynchronous here"
	try "which the kernel knows" grep -F ": $ASYNC_DRIVER" /proc/crypto
	# What SAs before have left is not looked up anew for an instance that got its priority only afterwards
	try "which new SAs use" wait_for 10 async_alone
}

# async_down: nobody uses it any more
async_down() { try "the asynchronous instance can be removed" wait_for "${1:-10}" cryptoalg del "$ASYNC_DRIVER"; }
