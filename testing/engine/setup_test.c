/* SPDX-License-Identifier: MIT */
/* Setting up: suites, configuration payloads, NAT, shards. */
#include "testing/engine/engine_tests.h"
#include "policy/selectors.h"
#include "testing/engine/kit.h"

#define GCM " encryption aes-gcm-128\n prf sha256\n group 19\n"
#define CBC " encryption aes-cbc-256\n integrity sha256\n group 19\n"

static const struct {
	const char *proposal, *set;
	uint16_t group, esp;
	size_t key_len;
} suites[] = {
	{ GCM, "esp-gcm", CYG_KE_ECP_256, CYG_ENCR_AES_GCM_16, 20 },
	{ " encryption aes-gcm-256\n prf sha384\n group 31\n", "esp-gcm 256", CYG_KE_X25519,
	  CYG_ENCR_AES_GCM_16, 36 },
	{ CBC, "esp-aes esp-sha256-hmac", CYG_KE_ECP_256, CYG_ENCR_AES_CBC, 16 + 32 },
	{ " encryption aes-cbc-128\n integrity sha512\n group 14\n", "esp-aes 256 esp-sha512-hmac",
	  CYG_KE_MODP_2048, CYG_ENCR_AES_CBC, 32 + 64 },
};

START_TEST(every_suite_connects)
{
	struct kit *kit = kit_new(NULL);
	struct ike_sa *sa;

	kit_configure_both(kit, suites[_i].proposal, suites[_i].set);
	kit_pass(kit, 1000);
	if (!kit_connected(kit))
		kit_print_log();
	ck_assert(kit_connected(kit));
	sa = kit_sa(kit_client(kit));
	ck_assert_uint_eq(sa->d.suite.ke, suites[_i].group);
	ck_assert_uint_eq(fake_active(kit_shard(kit_client(kit), 0))->encr, suites[_i].esp);
	ck_assert_uint_eq(fake_active(kit_shard(kit_client(kit), 0))->key_len, suites[_i].key_len);
	kit_free(kit);
}
END_TEST

static bool has_route(struct kit_side *side, unsigned n, uint8_t a, uint8_t b, uint8_t c, uint8_t d,
		      uint8_t len)
{
	struct fake_kernel *k = fake_kernel(kit_shard(side, n));
	struct cyg_prefix prefix = { { CYG_IPV4, { a, b, c, d } }, len };

	for (unsigned i = 0; i < k->route_count; i++) {
		if (memcmp(&k->route[i].to, &prefix, sizeof(prefix)) == 0)
			return true;
	}
	return false;
}

START_TEST(address_dns_and_routes_come_by_configuration_payload)
{
	struct kit *kit = kit_new(NULL);
	struct fake_kernel *client;
	struct ike_sa_row row;
	struct row_cursor cursor = { 0 };

	kit_configure_both(kit, GCM, "esp-gcm");
	kit_pass(kit, 1000);
	ck_assert(kit_connected(kit));
	client = fake_kernel(kit_shard(kit_client(kit), 0));
	ck_assert_uint_eq(client->address_count, 1);
	ck_assert_mem_eq(client->address[0].ip.octets, "\x0a\x09\x00\x01", 4);
	ck_assert_uint_eq(client->address[0].len, 32);
	ck_assert(has_route(kit_client(kit), 0, 10, 10, 0, 0, 16));
	ck_assert(has_route(kit_client(kit), 0, 10, 99, 0, 1, 32)); /* route set interface */
	ck_assert(has_route(kit_gateway(kit), 0, 10, 9, 0, 1, 32));
	ck_assert_uint_eq(ike_rows(kit_client(kit)->ike[0], NULL, &cursor, &row, 1), 1);
	ck_assert_uint_eq(row.dns_count, 1);
	ck_assert_mem_eq(row.dns[0].octets, "\x0a\x0a\x00\x35", 4);
	ck_assert_str_eq(row.profile, "gateway");
	ck_assert_str_eq(row.interface, "Tunnel0");
	ck_assert_str_eq(row.remote_id, "gateway.example.org");
	cursor = (struct row_cursor){ 0 };
	ck_assert_uint_eq(ike_rows(kit_gateway(kit)->ike[0], NULL, &cursor, &row, 1), 1);
	ck_assert_str_eq(row.authorization, "clients");
	ck_assert_mem_eq(row.assigned4.octets, "\x0a\x09\x00\x01", 4);
	ck_assert(strncmp(row.peer_version, "Cygnet ", 7) == 0);
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).config_payloads[CYG_CFG_REQUEST - 1][IKE_RX_REQUEST], 1);
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).config_payloads[CYG_CFG_REPLY - 1][IKE_TX_RESPONSE], 1);
	ck_assert_uint_eq(kit_counters(kit_client(kit)).config_payloads[CYG_CFG_REQUEST - 1][IKE_TX_REQUEST], 1);
	ck_assert_uint_eq(kit_counters(kit_client(kit)).config_payloads[CYG_CFG_REPLY - 1][IKE_RX_RESPONSE], 1);
	ck_assert_uint_eq(kit_counters(kit_client(kit)).config_payloads[CYG_CFG_SET - 1][IKE_TX_REQUEST], 0);
	kit_free(kit);
}
END_TEST

