# SPDX-License-Identifier: MIT
src_libcharon_libcharon_core_la_SOURCES += \
	src/libcharon/net/esp.c \
	src/libcharon/net/net.c \
	src/libcharon/net/net.h \
	src/libcharon/net/receive.c \
	src/libcharon/net/room.h \
	src/libcharon/net/send.c \
	src/libcharon/net/steer.c

if HAVE_CHECK
check_PROGRAMS += src/libcharon/net/net_tests
TESTS += src/libcharon/net/net_tests
endif
src_libcharon_net_net_tests_CFLAGS = $(TEST_CFLAGS)
src_libcharon_net_net_tests_LDADD = $(TEST_LIBS)
src_libcharon_net_net_tests_SOURCES = \
	src/libcharon/net/net_tests.c \
	src/libcharon/net/net_tests.h \
	src/libcharon/net/receive_test.c \
	src/libcharon/net/send_test.c \
	src/libcharon/net/steer_test.c
