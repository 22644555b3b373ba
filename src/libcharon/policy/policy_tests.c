/* SPDX-License-Identifier: MIT */
/* Selection: what is chosen, and why the others are not. Objects are made by hand; algorithms by a shard without
 * plugins are none, so that proposals are tested with engines (testing/engine). */
#include "policy/policy_tests.h"

#include "config/keyring.h"
#include "policy/rules_test.h"
#include "policy/select.h"
#include "policy/selectors.h"

#include <stdio.h>
#include <stdlib.h>

static struct cyg_ip ip4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	return (struct cyg_ip){ CYG_IPV4, { a, b, c, d } };
}

static struct cyg_identity *identity(uint8_t type, const char *text)
{
	struct cyg_identity *id;

	ck_assert_int_eq(cyg_identity_new(type, cyg_bytes(text, strlen(text)), &id), CYG_OK);
	return id;
}

static struct config_head head(const char *name)
{
	struct config_head h = { .complete = true };

	snprintf(h.name, sizeof(h.name), "%s", name);
	snprintf(h.place, sizeof(h.place), "f:%s", name);
	return h;
}

/* --- Identities --- */

static const struct {
	enum id_match_kind kind;
	const char *line;
	uint8_t type;
	const char *id;
	bool holds;
} matches[] = {
	{ ID_MATCH_FQDN, "a.example.org", CYG_ID_FQDN, "A.Example.ORG", true },
	{ ID_MATCH_FQDN, "a.example.org", CYG_ID_FQDN, "b.example.org", false },
	{ ID_MATCH_FQDN, "a.example.org", CYG_ID_RFC822_ADDR, "a.example.org", false },
	{ ID_MATCH_FQDN_DOMAIN, "example.org", CYG_ID_FQDN, "a.example.org", true },
	{ ID_MATCH_FQDN_DOMAIN, "example.org", CYG_ID_FQDN, "a.b.example.org", false },
	{ ID_MATCH_FQDN_DOMAIN, "example.org", CYG_ID_FQDN, "example.org", false },
	{ ID_MATCH_FQDN_DOMAIN, "org", CYG_ID_FQDN, "org", false },
	{ ID_MATCH_EMAIL, "bob@example.org", CYG_ID_RFC822_ADDR, "bob@example.org", true },
	{ ID_MATCH_EMAIL_DOMAIN, "example.org", CYG_ID_RFC822_ADDR, "bob@example.org", true },
	{ ID_MATCH_EMAIL_DOMAIN, "example.org", CYG_ID_RFC822_ADDR, "x@y@example.org", true },
	{ ID_MATCH_EMAIL_DOMAIN, "example.org", CYG_ID_RFC822_ADDR, "example.org", false },
	{ ID_MATCH_KEY_ID, "group", CYG_ID_KEY_ID, "group", true },
	{ ID_MATCH_KEY_ID, "group", CYG_ID_GROUP_NAME, "group", true },
	{ ID_MATCH_KEY_ID, "group", CYG_ID_KEY_ID, "Group", false },
	{ ID_MATCH_ANY, "", CYG_ID_DER_ASN1_DN, "0", true },
	{ ID_MATCH_NONE, "", CYG_ID_FQDN, "a", false },
};

START_TEST(match_lines_hold_for_what_they_say)
{
	struct id_match match = { .kind = matches[_i].kind };
	struct cyg_identity *id = identity(matches[_i].type, matches[_i].id);

	snprintf(match.text, sizeof(match.text), "%s", matches[_i].line);
	ck_assert_int_eq(id_match_holds(&match, id), matches[_i].holds);
	cyg_identity_unref(id);
}
END_TEST

START_TEST(address_lines_hold_by_prefix)
{
	struct id_match match = { .kind = ID_MATCH_ADDRESS, .address = { ip4(10, 1, 0, 0), 16 } };
	struct cyg_ip inside = ip4(10, 1, 2, 3), outside = ip4(10, 2, 2, 3);
	struct cyg_identity *id;

	ck_assert_int_eq(cyg_identity_of_ip(&inside, &id), CYG_OK);
	ck_assert(id_match_holds(&match, id));
	cyg_identity_unref(id);
	ck_assert_int_eq(cyg_identity_of_ip(&outside, &id), CYG_OK);
	ck_assert(!id_match_holds(&match, id));
	cyg_identity_unref(id);
}
END_TEST

