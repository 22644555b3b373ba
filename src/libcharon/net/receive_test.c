/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "net/net_tests.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static struct rig rig;
static const struct rig_options plain;

START_TEST(ike_arrives_with_both_addresses_and_without_its_marker)
{
	uint8_t octets[200];

	rig_open(&rig, &plain);
	for (unsigned port = 0; port < (rig.has6 ? PORTS : 2u); port++) {
		struct cyg_endpoint me, to = reach(&rig.at[port]);
		int peer = peer_open(to.ip.family, NULL, &me);
		size_t len = make_ike(octets, port % 2, 0x1122334455667788, 0, true, 100);
		const struct rig_seen *seen = &rig.seen[rig.count];
		size_t before = rig.count;

		peer_send(peer, &to, octets, len);
		rig_settle(&rig);
		ck_assert_uint_eq(rig.count, before + 1);
		ck_assert(seen->ike);
		ck_assert_uint_eq(seen->datagram.len, 100);
		ck_assert_int_eq(seen->datagram.natt, port % 2);
		ck_assert(cyg_endpoint_equal(&seen->datagram.remote, &me));
		ck_assert(cyg_endpoint_equal(&seen->datagram.local, &to));
		ck_assert_mem_eq(seen->first, "\x11\x22\x33\x44\x55\x66\x77\x88", 8);
		close(peer);
	}
	rig_close(&rig);
}
END_TEST

START_TEST(every_length_has_its_answer_on_both_ports)
{
	const struct net_counters *counters;
	uint8_t zero[64] = { 0 }, esp[64];
	struct cyg_endpoint me, ike, natt;
	int peer = peer_open(CYG_IPV4, NULL, &me);

	rig_open(&rig, &plain);
	ike = reach(&rig.at[PORT_IKE4]);
	natt = reach(&rig.at[PORT_NATT4]);
	counters = net_counters(rig.net[0]);
	memset(esp, 0xff, sizeof(esp));
	for (size_t len = 0; len <= 64; len++) {
		struct net_counters before = *counters;

		peer_send(peer, &ike, zero, len);
		rig_settle(&rig);
		ck_assert_uint_eq(counters->ike_in, before.ike_in + (len >= 28));
		ck_assert_uint_eq(counters->too_short, before.too_short + (len < 28));

		before = *counters;
		peer_send(peer, &natt, zero, len);
		rig_settle(&rig);
		ck_assert_uint_eq(counters->keepalives_in, before.keepalives_in + (len == 1));
		ck_assert_uint_eq(counters->ike_in, before.ike_in + (len >= 32));
		ck_assert_uint_eq(counters->too_short, before.too_short + (len != 1 && len < 32));

		before = *counters;
		peer_send(peer, &natt, esp, len);
		rig_settle(&rig);
		ck_assert_uint_eq(counters->keepalives_in, before.keepalives_in + (len == 1));
		ck_assert_uint_eq(counters->esp_in, before.esp_in + (len >= 8));
		ck_assert_uint_eq(counters->too_short, before.too_short + (len != 1 && len < 8));
		ck_assert_uint_eq(counters->datagrams_in, before.datagrams_in + 1);
	}
	ck_assert_uint_eq(rig.count, 37 + 33 + 57);
	rig_close(&rig);
	close(peer);
}
END_TEST

START_TEST(datagram_longer_than_the_buffer_is_dropped_and_counted)
{
	const struct rig_options options = { .datagram_max = 1500 };
	static uint8_t octets[2000];
	struct cyg_endpoint me, to;
	int peer = peer_open(CYG_IPV4, NULL, &me);

	rig_open(&rig, &options);
	to = reach(&rig.at[PORT_IKE4]);
	peer_send(peer, &to, octets, make_ike(octets, false, 1, 0, true, 1501));
	peer_send(peer, &to, octets, make_ike(octets, false, 1, 0, true, 1500));
	rig_settle(&rig);
	ck_assert_uint_eq(rig.count, 1);
	ck_assert_uint_eq(rig.seen[0].datagram.len, 1500);
	ck_assert_uint_eq(net_counters(rig.net[0])->truncated, 1);
	rig_close(&rig);
	close(peer);
}
END_TEST

START_TEST(longest_datagram_of_udp_arrives_whole)
{
	static uint8_t octets[NET_DATAGRAM_MAX];
	struct cyg_endpoint me, to;
	int peer = peer_open(CYG_IPV4, NULL, &me);

	rig_open(&rig, &plain);
	to = reach(&rig.at[PORT_IKE4]);
	peer_send(peer, &to, octets, make_ike(octets, false, 1, 0, true, sizeof(octets)));
	rig_settle(&rig);
	ck_assert_uint_eq(rig.count, 1);
	ck_assert_uint_eq(rig.seen[0].datagram.len, sizeof(octets));
	rig_close(&rig);
	close(peer);
}
END_TEST

