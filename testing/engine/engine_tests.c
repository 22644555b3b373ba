/* SPDX-License-Identifier: MIT */
#include "testing/engine/engine_tests.h"

#include <stdlib.h>

int main(void)
{
	SRunner *runner = srunner_create(setup_suite());
	int failed;

	srunner_add_suite(runner, child_suite());
	srunner_add_suite(runner, childless_suite());
	srunner_add_suite(runner, export_suite());
	srunner_add_suite(runner, dead_end_suite());
	srunner_add_suite(runner, silence_suite());
	srunner_add_suite(runner, refuse_suite());
	srunner_add_suite(runner, cert_suite());
	srunner_add_suite(runner, eap_suite());
	srunner_add_suite(runner, end_suite());
	srunner_add_suite(runner, farewell_suite());
	srunner_add_suite(runner, plan_suite());
	srunner_add_suite(runner, renew_suite());
	srunner_add_suite(runner, rekey_suite());
	srunner_add_suite(runner, everyday_suite());
	srunner_add_suite(runner, fragment_suite());
	srunner_add_suite(runner, identity_suite());
	srunner_add_suite(runner, limits_suite());
	srunner_add_suite(runner, loss_suite());
	srunner_add_suite(runner, tamper_suite());
	srunner_add_suite(runner, watch_suite());
	srunner_add_suite(runner, window_suite());
	srunner_add_suite(runner, faults_suite());
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
