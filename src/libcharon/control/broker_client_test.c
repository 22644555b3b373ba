/* SPDX-License-Identifier: MIT */
/* The daemon's end of the broker's socket, with the test as the starter at the other end. */
#include "base/broker.h"
#include "control/broker_client.h"

#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

struct wait {
	struct cyg_op op;
	struct cyg_broker_reply reply;
	unsigned done;
	enum cyg_status status;
};

static struct shard_group *group;
static struct cyg_shard *control;
static struct broker_client *client;
static int starter;

static void on_done(struct cyg_op *op, enum cyg_status status)
{
	struct wait *w = CYG_CONTAINER(op, struct wait, op);

	w->done++;
	w->status = status;
}

static void answer(uint32_t sequence, enum cyg_broker_verb verb, enum cyg_status status, int fd)
{
	struct broker_reply_head head = { verb, sequence };
	struct cyg_broker_reply reply = { status, "because", -1 };
	uint8_t out[BROKER_MESSAGE_MAX];

	ck_assert_int_eq(broker_send(starter, broker_reply_write(out, &head, &reply), fd), CYG_OK);
}

/* Takes the next request as the starter. */
static uint32_t take(struct cyg_broker_request *request)
{
	uint8_t in[BROKER_MESSAGE_MAX];
	struct cyg_bytes octets;
	uint32_t sequence;
	int passed;

	ck_assert_int_eq(broker_receive(starter, in, &octets, &passed), CYG_OK);
	ck_assert_int_eq(broker_request_read(octets, &sequence, request), CYG_OK);
	request->fd = passed;
	return sequence;
}

static void turns(void)
{
	for (unsigned i = 0; i < 4; i++)
		(void)shard_step(control);
}

static void setup(void)
{
	struct shard_manual manual = { .workers = 2, .real_fds = true };
	struct cyg_broker_request request;
	int ends[2];

	ck_assert_int_eq(shard_manual_group_new(&manual, &group), CYG_OK);
	control = shard_group_control(group);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	starter = ends[1];
	ck_assert_int_eq(broker_client_new(control, ends[0], &client), CYG_OK);
	ck_assert_uint_eq(take(&request), 0);
	ck_assert_int_eq(request.verb, CYG_BROKER_HELLO);
	answer(0, CYG_BROKER_HELLO, CYG_OK, -1);
	turns();
}

static void teardown(void)
{
	broker_client_free(client);
	turns();
	ck_assert_uint_eq(shard_timer_count(control), 0);
	shard_group_free(group);
	if (starter >= 0)
		close(starter);
}

static enum cyg_status call(struct wait *w, enum cyg_broker_verb verb, const char *name)
{
	struct cyg_broker_request request = { .verb = verb, .fd = -1 };

	memcpy(request.name, name, strlen(name) + 1);
	cyg_op_init(&w->op, control, on_done);
	return cyg_broker_call(control, &request, &w->reply, &w->op);
}

START_TEST(answers_reach_their_calls_in_order)
{
	static struct wait a, b;
	struct cyg_broker_request request;
	uint32_t first, second;
	int pair[2];

	ck_assert_int_eq(pipe2(pair, O_CLOEXEC), 0);
	ck_assert_int_eq(call(&a, CYG_BROKER_TUN, "cyg-v1"), CYG_PENDING);
	ck_assert_int_eq(call(&b, CYG_BROKER_FILE_OPEN, "startup-config"), CYG_PENDING);
	first = take(&request);
	ck_assert_str_eq(request.name, "cyg-v1");
	second = take(&request);
	ck_assert_str_eq(request.name, "startup-config");
	answer(first, CYG_BROKER_TUN, CYG_OK, pair[0]);
	answer(second, CYG_BROKER_FILE_OPEN, CYG_NOT_FOUND, -1);
	turns();
	ck_assert_uint_eq(a.done, 1);
	ck_assert_int_eq(a.status, CYG_OK);
	ck_assert_int_ge(a.reply.fd, 0);
	ck_assert_int_eq(fcntl(a.reply.fd, F_GETFD), FD_CLOEXEC);
	ck_assert_uint_eq(b.done, 1);
	ck_assert_int_eq(b.status, CYG_NOT_FOUND);
	ck_assert_int_eq(b.reply.fd, -1);
	ck_assert_str_eq(b.reply.text, "because");
	close(a.reply.fd);
	close(pair[0]);
	close(pair[1]);
}
END_TEST

