// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "ike/sa.h"
#include "ike/spis.h"

static const uint8_t *own(const struct ike_sa *sa)
{
	return sa->initiator ? sa->spi_i : sa->spi_r;
}

static size_t bucket_of(const uint8_t *spi)
{
	return ike_get16(spi) % IKE_SPIS_BUCKETS;
}

void ike_spis_add(struct ike_sa *sa)
{
	if (!sa->env.spis)
		return;
	LIST_INSERT_HEAD(&sa->env.spis->bucket[bucket_of(own(sa))], sa, by_spi);
	sa->in_spis = true;
}

void ike_spis_del(struct ike_sa *sa)
{
	if (sa->in_spis)
		LIST_REMOVE(sa, by_spi);
	sa->in_spis = false;
}

static const struct ike_sa *look(const struct ike_sas *list, const uint8_t *spi_i,
				 const uint8_t *spi_r)
{
	const struct ike_sa *sa;

	LIST_FOREACH(sa, list, by_spi)
		if (!memcmp(sa->spi_i, spi_i, IKE_SPI_LEN) &&
		    !memcmp(sa->spi_r, spi_r, IKE_SPI_LEN))
			return sa;
	return NULL;
}

const struct ike_sa *ike_spis_find(const struct ike_spis *spis, const uint8_t *spi_i,
				   const uint8_t *spi_r)
{
	const struct ike_sa *sa = look(&spis->bucket[bucket_of(spi_r)], spi_i, spi_r);

	return sa ? sa : look(&spis->bucket[bucket_of(spi_i)], spi_i, spi_r);
}
