/* SPDX-License-Identifier: MIT */
/* Logins by EAP: both sides, with and without a key, and every way in which one does not come about. */
#include "testing/engine/engine_tests.h"
#include "testing/engine/kit_eap.h"

#include "exchange/exchange.h"
#include "exchange/login.h"

static void must_connect(struct kit *kit)
{
	kit_pass(kit, 1000);
	if (!kit_connected(kit))
		kit_print_log();
	ck_assert(kit_connected(kit));
	ck_assert_uint_eq(fake_eap.sessions, 0);
}

/* Nothing is left at the gateway, nor at the client but for its next try; this was told. */
static void must_fail(struct kit *kit, const char *line)
{
	kit_pass(kit, 1000);
	if (!kit_said("ike.failed", line))
		kit_print_log();
	ck_assert_msg(kit_said("ike.failed", line), "not told: %s", line);
	ck_assert_uint_eq(kit_up(kit_gateway(kit)), 0);
	ck_assert_uint_eq(kit_up(kit_client(kit)), 0);
	ck_assert_uint_eq(kit_sas(kit_gateway(kit)), 0);
	ck_assert_uint_eq(kit_children(kit_gateway(kit)), 0);
	ck_assert_uint_eq(fake_eap.sessions, 0);
}

static const struct ike_session *session_at_gateway(struct kit *kit)
{
	const struct ike_session *session = kit_sa(kit_gateway(kit))->session;

	ck_assert_ptr_nonnull(session);
	return session;
}

/* --- As it should be --- */

START_TEST(who_logs_in_by_eap_gets_in)
{
	struct kit *kit = kit_eap_new(NULL);
	const struct ike_sa *g, *c;

	must_connect(kit);
	g = kit_sa(kit_gateway(kit));
	c = kit_sa(kit_client(kit));
	ck_assert_uint_eq(g->d.auth_local, CYG_AUTH_METHOD_DIGITAL_SIGNATURE);
	ck_assert_uint_eq(g->d.auth_remote, CYG_AUTH_METHOD_NONE);
	ck_assert_uint_eq(c->d.auth_local, CYG_AUTH_METHOD_NONE);
	ck_assert_uint_eq(c->d.auth_remote, CYG_AUTH_METHOD_DIGITAL_SIGNATURE);
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).eap_passed, 1);
	ck_assert_uint_eq(kit_counters(kit_client(kit)).eap_passed, 1);
	/* The address that the first IKE_AUTH asked for; nobody asked for a name. */
	ck_assert(cyg_ip_is_set(&session_at_gateway(kit)->address4));
	ck_assert_ptr_null(session_at_gateway(kit)->eap_identity);
	ck_assert_str_eq(fake_eap.asked, "");
	ck_assert_uint_eq(kit_gateway(kit)->ike[0]->half.count, 0);
	kit_eap_free(kit);
}
END_TEST

START_TEST(a_name_that_was_asked_for_is_kept_and_shown)
{
	struct kit *kit = kit_eap_new(&(struct kit_eap){ .how = KIT_EAP_QUERY });
	struct row_cursor cursor = { 0 };
	struct ike_sa_row row;

	must_connect(kit);
	ck_assert_str_eq(fake_eap.asked, "alice");
	ck_assert_str_eq(session_at_gateway(kit)->eap_identity, "alice");
	ck_assert_uint_eq(ike_rows(kit_gateway(kit)->ike[0], NULL, &cursor, &row, 1), 1);
	ck_assert_str_eq(row.eap_id, "alice");
	/* It stays with the session when the IKE_SA is replaced. */
	kit_sa(kit_client(kit))->wants |= WANT_REKEY;
	driver_pump(kit_sa(kit_client(kit)));
	kit_pass(kit, 1000);
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).ike_rekeyed, 1);
	ck_assert_str_eq(session_at_gateway(kit)->eap_identity, "alice");
	kit_eap_free(kit);
}
END_TEST

