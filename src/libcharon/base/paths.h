/* SPDX-License-Identifier: MIT */
/*
 * Where things lie: compiled-in folders, or those under `--root DIR`, so that many instances run side
 * by side; and the daemon's program and plugins, which are found in the build tree too.
 *
 * Filled once at the start of a program and constant from then on, so any thread may read it. Depends
 * on libc only: the starter, the daemon and the client all ask here.
 */
#ifndef CYGNET_BASE_PATHS_H
#define CYGNET_BASE_PATHS_H

#include <cygnet/bytes.h>

#define PATHS_LEN 512 /* octets of one path with its NUL */

struct paths {
	char root[PATHS_LEN];    /* as absolute path, "" without --root */
	char etc[PATHS_LEN];     /* startup-config, cygnet.conf, plugins/NAME.conf */
	char run[PATHS_LEN];     /* lock, status, control.sock */
	char lib[PATHS_LEN];     /* what must survive a reboot */
	char log[PATHS_LEN];
	char plugins[PATHS_LEN]; /* NAME.so; in a build tree NAME/.libs/NAME.so */
	char daemon[PATHS_LEN];  /* the program cygnetd */
	bool build_tree;         /* `plugins` and `daemon` are those of the tree this program was built in */
};

/*
 * `root` and `plugin_dir` as given on the command line, NULL for none; relative ones count from the
 * current folder. CYG_LIMIT if a path gets too long, CYG_IO (errno says more) if the current folder cannot be told.
 */
enum cyg_status paths_init(struct paths *out, const char *root, const char *plugin_dir) CYG_MUST_CHECK;

/* The same for a program at `exe`, which need not be this one (tests). */
enum cyg_status paths_init_for(struct paths *out, const char *exe, const char *root,
			       const char *plugin_dir) CYG_MUST_CHECK;

/* `folder`/`name` into `out` of PATHS_LEN octets; CYG_LIMIT. */
enum cyg_status paths_join(char *out, const char *folder, const char *name) CYG_MUST_CHECK;

#endif
