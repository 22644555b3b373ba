/* SPDX-License-Identifier: MIT */
/* Messages in fragments: when they are cut, how they come together, and what is not kept. */
#include "testing/engine/engine_tests.h"
#include "testing/engine/kit.h"

#include "exchange/fragment.h"

#define GCM " encryption aes-gcm-128\n prf sha256\n group 19\n"
#define CBC " encryption aes-cbc-128\n integrity sha256\n group 19\n"
#define LONG_MACS " encryption aes-cbc-256\n integrity sha512\n group 19\n"
#define SETS "crypto ipsec transform-set a esp-aes esp-sha-hmac\n mode tunnel\n"                    \
	     "crypto ipsec transform-set b esp-aes 256 esp-sha-hmac\n mode tunnel\n"              \
	     "crypto ipsec transform-set c esp-aes esp-sha256-hmac\n mode tunnel\n"               \
	     "crypto ipsec transform-set d esp-aes 256 esp-sha256-hmac\n mode tunnel\n"           \
	     "crypto ipsec transform-set e esp-gcm 256\n mode tunnel\n"                           \
	     "crypto ipsec profile gateway\n set transform-set t a b c d e\n"
/* A name that makes IKE_AUTH longer than 576 octets together with the sets. */
#define LABEL "a23456789-123456789-123456789-123456789-123456789-123456789"
#define LONG_NAME SETS "crypto ikev2 profile gateway\n identity local fqdn " \
	LABEL "-" LABEL "-" LABEL ".example.org\n"

struct seen {
	unsigned fragments, whole, longest, longest_fragment;
	unsigned drop;                  /* the fragment with this number once; 0: none */
	enum kit_verdict verdict;       /* for all */
	size_t drop_above;              /* whole datagrams longer than this get lost */
};

static enum kit_verdict watch(struct kit *kit, struct kit_packet *packet, void *ctx)
{
	struct seen *s = ctx;
	bool fragment = packet->header.next_payload == CYG_PAYLOAD_SKF;

	if (packet->len > s->longest)
		s->longest = (unsigned)packet->len;
	if (packet->header.exchange != CYG_IKE_AUTH)
		return KIT_PASS;
	if (!fragment) {
		s->whole++;
		return s->drop_above && packet->len > s->drop_above ? KIT_DROP : KIT_PASS;
	}
	s->fragments++;
	if (packet->len > s->longest_fragment)
		s->longest_fragment = (unsigned)packet->len;
	if (s->fragments == s->drop)
		return KIT_DROP;
	return s->verdict;
}

static struct kit *attempt(struct seen *s, const char *proposal, const char *gateway, const char *client)
{
	struct kit *kit = kit_new(NULL);

	kit->script = watch;
	kit->ctx = s;
	kit_configure(kit_gateway(kit), kit_gateway_text(proposal, "esp-gcm", gateway));
	kit_configure(kit_client(kit), kit_client_text(proposal, "esp-gcm", client));
	return kit;
}

static const char *const proposals[] = { GCM, CBC };

START_TEST(a_configured_size_cuts_what_is_longer)
{
	struct seen s = { 0 };
	struct kit *kit = attempt(&s, proposals[_i], NULL, "crypto ikev2 fragmentation mtu 200\n");

	kit_pass(kit, 1000);
	ck_assert(kit_connected(kit));
	ck_assert_uint_ge(s.fragments, 2);
	/* The gateway has no such line: it answers fragments in the size that every path takes. */
	ck_assert_uint_eq(s.whole, 1);
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).fragments_in, s.fragments);
	ck_assert_uint_eq(kit_counters(kit_client(kit)).fragments_out, s.fragments);
	ck_assert_uint_eq(kit_counters(kit_client(kit)).retransmits_out, 0);
	kit_free(kit);
}
END_TEST

START_TEST(no_fragment_is_longer_than_the_size)
{
	static const unsigned sizes[] = { 160, 200, 333, 576 };
	struct seen s = { 0 };
	char gateway[64], client[1024];
	struct kit *kit;

	snprintf(gateway, sizeof(gateway), "crypto ikev2 fragmentation mtu %u\n", sizes[_i / 2]);
	snprintf(client, sizeof(client), "%s%s", LONG_NAME, gateway);
	kit = attempt(&s, proposals[_i % 2], gateway, client);
	kit_pass(kit, 1000);
	ck_assert(kit_connected(kit));
	ck_assert_uint_ge(s.fragments, 2);
	ck_assert_uint_le(s.longest_fragment + 28, sizes[_i / 2]);
	/* As long as they may be, but for the cipher's blocks. */
	ck_assert_uint_gt(s.longest_fragment + 28 + 16, sizes[_i / 2]);
	kit_free(kit);
}
END_TEST

