/* SPDX-License-Identifier: MIT */
/* Secrets of type 6 in a whole daemon: the master key, what is sealed with it, and what stays closed. */
#include "control/daemon_kit.h"

#include <cygnet/bytes.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define PEER "crypto ikev2 keyring K\\npeer A\\naddress 192.0.2.1\\n"
#define KEY  "key config-key password-encrypt "
/* Of another gateway whose master key is `correct horse`; what it hides is `swordfish`. */
#define OTHERS "ASAhIiMkJSYnKCkqKywtLi9HhmxaoKGio6Slpqeoqaqr6mcYJgqnpkuy9YA2YseaOTNqWdGQd0XsiA"

static void configure(const char *lines)
{
	char all[1024];

	snprintf(all, sizeof(all), "configure terminal\\n%send\\n", lines);
	ck_assert_msg(kit_type(all) == 0, "%s", kit_output);
}

static void expect_running(const char *text)
{
	ck_assert_int_eq(kit_ctl("-c 'show running-config'"), 0);
	ck_assert_msg(kit_shows(text), "no `%s` in:\n%s", text, kit_output);
}

static bool in_file(const char *name, const char *text)
{
	return kit_run("grep -q -- '%s' %s/%s", text, kit_root, name) == 0;
}

static void write_memory(void)
{
	ck_assert_msg(kit_ctl("-c 'write memory'") == 0, "%s", kit_output);
}

/* The word behind the first `key 6 ` of startup-config. */
static void stored_text(char *out, size_t room)
{
	const char *at;

	ck_assert_int_eq(kit_run("cat %s/etc/cygnet/startup-config", kit_root), 0);
	at = strstr(kit_output, "pre-shared-key 6 ");
	ck_assert_msg(at, "%s", kit_output);
	at += strlen("pre-shared-key 6 ");
	snprintf(out, room, "%.*s", (int)strcspn(at, "\n"), at);
}

/* The secret of peer A is what is typed here: typing it changes nothing. */
static void expect_secret(const char *line)
{
	char lines[600];

	write_memory();
	snprintf(lines, sizeof(lines), PEER "%s\\n", line);
	configure(lines);
	ck_assert_int_eq(kit_ctl("-c 'show version'"), 0);
	ck_assert_msg(!kit_shows("changed since"), "another secret than in `%s`", line);
}

START_TEST(secrets_are_written_as_type_6_once_there_is_a_key_and_a_will)
{
	char first[300], second[300];

	kit_start();
	configure(PEER "pre-shared-key local open-sesame\\npre-shared-key remote hex 00ff00ff\\n" KEY "seven-seas\\n");
	ck_assert_msg(kit_shows("The master key is set") && kit_shows("password encryption aes"), "%s", kit_output);
	expect_running("pre-shared-key local <secret>");
	write_memory();
	ck_assert(in_file("etc/cygnet/startup-config", "pre-shared-key local open-sesame"));

	configure("password encryption aes\\n");
	expect_running("pre-shared-key local 6 A");
	ck_assert_msg(kit_shows("pre-shared-key remote hex 6 A"), "%s", kit_output);
	ck_assert_int_eq(kit_type("disable\\nshow running-config\\n"), 0);
	ck_assert_msg(kit_shows("pre-shared-key local <secret>"), "%s", kit_output);
	write_memory();
	ck_assert(!in_file("etc/cygnet/startup-config", "open-sesame") && !in_file("etc/cygnet/startup-config", "00ff"));
	ck_assert(!in_file("var/lib/cygnet/last-good", "open-sesame"));
	ck_assert_int_eq(kit_run("cat %s/etc/cygnet/startup-config", kit_root), 0);
	snprintf(first, sizeof(first), "%.*s", 250, strstr(kit_output, "pre-shared-key"));
	write_memory();
	ck_assert_int_eq(kit_run("cat %s/etc/cygnet/startup-config", kit_root), 0);
	snprintf(second, sizeof(second), "%.*s", 250, strstr(kit_output, "pre-shared-key"));
	ck_assert_str_eq(first, second); /* what is the same is written the same */
	ck_assert(!kit_logged("seven-seas") && !kit_logged("open-sesame"));
	ck_assert(kit_logs("key config-key password-encrypt <secret>"));

	kit_stop();
	kit_start();
	expect_secret("pre-shared-key local open-sesame");
	expect_secret("pre-shared-key remote hex 00ff00ff");
	/* What came as type 6 stays so. */
	configure("no password encryption aes\\n");
	write_memory();
	ck_assert(!in_file("etc/cygnet/startup-config", "open-sesame"));
	kit_stop();
}
END_TEST

