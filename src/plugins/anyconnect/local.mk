# SPDX-License-Identifier: MIT
anyconnect_sources = \
	src/plugins/anyconnect/anyconnect.h \
	src/plugins/anyconnect/anyconnect_plugin.c \
	src/plugins/anyconnect/commands.c \
	src/plugins/anyconnect/ssl.c

if PLUGIN_ANYCONNECT
plugin_LTLIBRARIES += src/plugins/anyconnect/anyconnect.la
src_plugins_anyconnect_anyconnect_la_SOURCES = $(anyconnect_sources)
src_plugins_anyconnect_anyconnect_la_CFLAGS = $(PLUGIN_CFLAGS) $(JANSSON_CFLAGS)
src_plugins_anyconnect_anyconnect_la_LDFLAGS = $(PLUGIN_LDFLAGS)
src_plugins_anyconnect_anyconnect_la_LIBADD = $(PLUGIN_LIBADD) $(JANSSON_LIBS)
endif

if HAVE_CHECK
# The whole plugin for tests, linked statically: cyg_plugin_anyconnect.
check_LTLIBRARIES += src/plugins/anyconnect/libanyconnect-plugin.la
src_plugins_anyconnect_libanyconnect_plugin_la_SOURCES = $(anyconnect_sources)
src_plugins_anyconnect_libanyconnect_plugin_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) -DCYG_MONOLITHIC

check_PROGRAMS += src/plugins/anyconnect/anyconnect_tests
TESTS += src/plugins/anyconnect/anyconnect_tests
src_plugins_anyconnect_anyconnect_tests_SOURCES = src/plugins/anyconnect/anyconnect_tests.c
src_plugins_anyconnect_anyconnect_tests_CFLAGS = $(TEST_CFLAGS) $(JANSSON_CFLAGS)
src_plugins_anyconnect_anyconnect_tests_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
src_plugins_anyconnect_anyconnect_tests_LDADD = \
	src/plugins/anyconnect/libanyconnect-plugin.la testing/unit/libcommands.la \
	testing/unit/libharness.la $(TEST_LIBS) $(JANSSON_LIBS)
endif
