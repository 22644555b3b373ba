/* SPDX-License-Identifier: MIT */
/* What debugging tells, and what is kept of failures. */
#include "exchange/diagnose.h"
#include "log/debug.h"
#include "testing/engine/engine_tests.h"
#include "testing/engine/kit.h"

#define GCM " encryption aes-gcm-128\n prf sha256\n group 19\n"
#define CBC " encryption aes-cbc-256\n integrity sha256\n group 19\n"

static void debugging_off(void)
{
	debug_set(~0u, false);
	debug_conditions_clear();
	diagnose_clear();
	diagnose_configure(0);
}

START_TEST(packet_debugging_tells_each_message_with_its_payloads)
{
	struct kit *kit = kit_new(NULL);

	debug_set(1u << CYG_DEBUG_IKEV2_PACKET, true);
	kit_configure_both(kit, GCM, "esp-gcm");
	kit_pass(kit, 1000);
	ck_assert(kit_connected(kit));
	ck_assert(kit_said("debug.sent", "IKE_SA_INIT request, message id 0: SA KE Nonce "));
	ck_assert(kit_said("debug.sent", "IKEv2:(SESSION ID = 1,SA ID = 1):to "));
	ck_assert(kit_said("debug.received", "IKEv2:(SESSION ID = 0,SA ID = 0):from "));
	ck_assert(kit_said("debug.received", "IKEv2:(SESSION ID = 1,SA ID = 1):from "));
	ck_assert(kit_said("debug.received", "IKE_SA_INIT request, message id 0: SA KE Nonce "));
	ck_assert(kit_said("debug.received", "N(NAT_DETECTION_SOURCE_IP)"));
	ck_assert(kit_said("debug.sent", "IKE_AUTH request, message id 1: IDi "));
	ck_assert(kit_said("debug.received", "CP(REQUEST "));
	ck_assert(kit_said("debug.sent", "CP(REPLY "));
	ck_assert_uint_eq(log_capture_count("debug.state"), 0);
	kit_free(kit);
}
END_TEST

START_TEST(debugging_of_others_tells_nothing)
{
	struct debug_condition other = { .kind = DEBUG_USERNAME, .word = "somebody.else.example" };
	struct kit *kit = kit_new(NULL);

	ck_assert_int_eq(debug_condition_add(&other), CYG_OK);
	debug_set(~0u, true);
	kit_configure_both(kit, GCM, "esp-gcm");
	kit_pass(kit, 1000);
	ck_assert(kit_connected(kit));
	ck_assert_uint_eq(log_capture_count("debug.sent") + log_capture_count("debug.received") +
			  log_capture_count("debug.state"), 0);
	kit_free(kit);
}
END_TEST

START_TEST(error_debugging_says_why_a_message_is_dropped)
{
	struct kit *kit = kit_new(NULL);
	uint8_t octets[40] = { 0 };
	struct cyg_datagram d = { .data = octets, .len = sizeof(octets),
				  .local = { kit_gateway(kit)->address, 500 },
				  .remote = { kit_client(kit)->address, 500 } };

	kit_configure_both(kit, GCM, "esp-gcm");
	debug_set(1u << CYG_DEBUG_IKEV2_ERROR, true);
	octets[0] = 1; /* SPIs that nobody has */
	octets[17] = CYG_IKE_VERSION;
	octets[18] = CYG_INFORMATIONAL;
	octets[27] = sizeof(octets);
	driver_input(kit_gateway(kit)->ike[0], &d);
	ck_assert(kit_said("debug.dropped", "IKEv2-ERROR:"));
	ck_assert(kit_said("debug.dropped", "nobody has its SPIs"));
	octets[27]--;
	driver_input(kit_gateway(kit)->ike[0], &d);
	ck_assert(kit_said("debug.dropped", "it is shorter than it says"));
	ck_assert_uint_eq(log_capture_count("debug.dropped"), 2);
	kit_free(kit);
}
END_TEST

