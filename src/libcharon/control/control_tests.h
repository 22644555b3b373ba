/* SPDX-License-Identifier: MIT */
/* The suites of this room, one function per file of tests. */
#ifndef CONTROL_CONTROL_TESTS_H
#define CONTROL_CONTROL_TESTS_H

#include <check.h>

Suite *control_text_suite(void);
Suite *control_server_suite(void);
Suite *control_language_suite(void);
Suite *control_show_suite(void);
Suite *control_publish_suite(void);
Suite *control_trust_suite(void);
Suite *vault_suite(void);

#endif
