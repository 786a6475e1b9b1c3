/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ESPINTCP_XFRM_TYPE_H
#define ESPINTCP_XFRM_TYPE_H

#include <linux/types.h>

int espintcp_xfrm_type_init(void);
void espintcp_xfrm_type_enter(void);
void espintcp_xfrm_type_leave(void);
void espintcp_xfrm_type_exit(void);
u32 espintcp_xfrm_type_features(void);

#endif
