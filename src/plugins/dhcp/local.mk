# SPDX-License-Identifier: MIT
dhcp_sources = \
	src/plugins/dhcp/commands.c \
	src/plugins/dhcp/dhcp.h \
	src/plugins/dhcp/dhcp_plugin.c

if PLUGIN_DHCP
plugin_LTLIBRARIES += src/plugins/dhcp/dhcp.la
src_plugins_dhcp_dhcp_la_SOURCES = $(dhcp_sources)
src_plugins_dhcp_dhcp_la_CFLAGS = $(PLUGIN_CFLAGS) $(JANSSON_CFLAGS)
src_plugins_dhcp_dhcp_la_LDFLAGS = $(PLUGIN_LDFLAGS)
src_plugins_dhcp_dhcp_la_LIBADD = $(PLUGIN_LIBADD) $(JANSSON_LIBS)
endif

if HAVE_CHECK
# The whole plugin for tests, linked statically: cyg_plugin_dhcp.
check_LTLIBRARIES += src/plugins/dhcp/libdhcp-plugin.la
src_plugins_dhcp_libdhcp_plugin_la_SOURCES = $(dhcp_sources)
src_plugins_dhcp_libdhcp_plugin_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) -DCYG_MONOLITHIC

check_PROGRAMS += src/plugins/dhcp/dhcp_tests
TESTS += src/plugins/dhcp/dhcp_tests
src_plugins_dhcp_dhcp_tests_SOURCES = src/plugins/dhcp/dhcp_tests.c
src_plugins_dhcp_dhcp_tests_CFLAGS = $(TEST_CFLAGS) $(JANSSON_CFLAGS)
src_plugins_dhcp_dhcp_tests_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
src_plugins_dhcp_dhcp_tests_LDADD = \
	src/plugins/dhcp/libdhcp-plugin.la testing/unit/libcommands.la \
	testing/unit/libharness.la $(TEST_LIBS) $(JANSSON_LIBS)
endif
