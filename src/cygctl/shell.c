/* SPDX-License-Identifier: MIT */
#include "shell.h"

#include "output.h"
#include "traces.h"

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#define HISTORY_LINES 1000
#define SHELL_LINE_MAX     4096
#define CONTROL_ANSWER_MAX 256
#define HELP_WIDTH_MIN     16
#define HELP_WIDTH_MAX     36
#define ANSWERS_MAX        4

/* One shell per process, and libedit's callbacks carry no context of their own that all versions set. */
struct shell {
	struct connection *connection;
	struct traces traces;
	History *past;
	struct pager pager;
	const char *path;
	bool json;
	bool typing, drawn_over; /* a line is being typed; a log line has taken its place */
	bool open;		 /* the next line goes on with a text: it is no command */
	char prompt[320];
	char terminal[64];
};

static char *prompt_of(EditLine *el)
{
	struct shell *shell = NULL;

	el_get(el, EL_CLIENTDATA, &shell);
	return shell->prompt;
}

/* Lines that come while somebody types: the line under work goes out of the way and comes back. */
static void show_log(void *ctx, const struct json_t *line)
{
	struct shell *shell = ctx;

	if (shell->typing)
		fputs("\r\033[K", stdout);
	output_log(line, shell->json);
	shell->drawn_over = true;
}

static bool connect_again(struct shell *shell)
{
	char reason[400];
	struct cyg_strbuf why = CYG_STRBUF(reason);

	if (shell->connection)
		return true;
	if (connection_open(shell->path, &shell->connection, &why) == CYG_OK) {
		connection_on_log(shell->connection, show_log, shell);
		return true;
	}
	fprintf(stderr, "%% %s\n", reason);
	return false;
}

static void hang_up(struct shell *shell)
{
	connection_close(shell->connection);
	shell->connection = NULL;
}

/* Asks what may stand where the cursor is. */
static json_t *ask(EditLine *el, struct shell **shell, const char *what, char *line)
{
	const LineInfo *info = el_line(el);
	size_t len = (size_t)(info->cursor - info->buffer);
	json_t *found;

	line[0] = '\0';
	el_get(el, EL_CLIENTDATA, shell);
	if (len >= SHELL_LINE_MAX)
		return NULL;
	memcpy(line, info->buffer, len);
	line[len] = '\0';
	if (!connect_again(*shell))
		return NULL;
	found = connection_ask((*shell)->connection, what, line);
	if (!found)
		hang_up(*shell);
	return found;
}

/* How many octets all words begin with in common. */
static size_t common_head(const json_t *words)
{
	const char *first = json_string_value(json_array_get(words, 0));
	size_t common = first ? strlen(first) : 0;

	for (size_t i = 1; i < json_array_size(words); i++) {
		const char *word = json_string_value(json_array_get(words, i));
		size_t same = 0;

		while (word && same < common && word[same] == first[same])
			same++;
		common = same;
	}
	return common;
}

static unsigned char complete(EditLine *el, int key)
{
	struct shell *shell;
	char line[SHELL_LINE_MAX], rest[SHELL_LINE_MAX];
	json_t *words = ask(el, &shell, "complete", line);
	size_t count = json_array_size(words), typed = 0, common;
	unsigned char result = CC_ERROR;
	const char *first;

	if (count == 0)
		goto out;
	while (typed < strlen(line) && line[strlen(line) - 1 - typed] != ' ')
		typed++;
	first = json_string_value(json_array_get(words, 0));
	common = common_head(words);
	if (first && (common > typed || count == 1) && common >= typed) {
		snprintf(rest, sizeof(rest), "%.*s%s", (int)(common - typed), first + typed,
			 count == 1 ? " " : "");
		result = el_insertstr(el, rest) == 0 ? CC_REFRESH : CC_ERROR;
	} else if (count > 1) {
		fputc('\n', stdout);
		for (size_t i = 0; i < count; i++)
			printf("  %s\n", json_string_value(json_array_get(words, i)));
		result = CC_REDISPLAY;
	}
out:
	cyg_wipe(line, sizeof(line));
	json_decref(words);
	return result;
}

