/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ESPINTCP_WQ_H
#define ESPINTCP_WQ_H

struct workqueue_struct;

extern struct workqueue_struct *espintcp_wq;
extern struct workqueue_struct *espintcp_wq_high;

int espintcp_wq_init(void);
void espintcp_wq_exit(void);

#endif
