/* SPDX-License-Identifier: MIT */
/* The plugin whole: two shards, leases by message, reloads, commands. */
#include "address_pool.h"
#include "address_pool_tests.h"

#include "testing/unit/commands.h"

#include <stdio.h>
#include <stdlib.h>

extern const struct cyg_plugin cyg_plugin_address_pool;

static struct harness *h;
static struct commands *commands;
static struct cyg_plugin_ctx *ctx;
static const struct cyg_address_ops *ops;
static char near_name[16], far_name[16]; /* pools of the first shard and of the other one */

/* A session that waits for an address. */
struct session {
	struct cyg_op op;
	struct cyg_shard *shard;
	struct cyg_lease lease;
	enum cyg_status status; /* CYG_PENDING while it waits */
	bool called;
};

static void lease_done(struct cyg_op *op, enum cyg_status status)
{
	struct session *s = CYG_CONTAINER(op, struct session, op);

	ck_assert(!s->called);
	s->called = true;
	s->status = status;
}

static void ask_for(struct session *s, struct cyg_shard *shard, uint8_t family, const char *pool,
		    const char *who)
{
	struct cyg_identity *id = NULL;
	struct cyg_lease_request request = { .family = family, .source = cyg_str(pool) };

	if (who)
		ck_assert_int_eq(cyg_identity_new(CYG_ID_FQDN, cyg_bytes(who, strlen(who)), &id), CYG_OK);
	request.id = id;
	*s = (struct session){ .shard = shard };
	cyg_op_init(&s->op, shard, lease_done);
	s->status = ops->lease(ctx, shard, &request, &s->lease, &s->op);
	cyg_identity_unref(id); /* it is borrowed for the call only */
}

static void begin(struct session *s, struct cyg_shard *shard, const char *pool, const char *who)
{
	ask_for(s, shard, CYG_IPV4, pool, who);
}

static void expect(struct session *s, const char *address)
{
	char text[CYG_IP_TEXT];

	harness_step(h, 1);
	ck_assert_int_eq(s->status, CYG_OK);
	ck_assert_str_eq(cyg_ip_text(&s->lease.ip, text), address);
}

static void end(struct session *s)
{
	ops->release(ctx, s->shard, &s->lease);
	harness_step(h, 1);
}

/* The pools `near` and `far` have these addresses, "LOW HIGH"; NULL: there is none. */
static void load(const char *near_range, const char *far_range)
{
	char text[512];
	struct cyg_strbuf out = CYG_STRBUF(text);

	if (near_range)
		cyg_strbuf_addf(&out, "ip local pool %s %s\n", near_name, near_range);
	if (far_range)
		cyg_strbuf_addf(&out, "ip local pool %s %s\n", far_name, far_range);
	commands_load(commands, text);
}

static void find_name(char name[16], unsigned owner)
{
	unsigned i = 0;

	do {
		snprintf(name, 16, "pool%u", i++);
	} while (pool_owner(h->shard, cyg_str(name)) != owner);
}

static void setup(void)
{
	h = harness_start(&cyg_plugin_address_pool, NULL);
	ops = harness_feature(h, CYG_ADDRESS, &ctx)->address;
	ck_assert_ptr_eq(ops, &address_pool_ops);
	commands = commands_start(h, &address_pool_commands);
	find_name(near_name, 0);
	find_name(far_name, 1);
}

static void teardown(void)
{
	commands_end(commands);
	harness_stop(h);
}

START_TEST(a_lease_from_a_pool_of_the_same_shard_is_there_at_once)
{
	struct session s;

	load("10.0.0.1 10.0.0.9", NULL);
	begin(&s, h->shard, near_name, "a");
	ck_assert_int_eq(s.status, CYG_OK);
	expect(&s, "10.0.0.1");
	ck_assert(!s.called);
	ck_assert_uint_eq(s.lease.prefix, 32);
	ck_assert_uint_eq(s.lease.seconds, 0);
	ck_assert_str_eq(s.lease.source, near_name);
	end(&s);
}
END_TEST

START_TEST(a_lease_from_a_pool_of_another_shard_comes_by_message)
{
	struct session s;

	load(NULL, "10.0.0.1 10.0.0.9");
	begin(&s, h->shard, far_name, "a");
	ck_assert_int_eq(s.status, CYG_PENDING);
	ck_assert(!s.called);
	expect(&s, "10.0.0.1");
	ck_assert(s.called);
	end(&s);
}
END_TEST

