/* SPDX-License-Identifier: MIT */
#include "control/daemon_kit.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

char kit_root[] = "/tmp/cygnet-daemon-XXXXXX";
char kit_output[1 << 20];
pid_t kit_pid;

bool kit_have_plugin(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), PLUGINS "/%s/.libs/%s.so", name, name);
	return access(path, R_OK) == 0;
}

void kit_path(char *out, size_t room, const char *name)
{
	ck_assert_int_lt(snprintf(out, room, "%s/%s", kit_root, name), (int)room);
}

void kit_write(const char *name, const char *text)
{
	char path[256];
	FILE *file;

	kit_path(path, sizeof(path), name);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

void kit_setup(void)
{
	static const char *const folders[] = { "etc", "etc/cygnet", "etc/cygnet/plugins", "run", "run/cygnet",
					       "var", "var/lib", "var/lib/cygnet", "var/log" };

	strcpy(kit_root, "/tmp/cygnet-daemon-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(kit_root));
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		char path[256];

		kit_path(path, sizeof(path), folders[i]);
		ck_assert_int_eq(mkdir(path, 0755), 0);
	}
	kit_write("etc/cygnet/cygnet.conf", "shards = 2\nlog-file = daemon.log\nlog-level = debug\n");
	kit_write("etc/cygnet/startup-config", "hostname gw1\n");
	kit_pid = 0;
}

int kit_run(const char *format, ...)
{
	char command[2048];
	va_list args;
	size_t len;
	FILE *pipe;
	int status;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	pipe = popen(command, "r");
	ck_assert_ptr_nonnull(pipe);
	len = fread(kit_output, 1, sizeof(kit_output) - 1, pipe);
	kit_output[len] = '\0';
	status = pclose(pipe);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int kit_ctl(const char *options)
{
	return kit_run("%s --root %s %s 2>&1", CYGCTL, kit_root, options);
}

int kit_type(const char *lines)
{
	return kit_run("printf '%s' | %s --root %s 2>&1", lines, CYGCTL, kit_root);
}

bool kit_shows(const char *text)
{
	return strstr(kit_output, text) != NULL;
}

bool kit_logged(const char *text)
{
	return kit_run("grep -c -- '%s' %s/var/log/daemon.log %s/var/log/cygnet/daemon.log 2>/dev/null | grep -q ':[1-9]'",
		   text, kit_root, kit_root) == 0;
}

bool kit_logs(const char *text)
{
	bool there = kit_logged(text);

	for (unsigned i = 0; !there && i < WAIT_MS / 10; i++) {
		usleep(10000);
		there = kit_logged(text);
	}
	return there;
}

void kit_launch(void)
{
	sigset_t term;

	fflush(NULL);
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	kit_pid = fork();
	ck_assert_int_ge(kit_pid, 0);
	if (kit_pid == 0) {
		const struct daemon_args args = { .root = kit_root, .plugin_dir = PLUGINS, .broker_fd = -1 };

		signal(SIGTERM, SIG_DFL); /* not check's, which ends the test */
		sigprocmask(SIG_UNBLOCK, &term, NULL);
		exit(cyg_daemon_main(&args));
	}
	sigprocmask(SIG_UNBLOCK, &term, NULL);
}

int kit_await(void)
{
	for (unsigned i = 0; i < WAIT_MS / 10; i++) {
		int status;

		if (waitpid(kit_pid, &status, WNOHANG) == kit_pid) {
			kit_pid = 0;
			return WIFEXITED(status) ? WEXITSTATUS(status) : -2;
		}
		usleep(10000);
	}
	return -1;
}

/* How often a daemon has been up in this root: its log goes on where the last one's ended. */
static long times_up(void)
{
	(void)kit_run("cat %s/var/log/daemon.log %s/var/log/cygnet/daemon.log 2>/dev/null | grep -c 'is up:'", kit_root,
		      kit_root);
	return strtol(kit_output, NULL, 10);
}

void kit_start(void)
{
	long before = times_up();
	char path[256];
	struct stat st;

	kit_launch();
	kit_path(path, sizeof(path), "run/cygnet/control.sock");
	for (unsigned i = 0; stat(path, &st) && i < WAIT_MS / 10; i++)
		usleep(10000);
	ck_assert_msg(stat(path, &st) == 0, "no control socket");
	/* `reload` is answered with "busy" until all is up. */
	for (unsigned i = 0; times_up() == before && i < WAIT_MS / 10; i++)
		usleep(10000);
}

void kit_stop(void)
{
	ck_assert_int_eq(kill(kit_pid, SIGTERM), 0);
	ck_assert_int_eq(kit_await(), DAEMON_STOPPED);
}

void kit_teardown(void)
{
	if (kit_pid > 0) {
		kill(kit_pid, SIGKILL);
		waitpid(kit_pid, NULL, 0);
	}
	ck_assert_int_eq(kit_run("rm -rf %s", kit_root), 0);
}
