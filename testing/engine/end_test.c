/* SPDX-License-Identifier: MIT */
/* How SAs end: deleted from either side, dead peers, lifetimes, a new configuration. */
#include "testing/engine/engine_tests.h"
#include "testing/engine/kit.h"

#define GCM " encryption aes-gcm-128\n prf sha256\n group 19\n"

static enum kit_verdict drop_all(struct kit *kit, struct kit_packet *packet, void *ctx)
{
	return KIT_DROP;
}

static enum kit_verdict count(struct kit *kit, struct kit_packet *packet, void *ctx)
{
	unsigned *counted = ctx;

	if (packet->header.exchange == CYG_INFORMATIONAL)
		(*counted)++;
	return KIT_PASS;
}

static struct kit *connected(const char *gateway_more, const char *client_more)
{
	struct kit *kit = kit_new(NULL);

	kit_configure(kit_gateway(kit), kit_gateway_text(GCM, "esp-gcm", gateway_more));
	kit_configure(kit_client(kit), kit_client_text(GCM, "esp-gcm", client_more));
	kit_pass(kit, 500);
	ck_assert(kit_connected(kit));
	return kit;
}

START_TEST(a_delete_from_either_side_ends_both)
{
	struct kit *kit = connected(NULL, NULL);
	struct kit_side *side = &kit->side[_i];

	ck_assert_uint_eq(ike_clear(side->ike[0], NULL, NULL, ike_last_serial(side->ike[0]), 64), 1);
	kit_settle(kit);
	ck_assert_uint_eq(kit_sas(kit_gateway(kit)), 0);
	ck_assert_uint_eq(kit_sas(kit_client(kit)), 0);
	ck_assert_uint_eq(kit_children(kit_gateway(kit)), 0);
	ck_assert_uint_eq(kit_children(kit_client(kit)), 0);
	ck_assert_uint_eq(fake_released, 1);
	ck_assert_uint_eq(fake_kernel(kit_shard(kit_gateway(kit), 0))->route_count, 0);
	ck_assert_uint_eq(fake_kernel(kit_shard(kit_client(kit), 0))->address_count, 0);
	/* The tunnel is wanted still: it comes back by itself. */
	kit_pass(kit, 10000);
	ck_assert(kit_connected(kit));
	kit_free(kit);
}
END_TEST

START_TEST(deletes_that_cross_end_both)
{
	struct kit *kit = connected(NULL, NULL);

	(void)ike_clear(kit_gateway(kit)->ike[0], NULL, NULL, UINT32_MAX, 64);
	(void)ike_clear(kit_client(kit)->ike[0], NULL, NULL, UINT32_MAX, 64);
	kit_settle(kit);
	ck_assert_uint_eq(kit_sas(kit_gateway(kit)) + kit_sas(kit_client(kit)), 0);
	kit_free(kit);
}
END_TEST

START_TEST(clear_spares_what_is_younger_and_what_does_not_match)
{
	struct kit *kit = connected(NULL, NULL);
	struct ike_filter filter = { .remote = { CYG_IPV4, { 192, 0, 2, 99 } } };

	ck_assert_uint_eq(ike_clear(kit_gateway(kit)->ike[0], NULL, NULL, 0, 64), 0);
	ck_assert_uint_eq(ike_clear(kit_gateway(kit)->ike[0], &filter, NULL, UINT32_MAX, 64), 0);
	kit_settle(kit);
	ck_assert(kit_connected(kit));
	kit_free(kit);
}
END_TEST

