/* SPDX-License-Identifier: MIT */
/*
 * The matching rules of the command language, from text to what is chosen: each row is a configuration's question
 * and the object that answers it.
 */
#include "policy/rules_test.h"

#include "config/config.h"
#include "policy/select.h"

#include <stdlib.h>

static struct config_grammar *grammar;
static struct cyg_config *config;

static void setup(void)
{
	static const struct config_table table = { &config_core_commands, NULL, true };
	char text[200];
	struct cyg_strbuf why = CYG_STRBUF(text);

	ck_assert_msg(config_grammar_new(&table, 1, &grammar, &why) == CYG_OK, "%s", text);
}

static void teardown(void)
{
	config_unref(config);
	config = NULL;
	config_grammar_unref(grammar);
}

static const struct config_view *load(const char *text)
{
	struct config_findings findings = { 0 };

	config_unref(config);
	config = NULL;
	if (config_parse_text(grammar, "t", cyg_str(text), NULL, &findings, &config) != CYG_OK) {
		config_findings_print(&findings, "t", stderr);
		ck_abort_msg("refused:\n%s", text);
	}
	config_findings_done(&findings);
	return config_view(config);
}

static struct cyg_ip ip(const char *text)
{
	struct cyg_ip out = { 0 };

	if (text)
		ck_assert_int_eq(cyg_ip_parse(cyg_str(text), &out), CYG_OK);
	return out;
}

static struct cyg_identity *identity(uint8_t type, const char *text)
{
	struct cyg_ip address;
	struct cyg_identity *id;

	if (type == CYG_ID_IPV4_ADDR || type == CYG_ID_IPV6_ADDR) {
		address = ip(text);
		ck_assert_int_eq(cyg_identity_of_ip(&address, &id), CYG_OK);
	} else {
		ck_assert_int_eq(cyg_identity_new(type, cyg_bytes(text, strlen(text)), &id), CYG_OK);
	}
	return id;
}

/* --- Policies: local address and VRF; all in one configuration --- */

#define POLICIES \
	"vrf definition blue\nvrf definition red\n" \
	"crypto ikev2 policy all\n proposal default\n" \
	"crypto ikev2 policy any\n proposal default\n match fvrf any\n" \
	"crypto ikev2 policy one\n proposal default\n match address local 10.0.0.1\n match address local 2001:db8::1\n" \
	"crypto ikev2 policy blue\n proposal default\n match fvrf blue\n" \
	"crypto ikev2 policy both\n proposal default\n match fvrf blue\n match address local 10.0.0.2\n" \
	"crypto ikev2 policy any-2\n proposal default\n match fvrf any\n match address local 10.0.0.3\n" \
	"crypto ikev2 policy any-3\n proposal default\n match fvrf any\n match address local 10.0.0.3\n" \
	"crypto ikev2 policy empty\n match address local 10.0.0.9\n" \
	"crypto ikev2 policy nowhere\n proposal default\n match fvrf none\n match address local 10.0.0.9\n"

static const struct {
	const char *text, *local, *fvrf, *policy;
} policy_rows[] = {
	/* An address is more specific than none; lines of one kind are alternatives, of different kinds not. */
	{ POLICIES, "10.0.0.1", "", "one" },
	{ POLICIES, "2001:db8::1", "", "one" },
	{ POLICIES, "10.0.0.2", "", "all" },
	{ POLICIES, "10.0.0.2", "blue", "both" },
	/* A named VRF is more specific than any; without a line it is the global one. */
	{ POLICIES, "10.0.0.1", "blue", "blue" },
	{ POLICIES, "10.0.0.1", "red", "any" },
	{ POLICIES, "192.0.2.1", "", "all" },
	/* An address weighs more than a VRF. */
	{ POLICIES, "10.0.0.3", "", "any-2" },
	{ POLICIES, "10.0.0.3", "blue", "any-2" },
	/* Two as specific: the first; one that is incomplete, or of a VRF that is not defined, never. */
	{ POLICIES, "10.0.0.3", "red", "any-2" },
	{ POLICIES, "10.0.0.9", "", "all" },
	/* The default policy serves what no other one does. */
	{ "", "10.0.0.1", "", "default" },
	{ "", "10.0.0.1", "red", "default" },
	{ "crypto ikev2 policy one\n proposal default\n match address local 10.0.0.1\n", "10.0.0.2", "", "default" },
	{ "crypto ikev2 policy one\n proposal default\n match address local 10.0.0.1\n", "10.0.0.1", "", "one" },
	{ "crypto ikev2 policy default\n match address local 10.0.0.1\ncrypto ikev2 policy all\n proposal default\n",
	  "10.0.0.1", "", "all" },
	/* Without a complete proposal a policy is not used: nor without any policy. */
	{ "crypto ikev2 policy a\n proposal none\n", "10.0.0.1", "", "default" },
	{ "no crypto ikev2 policy default\n", "10.0.0.1", "", NULL },
	{ "no crypto ikev2 proposal default\n", "10.0.0.1", "", NULL },
};

