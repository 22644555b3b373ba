# SPDX-License-Identifier: MIT
src_libcharon_libcharon_core_la_SOURCES += \
	src/libcharon/auth/cert_cache.c \
	src/libcharon/auth/cert_cache.h \
	src/libcharon/auth/method.c \
	src/libcharon/auth/method.h \
	src/libcharon/auth/pki.c \
	src/libcharon/auth/pki.h \
	src/libcharon/auth/psk.c \
	src/libcharon/auth/psk.h \
	src/libcharon/auth/sign.c \
	src/libcharon/auth/sign.h
