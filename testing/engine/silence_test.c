/* SPDX-License-Identifier: MIT */
/*
 * What ends without anybody having said no: answers that cannot be used, a peer that falls silent, limits of our own,
 * messages that nobody may read. Each leaves a line, and its twin leaves none.
 */
#include "exchange/diagnose.h"
#include "log/debug.h"
#include "testing/engine/engine_tests.h"
#include "testing/engine/kit.h"

#define GCM " encryption aes-gcm-128\n prf sha256\n group 19\n"

static void everything_off(void)
{
	debug_set(~0u, false);
	diagnose_clear();
	diagnose_configure(0);
}

/* --- Answers to IKE_SA_INIT that cannot be used --- */

enum spoil { FROM_ELSEWHERE, BAD_VALUE, NO_KE, BAD_LENGTH, OTHER_GROUP, SPOILS };

static const struct { const char *says, *mend; } unfit[SPOILS] = {
	[FROM_ELSEWHERE] = { "it comes from another address", "interface Tunnel0 / tunnel destination 192.0.2.99" },
	[BAD_VALUE] = { "its key exchange value is bad", "debug crypto ikev2 packet" },
	[NO_KE] = { "it breaks the format, or lacks payloads", "debug crypto ikev2 packet" },
	[BAD_LENGTH] = { "it breaks the format, or lacks payloads", "debug crypto ikev2 packet" },
	[OTHER_GROUP] = { "it asks for another group than those that we offered", "crypto ikev2 proposal p / group 20" },
};

/* In place of the gateway's answer: another group is asked for. */
static void ask_for_group(struct kit *kit, const struct kit_packet *packet, uint16_t group)
{
	const uint8_t number[] = { (uint8_t)(group >> 8), (uint8_t)group };
	struct ike_header header = packet->header;
	uint8_t octets[200];
	struct chain_writer c;
	struct cyg_bytes message;

	header.spi_r = 0;
	c = chain_message(octets, sizeof(octets), &header);
	notify_write(&c, CYG_PROTO_NONE, 0, 0, CYG_N_INVALID_KE_PAYLOAD, cyg_bytes(number, sizeof(number)));
	message = chain_end(&c, NULL);
	kit_inject(kit, KIT_CLIENT, message.ptr, message.len, false);
}

static enum kit_verdict spoil_answer(struct kit *kit, struct kit_packet *packet, void *ctx)
{
	const enum spoil how = *(const enum spoil *)ctx;
	struct message msg;

	if (packet->from != KIT_GATEWAY || packet->header.exchange != CYG_IKE_SA_INIT)
		return KIT_PASS;
	switch (how) {
	case FROM_ELSEWHERE:
		packet->remote.ip.octets[3] = 99;
		return KIT_PASS;
	case BAD_VALUE:
		ck_assert_int_eq(message_read(packet->octets, packet->len, &msg), CYG_OK);
		packet->octets[msg.ke.data.ptr - packet->octets + 5] ^= 1;
		return KIT_PASS;
	case NO_KE:
		packet->octets[28] = CYG_PAYLOAD_NONE; /* nothing behind the first payload */
		return KIT_PASS;
	case BAD_LENGTH:
		packet->octets[30] = 0xff;
		return KIT_PASS;
	default:
		ask_for_group(kit, packet, 20);
		return KIT_DROP;
	}
}

START_TEST(an_answer_that_cannot_be_used_is_told_when_no_other_comes)
{
	enum spoil how = (enum spoil)_i;
	struct kit *kit = kit_new(NULL);

	kit->script = spoil_answer;
	kit->ctx = &how;
	kit_configure_both(kit, GCM, "esp-gcm");
	kit_pass(kit, 70000);
	if (!kit_said("ike.failed", unfit[_i].says))
		kit_print_log();
	ck_assert(kit_said("ike.failed", "no answer to IKE_SA_INIT can be used"));
	ck_assert(kit_said("ike.failed", unfit[_i].says));
	ck_assert(kit_said("ike.failed", unfit[_i].mend));
	ck_assert(!kit_said("ike.failed", "nobody answers IKE_SA_INIT"));
	kit_free(kit);
}
END_TEST