START_TEST(what_waits_is_drained_in_few_calls_and_esp_comes_in_batches)
{
	uint8_t octets[100];
	struct cyg_endpoint me, to;
	int peer = peer_open(CYG_IPV4, NULL, &me);

	rig_open(&rig, &plain);
	to = reach(&rig.at[PORT_NATT4]);
	memset(octets, 0x77, sizeof(octets));
	for (unsigned i = 0; i < 100; i++)
		peer_send(peer, &to, octets, 60 + i % 30); /* of different lengths, hence not merged */
	shard_step(rig.shard[0]);
	ck_assert_uint_eq(rig.count, 100);
	ck_assert_uint_eq(net_counters(rig.net[0])->receive_calls, 4);
	ck_assert_uint_eq(rig.calls, 4);
	rig_close(&rig);
	close(peer);
}
END_TEST

START_TEST(one_flooded_socket_does_not_keep_the_turn_for_ever)
{
	uint8_t octets[28];
	struct cyg_endpoint me, to;
	int peer = peer_open(CYG_IPV4, NULL, &me);

	rig_open(&rig, &plain);
	to = reach(&rig.at[PORT_IKE4]);
	make_ike(octets, false, 1, 0, true, 28);
	for (unsigned i = 0; i < 300; i++)
		peer_send(peer, &to, octets, sizeof(octets));
	shard_step(rig.shard[0]);
	ck_assert_uint_eq(rig.count, 256);
	rig_settle(&rig);
	/* What the receive buffer had no room for is known, too, once something arrives after it. */
	peer_send(peer, &to, octets, sizeof(octets));
	rig_settle(&rig);
	ck_assert_uint_eq(rig.count + net_counters(rig.net[0])->kernel_dropped, 301);
	rig_close(&rig);
	close(peer);
}
END_TEST

START_TEST(merged_datagrams_are_cut_and_each_goes_to_its_shard)
{
	const struct rig_options options = { .workers = 2 };
	const int segment = 100;
	uint8_t octets[1050];
	struct cyg_endpoint me, to;
	unsigned on[2] = { 0 };
	int peer = peer_open(CYG_IPV4, NULL, &me);

	if (setsockopt(peer, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof(segment)) != 0) {
		/* Without it nothing is ever merged on loopback. */
		close(peer);
		return;
	}
	rig_open(&rig, &options);
	to = reach(&rig.at[PORT_NATT4]);
	for (unsigned i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)(i / 100 + 1);
	peer_send(peer, &to, octets, sizeof(octets));
	rig_settle(&rig);
	ck_assert_uint_eq(rig.count, 11);
	for (size_t i = 0; i < rig.count; i++) {
		unsigned number = rig.seen[i].first[0];

		ck_assert_uint_eq(rig.seen[i].datagram.len, number == 11 ? 50 : 100);
		ck_assert_uint_eq(rig.seen[i].worker, number % 2);
		on[number % 2]++;
	}
	ck_assert_uint_eq(on[0], 5);
	ck_assert_uint_eq(on[1], 6);
	rig_close(&rig);
	close(peer);
}
END_TEST

START_TEST(esp_that_no_data_plane_takes_is_counted)
{
	const struct rig_options options = { .no_esp = true };
	struct cyg_endpoint me, to;
	int peer = peer_open(CYG_IPV4, NULL, &me);

	rig_open(&rig, &options);
	to = reach(&rig.at[PORT_NATT4]);
	peer_send(peer, &to, "ESPESPESP", 9);
	rig_settle(&rig);
	ck_assert_uint_eq(net_counters(rig.net[0])->esp_unwanted, 1);
	rig_close(&rig);
	close(peer);
}
END_TEST

/* --- Strays --- */

/* Octets of an SPI whose slot leads to worker `w` of two. */
static uint64_t spi_of(unsigned w)
{
	return 0xaabbccddeeff1100 + w;
}

