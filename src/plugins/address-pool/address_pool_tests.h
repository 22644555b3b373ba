/* SPDX-License-Identifier: MIT */
/* The test cases of this plugin, one function per file. */
#ifndef ADDRESS_POOL_TESTS_H
#define ADDRESS_POOL_TESTS_H

#include <check.h>

TCase *pool_tests(void);
TCase *lease_tests(void);

#endif
