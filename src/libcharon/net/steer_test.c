/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "net/net_tests.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static struct rig rig;

static uint64_t some_spi(struct cyg_shard *shard)
{
	uint64_t spi;

	cyg_shard_random(shard, &spi, sizeof(spi));
	return spi | 0x100;
}

START_TEST(slot_of_our_spi_names_the_shard_whoever_began)
{
	const struct shard_manual setup = { .workers = 3, .seed = 9 };
	struct shard_group *group;
	const struct cyg_shard *shard;
	uint8_t octets[40];

	ck_assert_int_eq(shard_manual_group_new(&setup, &group), CYG_OK);
	shard = shard_group_worker(group, 2);
	for (unsigned slot = 0; slot < 256; slot++) {
		uint64_t ours = 0x1111111111111100 | slot, theirs = 0x7777777777777777;
		struct cyg_bytes message = cyg_bytes(octets, 28);

		make_ike(octets, false, theirs, ours, true, 28);
		ck_assert_uint_eq(net_steer_ike(shard, message), slot % 3);
		make_ike(octets, false, ours, theirs, false, 28);
		ck_assert_uint_eq(net_steer_ike(shard, message), slot % 3);
		/* An answer without their SPI (a cookie) names ours all the same. */
		make_ike(octets, false, ours, 0, false, 28);
		ck_assert_uint_eq(net_steer_ike(shard, message), slot % 3);
		octets[0] = (uint8_t)slot;
		ck_assert_uint_eq(net_steer_esp(shard, message), slot % 3);
	}
	/* A first message: by its hash, hence the same for each retransmission, and not always the same. */
	make_ike(octets, false, 0x0102030405060708, 0, true, 28);
	ck_assert_uint_eq(net_steer_ike(shard, cyg_bytes(octets, 28)),
			  cyg_shard_of_slot(shard, shard_slot_of_init(shard, octets)));
	/* Too short to tell: whoever got it. */
	for (size_t len = 0; len < 20; len++)
		ck_assert_uint_eq(net_steer_ike(shard, cyg_bytes(octets, len)), 2);
	ck_assert_uint_eq(net_steer_esp(shard, cyg_bytes(octets, 0)), 2);
	shard_group_free(group);
}
END_TEST

START_TEST(socket_filter_and_code_agree_on_every_datagram)
{
	const struct rig_options options = { .workers = (unsigned)_i, .steer = true };
	uint8_t octets[100];
	unsigned on[RIG_WORKERS] = { 0 };

	rig_open(&rig, &options);
	for (unsigned n = 0; n < 320; n++) {
		unsigned port = n % (rig.has6 ? PORTS : 2);
		bool natt = port % 2;
		struct cyg_endpoint me, to = reach(&rig.at[port]);
		int peer = peer_open(to.ip.family, NULL, &me);
		uint64_t a = some_spi(rig.shard[0]), b = some_spi(rig.shard[0]);
		size_t len = 0, before = rig.count;

		switch (n / 4 % 5) {
		case 0:
			len = make_ike(octets, natt, a, 0, true, 60);
			break;
		case 1:
			len = make_ike(octets, natt, a, b, true, 60);
			break;
		case 2:
			len = make_ike(octets, natt, a, b, false, 60);
			break;
		case 3: /* only half of the responder's SPI is zero */
			len = make_ike(octets, natt, a, n % 8 < 4 ? b & 0xffffffff : b << 32, true, 60);
			break;
		default:
			len = make_ike(octets, natt, a, b, true, 60);
			if (natt) /* ESP */
				memcpy(octets, &a, 4);
			break;
		}
		peer_send(peer, &to, octets, len);
		rig_settle(&rig);
		ck_assert_uint_eq(rig.count, before + 1);
		on[rig.seen[before].worker]++;
		close(peer);
	}
	for (unsigned w = 0; w < rig.workers; w++) {
		ck_assert_uint_gt(on[w], 0);
		ck_assert_uint_eq(net_counters(rig.net[w])->forwarded, 0);
	}
	rig_close(&rig);
}
END_TEST

START_TEST(filter_lets_short_datagrams_through_to_somebody)
{
	const struct rig_options options = { .workers = 2, .steer = true };
	uint8_t octets[100] = { 0 };
	uint64_t in = 0;

	rig_open(&rig, &options);
	for (size_t len = 0; len < 60; len++) {
		struct cyg_endpoint me, to = reach(&rig.at[len % 2 ? PORT_NATT4 : PORT_IKE4]);
		int peer = peer_open(CYG_IPV4, NULL, &me);

		octets[0] = len % 3 ? 0 : 0x90;
		peer_send(peer, &to, octets, len);
		rig_settle(&rig);
		close(peer);
	}
	for (unsigned w = 0; w < 2; w++)
		in += net_counters(rig.net[w])->datagrams_in;
	ck_assert_uint_eq(in, 60);
	rig_close(&rig);
}
END_TEST

START_TEST(filter_on_what_is_no_socket_is_refused)
{
	struct cyg_shard *shard = shard_manual_new(NULL);

	ck_assert_int_eq(net_steer_attach(-1, false, shard), CYG_IO);
	shard_manual_free(shard);
}
END_TEST

/* --- With real threads --- */

enum { CLIENTS = 8, REQUESTS = 200, FLIGHT = 4 };

struct answerer {
	struct net_setup setup;
	struct net_socket_setup sockets[2];
	struct net_shard *net;
	struct net_counters counters; /* as they were at the end */
	enum cyg_status status;
	unsigned wrong;
};

