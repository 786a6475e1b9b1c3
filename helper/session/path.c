// SPDX-License-Identifier: GPL-2.0-or-later
/* The way that a session's messages go. */
#include <errno.h>
#include <string.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "session/path.h"

/* A few may be late, or forged by somebody who guesses well */
#define STRANGE_MAX	16

bool path_corrupted(struct path *p, bool fresh)
{
	p->strange = fresh || !path_reliable(p) ? 0 : p->strange + 1;
	if (fresh)
		p->unknown = 0;
	return p->strange >= STRANGE_MAX;
}

bool path_doubtful(struct path *p, unsigned int n)
{
	p->unknown = n < STRANGE_MAX - p->unknown ? p->unknown + n : STRANGE_MAX;
	return p->unknown >= STRANGE_MAX;
}

int path_send(struct path *p, const uint8_t *msg, size_t len)
{
	int rc = 0;

	if (p->udp)
		return udp_send(p->udp, &p->addrs, msg, len);
	if (p->stream)
		rc = stream_send(p->stream, msg, len);
	/* The stream tells its end too, and by then it is known what comes of it */
	return rc == -EPIPE || rc == -ECONNRESET || rc == -ETIMEDOUT ? 0 : rc;
}

void path_set_patience(struct path *p, unsigned int ms)
{
	if (p->stream)
		(void)setsockopt(stream_fd(p->stream), IPPROTO_TCP, TCP_USER_TIMEOUT, &ms,
				 sizeof(ms));
}

void path_close(struct path *p, bool abort)
{
	if (p->stream && abort)
		stream_set_abort(p->stream);
	stream_free(p->stream);
	p->stream = NULL;
	if (p->own_udp)
		udp_free(p->udp);
	p->udp = NULL;
	p->own_udp = false;
	p->strange = 0;
	p->unknown = 0;
	p->doubted = 0;
}
