/* SPDX-License-Identifier: MIT */
#include "control/options.h"

#include <cygnet/shard.h>

const char *const engine_log_levels[] = { "crit", "error", "warning", "notice", "info", "debug", NULL };

const struct cyg_option engine_option_table[] = {
	CYG_OPT_UINT(struct engine_options, shards, "shards", "0", 0, CYG_SHARDS_MAX,
		     "How many worker threads share the sessions. 0: one per core."),
	CYG_OPT_UINT(struct engine_options, helpers, "helpers", "2", 1, 16,
		     "How many threads do slow arithmetic (RSA, large groups) for the workers."),
	CYG_OPT_LIST(struct engine_options, plugin_order, "plugin-order", NULL,
		     "Plugins in order of preference: of two that offer one algorithm the first is used. "
		     "Those not named follow in an order of our own; a number at `load` in a plugin's .conf "
		     "comes before both."),
	CYG_OPT_ENUM(struct engine_options, log_level, "log-level", "info", engine_log_levels,
		     "The least important lines that are logged."),
	CYG_OPT_BOOL(struct engine_options, log_stderr, "log-stderr", "yes",
		     "Log to standard error, which systemd gives to the journal."),
	CYG_OPT_BOOL(struct engine_options, log_syslog, "log-syslog", "no", "Log to syslog."),
	CYG_OPT_BOOL(struct engine_options, log_journal, "log-journal", "no",
		     "Log to the journal with every field of an event as one of its own, such as CYGNET_PEER: "
		     "then `log-stderr = no` keeps the same lines from coming twice."),
	CYG_OPT_STRING(struct engine_options, log_file, "log-file", NULL,
		       "Log to this file as well; a relative name counts from the folder of logs."),
	CYG_OPT_BOOL(struct engine_options, log_json, "log-json", "no",
		     "Lines of standard error, syslog and file are JSON objects with all fields of an event."),
	CYG_OPT_BOOL(struct engine_options, key_export, "key-export", "no",
		     "Write the keys of every session to the folder `wireshark` among the logs, as tables that "
		     "Wireshark reads. For debugging only: whoever has them reads the traffic. Takes effect at the next "
		     "start."),
	CYG_OPT_DURATION(struct engine_options, retransmit_first_ms, "retransmit-first", "1s", 100, 60000,
			 "How long an IKE request waits for its answer before it is sent again; doubles "
			 "each time."),
	CYG_OPT_UINT(struct engine_options, retransmit_tries, "retransmit-tries", "6", 1, 20,
		     "How often an IKE request is sent in all before its SA is given up."),
	CYG_OPT_UINT(struct engine_options, half_open_max, "half-open-max", "16384", 16, 1048576,
		     "How many SAs a shard keeps for peers that have not proved themselves yet; the oldest "
		     "go first."),
	CYG_OPT_UINT(struct engine_options, aaa_waiting, "aaa-waiting", "50000", 1, 1048576,
		     "How many SAs of a shard may wait for an AAA server at a time."),
	CYG_OPT_DURATION(struct engine_options, drain_ms, "drain", "30s", 0, 3600000,
			 "How long a plugin that is unloaded may take until its last user has let go."),
	CYG_OPT_DURATION(struct engine_options, stop_ms, "stop", "3s", 0, 60000,
			 "How long the daemon may take to say goodbye to its peers when it stops."),
	CYG_OPT_MAP(struct engine_options, interfaces, "interfaces",
		    "Which Linux device a router's interface name means: Ethernet0/0 = eth0."),
	CYG_OPT_END,
};
