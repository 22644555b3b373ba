/* SPDX-License-Identifier: MIT */
/*
 * Pieces that the start and a reload share: cygnet.conf, the log, the set of plugins. Control thread only.
 */
#ifndef CONTROL_DAEMON_PARTS_H
#define CONTROL_DAEMON_PARTS_H

#include "control/state.h"

struct engine_conf;  /* cygnet.conf as read; counted by nobody, owned by one */
struct registry_set;

/* A missing file is one of defaults. CYG_MALFORMED and the like with the errors at `why`. */
enum cyg_status engine_conf_read(const struct paths *paths, struct engine_conf **out, struct cyg_strbuf *why)
	CYG_MUST_CHECK;
const struct engine_options *engine_conf_options(const struct engine_conf *conf);
void engine_conf_free(struct engine_conf *conf); /* NULL is fine */
/* The next options become the daemon's; what was its before is at *conf. Applies those of the log. */
void engine_conf_swap(struct daemon *daemon, struct engine_conf **conf);

/* Sinks as the options say; failures are told at `why` and leave the log as it is. */
enum cyg_status engine_log_start(const struct paths *paths, const struct engine_options *options,
				 struct cyg_strbuf *why) CYG_MUST_CHECK;

/* Every plugin there is with its .conf, in the configured order; NULL with a reason. */
struct registry_set *plugins_wanted(const struct paths *paths, const struct engine_options *options,
				    struct cyg_strbuf *why);

#endif
