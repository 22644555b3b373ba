/* SPDX-License-Identifier: MIT */
/*
 * Runs one command and prints what it answers: text as it comes, or one JSON document written row by
 * row, so that a long listing is never held in memory. Errors go to standard error.
 */
#ifndef CYGCTL_OUTPUT_H
#define CYGCTL_OUTPUT_H

#include "connection.h"
#include "pager.h"

/* What a shell wants to know of a command that has ended. */
struct output_end {
	char question[300]; /* it waits for an answer; nothing was printed about that */
	bool secret, forget, leave, more;
};

enum output_result {
	OUTPUT_DONE,     /* the command was done */
	OUTPUT_REFUSED,  /* it was not; the reason has been printed */
	OUTPUT_LOST,     /* the connection broke; told too */
	OUTPUT_STOPPED,  /* by a signal; the connection is of no use any more */
};

enum output_result output_run(struct connection *connection, const struct order *order,
			      struct output_end *end);

/* Prints a line of the daemon's log: as text, with colour on a terminal, or as one JSON object a line. */
void output_log(const struct json_t *line, bool json);

#endif
