/* SPDX-License-Identifier: MIT */
/* A change and many sessions: some a turn are judged, so that nobody else waits for them. */
#include "testing/engine/engine_tests.h"
#include "testing/engine/kit.h"

#define SESSIONS 60u
#define A_TURN   32u /* as renew.c has it */

/* Session N has a key of its own; those from `changed` on have another one than at first. */
static const char *gateway_text(unsigned changed)
{
	static char text[32768];
	struct cyg_strbuf out = CYG_STRBUF(text);

	cyg_strbuf_addf(&out, "crypto ikev2 proposal p\n encryption aes-gcm-128\n prf sha256\n group 19\n"
			      "crypto ikev2 policy p\n proposal p\n"
			      "crypto ipsec transform-set t esp-gcm\n mode tunnel\n"
			      "crypto ipsec profile all\n set transform-set t\n"
			      "interface Loopback0\n ip address 10.99.0.1 255.255.255.255\n"
			      "interface Virtual-Template1 type tunnel\n ip unnumbered Loopback0\n"
			      " tunnel mode ipsec ipv4\n tunnel protection ipsec profile all\n"
			      "crypto ikev2 profile r\n match identity remote fqdn domain example.org\n"
			      " identity local fqdn gateway.example.org\n authentication local pre-share\n"
			      " authentication remote pre-share\n keyring local k\n virtual-template 1\n"
			      "crypto ikev2 keyring k\n");
	for (unsigned i = 0; i < SESSIONS; i++)
		cyg_strbuf_addf(&out, " peer p%u\n  identity fqdn c%u.example.org\n  pre-shared-key %s%u\n", i, i,
				i < changed ? "secret" : "other", i);
	return text;
}

/* The tunnel `again` has the other key; `count` there are. */
static const char *client_text(unsigned count, unsigned again)
{
	static char text[65536];
	struct cyg_strbuf out = CYG_STRBUF(text);

	cyg_strbuf_addf(&out, "crypto ikev2 proposal p\n encryption aes-gcm-128\n prf sha256\n group 19\n"
			      "crypto ikev2 policy p\n proposal p\n"
			      "crypto ipsec transform-set t esp-gcm\n mode tunnel\n");
	for (unsigned i = 0; i < count; i++)
		cyg_strbuf_addf(&out, "crypto ikev2 keyring k%u\n peer gateway\n  address 192.0.2.1\n"
				      "  pre-shared-key %s%u\n"
				      "crypto ikev2 profile r%u\n match identity remote fqdn gateway.example.org\n"
				      " identity local fqdn c%u.example.org\n authentication local pre-share\n"
				      " authentication remote pre-share\n keyring local k%u\n"
				      "crypto ipsec profile i%u\n set transform-set t\n set ikev2-profile r%u\n"
				      "interface Tunnel%u\n ip address 10.98.0.%u 255.255.255.255\n tunnel source 192.0.2.2\n"
				      " tunnel mode ipsec ipv4\n tunnel destination 192.0.2.1\n"
				      " tunnel protection ipsec profile i%u\n",
				i, i == again ? "other" : "secret", i, i, i, i, i, i, i, i + 1, i);
	return text;
}

static struct kit *bring_up(void)
{
	struct kit *kit = kit_new(NULL);

	kit_configure(kit_gateway(kit), gateway_text(SESSIONS));
	kit_configure(kit_client(kit), client_text(SESSIONS, SESSIONS));
	for (unsigned turn = 0; turn < 200 && kit_up(kit_gateway(kit)) < SESSIONS; turn++)
		kit_pass(kit, 1000);
	ck_assert_uint_eq(kit_up(kit_gateway(kit)), SESSIONS);
	return kit;
}

static struct ike_shard *gateway(struct kit *kit)
{
	return kit_gateway(kit)->ike[0];
}

START_TEST(a_change_ends_a_few_sessions_a_turn)
{
	struct kit *kit = bring_up();
	unsigned turns = 0, left = SESSIONS;
	bool more = true;

	kit_switch(kit_gateway(kit), gateway_text(0));
	ck_assert_uint_eq(kit_up(kit_gateway(kit)), SESSIONS);
	while (more) {
		more = ike_shard_renew(gateway(kit));
		ck_assert_uint_ge(kit_up(kit_gateway(kit)) + A_TURN, left);
		left = kit_up(kit_gateway(kit));
		turns++;
	}
	ck_assert_uint_eq(left, 0);
	ck_assert_uint_ge(turns, (SESSIONS + A_TURN - 1) / A_TURN);
	ck_assert(!ike_shard_renew(gateway(kit)));
	kit_free(kit);
}
END_TEST

