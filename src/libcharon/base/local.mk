# SPDX-License-Identifier: MIT
# base and log depend on libc only; the starter and cygctl link them without the engine.
noinst_LTLIBRARIES += src/libcharon/libbase.la
src_libcharon_libbase_la_SOURCES = \
	src/libcharon/base/status.c
src_libcharon_libcharon_core_la_LIBADD += src/libcharon/libbase.la