START_TEST(sessions_of_all_shards_share_one_pool)
{
	struct session a, b;

	load("10.0.0.1 10.0.0.9", NULL);
	begin(&a, h->shard, near_name, "a");
	begin(&b, h->other, near_name, "b");
	expect(&a, "10.0.0.1");
	expect(&b, "10.0.0.2");
	end(&a);
	end(&b);
	begin(&a, h->other, near_name, "a"); /* on whichever shard it comes back */
	expect(&a, "10.0.0.1");
	end(&a);
}
END_TEST

START_TEST(a_pool_that_is_not_there_is_not_found)
{
	const char *const names[] = { near_name, far_name };
	struct session s;

	load(NULL, NULL);
	for (size_t i = 0; i < CYG_COUNT(names); i++) {
		begin(&s, h->shard, names[i], "a");
		harness_step(h, 1);
		ck_assert_int_eq(s.status, CYG_NOT_FOUND);
	}
	begin(&s, h->shard, "", "a");
	ck_assert_int_eq(s.status, CYG_NOT_FOUND);
	load("10.0.0.1 10.0.0.9", NULL);
	ask_for(&s, h->shard, CYG_IPV6, near_name, "a"); /* of the other family */
	ck_assert_int_eq(s.status, CYG_NOT_FOUND);
}
END_TEST

START_TEST(an_exhausted_pool_says_so_and_gives_again_what_comes_back)
{
	const char *const names[] = { near_name, far_name };
	struct session a, b;

	load("10.0.0.1", "10.0.1.1");
	for (size_t i = 0; i < CYG_COUNT(names); i++) {
		begin(&a, h->shard, names[i], "a");
		harness_step(h, 1);
		ck_assert_int_eq(a.status, CYG_OK);
		begin(&b, h->shard, names[i], "b");
		harness_step(h, 1);
		ck_assert_int_eq(b.status, CYG_LIMIT);
		end(&a);
		begin(&b, h->shard, names[i], "b");
		harness_step(h, 1);
		ck_assert_int_eq(b.status, CYG_OK);
		end(&b);
	}
}
END_TEST

START_TEST(a_session_that_ends_while_it_waits_leaves_no_lease)
{
	struct session s, t;

	load(NULL, "10.0.0.1");
	begin(&s, h->shard, far_name, "a");
	ck_assert_int_eq(s.status, CYG_PENDING);
	cyg_op_cancel(&s.op);
	memset(&s, 0xee, sizeof(s)); /* its memory is another's now */
	harness_step(h, 1);
	begin(&t, h->shard, far_name, "b");
	expect(&t, "10.0.0.1");
	end(&t);
}
END_TEST

static size_t filled;

static void drop_filling(struct cyg_shard *to, struct cyg_msg *msg)
{
	(void)to;
	free(msg);
	filled--;
}

static void drop_late(struct cyg_msg *msg)
{
	drop_filling(NULL, msg);
}

/* Until not one more message fits into a shard's mailbox. */
static void fill_mailbox(struct cyg_shard *shard)
{
	enum cyg_status status;

	do {
		struct cyg_msg *msg = calloc(1, sizeof(*msg));

		ck_assert_ptr_nonnull(msg);
		msg->run = drop_filling;
		msg->drop = drop_late;
		status = cyg_shard_post(shard, msg);
		if (status == CYG_OK)
			filled++;
		else
			free(msg);
	} while (status == CYG_OK);
}

START_TEST(a_full_mailbox_refuses_leases_and_delays_releases)
{
	struct session s, t;

	load(NULL, "10.0.0.1");
	begin(&s, h->shard, far_name, "a");
	expect(&s, "10.0.0.1");
	fill_mailbox(h->other);
	begin(&t, h->shard, far_name, "b");
	ck_assert_int_eq(t.status, CYG_BUSY);
	ops->release(ctx, h->shard, &s.lease);
	harness_step(h, 20);
	ck_assert_uint_eq(filled, 0);
	begin(&t, h->shard, far_name, "b");
	expect(&t, "10.0.0.1");
	end(&t);
}
END_TEST

