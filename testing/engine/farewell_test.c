/* SPDX-License-Identifier: MIT */
/* A gateway that ends the attempt before IKE_AUTH is over, by an INFORMATIONAL of its own: in each state of the initiator. */
#include "testing/engine/engine_tests.h"
#include "testing/engine/kit_eap.h"

#include "exchange/exchange.h"

#define GCM " encryption aes-gcm-128\n prf sha256\n group 31\n"

static unsigned passes;

static enum kit_verdict pass_some(struct kit *kit, struct kit_packet *packet, void *ctx)
{
	return passes && passes-- ? KIT_PASS : KIT_DROP;
}

/* --- Where the client stands --- */

static const struct stand {
	uint8_t state;
	bool login, held;      /* by EAP; the method has not answered yet */
	bool proven;           /* the gateway has proved itself */
	unsigned datagrams;
} stands[] = {
	{ IKE_AUTH_SENT, false, false, false, 2 },
	{ IKE_EAP_WANTED, true, false, false, 2 },
	{ IKE_EAP_SENT, true, false, true, 5 },
	{ IKE_EAP_SENT, true, true, true, 1000 },
	{ IKE_PROOF_SENT, true, false, true, 11 },
};

static struct kit *stand_at(const struct stand *stand)
{
	struct kit *kit = stand->login ? kit_eap_new(&(struct kit_eap){ .how = KIT_EAP_QUERY }) : kit_new(NULL);

	if (!stand->login)
		kit_configure_both(kit, GCM, "esp-gcm");
	fake_eap.hold_peer = stand->held;
	kit->script = pass_some;
	passes = stand->datagrams;
	kit_settle(kit);
	ck_assert_int_eq(kit_sa(kit_client(kit))->state, stand->state);
	ck_assert(!stand->held || fake_eap.held);
	return kit;
}

/* --- What the gateway says --- */

static void put_nothing(struct chain_writer *c)
{
}

static void put_delete(struct chain_writer *c)
{
	delete_write(c, CYG_PROTO_IKE, 0, NULL, 0);
}

static void put_child_delete(struct chain_writer *c)
{
	const uint32_t spi = 0x0badcafe;

	delete_write(c, CYG_PROTO_ESP, 4, &spi, 1);
}

static void put_notify(struct chain_writer *c, uint16_t type)
{
	notify_write(c, CYG_PROTO_NONE, 0, 0, type, cyg_bytes(NULL, 0));
}

static void put_refused(struct chain_writer *c)
{
	put_notify(c, CYG_N_AUTHENTICATION_FAILED);
}

static void put_unreadable(struct chain_writer *c)
{
	put_notify(c, CYG_N_INVALID_SYNTAX);
}

static void put_busy(struct chain_writer *c)
{
	put_notify(c, CYG_N_TEMPORARY_FAILURE);
}

static struct kit_packet *answered;

static enum kit_verdict catch_answer(struct kit *kit, struct kit_packet *packet, void *ctx)
{
	if (packet->from == KIT_CLIENT && packet->header.exchange == CYG_INFORMATIONAL) {
		ck_assert_uint_eq(packet->header.flags & CYG_FLAG_RESPONSE, CYG_FLAG_RESPONSE);
		ck_assert_ptr_null(answered);
		answered = kit_packet_copy(packet);
	}
	return KIT_DROP;
}

/* A request of the gateway's, its first; `spoilt`: by somebody who does not have the keys. Was it answered? */
static bool say(struct kit *kit, void (*put)(struct chain_writer *c), bool spoilt)
{
	static uint8_t octets[2000], inner[1000];
	const struct ike_sa *gateway = kit_gateway(kit)->ike[0]->oldest;
	struct chain_writer c = chain_inner(inner, sizeof(inner));
	bool was;
	uint8_t first;
	size_t len;

	put(&c);
	len = chain_end(&c, &first).len;
	len = kit_forge(kit_gateway(kit), gateway, CYG_INFORMATIONAL, false, 0, first, cyg_bytes(inner, len), octets,
			sizeof(octets));
	octets[len - 1] ^= spoilt;
	kit->script = catch_answer;
	kit_inject(kit, KIT_CLIENT, octets, len, false);
	kit_settle(kit);
	was = answered != NULL;
	free(answered);
	answered = NULL;
	return was;
}

