/* SPDX-License-Identifier: MIT */
#include "registry/options.h"
#include "registry/registry_tests.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct sample {
	bool flag;
	uint32_t tries, wait_ms;
	const char *name;
	int colour;
	const char *const *servers;
	const struct cyg_option_pair *realms;
};

static const char *const colours[] = { "red", "green", "blue", NULL };

static const struct cyg_option table[] = {
	CYG_OPT_BOOL(struct sample, flag, "flag", "yes", "A flag."),
	CYG_OPT_UINT(struct sample, tries, "retransmit-tries", "5", 1, 20, "How often."),
	CYG_OPT_DURATION(struct sample, wait_ms, "retransmit-times", "2s", 100, 60000, "How long."),
	CYG_OPT_STRING(struct sample, name, "name", "nobody", "A name."),
	CYG_OPT_ENUM(struct sample, colour, "colour", "green", colours, "A colour."),
	CYG_OPT_LIST(struct sample, servers, "servers", NULL, "Servers."),
	CYG_OPT_MAP(struct sample, realms, "realms", "Realms."),
	CYG_OPT_END,
};

static const struct conf_part part = { table, sizeof(struct sample) };
static char errors[8192];
static struct cyg_conf *conf;

static enum cyg_status read_n(const char *text, size_t len)
{
	struct cyg_strbuf b = CYG_STRBUF(errors);
	/* A block of exactly this length: AddressSanitizer sees a read beyond. */
	char *exact = malloc(len);
	enum cyg_status status;

	if (len)
		memcpy(exact, text, len);
	conf = NULL;
	status = conf_read(&part, 1, "plugins/x.conf", cyg_str_n(exact, len), &b, &conf);
	free(exact);
	return status;
}

static const struct sample *read_good(const char *text)
{
	ck_assert_msg(read_n(text, strlen(text)) == CYG_OK, "%s", errors);
	ck_assert_str_eq(errors, "");
	return conf_data(conf, 0);
}

static void read_bad(const char *text, const char *want)
{
	ck_assert_int_eq(read_n(text, strlen(text)), CYG_MALFORMED);
	ck_assert_ptr_null(conf);
	ck_assert_str_eq(errors, want);
}

START_TEST(an_empty_file_gives_the_defaults)
{
	const struct sample *s = read_good("");

	ck_assert(s->flag);
	ck_assert_uint_eq(s->tries, 5);
	ck_assert_uint_eq(s->wait_ms, 2000);
	ck_assert_str_eq(s->name, "nobody");
	ck_assert_int_eq(s->colour, 1);
	ck_assert_ptr_null(s->servers[0]);
	ck_assert_ptr_null(s->realms[0].key);
	conf_unref(conf);
}
END_TEST

START_TEST(every_type_is_read)
{
	const struct sample *s = read_good("# about\n"
					   "flag = no   # indeed\r\n"
					   "\tretransmit-tries=20\n"
					   "retransmit-times = 500ms\n"
					   "name = \"a # \\\"b\\\" \\\\ \"  # quoted\n"
					   "colour=blue\n"
					   "servers = one,two , \"three, four\"\n"
					   "realms {\n"
					   "  example.com = 192.0.2.1\n"
					   "  \n"
					   "  other.org= \"x y\"\n"
					   "}");

	ck_assert(!s->flag);
	ck_assert_uint_eq(s->tries, 20);
	ck_assert_uint_eq(s->wait_ms, 500);
	ck_assert_str_eq(s->name, "a # \"b\" \\ ");
	ck_assert_int_eq(s->colour, 2);
	ck_assert_str_eq(s->servers[0], "one");
	ck_assert_str_eq(s->servers[1], "two");
	ck_assert_str_eq(s->servers[2], "three, four");
	ck_assert_ptr_null(s->servers[3]);
	ck_assert_str_eq(s->realms[0].key, "example.com");
	ck_assert_str_eq(s->realms[0].value, "192.0.2.1");
	ck_assert_str_eq(s->realms[1].key, "other.org");
	ck_assert_str_eq(s->realms[1].value, "x y");
	ck_assert_ptr_null(s->realms[2].key);
	conf_unref(conf);
}
END_TEST

