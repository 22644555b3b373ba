/* SPDX-License-Identifier: MIT */
#ifndef KERNEL_NETLINK_TESTS_H
#define KERNEL_NETLINK_TESTS_H

#include <check.h>

TCase *pairs_tcase(void);
TCase *xfrm_tcase(void);
TCase *plane_tcase(void);
TCase *totals_tcase(void);

#endif