START_TEST(without_the_key_what_is_sealed_is_kept_and_told)
{
	char before[300], after[300];

	kit_start();
	configure(PEER "pre-shared-key open-sesame\\n" KEY "seven-seas\\npassword encryption aes\\n");
	write_memory();
	stored_text(before, sizeof(before));
	kit_stop();
	ck_assert_int_eq(kit_run("mv %s/var/lib/cygnet/master-key %s/kept", kit_root, kit_root), 0);
	kit_start();
	ck_assert(kit_logs("peer A is incomplete and not used; it lacks: the master key of its type 6 secret (`key config-key "
			     "password-encrypt`)"));
	configure("hostname gw7\\n");
	write_memory();
	stored_text(after, sizeof(after));
	ck_assert_str_eq(before, after);
	/* Another key opens nothing, and what it closes is not lost either. */
	configure(KEY "eight-hills\\n");
	ck_assert_int_eq(kit_ctl("-c 'show running-config'"), 0);
	ck_assert(kit_shows(before));
	kit_stop();
	kit_start();
	ck_assert(kit_logs("it is not the one here: enter it anew"));
	kit_stop();
	/* The right one does. */
	ck_assert_int_eq(kit_run("rm %s/var/lib/cygnet/master-key", kit_root), 0);
	kit_start();
	configure(KEY "seven-seas\\n");
	expect_secret("pre-shared-key open-sesame");
	stored_text(after, sizeof(after));
	ck_assert_str_ne(before, after); /* sealed anew, with a salt of its own */
	kit_stop();
}
END_TEST

/* What is said of a peer whose key is this. */
static void expect_told(const char *text, const char *told)
{
	char lines[600];

	snprintf(lines, sizeof(lines), PEER "pre-shared-key 6 %s\\n", text);
	configure(lines);
	ck_assert_msg(kit_shows("warning: ") && kit_shows(told), "no `%s` in:\n%s", told, kit_output);
	expect_running(text);
}

START_TEST(texts_of_other_gateways_are_opened_with_the_same_key)
{
	char text[300], line[400], changed[300];

	/* Another gateway. */
	kit_start();
	configure(PEER "pre-shared-key open-sesame\\n" KEY "seven-seas\\npassword encryption aes\\n");
	write_memory();
	stored_text(text, sizeof(text));
	kit_stop();
	ck_assert_int_eq(kit_run("rm %s/var/lib/cygnet/*", kit_root), 0);
	kit_write("etc/cygnet/startup-config", "hostname gw2\n");
	/* This one. */
	kit_start();
	configure(KEY "seven-seas\\n");
	snprintf(line, sizeof(line), PEER "pre-shared-key 6 %s\\n", text);
	configure(line);
	ck_assert_msg(!kit_shows("type 6"), "%s", kit_output);
	expect_secret("pre-shared-key open-sesame");
	stored_text(changed, sizeof(changed));
	ck_assert_str_ne(text, changed); /* it is sealed with a salt of ours */

	/* And what is wrong with a text is told apart. */
	strcpy(changed, text);
	changed[60] = changed[60] == 'B' ? 'C' : 'B';
	expect_told(changed, "was changed since it was sealed: enter it anew");
	strcpy(changed, text);
	changed[30] = '\0';
	expect_told(changed, "this text is none: enter it as type 0");
	expect_told("hUQzEbXAKOcAeOfPe_ZaQDiLYcZBB", "this text is none: enter it as type 0");
	expect_told(OTHERS, "it is not the one here: enter it anew");
	write_memory();
	stored_text(changed, sizeof(changed));
	ck_assert_str_eq(changed, OTHERS); /* unchanged */
	/* As hexadecimal digits it is nothing. */
	snprintf(line, sizeof(line), PEER "no pre-shared-key\\npre-shared-key hex 6 %s\\n", text);
	configure(line);
	ck_assert_msg(kit_shows("this text is none"), "%s", kit_output);
	kit_stop();
}
END_TEST

/* --- Questions --- */

static char answer[8192];

/* One request on a connection of its own behind `configure terminal`; its last message is at `answer`. */
static bool asks(const char *line, const char *answers)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t len = 0;
	ssize_t got;

	ck_assert_int_lt(snprintf(to.sun_path, sizeof(to.sun_path), "%s/run/cygnet/control.sock", kit_root),
			 (int)sizeof(to.sun_path));
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	ck_assert_int_gt(dprintf(fd, "{\"id\":1,\"run\":\"configure terminal\"}\n"
				     "{\"id\":2,\"run\":\"%s\",\"interactive\":true%s}\n",
				 line, answers),
			 0);
	ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
	while ((got = recv(fd, answer + len, sizeof(answer) - 1 - len, 0)) > 0)
		len += (size_t)got;
	answer[len] = '\0';
	close(fd);
	return strstr(answer, "\"id\":2,\"done\":true,\"status\":\"ok\"") != NULL;
}

