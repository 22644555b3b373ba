/* SPDX-License-Identifier: MIT */
#include "address_pool_tests.h"

#include <stdlib.h>

int main(void)
{
	Suite *suite = suite_create("address-pool");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, pool_tests());
	suite_add_tcase(suite, lease_tests());
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
