/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel as an IKE SA sees it: SAs of each direction, policies, and packets that go
 * through them. Where two SAs serve a policy it takes the older one, since the real one may.
 */
#ifndef ESPINTCP_TESTS_MOCK_KERNEL_H
#define ESPINTCP_TESTS_MOCK_KERNEL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ike/ike.h"
#include "ike/pairs.h"

#define MOCK_SAS 128

struct mock_esp {
	uint32_t spi;
	uint8_t key[64], integ[64];
};

struct mock_sa {
	struct mock_esp esp;
	uint32_t reqid;
};

struct mock_policy {
	uint32_t reqid;
	struct ike_child child;
};

struct mock_kernel {
	struct mock_sa in[MOCK_SAS], out[MOCK_SAS];
	struct mock_policy policies[MOCK_SAS];
	size_t n_in, n_out, n_policies;
	uint32_t n_spis;		/* that were ever reserved */
	unsigned int packets;		/* that came in */
};

static inline void mock_sa_add(struct mock_sa *list, size_t *n, uint32_t spi, uint32_t reqid,
			       const uint8_t *key, const uint8_t *integ)
{
	size_t i;

	assert_true(*n < MOCK_SAS);
	for (i = 0; i < *n; i++)
		assert_int_not_equal(list[i].esp.spi, spi);
	list[*n].esp.spi = spi;
	list[*n].reqid = reqid;
	memcpy(list[*n].esp.key, key, 64);
	memcpy(list[*n].esp.integ, integ, 64);
	++*n;
}

static inline void mock_sa_del(struct mock_sa *list, size_t *n, uint32_t spi)
{
	size_t i = 0;

	while (i < *n && list[i].esp.spi != spi)
		i++;
	assert_true(i < *n);
	memmove(list + i, list + i + 1, (--*n - i) * sizeof(*list));
}

static inline size_t mock_policy_find(const struct mock_kernel *k, const struct ike_child *child)
{
	size_t i;

	for (i = 0; i < k->n_policies; i++)
		if (ike_child_same_ts(&k->policies[i].child, child))
			break;
	return i;
}

/* false: nothing was done, because there is such a policy */
static inline bool mock_kernel_add(struct mock_kernel *k, const struct ike_child *child,
				   unsigned int parts)
{
	bool policy = parts & IKE_PART_POLICY;

	if (policy && mock_policy_find(k, child) < k->n_policies)
		return false;
	if (parts & IKE_PART_IN)
		mock_sa_add(k->in, &k->n_in, child->spi_in, child->reqid, child->key_in,
			    child->integ_in);
	if (parts & IKE_PART_OUT)
		mock_sa_add(k->out, &k->n_out, child->spi_out, child->reqid, child->key_out,
			    child->integ_out);
	if (policy) {
		assert_true(k->n_policies < MOCK_SAS);
		k->policies[k->n_policies++] = (struct mock_policy){ child->reqid, *child };
	}
	return true;
}

static inline void mock_kernel_del(struct mock_kernel *k, const struct ike_child *child,
				   unsigned int parts)
{
	if (parts & IKE_PART_POLICY) {
		size_t i = mock_policy_find(k, child);

		assert_true(i < k->n_policies);
		memmove(k->policies + i, k->policies + i + 1,
			(--k->n_policies - i) * sizeof(k->policies[0]));
	}
	if (parts & IKE_PART_OUT)
		mock_sa_del(k->out, &k->n_out, child->spi_out);
	if (parts & IKE_PART_IN)
		mock_sa_del(k->in, &k->n_in, child->spi_in);
}

/* A packet that the policy catches. false: no SA, it is dropped. */
static inline bool mock_kernel_output(const struct mock_kernel *k, size_t policy,
				      struct mock_esp *esp)
{
	size_t i;

	for (i = 0; i < k->n_out; i++) {
		if (k->out[i].reqid != k->policies[policy].reqid)
			continue;
		*esp = k->out[i].esp;
		return true;
	}
	return false;
}

/* false: there is no SA for it */
static inline bool mock_kernel_input(struct mock_kernel *k, const struct mock_esp *esp)
{
	size_t i;

	for (i = 0; i < k->n_in; i++) {
		if (k->in[i].esp.spi != esp->spi)
			continue;
		assert_memory_equal(k->in[i].esp.key, esp->key, sizeof(esp->key));
		assert_memory_equal(k->in[i].esp.integ, esp->integ, sizeof(esp->integ));
		k->packets++;
		return true;
	}
	return false;
}

static inline bool mock_kernel_empty(const struct mock_kernel *k)
{
	return !k->n_in && !k->n_out && !k->n_policies;
}

#endif
