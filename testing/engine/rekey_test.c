/* SPDX-License-Identifier: MIT */
/* New keys: at lifetimes, with a key exchange of their own, and when both sides begin at once. */
#include "testing/engine/engine_tests.h"
#include "testing/engine/kit.h"

#define GCM " encryption aes-gcm-128\n prf sha256\n group 19\n"

static struct kit *connected(const char *gateway_more, const char *client_more)
{
	struct kit *kit = kit_new(NULL);

	kit_configure(kit_gateway(kit), kit_gateway_text(GCM, "esp-gcm", gateway_more));
	kit_configure(kit_client(kit), kit_client_text(GCM, "esp-gcm", client_more));
	kit_pass(kit, 500);
	ck_assert(kit_connected(kit));
	return kit;
}

static void rekey_child(struct kit_side *side)
{
	struct ike_sa *sa = kit_sa(side);

	sa->children->want_rekey = true;
	driver_pump(sa);
}

static void rekey_ike(struct kit_side *side)
{
	struct ike_sa *sa = kit_sa(side);

	sa->wants |= WANT_REKEY;
	driver_pump(sa);
}

START_TEST(a_child_gets_new_keys_from_either_side)
{
	struct kit *kit = connected(NULL, NULL);
	struct fake_child before = *fake_active(kit_shard(kit_gateway(kit), 0));
	struct fake_child *after;

	rekey_child(&kit->side[_i]);
	kit_settle(kit);
	ck_assert(kit_connected(kit));
	after = fake_active(kit_shard(kit_gateway(kit), 0));
	ck_assert_uint_eq(after->replaces, before.spi_in);
	ck_assert(memcmp(after->key_in, before.key_in, before.key_len) != 0);
	ck_assert_uint_eq(fake_kernel(kit_shard(kit_gateway(kit), 0))->route_count, 1);
	ck_assert_uint_eq(kit_sa(kit_gateway(kit))->session->routes[0].spi_in, after->spi_in);
	kit_free(kit);
}
END_TEST

START_TEST(a_rekeyed_child_goes_on_hearing_for_a_while)
{
	struct kit *kit = connected(NULL, NULL);
	struct cyg_shard *gateway = kit_shard(kit_gateway(kit), 0), *client = kit_shard(kit_client(kit), 0);

	rekey_child(&kit->side[_i]);
	kit_settle(kit);
	ck_assert_uint_eq(fake_lingering(gateway), 1);
	ck_assert_uint_eq(fake_lingering(client), 1);
	/* The IKE_SA may get new keys meanwhile. */
	rekey_ike(&kit->side[_i]);
	kit_settle(kit);
	ck_assert_uint_eq(fake_lingering(gateway), 1);
	kit_pass(kit, 6000);
	ck_assert_uint_eq(fake_lingering(gateway), 0);
	ck_assert_uint_eq(fake_lingering(client), 0);
	ck_assert(kit_connected(kit));
	/* No more than a few, and none of them outlives the SA. */
	for (unsigned i = 0; i < 10; i++) {
		rekey_child(&kit->side[_i]);
		kit_settle(kit);
		ck_assert(kit_connected(kit));
	}
	ck_assert_uint_eq(fake_lingering(gateway), 4);
	ck_assert_uint_eq(fake_lingering(client), 4);
	(void)ike_clear(kit_gateway(kit)->ike[0], NULL, NULL, UINT32_MAX, 10);
	kit_settle(kit);
	ck_assert_uint_eq(fake_lingering(gateway), 0);
	ck_assert_uint_eq(fake_lingering(client), 0);
	kit_free(kit);
}
END_TEST

