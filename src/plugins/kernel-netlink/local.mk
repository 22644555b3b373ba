# SPDX-License-Identifier: MIT
KERNEL_NETLINK_SOURCES = \
	src/plugins/kernel-netlink/child.c \
	src/plugins/kernel-netlink/device.c \
	src/plugins/kernel-netlink/netlink_plugin.c \
	src/plugins/kernel-netlink/pairs.c \
	src/plugins/kernel-netlink/pairs.h \
	src/plugins/kernel-netlink/plane.h \
	src/plugins/kernel-netlink/policy.c \
	src/plugins/kernel-netlink/probe.c \
	src/plugins/kernel-netlink/report.c \
	src/plugins/kernel-netlink/totals.c src/plugins/kernel-netlink/totals.h \
	src/plugins/kernel-netlink/xfrm.c \
	src/plugins/kernel-netlink/xfrm.h

if PLUGIN_KERNEL_NETLINK
plugin_LTLIBRARIES += src/plugins/kernel-netlink/kernel-netlink.la
src_plugins_kernel_netlink_kernel_netlink_la_SOURCES = $(KERNEL_NETLINK_SOURCES)
src_plugins_kernel_netlink_kernel_netlink_la_CPPFLAGS = $(LIBKERNEL_CPPFLAGS)
src_plugins_kernel_netlink_kernel_netlink_la_CFLAGS = $(PLUGIN_CFLAGS) $(MNL_CFLAGS)
src_plugins_kernel_netlink_kernel_netlink_la_LDFLAGS = $(PLUGIN_LDFLAGS)
src_plugins_kernel_netlink_kernel_netlink_la_LIBADD = $(LIBKERNEL) $(PLUGIN_LIBADD) $(MNL_LIBS)
endif

if HAVE_CHECK
if PLUGIN_KERNEL_NETLINK
check_PROGRAMS += src/plugins/kernel-netlink/kernel_netlink_tests
TESTS += src/plugins/kernel-netlink/kernel_netlink_tests
src_plugins_kernel_netlink_kernel_netlink_tests_SOURCES = $(KERNEL_NETLINK_SOURCES) \
	src/plugins/kernel-netlink/kernel_netlink_tests.c \
	src/plugins/kernel-netlink/kernel_netlink_tests.h \
	src/plugins/kernel-netlink/pairs_test.c \
	src/plugins/kernel-netlink/plane_test.c \
	src/plugins/kernel-netlink/totals_test.c \
	src/plugins/kernel-netlink/xfrm_test.c
src_plugins_kernel_netlink_kernel_netlink_tests_CPPFLAGS = $(LIBKERNEL_CPPFLAGS) -DCYG_MONOLITHIC -I$(top_srcdir)
src_plugins_kernel_netlink_kernel_netlink_tests_CFLAGS = $(TEST_CFLAGS) $(MNL_CFLAGS)
src_plugins_kernel_netlink_kernel_netlink_tests_LDADD = $(LIBKERNEL) $(TEST_LIBS) $(MNL_LIBS)
endif
endif
