/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The responder: listening sockets, clients in all stages, and which connection
 * of the configuration a client is. One thread, one loop; what a client does
 * ends that client at most.
 */
#ifndef ESPINTCP_SERVE_H
#define ESPINTCP_SERVE_H

#include <stdbool.h>
#include <sys/queue.h>

#include "conf/conf.h"
#include "ctl/ctl.h"
#include "ike/cookie.h"
#include "ike/message.h"
#include "ike/redirect.h"
#include "ike/spis.h"
#include "ike/unknown.h"
#include "macros.h"
#include "net/prefix.h"
#include "net/stream.h"
#include "net/tcp.h"
#include "net/udp.h"
#include "serve/pool.h"
#include "session/session.h"

/* Bounds of what strangers can make this process hold */
#define SERVE_CLIENTS_MAX	16384
#define SERVE_HALF_OPEN_MAX	256	/* not authenticated yet */
#define SERVE_SOURCE_MAX	32	/* of these, from one IPv4 address or IPv6 /64 */
#define SERVE_PREFIX_MS		5000
#define SERVE_MESSAGE_MS	10000	/* for the first message (RFC 9329, section 6.3.1) */
#define SERVE_GUESSES		4	/* messages of SAs that are not known, or not authentic */
#define SERVE_HANDSHAKE_MS	20000
#define SERVE_LISTEN_MAX	32	/* sockets */
#define SERVE_UDP_MAX		4	/* two ports, two families */
#define SERVE_HOST_ADDRS	4	/* of a connection whose far end is a name */
#define SERVE_IDS		4096	/* lists of clients by ID */
#define SERVE_DOWNS_MAX		8	/* `down` requests that wait */

struct serve_conn {
	STAILQ_ENTRY(serve_conn) entry;
	const struct conf_conn *conn;
	struct conf_subnet remote[SERVE_HOST_ADDRS];	/* none: %any */
	size_t n_remote;
	struct conf_subnet local;	/* family 0: any */
	struct pool *pool[2];		/* IPv4, IPv6; NULL: none */
};

struct serve;

struct client {
	LIST_ENTRY(client) entry;
	LIST_ENTRY(client) half;	/* while it is half open */
	LIST_ENTRY(client) by_id;	/* while its ID is known */
	bool identified;
	struct serve *serve;
	struct loop_fd w;		/* till the session takes the socket over */
	struct loop_timer deadline;	/* of the prefix */
	struct prefix_reader prefix;
	struct stream *stream;		/* from the prefix till the session takes it */
	unsigned int messages;		/* that came by it */
	struct session *session;	/* NULL till the first message has come */
	const struct serve_conn *conn;	/* NULL till known */
	bool udp;			/* by UDP, from its first message on */
	uint8_t spi_i[IKE_SPI_LEN];	/* UDP: of the request that began it */
	struct conf_subnet addr;	/* that counts for the limit of its source */
	bool up;
	bool closing;			/* from this side */
	char peer[80];
};

struct serve_down {
	struct ctl_client *client;	/* NULL: free */
	char conn[CTL_NAME_MAX + 1];
};

struct serve_listener {
	struct serve *serve;
	struct loop_fd w;
};

struct serve_udp {
	struct serve *serve;
	struct udp *udp;
};

STAILQ_HEAD(serve_conns, serve_conn);
LIST_HEAD(clients, client);

struct serve {
	const char *who;
	struct session_world world;
	struct serve_conns conns;
	struct pools pools;
	const struct conf_secret *secrets;
	struct ike_suite_list offer;
	struct serve_listener listen[SERVE_LISTEN_MAX];
	size_t n_listen;
	struct serve_udp udp[SERVE_UDP_MAX];
	size_t n_udp;
	struct ike_cookies cookies;
	struct ike_unknown_limit unknown_tcp, unknown_udp;
	bool accepting;
	struct loop_timer resume;	/* accepting again */
	uint64_t next_room_log;		/* ms, see loop_now() */
	uint64_t next_source_log;
	uint64_t next_puzzle_log;
	struct clients clients;
	struct clients half_open;	/* of these */
	struct clients by_id[SERVE_IDS];	/* and these, by the peer's ID */
	struct ike_spis spis;
	size_t n_clients, n_half_open;
	enum conf_redirect redirect;	/* global-redirect=, with the two below */
	char *const *redirect_to;	/* the configuration's */
	size_t n_redirect_to;
	unsigned int next_redirect;	/* they take turns */
	uint64_t next_redirect_log;
	struct serve_down downs[SERVE_DOWNS_MAX];
	bool stopping;
};

