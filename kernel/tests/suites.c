// SPDX-License-Identifier: GPL-2.0-only
/* KUnit: one list of all suites, since kernels before 6.0 allow no second. */

#include <linux/module.h>

#include "fixture.h"

kunit_test_suites(&frame_suite, &counters_suite, &table_suite, &tx_suite,
		  &ike_suite, &rx_suite, &esp_out_suite,
		  &esp_out_vectors_suite, &esp_gso_suite, &fair_suite,
		  &poll_suite);

MODULE_DESCRIPTION("Unit tests of espintcp");
MODULE_LICENSE("GPL");
MODULE_SOFTDEP("pre: esp4 esp6");