START_TEST(a_policy_is_chosen_by_address_and_vrf)
{
	const struct config_view *view = load(policy_rows[_i].text);
	struct cyg_ip local = ip(policy_rows[_i].local);
	struct trace trace = { 0 };
	const struct config_policy *policy = select_policy(view, &local, policy_rows[_i].fvrf, &trace);

	if (!policy_rows[_i].policy)
		ck_assert_ptr_null(policy);
	else
		ck_assert_str_eq(policy ? policy->head.name : "(none)", policy_rows[_i].policy);
}
END_TEST

START_TEST(a_policy_that_is_not_whole_stands_in_the_trace_with_what_it_lacks)
{
	const struct config_view *view = load("crypto ikev2 policy here\n proposal none\n match address local 10.0.0.1\n"
					      "crypto ikev2 policy there\n match address local 10.0.0.2\n");
	struct cyg_ip local = ip("10.0.0.1");
	struct trace trace = { 0 };
	char text[512];
	struct cyg_strbuf out = CYG_STRBUF(text);

	ck_assert_str_eq(select_policy(view, &local, "", &trace)->head.name, "default");
	trace_text(&trace, &out);
	ck_assert_msg(strstr(text, "here (t:1) is incomplete (missing: "), "%s", text);
	ck_assert_msg(strstr(text, "there (t:4) is for another local address"), "%s", text);
}
END_TEST

START_TEST(proposals_are_offered_in_the_order_of_their_lines_and_incomplete_ones_not_at_all)
{
	const struct config_view *view =
		load("crypto ikev2 proposal a\n encryption aes-cbc-128\n integrity sha1\n group 14\n"
		     "crypto ikev2 proposal b\n encryption aes-cbc-192\n"
		     "crypto ikev2 proposal c\n encryption aes-cbc-256\n integrity sha256\n group 19\n"
		     "crypto ikev2 policy p\n proposal c\n proposal b\n proposal none\n proposal a\n proposal c\n");

	ck_assert_uint_eq(view->policies[0]->proposal_count, 2);
	ck_assert_str_eq(view->policies[0]->proposal[0]->head.name, "c");
	ck_assert_str_eq(view->policies[0]->proposal[1]->head.name, "a");
}
END_TEST

/* --- Keys --- */

#define SITES \
	"crypto ikev2 keyring k\n" \
	" peer everybody\n  address 0.0.0.0 0.0.0.0\n  pre-shared-key a\n" \
	" peer net\n  address 10.0.0.0 255.255.0.0\n  pre-shared-key b\n" \
	" peer host\n  address 10.0.0.1\n  pre-shared-key c\n" \
	" peer six\n  address 2001:db8::/32\n  pre-shared-key d\n" \
	" peer named\n  hostname named.example.net\n  address 198.51.100.1\n  pre-shared-key e\n" \
	" peer responder\n  hostname central.example.net\n  pre-shared-key f\n" \
	" peer exact\n  identity fqdn r1.example.net\n  address 203.0.113.1\n  pre-shared-key g\n" \
	" peer domain\n  identity fqdn domain example.net\n  address 203.0.113.2\n  pre-shared-key h\n" \
	" peer sub\n  identity fqdn domain br.example.net\n  address 203.0.113.3\n  pre-shared-key i\n" \
	" peer mail\n  identity email bob@example.net\n  pre-shared-key j\n" \
	" peer mails\n  identity email domain example.net\n  pre-shared-key k\n" \
	" peer key\n  identity key-id site\n  pre-shared-key l\n" \
	" peer addr\n  identity address 192.0.2.77\n  pre-shared-key m\n"
/* Two prefixes of one length, where the first counts. */
#define TWINS \
	"crypto ikev2 keyring k\n" \
	" peer first\n  address 198.51.100.64 255.255.255.224\n  pre-shared-key a\n" \
	" peer by-name\n  hostname first.example.net\n  pre-shared-key b\n" \
	" peer third\n  hostname third.example.net\n  identity key-id abc\n  address 198.51.100.64 255.255.255.224\n" \
	"  pre-shared-key c\n"

