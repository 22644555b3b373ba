/* SPDX-License-Identifier: MIT */
/* SAs that begin without a child (RFC 6023), and children that come when there is traffic for them. */
#include "testing/engine/engine_tests.h"

#include "exchange/exchange.h"
#include "testing/engine/kit.h"

#define GCM " encryption aes-gcm-128\n prf sha256\n group 19\n"
#define CHILDLESS "crypto ikev2 profile gateway\n initiate childless\n"

static struct kit *began(const char *client_more)
{
	struct kit *kit = kit_new(NULL);

	kit_configure(kit_gateway(kit), kit_gateway_text(GCM, "esp-gcm", NULL));
	kit_configure(kit_client(kit), kit_client_text(GCM, "esp-gcm", client_more));
	kit_pass(kit, 500);
	ck_assert_uint_eq(kit_up(kit_client(kit)), 1);
	ck_assert_uint_eq(kit_up(kit_gateway(kit)), 1);
	return kit;
}

/* The data plane of the client has a packet for the tunnel that nothing carries. */
static void traffic_on(struct kit *kit, struct kit_side *side, unsigned shard, unsigned tunnel)
{
	static const struct cyg_ip from = { CYG_IPV4, { 10, 9, 0, 1 } }, to = { CYG_IPV4, { 10, 10, 0, 1 } };

	timers_kernel_events.acquire(kit_shard(side, shard), config_interface_id(IF_TUNNEL, tunnel), &from, &to, 1);
	kit_settle(kit);
}

static bool route_there(struct kit *kit)
{
	const struct fake_kernel *kernel = fake_kernel(kit_shard(kit_client(kit), 0));

	for (unsigned i = 0; i < kernel->route_count; i++) {
		if (kernel->route[i].to.len == 16 && kernel->route[i].to.ip.octets[1] == 10)
			return true;
	}
	return false;
}

START_TEST(an_sa_is_begun_without_a_child_where_the_peer_takes_that)
{
	struct kit *kit = began(CHILDLESS);
	struct ike_sa *sa = kit_sa(kit_client(kit));

	ck_assert_uint_eq(kit_children(kit_client(kit)), 0);
	ck_assert_uint_eq(kit_children(kit_gateway(kit)), 0);
	/* The session is there, with its address and the way to what is behind the peer. */
	ck_assert_ptr_nonnull(sa->session);
	ck_assert_uint_eq(sa->session->address4.family, CYG_IPV4);
	ck_assert(route_there(kit));
	/* Nobody asks for a child as long as there is nothing to carry. */
	kit_pass(kit, 60000);
	ck_assert_uint_eq(kit_children(kit_client(kit)), 0);
	ck_assert_uint_eq(kit_up(kit_client(kit)), 1);
	ck_assert(!kit_said("ike.failed", ""));
	ck_assert(!kit_said("child.failed", ""));
	kit_free(kit);
}
END_TEST

START_TEST(traffic_brings_the_child)
{
	struct kit *kit = began(CHILDLESS);

	traffic_on(kit, kit_client(kit), 0, 1); /* another tunnel's: nothing to us */
	ck_assert_uint_eq(kit_children(kit_client(kit)), 0);
	traffic_on(kit, kit_client(kit), 0, 0);
	ck_assert(kit_connected(kit));
	ck_assert(route_there(kit));
	/* More of it brings no more children. */
	traffic_on(kit, kit_client(kit), 0, 0);
	ck_assert_uint_eq(kit_counters(kit_client(kit)).requests_out[2], 1);
	ck_assert(kit_connected(kit));
	/* It goes, and comes again when it is needed. */
	kit_sa(kit_gateway(kit))->children->want_delete = true;
	driver_pump(kit_sa(kit_gateway(kit)));
	kit_pass(kit, 30000);
	ck_assert_uint_eq(kit_children(kit_client(kit)), 0);
	ck_assert(route_there(kit));
	traffic_on(kit, kit_client(kit), 0, 0);
	ck_assert(kit_connected(kit));
	/* With the session goes the route. */
	kit_sa(kit_client(kit))->wants |= WANT_DELETE;
	driver_pump(kit_sa(kit_client(kit)));
	kit_settle(kit);
	ck_assert(!route_there(kit));
	kit_free(kit);
}
END_TEST

