# SPDX-License-Identifier: MIT
ipsec_mb_sources = \
	src/plugins/ipsec-mb/esp.c \
	src/plugins/ipsec-mb/esp.h \
	src/plugins/ipsec-mb/ipsec_mb_plugin.c

if PLUGIN_IPSEC_MB
plugin_LTLIBRARIES += src/plugins/ipsec-mb/ipsec-mb.la
src_plugins_ipsec_mb_ipsec_mb_la_SOURCES = $(ipsec_mb_sources)
src_plugins_ipsec_mb_ipsec_mb_la_CFLAGS = $(PLUGIN_CFLAGS)
src_plugins_ipsec_mb_ipsec_mb_la_LDFLAGS = $(PLUGIN_LDFLAGS)
src_plugins_ipsec_mb_ipsec_mb_la_LIBADD = $(PLUGIN_LIBADD) $(IPSEC_MB_LIBS)

if HAVE_CHECK
# The whole plugin for tests and benches, linked statically: cyg_plugin_ipsec_mb.
check_LTLIBRARIES += src/plugins/ipsec-mb/libipsec-mb-plugin.la
src_plugins_ipsec_mb_libipsec_mb_plugin_la_SOURCES = $(ipsec_mb_sources)
src_plugins_ipsec_mb_libipsec_mb_plugin_la_CFLAGS = $(AM_CFLAGS) -DCYG_MONOLITHIC
src_plugins_ipsec_mb_libipsec_mb_plugin_la_LIBADD = $(IPSEC_MB_LIBS)

# The tests of the seam, which openssl passes too, and each of the two against the other.
check_PROGRAMS += src/plugins/ipsec-mb/esp_tests
TESTS += src/plugins/ipsec-mb/esp_tests
src_plugins_ipsec_mb_esp_tests_SOURCES = \
	src/plugins/ipsec-mb/esp.c \
	src/plugins/ipsec-mb/esp.h \
	src/plugins/openssl/esp_test.c
src_plugins_ipsec_mb_esp_tests_CPPFLAGS = $(AM_CPPFLAGS) -DESP_IPSEC_MB -I$(top_srcdir)
src_plugins_ipsec_mb_esp_tests_CFLAGS = $(TEST_CFLAGS)
src_plugins_ipsec_mb_esp_tests_LDADD = $(TEST_LIBS) $(IPSEC_MB_LIBS)

if PLUGIN_OPENSSL
check_PROGRAMS += src/plugins/ipsec-mb/cross_tests
TESTS += src/plugins/ipsec-mb/cross_tests
src_plugins_ipsec_mb_cross_tests_SOURCES = \
	src/plugins/ipsec-mb/cross_test.c \
	src/plugins/ipsec-mb/esp.c \
	src/plugins/ipsec-mb/esp.h \
	src/plugins/openssl/esp.c \
	src/plugins/openssl/esp.h
src_plugins_ipsec_mb_cross_tests_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/src/plugins
src_plugins_ipsec_mb_cross_tests_CFLAGS = $(TEST_CFLAGS) $(OPENSSL_CFLAGS)
src_plugins_ipsec_mb_cross_tests_LDADD = $(TEST_LIBS) $(OPENSSL_LIBS) $(IPSEC_MB_LIBS)
endif
endif
endif