START_TEST(a_deleted_child_is_deleted_on_both_sides_and_made_anew_by_the_tunnel)
{
	struct kit *kit = connected(NULL, NULL);
	struct kit_side *side = &kit->side[_i];
	struct ike_sa *sa = kit_sa(side);
	uint32_t spi = sa->children->d.spi_in;

	sa->children->want_delete = true;
	driver_pump(sa);
	kit_settle(kit);
	ck_assert_uint_eq(kit_children(kit_gateway(kit)) + kit_children(kit_client(kit)), 0);
	ck_assert_uint_eq(kit_up(kit_gateway(kit)), 1);
	kit_pass(kit, 5000);
	ck_assert(kit_connected(kit));
	ck_assert_uint_ne(kit_sa(side)->children->d.spi_in, spi);
	kit_free(kit);
}
END_TEST

START_TEST(children_are_cleared_without_their_ike_sa)
{
	struct kit *kit = connected(NULL, NULL);
	struct kit_side *side = &kit->side[_i];
	struct ike_shard *ike = side->ike[0];
	struct ike_filter other = { .remote = { CYG_IPV4, { 192, 0, 2, 99 } } };
	uint64_t spi = ike_sa_spi(kit_sa(side));
	struct row_cursor cursor = { 0 };

	ck_assert_uint_eq(ike_clear_children(ike, &other, &cursor, UINT32_MAX, 64), 0);
	ck_assert(cursor.end);
	cursor = (struct row_cursor){ 0 };
	ck_assert_uint_eq(ike_clear_children(ike, NULL, &cursor, 0, 64), 0); /* it is younger */
	kit_settle(kit);
	ck_assert(kit_connected(kit));
	cursor = (struct row_cursor){ 0 };
	ck_assert_uint_eq(ike_clear_children(ike, NULL, &cursor, ike_last_serial(ike), 64), 1);
	ck_assert(cursor.end);
	/* Asked again while that is under way: there is nothing more to end. */
	cursor = (struct row_cursor){ 0 };
	ck_assert_uint_eq(ike_clear_children(ike, NULL, &cursor, ike_last_serial(ike), 64), 0);
	kit_settle(kit);
	ck_assert_uint_eq(kit_children(kit_gateway(kit)) + kit_children(kit_client(kit)), 0);
	ck_assert_uint_eq(kit_counters(side).child_deleted, 1);
	ck_assert(ike_sa_spi(kit_sa(side)) == spi);
	ck_assert_uint_eq(kit_up(kit_gateway(kit)), 1);
	ck_assert_uint_eq(kit_up(kit_client(kit)), 1);
	/* The tunnel wants a child still. */
	kit_pass(kit, 5000);
	ck_assert(kit_connected(kit));
	ck_assert(ike_sa_spi(kit_sa(side)) == spi);
	kit_free(kit);
}
END_TEST

static enum kit_verdict hold_rekey(struct kit *kit, struct kit_packet *packet, void *ctx)
{
	return packet->header.exchange == CYG_CREATE_CHILD_SA ? KIT_HOLD : KIT_PASS;
}

/* Cleared while it is being rekeyed: the old one goes, its successor, which is younger, stays. */
START_TEST(clearing_a_child_that_is_rekeyed_leaves_one_that_works)
{
	struct kit *kit = connected(NULL, NULL);
	struct kit_side *side = &kit->side[_i];
	uint32_t spi = kit_sa(side)->children->d.spi_in;
	struct row_cursor cursor = { 0 };

	kit->script = hold_rekey;
	ck_assert_uint_eq(ike_rekey(side->ike[0], NULL, true, &cursor, UINT32_MAX, 64), 1);
	kit_settle(kit);
	cursor = (struct row_cursor){ 0 };
	ck_assert_uint_eq(ike_clear_children(side->ike[0], NULL, &cursor, UINT32_MAX, 64), 1);
	kit->script = NULL;
	kit_release(kit, false);
	kit_pass(kit, 500);
	ck_assert(kit_connected(kit));
	ck_assert_uint_ne(kit_sa(side)->children->d.spi_in, spi);
	kit_free(kit);
}
END_TEST

