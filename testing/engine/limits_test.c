/* SPDX-License-Identifier: MIT */
/* Nothing is kept for a peer that has not proved itself: cookies, half-open SAs, admission. */
#include "testing/engine/engine_tests.h"
#include "testing/engine/kit.h"

#define GCM " encryption aes-gcm-128\n prf sha256\n group 19\n"

struct flood {
	struct kit_packet *init;        /* the client's first message */
	struct kit_packet *answer;      /* the last one */
	unsigned cookies, answers;
	bool connect;                   /* no longer look */
};

static enum kit_verdict watch(struct kit *kit, struct kit_packet *packet, void *ctx)
{
	struct flood *f = ctx;
	struct message msg;

	if (f->connect)
		return KIT_PASS;
	if (packet->to == KIT_GATEWAY) {
		if (f->init)
			return KIT_DROP;
		f->init = calloc(1, sizeof(*packet) + packet->len);
		memcpy(f->init, packet, sizeof(*packet));
		memcpy(f->init->octets, packet->octets, packet->len);
		return KIT_DROP;
	}
	ck_assert_int_eq(message_read(packet->octets, packet->len, &msg), CYG_OK);
	f->answers++;
	f->cookies += message_notify(&msg, CYG_N_COOKIE) != NULL;
	return KIT_DROP;
}

/* `count` strangers ask, each with an SPI of its own, from one address or from many prefixes. */
static void strangers(struct kit *kit, struct flood *f, unsigned count, bool spread)
{
	uint8_t *octets = malloc(f->init->len);

	memcpy(octets, f->init->octets, f->init->len);
	for (unsigned i = 0; i < count; i++) {
		struct cyg_datagram d = { .local = { .ip = kit_gateway(kit)->address, .port = IKE_PORT },
					  .remote = { .ip = kit_client(kit)->address, .port = IKE_PORT },
					  .data = octets,
					  .len = f->init->len };

		memcpy(octets, f->init->octets, f->init->len);
		octets[0] = (uint8_t)(1 + i / 200);
		octets[1] = (uint8_t)(i % 200);
		if (spread) {
			d.remote.ip = (struct cyg_ip){ CYG_IPV4, { 172, (uint8_t)(i / 200),
								   (uint8_t)(i % 200), 1 } };
		}
		/* Only those that the kit knows are heard; the answers of the others are nobody's. */
		driver_input(kit_gateway(kit)->ike[0], &d);
	}
	free(octets);
	kit_settle(kit);
}

static struct kit *started(const struct kit_setup *setup, struct flood *f, const char *more)
{
	struct kit *kit = kit_new(setup);

	*f = (struct flood){ 0 };
	kit->script = watch;
	kit->ctx = f;
	kit_configure(kit_gateway(kit), kit_gateway_text(GCM, "esp-gcm", more));
	kit_configure(kit_client(kit), kit_client_text(GCM, "esp-gcm", NULL));
	kit_settle(kit);
	ck_assert_ptr_nonnull(f->init);
	return kit;
}

static void finish(struct kit *kit, struct flood *f)
{
	free(f->init);
	f->init = NULL;
	kit_free(kit);
}

START_TEST(one_prefix_with_many_half_open_sas_must_show_a_cookie)
{
	struct flood f;
	struct kit *kit = started(NULL, &f, NULL);

	strangers(kit, &f, HALF_OPEN_COOKIES_PREFIX + 1, false);
	ck_assert_uint_eq(f.cookies, 0);
	strangers(kit, &f, 300, false);
	ck_assert_uint_ge(f.cookies, 280);
	ck_assert_uint_le(kit_sas(kit_gateway(kit)), HALF_OPEN_COOKIES_PREFIX + 1);
	finish(kit, &f);
}
END_TEST

START_TEST(many_half_open_sas_in_all_switch_cookies_on)
{
	struct flood f;
	struct kit *kit = started(NULL, &f, NULL);

	strangers(kit, &f, HALF_OPEN_COOKIES + 1, true);
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).cookies_demanded, 0);
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).half_open, HALF_OPEN_COOKIES + 1);
	strangers(kit, &f, 1000, true); /* the first of them are repeats */
	ck_assert_uint_ge(kit_counters(kit_gateway(kit)).cookies_demanded, 700);
	ck_assert_uint_eq(kit_sas(kit_gateway(kit)), HALF_OPEN_COOKIES + 1);
	finish(kit, &f);
}
END_TEST

