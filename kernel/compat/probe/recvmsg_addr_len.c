// SPDX-License-Identifier: GPL-2.0-only
/* proto.recvmsg() tells the length of the address by a pointer */
#include <net/sock.h>

HAS(recvmsg_addr_len, struct proto *p)
{
	int (*a)(struct sock *sk, struct msghdr *msg, size_t len, int noblock,
		 int flags, int *addr_len) = 0;
	int (*b)(struct sock *sk, struct msghdr *msg, size_t len, int flags,
		 int *addr_len) = 0;

	struct {
		/* No bit field is -1 bits wide */
		int it:__builtin_types_compatible_p(typeof(p->recvmsg),
						    typeof(a)) ||
		       __builtin_types_compatible_p(typeof(p->recvmsg),
						    typeof(b)) ? 1 : -1;
	} is = { 0 };

	return !a + !b + is.it;
}

LACKS(recvmsg_addr_len, struct proto *p, struct sock *sk, struct msghdr *msg)
{
	return p->recvmsg(sk, msg, 0, 0);
}