static const char of_inside[] = "crypto ikev2 profile clients\n no aaa authorization group psk list here clients\n"
				" aaa authorization group psk list here inside\n";

START_TEST(a_policy_may_name_the_interface_whose_address_the_peer_is_told)
{
	struct kit *kit = kit_new(NULL);
	char text[512];

	snprintf(text, sizeof(text), "%sinterface Loopback9\n ip address 10.98.0.9 255.255.255.0\n", of_inside);
	kit_configure(kit_gateway(kit), kit_gateway_text(GCM, "esp-gcm", text));
	kit_configure(kit_client(kit), kit_client_text(GCM, "esp-gcm", NULL));
	kit_pass(kit, 1000);
	ck_assert(kit_connected(kit));
	ck_assert(has_route(kit_client(kit), 0, 10, 98, 0, 9, 32));
	ck_assert(!has_route(kit_client(kit), 0, 10, 99, 0, 1, 32)); /* of the session's own interface */
	kit_free(kit);
}
END_TEST

START_TEST(of_an_interface_that_is_gone_nothing_is_told)
{
	struct kit *kit = kit_new(NULL);

	kit_configure(kit_gateway(kit), kit_gateway_text(GCM, "esp-gcm", of_inside));
	kit_configure(kit_client(kit), kit_client_text(GCM, "esp-gcm", NULL));
	kit_pass(kit, 1000);
	ck_assert(kit_connected(kit));
	ck_assert(has_route(kit_client(kit), 0, 10, 10, 0, 0, 16));
	ck_assert(!has_route(kit_client(kit), 0, 10, 99, 0, 1, 32));
	kit_free(kit);
}
END_TEST

/* Its twin is address_dns_and_routes_come_by_configuration_payload. */
START_TEST(who_is_not_to_ask_asks_for_nothing_and_gets_nothing)
{
	struct kit *kit = kit_new(NULL);
	struct fake_kernel *client;
	struct ike_sa_row row;
	struct row_cursor cursor = { 0 };

	kit_configure(kit_gateway(kit), kit_gateway_text(GCM, "esp-gcm", NULL));
	kit_configure(kit_client(kit),
		      kit_client_text(GCM, "esp-gcm", "crypto ikev2 profile gateway\n no config-exchange request\n"));
	kit_pass(kit, 1000);
	if (!kit_connected(kit))
		kit_print_log();
	ck_assert(kit_connected(kit));
	client = fake_kernel(kit_shard(kit_client(kit), 0));
	ck_assert_uint_eq(client->address_count, 0);
	ck_assert(!has_route(kit_client(kit), 0, 10, 10, 0, 0, 16));
	ck_assert(selectors_have_any(&fake_active(kit_shard(kit_client(kit), 0))->ts_local));
	ck_assert_uint_eq(ike_rows(kit_gateway(kit)->ike[0], NULL, &cursor, &row, 1), 1);
	ck_assert_uint_eq(row.assigned4.family, 0);
	ck_assert_str_eq(row.peer_version, ""); /* our version is part of the request */
	kit_free(kit);
}
END_TEST