/* One line on stderr; peer NULL: about no client */
__printf(3, 4)
void serve_log(const struct serve *serve, const char *peer, const char *fmt, ...);
/* The same where somebody should look */
__printf(3, 4)
void serve_warn(const struct serve *serve, const char *peer, const char *fmt, ...);

/* match.c: the connections that are served. 0, or -1 with err set (out of memory). */
int serve_conn_add(struct serve *serve, const struct conf_conn *conn, char *err, size_t errlen);
void serve_conns_free(struct serve *serve);
/*
 * The best connection for a peer, NULL if none fits; suite is what IKE negotiated, signs tells
 * whether it authenticates by a signature, sa has its traffic selectors (NULL: none are known)
 */
const struct serve_conn *serve_match(const struct serve *serve, const struct ike_addrs *addrs,
				     const struct ike_suite *suite, const struct conf_id *idi,
				     const struct conf_id *idr, bool signs,
				     const struct ike_sa *sa);

/*
 * twin.c: whether a newer IKE SA takes the place of an older one, of the same connection or of
 * another one. Both have authenticated peers.
 */
bool serve_replaces(const struct ike_sa *newer, const struct ike_sa *older, bool same_conn);

/* listener.c */
int serve_listen(struct serve *serve, const char *host, uint16_t port, char *err, size_t errlen);
/* Start or stop accepting, as the bounds allow */
void serve_accepting(struct serve *serve);
void serve_listen_close(struct serve *serve);

/*
 * load.c: whether a first request is served at this load (IKE_COOKIE_GOOD), is no request, or
 * has to come again, as the answer says
 */
enum ike_cookie_verdict serve_welcome(struct serve *serve, const struct ike_addrs *addrs,
				      bool tcp, struct ike_bytes msg,
				      struct ike_cookie_answer *answer);

/* Whether so many are half open that strangers have to show that they are where they say */
bool serve_loaded(const struct serve *serve);
/* redirect.c: whether a first request is answered by a REDIRECT instead (RFC 5685) */
bool serve_redirects(struct serve *serve, struct ike_bytes msg,
		     struct ike_redirect_answer *answer);
/* All peers of a connection shall go elsewhere */
void serve_redirect(struct serve *serve, const char *conn, const char *host,
		    struct ctl_client *client);

/* Whether one more half-open client may come from there; if not, it is logged now and then */
bool serve_room_for(struct serve *serve, const struct conf_subnet *from);

/* udp.c: ports 500 and 4500. 0, or -1 with err set. */
int serve_listen_udp(struct serve *serve, char *err, size_t errlen);
void serve_udp_close(struct serve *serve);

/* client.c: takes fd over */
void client_new(struct serve *serve, int fd, const struct conf_subnet *from, const char *peer);
void client_new_udp(struct serve *serve, struct udp *udp, const struct ike_addrs *addrs,
		    const uint8_t spi_i[IKE_SPI_LEN], const uint8_t *msg, size_t len);
/* The client that has the IKE SA with these SPIs, NULL: none */
struct client *client_find(const struct serve *serve, const struct ike_hdr *hdr);
void client_free(struct client *c);

/* stop.c: what ends tunnels from this side */
void serve_stop(struct serve *serve);			/* all of them, then the loop */
void serve_down(struct serve *serve, const char *conn, struct ctl_client *client);
void serve_client_gone(struct serve *serve);		/* after each client's end */

#endif
