# SPDX-License-Identifier: MIT
# All that runs as root: libc, libbase and libcap-ng, nothing more.
STARTER_SOURCES = \
	src/starter/broker.c \
	src/starter/broker.h \
	src/starter/files.c \
	src/starter/files.h \
	src/starter/say.c \
	src/starter/say.h \
	src/starter/sockets.c \
	src/starter/sockets.h

if HAVE_CHECK
check_PROGRAMS += src/starter/starter_tests
src_starter_starter_tests_SOURCES = src/starter/starter_tests.c $(STARTER_SOURCES)
src_starter_starter_tests_CFLAGS = $(TEST_CFLAGS)
src_starter_starter_tests_LDADD = src/libcharon/libbase.la $(CHECK_LIBS)
TESTS += src/starter/starter_tests
endif