START_TEST(the_smallest_size_makes_no_more_fragments_than_are_taken)
{
	struct seen s = { 0 };
	struct kit *kit = attempt(&s, GCM, "crypto ikev2 fragmentation mtu 96\n",
				  LONG_NAME "crypto ikev2 fragmentation mtu 96\n");

	kit_pass(kit, 1000);
	ck_assert(kit_connected(kit));
	ck_assert_uint_ge(s.fragments, 30);
	ck_assert_uint_le(s.fragments, 2 * FRAGMENTS_MAX);
	kit_free(kit);
}
END_TEST

START_TEST(fragments_may_come_twice_or_in_any_order)
{
	struct seen s = { .verdict = _i ? KIT_DOUBLE : KIT_HOLD };
	struct kit *kit = attempt(&s, GCM, NULL, "crypto ikev2 fragmentation mtu 160\n");

	kit_settle(kit);
	kit_release(kit, true);
	kit_pass(kit, 900);
	ck_assert(kit_connected(kit));
	ck_assert_uint_ge(s.fragments, 3);
	kit_free(kit);
}
END_TEST

START_TEST(a_lost_fragment_comes_with_the_next_repeat)
{
	struct seen s = { .drop = 1 + (unsigned)_i };
	struct kit *kit = attempt(&s, GCM, "crypto ikev2 fragmentation mtu 160\n",
				  "crypto ikev2 fragmentation mtu 160\n");

	kit_pass(kit, 500);
	ck_assert(!kit_connected(kit));
	kit_pass(kit, 1500);
	ck_assert(kit_connected(kit));
	ck_assert_uint_eq(kit_counters(kit_client(kit)).retransmits_out, 1);
	kit_free(kit);
}
END_TEST

START_TEST(who_forbids_it_neither_announces_nor_uses_it)
{
	struct seen s = { 0 };
	struct kit *kit = attempt(&s, GCM, _i ? "no crypto ikev2 fragmentation\n" : NULL,
				  _i ? "crypto ikev2 fragmentation mtu 200\n" :
				       "no crypto ikev2 fragmentation\n");

	kit_pass(kit, 1000);
	ck_assert(kit_connected(kit));
	ck_assert_uint_eq(s.fragments, 0);
	ck_assert(!kit_sa(kit_gateway(kit))->d.fragmentation);
	ck_assert(!kit_sa(kit_client(kit))->d.fragmentation);
	kit_free(kit);
}
END_TEST

START_TEST(without_the_command_the_path_decides)
{
	struct seen s = { 0 };
	struct kit *kit = attempt(&s, GCM, NULL, LONG_NAME);

	kit->path_mtu = _i ? 1500 : 600;
	kit_pass(kit, 1000);
	ck_assert(kit_connected(kit));
	ck_assert_uint_gt(s.longest, 576 - 28 - (_i ? 0 : 200));
	if (_i)
		ck_assert_uint_eq(s.fragments, 0);
	else
		ck_assert_uint_ge(s.fragments, 2);
	ck_assert_uint_eq(kit_counters(kit_client(kit)).retransmits_out, 0);
	kit_free(kit);
}
END_TEST

START_TEST(what_gets_lost_for_its_size_is_cut_at_the_second_repeat)
{
	struct seen s = { .drop_above = 500 };
	struct kit *kit = attempt(&s, GCM, NULL, LONG_NAME);

	kit_pass(kit, 2900); /* repeats after 1 and after 3 seconds */
	ck_assert_uint_eq(s.fragments, 0);
	ck_assert(!kit_connected(kit));
	kit_pass(kit, 500);
	ck_assert(kit_connected(kit));
	ck_assert_uint_ge(s.fragments, 2);
	kit_free(kit);
}
END_TEST

START_TEST(a_response_that_gets_lost_for_its_size_is_cut_at_the_second_repeat)
{
	struct seen s = { .drop_above = 548 };
	struct kit *kit = attempt(&s, LONG_MACS, "crypto ikev2 profile clients\n identity local fqdn " LABEL "."
					   LABEL "." LABEL "." LABEL ".example.org\n",
				  "crypto ikev2 profile gateway\n match identity remote any\n");

	kit_pass(kit, 2900);
	ck_assert_uint_gt(s.longest, s.drop_above);
	ck_assert(!kit_connected(kit));
	ck_assert_uint_eq(s.fragments, 0);
	kit_pass(kit, 500);
	ck_assert(kit_connected(kit));
	ck_assert_uint_eq(s.fragments, 2);
	ck_assert_uint_eq(kit_counters(kit_client(kit)).fragments_out, 0);
	kit_free(kit);
}
END_TEST