START_TEST(without_a_user_name_the_identity_is_said)
{
	struct kit *kit = kit_eap_new(&(struct kit_eap){ .how = KIT_EAP_QUERY, .login = "password secret" });

	must_connect(kit);
	ck_assert_str_eq(fake_eap.asked, "client.example.org");
	kit_eap_free(kit);
}
END_TEST

START_TEST(a_method_without_a_key_serves_as_well)
{
	struct kit *kit = kit_eap_new(&(struct kit_eap){ .how = KIT_EAP_MD5_GATEWAY | (_i ? KIT_EAP_QUERY : 0) });

	must_connect(kit);
	kit_eap_free(kit);
}
END_TEST

/* The gateway would begin with MSCHAPv2. */
START_TEST(a_client_gets_the_method_that_it_names)
{
	static const struct kit_eap scenes[] = {
		{ .login = "md5 username alice password secret" },
		{ .how = KIT_EAP_MD5_CLIENT | KIT_EAP_QUERY },
	};
	struct kit *kit = kit_eap_new(&scenes[_i]);

	must_connect(kit);
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).eap_failed, 0);
	kit_eap_free(kit);
}
END_TEST

START_TEST(servers_are_asked_by_their_group_and_may_know_a_better_name)
{
	struct kit *kit = kit_eap_new(&(struct kit_eap){ .how = _i ? KIT_EAP_QUERY : 0, .list = "group radius" });

	must_connect(kit);
	ck_assert_str_eq(fake_eap.group, "radius");
	ck_assert_str_eq(fake_eap.asked, _i ? "alice" : "");
	ck_assert_str_eq(fake_eap.still, fake_eap.asked);
	ck_assert_str_eq(session_at_gateway(kit)->eap_identity, "learnt");
	kit_eap_free(kit);
}
END_TEST

START_TEST(the_next_method_of_the_list_serves_where_no_server_answers)
{
	struct kit *kit = kit_eap_new(&(struct kit_eap){ .how = _i ? KIT_EAP_QUERY : 0, .list = "group radius local" });

	fake_eap.fault = FAKE_EAP_SERVER_IO;
	must_connect(kit);
	ck_assert_str_eq(fake_eap.group, "");
	ck_assert_str_eq(fake_eap.asked, _i ? "alice" : "");
	kit_eap_free(kit);
}
END_TEST

START_TEST(a_notification_is_answered)
{
	struct kit *kit = kit_eap_new(NULL);

	fake_eap.fault = FAKE_EAP_NOTIFIES;
	must_connect(kit);
	kit_eap_free(kit);
}
END_TEST

START_TEST(long_packets_go_in_fragments)
{
	struct kit *kit = kit_eap_new(NULL);

	kit->path_mtu = 1280;
	fake_eap.padding = 4000;
	must_connect(kit);
	ck_assert_uint_ge(kit_counters(kit_gateway(kit)).fragments_in, 4);
	ck_assert_uint_ge(kit_counters(kit_client(kit)).fragments_in, 4);
	kit_eap_free(kit);
}
END_TEST

/* --- A wire that does what it likes --- */

struct wire {
	unsigned number;
	enum kit_verdict verdict;
};

static enum kit_verdict one_message(struct kit *kit, struct kit_packet *packet, void *ctx)
{
	const struct wire *w = ctx;

	return packet->number == w->number ? w->verdict : KIT_PASS;
}

static unsigned login_over(struct wire *w)
{
	struct kit *kit = kit_eap_new(&(struct kit_eap){ .how = KIT_EAP_QUERY });
	unsigned sent;

	kit->script = one_message;
	kit->ctx = w;
	kit_pass(kit, 5000);
	if (w->verdict == KIT_HOLD) {
		kit_release(kit, true); /* late: after its repeat was answered */
		kit_pass(kit, 31000);   /* an old IKE_SA_INIT may begin a half-open SA, no more */
	}
	ck_assert_msg(kit_connected(kit), "message %u", w->number);
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).eap_passed, 1);
	ck_assert_uint_eq(fake_eap.steps, 3 + 3); /* no packet was a method's twice */
	sent = kit->sent;
	kit_eap_free(kit);
	return sent;
}

