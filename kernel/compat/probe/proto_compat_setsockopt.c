// SPDX-License-Identifier: GPL-2.0-only
/* proto has a setsockopt() of its own for 32 bit programs */
#include <net/sock.h>

HAS(proto_compat_setsockopt, struct proto *p)
{
	p->compat_setsockopt = 0;
	p->compat_getsockopt = 0;
	return 0;
}

CONTROL(proto_compat_setsockopt, struct proto *p)
{
	p->setsockopt = 0;
	return 0;
}
