# SPDX-License-Identifier: MIT
src_libcharon_libcharon_core_la_SOURCES += \
	src/libcharon/net/esp.c \
	src/libcharon/net/net.c \
	src/libcharon/net/net.h \
	src/libcharon/net/receive.c \
	src/libcharon/net/room.h \
	src/libcharon/net/send.c \
	src/libcharon/net/steer.c
