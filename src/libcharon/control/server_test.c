/* SPDX-License-Identifier: MIT */
/* The socket server on a shard that is stepped by hand, with real sockets and a fake clock. */
#include "config.h"

#include "control/control_tests.h"
#include "control/exec.h"
#include "control/server.h"
#include "shard/shard.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define ROWS      300
#define ROWS_TEXT "a \"row\" of [about] a {hundred} octets, \\ and so that there is something to it, \xc3\xbc in it, too; so"

#define ODD_TEXT "\"%c\\\n{/} ~\n"

static struct cyg_shard *shard;
static struct control_server *server;
static enum control_access grant;
static struct cyg_exec *held;      /* of the command `hold` */
static unsigned paged, pages_gone;

static enum control_access fake_access(void *ctx, int fd, struct control_peer *peer)
{
	peer->uid = 1000;
	peer->pid = 1;
	return grant;
}

static const char *fake_hostname(void *ctx)
{
	return "gw1";
}

/* Lines without end until the client has had `paged` of them. */
static void page(struct cyg_exec *exec, void *arg)
{
	while (!exec_unread(exec) && paged) {
		if (!exec_room(exec, page, NULL))
			return;
		paged--;
		cyg_exec_printf(exec, "%0*d\n", 10000, 0);
	}
	if (exec_unread(exec))
		pages_gone++;
	cyg_exec_done(exec, CYG_OK);
}

static void fake_prompt(void *ctx, const struct control_session *session, struct cyg_strbuf *out)
{
	cyg_strbuf_add(out, CYG_STR("gw1>"));
}

static enum cyg_status fake_run(void *ctx, struct cyg_exec *exec, struct cyg_str whole)
{
	struct cyg_str line;
	enum cyg_status status = exec_pipe(exec, whole, &line);

	if (status != CYG_OK)
		return status;
	if (cyg_str_equal(line, CYG_STR("lines"))) {
		cyg_exec_printf(exec, "one\ntw");
		cyg_exec_printf(exec, "o\nthree");
		cyg_exec_row(exec, json_pack("{s:i}", "n", 1));
		cyg_exec_row(exec, json_pack("{s:i}", "n", 2));
		return CYG_OK;
	}
	if (cyg_str_equal(line, CYG_STR("rows"))) {
		for (int i = 0; i < ROWS; i++)
			cyg_exec_row(exec, json_pack("{s:i,s:s}", "n", i, "text", ROWS_TEXT));
		return CYG_OK;
	}
	if (line.len > 6 && memcmp(line.ptr, "octet ", 6) == 0) {
		cyg_exec_printf(exec, ODD_TEXT, atoi(line.ptr + 6));
		return CYG_OK;
	}
	if (cyg_str_equal(line, CYG_STR("lost"))) {
		cyg_exec_row(exec, NULL);
		cyg_exec_row(exec, json_pack("{s:i}", "n", 1));
		cyg_exec_row(exec, NULL);
		cyg_exec_row(exec, json_pack("{s:i}", "n", 2));
		return CYG_OK;
	}
	if (cyg_str_equal(line, CYG_STR("fail"))) {
		cyg_exec_error(exec, "no %s here", "tea");
		return CYG_NOT_FOUND;
	}
	if (cyg_str_equal(line, CYG_STR("hold"))) {
		held = exec;
		return CYG_PENDING;
	}
	if (cyg_str_equal(line, CYG_STR("pages"))) {
		if (!exec_room(exec, page, NULL))
			return CYG_PENDING;
		page(exec, NULL);
		return CYG_PENDING;
	}
	if (cyg_str_equal(line, CYG_STR("flood"))) {
		for (unsigned i = 0; i < 8000; i++)
			cyg_exec_printf(exec, "%0*d\n", 10000, 0);
		return CYG_OK;
	}
	if (cyg_str_equal(line, CYG_STR("who"))) {
		cyg_exec_printf(exec, "%s\n", control_access_text(exec->session->access));
		return CYG_OK;
	}
	cyg_exec_error(exec, "unknown");
	return CYG_REFUSED;
}

static struct json_t *fake_complete(void *ctx, const struct control_session *session, struct cyg_str line)
{
	return json_pack("[s,s]", "alpha", "beta");
}

static struct json_t *fake_help(void *ctx, const struct control_session *session, struct cyg_str line)
{
	return json_pack("[{s:s,s:s}]", "token", "alpha", "help", "the first");
}

