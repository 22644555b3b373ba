/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "net/net_tests.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static struct rig rig;
static const struct rig_options plain;

/* A socket that refuses on demand. */
static struct {
	int error;          /* what it says, 0: nothing */
	unsigned after;     /* once so many messages have gone */
	bool runs_only;     /* only runs are refused */
	unsigned calls;
} impair;

static bool is_run(const struct msghdr *header)
{
	struct msghdr copy = *header;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(&copy); c; c = CMSG_NXTHDR(&copy, c)) {
		if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_SEGMENT)
			return true;
	}
	return false;
}

static int impaired_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
	unsigned pass = 0;

	impair.calls++;
	while (pass < count && (!impair.error || (impair.runs_only && !is_run(&messages[pass].msg_hdr)) ||
				(!impair.runs_only && impair.after > 0))) {
		if (impair.error && !impair.runs_only)
			impair.after--;
		pass++;
	}
	if (pass == 0 && count > 0) {
		errno = impair.error;
		return -1;
	}
	return sendmmsg(fd, messages, pass, flags);
}

static const struct rig_options impaired = { .sendmmsg = impaired_sendmmsg };

static void send_text(struct cyg_endpoint *local, struct cyg_endpoint *remote, const char *text, bool ike)
{
	cyg_net_send(rig.shard[0], local, remote, cyg_bytes(text, strlen(text)), ike);
}

START_TEST(reply_leaves_from_the_address_that_was_asked)
{
	struct cyg_ip other = loopback(CYG_IPV4);
	struct cyg_endpoint me, to, from;
	uint8_t octets[100];
	int peer = peer_open(CYG_IPV4, NULL, &me);

	rig_open(&rig, &plain);
	rig.echo = true;
	other.octets[3] = 77; /* 127.0.0.77 is ours as well */
	for (unsigned natt = 0; natt < 2; natt++) {
		to = rig.at[natt ? PORT_NATT4 : PORT_IKE4];
		to.ip = other;
		peer_send(peer, &to, octets, make_ike(octets, natt, 1, 0, true, 60));
		rig_settle(&rig);
		ck_assert_int_eq(peer_receive(peer, octets, sizeof(octets), &from), natt ? 64 : 60);
		ck_assert(cyg_endpoint_equal(&from, &to));
	}
	if (rig.has6) {
		int peer6 = peer_open(CYG_IPV6, NULL, &me);

		to = reach(&rig.at[PORT_NATT6]);
		peer_send(peer6, &to, octets, make_ike(octets, true, 1, 0, true, 60));
		rig_settle(&rig);
		ck_assert_int_eq(peer_receive(peer6, octets, sizeof(octets), &from), 64);
		ck_assert(cyg_endpoint_equal(&from, &to));
		close(peer6);
	}
	rig_close(&rig);
	close(peer);
}
END_TEST

START_TEST(marker_stands_before_ike_from_the_nat_traversal_port_only)
{
	struct cyg_endpoint me, local;
	char got[100];
	int peer = peer_open(CYG_IPV4, NULL, &me);

	rig_open(&rig, &plain);
	local = reach(&rig.at[PORT_NATT4]);
	send_text(&local, &me, "ike", true);
	send_text(&local, &me, "esp", false);
	send_text(&local, &me, "\xff", false);
	local = reach(&rig.at[PORT_IKE4]);
	send_text(&local, &me, "ike", true);
	ck_assert_int_eq(peer_receive(peer, got, sizeof(got), NULL), -1); /* not before the turn ends */
	shard_step(rig.shard[0]);
	/* Two sockets, each in order; the first one's come first. */
	ck_assert_int_eq(peer_receive(peer, got, sizeof(got), NULL), 3);
	ck_assert_mem_eq(got, "ike", 3);
	ck_assert_int_eq(peer_receive(peer, got, sizeof(got), NULL), 7);
	ck_assert_mem_eq(got, "\0\0\0\0ike", 7);
	ck_assert_int_eq(peer_receive(peer, got, sizeof(got), NULL), 3);
	ck_assert_mem_eq(got, "esp", 3);
	ck_assert_int_eq(peer_receive(peer, got, sizeof(got), NULL), 1);
	rig_close(&rig);
	close(peer);
}
END_TEST

