# SPDX-License-Identifier: MIT
src_libcharon_libcharon_core_la_SOURCES += \
	src/libcharon/auth/method.c \
	src/libcharon/auth/method.h \
	src/libcharon/auth/psk.c \
	src/libcharon/auth/psk.h
