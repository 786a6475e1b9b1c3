// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One ESP SA of a child, in one direction. The messages are built by libnl's
 * core: libnl-xfrm cannot allocate a SPI, and its objects keep copies of the
 * keys that nobody could wipe.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include <linux/ipsec.h>
#include <linux/udp.h>
#include <linux/xfrm.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#include "xfrm/fill.h"
#include "xfrm/keys.h"
#include "xfrm/sa.h"
#include "xfrm/talk.h"

/* SPIs below 256 are reserved (RFC 4303, section 2.1) */
#define SPI_MIN		0x100
#define SPI_MAX		0xffffffff

/* Beyond the lifetime of an SA: for its deletion at both ends */
#define HARD_GRACE_S	60

/*
 * TCP keeps the order, but a sender that encrypts in parallel (pcrypt) numbers
 * packets before it queues them, and so does a receiver that decrypts so.
 */
#define REPLAY_WINDOW	256
#define REPLAY_WORDS	(REPLAY_WINDOW / 32)

struct replay {
	struct xfrm_replay_state_esn esn;
	uint32_t bitmap[REPLAY_WORDS];
};

static void set_ends(const struct ike_addrs *addrs, bool in, xfrm_address_t *saddr,
		     xfrm_address_t *daddr)
{
	xfrm_fill_addr(saddr, in ? &addrs->remote : &addrs->local);
	xfrm_fill_addr(daddr, in ? &addrs->local : &addrs->remote);
}

static void set_info(struct xfrm_usersa_info *info, const struct ike_addrs *addrs, bool in)
{
	memset(info, 0, sizeof(*info));
	set_ends(addrs, in, &info->saddr, &info->id.daddr);
	info->id.proto = IPPROTO_ESP;
	info->family = addrs->local.family;
	info->lft.soft_byte_limit = XFRM_INF;
	info->lft.hard_byte_limit = XFRM_INF;
	info->lft.soft_packet_limit = XFRM_INF;
	info->lft.hard_packet_limit = XFRM_INF;
}

/* The ports of the outer connection, as its packets carry them in this direction */
int xfrm_encap_put(struct nl_msg *msg, const struct ike_addrs *addrs, bool in)
{
	struct xfrm_encap_tmpl encap = {
		.encap_type = addrs->encap == IKE_ENCAP_TCP ? TCP_ENCAP_ESPINTCP :
			      UDP_ENCAP_ESPINUDP,
	};

	if (addrs->encap == IKE_ENCAP_NONE)
		return 0;
	encap.encap_sport = htons(in ? addrs->remote_port : addrs->local_port);
	encap.encap_dport = htons(in ? addrs->local_port : addrs->remote_port);
	return nla_put(msg, XFRMA_ENCAP, sizeof(encap), &encap) ? -ENOMEM : 0;
}

/* The bitmap form serves with and without ESN, and allows more than 32 packets */
static int put_replay(struct nl_msg *msg)
{
	struct replay replay = {
		.esn = { .bmp_len = REPLAY_WORDS, .replay_window = REPLAY_WINDOW },
	};

	return nla_put(msg, XFRMA_REPLAY_ESN_VAL, sizeof(replay), &replay) ? -ENOMEM : 0;
}

static void set_limit(const struct ike_limit *limit, __u64 *soft, __u64 *hard)
{
	if (limit->soft)
		*soft = limit->soft;
	if (limit->hard)
		*hard = limit->hard;
}

static int build_sa(struct nl_msg *msg, const struct ike_addrs *addrs,
		    const struct ike_child *child, bool in)
{
	struct xfrm_usersa_info info;
	int rc;

	set_info(&info, addrs, in);
	info.id.spi = in ? child->spi_in : child->spi_out;
	info.reqid = child->reqid;
	/* Its owner removes it in time; if that has crashed, the keys end like this */
	if (child->hard_s)
		info.lft.hard_add_expires_seconds = child->hard_s + HARD_GRACE_S;
	set_limit(&child->bytes, &info.lft.soft_byte_limit, &info.lft.hard_byte_limit);
	set_limit(&child->packets, &info.lft.soft_packet_limit, &info.lft.hard_packet_limit);
	info.mode = child->transport ? XFRM_MODE_TRANSPORT : XFRM_MODE_TUNNEL;
	/* A tunnel may carry the other family */
	if (!child->transport)
		info.flags |= XFRM_STATE_AF_UNSPEC;
	if (child->suite.esn == IKE_ESN_YES)
		info.flags |= XFRM_STATE_ESN;
	if (nlmsg_append(msg, &info, sizeof(info), NLMSG_ALIGNTO))
		return -ENOMEM;

	if (child->if_id && nla_put_u32(msg, XFRMA_IF_ID, child->if_id))
		return -ENOMEM;
	rc = xfrm_keys_put(msg, child, in);
	if (!rc)
		rc = xfrm_encap_put(msg, addrs, in);
	if (!rc)
		rc = put_replay(msg);
	return rc;
}

