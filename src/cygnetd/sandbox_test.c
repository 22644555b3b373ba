/* SPDX-License-Identifier: MIT */
/* The filter of system calls: each test closes it in a child of its own. */
#include "sandbox.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static enum sandbox_mode mode;

/* Runs `work` behind the filter; its return value, or 128 and the signal that ended it. */
static int behind(enum sandbox_mode how, int (*work)(void))
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		char text[256];
		struct cyg_strbuf why = CYG_STRBUF(text);

		mode = how;
		if (sandbox_close(mode, &why) != CYG_OK)
			_exit(99);
		_exit(work());
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void *thread_work(void *arg)
{
	int *done = arg;
	void *block = malloc(1 << 20);

	*done = block != NULL && send(-1, "", 0, 0) == -1 && errno == EBADF;
	free(block);
	return NULL;
}

static int daemon_work(void)
{
	int loop = epoll_create1(EPOLL_CLOEXEC), event = eventfd(0, EFD_CLOEXEC), done = 0;
	int udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct epoll_event want = { .events = EPOLLIN }, got;
	uint64_t one = 1;
	pthread_t thread;

	if (loop < 0 || event < 0 || udp < 0 || epoll_ctl(loop, EPOLL_CTL_ADD, event, &want) != 0 ||
	    write(event, &one, sizeof(one)) != (ssize_t)sizeof(one) || epoll_wait(loop, &got, 1, 1000) != 1)
		return 1;
	if (pthread_create(&thread, NULL, thread_work, &done) != 0 || pthread_join(thread, NULL) != 0)
		return 2;
	if (memfd_create("state", MFD_CLOEXEC) < 0)
		return 3;
	return done ? 0 : 4;
}

START_TEST(the_daemons_work_goes_on_behind_the_filter)
{
	ck_assert_int_eq(behind(SANDBOX_KILL, daemon_work), 0);
}
END_TEST

static int run_program(void)
{
	char *const args[] = { (char *)(uintptr_t)"true", NULL };

	(void)execv("/bin/true", args);
	return errno == EPERM ? 42 : 1;
}

static int make_process(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid < 0 && errno == EPERM ? 42 : 1;
}

static int write_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED || mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0)
		return 1;
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return page == MAP_FAILED && errno == EPERM ? 42 : 2;
}

static int other_sockets(void)
{
	if (socket(AF_PACKET, SOCK_RAW, 0) >= 0 || errno != EPERM)
		return 1;
	return socket(AF_NETLINK, SOCK_RAW, 9 /* audit */) < 0 && errno == EPERM ? 42 : 2;
}

static int other_namespace(void)
{
	return unshare(CLONE_NEWUSER) != 0 && errno == EPERM ? 42 : 1;
}

static int trace_another(void)
{
	return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) != 0 && errno == EPERM ? 42 : 1;
}

static int (*const refused[])(void) = { run_program, make_process, write_code, other_sockets,
					other_namespace, trace_another };

START_TEST(what_the_daemon_never_does_is_refused)
{
	ck_assert_int_eq(behind(SANDBOX_REFUSE, refused[_i]), 42);
}
END_TEST

START_TEST(when_told_so_a_refused_call_ends_the_process)
{
	ck_assert_int_eq(behind(SANDBOX_KILL, refused[_i]), 128 + SIGSYS);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sandbox");
	TCase *filter = tcase_create("filter");
	SRunner *runner;
	int failed;

	tcase_add_test(filter, the_daemons_work_goes_on_behind_the_filter);
	tcase_add_loop_test(filter, what_the_daemon_never_does_is_refused, 0, (int)CYG_COUNT(refused));
	tcase_add_loop_test(filter, when_told_so_a_refused_call_ends_the_process, 0,
			    (int)CYG_COUNT(refused));
	suite_add_tcase(suite, filter);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
