/* SPDX-License-Identifier: MIT */
/* `cygnet`: the commands. */
#include "instance.h"
#include "launch.h"
#include "notify.h"
#include "say.h"
#include "supervisor.h"

#include <cygnet/broker.h>

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum exit_status {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_NOT_RUNNING = 3,
	EXIT_NOT_ROOT = 4,
	EXIT_RUNNING_ALREADY = 5,
};

#define START_WAIT_S 90  /* the background starter says how it went before that */
#define STOP_WAIT_S  15  /* more than the supervisor gives the daemon */
#define TAIL_OCTETS  4096

struct options {
	const char *command, *file;
	const char *root, *plugin_dir;
	bool foreground, sandbox, watchdog, debug;
	struct paths paths;
};

static const char usage[] =
	"usage: cygnet [OPTION...] COMMAND\n"
	"\n"
	"commands:\n"
	"  start              start the daemon; returns when it is ready\n"
	"  stop               end it, and wait until it has ended\n"
	"  restart            stop and start\n"
	"  reload             read the configuration and options again, without disturbing sessions\n"
	"  status             is it running, and how\n"
	"  check-config FILE  judge a configuration; starts nothing, needs no root\n"
	"\n"
	"options:\n"
	"  --root DIR         use DIR/etc/cygnet, DIR/run/cygnet, DIR/var/lib/cygnet, DIR/var/log\n"
	"  --plugin-dir DIR   where the plugins lie\n"
	"  -f, --foreground   start: stay, and write to standard error\n"
	"  --no-watchdog      start: leave a daemon alone that does not answer (for debuggers)\n"
	"  --no-sandbox       start: do not filter the daemon's system calls\n"
	"  --debug            start: core files; a refused system call ends the daemon\n"
	"  -h, --help         this text\n"
	"  -V, --version      the version\n"
	"\n"
	"exit status:\n"
	"  0  done; status: it is running; check-config: no error (warnings are none)\n"
	"  1  it failed, standard error says why; check-config: the configuration has an error\n"
	"  2  wrong usage; check-config: the file cannot be read\n"
	"  3  status, stop, reload: it is not running\n"
	"  4  start, stop, restart, reload: not root\n"
	"  5  start: it is running already (for this --root)\n";

/* --- Pieces --- */

/* "cygnet" or "cygnet --root DIR": how to type the next command. */
static const char *self(const struct options *o)
{
	static char text[PATHS_LEN + 32];

	(void)snprintf(text, sizeof(text), "cygnet%s%s", o->paths.root[0] ? " --root " : "", o->paths.root);
	return text;
}

