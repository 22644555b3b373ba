# SPDX-License-Identifier: MIT
src_libcharon_libcharon_core_la_SOURCES += \
	src/libcharon/wire/auth.c \
	src/libcharon/wire/cert.c \
	src/libcharon/wire/cfg.c \
	src/libcharon/wire/delete.c \
	src/libcharon/wire/eap.c \
	src/libcharon/wire/id.c \
	src/libcharon/wire/ke.c \
	src/libcharon/wire/message.c \
	src/libcharon/wire/names.c \
	src/libcharon/wire/nonce.c \
	src/libcharon/wire/notify.c \
	src/libcharon/wire/payloads.h \
	src/libcharon/wire/sa.c \
	src/libcharon/wire/sk.c \
	src/libcharon/wire/ts.c \
	src/libcharon/wire/vendor.c
