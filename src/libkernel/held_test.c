/* SPDX-License-Identifier: MIT */
/* Routes of sessions: who waits hears, however late it is, and the system has what is wanted and nothing else. */
#include "held.h"
#include "libkernel_tests.h"

#include "shard/shard.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#define INTERFACE 7
#define MANY	  1500

/* Two shards and the system, which answers when it is told to. */
struct side {
	struct cyg_shard *shard;
	struct nl nl;
	struct outbox outbox;
	struct held held;
	int system;             /* the other end of `nl` */
	unsigned device;        /* 0: not there */
	unsigned added, removed; /* what the system was asked */
};

static struct shard_group *group;
static struct side sides[2];
static unsigned over;
static enum cyg_status status;

static struct side *side_of(struct held *held)
{
	return CYG_CONTAINER(held, struct side, held);
}

static struct held *of(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard)
{
	return &sides[cyg_shard_index(shard)].held;
}

static unsigned device(struct held *held, uint32_t interface_id)
{
	ck_assert_uint_eq(interface_id, INTERFACE);
	return side_of(held)->device;
}

static const struct held_owner owner = { .of = of, .device = device };

static void on_done(struct cyg_op *op, enum cyg_status with)
{
	over++;
	status = with;
}

static void begin(unsigned index)
{
	const struct shard_manual setup = { .workers = 2 };

	ck_assert_int_eq(shard_manual_group_new(&setup, &group), CYG_OK);
	over = 0;
	for (unsigned i = 0; i < 2; i++) {
		struct side *side = &sides[i];
		int fds[2], room = 4 << 20;

		*side = (struct side){ .shard = shard_group_worker(group, i), .device = index };
		ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds), 0);
		(void)setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
		side->system = fds[0];
		ck_assert_int_eq(nl_init(&side->nl, side->shard, fds[1]), CYG_OK);
		ck_assert_int_eq(outbox_init(&side->outbox, side->shard), CYG_OK);
		side->held = (struct held){ .owner = &owner, .shard = side->shard, .nl = &side->nl, .outbox = &side->outbox };
	}
}

static void end(void)
{
	for (unsigned i = 0; i < 2; i++) {
		held_done(&sides[i].held);
		outbox_done(&sides[i].outbox);
		nl_done(&sides[i].nl);
		close(sides[i].system);
		ck_assert_uint_eq(shard_timer_count(sides[i].shard), 0);
	}
	shard_manual_free(sides[0].shard);
}

static void note_request(struct side *side, const struct nlmsghdr *header)
{
	if (header->nlmsg_type == RTM_NEWROUTE)
		side->added++;
	else if (header->nlmsg_type == RTM_DELROUTE)
		side->removed++;
}

static void acknowledge(struct side *side, uint32_t seq, int error)
{
	char octets[256] = { 0 };
	struct nlmsghdr *header = mnl_nlmsg_put_header(octets);
	struct nlmsgerr *body;

	header->nlmsg_type = NLMSG_ERROR;
	header->nlmsg_seq = seq;
	body = mnl_nlmsg_put_extra_header(header, sizeof(*body));
	body->error = -error;
	nl_read(&side->nl, octets, header->nlmsg_len);
}

/* Works on what it was sent, in order. Returns how much that was. */
static unsigned system_works(struct side *side)
{
	union {
		struct nlmsghdr header;
		char octets[NL_BATCH_MAX];
	} batch;
	unsigned worked = 0;
	ssize_t got;

	while ((got = recv(side->system, batch.octets, sizeof(batch), 0)) > 0) {
		const struct nlmsghdr *header = &batch.header;

		for (int left = (int)got; mnl_nlmsg_ok(header, left); header = mnl_nlmsg_next(header, &left)) {
			note_request(side, header);
			acknowledge(side, header->nlmsg_seq, 0);
			worked++;
		}
	}
	return worked;
}

static struct cyg_prefix route(unsigned number)
{
	return (struct cyg_prefix){ .ip = { .family = CYG_IPV4, .octets = { 10, 1, (uint8_t)(number >> 8), (uint8_t)number } },
				    .len = 32 };
}

static void settle(void)
{
	for (unsigned round = 0; round < 8; round++) {
		for (unsigned i = 0; i < 2; i++) {
			(void)shard_step(sides[i].shard);
			(void)system_works(&sides[i]);
		}
	}
}

