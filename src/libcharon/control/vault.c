/* SPDX-License-Identifier: MIT */
#include "control/vault.h"

#include "base/paths.h"
#include "control/text_file.h"

#include <cygnet/plugin.h>

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

_Static_assert(SEAL_TEXT_LEN(CYG_SECRET_MAX) <= CONFIG_SEALED_MAX, "room for what is sealed");

#define OTHER_MASTER "the master key that its type 6 secret was sealed with (it is not the one here: enter it anew)"
#define TAMPERED     "a whole type 6 secret (this one was changed since it was sealed: enter it anew)"
#define NO_FILE	     "the master key of its type 6 secret (its file is no good: see the log)"
#define TOO_MANY     "the key of its type 6 secret (one text may have 8 salts: enter it anew)"
#define NO_CIPHER    "a plugin with AES-GCM-256 for its type 6 secret"

/* A master key, and the keys that have been made of it; the first is the one to seal with. */
struct keys {
	struct cyg_secret password;
	unsigned count;
	struct seal_key key[VAULT_SALTS_MAX];
};

struct making {
	struct cyg_job job;
	struct making *next, **prev; /* of the vault's list; prev NULL: it is in none any more */
	struct vault *vault;
	struct cyg_op *op;
	struct cyg_shard *home;
	struct cyg_prf prf; /* an instance of its own: it is used on a helper */
	bool another;	    /* of another master key */
	struct keys keys;
	struct vault_salts salts;
	enum cyg_status status;
};

struct vault {
	struct cyg_shard *control;
	struct config_sealer sealer;
	char path[PATHS_LEN], broken[200];
	uint8_t salt[SEAL_SALT_LEN]; /* that is sealed with; also before its key is made */
	struct keys keys, other;     /* other: waits for vault_take() */
	struct keys former;	     /* from vault_take() to vault_forget() */
	unsigned oldest;	     /* which to forget when there is no room */
	struct making *making;
	bool stopped;
};

static void keys_free(struct keys *keys)
{
	for (unsigned i = 0; i < keys->count; i++)
		seal_key_done(&keys->key[i]);
	cyg_secret_done(&keys->password);
	*keys = (struct keys){ 0 };
}

static const struct seal_key *find_among(const struct keys *keys, const uint8_t salt[SEAL_SALT_LEN])
{
	for (unsigned i = 0; i < keys->count; i++)
		if (memcmp(keys->key[i].salt, salt, SEAL_SALT_LEN) == 0)
			return &keys->key[i];
	return NULL;
}

static const struct seal_key *find_key(const struct vault *vault, const uint8_t salt[SEAL_SALT_LEN])
{
	return find_among(&vault->keys, salt);
}

/* --- Salts --- */

static void add_salt(struct vault_salts *salts, const uint8_t salt[SEAL_SALT_LEN])
{
	for (unsigned i = 0; i < salts->count; i++)
		if (memcmp(salts->salt[i], salt, SEAL_SALT_LEN) == 0)
			return;
	if (salts->count < VAULT_SALTS_MAX)
		memcpy(salts->salt[salts->count++], salt, SEAL_SALT_LEN);
}

