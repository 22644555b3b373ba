/* SPDX-License-Identifier: MIT */
/* Bad input: cut, changed, unknown, out of place. It never crashes, and never harms an SA that is up. */
#include "testing/engine/engine_tests.h"
#include "testing/engine/kit.h"

#define GCM " encryption aes-gcm-128\n prf sha256\n group 19\n"
#define CBC " encryption aes-cbc-128\n integrity sha256\n group 19\n"

static enum kit_verdict hold_all(struct kit *kit, struct kit_packet *packet, void *ctx)
{
	return KIT_HOLD;
}

/* Takes the only held datagram off the wire. */
static struct kit_packet *take(struct kit *kit)
{
	struct kit_packet *packet;

	kit_settle(kit);
	packet = kit->held;
	ck_assert_ptr_nonnull(packet);
	ck_assert_ptr_null(packet->next);
	kit->held = NULL;
	return packet;
}

static void pass_on(struct kit *kit, struct kit_packet *packet)
{
	kit_inject(kit, packet->to, packet->octets, packet->len, packet->natt);
	free(packet);
}

/* What must not change on a side. */
struct state {
	unsigned sas, up, children;
	struct ike_durable d;
	uint8_t sa_state;
	uint64_t dropped;
};

static struct state state_of(struct kit_side *side)
{
	struct ike_sa *sa = kit_sa(side);
	struct ike_counters c = kit_counters(side);
	struct state s;

	memset(&s, 0, sizeof(s));
	s.sas = kit_sas(side);
	s.up = kit_up(side);
	s.children = kit_children(side);
	if (sa) {
		s.d = sa->d;
		s.sa_state = sa->state;
	}
	s.dropped = c.drop_short + c.drop_version + c.drop_malformed + c.drop_unknown_spi + c.drop_auth +
		    c.drop_state + c.drop_message_id + c.drop_critical + c.drop_exchange;
	return s;
}

static void expect_same(struct kit *kit, unsigned to, struct state before, const char *what, size_t at)
{
	struct state after;

	kit_settle(kit);
	after = state_of(&kit->side[to]);
	ck_assert_msg(after.sas == before.sas && after.up == before.up &&
			      after.children == before.children && after.sa_state == before.sa_state &&
			      memcmp(&after.d, &before.d, sizeof(after.d)) == 0,
		      "%s at octet %zu changed something", what, at);
	ck_assert_msg(after.dropped > before.dropped, "%s at octet %zu was not counted", what, at);
	ck_assert_msg(!kit->held, "%s at octet %zu was answered", what, at);
}

/* Each octet changed, each length cut: of a message that is encrypted. */
static void torment(struct kit *kit, const struct kit_packet *packet)
{
	uint8_t *bad = malloc(packet->len);

	for (size_t i = 0; i < packet->len; i++) {
		struct state before = state_of(&kit->side[packet->to]);

		/* Another version of the same major number is as good as ours; so are reserved flags, but they are
		 * authenticated. A higher major version is answered: its own test. */
		memcpy(bad, packet->octets, packet->len);
		bad[i] ^= i == 17 ? 0x01 : 0x40 | (uint8_t)(i & 3);
		if (i == 18)
			bad[i] = CYG_IKE_SESSION_RESUME;
		kit_inject(kit, packet->to, bad, packet->len, packet->natt);
		expect_same(kit, packet->to, before, "a change", i);
	}
	for (size_t cut = 0; cut < packet->len; cut++) {
		struct state before = state_of(&kit->side[packet->to]);

		kit_inject(kit, packet->to, packet->octets, cut, packet->natt);
		expect_same(kit, packet->to, before, "a cut", cut);
	}
	free(bad);
}

/* IKE_SA_INIT vouches for nothing: what is changed may begin SAs of its own, but harms none. */
static void torment_init(struct kit *kit, const struct kit_packet *packet)
{
	struct kit_side *side = &kit->side[packet->to];
	unsigned sas = kit_sas(side);

	for (size_t cut = 0; cut < packet->len; cut++) {
		kit_inject(kit, packet->to, packet->octets, cut, packet->natt);
		kit_settle(kit);
		ck_assert_uint_eq(kit_sas(side), sas);
		ck_assert_ptr_null(kit->held);
	}
}

static const char *const proposals[] = { GCM, CBC };