START_TEST(both_families_are_given_in_one_child)
{
	struct kit *kit = kit_new(NULL);
	struct fake_child *child;

	kit_configure(kit_gateway(kit), kit_gateway_text(GCM, "esp-gcm", NULL));
	kit_configure(kit_client(kit), kit_client_text(GCM, "esp-gcm",
						       "interface Tunnel0\n ipv6 address negotiated\n"));
	kit_pass(kit, 1000);
	ck_assert(kit_connected(kit));
	ck_assert_uint_eq(fake_kernel(kit_shard(kit_client(kit), 0))->address_count, 2);
	child = fake_active(kit_shard(kit_gateway(kit), 0));
	ck_assert_uint_eq(child->ts_remote.count, 2);
	ck_assert_uint_eq(child->ts_local.count, 2);
	kit_free(kit);
}
END_TEST

/* Two tunnels between routers: no address is asked for, everything goes through. */
START_TEST(static_tunnels_take_all_traffic)
{
	static const char gateway[] =
		"crypto ikev2 proposal p\n" GCM "crypto ikev2 policy p\n proposal p\n"
		"crypto ikev2 profile p\n match identity remote address 192.0.2.2 255.255.255.255\n"
		" authentication local pre-share key one\n authentication remote pre-share key two\n"
		"crypto ipsec transform-set t esp-gcm\n mode tunnel\n"
		"crypto ipsec profile p\n set transform-set t\n set ikev2-profile p\n responder-only\n"
		"interface Tunnel7\n ip address 10.7.0.1 255.255.255.252\n tunnel source 192.0.2.1\n"
		" tunnel mode ipsec ipv4\n tunnel destination 192.0.2.2\n"
		" tunnel protection ipsec profile p\n";
	static const char client[] =
		"crypto ikev2 proposal p\n" GCM "crypto ikev2 policy p\n proposal p\n"
		"crypto ikev2 profile p\n match identity remote address 192.0.2.1 255.255.255.255\n"
		" authentication local pre-share key two\n authentication remote pre-share key one\n"
		"crypto ipsec transform-set t esp-gcm\n mode tunnel\n"
		"crypto ipsec profile p\n set transform-set t\n set ikev2-profile p\n"
		"interface Tunnel0\n ip address 10.7.0.2 255.255.255.252\n tunnel source 192.0.2.2\n"
		" tunnel mode ipsec ipv4\n tunnel destination 192.0.2.1\n"
		" tunnel protection ipsec profile p\n";
	struct kit *kit = kit_new(NULL);
	struct fake_child *child;

	kit_configure(kit_gateway(kit), gateway);
	kit_configure(kit_client(kit), client);
	kit_pass(kit, 1000);
	if (!kit_connected(kit))
		kit_print_log();
	ck_assert(kit_connected(kit));
	child = fake_active(kit_shard(kit_gateway(kit), 0));
	ck_assert_uint_eq(child->interface_id, config_interface_id(IF_TUNNEL, 7));
	ck_assert(selectors_have_any(&child->ts_local) && selectors_have_any(&child->ts_remote));
	ck_assert_uint_eq(fake_kernel(kit_shard(kit_gateway(kit), 0))->route_count, 0);
	/* One child for all traffic is the only one. */
	kit_sa(kit_client(kit))->wants |= WANT_CHILD;
	driver_pump(kit_sa(kit_client(kit)));
	kit_settle(kit);
	ck_assert(kit_connected(kit));
	ck_assert(kit_said("child.failed", "has a child for all traffic already"));
	kit_free(kit);
}
END_TEST

