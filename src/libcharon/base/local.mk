# SPDX-License-Identifier: MIT
# base and log depend on libc only; the starter and cygctl link them without the engine.
noinst_LTLIBRARIES += src/libcharon/libbase.la
src_libcharon_libbase_la_SOURCES = \
	src/libcharon/base/bytes.c \
	src/libcharon/base/compat.h \
	src/libcharon/base/identity.c \
	src/libcharon/base/ip.c \
	src/libcharon/base/secret.c \
	src/libcharon/base/status.c \
	src/libcharon/base/table.c \
	src/libcharon/base/table.h
src_libcharon_libbase_la_LIBADD = -lpthread
src_libcharon_libcharon_core_la_LIBADD += src/libcharon/libbase.la
