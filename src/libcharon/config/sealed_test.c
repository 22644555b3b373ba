/* SPDX-License-Identifier: MIT */
/* Secrets of type 6 under a sealer that hides nothing: which are opened, which stay closed, and how each is written. */
#include "config/config_tests.h"

#include <stdlib.h>
#include <string.h>

/* The text is `KEY.` and the clear characters turned by one. */
static struct {
	bool ready;
	char key;
	unsigned made;
	enum cyg_status fails;
} sealer;

/* There and back again; a blank would end the word. */
static char turn(char c)
{
	return c == '!' ? c : (char)(c ^ 1);
}

static bool ready(void *ctx)
{
	return sealer.ready;
}

static enum cyg_status open_text(void *ctx, struct cyg_str text, struct cyg_secret *out, const char **lacks)
{
	if (!sealer.ready)
		return CYG_NOT_FOUND;
	*lacks = "the right key";
	if (text.len < 2 || text.ptr[0] != sealer.key || text.ptr[1] != '.')
		return CYG_NOT_FOUND;
	if (cyg_secret_copy(out, cyg_bytes(text.ptr + 2, text.len - 2)) != CYG_OK)
		return CYG_NOMEM;
	for (size_t i = 0; i < out->len; i++)
		out->ptr[i] = (uint8_t)turn((char)out->ptr[i]);
	return CYG_OK;
}

static bool current(void *ctx, struct cyg_str text)
{
	return text.ptr[0] == sealer.key;
}

static enum cyg_status seal(void *ctx, struct cyg_bytes clear, struct cyg_strbuf *out)
{
	sealer.made++;
	if (sealer.fails != CYG_OK)
		return sealer.fails;
	cyg_strbuf_addf(out, "%c.", sealer.key);
	for (size_t i = 0; i < clear.len; i++)
		cyg_strbuf_addf(out, "%c", turn((char)clear.ptr[i]));
	return CYG_OK;
}

const struct config_sealer kit_sealer = { .ready = ready, .open = open_text, .current = current, .seal = seal };

void kit_seal(char key)
{
	sealer.ready = key != '\0';
	sealer.key = key;
	sealer.made = 0;
	sealer.fails = CYG_OK;
	config_grammar_seal_with(kit_grammar, &kit_sealer);
}

#define PEER "crypto ikev2 keyring K\n peer A\n  address 10.0.0.1\n"

/* What is written of a configuration has this line, or (NULL) fails. */
static void expect(const struct cyg_config *config, unsigned flags, const char *line)
{
	char *text = kit_render(config, flags);

	ck_assert_msg(strstr(text, line), "no `%s` in\n%s", line, text);
	free(text);
}

START_TEST(secrets_are_of_type_6_if_that_is_wanted_and_can_be)
{
	kit_seal('k');
	ck_assert_int_eq(kit_parse(PEER "  pre-shared-key local abc\n  pre-shared-key remote hex 0011\n"), CYG_OK);
	expect(kit_config, CONFIG_RENDER_SECRETS, "pre-shared-key local abc\n");
	ck_assert_int_eq(kit_reparse("password encryption aes\n" PEER "  pre-shared-key local abc\n"
				     "  pre-shared-key remote hex 0011\n"),
			 CYG_OK);
	expect(kit_config, CONFIG_RENDER_SECRETS, "pre-shared-key local 6 k.`cb\n");
	expect(kit_config, CONFIG_RENDER_SECRETS, "pre-shared-key remote hex 6 k.1100\n");
	expect(kit_config, CONFIG_RENDER_SEALED, "pre-shared-key local 6 k.`cb\n");
	expect(kit_config, 0, "pre-shared-key local <secret>\n");
	ck_assert_uint_eq(sealer.made, 2); /* kept, so that what is unchanged is written unchanged */
	kit_seal('m');
	expect(kit_config, CONFIG_RENDER_SECRETS, "pre-shared-key local 6 m.`cb\n");
	/* Without a key there is nothing that could be sealed with. */
	kit_seal('\0');
	ck_assert_int_eq(kit_parse("password encryption aes\n" PEER "  pre-shared-key abc\n"), CYG_OK);
	expect(kit_config, CONFIG_RENDER_SECRETS, "pre-shared-key abc\n");
	expect(kit_config, CONFIG_RENDER_SEALED, "pre-shared-key <secret>\n");
}
END_TEST

START_TEST(what_cannot_be_sealed_is_not_written_at_all)
{
	char text[4096];
	FILE *out = fmemopen(text, sizeof(text), "w");

	kit_seal('k');
	ck_assert_int_eq(kit_parse("password encryption aes\n" PEER "  pre-shared-key abcdef\n"), CYG_OK);
	sealer.fails = CYG_UNSUPPORTED;
	ck_assert_int_eq(config_render(kit_config, CONFIG_RENDER_SECRETS, out), CYG_UNSUPPORTED);
	fclose(out);
	ck_assert_ptr_null(strstr(text, "abcdef"));
}
END_TEST

START_TEST(what_came_as_type_6_goes_so)
{
	kit_seal('k');
	ck_assert_int_eq(kit_parse(PEER "  pre-shared-key 6 k.`cb\n"), CYG_OK);
	ck_assert_str_eq(kit_codes(), "");
	expect(kit_config, CONFIG_RENDER_SECRETS, "  pre-shared-key 6 k.`cb\n");
	ck_assert_uint_eq(sealer.made, 0);
	kit_seal('m');
	expect(kit_config, CONFIG_RENDER_SECRETS, "  pre-shared-key 6 m.`cb\n");
}
END_TEST

