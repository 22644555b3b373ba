/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "pager.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#define PROMPT " --More-- "
#define TAB    8

enum {
	KEY_INTERRUPT = 3, /* ^C */
	KEY_BACKSPACE = 8,
	KEY_ESCAPE = 27,
	KEY_DELETE = 127,
	/* No octets: */
	KEY_NONE = 256,    /* the wait was broken off: the prompt is to be shown again */
	KEY_END,           /* nobody is there any more */
};

/* --- The terminal while it waits --- */

static const int ending[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
static const int passing[] = { SIGTSTP, SIGCONT, SIGWINCH };

#define SIGNALS (CYG_COUNT(ending) + CYG_COUNT(passing))

struct raw {
	bool on;
	struct termios before;
	struct sigaction actions[SIGNALS];
	sigset_t mask, open; /* as it was; the same without these signals */
};

static volatile sig_atomic_t caught;

static void note_signal(int number)
{
	caught = number;
}

static int signal_at(size_t i)
{
	return i < CYG_COUNT(ending) ? ending[i] : passing[i - CYG_COUNT(ending)];
}

/* The signals come while it waits, and only then. False: this terminal cannot be read key by key. */
static bool raw_begin(struct raw *raw)
{
	struct sigaction action = { .sa_handler = note_signal };
	struct termios keys;
	sigset_t ours;

	if (tcgetattr(STDIN_FILENO, &raw->before))
		return false;
	sigemptyset(&ours);
	for (size_t i = 0; i < SIGNALS; i++)
		sigaddset(&ours, signal_at(i));
	sigprocmask(SIG_BLOCK, &ours, &raw->mask);
	raw->open = raw->mask;
	caught = 0;
	for (size_t i = 0; i < SIGNALS; i++) {
		sigdelset(&raw->open, signal_at(i));
		sigaction(signal_at(i), &action, &raw->actions[i]);
	}
	keys = raw->before;
	keys.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
	keys.c_cc[VMIN] = 1;
	keys.c_cc[VTIME] = 0;
	tcsetattr(STDIN_FILENO, TCSADRAIN, &keys); /* what was typed ahead are keys, too */
	raw->on = true;
	return true;
}

static void raw_end(struct raw *raw)
{
	if (!raw->on)
		return;
	raw->on = false;
	tcsetattr(STDIN_FILENO, TCSADRAIN, &raw->before);
	for (size_t i = 0; i < SIGNALS; i++)
		sigaction(signal_at(i), &raw->actions[i], NULL);
	sigprocmask(SIG_SETMASK, &raw->mask, NULL);
}

static int prompt_len(const struct pager *pager)
{
	size_t len = strlen(PROMPT);

	return (int)(pager->width && pager->width <= len ? pager->width - 1 : len); /* in one row */
}

static void show_prompt(const struct pager *pager)
{
	printf("\r%.*s", prompt_len(pager), PROMPT);
}

/* With blanks, for terminals that know no more. */
static void take_prompt_away(const struct pager *pager)
{
	printf("\r%*s\r", prompt_len(pager), "");
	fflush(stdout);
}

/* A signal does what it does without us, with the terminal as it was. */
static int pass_on(const struct pager *pager, struct raw *raw)
{
	int number = caught;

	take_prompt_away(pager);
	raw_end(raw);
	raise(number);
	for (size_t i = 0; i < CYG_COUNT(ending); i++)
		if (number == ending[i])
			return KEY_END;
	return raw_begin(raw) ? KEY_NONE : KEY_END;
}

/* Says that somebody reads, if it is time; how long until it is again. However fast keys come: text may not. */
static struct timespec say_still_here(struct pager *pager)
{
	struct timespec now = { 0 };

	(void)!clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec >= pager->still_at) {
		if (pager->still_at)
			pager->still_here(pager->ctx);
		pager->still_at = now.tv_sec + (time_t)pager->still_s;
	}
	return (struct timespec){ .tv_sec = pager->still_at - now.tv_sec };
}

/* An octet that was typed, or one of the words above. */
static int wait_for_key(struct pager *pager, struct raw *raw)
{
	struct pollfd fd = { .fd = STDIN_FILENO, .events = POLLIN };
	unsigned char octet;
	int ready;

	fflush(stdout);
	do {
		struct timespec patience = say_still_here(pager);

		ready = ppoll(&fd, 1, &patience, &raw->open);
	} while (ready == 0);
	if (ready < 0)
		return errno == EINTR && caught ? pass_on(pager, raw) : KEY_END;
	return read(STDIN_FILENO, &octet, 1) == 1 ? octet : KEY_END;
}

/* What is to be looked for, behind the `/` that was typed. The key that ended it; KEY_NONE if it was given up. */
static int read_find(struct pager *pager, struct raw *raw)
{
	int key = '/';

	fputc('/', stdout);
	do {
		key = wait_for_key(pager, raw);
		if ((key == KEY_BACKSPACE || key == KEY_DELETE) && pager->find_len) {
			/* All octets of one character. */
			while (--pager->find_len && (pager->find[pager->find_len] & 0xc0) == 0x80)
				;
			fputs("\b \b", stdout);
			key = '/';
		} else if (key >= ' ' && key < KEY_NONE && key != KEY_DELETE && pager->find_len < PAGER_FIND_MAX) {
			pager->find[pager->find_len++] = (char)key;
			fputc(key, stdout);
			key = '/';
		}
	} while (key == '/');
	fputc('\n', stdout);
	if ((key == '\n' || key == '\r') && pager->find_len) {
		pager->find[pager->find_len] = '\0';
		return key;
	}
	pager->find_len = 0;
	return key == KEY_END ? key : KEY_NONE;
}

