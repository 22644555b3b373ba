/* SPDX-License-Identifier: MIT */
/*
 * Reading startup-config and bringing it into force, at start and later: as one transaction. With an error in
 * it, in cygnet.conf or in a plugin's .conf, all that was in force stays. Control thread only.
 */
#ifndef CONTROL_RELOAD_H
#define CONTROL_RELOAD_H

#include "control/state.h"

#include <cygnet/broker.h>

struct reload;

#define STARTUP_CONFIG "startup-config"

/* Reads the text of startup-config, through the starter if there is one, and judges it. */
struct config_reading {
	struct daemon *daemon;
	void (*done)(struct config_reading *reading, enum cyg_status status);
	void *ctx;
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

/* `reading` is zeroed but for its first three members; `done` runs in this call or later. */
void config_reading_start(struct config_reading *reading);
/* Stops it if it is under way, and frees the results (the text is wiped: it has secrets). */
void config_reading_done(struct config_reading *reading);

/*
 * Reloads; `exec` (may be NULL: by signal) is answered and ended. CYG_PENDING, CYG_BUSY if one is under way,
 * CYG_NOMEM.
 */
enum cyg_status reload_start(struct daemon *daemon, struct cyg_exec *exec) CYG_MUST_CHECK;
/* Findings as text lines and rows of a command, and into the log (notes are left out there). */
void findings_tell(struct cyg_exec *exec, const char *file, const struct config_findings *findings);
void findings_log(const char *file, const struct config_findings *findings);

/* Remembers a text that has come into force. */
void last_good_keep(struct daemon *daemon, struct cyg_str text);
/* CYG_NOT_FOUND: there is none; CYG_REFUSED: it has errors (of another version's making). */
enum cyg_status last_good_load(struct daemon *daemon, struct cyg_config **out) CYG_MUST_CHECK;

#endif
