/* SPDX-License-Identifier: MIT */
/* An SA without a child, endpoints that follow, probes on demand, keepalives, cookies that grow old. */
#include "testing/engine/engine_tests.h"
#include "testing/engine/kit.h"

#define GCM " encryption aes-gcm-128\n prf sha256\n group 19\n"

static struct kit *connected(const struct kit_setup *setup, const char *gateway_more, const char *client_more)
{
	struct kit *kit = kit_new(setup);

	kit_configure(kit_gateway(kit), kit_gateway_text(GCM, "esp-gcm", gateway_more));
	kit_configure(kit_client(kit), kit_client_text(GCM, "esp-gcm", client_more));
	kit_pass(kit, 500);
	ck_assert(kit_connected(kit));
	return kit;
}

/* An INFORMATIONAL request of the client with any message ID. */
static void ask(struct kit *kit, uint32_t message_id)
{
	static uint8_t octets[2000];
	size_t len = kit_forge(kit_client(kit), kit_sa(kit_client(kit)), CYG_INFORMATIONAL, false, message_id,
			       CYG_PAYLOAD_NONE, cyg_bytes(NULL, 0), octets, sizeof(octets));

	kit_inject(kit, KIT_GATEWAY, octets, len, false);
	kit_settle(kit);
}

/* Takes SA, TSi, TSr and CP out of the client's IKE_AUTH. `leave`: one of them stays. */
struct stripper {
	uint8_t leave;
	bool done;
};

static void strip_payload(struct chain_writer *out, uint8_t type, struct cyg_bytes body, void *ctx)
{
	const struct stripper *s = ctx;
	bool of_child = type == CYG_PAYLOAD_SA || type == CYG_PAYLOAD_TSI || type == CYG_PAYLOAD_TSR ||
			type == CYG_PAYLOAD_CP;

	if (of_child && type != s->leave)
		return;
	chain_open(out, type);
	wire_put_bytes(&out->w, body);
	chain_close(out);
}

static enum kit_verdict strip(struct kit *kit, struct kit_packet *packet, void *ctx)
{
	struct stripper *s = ctx;

	if (packet->header.exchange != CYG_IKE_AUTH || packet->from != KIT_CLIENT || s->done)
		return KIT_PASS;
	s->done = true;
	kit_rewrite(kit, packet, strip_payload, s);
	return KIT_DROP;
}

START_TEST(an_sa_without_a_child_may_be_had)
{
	struct stripper s = { 0 };
	struct kit *kit = kit_new(NULL);
	struct ike_sa *sa;

	kit->script = strip;
	kit->ctx = &s;
	kit_configure_both(kit, GCM, "esp-gcm");
	while (!s.done)
		kit_pass(kit, 1);
	kit_settle(kit);
	sa = kit_sa(kit_gateway(kit));
	/* The client of this kit wanted a child, so it ends the SA; the gateway took it. */
	ck_assert(kit_said("ike.up", "client.example.org"));
	ck_assert_uint_eq(kit_children(kit_gateway(kit)), 0);
	ck_assert(!sa || sa->state != IKE_ESTABLISHED || !sa->children);
	kit_free(kit);
}
END_TEST

START_TEST(half_a_child_is_refused)
{
	struct stripper s = { .leave = CYG_PAYLOAD_TSI };
	struct kit *kit = kit_new(NULL);

	kit->script = strip;
	kit->ctx = &s;
	kit_configure_both(kit, GCM, "esp-gcm");
	while (!s.done)
		kit_pass(kit, 1);
	kit_settle(kit);
	ck_assert_uint_eq(kit_up(kit_gateway(kit)), 0);
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).established_in, 0);
	kit_free(kit);
}
END_TEST

/* The client's datagrams come from elsewhere from now on. */
static enum kit_verdict moved(struct kit *kit, struct kit_packet *packet, void *ctx)
{
	if (packet->from == KIT_CLIENT)
		packet->remote.port = 61000;
	return KIT_PASS;
}

START_TEST(who_is_behind_a_nat_is_followed_and_nobody_else)
{
	struct kit *kit = connected(&(struct kit_setup){ .natted_client = _i == 1 }, NULL, NULL);
	struct ike_sa *g = kit_sa(kit_gateway(kit)), *c = kit_sa(kit_client(kit));
	uint16_t before = g->d.remote.port;

	kit->script = moved;
	c->wants |= WANT_DPD;
	driver_pump(c);
	kit_settle(kit);
	ck_assert_uint_eq(g->d.remote.port, _i == 1 ? 61000 : before);
	ck_assert_uint_eq(fake_active(kit_shard(kit_gateway(kit), 0))->remote.port, g->d.remote.port);
	kit_free(kit);
}
END_TEST

static enum kit_verdict gateway_moved(struct kit *kit, struct kit_packet *packet, void *ctx)
{
	if (packet->from == KIT_GATEWAY)
		packet->remote.port = 61000;
	return KIT_PASS;
}

START_TEST(who_is_behind_a_nat_follows_nobody)
{
	struct kit *kit = connected(&(struct kit_setup){ .natted_client = true }, NULL, NULL);
	struct ike_sa *g = kit_sa(kit_gateway(kit)), *c = kit_sa(kit_client(kit));

	kit->script = gateway_moved;
	g->wants |= WANT_DPD;
	driver_pump(g);
	kit_settle(kit);
	ck_assert_uint_eq(c->d.remote.port, IKE_NATT_PORT);
	kit_free(kit);
}
END_TEST

