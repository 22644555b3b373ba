/* SPDX-License-Identifier: MIT */
#include "launch.h"

#include <cygnet/broker.h>

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534
#define DESCRIPTORS 1048576 /* sockets, TUN queues, control clients: never the limit */

static bool look_up(const char *name, struct launch_user *out)
{
	const struct passwd *pw = getpwnam(name);

	if (pw == NULL || pw->pw_uid == 0)
		return false;
	*out = (struct launch_user){ .uid = pw->pw_uid, .gid = pw->pw_gid };
	(void)snprintf(out->name, sizeof(out->name), "%s", name);
	return true;
}

void launch_find_user(struct launch_user *out, bool *fallback)
{
	*fallback = !look_up(CYG_USER, out);
	if (*fallback && !look_up("nobody", out))
		*out = (struct launch_user){ .name = "65534", .uid = NOBODY, .gid = NOBODY };
}

bool launch_drop(const struct launch_user *user, bool net_admin, const char **step)
{
	capng_clear(CAPNG_SELECT_ALL);
	if (net_admin &&
	    capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_INHERITABLE,
			 CAP_NET_ADMIN) != 0) {
		*step = "choose capabilities for";
		return false;
	}
	*step = "change to user";
	if (capng_change_id((int)user->uid, (int)user->gid,
			    CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING) != 0)
		return false;
	*step = "keep CAP_NET_ADMIN across exec for";
	if (net_admin && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_ADMIN, 0, 0) != 0)
		return false;
	*step = "forbid new privileges to";
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

/* The first folder on the way to `path` that cannot be passed, else `path` itself. */
static void find_barrier(const char *path, char barrier[PATHS_LEN])
{
	for (const char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		(void)snprintf(barrier, PATHS_LEN, "%.*s", (int)(slash - path), path);
		if (access(barrier, X_OK) != 0)
			return;
	}
	(void)snprintf(barrier, PATHS_LEN, "%s", path);
}

static int look_as(const struct launch_user *user, const struct launch_want *wanted, int out)
{
	char barrier[PATHS_LEN];
	const char *step;

	if (!launch_drop(user, false, &step))
		return 2;
	for (; wanted->path != NULL; wanted++) {
		if (access(wanted->path, wanted->mode) == 0)
			continue;
		find_barrier(wanted->path, barrier);
		return write(out, barrier, strlen(barrier)) > 0 ? 1 : 2;
	}
	return 0;
}

bool launch_reaches(const struct launch_user *user, const struct launch_want *wanted,
		    char barrier[PATHS_LEN])
{
	int ends[2], status = -1;
	ssize_t got;
	pid_t pid;

	barrier[0] = '\0';
	if (pipe2(ends, O_CLOEXEC) != 0)
		return false;
	pid = fork();
	if (pid == 0)
		_exit(look_as(user, wanted, ends[1]));
	(void)close(ends[1]);
	if (pid > 0) {
		got = read(ends[0], barrier, PATHS_LEN - 1);
		barrier[got > 0 ? got : 0] = '\0';
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	(void)close(ends[0]);
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Limits are raised while we are root. A container may refuse; the daemon then lives with less. */
static void set_limits(bool debug)
{
	struct rlimit files = { DESCRIPTORS, DESCRIPTORS };
	struct rlimit core = { debug ? RLIM_INFINITY : 0, debug ? RLIM_INFINITY : 0 };
	struct rlimit memory = { RLIM_INFINITY, RLIM_INFINITY };

	if (setrlimit(RLIMIT_NOFILE, &files) != 0 && getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	/* A core would hold keys. */
	(void)setrlimit(RLIMIT_CORE, &core);
	/* Keys are locked in memory, many thousands of them. */
	(void)setrlimit(RLIMIT_MEMLOCK, &memory);
}

static void tell(int out, const char *step, const char *what)
{
	char line[CYG_BROKER_TEXT_MAX];
	int len = snprintf(line, sizeof(line), "cannot %s%s%s: %s", step, what ? " " : "",
			   what ? what : "", strerror(errno));

	/* If even that fails, the parent sees an exit without a word and says so. */
	if (len > 0 && write(out, line, (size_t)len < sizeof(line) ? (size_t)len : sizeof(line) - 1) < 0)
		_exit(DAEMON_FAILED);
}

/* In the child. Returns only if it failed. */
static void become_daemon(const struct launch_daemon *d, int channel, int out, pid_t starter)
{
	const char *args[10] = { d->paths->daemon };
	const char *step;
	size_t count = 1;
	int null;
	sigset_t none;

	/* A ^C at the terminal is for the starter, which then ends the daemon in order. */
	(void)setpgid(0, 0);
	null = open("/dev/null", O_RDONLY);
	if (null < 0) {
		tell(out, "open", "/dev/null");
		return;
	}
	/* Out of the way of what is put at fixed numbers. */
	out = fcntl(out, F_DUPFD_CLOEXEC, CYG_BROKER_FD + 1);
	channel = fcntl(channel, F_DUPFD_CLOEXEC, CYG_BROKER_FD + 1);
	if (out < 0 || channel < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(channel, CYG_BROKER_FD) < 0) {
		tell(out, "arrange descriptors", NULL);
		return;
	}
	/* All of ours are close-on-exec; this is for what somebody left open for us. */
	(void)close_range(CYG_BROKER_FD + 1, ~0u, CLOSE_RANGE_CLOEXEC);
	(void)umask(027);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)unsetenv("NOTIFY_SOCKET");
	set_limits(d->debug);
	if (!launch_drop(d->user, true, &step)) {
		tell(out, step, d->user->name);
		return;
	}
	/* After the change of user, which would clear it. */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != starter) {
		tell(out, "tie the daemon to the starter", NULL);
		return;
	}
	if (d->paths->root[0] != '\0') {
		args[count++] = "--root";
		args[count++] = d->paths->root;
	}
	args[count++] = "--plugin-dir";
	args[count++] = d->paths->plugins;
	if (!d->sandbox)
		args[count++] = "--no-sandbox";
	if (d->debug)
		args[count++] = "--debug";
	args[count] = NULL;
	(void)execv(args[0], (char *const *)(uintptr_t)args);
	tell(out, "run", args[0]);
}

pid_t launch_daemon(const struct launch_daemon *daemon, int channel, struct cyg_strbuf *why)
{
	char text[CYG_BROKER_TEXT_MAX];
	pid_t self = getpid(), pid;
	int ends[2], status;
	ssize_t got;

	if (pipe2(ends, O_CLOEXEC) != 0) {
		cyg_strbuf_addf(why, "pipe: %s", strerror(errno));
		return -1;
	}
	pid = fork();
	if (pid == 0) {
		become_daemon(daemon, channel, ends[1], self);
		_exit(DAEMON_FAILED);
	}
	(void)close(ends[1]);
	if (pid < 0) {
		cyg_strbuf_addf(why, "fork: %s", strerror(errno));
		(void)close(ends[0]);
		return -1;
	}
	/* Closed by the exec without a word; else the word is why. */
	do {
		got = read(ends[0], text, sizeof(text));
	} while (got < 0 && errno == EINTR);
	(void)close(ends[0]);
	if (got == 0)
		return pid;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	cyg_strbuf_add(why, cyg_str_n(text, got > 0 ? (size_t)got : 0));
	return -1;
}