static int send_sa(struct xfrm *x, int type, const struct ike_addrs *addrs,
		   const struct ike_child *child, bool in)
{
	struct nl_msg *msg = xfrm_msg_new(x, type);
	int rc;

	if (!msg)
		return -ENOMEM;
	rc = build_sa(msg, addrs, child, in);
	if (rc) {
		xfrm_msg_free(msg);
		return rc;
	}
	return xfrm_talk(x, msg, NULL, NULL);
}

int xfrm_sa_add(struct xfrm *x, const struct ike_addrs *addrs, const struct ike_child *child,
		bool in)
{
	int rc;

	if (!in)
		return send_sa(x, XFRM_MSG_NEWSA, addrs, child, in);

	rc = send_sa(x, XFRM_MSG_UPDSA, addrs, child, in);
	/* The kernel drops a reserved SPI after net.core.xfrm_acq_expires seconds */
	if (rc == -ESRCH)
		rc = send_sa(x, XFRM_MSG_NEWSA, addrs, child, in);
	return rc;
}

/* An update asks for keys and looks at their length alone */
int xfrm_sa_set_ports(struct xfrm *x, const struct ike_addrs *addrs,
		      const struct ike_child *child, bool in)
{
	if (addrs->encap == IKE_ENCAP_NONE)
		return 0;
	return send_sa(x, XFRM_MSG_UPDSA, addrs, child, in);
}

struct nl_msg *xfrm_sa_id_msg(struct xfrm *x, int type, const struct ike_addrs *addrs,
			      uint32_t spi, bool in)
{
	struct nl_msg *msg = xfrm_msg_new(x, type);
	struct xfrm_usersa_id id = { .spi = spi, .proto = IPPROTO_ESP };
	xfrm_address_t saddr = { 0 };

	if (!msg)
		return NULL;
	id.family = addrs->local.family;
	set_ends(addrs, in, &saddr, &id.daddr);
	if (nlmsg_append(msg, &id, sizeof(id), NLMSG_ALIGNTO) ||
	    nla_put(msg, XFRMA_SRCADDR, sizeof(saddr), &saddr)) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

int xfrm_sa_del(struct xfrm *x, const struct ike_addrs *addrs, uint32_t spi, bool in)
{
	struct nl_msg *msg = xfrm_sa_id_msg(x, XFRM_MSG_DELSA, addrs, spi, in);

	return msg ? xfrm_talk(x, msg, NULL, NULL) : -ENOMEM;
}

static void take_spi(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *nlh = nlmsg_hdr(msg);
	struct xfrm_usersa_info *info = nlmsg_data(nlh);
	uint32_t *spi = arg;

	if (nlh->nlmsg_type == XFRM_MSG_NEWSA && nlmsg_datalen(nlh) >= (int)sizeof(*info))
		*spi = info->id.spi;
}

/**
 * xfrm_spi_alloc - reserve a SPI for an inbound SA
 * @x: the connection to the kernel
 * @addrs: the outer connection
 * @spi: set to the SPI, in network order
 *
 * The kernel makes a larval SA, so nobody else can take the SPI.
 *
 * Return: 0 or -errno.
 */
int xfrm_spi_alloc(struct xfrm *x, const struct ike_addrs *addrs, uint32_t *spi)
{
	struct nl_msg *msg = xfrm_msg_new(x, XFRM_MSG_ALLOCSPI);
	struct xfrm_userspi_info req = { .min = SPI_MIN, .max = SPI_MAX };
	int rc;

	if (!msg)
		return -ENOMEM;
	set_info(&req.info, addrs, true);
	/* Both modes may follow; the larval SA is replaced by the real one */
	req.info.mode = XFRM_MODE_TUNNEL;
	if (nlmsg_append(msg, &req, sizeof(req), NLMSG_ALIGNTO)) {
		nlmsg_free(msg);
		return -ENOMEM;
	}
	*spi = 0;
	rc = xfrm_talk(x, msg, take_spi, spi);
	if (!rc && !*spi)
		rc = -EIO;
	return rc;
}

/* Give back a reserved SPI that no SA used */
void xfrm_spi_free(struct xfrm *x, const struct ike_addrs *addrs, uint32_t spi)
{
	xfrm_sa_del(x, addrs, spi, true);
}