START_TEST(of_many_subnets_sixteen_are_kept)
{
	struct kit *kit = kit_new(NULL);
	const struct ike_session *session;

	kit_configure(kit_gateway(kit), kit_gateway_text(GCM, "esp-gcm", "crypto ikev2 profile clients\n"
		" no aaa authorization group psk list here clients\n"
		" aaa authorization group psk list here many\n"));
	kit_configure(kit_client(kit), kit_client_text(GCM, "esp-gcm", _i ? CHILDLESS : NULL));
	kit_pass(kit, 500);
	session = kit_sa(kit_client(kit))->session;
	ck_assert_uint_eq(session->subnet_count, 16);
	ck_assert_uint_eq(session->route_count, 16);
	traffic_on(kit, kit_client(kit), 0, 0);
	ck_assert(kit_connected(kit));
	ck_assert_uint_eq(session->route_count, 16);
	kit_free(kit);
}
END_TEST

/* Packets that come while the child is being made ask for nothing more. */
static enum kit_verdict hold_child(struct kit *kit, struct kit_packet *packet, void *ctx)
{
	return packet->header.exchange == CYG_CREATE_CHILD_SA ? KIT_HOLD : KIT_PASS;
}

START_TEST(traffic_asks_for_one_child_at_a_time)
{
	struct kit *kit = began(CHILDLESS);

	kit->script = hold_child;
	traffic_on(kit, kit_client(kit), 0, 0);
	traffic_on(kit, kit_client(kit), 0, 0);
	ck_assert_uint_eq(kit_counters(kit_client(kit)).requests_out[2], 1);
	kit->script = NULL;
	kit_release(kit, false);
	kit_pass(kit, 500);
	ck_assert(kit_connected(kit));
	ck_assert_uint_eq(kit_counters(kit_client(kit)).requests_out[2], 1);
	kit_free(kit);
}
END_TEST

/* The gateway's notify becomes one that nobody knows, on the wire and in what the gateway proves itself by. */
static void forget_notify(uint8_t *octets, size_t len)
{
	static const uint8_t childless[] = { 0, 8, 0, 0, CYG_N_CHILDLESS_IKEV2_SUPPORTED >> 8,
					     CYG_N_CHILDLESS_IKEV2_SUPPORTED & 0xff };

	for (size_t i = 0; i + sizeof(childless) <= len; i++) {
		if (memcmp(octets + i, childless, sizeof(childless)) == 0)
			octets[i + 4] = 0xa0;
	}
}

static enum kit_verdict unsupported(struct kit *kit, struct kit_packet *packet, void *ctx)
{
	struct ike_sa *sa = kit_sa(kit_gateway(kit));

	if (packet->from != KIT_GATEWAY || packet->header.exchange != CYG_IKE_SA_INIT || !sa->nego)
		return KIT_PASS;
	forget_notify(packet->octets, packet->len);
	forget_notify(sa->nego->init_response, sa->nego->init_response_len);
	return KIT_PASS;
}

START_TEST(a_peer_that_does_not_announce_it_gets_a_child_at_once)
{
	struct kit *kit = kit_new(NULL);

	kit->script = unsupported;
	kit_configure(kit_gateway(kit), kit_gateway_text(GCM, "esp-gcm", NULL));
	kit_configure(kit_client(kit), kit_client_text(GCM, "esp-gcm", CHILDLESS));
	kit_pass(kit, 500);
	ck_assert(kit_connected(kit));
	ck_assert(kit_said("ike.childless", "does not take"));
	kit_free(kit);
}
END_TEST

START_TEST(without_the_line_a_child_comes_at_once)
{
	struct kit *kit = began(NULL);

	ck_assert(kit_connected(kit));
	ck_assert(!kit_said("ike.childless", ""));
	kit_free(kit);
}
END_TEST

START_TEST(an_sa_without_a_child_gets_new_keys_and_is_watched)
{
	struct kit *kit = began(CHILDLESS "crypto ikev2 dpd 10 2 periodic\n");
	struct ike_sa *sa = kit_sa(kit_client(kit));
	uint64_t spi = ike_sa_spi(sa);

	sa->wants |= WANT_REKEY;
	driver_pump(sa);
	kit_pass(kit, 30000);
	ck_assert_uint_eq(kit_up(kit_client(kit)), 1);
	ck_assert(ike_sa_spi(kit_sa(kit_client(kit))) != spi);
	ck_assert_uint_eq(kit_children(kit_client(kit)), 0);
	ck_assert_uint_ge(kit_counters(kit_client(kit)).dpd_probes, 1);
	ck_assert(route_there(kit));
	traffic_on(kit, kit_client(kit), 0, 0);
	ck_assert(kit_connected(kit));
	kit_free(kit);
}
END_TEST