static void pause_ms(long ms)
{
	(void)nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

static bool is_root(void)
{
	return geteuid() == 0;
}

static int say_running_already(const struct options *o, pid_t holder)
{
	if (holder > 0)
		say("already running%s%s (pid %ld): '%s stop' ends it", o->paths.root[0] ? " on " : "",
		    o->paths.root, (long)holder, self(o));
	else
		say("already running%s%s (its pid cannot be told: see 'fuser %s/cygnet.lock')",
		    o->paths.root[0] ? " on " : "", o->paths.root, o->paths.run);
	return EXIT_RUNNING_ALREADY;
}

/*
 * Who the daemon runs as. Where that user cannot pass (a build tree or --root in somebody's private
 * folder), it stays uid 0, without the powers of root; what is installed must be reachable.
 */
static bool choose_user(const struct options *o, const struct launch_want *wanted, bool quiet,
			struct launch_user *user)
{
	char barrier[PATHS_LEN];
	bool fallback;

	launch_find_user(user, &fallback);
	if (access(o->paths.daemon, F_OK) != 0) {
		say("%s is missing: install it (make install, or the package)", o->paths.daemon);
		return false;
	}
	if (!launch_reaches(user, wanted, barrier)) {
		if (!o->paths.build_tree && o->paths.root[0] == '\0') {
			say("user %s cannot reach %s: chmod o+x %s", user->name, barrier, barrier);
			return false;
		}
		if (!quiet)
			say("user %s cannot reach %s: the daemon runs as uid 0 without root's powers "
			    "(to mend: chmod o+rx %s)", user->name, barrier, barrier);
		*user = (struct launch_user){ .name = "root (uid only)" };
		return true;
	}
	if (fallback && !quiet)
		say("there is no user " CYG_USER ": the daemon runs as %s (to mend: useradd --system "
		    CYG_USER ")", user->name);
	return true;
}

/* --- start --- */

struct start {
	const struct options *options;
	int verdict;     /* pipe to the process that waits, -1 in the foreground */
	int log;         /* -1 in the foreground */
	off_t log_from;
	bool said;
};

/* What starter and daemon wrote to the log since the start: the reasons. */
static void copy_log_tail(const struct start *start, int to)
{
	char text[TAIL_OCTETS];
	struct stat st;
	off_t from = start->log_from;
	ssize_t got;

	if (fstat(start->log, &st) != 0)
		return;
	if (st.st_size - from > (off_t)sizeof(text))
		from = st.st_size - (off_t)sizeof(text);
	got = pread(start->log, text, sizeof(text), from);
	if (got > 0 && write(to, text, (size_t)got) != got)
		return;
}

/* The process that waits prints what comes through the pipe; its first octet is the exit status. */
static void on_started(void *owner, enum cyg_status status, const char *text)
{
	struct start *start = owner;
	char head[CYG_BROKER_TEXT_MAX + 64];
	int len;

	if (start->verdict < 0 || start->said)
		return;
	len = snprintf(head, sizeof(head), "%c", status == CYG_OK ? EXIT_DONE : EXIT_FAILED);
	if (status == CYG_OK)
		len += snprintf(head + 1, sizeof(head) - 1, "running (pid %ld)%s%s\n", (long)getpid(),
				text[0] ? ": " : "", text);
	/* If nobody waits any more, nobody wants to know. */
	if (write(start->verdict, head, len > 1 ? (size_t)len : 1) > 0 && status != CYG_OK)
		copy_log_tail(start, start->verdict);
	/* After a failure it is closed by the end of this process: whoever waits may start again at once. */
	start->said = true;
	if (status == CYG_OK || status == CYG_PENDING) {
		(void)close(start->verdict);
		start->verdict = -1;
	}
}

static int run(const struct options *o, struct start *start)
{
	struct supervisor_setup setup = { .paths = &o->paths,
					  .sandbox = o->sandbox,
					  .debug = o->debug,
					  .watchdog = o->watchdog,
					  .started = on_started,
					  .owner = start };
	const struct launch_want wanted[] = {
		{ o->paths.daemon, X_OK },
		{ o->paths.run, R_OK | W_OK | X_OK },
		{ o->paths.lib, R_OK | W_OK | X_OK },
		/* One that is not there is the daemon's to tell. */
		{ access(o->paths.plugins, F_OK) == 0 ? o->paths.plugins : "/", R_OK | X_OK },
		{ NULL, 0 },
	};
	char text[CYG_BROKER_TEXT_MAX];
	struct cyg_strbuf why = CYG_STRBUF(text);
	struct launch_user any;
	pid_t holder = 0;
	bool fallback, orderly;
	int lock;

	launch_find_user(&any, &fallback);
	if (instance_make_folders(&o->paths, any.uid, any.gid, &why) != CYG_OK) {
		say("%s", text);
		return EXIT_FAILED;
	}
	switch (instance_lock(&o->paths, &lock, &holder, &why)) {
	case CYG_OK:
		break;
	case CYG_EXISTS:
		return say_running_already(o, holder);
	default:
		say("%s", text);
		return EXIT_FAILED;
	}
	if (!choose_user(o, wanted, false, &setup.user)) {
		instance_forget(&o->paths);
		return EXIT_FAILED;
	}
	/* uid 0 without powers cannot pass what belongs to another user. */
	if (setup.user.uid == 0 && instance_make_folders(&o->paths, 0, 0, &why) != CYG_OK)
		say("%s", text);
	orderly = supervisor_run(&setup);
	instance_forget(&o->paths);
	(void)close(lock);
	return orderly ? EXIT_DONE : EXIT_FAILED;
}

/* In the process that was typed: prints what the other one found out. */
static int wait_for_verdict(const struct options *o, int verdict)
{
	char text[TAIL_OCTETS + CYG_BROKER_TEXT_MAX];
	struct pollfd p = { .fd = verdict, .events = POLLIN };
	time_t end = time(NULL) + START_WAIT_S;
	size_t len = 0;

	for (;;) {
		int left = (int)(end - time(NULL));
		ssize_t got;

		if (left <= 0 || poll(&p, 1, left * 1000) == 0) {
			say("not ready after %d s; it keeps trying: '%s status'", START_WAIT_S, self(o));
			return EXIT_FAILED;
		}
		got = read(verdict, text + len, sizeof(text) - len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		len += (size_t)got;
		if (len == sizeof(text))
			break;
	}
	if (len == 0) {
		say("the starter ended without a word: see %s/cygnet-start.log", o->paths.log);
		return EXIT_FAILED;
	}
	if (text[0] == EXIT_DONE)
		printf("cygnet: %.*s", (int)len - 1, text + 1);
	else if (len > 1)
		(void)fwrite(text + 1, 1, len - 1, stderr);
	return (unsigned char)text[0];
}

/* The log of the starter, and of what the daemon says before its own log is open. */
static int open_log(const struct options *o)
{
	char path[PATHS_LEN];

	if (paths_join(path, o->paths.log, "cygnet-start.log") != CYG_OK)
		return -1;
	return open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0640);
}

static int start_in_background(const struct options *o)
{
	struct start start = { .options = o };
	struct stat st;
	int ends[2], null, status;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) != 0 || (null = open("/dev/null", O_RDWR | O_CLOEXEC)) < 0 ||
	    (pid = fork()) < 0) {
		say("%s", strerror(errno));
		return EXIT_FAILED;
	}
	if (pid > 0) {
		(void)close(ends[1]);
		return wait_for_verdict(o, ends[0]);
	}
	(void)close(ends[0]);
	(void)setsid();
	start.verdict = ends[1];
	start.log = open_log(o);
	if (start.log < 0 || fstat(start.log, &st) != 0) {
		say("%s/cygnet-start.log: %s", o->paths.log, strerror(errno));
		return EXIT_FAILED;
	}
	start.log_from = st.st_size;
	if (dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
	    dup2(start.log, STDERR_FILENO) < 0 || chdir("/") != 0)
		return EXIT_FAILED;
	status = run(o, &start);
	/* It ended before supervision began: its lines are in the log. */
	if (start.verdict >= 0 && !start.said) {
		char first = (char)status;

		if (write(start.verdict, &first, 1) == 1)
			copy_log_tail(&start, start.verdict);
	}
	return status;
}

