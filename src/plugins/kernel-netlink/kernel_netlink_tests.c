/* SPDX-License-Identifier: MIT */
#include "kernel_netlink_tests.h"

#include <stdlib.h>

int main(void)
{
	Suite *suite = suite_create("kernel-netlink");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, pairs_tcase());
	suite_add_tcase(suite, xfrm_tcase());
	suite_add_tcase(suite, plane_tcase());
	suite_add_tcase(suite, totals_tcase());
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