/* --- Policy --- */

static struct config_policy policy(const char *name, const char *fvrf, const struct cyg_ip *address)
{
	struct config_policy p = { .head = head(name), .proposal_count = 1 };

	snprintf(p.fvrf, sizeof(p.fvrf), "%s", fvrf);
	if (address)
		p.address[p.address_count++] = *address;
	return p;
}

START_TEST(the_more_specific_policy_is_taken_and_the_default_last)
{
	struct cyg_ip ours = ip4(192, 0, 2, 1), other = ip4(192, 0, 2, 9);
	struct config_policy plain = policy("plain", "", NULL), any = policy("any", CONFIG_VRF_ANY, NULL);
	struct config_policy here = policy("here", "", &ours), there = policy("there", "", &other);
	struct config_policy preset = policy("default", CONFIG_VRF_ANY, NULL), red = policy("red", "red", NULL);
	const struct config_policy *all[] = { &any, &plain, &here, &there, &red, &preset };
	const struct config_policy *rest[] = { &red, &there, &preset };
	struct config_view view = { .policies = all, .policy_count = 6 };
	struct trace trace = { 0 };

	ck_assert_ptr_eq(select_policy(&view, &ours, "", &trace), &here);
	view.policy_count = 2;
	ck_assert_ptr_eq(select_policy(&view, &ours, "", &trace), &plain);
	view = (struct config_view){ .policies = rest, .policy_count = 3 };
	trace.count = 0;
	ck_assert_ptr_eq(select_policy(&view, &ours, "", &trace), &preset);
	ck_assert_uint_eq(trace.count, 3);
	ck_assert_int_eq(trace.entry[0].why, WHY_FVRF);
	ck_assert_int_eq(trace.entry[1].why, WHY_LOCAL_ADDRESS);
	ck_assert_int_eq(trace.entry[2].why, WHY_CHOSEN);
	preset.proposal_count = 0;
	ck_assert_ptr_null(select_policy(&view, &ours, "", &trace));
}
END_TEST

/* --- Profile --- */

START_TEST(one_profile_matches_or_none_is_taken)
{
	static struct config_profile a, b, c;
	const struct config_profile *all[] = { &a, &b, &c };
	struct config_view view = { .profiles = all, .profile_count = 3 };
	struct cyg_ip ours = ip4(192, 0, 2, 1);
	struct cyg_identity *id = identity(CYG_ID_FQDN, "x.example.org");
	const struct config_profile *out = NULL;
	struct trace trace = { 0 };
	char text[512];
	struct cyg_strbuf b_text = CYG_STRBUF(text);

	a.head = head("a");
	a.match_identity_count = 1;
	a.match_identity[0] = (struct id_match){ .kind = ID_MATCH_FQDN_DOMAIN, .text = "example.org" };
	b.head = head("b");
	b.head.complete = false;
	c.head = head("c");
	c.match_identity_count = 1;
	c.match_identity[0] = (struct id_match){ .kind = ID_MATCH_EMAIL, .text = "x@y" };
	ck_assert_int_eq(select_profile(&view, id, NULL, &ours, "", &out, &trace), CYG_OK);
	ck_assert_ptr_eq(out, &a);
	trace_text(&trace, &b_text);
	ck_assert_str_eq(text, "b (f:b) is incomplete; c (f:c) does not match the peer's identity; "
			       "a (f:a) was chosen");
	c.match_identity[0].kind = ID_MATCH_ANY;
	trace.count = 0;
	ck_assert_int_eq(select_profile(&view, id, NULL, &ours, "", &out, &trace), CYG_REFUSED);
	ck_assert_int_eq(trace_nearest(&trace)->why, WHY_AMBIGUOUS);
	c.match_address[c.match_address_count++] = ip4(1, 1, 1, 1);
	ck_assert_int_eq(select_profile(&view, id, NULL, &ours, "", &out, &trace), CYG_OK);
	a.shutdown = true;
	ck_assert_int_eq(select_profile(&view, id, NULL, &ours, "", &out, &trace), CYG_NOT_FOUND);
	cyg_identity_unref(id);
}
END_TEST