/* --- What comes from a peer that means harm --- */

static struct kit *half_open(void)
{
	static struct seen s;
	struct kit *kit;

	s = (struct seen){ .verdict = KIT_DROP, .drop_above = 1 };
	kit = attempt(&s, GCM, NULL, NULL);
	kit_settle(kit);
	ck_assert_int_eq(kit_sa(kit_gateway(kit))->state, IKE_INIT_DONE);
	return kit;
}

static void send_fragment(struct kit *kit, uint32_t id, uint16_t number, uint16_t total, size_t len, bool spoil)
{
	static uint8_t octets[70000], inner[60000];
	struct ike_sa *sa = kit_sa(kit_client(kit));
	size_t size = kit_forge_fragment(kit_client(kit), sa, CYG_IKE_AUTH, false, id, number, total,
					 number == 1 ? CYG_PAYLOAD_IDI : 0, cyg_bytes(inner, len), octets,
					 sizeof(octets));

	if (spoil)
		octets[size - 1] ^= 1;
	kit_inject(kit, KIT_GATEWAY, octets, size, false);
	kit_settle(kit);
}

START_TEST(a_fragment_that_nobody_vouches_for_is_not_kept)
{
	struct kit *kit = half_open();
	struct ike_shard *ike = kit_gateway(kit)->ike[0];

	send_fragment(kit, 1, 1, 3, 100, true);
	ck_assert_uint_eq(ike->fragment_octets, 0);
	ck_assert_ptr_null(kit_sa(kit_gateway(kit))->fragments[0]);
	send_fragment(kit, 1, 1, 3, 100, false);
	ck_assert_uint_eq(ike->fragment_octets, 100);
	send_fragment(kit, 1, 1, 3, 100, false); /* the same once more */
	ck_assert_uint_eq(ike->fragment_octets, 100);
	send_fragment(kit, 2, 1, 3, 100, false); /* outside the window */
	send_fragment(kit, 0, 2, 3, 100, false);
	ck_assert_uint_eq(ike->fragment_octets, 100);
	kit_free(kit);
}
END_TEST

START_TEST(a_higher_total_begins_anew_and_a_lower_one_is_old)
{
	struct kit *kit = half_open();
	struct ike_shard *ike = kit_gateway(kit)->ike[0];

	send_fragment(kit, 1, 1, 3, 100, false);
	send_fragment(kit, 1, 1, 4, 70, false);
	ck_assert_uint_eq(ike->fragment_octets, 70);
	send_fragment(kit, 1, 2, 3, 100, false);
	ck_assert_uint_eq(ike->fragment_octets, 70);
	ck_assert_uint_eq(ike->counters.fragments_dropped, 1);
	kit_free(kit);
}
END_TEST

START_TEST(what_is_kept_of_fragments_is_limited)
{
	struct kit *kit = half_open();
	struct ike_shard *ike = kit_gateway(kit)->ike[0];

	send_fragment(kit, 1, 1, FRAGMENTS_MAX + 1, 100, false);
	ck_assert_uint_eq(ike->fragment_octets, 0);
	for (uint16_t n = 1; n < FRAGMENTS_MAX; n++)
		send_fragment(kit, 1, n, FRAGMENTS_MAX, 1000, false);
	ck_assert_uint_eq(ike->fragment_octets, FRAGMENTS_UNPROVEN_MAX / 1000 * 1000);
	kit_free(kit);
}
END_TEST

START_TEST(what_is_kept_of_fragments_is_limited_for_all)
{
	struct kit *kit = half_open();
	struct ike_shard *ike = kit_gateway(kit)->ike[0];

	ike->fragment_octets = FRAGMENTS_SHARD_MAX - 50; /* of others */
	send_fragment(kit, 1, 1, 2, 100, false);
	ck_assert_uint_eq(ike->fragment_octets, FRAGMENTS_SHARD_MAX - 50);
	send_fragment(kit, 1, 2, 2, 50, false);
	ck_assert_uint_eq(ike->fragment_octets, FRAGMENTS_SHARD_MAX);
	ike->fragment_octets -= FRAGMENTS_SHARD_MAX - 50;
	kit_free(kit);
}
END_TEST