static int command_start(struct options *o)
{
	char text[CYG_BROKER_TEXT_MAX];
	struct cyg_strbuf why = CYG_STRBUF(text);
	struct start start = { .options = o, .verdict = -1, .log = -1 };
	struct launch_user user;
	bool fallback;
	pid_t holder = 0;

	if (!is_root()) {
		say("start needs root: it opens UDP ports 500 and 4500 and TUN devices, then runs the daemon "
		    "without privileges (sudo %s start); without root these work: check-config, status",
		    self(o));
		return EXIT_NOT_ROOT;
	}
	(void)umask(022);
	(void)signal(SIGPIPE, SIG_IGN);
	if (o->foreground)
		return run(o, &start);
	/* Here already, so that the log can be opened; the lock decides later. */
	if (instance_is_running(&o->paths, &holder))
		return say_running_already(o, holder);
	launch_find_user(&user, &fallback);
	if (instance_make_folders(&o->paths, user.uid, user.gid, &why) != CYG_OK) {
		say("%s", text);
		return EXIT_FAILED;
	}
	return start_in_background(o);
}

/* --- The other commands --- */

/* The pid of the running starter, or 0 after having said why not; *status is then set. */
static pid_t find_running(const struct options *o, const char *command, int *status)
{
	pid_t pid = 0;

	if (!instance_is_running(&o->paths, &pid)) {
		say("not running%s%s", o->paths.root[0] ? " on " : "", o->paths.root);
		*status = EXIT_NOT_RUNNING;
		return 0;
	}
	if (!is_root()) {
		say("%s needs root: sudo %s %s", command, self(o), command);
		*status = EXIT_NOT_ROOT;
		return 0;
	}
	if (pid == 0) {
		say("running, but its pid cannot be told: see 'fuser %s/cygnet.lock'", o->paths.run);
		*status = EXIT_FAILED;
	}
	return pid;
}