START_TEST(a_change_that_ends_nothing_gives_each_session_its_new_objects)
{
	struct kit *kit = bring_up();
	const struct config_profile *before = gateway(kit)->oldest->profile;
	struct cyg_config *kept = config_ref(kit_gateway(kit)->config);
	unsigned sent = kit->sent;
	char text[40000];

	snprintf(text, sizeof(text), "%scrypto ikev2 profile r\n lifetime 7200\n", gateway_text(SESSIONS));
	kit_switch(kit_gateway(kit), text);
	ck_assert(ike_shard_renew(gateway(kit)));
	ck_assert_ptr_ne(gateway(kit)->oldest->profile, before);
	ck_assert_ptr_eq(gateway(kit)->newest->profile, before);
	while (ike_shard_renew(gateway(kit)))
		;
	ck_assert_ptr_eq(gateway(kit)->newest->profile, gateway(kit)->oldest->profile);
	kit_settle(kit);
	ck_assert_uint_eq(kit_up(kit_gateway(kit)), SESSIONS);
	ck_assert_uint_eq(kit->sent, sent);
	config_unref(kept);
	kit_free(kit);
}
END_TEST

/* `fault`: it is not known that the session that comes in the middle goes by the new configuration. */
static unsigned comes_in_the_middle(bool fault)
{
	struct kit *kit = bring_up();
	unsigned up;

	kit_switch(kit_gateway(kit), gateway_text(0));
	ck_assert(ike_shard_renew(gateway(kit)));
	/* The last client has its new key already, and calls with it. */
	kit_configure(kit_client(kit), client_text(SESSIONS, SESSIONS - 1));
	for (unsigned turn = 0; turn < 30 && gateway(kit)->newest->configured != gateway(kit)->configured; turn++)
		kit_pass(kit, 1000);
	ck_assert_int_eq(gateway(kit)->newest->state, IKE_ESTABLISHED);
	ck_assert_uint_eq(gateway(kit)->newest->configured, gateway(kit)->configured);
	if (fault)
		gateway(kit)->newest->configured--;
	while (ike_shard_renew(gateway(kit)))
		;
	kit_settle(kit);
	up = kit_up(kit_gateway(kit));
	kit_free(kit);
	return up;
}

START_TEST(a_session_that_comes_in_the_middle_is_not_judged_by_the_old_key)
{
	ck_assert_uint_eq(comes_in_the_middle(false), 1);
	ck_assert_uint_eq(comes_in_the_middle(true), 0);
}
END_TEST

START_TEST(a_change_behind_one_that_is_under_way_comes_after_it)
{
	struct kit *kit = bring_up();

	kit_switch(kit_gateway(kit), gateway_text(0));
	ck_assert(ike_shard_renew(gateway(kit)));
	/* With the keys of before: those that were not judged yet had lost theirs all the same. */
	kit_switch(kit_gateway(kit), gateway_text(SESSIONS));
	ck_assert_uint_eq(kit_up(kit_gateway(kit)), 0);
	while (ike_shard_renew(gateway(kit)))
		;
	kit_free(kit);
}
END_TEST

START_TEST(the_end_may_come_in_the_middle_of_a_change)
{
	struct kit *kit = bring_up();

	kit_switch(kit_gateway(kit), gateway_text(0));
	ck_assert(ike_shard_renew(gateway(kit)));
	ike_shard_shutdown(gateway(kit));
	ck_assert(!ike_shard_renew(gateway(kit)));
	ck_assert_ptr_null(gateway(kit)->tunnels);
	kit_free(kit);
}
END_TEST

START_TEST(a_plan_looks_at_a_few_sessions_a_turn)
{
	struct kit *kit = bring_up();
	struct kit_side *side = kit_gateway(kit);
	struct config_findings findings = { 0 };
	struct cyg_config *asked = NULL;
	struct ike_plan_row rows[SESSIONS];
	struct row_cursor cursor = { 0 };
	unsigned turns = 0;
	size_t found = 0;

	ck_assert_int_eq(config_parse_text(kit->grammar, "asked", cyg_str(gateway_text(SESSIONS / 2)), side->config, &findings,
					   &asked), CYG_OK);
	config_findings_done(&findings);
	for (; !cursor.end; turns++) {
		size_t one = ike_plan(gateway(kit), asked, config_view(asked), &cursor, rows + found, SESSIONS - found);

		ck_assert_uint_le(one, A_TURN);
		found += one;
	}
	ck_assert_uint_eq(found, SESSIONS / 2);
	ck_assert_uint_ge(turns, (SESSIONS + A_TURN - 1) / A_TURN);
	for (size_t i = 1; i < found; i++)
		ck_assert_uint_gt(rows[i].serial, rows[i - 1].serial);
	config_unref(asked);
	kit_free(kit);
}
END_TEST

Suite *renew_suite(void)
{
	Suite *suite = suite_create("renew");
	TCase *tests = tcase_create("renew");

	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, a_change_ends_a_few_sessions_a_turn);
	tcase_add_test(tests, a_change_that_ends_nothing_gives_each_session_its_new_objects);
	tcase_add_test(tests, a_session_that_comes_in_the_middle_is_not_judged_by_the_old_key);
	tcase_add_test(tests, a_change_behind_one_that_is_under_way_comes_after_it);
	tcase_add_test(tests, the_end_may_come_in_the_middle_of_a_change);
	tcase_add_test(tests, a_plan_looks_at_a_few_sessions_a_turn);
	suite_add_tcase(suite, tests);
	return suite;
}
