// SPDX-License-Identifier: GPL-2.0-only
/* whether a stream is writable is asked for with the reason for asking */
#include <net/sock.h>

HAS(stream_wake, const struct sock *sk)
{
	return __sk_stream_is_writeable(sk, 1);
}

CONTROL(stream_wake, const struct sock *sk)
{
	return sk_stream_is_writeable(sk);
}
