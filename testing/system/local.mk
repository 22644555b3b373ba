# SPDX-License-Identifier: MIT
# The daemon as a whole and the starter: scripts that need root; ./run-tests system runs them.
EXTRA_DIST += \
	testing/system/broker.sh \
	testing/system/crash.sh \
	testing/system/daemon-busy-port.sh \
	testing/system/daemon-config-folder.sh \
	testing/system/daemon-crash.sh \
	testing/system/daemon-no-tun.sh \
	testing/system/gateway/startup-config \
	testing/system/lib-starter.sh \
	testing/system/no-root.sh \
	testing/system/notify.sh \
	testing/system/privileges.sh \
	testing/system/second-daemon.sh \
	testing/system/stop.sh \
	testing/system/watchdog.sh
