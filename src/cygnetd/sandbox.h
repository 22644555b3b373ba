/* SPDX-License-Identifier: MIT */
/*
 * The filter of system calls around the daemon: what the engine, libuv and OpenSSL need once they
 * run; no new programs, no code written at run time, no other namespaces. Called once by the control thread, for all
 * threads. sandbox.c is built with libseccomp, sandbox_none.c without it or with sanitizers, which need more.
 */
#ifndef CYGNETD_SANDBOX_H
#define CYGNETD_SANDBOX_H

#include <cygnet/bytes.h>

enum sandbox_mode {
	SANDBOX_REFUSE, /* a call that is not listed fails with EPERM and is logged by the kernel */
	SANDBOX_KILL,   /* it ends the daemon, so that tests and developers notice */
};

enum cyg_status sandbox_close(enum sandbox_mode mode, struct cyg_strbuf *why) CYG_MUST_CHECK;

#endif
