/* SPDX-License-Identifier: MIT */
#include "policy/policy_tests.h"

#include "policy/cert_map.h"

#include <stdlib.h>

/* C=XX, O=Test Lab, CN=Alice */
static const uint8_t subject[] = {
	0x30, 0x30, 0x31, 0x0b, 0x30, 0x09, 0x06, 0x03, 0x55, 0x04, 0x06, 0x13, 0x02, 'X', 'X',
	0x31, 0x11, 0x30, 0x0f, 0x06, 0x03, 0x55, 0x04, 0x0a, 0x0c, 0x08, 'T', 'e', 's', 't', ' ', 'L', 'a', 'b',
	0x31, 0x0e, 0x30, 0x0c, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0c, 0x05, 'A', 'l', 'i', 'c', 'e',
};
/* CN=Root */
static const uint8_t issuer[] = {
	0x30, 0x0f, 0x31, 0x0d, 0x30, 0x0b, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0c, 0x04, 'R', 'o', 'o', 't',
};
static const uint8_t serial[] = { 0x0a, 0xbc };
static const struct cyg_cert_name names[] = {
	{ CYG_ID_FQDN, { (const uint8_t *)"alice.example.org", 17 } },
	{ CYG_ID_IPV4_ADDR, { (const uint8_t *)"\xc0\x00\x02\x07", 4 } },
};

static struct cyg_cert_info info(void)
{
	return (struct cyg_cert_info){ .subject = { subject, sizeof(subject) }, .issuer = { issuer, sizeof(issuer) },
				       .serial = { serial, sizeof(serial) }, .name_count = 2, .names = names,
				       .not_before = 1000, .not_after = 2000 };
}

static const struct {
	enum cert_map_field field;
	enum cert_map_test test;
	const char *text;
	int64_t time;
	bool holds;
} rules[] = {
	{ CERT_MAP_SUBJECT, CERT_MAP_EQ, "c=XX,o=Test Lab,cn=Alice", 0, true },
	{ CERT_MAP_SUBJECT, CERT_MAP_EQ, "CN = alice, O = test lab, C = xx", 0, true },
	{ CERT_MAP_SUBJECT, CERT_MAP_EQ, "cn=alice", 0, false },
	{ CERT_MAP_SUBJECT, CERT_MAP_NE, "cn=alice", 0, true },
	{ CERT_MAP_SUBJECT, CERT_MAP_NE, "cn=alice,o=test lab,c=xx", 0, false },
	{ CERT_MAP_SUBJECT, CERT_MAP_CO, "o = TEST", 0, true },
	{ CERT_MAP_SUBJECT, CERT_MAP_CO, "bob", 0, false },
	{ CERT_MAP_SUBJECT, CERT_MAP_NC, "bob", 0, true },
	{ CERT_MAP_SUBJECT, CERT_MAP_NC, "LAB", 0, false },
	{ CERT_MAP_ISSUER, CERT_MAP_CO, "alice", 0, false },
	{ CERT_MAP_ISSUER, CERT_MAP_EQ, "CN=root", 0, true },
	{ CERT_MAP_SUBJECT, CERT_MAP_CO, "root", 0, false },
	{ CERT_MAP_ALT_NAME, CERT_MAP_EQ, "ALICE.example.org", 0, true },
	{ CERT_MAP_ALT_NAME, CERT_MAP_EQ, "192.0.2.7", 0, true },
	{ CERT_MAP_ALT_NAME, CERT_MAP_NE, "192.0.2.7", 0, false },
	{ CERT_MAP_ALT_NAME, CERT_MAP_CO, "example.com", 0, false },
	{ CERT_MAP_NAME, CERT_MAP_CO, "alice.example", 0, true },
	{ CERT_MAP_NAME, CERT_MAP_CO, "cn=alice", 0, true },
	{ CERT_MAP_NAME, CERT_MAP_NC, "192.0.2", 0, false },
	{ CERT_MAP_UNSTRUCTURED, CERT_MAP_CO, "a", 0, false },
	{ CERT_MAP_UNSTRUCTURED, CERT_MAP_NC, "a", 0, true },
	{ CERT_MAP_SERIAL, CERT_MAP_EQ, "0x0A:BC", 0, true },
	{ CERT_MAP_SERIAL, CERT_MAP_EQ, "0abd", 0, false },
	{ CERT_MAP_VALID_START, CERT_MAP_GE, "", 1000, true },
	{ CERT_MAP_VALID_START, CERT_MAP_LT, "", 1000, false },
	{ CERT_MAP_EXPIRES_ON, CERT_MAP_LT, "", 2001, true },
	{ CERT_MAP_EXPIRES_ON, CERT_MAP_EQ, "", 2001, false },
	{ CERT_MAP_EXPIRES_ON, CERT_MAP_NE, "", 2001, true },
};

