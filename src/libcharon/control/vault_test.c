/* SPDX-License-Identifier: MIT */
/* The file of the master key, and the salts that a text asks for. */
#include "control/control_tests.h"
#include "control/vault.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define GOOD "cygnet master key 1\nsalt 000102030405060708090a0b0c0d0e0f\nkey seven seas\n"

static char folder[] = "/tmp/cygnet-vault-XXXXXX", path[80], other[80];

static void make_folder(void)
{
	strcpy(folder, "/tmp/cygnet-vault-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/master-key", folder);
	snprintf(other, sizeof(other), "%s/other", folder);
}

static void remove_folder(void)
{
	unlink(path);
	unlink(other);
	rmdir(path);
	ck_assert_int_eq(rmdir(folder), 0);
}

static enum cyg_status parse(const char *text)
{
	struct vault_file file = { 0 };
	enum cyg_status status = vault_file_parse(cyg_str(text), &file);

	ck_assert((status == CYG_OK) == (file.password.ptr != NULL));
	vault_file_done(&file);
	return status;
}

START_TEST(only_a_whole_file_is_one)
{
	char text[sizeof(GOOD)];

	ck_assert_int_eq(parse(GOOD), CYG_OK);
	for (size_t len = 0; len < strlen(GOOD); len++) {
		snprintf(text, sizeof(text), "%.*s", (int)len, GOOD);
		ck_assert_int_eq(parse(text), CYG_MALFORMED);
	}
	ck_assert_int_eq(parse(GOOD "\n"), CYG_MALFORMED);
	ck_assert_int_eq(parse("cygnet master key 2\nsalt 000102030405060708090a0b0c0d0e0f\nkey seven seas\n"), CYG_MALFORMED);
	ck_assert_int_eq(parse("cygnet master key 1\nsalt 000102030405060708090a0b0c0d0e0g\nkey seven seas\n"), CYG_MALFORMED);
	ck_assert_int_eq(parse("cygnet master key 1\nsalt 000102030405060708090a0b0c0d0e0f00\nkey seven seas\n"), CYG_MALFORMED);
	ck_assert_int_eq(parse("cygnet master key 1\nsalt 000102030405060708090a0b0c0d0e0f\nkey seven se\n"), CYG_OK);
	ck_assert_int_eq(parse("cygnet master key 1\nsalt 000102030405060708090a0b0c0d0e0f\nkey seven\n"), CYG_MALFORMED);
	ck_assert_int_eq(parse("cygnet master key 1\nsalt 000102030405060708090a0b0c0d0e0f\nkey seven\tseas\n"), CYG_MALFORMED);
}
END_TEST

START_TEST(what_is_written_is_read_again_and_by_nobody_else)
{
	struct vault_file file = { .salt = { 1, 2, 0xfe, 0xff } }, again = { 0 };
	char why[200] = "";
	struct cyg_strbuf reason = CYG_STRBUF(why);
	struct stat st;

	ck_assert_int_eq(vault_file_read(path, &again, &reason), CYG_NOT_FOUND);
	ck_assert_int_eq(cyg_secret_copy(&file.password, cyg_bytes("seven seas", 10)), CYG_OK);
	/* What is in its way with another mode is not written into. */
	ck_assert_int_eq(snprintf(other, sizeof(other), "%s.new", path) > 0, 1);
	ck_assert_int_eq(close(creat(other, 0644)), 0);
	ck_assert_int_eq(vault_file_write(path, &file), CYG_OK);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode, S_IFREG | 0600);
	ck_assert_int_eq(vault_file_read(path, &again, &reason), CYG_OK);
	ck_assert_mem_eq(again.salt, file.salt, sizeof(file.salt));
	ck_assert(cyg_secret_equal(&again.password, &file.password));
	vault_file_done(&again);
	for (unsigned mode = 0; mode < 0100; mode++) {
		ck_assert_int_eq(chmod(path, 0600 | mode), 0);
		ck_assert_int_eq(vault_file_read(path, &again, &reason), mode ? CYG_REFUSED : CYG_OK);
		vault_file_done(&again);
	}
	vault_file_done(&file);
}
END_TEST

START_TEST(links_folders_and_long_files_are_refused)
{
	struct vault_file file = { 0 };
	char why[400] = "";
	struct cyg_strbuf reason = CYG_STRBUF(why);
	FILE *out;

	ck_assert_int_eq(symlink("/etc/passwd", path), 0);
	ck_assert_int_eq(vault_file_read(path, &file, &reason), CYG_IO);
	ck_assert_ptr_nonnull(strstr(why, "it is a link"));
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(vault_file_read(path, &file, &reason), CYG_REFUSED);
	ck_assert_int_eq(rmdir(path), 0);
	out = fopen(path, "w");
	ck_assert_ptr_nonnull(out);
	for (int i = 0; i < 100; i++)
		fputs("cygnet master key 1\n", out);
	ck_assert_int_eq(fclose(out), 0);
	ck_assert_int_eq(chmod(path, 0600), 0);
	ck_assert_int_eq(vault_file_read(path, &file, &reason), CYG_MALFORMED);
	ck_assert_ptr_null(file.password.ptr);
}
END_TEST

/* A text whose salt begins with this digit: version 1, then the salt. */
static const char *sealed(char digit, char *out)
{
	memset(out, 'A', 66);
	out[1] = 'Q';
	out[3] = digit;
	out[66] = '\0';
	return out;
}

START_TEST(a_text_asks_for_each_salt_once_and_for_eight_at_most)
{
	char config[4096], text[80];
	struct cyg_strbuf out = CYG_STRBUF(config);
	struct vault_salts salts = { 0 };

	cyg_strbuf_addf(&out, "pre-shared-key 6 %s\nradius key 6  %s\r\n 6\n6 6 6\t%s", sealed('B', text), text, text);
	vault_salts_find(&salts, cyg_str(config));
	ck_assert_uint_eq(salts.count, 1);
	vault_salts_find(&salts, CYG_STR("key 6 hUQzEbXAKOcAeOfPe_ZaQDiLYcZBB 6"));
	vault_salts_find(&salts, CYG_STR(""));
	ck_assert_uint_eq(salts.count, 1);
	out = CYG_STRBUF(config);
	for (char digit = 'C'; digit < 'Z'; digit++)
		cyg_strbuf_addf(&out, "key 6 %s\n", sealed(digit, text));
	vault_salts_find(&salts, cyg_str(config));
	ck_assert_uint_eq(salts.count, VAULT_SALTS_MAX);
}
END_TEST

Suite *vault_suite(void)
{
	Suite *suite = suite_create("vault");
	TCase *tests = tcase_create("vault");

	tcase_add_checked_fixture(tests, make_folder, remove_folder);
	tcase_add_test(tests, only_a_whole_file_is_one);
	tcase_add_test(tests, what_is_written_is_read_again_and_by_nobody_else);
	tcase_add_test(tests, links_folders_and_long_files_are_refused);
	tcase_add_test(tests, a_text_asks_for_each_salt_once_and_for_eight_at_most);
	suite_add_tcase(suite, tests);
	return suite;
}
