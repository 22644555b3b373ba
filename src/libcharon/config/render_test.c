/* SPDX-License-Identifier: MIT */
/*
 * parse(render(x)) is x: over configurations made from the grammar itself, so that a new row is in
 * the test without a line here.
 */
#include "config/config_tests.h"
#include "config/grammar.h"

#include <stdlib.h>

/* --- Configurations by chance --- */

struct chance {
	uint64_t state;
	FILE *out;
};

static unsigned roll(struct chance *c, unsigned sides)
{
	c->state = c->state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(c->state >> 33) % sides;
}

static void write_arg(struct chance *c, const struct grammar_arg *arg, bool object)
{
	static const char *const names[] = { "a",	    "B2",     "default", "x-y",
					     "n\xc3\xa4me", "name-m", "0",	 "6" };
	static const char *const interfaces[] = {
		"Tunnel0", "tunnel 12", "Loopback1", "eth0", "Virtual-Template1", "Ethernet 0/1",
	};
	static const char *const masks[] = { "255.255.255.0", "255.255.255.255", "255.255.240.0",
					     "0.0.0.0" };
	/* Of type 7: one that hides `6` and one that hides `hex`, a keyword beside it. */
	static const char *const secrets[] = { "0 6", "6 SEALED", "pa\"ss!", "7 091A", "7 030C5E13", "0 key" };

	switch (arg->type) {
	case ARG_UINT:
		fprintf(c->out, "%llu",
			(unsigned long long)(arg->low +
					     roll(c,
						  (unsigned)(arg->high - arg->low > 500
								     ? 500
								     : arg->high - arg->low + 1))));
		break;
	case ARG_CHOICE:
		fputs(arg->words[roll(c, (unsigned)arg->word_count)].word, c->out);
		break;
	case ARG_NAME:
	case ARG_WORD:
		/* Sometimes what looks like something else. */
		fputs(names[roll(c, object ? 3 : CYG_COUNT(names))], c->out);
		break;
	case ARG_REF:
		if (arg->ref_mode && arg->ref_mode->names_interfaces)
			fputs(interfaces[roll(c, CYG_COUNT(interfaces))], c->out);
		else
			fputs(names[roll(c, 3)], c->out);
		break;
	case ARG_INTERFACE:
		fputs(interfaces[roll(c, CYG_COUNT(interfaces))], c->out);
		break;
	case ARG_STRING:
		fputs(roll(c, 2) ? "\"two  words\"" : "word", c->out);
		break;
	case ARG_LINE:
		fputs(roll(c, 2) ? "some  text ! here" : "x", c->out);
		break;
	case ARG_DELIMITED:
		fputs(roll(c, 2) ? "^C hi # there\n and more ^C" : "# ^C #", c->out);
		break;
	case ARG_IP:
		if (roll(c, 2)) {
			fprintf(c->out, "2001:DB8:0::%u", roll(c, 9));
			break;
		}
		/* fall through */
	case ARG_IP4:
	case ARG_WILDCARD:
		fprintf(c->out, "10.%u.0.%u", roll(c, 3), roll(c, 256));
		break;
	case ARG_IP6:
		fprintf(c->out, "2001:DB8::%x", roll(c, 999));
		break;
	case ARG_MASK:
	case ARG_OWNMASK:
		fputs(masks[roll(c, CYG_COUNT(masks))], c->out);
		break;
	case ARG_PREFIX6:
	case ARG_OWN6:
		fprintf(c->out, "2001:DB8:%x::%x/%u", roll(c, 9), roll(c, 99), roll(c, 129));
		break;
	case ARG_SECRET:
		fputs(secrets[roll(c, CYG_COUNT(secrets))], c->out);
		break;
	case ARG_HEX:
		fputs("00AAff", c->out);
		break;
	}
}

static void write_row(struct chance *c, const struct grammar_row *row, unsigned loops)
{
	unsigned pc = 0;
	bool first = true;

	while (row->ops[pc].kind != OP_MATCH) {
		const struct grammar_op *op = &row->ops[pc];
		bool back = op->kind == OP_SPLIT && op->x <= pc;

		switch (op->kind) {
		case OP_JUMP:
			pc = op->x;
			break;
		case OP_SPLIT:
			/* A group is gone through a few times at most. */
			pc = back	  ? (loops && roll(c, 2) ? (loops--, op->x) : op->y)
			     : roll(c, 2) ? op->x
					  : op->y;
			break;
		default:
			if (!first)
				fputc(' ', c->out);
			first = false;
			if (op->kind == OP_KEYWORD)
				fputs(op->word, c->out);
			else
				write_arg(c, op->arg, row->target != NULL);
			pc++;
		}
	}
	fputc('\n', c->out);
}