START_TEST(every_message_of_a_login_may_be_lost_doubled_or_late)
{
	static const enum kit_verdict verdicts[] = { KIT_DROP, KIT_DOUBLE, KIT_HOLD };
	unsigned count = login_over(&(struct wire){ 0, KIT_PASS });

	/* IKE_SA_INIT, IKE_AUTH, a name, two rounds, AUTH. */
	ck_assert_uint_eq(count, 12);
	for (unsigned n = 1; n <= count; n++)
		(void)login_over(&(struct wire){ n, verdicts[_i] });
}
END_TEST

struct count {
	unsigned left;
};

static enum kit_verdict pass_some(struct kit *kit, struct kit_packet *packet, void *ctx)
{
	struct count *c = ctx;

	if (!c->left)
		return KIT_DROP;
	c->left--;
	return KIT_PASS;
}

/* kit_eap_free() looks for what is left of timers, sessions, children. */
START_TEST(a_login_that_ends_at_any_point_leaves_nothing)
{
	for (unsigned n = 0; n <= 12; n++) {
		for (unsigned hold = 0; hold < 3; hold++) {
			struct kit *kit = kit_eap_new(&(struct kit_eap){ .how = KIT_EAP_QUERY });
			struct count c = { n };

			fake_eap.hold_server = hold == 1;
			fake_eap.hold_peer = hold == 2;
			kit->script = pass_some;
			kit->ctx = &c;
			kit_settle(kit);
			fake_eap_release();
			kit_settle(kit);
			kit_eap_free(kit);
		}
	}
}
END_TEST

START_TEST(a_method_may_take_its_time)
{
	struct kit *kit = kit_eap_new(&(struct kit_eap){ .how = KIT_EAP_QUERY });

	fake_eap.hold_server = !_i;
	fake_eap.hold_peer = _i;
	for (unsigned n = 0; n < 8; n++) {
		kit_pass(kit, 2500); /* with repeats meanwhile */
		fake_eap_release();
	}
	must_connect(kit);
	kit_eap_free(kit);
}
END_TEST

/* --- Refused --- */

START_TEST(a_wrong_password_is_told_at_both_ends)
{
	struct kit *kit = kit_eap_new(&(struct kit_eap){ .how = KIT_EAP_QUERY,
							 .login = "username alice password wrong" });

	must_fail(kit, "EAP method mschapv2 refuses alice");
	ck_assert(kit_said("ike.failed", "try: username alice password PASSWORD, the same as at the peer"));
	ck_assert(kit_said("ike.failed", "the peer refuses our EAP login as alice"));
	ck_assert(kit_said("ike.failed", "crypto ikev2 profile gateway / authentication local eap username alice password"));
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).eap_failed, 1);
	ck_assert_uint_eq(kit_counters(kit_client(kit)).eap_failed, 1);
	kit_eap_free(kit);
}
END_TEST

static const struct {
	enum fake_eap_fault fault;
	unsigned round;
	const char *line;
} faults[] = {
	{ FAKE_EAP_OTHER_KEY, 0, "after EAP fqdn client.example.org proved itself by another key than ours" },
	{ FAKE_EAP_NO_KEY, 0, "after EAP fqdn client.example.org proved itself by another key than ours" },
	{ FAKE_EAP_KEY_BREAKS, 0, "EAP method mschapv2 gives no key" },
	{ FAKE_EAP_SERVER_BREAKS, 0, "EAP method mschapv2 fails" },
	{ FAKE_EAP_SERVER_BREAKS, 1, "EAP method mschapv2 fails" },
	{ FAKE_EAP_SERVER_BREAKS, 2, "EAP method mschapv2 fails" },
	{ FAKE_EAP_PEER_BREAKS, 0, "EAP method mschapv2 fails" },
	{ FAKE_EAP_PEER_REFUSES, 0, "our EAP method mschapv2 does not accept what the peer's server says" },
	{ FAKE_EAP_PEER_REFUSES, 0, "the peer gives its login by EAP up" },
	{ FAKE_EAP_SUCCESS_EARLY, 0, "our EAP method mschapv2 does not accept what the peer's server says" },
	{ FAKE_EAP_PEER_HASTY, 0, "our EAP method mschapv2 does not accept what the peer's server says" },
	{ FAKE_EAP_RUBBISH, 0, "EAP method mschapv2 made a packet that cannot be sent" },
	{ FAKE_EAP_OPENS_NOT, 0, "EAP method mschapv2 fails" },
};

