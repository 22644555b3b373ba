/* SPDX-License-Identifier: MIT */
#include "kernel_netlink_tests.h"

#include "totals.h"

#include <stdlib.h>
#include <string.h>

static const char text[] = "XfrmInError             \t7\n"
			   "XfrmInNoStates          \t12\n"
			   "XfrmInStateProtoError   \t18446744073709551615\n"
			   "XfrmOutNoStates\t3\n"
			   "XfrmInNoPols            \tmany\n"
			   "XfrmInStateSeqErrorOfAnother \t9\n";

static uint64_t value_of(const struct cyg_kernel_total *totals, unsigned count, const char *name)
{
	for (unsigned i = 0; i < count; i++) {
		if (strcmp(totals[i].name, name) == 0)
			return totals[i].value;
	}
	ck_abort_msg("no total %s", name);
	return 0;
}

START_TEST(the_kernels_counters_are_told_by_our_names)
{
	struct cyg_kernel_total totals[CYG_KERNEL_TOTALS_MAX];
	unsigned count = totals_read(cyg_str(text), totals);

	ck_assert_uint_eq(value_of(totals, count, "unknown_spi"), 12);
	ck_assert_uint_eq(value_of(totals, count, "forged"), UINT64_MAX);
	ck_assert_uint_eq(value_of(totals, count, "no_way"), 3);
	ck_assert_uint_eq(value_of(totals, count, "no_policy"), 0); /* no number */
	ck_assert_uint_eq(value_of(totals, count, "replayed"), 0);
	ck_assert_uint_eq(totals_read(cyg_str(""), totals), count);
	ck_assert_uint_eq(value_of(totals, count, "unknown_spi"), 0);
}
END_TEST

START_TEST(every_truncation_of_the_file_is_read)
{
	struct cyg_kernel_total totals[CYG_KERNEL_TOTALS_MAX];

	for (size_t cut = 0; cut < sizeof(text); cut++) {
		char *exact = malloc(cut ? cut : 1);

		memcpy(exact, text, cut);
		ck_assert_uint_le(value_of(totals, totals_read(cyg_str_n(exact, cut), totals), "unknown_spi"), 12);
		free(exact);
	}
}
END_TEST

TCase *totals_tcase(void)
{
	TCase *tc = tcase_create("totals");

	tcase_add_test(tc, the_kernels_counters_are_told_by_our_names);
	tcase_add_test(tc, every_truncation_of_the_file_is_read);
	return tc;
}
