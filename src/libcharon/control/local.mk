# SPDX-License-Identifier: MIT
src_libcharon_libcharon_core_la_SOURCES += \
	src/libcharon/control/access.c \
	src/libcharon/control/access.h \
	src/libcharon/control/broker_client.c \
	src/libcharon/control/broker_client.h \
	src/libcharon/control/change.c \
	src/libcharon/control/change.h \
	src/libcharon/control/client.c \
	src/libcharon/control/client.h \
	src/libcharon/control/config_file.c \
	src/libcharon/control/config_file.h \
	src/libcharon/control/configure.c \
	src/libcharon/control/daemon.c \
	src/libcharon/control/daemon.h \
	src/libcharon/control/daemon_down.c \
	src/libcharon/control/daemon_parts.c \
	src/libcharon/control/daemon_parts.h \
	src/libcharon/control/daemon_up.c \
	src/libcharon/control/editing.c \
	src/libcharon/control/editing.h \
	src/libcharon/control/exec.c \
	src/libcharon/control/exec.h \
	src/libcharon/control/interfaces.c \
	src/libcharon/control/interfaces.h \
	src/libcharon/control/kept.c \
	src/libcharon/control/kept.h \
	src/libcharon/control/key_files.c \
	src/libcharon/control/key_files.h \
	src/libcharon/control/language.c \
	src/libcharon/control/language.h \
	src/libcharon/control/loopback.c \
	src/libcharon/control/loopback.h \
	src/libcharon/control/monitor.c \
	src/libcharon/control/monitor.h \
	src/libcharon/control/options.c \
	src/libcharon/control/options.h \
	src/libcharon/control/pages.c \
	src/libcharon/control/pages.h \
	src/libcharon/control/pattern.c \
	src/libcharon/control/pattern.h \
	src/libcharon/control/pipe.c \
	src/libcharon/control/pipe.h \
	src/libcharon/control/plan.c \
	src/libcharon/control/plan.h \
	src/libcharon/control/protocol.c \
	src/libcharon/control/protocol.h \
	src/libcharon/control/publish.c \
	src/libcharon/control/publish.h \
	src/libcharon/control/reading.c \
	src/libcharon/control/reading.h \
	src/libcharon/control/reload.c \
	src/libcharon/control/reload.h \
	src/libcharon/control/replace.c \
	src/libcharon/control/replace.h \
	src/libcharon/control/revert.c \
	src/libcharon/control/revert.h \
	src/libcharon/control/running.h \
	src/libcharon/control/server.c \
	src/libcharon/control/server.h \
	src/libcharon/control/session.c \
	src/libcharon/control/session.h \
	src/libcharon/control/show.c \
	src/libcharon/control/show.h \
	src/libcharon/control/show_debug.c \
	src/libcharon/control/show_ikev2.c \
	src/libcharon/control/show_interfaces.c \
	src/libcharon/control/show_ipsec.c \
	src/libcharon/control/show_lists.c \
	src/libcharon/control/show_object.c \
	src/libcharon/control/show_object.h \
	src/libcharon/control/show_objects.c \
	src/libcharon/control/show_profile.c \
	src/libcharon/control/show_protection.c \
	src/libcharon/control/show_pki.c \
	src/libcharon/control/show_session.c \
	src/libcharon/control/show_stats.c \
	src/libcharon/control/show_system.c \
	src/libcharon/control/state.h \
	src/libcharon/control/store.c \
	src/libcharon/control/store.h \
	src/libcharon/control/tables.h \
	src/libcharon/control/text_file.c \
	src/libcharon/control/text_file.h \
	src/libcharon/control/trust.c \
	src/libcharon/control/trust.h \
	src/libcharon/control/vault.c \
	src/libcharon/control/vault.h \
	src/libcharon/control/vault_commands.c \
	src/libcharon/control/vault_file.c

if HAVE_CHECK
check_PROGRAMS += src/libcharon/control/control_tests
TESTS += src/libcharon/control/control_tests
src_libcharon_control_control_tests_SOURCES = \
	src/libcharon/control/asking_kit.c \
	src/libcharon/control/asking_kit.h \
	src/libcharon/control/control_tests.c \
	src/libcharon/control/control_tests.h \
	src/libcharon/control/language_test.c \
	src/libcharon/control/publish_test.c \
	src/libcharon/control/server_test.c \
	src/libcharon/control/show_test.c \
	src/libcharon/control/text_test.c \
	src/libcharon/control/trust_test.c \
	src/libcharon/control/vault_test.c
src_libcharon_control_control_tests_CFLAGS = $(TEST_CFLAGS) $(JANSSON_CFLAGS)
src_libcharon_control_control_tests_LDADD = $(TEST_LIBS) $(JANSSON_LIBS)
check_PROGRAMS += src/libcharon/control/broker_client_tests
src_libcharon_control_broker_client_tests_SOURCES = src/libcharon/control/broker_client_test.c
src_libcharon_control_broker_client_tests_CFLAGS = $(TEST_CFLAGS)
src_libcharon_control_broker_client_tests_LDADD = $(TEST_LIBS)
TESTS += src/libcharon/control/broker_client_tests
# The daemon as the shared library that it is, with real plugins and cygctl.
if TOOL_CYGCTL
check_PROGRAMS += src/libcharon/control/daemon_tests
src_libcharon_control_daemon_tests_SOURCES = \
	src/libcharon/control/daemon_edit_test.c \
	src/libcharon/control/daemon_kit.c \
	src/libcharon/control/daemon_kit.h \
	src/libcharon/control/daemon_test.c \
	src/libcharon/control/daemon_vault_test.c
src_libcharon_control_daemon_tests_CFLAGS = $(TEST_CFLAGS)
src_libcharon_control_daemon_tests_LDADD = src/libcharon/libcharon.la $(CHECK_LIBS)
TESTS += src/libcharon/control/daemon_tests
endif
endif
