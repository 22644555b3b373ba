# SPDX-License-Identifier: MIT
include testing/unit/local.mk
include testing/pki/local.mk
include testing/engine/local.mk
include testing/fuzz/local.mk
include testing/system/local.mk
include testing/interop/local.mk
include testing/bench/local.mk
include testing/tools/local.mk

# The rule of who may include whom is a test like any other.
dist_check_SCRIPTS += testing/check-includes.test
TESTS += testing/check-includes.test
# And that every event that is logged stands in doc/EVENTS.md.
dist_check_SCRIPTS += testing/check-events.test
TESTS += testing/check-events.test
EXTRA_DIST += testing/check-events
# And every member of a row in doc/SHOW-JSON.md, with its type.
dist_check_SCRIPTS += testing/check-show-json.test
TESTS += testing/check-show-json.test
EXTRA_DIST += testing/check-show-json
# Payloads, limits and notifies as the code has them, in doc/PROTOCOL.md.
dist_check_SCRIPTS += testing/check-protocol.test
TESTS += testing/check-protocol.test
EXTRA_DIST += testing/check-protocol doc/PROTOCOL.md
# The findings in configurations with all the oddities that are known.
dist_check_SCRIPTS += testing/check-config.test testing/ranges.test
TESTS += testing/check-config.test testing/ranges.test
EXTRA_DIST += testing/config
EXTRA_DIST += testing/packages testing/install-packages testing/check-includes testing/lib.sh testing/lib-net.sh \
	testing/quickstart/gateway/startup-config testing/quickstart/client/startup-config \
	testing/package/distcheck.sh testing/package/disable-plugins.sh \
	testing/package/plugin-outside.sh \
	testing/kernel/vm testing/kernel/soak testing/kernel/planes.sh testing/kernel/guest/lib-plane.sh \
	testing/kernel/guest/planes testing/kernel/guest/plane-client testing/kernel/guest/plane-crash \
	testing/kernel/guest/plane-limits testing/kernel/guest/plane-nat testing/kernel/guest/plane-path-mtu \
	testing/kernel/guest/plane-site testing/kernel/guest/plane-transport

THREADED_TESTS += src/libcharon/shard/shard_tests src/libcharon/net/net_tests \
	src/libcharon/control/daemon_tests
# For ./run-tests, which runs the engine's programs as a suite of their own and the threaded ones under
# ThreadSanitizer. Rooms add to these lists what is not a plain unit test.
.PHONY: print-engine-tests print-unit-tests print-threaded-tests
print-engine-tests:
	@echo $(ENGINE_TESTS)
print-threaded-tests:
	@echo $(THREADED_TESTS)
print-unit-tests:
	@echo $(filter-out $(ENGINE_TESTS),$(TESTS))
