/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ESPINTCP_TABLE_H
#define ESPINTCP_TABLE_H

#include "sock.h"

struct net_device;

int espintcp_table_add(struct espintcp_sock *es);
void espintcp_table_remove(struct espintcp_sock *es);
struct espintcp_sock *espintcp_table_find(const struct espintcp_key *key,
					  const struct net_device *dev);
int espintcp_table_init(void);
void espintcp_table_exit(void);

#endif
