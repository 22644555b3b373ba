# SPDX-License-Identifier: MIT
# The daemon's main: arguments, the filter of system calls, then libcharon.
if SANDBOX
CYGNETD_SANDBOX = src/cygnetd/sandbox.c
CYGNETD_LIBS = $(SECCOMP_LIBS)
else
CYGNETD_SANDBOX = src/cygnetd/sandbox_none.c
CYGNETD_LIBS =
endif
EXTRA_DIST += src/cygnetd/main.c src/cygnetd/sandbox.c src/cygnetd/sandbox_none.c

if HAVE_CHECK
if SANDBOX
check_PROGRAMS += src/cygnetd/sandbox_tests
src_cygnetd_sandbox_tests_SOURCES = \
	src/cygnetd/sandbox.c \
	src/cygnetd/sandbox.h \
	src/cygnetd/sandbox_test.c
src_cygnetd_sandbox_tests_CFLAGS = $(TEST_CFLAGS) $(SECCOMP_CFLAGS)
src_cygnetd_sandbox_tests_LDADD = src/libcharon/libbase.la $(SECCOMP_LIBS) $(CHECK_LIBS)
TESTS += src/cygnetd/sandbox_tests
endif
endif
