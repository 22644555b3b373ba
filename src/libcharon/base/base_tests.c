/* SPDX-License-Identifier: MIT */
#include "base/base_tests.h"

#include <stdlib.h>

int main(void)
{
	Suite *suite = suite_create("base");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, bytes_tests());
	suite_add_tcase(suite, ip_tests());
	suite_add_tcase(suite, secret_tests());
	suite_add_tcase(suite, identity_tests());
	suite_add_tcase(suite, table_tests());
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
