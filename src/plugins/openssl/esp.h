/* SPDX-License-Identifier: MIT */
/*
 * ESP cryptography by EVP: what the plugin's descriptor lists. Constant; any thread.
 */
#ifndef OPENSSL_ESP_H
#define OPENSSL_ESP_H

#include <cygnet/esp.h>

#define OPENSSL_ESP_COUNT 36

extern const struct cyg_esp_ops openssl_esp_ops[OPENSSL_ESP_COUNT];

/* The entries for the list of features, in order of preference. */
#define OPENSSL_ESP_FEATURES                                                              \
	CYG_PROVIDE_ESP(&openssl_esp_ops[0]), CYG_PROVIDE_ESP(&openssl_esp_ops[1]),       \
	CYG_PROVIDE_ESP(&openssl_esp_ops[2]), CYG_PROVIDE_ESP(&openssl_esp_ops[3]),       \
	CYG_PROVIDE_ESP(&openssl_esp_ops[4]), CYG_PROVIDE_ESP(&openssl_esp_ops[5]),       \
	CYG_PROVIDE_ESP(&openssl_esp_ops[6]), CYG_PROVIDE_ESP(&openssl_esp_ops[7]),       \
	CYG_PROVIDE_ESP(&openssl_esp_ops[8]), CYG_PROVIDE_ESP(&openssl_esp_ops[9]),       \
	CYG_PROVIDE_ESP(&openssl_esp_ops[10]), CYG_PROVIDE_ESP(&openssl_esp_ops[11]),     \
	CYG_PROVIDE_ESP(&openssl_esp_ops[12]), CYG_PROVIDE_ESP(&openssl_esp_ops[13]),     \
	CYG_PROVIDE_ESP(&openssl_esp_ops[14]), CYG_PROVIDE_ESP(&openssl_esp_ops[15]),     \
	CYG_PROVIDE_ESP(&openssl_esp_ops[16]), CYG_PROVIDE_ESP(&openssl_esp_ops[17]),     \
	CYG_PROVIDE_ESP(&openssl_esp_ops[18]), CYG_PROVIDE_ESP(&openssl_esp_ops[19]),     \
	CYG_PROVIDE_ESP(&openssl_esp_ops[20]), CYG_PROVIDE_ESP(&openssl_esp_ops[21]),     \
	CYG_PROVIDE_ESP(&openssl_esp_ops[22]), CYG_PROVIDE_ESP(&openssl_esp_ops[23]),     \
	CYG_PROVIDE_ESP(&openssl_esp_ops[24]), CYG_PROVIDE_ESP(&openssl_esp_ops[25]),     \
	CYG_PROVIDE_ESP(&openssl_esp_ops[26]), CYG_PROVIDE_ESP(&openssl_esp_ops[27]),     \
	CYG_PROVIDE_ESP(&openssl_esp_ops[28]), CYG_PROVIDE_ESP(&openssl_esp_ops[29]),     \
	CYG_PROVIDE_ESP(&openssl_esp_ops[30]), CYG_PROVIDE_ESP(&openssl_esp_ops[31]),     \
	CYG_PROVIDE_ESP(&openssl_esp_ops[32]), CYG_PROVIDE_ESP(&openssl_esp_ops[33]),     \
	CYG_PROVIDE_ESP(&openssl_esp_ops[34]), CYG_PROVIDE_ESP(&openssl_esp_ops[35])

#endif
