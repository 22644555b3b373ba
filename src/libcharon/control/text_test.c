/* SPDX-License-Identifier: MIT */
/* Patterns, pipes, requests, access, files: what needs no socket. */
#include "control/access.h"
#include "control/control_tests.h"
#include "control/pipe.h"
#include "control/protocol.h"
#include "control/text_file.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static bool matches(const char *pattern, const char *line)
{
	struct pattern parsed;
	const char *why = NULL;

	ck_assert_msg(pattern_parse(cyg_str(pattern), &parsed, &why) == CYG_OK, "%s: %s", pattern, why);
	return pattern_matches(&parsed, cyg_str(line));
}

START_TEST(pattern_matches_anywhere_in_the_line)
{
	ck_assert(matches("READY", "1 a b none/none READY"));
	ck_assert(!matches("ready", "1 a b none/none READY"));
	ck_assert(matches("", "anything"));
	ck_assert(matches("b", "b"));
	ck_assert(!matches("b", ""));
}
END_TEST

START_TEST(pattern_knows_anchors_sets_repeats_and_alternatives)
{
	ck_assert(matches("^crypto", "crypto map"));
	ck_assert(!matches("^crypto", " crypto map"));
	ck_assert(matches("map$", "crypto map"));
	ck_assert(!matches("map$", "crypto map "));
	ck_assert(matches("^$", ""));
	ck_assert(!matches("^$", "x"));
	ck_assert(matches("[0-9]+\\.[0-9]+", "at 10.1"));
	ck_assert(!matches("^[^0-9]*$", "a1"));
	ck_assert(matches("^[^0-9]*$", "abc"));
	ck_assert(matches("[]x]", "a]"));
	ck_assert(matches("ab?c", "ac"));
	ck_assert(matches("ab*c", "abbbc"));
	ck_assert(!matches("ab+c", "ac"));
	ck_assert(matches("ab+c", "xabbcx"));
	ck_assert(matches("one|two", "it is two"));
	ck_assert(!matches("^one|^two", "it is two"));
	ck_assert(matches("a.c", "abc"));
	ck_assert(matches("a|", "zzz"));
	ck_assert(matches("x*$", "abc"));
	ck_assert(matches("price\\$", "price$"));
}
END_TEST

START_TEST(pattern_that_is_wrong_is_refused_with_a_reason)
{
	struct pattern parsed;
	const char *why = NULL;
	char long_one[200];

	ck_assert_int_eq(pattern_parse(CYG_STR("[abc"), &parsed, &why), CYG_MALFORMED);
	ck_assert_str_eq(why, "[ without its ]");
	ck_assert_int_eq(pattern_parse(CYG_STR("*a"), &parsed, &why), CYG_MALFORMED);
	ck_assert_int_eq(pattern_parse(CYG_STR("a**"), &parsed, &why), CYG_MALFORMED);
	memset(long_one, 'a', sizeof(long_one));
	ck_assert_int_eq(pattern_parse(cyg_str_n(long_one, sizeof(long_one)), &parsed, &why), CYG_LIMIT);
}
END_TEST