static void pass(uint64_t ms)
{
	shard_clock_advance(shard_manual_clock(sides[0].shard), ms);
}

/* Adds a route in the name of shard 0, in the system at once. Returns which shard keeps count of it. */
static unsigned add_first(const struct cyg_prefix *to)
{
	ck_assert_int_eq(held_set(&sides[0].held, HELD_ROUTE, INTERFACE, to, 0, true, NULL), CYG_OK);
	settle();
	ck_assert_uint_eq(sides[0].held.count + sides[1].held.count, 1);
	return sides[0].held.count ? 0 : 1;
}

START_TEST(a_removal_is_answered_however_long_the_shard_that_keeps_count_stands_still)
{
	struct cyg_prefix to = route(1);
	struct side *keeps, *asks;
	struct cyg_op op;

	begin(3);
	keeps = &sides[add_first(&to)];
	asks = &sides[keeps == &sides[0]];
	cyg_op_init(&op, asks->shard, on_done);
	ck_assert_int_eq(held_set(&asks->held, HELD_ROUTE, INTERFACE, &to, 0, false, &op), CYG_PENDING);
	for (unsigned i = 0; i < 30; i++) {
		(void)shard_step(asks->shard);
		pass(1000);
	}
	ck_assert_uint_eq(over, 0);
	settle();
	ck_assert_uint_eq(over, 1);
	ck_assert_int_eq(status, CYG_OK);
	ck_assert_uint_eq(keeps->removed, 1);
	ck_assert_uint_eq(keeps->held.count, 0);
	end();
}
END_TEST

START_TEST(a_route_whose_answer_is_late_stays)
{
	struct cyg_prefix to = route(1);
	struct side *keeps, *asks;
	struct cyg_op op;

	begin(3);
	keeps = &sides[add_first(&to)];
	asks = &sides[keeps == &sides[0]];
	ck_assert_int_eq(held_set(&sides[0].held, HELD_ROUTE, INTERFACE, &to, 0, false, NULL), CYG_OK);
	settle();
	ck_assert_uint_eq(keeps->removed, 1);
	cyg_op_init(&op, asks->shard, on_done);
	ck_assert_int_eq(held_set(&asks->held, HELD_ROUTE, INTERFACE, &to, 0, true, &op), CYG_PENDING);
	(void)shard_step(asks->shard);
	pass(30000);
	(void)shard_step(asks->shard); /* it stood still itself, say, and looks at its timers first */
	settle();
	ck_assert_uint_eq(over, 1);
	ck_assert_int_eq(status, CYG_OK);
	ck_assert_uint_eq(keeps->added, 2);
	ck_assert_uint_eq(keeps->removed, 1);
	ck_assert_uint_eq(keeps->held.count, 1);
	end();
}
END_TEST

START_TEST(an_addition_that_is_cancelled_is_taken_back)
{
	struct cyg_prefix to = route(1);
	struct cyg_op op;

	begin(3);
	cyg_op_init(&op, sides[0].shard, on_done);
	ck_assert_int_eq(held_set(&sides[0].held, HELD_ROUTE, INTERFACE, &to, 0, true, &op), CYG_PENDING);
	cyg_op_cancel(&op);
	settle();
	ck_assert_uint_eq(over, 0);
	ck_assert_uint_eq(sides[0].removed + sides[1].removed, sides[0].added + sides[1].added);
	ck_assert_uint_eq(sides[0].held.count + sides[1].held.count, 0);
	end();
}
END_TEST

START_TEST(nobody_waits_for_a_device_and_its_routes_come_with_it)
{
	struct cyg_prefix to = route(1);
	struct cyg_op ops[3];
	struct side *keeps;

	begin(0);
	for (unsigned i = 0; i < 3; i++) {
		cyg_op_init(&ops[i], sides[i % 2].shard, on_done);
		/* Two want it, one of them no longer. */
		ck_assert_int_eq(held_set(&sides[i % 2].held, HELD_ROUTE, INTERFACE, &to, 0, i < 2, &ops[i]), CYG_PENDING);
		settle();
		ck_assert_uint_eq(over, i + 1);
		ck_assert_int_eq(status, CYG_OK);
	}
	ck_assert_uint_eq(sides[0].added + sides[1].added, 0);
	keeps = &sides[sides[0].held.count ? 0 : 1];
	keeps->device = 3;
	held_device(&keeps->held, INTERFACE, 3);
	settle();
	ck_assert_uint_eq(keeps->added, 1);
	ck_assert_int_eq(held_set(&keeps->held, HELD_ROUTE, INTERFACE, &to, 0, false, NULL), CYG_OK);
	settle();
	ck_assert_uint_eq(keeps->removed, 1);
	end();
}
END_TEST

