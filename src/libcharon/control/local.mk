# SPDX-License-Identifier: MIT
src_libcharon_libcharon_core_la_SOURCES += \
	src/libcharon/control/access.c \
	src/libcharon/control/access.h \
	src/libcharon/control/daemon.h \
	src/libcharon/control/exec.c \
	src/libcharon/control/exec.h \
	src/libcharon/control/pattern.c \
	src/libcharon/control/pattern.h \
	src/libcharon/control/pipe.c \
	src/libcharon/control/pipe.h \
	src/libcharon/control/protocol.c \
	src/libcharon/control/protocol.h \
	src/libcharon/control/server.c \
	src/libcharon/control/server.h
