/* SPDX-License-Identifier: MIT */
#include "config/config_tests.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char path[] = "/tmp/cygnet-config-XXXXXX";

static void start(void)
{
	int fd;

	kit_setup();
	strcpy(path + sizeof(path) - 7, "XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void stop(void)
{
	unlink(path);
	kit_teardown();
}

static void fill(const void *octets, size_t len, size_t times)
{
	FILE *out = fopen(path, "w");

	ck_assert_ptr_nonnull(out);
	for (size_t i = 0; i < times; i++)
		ck_assert_uint_eq(fwrite(octets, 1, len, out), len);
	ck_assert_int_eq(fclose(out), 0);
}

/* What check-config prints, with FILE for the path; to be freed. */
static char *check(const char *file, int *exit_status)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	*exit_status = config_check_file(kit_grammar, file, out);
	fclose(out);
	return text;
}

static void expect_first(const char *file, int status, const char *line)
{
	int got;
	char *text = check(file, &got);

	ck_assert_int_eq(got, status);
	ck_assert_msg(strncmp(text + (text[0] ? strlen(file) : 0), line, strlen(line)) == 0, "%s",
		      text);
	free(text);
}

START_TEST(a_good_file_prints_nothing_and_succeeds)
{
	int status;
	char *text;

	fill("hostname x\r\n", 12, 1);
	text = check(path, &status);
	ck_assert_int_eq(status, 0);
	ck_assert_str_eq(text, "");
	free(text);
}
END_TEST

START_TEST(warnings_do_not_fail_and_errors_do)
{
	fill("crypto ikev2 proposal A\n", 24, 1);
	expect_first(path, 0, ":1:1: warning: IKEv2 proposal A is incomplete");
	fill(" hostnam\n", 9, 1);
	expect_first(path, 1, ":1:9: error: the line is incomplete: expected <name>");
}
END_TEST

START_TEST(a_directory_is_no_configuration)
{
	expect_first("/tmp", 1, ":1:1: error: it is a directory [unreadable]");
}
END_TEST

START_TEST(a_file_that_is_not_there_is_told)
{
	unlink(path);
	expect_first(path, 1,
		     ":1:1: error: it cannot be opened: No such file or directory [unreadable]");
}
END_TEST

START_TEST(nul_octets_end_the_reading_at_their_line)
{
	fill("hostname x\nhost\0name y\nfoo\n", 27, 1);
	expect_first(path, 1, ":2:5: error: a NUL octet stands here: this is no text [unreadable]");
	fill("\0", 1, 200000);
	expect_first(path, 1, ":1:1: error: a NUL octet");
	expect_first("/dev/zero", 1, ":1:1: error: a NUL octet");
}
END_TEST

START_TEST(what_is_no_utf_8_is_no_text)
{
	static const char *const texts[] = {
		"description \xff\n", "x\xc3\n",   "\xc0\x80\n", "\xed\xa0\x80\n",
		"\xf5\x80\x80\x80\n", "\x1b[2J\n",
	};

	for (size_t i = 0; i < CYG_COUNT(texts); i++) {
		fill(texts[i], strlen(texts[i]), 1);
		int status;
		char *text = check(path, &status);

		ck_assert_msg(status == 1 && strstr(text, "[unreadable]"), "%zu: %s", i, text);
		free(text);
	}
}
END_TEST

START_TEST(a_line_of_fifty_megabytes_is_one_error)
{
	int fd;

	fill("x", 1, 1);
	ck_assert_int_eq(truncate(path, 0), 0);
	{
		char *much = malloc(1 << 20);

		memset(much, 'a', 1 << 20);
		fill(much, 1 << 20, 50);
		free(much);
	}
	fd = open(path, O_WRONLY | O_APPEND);
	ck_assert_int_eq(write(fd, "\nfoo\n", 5), 5);
	close(fd);
	expect_first(path, 1, ":1:1: error: the line is longer than 16384 octets [syntax]");
	ck_assert_int_eq(config_parse_file(kit_grammar, path, NULL, &kit_findings, &kit_config),
			 CYG_REFUSED);
	ck_assert_str_eq(kit_codes(), "1 error syntax\n2 error unknown-command\n");
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_told)
{
	expect_first("/proc/self/mem", 1, ":1:1: error: Input/output error [unreadable]");
}
END_TEST

static void *keep_writing(void *arg)
{
	atomic_bool *go_on = arg;
	int fd = open(path, O_WRONLY | O_APPEND);

	/* Often enough to meet a reader, and not so fast that the reader never gets to the end. */
	while (fd >= 0 && atomic_load(go_on)) {
		const struct timespec nap = { .tv_nsec = 20000 };

		if (write(fd, "!\n", 2) != 2)
			break;
		nanosleep(&nap, NULL);
	}
	close(fd);
	return NULL;
}

START_TEST(a_file_that_is_written_to_meanwhile_is_not_believed)
{
	atomic_bool go_on = true;
	bool told = false;
	pthread_t writer;

	fill("! a line that says nothing\n", 27, 20000);
	ck_assert_int_eq(pthread_create(&writer, NULL, keep_writing, &go_on), 0);
	/* The writer need not run just now: it does sooner or later. */
	while (!told) {
		int status;
		char *text = check(path, &status);

		told = strstr(text, ":1:1: error: it was written to while it was read: try again [unreadable]") != NULL;
		ck_assert_int_eq(status, told);
		free(text);
		if (!told && truncate(path, 540000) != 0)
			break;
	}
	atomic_store(&go_on, false);
	pthread_join(writer, NULL);
	ck_assert(told);
}
END_TEST

START_TEST(a_line_of_many_words_is_one_error)
{
	fill("a ", 2, 1000);
	expect_first(path, 1, ":1:1: error: the line has more than 256 words [syntax]");
}
END_TEST

START_TEST(a_last_line_without_its_end_counts)
{
	fill("hostname x", 10, 1);
	ck_assert_int_eq(config_parse_file(kit_grammar, path, NULL, &kit_findings, &kit_config),
			 CYG_OK);
	ck_assert_str_eq(config_view(kit_config)->global->hostname, "x");
}
END_TEST

Suite *file_suite(void)
{
	Suite *suite = suite_create("file");
	TCase *tests = tcase_create("reading");

	tcase_add_checked_fixture(tests, start, stop);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, a_good_file_prints_nothing_and_succeeds);
	tcase_add_test(tests, warnings_do_not_fail_and_errors_do);
	tcase_add_test(tests, a_directory_is_no_configuration);
	tcase_add_test(tests, a_file_that_is_not_there_is_told);
	tcase_add_test(tests, nul_octets_end_the_reading_at_their_line);
	tcase_add_test(tests, what_is_no_utf_8_is_no_text);
	tcase_add_test(tests, a_line_of_fifty_megabytes_is_one_error);
	tcase_add_test(tests, a_file_that_cannot_be_read_is_told);
	tcase_add_test(tests, a_file_that_is_written_to_meanwhile_is_not_believed);
	tcase_add_test(tests, a_line_of_many_words_is_one_error);
	tcase_add_test(tests, a_last_line_without_its_end_counts);
	suite_add_tcase(suite, tests);
	return suite;
}