START_TEST(whatever_a_method_does_wrong_ends_the_login_and_is_told)
{
	struct kit *kit = kit_eap_new(NULL);

	fake_eap.fault = faults[_i].fault;
	fake_eap.fault_round = faults[_i].round;
	must_fail(kit, faults[_i].line);
	kit_eap_free(kit);
}
END_TEST

START_TEST(a_login_without_end_has_one)
{
	struct kit *kit = kit_eap_new(NULL);

	fake_eap.fault = FAKE_EAP_ENDLESS;
	must_fail(kit, "EAP has not ended after 64 packets");
	ck_assert_uint_ge(fake_eap.steps, EAP_ROUNDS_MAX);
	kit_eap_free(kit);
}
END_TEST

START_TEST(a_packet_that_is_too_long_is_not_sent)
{
	struct kit *kit = kit_eap_new(NULL);

	fake_eap.padding = CYG_EAP_PACKET_MAX;
	must_fail(kit, "made a packet that cannot be sent");
	kit_eap_free(kit);
}
END_TEST

START_TEST(a_server_that_fails_in_the_middle_is_not_replaced)
{
	struct kit *kit = kit_eap_new(&(struct kit_eap){ .list = "group radius local" });

	fake_eap.fault = FAKE_EAP_SERVER_IO;
	fake_eap.fault_round = 1;
	must_fail(kit, "EAP method radius fails");
	kit_eap_free(kit);
}
END_TEST

START_TEST(without_a_plugin_the_gateway_says_what_is_missing)
{
	struct kit *kit = kit_eap_new(&(struct kit_eap){ .how = KIT_EAP_NOBODY | (_i ? KIT_EAP_QUERY : 0) });

	must_fail(kit, "the peer wants to log in by EAP, and no loaded plugin serves `local` of list users");
	ck_assert(kit_said("ike.failed", "try: a plugin for it in the plugin folder (show plugins detail): no plugin "
					 "provides any EAP server"));
	kit_eap_free(kit);
}
END_TEST

START_TEST(without_a_plugin_the_client_says_what_is_missing)
{
	struct kit *kit = kit_eap_new(&(struct kit_eap){ .how = KIT_EAP_NOTHING });

	must_fail(kit, "the peer asks for EAP method 26, which no loaded plugin does");
	kit_eap_free(kit);
}
END_TEST

START_TEST(a_method_that_the_profile_does_not_name_is_not_done)
{
	struct kit *kit = kit_eap_new(&(struct kit_eap){ .how = KIT_EAP_KEY_GATEWAY,
							 .login = "md5 username alice password secret" });

	/* The client would do MD5, which the gateway has not. */
	must_fail(kit, "the peer does not log in by EAP method mschapv2, nor by another one that is loaded");
	kit_eap_free(kit);
	kit = kit_eap_new(&(struct kit_eap){ .login = "gtc username alice password secret" });
	must_fail(kit, "the peer asks for EAP method mschapv2, which our profile does not let us do");
	ck_assert(kit_said("ike.failed", "try: crypto ikev2 profile gateway / authentication local eap mschapv2"));
	kit_eap_free(kit);
}
END_TEST

START_TEST(who_wants_eap_where_it_is_not_allowed_is_refused)
{
	struct kit *kit = kit_eap_new(&(struct kit_eap){
		.gateway_more = " no authentication remote eap\n authentication remote ecdsa-sig\n" });

	must_fail(kit, "the peer proves itself by EAP (method 0), we take ecdsa-sig");
	ck_assert(kit_said("ike.failed", "try: crypto ikev2 profile clients / authentication remote eap"));
	ck_assert(kit_said("ike.failed", "the peer answers IKE_AUTH with AUTHENTICATION_FAILED"));
	kit_eap_free(kit);
}
END_TEST

