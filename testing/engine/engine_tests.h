/* SPDX-License-Identifier: MIT */
/* The suites of engine_tests, one per file. */
#ifndef TESTING_ENGINE_ENGINE_TESTS_H
#define TESTING_ENGINE_ENGINE_TESTS_H

#include <check.h>
#include <stdlib.h>

Suite *setup_suite(void);
Suite *child_suite(void);
Suite *childless_suite(void);
Suite *export_suite(void);
Suite *cert_suite(void);
Suite *dead_end_suite(void);
Suite *refuse_suite(void);
Suite *eap_suite(void);
Suite *end_suite(void);
Suite *farewell_suite(void);
Suite *plan_suite(void);
Suite *renew_suite(void);
Suite *rekey_suite(void);
Suite *everyday_suite(void);
Suite *fragment_suite(void);
Suite *identity_suite(void);
Suite *limits_suite(void);
Suite *loss_suite(void);
Suite *silence_suite(void);
Suite *tamper_suite(void);
Suite *watch_suite(void);
Suite *window_suite(void);
Suite *faults_suite(void);

#endif
