/* SPDX-License-Identifier: MIT */
/*
 * Commands of a plugin under test: configurations in force on the shards of a harness, and exec lines
 * whose output is kept instead of going to a socket.
 *
 *   struct harness *h = harness_start(&cyg_plugin_address_pool, NULL);
 *   struct commands *c = commands_start(h, &address_pool_commands);
 *   commands_load(c, "ip local pool p 10.0.0.1 10.0.0.9\n");
 *   ck_assert_str_eq(commands_run(c, "show ip local pool", false), "...");
 *
 * A configuration with an error fails the test unless commands_judge() is what was called.
 */
#ifndef TESTING_UNIT_COMMANDS_H
#define TESTING_UNIT_COMMANDS_H

#include "config/config.h"
#include "harness.h"

#include <jansson.h>

struct commands {
	struct harness *h;
	struct config_grammar *grammar;
	struct cyg_config *config;
	/* Of the last commands_run(), until the next. */
	enum cyg_status status;
	char *text;
	char error[512];
	json_t *rows;
};

/* The core's commands and these. */
struct commands *commands_start(struct harness *h, const struct cyg_command_table *table);
/* From the next turn on all shards have this configuration. */
void commands_load(struct commands *c, const char *text);
/* The findings of a configuration as `check-config` prints them; to be freed. */
char *commands_judge(struct commands *c, const char *text);
/* Line, severity and code of each finding, one a line: "3 warning range\n". Fails the test if they are others. */
void commands_expect(struct commands *c, const char *text, const char *want);
/* The configuration in force as a file would have it; to be freed. */
char *commands_render(struct commands *c);
/* Runs an exec line until it has ended; its text output. Status, error and rows are in `c`. */
const char *commands_run(struct commands *c, const char *line, bool json);
/* The shards have no configuration any more. Before harness_stop(). */
void commands_end(struct commands *c);

#endif
