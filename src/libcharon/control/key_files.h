/* SPDX-License-Identifier: MIT */
/*
 * The files of exported keys (exchange/export.h), in the folder of logs: `wireshark/ikev2_decryption_table` and
 * `wireshark/esp_sa`, readable by the daemon's user alone, begun anew at each start. That folder can be used as Wireshark's
 * configuration folder. Opened on the control thread before the shards run; written by any shard.
 */
#ifndef CONTROL_KEY_FILES_H
#define CONTROL_KEY_FILES_H

#include "base/paths.h"
#include "exchange/export.h"

struct key_files {
	struct key_export export; /* what the engine is given */
	int fd[KEY_TABLES];       /* -1: closed */
};

/* CYG_IO or CYG_LIMIT with a reason; a warning is logged when keys begin to be written. */
enum cyg_status key_files_open(struct key_files *files, const struct paths *paths, struct cyg_strbuf *why)
	CYG_MUST_CHECK;
/* Fine on one that was never opened (fd -1). */
void key_files_close(struct key_files *files);

#endif
