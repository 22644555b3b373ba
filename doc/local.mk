# SPDX-License-Identifier: MIT
EXTRA_DIST += doc/plugin-template/strip-realm.c doc/plugin-template/Makefile
