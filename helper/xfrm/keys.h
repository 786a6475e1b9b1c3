/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Algorithms and keys of an ESP SA, under the kernel's names. */
#ifndef ESPINTCP_XFRM_KEYS_H
#define ESPINTCP_XFRM_KEYS_H

#include "ike/ike.h"

struct nl_msg;

/**
 * xfrm_keys_put - the attributes that say how an SA encrypts
 * @msg: message of the SA
 * @child: child SA with its keys
 * @in: of the inbound SA
 *
 * Return: 0, -EOPNOTSUPP for a suite that ESP cannot have, -EINVAL or -ENOMEM.
 */
int xfrm_keys_put(struct nl_msg *msg, const struct ike_child *child, bool in);

#endif