static const struct {
	const char *text;
	uint8_t type; /* of the peer's identity; CYG_ID_NONE: we call */
	const char *id, *hostname, *address, *peer;
} key_rows[] = {
	/* We call: by host name, then by address, of which the longest prefix wins and a host ends the search. */
	{ SITES, CYG_ID_NONE, NULL, "NAMED.example.net", "10.0.0.1", "named" },
	{ SITES, CYG_ID_NONE, NULL, "other.example.net", "10.0.0.1", "host" },
	{ SITES, CYG_ID_NONE, NULL, "", "10.0.0.1", "host" },
	{ SITES, CYG_ID_NONE, NULL, "", "10.0.9.9", "net" },
	{ SITES, CYG_ID_NONE, NULL, "", "192.0.2.1", "everybody" },
	{ SITES, CYG_ID_NONE, NULL, "", "2001:db8::5", "six" },
	/* A wildcard for IPv4 is none for IPv6. */
	{ SITES, CYG_ID_NONE, NULL, "", "2001:db9::5", NULL },
	/* We are called: by identity, exactly, then by its domain, the longest one; then by address. */
	{ SITES, CYG_ID_FQDN, "r1.example.net", "", "10.0.0.1", "exact" },
	{ SITES, CYG_ID_FQDN, "r2.example.net", "", "10.0.0.1", "domain" },
	{ SITES, CYG_ID_FQDN, "r2.br.example.net", "", "10.0.0.1", "sub" },
	{ SITES, CYG_ID_FQDN, "a.b.br.example.net", "", "10.0.0.1", "sub" },
	{ SITES, CYG_ID_FQDN, "a.b.example.net", "", "10.0.0.1", "domain" },
	{ SITES, CYG_ID_FQDN, "a.anexample.net", "", "10.0.0.1", "host" },
	{ SITES, CYG_ID_RFC822_ADDR, "eve@sub.example.net", "", "192.0.2.1", "mails" },
	{ SITES, CYG_ID_RFC822_ADDR, "eve@anexample.net", "", "192.0.2.1", "everybody" },
	{ SITES, CYG_ID_FQDN, "r2.example.org", "", "10.0.0.1", "host" },
	{ SITES, CYG_ID_RFC822_ADDR, "bob@example.net", "", "192.0.2.1", "mail" },
	{ SITES, CYG_ID_RFC822_ADDR, "eve@example.net", "", "192.0.2.1", "mails" },
	{ SITES, CYG_ID_RFC822_ADDR, "eve@example.org", "", "192.0.2.1", "everybody" },
	{ SITES, CYG_ID_KEY_ID, "site", "", "192.0.2.1", "key" },
	{ SITES, CYG_ID_KEY_ID, "Site", "", "192.0.2.1", "everybody" },
	{ SITES, CYG_ID_IPV4_ADDR, "192.0.2.77", "", "10.0.9.9", "addr" },
	/* The host name of a peer without an identity is one. */
	{ SITES, CYG_ID_FQDN, "central.example.net", "", "10.0.0.1", "responder" },
	/* An identity decides even where another peer has the address. */
	{ SITES, CYG_ID_FQDN, "r1.example.net", "", "203.0.113.2", "exact" },
	{ SITES, CYG_ID_FQDN, "nobody.example.org", "", "2001:db9::5", NULL },
	{ TWINS, CYG_ID_NONE, NULL, "", "198.51.100.70", "first" },
	{ TWINS, CYG_ID_NONE, NULL, "third.example.net", "198.51.100.70", "third" },
	{ TWINS, CYG_ID_KEY_ID, "abc", "", "198.51.100.70", "third" },
	{ TWINS, CYG_ID_KEY_ID, "abd", "", "198.51.100.70", "first" },
};

START_TEST(a_key_is_found_by_name_identity_or_address)
{
	const struct config_keyring *keyring;
	struct trace trace = { 0 };
	struct key_wanted wanted = { .address = ip(key_rows[_i].address) };
	struct cyg_identity *id = NULL;
	const struct config_peer *peer;

	(void)load(key_rows[_i].text);
	keyring = cyg_config_object(config, MODE_KEYRING, CYG_STR("k"), true);
	if (key_rows[_i].type != CYG_ID_NONE)
		id = identity(key_rows[_i].type, key_rows[_i].id);
	wanted.id = id;
	wanted.hostname = cyg_str(key_rows[_i].hostname);
	peer = select_peer(keyring, &wanted, &trace);
	ck_assert_msg(key_rows[_i].peer ? peer && strcmp(peer->head.name, key_rows[_i].peer) == 0 : !peer,
		      "row %d: %s instead of %s", _i, peer ? peer->head.name : "none", key_rows[_i].peer);
	/* Whoever was not it is in the trace, up to its room. */
	ck_assert_uint_eq(trace.count, keyring->peer_count < TRACE_MAX ? keyring->peer_count : TRACE_MAX);
	cyg_identity_unref(id);
}
END_TEST