START_TEST(who_does_not_want_eap_where_it_is_demanded_is_refused)
{
	struct kit *kit = kit_eap_new(&(struct kit_eap){ .client_more = " authentication local pre-share\n" });

	must_fail(kit, "the peer proves itself by pre-shared key (method 2), we take eap");
	kit_eap_free(kit);
}
END_TEST

START_TEST(an_identity_of_any_octets_is_taken_and_one_that_is_too_long_is_not)
{
	char login[300], name[256];
	struct kit *kit;

	memset(name, 'n', sizeof(name));
	name[EAP_IDENTITY_MAX + 1] = '\0';
	snprintf(login, sizeof(login), "username %s password secret", name);
	kit = kit_eap_new(&(struct kit_eap){ .how = KIT_EAP_QUERY, .login = login });
	must_fail(kit, "the peer's EAP identity has 254 octets");
	kit_eap_free(kit);
	name[EAP_IDENTITY_MAX] = '\0';
	snprintf(login, sizeof(login), "username %s password secret", name);
	kit = kit_eap_new(&(struct kit_eap){ .how = KIT_EAP_QUERY, .login = login });
	must_connect(kit);
	kit_eap_free(kit);
}
END_TEST

/* --- Who comes anew --- */

/* The client vanishes and comes again with INITIAL_CONTACT, and the session before is somebody else's: of the name `was`. */
static unsigned sessions_after(const char *was, unsigned shards)
{
	struct kit *kit = kit_eap_new(&(struct kit_eap){ .how = KIT_EAP_QUERY, .setup = { .shards = shards } });
	struct ike_session *session;
	unsigned up;

	must_connect(kit);
	session = kit_sa(kit_gateway(kit))->session;
	free(session->eap_identity);
	session->eap_identity = was ? cyg_str_dup(cyg_str(was)) : NULL;
	session->eap_identity_len = was ? (uint16_t)strlen(was) : 0;
	life_drop(kit_sa(kit_client(kit)), "a test");
	kit_pass(kit, 5000);
	ck_assert_uint_eq(kit_up(kit_client(kit)), 1);
	up = kit_up(kit_gateway(kit));
	kit_eap_free(kit);
	return up;
}

/* The IKE identity of a login by EAP is what it says; what it has proved is its name. */
START_TEST(initial_contact_of_a_login_ends_sessions_of_that_name_alone)
{
	unsigned shards = _i + 1;

	ck_assert_uint_eq(sessions_after("alice", shards), 1);
	ck_assert_uint_eq(sessions_after("bob", shards), 2);
	ck_assert_uint_eq(sessions_after("alic", shards), 2);
	ck_assert_uint_eq(sessions_after(NULL, shards), 2); /* a site that proved itself by a key */
}
END_TEST

START_TEST(a_login_without_an_address_is_told_by_which_line_it_would_have_one)
{
	struct kit *kit = kit_eap_new(&(struct kit_eap){ .gateway_more = " no aaa authorization group eap list here clients\n" });

	kit_pass(kit, 1000);
	ck_assert(kit_said("child.failed", "try: crypto ikev2 profile clients / aaa authorization group eap list LIST NAME"));
	kit_eap_free(kit);
}
END_TEST

/* --- Deadlines, counts --- */

START_TEST(a_peer_that_stops_in_its_login_is_half_open_until_its_time_is_over)
{
	struct kit *kit = kit_eap_new(&(struct kit_eap){ .how = KIT_EAP_QUERY });
	struct count c = { 4 };

	kit->script = pass_some;
	kit->ctx = &c;
	kit_pass(kit, 60000);
	/* Longer than the others: the profile says 90 s. Its client has given up and begun anew by then. */
	ck_assert_uint_eq(kit_sas(kit_gateway(kit)), 1);
	ck_assert_uint_eq(kit_gateway(kit)->ike[0]->half.count, 1);
	ck_assert_int_eq(kit_sa(kit_gateway(kit))->state, IKE_EAP);
	kit_pass(kit, 31000);
	ck_assert_uint_eq(kit_sas(kit_gateway(kit)), 0);
	ck_assert_uint_eq(kit_gateway(kit)->ike[0]->half.count, 0);
	ck_assert(kit_said("ike.failed", "client.example.org did not end its EAP login in time"));
	ck_assert(kit_said("ike.failed", "authentication remote eap query-identity timeout 180"));
	kit_eap_free(kit);
}
END_TEST

