/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ESPINTCP_ULP_H
#define ESPINTCP_ULP_H

struct sock;

void espintcp_ulp_close(struct sock *sk, long timeout);
int espintcp_ulp_init(void);
void espintcp_ulp_enter(void);
void espintcp_ulp_exit(void);

#endif