static const struct {
	void (*put)(struct chain_writer *c);
	const char *line;
} ends[] = {
	{ put_delete, "the peer deletes the SA before IKE_AUTH is over; our gateway (" },
	{ put_refused, "the peer ends IKE_AUTH with AUTHENTICATION_FAILED: the peer does not accept our identity" },
	{ put_unreadable, "the peer ends IKE_AUTH with INVALID_SYNTAX: the peer could not read what we sent" },
};

START_TEST(a_gateway_that_ends_the_attempt_ends_it_at_once_and_is_told_of)
{
	const struct stand *stand = &stands[_i / CYG_COUNT(ends)];
	struct kit *kit = stand_at(stand);
	uint64_t failed = kit_counters(kit_client(kit)).failed_out;

	ck_assert(say(kit, ends[_i % CYG_COUNT(ends)].put, false));
	ck_assert_uint_eq(kit_sas(kit_client(kit)), 0);
	ck_assert_uint_eq(kit_counters(kit_client(kit)).failed_out, failed + 1);
	ck_assert_uint_eq(kit_client(kit)->ike[0]->negotiating_out, 0);
	ck_assert_ptr_null(fake_eap.held);
	if (!kit_said("ike.failed", ends[_i % CYG_COUNT(ends)].line))
		kit_print_log();
	ck_assert(kit_said("ike.failed", ends[_i % CYG_COUNT(ends)].line));
	/* It costs the pause that any refusal costs, no less; then there is another attempt. */
	fake_eap.hold_peer = false;
	kit->script = NULL;
	kit_pass(kit, TUNNEL_RETRY_MIN_MS - 1);
	ck_assert_uint_eq(kit_sas(kit_client(kit)), 0);
	kit_pass(kit, TUNNEL_RETRY_MIN_MS);
	ck_assert_uint_eq(kit_up(kit_client(kit)), 1);
	kit_eap_free(kit);
}
END_TEST

/* Twins: what ends nothing, and who may end nothing. */
START_TEST(an_attempt_goes_on_whatever_else_is_said_or_forged)
{
	static void (*const others[])(struct chain_writer *c) = { put_nothing, put_child_delete, put_busy };
	const struct stand *stand = &stands[_i / CYG_COUNT(others)];
	struct kit *kit = stand_at(stand);
	const struct ike_sa *sa = kit_sa(kit_client(kit));

	for (size_t i = 0; i < CYG_COUNT(ends); i++)
		ck_assert(!say(kit, ends[i].put, true));
	/* Only who has proved itself is answered. */
	ck_assert(say(kit, others[_i % CYG_COUNT(others)], false) == stand->proven);
	ck_assert_ptr_eq(kit_sa(kit_client(kit)), sa);
	ck_assert_int_eq(sa->state, stand->state);
	ck_assert_uint_eq(sa->d.recv_next, stand->proven);
	fake_eap.hold_peer = false;
	fake_eap_release();
	kit->script = NULL;
	kit_pass(kit, 5000);
	ck_assert(kit_connected(kit));
	kit_eap_free(kit);
}
END_TEST

/* The pause grows as it does for a gateway that refuses IKE_AUTH. */
START_TEST(who_ends_each_attempt_is_asked_less_and_less)
{
	struct kit *kit = stand_at(&stands[1]);
	uint64_t pause = 0;

	for (unsigned i = 0; i < 4; i++) {
		uint64_t waited = 0;

		ck_assert(say(kit, put_delete, false));
		life_drop(kit_gateway(kit)->ike[0]->oldest, "a test");
		kit->script = pass_some;
		passes = 2;
		for (; !kit_sas(kit_client(kit)); waited += 100)
			kit_pass(kit, 100);
		ck_assert_uint_gt(waited, pause);
		pause = waited;
	}
	kit_eap_free(kit);
}
END_TEST

Suite *farewell_suite(void)
{
	Suite *suite = suite_create("farewell");
	TCase *tcase = tcase_create("farewell");

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, a_gateway_that_ends_the_attempt_ends_it_at_once_and_is_told_of, 0,
			    CYG_COUNT(stands) * CYG_COUNT(ends));
	tcase_add_loop_test(tcase, an_attempt_goes_on_whatever_else_is_said_or_forged, 0, CYG_COUNT(stands) * 3);
	tcase_add_test(tcase, who_ends_each_attempt_is_asked_less_and_less);
	suite_add_tcase(suite, tcase);
	return suite;
}
