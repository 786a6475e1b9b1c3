/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An IKE SA (RFC 7296) as a state machine without I/O: bytes of messages in,
 * calls through struct ike_env out. It knows neither sockets nor netlink nor
 * clocks, so two of them can talk to each other in one process.
 */
#ifndef ESPINTCP_IKE_H
#define ESPINTCP_IKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"
#include "ike/suite.h"

struct cred_store;
struct ike_sa;

enum ike_step {				/* progress, in order */
	IKE_STEP_INIT_DONE,		/* IKE_SA_INIT finished */
	IKE_STEP_AUTH_DONE,		/* IKE_AUTH finished, peer authenticated */
	IKE_STEP_CHILD_UP,		/* SAs and policies are in the kernel */
	IKE_STEP_CLOSED,		/* nothing of it is left; see ike_sa_error() */
};

/* What a child SA is, for the kernel: one call installs both directions */
struct ike_child {
	uint32_t spi_in, spi_out;	/* network order as bytes on the wire */
	struct ike_suite suite;
	uint8_t key_in[64], key_out[64];	/* encryption key with salt */
	size_t key_len;
	uint8_t integ_in[64], integ_out[64];
	size_t integ_len;		/* 0 with an AEAD */
	bool transport;			/* transport mode, else tunnel */
	struct conf_subnet ts_local, ts_remote;
};

/* The world, as the owner of the SA gives it. arg is struct ike_env's own. */
struct ike_env {
	void *arg;
	/* Send one IKE message, without marker or length. 0 or -errno. */
	int (*send)(void *arg, const uint8_t *msg, size_t len);
	/* A fresh inbound SPI, nonzero, reserved in the kernel. 0 or -errno. */
	int (*spi_alloc)(void *arg, uint32_t *spi);
	/* Give back a SPI that no child_add used */
	void (*spi_free)(void *arg, uint32_t spi);
	/* Install SAs and policies, all or nothing. 0 or -errno with a sentence in err. */
	int (*child_add)(void *arg, const struct ike_child *child, char *err, size_t errlen);
	void (*child_del)(void *arg, const struct ike_child *child);
	/* The responder asks which connection fits the peer's ID (IDr may be NULL) */
	const struct conf_conn *(*find_conn)(void *arg, const struct conf_id *idi,
					     const struct conf_id *idr);
	/* PSK for the two IDs, valid till the call into ike_sa_* returns; NULL: none */
	const struct conf_secret *(*find_secret)(void *arg, const struct conf_id *local,
						 const struct conf_id *remote);
	/* Whom we trust, for CERTREQ; NULL: PSK alone. A connection has its own in conn->cred. */
	const struct cred_store *creds;
	/* Secrets among which PPKs are looked for (RFC 8784); NULL: none */
	const struct conf_secret *ppks;
	void (*step)(void *arg, enum ike_step step);
	/* One line about something worth knowing; never a secret */
	void (*log)(void *arg, const char *line);
};

/* Both ends' addresses, for NAT detection and for IDs that default to them */
struct ike_addrs {
	struct conf_subnet local, remote;	/* prefix unused */
	uint16_t local_port, remote_port;	/* host order */
};

/* conn stays the caller's and must outlive the SA. NULL: out of memory. */
struct ike_sa *ike_sa_new_initiator(const struct conf_conn *conn, const struct ike_addrs *addrs,
				    const struct ike_env *env);
/*
 * conns: the responder's candidates are asked for by env->find_conn once IDi is known;
 * proposals of IKE_SA_INIT are matched against offer.
 */
struct ike_sa *ike_sa_new_responder(const struct ike_suite_list *offer,
				    const struct ike_addrs *addrs, const struct ike_env *env);
/* Frees everything, wipes keys; removes a child that is up (env->child_del). */
void ike_sa_free(struct ike_sa *sa);

int ike_sa_start(struct ike_sa *sa);	/* initiator: sends IKE_SA_INIT */
/*
 * Some responders close the connection behind a COOKIE or INVALID_KE_PAYLOAD and
 * expect the repeated IKE_SA_INIT on a new one. Whether the SA is at that point:
 */
bool ike_sa_may_reconnect(const struct ike_sa *sa);
/* Send that request again, over a new connection with addrs. 0, or -1: the SA is over. */
int ike_sa_reconnected(struct ike_sa *sa, const struct ike_addrs *addrs);
/*
 * Feed one message as received. 0: go on. -1: the SA is over, see ike_sa_error(). What was
 * sent until then (a refusal, the answer to a DELETE) is for the peer all the same. The
 * callbacks of struct ike_env must not call back into the SA.
 */
int ike_sa_input(struct ike_sa *sa, const uint8_t *msg, size_t len);
/*
 * Sends DELETE, or does so when the answer that is out has come; CLOSED follows. -1: it is
 * over at once, since no peer is known yet.
 */
int ike_sa_delete(struct ike_sa *sa);
int ike_sa_delete_child(struct ike_sa *sa);	/* DELETE of the child alone, if one is up */
int ike_sa_liveness(struct ike_sa *sa);	/* sends an empty INFORMATIONAL if none is out */
bool ike_sa_waiting(const struct ike_sa *sa);	/* a request of ours has no answer yet */

/* One line saying why it ended ("the peer refused: AUTHENTICATION_FAILED ..."), "" if well */
const char *ike_sa_error(const struct ike_sa *sa);
const struct ike_suite *ike_sa_suite(const struct ike_sa *sa);
const struct ike_child *ike_sa_child(const struct ike_sa *sa);	/* NULL while none is up */
bool ike_sa_peer_signs(const struct ike_sa *sa);	/* in IKE_AUTH; known in find_conn() */
const struct conf_id *ike_sa_peer_id(const struct ike_sa *sa);
const struct conf_conn *ike_sa_conn(const struct ike_sa *sa);	/* NULL till known */
uint64_t ike_sa_spi(const struct ike_sa *sa, bool initiator);	/* host order */

#endif
