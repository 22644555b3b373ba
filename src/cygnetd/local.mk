# SPDX-License-Identifier: MIT
# The daemon's main: arguments, the filter of system calls, then libcharon.
if SANDBOX
CYGNETD_SANDBOX = src/cygnetd/sandbox.c
CYGNETD_LIBS = $(SECCOMP_LIBS)
else
CYGNETD_SANDBOX = src/cygnetd/sandbox_none.c
CYGNETD_LIBS =
endif
EXTRA_DIST += src/cygnetd/sandbox.c src/cygnetd/sandbox_none.c

pkglibexec_PROGRAMS += src/cygnetd/cygnetd
src_cygnetd_cygnetd_SOURCES = src/cygnetd/main.c src/cygnetd/sandbox.h $(CYGNETD_SANDBOX)
src_cygnetd_cygnetd_CPPFLAGS = $(AM_CPPFLAGS) -DCYG_VERSION='"$(PACKAGE_VERSION)"'
src_cygnetd_cygnetd_CFLAGS = $(AM_CFLAGS) $(SECCOMP_CFLAGS)
src_cygnetd_cygnetd_LDADD = src/libcharon/libcharon.la $(CYGNETD_LIBS)

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
