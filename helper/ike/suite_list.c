// SPDX-License-Identifier: GPL-2.0-or-later
/* Lists of suites: what is in them, and what of them one exchange may offer or choose. */
#include <string.h>

#include "ike/addke.h"
#include "ike/suite.h"

bool ike_suite_equal(const struct ike_suite *a, const struct ike_suite *b)
{
	return a->encr == b->encr && a->keylen == b->keylen && a->prf == b->prf &&
	       a->integ == b->integ && a->dh == b->dh && a->esn == b->esn &&
	       !memcmp(a->addke, b->addke, sizeof(a->addke));
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

bool ike_suite_repeats_ke(const struct ike_suite *s)
{
	size_t i, j;

	for (i = 0; i < IKE_ADDKE_MAX; i++) {
		if (s->addke[i] && s->addke[i] == s->dh)
			return true;
		for (j = 0; j < i; j++)
			if (s->addke[i] && s->addke[i] == s->addke[j])
				return true;
	}
	return false;
}

/* @group, or another one if it is among those that follow it: one more than these can be */
static void give_group(struct ike_suite *s, uint16_t group)
{
	static const uint16_t groups[IKE_ADDKE_MAX + 1] = {
		IKE_DH_ECP256, IKE_DH_X25519, IKE_DH_ECP384, IKE_DH_ECP521, IKE_DH_MODP2048,
		IKE_DH_MODP3072, IKE_DH_MODP4096, IKE_DH_MODP8192
	};
	size_t i;

	s->dh = group;
	for (i = 0; ike_suite_repeats_ke(s) && i <= IKE_ADDKE_MAX; i++)
		s->dh = groups[i];
}

void ike_suites_set_group(const struct ike_suite_list *list, bool ke, uint16_t group,
			  struct ike_suite_list *out)
{
	size_t i;

	out->n = 0;
	for (i = 0; i < list->n; i++) {
		struct ike_suite s = list->s[i];

		if (!ke) {
			s.dh = IKE_DH_NONE;
			memset(s.addke, 0, sizeof(s.addke));
		} else if (!s.dh) {
			give_group(&s, group);
		}
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

bool ike_suites_have_addke(const struct ike_suite_list *list)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (ike_addke_from(&list->s[i], 0) < IKE_ADDKE_MAX)
			return true;
	return false;
}

void ike_suites_without_addke(const struct ike_suite_list *list, struct ike_suite_list *out)
{
	size_t i;

	out->n = 0;
	for (i = 0; i < list->n; i++)
		if (ike_addke_from(&list->s[i], 0) == IKE_ADDKE_MAX)
			ike_suites_add(out, &list->s[i]);
}
