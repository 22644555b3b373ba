# SPDX-License-Identifier: MIT
src_libcharon_libcharon_core_la_SOURCES += \
	src/libcharon/registry/change.c \
	src/libcharon/registry/commands.c \
	src/libcharon/registry/describe.c \
	src/libcharon/registry/feature.c \
	src/libcharon/registry/instance.c \
	src/libcharon/registry/internal.h \
	src/libcharon/registry/needs.c \
	src/libcharon/registry/offers.c \
	src/libcharon/registry/options.c src/libcharon/registry/options.h \
	src/libcharon/registry/plugin.c \
	src/libcharon/registry/registry.c src/libcharon/registry/registry.h \
	src/libcharon/registry/selftest.c \
	src/libcharon/registry/selftest_esp.c src/libcharon/registry/selftest_esp.h \
	src/libcharon/registry/wanted.c

if HAVE_CHECK
# Objects for the tests of loading; never installed.
FIXTURE_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -rpath /nowhere
registry_fixtures = \
	src/libcharon/registry/fixture-good.la \
	src/libcharon/registry/fixture-abi.la \
	src/libcharon/registry/fixture-name.la \
	src/libcharon/registry/fixture-none.la
check_LTLIBRARIES += $(registry_fixtures)
src_libcharon_registry_fixture_good_la_SOURCES = src/libcharon/registry/fixture_plugin.c
src_libcharon_registry_fixture_good_la_CFLAGS = $(AM_CFLAGS) -DFIXTURE_GOOD
src_libcharon_registry_fixture_good_la_LDFLAGS = $(FIXTURE_LDFLAGS)
src_libcharon_registry_fixture_abi_la_SOURCES = src/libcharon/registry/fixture_plugin.c
src_libcharon_registry_fixture_abi_la_CFLAGS = $(AM_CFLAGS) -DFIXTURE_ABI
src_libcharon_registry_fixture_abi_la_LDFLAGS = $(FIXTURE_LDFLAGS)
src_libcharon_registry_fixture_name_la_SOURCES = src/libcharon/registry/fixture_plugin.c
src_libcharon_registry_fixture_name_la_CFLAGS = $(AM_CFLAGS) -DFIXTURE_NAME
src_libcharon_registry_fixture_name_la_LDFLAGS = $(FIXTURE_LDFLAGS)
src_libcharon_registry_fixture_none_la_SOURCES = src/libcharon/registry/fixture_plugin.c
src_libcharon_registry_fixture_none_la_CFLAGS = $(AM_CFLAGS)
src_libcharon_registry_fixture_none_la_LDFLAGS = $(FIXTURE_LDFLAGS)

check_PROGRAMS += src/libcharon/registry/registry_tests
TESTS += src/libcharon/registry/registry_tests
src_libcharon_registry_registry_tests_SOURCES = \
	src/libcharon/registry/esp_offer_test.c \
	src/libcharon/registry/loading_test.c \
	src/libcharon/registry/options_test.c \
	src/libcharon/registry/registry_test.c \
	src/libcharon/registry/registry_tests.c \
	src/libcharon/registry/registry_tests.h
src_libcharon_registry_registry_tests_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir) -DCYG_MONOLITHIC \
	-DFIXTURE_DIR='"$(abs_top_builddir)/src/libcharon/registry/.libs"'
src_libcharon_registry_registry_tests_CFLAGS = $(TEST_CFLAGS)
src_libcharon_registry_registry_tests_LDADD = testing/unit/libharness.la $(TEST_LIBS)
EXTRA_src_libcharon_registry_registry_tests_DEPENDENCIES = $(registry_fixtures)

# Unload under traffic with real threads; ./run-tests runs it under ThreadSanitizer.
check_PROGRAMS += src/libcharon/registry/registry_unload_tests
TESTS += src/libcharon/registry/registry_unload_tests
THREADED_TESTS += src/libcharon/registry/registry_unload_tests
src_libcharon_registry_registry_unload_tests_SOURCES = src/libcharon/registry/unload_test.c
src_libcharon_registry_registry_unload_tests_CPPFLAGS = $(AM_CPPFLAGS) -DCYG_MONOLITHIC
src_libcharon_registry_registry_unload_tests_CFLAGS = $(AM_CFLAGS)
src_libcharon_registry_registry_unload_tests_LDADD = src/libcharon/libcharon-core.la
endif
