# SPDX-License-Identifier: MIT
# Sample files, made from the option tables of the engine and of each plugin: `make update-conf` writes them
# into the source tree, `make check` holds them to it.
conf_files = conf/cygnet.conf \
	conf/plugins/anyconnect.conf \
	conf/plugins/address-pool.conf \
	conf/plugins/authz-policy.conf \
	conf/plugins/dhcp.conf \
	conf/plugins/gmp.conf \
	conf/plugins/ipsec-mb.conf \
	conf/plugins/kernel-netlink.conf \
	conf/plugins/kernel-tun.conf \
	conf/plugins/name-mangler.conf \
	conf/plugins/openssl.conf \
	conf/plugins/radius.conf
EXTRA_DIST += conf/samples.test $(conf_files)

noinst_PROGRAMS += conf/conf-sample
conf_conf_sample_SOURCES = conf/conf_sample.c
conf_conf_sample_LDADD = src/libcharon/libcharon-core.la

built_plugins = $(notdir $(plugin_LTLIBRARIES:.la=))
AM_TESTS_ENVIRONMENT += CONF_PLUGINS='$(built_plugins)'; export CONF_PLUGINS;
TESTS += conf/samples.test

.PHONY: update-conf
update-conf: conf/conf-sample $(plugin_LTLIBRARIES)
	conf/conf-sample engine >$(srcdir)/conf/cygnet.conf
	for p in $(built_plugins); do \
		conf/conf-sample src/plugins/$$p/.libs/$$p.so >$(srcdir)/conf/plugins/$$p.conf || exit 1; \
	done

# Installed where there is none yet: what an operator has changed stays. Taken away only if unchanged.
cygnetconfdir = $(sysconfdir)/cygnet
install-data-local:
	$(MKDIR_P) $(DESTDIR)$(cygnetconfdir)/plugins
	for f in cygnet.conf $(built_plugins:%=plugins/%.conf); do \
		test -e $(DESTDIR)$(cygnetconfdir)/$$f || test ! -e $(srcdir)/conf/$$f || \
			$(INSTALL_DATA) $(srcdir)/conf/$$f $(DESTDIR)$(cygnetconfdir)/$$f || exit 1; \
	done
uninstall-local:
	for f in cygnet.conf $(built_plugins:%=plugins/%.conf); do \
		if cmp -s $(srcdir)/conf/$$f $(DESTDIR)$(cygnetconfdir)/$$f; then \
			rm -f $(DESTDIR)$(cygnetconfdir)/$$f; \
		fi; \
	done
