# SPDX-License-Identifier: MIT
# Known answers that several crypto backends share. Not installed: compiled into each.
MODP_VECTORS = \
	src/libvectors/modp.c \
	src/libvectors/modp.h
LIBVECTORS_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/src
