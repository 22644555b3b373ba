/* SPDX-License-Identifier: MIT */
/*
 * A session with a daemon without shards at work: lines that are run, completed and explained, one after the other, by
 * somebody who may change everything or only look. The first character of a line says what is asked: `?` help, `>`
 * rows, `!` a person who answers yes, `+` completion; else it is run for its text.
 */
#include "testing/fuzz/fuzz.h"

#include "control/language.h"
#include "control/revert.h"
#include "log/log.h"
#include "registry/registry.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINES_MAX 16
#define LINE_MAX  500

static struct daemon daemon_;
static struct cyg_config *base;
static enum control_access grant;

static enum control_access access_of(void *ctx, int fd, struct control_peer *peer)
{
	*peer = (struct control_peer){ .uid = 0, .pid = 1 };
	return grant;
}

static const struct control_hooks hooks = {
	.ctx = &daemon_,
	.access = access_of,
	.hostname = language_hostname,
	.came = language_came,
	.gone = language_gone,
	.prompt = language_prompt,
	.run = language_run,
	.complete = language_complete,
	.help = language_help,
};

static void settle(void)
{
	FUZZ_CHECK(shard_settle(daemon_.group, 100000));
}

static void start(void)
{
	static const char text[] = "hostname gw7\ncrypto ikev2 keyring K\npeer A\naddress 192.0.2.1\npre-shared-key x\n";
	const struct shard_manual manual = { .workers = 2, .real_fds = true, .seed = 1 };
	struct config_findings findings = { 0 };
	char reason[300];
	struct cyg_strbuf why = CYG_STRBUF(reason);

	FUZZ_CHECK(shard_manual_group_new(&manual, &daemon_.group) == CYG_OK);
	daemon_.control = shard_group_control(daemon_.group);
	daemon_.shard_count = 2;
	daemon_.config_origin = "startup-config";
	daemon_.running = true;
	/* Whatever is read is not there, whatever is written cannot be. */
	FUZZ_CHECK(paths_init(&daemon_.paths, "/nonexistent", NULL) == CYG_OK);
	daemon_.registry = registry_new(daemon_.control);
	FUZZ_CHECK(daemon_.registry != NULL);
	FUZZ_CHECK(language_grammar("/nonexistent", NULL, NULL, &daemon_.grammar_print, &daemon_.grammar, &why) == CYG_OK);
	FUZZ_CHECK(config_parse_text(daemon_.grammar, "fuzz", cyg_str(text), NULL, &findings, &base) == CYG_OK);
	config_findings_done(&findings);
	daemon_.server = server_new(daemon_.control, &hooks);
	FUZZ_CHECK(daemon_.server != NULL);
}

static json_t *request_of(struct cyg_str line, int id)
{
	char kind = line.len ? line.ptr[0] : ' ';
	bool marked = line.len && strchr("?>!+", kind) != NULL;
	struct cyg_str rest = marked ? cyg_str_tail(line, 1) : line;
	json_t *text = json_stringn(rest.ptr, rest.len);

	if (!text)
		return NULL;
	if (kind == '?')
		return json_pack("{s:i,s:o}", "id", id, "help", text);
	if (kind == '+')
		return json_pack("{s:i,s:o}", "id", id, "complete", text);
	if (kind == '>')
		return json_pack("{s:i,s:o,s:b}", "id", id, "run", text, "json", 1);
	if (kind == '!')
		return json_pack("{s:i,s:o,s:b,s:s}", "id", id, "run", text, "interactive", 1, "answer", "yes");
	return json_pack("{s:i,s:o}", "id", id, "run", text);
}

/* All that has come. */
static char *take(int fd)
{
	size_t room = 1 << 16, len = 0;
	char *text = malloc(room);

	for (;;) {
		ssize_t got;

		FUZZ_CHECK(text != NULL);
		got = recv(fd, text + len, room - 1 - len, MSG_DONTWAIT);
		if (got <= 0)
			break;
		len += (size_t)got;
		if (room - len < 4096)
			text = realloc(text, room *= 2);
		settle(); /* there is more where that came from */
	}
	text[len] = '\0';
	return text;
}

/* Every line is a message, and one of them is the end of this request. True: the session goes on. */
static bool judge(char *answers, int id)
{
	unsigned ends = 0;
	bool leave = false;

	for (char *line = answers, *end; (end = strchr(line, '\n')); line = end + 1) {
		json_t *message = json_loadb(line, (size_t)(end - line), 0, NULL);

		FUZZ_CHECK(json_is_object(message));
		if (json_is_true(json_object_get(message, "done"))) {
			const char *status = json_string_value(json_object_get(message, "status"));

			FUZZ_CHECK(status && (json_integer_value(json_object_get(message, "id")) == id ||
					      strcmp(status, "malformed") == 0));
			FUZZ_CHECK((strcmp(status, "ok") == 0) == !json_object_get(message, "error"));
			leave |= json_is_true(json_object_get(message, "leave"));
			ends++;
		}
		json_decref(message);
	}
	FUZZ_CHECK(ends == 1);
	return !leave;
}

static bool ask(int fd, struct cyg_str line, int id)
{
	json_t *request = request_of(line, id);
	char *text = request ? json_dumps(request, JSON_COMPACT) : NULL, *answers;
	bool goes_on;

	json_decref(request);
	if (!text)
		return true;
	FUZZ_CHECK(send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text));
	FUZZ_CHECK(send(fd, "\n", 1, MSG_NOSIGNAL) == 1);
	free(text);
	settle();
	answers = take(fd);
	goes_on = judge(answers, id);
	free(answers);
	return goes_on;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cyg_str text = cyg_str_n((const char *)data, size);
	const struct config_global *global;
	int ends[2], id = 1;
	bool goes_on = true;

	if (!daemon_.server)
		start();
	log_capture_start(); /* forgets what was said */
	daemon_.config = config_ref(base);
	daemon_.control->config = daemon_.config;
	daemon_.config_changed = false;
	grant = size % 8 == 7 ? CONTROL_VIEW : CONTROL_CONFIGURE;
	FUZZ_CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
	server_adopt(daemon_.server, ends[1]);
	settle();
	free(take(ends[0]));
	while (goes_on && text.len && id <= LINES_MAX) {
		struct cyg_str line = cyg_str_head(text, cyg_str_span_until(text, "\n"));

		text = cyg_str_tail(text, line.len + 1);
		goes_on = ask(ends[0], cyg_str_head(line, LINE_MAX), id++);
	}
	close(ends[0]);
	settle();
	FUZZ_CHECK(server_clients(daemon_.server) == 0 && server_running(daemon_.server) == 0);
	FUZZ_CHECK(!daemon_.changing && !daemon_.changes);
	FUZZ_CHECK(grant == CONTROL_CONFIGURE || daemon_.config == base);
	/* Somebody went in, gave another name than in the corpus, and made a proposal that is whole. */
	global = config_view(daemon_.config)->global;
	FUZZ_PLANT(global && strcmp(global->hostname, "gw7") != 0 && strcmp(global->hostname, "gw9") != 0 &&
		   cyg_config_object(daemon_.config, MODE_PROPOSAL, CYG_STR("P"), true));
	revert_free(&daemon_);
	config_unref(daemon_.config);
	daemon_.config = NULL;
	return 0;
}
