/* SPDX-License-Identifier: MIT */
/*
 * A whole configuration in place of the one in force, or a file on top of it, as one transaction: judged, planned, asked
 * about if it ends sessions, then applied. An error in it leaves all as it was. Control thread only.
 */
#ifndef CONTROL_REPLACE_H
#define CONTROL_REPLACE_H

#include "control/state.h"

struct replace_order {
	char name[200];            /* the file below etc/cygnet; "": number */
	unsigned number;           /* of a kept configuration (kept.h) */
	bool merge;                /* on top of what is in force */
	bool skip_errors;          /* objects with errors are kept unused instead of refusing all */
	bool dry_run;              /* the plan alone */
	bool force;                /* nobody is asked */
	uint32_t revert_seconds;   /* arm the way back; 0: do not */
};

/* `exec` is ended. CYG_PENDING or why not. */
enum cyg_status replace_run(struct daemon *daemon, struct cyg_exec *exec,
			    const struct replace_order *order) CYG_MUST_CHECK;

#endif