START_TEST(deletes_of_one_child_that_cross_are_fine)
{
	struct kit *kit = connected(NULL, NULL);

	for (unsigned i = 0; i < KIT_SIDES; i++) {
		struct ike_sa *sa = kit_sa(&kit->side[i]);

		sa->children->want_delete = true;
		driver_pump(sa);
	}
	kit_settle(kit);
	ck_assert_uint_eq(kit_children(kit_gateway(kit)) + kit_children(kit_client(kit)), 0);
	ck_assert_uint_eq(kit_up(kit_gateway(kit)), 1);
	ck_assert_uint_eq(kit_up(kit_client(kit)), 1);
	kit_free(kit);
}
END_TEST

/* `30 6`: a probe after 30 s, five more 6 s apart, dead at 66 s. */
START_TEST(a_dead_peer_is_found_at_the_guides_second)
{
	struct kit *kit = connected("crypto ikev2 dpd 30 6 periodic\n", NULL);
	unsigned probes = 0;

	kit->script = count;
	kit->ctx = &probes;
	kit_pass(kit, 31000);
	ck_assert_uint_ge(probes, 1);
	ck_assert(kit_connected(kit));
	/* The last sign of life was the answer to that probe. */
	kit->script = drop_all;
	kit_pass(kit, 64000);
	ck_assert_uint_eq(kit_up(kit_gateway(kit)), 1);
	kit_pass(kit, 3000);
	ck_assert_uint_eq(kit_up(kit_gateway(kit)), 0);
	ck_assert_uint_eq(kit_children(kit_gateway(kit)), 0);
	ck_assert(kit_said("ike.dead", "does not answer any more"));
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).dpd_dead, 1);
	kit_free(kit);
}
END_TEST

START_TEST(on_demand_asks_only_when_something_was_sent_in_vain)
{
	struct kit *kit = connected("crypto ikev2 dpd 10 2 on-demand\n", NULL);
	unsigned probes = 0;

	kit->script = count;
	kit->ctx = &probes;
	kit_pass(kit, 120000);
	ck_assert_uint_eq(probes, 0);
	fake_active(kit_shard(kit_gateway(kit), 0))->counters.last_out_ms = kit->clock.now_ms;
	kit_pass(kit, 11000);
	ck_assert_uint_ge(probes, 1);
	probes = 0;
	/* ESP that comes in is a sign of life. */
	for (unsigned i = 0; i < 10; i++) {
		struct fake_child *child = fake_active(kit_shard(kit_gateway(kit), 0));

		child->counters.last_in_ms = child->counters.last_out_ms = kit->clock.now_ms;
		kit_pass(kit, 5000);
	}
	ck_assert_uint_eq(probes, 0);
	kit_free(kit);
}
END_TEST

START_TEST(a_tunnel_comes_back_after_its_peer_was_gone)
{
	struct kit *kit = connected(NULL, "crypto ikev2 dpd 10 2 periodic\n");

	kit->script = drop_all;
	kit_pass(kit, 300000);
	ck_assert_uint_eq(kit_up(kit_client(kit)), 0);
	kit->script = NULL;
	kit_pass(kit, 130000);
	ck_assert_uint_eq(kit_up(kit_client(kit)), 1);
	ck_assert_uint_eq(kit_up(kit_gateway(kit)), 1);
	kit_free(kit);
}
END_TEST

static const struct {
	const char *more, *why;
} changes[] = {
	{ "crypto ikev2 profile clients\n shutdown\n", "profile was removed or shut down" },
	{ "crypto ikev2 keyring clients\n peer anybody\n  pre-shared-key changed\n", "key was changed" },
	{ "no crypto ikev2 profile clients\n", "profile was removed or shut down" },
	{ "interface Virtual-Template1 type tunnel\n shutdown\n", "interface was removed or shut down" },
};