START_TEST(datagram_on_the_wrong_shard_is_forwarded_once)
{
	const struct rig_options options = { .workers = 2 };
	uint8_t octets[100];
	uint64_t forwarded = 0, forwarded_in = 0;
	struct cyg_endpoint me, to;

	rig_open(&rig, &options);
	rig.echo = true;
	/* Many peers, so that the kernel's hash spreads them; no filter. */
	for (unsigned i = 0; i < 64; i++) {
		int peer = peer_open(CYG_IPV4, NULL, &me);
		struct cyg_endpoint from;
		unsigned owner = i % 2, natt = i / 2 % 2;
		size_t len = make_ike(octets, natt, 5, spi_of(owner), true, 60);
		size_t before = rig.count;

		to = reach(&rig.at[natt ? PORT_NATT4 : PORT_IKE4]);
		peer_send(peer, &to, octets, len);
		rig_settle(&rig);
		ck_assert_uint_eq(rig.count, before + 1);
		ck_assert_uint_eq(rig.seen[before].worker, owner);
		ck_assert(cyg_endpoint_equal(&rig.seen[before].datagram.remote, &me));
		ck_assert(cyg_endpoint_equal(&rig.seen[before].datagram.local, &to));
		ck_assert_uint_eq(rig.seen[before].datagram.natt, natt);
		/* And the owner answers, from the same address and port. */
		ck_assert_int_eq(peer_receive(peer, octets, sizeof(octets), &from), (ssize_t)len);
		ck_assert(cyg_endpoint_equal(&from, &to));
		close(peer);
	}
	for (unsigned w = 0; w < 2; w++) {
		forwarded += net_counters(rig.net[w])->forwarded;
		forwarded_in += net_counters(rig.net[w])->forwarded_in;
	}
	ck_assert_uint_gt(forwarded, 0);
	ck_assert_uint_eq(forwarded, forwarded_in);
	rig_close(&rig);
}
END_TEST

START_TEST(strays_beyond_the_window_are_dropped_and_counted)
{
	const struct rig_options options = { .workers = 2 };
	static uint8_t octets[60000];
	struct cyg_endpoint me, to;
	int peer;
	uint64_t dropped = 0, forwarded = 0;

	rig_open(&rig, &options);
	to = reach(&rig.at[PORT_IKE4]);
	peer = peer_open(CYG_IPV4, NULL, &me);
	/* The other shard takes nothing meanwhile: only the one that receives is stepped. */
	for (unsigned owner = 0; owner < 2; owner++) {
		size_t len = make_ike(octets, false, 5, spi_of(owner), true, sizeof(octets));

		for (unsigned i = 0; i < 100; i++) {
			peer_send(peer, &to, octets, len);
			shard_step(rig.shard[1 - owner]);
		}
		dropped += net_counters(rig.net[1 - owner])->forward_dropped;
		forwarded += net_counters(rig.net[1 - owner])->forwarded;
		rig_settle(&rig);
	}
	/* The peer's flow leads to one of the shards; the other one's datagrams were strays. */
	ck_assert_uint_gt(dropped, 0);
	ck_assert_uint_eq(forwarded, 4 * 1024 * 1024 / sizeof(octets));
	rig_close(&rig);
	close(peer);
}
END_TEST

START_TEST(stray_for_a_shard_without_sockets_is_let_go)
{
	const struct rig_options options = { .workers = 2 };
	uint8_t octets[100];
	struct cyg_endpoint me, to;

	rig_open(&rig, &options);
	to = reach(&rig.at[PORT_IKE4]);
	net_shard_free(rig.net[1]);
	rig.net[1] = NULL;
	for (unsigned i = 0; i < 8; i++) {
		int peer = peer_open(CYG_IPV4, NULL, &me);

		peer_send(peer, &to, octets, make_ike(octets, false, 5, spi_of(1), true, 60));
		rig_settle(&rig);
		close(peer);
	}
	ck_assert_uint_eq(rig.count, 0);
	ck_assert_uint_eq(net_counters(rig.net[0])->forwarded, 8);
	/* One that is under way when its sender goes away. */
	int peer = peer_open(CYG_IPV4, NULL, &me);
	peer_send(peer, &to, octets, make_ike(octets, false, 5, spi_of(1), true, 60));
	shard_step(rig.shard[0]);
	net_shard_free(rig.net[0]);
	rig.net[0] = NULL;
	rig_close(&rig);
	close(peer);
}
END_TEST

/* --- Link-local addresses --- */

/* An interface that is up and its link-local address. */
static bool find_link_local(struct cyg_endpoint *out)
{
	struct ifaddrs *all, *one;
	bool found = false;

	if (getifaddrs(&all) != 0)
		return false;
	for (one = all; one && !found; one = one->ifa_next) {
		if (!one->ifa_addr || one->ifa_addr->sa_family != AF_INET6 || !(one->ifa_flags & IFF_UP))
			continue;
		found = cyg_endpoint_from_sockaddr(one->ifa_addr, sizeof(struct sockaddr_in6), out) ==
				CYG_OK &&
			out->scope != 0;
	}
	freeifaddrs(all);
	return found;
}

