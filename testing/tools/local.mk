# SPDX-License-Identifier: MIT
# Small programs that scenarios need; built when one asks for them (`need_tool` in testing/lib.sh).
check_PROGRAMS += testing/tools/numbered
testing_tools_numbered_SOURCES = testing/tools/numbered.c
