/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "control/asking_kit.h"

#include "control/language.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct daemon asking_daemon;
enum control_access asking_grant;
char asking_answer[1 << 18];
static int fd;

static enum control_access fake_access(void *ctx, int socket, struct control_peer *peer)
{
	peer->uid = 1000;
	peer->pid = 1;
	return asking_grant;
}

static struct control_hooks hooks = {
	.ctx = &asking_daemon,
	.access = fake_access,
	.hostname = language_hostname,
	.came = language_came,
	.gone = language_gone,
	.prompt = language_prompt,
	.complete = language_complete,
	.help = language_help,
};

void set_config(const char *text)
{
	struct config_findings findings = { 0 };

	config_unref(asking_daemon.config);
	asking_daemon.config = NULL;
	if (config_parse_text(asking_daemon.grammar, "test", cyg_str(text), NULL, &findings, &asking_daemon.config) != CYG_OK) {
		config_findings_print(&findings, "test", stderr);
		ck_abort_msg("the configuration is refused");
	}
	config_findings_done(&findings);
}

static void settle(void)
{
	ck_assert(shard_settle(asking_daemon.group, 1000));
}

void asking_begin(enum cyg_status (*run)(void *ctx, struct cyg_exec *exec, struct cyg_str line))
{
	const struct shard_manual manual = { .workers = 2, .real_fds = true, .seed = 1 };
	char reason[300];
	struct cyg_strbuf why = CYG_STRBUF(reason);
	int ends[2];

	memset(&asking_daemon, 0, sizeof(asking_daemon));
	ck_assert_int_eq(shard_manual_group_new(&manual, &asking_daemon.group), CYG_OK);
	asking_daemon.control = shard_group_control(asking_daemon.group);
	asking_daemon.shard_count = 2;
	asking_daemon.config_origin = "startup-config";
	ck_assert_msg(language_grammar("/nonexistent", NULL, NULL, &asking_daemon.grammar_print, &asking_daemon.grammar, &why) ==
			      CYG_OK,
		      "%s", reason);
	set_config("hostname gw7\n");
	hooks.run = run;
	asking_daemon.server = server_new(asking_daemon.control, &hooks);
	asking_grant = CONTROL_CONFIGURE;
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	fd = ends[0];
}

void asking_end(void)
{
	close(fd);
	server_free(asking_daemon.server);
	config_unref(asking_daemon.config);
	config_grammar_unref(asking_daemon.grammar);
	shard_group_free(asking_daemon.group);
}

void ask(const char *verb, const char *line, bool json)
{
	char request[600];
	size_t len = 0;
	ssize_t got;
	int ends[2];

	close(fd);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	fd = ends[0];
	server_adopt(asking_daemon.server, ends[1]);
	settle();
	ck_assert_int_gt(recv(fd, asking_answer, sizeof(asking_answer), 0), 0);
	snprintf(request, sizeof(request), "{\"id\":1,\"%s\":\"%s\",\"json\":%s}\n", verb, line,
		 json ? "true" : "false");
	ck_assert_int_gt(send(fd, request, strlen(request), 0), 0);
	settle();
	while ((got = recv(fd, asking_answer + len, sizeof(asking_answer) - 1 - len, 0)) > 0)
		len += (size_t)got;
	asking_answer[len] = '\0';
}

bool answered(const char *text)
{
	return strstr(asking_answer, text) != NULL;
}
