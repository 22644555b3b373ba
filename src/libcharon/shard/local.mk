# SPDX-License-Identifier: MIT
src_libcharon_libcharon_core_la_SOURCES += \
	src/libcharon/shard/group.h \
	src/libcharon/shard/helpers.c \
	src/libcharon/shard/helpers.h \
	src/libcharon/shard/loop.c \
	src/libcharon/shard/mailbox.c \
	src/libcharon/shard/mailbox.h \
	src/libcharon/shard/manual.c \
	src/libcharon/shard/shard.c \
	src/libcharon/shard/shard.h \
	src/libcharon/shard/wheel.c \
	src/libcharon/shard/wheel.h

if HAVE_CHECK
check_PROGRAMS += src/libcharon/shard/shard_tests
TESTS += src/libcharon/shard/shard_tests
endif
src_libcharon_shard_shard_tests_CFLAGS = $(TEST_CFLAGS)
src_libcharon_shard_shard_tests_LDADD = $(TEST_LIBS)
src_libcharon_shard_shard_tests_SOURCES = \
	src/libcharon/shard/cancel_test.c \
	src/libcharon/shard/loop_test.c \
	src/libcharon/shard/mailbox_test.c \
	src/libcharon/shard/manual_test.c \
	src/libcharon/shard/op_test.c \
	src/libcharon/shard/shard_tests.c \
	src/libcharon/shard/shard_tests.h \
	src/libcharon/shard/wheel_test.c
