/* SPDX-License-Identifier: MIT */
/* An EAP packet, as far as whoever carries it looks into it. */
#include "auth/eap_packet.h"
#include "testing/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct eap_packet read, again;
	struct cyg_bytes packet;
	uint8_t own[EAP_OWN_MAX];

	if (eap_packet_read(cyg_bytes(data, size), &read) != CYG_OK)
		return 0;
	FUZZ_CHECK(size >= 4 && size <= CYG_EAP_PACKET_MAX && (size_t)(data[2] << 8 | data[3]) == size);
	FUZZ_CHECK((read.code <= CYG_EAP_RESPONSE) == (read.type.type != 0));
	FUZZ_CHECK(read.data.len == 0 || (read.data.ptr > data && read.data.ptr + read.data.len == data + size));
	FUZZ_PLANT(read.type.type == CYG_EAP_EXPANDED && read.type.vendor == 9 && read.data.len == 3);
	if (read.code > CYG_EAP_RESPONSE || read.type.type == CYG_EAP_EXPANDED)
		return 0;
	/* What is written means the same. */
	if (eap_packet_write(read.code, read.identifier, read.type.type, read.data, own, &packet) != CYG_OK) {
		FUZZ_CHECK(size > EAP_OWN_MAX);
		return 0;
	}
	FUZZ_CHECK(packet.len == size && eap_packet_read(packet, &again) == CYG_OK);
	FUZZ_CHECK(again.code == read.code && again.identifier == read.identifier &&
		   cyg_bytes_equal(again.data, read.data));
	return 0;
}