START_TEST(units_of_time_are_known)
{
	static const struct { const char *text; uint32_t ms; } good[] = {
		{ "100ms", 100 }, { "1s", 1000 }, { "60s", 60000 }, { "1m", 60000 },
	};

	for (size_t i = 0; i < CYG_COUNT(good); i++) {
		char text[64];

		snprintf(text, sizeof(text), "retransmit-times = %s", good[i].text);
		ck_assert_uint_eq(read_good(text)->wait_ms, good[i].ms);
		conf_unref(conf);
	}
	read_bad("retransmit-times = 3", "plugins/x.conf:1:20: 'retransmit-times' must be a time with its unit "
					 "(ms, s, m, h, d) from 100ms to 1m, not '3'\n");
	read_bad("retransmit-times = 2h",
		 "plugins/x.conf:1:20: 'retransmit-times' must be from 100ms to 1m, not '2h'\n");
	read_bad("retransmit-times = 99999999999d",
		 "plugins/x.conf:1:20: 'retransmit-times' must be a time with its unit (ms, s, m, h, d) from "
		 "100ms to 1m, not '99999999999d'\n");
	read_bad("retransmit-times = 0", "plugins/x.conf:1:20: 'retransmit-times' must be from 100ms to 1m, not '0'\n");
}
END_TEST

START_TEST(a_misspelt_option_is_told_with_its_place_and_the_nearest_one)
{
	read_bad("\n\n  retransmit-tiems = 3s\n",
		 "plugins/x.conf:3:3: unknown option 'retransmit-tiems' (did you mean 'retransmit-times'?)\n");
	read_bad("zzzzzzzz = 3s\n", "plugins/x.conf:1:1: unknown option 'zzzzzzzz'\n");
}
END_TEST

START_TEST(values_out_of_range_and_of_the_wrong_kind_are_told)
{
	read_bad("retransmit-tries = 21",
		 "plugins/x.conf:1:20: 'retransmit-tries' must be a number from 1 to 20, not '21'\n");
	read_bad("retransmit-tries = -1",
		 "plugins/x.conf:1:20: 'retransmit-tries' must be a number from 1 to 20, not '-1'\n");
	read_bad("retransmit-tries = 18446744073709551617",
		 "plugins/x.conf:1:20: 'retransmit-tries' must be a number from 1 to 20, not "
		 "'18446744073709551617'\n");
	read_bad("flag = maybe", "plugins/x.conf:1:8: 'flag' must be yes or no, not 'maybe'\n");
	read_bad("colour = bleu",
		 "plugins/x.conf:1:10: 'colour' must be red, green or blue, not 'bleu' (did you mean 'blue'?)\n");
}
END_TEST

START_TEST(every_error_of_a_file_is_told)
{
	read_bad("flag = 1\nflag = no\n= 3\nname nobody\nservers = a,,b\n",
		 "plugins/x.conf:1:8: 'flag' must be yes or no, not '1'\n"
		 "plugins/x.conf:2:1: 'flag' was given on line 1 already\n"
		 "plugins/x.conf:3:1: expected NAME = VALUE, not '= 3'\n"
		 "plugins/x.conf:4:6: expected '=' after 'name'\n"
		 "plugins/x.conf:5:13: 'servers': an item of the list is missing\n");
}
END_TEST

START_TEST(quotes_must_close_and_end_the_value)
{
	read_bad("name = \"abc", "plugins/x.conf:1:8: the quote is not closed\n");
	read_bad("name = \"abc\" d", "plugins/x.conf:1:14: nothing may follow the closing quote\n");
	read_bad("name = \"a\\n\"", "plugins/x.conf:1:10: a backslash in quotes stands before \" or \\ only\n");
	read_bad("servers = \"a\" \"b\"", "plugins/x.conf:1:15: nothing may follow the closing quote but a comma\n");
}
END_TEST

