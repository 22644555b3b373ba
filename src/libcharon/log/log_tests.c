/* SPDX-License-Identifier: MIT */
#include "log/capture.h"
#include "log/debug.h"
#include "log/log.h"
#include "log/sink.h"

#include <cygnet/numbers.h>

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static char folder[] = "/tmp/cygnet-log-XXXXXX";

static const char *path_of(const char *name)
{
	static char path[64];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static char *content_of(const char *name)
{
	static char text[1 << 20];
	FILE *file = fopen(path_of(name), "r");
	size_t len;

	ck_assert_ptr_nonnull(file);
	len = fread(text, 1, sizeof(text) - 1, file);
	text[len] = '\0';
	fclose(file);
	return text;
}

static void make_folder(void)
{
	memcpy(folder + sizeof(folder) - 7, "XXXXXX", 6);
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void remove_folder(void)
{
	static const char *const names[] = { "a", "b", "socket" };

	log_stop();
	log_ring_forget();
	log_capture_stop();
	for (size_t i = 0; i < CYG_COUNT(names); i++)
		unlink(path_of(names[i]));
	ck_assert_int_eq(rmdir(folder), 0);
}

static void use_file(const char *name, bool json, enum cyg_log_level level)
{
	const struct log_sink sink = { .kind = LOG_SINK_FILE, .level = level, .json = json,
				       .path = path_of(name) };

	ck_assert_int_eq(log_configure(&sink, 1), CYG_OK);
}

/* --- Sentences and fields --- */

START_TEST(a_sentence_is_filled_from_its_fields)
{
	struct cyg_endpoint peer = { .port = 500 };

	ck_assert_int_eq(cyg_ip_parse(CYG_STR("192.0.2.1"), &peer.ip), CYG_OK);
	cyg_log(CYG_LOG_NOTICE, "auth.rejected", "{peer}: {why}, spi {spi}, {count} times, {status} {yes}",
		F_ENDPOINT("peer", &peer), F_STR("why", "no key"), F_HEX64("spi", 0xabc),
		F_UINT("count", 3), F_STATUS("status", CYG_REFUSED), F_BOOL("yes", true));
	ck_assert_str_eq(log_capture_last("auth.rejected"),
			 "192.0.2.1:500: no key, spi 0000000000000abc, 3 times, refused true");
	ck_assert_str_eq(log_capture_field("auth.rejected", 0, "why"), "no key");
	ck_assert_ptr_null(log_capture_field("auth.rejected", 0, "nothing"));
}
END_TEST

START_TEST(a_field_without_a_value_is_a_dash)
{
	cyg_log(CYG_LOG_INFO, "x", "{a} {b} {c} {d}", F_STR("a", NULL), F_IP("b", NULL),
		F_ENDPOINT("c", NULL), F_IDENTITY("d", NULL));
	ck_assert_str_eq(log_capture_last("x"), "- - - -");
}
END_TEST

START_TEST(a_name_that_no_field_has_stays_as_it_is)
{
	cyg_log(CYG_LOG_INFO, "x", "{a} {b} {", F_UINT("a", 1));
	ck_assert_str_eq(log_capture_last("x"), "1 {b} {");
	cyg_log(CYG_LOG_INFO, "y", "no fields {at} all");
	ck_assert_str_eq(log_capture_last("y"), "no fields {at} all");
}
END_TEST

START_TEST(what_a_peer_sent_cannot_make_a_second_line_or_a_field)
{
	cyg_log(CYG_LOG_INFO, "x", "{a} and {b}", F_FOREIGN("a", cyg_bytes("k\n{b}\x1b[0m\\", 10)),
		F_STR("b", "line\nbreak"));
	ck_assert_str_eq(log_capture_last("x"), "k\\x0a{b}\\x1b[0m\\\\ and line\\x0abreak");
}
END_TEST

START_TEST(a_sentence_that_is_too_long_is_cut)
{
	static char text[4000];

	memset(text, 'a', sizeof(text) - 1);
	cyg_log(CYG_LOG_INFO, "x", "{text}", F_STR("text", text));
	ck_assert_uint_eq(strlen(log_capture_last("x")), LOG_SENTENCE_MAX - 1);
	ck_assert_uint_eq(strlen(log_capture_field("x", 0, "text")), LOG_VALUE_MAX - 1);
}
END_TEST

START_TEST(fields_beyond_the_room_are_left_out_whole)
{
	static char text[LOG_VALUE_MAX];

	memset(text, 'a', sizeof(text) - 1);
	cyg_log(CYG_LOG_INFO, "x", "much", F_STR("a", text), F_STR("b", text), F_STR("c", text),
		F_STR("d", text), F_UINT("e", 5));
	ck_assert_ptr_nonnull(log_capture_field("x", 0, "c"));
	ck_assert_ptr_null(log_capture_field("x", 0, "d"));
	ck_assert_str_eq(log_capture_field("x", 0, "e"), "5");
}
END_TEST

START_TEST(levels_have_words)
{
	enum cyg_log_level level;

	ck_assert_int_eq(log_level_parse(CYG_STR("Warning"), &level), CYG_OK);
	ck_assert_int_eq(level, CYG_LOG_WARNING);
	ck_assert_int_eq(log_level_parse(CYG_STR("loud"), &level), CYG_NOT_FOUND);
	ck_assert_str_eq(log_level_text(CYG_LOG_DEBUG), "debug");
	ck_assert_str_eq(log_level_text((enum cyg_log_level)0), "unknown");
}
END_TEST

/* --- The limit --- */

static int64_t fake_now;

static int64_t fake_clock(void)
{
	return fake_now;
}

START_TEST(a_burst_of_one_event_is_cut_off_and_counted)
{
	log_set_clock(fake_clock);
	fake_now = 100;
	for (int i = 0; i < 25; i++)
		cyg_log_limited(CYG_LOG_INFO, "ike.failed", "no");
	cyg_log_limited(CYG_LOG_INFO, "another", "yes");
	ck_assert_uint_eq(log_capture_count("ike.failed"), CYG_LOG_BURST);
	ck_assert_uint_eq(log_capture_count("another"), 1);
	ck_assert_uint_eq(log_capture_count("log.suppressed"), 0);
	fake_now = 101;
	cyg_log_limited(CYG_LOG_INFO, "ike.failed", "no");
	ck_assert_uint_eq(log_capture_count("ike.failed"), CYG_LOG_BURST + 1);
	ck_assert_str_eq(log_capture_last("log.suppressed"), "15 lines of ike.failed were not logged");
	fake_now = 102;
	cyg_log_limited(CYG_LOG_INFO, "ike.failed", "no");
	ck_assert_uint_eq(log_capture_count("log.suppressed"), 1);
	log_set_clock(NULL);
}
END_TEST

START_TEST(more_events_than_are_remembered_are_limited_all_the_same)
{
	static char names[200][16];

	log_set_clock(fake_clock);
	fake_now = 200;
	for (unsigned i = 0; i < CYG_COUNT(names); i++) {
		snprintf(names[i], sizeof(names[i]), "event.%u", i);
		cyg_log_limited(CYG_LOG_INFO, names[i], "one");
	}
	ck_assert_uint_eq(log_capture_count(NULL), CYG_COUNT(names));
	log_set_clock(NULL);
}
END_TEST

/* --- Sinks --- */

START_TEST(a_file_gets_one_line_per_event_in_order)
{
	use_file("a", false, CYG_LOG_INFO);
	for (unsigned i = 0; i < 100; i++)
		cyg_log(CYG_LOG_NOTICE, "count", "number {n}", F_UINT("n", i));
	ck_assert(log_flush(5000));

	char *text = content_of("a");

	for (unsigned i = 0; i < 100; i++) {
		char end[32];
		char *newline = strchr(text, '\n');

		ck_assert_ptr_nonnull(newline);
		*newline = '\0';
		snprintf(end, sizeof(end), "Z notice count: number %u", i);
		ck_assert_ptr_nonnull(strstr(text, end));
		text = newline + 1;
	}
	ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(a_json_line_parses_and_holds_its_fields)
{
	json_error_t error;
	json_t *line, *fields;

	use_file("a", true, CYG_LOG_INFO);
	cyg_log(CYG_LOG_WARNING, "auth.rejected", "{id} said \"no\"",
		F_FOREIGN("id", cyg_bytes("\"\\\n\xff", 4)), F_UINT("count", 7), F_BOOL("psk", false));
	ck_assert(log_flush(5000));
	line = json_loads(content_of("a"), 0, &error);
	ck_assert_msg(line != NULL, "%s", error.text);
	fields = json_object_get(line, "fields");
	ck_assert_str_eq(json_string_value(json_object_get(line, "event")), "auth.rejected");
	ck_assert_str_eq(json_string_value(json_object_get(line, "level")), "warning");
	ck_assert_str_eq(json_string_value(json_object_get(line, "message")),
			 "\"\\\\\\x0a\\xff said \"no\"");
	ck_assert_str_eq(json_string_value(json_object_get(fields, "id")), "\"\\\\\\x0a\\xff");
	ck_assert_int_eq(json_integer_value(json_object_get(fields, "count")), 7);
	ck_assert(json_is_false(json_object_get(fields, "psk")));
	json_decref(line);
}
END_TEST

START_TEST(the_longest_json_line_still_parses)
{
	static char text[LOG_SENTENCE_MAX];
	json_t *line;

	memset(text, '\\', sizeof(text) - 1);
	use_file("a", true, CYG_LOG_INFO);
	cyg_log(CYG_LOG_INFO, "x", "{a}{a}{a}", F_STR("a", text), F_STR("b", text), F_STR("c", text),
		F_STR("d", text));
	ck_assert(log_flush(5000));
	line = json_loads(content_of("a"), 0, NULL);
	ck_assert_ptr_nonnull(line);
	ck_assert_uint_gt(json_object_size(json_object_get(line, "fields")), 0);
	json_decref(line);
}
END_TEST

START_TEST(each_sink_has_its_own_level)
{
	char other[64];
	struct log_sink sinks[] = {
		{ .kind = LOG_SINK_FILE, .level = CYG_LOG_WARNING },
		{ .kind = LOG_SINK_FILE, .level = CYG_LOG_DEBUG },
	};

	snprintf(other, sizeof(other), "%s/b", folder);
	sinks[0].path = path_of("a");
	sinks[1].path = other;
	ck_assert_int_eq(log_configure(sinks, 2), CYG_OK);
	ck_assert(cyg_log_wanted(CYG_LOG_DEBUG));
	cyg_log(CYG_LOG_DEBUG, "x", "small");
	cyg_log(CYG_LOG_ERROR, "x", "great");
	ck_assert(log_flush(5000));
	ck_assert_ptr_null(strstr(content_of("a"), "small"));
	ck_assert_ptr_nonnull(strstr(content_of("a"), "great"));
	ck_assert_ptr_nonnull(strstr(content_of("b"), "small"));
	log_stop();
	ck_assert(!cyg_log_wanted(CYG_LOG_DEBUG));
}
END_TEST

START_TEST(a_file_that_was_rotated_is_opened_anew)
{
	char moved[64];

	use_file("a", false, CYG_LOG_INFO);
	cyg_log(CYG_LOG_INFO, "x", "before");
	ck_assert(log_flush(5000));
	snprintf(moved, sizeof(moved), "%s/b", folder);
	ck_assert_int_eq(rename(path_of("a"), moved), 0);
	cyg_log(CYG_LOG_INFO, "x", "between");
	ck_assert_int_eq(log_reopen(), CYG_OK);
	cyg_log(CYG_LOG_INFO, "x", "after");
	ck_assert(log_flush(5000));
	ck_assert_ptr_nonnull(strstr(content_of("b"), "before"));
	ck_assert_ptr_nonnull(strstr(content_of("b"), "between"));
	ck_assert_ptr_null(strstr(content_of("b"), "after"));
	ck_assert_ptr_nonnull(strstr(content_of("a"), "after"));
}
END_TEST

START_TEST(a_file_that_cannot_be_opened_anew_keeps_the_old_one)
{
	char moved[64];

	use_file("a", false, CYG_LOG_INFO);
	snprintf(moved, sizeof(moved), "%s/b", folder);
	ck_assert_int_eq(rename(path_of("a"), moved), 0);
	ck_assert_int_eq(mkdir(path_of("a"), 0700), 0);
	ck_assert_int_eq(log_reopen(), CYG_IO);
	cyg_log(CYG_LOG_INFO, "x", "after");
	ck_assert(log_flush(5000));
	ck_assert_ptr_nonnull(strstr(content_of("b"), "after"));
	rmdir(path_of("a"));
}
END_TEST

START_TEST(a_configuration_that_fails_changes_nothing)
{
	struct log_sink bad[2] = {
		{ .kind = LOG_SINK_FILE, .level = CYG_LOG_DEBUG },
		{ .kind = LOG_SINK_FILE, .level = CYG_LOG_DEBUG, .path = "/nowhere/at/all" },
	};
	struct log_sink many[LOG_SINKS_MAX + 1] = { { .kind = LOG_SINK_STDERR } };

	use_file("a", false, CYG_LOG_INFO);
	bad[0].fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	errno = 0;
	ck_assert_int_eq(log_configure(bad, 2), CYG_IO);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(close(bad[0].fd), 0); /* it is still ours */
	ck_assert_int_eq(log_configure(many, CYG_COUNT(many)), CYG_LIMIT);
	ck_assert(!cyg_log_wanted(CYG_LOG_DEBUG));
	cyg_log(CYG_LOG_INFO, "x", "still here");
	ck_assert(log_flush(5000));
	ck_assert_ptr_nonnull(strstr(content_of("a"), "still here"));
}
END_TEST

START_TEST(lines_that_no_sink_takes_are_counted_and_told)
{
	struct log_sink full = { .kind = LOG_SINK_FILE, .level = CYG_LOG_INFO, .path = "/dev/full" };
	uint64_t before = log_lost();

	ck_assert_int_eq(log_configure(&full, 1), CYG_OK);
	cyg_log(CYG_LOG_INFO, "x", "to nowhere");
	ck_assert(log_flush(5000));
	ck_assert_uint_gt(log_lost(), before);
	use_file("a", false, CYG_LOG_INFO);
	cyg_log(CYG_LOG_INFO, "x", "to somewhere");
	ck_assert(log_flush(5000));
	ck_assert_ptr_nonnull(strstr(content_of("a"), "warning log.lost: "));
}
END_TEST

START_TEST(a_full_queue_drops_lines_and_no_caller_waits)
{
	struct log_sink pipe_sink = { .kind = LOG_SINK_FILE, .level = CYG_LOG_INFO };
	uint64_t before = log_lost();
	int ends[2];

	/* Nobody reads: the writer is stuck in the pipe until it is closed. */
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	pipe_sink.fd = ends[1];
	ck_assert_int_eq(log_configure(&pipe_sink, 1), CYG_OK);
	for (unsigned i = 0; i < 3 * LOG_QUEUE_MAX; i++)
		cyg_log(CYG_LOG_INFO, "x", "a line that is some seventy octets long as most of them are");
	ck_assert_uint_gt(log_lost(), before);
	ck_assert(!log_flush(1));
	close(ends[0]);
	ck_assert(log_flush(5000));
}
END_TEST

static int listen_on(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	memcpy(address.sun_path, path, strlen(path) + 1);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static const char *receive(int fd)
{
	static char text[LOG_LINE_MAX];
	ssize_t len = recv(fd, text, sizeof(text) - 1, 0);

	ck_assert_int_gt(len, 0);
	text[len] = '\0';
	return text;
}

START_TEST(the_journal_gets_fields_and_a_priority)
{
	struct log_sink sink = { .kind = LOG_SINK_JOURNAL, .level = CYG_LOG_INFO, .path = path_of("socket") };
	int fd = listen_on(path_of("socket"));

	ck_assert_int_eq(log_configure(&sink, 1), CYG_OK);
	cyg_log(CYG_LOG_ERROR, "auth.rejected", "refused {id}", F_STR("id", "a\nb"), F_UINT("key-bits", 7));
	ck_assert_str_eq(receive(fd), "PRIORITY=3\nSYSLOG_IDENTIFIER=cygnet\n"
				      "CYGNET_EVENT=auth.rejected\n"
				      "MESSAGE=auth.rejected: refused a\\x0ab\n"
				      "CYGNET_ID=a\\x0ab\nCYGNET_KEY_BITS=7\n");
	close(fd);
}
END_TEST

START_TEST(syslog_gets_json_behind_its_head_if_that_is_wanted)
{
	struct log_sink sink = { .kind = LOG_SINK_SYSLOG, .level = CYG_LOG_INFO, .json = true, .path = path_of("socket") };
	int fd = listen_on(path_of("socket"));
	char head[64];
	const char *got;
	json_t *line;

	ck_assert_int_eq(log_configure(&sink, 1), CYG_OK);
	cyg_log(CYG_LOG_ERROR, "auth.rejected", "refused {id}", F_STR("id", "a\nb"), F_UINT("key-bits", 7));
	got = receive(fd);
	snprintf(head, sizeof(head), "<27>cygnet[%ld]: {", (long)getpid());
	ck_assert_ptr_eq(strstr(got, head), got);
	line = json_loads(got + strlen(head) - 1, 0, NULL);
	ck_assert_ptr_nonnull(line);
	ck_assert_str_eq(json_string_value(json_object_get(line, "message")), "refused a\\x0ab");
	ck_assert_int_eq(json_integer_value(json_object_get(json_object_get(line, "fields"), "key-bits")), 7);
	json_decref(line);
	close(fd);
}
END_TEST

START_TEST(a_syslog_listener_that_comes_late_or_anew_is_found)
{
	struct log_sink sink = { .kind = LOG_SINK_SYSLOG, .level = CYG_LOG_INFO, .path = path_of("socket") };
	int fd;

	ck_assert_int_eq(log_configure(&sink, 1), CYG_OK);
	cyg_log(CYG_LOG_INFO, "x", "nobody hears");
	ck_assert(log_flush(5000));
	for (unsigned i = 0; i < 2; i++) {
		char want[64];

		fd = listen_on(path_of("socket"));
		cyg_log(CYG_LOG_INFO, "x", "heard");
		snprintf(want, sizeof(want), "<30>cygnet[%ld]: x: heard", (long)getpid());
		ck_assert_str_eq(receive(fd), want);
		if (i == 0)
			ck_assert_ptr_nonnull(strstr(receive(fd), "log.lost: 1 lines"));
		close(fd);
		ck_assert_int_eq(unlink(path_of("socket")), 0);
	}
}
END_TEST

static void *log_a_thousand(void *name)
{
	for (unsigned i = 0; i < 1000; i++)
		cyg_log(CYG_LOG_INFO, name, "{i}", F_UINT("i", i));
	return NULL;
}

START_TEST(lines_of_several_threads_arrive_whole_and_each_in_its_order)
{
	static char names[4][8] = { "one", "two", "three", "four" };
	unsigned next[4] = { 0 };
	pthread_t threads[4];
	char *save, *line;

	use_file("a", false, CYG_LOG_INFO);
	for (unsigned i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, log_a_thousand, names[i]), 0);
	for (unsigned i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	ck_assert(log_flush(5000));
	for (line = strtok_r(content_of("a"), "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char event[8];
		unsigned number;

		ck_assert_int_eq(sscanf(line, "%*s info %7[a-z]: %u", event, &number), 2);
		for (unsigned i = 0; i < 4; i++) {
			if (strcmp(names[i], event) == 0)
				ck_assert_uint_eq(number, next[i]++);
		}
	}
	for (unsigned i = 0; i < 4; i++)
		ck_assert_uint_eq(next[i], 1000);
}
END_TEST

START_TEST(the_log_can_be_stopped_and_started_again)
{
	use_file("a", false, CYG_LOG_INFO);
	cyg_log(CYG_LOG_INFO, "x", "first");
	log_stop();
	ck_assert_ptr_nonnull(strstr(content_of("a"), "first"));
	use_file("b", false, CYG_LOG_INFO);
	cyg_log(CYG_LOG_INFO, "x", "second");
	log_stop();
	ck_assert_ptr_nonnull(strstr(content_of("b"), "second"));
}
END_TEST

/* --- The newest lines --- */

static void count_wake(void *ctx)
{
	atomic_fetch_add((atomic_uint *)ctx, 1);
}

START_TEST(the_newest_lines_are_kept_whatever_the_sinks_want)
{
	char text[LOG_LINE_MAX];
	struct cyg_strbuf out = CYG_STRBUF(text);
	enum cyg_log_level level;
	atomic_uint woken = 0;
	uint64_t first = log_ring_next(), number = first;

	use_file("a", false, CYG_LOG_ERROR);
	log_ring_listen(count_wake, &woken);
	ck_assert(!log_ring_read(&number, false, &level, &out));
	cyg_log_emit(CYG_LOG_DEBUG, "debug.packet", "kept", (const struct cyg_field[]){ { 0 } });
	ck_assert(log_flush(5000));
	log_ring_listen(NULL, NULL);
	ck_assert(log_ring_read(&number, false, &level, &out));
	ck_assert_uint_eq(number, first);
	ck_assert_int_eq(level, CYG_LOG_DEBUG);
	ck_assert_ptr_nonnull(strstr(text, " debug debug.packet: kept\n"));
	ck_assert_uint_le(1, woken);
	ck_assert_str_eq(content_of("a"), "");
	number++;
	ck_assert(!log_ring_read(&number, false, &level, &out));
}
END_TEST

START_TEST(who_reads_too_slowly_sees_the_gap)
{
	char text[LOG_LINE_MAX];
	struct cyg_strbuf out = CYG_STRBUF(text);
	enum cyg_log_level level;
	uint64_t first = log_ring_next(), number = first;
	json_t *line;

	use_file("a", false, CYG_LOG_INFO);
	for (unsigned i = 0; i < LOG_RING_MAX + 10; i++) {
		cyg_log(CYG_LOG_INFO, "x", "{n}", F_UINT("n", i));
		if (i % 100 == 0)
			ck_assert(log_flush(5000));
	}
	ck_assert(log_flush(5000));
	ck_assert(log_ring_read(&number, true, &level, &out));
	ck_assert_uint_eq(number, first + 10);
	line = json_loads(text, 0, NULL);
	ck_assert_int_eq(json_integer_value(json_object_get(json_object_get(line, "fields"), "n")), 10);
	json_decref(line);
}
END_TEST

/* --- Debugging --- */

static struct debug_condition of_prefix(const char *address, unsigned len)
{
	struct debug_condition condition = { .kind = DEBUG_PEER_PREFIX };
	struct cyg_ip ip;

	ck_assert_int_eq(cyg_ip_parse(cyg_str(address), &ip), CYG_OK);
	ck_assert_int_eq(cyg_prefix_make(&ip, len, &condition.prefix), CYG_OK);
	return condition;
}

START_TEST(debug_lines_come_only_while_their_kind_is_on)
{
	const struct cyg_debug_who who = { 0 };

	cyg_debug(CYG_DEBUG_IKEV2_PACKET, &who, "debug.packet", "one");
	debug_set(1u << CYG_DEBUG_IKEV2_PACKET, true);
	cyg_debug(CYG_DEBUG_IKEV2_PACKET, &who, "debug.packet", "two");
	cyg_debug(CYG_DEBUG_IKEV2_ERROR, &who, "debug.error", "three");
	debug_set(~0u, false);
	cyg_debug(CYG_DEBUG_IKEV2_PACKET, &who, "debug.packet", "four");
	ck_assert_uint_eq(log_capture_count(NULL), 1);
	ck_assert_str_eq(log_capture_last("debug.packet"), "two");
}
END_TEST

START_TEST(a_condition_lets_only_its_peers_pass)
{
	struct debug_condition net = of_prefix("192.0.2.0", 24), user = { .kind = DEBUG_USERNAME, .word = "Alice" };
	struct debug_condition vrf = { .kind = DEBUG_FVRF, .word = "red" };
	struct cyg_ip inside, outside;
	struct cyg_debug_who who = { .peer = &inside };
	struct cyg_identity *alice;

	ck_assert_int_eq(cyg_ip_parse(CYG_STR("192.0.2.7"), &inside), CYG_OK);
	ck_assert_int_eq(cyg_ip_parse(CYG_STR("198.51.100.7"), &outside), CYG_OK);
	ck_assert_int_eq(cyg_identity_new(CYG_ID_FQDN, cyg_bytes("alice", 5), &alice), CYG_OK);
	debug_set(1u << CYG_DEBUG_IKEV2_PACKET, true);
	ck_assert_int_eq(debug_condition_add(&net), CYG_OK);
	ck_assert_int_eq(debug_condition_add(&net), CYG_EXISTS);
	ck_assert(cyg_debug_wanted(CYG_DEBUG_IKEV2_PACKET, &who));
	who.peer = &outside;
	ck_assert(!cyg_debug_wanted(CYG_DEBUG_IKEV2_PACKET, &who));
	ck_assert_int_eq(debug_condition_add(&user), CYG_OK);
	ck_assert(!cyg_debug_wanted(CYG_DEBUG_IKEV2_PACKET, &who));
	who.identity = alice;
	ck_assert(cyg_debug_wanted(CYG_DEBUG_IKEV2_PACKET, &who));
	who.identity = NULL;
	who.username = "alice";
	ck_assert(cyg_debug_wanted(CYG_DEBUG_IKEV2_PACKET, &who));
	ck_assert_int_eq(debug_condition_remove(&user), CYG_OK);
	ck_assert_int_eq(debug_condition_remove(&user), CYG_NOT_FOUND);
	ck_assert_int_eq(debug_condition_add(&vrf), CYG_OK);
	who.fvrf = "";
	ck_assert(!cyg_debug_wanted(CYG_DEBUG_IKEV2_PACKET, &who));
	who.fvrf = "red";
	ck_assert(cyg_debug_wanted(CYG_DEBUG_IKEV2_PACKET, &who));
	debug_conditions_clear();
	ck_assert(cyg_debug_wanted(CYG_DEBUG_IKEV2_PACKET, &(struct cyg_debug_who){ .peer = &outside }));
	debug_set(~0u, false);
	cyg_identity_unref(alice);
}
END_TEST

START_TEST(conditions_have_a_limit)
{
	for (unsigned i = 0; i < DEBUG_CONDITIONS_MAX; i++) {
		struct debug_condition one = of_prefix("10.0.0.0", 8 + i);

		ck_assert_int_eq(debug_condition_add(&one), CYG_OK);
	}
	struct debug_condition more = of_prefix("192.0.2.1", 32);

	ck_assert_int_eq(debug_condition_add(&more), CYG_LIMIT);
	ck_assert_uint_eq(debug_conditions(NULL, 0), DEBUG_CONDITIONS_MAX);
	debug_conditions_clear();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("log");
	TCase *text = tcase_create("sentence"), *sinks = tcase_create("sinks"), *debug = tcase_create("debug");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(text, log_capture_start, log_capture_stop);
	tcase_add_test(text, a_sentence_is_filled_from_its_fields);
	tcase_add_test(text, a_field_without_a_value_is_a_dash);
	tcase_add_test(text, a_name_that_no_field_has_stays_as_it_is);
	tcase_add_test(text, what_a_peer_sent_cannot_make_a_second_line_or_a_field);
	tcase_add_test(text, a_sentence_that_is_too_long_is_cut);
	tcase_add_test(text, fields_beyond_the_room_are_left_out_whole);
	tcase_add_test(text, levels_have_words);
	tcase_add_test(text, a_burst_of_one_event_is_cut_off_and_counted);
	tcase_add_test(text, more_events_than_are_remembered_are_limited_all_the_same);
	tcase_add_checked_fixture(sinks, make_folder, remove_folder);
	tcase_add_test(sinks, a_file_gets_one_line_per_event_in_order);
	tcase_add_test(sinks, a_json_line_parses_and_holds_its_fields);
	tcase_add_test(sinks, the_longest_json_line_still_parses);
	tcase_add_test(sinks, each_sink_has_its_own_level);
	tcase_add_test(sinks, a_file_that_was_rotated_is_opened_anew);
	tcase_add_test(sinks, a_file_that_cannot_be_opened_anew_keeps_the_old_one);
	tcase_add_test(sinks, a_configuration_that_fails_changes_nothing);
	tcase_add_test(sinks, lines_that_no_sink_takes_are_counted_and_told);
	tcase_add_test(sinks, a_full_queue_drops_lines_and_no_caller_waits);
	tcase_add_test(sinks, the_journal_gets_fields_and_a_priority);
	tcase_add_test(sinks, syslog_gets_json_behind_its_head_if_that_is_wanted);
	tcase_add_test(sinks, a_syslog_listener_that_comes_late_or_anew_is_found);
	tcase_add_test(sinks, lines_of_several_threads_arrive_whole_and_each_in_its_order);
	tcase_add_test(sinks, the_log_can_be_stopped_and_started_again);
	tcase_add_test(sinks, the_newest_lines_are_kept_whatever_the_sinks_want);
	tcase_add_test(sinks, who_reads_too_slowly_sees_the_gap);
	tcase_add_checked_fixture(debug, log_capture_start, log_capture_stop);
	tcase_add_test(debug, debug_lines_come_only_while_their_kind_is_on);
	tcase_add_test(debug, a_condition_lets_only_its_peers_pass);
	tcase_add_test(debug, conditions_have_a_limit);
	suite_add_tcase(suite, debug);
	suite_add_tcase(suite, text);
	suite_add_tcase(suite, sinks);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
