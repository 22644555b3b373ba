/* SPDX-License-Identifier: MIT */
/*
 * cygctl: the command line of a running daemon. One-shot with -c, a shell on a terminal, a list of
 * commands on any other standard input. Its exit status is 0 only if every command was done.
 */
#include "config.h"

#include "base/paths.h"
#include "output.h"
#include "shell.h"

#include <getopt.h>
#include <jansson.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COMMANDS_MAX 64

#define COMPLETE_S   2 /* a shell that completes a word does not wait any longer */

enum { OPT_COMPLETE = 256 };
enum { DONE = 0, REFUSED = 1, USAGE = 2, NO_DAEMON = 3 };

static void usage(FILE *out)
{
	fputs("usage: cygctl [--root DIR] [--json] [--follow] [-c COMMAND]...\n"
	      "\n"
	      "Runs commands of the Cygnet daemon, for example 'show crypto ikev2 sa'. Without -c it is a\n"
	      "shell (Tab completes, ? helps), or reads commands from standard input, one a line.\n"
	      "\n"
	      "  -c, --command COMMAND  run it and leave; may be repeated, stops at the first that fails\n"
	      "  -f, --follow           then show log lines as they come, until interrupted\n"
	      "  -j, --json             answers as one JSON document a command\n"
	      "  -r, --root DIR         the daemon that was started with this --root\n"
	      "      --complete LINE    print the words that may end LINE: for the completion of shells\n"
	      "  -h, --help             this text\n"
	      "  -V, --version          the version\n"
	      "\n"
	      "Exit status: 0 every command was done, 1 one was not, 2 wrong usage, 3 no daemon answers.\n",
	      out);
}

static void note_signal(int number)
{
}

static int code_of(enum output_result result)
{
	return result == OUTPUT_DONE ? DONE : result == OUTPUT_REFUSED ? REFUSED : NO_DAEMON;
}

static int run_input(struct connection *connection, bool json)
{
	struct output_end end = { 0 };
	char *line = NULL;
	size_t room = 0;
	ssize_t len;
	int code = DONE;

	while (code == DONE && !end.leave && (len = getline(&line, &room, stdin)) >= 0) {
		/* As it stands: what is indented may belong to the line before. */
		struct order order = { .line = line, .json = json };
		const char *first;

		while (len && strchr(end.more ? "\r\n" : " \t\r\n", line[len - 1]))
			line[--len] = '\0';
		first = line + strspn(line, " \t");
		if (end.more || (first[0] && first[0] != '!'))
			code = code_of(output_run(connection, &order, &end));
	}
	if (code == DONE && end.more) {
		fprintf(stderr, "%% the last text lacks its closing delimiter\n");
		code = REFUSED;
	}
	if (line)
		cyg_wipe(line, room);
	free(line);
	return code;
}

static void show_log(void *ctx, const struct json_t *line)
{
	const bool *json = ctx;

	output_log(line, *json);
}

/* Until it is interrupted (which is its good end) or the daemon goes. */
static int follow_log(struct connection *connection, bool json)
{
	struct sigaction action = { .sa_handler = note_signal };
	sigset_t ends, before;
	int code;

	/* The signals come while it waits, and only then: none is lost between a look and a wait. */
	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigprocmask(SIG_BLOCK, &ends, &before);
	sigdelset(&before, SIGINT);
	sigdelset(&before, SIGTERM);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	connection_on_log(connection, show_log, &json);
	code = code_of(output_run(connection, &(struct order){ .line = "terminal monitor" }, NULL));
	while (code == DONE) {
		struct pollfd fd = { .fd = connection_fd(connection), .events = POLLIN };

		if (connection_take_logs(connection) != CYG_OK) {
			fprintf(stderr, "cygctl: the daemon has closed the connection\n");
			return NO_DAEMON;
		}
		if (ppoll(&fd, 1, NULL, &before) < 0)
			break;
	}
	return code;
}

/* For a shell's completion: the words that may end `line`, one a line. Nothing is said of failures. */
static int print_words(const char *path, const char *line)
{
	struct connection *connection = NULL;
	char reason[400];
	struct cyg_strbuf why = CYG_STRBUF(reason);
	json_t *words, *word;
	size_t index;

	signal(SIGALRM, SIG_DFL);
	alarm(COMPLETE_S);
	if (connection_open(path, &connection, &why) != CYG_OK)
		return NO_DAEMON;
	words = connection_ask(connection, "complete", line);
	json_array_foreach(words, index, word)
		puts(json_string_value(word));
	json_decref(words);
	connection_close(connection);
	return fflush(stdout) == 0 ? DONE : REFUSED;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "command", required_argument, NULL, 'c' }, { "follow", no_argument, NULL, 'f' },
		{ "json", no_argument, NULL, 'j' },
		{ "root", required_argument, NULL, 'r' },    { "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },       { "complete", required_argument, NULL, OPT_COMPLETE },
		{ 0 },
	};
	const char *commands[COMMANDS_MAX], *root = NULL, *complete = NULL;
	unsigned count = 0;
	bool json = false, follow = false;
	struct connection *connection = NULL;
	struct paths paths;
	char path[PATHS_LEN], reason[400];
	struct cyg_strbuf why = CYG_STRBUF(reason);
	int option, code = DONE;

	setlocale(LC_CTYPE, ""); /* of what is typed */
	while ((option = getopt_long(argc, argv, "c:fjr:hV", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			if (count == COMMANDS_MAX) {
				fprintf(stderr, "cygctl: at most %d commands\n", COMMANDS_MAX);
				return USAGE;
			}
			commands[count++] = optarg;
			break;
		case 'f':
			follow = true;
			break;
		case 'j':
			json = true;
			break;
		case 'r':
			root = optarg;
			break;
		case OPT_COMPLETE:
			complete = optarg;
			break;
		case 'h':
			usage(stdout);
			return DONE;
		case 'V':
			puts("cygctl " PACKAGE_VERSION);
			return DONE;
		default:
			usage(stderr);
			return USAGE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "cygctl: '%s' is no option: give a command as -c '...'\n", argv[optind]);
		return USAGE;
	}
	if (paths_init(&paths, root, NULL) != CYG_OK || paths_join(path, paths.run, "control.sock") != CYG_OK) {
		fprintf(stderr, "cygctl: the path of --root is too long or cannot be told\n");
		return USAGE;
	}
	if (complete)
		return print_words(path, complete);
	if (connection_open(path, &connection, &why) != CYG_OK) {
		fprintf(stderr, "cygctl: %s\n", reason);
		return NO_DAEMON;
	}
	if (count == 0 && !follow && isatty(STDIN_FILENO)) {
		code = shell_run(connection, path, json);
	} else {
		if (count == 0 && !follow)
			code = run_input(connection, json);
		for (unsigned i = 0; i < count && code == DONE; i++)
			code = code_of(output_run(connection,
						  &(struct order){ .line = commands[i], .json = json }, NULL));
		if (follow && code == DONE)
			code = follow_log(connection, json);
		connection_close(connection);
	}
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "cygctl: standard output cannot be written\n");
		return REFUSED;
	}
	return code;
}