START_TEST(a_client_with_a_cookie_gets_in)
{
	struct flood f;
	struct kit *kit = started(NULL, &f, "crypto ikev2 cookie-challenge 0\n");

	/* One half-open SA is above none. */
	strangers(kit, &f, 1, true);
	f.connect = true;
	kit_pass(kit, 3000);
	ck_assert_uint_eq(kit_up(kit_client(kit)), 1);
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).cookies_demanded, 1);
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).cookies_accepted, 1);
	kit_pass(kit, 31000);
	ck_assert(kit_connected(kit));
	finish(kit, &f);
}
END_TEST

static enum kit_verdict spoil_cookie(struct kit *kit, struct kit_packet *packet, void *ctx)
{
	struct flood *f = ctx;
	struct message msg;
	const struct notify_payload *cookie;

	if (packet->to != KIT_GATEWAY)
		return KIT_PASS;
	ck_assert_int_eq(message_read(packet->octets, packet->len, &msg), CYG_OK);
	cookie = message_notify(&msg, CYG_N_COOKIE);
	if (cookie)
		packet->octets[cookie->data.ptr - packet->octets + 5] ^= 1;
	f->answers += cookie != NULL;
	return KIT_PASS;
}

START_TEST(a_false_cookie_begins_nothing)
{
	struct flood f;
	struct kit *kit = started(NULL, &f, "crypto ikev2 cookie-challenge 0\n");

	strangers(kit, &f, 1, true);
	f.answers = 0;
	kit->script = spoil_cookie;
	kit_pass(kit, 20000);
	ck_assert_uint_ge(f.answers, 2);
	ck_assert_uint_eq(kit_up(kit_client(kit)), 0);
	ck_assert_uint_ge(kit_counters(kit_gateway(kit)).cookies_rejected, 2);
	ck_assert_uint_eq(kit_sas(kit_gateway(kit)), 1);
	finish(kit, &f);
}
END_TEST

START_TEST(cookies_may_be_forbidden)
{
	struct flood f;
	struct kit *kit = started(NULL, &f, "no crypto ikev2 cookie-challenge\n");

	strangers(kit, &f, 400, true);
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).cookies_demanded, 0);
	ck_assert_uint_eq(kit_sas(kit_gateway(kit)), 400);
	finish(kit, &f);
}
END_TEST

START_TEST(half_open_sas_live_thirty_seconds)
{
	struct flood f;
	struct kit *kit = started(NULL, &f, NULL);

	strangers(kit, &f, 10, false);
	ck_assert_uint_eq(kit_sas(kit_gateway(kit)), 10);
	kit_pass(kit, 29000);
	ck_assert_uint_eq(kit_sas(kit_gateway(kit)), 10);
	kit_pass(kit, 2000);
	ck_assert_uint_eq(kit_sas(kit_gateway(kit)), 0);
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).half_open_expired, 10);
	finish(kit, &f);
}
END_TEST

START_TEST(the_oldest_half_open_sa_makes_room)
{
	struct flood f;
	struct kit_setup setup = { .options = { .half_open_max = 8 } };
	struct kit *kit = started(&setup, &f, "no crypto ikev2 cookie-challenge\n");

	strangers(kit, &f, 20, true);
	ck_assert_uint_eq(kit_sas(kit_gateway(kit)), 8);
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).half_open_dropped, 12);
	finish(kit, &f);
}
END_TEST

START_TEST(a_repeated_first_message_meets_its_half_open_sa)
{
	struct flood f;
	struct kit *kit = started(NULL, &f, NULL);

	for (unsigned i = 0; i < 5; i++)
		kit_inject(kit, KIT_GATEWAY, f.init->octets, f.init->len, false);
	kit_settle(kit);
	ck_assert_uint_eq(kit_sas(kit_gateway(kit)), 1);
	ck_assert_uint_eq(f.answers, 5);
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).responses_replayed, 4);
	finish(kit, &f);
}
END_TEST

