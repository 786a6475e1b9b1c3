// SPDX-License-Identifier: GPL-2.0-or-later
/* The responder over UDP: ports 500 and 4500, one socket for all clients of a family. */
#include <stdio.h>
#include <string.h>
#include <netdb.h>
#include <netinet/in.h>

#include "ike/message.h"
#include "net/addr.h"
#include "serve/serve.h"

static struct client *same_request(const struct serve *serve, const struct ike_hdr *hdr,
				   const struct ike_addrs *addrs)
{
	struct client *c;

	LIST_FOREACH(c, &serve->half_open, half)
		if (c->udp && c->session && session_sa(c->session) &&
		    !memcmp(c->spi_i, hdr->spi_i, IKE_SPI_LEN) &&
		    addr_pair_equal(session_addrs(c->session), addrs))
			return c;
	return NULL;
}

static void first_request(struct serve *serve, struct udp *udp, const struct ike_addrs *addrs,
			  const struct ike_hdr *hdr, const uint8_t *msg, size_t len)
{
	struct client *c = same_request(serve, hdr, addrs);
	struct ike_redirect_answer elsewhere;
	struct ike_cookie_answer answer;

	if (c) {
		session_datagram(c->session, udp, addrs, msg, len);
		return;
	}
	if (serve_redirects(serve, (struct ike_bytes){ msg, len }, &elsewhere)) {
		(void)udp_send(udp, addrs, elsewhere.data, elsewhere.len);
		return;
	}
	switch (serve_welcome(serve, addrs, false, (struct ike_bytes){ msg, len }, &answer)) {
	case IKE_COOKIE_GOOD:
		if (serve_room_for(serve, &addrs->remote))
			client_new_udp(serve, udp, addrs, hdr->spi_i, msg, len);
		break;
	case IKE_COOKIE_ASK:
		(void)udp_send(udp, addrs, answer.data, answer.len);
		break;
	default:
		break;
	}
}

/* For a peer that has not noticed that we were started again; few, for they cost */
static void unknown_sa(struct serve *serve, struct udp *udp, const struct ike_addrs *addrs,
		       const uint8_t *msg, size_t len)
{
	uint8_t answer[IKE_UNKNOWN_MAX];
	size_t n = ike_unknown_answer(msg, len, serve->world.qcd_secret, answer);

	if (n && ike_unknown_may_leave(&serve->unknown_udp, loop_now()))
		(void)udp_send(udp, addrs, answer, n);
}

static void on_message(void *arg, const struct ike_addrs *addrs, const uint8_t *msg, size_t len)
{
	struct serve_udp *su = arg;
	struct serve *serve = su->serve;
	struct client *c;
	struct ike_hdr hdr;

	if (ike_hdr_parse(msg, len, &hdr) < 0)
		return;
	if (hdr.exchange == IKE_SA_INIT) {
		if (!hdr.response && !serve->stopping)
			first_request(serve, su->udp, addrs, &hdr, msg, len);
		return;
	}
	c = client_find(serve, &hdr);
	if (c && (c->udp || session_mobike(c->session)))
		session_datagram(c->session, su->udp, addrs, msg, len);
	else if (!c)
		unknown_sa(serve, su->udp, addrs, msg, len);
}

static int listen_one(struct serve *serve, const struct sockaddr *sa, socklen_t len, bool marker,
		      char *err, size_t errlen)
{
	struct serve_udp *su = &serve->udp[serve->n_udp];
	struct udp_user user = { .arg = su, .message = on_message };

	su->serve = serve;
	su->udp = udp_open(serve->world.loop, sa, NULL, len, marker, &user, err, errlen);
	if (!su->udp)
		return -1;
	serve->n_udp++;
	return 0;
}

int serve_listen_udp(struct serve *serve, char *err, size_t errlen)
{
	static const uint16_t ports[] = { UDP_PORT_IKE, UDP_PORT_NAT };
	struct conf_subnet any[2] = { { .family = AF_INET }, { .family = AF_INET6 } };
	struct sockaddr_storage sa;
	socklen_t len;

	for (size_t p = 0; p < ARRAY_SIZE(ports); p++) {
		for (size_t i = 0; i < ARRAY_SIZE(any); i++) {
			len = addr_to_sockaddr(&any[i], ports[p], &sa);
			/* A kernel may be without IPv6 */
			if (listen_one(serve, (struct sockaddr *)&sa, len,
				       ports[p] == UDP_PORT_NAT, err, errlen) &&
			    any[i].family == AF_INET)
				return -1;
		}
	}
	return 0;
}

void serve_udp_close(struct serve *serve)
{
	while (serve->n_udp)
		udp_free(serve->udp[--serve->n_udp].udp);
}