/* Sentences stand below each other; a token that is longer than most has its own behind it. */
static int token_width(const json_t *tokens)
{
	const json_t *token;
	size_t index, width = HELP_WIDTH_MIN;

	json_array_foreach(tokens, index, token) {
		size_t len = json_string_length(json_object_get(token, "token"));

		if (len > width && len <= HELP_WIDTH_MAX)
			width = len;
	}
	return (int)width;
}

/* A sentence stands here as the phrases do: without its full stop. */
static size_t phrase(const char *text)
{
	size_t len = strlen(text);

	return len > 1 && text[len - 1] == '.' && text[len - 2] != '.' ? len - 1 : len;
}

static unsigned char help(EditLine *el, int key)
{
	struct shell *shell;
	char line[SHELL_LINE_MAX];
	json_t *tokens, *token;
	size_t index;
	int width;

	el_get(el, EL_CLIENTDATA, &shell);
	if (shell->open)
		return el_insertstr(el, "?") == 0 ? CC_REFRESH : CC_ERROR;
	tokens = ask(el, &shell, "help", line);
	width = token_width(tokens);
	printf("?\n");
	if (json_array_size(tokens) == 0)
		printf("%% no command begins like this\n");
	json_array_foreach(tokens, index, token) {
		const char *word = json_string_value(json_object_get(token, "token"));
		const char *text = json_string_value(json_object_get(token, "help"));

		if (text && text[0])
			printf("  %-*s  %.*s\n", width, word ? word : "", (int)phrase(text), text);
		else
			printf("  %s\n", word ? word : "");
	}
	fflush(stdout);
	cyg_wipe(line, sizeof(line));
	json_decref(tokens);
	return CC_REDISPLAY;
}

static bool history_path(char *out, size_t room)
{
	const char *home = getenv("HOME");

	return home && home[0] && (size_t)snprintf(out, room, "%s/.cygctl_history", home) < room;
}

static volatile sig_atomic_t interrupted;

static void note_signal(int number)
{
	interrupted = 1;
}

/* What has come, also with the last answer. */
static void show_logs(EditLine *el, struct shell *shell)
{
	if (!shell->connection)
		return;
	shell->typing = true;
	if (connection_take_logs(shell->connection) != CYG_OK)
		hang_up(shell);
	shell->typing = false;
	if (shell->drawn_over)
		el_set(el, EL_REFRESH, 0);
	shell->drawn_over = false;
}

/* True when there is something to read from the terminal; false on a signal. */
static bool wait_for_key(EditLine *el, struct shell *shell)
{
	for (;;) {
		struct pollfd fds[2] = { { .fd = STDIN_FILENO, .events = POLLIN }, { .fd = -1 } };

		show_logs(el, shell);
		if (shell->connection)
			fds[1] = (struct pollfd){ .fd = connection_fd(shell->connection), .events = POLLIN };
		if (poll(fds, 2, -1) < 0)
			return false;
		if (fds[0].revents)
			return true;
	}
}

/* libedit's reader: a character, while log lines are shown. */
static int get_key(EditLine *el, wchar_t *out)
{
	mbstate_t state = { 0 };
	struct shell *shell;

	el_get(el, EL_CLIENTDATA, &shell);
	for (;;) {
		char octet;
		ssize_t got;
		size_t used;

		if (!wait_for_key(el, shell))
			return -1;
		got = read(STDIN_FILENO, &octet, 1);
		if (got <= 0)
			return (int)got;
		used = mbrtowc(out, &octet, 1, &state);
		if (used == (size_t)-1)
			memset(&state, 0, sizeof(state)); /* no character: passed over */
		else if (used != (size_t)-2) {
			traces_key(&shell->traces, *out);
			return 1;
		}
	}
}

