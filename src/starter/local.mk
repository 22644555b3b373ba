# SPDX-License-Identifier: MIT
# All that runs as root: libc, libbase and libcap-ng, nothing more.
STARTER_SOURCES = \
	src/starter/broker.c \
	src/starter/broker.h \
	src/starter/files.c \
	src/starter/files.h \
	src/starter/instance.c \
	src/starter/instance.h \
	src/starter/launch.c \
	src/starter/launch.h \
	src/starter/notify.c \
	src/starter/notify.h \
	src/starter/say.c \
	src/starter/say.h \
	src/starter/sockets.c \
	src/starter/sockets.h \
	src/starter/supervisor.c \
	src/starter/supervisor.h
STARTER_CPPFLAGS = $(AM_CPPFLAGS) -DCYG_VERSION='"$(PACKAGE_VERSION)"' -DCYG_USER='"cygnet"'
STARTER_LIBS = src/libcharon/libbase.la $(CAPNG_LIBS)

sbin_PROGRAMS += src/starter/cygnet
src_starter_cygnet_SOURCES = src/starter/main.c $(STARTER_SOURCES)
src_starter_cygnet_CPPFLAGS = $(STARTER_CPPFLAGS)
src_starter_cygnet_CFLAGS = $(AM_CFLAGS) $(CAPNG_CFLAGS)
src_starter_cygnet_LDADD = $(STARTER_LIBS)

if HAVE_CHECK
check_PROGRAMS += src/starter/starter_tests
src_starter_starter_tests_SOURCES = src/starter/starter_tests.c $(STARTER_SOURCES)
src_starter_starter_tests_CPPFLAGS = $(STARTER_CPPFLAGS)
src_starter_starter_tests_CFLAGS = $(TEST_CFLAGS) $(CAPNG_CFLAGS)
src_starter_starter_tests_LDADD = $(STARTER_LIBS) $(CHECK_LIBS)
TESTS += src/starter/starter_tests
endif

# For testing/system: the starter with a daemon that behaves as told.
check_PROGRAMS += src/starter/fake_daemon
src_starter_fake_daemon_SOURCES = src/starter/fake_daemon.c
src_starter_fake_daemon_LDADD = src/libcharon/libbase.la
