/* SPDX-License-Identifier: MIT */
/*
 * What a TUN device gives: a virtio header and a packet, cut into segments and merged again; and TCP options as they are
 * clamped; fragments. The packet may come from whoever is routed through us.
 */
#include "kernel-tun/fragment.h"
#include "kernel-tun/merge.h"
#include "kernel-tun/path.h"
#include "testing/fuzz/fuzz.h"

#define LONGEST 2048 /* of a segment: what is longer is cut by cut_longest() alone */

static void clamp(const struct cyg_bytes packet, const struct inner *in)
{
	uint8_t *copy = malloc(packet.len);
	struct inner again;

	if (!copy)
		return;
	memcpy(copy, packet.ptr, packet.len);
	if (path_clamp_mss(copy, in, 1300, true)) {
		/* Two octets of the option and the checksum changed, nothing else; and it fits now. */
		size_t differ = 0;

		for (size_t i = 0; i < packet.len; i++)
			differ += copy[i] != packet.ptr[i];
		FUZZ_CHECK(differ <= 4);
		FUZZ_CHECK(inner_read(cyg_bytes(copy, packet.len), &again) == CYG_OK);
		FUZZ_CHECK(!path_clamp_mss(copy, &again, 1300, true));
	}
	free(copy);
}

/* All fragments are packets of their own and hold what the whole one held. */
static void fragment_all(struct cyg_bytes packet, uint16_t mtu)
{
	uint8_t *out = malloc(mtu);
	struct fragments f;
	size_t seen = 0;

	if (out && fragment_plan(packet, mtu, &f) == CYG_OK) {
		for (unsigned i = 0; i < f.count; i++) {
			uint16_t len = fragment_write(&f, i, out);
			struct inner in;

			FUZZ_CHECK(len <= mtu);
			FUZZ_CHECK(inner_read(cyg_bytes(out, len), &in) == CYG_OK && in.len == len);
			seen += len - (out[0] & 15) * 4u;
		}
		FUZZ_CHECK(seen + f.header == packet.len);
	}
	free(out);
}

static void merge_all(const struct cut *cut)
{
	struct merge m = { .count = 0 };
	static uint8_t room[MERGE_MAX][LONGEST];
	struct inner in;
	size_t octets = 0, payloads = 0;
	unsigned merged = 0, parts;

	for (unsigned i = 0; i < cut->count && i < MERGE_MAX; i++) {
		uint16_t len = cut_write(cut, i, room[i]);

		FUZZ_CHECK(inner_read(cyg_bytes(room[i], len), &in) == CYG_OK && in.len == len);
		if (i == 0)
			merge_begin(&m, room[0], &in, true, true);
		else if (merge_add(&m, cyg_bytes(room[i], len)) != len)
			break;
		merged++;
		payloads += i ? (size_t)(len - cut->headers) : len;
	}
	FUZZ_PLANT(merged > 3 && cut->family == CYG_IPV6);
	parts = merge_end(&m);
	FUZZ_CHECK(parts == merged + 1u);
	for (unsigned i = 1; i < parts; i++)
		octets += m.part[i].iov_len;
	FUZZ_CHECK(octets == payloads && octets <= CUT_PACKET_MAX);
	FUZZ_CHECK(inner_read(cyg_bytes(m.part[1].iov_base, m.part[1].iov_len), &in) == CYG_OK || merged > 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cyg_bytes packet;
	struct vnet vnet;
	struct inner in;
	struct cut cut;
	size_t seen = 0;

	if (size < VNET_LEN)
		return 0;
	vnet_read(data, &vnet);
	packet = cyg_bytes(data + VNET_LEN, size - VNET_LEN);
	if (inner_read(packet, &in) != CYG_OK)
		return 0;
	clamp(packet, &in);
	if (in.source.family == CYG_IPV4)
		fragment_all(cyg_bytes(packet.ptr, in.len), vnet.segment);
	if (cut_read(&vnet, packet, &in, &cut) != CYG_OK)
		return 0;
	FUZZ_CHECK(cut.count >= 1 && cut.count <= CUT_COUNT_MAX);
	for (unsigned i = 0; i < cut.count; i++) {
		size_t longest = cut_longest(&cut), len;
		uint8_t *out = malloc(longest); /* the sanitizer sees one octet too far */

		if (!out)
			return 0;
		len = cut_write(&cut, i, out);
		FUZZ_CHECK(len <= longest && len >= cut.headers);
		seen += len - cut.headers;
		free(out);
	}
	FUZZ_CHECK(seen + cut.headers == in.len);
	if (cut.headers && cut_longest(&cut) <= LONGEST)
		merge_all(&cut);
	return 0;
}
