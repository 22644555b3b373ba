/* SPDX-License-Identifier: MIT */
#include "supervisor.h"

#include "broker.h"
#include "instance.h"
#include "notify.h"
#include "say.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAUSE_FIRST_MS   1000
#define PAUSE_LONGEST_MS 60000
#define STEADY_MS        60000 /* after so long a run the next fall is the first again */
#define STOP_MS          10000 /* from SIGTERM to SIGKILL */
#define READY_MS         60000 /* from launch to READY */
#define SERVED_AT_ONCE   16    /* requests between two looks at signals */
#define NEVER            INT64_MAX

struct supervisor {
	const struct supervisor_setup *setup;
	struct broker broker;
	struct instance_state state;
	int signals;
	int channel;            /* our end of the broker's socket, -1 while there is no daemon */
	pid_t daemon;           /* 0: none */
	bool ready, told, stopping, over, orderly;
	bool killed_silent;     /* for the sentence about its end */
	int64_t launched_ms, alive_ms; /* alive_ms: 0 until it said so once */
	int64_t kill_ms, restart_ms;   /* NEVER: not planned */
	unsigned falls;         /* in a row */
};

static int64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t supervisor_pause_ms(unsigned restarts)
{
	int64_t pause = PAUSE_FIRST_MS;

	for (unsigned i = 1; i < restarts && pause < PAUSE_LONGEST_MS; i++)
		pause *= 2;
	return pause < PAUSE_LONGEST_MS ? pause : PAUSE_LONGEST_MS;
}

static void show_state(struct supervisor *s, const char *state, const char *text)
{
	(void)snprintf(s->state.state, sizeof(s->state.state), "%s", state);
	(void)snprintf(s->state.text, sizeof(s->state.text), "%s", text);
	s->state.daemon = s->daemon;
	if (instance_write_state(s->setup->paths, &s->state) != CYG_OK)
		say("cannot write the state to %s: %s", s->setup->paths->run, strerror(errno));
	notify("STATUS=%s: %s", state, text);
}

static void tell_started(struct supervisor *s, enum cyg_status status, const char *text)
{
	if (s->told)
		return;
	s->told = true;
	s->setup->started(s->setup->owner, status, text);
}

/* --- What the daemon says --- */

static void on_ready(void *owner, const char *text)
{
	struct supervisor *s = owner;
	char storage[CYG_BROKER_TEXT_MAX];
	struct cyg_strbuf line = CYG_STRBUF(storage);

	if (s->ready)
		return;
	s->ready = true;
	/* Its words go to terminals, to the state file and to the service manager: one printable line. */
	cyg_strbuf_add_foreign(&line, cyg_bytes(text, strlen(text)));
	show_state(s, "running", storage);
	notify("READY=1");
	tell_started(s, CYG_OK, storage);
}

static void on_alive(void *owner)
{
	((struct supervisor *)owner)->alive_ms = now_ms();
}

/* --- Beginning and end of a daemon --- */

static void kill_daemon(struct supervisor *s)
{
	s->kill_ms = NEVER;
	/* With --debug an abort leaves a core to look at. */
	if (s->daemon > 0)
		(void)kill(s->daemon, s->setup->debug && !s->stopping ? SIGABRT : SIGKILL);
}

static void plan_restart(struct supervisor *s, const char *why)
{
	char text[sizeof(s->state.text)];
	int64_t pause;

	if (now_ms() - s->launched_ms >= STEADY_MS)
		s->falls = 0;
	pause = supervisor_pause_ms(++s->falls);
	s->restart_ms = now_ms() + pause;
	s->state.restarts++;
	(void)snprintf(text, sizeof(text), "%s; restart in %lld s", why, (long long)(pause / 1000));
	say("%s", text);
	show_state(s, "waiting", text);
	/* Whoever waits for a first start that fails and fails again should hear why. */
	if (s->falls >= 2)
		tell_started(s, CYG_PENDING, text);
}

