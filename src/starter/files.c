/* SPDX-License-Identifier: MIT */
#include "files.h"

#include <cygnet/broker.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* NONBLOCK: opening a FIFO that somebody put there must not hang the starter. */
#define OPEN_FLAGS (O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

enum cyg_status files_open_stepwise(int folder, const char *name, int flags, int *out)
{
	char part[CYG_BROKER_NAME_MAX];
	int at = -1, next;

	for (;;) {
		size_t len = strcspn(name, "/");
		bool last = name[len] == '\0';

		if (len == 0 || len >= sizeof(part)) {
			errno = ENOENT;
			goto fail;
		}
		memcpy(part, name, len);
		part[len] = '\0';
		if (strcmp(part, "..") == 0) {
			errno = EXDEV;
			goto fail;
		}
		next = openat(at < 0 ? folder : at, part,
			      last ? flags | O_NOFOLLOW
				   : O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (next < 0)
			goto fail;
		if (at >= 0)
			(void)close(at);
		at = next;
		if (last) {
			*out = at;
			return CYG_OK;
		}
		name += len + 1;
	}
fail:
	if (at >= 0) {
		int error = errno;

		(void)close(at);
		errno = error;
	}
	return errno == ENOENT ? CYG_NOT_FOUND : CYG_REFUSED;
}

/* The kernel keeps the walk below `folder`, links included. -1 and errno on failure. */
static int open_beneath(int folder, const char *name)
{
	struct open_how how = { .flags = OPEN_FLAGS,
				.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
	int fd = (int)syscall(SYS_openat2, folder, name, &how, sizeof(how));

	/* EPERM: a container's filter that does not know the call. */
	if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
		return fd;
	if (files_open_stepwise(folder, name, OPEN_FLAGS, &fd) != CYG_OK)
		return -1;
	return fd;
}

enum cyg_status files_open(int folder, const char *folder_name, const char *name, int *out,
			   struct cyg_strbuf *why)
{
	struct stat st;
	int fd = open_beneath(folder, name);

	if (fd < 0) {
		switch (errno) {
		case ENOENT:
		case ENOTDIR:
			cyg_strbuf_addf(why, "there is no file %s/%s", folder_name, name);
			return CYG_NOT_FOUND;
		case EXDEV:
		case ELOOP:
			cyg_strbuf_addf(why, "'%s' leads out of %s: put the file itself there", name,
					folder_name);
			return CYG_REFUSED;
		default:
			cyg_strbuf_addf(why, "%s/%s: %s", folder_name, name, strerror(errno));
			return CYG_REFUSED;
		}
	}
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		cyg_strbuf_addf(why, "%s/%s is %s, not a file: move it away", folder_name, name,
				S_ISDIR(st.st_mode) ? "a folder" : "a device or pipe");
		(void)close(fd);
		return CYG_REFUSED;
	}
	*out = fd;
	return CYG_OK;
}

static bool copy(int from, int to, off_t octets)
{
	char block[16384];
	off_t at = 0;

	while (at < octets) {
		ssize_t got = pread(from, block, sizeof(block), at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			errno = got == 0 ? EIO : errno;
			return false;
		}
		for (ssize_t done = 0; done < got;) {
			ssize_t put = write(to, block + done, (size_t)(got - done));

			if (put < 0 && errno == EINTR)
				continue;
			if (put < 0)
				return false;
			done += put;
		}
		at += got;
	}
	return true;
}

enum cyg_status files_replace(int folder, const char *folder_name, const char *name, int source,
			      struct cyg_strbuf *why)
{
	char temporary[CYG_BROKER_NAME_MAX + 8];
	int seals = fcntl(source, F_GET_SEALS);
	struct stat st, old;
	const char *step;
	int fd = -1, error;

	/* Sealed, it is memory that cannot change or shrink while it is copied, and reading never waits. */
	if (seals < 0 || (seals & (F_SEAL_WRITE | F_SEAL_SHRINK)) != (F_SEAL_WRITE | F_SEAL_SHRINK) ||
	    fstat(source, &st) != 0) {
		cyg_strbuf_addf(why, "the new content must be a memfd, sealed against writing and shrinking");
		return CYG_REFUSED;
	}
	if (st.st_size > CYG_BROKER_CONFIG_MAX) {
		cyg_strbuf_addf(why, "%s would have %lld octets; at most %u are taken", name,
				(long long)st.st_size, CYG_BROKER_CONFIG_MAX);
		return CYG_LIMIT;
	}
	if (fstatat(folder, name, &old, AT_SYMLINK_NOFOLLOW) != 0) {
		old = (struct stat){ .st_mode = S_IFREG | 0600, .st_uid = geteuid(), .st_gid = getegid() };
	} else if (!S_ISREG(old.st_mode)) {
		cyg_strbuf_addf(why, "%s/%s is %s, not a file: move it away", folder_name, name,
				S_ISDIR(old.st_mode) ? "a folder" : "a link or device");
		return CYG_REFUSED;
	}

	(void)snprintf(temporary, sizeof(temporary), ".%s.new", name);
	/* What an interrupted replacement left behind. */
	(void)unlinkat(folder, temporary, 0);
	step = "create";
	fd = openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		goto fail;
	step = "write";
	if (!copy(source, fd, st.st_size))
		goto fail;
	step = "set owner and mode of";
	if (fchown(fd, old.st_uid, old.st_gid) != 0 || fchmod(fd, old.st_mode & 07777) != 0)
		goto fail;
	step = "write";
	if (fsync(fd) != 0)
		goto fail;
	step = "rename";
	if (renameat(folder, temporary, folder, name) != 0)
		goto fail;
	(void)close(fd);
	/* The new content is in force; only its survival of a power failure is at stake here. */
	if (fsync(folder) != 0) {
		cyg_strbuf_addf(why, "%s: %s", folder_name, strerror(errno));
		return CYG_IO;
	}
	return CYG_OK;
fail:
	error = errno;
	cyg_strbuf_addf(why, "cannot %s %s/%s: %s%s", step, folder_name, temporary, strerror(error),
			error == ENOSPC ? ": see 'df'" : error == EROFS ? ": mount it read-write" : "");
	if (fd >= 0) {
		(void)close(fd);
		(void)unlinkat(folder, temporary, 0);
	}
	return CYG_IO;
}
