/* SPDX-License-Identifier: MIT */
/*
 * The language of a daemon: the grammar of the core's tables, this room's and the plugins', and the
 * control server's hooks that read lines with it. Control thread only.
 */
#ifndef CONTROL_LANGUAGE_H
#define CONTROL_LANGUAGE_H

#include "control/state.h"

/*
 * Makes the grammar from every plugin in `dir`: the rows of those that `registry` has not loaded are known as such. With `registry`
 * NULL (check-config) all count as loaded. Shared objects that are opened stay mapped. `why`
 * says what is wrong with a table. If the tables are those of `previous` (its number at *print; may be NULL), that one is
 * given again: snapshots share objects only within one grammar.
 */
enum cyg_status language_grammar(const char *dir, const struct registry *registry,
				 struct config_grammar *previous, uint64_t *print,
				 struct config_grammar **out, struct cyg_strbuf *why) CYG_MUST_CHECK;

/* Hooks for a server whose `ctx` is a struct daemon; all of it constant. */
enum control_access language_access(void *ctx, int fd, struct control_peer *peer);
const char *language_hostname(void *ctx);
enum cyg_status language_run(void *ctx, struct cyg_exec *exec, struct cyg_str line);
struct json_t *language_complete(void *ctx, const struct control_session *session, struct cyg_str line);
struct json_t *language_help(void *ctx, const struct control_session *session, struct cyg_str line);
void language_came(void *ctx, struct control_session *session);
void language_gone(void *ctx, struct control_session *session);
void language_prompt(void *ctx, const struct control_session *session, struct cyg_strbuf *out);

#endif