static void answer(void *ctx, struct cyg_shard *shard, struct cyg_datagram *datagram)
{
	struct answerer *a = ctx;

	a->wrong += !cyg_shard_is_mine(shard) ||
		    net_steer_ike(shard, cyg_bytes(datagram->data, datagram->len)) !=
			    cyg_shard_index(shard);
	/* Octet 20: who answered. */
	datagram->data[20] = (uint8_t)cyg_shard_index(shard);
	cyg_net_send(shard, &datagram->local, &datagram->remote,
		     cyg_bytes(datagram->data, datagram->len), true);
}

static void answerer_begin(struct cyg_shard *shard, void *ctx)
{
	struct answerer *a = ctx;
	char text[100];
	struct cyg_strbuf why = CYG_STRBUF(text);

	a->status = net_shard_new(shard, &a->setup, &a->net, &why);
}

static void answerer_end(struct cyg_shard *shard, void *ctx)
{
	struct answerer *a = ctx;

	if (a->status == CYG_OK)
		a->counters = *net_counters(a->net);
	net_shard_free(a->net);
}

static int shared_socket(struct cyg_endpoint *at)
{
	struct sockaddr_storage sa;
	socklen_t len = cyg_endpoint_to_sockaddr(at, &sa);
	const int one = 1;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)), 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sa, len), 0);
	len = sizeof(sa);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	ck_assert_int_eq(cyg_endpoint_from_sockaddr((struct sockaddr *)&sa, len, at), CYG_OK);
	return fd;
}

static void exchange(struct answerer *answerers, unsigned workers, const struct cyg_endpoint *at)
{
	int peer[CLIENTS];
	struct cyg_endpoint me;
	unsigned sent = 0, got = 0;
	uint8_t octets[100];

	for (unsigned c = 0; c < CLIENTS; c++)
		peer[c] = peer_open(CYG_IPV4, NULL, &me);
	while (got < REQUESTS * CLIENTS) {
		struct pollfd fds[CLIENTS];

		while (sent < REQUESTS * CLIENTS && sent - got < FLIGHT * CLIENTS) {
			bool natt = sent % 2;

			peer_send(peer[sent % CLIENTS], &at[natt], octets,
				  make_ike(octets, natt, 7, 0x4242424242424200 + sent % 251, true, 80));
			sent++;
		}
		for (unsigned c = 0; c < CLIENTS; c++)
			fds[c] = (struct pollfd){ .fd = peer[c], .events = POLLIN };
		ck_assert_int_gt(poll(fds, CLIENTS, 20000), 0);
		for (unsigned c = 0; c < CLIENTS; c++) {
			ssize_t len;

			while ((len = peer_receive(peer[c], octets, sizeof(octets), NULL)) > 0) {
				const uint8_t *ike = octets + (len - 80);

				ck_assert(len == 80 || len == 84);
				ck_assert_uint_eq(ike[20], ike[15] % workers);
				got++;
			}
		}
	}
	for (unsigned c = 0; c < CLIENTS; c++)
		close(peer[c]);
}

START_TEST(threads_answer_from_the_shard_that_owns_the_spi)
{
	unsigned workers = 1 + (unsigned)_i % 2;
	bool steer = _i / 2;
	const struct shard_setup group_setup = { .workers = workers };
	struct cyg_endpoint at[2] = { { .ip = loopback(CYG_IPV4) }, { .ip = loopback(CYG_IPV4) } };
	struct answerer answerers[2] = { 0 };
	struct shard_group *group;
	uint64_t forwarded = 0, forwarded_in = 0, answered = 0;

	ck_assert_int_eq(shard_group_new(&group_setup, &group), CYG_OK);
	for (unsigned w = 0; w < workers; w++) {
		struct cyg_shard *shard = shard_group_worker(group, w);
		struct answerer *a = &answerers[w];

		for (unsigned port = 0; port < 2; port++)
			a->sockets[port] = (struct net_socket_setup){ shared_socket(&at[port]), port };
		a->setup = (struct net_setup){ .sockets = a->sockets, .count = 2, .ike_input = answer,
					       .ike_ctx = a };
		shard->begin = answerer_begin;
		shard->end = answerer_end;
		shard->life_ctx = a;
	}
	if (steer) {
		for (unsigned port = 0; port < 2; port++)
			ck_assert_int_eq(net_steer_attach(answerers[0].sockets[port].fd, port,
							  shard_group_worker(group, 0)),
					 CYG_OK);
	}
	for (unsigned w = 0; w < workers; w++)
		ck_assert_int_eq(shard_start(shard_group_worker(group, w)), CYG_OK);
	exchange(answerers, workers, at);
	shard_group_free(group);
	for (unsigned w = 0; w < workers; w++) {
		ck_assert_int_eq(answerers[w].status, CYG_OK);
		ck_assert_uint_eq(answerers[w].wrong, 0);
		forwarded += answerers[w].counters.forwarded;
		forwarded_in += answerers[w].counters.forwarded_in;
		answered += answerers[w].counters.datagrams_out;
	}
	ck_assert_uint_eq(answered, REQUESTS * CLIENTS);
	ck_assert_uint_eq(forwarded, forwarded_in);
	if (steer || workers == 1)
		ck_assert_uint_eq(forwarded, 0);
	else
		ck_assert_uint_gt(forwarded, 0);
}
END_TEST

Suite *steer_suite(void)
{
	Suite *s = suite_create("steer");
	TCase *c = tcase_create("steer");

	tcase_set_timeout(c, 60);
	tcase_add_test(c, slot_of_our_spi_names_the_shard_whoever_began);
	tcase_add_loop_test(c, socket_filter_and_code_agree_on_every_datagram, 2, 4);
	tcase_add_test(c, filter_lets_short_datagrams_through_to_somebody);
	tcase_add_test(c, filter_on_what_is_no_socket_is_refused);
	tcase_add_loop_test(c, threads_answer_from_the_shard_that_owns_the_spi, 0, 4);
	suite_add_tcase(s, c);
	return s;
}
