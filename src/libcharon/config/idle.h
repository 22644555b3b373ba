/* SPDX-License-Identifier: MIT */
/*
 * Lines that are kept and shown, and that nothing in this version acts on: their part of the gateway is not built yet. Whoever
 * writes one is told: when it is typed, by `check-config`, by the log when it comes into force, and where it is shown.
 * Control thread.
 */
#ifndef CONFIG_IDLE_H
#define CONFIG_IDLE_H

#include "config/config.h"

#define CONFIG_IDLE_TEXT "has no effect: nothing in this version acts on it"

struct config_idle {
	const char *file;
	uint32_t line;
	const char *text; /* of the line, a secret masked; of a banner, the first line of it */
};
/* Is this line one of them? (CYG_CMD_IDLE of its row.) */
bool config_line_idle(const struct cyg_args *line);
/* Each such line of a configuration; with `before` (may be NULL) those that it did not have. CYG_NOMEM. */
enum cyg_status config_each_idle(const struct cyg_config *config, const struct cyg_config *before,
				 void (*tell)(void *ctx, const struct config_idle *idle), void *ctx) CYG_MUST_CHECK;
/* Those of one object of a snapshot. */
enum cyg_status config_object_idle(const void *object, void (*tell)(void *ctx, const struct config_idle *idle),
				   void *ctx) CYG_MUST_CHECK;
/* Objects that are not used though they lack no line. */
void config_each_useless(const struct cyg_config *config, void (*tell)(void *ctx, const struct config_unused *unused), void *ctx);
/* Both of them, a line of text each (`check-config`). */
void config_idle_print(const struct cyg_config *config, const char *path, FILE *out);

#endif