/* The twin: one bad answer, and then the right one. */
static enum kit_verdict spoil_first(struct kit *kit, struct kit_packet *packet, void *ctx)
{
	bool *done = ctx;
	enum spoil how = FROM_ELSEWHERE;

	if (*done || packet->from != KIT_GATEWAY)
		return KIT_PASS;
	*done = true;
	return spoil_answer(kit, packet, &how);
}

START_TEST(a_bad_answer_before_the_right_one_is_not_told)
{
	bool done = false;
	struct kit *kit = kit_new(NULL);

	kit->script = spoil_first;
	kit->ctx = &done;
	kit_configure_both(kit, GCM, "esp-gcm");
	kit_pass(kit, 10000);
	ck_assert(done);
	ck_assert(kit_connected(kit));
	ck_assert_uint_eq(log_capture_count("ike.failed"), 0);
	kit_free(kit);
}
END_TEST

/* --- A peer that falls silent --- */

static enum kit_verdict no_auth(struct kit *kit, struct kit_packet *packet, void *ctx)
{
	(void)kit;
	(void)ctx;
	return packet->header.exchange == CYG_IKE_AUTH ? KIT_DROP : KIT_PASS;
}

START_TEST(an_ike_auth_that_never_comes_is_told_by_the_gateway)
{
	struct kit *kit = kit_new(&(struct kit_setup){ .natted_client = _i });
	struct diagnose_row row;

	diagnose_configure(5);
	kit->script = no_auth;
	kit_configure_both(kit, GCM, "esp-gcm");
	kit_pass(kit, 20000);
	ck_assert_uint_eq(log_capture_count("ike.unfinished"), 0);
	kit_pass(kit, 15000);
	ck_assert(kit_said("ike.unfinished", "no IKE_AUTH came that could be read"));
	ck_assert(kit_said("ike.unfinished", _i ? "try: reachability of UDP 4500" : "try: reachability of UDP 500"));
	ck_assert(diagnose_next(0, &row));
	ck_assert_ptr_nonnull(strstr(row.line, "no IKE_AUTH came"));
	kit_free(kit);
}
END_TEST

START_TEST(whoever_gets_in_is_not_called_unfinished)
{
	struct kit *kit = kit_new(NULL);

	kit_configure_both(kit, GCM, "esp-gcm");
	kit_pass(kit, 40000);
	ck_assert(kit_connected(kit));
	ck_assert_uint_eq(log_capture_count("ike.unfinished"), 0);
	kit_free(kit);
}
END_TEST

/* --- Messages that nobody may read --- */

/* A message of 32 octets with one payload of four. */
static void hear(struct kit *kit, uint8_t version, uint8_t payload, uint8_t flags)
{
	uint8_t octets[32] = { [0] = 1, [16] = payload, [17] = version, [18] = CYG_IKE_SA_INIT, [19] = CYG_FLAG_INITIATOR,
			       [27] = 32, [29] = flags, [31] = 4 };
	struct cyg_datagram d = { .data = octets, .len = sizeof(octets),
				  .local = { kit_gateway(kit)->address, IKE_PORT },
				  .remote = { kit_client(kit)->address, IKE_PORT } };

	driver_input(kit_gateway(kit)->ike[0], &d);
	kit_settle(kit);
}

START_TEST(who_speaks_ikev1_is_told_apart)
{
	struct kit *kit = kit_new(NULL);

	kit_configure(kit_gateway(kit), kit_gateway_text(GCM, "esp-gcm", NULL));
	hear(kit, CYG_IKE_VERSION, 33, 0);
	ck_assert_uint_eq(log_capture_count("ike.version"), 0);
	hear(kit, 0x10, 1, 0);
	ck_assert(kit_said("ike.version", "a message of IKE version 1.0 is dropped; try: IKEv2 at the peer"));
	for (unsigned i = 0; i < 50; i++)
		hear(kit, 0x10, 1, 0);
	ck_assert_uint_le(log_capture_count("ike.version"), 10);
	kit_free(kit);
}
END_TEST

