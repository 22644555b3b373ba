# SPDX-License-Identifier: MIT
openssl_sources = $(MODP_VECTORS) \
	src/plugins/openssl/algorithms.h \
	src/plugins/openssl/cipher.c \
	src/plugins/openssl/esp.c \
	src/plugins/openssl/esp.h \
	src/plugins/openssl/files.c \
	src/plugins/openssl/hash.c \
	src/plugins/openssl/ke.c \
	src/plugins/openssl/mac.c \
	src/plugins/openssl/openssl_plugin.c \
	src/plugins/openssl/signature.c \
	src/plugins/openssl/signer.c \
	src/plugins/openssl/store.c \
	src/plugins/openssl/vectors.c \
	src/plugins/openssl/vectors.h \
	src/plugins/openssl/vectors_ke.c \
	src/plugins/openssl/x509.c \
	src/plugins/openssl/x509.h

if PLUGIN_OPENSSL
plugin_LTLIBRARIES += src/plugins/openssl/openssl.la
src_plugins_openssl_openssl_la_SOURCES = $(openssl_sources)
src_plugins_openssl_openssl_la_CPPFLAGS = $(LIBVECTORS_CPPFLAGS)
src_plugins_openssl_openssl_la_CFLAGS = $(PLUGIN_CFLAGS) $(OPENSSL_CFLAGS)
src_plugins_openssl_openssl_la_LDFLAGS = $(PLUGIN_LDFLAGS)
src_plugins_openssl_openssl_la_LIBADD = $(PLUGIN_LIBADD) $(OPENSSL_LIBS)
endif

if HAVE_CHECK
# The whole plugin for tests, linked statically: cyg_plugin_openssl.
check_LTLIBRARIES += src/plugins/openssl/libopenssl-plugin.la
src_plugins_openssl_libopenssl_plugin_la_SOURCES = $(openssl_sources)
src_plugins_openssl_libopenssl_plugin_la_CPPFLAGS = $(LIBVECTORS_CPPFLAGS)
src_plugins_openssl_libopenssl_plugin_la_CFLAGS = $(AM_CFLAGS) $(OPENSSL_CFLAGS) -DCYG_MONOLITHIC
src_plugins_openssl_libopenssl_plugin_la_LIBADD = $(OPENSSL_LIBS)

check_PROGRAMS += src/plugins/openssl/esp_tests
TESTS += src/plugins/openssl/esp_tests
src_plugins_openssl_esp_tests_SOURCES = \
	src/plugins/openssl/esp.c \
	src/plugins/openssl/esp.h \
	src/plugins/openssl/esp_test.c
src_plugins_openssl_esp_tests_CFLAGS = $(TEST_CFLAGS) $(OPENSSL_CFLAGS)
src_plugins_openssl_esp_tests_LDADD = $(TEST_LIBS) $(OPENSSL_LIBS)

check_PROGRAMS += src/plugins/openssl/cert_tests
TESTS += src/plugins/openssl/cert_tests
src_plugins_openssl_cert_tests_SOURCES = src/plugins/openssl/cert_test.c $(PKI_MAKER)
src_plugins_openssl_cert_tests_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
src_plugins_openssl_cert_tests_CFLAGS = $(TEST_CFLAGS) $(OPENSSL_CFLAGS)
src_plugins_openssl_cert_tests_LDADD = src/plugins/openssl/libopenssl-plugin.la \
	testing/unit/libharness.la $(TEST_LIBS) $(OPENSSL_LIBS)

check_PROGRAMS += src/plugins/openssl/openssl_tests
TESTS += src/plugins/openssl/openssl_tests
src_plugins_openssl_openssl_tests_SOURCES = src/plugins/openssl/openssl_test.c
src_plugins_openssl_openssl_tests_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
src_plugins_openssl_openssl_tests_CFLAGS = $(TEST_CFLAGS)
src_plugins_openssl_openssl_tests_LDADD = src/plugins/openssl/libopenssl-plugin.la \
	testing/unit/libharness.la $(TEST_LIBS)
endif