START_TEST(pattern_of_nested_repeats_takes_no_exponential_time)
{
	char line[20001];

	memset(line, 'a', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	ck_assert(!matches("a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", line));
}
END_TEST

/* What passes, one line each. */
static void filter(const char *command, const char *const *lines, char *out, size_t room)
{
	struct pipe_chain chain;
	struct cyg_str rest;
	char reason[200];
	struct cyg_strbuf why = CYG_STRBUF(reason), text = cyg_strbuf(out, room);

	ck_assert_msg(pipe_parse(cyg_str(command), &rest, &chain, &why) == CYG_OK, "%s", reason);
	ck_assert(cyg_str_equal(rest, CYG_STR("show x")));
	for (; *lines; lines++)
		if (pipe_passes(&chain, 0, cyg_str(*lines)))
			cyg_strbuf_addf(&text, "%s;", *lines);
}

START_TEST(pipe_filters_lines_as_its_word_says)
{
	static const char *const lines[] = { "crypto a", " set one", "  deep", "!", "crypto b",
					     " set two", NULL };
	char out[200];

	filter("show x | include set", lines, out, sizeof(out));
	ck_assert_str_eq(out, " set one; set two;");
	filter("show x | exc set|deep", lines, out, sizeof(out));
	ck_assert_str_eq(out, "crypto a;!;crypto b;");
	filter("show x | begin crypto b", lines, out, sizeof(out));
	ck_assert_str_eq(out, "crypto b; set two;");
}
END_TEST

START_TEST(pipe_section_ends_with_its_indentation_and_filters_chain)
{
	static const char *const lines[] = { "crypto a", " set one", "  deep", "!", "crypto b",
					     " set two", NULL };
	char out[200];

	filter("show x | section crypto a", lines, out, sizeof(out));
	ck_assert_str_eq(out, "crypto a; set one;  deep;");
	filter("show x | section crypto | i set", lines, out, sizeof(out));
	ck_assert_str_eq(out, " set one; set two;");
}
END_TEST

START_TEST(pipe_section_keeps_a_banner_whole)
{
	static const char *const lines[] = { "policy p", " banner ^Chello", "you", "", "set well^C", " dns x", "!", "policy q",
					     " banner #short#", "set y", " banner word", "!", "hello", NULL };
	char out[300];

	filter("show x | section policy p", lines, out, sizeof(out));
	ck_assert_str_eq(out, "policy p; banner ^Chello;you;;set well^C; dns x;");
	filter("show x | section banner", lines, out, sizeof(out));
	ck_assert_str_eq(out, " banner ^Chello;you;;set well^C; banner #short#; banner word;");
	/* What ends on its line leads no further, and a banner elsewhere opens nothing. */
	filter("show x | section policy q", lines, out, sizeof(out));
	ck_assert_str_eq(out, "policy q; banner #short#;");
}
END_TEST

static void gather(void *ctx, struct cyg_str line)
{
	cyg_strbuf_add(ctx, line);
}

START_TEST(pipe_count_tells_how_many_lines_match)
{
	struct pipe_chain chain;
	struct cyg_str rest;
	char reason[100], out[100];
	struct cyg_strbuf why = CYG_STRBUF(reason), text = CYG_STRBUF(out);

	ck_assert_int_eq(pipe_parse(CYG_STR("show x | count a"), &rest, &chain, &why), CYG_OK);
	ck_assert(!pipe_passes(&chain, 0, CYG_STR("abc")));
	ck_assert(!pipe_passes(&chain, 0, CYG_STR("xyz")));
	ck_assert(!pipe_passes(&chain, 0, CYG_STR("cba")));
	pipe_finish(&chain, gather, &text);
	ck_assert_str_eq(out, "Number of lines which match regexp = 2");
}
END_TEST

START_TEST(pipe_that_is_wrong_is_refused)
{
	static const char *const wrong[] = { "show x | frobnicate y", "show x | include", "show x |",
					     "show x | include [", "show x | json | include a",
					     "show x | i a | i b | i c | i d | i e" };
	struct pipe_chain chain;
	struct cyg_str rest;

	for (size_t i = 0; i < CYG_COUNT(wrong); i++) {
		char reason[200];
		struct cyg_strbuf why = CYG_STRBUF(reason);

		ck_assert_msg(pipe_parse(cyg_str(wrong[i]), &rest, &chain, &why) != CYG_OK, "%s", wrong[i]);
		ck_assert_msg(reason[0], "%s: no reason", wrong[i]);
	}
}
END_TEST

static enum cyg_status read_request(const char *text, struct control_request *out, char *reason, size_t room)
{
	struct cyg_strbuf why = cyg_strbuf(reason, room);

	return control_request_read(cyg_bytes(text, strlen(text)), out, &why);
}

START_TEST(request_is_read)
{
	struct control_request request;
	char reason[200];

	ck_assert_int_eq(read_request("{\"id\":7,\"run\":\"show version\",\"json\":true}", &request, reason,
				      sizeof(reason)),
			 CYG_OK);
	ck_assert_int_eq(request.verb, CONTROL_RUN);
	ck_assert_uint_eq(request.id, 7);
	ck_assert(request.json);
	ck_assert_str_eq(request.line, "show version");
	control_request_done(&request);
	ck_assert_int_eq(read_request("{\"id\":1,\"help\":\"\",\"new\":[1]}", &request, reason, sizeof(reason)),
			 CYG_OK);
	ck_assert_int_eq(request.verb, CONTROL_HELP);
	ck_assert(!request.json);
	control_request_done(&request);
	ck_assert_int_eq(read_request("{\"id\":3,\"cancel\":true}", &request, reason, sizeof(reason)), CYG_OK);
	ck_assert_int_eq(request.verb, CONTROL_CANCEL);
	ck_assert_uint_eq(request.id, 3);
	control_request_done(&request);
}
END_TEST

START_TEST(request_that_is_wrong_is_refused_with_a_reason)
{
	static const char *const wrong[] = {
		"", "{", "[]", "7", "{}", "{\"id\":1}", "{\"run\":\"x\"}", "{\"id\":-1,\"run\":\"x\"}",
		"{\"id\":\"a\",\"run\":\"x\"}", "{\"id\":1,\"run\":7}", "{\"id\":1,\"run\":\"a\\nb\"}",
		"{\"id\":1,\"run\":\"x\",\"help\":\"y\"}", "{\"id\":1,\"run\":\"x\",\"json\":1}",
		"{\"id\":1,\"id\":2,\"run\":\"x\"}", "{\"id\":1,\"run\":\"a\\u0000b\"}", "{\"id\":1,\"run\":\"\xff\"}",
		"{\"id\":1,\"wait\":1}", "{\"id\":1,\"cancel\":\"x\"}", "{\"id\":1,\"cancel\":true,\"run\":\"x\"}",
	};

	for (size_t i = 0; i < CYG_COUNT(wrong); i++) {
		struct control_request request;
		char reason[200];

		ck_assert_msg(read_request(wrong[i], &request, reason, sizeof(reason)) == CYG_MALFORMED, "%s",
			      wrong[i]);
		ck_assert_msg(reason[0], "%s: no reason", wrong[i]);
		control_request_done(&request);
	}
}
END_TEST

START_TEST(text_that_is_no_utf8_still_becomes_json)
{
	static const char text[] = "a\xff\xc3\xa9\xed\xa0\x80\xe2\x82";
	json_t *json = control_json_text(cyg_str(text));

	ck_assert_str_eq(json_string_value(json), "a?\xc3\xa9?????");
	json_decref(json);
}
END_TEST

START_TEST(access_follows_user_and_groups)
{
	const struct control_groups groups = { .configure = 100, .view = 200 };
	const struct control_groups none = { .configure = (gid_t)-1, .view = (gid_t)-1 };
	const gid_t more[] = { 5, 200 }, both[] = { 200, 100 };
	const struct control_peer root = { .uid = 0, .gid = 0 }, own = { .uid = 77, .gid = 1 };
	const struct control_peer user = { .uid = 1000, .gid = 1000 }, member = { .uid = 1000, .gid = 100 };
	const struct control_peer nobody = { .uid = 65534, .gid = 65534 };
	const struct control_peer odd = { .uid = (uid_t)-1, .gid = (gid_t)-1 };

	ck_assert_int_eq(control_access_of(&groups, 77, &root, NULL, 0), CONTROL_CONFIGURE);
	ck_assert_int_eq(control_access_of(&groups, 77, &own, NULL, 0), CONTROL_CONFIGURE);
	ck_assert_int_eq(control_access_of(&groups, 77, &member, NULL, 0), CONTROL_CONFIGURE);
	ck_assert_int_eq(control_access_of(&groups, 77, &user, NULL, 0), CONTROL_NONE);
	ck_assert_int_eq(control_access_of(&groups, 77, &user, more, 2), CONTROL_VIEW);
	ck_assert_int_eq(control_access_of(&groups, 77, &user, both, 2), CONTROL_CONFIGURE);
	ck_assert_int_eq(control_access_of(&none, 77, &odd, NULL, 0), CONTROL_NONE);
	/* A user that the daemon shares with whoever else has none of its own. */
	ck_assert_int_eq(control_access_of(&groups, 65534, &nobody, NULL, 0), CONTROL_NONE);
	ck_assert_int_eq(control_access_of(&groups, 65534, &nobody, more, 2), CONTROL_VIEW);
}
END_TEST

struct writing {
	atomic_bool go_on;
	int fd;
};

static void *keep_writing(void *arg)
{
	struct writing *writing = arg;

	/* Often enough to meet a reader, and not so fast that the reader never gets to the end. */
	while (atomic_load(&writing->go_on)) {
		const struct timespec nap = { .tv_nsec = 20000 };

		if (write(writing->fd, "!\n", 2) != 2)
			break;
		nanosleep(&nap, NULL);
	}
	return NULL;
}

START_TEST(a_file_that_is_written_to_meanwhile_is_not_believed)
{
	char path[] = "/tmp/cygnet-text-XXXXXX", *text;
	struct writing writing = { .go_on = true, .fd = mkostemp(path, O_APPEND) };
	enum cyg_status status = CYG_OK;
	pthread_t writer;
	size_t len;

	ck_assert_int_ge(writing.fd, 0);
	ck_assert_int_eq(ftruncate(writing.fd, 500000), 0);
	/* Twin: one that nobody touches is read whole. */
	ck_assert_int_eq(text_file_read(path, &text, &len), CYG_OK);
	ck_assert_uint_eq(len, 500000);
	free(text);
	ck_assert_int_eq(pthread_create(&writer, NULL, keep_writing, &writing), 0);
	/* The writer need not run just now: it does sooner or later. */
	while (status == CYG_OK) {
		ck_assert_int_eq(ftruncate(writing.fd, 500000), 0);
		status = text_file_read(path, &text, &len);
		if (status == CYG_OK)
			free(text);
	}
	atomic_store(&writing.go_on, false);
	pthread_join(writer, NULL);
	close(writing.fd);
	unlink(path);
	ck_assert_int_eq(status, CYG_BUSY);
}
END_TEST

/* In the place of libc's: has the folder of a file been brought to the disk, too? */
static unsigned folders_synced;
int fsync(int fd)
{
	struct stat st;

	folders_synced += fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
	return (int)syscall(SYS_fsync, fd);
}

static bool file_is(const char *path, const char *wanted)
{
	char *text;
	size_t len;
	bool same;

	ck_assert_int_eq(text_file_read(path, &text, &len), CYG_OK);
	same = cyg_str_equal(cyg_str_n(text, len), cyg_str(wanted));
	free(text);
	return same;
}

START_TEST(a_file_is_replaced_whole_and_with_its_name_on_the_disk_or_not_at_all)
{
	char folder[] = "/tmp/cygnet-text-XXXXXX", path[64], fresh[64];
	struct stat st;

	folders_synced = 0;
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/file", folder);
	snprintf(fresh, sizeof(fresh), "%s/file.new", folder);
	ck_assert_int_eq(text_file_replace(path, CYG_STR("one")), CYG_OK);
	ck_assert_uint_eq(folders_synced, 1);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert(file_is(path, "one"));
	/* What an interrupted one left behind is no obstacle; what cannot be removed is. */
	ck_assert_int_eq(symlink("/dev/null", fresh), 0);
	ck_assert_int_eq(text_file_replace(path, CYG_STR("two")), CYG_OK);
	ck_assert_int_eq(mkdir(fresh, 0700), 0);
	ck_assert_int_eq(text_file_replace(path, CYG_STR("three")), CYG_IO);
	ck_assert(errno != 0);
	ck_assert(file_is(path, "two"));
	ck_assert_int_eq(rmdir(fresh), 0);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

START_TEST(a_file_is_read_up_to_the_limit_and_no_further)
{
	char path[] = "/tmp/cygnet-text-XXXXXX", *text;
	int fd = mkstemp(path);
	size_t len;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, TEXT_FILE_MAX), 0);
	ck_assert_int_eq(text_file_read(path, &text, &len), CYG_OK);
	ck_assert_uint_eq(len, TEXT_FILE_MAX);
	free(text);
	ck_assert_int_eq(ftruncate(fd, TEXT_FILE_MAX + 1), 0);
	ck_assert_int_eq(text_file_read(path, &text, &len), CYG_LIMIT);
	close(fd);
	unlink(path);
}
END_TEST

