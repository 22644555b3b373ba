/* SPDX-License-Identifier: MIT */
#include "control/text_file.h"

#include "base/paths.h"

#include <cygnet/log.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static bool unchanged(int fd, const struct stat *before)
{
	struct stat now;

	return fstat(fd, &now) == 0 && now.st_size == before->st_size &&
	       now.st_mtim.tv_sec == before->st_mtim.tv_sec && now.st_mtim.tv_nsec == before->st_mtim.tv_nsec;
}

enum cyg_status text_file_read_fd(int fd, char **text, size_t *len)
{
	size_t room = 0, used = 0;
	struct stat before;
	char *buffer = NULL;
	enum cyg_status status;

	if (fstat(fd, &before) != 0)
		return CYG_IO;

	for (;;) {
		ssize_t got;

		if (used == room) {
			size_t wanted = room ? room * 2 : 65536;
			char *grown;

			status = CYG_NOMEM;
			grown = malloc(wanted);
			if (!grown)
				goto failed;
			/* By hand: what realloc() leaves behind would have secrets. */
			if (buffer) {
				memcpy(grown, buffer, used);
				cyg_wipe(buffer, used);
				free(buffer);
			}
			buffer = grown;
			room = wanted;
		}
		got = read(fd, buffer + used, room - used);
		if (got < 0 && errno == EINTR)
			continue;
		status = CYG_IO;
		if (got < 0)
			goto failed;
		if (got == 0)
			break;
		used += (size_t)got;
		status = CYG_LIMIT;
		if (used > TEXT_FILE_MAX)
			goto failed;
	}
	status = CYG_BUSY;
	if (!unchanged(fd, &before))
		goto failed;
	*text = buffer;
	*len = used;
	return CYG_OK;
failed:
	if (buffer)
		cyg_wipe(buffer, used);
	free(buffer);
	return status;
}

enum cyg_status text_file_read(const char *path, char **text, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	enum cyg_status status;
	int error;

	if (fd < 0)
		return errno == ENOENT ? CYG_NOT_FOUND : CYG_IO;
	status = text_file_read_fd(fd, text, len);
	error = errno;
	close(fd);
	errno = error;
	return status;
}

enum cyg_status text_file_first_line(const char *path, char *out, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t got;
	size_t len;

	if (fd < 0)
		return errno == ENOENT ? CYG_NOT_FOUND : CYG_IO;
	do
		got = read(fd, out, room - 1);
	while (got < 0 && errno == EINTR);
	close(fd);
	if (got < 0)
		return CYG_IO;
	len = cyg_str_span_until(cyg_str_n(out, (size_t)got), "\n");
	cyg_wipe(out + len, room - len);
	return CYG_OK;
}

/* --- Replacing --- */

void file_folder_sync(const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[PATHS_LEN];
	int fd;

	snprintf(folder, sizeof(folder), "%.*s", slash && slash > path ? (int)(slash - path) : 1, slash ? path : ".");
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* What is in force is; only whether it survives a power failure is at stake here. Some file systems cannot say. */
	if ((fd < 0 || fsync(fd)) && errno != EINVAL)
		cyg_log(CYG_LOG_WARNING, "file.unsynced", "{folder} is not on the disk ({why}): a power failure may bring back what was in {file}",
			F_STR("folder", folder), F_STR("why", strerror(errno)), F_STR("file", path));
	if (fd >= 0)
		close(fd);
}

enum cyg_status file_replace(const char *path, enum cyg_status (*fill)(void *ctx, int fd), void *ctx)
{
	char fresh[PATHS_LEN + 8];
	enum cyg_status status;
	int fd, error;

	errno = ENAMETOOLONG;
	if ((size_t)snprintf(fresh, sizeof(fresh), "%s.new", path) >= sizeof(fresh))
		return CYG_IO;
	if (unlink(fresh) && errno != ENOENT)
		return CYG_IO;
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return CYG_IO;
	status = fill(ctx, fd);
	if (status == CYG_OK && fsync(fd))
		status = CYG_IO;
	error = errno;
	close(fd);
	if (status == CYG_OK && rename(fresh, path)) {
		error = errno;
		status = CYG_IO;
	}
	if (status == CYG_OK)
		file_folder_sync(path);
	else
		unlink(fresh);
	errno = error;
	return status;
}

static enum cyg_status write_text(void *ctx, int fd)
{
	struct cyg_str text = *(const struct cyg_str *)ctx;

	while (text.len) {
		ssize_t sent = write(fd, text.ptr, text.len);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			return CYG_IO;
		text = cyg_str_tail(text, (size_t)sent);
	}
	return CYG_OK;
}

enum cyg_status text_file_replace(const char *path, struct cyg_str text)
{
	return file_replace(path, write_text, &text);
}
