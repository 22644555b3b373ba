# SPDX-License-Identifier: MIT
if HAVE_CHECK
check_PROGRAMS += src/plugins/openssl/esp_tests
TESTS += src/plugins/openssl/esp_tests
src_plugins_openssl_esp_tests_SOURCES = \
	src/plugins/openssl/esp.c \
	src/plugins/openssl/esp.h \
	src/plugins/openssl/esp_test.c
src_plugins_openssl_esp_tests_CFLAGS = $(TEST_CFLAGS) $(OPENSSL_CFLAGS)
src_plugins_openssl_esp_tests_LDADD = $(TEST_LIBS) $(OPENSSL_LIBS)
endif