START_TEST(without_nat_esp_goes_raw_and_ports_stay)
{
	struct kit *kit = kit_new(NULL);

	kit_configure_both(kit, GCM, "esp-gcm");
	kit_pass(kit, 1000);
	ck_assert(kit_connected(kit));
	ck_assert(!fake_active(kit_shard(kit_gateway(kit), 0))->udp_encap);
	ck_assert_uint_eq(kit_sa(kit_client(kit))->d.remote.port, IKE_PORT);
	kit_free(kit);
}
END_TEST

START_TEST(behind_a_nat_both_move_to_port_4500)
{
	struct kit *kit = kit_new(&(struct kit_setup){ .natted_client = true });
	struct ike_sa *g, *c;

	kit_configure_both(kit, GCM, "esp-gcm");
	kit_pass(kit, 1000);
	if (!kit_connected(kit))
		kit_print_log();
	ck_assert(kit_connected(kit));
	g = kit_sa(kit_gateway(kit));
	c = kit_sa(kit_client(kit));
	ck_assert(c->d.nat_local && !c->d.nat_remote);
	ck_assert(g->d.nat_remote && !g->d.nat_local);
	ck_assert_uint_eq(c->d.local.port, IKE_NATT_PORT);
	ck_assert_uint_eq(g->d.local.port, IKE_NATT_PORT);
	ck_assert_uint_eq(g->d.remote.port, 44500);
	ck_assert(fake_active(kit_shard(kit_gateway(kit), 0))->udp_encap);
	ck_assert(fake_active(kit_shard(kit_client(kit), 0))->udp_encap);
	kit_free(kit);
}
END_TEST

START_TEST(a_data_plane_without_raw_esp_makes_both_use_udp)
{
	struct kit *kit = kit_new(&(struct kit_setup){ .no_raw_esp = true });

	kit_configure_both(kit, GCM, "esp-gcm");
	kit_pass(kit, 1000);
	ck_assert(kit_connected(kit));
	ck_assert(fake_active(kit_shard(kit_gateway(kit), 0))->udp_encap);
	ck_assert(fake_active(kit_shard(kit_client(kit), 0))->udp_encap);
	ck_assert_uint_eq(kit_sa(kit_client(kit))->d.remote.port, IKE_NATT_PORT);
	kit_free(kit);
}
END_TEST

START_TEST(two_shards_connect_and_rekey)
{
	/* Several clients in a row, so that both shards see some. */
	unsigned on_shard[2] = { 0 };

	for (unsigned i = 0; i < 12; i++) {
		struct kit *kit = kit_new(&(struct kit_setup){ .shards = 2, .seed = 100 + i });
		struct ike_sa *sa;

		kit_configure_both(kit, GCM, "esp-gcm");
		kit_pass(kit, 1000);
		ck_assert(kit_connected(kit));
		sa = kit_sa(kit_gateway(kit));
		ck_assert_uint_eq(cyg_shard_of_slot(sa->shard, (uint8_t)ike_sa_spi(sa)),
				  cyg_shard_index(sa->shard));
		ck_assert_uint_eq(cyg_shard_of_slot(sa->shard, (uint8_t)(sa->children->d.spi_in >> 24)),
				  cyg_shard_index(sa->shard));
		on_shard[cyg_shard_index(sa->shard)]++;
		sa->wants |= WANT_REKEY;
		driver_pump(sa);
		kit_pass(kit, 1000);
		ck_assert(kit_connected(kit));
		kit_free(kit);
	}
	ck_assert_uint_gt(on_shard[0], 0);
	ck_assert_uint_gt(on_shard[1], 0);
}
END_TEST

