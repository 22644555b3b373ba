/* SPDX-License-Identifier: MIT */
#include "instance.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOCK_NAME  "cygnet.lock"
#define PID_NAME   "cygnet.pid"
#define STATE_NAME "cygnet.state"

/* --- Folders --- */

static bool make_parents(const char *path)
{
	char part[PATHS_LEN];

	for (const char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		size_t len = (size_t)(slash - path);

		memcpy(part, path, len);
		part[len] = '\0';
		if (mkdir(part, 0755) != 0 && errno != EEXIST)
			return false;
	}
	return true;
}

/* `owned`: owner and mode are set whether it was there or not. */
static enum cyg_status make_folder(const char *path, bool owned, uid_t uid, gid_t gid, mode_t mode,
				   struct cyg_strbuf *why)
{
	int fd;
	bool made = false;

	if (!make_parents(path))
		goto fail;
	if (mkdir(path, 0700) == 0)
		made = true;
	else if (errno != EEXIST)
		goto fail;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		goto fail;
	if ((made || owned) && (fchown(fd, uid, gid) != 0 || fchmod(fd, mode) != 0)) {
		int error = errno;

		(void)close(fd);
		errno = error;
		goto fail;
	}
	(void)close(fd);
	return CYG_OK;
fail:
	cyg_strbuf_addf(why, "folder %s: %s", path, strerror(errno));
	return CYG_IO;
}

enum cyg_status instance_make_folders(const struct paths *paths, uid_t uid, gid_t gid,
				      struct cyg_strbuf *why)
{
	bool own_log = paths->root[0] != '\0';
	enum cyg_status status = CYG_OK;
	char log[PATHS_LEN];
	struct stat st;
	int fd;

	/* Sticky: the daemon makes its socket there and cannot take away our lock. */
	if (make_folder(paths->run, true, 0, gid, 01775, why) != CYG_OK ||
	    make_folder(paths->lib, true, uid, gid, 0750, why) != CYG_OK ||
	    make_folder(paths->etc, false, 0, 0, 0755, why) != CYG_OK ||
	    make_folder(paths->log, own_log, 0, own_log ? gid : 0, own_log ? 01775 : 0755, why) != CYG_OK)
		return CYG_IO;
	/* In the system's /var/log the daemon may make no file, so its log is there before it. */
	if (paths_join(log, paths->log, "cygnet.log") != CYG_OK)
		return CYG_LIMIT;
	fd = open(log, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0640);
	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_nlink != 1 ||
	    fchown(fd, uid, gid) != 0) {
		cyg_strbuf_addf(why, "%s: %s", log, fd < 0 ? strerror(errno) : "no file of our own");
		status = CYG_IO;
	}
	if (fd >= 0)
		(void)close(fd);
	return status;
}

/* --- Lock and pid --- */

/* A regular file of root's in a folder that the daemon's user may write to. -1 and errno. */
static int open_own(const char *folder, const char *name, int flags)
{
	char path[PATHS_LEN];
	struct stat st;
	int fd;

	if (paths_join(path, folder, name) != CYG_OK) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = open(path, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0644);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_nlink != 1 ||
	    (st.st_uid != 0 && st.st_uid != geteuid())) {
		(void)close(fd);
		errno = EPERM;
		return -1;
	}
	return fd;
}

/* Octets as a text; -1 if it cannot be read. */
static ssize_t read_text(const char *folder, const char *name, char *out, size_t capacity)
{
	int fd = open_own(folder, name, O_RDONLY);
	ssize_t got;

	if (fd < 0)
		return -1;
	got = pread(fd, out, capacity - 1, 0);
	(void)close(fd);
	out[got > 0 ? got : 0] = '\0';
	return got;
}

static enum cyg_status write_text(const char *folder, const char *name, const char *text)
{
	char temporary[64], from[PATHS_LEN], to[PATHS_LEN];
	size_t len = strlen(text);
	ssize_t put;
	int fd;

	(void)snprintf(temporary, sizeof(temporary), ".%s.new", name);
	if (paths_join(from, folder, temporary) != CYG_OK || paths_join(to, folder, name) != CYG_OK)
		return CYG_LIMIT;
	(void)unlink(from);
	fd = open(from, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return CYG_IO;
	put = write(fd, text, len);
	/* Whatever umask we were started with: `cygnet status` needs no privileges. */
	if (fchmod(fd, 0644) != 0)
		put = -1;
	(void)close(fd);
	if (put != (ssize_t)len || rename(from, to) != 0) {
		(void)unlink(from);
		return CYG_IO;
	}
	return CYG_OK;
}

static struct flock whole_file(void)
{
	return (struct flock){ .l_type = F_WRLCK, .l_whence = SEEK_SET };
}

static pid_t holder_pid(const struct paths *paths)
{
	/* The holder writes its pid right after it has got the lock. */
	for (unsigned i = 0; i < 20; i++) {
		char text[32];
		uint64_t pid;

		if (read_text(paths->run, PID_NAME, text, sizeof(text)) > 0 &&
		    cyg_str_to_u64(cyg_str_n(text, strcspn(text, "\n")), 1, INT32_MAX, &pid) == CYG_OK)
			return (pid_t)pid;
		(void)nanosleep(&(struct timespec){ .tv_nsec = 10 * 1000 * 1000 }, NULL);
	}
	return 0;
}

enum cyg_status instance_lock(const struct paths *paths, int *lock, pid_t *holder,
			      struct cyg_strbuf *why)
{
	struct flock all = whole_file();
	char text[32], pid_path[PATHS_LEN];
	int fd = open_own(paths->run, LOCK_NAME, O_RDWR | O_CREAT);

