/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of an IKE SA, for its own files: sa.c keeps its life and dispatches,
 * heir.c puts one in the place of another, out.c sends, task.c decides what to
 * ask the peer next, and each exchange has a file of its own.
 *
 * Rekeying makes a new struct ike_sa. Whoever holds the current one holds the
 * others too: the old one until it is deleted at both ends, and what a
 * simultaneous rekeying left over (RFC 7296, section 2.8.2).
 */
#ifndef ESPINTCP_IKE_SA_H
#define ESPINTCP_IKE_SA_H

#include <sys/queue.h>

#include "ike/addke.h"
#include "ike/build.h"
#include "ike/childlist.h"
#include "ike/cp.h"
#include "ike/frag.h"
#include "ike/ike.h"
#include "ike/ke.h"
#include "ike/keys.h"
#include "ike/message.h"
#include "ike/proposal.h"
#include "ike/puzzle.h"
#include "ike/qcd.h"
#include "ike/spis.h"
#include "macros.h"

/* Room for a chain of certificates; all else that we send is small */
#define IKE_OUT_MAX	32768
/* Times that IKE_SA_INIT may be asked for again, at both ends */
#define IKE_INIT_TRIES	6	/* each of COOKIE and INVALID_KE_PAYLOAD may cost two */

enum ike_state {
	IKE_ST_NEW,		/* initiator, not started */
	IKE_ST_INIT_SENT,	/* initiator */
	IKE_ST_INIT_WAIT,	/* responder */
	IKE_ST_INTERMEDIATE_SENT,	/* initiator */
	IKE_ST_AUTH_SENT,	/* initiator */
	IKE_ST_AUTH_WAIT,	/* responder; IKE_INTERMEDIATE may come first */
	IKE_ST_UP,
	IKE_ST_CLOSED,
};

/* Why our last request went out, beyond IKE_SA_INIT and IKE_AUTH */
enum ike_info {
	IKE_INFO_LIVENESS,
	IKE_INFO_DELETE_CHILD,
	IKE_INFO_DELETE,
	IKE_INFO_REKEY_CHILD,
	IKE_INFO_REKEY_IKE,
	IKE_INFO_FOLLOWUP,	/* behind either */
	IKE_INFO_QCD,
	IKE_INFO_UPDATE,	/* MOBIKE: our addresses have changed */
	IKE_INFO_CHECK,		/* MOBIKE: is the peer where it says? */
	IKE_INFO_REDIRECT,	/* responder: the peer is to go elsewhere */
};

#define IKE_NAT_HASH_LEN	20

/* MOBIKE (RFC 4555) */
struct ike_mobike {
	bool agreed;			/* both ends sent MOBIKE_SUPPORTED */
	bool update_wanted;		/* initiator: as soon as the window is free */
	bool refused;			/* the last update was */
	unsigned int updates;		/* responder: that were taken */
	bool check_wanted;		/* responder: of return routability, likewise */
	uint8_t cookie2[16];		/* in the check that is out */
	uint8_t nat_dest[IKE_NAT_HASH_LEN];	/* where the peer sees us, as it said last */
	bool nat_dest_known;
};

struct ike_nonce {
	uint8_t data[IKE_NONCE_MAX];
	size_t len;
};

#define IKE_LINK_MAX	256

/* A CREATE_CHILD_SA with all its key exchanges (RFC 9370), at either end */
struct ike_series {
	struct ike_nonce ni, nr;
	struct ike_suite suite;		/* that was chosen */
	struct ike_shared shared;	/* what they gave so far */
	size_t next;			/* in suite.addke, to be done; IKE_ADDKE_MAX: none */
	uint8_t link[IKE_LINK_MAX];	/* of ADDITIONAL_KEY_EXCHANGE */
	size_t link_len;
};

/* IKE_INTERMEDIATE, till IKE_AUTH is done */
struct ike_inter {
	size_t next;			/* in suite.addke, to be done; IKE_ADDKE_MAX: none */
	unsigned int done;
	uint8_t auth_i[IKE_PRF_MAX], auth_r[IKE_PRF_MAX];	/* IntAuth_i and IntAuth_r so far */
	struct ike_sk old;		/* responder: of the request that changed the keys */
	uint32_t old_id;		/* that request; 0: none */
};

