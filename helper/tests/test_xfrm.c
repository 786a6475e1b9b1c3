// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SAs and policies in a network namespace of this kernel, with or without
 * support of espintcp: all of a child is installed, or nothing is left.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cmocka.h>
#include <linux/xfrm.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

#include "net/addr.h"
#include "netns.h"
#include "xfrm/journal.h"
#include "xfrm/policy.h"
#include "xfrm/sa.h"
#include "xfrm/talk.h"
#include "xfrm/xfrm.h"

static struct xfrm *x;
static struct nl_sock *sk;		/* to look with */
static struct ike_addrs addrs4, addrs6;

static int setup(void **state)
{
	char err[256];

	(void)state;
	if (!netns_enter())
		return 0;
	sk = nl_socket_alloc();
	if (!sk || nl_connect(sk, NETLINK_XFRM)) {
		nl_socket_free(sk);
		sk = NULL;
		return 0;
	}
	x = xfrm_open(err, sizeof(err));
	addr_parse("192.0.2.1", &addrs4.local);
	addr_parse("192.0.2.2", &addrs4.remote);
	addr_parse("2001:db8::1", &addrs6.local);
	addr_parse("2001:db8::2", &addrs6.remote);
	addrs4.local_port = 40000;
	addrs4.remote_port = 4500;
	addrs6.local_port = 40000;
	addrs6.remote_port = 4500;
	return x ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	xfrm_close(x);
	nl_socket_free(sk);
	return 0;
}

static int count_one(struct nl_msg *msg, void *arg)
{
	(void)msg;
	(*(int *)arg)++;
	return NL_OK;
}

/* libnl-xfrm's caches leak the addresses of policies, so the dump is counted by hand */
static int count(int type)
{
	int n = 0;

	nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_CUSTOM, count_one, &n);
	assert_true(nl_send_simple(sk, type, NLM_F_DUMP, NULL, 0) >= 0);
	assert_true(nl_recvmsgs_default(sk) >= 0);
	return n;
}

static int sas(void)
{
	return count(XFRM_MSG_GETSA);
}

static int policies(void)
{
	return count(XFRM_MSG_GETPOLICY);
}

/* Every answer must be the request's own, also behind one that carries data */
static void spis_come_and_go(void **state)
{
	uint32_t spi[20];

	(void)state;
	if (!x)
		skip();
	for (size_t i = 0; i < 20; i++) {
		assert_int_equal(xfrm_spi_alloc(x, i % 2 ? &addrs6 : &addrs4, &spi[i]), 0);
		assert_true(ntohl(spi[i]) >= 0x100);
		assert_int_equal(sas(), i + 1);
	}
	for (size_t i = 0; i < 20; i++) {
		xfrm_spi_free(x, i % 2 ? &addrs6 : &addrs4, spi[i]);
		assert_int_equal(sas(), 19 - i);
	}
}

static void subnet(struct conf_subnet *net, const char *addr, uint8_t prefix)
{
	assert_true(addr_parse(addr, net));
	net->prefix = prefix;
}

static struct ike_child gcm_child(void)
{
	struct ike_child child = {
		.spi_out = htonl(0x12345678),
		.suite = { .encr = IKE_ENCR_AES_GCM_16, .keylen = 256, .esn = IKE_ESN_YES },
		.key_len = 36,
	};

	memset(child.key_in, 1, 36);
	memset(child.key_out, 2, 36);
	subnet(&child.ts_local, "10.1.0.0", 16);
	subnet(&child.ts_remote, "10.2.0.0", 16);
	return child;
}

static struct ike_child cbc_child(void)
{
	struct ike_child child = gcm_child();

	child.suite = (struct ike_suite){
		.encr = IKE_ENCR_AES_CBC, .keylen = 128, .integ = IKE_INTEG_HMAC_SHA2_256_128,
	};
	child.key_len = 16;
	child.integ_len = 32;
	return child;
}

static void add_and_del(const struct ike_addrs *addrs, struct ike_child child)
{
	char err[256] = "";
	int rc;

	assert_int_equal(xfrm_spi_alloc(x, addrs, &child.spi_in), 0);
	child.reqid = ntohl(child.spi_in);
	rc = xfrm_child_add(x, addrs, &child, IKE_PART_ALL, err, sizeof(err));
	if (rc) {
		/* A kernel without espintcp or algorithm: a reason, and only the SPI is left */
		assert_non_null(strstr(err, "the kernel"));
		assert_in_range(sas(), 0, 1);
		assert_int_equal(policies(), 0);
		xfrm_spi_free(x, addrs, child.spi_in);
	} else {
		assert_string_equal(err, "");
		assert_int_equal(sas(), 2);
		assert_int_equal(policies(), child.transport ? 2 : 3);
		xfrm_child_del(x, addrs, &child, IKE_PART_ALL);
	}
	assert_int_equal(sas(), 0);
	assert_int_equal(policies(), 0);
}