static const struct control_hooks hooks = {
	.access = fake_access,
	.hostname = fake_hostname,
	.prompt = fake_prompt,
	.run = fake_run,
	.complete = fake_complete,
	.help = fake_help,
};

static void setup(void)
{
	const struct shard_manual manual = { .real_fds = true, .seed = 1 };

	grant = CONTROL_CONFIGURE;
	held = NULL;
	paged = pages_gone = 0;
	shard = shard_group_control(shard_group_of(shard_manual_new(&manual)));
	ck_assert_ptr_nonnull(shard);
	server = server_new(shard, &hooks);
	ck_assert_ptr_nonnull(server);
}

static void teardown(void)
{
	server_free(server);
	ck_assert_uint_eq(shard_timer_count(shard), 0);
	ck_assert_uint_eq(shard_manual_poll_count(shard), 0);
	shard_manual_free(shard);
}

static void settle(void)
{
	for (unsigned i = 0; i < 200; i++)
		shard_step(shard);
}

static int connect_client(void)
{
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
	server_adopt(server, ends[1]);
	settle();
	return ends[0];
}

/* All that has come, NUL-terminated; freed by the caller. `*closed`: and then the end. */
static char *take(int fd, bool *closed)
{
	size_t room = 1 << 16, len = 0;
	char *text = malloc(room);
	ssize_t got;

	*closed = false;
	for (;;) {
		if (room - len < 65536)
			text = realloc(text, room *= 2);
		got = recv(fd, text + len, room - len - 1, MSG_DONTWAIT);
		if (got <= 0)
			break;
		len += (size_t)got;
	}
	*closed = got == 0 || errno == ECONNRESET;
	text[len] = '\0';
	return text;
}

static void say(int fd, const char *text)
{
	ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
	settle();
}

static void expect(int fd, const char *wanted, bool wanted_closed)
{
	bool closed;
	char *text = take(fd, &closed);

	ck_assert_str_eq(text, wanted);
	ck_assert_int_eq(closed, wanted_closed);
	free(text);
}

/* Greeting read off. */
static int greeted_client(void)
{
	bool closed;
	int fd = connect_client();

	free(take(fd, &closed));
	ck_assert(!closed);
	return fd;
}

#define DONE_OK(id_) "{\"id\":" id_ ",\"done\":true,\"status\":\"ok\",\"json\":false,\"hostname\":\"gw1\",\"prompt\":\"gw1>\"}\n"

START_TEST(client_is_greeted_with_name_and_access)
{
	int fd;

	grant = CONTROL_VIEW;
	fd = connect_client();
	expect(fd, "{\"cygnet\":\"" PACKAGE_VERSION "\",\"protocol\":1,\"hostname\":\"gw1\",\"access\":\"view\",\"prompt\":\"gw1>\"}\n",
	       false);
	say(fd, "{\"id\":1,\"run\":\"who\"}\n");
	expect(fd, "{\"id\":1,\"text\":\"view\\n\"}\n" DONE_OK("1"), false);
	close(fd);
	settle();
	ck_assert_uint_eq(server_clients(server), 0);
}
END_TEST

START_TEST(client_without_access_is_told_and_closed)
{
	bool closed;
	char *text;
	int fd;

	grant = CONTROL_NONE;
	fd = connect_client();
	text = take(fd, &closed);
	ck_assert_ptr_nonnull(strstr(text, "group cygnet"));
	ck_assert(closed);
	ck_assert_uint_eq(server_clients(server), 0);
	free(text);
	close(fd);
}
END_TEST

START_TEST(text_and_rows_are_answered_as_asked)
{
	int fd = greeted_client();

	say(fd, "{\"id\":1,\"run\":\"lines\"}\n");
	expect(fd, "{\"id\":1,\"text\":\"one\\ntwo\\nthree\\n\"}\n" DONE_OK("1"), false);
	say(fd, "{\"id\":2,\"run\":\"lines\",\"json\":true}\n");
	expect(fd, "{\"id\":2,\"rows\":[{\"n\":1},{\"n\":2}]}\n"
		   "{\"id\":2,\"done\":true,\"status\":\"ok\",\"json\":true,\"hostname\":\"gw1\",\"prompt\":\"gw1>\"}\n", false);
	say(fd, "{\"id\":3,\"run\":\"lines | json\"}\n");
	expect(fd, "{\"id\":3,\"rows\":[{\"n\":1},{\"n\":2}]}\n"
		   "{\"id\":3,\"done\":true,\"status\":\"ok\",\"json\":true,\"hostname\":\"gw1\",\"prompt\":\"gw1>\"}\n", false);
	say(fd, "{\"id\":4,\"run\":\"lines | include t\"}\n");
	expect(fd, "{\"id\":4,\"text\":\"two\\nthree\\n\"}\n" DONE_OK("4"), false);
	say(fd, "{\"id\":5,\"run\":\"lines | count\"}\n");
	expect(fd, "{\"id\":5,\"text\":\"Number of lines which match regexp = 3\\n\"}\n" DONE_OK("5"), false);
	close(fd);
}
END_TEST