START_TEST(limits_of_admission_hold)
{
	struct flood f;
	struct kit *kit = started(NULL, &f, _i ? "crypto ikev2 limit max-in-negotiation-sa 3 incoming\n" :
						 "crypto ikev2 limit max-sa 3\n");
	struct ike_counters c;

	strangers(kit, &f, 10, false);
	c = kit_counters(kit_gateway(kit));
	ck_assert_uint_eq(kit_sas(kit_gateway(kit)), 3);
	ck_assert_uint_eq(_i ? c.rejected_limit_negotiation : c.rejected_limit_sa, 7);
	ck_assert(kit_said("ike.limit", _i ? "max-in-negotiation-sa" : "limit max-sa"));
	kit_pass(kit, 31000);
	f.connect = true;
	kit_pass(kit, 60000);
	ck_assert(kit_connected(kit));
	finish(kit, &f);
}
END_TEST

/* By a group of much work: a few at once, some wait for their turn, all others are for later. */
START_TEST(key_exchanges_of_much_work_take_turns_and_the_queue_has_an_end)
{
	struct flood f;
	struct kit *kit = kit_new(&(struct kit_setup){ .hold_jobs = true });
	struct shard_group *group = kit_gateway(kit)->group;
	const struct ike_shard *ike = kit_gateway(kit)->ike[0];
	struct ike_counters c;

	f = (struct flood){ 0 };
	kit->script = watch;
	kit->ctx = &f;
	kit_configure(kit_gateway(kit), kit_gateway_text(" encryption aes-gcm-128\n prf sha256\n group 15 19\n", "esp-gcm",
							 "no crypto ikev2 cookie-challenge\n"
							 "crypto ikev2 limit queue sa-init 100\n"));
	kit_configure(kit_client(kit), kit_client_text(_i ? " encryption aes-gcm-128\n prf sha256\n group 19\n" :
							    " encryption aes-gcm-128\n prf sha256\n group 15\n",
						       "esp-gcm", NULL));
	kit_settle(kit);
	ck_assert_ptr_nonnull(f.init);
	strangers(kit, &f, 150, true);
	c = kit_counters(kit_gateway(kit));
	if (_i) { /* the twin: who asks for little work does not wait */
		ck_assert_uint_eq(ike->turns.waiting + ike->turns.taken, 0);
		ck_assert_uint_eq(c.rejected_limit_queue, 0);
		ck_assert_uint_eq(c.queue_at_once + c.queue_queued + c.queue_running + c.queue_waiting, 0);
		ck_assert_uint_eq(kit_sas(kit_gateway(kit)), 150);
		finish(kit, &f);
		return;
	}
	ck_assert_uint_eq(ike->turns.taken, 16);
	ck_assert_uint_eq(ike->turns.waiting, 100);
	ck_assert_uint_eq(kit_sas(kit_gateway(kit)), 116);
	ck_assert_uint_eq(c.rejected_limit_queue, 150 - 116);
	ck_assert_uint_eq(c.queue_at_once, 16);
	ck_assert_uint_eq(c.queue_running, 16);
	ck_assert_uint_eq(c.queue_queued, 100);
	ck_assert_uint_eq(c.queue_waiting, 100);
	ck_assert_uint_eq(c.queue_served + c.queue_left, 0);
	ck_assert(kit_said("ike.limit", "limit queue sa-init"));
	/* Each that is done makes room for the next one. */
	ck_assert(shard_manual_run_job(group));
	kit_settle(kit);
	ck_assert_uint_eq(ike->turns.taken, 16);
	ck_assert_uint_eq(ike->turns.waiting, 99);
	c = kit_counters(kit_gateway(kit));
	ck_assert_uint_eq(c.responses_out[0], 1);
	ck_assert_uint_eq(c.queue_served, 1);
	ck_assert_uint_eq(c.queue_waiting, 99);
	/* Half-open SAs do not live for ever: the queue runs dry, and the client gets in. */
	kit_pass(kit, 31000);
	ck_assert_uint_eq(ike->turns.waiting, 0);
	ck_assert_uint_eq(ike->turns.taken, 0);
	c = kit_counters(kit_gateway(kit));
	ck_assert_uint_gt(c.queue_left, 0);
	ck_assert_uint_eq(c.queue_served + c.queue_left, 100);
	while (shard_manual_run_job(group))
		;
	f.connect = true;
	for (unsigned i = 0; i < 600 && !kit_connected(kit); i++) {
		kit_pass(kit, 100);
		while (shard_manual_run_job(group))
			kit_settle(kit);
	}
	ck_assert(kit_connected(kit));
	finish(kit, &f);
}
END_TEST

