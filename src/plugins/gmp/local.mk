# SPDX-License-Identifier: MIT
gmp_sources = $(MODP_VECTORS) \
	src/plugins/gmp/gmp_plugin.c \
	src/plugins/gmp/groups.c \
	src/plugins/gmp/groups.h \
	src/plugins/gmp/ke.c \
	src/plugins/gmp/ke.h

if PLUGIN_GMP
plugin_LTLIBRARIES += src/plugins/gmp/gmp.la
src_plugins_gmp_gmp_la_SOURCES = $(gmp_sources)
src_plugins_gmp_gmp_la_CPPFLAGS = $(LIBVECTORS_CPPFLAGS)
src_plugins_gmp_gmp_la_CFLAGS = $(PLUGIN_CFLAGS) $(GMP_CFLAGS)
src_plugins_gmp_gmp_la_LDFLAGS = $(PLUGIN_LDFLAGS)
src_plugins_gmp_gmp_la_LIBADD = $(PLUGIN_LIBADD) $(GMP_LIBS)

if HAVE_CHECK
# The whole plugin for tests, linked statically: cyg_plugin_gmp.
check_LTLIBRARIES += src/plugins/gmp/libgmp-plugin.la
src_plugins_gmp_libgmp_plugin_la_SOURCES = $(gmp_sources)
src_plugins_gmp_libgmp_plugin_la_CPPFLAGS = $(LIBVECTORS_CPPFLAGS)
src_plugins_gmp_libgmp_plugin_la_CFLAGS = $(AM_CFLAGS) $(GMP_CFLAGS) -DCYG_MONOLITHIC
src_plugins_gmp_libgmp_plugin_la_LIBADD = $(GMP_LIBS)

check_PROGRAMS += src/plugins/gmp/gmp_tests
TESTS += src/plugins/gmp/gmp_tests
src_plugins_gmp_gmp_tests_SOURCES = src/plugins/gmp/gmp_test.c
src_plugins_gmp_gmp_tests_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
src_plugins_gmp_gmp_tests_CFLAGS = $(TEST_CFLAGS)
src_plugins_gmp_gmp_tests_LDADD = src/plugins/gmp/libgmp-plugin.la \
	src/plugins/openssl/libopenssl-plugin.la testing/unit/libharness.la $(TEST_LIBS)
endif
endif
