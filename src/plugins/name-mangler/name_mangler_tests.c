/* SPDX-License-Identifier: MIT */
#include "mangler.h"

#include "testing/unit/commands.h"

#include <check.h>
#include <stdlib.h>

extern const struct cyg_plugin cyg_plugin_name_mangler;

static struct harness *h;
static struct commands *commands;
static struct cyg_plugin_ctx *ctx;
static const struct cyg_name_mangler_ops *ops;
static char name[64], why[160];

static void setup(void)
{
	h = harness_start(&cyg_plugin_name_mangler, NULL);
	ops = harness_feature(h, CYG_NAME_MANGLER, &ctx)->name_mangler;
	commands = commands_start(h, &name_mangler_commands);
}

static void teardown(void)
{
	commands_end(commands);
	harness_stop(h);
}

/* c=DE, dc=com, dc=acm, o=Acme, ou=Sales, ou=Eng, st=Y, cn=r1 */
static const uint8_t dn[] = {
	0x30, 0x7d,
	0x31, 0x0b, 0x30, 0x09, 0x06, 0x03, 0x55, 0x04, 0x06, 0x13, 0x02, 'D', 'E',
	0x31, 0x13, 0x30, 0x11, 0x06, 0x0a, 0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x19, 0x16, 0x03, 'c', 'o', 'm',
	0x31, 0x13, 0x30, 0x11, 0x06, 0x0a, 0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x19, 0x16, 0x03, 'a', 'c', 'm',
	0x31, 0x0d, 0x30, 0x0b, 0x06, 0x03, 0x55, 0x04, 0x0a, 0x0c, 0x04, 'A', 'c', 'm', 'e',
	0x31, 0x0e, 0x30, 0x0c, 0x06, 0x03, 0x55, 0x04, 0x0b, 0x0c, 0x05, 'S', 'a', 'l', 'e', 's',
	0x31, 0x0c, 0x30, 0x0a, 0x06, 0x03, 0x55, 0x04, 0x0b, 0x0c, 0x03, 'E', 'n', 'g',
	0x31, 0x0a, 0x30, 0x08, 0x06, 0x03, 0x55, 0x04, 0x08, 0x0c, 0x01, 'Y',
	0x31, 0x0b, 0x30, 0x09, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0c, 0x02, 'r', '1',
};

static struct cyg_identity *identity(uint8_t type, const void *octets, size_t len)
{
	struct cyg_identity *id;

	ck_assert_int_eq(cyg_identity_new(type, cyg_bytes(octets, len), &id), CYG_OK);
	return id;
}

/* The name that the mangler `m` with these lines makes; "" if it makes none. */
static const char *mangle_octets(const char *lines, uint8_t type, const void *octets, size_t len, const char *eap)
{
	struct cyg_identity *id = identity(type, octets, len);
	struct cyg_strbuf out = CYG_STRBUF(name), reason = CYG_STRBUF(why);
	char text[400];
	enum cyg_status status;

	snprintf(text, sizeof(text), "crypto ikev2 name-mangler m\n%s", lines);
	commands_load(commands, text);
	status = ops->mangle(ctx, h->shard, CYG_STR("m"), id, cyg_bytes(eap, eap ? strlen(eap) : 0), &out, &reason);
	cyg_identity_unref(id);
	ck_assert_int_eq(status, why[0] ? CYG_REFUSED : CYG_OK);
	return status == CYG_OK ? name : "";
}

static const char *mangle(const char *lines, uint8_t type, const char *text)
{
	return mangle_octets(lines, type, text, strlen(text), NULL);
}

static const char *of_eap(const char *lines, const char *eap)
{
	return mangle_octets(lines, CYG_ID_IPV4_ADDR, "\x0a\x00\x00\x01", 4, eap);
}

static const char *of_dn(const char *lines)
{
	return mangle_octets(lines, CYG_ID_DER_ASN1_DN, dn, sizeof(dn), NULL);
}

START_TEST(a_host_name_is_cut_at_its_first_dot)
{
	ck_assert_str_eq(mangle("fqdn hostname", CYG_ID_FQDN, "r1.br.example.com"), "r1");
	ck_assert_str_eq(mangle("fqdn domain", CYG_ID_FQDN, "r1.br.example.com"), "br.example.com");
	ck_assert_str_eq(mangle("fqdn all", CYG_ID_FQDN, "r1.br.example.com"), "r1.br.example.com");
	ck_assert_str_eq(mangle("fqdn all", CYG_ID_FQDN, "r1"), "r1");
}
END_TEST