static int command_stop(struct options *o)
{
	int status = EXIT_FAILED;
	pid_t pid = find_running(o, "stop", &status), other = 0;

	if (pid == 0)
		return status;
	if (kill(pid, SIGTERM) != 0 && errno != ESRCH) {
		say("pid %ld: %s", (long)pid, strerror(errno));
		return EXIT_FAILED;
	}
	for (unsigned i = 0; i < STOP_WAIT_S * 20; i++) {
		if (!instance_is_running(&o->paths, &other))
			return EXIT_DONE;
		pause_ms(50);
	}
	say("pid %ld has not ended within %d s: kill -9 %ld", (long)pid, STOP_WAIT_S, (long)pid);
	return EXIT_FAILED;
}

static int command_restart(struct options *o)
{
	pid_t pid = 0;

	if (instance_is_running(&o->paths, &pid)) {
		int status = command_stop(o);

		if (status != EXIT_DONE)
			return status;
	}
	return command_start(o);
}

static int command_reload(struct options *o)
{
	int status = EXIT_FAILED;
	pid_t pid = find_running(o, "reload", &status);

	if (pid == 0)
		return status;
	if (kill(pid, SIGHUP) != 0) {
		say("pid %ld: %s", (long)pid, strerror(errno));
		return EXIT_FAILED;
	}
	return EXIT_DONE;
}

static void print_span(const char *what, int64_t seconds)
{
	if (seconds >= 86400)
		printf("%s%lld d %lld h", what, (long long)(seconds / 86400),
		       (long long)(seconds % 86400 / 3600));
	else if (seconds >= 3600)
		printf("%s%lld h %lld min", what, (long long)(seconds / 3600),
		       (long long)(seconds % 3600 / 60));
	else if (seconds >= 60)
		printf("%s%lld min %lld s", what, (long long)(seconds / 60), (long long)(seconds % 60));
	else
		printf("%s%lld s", what, (long long)seconds);
}

static int command_status(struct options *o)
{
	struct instance_state state;
	pid_t pid = 0;

	if (!instance_is_running(&o->paths, &pid)) {
		printf("state     not running\n");
		return EXIT_NOT_RUNNING;
	}
	if (instance_read_state(&o->paths, &state) != CYG_OK)
		state = (struct instance_state){ .pid = pid, .state = "starting", .since = time(NULL) };
	printf("state     %s\n", state.state);
	printf("version   %s\n", state.version[0] ? state.version : CYG_VERSION);
	printf("starter   pid %ld", (long)state.pid);
	print_span(", since ", time(NULL) - state.since > 0 ? time(NULL) - state.since : 0);
	printf("\n");
	if (state.daemon > 0)
		printf("daemon    pid %ld, user %s\n", (long)state.daemon, state.user);
	printf("restarts  %u\n", state.restarts);
	if (state.text[0])
		printf("says      %s\n", state.text);
	return EXIT_DONE;
}

/* The daemon's own checker takes this process over, without privileges. */
static int command_check_config(struct options *o)
{
	const struct launch_want wanted[] = {
		{ o->paths.daemon, X_OK }, { o->paths.plugins, R_OK | X_OK }, { o->file, R_OK }, { NULL, 0 },
	};
	const char *args[8] = { o->paths.daemon, "--plugin-dir", o->paths.plugins };
	struct launch_user user, nobody = { .name = "root (uid only)" };
	char barrier[PATHS_LEN];
	const char *step;
	size_t count = 3;
	bool fallback;

	if (is_root()) {
		launch_find_user(&user, &fallback);
		/* What only root can read is read by uid 0 without root's powers. */
		if (!launch_reaches(&user, wanted, barrier))
			user = nobody;
		if (!launch_drop(&user, false, &step)) {
			say("cannot %s: %s", step, strerror(errno));
			return EXIT_FAILED;
		}
	}
	if (o->paths.root[0] != '\0') {
		args[count++] = "--root";
		args[count++] = o->paths.root;
	}
	args[count++] = "--check-config";
	args[count++] = o->file;
	args[count] = NULL;
	(void)execv(args[0], (char *const *)(uintptr_t)args);
	say("%s: %s", args[0], strerror(errno));
	return EXIT_FAILED;
}

