/* SPDX-License-Identifier: MIT */
#include "control/key_files.h"

#include <cygnet/log.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const names[KEY_TABLES] = {
	[KEY_TABLE_IKE] = "ikev2_decryption_table",
	[KEY_TABLE_ESP] = "esp_sa",
};

/* One write a line: the file is opened for appending, so lines of several shards do not mix. */
static void write_line(const struct key_export *to, enum key_table table, struct cyg_bytes line)
{
	const struct key_files *files = CYG_CONTAINER(to, struct key_files, export);

	if (write(files->fd[table], line.ptr, line.len) != (ssize_t)line.len)
		cyg_log_limited(CYG_LOG_ERROR, "keys.lost", "keys for Wireshark cannot be written to {file}: {error}",
				F_STR("file", names[table]), F_STR("error", strerror(errno)));
}

enum cyg_status key_files_open(struct key_files *files, const struct paths *paths, struct cyg_strbuf *why)
{
	char folder[PATHS_LEN], path[PATHS_LEN];

	files->export.write = write_line;
	if (paths_join(folder, paths->log, "wireshark") != CYG_OK)
		return CYG_LIMIT;
	if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
		cyg_strbuf_addf(why, "cygnet.conf: key-export: %s cannot be made: %s", folder, strerror(errno));
		return CYG_IO;
	}
	for (unsigned i = 0; i < KEY_TABLES; i++) {
		if (paths_join(path, folder, names[i]) != CYG_OK)
			return CYG_LIMIT;
		/* Never somebody else's file, nor through somebody's link. */
		if (unlink(path) == 0 || errno == ENOENT)
			files->fd[i] = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (files->fd[i] < 0) {
			cyg_strbuf_addf(why, "cygnet.conf: key-export: %s: %s", path, strerror(errno));
			return CYG_IO;
		}
	}
	cyg_log(CYG_LOG_WARNING, "keys.exported",
		"key-export is on: the keys of every session are written to {folder}, and whoever reads them reads the traffic; "
		"cygnet.conf: key-export = no",
		F_STR("folder", folder));
	return CYG_OK;
}

void key_files_close(struct key_files *files)
{
	for (unsigned i = 0; i < KEY_TABLES; i++) {
		if (files->fd[i] >= 0)
			close(files->fd[i]);
		files->fd[i] = -1;
	}
}