void vault_salts_add(struct vault_salts *salts, struct cyg_str sealed)
{
	uint8_t salt[SEAL_SALT_LEN];

	if (seal_salt(sealed, salt) == CYG_OK)
		add_salt(salts, salt);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The word behind the next ` 6 ` from *at on. */
static bool next_sealed(struct cyg_str config, size_t *at, struct cyg_str *out)
{
	for (size_t i = *at + 1; i + 1 < config.len; i++) {
		struct cyg_str rest = cyg_str_tail(config, i + 1);

		if (config.ptr[i] != '6' || !is_blank(config.ptr[i - 1]) || !is_blank(rest.ptr[0]))
			continue;
		while (rest.len && is_blank(rest.ptr[0]))
			rest = cyg_str_tail(rest, 1);
		*out = cyg_str_head(rest, cyg_str_span_until(rest, " \t\r\n"));
		*at = i;
		return true;
	}
	return false;
}

void vault_salts_find(struct vault_salts *salts, struct cyg_str config)
{
	struct cyg_str word;

	for (size_t at = 0; next_sealed(config, &at, &word);)
		vault_salts_add(salts, word);
}

/* --- Making keys --- */

static void make_keys(struct cyg_job *job)
{
	struct making *m = CYG_CONTAINER(job, struct making, job);
	struct keys *keys = &m->keys;

	for (unsigned i = 0; i < m->salts.count && m->status == CYG_OK; i++) {
		m->status = seal_key_make(&m->prf, cyg_secret_bytes(&keys->password), m->salts.salt[i], SEAL_ITERATIONS,
					  &keys->key[keys->count]);
		keys->count += m->status == CYG_OK;
	}
}

/* Own ones stand first; of the others the oldest makes room. */
static void keep_key(struct vault *vault, struct seal_key *take)
{
	struct keys *keys = &vault->keys;
	bool own = memcmp(take->salt, vault->salt, SEAL_SALT_LEN) == 0;
	unsigned at = keys->count;

	if (find_key(vault, take->salt)) {
		seal_key_done(take);
		return;
	}
	if (at == VAULT_SALTS_MAX) {
		at = 1 + vault->oldest++ % (VAULT_SALTS_MAX - 1);
		seal_key_done(&keys->key[at]);
	} else {
		keys->count++;
	}
	keys->key[at] = *take;
	if (own && at) {
		keys->key[at] = keys->key[0];
		keys->key[0] = *take;
	}
	*take = (struct seal_key){ 0 };
}

static void leave_list(struct making *m)
{
	if (!m->prev)
		return;
	*m->prev = m->next;
	if (m->next)
		m->next->prev = m->prev;
	m->prev = NULL;
}

static void keys_made(struct cyg_shard *shard, struct cyg_job *job)
{
	struct making *m = CYG_CONTAINER(job, struct making, job);
	struct vault *vault = m->vault;

	leave_list(m);
	if (m->another) {
		keys_free(&vault->other);
		if (m->status == CYG_OK) {
			vault->other = m->keys;
			m->keys = (struct keys){ 0 };
		}
	} else if (cyg_secret_equal(&m->keys.password, &vault->keys.password)) { /* it was not changed meanwhile */
		for (unsigned i = 0; i < m->keys.count; i++)
			keep_key(vault, &m->keys.key[i]);
	}
	cyg_op_complete(m->op, m->status);
}

static void making_drop(struct cyg_job *job)
{
	struct making *m = CYG_CONTAINER(job, struct making, job);

	m->prf.ops->instance_free(m->prf.instance);
	cyg_plugin_release(m->prf.provider, m->home);
	keys_free(&m->keys);
	free(m);
}

static void making_cancel(struct cyg_op *op, void *state)
{
	struct making *m = state;

	leave_list(m);
	cyg_job_cancel(&m->job);
}

static enum cyg_status make(struct vault *vault, bool another, struct cyg_bytes password, const struct vault_salts *salts,
			    struct cyg_op *op)
{
	struct making *m;
	enum cyg_status status;

	if (vault->stopped)
		return CYG_BUSY;
	m = calloc(1, sizeof(*m));
	if (!m)
		return CYG_NOMEM;
	m->job = (struct cyg_job){ .work = make_keys, .finish = keys_made, .drop = making_drop };
	m->vault = vault;
	m->op = op;
	m->home = vault->control;
	m->another = another;
	m->salts = *salts;
	status = cyg_get_prf(vault->control, CYG_PRF_HMAC_SHA2_256, &m->prf);
	if (status == CYG_OK)
		status = m->prf.ops->instance_new(m->prf.provider, &m->prf.instance);
	if (status != CYG_OK) {
		free(m);
		return status;
	}
	cyg_plugin_use(m->prf.provider, vault->control);
	status = cyg_secret_copy(&m->keys.password, password);
	if (status == CYG_OK)
		status = cyg_job_start(vault->control, &m->job);
	if (status != CYG_OK) {
		making_drop(&m->job);
		return status;
	}
	m->next = vault->making;
	m->prev = &vault->making;
	if (m->next)
		m->next->prev = &m->next;
	vault->making = m;
	return cyg_op_pending(op, 0, making_cancel, m);
}

enum cyg_status vault_prepare_salts(struct vault *vault, const struct vault_salts *salts, struct cyg_op *op)
{
	struct vault_salts all = { 0 }, missing = { 0 };

	if (!vault->keys.password.len)
		return CYG_OK;
	add_salt(&all, vault->salt);
	for (unsigned i = 0; i < salts->count; i++)
		add_salt(&all, salts->salt[i]);
	for (unsigned i = 0; i < all.count; i++)
		if (!find_key(vault, all.salt[i]))
			add_salt(&missing, all.salt[i]);
	return missing.count ? make(vault, false, cyg_secret_bytes(&vault->keys.password), &missing, op) : CYG_OK;
}

enum cyg_status vault_prepare(struct vault *vault, struct cyg_str config, struct cyg_op *op)
{
	struct vault_salts salts = { 0 };

	if (vault->keys.password.len)
		vault_salts_find(&salts, config);
	return vault_prepare_salts(vault, &salts, op);
}

/* --- What opens and seals --- */

static bool ready(void *ctx)
{
	const struct vault *vault = ctx;

	return find_key(vault, vault->salt) != NULL;
}

static bool current(void *ctx, struct cyg_str text)
{
	const struct vault *vault = ctx;
	uint8_t salt[SEAL_SALT_LEN];

	return seal_salt(text, salt) == CYG_OK && memcmp(salt, vault->salt, SEAL_SALT_LEN) == 0;
}

static enum cyg_status open_text(void *ctx, struct cyg_str text, struct cyg_secret *out, const char **lacks)
{
	const struct vault *vault = ctx;
	const struct seal_key *key;
	struct cyg_cipher cipher;
	uint8_t salt[SEAL_SALT_LEN];
	enum cyg_status status;

	*lacks = vault->broken[0] ? NO_FILE : CONFIG_NO_MASTER;
	if (!vault->keys.password.len)
		return CYG_NOT_FOUND;
	*lacks = CONFIG_NOT_OURS;
	if (seal_salt(text, salt) != CYG_OK)
		return CYG_NOT_FOUND;
	*lacks = TOO_MANY;
	key = find_key(vault, salt);
	if (!key)
		return CYG_NOT_FOUND;
	status = cyg_get_cipher(vault->control, CYG_ENCR_AES_GCM_16, 256, &cipher);
	if (status == CYG_OK)
		status = seal_open(&cipher, key, text, out);
	if (status == CYG_OK || status == CYG_NOMEM)
		return status;
	*lacks = status == CYG_NOT_FOUND ? OTHER_MASTER : status == CYG_UNSUPPORTED ? NO_CIPHER : TAMPERED;
	return CYG_NOT_FOUND;
}

static enum cyg_status seal(void *ctx, struct cyg_bytes clear, struct cyg_strbuf *out)
{
	const struct vault *vault = ctx;
	uint8_t nonce[SEAL_NONCE_LEN];
	struct cyg_cipher cipher;
	enum cyg_status status = cyg_get_cipher(vault->control, CYG_ENCR_AES_GCM_16, 256, &cipher);

	if (status != CYG_OK)
		return status;
	cyg_shard_random(vault->control, nonce, sizeof(nonce));
	return seal_text(&cipher, find_key(vault, vault->salt), nonce, clear, out);
}

/* --- The vault --- */

enum cyg_status vault_new(struct cyg_shard *control, const char *path, struct vault **out)
{
	struct vault *vault;

	if (strlen(path) >= sizeof(vault->path))
		return CYG_LIMIT;
	vault = calloc(1, sizeof(*vault));
	if (!vault)
		return CYG_NOMEM;
	vault->control = control;
	vault->sealer = (struct config_sealer){ .ctx = vault, .ready = ready, .open = open_text, .current = current, .seal = seal };
	strcpy(vault->path, path);
	*out = vault;
	return CYG_OK;
}

void vault_stop(struct vault *vault)
{
	vault->stopped = true;
	while (vault->making) {
		struct making *m = vault->making;
		struct cyg_op *op = m->op;

		leave_list(m);
		cyg_job_cancel(&m->job);
		cyg_op_complete(op, CYG_BUSY);
	}
}

void vault_free(struct vault *vault)
{
	if (!vault)
		return;
	keys_free(&vault->keys);
	keys_free(&vault->other);
	keys_free(&vault->former);
	free(vault);
}

const struct config_sealer *vault_sealer(const struct vault *vault)
{
	return &vault->sealer;
}

enum cyg_status vault_load(struct vault *vault, struct cyg_strbuf *why)
{
	struct vault_file file = { 0 };
	enum cyg_status status = vault_file_read(vault->path, &file, why);

	if (status == CYG_OK) {
		keys_free(&vault->keys);
		memcpy(vault->salt, file.salt, SEAL_SALT_LEN);
		vault->keys.password = file.password;
		file.password = (struct cyg_secret){ 0 };
		vault->broken[0] = '\0';
	} else if (status != CYG_NOT_FOUND) {
		snprintf(vault->broken, sizeof(vault->broken), "%s", why->len ? why->ptr : cyg_status_text(status));
	}
	vault_file_done(&file);
	return status;
}

bool vault_is_set(const struct vault *vault)
{
	return vault->keys.password.len > 0;
}

const char *vault_broken(const struct vault *vault)
{
	return vault->broken;
}

bool vault_is(const struct vault *vault, struct cyg_bytes key)
{
	return cyg_bytes_equal_ct(cyg_secret_bytes(&vault->keys.password), key);
}

enum cyg_status vault_make(struct vault *vault, struct cyg_bytes key, const struct vault_salts *salts, struct cyg_op *op)
{
	struct vault_salts all = { .count = 1 };

	cyg_shard_random(vault->control, all.salt[0], SEAL_SALT_LEN);
	for (unsigned i = 0; i < salts->count; i++)
		add_salt(&all, salts->salt[i]);
	return make(vault, true, key, &all, op);
}

enum cyg_status vault_take(struct vault *vault)
{
	struct vault_file file = { .password = vault->other.password };
	enum cyg_status status;

	CYG_ASSERT(vault->other.count > 0);
	memcpy(file.salt, vault->other.key[0].salt, SEAL_SALT_LEN);
	status = vault_file_write(vault->path, &file);
	if (status != CYG_OK) {
		int error = errno;

		keys_free(&vault->other);
		errno = error;
		return status;
	}
	keys_free(&vault->former);
	vault->former = vault->keys;
	vault->keys = vault->other;
	vault->other = (struct keys){ 0 };
	memcpy(vault->salt, file.salt, SEAL_SALT_LEN);
	vault->broken[0] = '\0';
	return CYG_OK;
}

/* The text of a secret has one length, whatever the key: it is put where the one of before stands. */
static bool reseal(struct vault *vault, const struct cyg_cipher *cipher, char *word, size_t len)
{
	char text[CONFIG_SEALED_MAX + 1];
	struct cyg_strbuf out = CYG_STRBUF(text);
	struct cyg_secret clear = { 0 };
	const struct seal_key *key = NULL;
	uint8_t salt[SEAL_SALT_LEN];
	bool done = false;

	if (seal_salt(cyg_str_n(word, len), salt) == CYG_OK)
		key = find_among(&vault->former, salt);
	if (!key || seal_open(cipher, key, cyg_str_n(word, len), &clear) != CYG_OK)
		return false;
	if (seal(vault, cyg_secret_bytes(&clear), &out) == CYG_OK && out.len == len) {
		memcpy(word, text, len);
		done = true;
	}
	cyg_secret_done(&clear);
	return done;
}

size_t vault_reseal(struct vault *vault, char *config, size_t len)
{
	struct cyg_cipher cipher;
	struct cyg_str word;
	size_t count = 0;

	if (!vault->former.count || cyg_get_cipher(vault->control, CYG_ENCR_AES_GCM_16, 256, &cipher) != CYG_OK)
		return 0;
	for (size_t at = 0; next_sealed(cyg_str_n(config, len), &at, &word);)
		count += reseal(vault, &cipher, config + (word.ptr - config), word.len);
	return count;
}

void vault_forget(struct vault *vault)
{
	keys_free(&vault->former);
}

enum cyg_status vault_clear(struct vault *vault)
{
	if (unlink(vault->path) && errno != ENOENT)
		return CYG_IO;
	file_folder_sync(vault->path);
	keys_free(&vault->keys);
	return CYG_OK;
}
