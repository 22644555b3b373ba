/* SPDX-License-Identifier: MIT */
#include "control/control_tests.h"

#include <stdlib.h>

int main(void)
{
	SRunner *runner = srunner_create(control_text_suite());
	int failed;

	srunner_add_suite(runner, control_server_suite());
	srunner_add_suite(runner, control_language_suite());
	srunner_add_suite(runner, control_show_suite());
	srunner_add_suite(runner, control_publish_suite());
	srunner_add_suite(runner, control_trust_suite());
	srunner_add_suite(runner, vault_suite());
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
