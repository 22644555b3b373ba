# SPDX-License-Identifier: MIT
src_libcharon_libcharon_core_la_SOURCES += \
	src/libcharon/registry/describe.c \
	src/libcharon/registry/feature.c \
	src/libcharon/registry/instance.c \
	src/libcharon/registry/internal.h \
	src/libcharon/registry/offers.c \
	src/libcharon/registry/options.c src/libcharon/registry/options.h \
	src/libcharon/registry/plugin.c \
	src/libcharon/registry/registry.c src/libcharon/registry/registry.h \
	src/libcharon/registry/selftest.c