/* --- Profiles --- */

#define AUTH " authentication local pre-share key x\n authentication remote pre-share key y\n"
#define PROFILES \
	"vrf definition blue\n" \
	"crypto ikev2 profile fqdn\n match identity remote fqdn r1.example.net\n match identity remote email a@example.net\n" AUTH \
	"crypto ikev2 profile domain\n match identity remote fqdn domain br.example.net\n match address local 10.0.0.1\n" AUTH \
	"crypto ikev2 profile blue\n match identity remote any\n match fvrf blue\n" AUTH \
	"crypto ikev2 profile net\n match identity remote address 10.1.0.0 255.255.0.0\n" AUTH \
	"crypto ikev2 profile twin-1\n match identity remote key-id twin\n" AUTH \
	"crypto ikev2 profile twin-2\n match identity remote key-id twin\n match fvrf any\n" AUTH \
	"crypto ikev2 profile shut\n match identity remote key-id shut\n shutdown\n" AUTH \
	"interface Loopback7\n ip address 10.7.0.1 255.255.255.255\n" \
	"crypto ikev2 profile mails\n match identity remote email domain mail.example\n" AUTH \
	"crypto ikev2 profile six\n match identity remote address 2001:db8:1::/48\n match identity remote address 192.0.2.7\n" AUTH \
	"crypto ikev2 profile lo\n match identity remote key-id lo\n match address local interface Loopback 7\n" AUTH \
	"crypto ikev2 profile half\n match identity remote key-id half\n authentication local pre-share key x\n"

static const struct {
	uint8_t type;
	const char *id, *local, *fvrf, *profile; /* NULL: none; "2": more than one, hence none */
} profile_rows[] = {
	{ CYG_ID_FQDN, "r1.example.net", "10.0.0.9", "", "fqdn" },
	{ CYG_ID_RFC822_ADDR, "a@example.net", "10.0.0.9", "", "fqdn" },
	{ CYG_ID_FQDN, "r2.example.net", "10.0.0.9", "", NULL },
	/* Of different kinds all have to match. */
	{ CYG_ID_FQDN, "x.br.example.net", "10.0.0.1", "", "domain" },
	{ CYG_ID_FQDN, "x.br.example.net", "10.0.0.2", "", NULL },
	{ CYG_ID_FQDN, "br.example.net", "10.0.0.1", "", NULL },
	/* The domain is what stands behind the first dot, or the @, and nothing less. */
	{ CYG_ID_FQDN, "y.x.br.example.net", "10.0.0.1", "", NULL },
	{ CYG_ID_RFC822_ADDR, "eve@mail.example", "10.0.0.1", "", "mails" },
	{ CYG_ID_RFC822_ADDR, "eve@sub.mail.example", "10.0.0.1", "", NULL },
	{ CYG_ID_FQDN, "x.mail.example", "10.0.0.1", "", NULL },
	/* Host names are compared without case, key-ids with it. */
	{ CYG_ID_FQDN, "R1.Example.NET", "10.0.0.9", "", "fqdn" },
	{ CYG_ID_KEY_ID, "Lo", "10.7.0.1", "", NULL },
	/* Without `match fvrf` a profile is for the global one alone. */
	{ CYG_ID_FQDN, "r1.example.net", "10.0.0.9", "blue", "blue" },
	{ CYG_ID_FQDN, "r1.example.net", "10.0.0.9", "red", NULL },
	{ CYG_ID_IPV6_ADDR, "2001:db8:1::9", "10.0.0.1", "", "six" },
	{ CYG_ID_IPV6_ADDR, "2001:db8:2::9", "10.0.0.1", "", NULL },
	{ CYG_ID_IPV4_ADDR, "192.0.2.7", "10.0.0.1", "", "six" },
	{ CYG_ID_IPV4_ADDR, "192.0.2.8", "10.0.0.1", "", NULL },
	{ CYG_ID_KEY_ID, "lo", "10.7.0.1", "", "lo" },
	{ CYG_ID_KEY_ID, "lo", "10.0.0.1", "", NULL },
	{ CYG_ID_FQDN, "anything", "10.0.0.1", "blue", "blue" },
	{ CYG_ID_IPV4_ADDR, "10.1.2.3", "10.0.0.1", "", "net" },
	{ CYG_ID_IPV4_ADDR, "10.2.2.3", "10.0.0.1", "", NULL },
	{ CYG_ID_KEY_ID, "twin", "10.0.0.1", "", "2" },
	{ CYG_ID_KEY_ID, "twin", "10.0.0.1", "blue", "2" },
	{ CYG_ID_KEY_ID, "shut", "10.0.0.1", "", NULL },
	{ CYG_ID_KEY_ID, "half", "10.0.0.1", "", NULL },
};

