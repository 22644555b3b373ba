# SPDX-License-Identifier: MIT
src_libcharon_libcharon_core_la_SOURCES += \
	src/libcharon/control/access.c \
	src/libcharon/control/access.h \
	src/libcharon/control/broker_client.c \
	src/libcharon/control/broker_client.h \
	src/libcharon/control/daemon.h \
	src/libcharon/control/exec.c \
	src/libcharon/control/exec.h \
	src/libcharon/control/pattern.c \
	src/libcharon/control/pattern.h \
	src/libcharon/control/pipe.c \
	src/libcharon/control/pipe.h \
	src/libcharon/control/protocol.c \
	src/libcharon/control/protocol.h \
	src/libcharon/control/server.c \
	src/libcharon/control/server.h

if HAVE_CHECK
check_PROGRAMS += src/libcharon/control/control_tests
TESTS += src/libcharon/control/control_tests
src_libcharon_control_control_tests_SOURCES = \
	src/libcharon/control/control_tests.c \
	src/libcharon/control/control_tests.h \
	src/libcharon/control/server_test.c \
	src/libcharon/control/text_test.c
src_libcharon_control_control_tests_CFLAGS = $(TEST_CFLAGS) $(JANSSON_CFLAGS)
src_libcharon_control_control_tests_LDADD = $(TEST_LIBS) $(JANSSON_LIBS)
check_PROGRAMS += src/libcharon/control/broker_client_tests
src_libcharon_control_broker_client_tests_SOURCES = src/libcharon/control/broker_client_test.c
src_libcharon_control_broker_client_tests_CFLAGS = $(TEST_CFLAGS)
src_libcharon_control_broker_client_tests_LDADD = $(TEST_LIBS)
TESTS += src/libcharon/control/broker_client_tests
endif
