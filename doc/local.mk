# SPDX-License-Identifier: MIT
EXTRA_DIST += doc/plugin-template/strip-realm.c doc/plugin-template/Makefile
dist_man_MANS += doc/cygnet.8
EXTRA_DIST += doc/starter.md
EXTRA_DIST += doc/engine.md
EXTRA_DIST += doc/kernel.md doc/net.md doc/shard.md
EXTRA_DIST += doc/CONTROL-PROTOCOL.md doc/control.md
EXTRA_DIST += doc/config.md
# Promises to those who alert on events, read JSON and judge configurations: installed.
dist_doc_DATA += doc/SHOW-JSON.md doc/EVENTS.md doc/FINDINGS.md
EXTRA_DIST += doc/crypto.md doc/registry.md
EXTRA_DIST += doc/log.md doc/wire.md
EXTRA_DIST += doc/ARCHITECTURE.md doc/HACKING.md
if TOOL_CYGCTL
dist_man_MANS += doc/cygctl.1
else
EXTRA_DIST += doc/cygctl.1
endif

# Pages made from the tables of commands and options, when everything is built: they cannot go stale.
noinst_PROGRAMS += doc/reference
doc_reference_SOURCES = doc/reference.c
doc_reference_LDADD = src/libcharon/libcharon-core.la

built_objects = $(foreach p,$(built_plugins),src/plugins/$(p)/.libs/$(p).so)
plugin_pages = $(built_plugins:%=doc/cygnet-%.5)
man1_MANS = doc/cygnet-commands.1
man5_MANS = doc/cygnet-startup-config.5 doc/cygnet.conf.5 $(plugin_pages)
CLEANFILES += $(man1_MANS) $(man5_MANS)
$(man1_MANS) $(man5_MANS): doc/reference$(EXEEXT) $(plugin_LTLIBRARIES)
doc/cygnet-commands.1:
	$(AM_V_GEN)doc/reference exec $(built_objects) >$@.tmp && mv $@.tmp $@
doc/cygnet-startup-config.5:
	$(AM_V_GEN)doc/reference startup-config $(built_objects) >$@.tmp && mv $@.tmp $@
doc/cygnet.conf.5:
	$(AM_V_GEN)doc/reference engine >$@.tmp && mv $@.tmp $@
$(plugin_pages): doc/cygnet-%.5:
	$(AM_V_GEN)doc/reference plugin $* $(built_objects) >$@.tmp && mv $@.tmp $@

# Every page is as a manual page should be, and every command stands in one.
dist_check_SCRIPTS += doc/reference.test
TESTS += doc/reference.test
AM_TESTS_ENVIRONMENT += MANUAL_PAGES='$(man1_MANS) $(man5_MANS)'; export MANUAL_PAGES;