START_TEST(internal_debugging_follows_an_sa_through_its_states)
{
	struct kit *kit = kit_new(NULL);

	debug_set(1u << CYG_DEBUG_IKEV2_INTERNAL, true);
	kit_configure_both(kit, GCM, "esp-gcm");
	kit_pass(kit, 1000);
	ck_assert(kit_connected(kit));
	/* Client and gateway have numbers of their own; the first SA of each is 1. */
	ck_assert(kit_said("debug.state", "IKEv2:(SESSION ID = 1,SA ID = 1):"));
	ck_assert(kit_said("debug.state", " goes from NEW to INIT-SENT"));
	ck_assert(kit_said("debug.state", " goes from INIT-SENT to INIT-DONE"));
	ck_assert(kit_said("debug.state", " goes from INIT-DONE to READY"));
	ck_assert(kit_said("debug.state", " goes from AUTH-SENT to READY"));
	ck_assert(kit_said("debug.chosen", "profile: "));
	kit_free(kit);
}
END_TEST

START_TEST(internal_debugging_says_why_an_sa_was_closed)
{
	struct kit *kit = kit_new(NULL);

	debug_set(1u << CYG_DEBUG_IKEV2_INTERNAL, true);
	kit_configure(kit_gateway(kit), kit_gateway_text(GCM, "esp-gcm", NULL));
	kit_configure(kit_client(kit), kit_client_text(CBC, "esp-gcm", NULL));
	kit_pass(kit, 1000);
	ck_assert(!kit_connected(kit));
	ck_assert(kit_said("debug.closed", "is closed in state NEW: NO_PROPOSAL_CHOSEN"));
	for (size_t n = 0; log_capture_line("debug.closed", n); n++)
		ck_assert_ptr_null(strstr(log_capture_line("debug.closed", n), ": -"));
	kit_free(kit);
}
END_TEST

START_TEST(what_fails_is_kept_once_with_its_count)
{
	struct kit *kit = kit_new(NULL);
	struct diagnose_row row = { 0 };

	diagnose_configure(2);
	kit_configure(kit_gateway(kit), kit_gateway_text(GCM, "esp-gcm", NULL));
	kit_configure(kit_client(kit), kit_client_text(CBC, "esp-gcm", NULL));
	kit_pass(kit, 1000);
	ck_assert(!kit_connected(kit));
	ck_assert_uint_ge(diagnose_state().entries, 1);
	ck_assert(diagnose_next(0, &row));
	ck_assert_uint_ge(row.count, 1);
	ck_assert_ptr_nonnull(strstr(row.line, "try: "));
	kit_free(kit);
}
END_TEST

static void note(const char *what)
{
	const struct cyg_endpoint peer = { .port = 500 };

	diagnose_note(false, &peer, 1, what, "clients", what);
}

START_TEST(only_so_many_failures_are_kept)
{
	struct diagnose_row row = { 0 };

	note("nothing is kept while it is off");
	ck_assert(!diagnose_next(0, &row));
	diagnose_configure(2);
	note("a");
	note("b");
	note("a");
	note("c");
	ck_assert_uint_eq(diagnose_state().entries, 2);
	ck_assert_uint_eq(diagnose_state().deleted, 1);
	ck_assert(diagnose_next(0, &row));
	ck_assert_str_eq(row.what, "b");
	ck_assert(diagnose_next(row.serial, &row));
	ck_assert_str_eq(row.what, "c");
	ck_assert(!diagnose_next(row.serial, &row));
	diagnose_configure(1);
	ck_assert_uint_eq(diagnose_state().entries, 1);
	note("c");
	ck_assert(diagnose_next(0, &row));
	ck_assert_uint_eq(row.count, 2);
}
END_TEST

Suite *watch_suite(void)
{
	Suite *suite = suite_create("watch");
	TCase *tc = tcase_create("watch");

	tcase_add_checked_fixture(tc, NULL, debugging_off);
	tcase_add_test(tc, packet_debugging_tells_each_message_with_its_payloads);
	tcase_add_test(tc, debugging_of_others_tells_nothing);
	tcase_add_test(tc, error_debugging_says_why_a_message_is_dropped);
	tcase_add_test(tc, internal_debugging_follows_an_sa_through_its_states);
	tcase_add_test(tc, internal_debugging_says_why_an_sa_was_closed);
	tcase_add_test(tc, what_fails_is_kept_once_with_its_count);
	tcase_add_test(tc, only_so_many_failures_are_kept);
	suite_add_tcase(suite, tc);
	return suite;
}