#define ASKS(text_) ck_assert_msg(strstr(answer, "\"question\":\"" text_ "\",\"secret\":true"), "%s", answer)

START_TEST(the_key_is_asked_for_and_a_change_asks_for_the_old_one)
{
	char before[300], after[300];

	kit_start();
	configure(PEER "pre-shared-key open-sesame\\npassword encryption aes\\n");
	ck_assert(!asks("key config-key password-encrypt", ""));
	ASKS("New key: ");
	ck_assert(!asks("key config-key password-encrypt", ",\"answer\":\"seven-seas\""));
	ASKS("Confirm key: ");
	ck_assert(!asks("key config-key password-encrypt", ",\"answer\":[\"seven-seas\",\"seven-sees\"]"));
	ck_assert_msg(strstr(answer, "not the same"), "%s", answer);
	ck_assert(!asks("key config-key password-encrypt", ",\"answer\":[\"short\",\"short\"]"));
	ck_assert_msg(strstr(answer, "8 to 127"), "%s", answer);
	ck_assert_msg(asks("key config-key password-encrypt", ",\"answer\":[\"seven-seas\",\"seven-seas\"]"), "%s", answer);
	write_memory();
	stored_text(before, sizeof(before));

	ck_assert(!asks("key config-key password-encrypt", ""));
	ASKS("Old key: ");
	ck_assert(!asks("key config-key password-encrypt", ",\"answer\":[\"seven-sees\",\"eight-hills\",\"eight-hills\"]"));
	ck_assert_msg(strstr(answer, "that is not the master key"), "%s", answer);
	ck_assert(kit_logs("gave a wrong master key"));
	/* Nobody is there to be asked. */
	ck_assert_int_eq(kit_type("configure terminal\\n" KEY "eight-hills\\n"), 1);
	write_memory();
	stored_text(after, sizeof(after));
	ck_assert_str_eq(before, after);

	ck_assert_msg(asks("key config-key password-encrypt", ",\"answer\":[\"seven-seas\",\"eight-hills\",\"eight-hills\"]"),
		      "%s", answer);
	ck_assert_msg(strstr(answer, "write memory"), "%s", answer);
	write_memory();
	stored_text(after, sizeof(after));
	ck_assert_str_ne(before, after);
	kit_stop();
	kit_start();
	expect_secret("pre-shared-key open-sesame");
	ck_assert(!kit_logged("seven-") && !kit_logged("eight-hills"));
	kit_stop();
}
END_TEST

START_TEST(without_the_key_again_secrets_are_closed_and_not_lost)
{
	char before[300], after[300];

	kit_start();
	configure(PEER "pre-shared-key open-sesame\\n" KEY "seven-seas\\npassword encryption aes\\n");
	write_memory();
	stored_text(before, sizeof(before));
	ck_assert(!asks("no key config-key password-encrypt", ""));
	ck_assert_msg(strstr(answer, "Go on? [no]"), "%s", answer);
	ck_assert(!asks("no key config-key password-encrypt", ",\"answer\":\"no\""));
	expect_secret("pre-shared-key open-sesame");
	ck_assert_msg(asks("no key config-key password-encrypt", ",\"answer\":\"yes\""), "%s", answer);
	ck_assert(!in_file("var/lib/cygnet/master-key", "key"));
	write_memory();
	stored_text(after, sizeof(after));
	ck_assert_str_eq(before, after);
	configure("no key config-key password-encrypt\\n");
	ck_assert_msg(kit_shows("There is no master key"), "%s", kit_output);
	configure(KEY "seven-seas\\n");
	expect_secret("pre-shared-key open-sesame");
	kit_stop();
}
END_TEST

/* --- The way back --- */

