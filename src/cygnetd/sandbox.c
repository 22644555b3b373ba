/* SPDX-License-Identifier: MIT */
#include "sandbox.h"

#include <errno.h>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

/* Calls that are harmless with any argument, by what needs them. */
static const int plain[] = {
	/* Octets and descriptors. */
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(pread64),
	SCMP_SYS(pwrite64), SCMP_SYS(close), SCMP_SYS(close_range), SCMP_SYS(dup), SCMP_SYS(dup2),
	SCMP_SYS(dup3), SCMP_SYS(fcntl), SCMP_SYS(fcntl64), SCMP_SYS(lseek), SCMP_SYS(_llseek),
	SCMP_SYS(pipe2), SCMP_SYS(eventfd2), SCMP_SYS(memfd_create), SCMP_SYS(ftruncate),
	SCMP_SYS(ftruncate64), SCMP_SYS(fsync), SCMP_SYS(fdatasync),
	/* Waiting. */
	SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_pwait2), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(ppoll_time64), SCMP_SYS(select),
	SCMP_SYS(pselect6), SCMP_SYS(pselect6_time64), SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep),
	SCMP_SYS(clock_nanosleep_time64), SCMP_SYS(restart_syscall), SCMP_SYS(timerfd_create),
	SCMP_SYS(timerfd_settime), SCMP_SYS(timerfd_settime64),
	/* Sockets that are there; new ones are judged by their family below. */
	SCMP_SYS(bind), SCMP_SYS(listen), SCMP_SYS(accept4), SCMP_SYS(accept), SCMP_SYS(connect),
	SCMP_SYS(sendto), SCMP_SYS(recvfrom), SCMP_SYS(send), SCMP_SYS(recv), SCMP_SYS(sendmsg),
	SCMP_SYS(recvmsg), SCMP_SYS(sendmmsg), SCMP_SYS(recvmmsg), SCMP_SYS(recvmmsg_time64),
	SCMP_SYS(setsockopt), SCMP_SYS(getsockopt), SCMP_SYS(getsockname), SCMP_SYS(getpeername),
	SCMP_SYS(shutdown),
	/* Files: the control socket, logs, the names of users and groups. Rights are the user's, who owns little. */
	SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(stat), SCMP_SYS(stat64), SCMP_SYS(lstat),
	SCMP_SYS(lstat64), SCMP_SYS(fstat), SCMP_SYS(fstat64), SCMP_SYS(newfstatat), SCMP_SYS(fstatat64),
	SCMP_SYS(statx), SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink),
	SCMP_SYS(readlinkat), SCMP_SYS(getdents64), SCMP_SYS(getcwd), SCMP_SYS(unlink), SCMP_SYS(unlinkat),
	SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(mkdir), SCMP_SYS(mkdirat),
	SCMP_SYS(chmod), SCMP_SYS(fchmod), SCMP_SYS(fchmodat), SCMP_SYS(chown), SCMP_SYS(fchown),
	SCMP_SYS(fchownat), SCMP_SYS(umask), SCMP_SYS(fadvise64), SCMP_SYS(fstatfs), SCMP_SYS(statfs),
	/* Memory, but for code: see below. */
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(mlock),
	SCMP_SYS(mlock2), SCMP_SYS(munlock), SCMP_SYS(membarrier),
	/* Threads and signals. */
	SCMP_SYS(futex), SCMP_SYS(futex_time64), SCMP_SYS(set_robust_list), SCMP_SYS(rseq),
	SCMP_SYS(set_tid_address), SCMP_SYS(gettid), SCMP_SYS(getpid), SCMP_SYS(getppid), SCMP_SYS(tgkill),
	SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_setaffinity),
	SCMP_SYS(sched_getparam), SCMP_SYS(sched_getscheduler), SCMP_SYS(sched_get_priority_max),
	SCMP_SYS(sched_get_priority_min), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigsuspend), SCMP_SYS(rt_sigtimedwait), SCMP_SYS(rt_sigpending),
	SCMP_SYS(sigaltstack), SCMP_SYS(sigreturn), SCMP_SYS(prctl), SCMP_SYS(exit), SCMP_SYS(exit_group),
	SCMP_SYS(arch_prctl),
	/* Who and when. */
	SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(getgroups),
	SCMP_SYS(getresuid), SCMP_SYS(getresgid), SCMP_SYS(capget), SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_gettime64), SCMP_SYS(clock_getres), SCMP_SYS(clock_getres_time64),
	SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(getrandom), SCMP_SYS(getrusage), SCMP_SYS(times),
	SCMP_SYS(getrlimit), SCMP_SYS(ugetrlimit), SCMP_SYS(prlimit64), SCMP_SYS(sysinfo), SCMP_SYS(uname),
	SCMP_SYS(getcpu),
};