START_TEST(a_critical_payload_in_clear_is_told)
{
	struct kit *kit = kit_new(NULL);

	kit_configure(kit_gateway(kit), kit_gateway_text(GCM, "esp-gcm", NULL));
	hear(kit, CYG_IKE_VERSION, 200, 0);
	ck_assert_uint_eq(log_capture_count("ike.critical"), 0);
	hear(kit, CYG_IKE_VERSION, 200, 0x80);
	ck_assert(kit_said("ike.critical", "the critical payload 200"));
	kit_free(kit);
}
END_TEST

static void without_tsr(struct chain_writer *out, uint8_t type, struct cyg_bytes body, void *ctx)
{
	(void)ctx;
	if (type == CYG_PAYLOAD_TSR)
		return;
	chain_open(out, type);
	wire_put_bytes(&out->w, body);
	chain_close(out);
}

static enum kit_verdict halve(struct kit *kit, struct kit_packet *packet, void *ctx)
{
	bool *done = ctx;

	if (packet->header.exchange != CYG_IKE_AUTH || packet->from != KIT_CLIENT || *done)
		return KIT_PASS;
	*done = true;
	kit_rewrite(kit, packet, without_tsr, NULL);
	return KIT_DROP;
}

START_TEST(half_a_child_is_refused_with_a_reason)
{
	bool done = false;
	struct kit *kit = kit_new(NULL);

	kit->script = halve;
	kit->ctx = &done;
	kit_configure_both(kit, GCM, "esp-gcm");
	while (!done)
		kit_pass(kit, 1);
	kit_settle(kit);
	ck_assert(kit_said("ike.failed", "the peer's IKE_AUTH lacks payloads, or has too short ones"));
	ck_assert(kit_said("ike.failed", "try: debug crypto ikev2 packet"));
	kit_free(kit);
}
END_TEST

/* --- Limits of our own --- */

#define SECOND_TUNNEL(limit_) \
	limit_ "interface Tunnel1\n ip address negotiated\n tunnel source 192.0.2.2\n tunnel mode ipsec ipv4\n" \
	" tunnel destination 192.0.2.7\n tunnel protection ipsec profile gateway\n"

START_TEST(a_tunnel_that_a_limit_keeps_back_says_so)
{
	static const struct { const char *more, *says; } rows[] = {
		{ SECOND_TUNNEL("crypto ikev2 limit max-sa 1\n"), "it does not begin, there are 1 SAs already; try: crypto "
								  "ikev2 limit max-sa" },
		{ SECOND_TUNNEL("crypto ikev2 limit max-in-negotiation-sa 1 outgoing\n"),
		  "it does not begin yet, 1 SAs are in negotiation" },
		{ SECOND_TUNNEL(""), NULL },
	};
	struct kit *kit = kit_new(NULL);

	kit_configure(kit_client(kit), kit_client_text(GCM, "esp-gcm", rows[_i].more));
	kit_pass(kit, 10);
	if (rows[_i].says)
		ck_assert(kit_said("ike.limit", rows[_i].says));
	else
		ck_assert_uint_eq(log_capture_count("ike.limit"), 0);
	kit_free(kit);
}
END_TEST

START_TEST(a_tunnel_that_cannot_begin_is_among_what_failed)
{
	struct kit *kit = kit_new(NULL);
	struct diagnose_row row;

	diagnose_configure(5);
	kit_configure(kit_client(kit), kit_client_text(GCM, "esp-gcm", "crypto ipsec profile gateway\n no set ikev2-profile\n"));
	kit_pass(kit, 10);
	ck_assert(kit_said("ike.failed", "a tunnel that begins needs an IKEv2 profile"));
	ck_assert(diagnose_next(0, &row));
	ck_assert_str_eq(row.what, "a tunnel that begins needs an IKEv2 profile");
	ck_assert_ptr_nonnull(strstr(row.line, "try: crypto ipsec profile gateway / set ikev2-profile gateway"));
	kit_free(kit);
}
END_TEST

