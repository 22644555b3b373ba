# SPDX-License-Identifier: MIT
src_libcharon_libcharon_core_la_SOURCES += \
	src/libcharon/sa/child_sa.c \
	src/libcharon/sa/child_sa.h \
	src/libcharon/sa/half_open.c \
	src/libcharon/sa/half_open.h \
	src/libcharon/sa/ike_sa.c \
	src/libcharon/sa/ike_sa.h \
	src/libcharon/sa/rows.h \
	src/libcharon/sa/serials.c \
	src/libcharon/sa/serials.h \
	src/libcharon/sa/suite.c \
	src/libcharon/sa/suite.h \
	src/libcharon/sa/table.c \
	src/libcharon/sa/table.h \
	src/libcharon/sa/window.c \
	src/libcharon/sa/window.h

if HAVE_CHECK
check_PROGRAMS += src/libcharon/sa/sa_tests
TESTS += src/libcharon/sa/sa_tests
src_libcharon_sa_sa_tests_SOURCES = src/libcharon/sa/sa_tests.c
src_libcharon_sa_sa_tests_CFLAGS = $(TEST_CFLAGS)
src_libcharon_sa_sa_tests_LDADD = $(TEST_LIBS)
endif
