/* SPDX-License-Identifier: MIT */
/* Traffic selectors; what was read is written and read again, and is the same; and what is beyond the limit of a list. */
#include "testing/fuzz/fuzz.h"
#include "wire/payloads.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct cyg_selectors list, again;
	struct cyg_bytes rest, none;
	struct wire_reader r = wire_reader(data, size);
	uint8_t buffer[1024];
	struct chain_writer c = chain_inner(buffer, sizeof(buffer));
	struct cyg_bytes chain;

	if (ts_read(&r, &list, &rest) != CYG_OK || list.count == 0)
		return 0;
	FUZZ_CHECK(!rest.len || list.count == CYG_SELECTORS_MAX);
	while (rest.len) {
		size_t before = rest.len;

		ts_read_rest(&rest, &again);
		FUZZ_CHECK(rest.len < before && (again.count == CYG_SELECTORS_MAX || !rest.len));
	}
	ts_write(&c, true, &list);
	chain = chain_end(&c, NULL);
	FUZZ_CHECK(chain.len > 0);
	r = wire_reader_of(chain);
	wire_skip(&r, PAYLOAD_HEADER_LEN);
	FUZZ_CHECK(ts_read(&r, &again, &none) == CYG_OK && !none.len);
	FUZZ_CHECK(memcmp(&again, &list, sizeof(list)) == 0);
	FUZZ_PLANT(list.count == 2 && list.item[1].port_high == 0);
	return 0;
}
