/* SPDX-License-Identifier: MIT */
/*
 * Texts of configurations from files: startup-config and others beside it, through the starter if there is one, and the
 * copy of the last good one. Control thread only.
 */
#ifndef CONTROL_READING_H
#define CONTROL_READING_H

#include "control/state.h"

#include <cygnet/broker.h>

#define STARTUP_CONFIG "startup-config"
#define LAST_GOOD      "last-good"

/* Reads the text of a file below etc/cygnet, or takes the one that is there already, and judges it. */
struct config_reading {
	struct daemon *daemon;
	void (*done)(struct config_reading *reading, enum cyg_status status);
	void *ctx;
	char name[CYG_BROKER_NAME_MAX]; /* "": startup-config */
	unsigned how;                   /* enum config_parse_how */
	/* The result: CYG_OK with a snapshot; CYG_REFUSED with errors among the findings; else `why`. */
	struct config_findings findings;
	struct cyg_config *config;
	char *text;
	size_t text_len;
	char why[PATHS_LEN + CYG_BROKER_TEXT_MAX + 32];
	/* Under way. */
	struct cyg_op op;
	struct cyg_broker_reply *reply;
};

/* `reading` is zeroed but for its first members, and text and its length if they are given; `done` runs in this call or later. */
void config_reading_start(struct config_reading *reading);
/* Judges the text that was read once more: against what is in force, and the language, as they are now. */
enum cyg_status config_reading_judge(struct config_reading *reading) CYG_MUST_CHECK;
/* Stops it if it is under way, and frees the results (the text is wiped: it has secrets). */
void config_reading_done(struct config_reading *reading);

/* Findings as text lines and rows of a command, and into the log (notes are left out there). */
void findings_tell(struct cyg_exec *exec, const char *file, const struct config_findings *findings);
void findings_log(const char *file, const struct config_findings *findings);

/* Remembers a text that has come into force. */
void last_good_keep(struct daemon *daemon, struct cyg_str text);
/* CYG_NOT_FOUND: there is none; CYG_REFUSED: it has errors (of another version's making). */
enum cyg_status last_good_load(struct daemon *daemon, struct cyg_config **out) CYG_MUST_CHECK;

#endif