START_TEST(what_cannot_be_opened_is_kept_and_opened_later)
{
	struct config_findings findings = { 0 };
	struct cyg_config *config, *next = NULL;
	const struct config_peer *peer;

	kit_seal('\0');
	ck_assert_int_eq(kit_parse(PEER "  pre-shared-key 6 k.`cb\nusername U password 6 k.dcba\n"), CYG_OK);
	ck_assert_str_eq(kit_codes(), "2 warning incomplete\n5 warning incomplete\n");
	ck_assert_ptr_nonnull(strstr(kit_texts(), "key config-key password-encrypt"));
	expect(kit_config, CONFIG_RENDER_SECRETS, "  pre-shared-key 6 k.`cb\n");
	expect(kit_config, CONFIG_RENDER_SEALED, "  pre-shared-key 6 k.`cb\n");
	expect(kit_config, 0, "  pre-shared-key <secret>\n");
	/* The wrong key opens nothing, the right one all. */
	kit_seal('m');
	ck_assert_int_eq(config_turn_sealed(kit_config, true, &findings, &next), CYG_OK);
	ck_assert_ptr_null(next);
	kit_seal('k');
	ck_assert_int_eq(config_turn_sealed(kit_config, true, &findings, &next), CYG_OK);
	ck_assert_ptr_nonnull(next);
	ck_assert_uint_eq(findings.count, 0);
	peer = kit_first_peer(config_view(next)->keyrings[0]);
	ck_assert_mem_eq(peer->key_local.ptr, "abc", 3);
	/* What was there is as it was, and what did not change is shared. */
	expect(kit_config, CONFIG_RENDER_SECRETS, "  pre-shared-key 6 k.`cb\n");
	config = next;
	ck_assert_int_eq(config_turn_sealed(config, true, &findings, &next), CYG_OK);
	ck_assert_ptr_null(next);
	/* Closed again: nothing of it is left but the texts. */
	ck_assert_int_eq(config_turn_sealed(config, false, &findings, &next), CYG_OK);
	ck_assert_ptr_nonnull(next);
	ck_assert(config_same(next, kit_config));
	ck_assert_ptr_null(cyg_config_object(next, CYG_MODE_USER, CYG_STR("U"), true));
	config_unref(next);
	config_unref(config);
	config_findings_done(&findings);
}
END_TEST

START_TEST(what_could_not_stand_in_a_line_is_not_opened)
{
	static const char *const texts[] = { "6 k.", "6 k.ab\x7e\x7e", "hex 6 k.`cb", "hex 6 k.110" };
	char line[200];

	kit_seal('k');
	for (size_t i = 0; i < CYG_COUNT(texts); i++) {
		snprintf(line, sizeof(line), PEER "  pre-shared-key %s\n", texts[i]);
		ck_assert_int_eq(kit_parse(line), CYG_OK);
		ck_assert_msg(strcmp(kit_codes(), "2 warning incomplete\n") == 0, "%s: %s", texts[i], kit_codes());
		snprintf(line, sizeof(line), "  pre-shared-key %s\n", texts[i]);
		expect(kit_config, CONFIG_RENDER_SECRETS, line);
	}
	ck_assert_int_eq(kit_parse(PEER "  pre-shared-key hex 6 k.110011\n"), CYG_OK);
	ck_assert_str_eq(kit_codes(), "");
}
END_TEST

START_TEST(whatever_is_configured_is_read_back_the_same_from_its_sealed_form)
{
	unsigned done = 0, sealed = 0;

	kit_seal('k');
	for (unsigned seed = 1; done < 200; seed++) {
		char *lines = kit_generate(1000003 * (uint64_t)seed, 5, 40), *text, *first, *second;
		struct cyg_config *before;

		ck_assert_uint_lt(seed, 400);
		ck_assert_int_gt(asprintf(&text, "%spassword encryption aes\n", lines), 0);
		free(lines);
		if (kit_make_right(text)) {
			before = config_ref(kit_config);
			first = kit_render(before, CONFIG_RENDER_SECRETS);
			ck_assert_msg(kit_parse(first) == CYG_OK, "seed %u:\n%s\nfrom\n%s\n%s", seed, first, text, kit_texts());
			second = kit_render(kit_config, CONFIG_RENDER_SECRETS);
			ck_assert_msg(strcmp(first, second) == 0 && config_same(before, kit_config),
				      "seed %u from\n%s\nfirst\n%s\nsecond\n%s", seed, text, first, second);
			sealed += strstr(first, " 6 k.") != NULL;
			config_unref(before);
			free(first);
			free(second);
			done++;
		}
		free(text);
	}
	ck_assert_uint_gt(sealed, 50);
}
END_TEST

Suite *sealed_suite(void)
{
	Suite *suite = suite_create("sealed");
	TCase *tests = tcase_create("sealed");

	tcase_add_checked_fixture(tests, kit_setup, kit_teardown);
	tcase_add_test(tests, secrets_are_of_type_6_if_that_is_wanted_and_can_be);
	tcase_add_test(tests, what_cannot_be_sealed_is_not_written_at_all);
	tcase_add_test(tests, what_came_as_type_6_goes_so);
	tcase_add_test(tests, what_cannot_be_opened_is_kept_and_opened_later);
	tcase_add_test(tests, what_could_not_stand_in_a_line_is_not_opened);
	tcase_add_test(tests, whatever_is_configured_is_read_back_the_same_from_its_sealed_form);
	tcase_set_timeout(tests, 60);
	suite_add_tcase(suite, tests);
	return suite;
}