START_TEST(of_what_both_take_the_initiators_first_choice_is_used)
{
	struct kit *kit = kit_new(NULL);
	const struct suite_ids *suite;

	/* The orders differ in every type; a set of AES-GCM is there as well, and stands last on one side, first on the other. */
	kit_configure(kit_gateway(kit),
		      kit_gateway_text(" encryption aes-gcm-128 aes-cbc-128 aes-cbc-192\n integrity sha1 sha256\n"
				       " prf sha1 sha256\n group 14 19\n", "esp-gcm", NULL));
	kit_configure(kit_client(kit),
		      kit_client_text(" encryption aes-cbc-192 aes-cbc-128 aes-gcm-128\n integrity sha256 sha1\n"
				      " prf sha256 sha1\n group 19 14\n", "esp-gcm", NULL));
	kit_pass(kit, 1000);
	ck_assert(kit_connected(kit));
	suite = &kit_sa(kit_gateway(kit))->d.suite;
	ck_assert_uint_eq(suite->encr, CYG_ENCR_AES_CBC);
	ck_assert_uint_eq(suite->key_bits, 192);
	ck_assert_uint_eq(suite->integ, CYG_AUTH_HMAC_SHA2_256_128);
	ck_assert_uint_eq(suite->prf, CYG_PRF_HMAC_SHA2_256);
	ck_assert_uint_eq(suite->ke, CYG_KE_ECP_256);
	kit_free(kit);
}
END_TEST

START_TEST(the_responder_asks_for_another_group_and_gets_it)
{
	struct kit *kit = kit_new(NULL);

	kit_configure(kit_gateway(kit), kit_gateway_text(GCM, "esp-gcm", NULL));
	kit_configure(kit_client(kit),
		      kit_client_text(" encryption aes-gcm-128\n prf sha256\n group 14 19\n", "esp-gcm",
				      NULL));
	kit_pass(kit, 1000);
	ck_assert(kit_connected(kit));
	ck_assert_uint_eq(kit_sa(kit_client(kit))->d.suite.ke, CYG_KE_ECP_256);
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).invalid_ke_out, 1);
	ck_assert_uint_eq(kit_counters(kit_client(kit)).invalid_ke_in, 1);
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).notifies[CYG_N_INVALID_KE_PAYLOAD][IKE_TX_RESPONSE], 1);
	ck_assert_uint_eq(kit_counters(kit_client(kit)).notifies[CYG_N_INVALID_KE_PAYLOAD][IKE_RX_RESPONSE], 1);
	ck_assert_uint_eq(kit_counters(kit_client(kit)).notifies[CYG_N_INVALID_KE_PAYLOAD][IKE_TX_REQUEST], 0);
	kit_free(kit);
}
END_TEST

/* The first answer of the gateway waits. */
static enum kit_verdict hold_the_first_answer(struct kit *kit, struct kit_packet *packet, void *ctx)
{
	unsigned *answers = ctx;

	return packet->from == KIT_GATEWAY && ++*answers == 1 ? KIT_HOLD : KIT_PASS;
}

START_TEST(of_the_groups_the_responder_takes_the_one_a_value_came_for_wins)
{
	struct kit *kit = kit_new(NULL);
	unsigned answers = 0;

	kit_configure(kit_gateway(kit), kit_gateway_text(GCM, "esp-gcm", NULL));
	kit->script = hold_the_first_answer;
	kit->ctx = &answers;
	kit_configure(kit_client(kit),
		      kit_client_text(" encryption aes-gcm-128\n prf sha256\n group 14 19\n", "esp-gcm", NULL));
	kit_settle(kit);
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).invalid_ke_out, 1);
	/* It was asked for group 19; when its value comes, the client's first choice would do as well. */
	kit_configure(kit_gateway(kit),
		      kit_gateway_text(" encryption aes-gcm-128\n prf sha256\n group 14 19\n", "esp-gcm", NULL));
	kit_release(kit, false);
	kit_pass(kit, 1000);
	ck_assert(kit_connected(kit));
	ck_assert_uint_eq(kit_sa(kit_gateway(kit))->d.suite.ke, CYG_KE_ECP_256);
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).invalid_ke_out, 1);
	kit_free(kit);
}
END_TEST