START_TEST(text_of_any_octet_is_json_of_one_message)
{
	int fd = greeted_client();

	for (int octet = 0; octet < 256; octet++) {
		char request[64], wanted[64];
		bool closed, seen = octet && octet < 128;
		char *text;
		json_t *message;

		snprintf(request, sizeof(request), "{\"id\":1,\"run\":\"octet %d\"}\n", octet);
		say(fd, request);
		text = take(fd, &closed);
		message = json_loads(strtok(text, "\n"), 0, NULL);
		ck_assert_msg(message != NULL, "octet %d: %s", octet, text);
		snprintf(wanted, sizeof(wanted), ODD_TEXT, seen ? octet : '?');
		ck_assert_str_eq(json_string_value(json_object_get(message, "text")), wanted);
		ck_assert_ptr_nonnull(strstr(strtok(NULL, "\n"), "\"done\""));
		json_decref(message);
		free(text);
	}
	close(fd);
}
END_TEST

/* Takes the messages of an answer; how many there were, and that the rows are all there, whole and in order. */
static unsigned take_rows(int fd)
{
	bool closed = false, done = false;
	unsigned messages = 0;
	int row = 0;
	char *text = take(fd, &closed);

	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"), messages++) {
		json_t *message = json_loads(line, JSON_REJECT_DUPLICATES, NULL), *rows, *one;
		size_t index;

		ck_assert_ptr_nonnull(message);
		ck_assert_int_eq(json_integer_value(json_object_get(message, "id")), 7);
		rows = json_object_get(message, "rows");
		json_array_foreach(rows, index, one) {
			ck_assert_int_eq(json_integer_value(json_object_get(one, "n")), row++);
			ck_assert_str_eq(json_string_value(json_object_get(one, "text")), ROWS_TEXT);
		}
		ck_assert(!done);
		done = json_is_true(json_object_get(message, "done"));
		ck_assert(done == (rows == NULL));
		ck_assert_uint_lt(strlen(line), EXEC_CHUNK + 200);
		json_decref(message);
	}
	ck_assert(done && !closed);
	ck_assert_int_eq(row, ROWS);
	free(text);
	return messages;
}

START_TEST(many_rows_come_in_messages_of_bounded_length)
{
	int fd = greeted_client();
	unsigned messages;

	say(fd, "{\"id\":7,\"run\":\"rows\",\"json\":true}\n");
	messages = take_rows(fd);
	ck_assert_uint_ge(messages, 3);
	ck_assert_uint_le(messages, 10);
	close(fd);
}
END_TEST

START_TEST(a_row_that_memory_was_short_for_is_told_and_the_others_come)
{
	int fd = greeted_client();

	say(fd, "{\"id\":1,\"run\":\"lost\",\"json\":true}\n");
	expect(fd, "{\"id\":1,\"rows\":[{\"n\":1},{\"n\":2}]}\n"
		   "{\"id\":1,\"done\":true,\"status\":\"out of memory\",\"json\":true,\"hostname\":\"gw1\",\"prompt\":\"gw1>\","
		   "\"error\":\"memory is short: the answer is not complete\"}\n", false);
	/* Who asked for text misses nothing. */
	say(fd, "{\"id\":2,\"run\":\"lost\"}\n");
	expect(fd, DONE_OK("2"), false);
	close(fd);
}
END_TEST

START_TEST(failure_is_answered_with_its_reason)
{
	int fd = greeted_client();

	say(fd, "{\"id\":1,\"run\":\"fail\"}\n");
	expect(fd, "{\"id\":1,\"done\":true,\"status\":\"not found\",\"json\":false,\"hostname\":\"gw1\",\"prompt\":\"gw1>\","
		   "\"error\":\"no tea here\"}\n", false);
	say(fd, "nonsense\n");
	expect(fd, "{\"id\":0,\"done\":true,\"status\":\"malformed\",\"error\":\"the request is not JSON\"}\n",
	       false);
	close(fd);
}
END_TEST

