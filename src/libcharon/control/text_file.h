/* SPDX-License-Identifier: MIT */
/*
 * Files of configuration: as whole texts, and how one is replaced. Reading and writing a small local file may wait for a disk:
 * the control thread does, the shards never. The caller frees the text.
 */
#ifndef CONTROL_TEXT_FILE_H
#define CONTROL_TEXT_FILE_H

#include <cygnet/broker.h>

#define TEXT_FILE_MAX CYG_BROKER_CONFIG_MAX /* octets: what can be stored can be read */

/* To its end; `fd` stays the caller's. CYG_LIMIT, CYG_NOMEM, CYG_IO with errno (EISDIR for a folder),
 * CYG_BUSY if somebody wrote to it meanwhile. */
enum cyg_status text_file_read_fd(int fd, char **text, size_t *len) CYG_MUST_CHECK;
/* CYG_NOT_FOUND, or as above. */
enum cyg_status text_file_read(const char *path, char **text, size_t *len) CYG_MUST_CHECK;
/* Its first line without the end, cut to what there is room for; nothing else of it stays in memory. CYG_NOT_FOUND, CYG_IO. */
enum cyg_status text_file_first_line(const char *path, char *out, size_t room) CYG_MUST_CHECK;

/* Puts a new file in the place of `path` in one step, readable by its owner alone, it and its name on the disk before it
 * returns. `fill` writes to it: CYG_IO with errno if it cannot. On failure (CYG_IO with errno, or what `fill` says) the old one
 * stays whole. */
enum cyg_status file_replace(const char *path, enum cyg_status (*fill)(void *ctx, int fd), void *ctx) CYG_MUST_CHECK;
enum cyg_status text_file_replace(const char *path, struct cyg_str text) CYG_MUST_CHECK;
/* The names in the folder of `path` are on the disk as they are now; what cannot be done about it is logged. */
void file_folder_sync(const char *path);

#endif
