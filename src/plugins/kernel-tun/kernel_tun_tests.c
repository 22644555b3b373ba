/* SPDX-License-Identifier: MIT */
#include "kernel_tun_tests.h"

#include <stdlib.h>

int main(void)
{
	Suite *suite = suite_create("kernel-tun");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tables_tcase());
	suite_add_tcase(suite, inner_tcase());
	suite_add_tcase(suite, cut_tcase());
	suite_add_tcase(suite, fragment_tcase());
	suite_add_tcase(suite, path_tcase());
	suite_add_tcase(suite, device_tcase());
	suite_add_tcase(suite, traffic_tcase());
	suite_add_tcase(suite, hostile_tcase());
	suite_add_tcase(suite, life_tcase());
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
