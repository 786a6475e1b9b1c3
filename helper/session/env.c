// SPDX-License-Identifier: GPL-2.0-or-later
/* What an IKE SA asks of the world: messages, kernel state, configuration. */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "ike/wire.h"
#include "net/addr.h"
#include "session/priv.h"

/* Answers go back by the way that the question came, which may not be the session's */
static int env_send(void *arg, const uint8_t *msg, size_t len)
{
	struct session *s = arg;
	bool answer = msg[IKE_FLAGS_AT] & IKE_FLAG_RESPONSE;
	struct path *p = answer && s->via ? s->via : &s->path;

	session_trace(p, true, msg, len);
	return path_send(p, msg, len);
}

static void env_came_by(void *arg, struct ike_addrs *addrs)
{
	struct session *s = arg;

	*addrs = (s->via ? s->via : &s->path)->addrs;
}

static int env_spi_alloc(void *arg, uint32_t *spi)
{
	struct session *s = arg;

	return xfrm_spi_alloc(s->world.xfrm, &s->addrs, spi);
}

static void env_spi_free(void *arg, uint32_t spi)
{
	struct session *s = arg;

	xfrm_spi_free(s->world.xfrm, &s->addrs, spi);
}

static void env_child_del(void *arg, const struct ike_child *child, unsigned int parts)
{
	struct session *s = arg;

	if ((parts & IKE_PART_POLICY) && s->sourceip && s->sourceip_reqid == child->reqid) {
		sourceip_del(s->sourceip);
		s->sourceip = NULL;
	}
	session_count(s, child, parts);
	xfrm_child_del(s->world.xfrm, &s->addrs, child, parts);
	/* Behind the policies, so that packets never take another way meanwhile */
	if ((parts & IKE_PART_POLICY) && s->inner)
		inner_del(s->inner, child->reqid);
	if ((parts & IKE_PART_POLICY) && s->iface)
		iface_unroute(s->iface, child->reqid);
	if (parts & IKE_PART_IN)
		journal_del(s->world.journal, child);
}

/* Name servers that nobody takes are no reason to have no tunnel */
static void hand_over_dns(struct session *s, const struct ike_cp *cp)
{
	char line[256] = "", text[ADDR_TEXT_MAX];
	size_t at = 0;

	if (!inner_dns(s->inner, cp))
		return;
	for (size_t i = 0; i < cp->n_dns && at < sizeof(line) / 2; i++)
		at += (size_t)snprintf(line + at, sizeof(line) - at, "%s%s", i ? ", " : "",
				       addr_text(&cp->dns[i], 0, text, sizeof(text)));
	snprintf(line + at, sizeof(line) - at,
		 ": neither systemd-resolved nor resolvconf takes these name servers: names of the other end are not found");
	s->user.log(s->user.arg, line);
}

/* An address that the peer gave us, what is reached with it, and its name servers */
static int add_inner(struct session *s, const struct ike_child *child, char *err, size_t errlen)
{
	const struct conf_subnet *ip = ike_sa_inner(s->sa, child->ts_remote.family == AF_INET6);
	const struct ike_cp *cp = ike_sa_config(s->sa);
	const struct conf_conn *conn = ike_sa_conn(s->sa);
	char dev[IFNAMSIZ];
	bool first = !s->inner;

	if (!ip || !cp)
		return 0;
	if (s->iface)
		snprintf(dev, sizeof(dev), "%s", iface_name(s->iface));
	else
		inner_dev_name(conn->name, dev, sizeof(dev));
	if (first)
		s->inner = inner_new(s->world.changes, dev, !s->iface, err, errlen);
	if (!s->inner)
		return -EADDRNOTAVAIL;
	if (inner_add(s->inner, child->reqid, ip, &child->ts_remote, cp, &s->addrs.remote, err,
		      errlen))
		return -EADDRNOTAVAIL;
	if (first)
		hand_over_dns(s, cp);
	return 0;
}

/* The address that packets of this tunnel are to have, once */
static int add_sourceip(struct session *s, const struct ike_child *child, char *err, size_t errlen)
{
	const struct conf_conn *conn = s->conn ? s->conn : ike_sa_conn(s->sa);

	if (!conn || !conn->local.sourceip.family || s->sourceip)
		return 0;
	s->sourceip = sourceip_add(s->world.sourceips, &conn->local.sourceip,
				   s->iface ? NULL : &child->ts_remote, &s->addrs.remote, err,
				   errlen);
	s->sourceip_reqid = child->reqid;
	return s->sourceip ? 0 : -EADDRNOTAVAIL;
}

/*
 * Where the first child goes: IKE_AUTH may have come another way than IKE_SA_INIT, to port
 * 4500. All children of the SA share it.
 */