static void launch(struct supervisor *s)
{
	struct launch_daemon daemon = { .paths = s->setup->paths,
					.user = &s->setup->user,
					.sandbox = s->setup->sandbox,
					.debug = s->setup->debug };
	char text[CYG_BROKER_TEXT_MAX];
	struct cyg_strbuf why = CYG_STRBUF(text);
	int ends[2];

	s->restart_ms = NEVER;
	s->kill_ms = NEVER;
	s->ready = false;
	s->killed_silent = false;
	s->alive_ms = 0;
	s->launched_ms = now_ms();
	broker_restart(&s->broker);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) {
		cyg_strbuf_addf(&why, "socketpair: %s", strerror(errno));
	} else {
		pid_t pid = launch_daemon(&daemon, ends[1], &why);

		(void)close(ends[1]);
		if (pid > 0) {
			s->daemon = pid;
			s->channel = ends[0];
			show_state(s, "starting", "");
			return;
		}
		(void)close(ends[0]);
	}
	/* The first time it is a broken installation; later perhaps an upgrade that is half done. */
	if (!s->told) {
		say("%s", text);
		tell_started(s, CYG_IO, text);
		s->over = true;
		return;
	}
	plan_restart(s, text);
}

/* Is this an end that the next start would only repeat? */
static bool is_final(int status, const char **why)
{
	if (!WIFEXITED(status))
		return false;
	switch (WEXITSTATUS(status)) {
	case DAEMON_STOPPED:
		*why = "the daemon was stopped";
		return true;
	case DAEMON_USAGE:
		*why = "the daemon does not understand its arguments: install starter and daemon from one "
		       "package";
		return true;
	case DAEMON_BAD_OPTIONS:
		*why = "the options have an error: mend the line named above, then: cygnet start";
		return true;
	case DAEMON_PORT_BUSY:
		*why = "a UDP port is in use: see 'ss -ulpn sport = :500 or sport = :4500'; stop that "
		       "daemon, then: cygnet start";
		return true;
	default:
		return false;
	}
}

static void on_daemon_end(struct supervisor *s, int status)
{
	char text[CYG_BROKER_TEXT_MAX];
	const char *final;

	/* What it asked last, READY above all, may still be in the socket; nobody is there to be answered. */
	(void)close(s->channel);
	s->channel = -1;
	s->daemon = 0;
	s->kill_ms = NEVER;
	if (s->stopping) {
		if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
			say("the daemon did not end within %d s and was killed", STOP_MS / 1000);
		s->over = true;
		s->orderly = true;
		return;
	}
	if (is_final(status, &final)) {
		say("%s", final);
		tell_started(s, CYG_REFUSED, final);
		s->over = true;
		s->orderly = WEXITSTATUS(status) == DAEMON_STOPPED && s->ready;
		return;
	}
	if (s->killed_silent)
		(void)snprintf(text, sizeof(text), "the daemon gave no sign of life and was killed");
	else if (WIFSIGNALED(status))
		(void)snprintf(text, sizeof(text), "the daemon fell: signal %d (%s)%s", WTERMSIG(status),
			       strsignal(WTERMSIG(status)), WCOREDUMP(status) ? ", core dumped" : "");
	else
		(void)snprintf(text, sizeof(text), "the daemon ended with status %d",
			       WEXITSTATUS(status));
	plan_restart(s, text);
}

/* --- Signals --- */

static void stop(struct supervisor *s)
{
	if (s->stopping)
		return;
	s->stopping = true;
	notify("STOPPING=1");
	show_state(s, "stopping", "");
	tell_started(s, CYG_IO, "stopped before the daemon was ready");
	if (s->daemon == 0) {
		s->over = true;
		s->orderly = true;
		return;
	}
	(void)kill(s->daemon, SIGTERM);
	s->kill_ms = now_ms() + STOP_MS;
}

static void reap(struct supervisor *s)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == s->daemon)
			on_daemon_end(s, status);
	}
}

static void take_signals(struct supervisor *s)
{
	struct signalfd_siginfo info;

	while (read(s->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGTERM:
		case SIGINT:
			stop(s);
			break;
		case SIGHUP:
			if (s->daemon > 0)
				(void)kill(s->daemon, SIGHUP);
			break;
		default:
			reap(s);
			break;
		}
	}
}

/* --- The broker's socket --- */

