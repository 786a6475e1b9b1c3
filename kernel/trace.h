/* SPDX-License-Identifier: GPL-2.0-only */
/* Tracepoints espintcp:*; a socket goes by its cookie, 0 where there is none. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM espintcp

#if !defined(ESPINTCP_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define ESPINTCP_TRACE_H

#include <linux/tracepoint.h>

#include "netlink_gen.h"
#include "sock.h"

#define espintcp_show_kind(kind)				\
	__print_symbolic(kind,					\
			 { ESPINTCP_FRAME_KEEPALIVE, "keepalive" },	\
			 { ESPINTCP_FRAME_IKE, "ike" },		\
			 { ESPINTCP_FRAME_ESP, "esp" })

#define espintcp_show_end(end)					\
	__print_symbolic(end,					\
			 { ESPINTCP_END_OWNER, "owner" },	\
			 { ESPINTCP_END_PEER, "peer" },		\
			 { ESPINTCP_END_ERROR, "error" },	\
			 { ESPINTCP_END_BAD_LENGTH, "bad-length" },	\
			 { ESPINTCP_END_TIMEOUT, "timeout" },	\
			 { ESPINTCP_END_ADMINISTRATOR, "administrator" })

TRACE_DEFINE_ENUM(ESPINTCP_FRAME_KEEPALIVE);
TRACE_DEFINE_ENUM(ESPINTCP_FRAME_IKE);
TRACE_DEFINE_ENUM(ESPINTCP_FRAME_ESP);
TRACE_DEFINE_ENUM(ESPINTCP_END_OWNER);
TRACE_DEFINE_ENUM(ESPINTCP_END_PEER);
TRACE_DEFINE_ENUM(ESPINTCP_END_ERROR);
TRACE_DEFINE_ENUM(ESPINTCP_END_BAD_LENGTH);
TRACE_DEFINE_ENUM(ESPINTCP_END_TIMEOUT);
TRACE_DEFINE_ENUM(ESPINTCP_END_ADMINISTRATOR);

/* A socket has the ULP */
TRACE_EVENT(espintcp_attach,
	TP_PROTO(const struct espintcp_sock *es),
	TP_ARGS(es),
	TP_STRUCT__entry(
		__field(u64, cookie)
		__field(u16, family)
		__field(u16, lport)
		__field(u16, rport)
		__array(u8, laddr, sizeof(struct in6_addr))
		__array(u8, raddr, sizeof(struct in6_addr))
	),
	TP_fast_assign(
		__entry->cookie = es->cookie;
		__entry->family = es->key.family;
		__entry->lport = ntohs(es->key.lport);
		__entry->rport = ntohs(es->key.rport);
		memcpy(__entry->laddr, &es->key.laddr, sizeof(__entry->laddr));
		memcpy(__entry->raddr, &es->key.raddr, sizeof(__entry->raddr));
	),
	TP_printk("cookie=%llx family=%u laddr=%s lport=%u raddr=%s rport=%u",
		  __entry->cookie, __entry->family,
		  __print_hex_str(__entry->laddr, __entry->family == AF_INET ? 4 : 16),
		  __entry->lport,
		  __print_hex_str(__entry->raddr, __entry->family == AF_INET ? 4 : 16),
		  __entry->rport)
);

/* Its close() */
TRACE_EVENT(espintcp_detach,
	TP_PROTO(const struct espintcp_sock *es, u32 end, u32 err),
	TP_ARGS(es, end, err),
	TP_STRUCT__entry(
		__field(u64, cookie)
		__field(u32, end)
		__field(u32, err)
	),
	TP_fast_assign(
		__entry->cookie = es->cookie;
		__entry->end = end;
		__entry->err = err;
	),
	TP_printk("cookie=%llx end=%s errno=%u", __entry->cookie,
		  espintcp_show_end(__entry->end), __entry->err)
);

DECLARE_EVENT_CLASS(espintcp_message,
	TP_PROTO(const struct espintcp_sock *es, u32 kind, u32 len),
	TP_ARGS(es, kind, len),
	TP_STRUCT__entry(
		__field(u64, cookie)
		__field(u32, kind)
		__field(u32, len)
	),
	TP_fast_assign(
		__entry->cookie = es->cookie;
		__entry->kind = kind;
		__entry->len = len;
	),
	TP_printk("cookie=%llx kind=%s len=%u", __entry->cookie,
		  espintcp_show_kind(__entry->kind), __entry->len)
);

/* A whole message was received; @len without the length field */
DEFINE_EVENT(espintcp_message, espintcp_rx,
	TP_PROTO(const struct espintcp_sock *es, u32 kind, u32 len),
	TP_ARGS(es, kind, len)
);

/* TCP has a whole message; @len without the length field */
DEFINE_EVENT(espintcp_message, espintcp_tx,
	TP_PROTO(const struct espintcp_sock *es, u32 kind, u32 len),
	TP_ARGS(es, kind, len)
);

/* An ESP message waits for TCP, and so many bytes with it */
TRACE_EVENT(espintcp_queue,
	TP_PROTO(const struct espintcp_sock *es, u32 len, u32 queued),
	TP_ARGS(es, len, queued),
	TP_STRUCT__entry(
		__field(u64, cookie)
		__field(u32, len)
		__field(u32, queued)
	),
	TP_fast_assign(
		__entry->cookie = es->cookie;
		__entry->len = len;
		__entry->queued = queued;
	),
	TP_printk("cookie=%llx len=%u queued=%u", __entry->cookie,
		  __entry->len, __entry->queued)
);

/* Messages were dropped, by the counter that knows of them */
TRACE_EVENT(espintcp_drop,
	TP_PROTO(u64 cookie, u32 counter),
	TP_ARGS(cookie, counter),
	TP_STRUCT__entry(
		__field(u64, cookie)
		__field(u32, counter)
	),
	TP_fast_assign(
		__entry->cookie = cookie;
		__entry->counter = counter;
	),
	TP_printk("cookie=%llx reason=%s", __entry->cookie,
		  __print_symbolic(__entry->counter, ESPINTCP_COUNTER_NAMES))
);

#endif

/* Found by way of -I, so that an out-of-tree build needs no path */
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
