# SPDX-License-Identifier: MIT
src_libcharon_libcharon_core_la_SOURCES += \
	src/libcharon/policy/proposal.c \
	src/libcharon/policy/proposal.h \
	src/libcharon/policy/select.c \
	src/libcharon/policy/select.h \
	src/libcharon/policy/selectors.c \
	src/libcharon/policy/selectors.h \
	src/libcharon/policy/trace.c \
	src/libcharon/policy/trace.h