static const struct command {
	const char *name;
	int (*run)(struct options *o);
	bool takes_file;
} commands[] = {
	{ "start", command_start, false },
	{ "stop", command_stop, false },
	{ "restart", command_restart, false },
	{ "reload", command_reload, false },
	{ "status", command_status, false },
	{ "check-config", command_check_config, true },
};

/* --- Arguments --- */

enum { OPT_ROOT = 256, OPT_PLUGIN_DIR, OPT_NO_WATCHDOG, OPT_NO_SANDBOX, OPT_DEBUG };

static const struct option long_options[] = {
	{ "root", required_argument, NULL, OPT_ROOT },
	{ "plugin-dir", required_argument, NULL, OPT_PLUGIN_DIR },
	{ "foreground", no_argument, NULL, 'f' },
	{ "no-watchdog", no_argument, NULL, OPT_NO_WATCHDOG },
	{ "no-sandbox", no_argument, NULL, OPT_NO_SANDBOX },
	{ "debug", no_argument, NULL, OPT_DEBUG },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static int wrong_usage(const char *what, const char *which)
{
	say("%s%s (see cygnet --help)", what, which);
	return EXIT_USAGE;
}

static int run_command(struct options *o, int count, char **words)
{
	const char *names[CYG_COUNT(commands)];
	const char *nearest;
	char hint[64];

	if (count == 0)
		return wrong_usage("a command is missing", "");
	for (size_t i = 0; i < CYG_COUNT(commands); i++) {
		const struct command *c = &commands[i];

		names[i] = c->name;
		if (strcmp(words[0], c->name) != 0)
			continue;
		if (c->takes_file && count < 2)
			return wrong_usage("FILE is missing after ", c->name);
		if (count > (c->takes_file ? 2 : 1))
			return wrong_usage("not understood: ", words[c->takes_file ? 2 : 1]);
		o->command = c->name;
		o->file = c->takes_file ? words[1] : NULL;
		return c->run(o);
	}
	nearest = cyg_str_nearest(cyg_str(words[0]), names, CYG_COUNT(names));
	(void)snprintf(hint, sizeof(hint), "' (did you mean '%s'?)", nearest ? nearest : "");
	say("unknown command '%.64s%s (see cygnet --help)", words[0], nearest ? hint : "'");
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	struct options o = { .sandbox = true, .watchdog = true };
	int option;

	while ((option = getopt_long(argc, argv, "fhV", long_options, NULL)) != -1) {
		switch (option) {
		case OPT_ROOT:
			o.root = optarg;
			break;
		case OPT_PLUGIN_DIR:
			o.plugin_dir = optarg;
			break;
		case OPT_NO_WATCHDOG:
			o.watchdog = false;
			break;
		case OPT_NO_SANDBOX:
			o.sandbox = false;
			break;
		case OPT_DEBUG:
			o.debug = true;
			break;
		case 'f':
			o.foreground = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAILED;
		case 'V':
			printf("cygnet " CYG_VERSION "\n");
			return fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAILED;
		default:
			return EXIT_USAGE; /* getopt_long has said what */
		}
	}
	if (paths_init(&o.paths, o.root, o.plugin_dir) != CYG_OK) {
		say("--root or --plugin-dir: the path is too long or the current folder cannot be told");
		return EXIT_USAGE;
	}
	option = run_command(&o, argc - optind, argv + optind);
	return fflush(stdout) == 0 ? option : EXIT_FAILED;
}
