/* SPDX-License-Identifier: MIT */
#include "wire/wire_tests.h"

#include <stdlib.h>

int main(void)
{
	Suite *suite = suite_create("wire");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, cursor_tests());
	suite_add_tcase(suite, payload_tests());
	suite_add_tcase(suite, sa_tests());
	suite_add_tcase(suite, ts_tests());
	suite_add_tcase(suite, cfg_tests());
	suite_add_tcase(suite, sk_tests());
	suite_add_tcase(suite, message_tests());
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