START_TEST(words_and_help_are_answered)
{
	int fd = greeted_client();

	say(fd, "{\"id\":1,\"complete\":\"a\"}\n{\"id\":2,\"help\":\"a\"}\n");
	expect(fd, "{\"id\":1,\"words\":[\"alpha\",\"beta\"],\"done\":true,\"status\":\"ok\",\"hostname\":\"gw1\"}\n"
		   "{\"id\":2,\"help\":[{\"token\":\"alpha\",\"help\":\"the first\"}],\"done\":true,"
		   "\"status\":\"ok\",\"hostname\":\"gw1\"}\n", false);
	close(fd);
}
END_TEST

START_TEST(requests_wait_for_the_one_under_way)
{
	int fd = greeted_client();

	say(fd, "{\"id\":1,\"run\":\"hold\"}\n{\"id\":2,\"run\":\"who\"}\n");
	expect(fd, "", false);
	ck_assert_uint_eq(server_running(server), 1);
	cyg_exec_printf(held, "at last\n");
	cyg_exec_done(held, CYG_OK);
	settle();
	expect(fd, "{\"id\":1,\"text\":\"at last\\n\"}\n" DONE_OK("1")
		   "{\"id\":2,\"text\":\"configure\\n\"}\n" DONE_OK("2"), false);
	close(fd);
}
END_TEST

START_TEST(many_requests_at_once_are_all_answered)
{
	int fd = greeted_client();
	unsigned answers = 0;
	bool closed;
	char *text;

	for (unsigned i = 0; i < 100; i++)
		ck_assert_int_gt(send(fd, "{\"id\":9,\"run\":\"who\"}\n", 21, 0), 0);
	settle();
	text = take(fd, &closed);
	for (char *at = text; (at = strstr(at, "\"done\"")); at++)
		answers++;
	ck_assert_uint_eq(answers, 100);
	free(text);
	close(fd);
}
END_TEST

START_TEST(half_closed_client_gets_its_answer)
{
	int fd = greeted_client();

	say(fd, "{\"id\":1,\"run\":\"hold\"}\n");
	shutdown(fd, SHUT_WR);
	settle();
	ck_assert_uint_eq(server_clients(server), 1);
	cyg_exec_done(held, CYG_OK);
	settle();
	expect(fd, DONE_OK("1"), true);
	ck_assert_uint_eq(server_clients(server), 0);
	close(fd);
}
END_TEST

START_TEST(command_outlives_a_client_that_left)
{
	int fd = greeted_client();

	say(fd, "{\"id\":1,\"run\":\"hold\"}\n");
	server_close(server);
	close(fd);
	ck_assert_uint_eq(server_running(server), 1);
	ck_assert(exec_gone(held));
	cyg_exec_printf(held, "nobody reads this\n");
	cyg_exec_done(held, CYG_OK);
	ck_assert_uint_eq(server_running(server), 0);
}
END_TEST

START_TEST(request_without_end_is_refused)
{
	int fd = greeted_client();
	char *much = malloc(CONTROL_REQUEST_MAX + 100);

	memset(much, 'x', CONTROL_REQUEST_MAX + 100);
	for (size_t at = 0; at < CONTROL_REQUEST_MAX + 100;) {
		ssize_t sent = send(fd, much + at, CONTROL_REQUEST_MAX + 100 - at, MSG_DONTWAIT | MSG_NOSIGNAL);

		settle();
		if (sent < 0)
			break;
		at += (size_t)sent;
	}
	settle();
	expect(fd, "{\"id\":0,\"done\":true,\"status\":\"limit reached\",\"error\":\"the request is too long\"}\n", true);
	free(much);
	close(fd);
}
END_TEST

START_TEST(command_that_pages_waits_for_a_slow_reader)
{
	int fd = greeted_client();
	bool closed = false;
	size_t total = 0;

	paged = 1000; /* ten million octets */
	say(fd, "{\"id\":1,\"run\":\"pages\"}\n");
	ck_assert_uint_gt(paged, 900);
	while (paged && !closed) {
		char *text = take(fd, &closed);

		total += strlen(text);
		free(text);
		settle();
	}
	ck_assert(!closed);
	free(take(fd, &closed));
	ck_assert_uint_gt(total, 9000000);
	ck_assert_uint_eq(pages_gone, 0);
	close(fd);
}
END_TEST