START_TEST(who_waits_for_authorization_holds_up_nobody)
{
	struct kit *kit = kit_new(NULL);
	struct cyg_op *op;

	kit_configure(kit_gateway(kit), kit_gateway_text(GCM, "esp-gcm",
							 "crypto ikev2 profile clients\n"
							 " aaa authorization group psk list here slow\n"));
	kit_configure(kit_client(kit), kit_client_text(GCM, "esp-gcm", NULL));
	kit_pass(kit, 3500);
	ck_assert_ptr_nonnull(fake_slow_op);
	ck_assert_uint_eq(kit_up(kit_gateway(kit)), 0);
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).waiting, 1);
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).negotiating_in, 1);
	ck_assert_uint_eq(kit_counters(kit_client(kit)).negotiating_out, 1);
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).half_open, 0);
	ck_assert_uint_ge(kit_counters(kit_gateway(kit)).retransmits_in, 1);
	op = fake_slow_op;
	fake_slow_op = NULL;
	cyg_op_complete(op, CYG_OK);
	kit_pass(kit, 4000);
	ck_assert(kit_connected(kit));
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).waiting, 0);
	kit_free(kit);
}
END_TEST

START_TEST(an_sa_that_waits_may_be_ended)
{
	struct kit *kit = kit_new(NULL);

	kit_configure(kit_gateway(kit), kit_gateway_text(GCM, "esp-gcm",
							 "crypto ikev2 profile clients\n"
							 " aaa authorization group psk list here slow\n"));
	kit_configure(kit_client(kit), kit_client_text(GCM, "esp-gcm", NULL));
	kit_pass(kit, 500);
	ck_assert_ptr_nonnull(fake_slow_op);
	ck_assert_uint_eq(ike_clear(kit_gateway(kit)->ike[0], NULL, NULL, UINT32_MAX, 10), 1);
	ck_assert_ptr_null(fake_slow_op); /* cancelled */
	kit_settle(kit);
	ck_assert_uint_eq(kit_sas(kit_gateway(kit)), 0);
	kit_free(kit);
}
END_TEST

START_TEST(a_data_plane_that_takes_its_time_is_waited_for)
{
	for (unsigned at = 0; at < 4; at++) {
		struct kit *kit = kit_new(NULL);
		struct kit_side *side = &kit->side[at & 1];
		struct fake_kernel *k = fake_kernel(kit_shard(side, 0));

		k->hold = true;
		kit_configure_both(kit, GCM, "esp-gcm");
		for (unsigned i = 0; i < (at < 2 ? 4u : 1u); i++) {
			kit_pass(kit, 200);
			fake_release(k);
		}
		if (at < 2)
			kit_pass(kit, 2000);
		ck_assert(at >= 2 || kit_connected(kit));
		kit_free(kit); /* with a request under way or not */
	}
}
END_TEST

START_TEST(initial_contact_ends_what_was_before)
{
	struct kit *kit = kit_new(&(struct kit_setup){ .shards = 2, .seed = 3 });
	struct ike_sa *sa;

	kit_configure_both(kit, GCM, "esp-gcm");
	kit_pass(kit, 1000);
	ck_assert(kit_connected(kit));
	/* The client forgets everything and comes anew. */
	sa = kit_sa(kit_client(kit));
	life_close(sa, "test");
	kit_pass(kit, 5000);
	ck_assert(kit_connected(kit));
	ck_assert(kit_said("ike.down", "the peer came anew"));
	kit_free(kit);
}
END_TEST

