// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Make or remove an instance of a kernel crypto algorithm, through CRYPTO_USER.
 *
 * usage: cryptoalg add DRIVER PRIORITY     e.g. "cryptd(rfc4106(gcm_base(...)))"
 *        cryptoalg del DRIVER
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/cryptouser.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>

/* CRYPTO_ALG_TYPE_AEAD of the kernel, which its UAPI leaves out */
#define TYPE_AEAD 3
#define TYPE_MASK 0xf

static int usage(void)
{
	fputs("usage: cryptoalg add DRIVER PRIORITY | del DRIVER\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	struct crypto_user_alg alg = { .cru_type = TYPE_AEAD,
				       .cru_mask = TYPE_MASK };
	struct nl_sock *sk;
	struct nl_msg *msg;
	int add, err;

	if (argc < 3 || strlen(argv[2]) >= sizeof(alg.cru_driver_name))
		return usage();
	add = !strcmp(argv[1], "add");
	if (add ? argc != 4 : argc != 3 || strcmp(argv[1], "del"))
		return usage();
	memcpy(alg.cru_driver_name, argv[2], strlen(argv[2]) + 1);

	sk = nl_socket_alloc();
	msg = nlmsg_alloc_simple(add ? CRYPTO_MSG_NEWALG : CRYPTO_MSG_DELALG,
				 NLM_F_REQUEST | NLM_F_ACK);
	if (!sk || !msg)
		return 1;
	err = nl_connect(sk, NETLINK_CRYPTO);
	if (!err)
		err = nlmsg_append(msg, &alg, sizeof(alg), NLMSG_ALIGNTO);
	if (!err && add)
		err = nla_put_u32(msg, CRYPTOCFGA_PRIORITY_VAL, atoi(argv[3]));
	/* Frees the message */
	if (!err)
		err = nl_send_sync(sk, msg);
	if (err)
		fprintf(stderr, "cryptoalg: %s %s: %s\n", argv[1], argv[2],
			nl_geterror(err));
	nl_socket_free(sk);
	return !!err;
}