static void write_mode(struct chance *c, const struct grammar_mode *mode, unsigned lines,
		       unsigned depth)
{
	for (unsigned i = 0; i < lines; i++) {
		const struct grammar_row *row = mode->rows[roll(c, (unsigned)mode->row_count)];
		unsigned kind = roll(c, 12);

		if (row->ignored)
			continue;
		if (kind == 0)
			fputs("no ", c->out);
		else if (kind == 1)
			fputs("default ", c->out);
		write_row(c, row, 3);
		if (kind > 1 && row->command->enters && depth < 3) {
			write_mode(c, row->target, roll(c, 8), depth + 1);
			fputs("exit\n", c->out);
		}
	}
}

/* The lines of a text that are errors are dropped, until none is left. */
static bool make_right(char *text)
{
	for (int turn = 0; turn < 40; turn++) {
		if (kit_parse(text) == CYG_OK)
			return true;
		for (size_t f = 0; f < kit_findings.count; f++) {
			uint32_t line = 1;

			if (kit_findings.items[f].severity != CONFIG_ERROR)
				continue;
			for (char *at = text; *at; at++) {
				if (line == kit_findings.items[f].line && *at != '\n')
					*at = ' ';
				line += *at == '\n';
			}
		}
	}
	return false;
}

START_TEST(what_is_rendered_parses_to_the_same_snapshot)
{
	unsigned done = 0;
	size_t objects = 0;

	for (unsigned seed = 1; done < 600; seed++) {
		struct chance c = { .state = seed };
		char *text = NULL, *first, *second;
		struct cyg_config *before;
		size_t len;

		ck_assert_uint_lt(seed, 900);
		c.out = open_memstream(&text, &len);
		write_mode(&c, kit_grammar->global, 5 + roll(&c, 40), 0);
		fclose(c.out);
		if (!make_right(text)) {
			free(text);
			continue;
		}
		before = config_ref(kit_config);
		first = kit_render(before, CONFIG_RENDER_SECRETS);
		ck_assert_msg(kit_parse(first) == CYG_OK, "seed %u:\n%s\nfrom\n%s\n%s", seed, first,
			      text, kit_texts());
		second = kit_render(kit_config, CONFIG_RENDER_SECRETS);
		ck_assert_msg(strcmp(first, second) == 0, "seed %u from\n%s\nfirst\n%s\nsecond\n%s",
			      seed, text, first, second);
		ck_assert_msg(config_same(before, kit_config), "seed %u from\n%s\nrendered\n%s",
			      seed, text, first);
		for (size_t n = 0; cyg_config_nth(kit_config, MODE_PROFILE, n, NULL); n++)
			objects++;
		config_unref(before);
		free(first);
		free(second);
		free(text);
		done++;
	}
	ck_assert_uint_gt(objects, 1);
}
END_TEST

/* Objects of two snapshots, made in different ways, are the same. */
static void same_objects(const struct cyg_config *a, const struct cyg_config *b, const char *text)
{
	for (size_t m = 0; m < kit_grammar->mode_count; m++) {
		const char *mode = kit_grammar->modes[m].mode->name;
		struct cyg_str name;
		size_t n = 0;
		const void *object;

		for (; (object = cyg_config_nth(a, mode, n, &name)); n++) {
			const void *other = cyg_config_object(b, mode, name, false);

			ck_assert_msg(cyg_config_object_same(object, other), "%s %.*s of\n%s", mode,
				      (int)name.len, name.ptr, text);
		}
		ck_assert_ptr_null(cyg_config_nth(b, mode, n, NULL));
	}
}

START_TEST(what_is_typed_line_by_line_is_what_a_file_of_it_is)
{
	unsigned changes = 0;

	for (unsigned seed = 1; seed <= 60; seed++) {
		struct chance c = { .state = 7777 * seed };
		struct config_position position = { 0 };
		struct cyg_config *config = NULL;
		char *text = NULL, *shown, *at;
		size_t len;

		c.out = open_memstream(&text, &len);
		write_mode(&c, kit_grammar->global, 30, 0);
		fclose(c.out);
		ck_assert_int_eq(config_empty(kit_grammar, &config), CYG_OK);
		for (at = text; *at; at += strcspn(at, "\n"), at += *at == '\n') {
			struct config_findings findings = { 0 };
			struct config_typed typed = { 0 };

			/* `exit` out of an object that was refused would leave. */
			if (position.depth || strncmp(at, "exit", 4) != 0)
				(void)!config_run_line(config, &position,
						       cyg_str_n(at, strcspn(at, "\n")), &findings,
						       &typed);
			config_findings_done(&findings);
			if (typed.config) {
				config_unref(config);
				config = config_ref(typed.config);
				changes++;
			}
			config_typed_done(&typed);
		}
		shown = kit_render(config, CONFIG_RENDER_SECRETS);
		ck_assert_msg(kit_parse(shown) == CYG_OK, "%s\n%s", shown, kit_texts());
		ck_assert(config_same(config, kit_config));
		same_objects(config, kit_config, shown);
		config_unref(config);
		free(shown);
		free(text);
	}
	ck_assert_uint_gt(changes, 500);
}
END_TEST

