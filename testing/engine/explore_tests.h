/* SPDX-License-Identifier: MIT */
/* The suites of explore_tests: what is generated rather than written down. */
#ifndef TESTING_ENGINE_EXPLORE_TESTS_H
#define TESTING_ENGINE_EXPLORE_TESTS_H

#include <check.h>
#include <stdlib.h>

Suite *explore_suite(void);
Suite *flood_suite(void);
Suite *refused_suite(void);

#endif