START_TEST(of_a_file_of_secrets_the_first_line_alone_is_read)
{
	char path[] = "/tmp/cygnet-text-XXXXXX", line[256];
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(text_file_replace(path, CYG_STR("! before it\n pre-shared-key open-sesame\n")), CYG_OK);
	close(fd);
	memset(line, 'x', sizeof(line));
	ck_assert_int_eq(text_file_first_line(path, line, sizeof(line)), CYG_OK);
	ck_assert_str_eq(line, "! before it");
	ck_assert_ptr_null(memmem(line, sizeof(line), "sesame", 6));
	ck_assert_int_eq(text_file_first_line(path, line, 5), CYG_OK);
	ck_assert_str_eq(line, "! be");
	unlink(path);
	ck_assert_int_eq(text_file_first_line(path, line, sizeof(line)), CYG_NOT_FOUND);
}
END_TEST

Suite *control_text_suite(void)
{
	Suite *suite = suite_create("control: texts");
	TCase *tests = tcase_create("texts");

	tcase_add_test(tests, pattern_matches_anywhere_in_the_line);
	tcase_add_test(tests, pattern_knows_anchors_sets_repeats_and_alternatives);
	tcase_add_test(tests, pattern_that_is_wrong_is_refused_with_a_reason);
	tcase_add_test(tests, pattern_of_nested_repeats_takes_no_exponential_time);
	tcase_add_test(tests, pipe_filters_lines_as_its_word_says);
	tcase_add_test(tests, pipe_section_ends_with_its_indentation_and_filters_chain);
	tcase_add_test(tests, pipe_section_keeps_a_banner_whole);
	tcase_add_test(tests, pipe_count_tells_how_many_lines_match);
	tcase_add_test(tests, pipe_that_is_wrong_is_refused);
	tcase_add_test(tests, request_is_read);
	tcase_add_test(tests, request_that_is_wrong_is_refused_with_a_reason);
	tcase_add_test(tests, text_that_is_no_utf8_still_becomes_json);
	tcase_add_test(tests, access_follows_user_and_groups);
	tcase_add_test(tests, a_file_that_is_written_to_meanwhile_is_not_believed);
	tcase_add_test(tests, a_file_is_replaced_whole_and_with_its_name_on_the_disk_or_not_at_all);
	tcase_add_test(tests, a_file_is_read_up_to_the_limit_and_no_further);
	tcase_add_test(tests, of_a_file_of_secrets_the_first_line_alone_is_read);
	suite_add_tcase(suite, tests);
	return suite;
}