/* Where a child cannot be had, it is tried again after a pause, and traffic does not shorten that. */
START_TEST(a_child_that_is_refused_is_asked_for_again_later)
{
	struct kit *kit = kit_new(NULL);
	uint64_t asked;

	kit_configure(kit_gateway(kit), kit_gateway_text(GCM, "esp-gcm 256", NULL));
	kit_configure(kit_client(kit), kit_client_text(GCM, "esp-gcm", CHILDLESS));
	kit_pass(kit, 500);
	ck_assert_uint_eq(kit_up(kit_client(kit)), 1);
	traffic_on(kit, kit_client(kit), 0, 0);
	ck_assert(kit_said("child.failed", "NO_PROPOSAL_CHOSEN"));
	asked = kit_counters(kit_client(kit)).requests_out[2];
	for (unsigned i = 0; i < 4; i++) {
		kit_pass(kit, 1000);
		traffic_on(kit, kit_client(kit), 0, 0);
	}
	ck_assert_uint_eq(kit_counters(kit_client(kit)).requests_out[2], asked);
	kit_configure(kit_gateway(kit), kit_gateway_text(GCM, "esp-gcm", NULL));
	kit_pass(kit, 15000);
	ck_assert(kit_connected(kit));
	kit_free(kit);
}
END_TEST

/* The packet may be met by a shard that knows nothing of the tunnel. */
START_TEST(traffic_that_another_shard_meets_finds_the_tunnel)
{
	struct kit *kit = kit_new(&(struct kit_setup){ .shards = 2 });
	uint64_t begun;

	kit_configure(kit_gateway(kit), kit_gateway_text(GCM, "esp-gcm",
		"crypto ikev2 profile branch\n match identity remote address 192.0.2.77\n"
		" authentication local pre-share key k\n authentication remote pre-share key k\n"
		"crypto ipsec profile branch\n set transform-set t\n set ikev2-profile branch\n"
		"interface Tunnel9\n ip address 10.8.0.1 255.255.255.0\n tunnel source 192.0.2.1\n"
		" tunnel mode ipsec ipv4\n tunnel destination 192.0.2.77\n"
		" tunnel protection ipsec profile branch\n"));
	kit_settle(kit);
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).sa_out, 1);
	/* Until nobody has answered: it pauses. */
	for (unsigned i = 0; i < 2000 && kit_sas(kit_gateway(kit)); i++)
		kit_pass(kit, 100);
	ck_assert_uint_eq(kit_sas(kit_gateway(kit)), 0);
	begun = kit_counters(kit_gateway(kit)).sa_out;
	traffic_on(kit, kit_gateway(kit), (unsigned)_i, 8);
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).sa_out, begun);
	traffic_on(kit, kit_gateway(kit), (unsigned)_i, 9);
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).sa_out, begun + 1);
	kit_free(kit);
}
END_TEST

Suite *childless_suite(void)
{
	Suite *suite = suite_create("childless");
	TCase *tcase = tcase_create("childless");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, an_sa_is_begun_without_a_child_where_the_peer_takes_that);
	tcase_add_test(tcase, traffic_brings_the_child);
	tcase_add_loop_test(tcase, of_many_subnets_sixteen_are_kept, 0, 2);
	tcase_add_test(tcase, traffic_asks_for_one_child_at_a_time);
	tcase_add_test(tcase, a_peer_that_does_not_announce_it_gets_a_child_at_once);
	tcase_add_test(tcase, without_the_line_a_child_comes_at_once);
	tcase_add_test(tcase, an_sa_without_a_child_gets_new_keys_and_is_watched);
	tcase_add_test(tcase, a_child_that_is_refused_is_asked_for_again_later);
	tcase_add_loop_test(tcase, traffic_that_another_shard_meets_finds_the_tunnel, 0, 2);
	suite_add_tcase(suite, tcase);
	return suite;
}
