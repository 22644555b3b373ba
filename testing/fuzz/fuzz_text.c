/* SPDX-License-Identifier: MIT */
/* Addresses and numbers as text, and the nearest word to a misspelt one. */
#include "testing/fuzz/fuzz.h"

#include <cygnet/ip.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const words[] = { "address", "retransmit-times", "pool", "dns", "" };
	struct cyg_str text = cyg_str_n((const char *)data, size);
	struct cyg_ip ip, again;
	char out[CYG_IP_TEXT];
	uint64_t number;
	unsigned len;

	if (cyg_ip_parse(text, &ip) == CYG_OK) {
		FUZZ_CHECK(cyg_ip_parse(cyg_str(cyg_ip_text(&ip, out)), &again) == CYG_OK);
		FUZZ_CHECK(cyg_ip_equal(&ip, &again));
		if (ip.family == CYG_IPV4 && cyg_netmask_len(&ip, &len) == CYG_OK) {
			again = cyg_netmask(len);
			FUZZ_CHECK(cyg_ip_equal(&ip, &again));
		}
		FUZZ_PLANT(ip.family == CYG_IPV6 && ip.octets[15] == 7);
	}
	if (cyg_str_to_u64(text, 5, 500, &number) == CYG_OK)
		FUZZ_CHECK(number >= 5 && number <= 500);
	(void)cyg_str_nearest(text, words, sizeof(words) / sizeof(words[0]));
	(void)cyg_str_span_until(text, ",= ");
	return 0;
}