START_TEST(a_repeat_of_an_old_message_moves_nobody)
{
	struct kit *kit = connected(&(struct kit_setup){ .natted_client = true }, NULL, NULL);
	struct ike_sa *g = kit_sa(kit_gateway(kit));
	uint16_t before = g->d.remote.port;
	uint32_t next = g->d.recv_next;

	ask(kit, next);          /* answered, and the endpoint is that of kit_inject() now */
	ck_assert_uint_ne(g->d.remote.port, before);
	g->d.remote.port = before;
	ask(kit, next);          /* the same once more */
	ck_assert_uint_eq(g->d.remote.port, before);
	kit_free(kit);
}
END_TEST

START_TEST(on_demand_a_probe_goes_out_soon_after_the_first_unanswered_packet)
{
	struct kit *kit = connected(NULL, "crypto ikev2 dpd 30 6 on-demand\n", NULL);
	uint64_t probes = kit_counters(kit_gateway(kit)).dpd_probes;

	kit_pass(kit, 100000);
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).dpd_probes, probes);
	fake_active(kit_shard(kit_gateway(kit), 0))->counters.last_out_ms = kit->clock.now_ms;
	kit_pass(kit, 6100);
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).dpd_probes, probes + 1);
	kit_free(kit);
}
END_TEST

START_TEST(traffic_makes_keepalives_needless)
{
	struct kit *kit = connected(&(struct kit_setup){ .natted_client = true }, NULL,
				    "crypto ikev2 nat keepalive 20\n");

	for (unsigned i = 0; i < 20; i++) {
		fake_active(kit_shard(kit_client(kit), 0))->counters.last_out_ms = kit->clock.now_ms;
		kit_pass(kit, 10000);
	}
	ck_assert_uint_eq(kit->keepalives, 0);
	kit_pass(kit, 41000);
	ck_assert_uint_eq(kit->keepalives, 2);
	kit_free(kit);
}
END_TEST

START_TEST(force_encap_makes_both_use_udp)
{
	struct kit *kit = connected(NULL, NULL, _i ? "crypto ikev2 profile gateway\n nat force-encap\n" : NULL);

	ck_assert(fake_active(kit_shard(kit_gateway(kit), 0))->udp_encap == _i);
	ck_assert(fake_active(kit_shard(kit_client(kit), 0))->udp_encap == _i);
	ck_assert_uint_eq(kit_sa(kit_client(kit))->d.remote.port, _i ? IKE_NATT_PORT : IKE_PORT);
	kit_free(kit);
}
END_TEST

START_TEST(the_soft_limit_by_volume_is_below_the_hard_one)
{
	struct kit *kit = connected(NULL, NULL, NULL);
	struct fake_child *child = fake_active(kit_shard(kit_client(kit), 0));

	ck_assert_uint_eq(child->hard_octets, 4608000ull * 1024);
	ck_assert_uint_ge(child->soft_octets, child->hard_octets / 10 * 8 - 1024);
	ck_assert_uint_le(child->soft_octets, child->hard_octets / 10 * 9 + 1024);
	kit_free(kit);
}
END_TEST

START_TEST(limits_of_what_we_begin_hold)
{
	struct kit *kit = kit_new(NULL);

	kit_configure(kit_client(kit), kit_client_text(GCM, "esp-gcm", "crypto ikev2 limit max-sa 1\n"
		"interface Tunnel1\n ip address 10.8.0.1 255.255.255.0\n tunnel source 192.0.2.2\n"
		" tunnel mode ipsec ipv4\n tunnel destination 192.0.2.77\n"
		" tunnel protection ipsec profile gateway\n"));
	kit_configure(kit_gateway(kit), kit_gateway_text(GCM, "esp-gcm", NULL));
	kit_pass(kit, 3000);
	ck_assert_uint_eq(kit_sas(kit_client(kit)), 1);
	ck_assert_uint_ge(kit_counters(kit_client(kit)).rejected_limit_sa, 1);
	kit_free(kit);
}
END_TEST

Suite *everyday_suite(void)
{
	Suite *suite = suite_create("everyday");
	TCase *tcase = tcase_create("everyday");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, an_sa_without_a_child_may_be_had);
	tcase_add_test(tcase, half_a_child_is_refused);
	tcase_add_loop_test(tcase, who_is_behind_a_nat_is_followed_and_nobody_else, 0, 2);
	tcase_add_test(tcase, who_is_behind_a_nat_follows_nobody);
	tcase_add_test(tcase, a_repeat_of_an_old_message_moves_nobody);
	tcase_add_test(tcase, on_demand_a_probe_goes_out_soon_after_the_first_unanswered_packet);
	tcase_add_test(tcase, traffic_makes_keepalives_needless);
	tcase_add_loop_test(tcase, force_encap_makes_both_use_udp, 0, 2);
	tcase_add_test(tcase, the_soft_limit_by_volume_is_below_the_hard_one);
	tcase_add_test(tcase, limits_of_what_we_begin_hold);
	suite_add_tcase(suite, tcase);
	return suite;
}
