# SPDX-License-Identifier: MIT
EXTRA_DIST += testing/unit/octets.h
