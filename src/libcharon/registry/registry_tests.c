/* SPDX-License-Identifier: MIT */
#include "registry/registry_tests.h"

#include <stdlib.h>

int main(void)
{
	SRunner *runner = srunner_create(options_suite());
	int failed;

	srunner_add_suite(runner, registry_suite());
	srunner_add_suite(runner, loading_suite());
	srunner_add_suite(runner, esp_offer_suite());
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