START_TEST(no_octet_of_any_message_may_be_changed_or_cut)
{
	struct kit *kit = kit_new(NULL);
	struct kit_packet *packet;

	kit->script = hold_all;
	kit_configure_both(kit, proposals[_i], "esp-gcm");
	for (unsigned n = 0; n < 2; n++) {
		packet = take(kit);
		ck_assert_uint_eq(packet->header.exchange, CYG_IKE_SA_INIT);
		torment_init(kit, packet);
		pass_on(kit, packet);
	}
	for (unsigned n = 0; n < 2; n++) {
		packet = take(kit);
		ck_assert_uint_eq(packet->header.exchange, CYG_IKE_AUTH);
		torment(kit, packet);
		pass_on(kit, packet);
	}
	kit_settle(kit);
	ck_assert(kit_connected(kit));
	kit_sa(kit_client(kit))->children->want_rekey = true;
	driver_pump(kit_sa(kit_client(kit)));
	for (unsigned n = 0; n < 4; n++) { /* CREATE_CHILD_SA, then the delete of the old one */
		packet = take(kit);
		torment(kit, packet);
		pass_on(kit, packet);
	}
	kit_settle(kit);
	ck_assert(kit_connected(kit));
	kit_free(kit);
}
END_TEST

/* A changed octet in IKE_SA_INIT: the engines survive, and at worst try anew. */
START_TEST(a_changed_ike_sa_init_harms_nothing_that_is_up)
{
	size_t len = 0;

	for (size_t i = 0; i == 0 || i < len; i += 3) {
		struct kit *kit = kit_new(NULL);
		struct kit_packet *packet;

		kit->script = hold_all;
		kit_configure_both(kit, GCM, "esp-gcm");
		packet = take(kit);
		if (_i == 1) {
			pass_on(kit, packet);
			packet = take(kit);
		}
		len = packet->len;
		packet->octets[i] ^= 0x21;
		kit_inject(kit, packet->to, packet->octets, packet->len, packet->natt);
		kit->script = NULL;
		packet->octets[i] ^= 0x21;
		pass_on(kit, packet);
		kit_pass(kit, 100000);
		ck_assert_msg(kit_up(kit_client(kit)) == 1 && kit_up(kit_gateway(kit)) == 1,
			      "octet %zu", i);
		kit_free(kit);
	}
}
END_TEST

/* A connected kit whose next datagrams are held. */
static struct kit *connected(void)
{
	struct kit *kit = kit_new(NULL);

	kit_configure_both(kit, GCM, "esp-gcm");
	kit_pass(kit, 1000);
	ck_assert(kit_connected(kit));
	kit->script = hold_all;
	return kit;
}

START_TEST(an_unknown_critical_payload_is_named_in_the_answer)
{
	static const uint8_t chain[] = { 0, 0x80, 0, 4 };
	struct kit *kit = connected();
	struct ike_sa *c = kit_sa(kit_client(kit));
	struct kit_packet *packet;
	struct message msg;
	uint8_t octets[256];
	size_t len = kit_forge(kit_client(kit), c, CYG_INFORMATIONAL, false, c->d.send_next, 200,
			       cyg_bytes(chain, sizeof(chain)), octets, sizeof(octets));

	kit_inject(kit, KIT_GATEWAY, octets, len, false);
	packet = take(kit);
	ck_assert_uint_eq(kit_opened_notify(c, packet, &msg), CYG_N_UNSUPPORTED_CRITICAL_PAYLOAD);
	ck_assert_uint_eq(msg.notify[0].data.len, 1);
	ck_assert_uint_eq(msg.notify[0].data.ptr[0], 200);
	ck_assert_uint_eq(kit_up(kit_gateway(kit)), 1);
	free(packet);
	kit_free(kit);
}
END_TEST

START_TEST(an_unknown_payload_that_is_not_critical_is_skipped)
{
	static const uint8_t chain[] = { 0, 0, 0, 4 };
	struct kit *kit = connected();
	struct ike_sa *c = kit_sa(kit_client(kit));
	struct kit_packet *packet;
	struct message msg;
	uint8_t octets[256];
	size_t len = kit_forge(kit_client(kit), c, CYG_INFORMATIONAL, false, c->d.send_next, 200,
			       cyg_bytes(chain, sizeof(chain)), octets, sizeof(octets));

	kit_inject(kit, KIT_GATEWAY, octets, len, false);
	packet = take(kit);
	ck_assert_uint_eq(kit_opened_notify(c, packet, &msg), 0);
	free(packet);
	kit_free(kit);
}
END_TEST

static const struct {
	uint8_t exchange, first;
	struct cyg_bytes chain;
} bad_requests[] = {
	/* A Delete payload that is cut; a CREATE_CHILD_SA of nothing; an exchange nobody knows; IKE_AUTH again. */
	{ CYG_INFORMATIONAL, CYG_PAYLOAD_DELETE, { (const uint8_t *)"\0\0\0\x08\x03\x04\0\x01", 8 } },
	{ CYG_CREATE_CHILD_SA, CYG_PAYLOAD_NONE, { NULL, 0 } },
	{ 99, CYG_PAYLOAD_NONE, { NULL, 0 } },
	{ CYG_IKE_AUTH, CYG_PAYLOAD_NONE, { NULL, 0 } },
	{ CYG_INFORMATIONAL, CYG_PAYLOAD_NOTIFY, { (const uint8_t *)"\0\0\0\x03", 4 } },
};

