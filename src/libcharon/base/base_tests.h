/* SPDX-License-Identifier: MIT */
/* The test cases of this folder, one function per file. */
#ifndef BASE_TESTS_H
#define BASE_TESTS_H

#include <check.h>

TCase *bytes_tests(void);
TCase *ip_tests(void);
TCase *secret_tests(void);
TCase *identity_tests(void);
TCase *table_tests(void);

#endif
