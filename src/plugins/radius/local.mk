# SPDX-License-Identifier: MIT
radius_sources = \
	src/plugins/radius/groups.c \
	src/plugins/radius/radius.h \
	src/plugins/radius/radius_plugin.c \
	src/plugins/radius/servers.c \
	src/plugins/radius/show.c

if PLUGIN_RADIUS
plugin_LTLIBRARIES += src/plugins/radius/radius.la
src_plugins_radius_radius_la_SOURCES = $(radius_sources)
src_plugins_radius_radius_la_CFLAGS = $(PLUGIN_CFLAGS) $(JANSSON_CFLAGS)
src_plugins_radius_radius_la_LDFLAGS = $(PLUGIN_LDFLAGS)
src_plugins_radius_radius_la_LIBADD = $(PLUGIN_LIBADD) $(JANSSON_LIBS)
endif

if HAVE_CHECK
# The whole plugin for tests, linked statically: cyg_plugin_radius.
check_LTLIBRARIES += src/plugins/radius/libradius-plugin.la
src_plugins_radius_libradius_plugin_la_SOURCES = $(radius_sources)
src_plugins_radius_libradius_plugin_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) -DCYG_MONOLITHIC

check_PROGRAMS += src/plugins/radius/radius_tests
TESTS += src/plugins/radius/radius_tests
src_plugins_radius_radius_tests_SOURCES = src/plugins/radius/radius_tests.c
src_plugins_radius_radius_tests_CFLAGS = $(TEST_CFLAGS) $(JANSSON_CFLAGS)
src_plugins_radius_radius_tests_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
src_plugins_radius_radius_tests_LDADD = \
	src/plugins/radius/libradius-plugin.la testing/unit/libcommands.la \
	testing/unit/libharness.la $(TEST_LIBS) $(JANSSON_LIBS)
endif