/* --- Keyring --- */

START_TEST(keys_are_found_by_identity_then_by_the_longest_prefix)
{
	static struct config_peer wide, narrow, named, domain, host;
	const struct config_peer *peers[] = { &wide, &narrow, &named, &domain, &host };
	struct config_keyring ring = { 0 };
	struct cyg_identity *id = identity(CYG_ID_FQDN, "x.example.org"),
			    *other = identity(CYG_ID_FQDN, "y.example.org"),
			    *stranger = identity(CYG_ID_FQDN, "z.other.org"),
			    *hub = identity(CYG_ID_FQDN, "hub.net");
	struct key_wanted wanted = { .id = id, .address = ip4(10, 1, 1, 1) };
	struct trace trace = { 0 };

	wide.head = head("wide");
	wide.address = (struct cyg_prefix){ ip4(10, 0, 0, 0), 8 };
	narrow.head = head("narrow");
	narrow.address = (struct cyg_prefix){ ip4(10, 1, 0, 0), 16 };
	named.head = head("named");
	named.identity = (struct id_match){ .kind = ID_MATCH_FQDN, .text = "x.example.org" };
	domain.head = head("domain");
	domain.identity = (struct id_match){ .kind = ID_MATCH_FQDN_DOMAIN, .text = "example.org" };
	host.head = head("host");
	snprintf(host.hostname, sizeof(host.hostname), "hub.net");
	ck_assert_int_eq(keyring_begin(&ring, NULL), CYG_OK);
	for (size_t i = 0; i < CYG_COUNT(peers); i++)
		ck_assert_int_eq(keyring_add(&ring, 1, peers[i], i), CYG_OK);
	ck_assert_ptr_eq(select_peer(&ring, &wanted, &trace), &named);
	wanted.id = other;
	ck_assert_ptr_eq(select_peer(&ring, &wanted, &trace), &domain);
	wanted.id = stranger;
	ck_assert_ptr_eq(select_peer(&ring, &wanted, &trace), &narrow);
	wanted.id = hub; /* a host name serves as identity where there is none */
	ck_assert_ptr_eq(select_peer(&ring, &wanted, &trace), &host);
	wanted = (struct key_wanted){ .hostname = CYG_STR("HUB.net"), .address = ip4(10, 9, 9, 9) };
	ck_assert_ptr_eq(select_peer(&ring, &wanted, &trace), &host);
	wanted.hostname = CYG_STR("");
	ck_assert_ptr_eq(select_peer(&ring, &wanted, &trace), &wide);
	wanted.address = ip4(11, 1, 1, 1);
	ck_assert_ptr_null(select_peer(&ring, &wanted, &trace));
	keyring_done(&ring);
	cyg_identity_unref(id);
	cyg_identity_unref(other);
	cyg_identity_unref(stranger);
	cyg_identity_unref(hub);
}
END_TEST

