/* SPDX-License-Identifier: MIT */
/*
 * The master key: a password that secrets of type 6 are sealed under. It lies in a file of our own in the folder of the
 * daemon's state, readable by nobody else; the keys that are made of it, one for each salt, are in memory alone. Making one
 * takes a good part of a second and is done by a helper.
 *
 * Control thread only.
 */
#ifndef CONTROL_VAULT_H
#define CONTROL_VAULT_H

#include "config/config.h"
#include "crypto/seal.h"

#define VAULT_FILE	"master-key"
#define VAULT_KEY_MIN	8   /* octets of a master key */
#define VAULT_KEY_MAX	127
#define VAULT_SALTS_MAX 8   /* that are known at a time; the first is the one that is sealed with */

/* What its file says (vault_file.c). */
struct vault_file {
	uint8_t salt[SEAL_SALT_LEN];
	struct cyg_secret password;
};

/* Reads and judges the file. CYG_NOT_FOUND: there is none. CYG_REFUSED: others could read or write it, or it is no plain file;
 * CYG_MALFORMED, CYG_IO. `why` is a sentence. */
enum cyg_status vault_file_read(const char *path, struct vault_file *out, struct cyg_strbuf *why) CYG_MUST_CHECK;
/* Its text. CYG_MALFORMED: there is no such key. */
enum cyg_status vault_file_parse(struct cyg_str text, struct vault_file *out) CYG_MUST_CHECK;
/* Puts it in place of the one of before, whole or not at all; CYG_IO with errno. */
enum cyg_status vault_file_write(const char *path, const struct vault_file *file) CYG_MUST_CHECK;
void vault_file_done(struct vault_file *file); /* fine on a zeroed one */
/* May it be a master key? */
bool vault_key_fits(struct cyg_bytes key);

/* Salts that keys are wanted for; zeroed. */
struct vault_salts {
	uint8_t salt[VAULT_SALTS_MAX][SEAL_SALT_LEN];
	unsigned count;
};
/* That of one text of type 6, if it is one of ours, is new, and there is room. */
void vault_salts_add(struct vault_salts *salts, struct cyg_str sealed);
/* Those of each `6 TEXT` in a configuration. */
void vault_salts_find(struct vault_salts *salts, struct cyg_str config);

struct vault;
/* `path` of its file; nothing is read yet. */
enum cyg_status vault_new(struct cyg_shard *control, const char *path, struct vault **out) CYG_MUST_CHECK;
/* Ends what is under way, as CYG_BUSY; from then on nothing begins. */
void vault_stop(struct vault *vault);
void vault_free(struct vault *vault); /* NULL is fine */
/* For grammars; lives as long as the vault. */
const struct config_sealer *vault_sealer(const struct vault *vault);

/* Takes what its file has. As vault_file_read(); a file that is there and no good is remembered. */
enum cyg_status vault_load(struct vault *vault, struct cyg_strbuf *why) CYG_MUST_CHECK;
bool vault_is_set(const struct vault *vault);
/* Why its file is no good, or "". */
const char *vault_broken(const struct vault *vault);
/* Is this the master key? */
bool vault_is(const struct vault *vault, struct cyg_bytes key);

/* Makes the keys for what a text has, and the one that is sealed with. CYG_OK: nothing is to be done; CYG_PENDING; any failure means that
 * what they would open stays closed. */
enum cyg_status vault_prepare(struct vault *vault, struct cyg_str config, struct cyg_op *op) CYG_MUST_CHECK;

/* The same for these salts. */
enum cyg_status vault_prepare_salts(struct vault *vault, const struct vault_salts *salts, struct cyg_op *op) CYG_MUST_CHECK;

/* Another master key, in two steps: makes its keys (a new salt, and those given), then writes the file and takes them. Not two
 * at a time. */
enum cyg_status vault_make(struct vault *vault, struct cyg_bytes key, const struct vault_salts *salts,
			   struct cyg_op *op) CYG_MUST_CHECK;
/* CYG_IO with errno: all is as it was. The key of before is known until vault_forget(). */
enum cyg_status vault_take(struct vault *vault) CYG_MUST_CHECK;
/* Seals anew, in its place, each `6 TEXT` in a configuration that the key of before opens (its salts prepared before the
 * change): how many. What does not open stays as it is. */
size_t vault_reseal(struct vault *vault, char *config, size_t len);
void vault_forget(struct vault *vault);
/* Removes the file and forgets the key. CYG_IO with errno: all is as it was. */
enum cyg_status vault_clear(struct vault *vault) CYG_MUST_CHECK;

#endif