START_TEST(the_command_asks_for_new_keys_of_what_it_names)
{
	struct kit *kit = connected(NULL, NULL);
	struct ike_shard *ike = kit->side[_i].ike[0];
	struct ike_filter other = { .serial = 99 };
	struct row_cursor cursor = { 0 };

	ck_assert_uint_eq(ike_rekey(ike, &other, false, &cursor, UINT32_MAX, 64), 0);
	ck_assert(cursor.end);
	cursor = (struct row_cursor){ 0 };
	ck_assert_uint_eq(ike_rekey(ike, NULL, false, &cursor, 0, 64), 0);
	kit_settle(kit);
	ck_assert_uint_eq(kit_counters(&kit->side[_i]).ike_rekeyed, 0);
	ck_assert_uint_eq(kit_counters(&kit->side[_i]).child_rekeyed, 0);
	cursor = (struct row_cursor){ 0 };
	ck_assert_uint_eq(ike_rekey(ike, NULL, true, &cursor, ike_last_serial(ike), 64), 1);
	ck_assert(cursor.end);
	kit_settle(kit);
	ck_assert_uint_eq(kit_counters(&kit->side[_i]).child_rekeyed, 1);
	ck_assert_uint_eq(kit_counters(&kit->side[_i]).ike_rekeyed, 0);
	cursor = (struct row_cursor){ 0 };
	ck_assert_uint_eq(ike_rekey(ike, NULL, false, &cursor, ike_last_serial(ike), 64), 1);
	kit_settle(kit);
	ck_assert_uint_eq(kit_counters(&kit->side[_i]).ike_rekeyed, 1);
	ck_assert(kit_connected(kit));
	kit_free(kit);
}
END_TEST

START_TEST(lifetimes_bring_new_keys_in_time)
{
	struct kit *kit = connected("crypto ikev2 profile clients\n lifetime 1000\n"
				    "crypto ipsec profile clients\n"
				    " set security-association lifetime seconds 300\n",
				    NULL);
	uint64_t first = ike_sa_spi(kit_sa(kit_gateway(kit)));

	kit_pass(kit, 295000);
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).child_rekeyed, 1);
	ck_assert(kit_connected(kit));
	kit_pass(kit, 700000);
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).ike_rekeyed, 1);
	ck_assert(kit_connected(kit));
	ck_assert(ike_sa_spi(kit_sa(kit_gateway(kit))) != first);
	kit_pass(kit, 10000000);
	ck_assert(kit_connected(kit));
	ck_assert_uint_ge(kit_counters(kit_gateway(kit)).ike_rekeyed, 10);
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).failed_in, 0);
	ck_assert_uint_eq(log_capture_count("child.failed"), 0);
	kit_free(kit);
}
END_TEST

START_TEST(volume_brings_new_keys)
{
	struct kit *kit = connected(NULL, NULL);
	struct cyg_shard *shard = kit_shard(kit_client(kit), 0);
	struct fake_child *child = fake_active(shard);

	fake_kernel(shard)->events->expire(shard, (struct cyg_sa_handle){ 0 }, child->spi_in, false);
	kit_settle(kit);
	ck_assert(kit_connected(kit));
	ck_assert_uint_eq(kit_counters(kit_client(kit)).child_rekeyed, 1);
	/* The hard limit: the child goes, the tunnel gets another. */
	child = fake_active(shard);
	fake_kernel(shard)->events->expire(shard, (struct cyg_sa_handle){ 0 }, child->spi_in, true);
	kit_settle(kit);
	ck_assert_uint_eq(kit_children(kit_client(kit)), 0);
	kit_pass(kit, 5000);
	ck_assert(kit_connected(kit));
	kit_free(kit);
}
END_TEST

START_TEST(pfs_makes_a_key_exchange_of_its_own)
{
	static const char pfs_g[] = "crypto ipsec profile clients\n set pfs group19\n";
	static const char pfs_c[] = "crypto ipsec profile gateway\n set pfs group19\n";
	struct kit *kit = connected(pfs_g, pfs_c);

	ck_assert_uint_eq(kit_sa(kit_client(kit))->children->d.pfs_group, 0);
	rekey_child(&kit->side[_i]);
	kit_settle(kit);
	ck_assert(kit_connected(kit));
	ck_assert_uint_eq(kit_sa(kit_client(kit))->children->d.pfs_group, CYG_KE_ECP_256);
	kit_free(kit);
}
END_TEST

