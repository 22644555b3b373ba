# SPDX-License-Identifier: MIT
src_libcharon_libcharon_core_la_SOURCES += \
	src/libcharon/shard/group.h \
	src/libcharon/shard/mailbox.c \
	src/libcharon/shard/mailbox.h \
	src/libcharon/shard/manual.c \
	src/libcharon/shard/shard.c \
	src/libcharon/shard/shard.h \
	src/libcharon/shard/wheel.c \
	src/libcharon/shard/wheel.h