static void child_is_all_or_nothing(void **state)
{
	struct ike_child transport = gcm_child();

	(void)state;
	if (!x)
		skip();
	add_and_del(&addrs4, gcm_child());
	add_and_del(&addrs6, gcm_child());
	add_and_del(&addrs4, cbc_child());
	add_and_del(&addrs6, cbc_child());
	transport.transport = true;
	transport.ts_local = addrs4.local;
	transport.ts_remote = addrs4.remote;
	add_and_del(&addrs4, transport);
}

static void keys_that_are_too_long(void **state)
{
	struct ike_child child = gcm_child();
	char err[256] = "";

	(void)state;
	if (!x)
		skip();
	child.spi_in = htonl(0x1000);
	child.key_len = sizeof(child.key_in) + 1;
	assert_int_equal(xfrm_child_add(x, &addrs4, &child, IKE_PART_ALL, err, sizeof(err)),
			 -EINVAL);
	assert_string_not_equal(err, "");
	assert_int_equal(sas(), 0);
}

static void policy_of_another(void **state)
{
	struct ike_child child = gcm_child();
	char err[256];

	(void)state;
	if (!x)
		skip();
	child.spi_in = htonl(0x1000);
	assert_int_equal(xfrm_policy_add(x, &addrs4, &child, XFRM_POLICY_OUT), 0);
	assert_int_equal(xfrm_policy_add(x, &addrs4, &child, XFRM_POLICY_OUT), -EEXIST);
	xfrm_explain(x, XFRM_WHAT_POLICY, -EEXIST, err, sizeof(err));
	assert_non_null(strstr(err, "exists already"));
	assert_int_equal(policies(), 1);
	assert_int_equal(xfrm_policy_del(x, &child, XFRM_POLICY_OUT), 0);
	assert_int_equal(policies(), 0);
}

static int take_selector(struct nl_msg *msg, void *arg)
{
	struct xfrm_userpolicy_info *info = nlmsg_data(nlmsg_hdr(msg));

	*(struct xfrm_selector *)arg = info->sel;
	return NL_OK;
}

static void one_protocol_and_port(void **state)
{
	struct ike_child child = gcm_child();
	struct xfrm_selector sel = { 0 };

	(void)state;
	if (!x)
		skip();
	child.proto = IPPROTO_TCP;
	child.port_remote = 443;
	assert_int_equal(xfrm_policy_add(x, &addrs4, &child, XFRM_POLICY_OUT), 0);
	nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_CUSTOM, take_selector, &sel);
	assert_true(nl_send_simple(sk, XFRM_MSG_GETPOLICY, NLM_F_DUMP, NULL, 0) >= 0);
	assert_true(nl_recvmsgs_default(sk) >= 0);
	assert_int_equal(sel.proto, IPPROTO_TCP);
	assert_int_equal(ntohs(sel.dport), 443);
	assert_int_equal(sel.dport_mask, 0xffff);
	assert_int_equal(sel.sport_mask, 0);
	assert_int_equal(xfrm_policy_del(x, &child, XFRM_POLICY_OUT), 0);
	assert_int_equal(policies(), 0);
}

struct seen {
	uint32_t if_id;
	struct xfrm_mark mark;
};

static int take_attrs(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *nlh = nlmsg_hdr(msg);
	struct nlattr *id, *mark;
	struct seen *seen = arg;

	id = nlmsg_find_attr(nlh, sizeof(struct xfrm_userpolicy_info), XFRMA_IF_ID);
	mark = nlmsg_find_attr(nlh, sizeof(struct xfrm_userpolicy_info), XFRMA_MARK);
	if (id)
		seen->if_id = nla_get_u32(id);
	if (mark)
		seen->mark = *(struct xfrm_mark *)nla_data(mark);
	return NL_OK;
}

