# SPDX-License-Identifier: MIT
if TOOL_CYGCTL
bin_PROGRAMS += src/cygctl/cygctl
src_cygctl_cygctl_SOURCES = \
	src/cygctl/connection.c \
	src/cygctl/connection.h \
	src/cygctl/main.c \
	src/cygctl/output.c \
	src/cygctl/output.h \
	src/cygctl/shell.c \
	src/cygctl/shell.h
src_cygctl_cygctl_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(LIBEDIT_CFLAGS)
src_cygctl_cygctl_LDADD = src/libcharon/libbase.la $(JANSSON_LIBS) $(LIBEDIT_LIBS)
endif
