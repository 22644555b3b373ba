# SPDX-License-Identifier: MIT
EXTRA_DIST += testing/unit/octets.h

if HAVE_CHECK
# One plugin alone (harness.h); link it before $(TEST_LIBS).
check_LTLIBRARIES += testing/unit/libharness.la
testing_unit_libharness_la_SOURCES = testing/unit/harness.c testing/unit/harness.h
testing_unit_libharness_la_CFLAGS = $(TEST_CFLAGS)

# Its commands (commands.h); link it before libharness.la.
check_LTLIBRARIES += testing/unit/libcommands.la
testing_unit_libcommands_la_SOURCES = testing/unit/commands.c testing/unit/commands.h
testing_unit_libcommands_la_CFLAGS = $(TEST_CFLAGS) $(JANSSON_CFLAGS)
endif