	if (fd < 0) {
		cyg_strbuf_addf(why, "%s/" LOCK_NAME ": %s%s", paths->run, strerror(errno),
				errno == EPERM ? " (it is no file of root's: remove it)" : "");
		return CYG_IO;
	}
	/* A lock of the open file, not of the process: it can be looked at without taking it, and the
	 * daemon does not inherit it, since the descriptor is closed on exec. */
	if (fcntl(fd, F_OFD_SETLK, &all) != 0) {
		bool held = errno == EAGAIN || errno == EACCES;

		if (!held)
			cyg_strbuf_addf(why, "%s/" LOCK_NAME ": %s", paths->run, strerror(errno));
		(void)close(fd);
		if (!held)
			return CYG_IO;
		*holder = holder_pid(paths);
		return CYG_EXISTS;
	}
	/* Nobody must read the pid of the one before. */
	if (paths_join(pid_path, paths->run, PID_NAME) == CYG_OK)
		(void)unlink(pid_path);
	(void)snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	if (write_text(paths->run, PID_NAME, text) != CYG_OK) {
		cyg_strbuf_addf(why, "%s/" PID_NAME ": %s", paths->run, strerror(errno));
		(void)close(fd);
		return CYG_IO;
	}
	*lock = fd;
	return CYG_OK;
}

bool instance_is_running(const struct paths *paths, pid_t *holder)
{
	struct flock all = whole_file();
	int fd = open_own(paths->run, LOCK_NAME, O_RDONLY);
	bool held;

	if (fd < 0)
		return false;
	held = fcntl(fd, F_OFD_GETLK, &all) == 0 && all.l_type != F_UNLCK;
	(void)close(fd);
	if (held)
		*holder = holder_pid(paths);
	return held;
}

void instance_forget(const struct paths *paths)
{
	static const char *const names[] = { PID_NAME, STATE_NAME };
	char path[PATHS_LEN];

	for (size_t i = 0; i < CYG_COUNT(names); i++) {
		if (paths_join(path, paths->run, names[i]) == CYG_OK)
			(void)unlink(path);
	}
}

/* --- State --- */

enum cyg_status instance_write_state(const struct paths *paths, const struct instance_state *state)
{
	char storage[768];
	struct cyg_strbuf b = CYG_STRBUF(storage);

	cyg_strbuf_addf(&b, "pid=%ld\ndaemon=%ld\nsince=%" PRId64 "\nrestarts=%u\n", (long)state->pid,
			(long)state->daemon, state->since, state->restarts);
	cyg_strbuf_addf(&b, "state=%s\nversion=%s\nuser=%s\ntext=%s\n", state->state, state->version,
			state->user, state->text);
	return b.cut ? CYG_LIMIT : write_text(paths->run, STATE_NAME, storage);
}

static void take_line(struct instance_state *s, const char *name, const char *value)
{
	if (strcmp(name, "pid") == 0)
		s->pid = (pid_t)strtol(value, NULL, 10);
	else if (strcmp(name, "daemon") == 0)
		s->daemon = (pid_t)strtol(value, NULL, 10);
	else if (strcmp(name, "since") == 0)
		s->since = strtoll(value, NULL, 10);
	else if (strcmp(name, "restarts") == 0)
		s->restarts = (unsigned)strtoul(value, NULL, 10);
	else if (strcmp(name, "state") == 0)
		(void)snprintf(s->state, sizeof(s->state), "%s", value);
	else if (strcmp(name, "version") == 0)
		(void)snprintf(s->version, sizeof(s->version), "%s", value);
	else if (strcmp(name, "user") == 0)
		(void)snprintf(s->user, sizeof(s->user), "%s", value);
	else if (strcmp(name, "text") == 0)
		(void)snprintf(s->text, sizeof(s->text), "%s", value);
}

enum cyg_status instance_read_state(const struct paths *paths, struct instance_state *out)
{
	struct instance_state s = { 0 };
	char text[1024], *rest = text, *line;

	if (read_text(paths->run, STATE_NAME, text, sizeof(text)) <= 0)
		return CYG_NOT_FOUND;
	while ((line = strsep(&rest, "\n")) != NULL) {
		char *value = strchr(line, '=');

		if (value == NULL)
			continue;
		*value++ = '\0';
		take_line(&s, line, value);
	}
	*out = s;
	return CYG_OK;
}