/* Beside a policy without them there may be one with an interface, and one with a mark */
static void interface_and_mark(void **state)
{
	struct ike_child plain = gcm_child(), child = gcm_child();
	struct seen seen = { 0 };

	(void)state;
	if (!x)
		skip();
	child.if_id = 42;
	child.mark_out = (struct conf_mark){ 0x10, 0xff };
	assert_int_equal(xfrm_policy_add(x, &addrs4, &child, XFRM_POLICY_OUT), 0);
	nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_CUSTOM, take_attrs, &seen);
	assert_true(nl_send_simple(sk, XFRM_MSG_GETPOLICY, NLM_F_DUMP, NULL, 0) >= 0);
	assert_true(nl_recvmsgs_default(sk) >= 0);
	assert_int_equal(seen.if_id, 42);
	assert_int_equal(seen.mark.v, 0x10);
	assert_int_equal(seen.mark.m, 0xff);
	assert_int_equal(xfrm_policy_add(x, &addrs4, &plain, XFRM_POLICY_OUT), 0);
	assert_int_equal(policies(), 2);
	assert_int_equal(xfrm_policy_del(x, &child, XFRM_POLICY_OUT), 0);
	assert_int_equal(policies(), 1);
	assert_int_equal(xfrm_policy_del(x, &plain, XFRM_POLICY_OUT), 0);
	assert_int_equal(policies(), 0);
}

/* A rekeyed child comes and goes by parts; its policies stay */
static void parts(void **state)
{
	struct ike_child old = gcm_child(), new = gcm_child();
	char err[256] = "";

	(void)state;
	if (!x)
		skip();
	old.spi_in = htonl(0x1000);
	old.reqid = 0x1000;
	new.spi_in = htonl(0x2000);
	new.spi_out = htonl(0x3000);
	new.reqid = old.reqid;
	if (xfrm_child_add(x, &addrs4, &old, IKE_PART_ALL, err, sizeof(err)))
		return;		/* a kernel without espintcp */
	assert_int_equal(xfrm_child_add(x, &addrs4, &new, IKE_PART_IN, err, sizeof(err)), 0);
	assert_int_equal(sas(), 3);
	assert_int_equal(xfrm_child_add(x, &addrs4, &new, IKE_PART_OUT, err, sizeof(err)), 0);
	assert_int_equal(policies(), 3);
	xfrm_child_del(x, &addrs4, &old, IKE_PART_OUT);
	xfrm_child_del(x, &addrs4, &old, IKE_PART_IN);
	assert_int_equal(sas(), 2);
	assert_int_equal(policies(), 3);
	xfrm_child_del(x, &addrs4, &new, IKE_PART_ALL);
	assert_int_equal(sas(), 0);
	assert_int_equal(policies(), 0);
}

/* A tunnel that replaces another one: there is a policy all the time */
static void policy_is_handed_over(void **state)
{
	struct ike_child old = gcm_child(), child = gcm_child();

	(void)state;
	if (!x)
		skip();
	old.reqid = 1;
	child.reqid = 2;
	assert_int_equal(xfrm_policy_add(x, &addrs4, &old, XFRM_POLICY_OUT), 0);
	assert_int_equal(xfrm_policy_reqid(x, &old, XFRM_POLICY_OUT), 1);
	assert_int_equal(xfrm_policy_replace(x, &addrs4, &child, XFRM_POLICY_OUT), 0);
	assert_int_equal(policies(), 1);
	assert_int_equal(xfrm_policy_reqid(x, &old, XFRM_POLICY_OUT), 2);
	assert_int_equal(xfrm_policy_del_own(x, &old, XFRM_POLICY_OUT), 0);
	assert_int_equal(policies(), 1);
	assert_int_equal(xfrm_policy_del_own(x, &child, XFRM_POLICY_OUT), 0);
	assert_int_equal(policies(), 0);
	assert_int_equal(xfrm_policy_reqid(x, &child, XFRM_POLICY_OUT), 0);
}

/* Of what the kernel has, a reserved SPI too, and of nothing else */
static void copies(void **state)
{
	struct xfrm_usersa_info *info;
	struct nl_msg *copy = NULL;
	uint32_t spi;

	(void)state;
	if (!x)
		skip();
	assert_int_equal(xfrm_spi_alloc(x, &addrs4, &spi), 0);
	assert_int_equal(xfrm_sa_copy(x, &addrs4, &addrs6, spi, true, &copy), 0);
	assert_non_null(copy);
	info = nlmsg_data(nlmsg_hdr(copy));
	assert_int_equal(info->id.spi, spi);
	assert_int_equal(info->family, AF_INET6);
	assert_memory_equal(&info->id.daddr, addrs6.local.addr, 16);
	assert_memory_equal(&info->saddr, addrs6.remote.addr, 16);
	xfrm_msg_free(copy);
	xfrm_spi_free(x, &addrs4, spi);
	assert_int_equal(xfrm_sa_copy(x, &addrs4, &addrs6, spi, true, &copy), -ESRCH);
	/* The kernel still answers what is asked through the usual socket */
	assert_int_equal(sas(), 0);
	assert_int_equal(xfrm_spi_alloc(x, &addrs4, &spi), 0);
	xfrm_spi_free(x, &addrs4, spi);
}

