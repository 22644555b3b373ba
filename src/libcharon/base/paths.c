/* SPDX-License-Identifier: MIT */
#include "base/paths.h"

#include <stdio.h>
#include <unistd.h>

static enum cyg_status store(char *out, const char *a, const char *b)
{
	int len = snprintf(out, PATHS_LEN, "%s%s", a, b);

	return len >= 0 && len < PATHS_LEN ? CYG_OK : CYG_LIMIT;
}

enum cyg_status paths_join(char *out, const char *folder, const char *name)
{
	int len = snprintf(out, PATHS_LEN, "%s/%s", folder, name);

	return len >= 0 && len < PATHS_LEN ? CYG_OK : CYG_LIMIT;
}

/* Not realpath(): the folder need not be there yet, and its name is shown to people as they gave it. */
static enum cyg_status absolute(char *out, const char *path)
{
	char here[PATHS_LEN];
	enum cyg_status status;
	size_t len;

	if (path[0] == '/') {
		status = store(out, path, "");
	} else {
		if (getcwd(here, sizeof(here)) == NULL)
			return CYG_IO;
		status = paths_join(out, here, path);
	}
	if (status != CYG_OK)
		return status;
	len = strlen(out);
	while (len > 1 && out[len - 1] == '/')
		out[--len] = '\0';
	return CYG_OK;
}

/* Cuts `tail` off `text` if it ends so. */
static bool cut_tail(char *text, const char *tail)
{
	size_t len = strlen(text), tail_len = strlen(tail);

	if (len < tail_len || strcmp(text + len - tail_len, tail) != 0)
		return false;
	text[len - tail_len] = '\0';
	return true;
}

/* TOP/src/PROGRAM/NAME or TOP/src/PROGRAM/.libs/NAME: TOP at `top`, if the daemon was built there. */
static bool find_build_tree(const char *exe, char *top)
{
	static const char *const folders[] = { "/src/starter", "/src/cygnetd", "/src/cygctl" };
	char daemon[PATHS_LEN];
	char *slash;

	if (store(top, exe, "") != CYG_OK)
		return false;
	slash = strrchr(top, '/');
	if (slash == NULL)
		return false;
	*slash = '\0';
	(void)cut_tail(top, "/.libs");
	for (size_t i = 0; i < CYG_COUNT(folders); i++) {
		if (cut_tail(top, folders[i]))
			return store(daemon, top, "/src/cygnetd/cygnetd") == CYG_OK &&
			       access(daemon, F_OK) == 0;
	}
	return false;
}

enum cyg_status paths_init_for(struct paths *out, const char *exe, const char *root,
			       const char *plugin_dir)
{
	struct paths p = { .root = "" };
	char top[PATHS_LEN];
	enum cyg_status status;

	if (root != NULL) {
		status = absolute(p.root, root);
		if (status != CYG_OK)
			return status;
		/* "/" itself: DIR/etc/cygnet is then /etc/cygnet. */
		const char *base = strcmp(p.root, "/") == 0 ? "" : p.root;

		if (store(p.etc, base, "/etc/cygnet") != CYG_OK ||
		    store(p.run, base, "/run/cygnet") != CYG_OK ||
		    store(p.lib, base, "/var/lib/cygnet") != CYG_OK ||
		    store(p.log, base, "/var/log") != CYG_OK)
			return CYG_LIMIT;
	} else if (store(p.etc, CYG_DIR_SYSCONF, "/cygnet") != CYG_OK ||
		   store(p.run, CYG_DIR_RUN, "/cygnet") != CYG_OK ||
		   store(p.lib, CYG_DIR_STATE, "/lib/cygnet") != CYG_OK ||
		   store(p.log, CYG_DIR_STATE, "/log") != CYG_OK) {
		return CYG_LIMIT;
	}

	p.build_tree = find_build_tree(exe, top);
	status = p.build_tree ? store(p.daemon, top, "/src/cygnetd/cygnetd")
			      : store(p.daemon, CYG_DIR_LIBEXEC, "/cygnetd");
	if (status != CYG_OK)
		return status;
	if (plugin_dir != NULL)
		status = absolute(p.plugins, plugin_dir);
	else if (p.build_tree)
		status = store(p.plugins, top, "/src/plugins");
	else
		status = store(p.plugins, CYG_DIR_PLUGINS, "");
	if (status != CYG_OK)
		return status;
	*out = p;
	return CYG_OK;
}

enum cyg_status paths_init(struct paths *out, const char *root, const char *plugin_dir)
{
	char exe[PATHS_LEN];
	ssize_t len = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	/* Without /proc it is taken for installed. */
	exe[len > 0 ? len : 0] = '\0';
	return paths_init_for(out, exe, root, plugin_dir);
}
