# SPDX-License-Identifier: MIT
# What the data planes share: netlink, devices, addresses and routes, SPIs. Not installed; linked into each plugin.
LIBKERNEL_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/src
LIBKERNEL = src/libkernel/libkernel.la

if HAVE_MNL
noinst_LTLIBRARIES += src/libkernel/libkernel.la
src_libkernel_libkernel_la_SOURCES = \
	src/libkernel/device.c \
	src/libkernel/device.h \
	src/libkernel/held.c \
	src/libkernel/held.h \
	src/libkernel/netlink.c \
	src/libkernel/netlink.h \
	src/libkernel/outbox.c \
	src/libkernel/outbox.h \
	src/libkernel/spi.c \
	src/libkernel/spi.h
src_libkernel_libkernel_la_CPPFLAGS = $(LIBKERNEL_CPPFLAGS)
src_libkernel_libkernel_la_CFLAGS = $(PLUGIN_CFLAGS) $(MNL_CFLAGS)
src_libkernel_libkernel_la_LIBADD = $(MNL_LIBS)

if HAVE_CHECK
check_PROGRAMS += src/libkernel/libkernel_tests
TESTS += src/libkernel/libkernel_tests
src_libkernel_libkernel_tests_SOURCES = src/libkernel/held_test.c src/libkernel/netlink_test.c src/libkernel/outbox_test.c \
	src/libkernel/libkernel_tests.h
src_libkernel_libkernel_tests_CPPFLAGS = $(LIBKERNEL_CPPFLAGS) -I$(top_srcdir)
src_libkernel_libkernel_tests_CFLAGS = $(TEST_CFLAGS) $(MNL_CFLAGS)
src_libkernel_libkernel_tests_LDADD = $(LIBKERNEL) $(TEST_LIBS) $(MNL_LIBS)
endif
endif