START_TEST(what_was_removed_or_shut_ends_its_sessions)
{
	struct kit *kit = connected(NULL, NULL);

	kit_configure(kit_gateway(kit), kit_gateway_text(GCM, "esp-gcm", changes[_i].more));
	kit_settle(kit);
	ck_assert_uint_eq(kit_sas(kit_gateway(kit)), 0);
	ck_assert_uint_eq(kit_up(kit_client(kit)), 0);
	ck_assert(kit_said("ike.ended", changes[_i].why));
	kit_free(kit);
}
END_TEST

START_TEST(another_configuration_leaves_sessions_alone)
{
	struct kit *kit = connected(NULL, NULL);
	struct ike_sa *sa = kit_sa(kit_gateway(kit));

	kit_configure(kit_gateway(kit),
		      kit_gateway_text(GCM, "esp-gcm",
				       "crypto ikev2 profile more\n match identity remote fqdn a.b\n"
				       " authentication local pre-share key x\n"
				       " authentication remote pre-share key x\n"
				       "crypto ikev2 profile clients\n lifetime 3600\n"));
	kit_settle(kit);
	ck_assert(kit_connected(kit));
	ck_assert_ptr_eq(kit_sa(kit_gateway(kit)), sa);
	kit_free(kit);
}
END_TEST

START_TEST(a_removed_tunnel_is_taken_down)
{
	struct kit *kit = connected(NULL, NULL);

	kit_configure(kit_client(kit), kit_client_text(GCM, "esp-gcm", "no interface Tunnel0\n"));
	kit_pass(kit, 30000);
	ck_assert_uint_eq(kit_sas(kit_client(kit)) + kit_sas(kit_gateway(kit)), 0);
	kit_free(kit);
}
END_TEST

START_TEST(a_daemon_that_stops_tells_its_peers)
{
	struct kit *kit = connected(NULL, NULL);

	ike_shard_shutdown(kit_gateway(kit)->ike[0]);
	kit_settle(kit);
	ck_assert_uint_eq(kit_sas(kit_gateway(kit)), 0);
	ck_assert_uint_eq(kit_sas(kit_client(kit)), 0);
	kit_free(kit);
}
END_TEST

START_TEST(limits_by_authorization_hold)
{
	struct kit *kit = connected("crypto ikev2 profile clients\n"
				    " aaa authorization group psk list here limited\n", NULL);
	struct ike_sa *sa = kit_sa(kit_client(kit));

	sa->wants |= WANT_CHILD;
	driver_pump(sa);
	kit_settle(kit);
	ck_assert(kit_connected(kit));
	ck_assert(kit_said("child.failed", "crypto ikev2 authorization policy clients / ipsec flow-limit"));
	/* The session's lifetime goes on over a rekey. */
	kit_pass(kit, 300000);
	sa = kit_sa(kit_gateway(kit));
	sa->wants |= WANT_REKEY;
	driver_pump(sa);
	kit_pass(kit, 290000);
	ck_assert(kit_connected(kit));
	ck_assert_uint_eq(log_capture_count("ike.ended"), 0);
	kit_pass(kit, 20000);
	ck_assert(kit_said("ike.ended", "its authorized lifetime is over"));
	kit_free(kit);
}
END_TEST

START_TEST(keepalives_go_out_behind_a_nat_only)
{
	struct kit *kit = kit_new(&(struct kit_setup){ .natted_client = _i == 1 });

	kit_configure(kit_gateway(kit), kit_gateway_text(GCM, "esp-gcm", NULL));
	kit_configure(kit_client(kit), kit_client_text(GCM, "esp-gcm", "crypto ikev2 nat keepalive 20\n"));
	kit_pass(kit, 65000);
	ck_assert(kit_connected(kit));
	ck_assert_uint_eq(kit->keepalives, _i == 1 ? 3 : 0);
	kit_free(kit);
}
END_TEST

