/* SPDX-License-Identifier: MIT */
/*
 * Files below one folder, for a daemon that has no right to them itself: whatever name it gives, it
 * gets nothing from outside the folder. One thread. On failure `why` says what and how to mend it.
 */
#ifndef STARTER_FILES_H
#define STARTER_FILES_H

#include <cygnet/bytes.h>

/*
 * Read only, close-on-exec, a regular file. `folder` is the open folder, `folder_name` its name for people.
 * CYG_NOT_FOUND; CYG_REFUSED: outside, or no regular file.
 */
enum cyg_status files_open(int folder, const char *folder_name, const char *name, int *out,
			   struct cyg_strbuf *why) CYG_MUST_CHECK;
/* The same without openat2(): no link is followed at all. For kernels before 5.6, and tests. */
enum cyg_status files_open_stepwise(int folder, const char *name, int flags, int *out) CYG_MUST_CHECK;

/*
 * `name` (one component) becomes a copy of the memfd `source`, which must be sealed against writing
 * and shrinking; whole or not at all, also across a power failure. Owner and mode stay those of the
 * old file, else root and 0600.
 */
enum cyg_status files_replace(int folder, const char *folder_name, const char *name, int source,
			      struct cyg_strbuf *why) CYG_MUST_CHECK;

#endif
