/* SPDX-License-Identifier: MIT */
/*
 * Configuration attributes; what was read is written and read again, and is the same. Attributes of a wrong length are
 * left out by the reader.
 */
#include "testing/fuzz/fuzz.h"
#include "wire/payloads.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct cfg_payload cfg, again;
	static uint8_t buffer[65536];
	struct wire_reader r = wire_reader(data, size);
	struct chain_writer c = chain_inner(buffer, sizeof(buffer));
	struct cyg_bytes chain;
	size_t kept = 4; /* the type and what is reserved */

	if (size > 60000 || cfg_read(&r, &cfg) != CYG_OK)
		return 0;
	for (unsigned i = 0; i < cfg.count; i++)
		kept += 4 + cfg.attr[i].value.len;
	FUZZ_CHECK(kept <= size);
	cfg_write(&c, cfg.type, cfg.attr, cfg.count);
	chain = chain_end(&c, NULL);
	FUZZ_CHECK(chain.len == PAYLOAD_HEADER_LEN + kept);
	r = wire_reader_of(chain);
	wire_skip(&r, PAYLOAD_HEADER_LEN);
	FUZZ_CHECK(cfg_read(&r, &again) == CYG_OK);
	FUZZ_CHECK(again.count == cfg.count && again.type == cfg.type);
	for (unsigned i = 0; i < cfg.count; i++)
		FUZZ_CHECK(cyg_bytes_equal(again.attr[i].value, cfg.attr[i].value));
	FUZZ_PLANT(cfg.count == 3 && cfg.attr[2].type == CYG_INTERNAL_IP4_NETMASK);
	return 0;
}