/* Our CREATE_CHILD_SA that is under way */
struct ike_create {
	struct ike_series s;
	bool followup_wanted;		/* as soon as the window is free */
	struct ike_ke ke;
	struct ike_child_sa *child;	/* the new one */
	struct ike_child_sa *old;	/* that it replaces; NULL: none, or it is gone */
	bool rekeys;			/* there was an old one */
	struct ike_sa *ike;		/* the new IKE SA */
	unsigned int tries;		/* INVALID_KE_PAYLOAD */
	uint16_t group;			/* that the peer asked for; 0: ours */
	/* What the peer made of the same SA meanwhile, with its lower nonce */
	struct ike_child_sa *child_theirs;
	struct ike_sa *ike_theirs;
	struct ike_nonce low_theirs;
};

/* The peer's that waits for its IKE_FOLLOWUP_KE */
struct ike_pending {
	struct ike_series s;
	struct ike_child_sa *child;	/* the new one */
	struct ike_child_sa *old;	/* that it replaces; NULL: none, or it is gone */
	struct ike_sa *ike;		/* or the new IKE SA */
	uint64_t until;			/* 0: none is pending */
};

LIST_HEAD(ike_others, ike_sa);
#define IKE_OTHERS_MAX	4	/* that the peer has not deleted yet */

struct ike_sa {
	const struct conf_conn *conn;		/* NULL till known */
	const struct ike_suite_list *offer;	/* of IKE_SA_INIT */
	struct ike_addrs addrs;
	struct ike_env env;
	bool initiator;
	bool original;				/* began the first of all its IKE SAs */
	enum ike_state state;
	char error[256];
	unsigned int dropped;			/* messages that harmed nothing */
	unsigned int fresh;			/* authentic ones that were no repetition */
	bool disowned;				/* INVALID_IKE_SPI came, unprotected */
	bool crashed;				/* with the token that the peer has for that */
	struct ike_qcd qcd;			/* the peer's */
	bool qcd_wanted;			/* ours is to go in a message of its own */
	bool peer_redirects;			/* responder: the peer goes where we send it */
	char *redirect_to;			/* to be told as soon as the window is free */
	bool initial_contact;			/* responder: the peer has no other SA with us */
	bool hold;				/* initiator: IKE_AUTH waits for ike_sa_go_on() */
	bool nat_ours, nat_theirs;		/* a NAT is in front of us, of the peer */
	bool nat_checked;			/* the peer sent what tells */
	struct ike_mobike mobike;

	uint8_t spi_i[IKE_SPI_LEN], spi_r[IKE_SPI_LEN];
	struct ike_suite suite;
	struct ike_keys keys;
	struct ike_ke ke;			/* initiator */
	struct ike_inter inter;
	struct ike_nonce ni, nr;
	unsigned int tries;
	uint8_t cookie[IKE_COOKIE_MAX];
	size_t cookie_len;
	struct ike_puzzle puzzle;		/* that came with it */

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
	bool rekey_wanted;
	bool reauth_due;			/* instead, and not told yet */
	bool liveness_wanted;
	bool unreliable;			/* send again what is not answered */
	uint8_t *request;			/* our last one, to send again */
	size_t request_len;
	unsigned int resends;
	uint64_t resend_at;			/* by env.now(), while waiting; 0: not */
	uint32_t recv_id;			/* of the peer's next request */
	bool fragments;				/* the peer takes them */
	struct ike_frags frags;			/* of its message that is coming in */
	uint8_t *answer;			/* to its last one; fragments one after the other */
	size_t answer_len;

	struct conf_id id_ours, id_theirs;
	unsigned int hashes_theirs;		/* that it verifies (RFC 7427) */
	bool cert_asked;			/* CERTREQ in the answer to IKE_SA_INIT */
	bool peer_signs;			/* its AUTH is a signature */
	/* TSr and TSi of its IKE_AUTH, while find_conn() runs */
	const struct ike_payload *asked_local, *asked_remote;
	bool ppk_agreed;			/* both ends sent USE_PPK */
	struct ike_keys ppk_keys;		/* initiator: keys with the PPK mixed in */
	/* The inner addresses that one end has from the other; family 0: none */
	struct conf_subnet inner[IKE_CP_FAMILIES];
	struct ike_cp *config;			/* all that the peer gave us; NULL: nothing */
	struct ike_children children;
	size_t n_children;
	size_t pair_next, pairs_wanted;		/* see pairs.h; whoever connected asks for them */
	struct ike_child_sa *sent_child;	/* in our DELETE; NULL: gone meanwhile */
	struct ike_create create;
	struct ike_pending pending;
	uint64_t rekey_at, expire_at;
	uint64_t retry_at;			/* after TEMPORARY_FAILURE; 0: no need to wait */
	unsigned int retries;

	/* See spis.h */
	LIST_ENTRY(ike_sa) by_spi;
	bool in_spis;

