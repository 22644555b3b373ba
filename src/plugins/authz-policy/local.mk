# SPDX-License-Identifier: MIT
authz_policy_sources = \
	src/plugins/authz-policy/authz_policy_plugin.c \
	src/plugins/authz-policy/commands.c \
	src/plugins/authz-policy/policy.h

if PLUGIN_AUTHZ_POLICY
plugin_LTLIBRARIES += src/plugins/authz-policy/authz-policy.la
src_plugins_authz_policy_authz_policy_la_SOURCES = $(authz_policy_sources)
src_plugins_authz_policy_authz_policy_la_CFLAGS = $(PLUGIN_CFLAGS) $(JANSSON_CFLAGS)
src_plugins_authz_policy_authz_policy_la_LDFLAGS = $(PLUGIN_LDFLAGS)
src_plugins_authz_policy_authz_policy_la_LIBADD = $(PLUGIN_LIBADD) $(JANSSON_LIBS)
endif