START_TEST(a_method_that_never_answers_is_given_up)
{
	struct kit *kit = kit_eap_new(&(struct kit_eap){ .how = KIT_EAP_QUERY });
	struct count c = { 5 };

	fake_eap.hold_server = true;
	kit->script = pass_some;
	kit->ctx = &c;
	kit_pass(kit, 1000);
	/* It waits for somebody else now: that is counted by itself. */
	ck_assert_ptr_nonnull(fake_eap.held);
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).waiting, 1);
	ck_assert_uint_eq(kit_gateway(kit)->ike[0]->half.count, 0);
	kit_pass(kit, EAP_LOGIN_LIFE_MS - 2000);
	ck_assert_uint_eq(kit_sas(kit_gateway(kit)), 1);
	kit_pass(kit, 2000);
	ck_assert_ptr_null(fake_eap.held);
	ck_assert_uint_eq(kit_sas(kit_gateway(kit)), 0);
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).waiting, 0);
	ck_assert(kit_said("ike.failed", "the login by EAP did not end within 600 s"));
	kit_eap_free(kit);
}
END_TEST

START_TEST(logins_count_as_half_open_and_make_room_like_them)
{
	struct kit *kit = kit_eap_new(&(struct kit_eap){ .setup = { .options = { .half_open_max = 1 } } });
	struct ike_shard *ike = kit_gateway(kit)->ike[0];
	struct count c = { 4 };

	kit->script = pass_some;
	kit->ctx = &c;
	kit_pass(kit, 1000);
	ck_assert_uint_eq(ike->half.count, 1);
	ck_assert_ptr_null(ike->half.begun.oldest);
	life_drop(kit_sa(kit_client(kit)), "a test");
	kit->script = NULL;
	kit_pass(kit, 10000); /* the client comes anew, and the silent login goes */
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).half_open_dropped, 1);
	ck_assert_uint_eq(kit_up(kit_gateway(kit)), 1);
	kit_eap_free(kit);
}
END_TEST

/* --- What nobody honest sends --- */

static void forge(struct kit *kit, unsigned to, bool response, void (*put)(struct chain_writer *c))
{
	static uint8_t octets[2000], inner[1000];
	struct ike_sa *sa = kit->side[to].ike[0]->oldest, *peer = kit->side[1 - to].ike[0]->oldest;
	struct chain_writer c = chain_inner(inner, sizeof(inner));
	uint8_t first;
	size_t len;

	put(&c);
	len = chain_end(&c, &first).len;
	len = kit_forge(&kit->side[1 - to], peer, CYG_IKE_AUTH, response,
			response ? sa->sent->message_id : sa->d.recv_next, first, cyg_bytes(inner, len), octets,
			sizeof(octets));
	kit->script = NULL;
	kit_inject(kit, to, octets, len, false);
	kit_settle(kit);
}

static struct kit *stopped_after(unsigned datagrams, unsigned how)
{
	static struct count c;
	struct kit *kit = kit_eap_new(&(struct kit_eap){ .how = how });

	c.left = datagrams;
	kit->script = pass_some;
	kit->ctx = &c;
	kit_settle(kit);
	return kit;
}

static void put_wrong_auth(struct chain_writer *c)
{
	auth_write(c, CYG_AUTH_METHOD_PSK, cyg_bytes("0123456789abcdef0123456789abcdef", 32));
}

static void put_wrong_eap(struct chain_writer *c)
{
	eap_write(c, cyg_bytes("\2\0\0\6\1a", 6));
}

static void put_eap_request(struct chain_writer *c)
{
	eap_write(c, cyg_bytes("\1\0\0\5\1", 5));
}

static void put_success(struct chain_writer *c)
{
	eap_write(c, cyg_bytes("\3\0\0\4", 4));
}

