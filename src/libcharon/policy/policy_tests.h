/* SPDX-License-Identifier: MIT */
/* The suites of policy_tests that have files of their own. */
#ifndef POLICY_POLICY_TESTS_H
#define POLICY_POLICY_TESTS_H

#include <check.h>

Suite *cert_map_suite(void);
Suite *keyring_suite(void);

#endif
