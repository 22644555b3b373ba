/* SPDX-License-Identifier: MIT */
/*
 * A million bad packets of all kinds, to an engine with an established SA and a half-open one: resident memory stays where
 * it was, and the SA lives.
 */
#include "testing/engine/explore_tests.h"
#include "testing/engine/kit.h"

#include "base/compat.h"

#include <stdio.h>
#include <unistd.h>

#define GCM " encryption aes-gcm-128\n prf sha256\n group 31\n"
#define PACKETS 1000000u
#define GROWTH_MAX (2u << 20)

enum kind {
	GARBAGE, TRUNCATED, OTHER_VERSION, UNKNOWN_SPI, UNKNOWN_EXCHANGE, WRONG_ICV, WRONG_FRAGMENT, STRANGER,
	FALSE_COOKIE, MALFORMED_INIT, REPLAYED, FAR_MESSAGE_ID, FRAGMENT_OF_PEER, LATE_RESPONSE, KINDS,
};

struct flood {
	struct kit *kit;
	uint64_t random;
	struct kit_packet *init, *request;  /* the client's first message, a request that was answered */
	uint8_t octets[4096];
	size_t len;
};

static uint32_t draw(struct flood *f)
{
	f->random = f->random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(f->random >> 33);
}

static enum kit_verdict record(struct kit *kit, struct kit_packet *packet, void *ctx)
{
	struct flood *f = ctx;
	struct kit_packet **at = packet->header.exchange == CYG_IKE_SA_INIT ? &f->init : &f->request;

	if (packet->from == KIT_CLIENT && !*at)
		*at = kit_packet_copy(packet);
	return KIT_PASS;
}

static enum kit_verdict drop_all(struct kit *kit, struct kit_packet *packet, void *ctx)
{
	return KIT_DROP;
}

static void use(struct flood *f, const struct kit_packet *packet)
{
	memcpy(f->octets, packet->octets, packet->len);
	f->len = packet->len;
}

static void put_u32(struct flood *f, size_t at, uint32_t v)
{
	struct wire_writer w = wire_writer(f->octets, sizeof(f->octets));

	(void)wire_reserve(&w, sizeof(f->octets));
	wire_set_u32(&w, at, v);
}

static void fragment(struct flood *f, bool spoil)
{
	struct kit_side *client = kit_client(f->kit);
	const struct ike_sa *sa = kit_sa(client), *peer = kit_sa(kit_gateway(f->kit));
	uint16_t total = (uint16_t)(2 + draw(f) % 200), number = (uint16_t)(1 + draw(f) % total);

	f->len = kit_forge_fragment(client, sa, CYG_INFORMATIONAL, false, peer->d.recv_next, number, total,
				    CYG_PAYLOAD_NOTIFY, cyg_bytes(f->octets, 1 + draw(f) % 900), f->octets + 1000,
				    sizeof(f->octets) - 1000);
	memmove(f->octets, f->octets + 1000, f->len);
	if (spoil)
		f->octets[f->len - 1] ^= 1;
}

static void make(struct flood *f, enum kind kind)
{
	switch (kind) {
	case GARBAGE:
		f->len = draw(f) % 300;
		for (size_t i = 0; i < f->len; i++)
			f->octets[i] = (uint8_t)draw(f);
		return;
	case TRUNCATED:
		use(f, draw(f) & 1 ? f->init : f->request);
		f->len = draw(f) % f->len;
		return;
	case OTHER_VERSION:
		use(f, f->init);
		f->octets[17] = (uint8_t)(0x30 | draw(f) % 0xc0);
		return;
	case UNKNOWN_SPI:
		use(f, f->request);
		put_u32(f, draw(f) & 1 ? 0 : 8, draw(f));
		return;
	case UNKNOWN_EXCHANGE:
		use(f, f->request);
		f->octets[18] = (uint8_t)draw(f);
		return;
	case WRONG_ICV:
		use(f, f->request);
		put_u32(f, 20, kit_sa(kit_gateway(f->kit))->d.recv_next);
		f->octets[28 + draw(f) % (f->len - 28)] ^= (uint8_t)(1 + draw(f) % 255);
		return;
	case WRONG_FRAGMENT:
		fragment(f, true);
		return;
	case FRAGMENT_OF_PEER:
		fragment(f, false);
		/* It never comes together. */
		if (wire_u16(&(struct wire_reader){ .at = f->octets + 34, .end = f->octets + 36 }) < 3)
			f->len = 0;
		return;
	case STRANGER:
		use(f, f->init);
		put_u32(f, 0, draw(f));
		put_u32(f, 4, draw(f));
		return;
	case FALSE_COOKIE: {
		/* A cookie in front of the chain: N(COOKIE) of 33 octets. */
		size_t payload = 4 + 4 + 33;

		use(f, f->init);
		memmove(f->octets + 28 + payload, f->octets + 28, f->len - 28);
		memset(f->octets + 28, 0, payload);
		f->octets[28] = f->octets[16];
		f->octets[16] = CYG_PAYLOAD_NOTIFY;
		f->octets[31] = (uint8_t)payload;
		f->octets[34] = CYG_N_COOKIE >> 8;
		f->octets[35] = CYG_N_COOKIE & 0xff;
		put_u32(f, 36, draw(f));
		put_u32(f, 0, draw(f));
		f->len += payload;
		put_u32(f, 24, (uint32_t)f->len);
		return;
	}
	case MALFORMED_INIT:
		use(f, f->init);
		put_u32(f, 0, draw(f));
		f->octets[16 + draw(f) % 60] ^= (uint8_t)(1 + draw(f) % 255);
		return;
	case REPLAYED:
		use(f, draw(f) & 1 ? f->request : f->init);
		return;
	case FAR_MESSAGE_ID:
		use(f, f->request);
		put_u32(f, 20, draw(f) | 0x100);
		return;
	case LATE_RESPONSE:
		use(f, f->request);
		f->octets[19] |= CYG_FLAG_RESPONSE;
		put_u32(f, 20, draw(f) % 3);
		return;
	case KINDS:
		return;
	}
}