static void put_response(struct chain_writer *c)
{
	eap_write(c, cyg_bytes("\2\0\0\5\1", 5));
}

static void put_nak(struct chain_writer *c)
{
	eap_write(c, cyg_bytes("\2\0\0\6\3\4", 6));
}

static void put_login(struct chain_writer *c)
{
	id_write(c, false, CYG_ID_FQDN, cyg_bytes("gateway.example.org", 19));
	put_wrong_auth(c);
	put_eap_request(c);
}

START_TEST(a_forged_auth_behind_a_login_is_refused)
{
	struct kit *kit = stopped_after(10, KIT_EAP_QUERY);

	ck_assert_int_eq(kit_sa(kit_gateway(kit))->state, IKE_EAP_DONE);
	forge(kit, KIT_GATEWAY, false, put_wrong_auth);
	ck_assert(kit_said("ike.failed", "after EAP alice proved itself by another key than ours"));
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).auth_failed, 1);
	ck_assert_uint_eq(kit_up(kit_gateway(kit)), 0);
	kit_eap_free(kit);
	/* The same the other way round: the last answer. */
	kit = stopped_after(11, KIT_EAP_QUERY);
	ck_assert_int_eq(kit_sa(kit_client(kit))->state, IKE_PROOF_SENT);
	forge(kit, KIT_CLIENT, true, put_wrong_auth);
	ck_assert(kit_said("ike.failed", "after EAP fqdn gateway.example.org proved itself by another key than ours"));
	ck_assert_uint_eq(kit_up(kit_client(kit)), 0);
	kit_eap_free(kit);
}
END_TEST

START_TEST(a_packet_that_answers_nothing_of_ours_is_refused)
{
	static void (*const puts[])(struct chain_writer *c) = { put_wrong_eap, put_eap_request, put_success };

	for (size_t i = 0; i < CYG_COUNT(puts); i++) {
		struct kit *kit = stopped_after(4, KIT_EAP_QUERY);
		struct ike_sa *sa = kit_sa(kit_gateway(kit));

		sa->nego->login->identifier = 7;
		forge(kit, KIT_GATEWAY, false, puts[i]);
		ck_assert(kit_said("ike.failed", "the peer's EAP packet does not answer ours"));
		ck_assert_uint_eq(kit_up(kit_gateway(kit)), 0);
		kit_eap_free(kit);
	}
}
END_TEST

START_TEST(who_does_not_say_its_name_when_asked_is_refused)
{
	struct kit *kit = stopped_after(4, KIT_EAP_QUERY);

	kit_sa(kit_gateway(kit))->nego->login->identifier = 0;
	forge(kit, KIT_GATEWAY, false, put_response);
	/* An empty name is one; a Nak is not. */
	ck_assert_uint_eq(kit_up(kit_gateway(kit)), 1);
	ck_assert_str_eq(session_at_gateway(kit)->eap_identity, "");
	kit_eap_free(kit);
	kit = stopped_after(4, KIT_EAP_QUERY);
	kit_sa(kit_gateway(kit))->nego->login->identifier = 0;
	forge(kit, KIT_GATEWAY, false, put_nak);
	ck_assert(kit_said("ike.failed", "the peer does not say by EAP who it is"));
	kit_eap_free(kit);
}
END_TEST

START_TEST(a_gateway_that_asks_for_no_proof_is_not_believed)
{
	struct kit *kit = stopped_after(5, KIT_EAP_QUERY);

	ck_assert_int_eq(kit_sa(kit_client(kit))->state, IKE_EAP_SENT);
	forge(kit, KIT_CLIENT, true, put_success);
	ck_assert(kit_said("ike.failed", "the peer ends EAP before any method has begun"));
	ck_assert_uint_eq(kit_up(kit_client(kit)), 0);
	kit_eap_free(kit);
	kit = stopped_after(5, KIT_EAP_QUERY);
	forge(kit, KIT_CLIENT, true, put_response);
	ck_assert(kit_said("ike.failed", "the peer's EAP packet is no request"));
	kit_eap_free(kit);
}
END_TEST

