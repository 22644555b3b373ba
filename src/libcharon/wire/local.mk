# SPDX-License-Identifier: MIT
src_libcharon_libcharon_core_la_SOURCES += \
	src/libcharon/wire/auth.c \
	src/libcharon/wire/cert.c \
	src/libcharon/wire/cfg.c \
	src/libcharon/wire/delete.c \
	src/libcharon/wire/eap.c \
	src/libcharon/wire/id.c \
	src/libcharon/wire/ke.c \
	src/libcharon/wire/message.c \
	src/libcharon/wire/names.c \
	src/libcharon/wire/nonce.c \
	src/libcharon/wire/notify.c \
	src/libcharon/wire/payloads.h \
	src/libcharon/wire/sa.c \
	src/libcharon/wire/sk.c \
	src/libcharon/wire/summary.c \
	src/libcharon/wire/ts.c \
	src/libcharon/wire/vendor.c

if HAVE_CHECK
check_PROGRAMS += src/libcharon/wire/wire_tests
TESTS += src/libcharon/wire/wire_tests
src_libcharon_wire_wire_tests_CFLAGS = $(TEST_CFLAGS)
src_libcharon_wire_wire_tests_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
src_libcharon_wire_wire_tests_LDADD = $(TEST_LIBS)
src_libcharon_wire_wire_tests_SOURCES = \
	src/libcharon/wire/cfg_test.c \
	src/libcharon/wire/cursor_test.c \
	src/libcharon/wire/message_test.c \
	src/libcharon/wire/payload_test.c \
	src/libcharon/wire/sa_test.c \
	src/libcharon/wire/sk_test.c \
	src/libcharon/wire/ts_test.c \
	src/libcharon/wire/wire_tests.c \
	src/libcharon/wire/wire_tests.h
endif
