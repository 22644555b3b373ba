/* SPDX-License-Identifier: MIT */
/*
 * Files of configuration as whole texts. Reading and writing a small local file may wait for a disk: the
 * control thread does, the shards never. The caller frees the text.
 */
#ifndef CONTROL_TEXT_FILE_H
#define CONTROL_TEXT_FILE_H

#include <cygnet/bytes.h>

#define TEXT_FILE_MAX (16u << 20)

/* To its end; `fd` stays the caller's. CYG_LIMIT, CYG_NOMEM, CYG_IO with errno (EISDIR for a folder),
 * CYG_BUSY if somebody wrote to it meanwhile. */
enum cyg_status text_file_read_fd(int fd, char **text, size_t *len) CYG_MUST_CHECK;
/* CYG_NOT_FOUND, or as above. */
enum cyg_status text_file_read(const char *path, char **text, size_t *len) CYG_MUST_CHECK;
/* Replaces `path` in one step, readable by its owner alone, on the disk before it returns. CYG_IO with errno. */
enum cyg_status text_file_replace(const char *path, struct cyg_str text) CYG_MUST_CHECK;

#endif