START_TEST(more_than_may_be_under_way_is_asked_for_a_little_later)
{
	static struct cyg_op ops[MANY];

	begin(3);
	for (unsigned round = 0; round < 2; round++) {
		over = 0;
		for (unsigned i = 0; i < MANY; i++) {
			struct cyg_prefix to = route(i);

			cyg_op_init(&ops[i], sides[0].shard, on_done);
			ck_assert_int_eq(held_set(&sides[0].held, HELD_ROUTE, INTERFACE, &to, 0, round == 0, &ops[i]),
					 CYG_PENDING);
		}
		for (unsigned i = 0; i < 64; i++) { /* the system takes its time */
			(void)shard_step(sides[0].shard);
			(void)shard_step(sides[1].shard);
		}
		for (unsigned i = 0; i < 20 && over < MANY; i++) {
			settle();
			pass(2);
		}
		ck_assert_uint_eq(over, MANY);
		ck_assert_uint_eq(sides[0].added + sides[1].added, MANY);
		ck_assert_uint_eq(sides[0].removed + sides[1].removed, round * MANY);
		ck_assert_uint_eq(sides[0].held.count + sides[1].held.count, round == 0 ? MANY : 0);
	}
	end();
}
END_TEST

/* What takes the room of others. */
static void ignore(struct cyg_shard *shard, void *ctx, const struct nl_answer *answer)
{
}

START_TEST(a_removal_that_found_no_room_while_the_addition_was_under_way_is_made_up_for)
{
	struct cyg_prefix to = route(1);
	struct nl_message m;
	struct side *keeps;
	uint32_t seq;

	begin(3);
	ck_assert_int_eq(held_set(&sides[0].held, HELD_ROUTE, INTERFACE, &to, 0, true, NULL), CYG_OK);
	for (unsigned i = 0; i < 4; i++) {
		(void)shard_step(sides[0].shard);
		(void)shard_step(sides[1].shard);
	}
	keeps = &sides[sides[0].nl.count ? 0 : 1];
	ck_assert_uint_eq(keeps->nl.count, 1); /* the system thinks about it */
	seq = keeps->nl.seq;
	for (unsigned i = 1; i < NL_PENDING_MAX; i++) {
		nl_link_delete(&m, "cyg-t0");
		ck_assert_int_eq(nl_send(&keeps->nl, &m, ignore, NULL), CYG_OK);
	}
	ck_assert_int_eq(held_set(&keeps->held, HELD_ROUTE, INTERFACE, &to, 0, false, NULL), CYG_OK);
	(void)shard_step(keeps->shard);
	pass(2);
	(void)shard_step(keeps->shard); /* tries again in vain */
	acknowledge(keeps, seq, 0);
	for (unsigned i = 0; i < 4; i++) {
		settle();
		pass(2);
	}
	ck_assert_uint_eq(keeps->added, 1);
	ck_assert_uint_eq(keeps->removed, 1);
	ck_assert_uint_eq(keeps->held.count, 0);
	end();
}
END_TEST

TCase *held_tcase(void)
{
	TCase *tc = tcase_create("held");

	tcase_add_test(tc, a_removal_is_answered_however_long_the_shard_that_keeps_count_stands_still);
	tcase_add_test(tc, a_route_whose_answer_is_late_stays);
	tcase_add_test(tc, an_addition_that_is_cancelled_is_taken_back);
	tcase_add_test(tc, nobody_waits_for_a_device_and_its_routes_come_with_it);
	tcase_add_test(tc, more_than_may_be_under_way_is_asked_for_a_little_later);
	tcase_add_test(tc, a_removal_that_found_no_room_while_the_addition_was_under_way_is_made_up_for);
	return tc;
}
