// SPDX-License-Identifier: GPL-2.0-only
/* proto.setsockopt() takes its value from the kernel, too */
#include <net/sock.h>

HAS(proto_sockptr, struct proto *p, struct sock *sk)
{
	return p->setsockopt(sk, 0, 0, (sockptr_t){}, 0);
}

LACKS(proto_sockptr, struct proto *p, struct sock *sk, char __user *value)
{
	return p->setsockopt(sk, 0, 0, value, 0);
}
