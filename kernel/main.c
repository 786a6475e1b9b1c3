// SPDX-License-Identifier: GPL-2.0-only
/* ESP in TCP (RFC 9329) for kernels without it: loading and unloading. */

#include <linux/module.h>
#include <linux/rcupdate.h>
#include <net/tcp.h>
#include <linux/espintcp.h>

#include "compat/compat.h"
#include "esp_gso.h"
#include "esp_msg.h"
#include "netlink.h"
#include "netns.h"
#include "poll.h"
#include "sock.h"
#include "table.h"
#include "ulp.h"
#include "wq.h"
#include "xfrm_type.h"

static int __init espintcp_init(void)
{
	int err;

	err = espintcp_wq_init();
	if (err)
		return err;

	err = espintcp_poll_init();
	if (err)
		goto free_wq;

	err = espintcp_esp_msg_init();
	if (err)
		goto free_poll;

	err = espintcp_table_init();
	if (err)
		goto free_esp_msg;

	err = espintcp_netns_init();
	if (err)
		goto free_table;

	err = espintcp_xfrm_type_init();
	if (err)
		goto free_netns;

	espintcp_esp_gso_init();

	err = espintcp_netlink_init();
	if (err)
		goto free_type;

	/* Sockets and SAs may hold the module from here on: nothing fails */
	err = espintcp_ulp_init();
	if (err)
		goto free_netlink;

	/* In this order: an SA of ours can use a socket of the kernel's own
	 * espintcp, but not the other way round
	 */
	espintcp_xfrm_type_enter();
	espintcp_ulp_enter();
	return 0;

free_netlink:
	espintcp_netlink_exit();
free_type:
	espintcp_xfrm_type_exit();
free_netns:
	espintcp_netns_exit();
free_table:
	espintcp_table_exit();
free_esp_msg:
	espintcp_esp_msg_exit();
free_poll:
	espintcp_poll_exit();
free_wq:
	espintcp_wq_exit();
	return err;
}

/*
 * Nobody holds the module: no socket is attached, no SA has our type, and no
 * encryption is under way, since each holds both. What can still run is
 * init_state(), which espintcp_xfrm_type_leave() waits for, and the freeing of
 * what was dropped last. The ULP goes first: where it gives its name back to the
 * kernel's own, nobody who attaches should have to wait for that.
 */
static void __exit espintcp_exit(void)
{
	espintcp_ulp_exit();
	espintcp_xfrm_type_leave();
	espintcp_netlink_exit();
	rcu_barrier();
	espintcp_xfrm_type_exit();
	espintcp_netns_exit();
	espintcp_table_exit();
	espintcp_esp_msg_exit();
	espintcp_poll_exit();
	espintcp_wq_exit();
}

module_init(espintcp_init);
module_exit(espintcp_exit);

MODULE_AUTHOR("The espintcp maintainers");
MODULE_DESCRIPTION("ESP and IKE in TCP (RFC 9329)");
MODULE_LICENSE("GPL");
MODULE_VERSION(ESPINTCP_VERSION);
MODULE_ALIAS_TCP_ULP(ESPINTCP_ULP_NAME);
MODULE_SOFTDEP("pre: esp4 esp6");
