# SPDX-License-Identifier: MIT
src_libcharon_libcharon_core_la_SOURCES += \
	src/libcharon/policy/cert_map.c \
	src/libcharon/policy/cert_map.h \
	src/libcharon/policy/proposal.c \
	src/libcharon/policy/proposal.h \
	src/libcharon/policy/select.c \
	src/libcharon/policy/select.h \
	src/libcharon/policy/selectors.c \
	src/libcharon/policy/selectors.h \
	src/libcharon/policy/trace.c \
	src/libcharon/policy/trace.h

if HAVE_CHECK
check_PROGRAMS += src/libcharon/policy/policy_tests
TESTS += src/libcharon/policy/policy_tests
src_libcharon_policy_policy_tests_SOURCES = \
	src/libcharon/policy/cert_map_test.c \
	src/libcharon/policy/keyring_test.c \
	src/libcharon/policy/policy_tests.c \
	src/libcharon/policy/policy_tests.h \
	src/libcharon/policy/rules_test.c \
	src/libcharon/policy/rules_test.h
src_libcharon_policy_policy_tests_CFLAGS = $(TEST_CFLAGS)
src_libcharon_policy_policy_tests_LDADD = $(TEST_LIBS)
endif
