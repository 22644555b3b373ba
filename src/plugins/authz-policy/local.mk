# SPDX-License-Identifier: MIT
authz_policy_sources = \
	src/plugins/authz-policy/attributes.c \
	src/plugins/authz-policy/authz_policy_plugin.c \
	src/plugins/authz-policy/commands.c \
	src/plugins/authz-policy/policy.h \
	src/plugins/authz-policy/show.c

if PLUGIN_AUTHZ_POLICY
plugin_LTLIBRARIES += src/plugins/authz-policy/authz-policy.la
src_plugins_authz_policy_authz_policy_la_SOURCES = $(authz_policy_sources)
src_plugins_authz_policy_authz_policy_la_CFLAGS = $(PLUGIN_CFLAGS) $(JANSSON_CFLAGS)
src_plugins_authz_policy_authz_policy_la_LDFLAGS = $(PLUGIN_LDFLAGS)
src_plugins_authz_policy_authz_policy_la_LIBADD = $(PLUGIN_LIBADD) $(JANSSON_LIBS)
endif

if HAVE_CHECK
# The whole plugin for tests, linked statically: cyg_plugin_authz_policy.
check_LTLIBRARIES += src/plugins/authz-policy/libauthz-policy-plugin.la
src_plugins_authz_policy_libauthz_policy_plugin_la_SOURCES = $(authz_policy_sources)
src_plugins_authz_policy_libauthz_policy_plugin_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) -DCYG_MONOLITHIC

check_PROGRAMS += src/plugins/authz-policy/authz_policy_tests
TESTS += src/plugins/authz-policy/authz_policy_tests
src_plugins_authz_policy_authz_policy_tests_SOURCES = src/plugins/authz-policy/authz_policy_tests.c
src_plugins_authz_policy_authz_policy_tests_CFLAGS = $(TEST_CFLAGS) $(JANSSON_CFLAGS)
src_plugins_authz_policy_authz_policy_tests_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
src_plugins_authz_policy_authz_policy_tests_LDADD = \
	src/plugins/authz-policy/libauthz-policy-plugin.la testing/unit/libcommands.la \
	testing/unit/libharness.la $(TEST_LIBS) $(JANSSON_LIBS)
endif