START_TEST(one_profile_fits_or_none_is_chosen)
{
	const struct config_view *view = load(PROFILES);
	struct cyg_identity *id = identity(profile_rows[_i].type, profile_rows[_i].id);
	struct cyg_ip local = ip(profile_rows[_i].local);
	const struct config_profile *profile = NULL;
	const char *want = profile_rows[_i].profile;
	struct trace trace = { 0 };
	enum cyg_status status = select_profile(view, id, NULL, &local, profile_rows[_i].fvrf, &profile, &trace);

	cyg_identity_unref(id);
	if (!want) {
		ck_assert_int_eq(status, CYG_NOT_FOUND);
	} else if (strcmp(want, "2") == 0) {
		ck_assert_int_eq(status, CYG_REFUSED);
	} else {
		ck_assert_int_eq(status, CYG_OK);
		ck_assert_str_eq(profile->head.name, want);
	}
}
END_TEST

START_TEST(a_certificate_serves_where_the_identity_does_not)
{
	static const uint8_t subject[] = { 0x30, 0x0c, 0x31, 0x0a, 0x30, 0x08, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0c, 0x01, 'a' };
	const struct cyg_cert_info cert = { .subject = { subject, sizeof(subject) }, .issuer = { subject, sizeof(subject) } };
	const struct config_view *view = load("crypto pki certificate map M 10\n subject-name eq cn=b\n"
					      "crypto pki certificate map M 20\n subject-name eq cn=a\n"
					      "crypto ikev2 profile p\n match identity remote key-id x\n match certificate M\n" AUTH);
	struct cyg_identity *named = identity(CYG_ID_KEY_ID, "x"), *other = identity(CYG_ID_KEY_ID, "y");

	ck_assert(profile_matches_peer(view->profiles[0], named, NULL));
	ck_assert(!profile_matches_peer(view->profiles[0], other, NULL));
	ck_assert(profile_matches_peer(view->profiles[0], other, &cert));
	cyg_identity_unref(named);
	cyg_identity_unref(other);
}
END_TEST

START_TEST(address_zero_without_a_mask_is_any_ipv4)
{
	const struct config_view *view = load("crypto ikev2 profile p\n match identity remote address 0.0.0.0\n" AUTH);
	struct cyg_identity *four = identity(CYG_ID_IPV4_ADDR, "192.0.2.9"), *six = identity(CYG_ID_IPV6_ADDR, "2001:db8::1");

	ck_assert(profile_matches_peer(view->profiles[0], four, NULL));
	ck_assert(!profile_matches_peer(view->profiles[0], six, NULL));
	cyg_identity_unref(four);
	cyg_identity_unref(six);
}
END_TEST

START_TEST(an_incomplete_profile_is_named_with_what_it_lacks)
{
	(void)load(PROFILES);
	ck_assert_str_eq(cyg_config_object_missing(cyg_config_object(config, MODE_PROFILE, CYG_STR("half"), false)),
			 "`authentication remote`");
	ck_assert_ptr_null(cyg_config_object(config, MODE_PROFILE, CYG_STR("half"), true));
}
END_TEST

Suite *rules_suite(void)
{
	Suite *suite = suite_create("rules");
	TCase *tests = tcase_create("from text");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_loop_test(tests, a_policy_is_chosen_by_address_and_vrf, 0, CYG_COUNT(policy_rows));
	tcase_add_test(tests, a_policy_that_is_not_whole_stands_in_the_trace_with_what_it_lacks);
	tcase_add_test(tests, proposals_are_offered_in_the_order_of_their_lines_and_incomplete_ones_not_at_all);
	tcase_add_loop_test(tests, a_key_is_found_by_name_identity_or_address, 0, CYG_COUNT(key_rows));
	tcase_add_loop_test(tests, one_profile_fits_or_none_is_chosen, 0, CYG_COUNT(profile_rows));
	tcase_add_test(tests, a_certificate_serves_where_the_identity_does_not);
	tcase_add_test(tests, address_zero_without_a_mask_is_any_ipv4);
	tcase_add_test(tests, an_incomplete_profile_is_named_with_what_it_lacks);
	suite_add_tcase(suite, tests);
	return suite;
}
