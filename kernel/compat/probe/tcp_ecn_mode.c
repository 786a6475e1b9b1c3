// SPDX-License-Identifier: GPL-2.0-only
/* TCP knows AccECN, and names what was negotiated a mode */
#include <net/tcp.h>

HAS(tcp_ecn_mode, struct tcp_sock *tp)
{
	return tp->ecn_flags & TCP_ECN_MODE_ANY;
}

LACKS(tcp_ecn_mode, struct tcp_sock *tp)
{
	return tp->ecn_flags & TCP_ECN_OK;
}