struct sa_seen {
	unsigned int n, encap;
	struct xfrm_usersa_info info[2];
	struct xfrm_replay_state_esn esn[2];
	uint8_t key[2];
};

static int take_sa(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *nlh = nlmsg_hdr(msg);
	struct xfrm_usersa_info *info = nlmsg_data(nlh);
	struct sa_seen *seen = arg;
	struct nlattr *nla;
	/* 0: in, 1: out */
	int i = info->id.spi != htonl(0x1000);

	seen->n++;
	seen->info[i] = *info;
	seen->encap += !!nlmsg_find_attr(nlh, sizeof(*info), XFRMA_ENCAP);
	nla = nlmsg_find_attr(nlh, sizeof(*info), XFRMA_REPLAY_ESN_VAL);
	assert_non_null(nla);
	memcpy(&seen->esn[i], nla_data(nla), sizeof(seen->esn[i]));
	nla = nlmsg_find_attr(nlh, sizeof(*info), XFRMA_ALG_AEAD);
	assert_non_null(nla);
	seen->key[i] = *((uint8_t *)nla_data(nla) + sizeof(struct xfrm_algo_aead));
	return NL_OK;
}

static struct sa_seen look(void)
{
	struct sa_seen seen = { 0 };

	nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_CUSTOM, take_sa, &seen);
	assert_true(nl_send_simple(sk, XFRM_MSG_GETSA, NLM_F_DUMP, NULL, 0) >= 0);
	assert_true(nl_recvmsgs_default(sk) >= 0);
	return seen;
}

/* From place to place, by way of each encapsulation and family, with what was sent and received */
static void moves(void **state)
{
	struct ike_addrs way[4] = { addrs4, addrs4, addrs6, addrs4 };
	struct ike_child child = gcm_child();
	struct sa_seen seen;
	char err[256] = "";

	(void)state;
	if (!x)
		skip();
	way[0].encap = IKE_ENCAP_NONE;
	way[1].encap = IKE_ENCAP_UDP;
	addr_parse("198.51.100.7", &way[1].local);
	way[2].encap = IKE_ENCAP_NONE;
	way[3].encap = IKE_ENCAP_UDP;
	child.spi_in = htonl(0x1000);
	child.reqid = 7;
	child.hard_s = 1000;
	if (xfrm_child_add(x, &way[0], &child, IKE_PART_ALL, err, sizeof(err)))
		skip();		/* a kernel without ESP */
	memset(child.key_in, 0, sizeof(child.key_in));
	memset(child.key_out, 0, sizeof(child.key_out));
	for (unsigned int i = 1; i < 4; i++) {
		assert_int_equal(xfrm_child_move(x, &way[i - 1], &way[i], &child, IKE_PART_ALL, err,
						 sizeof(err)), 0);
		seen = look();
		assert_int_equal(seen.n, 2);
		assert_int_equal(policies(), 3);
		assert_int_equal(seen.encap, way[i].encap == IKE_ENCAP_UDP ? 2 : 0);
		assert_int_equal(seen.info[0].family, way[i].local.family);
		assert_memory_equal(&seen.info[0].id.daddr, way[i].local.addr, 4);
		assert_memory_equal(&seen.info[1].saddr, way[i].local.addr, 4);
		assert_memory_equal(&seen.info[1].id.daddr, way[i].remote.addr, 4);
		assert_int_equal(seen.info[1].lft.hard_add_expires_seconds, 1060);
		assert_true(seen.info[1].flags & XFRM_STATE_ESN);
		assert_int_equal(seen.key[0], 1);
		assert_int_equal(seen.key[1], 2);
		/* No number is used twice, whatever left while we looked away */
		assert_int_equal(seen.esn[0].seq, 0);
		assert_int_equal(seen.esn[1].oseq, i << 20);
		assert_int_equal(seen.esn[0].replay_window, 256);
	}
	/* What is not there does not move, and is no error */
	xfrm_child_del(x, &way[3], &child, IKE_PART_ALL);
	assert_int_equal(xfrm_child_move(x, &way[3], &way[0], &child, IKE_PART_IN | IKE_PART_OUT,
					 err, sizeof(err)), 0);
	assert_int_equal(sas(), 0);
	assert_int_equal(policies(), 0);
}