static const int families[] = { AF_UNIX, AF_INET, AF_INET6 };
static const int netlinks[] = { NETLINK_ROUTE, NETLINK_XFRM, NETLINK_GENERIC };

static const unsigned long ioctls[] = {
	FIONBIO, FIONREAD, TCGETS, TIOCGWINSZ,
	TUNGETIFF, TUNGETFEATURES, TUNSETOFFLOAD, TUNSETQUEUE, TUNSETVNETHDRSZ, TUNGETVNETHDRSZ, TUNSETSNDBUF,
	TUNSETSTEERINGEBPF,
	SIOCGIFINDEX, SIOCGIFNAME, SIOCGIFMTU, SIOCSIFMTU, SIOCGIFFLAGS, SIOCSIFFLAGS,
};

/* Each returns 0, or what libseccomp says. */

static int allow_plain(scmp_filter_ctx filter)
{
	for (size_t i = 0; i < CYG_COUNT(plain); i++) {
		int error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, plain[i], 0);

		if (error != 0)
			return error;
	}
	return 0;
}

static int allow_sockets(scmp_filter_ctx filter)
{
	int error = 0;

	for (size_t i = 0; i < CYG_COUNT(families) && error == 0; i++) {
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
					 SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i]));
		if (error == 0)
			error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socketpair), 1,
						 SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i]));
	}
	for (size_t i = 0; i < CYG_COUNT(netlinks) && error == 0; i++)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2,
					 SCMP_A0(SCMP_CMP_EQ, AF_NETLINK),
					 SCMP_A2(SCMP_CMP_EQ, (scmp_datum_t)netlinks[i]));
	for (size_t i = 0; i < CYG_COUNT(ioctls) && error == 0; i++)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
					 SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffffu, ioctls[i]));
	return error;
}

/*
 * Memory is never writable and executable, and nothing becomes executable later. Mapping a library for
 * reading and running it stays possible: looking up the group of a user loads one.
 */
static int allow_memory(scmp_filter_ctx filter)
{
	static const int calls[] = { SCMP_SYS(mmap), SCMP_SYS(mmap2) };
	int error = 0;

	for (size_t i = 0; i < CYG_COUNT(calls) && error == 0; i++) {
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 1,
					 SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
		if (error == 0)
			error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 1,
						 SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_WRITE | PROT_EXEC,
							 PROT_EXEC));
	}
	if (error == 0)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
					 SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	return error;
}

/* Threads, no processes and no namespaces. clone3() hides its flags behind a pointer: ENOSYS makes
 * the C library use clone(). The same for io_uring, which would pass by the filter. */
static int allow_threads(scmp_filter_ctx filter)
{
	static const int absent[] = { SCMP_SYS(clone3), SCMP_SYS(io_uring_setup) };
	int error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
				     SCMP_A0(SCMP_CMP_MASKED_EQ,
					     CLONE_THREAD | CLONE_NEWNS | CLONE_NEWUSER | CLONE_NEWNET |
						     CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC,
					     CLONE_THREAD));

	for (size_t i = 0; i < CYG_COUNT(absent) && error == 0; i++)
		error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), absent[i], 0);
	return error;
}

enum cyg_status sandbox_close(enum sandbox_mode mode, struct cyg_strbuf *why)
{
	scmp_filter_ctx filter = seccomp_init(mode == SANDBOX_KILL ? SCMP_ACT_KILL_PROCESS
								   : SCMP_ACT_ERRNO(EPERM));
	int error = ENOMEM;

	if (filter == NULL)
		goto out;
	/* Refused calls go to the kernel's log where it keeps one; all threads get the filter. */
	error = -seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	if (error == 0)
		(void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_LOG, 1);
	if (error == 0)
		error = -allow_plain(filter);
	if (error == 0)
		error = -allow_sockets(filter);
	if (error == 0)
		error = -allow_memory(filter);
	if (error == 0)
		error = -allow_threads(filter);
	if (error == 0)
		error = -seccomp_load(filter);
	seccomp_release(filter);
out:
	if (error == 0)
		return CYG_OK;
	cyg_strbuf_addf(why, "the filter of system calls cannot be closed (%s): start with --no-sandbox to "
			"do without", strerror(error));
	return CYG_UNSUPPORTED;
}
