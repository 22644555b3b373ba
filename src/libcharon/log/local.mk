# SPDX-License-Identifier: MIT
# src_libcharon_libbase_la_SOURCES += src/libcharon/log/....c
