/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Distinguished names: as people write them and as certificates carry them. */
#ifndef ESPINTCP_CONF_DN_H
#define ESPINTCP_CONF_DN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int conf_dn_check(const uint8_t *der, size_t len, char *text, size_t size);
bool conf_dn_equal(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len);
int conf_dn_parse(const char *text, uint8_t *der, size_t size, size_t *len);

#endif
