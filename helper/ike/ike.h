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
struct ike_addrs;
struct ike_cp;
struct ike_sa;
struct ike_spis;

enum ike_step {				/* progress, in order */
	IKE_STEP_INIT_DONE,		/* IKE_SA_INIT finished */
	IKE_STEP_AUTH_DONE,		/* IKE_AUTH finished, peer authenticated */
	IKE_STEP_CHILD_UP,		/* SAs and policies are in the kernel */
	IKE_STEP_CHILD_REKEYED,		/* a newer child SA carries the traffic */
	IKE_STEP_CLOSED,		/* nothing of it is left; see ike_sa_error() */
};

/*
 * A child SA in the kernel has three parts. A rekeyed one comes and goes part by part, so
 * that no packet is lost: its policies are its successor's.
 */
enum ike_part {
	IKE_PART_IN = 1,
	IKE_PART_OUT = 2,
	IKE_PART_POLICY = 4,
	IKE_PART_ALL = 7,
};

/* How much an SA carries: from soft on the kernel says so, and not more than hard; 0: no limit */
struct ike_limit {
	uint64_t soft, hard;
};

/* What a child SA is, for the kernel */
struct ike_child {
	uint32_t spi_in, spi_out;	/* network order as bytes on the wire */
	uint32_t reqid;			/* ties SAs to policies; stays when the SA is rekeyed */
	struct ike_suite suite;
	uint8_t key_in[64], key_out[64];	/* encryption key with salt */
	size_t key_len;
	uint8_t integ_in[64], integ_out[64];
	size_t integ_len;		/* 0 with an AEAD */
	bool transport;			/* transport mode, else tunnel */
	uint32_t if_id;			/* of an xfrm interface; 0: none */
	struct conf_mark mark_in, mark_out;	/* of its policies */
	struct ike_limit bytes, packets;	/* of each direction */
	uint32_t hard_s;		/* seconds after which the kernel drops it; 0: never */
	struct conf_subnet ts_local, ts_remote;
	uint8_t proto;			/* of all that it carries; 0: any */
	uint16_t port_local, port_remote;	/* host order; 0: any */
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
	/* Install parts (enum ike_part), all or nothing. 0 or -errno with a sentence in err. */
	int (*child_add)(void *arg, const struct ike_child *child, unsigned int parts, char *err,
			 size_t errlen);
	void (*child_del)(void *arg, const struct ike_child *child, unsigned int parts);
	/* The responder asks which connection fits the peer's ID (IDr may be NULL) */
	const struct conf_conn *(*find_conn)(void *arg, const struct conf_id *idi,
					     const struct conf_id *idr);
	/* PSK for the two IDs, valid till the call into ike_sa_* returns; NULL: none */
	const struct conf_secret *(*find_secret)(void *arg, const struct conf_id *local,
						 const struct conf_id *remote);
	/*
	 * Responder: take an address of IPv4 or IPv6 for the peer, where the connection has a
	 * pool; @want if that is free, unless its family is 0. 0 or -errno.
	 */
	int (*lease)(void *arg, bool v6, const struct conf_subnet *want, struct conf_subnet *ip);
	void (*unlease)(void *arg, bool v6, const struct conf_subnet *ip);
	/* Initiator: what it had before, IPv4 and IPv6, to be asked for again; NULL: nothing */
	const struct conf_subnet *former;
	/* Whom we trust, for CERTREQ; NULL: PSK alone. A connection has its own in conn->cred. */
	const struct cred_store *creds;
	/* Secrets among which PPKs are looked for (RFC 8784); NULL: none */
	const struct conf_secret *ppks;
	/* 32 bytes that our tokens are made of (RFC 6290), as after the next start; NULL: none */
	const uint8_t *qcd_secret;
	/*
	 * Initiator, as IKE_AUTH goes out: whether there is no other IKE SA of the same two
	 * identities (INITIAL_CONTACT, RFC 7296, section 2.4). NULL: there may be.
	 */
	bool (*sole)(void *arg);
	/* Responder, behind IKE_AUTH: the peer says so. Older ones can go. May be NULL. */
	void (*initial_contact)(void *arg);
	/*
	 * Initiator: the gateway that sent us here, for REDIRECTED_FROM, and the one that was
	 * called first, whose address is the peer's ID where the connection has none (RFC 5685,
	 * section 3). NULL or without a family: none did.
	 */
	const struct conf_subnet *redirected_from, *first_gateway;
	/*
	 * Initiator: the peer sends us to another gateway, an address or a name. Whether we go:
	 * then a handshake with that one is to be begun, not from inside of this call. NULL: no.
	 */
	bool (*redirect)(void *arg, const char *host);
	struct ike_spis *spis;		/* where its SAs are to be found; NULL: nowhere */
	void (*step)(void *arg, enum ike_step step);
	/*
	 * The IKE SA has been rekeyed: sa is the one to use from now on. It owns the old one,
	 * which is not to be touched any more.
	 */
	void (*replaced)(void *arg, struct ike_sa *sa);
	/* Both ends of the message that is being read, as it came */
	void (*came_by)(void *arg, struct ike_addrs *addrs);
	/* Milliseconds of a clock that never goes back */
	uint64_t (*now)(void *arg);
	/* One line about something worth knowing; never a secret */
	void (*log)(void *arg, const char *line);
};

