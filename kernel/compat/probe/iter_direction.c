// SPDX-License-Identifier: GPL-2.0-only
/* the direction of an iterator is nothing but that */
#include <linux/types.h>
#include <linux/uio.h>

HAS(iter_direction, void)
{
	void (*f)(struct iov_iter *i, unsigned int direction,
		  const struct bio_vec *bv, unsigned long n, size_t size) = 0;

	struct {
		/* No bit field is -1 bits wide */
		int it:__builtin_types_compatible_p(typeof(iov_iter_bvec) *,
						    typeof(f)) ? 1 : -1;
	} is = { 0 };

	return !f + is.it;
}

LACKS(iter_direction, void)
{
	void (*f)(struct iov_iter *i, int direction, const struct bio_vec *bv,
		  unsigned long n, size_t size) = 0;

	struct {
		/* No bit field is -1 bits wide */
		int it:__builtin_types_compatible_p(typeof(iov_iter_bvec) *,
						    typeof(f)) ? 1 : -1;
	} is = { 0 };

	return !f + is.it;
}
