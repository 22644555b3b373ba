/* SPDX-License-Identifier: MIT */
/* Requests in batches, and answers, well formed and not. */
#include "libkernel_tests.h"
#include "netlink.h"

#include "shard/shard.h"
#include "testing/unit/octets.h"

#include <check.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <unistd.h>

static struct cyg_shard *shard;
static struct nl nl;
static int peer;
static unsigned calls;
static struct nl_answer last;

static void on_answer(struct cyg_shard *on, void *ctx, const struct nl_answer *answer)
{
	calls++;
	last = *answer;
}

static uint32_t ask(void)
{
	struct nl_message m;
	char octets[1024];

	nl_link_get(&m, "cyg-t0");
	ck_assert_int_eq(nl_send(&nl, &m, on_answer, &calls), CYG_OK);
	nl_flush(&nl);
	ck_assert_int_eq(recv(peer, octets, sizeof(octets), 0), (int)m.header.nlmsg_len);
	return nl.seq;
}

static void begin(void)
{
	int fds[2];

	calls = 0;
	shard = shard_manual_new(NULL);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds), 0);
	peer = fds[0];
	ck_assert_int_eq(nl_init(&nl, shard, fds[1]), CYG_OK);
}

static void end(void)
{
	nl_done(&nl);
	close(peer);
	shard_manual_free(shard);
}

static size_t error_make(char *buffer, uint32_t seq, int error, const char *text)
{
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
	struct nlmsgerr *body;

	header->nlmsg_type = NLMSG_ERROR;
	header->nlmsg_seq = seq;
	body = mnl_nlmsg_put_extra_header(header, sizeof(*body));
	body->error = error;
	body->msg.nlmsg_len = 400; /* capped: the request is not quoted */
	if (text) {
		header->nlmsg_flags |= NLM_F_ACK_TLVS | NLM_F_CAPPED;
		mnl_attr_put_strz(header, NLMSGERR_ATTR_MSG, text);
	}
	return header->nlmsg_len;
}

START_TEST(an_error_comes_with_the_systems_words)
{
	char buffer[512] = { 0 };
	size_t len;

	begin();
	len = error_make(buffer, ask(), -EPERM, "not allowed here");
	nl_read(&nl, buffer, len);
	ck_assert_uint_eq(calls, 1);
	ck_assert_int_eq(last.error, EPERM);
	ck_assert_str_eq(last.text, "not allowed here");
	nl_read(&nl, buffer, len); /* once only */
	ck_assert_uint_eq(calls, 1);
	end();
}
END_TEST

START_TEST(answers_end_the_request_of_their_number)
{
	char buffer[512] = { 0 };
	uint32_t first, second;

	begin();
	first = ask();
	second = ask();
	nl_read(&nl, buffer, error_make(buffer, second, 0, NULL));
	ck_assert_uint_eq(calls, 1);
	ck_assert_uint_eq(nl.count, 1);
	ck_assert_uint_eq(nl.pending->seq, first);
	nl_read(&nl, buffer, error_make(buffer, second + 100, 0, NULL));
	ck_assert_uint_eq(calls, 1);
	nl_forget(&nl, &calls);
	nl_read(&nl, buffer, error_make(buffer, first, 0, NULL));
	ck_assert_uint_eq(calls, 1);
	ck_assert_uint_eq(nl.count, 0);
	end();
}
END_TEST

START_TEST(no_truncation_or_changed_octet_of_an_answer_does_harm)
{
	char buffer[512] = { 0 };
	size_t len;

	begin();
	len = error_make(buffer, ask(), -EINVAL, "some words of the system");
	for (size_t cut = 0; cut <= len; cut++) {
		char *exact = test_memdup(buffer, cut);

		if (!nl.pending)
			error_make(buffer, ask(), -EINVAL, "some words of the system");
		nl_read(&nl, exact, cut);
		free(exact);
	}
	for (size_t at = 0; at < len * 8; at++) {
		char *exact;

		if (!nl.pending)
			ask();
		error_make(buffer, nl.pending->seq, -EINVAL, "some words of the system");
		exact = test_memdup(buffer, len);
		exact[at / 8] = (char)(exact[at / 8] ^ 1 << at % 8);
		nl_read(&nl, exact, len);
		free(exact);
	}
	end();
}
END_TEST

/* Found by the fuzz target: taken for a negative number, it passed for short enough. */
START_TEST(a_length_with_the_highest_bit_set_ends_the_reading)
{
	char buffer[512] = { 0 };
	struct nlmsghdr *header = (void *)buffer;
	size_t len;

	begin();
	len = error_make(buffer, ask(), 0, NULL);
	header->nlmsg_len |= UINT32_C(1) << 31;
	nl_read(&nl, buffer, len);
	ck_assert_uint_eq(calls, 0);
	end();
}
END_TEST

START_TEST(no_more_than_the_limit_are_under_way)
{
	struct nl_message m;

	begin();
	for (unsigned i = 0; i < NL_PENDING_MAX; i++)
		ask();
	nl_link_get(&m, "cyg-t0");
	ck_assert_int_eq(nl_send(&nl, &m, on_answer, NULL), CYG_BUSY);
	end();
	ck_assert_int_eq(nl_send(&nl, &m, on_answer, NULL), CYG_IO);
}
END_TEST

