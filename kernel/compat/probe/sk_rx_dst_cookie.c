// SPDX-License-Identifier: GPL-2.0-only
/* the cookie of a socket's input route is in struct sock */
#include <net/sock.h>
#include <linux/ipv6.h>

HAS(sk_rx_dst_cookie, struct sock *sk)
{
	return sk->sk_rx_dst_cookie;
}

LACKS(sk_rx_dst_cookie, struct ipv6_pinfo *np)
{
	return np->rx_dst_cookie;
}
