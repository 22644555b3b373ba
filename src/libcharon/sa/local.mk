# SPDX-License-Identifier: MIT
src_libcharon_libcharon_core_la_SOURCES += \
	src/libcharon/sa/child_sa.h \
	src/libcharon/sa/ike_sa.h \
	src/libcharon/sa/rows.h
