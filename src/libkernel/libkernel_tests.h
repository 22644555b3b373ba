/* SPDX-License-Identifier: MIT */
/* The test cases of this folder, one a file. */
#ifndef LIBKERNEL_LIBKERNEL_TESTS_H
#define LIBKERNEL_LIBKERNEL_TESTS_H

#include <check.h>

TCase *held_tcase(void);
TCase *outbox_tcase(void);

#endif
