/* SPDX-License-Identifier: MIT */
/* The SA payload; what was read is written and read again, and is the same. */
#include "testing/fuzz/fuzz.h"
#include "wire/payloads.h"

static void write_back(const struct sa_payload *sa, struct sa_payload *again)
{
	static uint8_t buffer[65536];
	struct proposal_out out[PROPOSALS_MAX];
	struct chain_writer c = chain_inner(buffer, sizeof(buffer));
	struct cyg_bytes chain;
	struct wire_reader r;

	for (unsigned i = 0; i < sa->proposal_count; i++) {
		const struct proposal *p = &sa->proposal[i];

		/* SPIs of a size that no protocol of ours has are not kept. */
		if (p->spi_len != 0 && p->spi_len != 4 && p->spi_len != 8)
			return;
		out[i] = (struct proposal_out){ p->number, p->protocol, p->spi_len, p->spi,
						&sa->transform[p->first], p->count };
	}
	sa_write(&c, out, sa->proposal_count);
	chain = chain_end(&c, NULL);
	FUZZ_CHECK(chain.len > 0);
	r = wire_reader_of(chain);
	wire_skip(&r, PAYLOAD_HEADER_LEN);
	FUZZ_CHECK(sa_read(&r, again) == CYG_OK);
	FUZZ_CHECK(again->proposal_count == sa->proposal_count);
	FUZZ_CHECK(again->transform_count == sa->transform_count);
	for (unsigned i = 0; i < sa->transform_count; i++) {
		FUZZ_CHECK(again->transform[i].id == sa->transform[i].id);
		FUZZ_CHECK(again->transform[i].key_bits == sa->transform[i].key_bits);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sa_payload sa, again;
	struct wire_reader r = wire_reader(data, size);

	if (sa_read(&r, &sa) != CYG_OK)
		return 0;
	write_back(&sa, &again);
	FUZZ_PLANT(sa.proposal_count == 2 && sa.transform[0].unknown_attribute);
	return 0;
}
