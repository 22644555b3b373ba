# SPDX-License-Identifier: MIT
address_pool_sources = \
	src/plugins/address-pool/address_pool.h \
	src/plugins/address-pool/address_pool_plugin.c \
	src/plugins/address-pool/commands.c \
	src/plugins/address-pool/pool.c \
	src/plugins/address-pool/pool.h

if PLUGIN_ADDRESS_POOL
plugin_LTLIBRARIES += src/plugins/address-pool/address-pool.la
src_plugins_address_pool_address_pool_la_SOURCES = $(address_pool_sources)
src_plugins_address_pool_address_pool_la_CFLAGS = $(PLUGIN_CFLAGS) $(JANSSON_CFLAGS)
src_plugins_address_pool_address_pool_la_LDFLAGS = $(PLUGIN_LDFLAGS)
src_plugins_address_pool_address_pool_la_LIBADD = $(PLUGIN_LIBADD) $(JANSSON_LIBS)
endif

if HAVE_CHECK
# The whole plugin for tests, linked statically: cyg_plugin_address_pool.
check_LTLIBRARIES += src/plugins/address-pool/libaddress-pool-plugin.la
src_plugins_address_pool_libaddress_pool_plugin_la_SOURCES = $(address_pool_sources)
src_plugins_address_pool_libaddress_pool_plugin_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) -DCYG_MONOLITHIC

check_PROGRAMS += src/plugins/address-pool/address_pool_tests
TESTS += src/plugins/address-pool/address_pool_tests
src_plugins_address_pool_address_pool_tests_SOURCES = \
	src/plugins/address-pool/address_pool_tests.c \
	src/plugins/address-pool/address_pool_tests.h \
	src/plugins/address-pool/lease_test.c \
	src/plugins/address-pool/pool_test.c
src_plugins_address_pool_address_pool_tests_CFLAGS = $(TEST_CFLAGS) $(JANSSON_CFLAGS)
src_plugins_address_pool_address_pool_tests_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
src_plugins_address_pool_address_pool_tests_LDADD = \
	src/plugins/address-pool/libaddress-pool-plugin.la testing/unit/libcommands.la \
	testing/unit/libharness.la $(TEST_LIBS) $(JANSSON_LIBS)
endif
