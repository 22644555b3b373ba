# SPDX-License-Identifier: MIT
# The daemon as a whole and the starter: scripts that need root; ./run-tests system runs them.
EXTRA_DIST += \
	testing/system/access.py \
	testing/system/access.sh \
	testing/system/bad-files.sh \
	testing/system/broker.sh \
	testing/system/check-config.sh \
	testing/system/clear.sh \
	testing/system/control-clients.sh \
	testing/system/control_clients.py \
	testing/system/crash.sh \
	testing/system/datagrams.py \
	testing/system/daemon-busy-port.sh \
	testing/system/daemon-config-folder.sh \
	testing/system/daemon-crash.sh \
	testing/system/daemon-no-tun.sh \
	testing/system/daemon-sandbox.sh \
	testing/system/every-command.sh \
	testing/system/failing_file.py \
	testing/system/flood.sh \
	testing/system/gateway/startup-config \
	testing/system/kernel-missing.sh \
	testing/system/lib-starter.sh \
	testing/system/local-addresses.sh \
	testing/system/log-sockets.sh \
	testing/system/marks.sh \
	testing/system/memory_scan.py \
	testing/system/nat.sh \
	testing/system/no-root.sh \
	testing/system/notify.sh \
	testing/system/path-mtu.sh \
	testing/system/privileges.sh \
	testing/system/rekey.sh \
	testing/system/second-daemon.sh \
	testing/system/secrets-memory.sh \
	testing/system/show-json.sh \
	testing/system/soak \
	testing/system/stop.sh \
	testing/system/swap-plugins.sh \
	testing/system/tun_device.sh \
	testing/system/typed.py \
	testing/system/typed.sh \
	testing/system/typed/build.txt \
	testing/system/typed/client/startup-config \
	testing/system/typed/gateway/broken.cfg \
	testing/system/typed/gateway/changed.cfg \
	testing/system/typed/gateway/ready.cfg \
	testing/system/typed/gateway/startup-config \
	testing/system/typed/lock-out.txt \
	testing/system/typed/no-default.txt \
	testing/system/typed/replace.txt \
	testing/system/typed/secrets.txt \
	testing/system/typed/smart-defaults.txt \
	testing/system/typed/typo.txt \
	testing/system/typed/verbs \
	testing/system/watchdog.sh \
	testing/system/write-memory.sh

if HAVE_CHECK
if PLUGIN_OPENSSL
if PLUGIN_KERNEL_TUN
check_PROGRAMS += testing/system/tun_live
testing_system_tun_live_SOURCES = testing/system/tun_live.c $(KERNEL_TUN_SOURCES)
testing_system_tun_live_CPPFLAGS = $(AM_CPPFLAGS) -DCYG_MONOLITHIC -I$(top_srcdir)/src -I$(top_srcdir)/src/plugins
testing_system_tun_live_CFLAGS = $(AM_CFLAGS) $(MNL_CFLAGS)
testing_system_tun_live_LDADD = $(LIBKERNEL) src/plugins/openssl/libopenssl-plugin.la src/libcharon/libcharon-core.la $(MNL_LIBS)
endif
endif
endif