START_TEST(a_reload_that_keeps_the_range_keeps_the_leases)
{
	struct session a, b, c;

	load("10.0.0.1 10.0.0.2", "10.0.1.1 10.0.1.2");
	begin(&a, h->shard, near_name, "a");
	expect(&a, "10.0.0.1");
	begin(&b, h->shard, far_name, "b");
	expect(&b, "10.0.1.1");
	load("10.0.0.1 10.0.0.4", "10.0.1.1 10.0.1.4");
	begin(&c, h->shard, near_name, "c");
	expect(&c, "10.0.0.2");
	end(&a);
	end(&b);
	begin(&b, h->shard, far_name, "b");
	expect(&b, "10.0.1.1");
	end(&b);
	end(&c);
}
END_TEST

START_TEST(a_lease_of_a_pool_that_was_removed_is_released_cleanly)
{
	struct session a, b, c;

	load("10.0.0.1 10.0.0.2", "10.0.1.1 10.0.1.2");
	begin(&a, h->shard, near_name, "a");
	expect(&a, "10.0.0.1");
	begin(&b, h->shard, far_name, "b");
	expect(&b, "10.0.1.1");
	load(NULL, NULL);
	begin(&c, h->shard, near_name, "c");
	ck_assert_int_eq(c.status, CYG_NOT_FOUND);
	end(&a);
	end(&b);
	load("10.0.0.1 10.0.0.2", NULL);
	begin(&c, h->shard, near_name, "c");
	expect(&c, "10.0.0.1");
	end(&c);
}
END_TEST

START_TEST(an_ipv6_pool_gives_addresses_or_whole_prefixes)
{
	struct session a, b;

	commands_load(commands, "ipv6 local pool single 2001:db8::/126 128\n"
				"ipv6 local pool whole 2001:db8:8000::/40 48\n");
	ask_for(&a, h->shard, CYG_IPV6, "single", "a");
	expect(&a, "2001:db8::");
	ck_assert_uint_eq(a.lease.prefix, 128);
	ask_for(&b, h->shard, CYG_IPV6, "whole", "a");
	expect(&b, "2001:db8:8000::1");
	ck_assert_uint_eq(b.lease.prefix, 48);
	end(&a);
	end(&b);
	ask_for(&b, h->other, CYG_IPV6, "whole", "a");
	expect(&b, "2001:db8:8000::1");
	end(&b);
}
END_TEST

START_TEST(an_ipv6_pool_may_be_cut_anew_while_leases_of_the_old_length_last)
{
	struct session a, b;

	commands_load(commands, "ipv6 local pool p 2001:db8::/32 48\n");
	ask_for(&a, h->shard, CYG_IPV6, "p", "a");
	expect(&a, "2001:db8::1");
	commands_load(commands, "ipv6 local pool p 2001:db8::/32 64\n");
	ask_for(&b, h->shard, CYG_IPV6, "p", "b");
	harness_step(h, 1);
	ck_assert_int_eq(b.status, CYG_OK);
	ck_assert_uint_eq(b.lease.prefix, 64);
	end(&a);
	end(&b);
}
END_TEST

/* --- Commands --- */

START_TEST(pools_are_shown_with_what_is_free_and_in_use)
{
	struct session s;
	json_t *row;

	commands_load(commands, "ip local pool one 10.0.0.1 10.0.0.10\n"
				"ip local pool two 10.0.1.1\n"
				"ip local pool one 10.0.2.1 10.0.2.5\n");
	begin(&s, h->shard, "one", "a");
	harness_step(h, 1);
	ck_assert_str_eq(commands_run(commands, "show ip local pool", false),
			 " Pool                     Begin           End                  Free    In use\n"
			 " one                      10.0.0.1        10.0.0.10               9         1\n"
			 " one                      10.0.2.1        10.0.2.5                5         0\n"
			 " two                      10.0.1.1        10.0.1.1                1         0\n");
	ck_assert_int_eq(commands->status, CYG_OK);
	ck_assert_str_eq(commands_run(commands, "show ip local pool one", true), "");
	ck_assert_uint_eq(json_array_size(commands->rows), 2);
	row = json_array_get(commands->rows, 0);
	ck_assert_str_eq(json_string_value(json_object_get(row, "pool")), "one");
	ck_assert_str_eq(json_string_value(json_object_get(row, "begin")), "10.0.0.1");
	ck_assert_int_eq(json_integer_value(json_object_get(row, "used")), 1);
	ck_assert_int_eq(json_integer_value(json_object_get(row, "free")), 9);
	end(&s);
}
END_TEST

