# SPDX-License-Identifier: MIT
src_libcharon_libcharon_core_la_SOURCES += \
	src/libcharon/auth/cert_cache.c \
	src/libcharon/auth/cert_cache.h \
	src/libcharon/auth/eap_packet.c \
	src/libcharon/auth/eap_packet.h \
	src/libcharon/auth/method.c \
	src/libcharon/auth/method.h \
	src/libcharon/auth/pki.c \
	src/libcharon/auth/pki.h \
	src/libcharon/auth/psk.c \
	src/libcharon/auth/psk.h \
	src/libcharon/auth/sign.c \
	src/libcharon/auth/sign.h

if HAVE_CHECK
check_PROGRAMS += src/libcharon/auth/auth_tests
TESTS += src/libcharon/auth/auth_tests
src_libcharon_auth_auth_tests_SOURCES = src/libcharon/auth/auth_tests.c
src_libcharon_auth_auth_tests_CFLAGS = $(TEST_CFLAGS)
src_libcharon_auth_auth_tests_LDADD = $(TEST_LIBS)
endif