START_TEST(client_that_does_not_read_is_closed_after_a_time)
{
	int fd = greeted_client();

	paged = 1000;
	say(fd, "{\"id\":1,\"run\":\"pages\"}\n");
	shard_clock_advance(shard_manual_clock(shard), CONTROL_STALL_MS - 1);
	settle();
	ck_assert_uint_eq(server_clients(server), 1);
	shard_clock_advance(shard_manual_clock(shard), 1);
	settle();
	ck_assert_uint_eq(server_clients(server), 0);
	ck_assert_uint_eq(pages_gone, 1);
	ck_assert_uint_eq(server_running(server), 0);
	close(fd);
}
END_TEST

START_TEST(client_that_does_not_read_but_says_that_somebody_does_is_kept)
{
	int fd = greeted_client();

	paged = 1000;
	say(fd, "{\"id\":1,\"run\":\"pages\"}\n");
	for (unsigned i = 0; i < 10; i++) {
		shard_clock_advance(shard_manual_clock(shard), CONTROL_STALL_MS - 1);
		settle();
		ck_assert_uint_eq(server_clients(server), 1);
		say(fd, "{\"id\":1,\"wait\":true}\n");
	}
	ck_assert_uint_gt(paged, 900);
	/* What is no such remark keeps nobody. */
	shard_clock_advance(shard_manual_clock(shard), CONTROL_STALL_MS - 1);
	say(fd, "{\"id\":2,\"run\":\"lines\"}\n");
	shard_clock_advance(shard_manual_clock(shard), 1);
	settle();
	ck_assert_uint_eq(server_clients(server), 0);
	ck_assert_uint_eq(pages_gone, 1);
	close(fd);
}
END_TEST

START_TEST(command_whose_reader_has_had_enough_ends_and_the_next_one_runs)
{
	int fd = greeted_client();
	bool closed;
	char *text;

	paged = 1000;
	say(fd, "{\"id\":1,\"run\":\"pages\"}\n");
	say(fd, "{\"id\":2,\"cancel\":true}\n"); /* another's */
	ck_assert_uint_eq(pages_gone, 0);
	ck_assert_uint_eq(server_running(server), 1);
	say(fd, "{\"id\":1,\"cancel\":true}\n");
	ck_assert_uint_eq(pages_gone, 1);
	ck_assert_uint_eq(server_running(server), 0);
	ck_assert_uint_gt(paged, 900);
	for (text = take(fd, &closed); !closed && !strstr(text, "\"done\":true"); text = take(fd, &closed)) {
		free(text);
		settle();
	}
	ck_assert_msg(strlen(text) > strlen(DONE_OK("1")) &&
		      strcmp(text + strlen(text) - strlen(DONE_OK("1")), DONE_OK("1")) == 0, "%s", text);
	free(text);
	/* About a command that has ended it says nothing, and is not answered. */
	say(fd, "{\"id\":1,\"cancel\":true}\n{\"id\":1,\"wait\":true}\n{\"id\":3,\"run\":\"who\"}\n{\"id\":3,\"cancel\":true}\n");
	expect(fd, "{\"id\":3,\"text\":\"configure\\n\"}\n" DONE_OK("3"), false);
	close(fd);
}
END_TEST

START_TEST(command_that_does_not_look_up_when_cancelled_still_ends_without_its_output)
{
	int fd = greeted_client();

	say(fd, "{\"id\":1,\"run\":\"hold\"}\n");
	say(fd, "{\"id\":1,\"cancel\":true}\n");
	ck_assert(!exec_gone(held));
	cyg_exec_printf(held, "a line\n");
	cyg_exec_done(held, CYG_OK);
	settle();
	expect(fd, DONE_OK("1"), false);
	close(fd);
}
END_TEST

START_TEST(client_with_too_much_waiting_is_closed)
{
	int fd = greeted_client();

	say(fd, "{\"id\":1,\"run\":\"flood\"}\n");
	ck_assert_uint_eq(server_clients(server), 0);
	ck_assert_uint_eq(server_running(server), 0);
	close(fd);
}
END_TEST

