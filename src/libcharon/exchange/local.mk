# SPDX-License-Identifier: MIT
src_libcharon_libcharon_core_la_SOURCES += \
	src/libcharon/exchange/authorize.c \
	src/libcharon/exchange/child.c \
	src/libcharon/exchange/child.h \
	src/libcharon/exchange/child_life.c \
	src/libcharon/exchange/config_mode.c \
	src/libcharon/exchange/cookie.c \
	src/libcharon/exchange/cookie.h \
	src/libcharon/exchange/create_child.c \
	src/libcharon/exchange/detached.c \
	src/libcharon/exchange/driver.c \
	src/libcharon/exchange/driver.h \
	src/libcharon/exchange/engine.c \
	src/libcharon/exchange/engine.h \
	src/libcharon/exchange/exchange.c \
	src/libcharon/exchange/exchange.h \
	src/libcharon/exchange/explain.c \
	src/libcharon/exchange/ext_nat.c \
	src/libcharon/exchange/ike_auth.c \
	src/libcharon/exchange/ike_auth.h \
	src/libcharon/exchange/ike_sa_init.c \
	src/libcharon/exchange/informational.c \
	src/libcharon/exchange/ke.c \
	src/libcharon/exchange/lease.c \
	src/libcharon/exchange/lease.h \
	src/libcharon/exchange/life.c \
	src/libcharon/exchange/receive.c \
	src/libcharon/exchange/receive.h \
	src/libcharon/exchange/rekey.c \
	src/libcharon/exchange/rekey.h \
	src/libcharon/exchange/rows.c \
	src/libcharon/exchange/static_route.c \
	src/libcharon/exchange/timers.c \
	src/libcharon/exchange/tunnel.c \
	src/libcharon/exchange/unique.c