	/* Set on an SA that is not the current one */
	LIST_ENTRY(ike_sa) entry;
	bool spare;				/* it has no children and makes none */
	uint64_t gone_at;			/* when no DELETE is waited for longer */
	struct ike_others others;		/* the current one's */
};

/* A message that is being written */
struct ike_out {
	struct ike_buf b;
	struct ike_hdr hdr;
	size_t sk;				/* offset of the SK payload, 0: none */
	size_t plain;				/* offset of what is to be encrypted */
	uint8_t raw[IKE_OUT_MAX];
};

/* One decrypted message: its header and the payloads inside of SK */
struct ike_in {
	struct ike_hdr hdr;
	struct ike_payloads pl;
	struct ike_bytes head;		/* as it came, up to what is encrypted; fragments joined */
	struct ike_bytes plain;		/* that, decrypted: the payloads in @pl */
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
uint64_t ike_sa_now(const struct ike_sa *sa);
/* Authentic or not: one message for this SA and no other. 0, or -1: it is over. */
int ike_sa_take(struct ike_sa *sa, const uint8_t *msg, size_t len);

/* heir.c */
/* Another struct ike_sa for the same peer. NULL: out of memory. */
struct ike_sa *ike_sa_new_successor(const struct ike_sa *sa, bool initiator);
/*
 * Let @heir take the place of @sa: children and other SAs go there, and @sa itself becomes
 * one of them. The owner is told.
 */
void ike_sa_succeed(struct ike_sa *sa, struct ike_sa *heir);
/* An SA that is none of the current ones: it ends soon, and nobody is told of it */
void ike_sa_set_aside(struct ike_sa *current, struct ike_sa *other);
/* The other SA that a message is for; NULL: none, it is the current one's */
struct ike_sa *ike_sa_other(const struct ike_sa *sa, const uint8_t *msg, size_t len);
/* Are there so many that the peer may not rekey before it deletes? */
bool ike_sa_crowded(const struct ike_sa *sa);
/* Free those that have ended */
void ike_sa_sweep(struct ike_sa *sa);
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
/* Keep a copy of a message in place of an older one. 0, or -1: out of memory. */
int ike_out_keep(uint8_t **copy, size_t *len, const struct ike_buf *b);
/* Our last request once more, for an answer that does not come. 0, or -1: over. */
int ike_out_resend(struct ike_sa *sa);
/* The last answer once more, for a request that came twice */
int ike_out_repeat(struct ike_sa *sa);

/* sa_init.c: return 0, or -1 if the SA is over */
int ike_init_send(struct ike_sa *sa);
/* The request as it is to be now: with a cookie, in another group, from new addresses */
int ike_init_repeat(struct ike_sa *sa);
/* Go on with a puzzle; the request goes out when it is solved, or given up */
int ike_init_puzzle(struct ike_sa *sa);
int ike_init_request(struct ike_sa *sa, const struct ike_hdr *hdr, struct ike_bytes msg);
int ike_init_response(struct ike_sa *sa, const struct ike_hdr *hdr, struct ike_bytes msg);

/* nat.c */
void ike_nat_put(const struct ike_sa *sa, const struct ike_addrs *addrs, struct ike_buf *b);
bool ike_nat_found(const struct ike_payloads *pl);	/* does a message have such payloads? */
/* May the peer see us elsewhere than it did when ike_nat_check() was called last? */
bool ike_nat_changed(const struct ike_sa *sa, const struct ike_payloads *pl);
/* What the peer's IKE_SA_INIT, or its update or answer to one, tells of NATs between */
void ike_nat_check(struct ike_sa *sa, const struct ike_hdr *hdr, const struct ike_payloads *pl);

/* auth.c */
int ike_auth_prepare(struct ike_sa *sa);
int ike_auth_send(struct ike_sa *sa);
int ike_auth_request(struct ike_sa *sa, const struct ike_in *in);
int ike_auth_response(struct ike_sa *sa, const struct ike_in *in);

/* config.c: addresses of the initiator (section 2.19) */
/* Initiator: ask for them, where leftmodecfgclient= says so */
void ike_config_ask(const struct ike_sa *sa, struct ike_buf *b);
/* and take them. 0, or -1 with a reason in @sa->error. */
int ike_config_take(struct ike_sa *sa, const struct ike_payloads *list);
/* Responder: take them out of the pool, where there is one. 0 or the notify type that refuses. */
uint16_t ike_config_lease(struct ike_sa *sa, const struct ike_payloads *list);
void ike_config_put_reply(const struct ike_sa *sa, const struct ike_payloads *list,
			  struct ike_buf *b);
/* The IKE SA is rekeyed: the addresses stay */
void ike_config_inherit(struct ike_sa *heir, struct ike_sa *sa);
/* They are given back */
void ike_config_drop(struct ike_sa *sa);

/* child.c: the child SA of IKE_AUTH */
/* Add our offer to the IKE_AUTH request. 0, or -1 if the SA is over. */
int ike_child_offer(struct ike_sa *sa, struct ike_buf *b);
/* Install and answer the peer's offer. 0 or the notify type that refuses it. */
uint16_t ike_child_answer(struct ike_sa *sa, const struct ike_payloads *pl, struct ike_buf *b);
/* Install what the responder made of our offer. 0, or -1 with a reason in @sa->error. */
int ike_child_accept(struct ike_sa *sa, const struct ike_payloads *pl);

/* create_child.c: return 0, or -1 if the SA is over */
/* A child SA like @like, to replace @old or, NULL, beside all others */
int ike_create_send(struct ike_sa *sa, struct ike_child_sa *old, const struct ike_child *like);
int ike_create_request(struct ike_sa *sa, const struct ike_in *in);
int ike_create_response(struct ike_sa *sa, const struct ike_in *in);
/* All key exchanges of ours are done: use the child SA */
int ike_create_finish(struct ike_sa *sa);
/* The peer refused one of them */
int ike_create_child_failed(struct ike_sa *sa, uint16_t type);
/*
 * All of the peer's are done: install @child in place of @old (NULL: none). 0, or the notify
 * type that refuses it, with a sentence in @why.
 */
uint16_t ike_create_complete(struct ike_sa *sa, struct ike_child_sa *child,
			     struct ike_child_sa *old, const struct ike_series *s, char *why,
			     size_t whylen);
/* The answer to ours makes no sense: give the child SA back, and try again later. 0. */
int ike_create_child_invalid(struct ike_sa *sa, const char *why);

/* rekey_ike.c */
int ike_rekey_send(struct ike_sa *sa);
int ike_rekey_request(struct ike_sa *sa, const struct ike_in *in);
int ike_rekey_response(struct ike_sa *sa, const struct ike_in *in);
/* The same three for the IKE SA */
int ike_rekey_finish(struct ike_sa *sa);
int ike_rekey_failed(struct ike_sa *sa, uint16_t type);
uint16_t ike_rekey_complete(struct ike_sa *sa, struct ike_sa *heir, const struct ike_series *s);
/* Answered: @heir is in use from now on, unless our own rekeying is under way */
void ike_rekey_establish(struct ike_sa *sa, struct ike_sa *heir, const struct ike_nonce *low);
/* The old IKE SA goes while our rekeying of it has no answer: was the peer's complete? */
bool ike_rekey_fall_back(struct ike_sa *sa);

/* negotiate.c: algorithms, selectors and mode, wherever a child SA is made */
/* Append the offer of @child, whose selectors and mode are set */
void ike_negotiate_put_offer(const struct ike_child_sa *child, const struct ike_suite_list *list,
			     struct ike_buf *b);
void ike_negotiate_put_selectors(const struct ike_child_sa *child, bool initiator,
				 struct ike_buf *b);
/*
 * Choose from the peer's offer what goes into @child, with the selectors of @old if that is
 * to be replaced. 0, or the notify type that refuses it, with a sentence in @why.
 */
uint16_t ike_negotiate_choose(const struct ike_sa *sa, const struct ike_payloads *pl,
			      const struct ike_suite_list *list, uint16_t ke,
			      const struct ike_child_sa *old, struct ike_child_sa *child,
			      struct ike_choice *choice, char *why, size_t whylen);
void ike_negotiate_put_choice(const struct ike_child_sa *child, const struct ike_choice *choice,
			      struct ike_buf *b);
/* Take what the peer made of our offer into @child. 0, or -1 with a sentence in @why. */
int ike_negotiate_accept(const struct ike_payloads *pl, const struct ike_suite_list *list,
			 const struct ike_child_sa *old, struct ike_child_sa *child, char *why,
			 size_t whylen);

/* create.c: what both have in common */
void ike_create_put_nonce(struct ike_buf *b, const struct ike_nonce *nonce);
int ike_spi_make(uint8_t *spi);	/* of an IKE SA: not zero */
int ike_nonce_make(struct ike_nonce *nonce);
void ike_nonce_keep(struct ike_nonce *nonce, const struct ike_payload *pl);
struct ike_bytes ike_nonce_bytes(const struct ike_nonce *nonce);
/* The lower one (RFC 7296, section 2.8.1) */
const struct ike_nonce *ike_nonce_lower(const struct ike_nonce *a, const struct ike_nonce *b);
bool ike_nonce_is_lower(const struct ike_nonce *a, const struct ike_nonce *b);
void ike_series_free(struct ike_series *s);
/*
 * The initiator's end of a KE payload that answers ours. 0, or -1: it is not valid. @pl may
 * be NULL, where @s has no key exchange.
 */
int ike_series_first(struct ike_series *s, const struct ike_ke *ke, const struct ike_payload *pl);
/*
 * The responder's end: @method of @pl, or none, and the answer into @out, of IKE_KE_MAX
 * bytes. 0 or -1.
 */
int ike_series_answer(struct ike_series *s, uint16_t method, const struct ike_payload *pl,
		      uint8_t *out, size_t *out_len);
/* Our exchange has an answer, @pl, that is fine: one more key exchange, or the end. 0 or -1. */
int ike_create_go_on(struct ike_sa *sa, const struct ike_payloads *pl);
/* The peer refused, or its answer makes no sense: 0, or -1 if the SA is over for it */
int ike_create_failed(struct ike_sa *sa, uint16_t type);
int ike_create_invalid(struct ike_sa *sa, const char *why);
/*
 * Both ends are at rekeying the same SA, and ours has the lowest nonce (RFC 7296, section
 * 2.8.1): it is the one that goes.
 */
bool ike_create_lost(const struct ike_sa *sa);
/* Forget the exchange, and what of it is not in use */
void ike_create_end(struct ike_sa *sa);
/* The peer cannot or will not now: ask again later */
void ike_create_later(struct ike_sa *sa);

/* frag.c */
bool ike_frag_wanted(const struct ike_sa *sa, const struct ike_out *out);
/* Seal it in fragments, one behind the other in @all, whose data the caller frees. 0 or -1. */
int ike_frag_seal(struct ike_sk *sk, const struct ike_out *out, struct ike_buf *all);
/* A fragment that is authentic. 1: all are there; 0: not yet; -1: it is no good. */
int ike_frag_add(struct ike_frags *f, const struct ike_hdr *hdr, const struct ike_payload *pl,
		 uint8_t inner, const uint8_t *plain, size_t len);
/*
 * IKE_FRAG_HEAD_LEN bytes of headers as of the whole in one Encrypted payload, but for the
 * lengths; @msg: any of the fragments.
 */
void ike_frag_head(const struct ike_frags *f, const uint8_t *msg, uint8_t *head);
/* The whole, to be wiped and freed. NULL: out of memory, or too long. */
uint8_t *ike_frag_join(const struct ike_frags *f, size_t *len);

/* task.c */
/* Ask the peer for what is to be done next, if nothing is under way. 0, or -1: over. */
int ike_task_next(struct ike_sa *sa);
/* Times of the IKE SA's own life, from when it is up */
void ike_task_lifetime(struct ike_sa *sa);
/* For times alone: no security rests on it */
uint32_t ike_random_below(uint32_t n);
/* A request has gone out: when to send it again */
void ike_task_sent(struct ike_sa *sa);
void ike_task_child_lifetime(const struct ike_sa *sa, struct ike_child_sa *child);

/* informational.c */
int ike_info_send(struct ike_sa *sa, enum ike_info what);
int ike_info_request(struct ike_sa *sa, const struct ike_in *in);
int ike_info_response(struct ike_sa *sa, const struct ike_in *in);

/* mobike.c */
void ike_mobike_offer(const struct ike_sa *sa, struct ike_buf *b);
/* Responder: agree, if both want it, in the answer; initiator: has the peer agreed? */
void ike_mobike_agree(struct ike_sa *sa, const struct ike_payloads *pl, struct ike_buf *b);
void ike_mobike_accept(struct ike_sa *sa, const struct ike_payloads *pl);
/* What an INFORMATIONAL request of ours says of addresses. 0, or -1: libcrypto refused. */
int ike_mobike_put(struct ike_sa *sa, enum ike_info what, struct ike_buf *b);
/* What the peer's does, and our answer to that */
void ike_mobike_request(struct ike_sa *sa, const struct ike_in *in, struct ike_buf *b);
/* The answer to @what of ours. 0, or -1: the SA is over. */
int ike_mobike_response(struct ike_sa *sa, enum ike_info what, const struct ike_in *in);
/* The SA is rekeyed: what is under way goes to its heir */
void ike_mobike_inherit(struct ike_sa *heir, struct ike_sa *sa);

#endif