START_TEST(what_stays_incomplete_is_forgotten)
{
	struct kit *kit = kit_new(NULL);
	struct ike_shard *ike = kit_gateway(kit)->ike[0];
	static uint8_t octets[2000];
	size_t size;
	struct ike_sa *sa;

	kit_configure_both(kit, GCM, "esp-gcm");
	kit_pass(kit, 500);
	sa = kit_sa(kit_client(kit));
	size = kit_forge_fragment(kit_client(kit), sa, CYG_INFORMATIONAL, false, sa->d.send_next, 1, 2,
				  CYG_PAYLOAD_NOTIFY, cyg_bytes("0123456789", 10), octets, sizeof(octets));
	kit_inject(kit, KIT_GATEWAY, octets, size, false);
	kit_settle(kit);
	ck_assert_uint_eq(ike->fragment_octets, 10);
	kit_pass(kit, FRAGMENTS_LIFE_MS - 1000);
	ck_assert_uint_eq(ike->fragment_octets, 10);
	kit_pass(kit, 2000);
	ck_assert_uint_eq(ike->fragment_octets, 0);
	ck_assert(kit_connected(kit));
	kit_free(kit);
}
END_TEST

START_TEST(fragments_of_an_established_sa_are_answered_once)
{
	struct kit *kit = kit_new(NULL);
	static uint8_t octets[2000];
	uint8_t notify[] = { 0, 0, 0, 8, 0, 0, 0x9c, 0x40 }; /* a status of private use */
	struct ike_sa *sa;
	struct ike_counters before, after;

	kit_configure_both(kit, GCM, "esp-gcm");
	kit_pass(kit, 500);
	sa = kit_sa(kit_client(kit));
	before = kit_counters(kit_gateway(kit));
	for (unsigned round = 0; round < 2; round++) {
		for (uint16_t n = 1; n <= 2; n++) {
			size_t size = kit_forge_fragment(kit_client(kit), sa, CYG_INFORMATIONAL, false,
							 sa->d.send_next, n, 2,
							 n == 1 ? CYG_PAYLOAD_NOTIFY : 0,
							 cyg_bytes(notify + 4 * (n - 1), 4), octets,
							 sizeof(octets));

			kit_inject(kit, KIT_GATEWAY, octets, size, false);
		}
		kit_settle(kit);
	}
	after = kit_counters(kit_gateway(kit));
	ck_assert_uint_eq(after.requests_in[3], before.requests_in[3] + 1);
	ck_assert_uint_eq(after.responses_out[3], before.responses_out[3] + 1);
	/* The first fragment of the repeat, and not the second, brings the answer again. */
	ck_assert_uint_eq(after.responses_replayed, before.responses_replayed + 1);
	kit_free(kit);
}
END_TEST

Suite *fragment_suite(void)
{
	Suite *suite = suite_create("fragment");
	TCase *tcase = tcase_create("fragment");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, a_configured_size_cuts_what_is_longer, 0, CYG_COUNT(proposals));
	tcase_add_loop_test(tcase, no_fragment_is_longer_than_the_size, 0, 8);
	tcase_add_test(tcase, the_smallest_size_makes_no_more_fragments_than_are_taken);
	tcase_add_loop_test(tcase, fragments_may_come_twice_or_in_any_order, 0, 2);
	tcase_add_loop_test(tcase, a_lost_fragment_comes_with_the_next_repeat, 0, 6);
	tcase_add_loop_test(tcase, who_forbids_it_neither_announces_nor_uses_it, 0, 2);
	tcase_add_loop_test(tcase, without_the_command_the_path_decides, 0, 2);
	tcase_add_test(tcase, what_gets_lost_for_its_size_is_cut_at_the_second_repeat);
	tcase_add_test(tcase, a_response_that_gets_lost_for_its_size_is_cut_at_the_second_repeat);
	tcase_add_test(tcase, a_fragment_that_nobody_vouches_for_is_not_kept);
	tcase_add_test(tcase, a_higher_total_begins_anew_and_a_lower_one_is_old);
	tcase_add_test(tcase, what_is_kept_of_fragments_is_limited);
	tcase_add_test(tcase, what_is_kept_of_fragments_is_limited_for_all);
	tcase_add_test(tcase, what_stays_incomplete_is_forgotten);
	tcase_add_test(tcase, fragments_of_an_established_sa_are_answered_once);
	suite_add_tcase(suite, tcase);
	return suite;
}