START_TEST(a_mail_address_is_cut_at_its_last_at)
{
	ck_assert_str_eq(mangle("email username", CYG_ID_RFC822_ADDR, "bob@example.com"), "bob");
	ck_assert_str_eq(mangle("email domain", CYG_ID_RFC822_ADDR, "bob@example.com"), "example.com");
	ck_assert_str_eq(mangle("email domain", CYG_ID_RFC822_ADDR, "b@b@example.com"), "example.com");
	ck_assert_str_eq(mangle("email username", CYG_ID_RFC822_ADDR, "b@b@example.com"), "b@b");
	ck_assert_str_eq(mangle("email all", CYG_ID_RFC822_ADDR, "bob@example.com"), "bob@example.com");
}
END_TEST

START_TEST(a_dn_gives_its_fields_the_most_specific_first)
{
	ck_assert_str_eq(of_dn("dn common-name"), "r1");
	ck_assert_str_eq(of_dn("dn country"), "DE");
	ck_assert_str_eq(of_dn("dn organization"), "Acme");
	ck_assert_str_eq(of_dn("dn organization-unit"), "Eng");
	ck_assert_str_eq(of_dn("dn state"), "Y");
	ck_assert_str_eq(of_dn("dn domain"), "acm.com");
	ck_assert_str_eq(of_dn("dn locality"), "");
	ck_assert_ptr_nonnull(strstr(why, "yields nothing"));
}
END_TEST

START_TEST(an_eap_identity_is_cut_at_the_first_delimiter)
{
	ck_assert_str_eq(of_eap("eap prefix delimiter \\", "corp\\bob"), "corp");
	ck_assert_str_eq(of_eap("eap suffix delimiter \\", "corp\\bob"), "bob");
	ck_assert_str_eq(of_eap("eap prefix delimiter @", "bob@corp@x"), "bob");
	ck_assert_str_eq(of_eap("eap suffix delimiter @", "bob@corp@x"), "corp@x");
	ck_assert_str_eq(of_eap("eap suffix delimiter .", "a.b.c"), "b.c");
	ck_assert_str_eq(of_eap("eap all", "corp\\bob"), "corp\\bob");
	ck_assert_str_eq(of_eap("eap prefix delimiter @", "bob"), "");
}
END_TEST

START_TEST(an_eap_identity_may_be_a_dn)
{
	ck_assert_str_eq(of_eap("eap dn common-name", "CN=bob, OU=Eng+OU=x, DC=example, DC=com"), "bob");
	ck_assert_str_eq(of_eap("eap dn domain", "CN=bob,DC=example,DC=com"), "example.com");
	ck_assert_str_eq(of_eap("eap dn organization-unit", "CN=bob, OU=Eng+OU=x"), "Eng");
	ck_assert_str_eq(of_eap("eap dn country", "CN=bob"), "");
	ck_assert_str_eq(of_eap("eap dn common-name", "bob"), "");
}
END_TEST

START_TEST(the_eap_identity_is_what_counts_if_there_is_one)
{
	ck_assert_str_eq(mangle_octets("fqdn hostname\n eap all", CYG_ID_FQDN, "a.b", 3, "bob"), "bob");
	ck_assert_str_eq(mangle_octets("fqdn hostname", CYG_ID_FQDN, "a.b", 3, "bob"), "");
	ck_assert_str_eq(why, "it has no line `eap ...`");
}
END_TEST

START_TEST(a_type_without_a_line_is_refused_and_the_line_is_named)
{
	ck_assert_str_eq(mangle("email all", CYG_ID_FQDN, "a.b"), "");
	ck_assert_str_eq(why, "it has no line `fqdn ...`");
	ck_assert_str_eq(mangle("fqdn all", CYG_ID_RFC822_ADDR, "a@b"), "");
	ck_assert_str_eq(why, "it has no line `email ...`");
	ck_assert_str_eq(of_dn("fqdn all"), "");
	ck_assert_str_eq(why, "it has no line `dn ...`");
	ck_assert_str_eq(mangle("fqdn all", CYG_ID_KEY_ID, "k"), "");
	ck_assert_str_eq(why, "there is no line for identities of type key-id: name no mangler for them");
}
END_TEST