static void serve(struct supervisor *s)
{
	for (unsigned i = 0; i < SERVED_AT_ONCE; i++) {
		switch (broker_serve(&s->broker, s->channel)) {
		case CYG_OK:
			break;
		case CYG_BUSY:
			return;
		case CYG_NOT_FOUND:
			/* It is ending, or has closed what it must not close. */
			if (s->kill_ms == NEVER)
				s->kill_ms = now_ms() + STOP_MS;
			(void)shutdown(s->channel, SHUT_RDWR);
			(void)close(s->channel);
			s->channel = -1;
			return;
		default:
			say("the daemon does not keep to the broker's protocol and is killed");
			kill_daemon(s);
			(void)close(s->channel);
			s->channel = -1;
			return;
		}
	}
}

/* --- Deadlines --- */

static int64_t silence_deadline(const struct supervisor *s)
{
	if (!s->setup->watchdog || s->daemon == 0 || s->stopping || s->killed_silent)
		return NEVER;
	if (!s->ready)
		return s->launched_ms + READY_MS;
	return s->alive_ms ? s->alive_ms + (int64_t)CYG_BROKER_SILENCE_S * 1000 : NEVER;
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static void keep_deadlines(struct supervisor *s)
{
	int64_t now = now_ms();

	if (now >= silence_deadline(s)) {
		say("the daemon has %s for %d s: it is killed",
		    s->ready ? "given no sign of life" : "not got ready",
		    s->ready ? CYG_BROKER_SILENCE_S : READY_MS / 1000);
		s->killed_silent = true;
		kill_daemon(s);
	}
	if (now >= s->kill_ms)
		kill_daemon(s);
	if (now >= s->restart_ms)
		launch(s);
}

static int poll_timeout(const struct supervisor *s)
{
	int64_t next = least(least(s->kill_ms, s->restart_ms), silence_deadline(s));
	int64_t left = next == NEVER ? -1 : next - now_ms();

	if (next == NEVER)
		return -1;
	return left < 0 ? 0 : left < 3600000 ? (int)left : 3600000;
}

/* --- All --- */

static bool open_signals(struct supervisor *s)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	(void)sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return false;
	s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return s->signals >= 0;
}

bool supervisor_run(const struct supervisor_setup *setup)
{
	struct supervisor *s = calloc(1, sizeof(*s));
	bool orderly = false;

	if (s == NULL) {
		setup->started(setup->owner, CYG_NOMEM, "out of memory");
		return false;
	}
	s->setup = setup;
	s->channel = -1;
	s->signals = -1;
	s->kill_ms = NEVER;
	s->restart_ms = NEVER;
	s->state = (struct instance_state){ .pid = getpid(), .since = time(NULL), .version = CYG_VERSION };
	(void)snprintf(s->state.user, sizeof(s->state.user), "%s", setup->user.name);
	s->broker.tun_path = "/dev/net/tun";
	s->broker.ready = on_ready;
	s->broker.alive = on_alive;
	s->broker.owner = s;
	memcpy(s->broker.etc_name, setup->paths->etc, sizeof(s->broker.etc_name));
	s->broker.etc = open(setup->paths->etc, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->broker.etc < 0 || !open_signals(s)) {
		tell_started(s, CYG_IO, strerror(errno));
		goto out;
	}
	launch(s);
	while (!s->over) {
		struct pollfd polls[2] = { { .fd = s->signals, .events = POLLIN },
					   { .fd = s->channel, .events = POLLIN } };

		if (poll(polls, 2, poll_timeout(s)) < 0 && errno != EINTR) {
			say("poll: %s", strerror(errno));
			stop(s);
		}
		/* The socket first: what a daemon said before it ended counts, and a starter that was
		 * itself stopped for a while must not take the daemon for silent. */
		if (s->channel >= 0 && (polls[1].revents & (POLLIN | POLLHUP | POLLERR)) != 0)
			serve(s);
		if ((polls[0].revents & POLLIN) != 0)
			take_signals(s);
		if (!s->over)
			keep_deadlines(s);
	}
	orderly = s->orderly;
out:
	broker_done(&s->broker);
	if (s->broker.etc >= 0)
		(void)close(s->broker.etc);
	if (s->signals >= 0)
		(void)close(s->signals);
	free(s);
	return orderly;
}
