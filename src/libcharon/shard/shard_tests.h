/* SPDX-License-Identifier: MIT */
/* The suites of shard_tests. */
#ifndef SHARD_SHARD_TESTS_H
#define SHARD_SHARD_TESTS_H

#include <check.h>

Suite *wheel_suite(void);
Suite *mailbox_suite(void);
Suite *op_suite(void);
Suite *cancel_suite(void);
Suite *manual_suite(void);
Suite *loop_suite(void);

#endif