START_TEST(what_nobody_waits_for_has_room_always)
{
	union {
		struct nlmsghdr header;
		char octets[1024];
	} sent;
	char buffer[512] = { 0 };
	struct nl_message m;

	begin();
	for (unsigned i = 0; i < NL_PENDING_MAX; i++)
		ask();
	nl_link_delete(&m, "cyg-t0");
	ck_assert_int_eq(nl_send(&nl, &m, NULL, NULL), CYG_OK);
	ck_assert_uint_eq(nl.count, NL_PENDING_MAX);
	shard_step(shard);
	ck_assert_int_eq(recv(peer, sent.octets, sizeof(sent), 0), (int)m.header.nlmsg_len);
	ck_assert_uint_eq(sent.header.nlmsg_type, RTM_DELLINK);
	ck_assert_uint_eq(sent.header.nlmsg_flags & NLM_F_ACK, 0);
	/* Should the system complain, it talks to nobody. */
	nl_read(&nl, buffer, error_make(buffer, sent.header.nlmsg_seq, -ENODEV, NULL));
	ck_assert_uint_eq(calls, 0);
	ck_assert_uint_eq(nl.count, NL_PENDING_MAX);
	end();
}
END_TEST

START_TEST(requests_of_one_turn_go_together)
{
	struct nl_message m;
	char octets[1024];

	begin();
	for (unsigned i = 0; i < 3; i++) {
		nl_link_delete(&m, "cyg-t0");
		ck_assert_int_eq(nl_send(&nl, &m, i == 1 ? NULL : on_answer, &calls), CYG_OK);
	}
	ck_assert_int_lt(recv(peer, octets, sizeof(octets), 0), 0); /* not before the turn is over */
	shard_step(shard);
	ck_assert_int_eq(recv(peer, octets, sizeof(octets), 0), (int)(3 * MNL_ALIGN(m.header.nlmsg_len)));
	ck_assert_int_lt(recv(peer, octets, sizeof(octets), 0), 0);
	for (uint32_t seq = nl.seq - 2; seq <= nl.seq; seq++)
		nl_read(&nl, octets, error_make(octets, seq, 0, NULL));
	ck_assert_uint_eq(calls, 2);
	ck_assert_uint_eq(nl.count, 0);
	end();
}
END_TEST

START_TEST(more_than_a_batch_holds_goes_in_order)
{
	struct nl_message m;
	char octets[NL_BATCH_MAX];
	uint32_t seq = 0;
	ssize_t got;

	begin();
	for (unsigned i = 0; i < 1000; i++) {
		nl_link_delete(&m, "cyg-t0");
		ck_assert_int_eq(nl_send(&nl, &m, NULL, NULL), CYG_OK);
	}
	nl_flush(&nl);
	while ((got = recv(peer, octets, sizeof(octets), 0)) > 0) {
		const struct nlmsghdr *header = (const void *)octets;

		for (int left = (int)got; mnl_nlmsg_ok(header, left); header = mnl_nlmsg_next(header, &left))
			ck_assert_uint_eq(header->nlmsg_seq, ++seq);
	}
	ck_assert_uint_eq(seq, 1000);
	end();
}
END_TEST

START_TEST(who_waits_hears_when_the_system_cannot_be_asked)
{
	struct nl_message m;

	begin();
	nl_link_delete(&m, "cyg-t0");
	ck_assert_int_eq(nl_send(&nl, &m, on_answer, &calls), CYG_OK);
	close(peer);
	ck_assert_uint_eq(calls, 0);
	shard_step(shard);
	ck_assert_uint_eq(calls, 1);
	ck_assert_int_eq(last.error, ENOBUFS);
	peer = dup(0);
	end();
}
END_TEST

START_TEST(a_message_is_no_verdict_where_one_is_asked_for)
{
	char buffer[512] = { 0 };
	struct nlmsghdr *header;
	struct nl_message m;

	begin();
	nl_link_delete(&m, "cyg-t0");
	ck_assert_int_eq(nl_send(&nl, &m, on_answer, &calls), CYG_OK);
	header = mnl_nlmsg_put_header(buffer);
	header->nlmsg_type = RTM_DELLINK;
	header->nlmsg_seq = nl.seq;
	(void)mnl_nlmsg_put_extra_header(header, sizeof(struct ifinfomsg));
	nl_read(&nl, buffer, header->nlmsg_len);
	ck_assert_uint_eq(calls, 0);
	nl_read(&nl, buffer, error_make(buffer, nl.seq, 0, NULL));
	ck_assert_uint_eq(calls, 1);
	end();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("libkernel");
	TCase *tc = tcase_create("netlink");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, an_error_comes_with_the_systems_words);
	tcase_add_test(tc, answers_end_the_request_of_their_number);
	tcase_add_test(tc, no_truncation_or_changed_octet_of_an_answer_does_harm);
	tcase_add_test(tc, a_length_with_the_highest_bit_set_ends_the_reading);
	tcase_add_test(tc, no_more_than_the_limit_are_under_way);
	tcase_add_test(tc, what_nobody_waits_for_has_room_always);
	tcase_add_test(tc, requests_of_one_turn_go_together);
	tcase_add_test(tc, more_than_a_batch_holds_goes_in_order);
	tcase_add_test(tc, who_waits_hears_when_the_system_cannot_be_asked);
	tcase_add_test(tc, a_message_is_no_verdict_where_one_is_asked_for);
	suite_add_tcase(suite, tc);
	suite_add_tcase(suite, outbox_tcase());
	suite_add_tcase(suite, held_tcase());
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