START_TEST(ipv6_pools_are_shown_with_their_lengths)
{
	commands_load(commands, "ipv6 local pool p 2001:db8::/32 128\n");
	commands_run(commands, "show ipv6 local pool", false);
	ck_assert_ptr_nonnull(strstr(commands->text, "2^63 or more"));
	ck_assert_ptr_nonnull(strstr(commands->text, "/128"));
	ck_assert_uint_eq(json_array_size(commands->rows), 1);
}
END_TEST

START_TEST(a_pool_that_is_not_there_is_not_shown)
{
	commands_run(commands, "show ip local pool nobody", false);
	ck_assert_int_eq(commands->status, CYG_NOT_FOUND);
	ck_assert_str_eq(commands->error, "there is no pool 'nobody'");
	commands_run(commands, "show ip local pool", false);
	ck_assert_int_eq(commands->status, CYG_OK);
}
END_TEST

static void check_findings(const char *text, const char *want)
{
	char *found = commands_judge(commands, text);

	ck_assert_msg(strstr(found, want) != NULL, "%s", found);
	free(found);
}

START_TEST(ranges_that_cannot_be_are_errors_at_their_place)
{
	check_findings("ip local pool p 10.0.0.9 10.0.0.1\n", "test:1:26: error");
	check_findings("ip local pool p 10.0.0.1 10.0.0.9\nip local pool p 10.0.0.9 10.0.0.20\n",
		       "test:2:1: error: the pool has some of these addresses already (test:1) [conflict]");
	check_findings("ipv6 local pool p 2001:db8::/64 48\n", "[range]");
	check_findings("ipv6 local pool p 2001:db8::1/64 128\n", "[host-bits]");
	check_findings("ip local pool p\n", "[syntax]");
	check_findings("ip local pool p 10.0.0.1 recycle delay 0\n", "[range]");
	check_findings("ipv6 local pool p 2001:db8::/64 128 shared\n", "test:1:37: warning: `shared` is kept");
}
END_TEST

START_TEST(pools_are_rendered_as_they_were_written)
{
	const char *const text = "ip local pool one 10.0.0.1 10.0.0.10\n"
				 "ip local pool one 10.0.2.1\n"
				 "ip local pool two 10.0.3.1 10.0.3.9 recycle delay 30\n"
				 "ipv6 local pool six 2001:db8::/64 128\n";
	char *out;

	commands_load(commands, text);
	out = commands_render(commands);
	ck_assert_msg(strstr(out, "ip local pool two 10.0.3.1 10.0.3.9 recycle delay 30\n") != NULL, "%s", out);
	ck_assert_msg(strstr(out, "ip local pool one 10.0.0.1 10.0.0.10\n") != NULL, "%s", out);
	ck_assert_msg(strstr(out, "ip local pool one 10.0.2.1\n") != NULL, "%s", out);
	ck_assert_msg(strstr(out, "ipv6 local pool six 2001:db8::/64 128\n") != NULL, "%s", out);
	free(out);
}
END_TEST

TCase *lease_tests(void)
{
	TCase *tc = tcase_create("lease");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_lease_from_a_pool_of_the_same_shard_is_there_at_once);
	tcase_add_test(tc, a_lease_from_a_pool_of_another_shard_comes_by_message);
	tcase_add_test(tc, sessions_of_all_shards_share_one_pool);
	tcase_add_test(tc, a_pool_that_is_not_there_is_not_found);
	tcase_add_test(tc, an_exhausted_pool_says_so_and_gives_again_what_comes_back);
	tcase_add_test(tc, a_session_that_ends_while_it_waits_leaves_no_lease);
	tcase_add_test(tc, a_full_mailbox_refuses_leases_and_delays_releases);
	tcase_add_test(tc, a_reload_that_keeps_the_range_keeps_the_leases);
	tcase_add_test(tc, a_lease_of_a_pool_that_was_removed_is_released_cleanly);
	tcase_add_test(tc, an_ipv6_pool_gives_addresses_or_whole_prefixes);
	tcase_add_test(tc, an_ipv6_pool_may_be_cut_anew_while_leases_of_the_old_length_last);
	tcase_add_test(tc, pools_are_shown_with_what_is_free_and_in_use);
	tcase_add_test(tc, ipv6_pools_are_shown_with_their_lengths);
	tcase_add_test(tc, a_pool_that_is_not_there_is_not_shown);
	tcase_add_test(tc, ranges_that_cannot_be_are_errors_at_their_place);
	tcase_add_test(tc, pools_are_rendered_as_they_were_written);
	return tc;
}
