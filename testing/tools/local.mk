# SPDX-License-Identifier: MIT
# Small programs that scenarios need; built when one asks for them (`need_tool` in testing/lib.sh).
check_PROGRAMS += testing/tools/numbered
testing_tools_numbered_SOURCES = testing/tools/numbered.c
check_PROGRAMS += testing/tools/bad_packets
testing_tools_bad_packets_SOURCES = testing/tools/bad_packets.c