/* Octet by octet: what lies behind the line is libedit's. */
static bool read_line(char *out, size_t room)
{
	size_t len = 0;
	char octet;

	while (read(STDIN_FILENO, &octet, 1) == 1) {
		if (octet == '\n' || octet == '\r') {
			out[len] = '\0';
			return true;
		}
		if (len + 1 < room)
			out[len++] = octet;
	}
	cyg_wipe(out, len);
	return false;
}

/* One line from the terminal without libedit: the answer to a question. False: none. What is secret is not
 * shown from before it is asked for: an answer may come with the question's last octet. */
static bool read_answer(const char *question, bool secret, char *answer, size_t room)
{
	struct termios before, hidden;
	bool hide = secret && tcgetattr(STDIN_FILENO, &before) == 0;
	bool got;

	if (hide) {
		hidden = before;
		hidden.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	}
	printf("%s%s", question, secret ? "" : " ");
	fflush(stdout);
	got = read_line(answer, room);
	if (hide) {
		tcsetattr(STDIN_FILENO, TCSADRAIN, &before); /* what is typed ahead stays */
		fputc('\n', stdout);
	}
	return got;
}

/* Runs it, and again with the answers if the daemon has questions. */
static enum output_result run_asked(struct shell *shell, const char *line, struct output_end *end)
{
	struct order order = { .line = line, .json = shell->json, .interactive = true, .terminal = shell->terminal,
			       .pager = &shell->pager };
	char answers[ANSWERS_MAX][CONTROL_ANSWER_MAX];
	const char *given[ANSWERS_MAX];
	enum output_result result = output_run(shell->connection, &order, end);

	order.answers = given;
	while (result == OUTPUT_REFUSED && end->question[0] && order.answer_count < ANSWERS_MAX) {
		char *answer = answers[order.answer_count];
		bool forget = end->forget;

		shell->traces.drop |= end->secret;
		if (!read_answer(end->question, end->secret, answer, CONTROL_ANSWER_MAX))
			answer[0] = '\0';
		given[order.answer_count++] = answer;
		*end = (struct output_end){ 0 };
		result = output_run(shell->connection, &order, end);
		end->forget |= forget;
	}
	cyg_wipe(answers, sizeof(answers));
	return result;
}

/* False: leave. `forget`: the line is not to be remembered. */
static bool run_line(struct shell *shell, char *line, bool *forget)
{
	struct output_end end = { 0 };
	size_t len = strlen(line);
	bool configuring = strchr(shell->prompt, '(') != NULL;
	bool open = shell->open;
	const char *word;

	shell->open = false;
	while (len && strchr(open ? "\r\n" : " \t\r\n", line[len - 1]))
		line[--len] = '\0';
	word = line + strspn(line, " \t");
	if (!open && (!word[0] || word[0] == '!'))
		return true;
	*forget = configuring; /* until the daemon says that there is no secret in it */
	if (!shell->connection) {
		if (!connect_again(shell))
			return strcmp(word, "exit") != 0 && strcmp(word, "quit") != 0;
		snprintf(shell->prompt, sizeof(shell->prompt), "%s", connection_prompt(shell->connection));
		if (configuring) {
			fprintf(stderr, "%% the connection was new: you are no longer in configuration, and the "
					"line was not run\n");
			return true;
		}
	}
	switch (run_asked(shell, line, &end)) {
	case OUTPUT_LOST:
		*forget = true; /* it was on its way, and nobody has judged it */
		hang_up(shell);
		break;
	case OUTPUT_STOPPED:
		hang_up(shell);
		break;
	case OUTPUT_DONE:
	case OUTPUT_REFUSED:
		*forget = end.forget;
		shell->open = end.more;
		break;
	}
	if (shell->connection)
		snprintf(shell->prompt, sizeof(shell->prompt), "%s", connection_prompt(shell->connection));
	return !end.leave;
}