START_TEST(a_policy_that_is_not_whole_is_named_where_the_default_one_serves)
{
	struct kit *kit = kit_new(NULL);

	kit_configure(kit_gateway(kit), kit_gateway_text(" encryption aes-gcm-128\n prf sha256\n", "esp-gcm", NULL));
	kit_configure(kit_client(kit), kit_client_text(GCM, "esp-gcm", NULL));
	kit_pass(kit, 1000);
	ck_assert(kit_said("ike.failed", "no proposal of the peer suits us: policy default"));
	ck_assert(kit_said("ike.failed", "; policy p (test:"));
	ck_assert(kit_said("ike.failed", ") is incomplete (missing: "));
	kit_free(kit);
}
END_TEST

/* --- Debugging that had nothing to say --- */

START_TEST(client_debugging_follows_a_tunnel)
{
	struct kit *kit = kit_new(NULL);

	debug_set(1u << CYG_DEBUG_IKEV2_CLIENT, true);
	kit_configure_both(kit, GCM, "esp-gcm");
	kit_pass(kit, 1000);
	ck_assert(kit_connected(kit));
	ck_assert(kit_said("debug.client", "IKEv2-CLIENT:Tunnel0 to 192.0.2.1: calls by profile gateway"));
	ck_assert(kit_said("debug.client", "Config-type: Config-reply, attrib type: 1, length: 4"));
	ck_assert_uint_eq(log_capture_count("debug.aaa"), 0);
	life_drop(kit_sa(kit_client(kit)), "a test");
	ck_assert(kit_said("debug.client", "calls again in "));
	kit_free(kit);
}
END_TEST

START_TEST(aaa_debugging_tells_who_was_asked_and_what_was_said)
{
	struct kit *kit = kit_new(NULL);

	debug_set(1u << CYG_DEBUG_AAA, true);
	kit_configure_both(kit, GCM, "esp-gcm");
	kit_pass(kit, 1000);
	ck_assert(kit_connected(kit));
	ck_assert(kit_said("debug.aaa", "list here, method local: who is clients?"));
	ck_assert(kit_said("debug.aaa", "list here says of clients: "));
	ck_assert_uint_eq(log_capture_count("debug.client"), 0);
	kit_free(kit);
}
END_TEST

Suite *silence_suite(void)
{
	Suite *suite = suite_create("silence");
	TCase *tc = tcase_create("silence");

	tcase_add_checked_fixture(tc, NULL, everything_off);
	tcase_add_loop_test(tc, an_answer_that_cannot_be_used_is_told_when_no_other_comes, 0, SPOILS);
	tcase_add_test(tc, a_bad_answer_before_the_right_one_is_not_told);
	tcase_add_loop_test(tc, an_ike_auth_that_never_comes_is_told_by_the_gateway, 0, 2);
	tcase_add_test(tc, whoever_gets_in_is_not_called_unfinished);
	tcase_add_test(tc, who_speaks_ikev1_is_told_apart);
	tcase_add_test(tc, a_critical_payload_in_clear_is_told);
	tcase_add_test(tc, half_a_child_is_refused_with_a_reason);
	tcase_add_loop_test(tc, a_tunnel_that_a_limit_keeps_back_says_so, 0, 3);
	tcase_add_test(tc, a_tunnel_that_cannot_begin_is_among_what_failed);
	tcase_add_test(tc, a_policy_that_is_not_whole_is_named_where_the_default_one_serves);
	tcase_add_test(tc, client_debugging_follows_a_tunnel);
	tcase_add_test(tc, aaa_debugging_tells_who_was_asked_and_what_was_said);
	suite_add_tcase(suite, tc);
	return suite;
}
