// SPDX-License-Identifier: GPL-2.0-or-later
/* Key exchange methods by the names that libreswan reads and writes. */
#include "ike/ke_names.h"
#include "ike/suite.h"
#include "ike/suite_names.h"

/* The first name of each is the one that is written */
static const struct ike_name names[] = {
	{ "dh19", IKE_DH_ECP256 },
	{ "ecp256", IKE_DH_ECP256 },
	{ "ecp_256", IKE_DH_ECP256 },
	{ "dh31", IKE_DH_X25519 },
	{ "curve25519", IKE_DH_X25519 },
	{ "modp2048", IKE_DH_MODP2048 },
	{ "dh14", IKE_DH_MODP2048 },
	{ "modp3072", IKE_DH_MODP3072 },
	{ "dh15", IKE_DH_MODP3072 },
	{ "modp4096", IKE_DH_MODP4096 },
	{ "dh16", IKE_DH_MODP4096 },
	{ "modp8192", IKE_DH_MODP8192 },
	{ "dh18", IKE_DH_MODP8192 },
	{ "dh20", IKE_DH_ECP384 },
	{ "ecp384", IKE_DH_ECP384 },
	{ "ecp_384", IKE_DH_ECP384 },
	{ "dh21", IKE_DH_ECP521 },
	{ "ecp521", IKE_DH_ECP521 },
	{ "ecp_521", IKE_DH_ECP521 },
	{ "ml_kem_512", IKE_KE_ML_KEM_512 },
	{ "mlkem512", IKE_KE_ML_KEM_512 },
	{ "ml_kem_768", IKE_KE_ML_KEM_768 },
	{ "mlkem768", IKE_KE_ML_KEM_768 },
	{ "ml_kem_1024", IKE_KE_ML_KEM_1024 },
	{ "mlkem1024", IKE_KE_ML_KEM_1024 },
	{ NULL, 0 }
};

bool ike_ke_find(const char *text, uint16_t *method)
{
	return ike_name_find(names, text, method);
}

const char *ike_ke_name(uint16_t method)
{
	const struct ike_name *n;

	for (n = names; n->name; n++)
		if (n->id == method)
			return n->name;
	return "";
}