/* Whatever the client asks is answered by a notify in clear that makes it ask anew. */
struct teaser {
	unsigned asked;
	bool groups;                    /* another group each time; else a cookie */
};

static enum kit_verdict tease(struct kit *kit, struct kit_packet *packet, void *ctx)
{
	struct teaser *t = ctx;
	struct ike_header header = packet->header;
	uint8_t octets[200], group[2] = { 0, t->asked % 2 ? 19 : 14 };
	struct chain_writer c;

	t->asked++;
	header.flags = CYG_FLAG_RESPONSE;
	c = chain_message(octets, sizeof(octets), &header);
	if (t->groups)
		notify_write(&c, CYG_PROTO_NONE, 0, 0, CYG_N_INVALID_KE_PAYLOAD, cyg_bytes(group, 2));
	else
		notify_write(&c, CYG_PROTO_NONE, 0, 0, CYG_N_COOKIE, cyg_bytes("again and again", 15));
	kit_inject(kit, KIT_CLIENT, octets, chain_end(&c, NULL).len, false);
	return KIT_DROP;
}

START_TEST(a_game_of_cookies_or_groups_has_an_end)
{
	struct teaser t = { .groups = _i };
	struct kit *kit = kit_new(NULL);

	kit->script = tease;
	kit->ctx = &t;
	kit_configure(kit_client(kit), kit_client_text(" encryption aes-gcm-128\n prf sha256\n group 19 14\n",
						       "esp-gcm", NULL));
	kit_settle(kit);
	ck_assert_uint_eq(t.asked, 1 + 3);
	kit_pass(kit, 900);
	ck_assert_uint_eq(t.asked, 1 + 3);
	kit_free(kit);
}
END_TEST

START_TEST(strangers_are_told_so_many_notifies_a_second)
{
	struct flood f;
	struct kit *kit = started(NULL, &f, NULL);
	unsigned before = f.answers;

	f.init->octets[17] = 0x30; /* another major version */
	for (unsigned i = 0; i < 300; i++)
		kit_inject(kit, KIT_GATEWAY, f.init->octets, f.init->len, false);
	kit_settle(kit);
	ck_assert_uint_eq(f.answers - before, 100);
	kit_pass(kit, 1000);
	kit_inject(kit, KIT_GATEWAY, f.init->octets, f.init->len, false);
	kit_settle(kit);
	ck_assert_uint_eq(f.answers - before, 101);
	finish(kit, &f);
}
END_TEST

START_TEST(beyond_the_limit_of_those_who_wait_an_ike_auth_is_for_later)
{
	struct kit *kit = kit_new(&(struct kit_setup){ .options = { .waiting_max = 5 } });

	kit_gateway(kit)->ike[0]->counters.waiting = 5; /* others */
	kit_configure_both(kit, GCM, "esp-gcm");
	kit_pass(kit, 900);
	ck_assert_uint_eq(kit_up(kit_gateway(kit)), 0);
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).drop_busy, 1);
	kit_gateway(kit)->ike[0]->counters.waiting = 4;
	kit_pass(kit, 900);
	ck_assert(kit_connected(kit));
	kit_free(kit);
}
END_TEST

START_TEST(an_old_cookie_is_none)
{
	struct flood f;
	struct kit *kit = started(NULL, &f, "crypto ikev2 cookie-challenge 0\n");
	struct ike_shard *ike = kit_gateway(kit)->ike[0];
	uint8_t first[COOKIE_SECRET_LEN], second[COOKIE_SECRET_LEN];

	strangers(kit, &f, 1, true);
	memcpy(first, ike->cookie_secret[ike->cookie_version & 1], sizeof(first));
	kit_pass(kit, COOKIE_ROTATE_MS);
	strangers(kit, &f, 2, true);
	memcpy(second, ike->cookie_secret[ike->cookie_version & 1], sizeof(second));
	ck_assert_mem_ne(first, second, sizeof(first));
	/* The one before is good for another interval, and for no longer after a pause. */
	ck_assert_mem_eq(ike->cookie_secret[(ike->cookie_version - 1) & 1], first, sizeof(first));
	kit_pass(kit, 10 * COOKIE_ROTATE_MS);
	strangers(kit, &f, 3, true);
	ck_assert_mem_ne(ike->cookie_secret[(ike->cookie_version - 1) & 1], second, sizeof(second));
	finish(kit, &f);
}
END_TEST

