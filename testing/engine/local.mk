# SPDX-License-Identifier: MIT
# Two engines in one process over a scripted wire, under a fake clock.

ENGINE_KIT = \
	testing/engine/fakes.c \
	testing/engine/fakes.h \
	testing/engine/kit.c \
	testing/engine/kit.h

# A login by EAP: needs the PKI of the tests as well.
ENGINE_KIT_EAP = \
	testing/engine/fake_eap.c \
	testing/engine/fake_eap.h \
	testing/engine/kit_eap.c \
	testing/engine/kit_eap.h

if HAVE_CHECK
check_PROGRAMS += testing/engine/engine_tests
ENGINE_TESTS += testing/engine/engine_tests
TESTS += testing/engine/engine_tests
testing_engine_engine_tests_SOURCES = $(ENGINE_KIT) $(ENGINE_KIT_EAP) $(PKI_MAKER) \
	testing/engine/cert_test.c \
	testing/engine/child_test.c \
	testing/engine/childless_test.c \
	testing/engine/dead_end_test.c \
	testing/engine/eap_test.c \
	testing/engine/end_test.c \
	testing/engine/engine_tests.c \
	testing/engine/engine_tests.h \
	testing/engine/export_test.c \
	testing/engine/everyday_test.c \
	testing/engine/farewell_test.c \
	testing/engine/faults_test.c \
	testing/engine/fragment_test.c \
	testing/engine/identity_test.c \
	testing/engine/limits_test.c \
	testing/engine/loss_test.c \
	testing/engine/plan_test.c \
	testing/engine/renew_test.c \
	testing/engine/refuse_test.c \
	testing/engine/rekey_test.c \
	testing/engine/setup_test.c \
	testing/engine/silence_test.c \
	testing/engine/tamper_test.c \
	testing/engine/watch_test.c \
	testing/engine/window_test.c
check_PROGRAMS += testing/engine/explore_tests
ENGINE_TESTS += testing/engine/explore_tests
TESTS += testing/engine/explore_tests
testing_engine_explore_tests_SOURCES = $(ENGINE_KIT) $(ENGINE_KIT_EAP) $(PKI_MAKER) \
	testing/engine/explore_test.c \
	testing/engine/explore_tests.c \
	testing/engine/explore_tests.h \
	testing/engine/flood_test.c \
	testing/engine/refused_test.c
testing_engine_explore_tests_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
testing_engine_explore_tests_CFLAGS = $(TEST_CFLAGS) $(OPENSSL_CFLAGS)
testing_engine_explore_tests_LDADD = src/plugins/openssl/libopenssl-plugin.la $(TEST_LIBS) $(OPENSSL_LIBS)
testing_engine_engine_tests_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
testing_engine_engine_tests_CFLAGS = $(TEST_CFLAGS) $(OPENSSL_CFLAGS)
testing_engine_engine_tests_LDADD = src/plugins/openssl/libopenssl-plugin.la $(TEST_LIBS) $(OPENSSL_LIBS)
endif
