/* SPDX-License-Identifier: MIT */
/*
 * The options of the engine: cygnet.conf. The table makes the sample file and the manual too. Constant; any
 * thread.
 */
#ifndef CONTROL_OPTIONS_H
#define CONTROL_OPTIONS_H

#include <cygnet/option.h>

struct engine_options {
	uint32_t shards;         /* 0: one per core */
	uint32_t helpers;
	const char *const *plugin_order;
	int log_level;           /* index of engine_log_levels */
	bool log_stderr, log_syslog, log_journal, log_json;
	bool key_export;
	const char *log_file;    /* NULL or "": none */
	uint32_t retransmit_first_ms, retransmit_tries;
	uint32_t half_open_max, aaa_waiting;
	uint32_t drain_ms;
	uint32_t stop_ms;
	const struct cyg_option_pair *interfaces;
};

extern const struct cyg_option engine_option_table[];
extern const char *const engine_log_levels[]; /* "crit" ... "debug", NULL-terminated */

#endif
