# SPDX-License-Identifier: MIT
# The daemon as a whole and the starter: scripts that need root; ./run-tests system runs them.
EXTRA_DIST += \
	testing/system/broker.sh \
	testing/system/crash.sh \
	testing/system/lib-starter.sh \
	testing/system/no-root.sh \
	testing/system/privileges.sh \
	testing/system/second-daemon.sh \
	testing/system/stop.sh \
	testing/system/watchdog.sh