START_TEST(number_of_clients_is_bounded_and_some_are_kept_for_those_who_configure)
{
	int fds[CONTROL_CLIENTS_MAX + 2];
	unsigned count = 0;
	bool closed;
	char *text;

	grant = CONTROL_VIEW;
	for (unsigned i = 0; i <= CONTROL_VIEW_CLIENTS_MAX; i++)
		fds[count++] = connect_client();
	ck_assert_uint_eq(server_clients(server), CONTROL_VIEW_CLIENTS_MAX);
	text = take(fds[count - 1], &closed);
	ck_assert_ptr_nonnull(strstr(text, "too many sessions"));
	ck_assert(closed);
	free(text);
	grant = CONTROL_CONFIGURE;
	while (count < CONTROL_CLIENTS_MAX + 2)
		fds[count++] = connect_client();
	ck_assert_uint_eq(server_clients(server), CONTROL_CLIENTS_MAX);
	while (count)
		close(fds[--count]);
	settle();
	ck_assert_uint_eq(server_clients(server), 0);
}
END_TEST

START_TEST(socket_is_bound_served_and_removed)
{
	char folder[] = "/tmp/cygnet-control-XXXXXX", path[64], reason[200];
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct cyg_strbuf why = CYG_STRBUF(reason);
	struct control_server *second = server_new(shard, &hooks);
	struct stat st;
	bool closed;
	char *text;
	int fd;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/control.sock", folder);
	ck_assert_msg(server_listen(server, path, &why) == CYG_OK, "%s", reason);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	settle();
	text = take(fd, &closed);
	ck_assert_ptr_nonnull(strstr(text, "\"cygnet\""));
	free(text);

	/* A second daemon on the same socket is told. */
	ck_assert_int_eq(server_listen(second, path, &why), CYG_EXISTS);
	ck_assert_ptr_nonnull(strstr(reason, "another cygnetd"));
	server_free(second);
	ck_assert_int_eq(stat(path, &st), 0);

	close(fd);
	settle();
	server_close(server);
	ck_assert_int_ne(stat(path, &st), 0);
	rmdir(folder);
}
END_TEST

START_TEST(socket_left_by_a_crash_is_replaced_but_nothing_else)
{
	char folder[] = "/tmp/cygnet-control-XXXXXX", path[64], reason[200];
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct cyg_strbuf why = CYG_STRBUF(reason);
	int fd;
	FILE *file;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/control.sock", folder);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fclose(file);
	ck_assert_int_eq(server_listen(server, path, &why), CYG_EXISTS);
	ck_assert_ptr_nonnull(strstr(reason, "no socket"));
	unlink(path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	ck_assert_msg(server_listen(server, path, &why) == CYG_OK, "%s", reason);
	server_close(server);
	rmdir(folder);
}
END_TEST

Suite *control_server_suite(void)
{
	Suite *suite = suite_create("control: server");
	TCase *tests = tcase_create("server");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, client_is_greeted_with_name_and_access);
	tcase_add_test(tests, client_without_access_is_told_and_closed);
	tcase_add_test(tests, text_and_rows_are_answered_as_asked);
	tcase_add_test(tests, text_of_any_octet_is_json_of_one_message);
	tcase_add_test(tests, many_rows_come_in_messages_of_bounded_length);
	tcase_add_test(tests, a_row_that_memory_was_short_for_is_told_and_the_others_come);
	tcase_add_test(tests, failure_is_answered_with_its_reason);
	tcase_add_test(tests, words_and_help_are_answered);
	tcase_add_test(tests, requests_wait_for_the_one_under_way);
	tcase_add_test(tests, many_requests_at_once_are_all_answered);
	tcase_add_test(tests, half_closed_client_gets_its_answer);
	tcase_add_test(tests, command_outlives_a_client_that_left);
	tcase_add_test(tests, request_without_end_is_refused);
	tcase_add_test(tests, command_that_pages_waits_for_a_slow_reader);
	tcase_add_test(tests, client_that_does_not_read_is_closed_after_a_time);
	tcase_add_test(tests, client_that_does_not_read_but_says_that_somebody_does_is_kept);
	tcase_add_test(tests, command_whose_reader_has_had_enough_ends_and_the_next_one_runs);
	tcase_add_test(tests, command_that_does_not_look_up_when_cancelled_still_ends_without_its_output);
	tcase_add_test(tests, client_with_too_much_waiting_is_closed);
	tcase_add_test(tests, number_of_clients_is_bounded_and_some_are_kept_for_those_who_configure);
	tcase_add_test(tests, socket_is_bound_served_and_removed);
	tcase_add_test(tests, socket_left_by_a_crash_is_replaced_but_nothing_else);
	suite_add_tcase(suite, tests);
	return suite;
}
