# SPDX-License-Identifier: MIT
name_mangler_sources = \
	src/plugins/name-mangler/commands.c \
	src/plugins/name-mangler/mangle.c \
	src/plugins/name-mangler/mangler.h \
	src/plugins/name-mangler/name_mangler_plugin.c

if PLUGIN_NAME_MANGLER
plugin_LTLIBRARIES += src/plugins/name-mangler/name-mangler.la
src_plugins_name_mangler_name_mangler_la_SOURCES = $(name_mangler_sources)
src_plugins_name_mangler_name_mangler_la_CFLAGS = $(PLUGIN_CFLAGS) $(JANSSON_CFLAGS)
src_plugins_name_mangler_name_mangler_la_LDFLAGS = $(PLUGIN_LDFLAGS)
src_plugins_name_mangler_name_mangler_la_LIBADD = $(PLUGIN_LIBADD) $(JANSSON_LIBS)
endif

if HAVE_CHECK
# The whole plugin for tests, linked statically: cyg_plugin_name_mangler.
check_LTLIBRARIES += src/plugins/name-mangler/libname-mangler-plugin.la
src_plugins_name_mangler_libname_mangler_plugin_la_SOURCES = $(name_mangler_sources)
src_plugins_name_mangler_libname_mangler_plugin_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) -DCYG_MONOLITHIC

check_PROGRAMS += src/plugins/name-mangler/name_mangler_tests
TESTS += src/plugins/name-mangler/name_mangler_tests
src_plugins_name_mangler_name_mangler_tests_SOURCES = src/plugins/name-mangler/name_mangler_tests.c
src_plugins_name_mangler_name_mangler_tests_CFLAGS = $(TEST_CFLAGS) $(JANSSON_CFLAGS)
src_plugins_name_mangler_name_mangler_tests_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
src_plugins_name_mangler_name_mangler_tests_LDADD = \
	src/plugins/name-mangler/libname-mangler-plugin.la testing/unit/libcommands.la \
	testing/unit/libharness.la $(TEST_LIBS) $(JANSSON_LIBS)
endif
