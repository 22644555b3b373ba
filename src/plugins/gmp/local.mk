# SPDX-License-Identifier: MIT
gmp_sources = \
	src/plugins/gmp/gmp_plugin.c \
	src/plugins/gmp/groups.c \
	src/plugins/gmp/groups.h \
	src/plugins/gmp/ke.c \
	src/plugins/gmp/ke.h

if PLUGIN_GMP
plugin_LTLIBRARIES += src/plugins/gmp/gmp.la
src_plugins_gmp_gmp_la_SOURCES = $(gmp_sources)
src_plugins_gmp_gmp_la_CFLAGS = $(PLUGIN_CFLAGS) $(GMP_CFLAGS)
src_plugins_gmp_gmp_la_LDFLAGS = $(PLUGIN_LDFLAGS)
src_plugins_gmp_gmp_la_LIBADD = $(PLUGIN_LIBADD) $(GMP_LIBS)

if HAVE_CHECK
# The whole plugin for tests, linked statically: cyg_plugin_gmp.
check_LTLIBRARIES += src/plugins/gmp/libgmp-plugin.la
src_plugins_gmp_libgmp_plugin_la_SOURCES = $(gmp_sources)
src_plugins_gmp_libgmp_plugin_la_CFLAGS = $(AM_CFLAGS) $(GMP_CFLAGS) -DCYG_MONOLITHIC
src_plugins_gmp_libgmp_plugin_la_LIBADD = $(GMP_LIBS)
endif
endif
