/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What JSON needs beyond printf(). */
#ifndef ESPINTCP_JSON_H
#define ESPINTCP_JSON_H

#include <stdio.h>

/* A string in quotes; what is not ASCII stays valid JSON */
void json_string(FILE *to, const char *s);

#endif
