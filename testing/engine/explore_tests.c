/* SPDX-License-Identifier: MIT */
#include "testing/engine/explore_tests.h"

int main(void)
{
	SRunner *runner = srunner_create(explore_suite());
	int failed;

	srunner_add_suite(runner, flood_suite());
	srunner_add_suite(runner, refused_suite());
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
