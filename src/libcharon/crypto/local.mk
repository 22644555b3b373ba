# SPDX-License-Identifier: MIT
src_libcharon_libcharon_core_la_SOURCES += \
	src/libcharon/crypto/keys.c src/libcharon/crypto/keys.h \
	src/libcharon/crypto/names.c src/libcharon/crypto/names.h