START_TEST(what_is_left_must_be_a_name)
{
	ck_assert_str_eq(mangle("fqdn hostname", CYG_ID_FQDN, ".example.com"), "");
	ck_assert_str_eq(mangle("fqdn domain", CYG_ID_FQDN, "host"), "");
	ck_assert_str_eq(mangle("fqdn hostname", CYG_ID_FQDN, "host"), "");
	ck_assert_str_eq(mangle("email domain", CYG_ID_RFC822_ADDR, "bob@"), "");
	ck_assert_str_eq(mangle_octets("fqdn all", CYG_ID_FQDN, "a\0b", 3, NULL), "");
	ck_assert_str_eq(mangle_octets("fqdn all", CYG_ID_FQDN, "a\nb", 3, NULL), "");
	/* Longer than there is room for: not cut. */
	ck_assert_str_eq(mangle("fqdn all", CYG_ID_FQDN,
				"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
			 "");
}
END_TEST

START_TEST(a_dn_cut_short_gives_no_name)
{
	for (size_t len = 0; len < sizeof(dn); len++) {
		uint8_t *exact = malloc(len + 1);

		memcpy(exact, dn, len);
		ck_assert_msg(mangle_octets("dn common-name", CYG_ID_DER_ASN1_DN, exact, len, NULL)[0] == '\0',
			      "cut at %zu: %s", len, name);
		free(exact);
	}
}
END_TEST

START_TEST(a_mangler_that_is_not_there_makes_no_name)
{
	struct cyg_identity *id = identity(CYG_ID_FQDN, "a.b", 3);
	struct cyg_strbuf out = CYG_STRBUF(name), reason = CYG_STRBUF(why);

	ck_assert_int_eq(ops->mangle(ctx, h->other, CYG_STR("none"), id, cyg_bytes(NULL, 0), &out, &reason),
			 CYG_REFUSED);
	ck_assert_str_eq(why, "it does not exist");
	cyg_identity_unref(id);
}
END_TEST

START_TEST(a_mangler_is_shown_and_rendered)
{
	char *text;

	commands_load(commands, "crypto ikev2 name-mangler m\n dn state\n eap prefix delimiter @\n email username\n fqdn domain\n");
	ck_assert_str_eq(commands_run(commands, "show crypto ikev2 name-mangler", false),
			 "IKEv2 name mangler: m\n fqdn : domain\n email : username\n dn : state\n eap : prefix delimiter @\n");
	commands_run(commands, "show crypto ikev2 name-mangler m", true);
	ck_assert_str_eq(json_string_value(json_object_get(json_array_get(commands->rows, 0), "eap")), "prefix delimiter @");
	commands_run(commands, "show crypto ikev2 name-mangler x", false);
	ck_assert_int_eq(commands->status, CYG_NOT_FOUND);
	text = commands_render(commands);
	ck_assert_ptr_nonnull(strstr(text, "crypto ikev2 name-mangler m\n dn state\n eap prefix delimiter @\n email username\n fqdn domain\n"));
	free(text);
}
END_TEST

START_TEST(one_line_for_each_type_the_last_one_counts)
{
	char *found = commands_judge(commands, "crypto ikev2 name-mangler m\n fqdn all\n fqdn hostname\n fqdn user\n");

	ck_assert_msg(strstr(found, ":4:7: error:") != NULL && strstr(found, "[syntax]") != NULL, "%s", found);
	free(found);
	ck_assert_str_eq(mangle("fqdn all\nfqdn hostname", CYG_ID_FQDN, "a.b"), "a");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("name-mangler");
	TCase *tc = tcase_create("names");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_host_name_is_cut_at_its_first_dot);
	tcase_add_test(tc, a_mail_address_is_cut_at_its_last_at);
	tcase_add_test(tc, a_dn_gives_its_fields_the_most_specific_first);
	tcase_add_test(tc, an_eap_identity_is_cut_at_the_first_delimiter);
	tcase_add_test(tc, an_eap_identity_may_be_a_dn);
	tcase_add_test(tc, the_eap_identity_is_what_counts_if_there_is_one);
	tcase_add_test(tc, a_type_without_a_line_is_refused_and_the_line_is_named);
	tcase_add_test(tc, what_is_left_must_be_a_name);
	tcase_add_test(tc, a_dn_cut_short_gives_no_name);
	tcase_add_test(tc, a_mangler_that_is_not_there_makes_no_name);
	tcase_add_test(tc, a_mangler_is_shown_and_rendered);
	tcase_add_test(tc, one_line_for_each_type_the_last_one_counts);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
