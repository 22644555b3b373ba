/* SPDX-License-Identifier: MIT */
/*
 * The files of the trustpoints: read through the starter when a configuration comes into force, handed to auth/pki.h, and
 * judged for whoever wants to know what is wrong with them. A trustpoint that has not changed is not read again, except
 * by a start and a reload; files that have not changed leave everything as it is. Control thread.
 */
#ifndef CONTROL_TRUST_H
#define CONTROL_TRUST_H

#include "auth/pki.h"
#include "control/state.h"

/*
 * Reads what this configuration's trustpoints need. `done` gets the set, a reference of its own (NULL: out of memory), in
 * this call or later. One at a time.
 */
void trust_load(struct daemon *daemon, struct cyg_config *config,
		void (*done)(struct daemon *daemon, struct pki *take_pki, void *ctx), void *ctx);

enum trust_problem { TRUST_NO_SIGN, TRUST_NO_VERIFY, TRUST_UNSUITABLE };
/* What is wrong with the trustpoints that profiles use, at the time `now`. `text` says what and how to mend it. */
void trust_judge(const struct config_view *view, const struct pki *pki, int64_t now,
		 void (*tell)(void *ctx, enum trust_problem problem, const struct pki_point *point, const char *place,
			      const char *text),
		 void *ctx);
/* The same into the log. */
void trust_log(const struct config_view *view, const struct pki *pki, int64_t now);

#endif