START_TEST(rows_come_in_pages)
{
	struct kit *kit = kit_new(NULL);
	struct row_cursor cursor = { 0 };
	struct child_sa_row child;
	struct ike_filter filter = { .profile = "nobody" };
	struct ike_sa_row row;

	kit_configure_both(kit, GCM, "esp-gcm");
	kit_pass(kit, 1000);
	ck_assert_uint_eq(child_rows(kit_client(kit)->ike[0], NULL, &cursor, &child, 1), 1);
	ck_assert(cursor.end);
	ck_assert(child.counters_known);
	ck_assert_uint_eq(child.spi_in, kit_sa(kit_client(kit))->children->d.spi_in);
	ck_assert_str_eq(child.interface, "Tunnel0");
	ck_assert_uint_eq(child_rows(kit_client(kit)->ike[0], NULL, &cursor, &child, 1), 0);
	ck_assert(cursor.end);
	cursor = (struct row_cursor){ 0 };
	ck_assert_uint_eq(ike_rows(kit_client(kit)->ike[0], &filter, &cursor, &row, 1), 0);
	ck_assert(cursor.end);
	kit_free(kit);
}
END_TEST

#define MORE 3

/* A gateway's SA with more children than were negotiated; `children->next` is NULL again before the kit ends. */
static struct ike_sa *with_more(struct kit *kit, struct child_sa extra[MORE])
{
	struct ike_sa *sa;

	kit_configure_both(kit, GCM, "esp-gcm");
	kit_pass(kit, 1000);
	sa = kit_sa(kit_gateway(kit));
	for (unsigned i = 0; i < MORE; i++) {
		extra[i] = (struct child_sa){ .d = sa->children->d, .ike_sa = sa, .ts = sa->children->ts };
		extra[i].d.spi_in = 0x7700 + i;
		extra[i].number = ++sa->ike->child_number;
		extra[i].next = i + 1 < MORE ? &extra[i + 1] : NULL;
	}
	sa->children->next = &extra[0];
	return sa;
}

/* Whatever the size of a page, an IKE_SA and its children are told once, in their order, never more than fit. */
START_TEST(sessions_come_in_pages_with_their_children)
{
	struct kit *kit = kit_new(NULL);
	struct session_row rows[8];
	struct row_cursor cursor = { 0 };
	struct ike_filter other = { .remote = { CYG_IPV4, { 192, 0, 2, 99 } } };
	struct ike_shard *ike = kit_gateway(kit)->ike[0];
	struct child_sa extra[MORE];
	struct ike_sa *sa = with_more(kit, extra);
	struct child_sa *child = sa->children;
	unsigned told = 0, pages = 0;

	while (!cursor.end && pages++ < 20) {
		size_t count = session_rows(ike, NULL, &cursor, rows, (size_t)_i);

		ck_assert_uint_le(count, (size_t)_i);
		for (size_t i = 0; i < count; i++, told++) {
			ck_assert_int_eq(rows[i].child_row, told > 0);
			if (!told) {
				ck_assert_uint_eq(rows[i].ike.serial, sa->serial);
				continue;
			}
			ck_assert_ptr_nonnull(child);
			ck_assert_uint_eq(rows[i].child.spi_in, child->d.spi_in);
			ck_assert_uint_eq(rows[i].child.owner_serial, sa->serial);
			child = child->next;
		}
	}
	ck_assert(cursor.end);
	ck_assert_ptr_null(child);
	ck_assert_uint_eq(told, 2 + MORE);
	/* The IKE_SA whose children were being told has gone: what is younger is told whole. */
	cursor = (struct row_cursor){ .inside = sa->serial + 100, .child = extra[1].number };
	ck_assert_uint_eq(session_rows(ike, NULL, &cursor, rows, CYG_COUNT(rows)), told);
	cursor = (struct row_cursor){ 0 };
	ck_assert_uint_eq(session_rows(ike, &other, &cursor, rows, CYG_COUNT(rows)), 0);
	ck_assert(cursor.end);
	sa->children->next = NULL;
	kit_free(kit);
}
END_TEST