START_TEST(pfs_on_one_side_only_is_a_dead_end_that_is_explained)
{
	struct kit *kit = connected("crypto ipsec profile clients\n set pfs group14\n", NULL);

	rekey_child(kit_client(kit));
	kit_settle(kit);
	ck_assert(kit_said("child.failed", "differs in group"));
	ck_assert(kit_said("child.failed", "try: crypto ipsec profile clients / no set pfs"));
	ck_assert(kit_said("child.failed", "the peer answers CREATE_CHILD_SA with NO_PROPOSAL_CHOSEN"));
	ck_assert(kit_said("child.failed", "try: crypto ipsec profile gateway / set pfs GROUP"));
	ck_assert(kit_connected(kit)); /* the old one goes on */
	kit_free(kit);
}
END_TEST

START_TEST(a_suite_that_was_changed_since_is_what_a_refused_rekey_is_told_to_be_about)
{
	struct kit *kit = connected(NULL, NULL);

	kit_configure(kit_client(kit), kit_client_text(GCM, "esp-gcm 256", NULL));
	rekey_child(kit_client(kit));
	kit_settle(kit);
	ck_assert(kit_said("child.failed", "the peer answers CREATE_CHILD_SA with NO_PROPOSAL_CHOSEN"));
	ck_assert(kit_said("child.failed", "transform-set"));
	ck_assert(!kit_said("child.failed", "set pfs"));
	ck_assert(kit_connected(kit));
	kit_free(kit);
}
END_TEST

static enum kit_verdict hold_all(struct kit *kit, struct kit_packet *packet, void *ctx)
{
	return KIT_HOLD;
}

/* Requests of both sides cross on the wire; then all goes its way, one order or the other. */
static void collide(struct kit *kit, void (*begin)(struct kit_side *side), bool newest_first)
{
	kit->script = hold_all;
	begin(kit_gateway(kit));
	begin(kit_client(kit));
	kit_settle(kit);
	kit->script = NULL;
	kit_release(kit, newest_first);
	kit_pass(kit, 70000);
}

START_TEST(both_rekey_the_child_at_once_and_one_stays)
{
	struct kit *kit = kit_new(&(struct kit_setup){ .seed = 10 + (uint64_t)_i });

	kit_configure_both(kit, GCM, "esp-gcm");
	kit_pass(kit, 500);
	collide(kit, rekey_child, _i & 1);
	if (!kit_connected(kit))
		kit_print_log();
	ck_assert(kit_connected(kit));
	ck_assert_uint_eq(kit_sa(kit_gateway(kit))->child_count, 1);
	ck_assert_uint_eq(kit_sa(kit_client(kit))->child_count, 1);
	rekey_child(kit_client(kit));
	kit_settle(kit);
	ck_assert(kit_connected(kit));
	kit_free(kit);
}
END_TEST

START_TEST(both_rekey_the_ike_sa_at_once_and_one_stays)
{
	struct kit *kit = kit_new(&(struct kit_setup){ .seed = 30 + (uint64_t)_i });

	kit_configure_both(kit, GCM, "esp-gcm");
	kit_pass(kit, 500);
	collide(kit, rekey_ike, _i & 1);
	if (!kit_connected(kit))
		kit_print_log();
	ck_assert(kit_connected(kit));
	ck_assert_uint_eq(kit_sa(kit_gateway(kit))->child_count, 1);
	rekey_child(kit_gateway(kit));
	kit_settle(kit);
	ck_assert(kit_connected(kit));
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).active, 1);
	kit_free(kit);
}
END_TEST

static void rekey_ike_or_child(struct kit_side *side)
{
	if (side->index == KIT_GATEWAY)
		rekey_ike(side);
	else
		rekey_child(side);
}

static void rekey_ike_or_delete_child(struct kit_side *side)
{
	struct ike_sa *sa = kit_sa(side);

	if (side->index == KIT_GATEWAY) {
		rekey_ike(side);
		return;
	}
	sa->children->want_delete = true;
	driver_pump(sa);
}

static void rekey_or_delete_child(struct kit_side *side)
{
	struct ike_sa *sa = kit_sa(side);

	if (side->index == KIT_GATEWAY) {
		rekey_child(side);
		return;
	}
	sa->children->want_delete = true;
	driver_pump(sa);
}

