# SPDX-License-Identifier: MIT
src_libcharon_libbase_la_SOURCES += \
	src/libcharon/log/format.c \
	src/libcharon/log/format.h \
	src/libcharon/log/log.c