START_TEST(what_cannot_be_read_is_answered_by_invalid_syntax)
{
	struct kit *kit = connected();
	struct ike_sa *c = kit_sa(kit_client(kit));
	struct kit_packet *packet;
	struct message msg;
	uint8_t octets[256];
	size_t len = kit_forge(kit_client(kit), c, bad_requests[_i].exchange, false, c->d.send_next,
			       bad_requests[_i].first, bad_requests[_i].chain, octets, sizeof(octets));

	kit_inject(kit, KIT_GATEWAY, octets, len, false);
	packet = take(kit);
	ck_assert_uint_eq(packet->header.exchange, bad_requests[_i].exchange);
	ck_assert_uint_eq(kit_opened_notify(c, packet, &msg), CYG_N_INVALID_SYNTAX);
	ck_assert_uint_eq(kit_up(kit_gateway(kit)), 1);
	ck_assert_uint_eq(kit_children(kit_gateway(kit)), 1);
	free(packet);
	kit_free(kit);
}
END_TEST

START_TEST(version_three_is_told_which_one_we_speak)
{
	struct kit *kit = kit_new(NULL);
	struct kit_packet *packet, *answer;
	struct message msg;

	kit->script = hold_all;
	kit_configure_both(kit, GCM, "esp-gcm");
	packet = take(kit);
	packet->octets[17] = 0x30;
	kit_inject(kit, KIT_GATEWAY, packet->octets, packet->len, false);
	answer = take(kit);
	ck_assert_uint_eq(kit_opened_notify(NULL, answer, &msg), CYG_N_INVALID_MAJOR_VERSION);
	ck_assert_uint_eq(answer->header.version, CYG_IKE_VERSION);
	ck_assert_uint_eq(kit_sas(kit_gateway(kit)), 0);
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).drop_version, 1);
	/* Not in return for a response, or two of us would talk for ever. */
	packet->octets[19] |= CYG_FLAG_RESPONSE;
	kit_inject(kit, KIT_GATEWAY, packet->octets, packet->len, false);
	kit_settle(kit);
	ck_assert_ptr_null(kit->held);
	free(answer);
	free(packet);
	kit_free(kit);
}
END_TEST

START_TEST(an_unknown_spi_meets_silence)
{
	struct kit *kit = connected();
	struct ike_sa *c = kit_sa(kit_client(kit));
	uint8_t octets[256];
	size_t len = kit_forge(kit_client(kit), c, CYG_INFORMATIONAL, false, c->d.send_next, 0,
			       cyg_bytes(NULL, 0), octets, sizeof(octets));

	octets[8] ^= 1;
	kit_inject(kit, KIT_GATEWAY, octets, len, false);
	kit_settle(kit);
	ck_assert_ptr_null(kit->held);
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).drop_unknown_spi, 1);
	kit_free(kit);
}
END_TEST

START_TEST(an_unauthenticated_refusal_does_not_end_an_attempt)
{
	struct kit *kit = kit_new(NULL);
	struct kit_packet *packet;
	struct ike_header header;
	struct chain_writer c;
	uint8_t octets[128];

	kit->script = hold_all;
	kit_configure_both(kit, GCM, "esp-gcm");
	packet = take(kit);
	header = packet->header;
	header.flags = CYG_FLAG_RESPONSE;
	c = chain_message(octets, sizeof(octets), &header);
	notify_write(&c, 0, 0, 0, CYG_N_NO_PROPOSAL_CHOSEN, cyg_bytes(NULL, 0));
	kit_inject(kit, KIT_CLIENT, octets, chain_end(&c, NULL).len, false);
	kit->script = NULL;
	pass_on(kit, packet);
	kit_pass(kit, 1000);
	ck_assert(kit_connected(kit));
	kit_free(kit);
}
END_TEST

Suite *tamper_suite(void)
{
	Suite *suite = suite_create("tamper");
	TCase *tcase = tcase_create("tamper");

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, no_octet_of_any_message_may_be_changed_or_cut, 0,
			    CYG_COUNT(proposals));
	tcase_add_loop_test(tcase, a_changed_ike_sa_init_harms_nothing_that_is_up, 0, 2);
	tcase_add_test(tcase, an_unknown_critical_payload_is_named_in_the_answer);
	tcase_add_test(tcase, an_unknown_payload_that_is_not_critical_is_skipped);
	tcase_add_loop_test(tcase, what_cannot_be_read_is_answered_by_invalid_syntax, 0,
			    CYG_COUNT(bad_requests));
	tcase_add_test(tcase, version_three_is_told_which_one_we_speak);
	tcase_add_test(tcase, an_unknown_spi_meets_silence);
	tcase_add_test(tcase, an_unauthenticated_refusal_does_not_end_an_attempt);
	suite_add_tcase(suite, tcase);
	return suite;
}
