# SPDX-License-Identifier: MIT
# What the system's service manager needs, and the folders of the configuration.
EXTRA_DIST += data/cygnet.service.in data/cygnet.sysusers data/cygnet.tmpfiles.in
DATA_SED = $(SED) -e 's|@sbindir[@]|$(sbindir)|g' -e 's|@sysconfdir[@]|$(sysconfdir)|g' \
	-e 's|@runstatedir[@]|$(runstatedir)|g' -e 's|@localstatedir[@]|$(localstatedir)|g'

data/cygnet.service: data/cygnet.service.in Makefile
	@$(MKDIR_P) data
	$(AM_V_GEN)$(DATA_SED) $(srcdir)/data/cygnet.service.in >$@.tmp && mv $@.tmp $@
data/cygnet.tmpfiles: data/cygnet.tmpfiles.in Makefile
	@$(MKDIR_P) data
	$(AM_V_GEN)$(DATA_SED) $(srcdir)/data/cygnet.tmpfiles.in >$@.tmp && mv $@.tmp $@
CLEANFILES += data/cygnet.service data/cygnet.tmpfiles

if SYSTEMD
systemdunitdir = @systemdsystemunitdir@
systemdunit_DATA = data/cygnet.service
# Installed under another name than here: NAME.conf in a folder for each of the two.
all-local: data/cygnet.tmpfiles
install-data-hook:
	$(MKDIR_P) "$(DESTDIR)$(prefix)/lib/sysusers.d" "$(DESTDIR)$(prefix)/lib/tmpfiles.d"
	$(INSTALL_DATA) $(srcdir)/data/cygnet.sysusers "$(DESTDIR)$(prefix)/lib/sysusers.d/cygnet.conf"
	$(INSTALL_DATA) data/cygnet.tmpfiles "$(DESTDIR)$(prefix)/lib/tmpfiles.d/cygnet.conf"
uninstall-hook:
	rm -f "$(DESTDIR)$(prefix)/lib/sysusers.d/cygnet.conf" "$(DESTDIR)$(prefix)/lib/tmpfiles.d/cygnet.conf"
endif

# Each is loaded by the name of its command.
bashcompletiondir = @bashcompletiondir@
dist_bashcompletion_DATA = data/completions/cygnet data/completions/cygnetd
if TOOL_CYGCTL
dist_bashcompletion_DATA += data/completions/cygctl
else
EXTRA_DIST += data/completions/cygctl
endif
dist_check_SCRIPTS += data/completions/completions.test
TESTS += data/completions/completions.test

installdirs-local:
	$(MKDIR_P) "$(DESTDIR)$(sysconfdir)/cygnet/plugins"
install-data-local: installdirs-local