START_TEST(sessions_are_told_as_a_router_tells_them_if_it_is_asked_to)
{
	static const char up[] = "%CRYPTO-5-IKEV2_SESSION_STATUS: Crypto tunnel v2 is UP. Peer 192.0.2.2:500 "
				 "Id: client.example.org";
	struct kit *kit = connected(_i ? "crypto logging session\n" : NULL, NULL);
	struct ike_sa *sa = kit_sa(kit_gateway(kit));

	ck_assert_uint_eq(log_capture_count("session.status"), _i);
	if (_i)
		ck_assert_msg(strstr(log_capture_line("session.status", 0), up) != NULL, "%s",
			      log_capture_line("session.status", 0));
	/* New keys are no news. */
	sa->wants |= WANT_REKEY;
	driver_pump(sa);
	kit_pass(kit, 2000);
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).ike_rekeyed, 1);
	ck_assert_uint_eq(log_capture_count("session.status"), _i);
	(void)ike_clear(kit_client(kit)->ike[0], NULL, NULL, UINT32_MAX, 64);
	kit_settle(kit);
	ck_assert_uint_eq(log_capture_count("session.status"), 2u * (unsigned)_i);
	if (_i)
		ck_assert_str_eq(log_capture_field("session.status", 1, "status"), "DOWN");
	kit_free(kit);
}
END_TEST

START_TEST(what_goes_on_in_a_session_is_a_notice_if_it_is_asked_for)
{
	struct kit *kit = connected(_i ? "crypto logging ikev2\n" : NULL, NULL);
	struct ike_sa *sa = kit_sa(kit_gateway(kit));

	sa->children->want_rekey = true;
	driver_pump(sa);
	kit_pass(kit, 2000);
	ck_assert_uint_ge(log_capture_count("child.rekeyed"), 1);
	ck_assert_int_eq(life_log_level(kit_gateway(kit)->ike[0]), _i ? CYG_LOG_NOTICE : CYG_LOG_INFO);
	ck_assert_int_eq(life_log_level(kit_client(kit)->ike[0]), CYG_LOG_INFO);
	kit_free(kit);
}
END_TEST

Suite *end_suite(void)
{
	Suite *suite = suite_create("end");
	TCase *tcase = tcase_create("end");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, a_delete_from_either_side_ends_both, 0, KIT_SIDES);
	tcase_add_test(tcase, deletes_that_cross_end_both);
	tcase_add_test(tcase, clear_spares_what_is_younger_and_what_does_not_match);
	tcase_add_loop_test(tcase, a_deleted_child_is_deleted_on_both_sides_and_made_anew_by_the_tunnel,
			    0, KIT_SIDES);
	tcase_add_loop_test(tcase, children_are_cleared_without_their_ike_sa, 0, KIT_SIDES);
	tcase_add_loop_test(tcase, clearing_a_child_that_is_rekeyed_leaves_one_that_works, 0, KIT_SIDES);
	tcase_add_test(tcase, deletes_of_one_child_that_cross_are_fine);
	tcase_add_test(tcase, a_dead_peer_is_found_at_the_guides_second);
	tcase_add_test(tcase, on_demand_asks_only_when_something_was_sent_in_vain);
	tcase_add_test(tcase, a_tunnel_comes_back_after_its_peer_was_gone);
	tcase_add_loop_test(tcase, what_was_removed_or_shut_ends_its_sessions, 0, CYG_COUNT(changes));
	tcase_add_test(tcase, another_configuration_leaves_sessions_alone);
	tcase_add_test(tcase, a_removed_tunnel_is_taken_down);
	tcase_add_test(tcase, a_daemon_that_stops_tells_its_peers);
	tcase_add_test(tcase, limits_by_authorization_hold);
	tcase_add_loop_test(tcase, keepalives_go_out_behind_a_nat_only, 0, 2);
	tcase_add_loop_test(tcase, sessions_are_told_as_a_router_tells_them_if_it_is_asked_to, 0, 2);
	tcase_add_loop_test(tcase, what_goes_on_in_a_session_is_a_notice_if_it_is_asked_for, 0, 2);
	suite_add_tcase(suite, tcase);
	return suite;
}
