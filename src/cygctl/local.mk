# SPDX-License-Identifier: MIT
if TOOL_CYGCTL
bin_PROGRAMS += src/cygctl/cygctl
src_cygctl_cygctl_SOURCES = \
	src/cygctl/connection.c \
	src/cygctl/connection.h \
	src/cygctl/main.c \
	src/cygctl/output.c \
	src/cygctl/output.h \
	src/cygctl/pager.c \
	src/cygctl/pager.h \
	src/cygctl/rows.c \
	src/cygctl/rows.h \
	src/cygctl/shell.c \
	src/cygctl/shell.h \
	src/cygctl/text.c \
	src/cygctl/text.h \
	src/cygctl/traces.c \
	src/cygctl/traces.h \
	src/cygctl/wiping.c
src_cygctl_cygctl_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(LIBEDIT_CFLAGS)
src_cygctl_cygctl_LDADD = src/libcharon/libbase.la $(JANSSON_LIBS) $(LIBEDIT_LIBS)
dist_check_SCRIPTS += src/cygctl/cygctl.test
TESTS += src/cygctl/cygctl.test
else
EXTRA_DIST += src/cygctl/cygctl.test
endif
EXTRA_DIST += src/cygctl/played.py src/cygctl/test_cygctl.py src/cygctl/test_pager.py
