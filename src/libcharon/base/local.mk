# SPDX-License-Identifier: MIT
# base and log depend on libc only; the starter and cygctl link them without the engine.
noinst_LTLIBRARIES += src/libcharon/libbase.la
src_libcharon_libbase_la_SOURCES = \
	src/libcharon/base/broker.c \
	src/libcharon/base/broker.h \
	src/libcharon/base/bytes.c \
	src/libcharon/base/compat.h \
	src/libcharon/base/identity.c \
	src/libcharon/base/ip.c \
	src/libcharon/base/paths.c \
	src/libcharon/base/paths.h \
	src/libcharon/base/secret.c \
	src/libcharon/base/status.c \
	src/libcharon/base/table.c \
	src/libcharon/base/table.h
src_libcharon_libbase_la_LIBADD = -lpthread
# Where paths.c finds things without --root.
src_libcharon_libbase_la_CPPFLAGS = $(AM_CPPFLAGS) \
	-DCYG_DIR_SYSCONF='"$(sysconfdir)"' -DCYG_DIR_RUN='"$(runstatedir)"' \
	-DCYG_DIR_STATE='"$(localstatedir)"' -DCYG_DIR_LIBEXEC='"$(pkglibexecdir)"' \
	-DCYG_DIR_PLUGINS='"$(plugindir)"'
src_libcharon_libcharon_core_la_LIBADD += src/libcharon/libbase.la

if HAVE_CHECK
check_PROGRAMS += src/libcharon/base/base_tests
TESTS += src/libcharon/base/base_tests
src_libcharon_base_base_tests_CFLAGS = $(TEST_CFLAGS)
src_libcharon_base_base_tests_LDADD = src/libcharon/libbase.la $(CHECK_LIBS) -lpthread
src_libcharon_base_base_tests_SOURCES = \
	src/libcharon/base/base_tests.c \
	src/libcharon/base/base_tests.h \
	src/libcharon/base/bytes_test.c \
	src/libcharon/base/identity_test.c \
	src/libcharon/base/ip_test.c \
	src/libcharon/base/secret_test.c \
	src/libcharon/base/table_test.c
endif
