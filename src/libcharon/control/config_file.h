/* SPDX-License-Identifier: MIT */
/*
 * Snapshots as files, in the form that parses back, with their secrets: readable by their owner alone, and no copy of the
 * text stays in memory. Control thread only; may wait for a disk.
 */
#ifndef CONTROL_CONFIG_FILE_H
#define CONTROL_CONFIG_FILE_H

#include "config/config.h"

/* Replaces `path` as file_replace() does; CYG_NOMEM too, or as the sealer says. `heading`: a comment line with its end, or "". */
enum cyg_status config_file_replace(const char *path, const char *heading,
				    const struct cyg_config *config) CYG_MUST_CHECK;
/* The same text in sealed memory, for the starter; the descriptor is the caller's. */
enum cyg_status config_file_memory(const struct cyg_config *config, int *fd, size_t *len) CYG_MUST_CHECK;

#endif
