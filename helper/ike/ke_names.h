/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Key exchange methods by the names that libreswan reads and writes. */
#ifndef ESPINTCP_IKE_KE_NAMES_H
#define ESPINTCP_IKE_KE_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#define IKE_KE_KNOWN	"dh19, dh31, dh20, dh21, dh14, dh15, dh16, dh18, ml_kem_512, ml_kem_768, ml_kem_1024"

/* The method of a name, in upper or lower case */
bool ike_ke_find(const char *text, uint16_t *method);

/* Its name, in lower case; "" for none */
const char *ike_ke_name(uint16_t method);

#endif