START_TEST(a_descriptor_that_comes_after_a_cancel_is_closed)
{
	struct wait *w = calloc(1, sizeof(*w));
	struct cyg_broker_request request;
	uint32_t sequence;
	int pair[2];
	char octet;

	ck_assert_ptr_nonnull(w);
	ck_assert_int_eq(pipe2(pair, O_CLOEXEC), 0);
	ck_assert_int_eq(call(w, CYG_BROKER_RETURN, "state"), CYG_PENDING);
	sequence = take(&request);
	cyg_op_cancel(&w->op);
	free(w);
	answer(sequence, CYG_BROKER_RETURN, CYG_OK, pair[1]);
	close(pair[1]);
	turns();
	/* Nobody holds the writing end any more. */
	ck_assert_int_eq(read(pair[0], &octet, 1), 0);
	close(pair[0]);
}
END_TEST

START_TEST(a_silent_starter_ends_the_call_in_time)
{
	static struct wait w;

	ck_assert_int_eq(call(&w, CYG_BROKER_RETURN, "state"), CYG_PENDING);
	shard_clock_advance(shard_manual_clock(control), BROKER_CALL_TIMEOUT_MS);
	turns();
	ck_assert_uint_eq(w.done, 1);
	ck_assert_int_eq(w.status, CYG_TIMEOUT);
	ck_assert_ptr_nonnull(strstr(w.reply.text, "did not answer"));
}
END_TEST

START_TEST(when_the_starter_is_gone_every_call_fails)
{
	static struct wait before, after;

	ck_assert_int_eq(call(&before, CYG_BROKER_RETURN, "state"), CYG_PENDING);
	close(starter);
	starter = -1;
	turns();
	ck_assert_uint_eq(before.done, 1);
	ck_assert_int_eq(before.status, CYG_IO);
	ck_assert(!broker_client_is_alive(client));
	ck_assert_int_eq(call(&after, CYG_BROKER_RETURN, "state"), CYG_IO);
	ck_assert_uint_gt(strlen(after.reply.text), 0);
}
END_TEST

START_TEST(an_answer_to_nothing_ends_the_conversation)
{
	static struct wait w;
	struct cyg_broker_request request;

	ck_assert_int_eq(call(&w, CYG_BROKER_RETURN, "state"), CYG_PENDING);
	answer(take(&request) + 1, CYG_BROKER_RETURN, CYG_OK, STDIN_FILENO);
	turns();
	ck_assert_int_eq(w.status, CYG_IO);
	ck_assert(!broker_client_is_alive(client));
}
END_TEST

START_TEST(a_starter_that_talks_unasked_is_not_listened_to)
{
	answer(1, CYG_BROKER_SOCKET, CYG_OK, STDIN_FILENO);
	turns();
	ck_assert(!broker_client_is_alive(client));
}
END_TEST

START_TEST(only_so_many_calls_wait_and_the_ring_goes_round)
{
	static struct wait w[CYG_BROKER_PENDING_MAX], more;
	struct cyg_broker_request request;

	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < CYG_BROKER_PENDING_MAX; i++)
			ck_assert_int_eq(call(&w[i], CYG_BROKER_RETURN, "x"), CYG_PENDING);
		ck_assert_int_eq(call(&more, CYG_BROKER_RETURN, "x"), CYG_BUSY);
		for (unsigned i = 0; i < CYG_BROKER_PENDING_MAX; i++)
			answer(take(&request), CYG_BROKER_RETURN, CYG_NOT_FOUND, -1);
		turns();
		for (unsigned i = 0; i < CYG_BROKER_PENDING_MAX; i++)
			ck_assert_uint_eq(w[i].done, round + 1);
	}
}
END_TEST

START_TEST(without_a_starter_a_call_says_so)
{
	static struct wait w;

	control->broker = NULL;
	ck_assert_int_eq(call(&w, CYG_BROKER_RETURN, "state"), CYG_UNSUPPORTED);
	ck_assert_ptr_nonnull(strstr(w.reply.text, "cygnet start"));
	control->broker = client;
}
END_TEST

START_TEST(a_descriptor_of_ours_goes_along_and_may_be_closed_at_once)
{
	static struct wait w;
	struct cyg_broker_request request = { .verb = CYG_BROKER_KEEP, .name = "state" }, got;
	int pair[2];

	ck_assert_int_eq(pipe2(pair, O_CLOEXEC), 0);
	request.fd = pair[1];
	cyg_op_init(&w.op, control, on_done);
	ck_assert_int_eq(cyg_broker_call(control, &request, &w.reply, &w.op), CYG_PENDING);
	close(pair[1]);
	(void)take(&got);
	ck_assert_int_ge(got.fd, 0);
	ck_assert_int_eq(write(got.fd, "x", 1), 1);
	close(got.fd);
	close(pair[0]);
	cyg_op_cancel(&w.op);
}
END_TEST