static void measure(struct pager *pager)
{
	struct winsize size = { 0 };
	size_t rows;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
		size = (struct winsize){ 0 };
	rows = pager->length < 0 ? size.ws_row : (size_t)pager->length;
	pager->width = size.ws_col;
	pager->rows = rows > 1 ? rows - 1 : rows;
}

/* What is to be shown of the rest by this key. False: it is none of ours. */
static bool take_key(struct pager *pager, struct raw *raw, int key)
{
	if (key == '/')
		key = read_find(pager, raw);
	switch (key) {
	case ' ':
		return true;
	case '\n':
	case '\r':
		if (pager->find_len == 0 && pager->rows)
			pager->filled = pager->rows - 1;
		return true;
	case 'q':
	case 'Q':
	case KEY_INTERRUPT:
	case KEY_END:
		pager->enough = true;
		return true;
	default:
		return false;
	}
}

/* The page is full: what is next? */
static void ask(struct pager *pager)
{
	struct raw raw = { 0 };
	int key;

	if (!raw_begin(&raw)) {
		pager->rows = 0;
		return;
	}
	do {
		show_prompt(pager);
		key = wait_for_key(pager, &raw);
		take_prompt_away(pager);
		measure(pager);
		pager->filled = 0;
	} while (!take_key(pager, &raw, key));
	raw_end(&raw);
}

/* --- Text --- */

/* How many octets of the line fill at most `room` rows; at `*rows`, how many they fill: one at least. */
static size_t fitting(const struct pager *pager, struct cyg_str line, size_t room, size_t *rows)
{
	mbstate_t state = { 0 };
	size_t at = 0, column = 0;

	*rows = 1;
	while (at < line.len) {
		wchar_t c;
		size_t len = mbrtowc(&c, line.ptr + at, line.len - at, &state), next;

		if (len == 0 || len > line.len - at) { /* no character here: what the terminal makes of it is a guess */
			memset(&state, 0, sizeof(state));
			len = 1;
			next = column + ((line.ptr[at] & 0xc0) != 0x80);
		} else if (c == L'\t') {
			next = (column / TAB + 1) * TAB;
			next = pager->width && next >= pager->width ? pager->width - 1 : next;
		} else {
			next = column + (size_t)(wcwidth(c) > 0 ? wcwidth(c) : 0);
		}
		if (pager->width && column && next > pager->width) {
			if (*rows == room)
				return at;
			next -= column;
			++*rows;
		}
		column = next;
		at += len;
	}
	return at;
}

static bool passes(struct pager *pager, struct cyg_str line)
{
	if (pager->find_len && !memmem(line.ptr, line.len, pager->find, pager->find_len))
		return false;
	cyg_wipe(pager->find, pager->find_len); /* who knows what was typed */
	pager->find_len = 0;
	return true;
}

/* A line without its end. */
static void show_line(struct pager *pager, struct cyg_str line)
{
	do {
		size_t len, rows;

		if (pager->rows && pager->filled >= pager->rows)
			ask(pager);
		if (pager->enough || !passes(pager, line))
			return;
		len = pager->rows ? fitting(pager, line, pager->rows - pager->filled, &rows) : line.len;
		if (pager->rows)
			pager->filled += rows;
		fwrite(line.ptr, 1, len, stdout);
		fputc('\n', stdout);
		line = cyg_str_tail(line, len);
	} while (line.len);
}

void pager_init(struct pager *pager)
{
	*pager = (struct pager){ .length = -1, .possible = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) };
}

void pager_begin(struct pager *pager, unsigned still_s, void (*still_here)(void *ctx), void *ctx)
{
	pager->still_s = still_s;
	pager->still_at = 0;
	pager->still_here = still_here;
	pager->ctx = ctx;
	pager->filled = pager->find_len = 0;
	pager->enough = false;
	pager->rows = 0;
	if (pager->possible)
		measure(pager);
}

bool pager_text(struct pager *pager, struct cyg_str text)
{
	while (text.len && !pager->enough && pager->rows) {
		const char *end = memchr(text.ptr, '\n', text.len);
		size_t len = end ? (size_t)(end - text.ptr) : text.len;

		show_line(pager, cyg_str_n(text.ptr, len));
		text = cyg_str_tail(text, len + (end ? 1 : 0));
	}
	if (!pager->enough)
		fwrite(text.ptr, 1, text.len, stdout);
	return !pager->enough;
}

void pager_end(struct pager *pager)
{
	if (pager->find_len && !pager->enough)
		printf("(no line below has '%s')\n", pager->find);
	cyg_wipe(pager->find, sizeof(pager->find));
	pager->find_len = 0;
}
