/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ESPINTCP_IKE_H
#define ESPINTCP_IKE_H

#include <linux/poll.h>

#include "sock.h"

void espintcp_ike_init(struct espintcp_sock *es);
int espintcp_ike_receive(struct espintcp_sock *es, struct sk_buff *skb);
void espintcp_ike_purge(struct espintcp_sock *es);
int espintcp_ike_sendmsg(struct sock *sk, struct msghdr *msg, size_t size);
int espintcp_ike_recvmsg(struct sock *sk, struct msghdr *msg, size_t len,
			 int flags, int *addr_len);
int espintcp_ike_ioctl(struct socket *sock, unsigned int cmd,
		       unsigned long arg);
__poll_t espintcp_ike_poll(struct file *file, struct socket *sock,
			   poll_table *wait);

#endif
