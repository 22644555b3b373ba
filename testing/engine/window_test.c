/* SPDX-License-Identifier: MIT */
/* How many requests may be under way: announced, kept, and announced again after a rekey (RFC 7296 2.3, 2.18). */
#include "testing/engine/engine_tests.h"
#include "testing/engine/kit.h"

#define GCM " encryption aes-gcm-128\n prf sha256\n group 19\n"

static struct kit *connected(const char *gateway_more, const char *client_more)
{
	struct kit *kit = kit_new(NULL);

	kit_configure(kit_gateway(kit), kit_gateway_text(GCM, "esp-gcm", gateway_more));
	kit_configure(kit_client(kit), kit_client_text(GCM, "esp-gcm", client_more));
	kit_pass(kit, 500);
	ck_assert(kit_connected(kit));
	return kit;
}

/* An INFORMATIONAL request of the client with any message ID and one notify, if `notify` is not 0. */
static void ask(struct kit *kit, uint32_t message_id, uint16_t notify, uint32_t value)
{
	static uint8_t octets[2000];
	uint8_t room[64], number[4], first;
	struct chain_writer c = chain_inner(room, sizeof(room));
	struct wire_writer w = wire_writer(number, sizeof(number));
	struct cyg_bytes inner;
	size_t len;

	wire_put_u32(&w, value);
	if (notify)
		notify_write(&c, CYG_PROTO_NONE, 0, 0, notify, wire_written(&w));
	inner = chain_end(&c, &first);
	len = kit_forge(kit_client(kit), kit_sa(kit_client(kit)), CYG_INFORMATIONAL, false, message_id,
			first, inner, octets, sizeof(octets));
	kit_inject(kit, KIT_GATEWAY, octets, len, false);
	kit_settle(kit);
}

static void rekey(struct kit *kit, struct kit_side *side)
{
	struct ike_sa *sa = kit_sa(side);
	uint64_t before = ike_sa_spi(sa);

	sa->wants |= WANT_REKEY;
	driver_pump(sa);
	life_schedule(sa);
	kit_settle(kit);
	ck_assert(kit_connected(kit));
	ck_assert(ike_sa_spi(kit_sa(side)) != before);
}

static uint64_t informationals(struct kit_side *side)
{
	return kit_counters(side).requests_out[3];
}

START_TEST(the_window_is_announced_and_holds)
{
	struct kit *kit = connected(_i ? "crypto ikev2 window 1\n" : "crypto ikev2 window 3\n",
				    "crypto ikev2 window 7\n");
	struct ike_sa *g = kit_sa(kit_gateway(kit)), *c = kit_sa(kit_client(kit));
	uint32_t next = g->d.recv_next;
	uint64_t answered;

	ck_assert_uint_eq(c->d.send_window, _i ? 1 : 3);
	ck_assert_uint_eq(g->d.recv_window, _i ? 1 : 3);
	ck_assert_uint_eq(g->d.send_window, 7);
	ck_assert_uint_eq(c->d.recv_window, 7);
	answered = kit_counters(kit_gateway(kit)).responses_out[3];
	ask(kit, next + 2, 0, 0);
	ask(kit, next + 3, 0, 0);
	ask(kit, next + 1, 0, 0);
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).responses_out[3] - answered, _i ? 0 : 2);
	ck_assert_uint_eq(g->d.recv_next, next);
	ask(kit, next, 0, 0);
	ck_assert_uint_eq(g->d.recv_next, next + (_i ? 1 : 3));
	/* Each of them once more: the kept answers. */
	answered = kit_counters(kit_gateway(kit)).responses_replayed;
	for (uint32_t i = 0; i < 3; i++)
		ask(kit, next + i, 0, 0);
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).responses_replayed - answered, _i ? 1 : 3);
	kit_free(kit);
}
END_TEST

/* Nothing but what makes the new keys gets through. */
static enum kit_verdict rekey_only(struct kit *kit, struct kit_packet *packet, void *ctx)
{
	return packet->header.exchange == CYG_CREATE_CHILD_SA ? KIT_PASS : KIT_HOLD;
}

START_TEST(a_rekeyed_ike_sa_begins_with_windows_of_one)
{
	struct kit *kit = connected("crypto ikev2 window 3\n", "crypto ikev2 window 7\n");
	struct kit_side *by = &kit->side[_i];
	struct ike_sa *sa = kit_sa(by);

	kit->script = rekey_only;
	sa->wants |= WANT_REKEY;
	driver_pump(sa);
	kit_settle(kit);
	for (unsigned i = 0; i < KIT_SIDES; i++) {
		ck_assert_uint_eq(kit_sa(&kit->side[i])->d.send_window, 1);
		/* Who rekeyed has announced already, which takes it at its word. */
		ck_assert_uint_eq(kit->side[i].ike[0]->newest->d.recv_window, i != (unsigned)_i ? 1 : i ? 7 : 3);
	}
	kit->script = NULL;
	kit_release(kit, false);
	kit_pass(kit, 5000);
	kit_free(kit);
}
END_TEST

