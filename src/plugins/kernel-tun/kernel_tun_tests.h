/* SPDX-License-Identifier: MIT */
#ifndef KERNEL_TUN_TESTS_H
#define KERNEL_TUN_TESTS_H

#include <check.h>

TCase *tables_tcase(void);
TCase *inner_tcase(void);
TCase *cut_tcase(void);
TCase *fragment_tcase(void);
TCase *path_tcase(void);
TCase *device_tcase(void);
TCase *traffic_tcase(void);
TCase *hostile_tcase(void);
TCase *life_tcase(void);

#endif