START_TEST(link_local_peer_is_answered_on_its_interface)
{
	uint8_t octets[100];
	struct cyg_endpoint me, to, from, local;
	struct sockaddr_storage sa;
	socklen_t len;
	int peer = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ck_assert(find_link_local(&local));
	local.port = 0;
	len = cyg_endpoint_to_sockaddr(&local, &sa);
	ck_assert_int_eq(bind(peer, (struct sockaddr *)&sa, len), 0);
	len = sizeof(sa);
	ck_assert_int_eq(getsockname(peer, (struct sockaddr *)&sa, &len), 0);
	ck_assert_int_eq(cyg_endpoint_from_sockaddr((struct sockaddr *)&sa, len, &me), CYG_OK);
	rig_open(&rig, &plain);
	rig.echo = true;
	to = local;
	to.port = rig.at[PORT_NATT6].port;
	peer_send(peer, &to, octets, make_ike(octets, true, 1, 0, true, 60));
	rig_settle(&rig);
	ck_assert_uint_eq(rig.count, 1);
	ck_assert_uint_eq(rig.seen[0].datagram.remote.scope, local.scope);
	ck_assert(cyg_endpoint_equal(&rig.seen[0].datagram.local, &to));
	ck_assert_int_eq(peer_receive(peer, octets, sizeof(octets), &from), 64);
	ck_assert(cyg_endpoint_equal(&from, &to));
	rig_close(&rig);
	close(peer);
}
END_TEST

/* --- Setting up --- */

static void never(void *ctx, struct cyg_shard *shard, struct cyg_datagram *datagram)
{
	ck_abort_msg("nothing was sent");
}

START_TEST(sockets_that_are_none_are_refused_with_a_reason)
{
	struct cyg_shard *shard = shard_manual_new(NULL);
	struct net_socket_setup sockets[NET_SOCKETS_MAX + 1] = { 0 };
	struct net_setup setup = { .sockets = sockets, .ike_input = never };
	struct net_shard *net = NULL;
	struct cyg_endpoint at;
	char text[200];
	struct cyg_strbuf why = CYG_STRBUF(text);
	int good = peer_open(CYG_IPV4, NULL, &at);
	int unbound = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(net_shard_new(shard, &setup, &net, &why), CYG_NOT_FOUND);
	ck_assert_str_eq(text, "there is no UDP socket at all");
	setup.count = NET_SOCKETS_MAX + 1;
	ck_assert_int_eq(net_shard_new(shard, &setup, &net, &why), CYG_LIMIT);

	setup.count = 2;
	sockets[0] = (struct net_socket_setup){ good, false };
	for (unsigned i = 0; i < 4; i++) {
		const int bad[] = { -1, unbound, tcp, 9999 };

		why = CYG_STRBUF(text);
		sockets[1] = (struct net_socket_setup){ bad[i], true };
		ck_assert_int_eq(net_shard_new(shard, &setup, &net, &why),
				 i == 0 ? CYG_NOT_FOUND : CYG_REFUSED);
		ck_assert_ptr_nonnull(strstr(text, "NAT traversal port"));
		ck_assert_ptr_null(net);
		ck_assert_ptr_null(shard->net);
		ck_assert_ptr_null(shard->send);
		ck_assert_uint_eq(shard_manual_poll_count(shard), 0);
		/* The good one is the caller's still. */
		peer_send(good, &at, "x", 1);
		ck_assert_int_eq(peer_receive(good, text, sizeof(text), NULL), 1);
	}
	close(good);
	close(unbound);
	close(tcp);
	shard_manual_free(shard);
}
END_TEST

Suite *receive_suite(void)
{
	Suite *s = suite_create("receive");
	TCase *c = tcase_create("receive");
	struct cyg_endpoint found;

	tcase_set_timeout(c, 60);
	tcase_add_test(c, ike_arrives_with_both_addresses_and_without_its_marker);
	tcase_add_test(c, every_length_has_its_answer_on_both_ports);
	tcase_add_test(c, datagram_longer_than_the_buffer_is_dropped_and_counted);
	tcase_add_test(c, longest_datagram_of_udp_arrives_whole);
	tcase_add_test(c, what_waits_is_drained_in_few_calls_and_esp_comes_in_batches);
	tcase_add_test(c, one_flooded_socket_does_not_keep_the_turn_for_ever);
	tcase_add_test(c, merged_datagrams_are_cut_and_each_goes_to_its_shard);
	tcase_add_test(c, esp_that_no_data_plane_takes_is_counted);
	tcase_add_test(c, datagram_on_the_wrong_shard_is_forwarded_once);
	tcase_add_test(c, strays_beyond_the_window_are_dropped_and_counted);
	tcase_add_test(c, stray_for_a_shard_without_sockets_is_let_go);
	tcase_add_test(c, sockets_that_are_none_are_refused_with_a_reason);
	if (find_link_local(&found))
		tcase_add_test(c, link_local_peer_is_answered_on_its_interface);
	suite_add_tcase(s, c);
	return s;
}