START_TEST(all_of_a_turn_goes_out_in_one_call_and_in_order)
{
	struct cyg_endpoint me, local;
	uint32_t number, got;
	int peer = peer_open(CYG_IPV4, NULL, &me);

	impair.error = 0;
	rig_open(&rig, &impaired);
	local = reach(&rig.at[PORT_IKE4]);
	for (unsigned count = 64; count <= 200; count += 136) {
		impair.calls = 0;
		for (number = 0; number < count; number++)
			cyg_net_send(rig.shard[0], &local, &me, cyg_bytes(&number, 4), true);
		shard_step(rig.shard[0]);
		ck_assert_uint_eq(impair.calls, count == 64 ? 1 : 4);
		for (number = 0; number < count; number++) {
			ck_assert_int_eq(peer_receive(peer, &got, 4, NULL), 4);
			ck_assert_uint_eq(got, number);
		}
	}
	ck_assert_uint_eq(net_counters(rig.net[0])->datagrams_out, 264);
	rig_close(&rig);
	close(peer);
}
END_TEST

START_TEST(large_datagrams_share_the_arena_without_harm)
{
	static uint8_t octets[60000], got[70000];
	struct cyg_endpoint me, local;
	const int room = 4 << 20;
	int peer = peer_open(CYG_IPV4, NULL, &me);
	unsigned arrived = 0;

	(void)setsockopt(peer, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	rig_open(&rig, &plain);
	local = reach(&rig.at[PORT_NATT4]);
	for (unsigned i = 0; i < 20; i++) {
		memset(octets, (int)i + 1, sizeof(octets));
		cyg_net_send(rig.shard[0], &local, &me, cyg_bytes(octets, sizeof(octets)), true);
	}
	shard_step(rig.shard[0]);
	while (peer_receive(peer, got, sizeof(got), NULL) == (ssize_t)sizeof(octets) + 4) {
		for (size_t at = 5; at < sizeof(octets) + 4; at++)
			ck_assert(got[at] == got[4]);
		arrived++;
	}
	/* The peer's buffer may be short; what it took is whole. */
	ck_assert_uint_gt(arrived, 1);
	cyg_net_send(rig.shard[0], &local, &me, cyg_bytes(got, NET_DATAGRAM_MAX - 3), true);
	ck_assert_uint_eq(net_counters(rig.net[0])->send_too_long, 1);
	cyg_net_send(rig.shard[0], &local, &me, cyg_bytes(got, NET_DATAGRAM_MAX - 4), true);
	cyg_net_send(rig.shard[0], &local, &me, cyg_bytes(got, NET_DATAGRAM_MAX), false);
	shard_step(rig.shard[0]);
	ck_assert_uint_eq(net_counters(rig.net[0])->datagrams_out, 22);
	rig_close(&rig);
	close(peer);
}
END_TEST

START_TEST(datagram_from_an_address_without_socket_is_counted)
{
	struct cyg_endpoint me = { .ip = loopback(CYG_IPV4), .port = 9 }, local;
	struct rig_options bound = { .local4 = loopback(CYG_IPV4) };

	rig_open(&rig, &bound);
	local = rig.at[PORT_IKE4];
	local.port++;
	send_text(&local, &me, "x", true);          /* no such port */
	local.port--;
	local.ip.octets[3]++;
	send_text(&local, &me, "x", true);          /* bound to another address */
	cyg_net_send_run(rig.shard[0], &local, &me, cyg_bytes("xx", 2), 1, 0);
	me.ip = loopback(CYG_IPV6);
	local = rig.at[PORT_IKE4];
	send_text(&local, &me, "x", true);          /* from IPv4 to IPv6 */
	ck_assert_uint_eq(net_counters(rig.net[0])->send_no_socket, 4);
	rig_close(&rig);
}
END_TEST

START_TEST(refused_datagram_is_counted_and_those_behind_it_go_out)
{
	struct cyg_endpoint me, local, bad = { .ip = loopback(CYG_IPV4), .port = 0 };
	char got[10];
	int peer = peer_open(CYG_IPV4, NULL, &me);

	rig_open(&rig, &plain);
	local = reach(&rig.at[PORT_IKE4]);
	send_text(&local, &me, "a", true);
	send_text(&local, &bad, "b", true); /* port 0: EINVAL */
	send_text(&local, &me, "c", true);
	shard_step(rig.shard[0]);
	ck_assert_uint_eq(net_counters(rig.net[0])->send_refused, 1);
	ck_assert_int_eq(net_counters(rig.net[0])->last_send_errno, EINVAL);
	ck_assert_int_eq(peer_receive(peer, got, sizeof(got), NULL), 1);
	ck_assert_int_eq(peer_receive(peer, got, sizeof(got), NULL), 1);
	ck_assert_int_eq(got[0], 'c');
	rig_close(&rig);
	close(peer);
}
END_TEST

/* --- Runs --- */

static void expect_run(int peer, size_t total, size_t segment)
{
	static uint8_t got[70000];
	size_t at = 0;

	while (at < total) {
		size_t want = total - at < segment ? total - at : segment;

		ck_assert_int_eq(peer_receive(peer, got, sizeof(got), NULL), (ssize_t)want);
		for (size_t i = 0; i < want; i++)
			ck_assert_msg(got[i] == (uint8_t)((at + i) * 31 / 7), "octet %zu", at + i);
		at += want;
	}
	ck_assert_int_eq(peer_receive(peer, got, sizeof(got), NULL), -1);
}

static uint8_t run_octets[200000];

static void fill_run(void)
{
	for (size_t i = 0; i < sizeof(run_octets); i++)
		run_octets[i] = (uint8_t)(i * 31 / 7);
}

START_TEST(run_arrives_as_segments_whoever_cuts_it)
{
	/* How the kernel answers a run: takes it; cannot; will not this one. */
	static const int answers[] = { 0, EIO, EINVAL, EMSGSIZE };
	static const struct {
		size_t total, segment;
	} runs[] = { { 1000, 100 }, { 1050, 100 }, { 100, 100 }, { 100, 0 }, { 99, 100 },
		     { 120000, 1400 }, { 6500, 50 } };
	struct cyg_endpoint me, local;
	const int room = 4 << 20;
	int peer = peer_open(CYG_IPV4, NULL, &me);

	(void)setsockopt(peer, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	fill_run();
	for (size_t a = 0; a < CYG_COUNT(answers); a++) {
		impair.error = answers[a];
		impair.runs_only = true;
		rig_open(&rig, &impaired);
		local = reach(&rig.at[PORT_NATT4]);
		for (size_t r = 0; r < CYG_COUNT(runs); r++) {
			cyg_net_send_run(rig.shard[0], &local, &me,
					 cyg_bytes(run_octets, runs[r].total), runs[r].segment, 0);
			shard_step(rig.shard[0]);
			expect_run(peer, runs[r].total, runs[r].segment ? runs[r].segment
								       : runs[r].total);
		}
		ck_assert_uint_eq(net_counters(rig.net[0])->send_refused, 0);
		if (answers[a]) {
			ck_assert_uint_eq(net_counters(rig.net[0])->runs_out, 0);
			if (answers[a] == EIO) /* asked once, then no more */
				ck_assert_uint_le(net_counters(rig.net[0])->runs_split, 1);
		}
		rig_close(&rig);
	}
	impair.runs_only = false;
	close(peer);
}
END_TEST

START_TEST(a_run_carries_its_traffic_class_from_end_to_end)
{
	static const uint8_t families[] = { CYG_IPV4, CYG_IPV6 };
	struct rig_options two = { .workers = 1 };

	for (size_t f = 0; f < CYG_COUNT(families); f++) {
		unsigned port = families[f] == CYG_IPV4 ? PORT_NATT4 : PORT_NATT6;
		struct cyg_endpoint local;

		rig_open(&rig, &two);
		local = reach(&rig.at[port]);
		for (unsigned tos = 0; tos < 256; tos += 51) {
			memset(run_octets, 0x11, 1000);
			rig.count = 0;
			cyg_net_send_run(rig.shard[0], &local, &local, cyg_bytes(run_octets, 1000), 100, (uint8_t)tos);
			rig_settle(&rig);
			ck_assert_uint_eq(rig.count, 10);
			for (unsigned i = 0; i < 10; i++) {
				ck_assert_uint_eq(rig.seen[i].datagram.tos, tos);
				ck_assert_uint_eq(rig.seen[i].datagram.len, 100);
			}
		}
		rig_close(&rig);
	}
}
END_TEST

START_TEST(run_of_nothing_and_of_too_much_is_harmless)
{
	struct cyg_endpoint me, local;
	int peer = peer_open(CYG_IPV4, NULL, &me);

	rig_open(&rig, &plain);
	local = reach(&rig.at[PORT_NATT4]);
	cyg_net_send_run(rig.shard[0], &local, &me, cyg_bytes(NULL, 0), 0, 0);
	cyg_net_send_run(rig.shard[0], &local, &me, cyg_bytes(run_octets, 70000), 66000, 0);
	shard_step(rig.shard[0]);
	ck_assert_uint_eq(net_counters(rig.net[0])->send_too_long, 1);
	ck_assert_uint_eq(net_counters(rig.net[0])->datagrams_out, 0);
	rig_close(&rig);
	close(peer);
}
END_TEST

/* --- A full socket --- */

START_TEST(full_socket_sends_the_rest_in_order_when_it_can)
{
	struct cyg_endpoint me, local;
	uint32_t number, got;
	int peer = peer_open(CYG_IPV4, NULL, &me);

	rig_open(&rig, &impaired);
	local = reach(&rig.at[PORT_IKE4]);
	impair.error = EAGAIN;
	impair.after = 3;
	for (number = 0; number < 10; number++)
		cyg_net_send(rig.shard[0], &local, &me, cyg_bytes(&number, 4), true);
	shard_step(rig.shard[0]);
	/* The next turn's wait behind them though the socket might take them. */
	ck_assert_uint_eq(net_counters(rig.net[0])->datagrams_out, 3);
	ck_assert_uint_eq(net_counters(rig.net[0])->send_delayed, 7);
	for (; number < 12; number++)
		cyg_net_send(rig.shard[0], &local, &me, cyg_bytes(&number, 4), true);
	impair.after = 1;
	shard_step(rig.shard[0]); /* writable: one more goes */
	ck_assert_uint_eq(net_counters(rig.net[0])->datagrams_out, 4);
	impair.error = 0;
	rig_settle(&rig);
	for (number = 0; number < 12; number++) {
		ck_assert_int_eq(peer_receive(peer, &got, 4, NULL), 4);
		ck_assert_uint_eq(got, number);
	}
	ck_assert_uint_eq(net_counters(rig.net[0])->send_overflow, 0);
	/* And all is as before. */
	send_text(&local, &me, "x", true);
	shard_step(rig.shard[0]);
	ck_assert_int_eq(peer_receive(peer, &got, 4, NULL), 1);
	rig_close(&rig);
	close(peer);
}
END_TEST

START_TEST(run_that_met_a_full_socket_is_sent_later_whole_or_cut)
{
	struct cyg_endpoint me, local;
	int peer = peer_open(CYG_IPV4, NULL, &me);

	fill_run();
	for (unsigned cut = 0; cut < 2; cut++) {
		static uint8_t volatile_octets[1000];

		rig_open(&rig, &impaired);
		local = reach(&rig.at[PORT_NATT4]);
		impair.error = EAGAIN;
		impair.after = 0;
		memcpy(volatile_octets, run_octets, sizeof(volatile_octets));
		cyg_net_send_run(rig.shard[0], &local, &me, cyg_bytes(volatile_octets, 1000), 300, 0);
		shard_step(rig.shard[0]);
		memset(volatile_octets, 0, sizeof(volatile_octets)); /* the turn is over: it is theirs */
		impair.error = cut ? EINVAL : 0;
		impair.runs_only = cut;
		rig_settle(&rig);
		expect_run(peer, 1000, 300);
		ck_assert_uint_eq(net_counters(rig.net[0])->datagrams_out, 4);
		impair.runs_only = false;
		rig_close(&rig);
	}
	close(peer);
}
END_TEST

START_TEST(queue_of_a_full_socket_is_bounded)
{
	struct cyg_endpoint me, local;
	int peer = peer_open(CYG_IPV4, NULL, &me);

	impair.error = 0;
	rig_open(&rig, &impaired);
	local = reach(&rig.at[PORT_IKE4]);
	impair.error = EAGAIN;
	impair.after = 0;
	for (unsigned i = 0; i < 1000; i++)
		send_text(&local, &me, "x", true);
	shard_step(rig.shard[0]);
	ck_assert_uint_eq(net_counters(rig.net[0])->send_delayed, 256);
	ck_assert_uint_eq(net_counters(rig.net[0])->send_overflow, 744);
	ck_assert_uint_eq(net_counters(rig.net[0])->datagrams_out, 0);
	rig_close(&rig); /* what waits is freed */
	impair.error = 0;
	close(peer);
}
END_TEST

START_TEST(what_is_queued_goes_out_when_the_sockets_are_given_up)
{
	struct cyg_endpoint me, local;
	char got[10];
	int peer = peer_open(CYG_IPV4, NULL, &me);

	rig_open(&rig, &plain);
	local = reach(&rig.at[PORT_IKE4]);
	send_text(&local, &me, "bye", true);
	rig_close(&rig);
	ck_assert_int_eq(peer_receive(peer, got, sizeof(got), NULL), 3);
	close(peer);
}
END_TEST

Suite *send_suite(void)
{
	Suite *s = suite_create("send");
	TCase *c = tcase_create("send");

	tcase_set_timeout(c, 60);
	tcase_add_test(c, reply_leaves_from_the_address_that_was_asked);
	tcase_add_test(c, marker_stands_before_ike_from_the_nat_traversal_port_only);
	tcase_add_test(c, all_of_a_turn_goes_out_in_one_call_and_in_order);
	tcase_add_test(c, large_datagrams_share_the_arena_without_harm);
	tcase_add_test(c, datagram_from_an_address_without_socket_is_counted);
	tcase_add_test(c, refused_datagram_is_counted_and_those_behind_it_go_out);
	tcase_add_test(c, run_arrives_as_segments_whoever_cuts_it);
	tcase_add_test(c, a_run_carries_its_traffic_class_from_end_to_end);
	tcase_add_test(c, run_of_nothing_and_of_too_much_is_harmless);
	tcase_add_test(c, full_socket_sends_the_rest_in_order_when_it_can);
	tcase_add_test(c, run_that_met_a_full_socket_is_sent_later_whole_or_cut);
	tcase_add_test(c, queue_of_a_full_socket_is_bounded);
	tcase_add_test(c, what_is_queued_goes_out_when_the_sockets_are_given_up);
	suite_add_tcase(s, c);
	return s;
}
