/* SPDX-License-Identifier: MIT */
/* ESP's self-tests; see selftest_esp.c. Control thread; `why` gets half a sentence about the provider. */
#ifndef REGISTRY_SELFTEST_ESP_H
#define REGISTRY_SELFTEST_ESP_H

#include <cygnet/esp.h>

struct esp_provider {
	const struct cyg_esp_ops *ops;
	void *instance;
};

/* The lengths are such as the engine and these tests have room for. */
bool esp_fits(const struct cyg_esp_ops *ops);
/* Known answers, where there are some for the suite, and round trips. */
bool esp_self_test(const struct esp_provider *one, struct cyg_strbuf *why);
/* Both have the same suite: what each seals the other one, called `name`, opens, unless it was changed. */
bool esp_agree(const struct esp_provider *one, const struct esp_provider *other, const char *name,
	       struct cyg_strbuf *why);

#endif