START_TEST(a_line_looks_at_what_it_names)
{
	struct config_cert_map map = { .rule_count = 1 };
	struct cyg_cert_info cert = info();
	struct cyg_strbuf text = CYG_STRBUF(map.rule[0].text);

	map.rule[0].field = rules[_i].field;
	map.rule[0].test = rules[_i].test;
	map.rule[0].time = rules[_i].time;
	cyg_strbuf_add(&text, cyg_str(rules[_i].text));
	ck_assert_msg(cert_map_entry_holds(&map, &cert) == rules[_i].holds, "rule %d: %s", _i, rules[_i].text);
}
END_TEST

START_TEST(lines_are_joined_by_and_sequences_by_or)
{
	struct config_cert_map one = { .rule_count = 2 }, two = { .rule_count = 1 }, none = { 0 };
	const struct config_cert_map *entries[] = { &one, &two, &none };
	struct config_cert_map_use use = { .entry_count = 2, .entries = entries };
	struct cyg_cert_info cert = info();

	one.rule[0] = (struct cert_map_rule){ CERT_MAP_SUBJECT, CERT_MAP_CO, "alice", 0 };
	one.rule[1] = (struct cert_map_rule){ CERT_MAP_SUBJECT, CERT_MAP_CO, "bob", 0 };
	two.rule[0] = (struct cert_map_rule){ CERT_MAP_SUBJECT, CERT_MAP_CO, "lab", 0 };
	ck_assert(!cert_map_entry_holds(&one, &cert));
	ck_assert(cert_maps_hold(&use, 1, &cert));
	use.entry_count = 1;
	ck_assert(!cert_maps_hold(&use, 1, &cert));
	ck_assert(!cert_map_entry_holds(&none, &cert));
	ck_assert(!cert_maps_hold(&use, 0, &cert));
}
END_TEST

START_TEST(names_that_cannot_be_compared_whole_satisfy_no_line)
{
	static uint8_t large[CYG_IDENTITY_MAX + 1];
	struct config_cert_map map = { .rule_count = 1 };
	struct cyg_cert_info cert = info();

	cert.subject = cyg_bytes(large, sizeof(large));
	map.rule[0] = (struct cert_map_rule){ CERT_MAP_SUBJECT, CERT_MAP_NC, "x", 0 };
	ck_assert(!cert_map_entry_holds(&map, &cert));
	map.rule[0].test = CERT_MAP_CO;
	ck_assert(!cert_map_entry_holds(&map, &cert));
}
END_TEST

Suite *cert_map_suite(void)
{
	Suite *suite = suite_create("certificate maps");
	TCase *tests = tcase_create("maps");

	tcase_add_loop_test(tests, a_line_looks_at_what_it_names, 0, CYG_COUNT(rules));
	tcase_add_test(tests, lines_are_joined_by_and_sequences_by_or);
	tcase_add_test(tests, names_that_cannot_be_compared_whole_satisfy_no_line);
	suite_add_tcase(suite, tests);
	return suite;
}
