# SPDX-License-Identifier: MIT
# The engine. libcharon-core.la is the same code as a convenience library, which unit tests link
# so that they reach what the shared library hides. The release in the name keeps it apart from any
# other library of that name; it is installed in a directory of our own.
LIBCHARON_CFLAGS = $(AM_CFLAGS) $(OPENSSL_CFLAGS) $(UV_CFLAGS) $(JANSSON_CFLAGS)
LIBCHARON_LIBS = $(OPENSSL_LIBS) $(UV_LIBS) $(JANSSON_LIBS) -lpthread -ldl

noinst_LTLIBRARIES += src/libcharon/libcharon-core.la
src_libcharon_libcharon_core_la_CFLAGS = $(LIBCHARON_CFLAGS)
src_libcharon_libcharon_core_la_LIBADD = $(LIBCHARON_LIBS)
src_libcharon_libcharon_core_la_SOURCES = \
	src/libcharon/config/objects.h \
	src/libcharon/wire/message.h

pkglib_LTLIBRARIES += src/libcharon/libcharon.la
src_libcharon_libcharon_la_SOURCES =
src_libcharon_libcharon_la_LIBADD = src/libcharon/libcharon-core.la
src_libcharon_libcharon_la_LDFLAGS = $(AM_LDFLAGS) -release $(PACKAGE_VERSION)

include src/libcharon/base/local.mk
include src/libcharon/log/local.mk
include src/libcharon/wire/local.mk
include src/libcharon/crypto/local.mk
include src/libcharon/shard/local.mk
include src/libcharon/config/local.mk
include src/libcharon/registry/local.mk
include src/libcharon/kernel/local.mk
include src/libcharon/sa/local.mk
include src/libcharon/policy/local.mk
include src/libcharon/auth/local.mk
include src/libcharon/exchange/local.mk
include src/libcharon/net/local.mk
include src/libcharon/control/local.mk