START_TEST(blocks_are_checked)
{
	read_bad("realms = 3", "plugins/x.conf:1:8: 'realms' is a block: realms { KEY = VALUE ... }\n");
	read_bad("realms {\na = 1\na = 2\n}", "plugins/x.conf:3:1: 'realms' has the key 'a' twice\n");
	read_bad("realms {\na = 1\n", "plugins/x.conf:1:1: the block 'realms' is not closed by '}'\n");
	read_bad("realms {\na\n}", "plugins/x.conf:2:2: expected KEY = VALUE or '}' in 'realms'\n");
	read_bad("realms {\n}\nrealms {\n}", "plugins/x.conf:3:1: 'realms' was given on line 1 already\n");
	read_bad("relams {\nwhatever\n}\n", "plugins/x.conf:1:1: unknown option 'relams' (did you mean 'realms'?)\n");
	ck_assert_ptr_null(read_good("realms { }\n")->realms[0].key);
	conf_unref(conf);
}
END_TEST

START_TEST(nul_octets_and_endless_lines_are_told)
{
	static const char with_nul[] = "flag = no\nna\0me = x\n";
	char line[CONF_LINE_MAX + 10];

	ck_assert_int_eq(read_n(with_nul, sizeof(with_nul) - 1), CYG_MALFORMED);
	ck_assert_str_eq(errors, "plugins/x.conf:2:3: a NUL octet: this is no text file\n");
	memset(line, 'x', sizeof(line));
	memcpy(line, "name = ", 7);
	ck_assert_int_eq(read_n(line, CONF_LINE_MAX), CYG_MALFORMED);
	ck_assert_str_eq(errors, "plugins/x.conf:1:2048: the line is longer than 2047 octets\n");
	ck_assert_int_eq(read_n(line, CONF_LINE_MAX - 1), CYG_OK);
	conf_unref(conf);
}
END_TEST

START_TEST(only_the_first_errors_of_many_are_told)
{
	char text[CONF_ERRORS_MAX * 8 + 64] = "";
	size_t lines = 0;

	for (int i = 0; i < CONF_ERRORS_MAX + 3; i++)
		strcat(text, "qqqq=1\n");
	ck_assert_int_eq(read_n(text, strlen(text)), CYG_MALFORMED);
	for (const char *c = errors; *c; c++)
		lines += *c == '\n';
	ck_assert_uint_eq(lines, CONF_ERRORS_MAX + 1);
	ck_assert_ptr_nonnull(strstr(errors, "plugins/x.conf: 3 more errors\n"));
}
END_TEST

START_TEST(every_cut_of_a_good_file_is_read_without_harm)
{
	static const char text[] = "flag = no\nname = \"x \\\" y\"\nservers = a, \"b\"\nrealms {\n k = \"v\"\n}\n";

	for (size_t cut = 0; cut < sizeof(text); cut++) {
		if (read_n(text, cut) == CYG_OK)
			conf_unref(conf);
	}
}
END_TEST

START_TEST(a_first_look_reads_only_what_it_knows)
{
	struct cyg_strbuf b = CYG_STRBUF(errors);
	static const char text[] = "other = 3\nblock {\nflag = 7\n}\n%%%\nflag = no\n";

	ck_assert_int_eq(conf_read_known(&part, 1, "p", cyg_str(text), &b, &conf), CYG_OK);
	ck_assert_str_eq(errors, "");
	ck_assert(!((const struct sample *)conf_data(conf, 0))->flag);
	conf_unref(conf);
	/* A block that it does know is judged: else its value would be no list at all. */
	ck_assert_int_eq(conf_read_known(&part, 1, "p", cyg_str("realms {\n"), &b, &conf), CYG_MALFORMED);
	ck_assert_str_eq(errors, "p:1:1: the block 'realms' is not closed by '}'\n");
}
END_TEST

