/* SPDX-License-Identifier: MIT */
#ifndef REGISTRY_REGISTRY_TESTS_H
#define REGISTRY_REGISTRY_TESTS_H

#include <check.h>

Suite *options_suite(void);
Suite *registry_suite(void);
Suite *loading_suite(void);
Suite *esp_offer_suite(void);

#endif
