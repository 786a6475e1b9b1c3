// SPDX-License-Identifier: GPL-2.0-or-later
/* Lists of suites: what is in them, and what of them one exchange may offer or choose. */
#include "ike/suite.h"

bool ike_suite_equal(const struct ike_suite *a, const struct ike_suite *b)
{
	return a->encr == b->encr && a->keylen == b->keylen && a->prf == b->prf &&
	       a->integ == b->integ && a->dh == b->dh && a->esn == b->esn;
}

int ike_suites_add(struct ike_suite_list *list, const struct ike_suite *s)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (ike_suite_equal(&list->s[i], s))
			return 0;
	if (list->n == IKE_SUITES_MAX)
		return -1;
	list->s[list->n++] = *s;
	return 0;
}

void ike_suites_set_group(const struct ike_suite_list *list, bool ke, uint16_t group,
			  struct ike_suite_list *out)
{
	size_t i;

	out->n = 0;
	for (i = 0; i < list->n; i++) {
		struct ike_suite s = list->s[i];

		if (!ke)
			s.dh = IKE_DH_NONE;
		else if (!s.dh)
			s.dh = group;
		ike_suites_add(out, &s);
	}
}

bool ike_suites_have_group(const struct ike_suite_list *list, uint16_t group)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (list->s[i].dh == group)
			return true;
	return false;
}