START_TEST(after_a_rekey_both_windows_are_announced_again)
{
	struct kit *kit = connected("crypto ikev2 window 3\n", "crypto ikev2 window 7\n");
	struct kit_side *by = &kit->side[_i], *other = &kit->side[1 - _i];
	uint64_t ours = informationals(by), theirs = informationals(other);
	struct ike_sa *g, *c;
	uint32_t next;

	rekey(kit, by);
	kit_pass(kit, 5000);
	g = kit_sa(kit_gateway(kit));
	c = kit_sa(kit_client(kit));
	ck_assert_uint_eq(g->d.recv_window, 3);
	ck_assert_uint_eq(c->d.send_window, 3);
	ck_assert_uint_eq(c->d.recv_window, 7);
	ck_assert_uint_eq(g->d.send_window, 7);
	/* One exchange did for both: a DELETE of the old SA and the announcement, which the other answered with its own. */
	ck_assert_uint_eq(informationals(by) - ours, 2);
	ck_assert_uint_eq(informationals(other) - theirs, 0);
	/* The window holds. */
	next = g->d.recv_next;
	ask(kit, next + 2, 0, 0);
	ask(kit, next + 1, 0, 0);
	ask(kit, next, 0, 0);
	ck_assert_uint_eq(g->d.recv_next, next + 3);
	kit_free(kit);
}
END_TEST

/* The twin: where one of them has a window of one, it says nothing, and the other begins by itself. */
START_TEST(a_window_of_one_is_not_announced_after_a_rekey)
{
	struct kit *kit = connected("crypto ikev2 window 3\n", "crypto ikev2 window 1\n");
	uint64_t ours = informationals(kit_client(kit)), theirs = informationals(kit_gateway(kit));

	rekey(kit, kit_client(kit));
	ck_assert_uint_eq(informationals(kit_gateway(kit)) - theirs, 0); /* the client may not have its SA yet */
	kit_pass(kit, 5000);
	ck_assert_uint_eq(informationals(kit_client(kit)) - ours, 1); /* the DELETE */
	ck_assert_uint_eq(informationals(kit_gateway(kit)) - theirs, 1);
	ck_assert_uint_eq(kit_sa(kit_client(kit))->d.send_window, 3);
	ck_assert_uint_eq(kit_sa(kit_gateway(kit))->d.send_window, 1);
	ck_assert_uint_eq(kit_sa(kit_client(kit))->d.recv_window, 1);
	kit_free(kit);
}
END_TEST

/* An announcement that gets lost is repeated. */
static enum kit_verdict lose_some(struct kit *kit, struct kit_packet *packet, void *ctx)
{
	unsigned *left = ctx;

	if (packet->header.exchange != CYG_INFORMATIONAL || !*left)
		return KIT_PASS;
	--*left;
	return KIT_DROP;
}

START_TEST(an_announcement_that_was_lost_is_made_again)
{
	struct kit *kit = connected("crypto ikev2 window 3\n", "crypto ikev2 window 7\n");
	unsigned left = 3;

	kit->script = lose_some;
	kit->ctx = &left;
	kit_sa(kit_gateway(kit))->wants |= WANT_REKEY;
	driver_pump(kit_sa(kit_gateway(kit)));
	kit_pass(kit, 20000);
	ck_assert_uint_eq(left, 0);
	ck_assert(kit_connected(kit));
	ck_assert_uint_eq(kit_sa(kit_gateway(kit))->d.send_window, 7);
	ck_assert_uint_eq(kit_sa(kit_client(kit))->d.send_window, 3);
	kit_free(kit);
}
END_TEST

START_TEST(an_announced_window_only_grows)
{
	struct kit *kit = connected("crypto ikev2 window 3\n", "crypto ikev2 window 7\n");
	struct ike_sa *g = kit_sa(kit_gateway(kit));

	ask(kit, g->d.recv_next, CYG_N_SET_WINDOW_SIZE, 2);
	ck_assert_uint_eq(g->d.send_window, 7);
	ask(kit, g->d.recv_next, CYG_N_SET_WINDOW_SIZE, 0);
	ck_assert_uint_eq(g->d.send_window, 7);
	ask(kit, g->d.recv_next, CYG_N_SET_WINDOW_SIZE, 9);
	ck_assert_uint_eq(g->d.send_window, 9);
	ask(kit, g->d.recv_next, CYG_N_SET_WINDOW_SIZE, UINT32_MAX);
	ck_assert_uint_eq(g->d.send_window, UINT8_MAX);
	kit_free(kit);
}
END_TEST

Suite *window_suite(void)
{
	Suite *suite = suite_create("window");
	TCase *tcase = tcase_create("window");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, the_window_is_announced_and_holds, 0, 2);
	tcase_add_loop_test(tcase, a_rekeyed_ike_sa_begins_with_windows_of_one, 0, 2);
	tcase_add_loop_test(tcase, after_a_rekey_both_windows_are_announced_again, 0, 2);
	tcase_add_test(tcase, a_window_of_one_is_not_announced_after_a_rekey);
	tcase_add_test(tcase, an_announcement_that_was_lost_is_made_again);
	tcase_add_test(tcase, an_announced_window_only_grows);
	suite_add_tcase(suite, tcase);
	return suite;
}