START_TEST(the_watchdog_speaks_while_every_shard_moves)
{
	static struct watchdog watchdog;
	struct cyg_broker_request request;

	watchdog_start(&watchdog, control);
	for (unsigned i = 0; i < 3; i++) {
		uint32_t sequence = take(&request);

		ck_assert_int_eq(request.verb, CYG_BROKER_ALIVE);
		answer(sequence, CYG_BROKER_ALIVE, CYG_OK, -1);
		turns();
		shard_clock_advance(shard_manual_clock(control), CYG_BROKER_ALIVE_S * 1000);
		turns();
	}
	watchdog_stop(&watchdog);
}
END_TEST

START_TEST(the_watchdog_is_silent_while_a_shard_is_stuck)
{
	static struct watchdog watchdog;
	struct cyg_shard *worker = shard_group_worker(group, 1);
	struct cyg_broker_request request;
	struct cyg_bytes octets;
	uint8_t in[BROKER_MESSAGE_MAX];
	int passed;

	watchdog_start(&watchdog, control);
	answer(take(&request), CYG_BROKER_ALIVE, CYG_OK, -1);
	turns();
	/* An odd number that does not change: it is in a turn and stays there. */
	atomic_store(&worker->progress, 77);
	shard_clock_advance(shard_manual_clock(control), CYG_BROKER_ALIVE_S * 1000);
	turns();
	answer(take(&request), CYG_BROKER_ALIVE, CYG_OK, -1);
	turns();
	shard_clock_advance(shard_manual_clock(control), CYG_BROKER_ALIVE_S * 1000);
	turns();
	ck_assert_int_eq(broker_receive(starter, in, &octets, &passed), CYG_BUSY);
	atomic_store(&worker->progress, 79);
	shard_clock_advance(shard_manual_clock(control), CYG_BROKER_ALIVE_S * 1000);
	turns();
	(void)take(&request);
	ck_assert_int_eq(request.verb, CYG_BROKER_ALIVE);
	watchdog_stop(&watchdog);
}
END_TEST

/* Five seconds later, with so much CPU time used by the worker: does the daemon say that it lives? */
static bool speaks(struct cyg_shard *worker, uint64_t cpu_ms, bool runs)
{
	struct cyg_broker_request request;
	struct pollfd there = { .fd = starter, .events = POLLIN };

	shard_manual_set_load(worker, cpu_ms, runs);
	shard_clock_advance(shard_manual_clock(control), CYG_BROKER_ALIVE_S * 1000);
	turns();
	if (poll(&there, 1, 0) == 0)
		return false;
	answer(take(&request), CYG_BROKER_ALIVE, CYG_OK, -1);
	ck_assert_int_eq(request.verb, CYG_BROKER_ALIVE);
	turns();
	return true;
}

START_TEST(the_watchdog_speaks_for_a_shard_that_waits_for_a_cpu)
{
	static struct watchdog watchdog;
	struct cyg_shard *worker = shard_group_worker(group, 1);
	struct cyg_broker_request request;

	watchdog_start(&watchdog, control);
	answer(take(&request), CYG_BROKER_ALIVE, CYG_OK, -1);
	turns();
	atomic_store(&worker->progress, 77);
	ck_assert(speaks(worker, 1000, true));
	/* Ever in the same callback, and hardly a tenth of a CPU. */
	for (unsigned i = 1; i <= 4; i++)
		ck_assert(speaks(worker, 1000 + i * 500, true));
	/* Then it has had its time; or it waits for something else. */
	ck_assert(!speaks(worker, 3500, true));
	ck_assert(!speaks(worker, 3500, false));
	/* Another callback in the same turn: it moves. */
	atomic_store(&worker->entered, 5);
	ck_assert(speaks(worker, 9000, false));
	ck_assert(!speaks(worker, 9000, false));
	watchdog_stop(&watchdog);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("broker client");
	TCase *calls = tcase_create("calls");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(calls, setup, teardown);
	tcase_add_test(calls, answers_reach_their_calls_in_order);
	tcase_add_test(calls, a_descriptor_that_comes_after_a_cancel_is_closed);
	tcase_add_test(calls, a_silent_starter_ends_the_call_in_time);
	tcase_add_test(calls, when_the_starter_is_gone_every_call_fails);
	tcase_add_test(calls, an_answer_to_nothing_ends_the_conversation);
	tcase_add_test(calls, a_starter_that_talks_unasked_is_not_listened_to);
	tcase_add_test(calls, only_so_many_calls_wait_and_the_ring_goes_round);
	tcase_add_test(calls, without_a_starter_a_call_says_so);
	tcase_add_test(calls, a_descriptor_of_ours_goes_along_and_may_be_closed_at_once);
	tcase_add_test(calls, the_watchdog_speaks_while_every_shard_moves);
	tcase_add_test(calls, the_watchdog_is_silent_while_a_shard_is_stuck);
	tcase_add_test(calls, the_watchdog_speaks_for_a_shard_that_waits_for_a_cpu);
	suite_add_tcase(suite, calls);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