static EditLine *open_editor(void *ctx)
{
	struct shell *shell = ctx;
	EditLine *el = el_init("cygctl", stdin, stdout, stderr);

	if (!el)
		return NULL;
	el_set(el, EL_CLIENTDATA, shell);
	el_set(el, EL_PROMPT, prompt_of);
	el_set(el, EL_GETCFN, get_key);
	el_set(el, EL_EDITOR, "emacs");
	el_set(el, EL_HIST, history, shell->past);
	el_set(el, EL_ADDFN, "cygnet-complete", "Complete the word", complete);
	el_set(el, EL_ADDFN, "cygnet-help", "Say what may stand here", help);
	el_set(el, EL_BIND, "^I", "cygnet-complete", NULL);
	el_set(el, EL_BIND, "?", "cygnet-help", NULL);
	el_source(el, NULL);
	return el;
}

/* The line and how it went. False: leave. */
static bool take_line(struct shell *shell, const char *got, bool *forget)
{
	char *line = strdup(got), *copy = strdup(got); /* libedit keeps its own */
	bool more = line && copy, blank = strspn(got, " \t\r\n") == strlen(got);
	HistEvent event;

	if (more)
		more = run_line(shell, line, forget);
	/* Remembered when it is known whether it has a secret. */
	if (copy && !blank && !*forget)
		history(shell->past, &event, H_ENTER, copy);
	free(line);
	free(copy);
	return more;
}

static void read_lines(struct shell *shell)
{
	bool more = true;

	while (more) {
		bool forget = false;
		int count = 0;
		const char *got;

		/* Raw before the prompt is seen: libedit switches after it, and a ^D typed in
		 * between is kept by the terminal as an end of file that nobody then reads. */
		el_set(shell->traces.editor, EL_PREP_TERM, 1);
		got = el_gets(shell->traces.editor, &count);
		if (got && count > 0) {
			interrupted = 0;
			more = take_line(shell, got, &forget);
			interrupted = 0;
		} else {
			fputc('\n', stdout);
			more = interrupted;
			interrupted = 0;
			if (more)
				el_reset(shell->traces.editor);
			forget = true; /* a line that was given up may have had one */
		}
		more = traces_line_is_over(&shell->traces, forget) && more;
	}
}

int shell_run(struct connection *take_connection, const char *path, bool json)
{
	struct shell shell = { .connection = take_connection, .path = path, .json = json };
	struct sigaction action = { .sa_handler = note_signal }; /* no SA_RESTART: a wait ends */
	char file[4096];
	bool remember = history_path(file, sizeof(file));
	HistEvent event;
	int result = 1;

	pager_init(&shell.pager);
	shell.past = history_init();
	if (!shell.past || !traces_begin(&shell.traces, open_editor, &shell)) {
		fprintf(stderr, "cygctl: this terminal cannot be edited on: use -c\n");
		goto out;
	}
	connection_on_log(shell.connection, show_log, &shell);
	snprintf(shell.prompt, sizeof(shell.prompt), "%s", connection_prompt(shell.connection));
	if (ttyname_r(STDIN_FILENO, shell.terminal, sizeof(shell.terminal)))
		snprintf(shell.terminal, sizeof(shell.terminal), "a terminal");
	sigaction(SIGINT, &action, NULL);
	umask(077); /* the history is nobody else's */
	history(shell.past, &event, H_SETSIZE, HISTORY_LINES);
	history(shell.past, &event, H_SETUNIQUE, 1);
	if (remember)
		history(shell.past, &event, H_LOAD, file);
	result = 0;
	read_lines(&shell);
	if (remember)
		history(shell.past, &event, H_SAVE, file);
out:
	traces_end(&shell.traces);
	if (shell.past)
		history_end(shell.past);
	connection_close(shell.connection);
	return result;
}