/* What carries the ESP packets of a child */
enum ike_encap {
	IKE_ENCAP_TCP,			/* the connection that IKE uses, too (RFC 9329) */
	IKE_ENCAP_UDP,			/* UDP with IKE's ports (RFC 3948) */
	IKE_ENCAP_NONE,			/* IP itself */
};

/* Both ends' addresses, for NAT detection and for IDs that default to them */
struct ike_addrs {
	struct conf_subnet local, remote;	/* prefix unused */
	uint16_t local_port, remote_port;	/* host order */
	enum ike_encap encap;			/* of child SAs */
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
 * Initiator: wait after IKE_SA_INIT. Of several SAs that are begun by several ways, one is
 * to go on, so that the peer meets us once; the others are freed.
 */
void ike_sa_hold(struct ike_sa *sa);
bool ike_sa_held(const struct ike_sa *sa);	/* IKE_SA_INIT is done, IKE_AUTH waits */
int ike_sa_go_on(struct ike_sa *sa);		/* 0, or -1: the SA is over */
/* Responder: the peer said in IKE_AUTH that it has no other IKE SA with us */
bool ike_sa_initial_contact(const struct ike_sa *sa);
/* Whether a NAT was found in front of us, or in front of the peer */
bool ike_sa_nat(const struct ike_sa *sa, bool ours);
void *ike_sa_owner(const struct ike_sa *sa);	/* arg of its struct ike_env */
/* Messages go another way from now on: a new connection, other ports */
void ike_sa_moved(struct ike_sa *sa, const struct ike_addrs *addrs);
/*
 * MOBIKE (RFC 4555), if both ends want it: whoever made the first IKE SA decides of addresses
 * and tells them by UPDATE_SA_ADDRESSES.
 */
bool ike_sa_mobike(const struct ike_sa *sa);
/* Initiator, behind ike_sa_moved(): tell the peer, as soon as the window is free. 0 or -1. */
int ike_sa_announce(struct ike_sa *sa);
/* Responder: how many times the peer has moved that way; messages follow it at once */
unsigned int ike_sa_updates(const struct ike_sa *sa);
/*
 * Whether child SAs may follow the messages: the peer has agreed to what was announced, or
 * has shown that it is where it says (section 3.7).
 */
bool ike_sa_settled(const struct ike_sa *sa);
/* Initiator: the peer refused what was announced last */
bool ike_sa_update_refused(const struct ike_sa *sa);
/*
 * How many messages were authentic and no repetition so far. One that is tells the way by
 * which the peer is reached now (RFC 9329, section 6.1).
 */
unsigned int ike_sa_fresh(const struct ike_sa *sa);
/* The peer, or whoever, says that it does not know this SA: a hint, since anybody can */
bool ike_sa_disowned(const struct ike_sa *sa);
/* The same, proved by the token that the peer gave us for it (RFC 6290): it is lost */
bool ike_sa_crashed(const struct ike_sa *sa);
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
/* Responder: whether the peer goes where ike_sa_redirect() sends it (RFC 5685, section 5) */
bool ike_sa_may_redirect(const struct ike_sa *sa);
int ike_sa_redirect(struct ike_sa *sa, const char *host);	/* 0, or -1: the SA is over */
int ike_sa_liveness(struct ike_sa *sa);	/* sends an empty INFORMATIONAL if none is out */
/* Rekey now, as soon as the window is free: the IKE SA, or every child. 0, or -1: it is over. */
int ike_sa_rekey(struct ike_sa *sa);
int ike_sa_rekey_children(struct ike_sa *sa);
/*
 * The kernel says that the SA with this SPI, inbound or outbound, has carried so much that it
 * is to be rekeyed; hard: and that it has removed it. 0, or -1: it is over.
 */
int ike_sa_expired(struct ike_sa *sa, uint32_t spi, bool in, bool hard);
/* With reauth=yes: a new IKE SA is due in the place of this one. Told once. */
bool ike_sa_reauth(struct ike_sa *sa);
/*
 * When ike_sa_timeout() is due, by env->now(); UINT64_MAX: never. To be asked after each call.
 * ike_sa_timeout() returns 0, or -1 if the SA is over.
 */
uint64_t ike_sa_due(const struct ike_sa *sa);
int ike_sa_timeout(struct ike_sa *sa);
/*
 * Whether the transport keeps order and loses nothing, as TCP does (the default); then the
 * owner has a deadline for answers. If not, requests are sent again until they are answered
 * (RFC 7296, section 2.1), and the SA is over if they are not.
 */
void ike_sa_reliable(struct ike_sa *sa, bool reliable);
/*
 * Messages go another way: send what has no answer yet once more, every byte as it was (RFC
 * 9329, section 6.2), or what waited for that. 0, also when there is nothing; -1: it is over.
 */
int ike_sa_resend(struct ike_sa *sa);
/* When the next of IKE SA and child SAs is to be rekeyed, or to end; UINT64_MAX: never */
uint64_t ike_sa_rekey_at(const struct ike_sa *sa);
bool ike_sa_waiting(const struct ike_sa *sa);	/* a request of ours has no answer yet */

/* One line saying why it ended ("the peer refused: AUTHENTICATION_FAILED ..."), "" if well */
const char *ike_sa_error(const struct ike_sa *sa);
const struct ike_suite *ike_sa_suite(const struct ike_sa *sa);
/* The child SA that carries traffic, the n-th or the first; NULL: none is up */
const struct ike_child *ike_sa_child(const struct ike_sa *sa);
const struct ike_child *ike_sa_child_nth(const struct ike_sa *sa, size_t n);
/* All that is in the kernel, with the parts (enum ike_part) that are, also of replaced ones */
void ike_sa_each_child(const struct ike_sa *sa, void *arg,
		       void (*fn)(void *arg, const struct ike_child *child, unsigned int parts));
const struct conf_id *ike_sa_own_id(const struct ike_sa *sa);
/* Inner address of ours (IPv4, IPv6) that the peer has given us; NULL: none */
const struct conf_subnet *ike_sa_inner(const struct ike_sa *sa, bool v6);
const struct ike_cp *ike_sa_config(const struct ike_sa *sa);	/* all of it; NULL: nothing */
bool ike_sa_peer_signs(const struct ike_sa *sa);	/* in IKE_AUTH; known in find_conn() */
/* In find_conn() alone: do the peer's traffic selectors meet a pair of the connection's? */
bool ike_sa_asks_for(const struct ike_sa *sa, const struct conf_conn *conn);
const struct conf_id *ike_sa_peer_id(const struct ike_sa *sa);
const struct conf_conn *ike_sa_conn(const struct ike_sa *sa);	/* NULL till known */
uint64_t ike_sa_spi(const struct ike_sa *sa, bool initiator);	/* host order */

#endif