START_TEST(a_rollback_over_a_changed_master_key_brings_the_secrets_back)
{
	char before[300], after[300];

	kit_start();
	configure(PEER "pre-shared-key open-sesame\\n" KEY "seven-seas\\npassword encryption aes\\n");
	write_memory();
	stored_text(before, sizeof(before));
	configure(PEER "pre-shared-key another-one\\nhostname gw7\\n"); /* kept-1 has what was before it */
	ck_assert_msg(asks("key config-key password-encrypt", ",\"answer\":[\"seven-seas\",\"eight-hills\",\"eight-hills\"]"),
		      "%s", answer);
	ck_assert_msg(kit_ctl("-c 'rollback 1'") == 0, "%s", kit_output);
	ck_assert_msg(!kit_shows("type 6"), "%s", kit_output);
	expect_running("hostname gw1");
	expect_secret("pre-shared-key open-sesame");
	stored_text(after, sizeof(after));
	ck_assert_str_ne(before, after);
	/* Nothing is left that the key of before opens. */
	ck_assert_int_ne(kit_run("grep -rl -- '%.30s' %s/var/lib/cygnet", before, kit_root), 0);
	ck_assert_int_ne(kit_run("grep -rl -e open-sesame -e another-one %s/var/lib/cygnet", kit_root), 0);
	kit_stop();
	kit_start();
	expect_secret("pre-shared-key open-sesame");
	kit_stop();
}
END_TEST

START_TEST(a_rollback_to_what_cannot_be_opened_says_where_and_changes_nothing)
{
	char told[200];

	kit_start();
	configure(PEER "pre-shared-key open-sesame\\n" KEY "seven-seas\\npassword encryption aes\\n");
	configure("hostname gw7\\n");
	ck_assert_msg(asks("no key config-key password-encrypt", ",\"answer\":\"yes\""), "%s", answer);
	configure("no crypto ikev2 keyring K\\nhostname gw8\\n");
	ck_assert_int_eq(kit_run("grep -n 'pre-shared-key 6 ' %s/var/lib/cygnet/kept-1", kit_root), 0);
	snprintf(told, sizeof(told), "kept-1:%ld: the secret of this line cannot be opened; it lacks: the master key",
		 strtol(kit_output, NULL, 10));
	ck_assert_int_ne(kit_ctl("-c 'rollback 1'"), 0);
	ck_assert_msg(kit_shows(told), "no `%s` in:\n%s", told, kit_output);
	ck_assert_msg(kit_shows("kept-1 has 1 secret that cannot be opened; what was in force stays"), "%s", kit_output);
	ck_assert_int_ne(kit_ctl("--json -c 'rollback 1 dry-run'"), 0);
	ck_assert_msg(kit_shows("\"lacks\""), "%s", kit_output);
	expect_running("hostname gw8");
	ck_assert(!kit_shows("keyring"));
	ck_assert_msg(kit_ctl("-c 'rollback 1 force'") == 0, "%s", kit_output);
	expect_running("hostname gw7");
	ck_assert_msg(kit_shows("pre-shared-key 6 A"), "%s", kit_output);
	kit_stop();
}
END_TEST

/* --- The file --- */

START_TEST(a_file_that_others_can_read_is_not_used)
{
	char path[256];
	struct stat st;

	kit_start();
	configure(PEER "pre-shared-key open-sesame\\n" KEY "seven-seas\\npassword encryption aes\\n");
	write_memory();
	kit_stop();
	kit_path(path, sizeof(path), "var/lib/cygnet/master-key");
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_int_eq(chmod(path, 0640), 0);
	kit_start();
	ck_assert(kit_logs("is not used (mode 640"));
	ck_assert(kit_logs("its file is no good"));
	ck_assert_int_eq(kit_type("configure terminal\\n" KEY "eight-hills\\n"), 1);
	ck_assert_msg(kit_shows("mend it and restart"), "%s", kit_output);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0640);
	kit_stop();
	ck_assert_int_eq(chmod(path, 0600), 0);
	kit_start();
	expect_secret("pre-shared-key open-sesame");
	kit_stop();
}
END_TEST

Suite *daemon_vault_suite(void)
{
	Suite *suite = suite_create("daemon: the master key");
	TCase *tests = tcase_create("vault");

	tcase_add_checked_fixture(tests, kit_setup, kit_teardown);
	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, secrets_are_written_as_type_6_once_there_is_a_key_and_a_will);
	tcase_add_test(tests, without_the_key_what_is_sealed_is_kept_and_told);
	tcase_add_test(tests, texts_of_other_gateways_are_opened_with_the_same_key);
	tcase_add_test(tests, the_key_is_asked_for_and_a_change_asks_for_the_old_one);
	tcase_add_test(tests, without_the_key_again_secrets_are_closed_and_not_lost);
	tcase_add_test(tests, a_rollback_over_a_changed_master_key_brings_the_secrets_back);
	tcase_add_test(tests, a_rollback_to_what_cannot_be_opened_says_where_and_changes_nothing);
	tcase_add_test(tests, a_file_that_others_can_read_is_not_used);
	suite_add_tcase(suite, tests);
	return suite;
}