START_TEST(a_page_looks_at_no_more_than_its_share_whatever_matches)
{
	struct flood f;
	struct kit *kit = started(NULL, &f, NULL);
	struct ike_shard *ike = kit_gateway(kit)->ike[0];
	struct ike_filter nobody = { .remote = { CYG_IPV4, { 192, 0, 2, 99 } } }, one;
	struct row_cursor cursor;
	struct child_sa_row child;
	struct ike_sa_row row;

	strangers(kit, &f, 2 * ROWS_LOOKS + 1, true);
	ck_assert_uint_eq(kit_sas(kit_gateway(kit)), 2 * ROWS_LOOKS + 1);
	for (unsigned kind = 0; kind < 2; kind++) {
		cursor = (struct row_cursor){ 0 };
		for (unsigned page = 0; page < 3; page++) {
			ck_assert(!cursor.end);
			ck_assert_uint_eq(kind ? child_rows(ike, NULL, &cursor, &child, 1)
					       : ike_rows(ike, &nobody, &cursor, &row, 1), 0);
		}
		ck_assert(cursor.end);
	}
	/* Its twin: the last of them is found, if only some pages later. */
	one = (struct ike_filter){ .serial = ike_last_serial(ike) };
	cursor = (struct row_cursor){ 0 };
	ck_assert_uint_eq(ike_rows(ike, &one, &cursor, &row, 1), 0);
	ck_assert_uint_eq(ike_rows(ike, &one, &cursor, &row, 1), 0);
	ck_assert_uint_eq(ike_rows(ike, &one, &cursor, &row, 1), 1);
	ck_assert_uint_eq(row.serial, one.serial);
	finish(kit, &f);
}
END_TEST

START_TEST(a_page_goes_on_where_it_was_though_that_sa_is_gone)
{
	struct flood f;
	struct kit *kit = started(NULL, &f, NULL);
	struct ike_shard *ike = kit_gateway(kit)->ike[0];
	struct row_cursor cursor = { 0 };
	struct ike_sa_row row;
	uint32_t told = 0, last;
	unsigned rows = 0, pages = 0;

	strangers(kit, &f, 3 * ROWS_LOOKS, true);
	last = ike_last_serial(ike);
	while (!cursor.end) {
		ck_assert_uint_lt(pages++, 100);
		if (ike_rows(ike, NULL, &cursor, &row, 1) == 0)
			continue;
		rows++;
		ck_assert_uint_gt(row.serial, told);
		told = row.serial;
		/* Far from the oldest: a page that began there again would tell nothing. */
		if (rows == 2 * ROWS_LOOKS)
			ck_assert_uint_eq(ike_clear(ike, &(struct ike_filter){ .serial = told }, NULL, last, 64), 1);
	}
	ck_assert_uint_eq(rows, 3 * ROWS_LOOKS);
	ck_assert_uint_eq(told, last);
	ck_assert_uint_eq(pages, rows);
	finish(kit, &f);
}
END_TEST

/* Strangers can have it come to that in days; nobody's SA may suffer. */
START_TEST(numbers_of_sas_begin_anew_when_they_are_used_up)
{
	struct flood f;
	struct kit *kit = started(NULL, &f, NULL);
	struct ike_shard *ike = kit_gateway(kit)->ike[0];
	struct row_cursor cursor = { 0 };
	struct ike_sa_row row;
	uint32_t told = 0;
	unsigned rows = 0;

	strangers(kit, &f, 5, true);
	ike->serial = UINT32_MAX - 3;
	strangers(kit, &f, 10, true); /* five of them are there already */
	while (!cursor.end) {
		if (ike_rows(ike, NULL, &cursor, &row, 1) == 0)
			continue;
		ck_assert_uint_eq(row.serial, ++told);
		rows++;
	}
	ck_assert_uint_eq(rows, 10);
	ck_assert_uint_eq(ike_last_serial(ike), 10);
	finish(kit, &f);
}
END_TEST

