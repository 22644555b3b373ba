/* SPDX-License-Identifier: MIT */
/*
 * The client's side of the control protocol (doc/CONTROL-PROTOCOL.md): one connection, one request at
 * a time, waiting for its answer. Knows nothing of the daemon's inside.
 */
#ifndef CYGCTL_CONNECTION_H
#define CYGCTL_CONNECTION_H

#include <cygnet/bytes.h>

struct json_t;
struct connection;
struct pager;

#define CONNECTION_MESSAGE_MAX (16u << 20) /* octets of one message of the daemon */
#define CONNECTION_WAIT_S      10
#define CONNECTION_HELLO_S     10          /* how long it may take to greet */

/* What a command answers, as it comes. */
struct answer {
	/* False: that is enough of it. The daemon is asked to leave off, and what comes until it has is passed over. */
	bool (*text)(struct answer *answer, struct cyg_str text);
	void (*rows)(struct answer *answer, struct cyg_str rows); /* for rows_next() (rows.h) */
	/* Filled in at the end. */
	char status[24];  /* "ok" or why not */
	char error[640];  /* a sentence, "" if ok */
	bool json;        /* the daemon was asked for rows (by us, or by `| json`) */
	char question[300]; /* to be answered before it is done; "" if none */
	bool secret;      /* the answer is not to be seen */
	bool forget;      /* the line has a secret: it is not to be remembered */
	bool leave;       /* the daemon takes it for a farewell */
	bool more;        /* the next line goes on with a text: it is sent as it stands */
	bool length_said; /* `length` holds from now on */
	int length;       /* lines to be shown at a time; 0: all, below 0: as many as the terminal has */
	uint32_t column;  /* of the word that is wrong, from 1; 0: none */
};

/* A command and the manners of whoever sends it. */
struct order {
	const char *line;
	bool json;
	bool interactive;     /* somebody is there who can be asked */
	const char *terminal; /* NULL: none */
	const char *const *answers; /* to its questions, in order */
	unsigned answer_count;
	struct pager *pager;  /* shows text a page at a time (output.h); NULL: it is shown as it comes */
};

/* A line of the daemon's log (`terminal monitor`), as it comes between and during answers. */
typedef void (*connection_log_fn)(void *ctx, const struct json_t *line);

/* On failure `why` is one line with what to do about it. */
enum cyg_status connection_open(const char *path, struct connection **out, struct cyg_strbuf *why)
	CYG_MUST_CHECK;
void connection_close(struct connection *connection); /* NULL is fine */
/* Who gets log lines; without one they are passed over. */
void connection_on_log(struct connection *connection, connection_log_fn take, void *ctx);
/* To be watched for log lines while nothing is asked. */
int connection_fd(const struct connection *connection);
/* Takes what has come, without waiting. CYG_IO: the connection has ended. */
enum cyg_status connection_take_logs(struct connection *connection) CYG_MUST_CHECK;
/* What it wants to be shown before the next line. */
const char *connection_prompt(const struct connection *connection);
/*
 * Runs one command line. CYG_OK: it was answered, `answer->status` says how it ended. CYG_IO: the connection is of no
 * use any more; CYG_BUSY: a signal came (the same holds).
 */
enum cyg_status connection_run(struct connection *connection, const struct order *order,
			       struct answer *answer) CYG_MUST_CHECK;
/* While its answer is left unread: to be said each CONNECTION_WAIT_S, or the daemon gives this connection up. */
void connection_wait(struct connection *connection);
/* `what`: "complete" gives an array of words, "help" one of { "token", "help" }. NULL on any failure. */
struct json_t *connection_ask(struct connection *connection, const char *what, const char *line);

#endif
