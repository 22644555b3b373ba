/* SPDX-License-Identifier: MIT */
#ifndef POLICY_RULES_TEST_H
#define POLICY_RULES_TEST_H

#include <check.h>

Suite *rules_suite(void);

#endif