/* Each turn looks at its share, and the whole walk at each SA once, though they go and come while it is on its way. */
START_TEST(a_walk_that_clears_looks_at_each_sa_once)
{
	struct flood f;
	struct kit *kit = started(NULL, &f, NULL);
	struct ike_shard *ike = kit_gateway(kit)->ike[0];
	struct row_cursor cursor = { 0 };
	struct ike_filter one;
	uint32_t last;
	size_t cleared = 0;
	unsigned turns = 0;

	strangers(kit, &f, 40, true);
	last = ike_last_serial(ike);
	while (!cursor.end) {
		ck_assert_uint_lt(turns, 100);
		cleared += ike_clear(ike, NULL, &cursor, last, 4);
		switch (turns++) {
		case 2: /* one behind the cursor ends by itself, and so does the next one of the walk */
			one = (struct ike_filter){ .serial = last };
			ck_assert_uint_eq(ike_clear(ike, &one, NULL, last, 64), 1);
			one.serial = cursor.done + 1;
			ck_assert_uint_eq(ike_clear(ike, &one, NULL, last, 64), 1);
			break;
		case 4: /* and some are younger than the command */
			strangers(kit, &f, 3, true);
			break;
		}
	}
	ck_assert_uint_eq(cleared, 38);
	ck_assert_uint_eq(turns, 10);
	ck_assert_uint_eq(kit_sas(kit_gateway(kit)), 3);
	/* What matches hardly ever costs as many turns, none of them longer. */
	strangers(kit, &f, 37, true);
	one = (struct ike_filter){ .serial = ike_last_serial(ike) };
	cursor = (struct row_cursor){ 0 };
	for (turns = 0, cleared = 0; !cursor.end && turns < 100; turns++) {
		ck_assert_uint_eq(cleared, 0);
		cleared = ike_clear(ike, &one, &cursor, one.serial, 4);
	}
	ck_assert_uint_eq(cleared, 1);
	ck_assert_uint_eq(turns, 10);
	finish(kit, &f);
}
END_TEST

Suite *limits_suite(void)
{
	Suite *suite = suite_create("limits");
	TCase *tcase = tcase_create("limits");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, one_prefix_with_many_half_open_sas_must_show_a_cookie);
	tcase_add_test(tcase, many_half_open_sas_in_all_switch_cookies_on);
	tcase_add_test(tcase, a_client_with_a_cookie_gets_in);
	tcase_add_test(tcase, a_false_cookie_begins_nothing);
	tcase_add_test(tcase, cookies_may_be_forbidden);
	tcase_add_test(tcase, half_open_sas_live_thirty_seconds);
	tcase_add_test(tcase, the_oldest_half_open_sa_makes_room);
	tcase_add_test(tcase, a_repeated_first_message_meets_its_half_open_sa);
	tcase_add_loop_test(tcase, limits_of_admission_hold, 0, 2);
	tcase_add_loop_test(tcase, key_exchanges_of_much_work_take_turns_and_the_queue_has_an_end, 0, 2);
	tcase_add_loop_test(tcase, a_game_of_cookies_or_groups_has_an_end, 0, 2);
	tcase_add_test(tcase, strangers_are_told_so_many_notifies_a_second);
	tcase_add_test(tcase, beyond_the_limit_of_those_who_wait_an_ike_auth_is_for_later);
	tcase_add_test(tcase, an_old_cookie_is_none);
	tcase_add_test(tcase, a_page_looks_at_no_more_than_its_share_whatever_matches);
	tcase_add_test(tcase, numbers_of_sas_begin_anew_when_they_are_used_up);
	tcase_add_test(tcase, a_page_goes_on_where_it_was_though_that_sa_is_gone);
	tcase_add_test(tcase, a_walk_that_clears_looks_at_each_sa_once);
	suite_add_tcase(suite, tcase);
	return suite;
}