/* In both listings: the child that a page ended with goes, one comes, and all others are told. */
START_TEST(a_child_that_goes_between_two_pages_takes_no_other_with_it)
{
	struct kit *kit = kit_new(NULL);
	struct session_row rows[8];
	struct child_sa_row children[8];
	struct ike_shard *ike = kit_gateway(kit)->ike[0];
	struct child_sa extra[MORE];
	struct ike_sa *sa = with_more(kit, extra);
	struct row_cursor cursor = { 0 };

	ck_assert_uint_eq(session_rows(ike, NULL, &cursor, rows, 3), 3);
	ck_assert_uint_eq(rows[2].child.spi_in, extra[0].d.spi_in);
	sa->children->next = &extra[1];
	ck_assert_uint_eq(session_rows(ike, NULL, &cursor, rows, CYG_COUNT(rows)), 2);
	ck_assert(cursor.end);
	ck_assert(rows[0].child_row);
	ck_assert_uint_eq(rows[0].child.spi_in, extra[1].d.spi_in);
	ck_assert_uint_eq(rows[1].child.spi_in, extra[2].d.spi_in);

	cursor = (struct row_cursor){ 0 };
	sa->children->next = &extra[0];
	extra[1].next = NULL;
	ck_assert_uint_eq(child_rows(ike, NULL, &cursor, children, 2), 2);
	ck_assert(!cursor.end);
	sa->children->next = &extra[1];
	extra[1].next = &extra[2]; /* it has come since */
	ck_assert_uint_eq(child_rows(ike, NULL, &cursor, children, CYG_COUNT(children)), 2);
	ck_assert(cursor.end);
	ck_assert_uint_eq(children[0].spi_in, extra[1].d.spi_in);
	ck_assert_uint_eq(children[1].spi_in, extra[2].d.spi_in);
	sa->children->next = NULL;
	kit_free(kit);
}
END_TEST

START_TEST(an_idle_sa_is_small)
{
	/* The structs themselves; what is allocated beside them is counted by the bench. */
	ck_assert_uint_le(sizeof(struct ike_sa) + sizeof(struct child_sa), 1100);
}
END_TEST

Suite *setup_suite(void)
{
	Suite *suite = suite_create("setup");
	TCase *tcase = tcase_create("setup");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, every_suite_connects, 0, CYG_COUNT(suites));
	tcase_add_test(tcase, address_dns_and_routes_come_by_configuration_payload);
	tcase_add_test(tcase, a_policy_may_name_the_interface_whose_address_the_peer_is_told);
	tcase_add_test(tcase, of_an_interface_that_is_gone_nothing_is_told);
	tcase_add_test(tcase, who_is_not_to_ask_asks_for_nothing_and_gets_nothing);
	tcase_add_test(tcase, both_families_are_given_in_one_child);
	tcase_add_test(tcase, static_tunnels_take_all_traffic);
	tcase_add_test(tcase, without_nat_esp_goes_raw_and_ports_stay);
	tcase_add_test(tcase, behind_a_nat_both_move_to_port_4500);
	tcase_add_test(tcase, a_data_plane_without_raw_esp_makes_both_use_udp);
	tcase_add_test(tcase, two_shards_connect_and_rekey);
	tcase_add_test(tcase, of_what_both_take_the_initiators_first_choice_is_used);
	tcase_add_test(tcase, the_responder_asks_for_another_group_and_gets_it);
	tcase_add_test(tcase, of_the_groups_the_responder_takes_the_one_a_value_came_for_wins);
	tcase_add_test(tcase, who_waits_for_authorization_holds_up_nobody);
	tcase_add_test(tcase, an_sa_that_waits_may_be_ended);
	tcase_add_test(tcase, a_data_plane_that_takes_its_time_is_waited_for);
	tcase_add_test(tcase, initial_contact_ends_what_was_before);
	tcase_add_test(tcase, rows_come_in_pages);
	tcase_add_loop_test(tcase, sessions_come_in_pages_with_their_children, 1, 8);
	tcase_add_test(tcase, a_child_that_goes_between_two_pages_takes_no_other_with_it);
	tcase_add_test(tcase, an_idle_sa_is_small);
	suite_add_tcase(suite, tcase);
	return suite;
}
