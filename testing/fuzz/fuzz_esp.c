/* SPDX-License-Identifier: MIT */
/* What comes out of an ESP packet that was opened: a peer that is authenticated may still be hostile. */
#include "kernel-tun/inner.h"
#include "testing/fuzz/fuzz.h"

static const struct cyg_selector any4 = {
	.addr = { { CYG_IPV4, { 0 } }, { CYG_IPV4, { 255, 255, 255, 255 } } }, .port_high = UINT16_MAX,
};
static const struct cyg_selector dns = {
	.addr = { { CYG_IPV4, { 10 } }, { CYG_IPV4, { 10, 255, 255, 255 } } },
	.protocol = 17, .port_low = 53, .port_high = 53,
};

static void as_packet(struct cyg_bytes packet)
{
	uint8_t error[INNER_ERROR_MAX];
	struct inner in, again;
	size_t len;

	if (inner_read(packet, &in) != CYG_OK)
		return;
	FUZZ_CHECK(in.len <= packet.len && in.payload_at <= in.len);
	FUZZ_CHECK(in.source.family == in.destination.family);
	FUZZ_CHECK(!in.has_ports || in.payload_at != 0);
	len = inner_too_big(packet, &in, 1300, error);
	FUZZ_CHECK(len <= sizeof(error));
	if (len) {
		FUZZ_CHECK(inner_read(cyg_bytes(error, len), &again) == CYG_OK);
		FUZZ_CHECK(again.len == len && cyg_ip_equal(&again.destination, &in.source));
		/* No error about an error. */
		FUZZ_CHECK(inner_too_big(cyg_bytes(error, len), &again, 1300, error) == 0);
	}
	FUZZ_PLANT(inner_matches(&in, false, &dns, 1, &any4, 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cyg_bytes packet;
	struct inner in;
	uint8_t next, *copy;

	as_packet(cyg_bytes(data, size));
	if (!inner_unwrap(cyg_bytes(data, size), &packet, &next))
		return 0;
	FUZZ_CHECK(packet.len + 2 <= size);
	as_packet(packet);
	if (inner_read(packet, &in) != CYG_OK)
		return 0;
	copy = malloc(packet.len);
	if (!copy)
		return 0;
	memcpy(copy, packet.ptr, packet.len);
	if (inner_ecn_out_of_tunnel(copy, &in, ECN_CE)) {
		FUZZ_CHECK(inner_read(cyg_bytes(copy, packet.len), &in) == CYG_OK && in.ecn == ECN_CE);
	}
	free(copy);
	return 0;
}