static void set_addrs(struct session *s)
{
	s->addrs = session_child_addrs(s, s->via ? s->via : &s->path);
}

static int env_child_add(void *arg, const struct ike_child *child, unsigned int parts, char *err,
			 size_t errlen)
{
	struct session *s = arg;
	bool older = false;
	int rc;

	if (!ike_sa_child(s->sa))
		set_addrs(s);
	if (session_interface_take(s, child, err, errlen))
		return -ENODEV;
	if ((parts & IKE_PART_POLICY) && !ike_sa_child(s->sa))
		older = s->user.child_coming && s->user.child_coming(s->user.arg);
	/* Without a journal somebody has to clean up behind a crash, as ever */
	if ((parts & IKE_PART_IN) && journal_add(s->world.journal, &s->addrs, child))
		s->user.log(s->user.arg, "cannot write to the run directory");
	rc = xfrm_child_add(s->world.xfrm, &s->addrs, child, parts | (older ? XFRM_REPLACE : 0),
			    err, errlen);
	if (rc && (parts & IKE_PART_IN))
		journal_del(s->world.journal, child);
	if (rc || !(parts & IKE_PART_POLICY))
		return rc;
	rc = add_sourceip(s, child, err, errlen);
	if (!rc)
		rc = add_inner(s, child, err, errlen);
	if (!rc && session_interface_lead(s, child, err, errlen))
		rc = -EADDRNOTAVAIL;
	/* Behind what both have in common, which so is never away */
	if (older)
		s->user.child_came(s->user.arg);
	if (rc)
		env_child_del(s, child, parts);
	return rc;
}

static const struct conf_conn *env_find_conn(void *arg, const struct conf_id *idi,
					     const struct conf_id *idr)
{
	struct session *s = arg;
	char err[512];

	/* CRLs are renewed while we run; a new one that cannot be read does not end that */
	if (s->world.creds && cred_refresh(s->world.creds, err, sizeof(err)) < 0)
		s->user.log(s->user.arg, err);
	return s->user.find_conn ? s->user.find_conn(s->user.arg, idi, idr) : NULL;
}

static const struct conf_secret *env_find_secret(void *arg, const struct conf_id *local,
						 const struct conf_id *remote)
{
	struct session *s = arg;

	return s->user.find_secret(s->user.arg, local, remote);
}

static int env_lease(void *arg, bool v6, const struct conf_subnet *want, struct conf_subnet *ip)
{
	struct session *s = arg;

	return s->user.lease(s->user.arg, v6, want, ip);
}

static void env_unlease(void *arg, bool v6, const struct conf_subnet *ip)
{
	struct session *s = arg;

	s->user.unlease(s->user.arg, v6, ip);
}

static bool env_sole(void *arg)
{
	struct session *s = arg;

	return s->user.sole && s->user.sole(s->user.arg);
}

static bool env_redirect(void *arg, const char *host)
{
	struct session *s = arg;

	return s->user.redirect && !s->closing && s->user.redirect(s->user.arg, host);
}

static void env_initial_contact(void *arg)
{
	struct session *s = arg;

	if (s->user.initial_contact)
		s->user.initial_contact(s->user.arg);
}

static void env_step(void *arg, enum ike_step step)
{
	session_step(arg, step);
}

static void env_replaced(void *arg, struct ike_sa *sa)
{
	struct session *s = arg;

	s->sa = sa;
	s->user.log(s->user.arg, "the IKE SA is rekeyed");
}

static uint64_t env_now(void *arg)
{
	(void)arg;
	return loop_now();
}

static void env_log(void *arg, const char *line)
{
	struct session *s = arg;

	s->user.log(s->user.arg, line);
}

void session_env_init(struct session *s)
{
	s->env = (struct ike_env){
		.arg = s,
		.send = env_send,
		.spi_alloc = env_spi_alloc,
		.spi_free = env_spi_free,
		.child_add = env_child_add,
		.child_del = env_child_del,
		.find_conn = env_find_conn,
		.find_secret = env_find_secret,
		.lease = env_lease,
		.unlease = env_unlease,
		.former = s->user.former,
		.creds = s->world.creds,
		.ppks = s->world.ppks,
		.qcd_secret = s->world.qcd_secret,
		.spis = s->world.spis,
		.sole = env_sole,
		.initial_contact = env_initial_contact,
		.redirected_from = s->user.redirected_from,
		.first_gateway = s->user.first_gateway,
		.redirect = env_redirect,
		.step = env_step,
		.replaced = env_replaced,
		.came_by = env_came_by,
		.now = env_now,
		.log = env_log,
	};
}
