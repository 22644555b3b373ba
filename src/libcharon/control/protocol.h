/* SPDX-License-Identifier: MIT */
/*
 * The control protocol's messages (doc/CONTROL-PROTOCOL.md): one JSON object a line. Requests are read here,
 * answers are made here. Control thread only. A request owns its line: control_request_done().
 */
#ifndef CONTROL_PROTOCOL_H
#define CONTROL_PROTOCOL_H

#include <cygnet/bytes.h>

struct json_t;

#define CONTROL_PROTOCOL_VERSION 1
#define CONTROL_REQUEST_MAX      65536 /* octets of one request with its newline */
#define CONTROL_LINE_MAX         16384 /* of the command line in it */
#define CONTROL_ANSWER_MAX       256   /* of the answer to a question */
#define CONTROL_ANSWERS_MAX      4     /* to the questions of one command */
#define CONTROL_TERMINAL_MAX     64

enum control_verb {
	CONTROL_RUN = 1,
	CONTROL_COMPLETE,
	CONTROL_HELP,
	CONTROL_WAIT,   /* no request of its own: about the command with this id. Somebody is reading, */
	CONTROL_CANCEL, /* or has read enough */
};

struct control_request {
	enum control_verb verb;
	uint64_t id;
	bool json;
	bool interactive;              /* there is somebody who can be asked */
	char terminal[CONTROL_TERMINAL_MAX]; /* what the client says; "" */
	char *line;                    /* NULL with CONTROL_WAIT and CONTROL_CANCEL */
	char *answer[CONTROL_ANSWERS_MAX]; /* in the order of the questions */
	unsigned answer_count;
};

/* `octets`: one message without its newline. On failure `why` says what is wrong with it, and `out->id` is the
 * request's if it could be read. */
enum cyg_status control_request_read(struct cyg_bytes octets, struct control_request *out,
				     struct cyg_strbuf *why) CYG_MUST_CHECK;
/* Wipes what it frees: lines and answers have secrets. */
void control_request_done(struct control_request *request);
void control_answers_free(char **answers, unsigned count);
/* From now on whatever jansson frees is wiped: requests are parsed with it. Changes all of the process. */
void control_json_wipes(void);

/* A JSON string of text whose octets need not be UTF-8: what is none becomes '?'. NULL if out of memory. */
struct json_t *control_json_text(struct cyg_str text);
/* The same for a member of a row: control_json_text(cyg_str(text)). */
struct json_t *control_json_str(const char *text);

#endif