START_TEST(a_gateway_that_wants_eap_beside_our_proof_is_told)
{
	struct kit *kit = kit_eap_new(&(struct kit_eap){ .client_more = " authentication local pre-share\n" });
	struct count c = { 2 };

	kit->script = pass_some;
	kit->ctx = &c;
	kit_settle(kit);
	ck_assert_int_eq(kit_sa(kit_client(kit))->state, IKE_AUTH_SENT);
	forge(kit, KIT_CLIENT, true, put_login);
	ck_assert(kit_said("ike.failed", "the peer wants us to log in by EAP, which our profile does not do"));
	ck_assert(kit_said("ike.failed", "try: crypto ikev2 profile gateway / authentication local eap"));
	kit_eap_free(kit);
}
END_TEST

Suite *eap_suite(void)
{
	Suite *suite = suite_create("eap");
	TCase *tcase = tcase_create("eap");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, who_logs_in_by_eap_gets_in);
	tcase_add_test(tcase, a_name_that_was_asked_for_is_kept_and_shown);
	tcase_add_test(tcase, without_a_user_name_the_identity_is_said);
	tcase_add_loop_test(tcase, a_method_without_a_key_serves_as_well, 0, 2);
	tcase_add_loop_test(tcase, a_client_gets_the_method_that_it_names, 0, 2);
	tcase_add_loop_test(tcase, servers_are_asked_by_their_group_and_may_know_a_better_name, 0, 2);
	tcase_add_loop_test(tcase, the_next_method_of_the_list_serves_where_no_server_answers, 0, 2);
	tcase_add_test(tcase, a_notification_is_answered);
	tcase_add_test(tcase, long_packets_go_in_fragments);
	tcase_add_loop_test(tcase, every_message_of_a_login_may_be_lost_doubled_or_late, 0, 3);
	tcase_add_test(tcase, a_login_that_ends_at_any_point_leaves_nothing);
	tcase_add_loop_test(tcase, a_method_may_take_its_time, 0, 2);
	tcase_add_test(tcase, a_wrong_password_is_told_at_both_ends);
	tcase_add_loop_test(tcase, whatever_a_method_does_wrong_ends_the_login_and_is_told, 0, CYG_COUNT(faults));
	tcase_add_test(tcase, a_login_without_end_has_one);
	tcase_add_test(tcase, a_packet_that_is_too_long_is_not_sent);
	tcase_add_test(tcase, a_server_that_fails_in_the_middle_is_not_replaced);
	tcase_add_loop_test(tcase, without_a_plugin_the_gateway_says_what_is_missing, 0, 2);
	tcase_add_test(tcase, without_a_plugin_the_client_says_what_is_missing);
	tcase_add_test(tcase, a_method_that_the_profile_does_not_name_is_not_done);
	tcase_add_test(tcase, who_wants_eap_where_it_is_not_allowed_is_refused);
	tcase_add_test(tcase, who_does_not_want_eap_where_it_is_demanded_is_refused);
	tcase_add_test(tcase, an_identity_of_any_octets_is_taken_and_one_that_is_too_long_is_not);
	tcase_add_test(tcase, a_login_without_an_address_is_told_by_which_line_it_would_have_one);
	tcase_add_loop_test(tcase, initial_contact_of_a_login_ends_sessions_of_that_name_alone, 0, 2);
	tcase_add_test(tcase, a_peer_that_stops_in_its_login_is_half_open_until_its_time_is_over);
	tcase_add_test(tcase, a_method_that_never_answers_is_given_up);
	tcase_add_test(tcase, logins_count_as_half_open_and_make_room_like_them);
	tcase_add_test(tcase, a_forged_auth_behind_a_login_is_refused);
	tcase_add_test(tcase, a_packet_that_answers_nothing_of_ours_is_refused);
	tcase_add_test(tcase, who_does_not_say_its_name_when_asked_is_refused);
	tcase_add_test(tcase, a_gateway_that_asks_for_no_proof_is_not_believed);
	tcase_add_test(tcase, a_gateway_that_wants_eap_beside_our_proof_is_told);
	suite_add_tcase(suite, tcase);
	return suite;
}
