# SPDX-License-Identifier: MIT
src_libcharon_libcharon_core_la_SOURCES += \
	src/libcharon/config/apply.c \
	src/libcharon/config/args.c \
	src/libcharon/config/argument.c \
	src/libcharon/config/build.c \
	src/libcharon/config/build.h \
	src/libcharon/config/building.h \
	src/libcharon/config/commit.c \
	src/libcharon/config/complain.c \
	src/libcharon/config/complete.c \
	src/libcharon/config/config.h \
	src/libcharon/config/core.c \
	src/libcharon/config/core.h \
	src/libcharon/config/core_aaa.c \
	src/libcharon/config/core_acl.c \
	src/libcharon/config/core_client.c \
	src/libcharon/config/core_ikev2.c \
	src/libcharon/config/core_interface.c \
	src/libcharon/config/core_ipsec.c \
	src/libcharon/config/core_map.c \
	src/libcharon/config/core_overlap.c \
	src/libcharon/config/core_pki.c \
	src/libcharon/config/core_profile.c \
	src/libcharon/config/core_route.c \
	src/libcharon/config/core_tacacs.c \
	src/libcharon/config/core_vrf.c \
	src/libcharon/config/depend.c \
	src/libcharon/config/differ.c \
	src/libcharon/config/edit.c \
	src/libcharon/config/file.c \
	src/libcharon/config/findings.c \
	src/libcharon/config/findings.h \
	src/libcharon/config/grammar.c \
	src/libcharon/config/grammar.h \
	src/libcharon/config/help.c \
	src/libcharon/config/help.h \
	src/libcharon/config/idle.c \
	src/libcharon/config/idle.h \
	src/libcharon/config/ignored.c \
	src/libcharon/config/keyring.c \
	src/libcharon/config/keyring.h \
	src/libcharon/config/line.h \
	src/libcharon/config/lines.c \
	src/libcharon/config/map.c \
	src/libcharon/config/map.h \
	src/libcharon/config/match.c \
	src/libcharon/config/match.h \
	src/libcharon/config/obscured.c \
	src/libcharon/config/obscured.h \
	src/libcharon/config/parse.c \
	src/libcharon/config/parse.h \
	src/libcharon/config/prompt.c \
	src/libcharon/config/render.c \
	src/libcharon/config/respell.c \
	src/libcharon/config/sealed.c \
	src/libcharon/config/sequence.c \
	src/libcharon/config/snapshot.c \
	src/libcharon/config/statement.c \
	src/libcharon/config/syntax.c \
	src/libcharon/config/syntax.h \
	src/libcharon/config/tree.c \
	src/libcharon/config/tree.h \
	src/libcharon/config/unused.c \
	src/libcharon/config/view.c

if HAVE_CHECK
check_PROGRAMS += src/libcharon/config/config_tests
TESTS += src/libcharon/config/config_tests
src_libcharon_config_config_tests_SOURCES = \
	src/libcharon/config/commands_test.c \
	src/libcharon/config/config_tests.c \
	src/libcharon/config/config_tests.h \
	src/libcharon/config/file_test.c \
	src/libcharon/config/generate_test.c \
	src/libcharon/config/grammar_test.c \
	src/libcharon/config/lines_test.c \
	src/libcharon/config/map_test.c \
	src/libcharon/config/objects_test.c \
	src/libcharon/config/obscured_test.c \
	src/libcharon/config/parse_test.c \
	src/libcharon/config/pki_test.c \
	src/libcharon/config/prompt_test.c \
	src/libcharon/config/render_test.c \
	src/libcharon/config/round_trip_test.c \
	src/libcharon/config/sealed_test.c \
	src/libcharon/config/snapshot_test.c
src_libcharon_config_config_tests_CFLAGS = $(TEST_CFLAGS)
src_libcharon_config_config_tests_LDADD = $(TEST_LIBS)
endif
