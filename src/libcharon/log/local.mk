# SPDX-License-Identifier: MIT
src_libcharon_libbase_la_SOURCES += \
	src/libcharon/log/capture.c \
	src/libcharon/log/capture.h \
	src/libcharon/log/debug.c \
	src/libcharon/log/debug.h \
	src/libcharon/log/format.c \
	src/libcharon/log/format.h \
	src/libcharon/log/line.c \
	src/libcharon/log/log.c \
	src/libcharon/log/log.h \
	src/libcharon/log/ring.c \
	src/libcharon/log/ring.h \
	src/libcharon/log/sink.c \
	src/libcharon/log/sink.h \
	src/libcharon/log/writer.c \
	src/libcharon/log/writer.h

if HAVE_CHECK
check_PROGRAMS += src/libcharon/log/log_tests
TESTS += src/libcharon/log/log_tests
THREADED_TESTS += src/libcharon/log/log_tests
src_libcharon_log_log_tests_CFLAGS = $(TEST_CFLAGS) $(JANSSON_CFLAGS)
src_libcharon_log_log_tests_LDADD = $(TEST_LIBS) $(JANSSON_LIBS) -lpthread
src_libcharon_log_log_tests_SOURCES = src/libcharon/log/log_tests.c
endif
