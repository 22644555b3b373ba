# SPDX-License-Identifier: MIT
include testing/unit/local.mk
include testing/engine/local.mk
include testing/fuzz/local.mk

# The rule of who may include whom is a test like any other.
dist_check_SCRIPTS = testing/check-includes.test
TESTS += testing/check-includes.test
EXTRA_DIST += testing/packages testing/install-packages testing/check-includes
