// SPDX-License-Identifier: GPL-2.0-only
/*
 * In the place of the kernel's own espintcp, where it has one.
 *
 * TCP finds an upper layer protocol by its name, the first of that name in a
 * list. Nobody may see a moment without one: both are in the list while a byte
 * of the name decides which of them is meant.
 *
 * Lifetime. Theirs is part of the kernel image and stays. Sockets that it holds
 * know nothing of this module and do not keep it; SAs of ours that send through
 * them do, as any of ours. While this module is going, it gives no reference any
 * more: attaching answers ENOENT until its ULP is out of the list, which is the
 * first that it does, and nothing sleeps before that.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/module.h>
#include <linux/net.h>
#include <linux/rcupdate.h>
#include <net/inet_connection_sock.h>
#include <net/net_namespace.h>
#include <net/sock.h>
#include <net/tcp.h>
#include <linux/espintcp.h>

#include "compat/compat.h"
#include "takeover.h"

static bool takeover;
module_param(takeover, bool, 0444);
MODULE_PARM_DESC(takeover,
		 "take the place of the kernel's own espintcp (default: no, refuse to load beside it)");

/* The kernel's own ULP, while we are to be in its place, or are; else NULL */
static struct tcp_ulp_ops *theirs;

/* One byte: who compares it meanwhile reads one name or the other */
static void set_last(struct tcp_ulp_ops *ops, char c)
{
	WRITE_ONCE(ops->name[sizeof(ESPINTCP_ULP_NAME) - 1], c);
}

static void hide(struct tcp_ulp_ops *ops)
{
	set_last(ops, '-');
}

static void show(struct tcp_ulp_ops *ops)
{
	set_last(ops, '\0');
}

/* No header tells of it, but a socket that has it does */
static struct tcp_ulp_ops *find_theirs(void)
{
	struct tcp_ulp_ops *ops;
	struct socket *sock;
	int err;

	err = sock_create_kern(&init_net, AF_INET, SOCK_STREAM, IPPROTO_TCP,
			       &sock);
	if (err)
		return ERR_PTR(err);

	err = espintcp_compat_set_ulp(sock, ESPINTCP_ULP_NAME);
	ops = (struct tcp_ulp_ops *)inet_csk(sock->sk)->icsk_ulp_ops;
	if (err)
		ops = ERR_PTR(err);
	else if (ops->owner)
		ops = ERR_PTR(-EBUSY);
	sock_release(sock);
	return ops;
}

/**
 * espintcp_takeover_init - prepare to take the place of the kernel's own ULP
 * @ours: our ULP, whose name is taken; on success it is registered, but not yet
 *	found by that name
 *
 * Context: Process context. May sleep.
 * Return: 0, -EBUSY where it is not asked for or the name is another module's,
 * or another negative error. Not -EEXIST, which modprobe takes for success.
 */
int espintcp_takeover_init(struct tcp_ulp_ops *ours)
{
	struct tcp_ulp_ops *ops;
	int err;

	if (!takeover) {
		pr_err("this kernel has an espintcp of its own (CONFIG_INET_ESPINTCP), and uses it\n");
		pr_err("to use this module instead, give it takeover=1: write \"options espintcp takeover=1\" to /etc/modprobe.d/espintcp.conf and load it again\n");
		return -EBUSY;
	}

	ops = find_theirs();
	if (IS_ERR(ops)) {
		pr_err("what has the name espintcp cannot be taken over (error %ld)\n",
		       -PTR_ERR(ops));
		return PTR_ERR(ops);
	}

	hide(ours);
	err = tcp_register_ulp(ours);
	if (err) {
		pr_err("cannot register with TCP (error %d)\n", -err);
		return -EBUSY;
	}
	theirs = ops;
	return 0;
}

/**
 * espintcp_takeover_enter - take the name from the kernel's own ULP
 * @ours: what it goes to
 *
 * Does nothing where nothing has to be taken over.
 *
 * Context: Process context. May sleep.
 */
void espintcp_takeover_enter(struct tcp_ulp_ops *ours)
{
	if (!theirs)
		return;

	/* Theirs stands before ours, and is found as before */
	show(ours);
	synchronize_rcu();
	hide(theirs);
	tcp_unregister_ulp(theirs);
	/* Sockets that have it still say so */
	show(theirs);
	pr_info("in the place of the kernel's own espintcp; sockets that it holds stay with it until they are closed\n");
}

/**
 * espintcp_takeover_leave - give the name back
 * @ours: what has it, and is unregistered
 *
 * Does nothing else where nothing was taken over.
 *
 * Context: Process context, no socket has our ULP. May sleep.
 */
void espintcp_takeover_leave(struct tcp_ulp_ops *ours)
{
	if (theirs) {
		hide(theirs);
		WARN_ON(tcp_register_ulp(theirs));
		/* Behind ours, and found as soon as that is out of the list */
		show(theirs);
	}
	tcp_unregister_ulp(ours);
	if (theirs)
		pr_info("the kernel's own espintcp is back\n");
}

/**
 * espintcp_takeover_active - whether the kernel has an espintcp of its own
 *
 * Context: After espintcp_takeover_init(), any.
 * Return: true if sockets may be held by the kernel's own ULP.
 */
bool espintcp_takeover_active(void)
{
	return theirs;
}
