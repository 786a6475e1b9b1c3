// SPDX-License-Identifier: GPL-2.0-only
/* a socket can be told to leave the task's page fragment alone */
#include <net/sock.h>

HAS(sk_use_task_frag, struct sock *sk)
{
	return sk->sk_use_task_frag;
}

CONTROL(sk_use_task_frag, struct sock *sk)
{
	return sk->sk_allocation;
}
