/* SPDX-License-Identifier: MIT */
#include "shard/shard_tests.h"

#include <stdlib.h>

int main(void)
{
	SRunner *runner = srunner_create(wheel_suite());
	int failed;

	srunner_add_suite(runner, mailbox_suite());
	srunner_add_suite(runner, op_suite());
	srunner_add_suite(runner, cancel_suite());
	srunner_add_suite(runner, manual_suite());
	srunner_add_suite(runner, loop_suite());
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