START_TEST(a_file_that_is_none_is_told)
{
	char dir[] = "/tmp/cygnet-options-XXXXXX", path[64];
	struct cyg_strbuf b = CYG_STRBUF(errors);
	char *text;
	size_t len;
	FILE *f;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(conf_read_file(dir, "cygnet.conf", &b, &text, &len), CYG_IO);
	ck_assert_str_eq(errors, "cygnet.conf: is a directory, not a file\n");

	snprintf(path, sizeof(path), "%s/fifo", dir);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	b = CYG_STRBUF(errors);
	ck_assert_int_eq(conf_read_file(path, "cygnet.conf", &b, &text, &len), CYG_IO);
	ck_assert_str_eq(errors, "cygnet.conf: is no regular file\n");
	unlink(path);

	b = CYG_STRBUF(errors);
	ck_assert_int_eq(conf_read_file(path, "cygnet.conf", &b, &text, &len), CYG_NOT_FOUND);
	ck_assert_str_eq(errors, "");

	f = fopen(path, "w");
	for (int i = 0; i <= CONF_FILE_MAX; i++)
		fputc('#', f);
	fclose(f);
	ck_assert_int_eq(conf_read_file(path, "cygnet.conf", &b, &text, &len), CYG_LIMIT);
	ck_assert_str_eq(errors, "cygnet.conf: is longer than 65536 octets\n");
	ck_assert_int_eq(truncate(path, CONF_FILE_MAX), 0);
	ck_assert_int_eq(conf_read_file(path, "cygnet.conf", &b, &text, &len), CYG_OK);
	ck_assert_uint_eq(len, CONF_FILE_MAX);
	free(text);
	unlink(path);
	rmdir(dir);
}
END_TEST

START_TEST(a_sample_file_is_read_back_as_the_defaults)
{
	char *text = NULL, *at;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	const struct sample *s;

	conf_sample(out, "A sample.", &part, 1);
	fclose(out);
	ck_assert_ptr_nonnull(strstr(text, "\n#retransmit-times = 2s\n"));
	ck_assert_ptr_nonnull(strstr(text, "# One of: red, green, blue.\n"));
	s = read_good(text);
	ck_assert_uint_eq(s->tries, 5);
	conf_unref(conf);
	/* With the '#' taken away in front of options it means the same. */
	for (at = text; (at = strstr(at, "\n#")) != NULL; at++) {
		if (at[2] != ' ' && at[2] != '\n')
			at[1] = ' ';
	}
	s = read_good(text);
	ck_assert_uint_eq(s->wait_ms, 2000);
	ck_assert_int_eq(s->colour, 1);
	conf_unref(conf);
	free(text);
}
END_TEST

Suite *options_suite(void)
{
	Suite *suite = suite_create("options");
	TCase *tc = tcase_create("options");

	tcase_add_test(tc, an_empty_file_gives_the_defaults);
	tcase_add_test(tc, every_type_is_read);
	tcase_add_test(tc, units_of_time_are_known);
	tcase_add_test(tc, a_misspelt_option_is_told_with_its_place_and_the_nearest_one);
	tcase_add_test(tc, values_out_of_range_and_of_the_wrong_kind_are_told);
	tcase_add_test(tc, every_error_of_a_file_is_told);
	tcase_add_test(tc, quotes_must_close_and_end_the_value);
	tcase_add_test(tc, blocks_are_checked);
	tcase_add_test(tc, nul_octets_and_endless_lines_are_told);
	tcase_add_test(tc, only_the_first_errors_of_many_are_told);
	tcase_add_test(tc, every_cut_of_a_good_file_is_read_without_harm);
	tcase_add_test(tc, a_first_look_reads_only_what_it_knows);
	tcase_add_test(tc, a_file_that_is_none_is_told);
	tcase_add_test(tc, a_sample_file_is_read_back_as_the_defaults);
	suite_add_tcase(suite, tc);
	return suite;
}