static void deliver_one(struct flood *f)
{
	struct kit_side *gateway = kit_gateway(f->kit);
	struct cyg_datagram d = { .local = { .ip = gateway->address, .port = IKE_PORT },
				  .remote = { .ip = { CYG_IPV4, { 198, 18, (uint8_t)draw(f), (uint8_t)draw(f) } },
					      .port = IKE_PORT },
				  .data = f->octets,
				  .len = f->len };

	driver_input(gateway->ike[0], &d);
}

/* As the system counts it. */
static size_t resident(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	unsigned long size, pages = 0;

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fscanf(file, "%lu %lu", &size, &pages), 2);
	fclose(file);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void flood(struct flood *f, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		make(f, (enum kind)(i % KINDS));
		deliver_one(f);
		if (i % 20000 == 0) {
			kit_pass(f->kit, 1000);
			log_capture_start(); /* forgets what was said */
		}
	}
	kit_pass(f->kit, 40000);
	log_capture_start();
}

START_TEST(a_million_bad_packets_leave_the_memory_where_it_was)
{
	static struct flood f;
	struct ike_counters c;
	size_t before, after;

	f.random = 42;
	f.kit = kit_new(NULL);
	f.kit->script = record;
	f.kit->ctx = &f;
	kit_configure(kit_gateway(f.kit), kit_gateway_text(GCM, "esp-gcm", "crypto ikev2 cookie-challenge 0\n"));
	kit_configure(kit_client(f.kit), kit_client_text(GCM, "esp-gcm", NULL));
	kit_pass(f.kit, 500);
	ck_assert(kit_connected(f.kit));
	f.kit->script = drop_all;
	flood(&f, PACKETS / 10); /* what is allocated once and kept */
	before = resident();
	flood(&f, PACKETS);
	after = resident();
	c = kit_counters(kit_gateway(f.kit));
	printf("  resident memory: %zu KiB before, %zu KiB after %u packets\n", before / 1024, after / 1024,
	       PACKETS);
	/* A sanitizer keeps what is freed for a while. */
	if (!CYG_HEAP_IS_WATCHED)
		ck_assert_uint_le(after, before + GROWTH_MAX);
	/* Each kind was what it was meant to be. */
	ck_assert_uint_gt(c.drop_short, PACKETS / KINDS / 10);
	ck_assert_uint_gt(c.drop_version, PACKETS / KINDS / 2);
	ck_assert_uint_gt(c.drop_unknown_spi, PACKETS / KINDS / 2);
	ck_assert_uint_gt(c.drop_auth, PACKETS / KINDS / 2);
	ck_assert_uint_gt(c.drop_message_id, PACKETS / KINDS / 2);
	ck_assert_uint_gt(c.cookies_rejected, PACKETS / KINDS / 2);
	ck_assert_uint_gt(c.cookies_demanded, PACKETS / KINDS / 2);
	ck_assert_uint_gt(c.drop_malformed, PACKETS / KINDS / 10);
	ck_assert_uint_gt(c.fragments_in, PACKETS / KINDS / 4);
	ck_assert_uint_eq(kit_gateway(f.kit)->ike[0]->fragment_octets, 0);
	/* The SA that was there is there, and works. */
	ck_assert(kit_connected(f.kit));
	f.kit->script = NULL;
	kit_sa(kit_client(f.kit))->children->want_rekey = true;
	driver_pump(kit_sa(kit_client(f.kit)));
	kit_pass(f.kit, 3000);
	ck_assert(kit_connected(f.kit));
	ck_assert_uint_eq(kit_counters(kit_client(f.kit)).child_rekeyed, 1);
	free(f.init);
	free(f.request);
	kit_free(f.kit);
}
END_TEST

Suite *flood_suite(void)
{
	Suite *suite = suite_create("flood");
	TCase *tcase = tcase_create("flood");

	tcase_set_timeout(tcase, 300);
	tcase_add_test(tcase, a_million_bad_packets_leave_the_memory_where_it_was);
	suite_add_tcase(suite, tcase);
	return suite;
}