START_TEST(each_direction_has_a_key_of_its_own)
{
	static struct config_peer one;
	const struct config_peer *who;
	struct config_keyring ring = { .head.name = "ring" }, *const rings[] = { &ring };
	const struct config_view view = { .keyrings = (const struct config_keyring *const *)rings, .keyring_count = 1 };
	static struct config_profile profile;
	struct key_wanted wanted = { .address = ip4(10, 1, 1, 1), .local = true };
	struct trace trace = { 0 };
	uint8_t octets[3] = "abc";

	snprintf(profile.keyring_name, sizeof(profile.keyring_name), "ring");
	one.head = head("one");
	one.address = (struct cyg_prefix){ ip4(10, 1, 1, 1), 32 };
	one.key_local = (struct cyg_secret){ octets, 3 };
	ck_assert_int_eq(keyring_begin(&ring, NULL), CYG_OK);
	ck_assert_int_eq(keyring_add(&ring, 1, &one, 0), CYG_OK);
	ck_assert_ptr_eq(select_key(&view, &profile, &wanted, &who, &trace), &one.key_local);
	wanted.local = false;
	ck_assert_ptr_null(select_key(&view, &profile, &wanted, &who, &trace));
	ck_assert_int_eq(trace_nearest(&trace)->why, WHY_CHOSEN); /* the first time */
	trace.count = 0;
	ck_assert_ptr_null(select_key(&view, &profile, &wanted, &who, &trace));
	ck_assert_int_eq(trace_nearest(&trace)->why, WHY_NO_KEY);
	profile.key_remote = (struct cyg_secret){ octets, 2 }; /* in the profile itself */
	ck_assert_ptr_eq(select_key(&view, &profile, &wanted, &who, &trace), &profile.key_remote);
	keyring_done(&ring);
}
END_TEST

/* --- Selectors --- */

static struct cyg_selectors list(struct cyg_selector a)
{
	return (struct cyg_selectors){ .count = 1, .item = { a } };
}

static struct cyg_selector prefix(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint8_t len)
{
	struct cyg_prefix p = { ip4(a, b, c, d), len };

	return selector_of_prefix(&p);
}

static struct cyg_selectors narrowed(const struct cyg_selectors *wanted, const struct cyg_selectors *allowed,
				     struct ts_trace *trace)
{
	struct cyg_selectors out = { 0 };

	*trace = (struct ts_trace){ 0 };
	selectors_narrow(wanted, allowed, &out, trace);
	return out;
}

START_TEST(selectors_are_narrowed_to_what_both_have)
{
	struct cyg_selectors any = list(selector_any(CYG_IPV4)), net = list(prefix(10, 0, 0, 0, 8)), out;
	struct cyg_selectors inner = list(prefix(10, 1, 0, 0, 16)), other = list(prefix(192, 168, 0, 0, 16));
	struct ts_trace trace;
	char text[128];
	struct cyg_strbuf b = CYG_STRBUF(text);

	out = narrowed(&any, &net, &trace);
	ck_assert(selectors_equal(&out, &net));
	ck_assert_int_eq(trace.entry[0].why, TS_NARROWED);
	out = narrowed(&inner, &net, &trace);
	ck_assert(selectors_equal(&out, &inner));
	ck_assert_int_eq(trace.entry[0].why, TS_WHOLE);
	ck_assert(selectors_within(&inner, &net) && !selectors_within(&net, &inner));
	ck_assert_uint_eq(narrowed(&other, &net, &trace).count, 0);
	ck_assert_int_eq(trace.entry[0].why, TS_ADDRESS);
	inner.item[0].protocol = 17;
	inner.item[0].port_low = inner.item[0].port_high = 53;
	out = narrowed(&inner, &net, &trace);
	selectors_text(&out, &b);
	ck_assert_str_eq(text, "10.1.0.0/16 protocol 17 port 53-53");
	net.item[0].protocol = 6;
	ck_assert_uint_eq(narrowed(&inner, &net, &trace).count, 0);
	ck_assert_int_eq(trace.entry[0].why, TS_PROTOCOL);
}
END_TEST

START_TEST(families_ports_and_opaque_do_not_mix)
{
	struct cyg_selectors v4 = list(selector_any(CYG_IPV4)), v6 = list(selector_any(CYG_IPV6)), out;
	struct cyg_selectors opaque = v4, low = v4, high = v4;
	struct ts_trace trace;

	ck_assert_uint_eq(narrowed(&v4, &v6, &trace).count, 0);
	ck_assert_int_eq(trace.entry[0].why, TS_FAMILY);
	opaque.item[0].port_low = UINT16_MAX;
	opaque.item[0].port_high = 0;
	out = narrowed(&opaque, &v4, &trace);
	ck_assert_uint_eq(out.count, 1);
	ck_assert_uint_eq(out.item[0].port_low, UINT16_MAX);
	low.item[0].port_high = 100;
	high.item[0].port_low = 101;
	ck_assert_uint_eq(narrowed(&opaque, &low, &trace).count, 0);
	ck_assert_int_eq(trace.entry[0].why, TS_PORT);
	ck_assert_uint_eq(narrowed(&low, &high, &trace).count, 0);
	ck_assert_int_eq(trace.entry[0].why, TS_PORT);
}
END_TEST

