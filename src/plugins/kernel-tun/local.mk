# SPDX-License-Identifier: MIT
KERNEL_TUN_SOURCES = \
	src/plugins/kernel-tun/child.c \
	src/plugins/kernel-tun/cut.c \
	src/plugins/kernel-tun/cut.h \
	src/plugins/kernel-tun/fragment.c \
	src/plugins/kernel-tun/fragment.h \
	src/plugins/kernel-tun/in.c \
	src/plugins/kernel-tun/inner.c \
	src/plugins/kernel-tun/inner.h \
	src/plugins/kernel-tun/link.c \
	src/plugins/kernel-tun/merge.c \
	src/plugins/kernel-tun/merge.h \
	src/plugins/kernel-tun/out.c \
	src/plugins/kernel-tun/path.c \
	src/plugins/kernel-tun/path.h \
	src/plugins/kernel-tun/replay.c \
	src/plugins/kernel-tun/replay.h \
	src/plugins/kernel-tun/sum.c \
	src/plugins/kernel-tun/sum.h \
	src/plugins/kernel-tun/tun.h \
	src/plugins/kernel-tun/tun_plugin.c \
	src/plugins/kernel-tun/ways.c \
	src/plugins/kernel-tun/ways.h

if PLUGIN_KERNEL_TUN
plugin_LTLIBRARIES += src/plugins/kernel-tun/kernel-tun.la
src_plugins_kernel_tun_kernel_tun_la_SOURCES = $(KERNEL_TUN_SOURCES)
src_plugins_kernel_tun_kernel_tun_la_CPPFLAGS = $(LIBKERNEL_CPPFLAGS)
src_plugins_kernel_tun_kernel_tun_la_CFLAGS = $(PLUGIN_CFLAGS) $(MNL_CFLAGS)
src_plugins_kernel_tun_kernel_tun_la_LDFLAGS = $(PLUGIN_LDFLAGS)
src_plugins_kernel_tun_kernel_tun_la_LIBADD = $(LIBKERNEL) $(PLUGIN_LIBADD) $(MNL_LIBS)
endif

if HAVE_CHECK
if PLUGIN_OPENSSL
if PLUGIN_KERNEL_TUN
check_PROGRAMS += src/plugins/kernel-tun/kernel_tun_tests
TESTS += src/plugins/kernel-tun/kernel_tun_tests
src_plugins_kernel_tun_kernel_tun_tests_SOURCES = $(KERNEL_TUN_SOURCES) \
	src/plugins/kernel-tun/cut_test.c \
	src/plugins/kernel-tun/device_test.c \
	src/plugins/kernel-tun/fragment_test.c \
	src/plugins/kernel-tun/hostile_test.c \
	src/plugins/kernel-tun/inner_test.c \
	src/plugins/kernel-tun/kernel_tun_tests.c \
	src/plugins/kernel-tun/kernel_tun_tests.h \
	src/plugins/kernel-tun/life_test.c \
	src/plugins/kernel-tun/packets_test.h \
	src/plugins/kernel-tun/path_test.c \
	src/plugins/kernel-tun/tables_test.c \
	src/plugins/kernel-tun/traffic_test.c \
	src/plugins/kernel-tun/world_test.c \
	src/plugins/kernel-tun/world_test.h \
	src/plugins/openssl/esp.c \
	src/plugins/openssl/esp.h
src_plugins_kernel_tun_kernel_tun_tests_CPPFLAGS = $(AM_CPPFLAGS) -DCYG_MONOLITHIC \
	-I$(top_srcdir) -I$(top_srcdir)/src -I$(top_srcdir)/src/plugins
src_plugins_kernel_tun_kernel_tun_tests_CFLAGS = $(TEST_CFLAGS) $(MNL_CFLAGS) $(OPENSSL_CFLAGS)
src_plugins_kernel_tun_kernel_tun_tests_LDADD = $(LIBKERNEL) $(TEST_LIBS) $(MNL_LIBS) $(OPENSSL_LIBS)
endif
endif
endif