/* --- Forms --- */

START_TEST(secrets_are_masked_for_a_viewer)
{
	char *text;

	ck_assert_int_eq(kit_parse("crypto ikev2 keyring K\npeer A\naddress "
				   "10.0.0.1\npre-shared-key swordfish\n"
				   "peer B\naddress 10.0.0.2\npre-shared-key hex 001122\n"),
			 CYG_OK);
	text = kit_render(kit_config, 0);
	ck_assert_ptr_null(strstr(text, "swordfish"));
	ck_assert_ptr_null(strstr(text, "001122"));
	ck_assert_ptr_nonnull(strstr(text, "  pre-shared-key <secret>\n"));
	free(text);
	text = kit_render(kit_config, CONFIG_RENDER_SECRETS);
	ck_assert_ptr_nonnull(strstr(text, "  pre-shared-key swordfish\n"));
	ck_assert_ptr_nonnull(strstr(text, "  pre-shared-key hex 001122\n"));
	free(text);
}
END_TEST

START_TEST(an_empty_configuration_shows_nothing_built_in)
{
	char *text;

	ck_assert_int_eq(kit_parse(""), CYG_OK);
	text = kit_render(kit_config, 0);
	ck_assert_str_eq(text, "!\nend\n");
	free(text);
}
END_TEST

START_TEST(all_shows_defaults_and_built_in_objects)
{
	char *text;

	ck_assert_int_eq(kit_parse("crypto ikev2 profile P\nshutdown\n"), CYG_OK);
	text = kit_render(kit_config, CONFIG_RENDER_ALL);
	ck_assert_ptr_nonnull(
		strstr(text, "\ncrypto ikev2 proposal default\n encryption aes-cbc-256\n"));
	ck_assert_ptr_nonnull(strstr(text, "\ncrypto ikev2 window 5\n"));
	ck_assert_ptr_nonnull(strstr(text, "\n lifetime 86400\n"));
	ck_assert_int_eq(kit_parse(text), CYG_OK);
	free(text);
}
END_TEST

START_TEST(an_edited_built_in_object_shows_what_differs)
{
	char *text;

	ck_assert_int_eq(
		kit_parse("crypto ikev2 proposal default\n group 31\n"
			  "crypto ikev2 policy default\n no match fvrf\n no proposal default\n"
			  " proposal default\n"),
		CYG_OK);
	text = kit_render(kit_config, 0);
	ck_assert_ptr_nonnull(strstr(text, "crypto ikev2 proposal default\n group 31\n!\n"));
	ck_assert_ptr_nonnull(strstr(text, "crypto ikev2 policy default\n no match fvrf any\n!\n"));
	free(text);
}
END_TEST

START_TEST(a_line_that_an_inner_mode_would_take_is_led_up_to)
{
	char *first, *second;

	/* The list is shown behind the policy that has a line of the same words. */
	ck_assert_int_eq(kit_parse("kit list L\n item x\nkit text T\n kit list L\nhostname x\n"), CYG_OK);
	first = kit_render(kit_config, CONFIG_RENDER_SECRETS);
	ck_assert_msg(strstr(first, "kit text T\n kit list L\n exit\n!\nkit list L\n item x\n") != NULL, "%s", first);
	ck_assert_int_eq(kit_parse(first), CYG_OK);
	second = kit_render(kit_config, CONFIG_RENDER_SECRETS);
	ck_assert_str_eq(first, second);
	free(first);
	free(second);
	/* Where nothing is in doubt, nothing is said. */
	ck_assert_int_eq(kit_parse("crypto ikev2 keyring K\n peer A\n  pre-shared-key x\n  hostname y\nhostname z\n"
				   "crypto ikev2 policy P\n proposal default\n"),
			 CYG_OK);
	first = kit_render(kit_config, CONFIG_RENDER_SECRETS);
	ck_assert_ptr_null(strstr(first, "exit"));
	free(first);
}
END_TEST

Suite *render_suite(void)
{
	Suite *suite = suite_create("render");
	TCase *tests = tcase_create("text");

	tcase_add_checked_fixture(tests, kit_setup, kit_teardown);
	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, what_is_rendered_parses_to_the_same_snapshot);
	tcase_add_test(tests, what_is_typed_line_by_line_is_what_a_file_of_it_is);
	tcase_add_test(tests, secrets_are_masked_for_a_viewer);
	tcase_add_test(tests, an_empty_configuration_shows_nothing_built_in);
	tcase_add_test(tests, all_shows_defaults_and_built_in_objects);
	tcase_add_test(tests, an_edited_built_in_object_shows_what_differs);
	tcase_add_test(tests, a_line_that_an_inner_mode_would_take_is_led_up_to);
	suite_add_tcase(suite, tests);
	return suite;
}