/* A policy that drops all of lo's traffic does not touch a socket with the bypass */
static void bypass_passes(void **state)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	struct xfrm_userpolicy_info pol = {
		.action = XFRM_POLICY_BLOCK, .dir = XFRM_POLICY_OUT, .sel.family = AF_INET,
	};
	socklen_t len = sizeof(sa);
	int plain, free_one;

	(void)state;
	if (!x)
		skip();
	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sa.sin_port = htons(9);
	plain = socket(AF_INET, SOCK_DGRAM, 0);
	free_one = socket(AF_INET, SOCK_DGRAM, 0);
	/* A socket's own blocking policy stands for one of the host */
	assert_int_equal(setsockopt(plain, IPPROTO_IP, IP_XFRM_POLICY, &pol, sizeof(pol)), 0);
	assert_int_equal(setsockopt(free_one, IPPROTO_IP, IP_XFRM_POLICY, &pol, sizeof(pol)), 0);
	assert_int_equal(sendto(plain, "x", 1, 0, (struct sockaddr *)&sa, len), -1);
	assert_int_equal(xfrm_bypass(free_one), 0);
	assert_int_equal(sendto(free_one, "x", 1, 0, (struct sockaddr *)&sa, len), 1);
	close(plain);
	close(free_one);
}

static void bypass_of_each_family(void **state)
{
	int v6 = socket(AF_INET6, SOCK_STREAM, 0), unix_fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	if (!x)
		skip();
	assert_int_equal(xfrm_bypass(v6), 0);
	assert_int_equal(policies(), 2);
	assert_int_equal(xfrm_bypass(unix_fd), -EAFNOSUPPORT);
	close(v6);
	close(unix_fd);
	assert_int_equal(xfrm_bypass(v6), -EBADF);
}

/* A child that nobody owns any more, but for the policy that another one took */
static void what_a_crash_left(void **state)
{
	char dir[] = "/tmp/journal.XXXXXX";
	struct ike_child child = gcm_child(), another = gcm_child();
	struct journal *j;
	unsigned int n;

	(void)state;
	if (!x)
		skip();
	assert_non_null(mkdtemp(dir));
	j = journal_open(x, dir, "up.test", &n);
	assert_non_null(j);
	assert_int_equal(n, 0);
	/* A reserved SPI stands for the SA, which not every kernel that tests run on can have */
	assert_int_equal(xfrm_spi_alloc(x, &addrs6, &child.spi_in), 0);
	child.reqid = ntohl(child.spi_in);
	assert_int_equal(journal_add(j, &addrs6, &child), 0);
	journal_close(j);

	assert_int_equal(xfrm_policy_add(x, &addrs6, &child, XFRM_POLICY_IN), 0);
	another.reqid = 0x1000;
	assert_int_equal(xfrm_policy_add(x, &addrs6, &another, XFRM_POLICY_OUT), 0);

	j = journal_open(x, dir, "up.tes", &n);
	assert_int_equal(n, 0);
	journal_close(j);
	j = journal_open(x, dir, "up.test", &n);
	assert_int_equal(n, 1);
	assert_int_equal(sas(), 0);
	assert_int_equal(policies(), 1);
	assert_int_equal(xfrm_policy_del(x, &another, XFRM_POLICY_OUT), 0);
	journal_close(j);

	j = journal_open(x, dir, "up.test", &n);
	assert_int_equal(n, 0);
	assert_int_equal(journal_add(j, &addrs4, &child), 0);
	journal_del(j, &child);
	journal_close(j);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spis_come_and_go),
		cmocka_unit_test(child_is_all_or_nothing),
		cmocka_unit_test(keys_that_are_too_long),
		cmocka_unit_test(policy_of_another),
		cmocka_unit_test(policy_is_handed_over),
		cmocka_unit_test(one_protocol_and_port),
		cmocka_unit_test(interface_and_mark),
		cmocka_unit_test(parts),
		cmocka_unit_test(copies),
		cmocka_unit_test(moves),
		cmocka_unit_test(bypass_passes),
		cmocka_unit_test(bypass_of_each_family),
		cmocka_unit_test(what_a_crash_left),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
