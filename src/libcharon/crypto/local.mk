# SPDX-License-Identifier: MIT
src_libcharon_libcharon_core_la_SOURCES += \
	src/libcharon/crypto/keys.c src/libcharon/crypto/keys.h \
	src/libcharon/crypto/names.c src/libcharon/crypto/names.h \
	src/libcharon/crypto/seal.c src/libcharon/crypto/seal.h

if HAVE_CHECK
check_PROGRAMS += src/libcharon/crypto/crypto_tests
TESTS += src/libcharon/crypto/crypto_tests
src_libcharon_crypto_crypto_tests_SOURCES = src/libcharon/crypto/crypto_test.c
src_libcharon_crypto_crypto_tests_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
src_libcharon_crypto_crypto_tests_CFLAGS = $(TEST_CFLAGS)
src_libcharon_crypto_crypto_tests_LDADD = src/plugins/openssl/libopenssl-plugin.la \
	testing/unit/libharness.la $(TEST_LIBS)
check_PROGRAMS += src/libcharon/crypto/seal_tests
TESTS += src/libcharon/crypto/seal_tests
src_libcharon_crypto_seal_tests_SOURCES = src/libcharon/crypto/seal_test.c
src_libcharon_crypto_seal_tests_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
src_libcharon_crypto_seal_tests_CFLAGS = $(TEST_CFLAGS)
src_libcharon_crypto_seal_tests_LDADD = src/plugins/openssl/libopenssl-plugin.la \
	testing/unit/libharness.la $(TEST_LIBS)
endif
