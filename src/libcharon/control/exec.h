/* SPDX-License-Identifier: MIT */
/*
 * One exec command under way: its output passes the pipe behind it and goes to its client.
 *
 * Control thread only. The server makes and frees it; a command that returned CYG_PENDING may use it
 * until it calls cyg_exec_done(), even if the client has gone (exec_gone(): its output goes nowhere).
 */
#ifndef CONTROL_EXEC_H
#define CONTROL_EXEC_H

#include "control/pipe.h"
#include "control/protocol.h"
#include "control/session.h"

#include <cygnet/commands.h>

struct control_client;
struct control_server;

#define EXEC_ERROR_MAX      512
#define EXEC_QUESTION_MAX   256
#define EXEC_TEXT_LINE_MAX  65536 /* a longer line of output is cut */
/* Octets of text or rows in one message, and the last line or row whole: so few that making a message of them is soon done,
 * for whoever tells many rows looks at the clock between them. */
#define EXEC_CHUNK          4096

struct cyg_exec {
	struct cyg_shard *shard;
	struct control_client *client; /* NULL: gone */
	struct control_server *server;
	void *ctx;                     /* of the server's hooks */
	uint64_t id;
	struct control_session *session; /* a reference: it outlives its client if need be */
	bool json;
	bool interactive;              /* somebody sits there and may be asked */
	char *answer[CONTROL_ANSWERS_MAX]; /* to our questions of before */
	unsigned answer_count, asked;  /* each question takes the next answer */
	char question[EXEC_QUESTION_MAX]; /* to be asked instead of an error; "": none */
	bool question_secret;          /* its answer is not echoed */
	uint32_t column;               /* of the word that is wrong, from 1; 0: none */
	uint32_t column_base;          /* octets of the line before the part that is being run */
	bool forget;                   /* the line has a secret: nobody is to remember it */
	bool cancelled;                /* its client has had enough of its output */
	bool length_said;              /* the client is told how many lines to show at a time: `length` */
	int length;                    /* 0: all, below 0: as many as its terminal has */
	bool in_run, ended;            /* the command's `run` is on the stack; it has called cyg_exec_done() */
	enum cyg_status status;
	struct pipe_chain pipe;
	char error[EXEC_ERROR_MAX];

	/* Text: the line under construction, then whole lines that passed; or rows as JSON, with commas between. */
	char *line, *chunk;
	size_t line_len, line_room, chunk_len, chunk_room;
	bool short_of_memory;          /* something was lost: told as the command's failure */

	/* Waiting for the client to read on. */
	void (*resume)(struct cyg_exec *exec, void *arg);
	void *resume_arg;

	/* Whatever the line's arguments live in; freed with the exec. */
	void *hold;
	void (*hold_free)(void *hold);

	struct cyg_exec *next, **prev; /* the server's list */
};

/* The client has left: a long command should stop soon. */
static inline bool exec_gone(const struct cyg_exec *exec)
{
	return exec->client == NULL;
}
/* Nobody reads its output, for that reason or as its client has had enough: a command that only shows stops soon. */
static inline bool exec_unread(const struct cyg_exec *exec)
{
	return exec_gone(exec) || exec->cancelled;
}
static inline bool exec_may_configure(const struct cyg_exec *exec)
{
	return exec->session->enabled;
}
/* Takes the pipe off the line: `command` is what stands before it. CYG_MALFORMED with the error told. */
enum cyg_status exec_pipe(struct cyg_exec *exec, struct cyg_str line, struct cyg_str *command) CYG_MUST_CHECK;
/*
 * Asks before something that cannot be undone. True: go on (it was answered with yes, or nobody is there who
 * could be asked). False: return CYG_REFUSED, the client asks and sends the line again with the answer.
 */
bool exec_confirmed(struct cyg_exec *exec, const char *format, ...) CYG_PRINTF(2, 3);
/* The same for a secret: what was answered, or NULL. What a command asks one after the other is answered so. */
const char *exec_secret(struct cyg_exec *exec, const char *question);
/*
 * For commands that page: true if the client keeps up. If false, `resume` is called once, later, when
 * it has read enough (or reads no more: exec_unread()).
 */
bool exec_room(struct cyg_exec *exec, void (*resume)(struct cyg_exec *exec, void *arg), void *arg);
/* Lines of text of any length; each ends with a newline. */
void exec_text(struct cyg_exec *exec, struct cyg_str text);
/* A row that could not be made is said to be so. */
void exec_lost(struct cyg_exec *exec);

/* --- The server's side --- */
/* Runs the command, or what is left of it, and ends it unless it goes on by itself. */
void exec_go_on(struct cyg_exec *exec, enum cyg_status (*run)(struct cyg_exec *exec, void *arg), void *arg);
/* Sends what has gathered: whole lines, rows. */
void exec_flush(struct cyg_exec *exec);
/* The end of the output: the last line, what the pipe says. */
void exec_finish(struct cyg_exec *exec);
void exec_free(struct cyg_exec *exec);

#endif
