# SPDX-License-Identifier: MIT
include testing/unit/local.mk
include testing/engine/local.mk
include testing/fuzz/local.mk