static void rekey_or_delete_ike(struct kit_side *side)
{
	if (side->index == KIT_GATEWAY)
		rekey_ike(side);
	else
		(void)ike_clear(side->ike[0], NULL, NULL, UINT32_MAX, 10);
}

static void (*const mixtures[])(struct kit_side *side) = {
	rekey_ike_or_child, rekey_ike_or_delete_child, rekey_or_delete_child, rekey_or_delete_ike,
};

START_TEST(different_work_at_once_breaks_nothing)
{
	struct kit *kit = kit_new(&(struct kit_setup){ .seed = 50 + (uint64_t)_i });

	kit_configure_both(kit, GCM, "esp-gcm");
	kit_pass(kit, 500);
	collide(kit, mixtures[_i / 2], _i & 1);
	if (!kit_connected(kit))
		kit_print_log();
	ck_assert(kit_connected(kit));
	kit_free(kit);
}
END_TEST

START_TEST(a_child_that_the_peer_forgot_is_replaced)
{
	struct kit *kit = connected(NULL, NULL);

	child_close(kit_sa(kit_gateway(kit))->children);
	rekey_child(kit_client(kit));
	kit_pass(kit, 10000);
	ck_assert(kit_connected(kit));
	kit_free(kit);
}
END_TEST

START_TEST(a_second_child_beside_the_first_may_be_had)
{
	struct kit *kit = connected(NULL, NULL);
	struct ike_sa *sa = kit_sa(kit_client(kit));

	/* Selectors of a leased address are not any-any: a second one may be had. */
	sa->wants |= WANT_CHILD;
	driver_pump(sa);
	kit_settle(kit);
	ck_assert_uint_eq(kit_children(kit_gateway(kit)), 2);
	kit_free(kit);
}
END_TEST

START_TEST(the_limit_of_children_holds)
{
	struct kit *kit = connected("crypto ipsec profile clients\n set security-policy limit 1\n", NULL);
	struct ike_sa *sa = kit_sa(kit_client(kit));

	sa->wants |= WANT_CHILD;
	driver_pump(sa);
	kit_settle(kit);
	ck_assert(kit_connected(kit));
	ck_assert(kit_said("child.failed", "has 1 children already"));
	ck_assert(kit_said("child.failed", "set security-policy limit"));
	ck_assert(kit_said("child.failed", "with NO_ADDITIONAL_SAS"));
	kit_free(kit);
}
END_TEST

Suite *rekey_suite(void)
{
	Suite *suite = suite_create("rekey");
	TCase *tcase = tcase_create("rekey");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, a_child_gets_new_keys_from_either_side, 0, KIT_SIDES);
	tcase_add_loop_test(tcase, a_rekeyed_child_goes_on_hearing_for_a_while, 0, KIT_SIDES);
	tcase_add_loop_test(tcase, the_command_asks_for_new_keys_of_what_it_names, 0, KIT_SIDES);
	tcase_add_test(tcase, lifetimes_bring_new_keys_in_time);
	tcase_add_test(tcase, volume_brings_new_keys);
	tcase_add_loop_test(tcase, pfs_makes_a_key_exchange_of_its_own, 0, KIT_SIDES);
	tcase_add_test(tcase, pfs_on_one_side_only_is_a_dead_end_that_is_explained);
	tcase_add_test(tcase, a_suite_that_was_changed_since_is_what_a_refused_rekey_is_told_to_be_about);
	tcase_add_loop_test(tcase, both_rekey_the_child_at_once_and_one_stays, 0, 8);
	tcase_add_loop_test(tcase, both_rekey_the_ike_sa_at_once_and_one_stays, 0, 8);
	tcase_add_loop_test(tcase, different_work_at_once_breaks_nothing, 0, 2 * CYG_COUNT(mixtures));
	tcase_add_test(tcase, a_child_that_the_peer_forgot_is_replaced);
	tcase_add_test(tcase, a_second_child_beside_the_first_may_be_had);
	tcase_add_test(tcase, the_limit_of_children_holds);
	suite_add_tcase(suite, tcase);
	return suite;
}
