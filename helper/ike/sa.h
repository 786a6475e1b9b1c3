/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of an IKE SA, for its own files: sa.c keeps its life and dispatches,
 * out.c sends, and each exchange has a file of its own.
 */
#ifndef ESPINTCP_IKE_SA_H
#define ESPINTCP_IKE_SA_H

#include "ike/build.h"
#include "ike/dh.h"
#include "ike/ike.h"
#include "ike/keys.h"
#include "ike/message.h"
#include "ike/proposal.h"
#include "macros.h"

/* Room for a chain of certificates; all else that we send is small */
#define IKE_OUT_MAX	32768
/* Times that IKE_SA_INIT may be asked for again, at both ends */
#define IKE_INIT_TRIES	6	/* each of COOKIE and INVALID_KE_PAYLOAD may cost two */

enum ike_state {
	IKE_ST_NEW,		/* initiator, not started */
	IKE_ST_INIT_SENT,	/* initiator */
	IKE_ST_INIT_WAIT,	/* responder */
	IKE_ST_AUTH_SENT,	/* initiator */
	IKE_ST_AUTH_WAIT,	/* responder */
	IKE_ST_UP,
	IKE_ST_CLOSED,
};

/* Why our INFORMATIONAL request went out */
enum ike_info { IKE_INFO_LIVENESS, IKE_INFO_DELETE_CHILD, IKE_INFO_DELETE };

struct ike_nonce {
	uint8_t data[IKE_NONCE_MAX];
	size_t len;
};

struct ike_sa {
	const struct conf_conn *conn;		/* NULL till known */
	const struct ike_suite_list *offer;	/* of IKE_SA_INIT */
	struct ike_addrs addrs;
	struct ike_env env;
	bool initiator;
	enum ike_state state;
	char error[256];
	unsigned int dropped;			/* messages that harmed nothing */

	uint8_t spi_i[IKE_SPI_LEN], spi_r[IKE_SPI_LEN];
	struct ike_suite suite;
	struct ike_keys keys;
	struct ike_dh dh;
	struct ike_nonce ni, nr;
	unsigned int tries;
	uint8_t cookie[IKE_COOKIE_MAX];
	size_t cookie_len;

	/* Both IKE_SA_INIT messages, as AUTH signs them */
	uint8_t *init_ours;
	size_t init_ours_len;
	uint8_t *init_theirs;
	size_t init_theirs_len;

	/* A window of one in each direction (RFC 7296, section 2.3) */
	bool waiting;				/* for the answer to our request */
	uint32_t send_id;			/* of that request, or of the next one */
	uint8_t sent_exchange;
	enum ike_info sent_info;
	bool delete_wanted;			/* as soon as the window is free */
	uint32_t recv_id;			/* of the peer's next request */
	uint8_t *answer;			/* to its last one */
	size_t answer_len;

	struct conf_id id_ours, id_theirs;
	unsigned int hashes_theirs;		/* that it verifies (RFC 7427) */
	bool cert_asked;			/* CERTREQ in the answer to IKE_SA_INIT */
	bool peer_signs;			/* its AUTH is a signature */
	bool ppk_agreed;			/* both ends sent USE_PPK */
	struct ike_keys ppk_keys;		/* initiator: keys with the PPK mixed in */
	struct ike_child child;
	bool child_up;
	bool spi_held;				/* child.spi_in is ours to give back */
};

/* A message that is being written */
struct ike_out {
	struct ike_buf b;
	struct ike_hdr hdr;
	size_t sk;				/* offset of the SK payload, 0: none */
	uint8_t raw[IKE_OUT_MAX];
};

/* One decrypted message: its header and the payloads inside of SK */
struct ike_in {
	struct ike_hdr hdr;
	struct ike_payloads pl;
};

/* sa.c */
__printf(2, 3)
void ike_sa_log(struct ike_sa *sa, const char *fmt, ...);
/* Note why the SA will end, unless a reason is known already */
__printf(2, 3)
void ike_sa_reason(struct ike_sa *sa, const char *fmt, ...);
/* End the SA with a reason (the first one counts). Return: -1, always. */
__printf(2, 3)
int ike_sa_fail(struct ike_sa *sa, const char *fmt, ...);
/* Remove what is in the kernel, wipe, say so. Return: -1, always. */
int ike_sa_close(struct ike_sa *sa);
/*
 * Pass over a message that is not for this SA or not authentic. Return: 0, or -1 while
 * there is no SA yet that it could harm.
 */
int ike_sa_drop(struct ike_sa *sa, const char *why);

/* out.c */
void ike_out_request(struct ike_sa *sa, struct ike_out *out, enum ike_exchange exchange);
void ike_out_answer(struct ike_sa *sa, struct ike_out *out, const struct ike_hdr *request);
/* Seal, remember and send. Return: 0, or -1 if the SA is over for it. */
int ike_out_send(struct ike_sa *sa, struct ike_out *out);
/* Keep a copy of a message in place of an older one. 0, or -1: out of memory. */
int ike_out_keep(uint8_t **copy, size_t *len, const struct ike_buf *b);
/* Answer a request with one notify */
int ike_out_notify(struct ike_sa *sa, const struct ike_hdr *request, uint16_t type,
		   const void *data, size_t len);
/* The last answer once more, for a request that came twice */
int ike_out_repeat(struct ike_sa *sa);

/* sa_init.c: return 0, or -1 if the SA is over */
int ike_init_send(struct ike_sa *sa);
/* The request as it is to be now: with a cookie, in another group, from new addresses */
int ike_init_repeat(struct ike_sa *sa);
int ike_init_request(struct ike_sa *sa, const struct ike_hdr *hdr, struct ike_bytes msg);
int ike_init_response(struct ike_sa *sa, const struct ike_hdr *hdr, struct ike_bytes msg);

/* auth.c */
int ike_auth_prepare(struct ike_sa *sa);
int ike_auth_send(struct ike_sa *sa);
int ike_auth_request(struct ike_sa *sa, const struct ike_in *in);
int ike_auth_response(struct ike_sa *sa, const struct ike_in *in);

/* child.c */
/* Add our offer to the IKE_AUTH request. 0, or -1 if the SA is over. */
int ike_child_offer(struct ike_sa *sa, struct ike_buf *b);
/* Install and answer the peer's offer. 0 or the notify type that refuses it. */
uint16_t ike_child_answer(struct ike_sa *sa, const struct ike_payloads *pl, struct ike_buf *b);
/* Install what the responder made of our offer. 0, or -1 with a reason in @sa->error. */
int ike_child_accept(struct ike_sa *sa, const struct ike_payloads *pl);
void ike_child_remove(struct ike_sa *sa);

/* informational.c */
int ike_info_send(struct ike_sa *sa, enum ike_info what);
int ike_info_request(struct ike_sa *sa, const struct ike_in *in);
int ike_info_response(struct ike_sa *sa);

#endif
