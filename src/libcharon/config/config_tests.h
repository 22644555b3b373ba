/* SPDX-License-Identifier: MIT */
/*
 * What the tests of this room share: one grammar per test, text in, findings out.
 */
#ifndef CONFIG_CONFIG_TESTS_H
#define CONFIG_CONFIG_TESTS_H

#include "config/config.h"
#include "config/objects.h"

#include <check.h>

Suite *map_suite(void);
Suite *lines_suite(void);
Suite *grammar_suite(void);
Suite *parse_suite(void);
Suite *objects_suite(void);
Suite *commands_suite(void);
Suite *snapshot_suite(void);
Suite *prompt_suite(void);
Suite *render_suite(void);
Suite *round_trip_suite(void);
Suite *file_suite(void);
Suite *pki_suite(void);
Suite *obscured_suite(void);
Suite *sealed_suite(void);

extern struct config_grammar *kit_grammar;
extern struct config_findings kit_findings;
extern struct cyg_config *kit_config;

/* Around each test: the grammar of the core's commands and of the kit's plugins. */
void kit_setup(void);
void kit_teardown(void);

/* Secrets of type 6 are sealed by a sealer of the kit's with this key; NUL: it has none. */
void kit_seal(char key);

/* Parses text as a file "t"; its findings and snapshot (or NULL) stay until the next call. */
enum cyg_status kit_parse(const char *text);
/* The same, with what was there before as the previous snapshot. */
enum cyg_status kit_reparse(const char *text);
/* The findings as "LINE SEVERITY CODE\n..." of the last call; lives until the next. */
const char *kit_codes(void);
/* All findings printed. */
const char *kit_texts(void);
/* Rendered text, to be freed. */
char *kit_render(const struct cyg_config *config, unsigned flags);
/* An object of the last snapshot, usable or not. */
const void *kit_object(const char *mode, const char *name);

/* Lines by chance (generate_test.c), from `least` to less than `below` at the top; to be freed. There are errors in it. */
char *kit_generate(uint64_t seed, unsigned least, unsigned below);
/* Blanks out the lines that are errors, until none is left, and leaves what is right as the last snapshot; false if it
 * does not come to an end. */
bool kit_make_right(char *text);

/* The first peer of a keyring. */
const struct config_peer *kit_first_peer(const struct config_keyring *keyring);

/* A plugin's table, loaded, and one whose plugin is not. */
extern const struct cyg_command_table kit_loaded_commands, kit_absent_commands;
struct kit_pool {
	unsigned lines;
	char last[64];
};

#endif
