/* SPDX-License-Identifier: MIT */
/* The test cases of this folder, one function per file. */
#ifndef WIRE_TESTS_H
#define WIRE_TESTS_H

#include <check.h>

TCase *cursor_tests(void);
TCase *payload_tests(void);
TCase *sa_tests(void);
TCase *ts_tests(void);
TCase *cfg_tests(void);
TCase *sk_tests(void);
TCase *message_tests(void);

#endif