START_TEST(what_does_not_fit_is_left_out_and_said)
{
	struct cyg_selectors a = { .count = CYG_SELECTORS_MAX }, b = { .count = CYG_SELECTORS_MAX }, out;
	struct ts_trace trace;
	char text[96];
	struct cyg_strbuf said = CYG_STRBUF(text);

	for (unsigned i = 0; i < CYG_SELECTORS_MAX; i++) {
		a.item[i] = selector_any(CYG_IPV4);
		a.item[i].port_low = a.item[i].port_high = (uint16_t)i;
		b.item[i] = prefix(10, (uint8_t)i, 0, 0, 16);
	}
	out = narrowed(&a, &b, &trace);
	ck_assert_uint_eq(out.count, CYG_SELECTORS_MAX);
	ck_assert_int_eq(trace.entry[0].why, TS_NARROWED);
	ck_assert_int_eq(trace.entry[1].why, TS_FULL);
	ck_assert_uint_eq(trace.more, CYG_SELECTORS_MAX - TS_TRACE_MAX);
	ck_assert(trace.lost);
	trace.count = 2;
	trace.lost = false;
	ts_trace_text(&trace, &said);
	ck_assert_str_eq(text, "0.0.0.0/0 port 0-0: narrowed; 0.0.0.0/0 port 1-1: there are too many already");
}
END_TEST

START_TEST(a_list_that_comes_in_parts_is_narrowed_as_one)
{
	struct cyg_selectors net = list(prefix(10, 0, 0, 0, 8)), first = list(prefix(10, 1, 0, 0, 16));
	struct cyg_selectors second = list(prefix(10, 2, 0, 0, 16)), stranger = list(prefix(11, 0, 0, 0, 8));
	struct cyg_selectors out = { 0 };
	struct ts_trace trace = { 0 };
	char text[96];
	struct cyg_strbuf said = CYG_STRBUF(text);

	selectors_narrow(&first, &net, &out, &trace);
	selectors_narrow(&first, &net, &out, &trace); /* a repeat */
	selectors_narrow(&stranger, &net, &out, &trace);
	selectors_narrow(&second, &net, &out, &trace);
	ck_assert_uint_eq(out.count, 2);
	ck_assert_uint_eq(trace.count, 4);
	ts_trace_text(&trace, &said);
	ck_assert_str_eq(text, "11.0.0.0/8: no address in common");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("policy");
	TCase *tcase = tcase_create("policy");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tcase, match_lines_hold_for_what_they_say, 0, CYG_COUNT(matches));
	tcase_add_test(tcase, address_lines_hold_by_prefix);
	tcase_add_test(tcase, the_more_specific_policy_is_taken_and_the_default_last);
	tcase_add_test(tcase, one_profile_matches_or_none_is_taken);
	tcase_add_test(tcase, keys_are_found_by_identity_then_by_the_longest_prefix);
	tcase_add_test(tcase, each_direction_has_a_key_of_its_own);
	tcase_add_test(tcase, selectors_are_narrowed_to_what_both_have);
	tcase_add_test(tcase, families_ports_and_opaque_do_not_mix);
	tcase_add_test(tcase, what_does_not_fit_is_left_out_and_said);
	tcase_add_test(tcase, a_list_that_comes_in_parts_is_narrowed_as_one);
	suite_add_tcase(suite, tcase);
	srunner_add_suite(runner, rules_suite());
	srunner_add_suite(runner, cert_map_suite());
	srunner_add_suite(runner, keyring_suite());
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
