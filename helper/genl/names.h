/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of what the module numbers, as people and JSON see them; from the specification. */
#ifndef ESPINTCP_GENL_NAMES_H
#define ESPINTCP_GENL_NAMES_H

#include <linux/espintcp.h>

/* NULL where there is a number and no name: UNSPEC and PAD */
extern const char *const genl_counter_names[ESPINTCP_A_COUNTER_MAX + 1];
extern const char *const genl_limit_names[ESPINTCP_A_LIMITS_MAX + 1];
extern const char *const genl_end_names[ESPINTCP_END_MAX + 1];
extern const char *const genl_close_names[ESPINTCP_CLOSE_MAX + 1];
extern const char *const genl_event_names[ESPINTCP_EVENT_MAX + 1];

#endif
