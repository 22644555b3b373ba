/* SPDX-License-Identifier: MIT */
/* key config-key password-encrypt: sets, changes and removes the master key of secrets of type 6. */
#include "control/change.h"
#include "control/editing.h"
#include "control/exec.h"
#include "control/kept.h"
#include "control/tables.h"
#include "control/vault.h"

#include <cygnet/log.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct turning {
	struct change change;
	struct daemon *daemon;
	struct cyg_exec *exec;
	bool remove, had;      /* one is removed; there was one before */
	struct cyg_secret key; /* the new one */
	struct cyg_op op;
	struct cyg_config *next;
};

static void end(struct turning *take, enum cyg_status status)
{
	struct daemon *daemon = take->daemon;
	struct cyg_exec *exec = take->exec;

	cyg_secret_done(&take->key);
	config_unref(take->next);
	free(take);
	cyg_exec_done(exec, status);
	change_leave(daemon);
}

static void tell(struct turning *t)
{
	const struct daemon *daemon = t->daemon;
	struct cyg_exec *exec = t->exec;

	if (t->remove) {
		cyg_exec_printf(exec, "The master key is removed; what was sealed with it stays closed until it is set again\n");
		return;
	}
	cyg_exec_printf(exec, t->had ? "The master key is changed\n" : "The master key is set\n");
	if (!config_view(daemon->config)->global->seal_secrets)
		cyg_exec_printf(exec, "`password encryption aes` has every secret written as type 6 under it\n");
	if (t->had)
		cyg_exec_printf(exec, "startup-config is sealed with the key of before until `write memory`\n");
}

static void applied(struct daemon *daemon, void *ctx, enum cyg_status status)
{
	struct turning *t = ctx;

	if (status == CYG_OK)
		tell(t);
	else
		cyg_exec_error(t->exec, "memory is short: what is in force was not changed");
	end(t, status);
}

/* Puts in force what the turning of secrets has come to, if anything. */
static void apply(struct turning *t)
{
	struct control_session *session = t->exec->session;

	if (!t->next) {
		applied(t->daemon, t, CYG_OK);
		return;
	}
	if (session->configuring && !session->before)
		session->before = config_ref(t->daemon->config);
	t->daemon->config_changed = true;
	change_apply(t->daemon, t->next, applied, t);
}

static enum cyg_status turn(struct turning *t, bool open)
{
	struct config_findings findings = { 0 };
	enum cyg_status status = config_turn_sealed(t->daemon->config, open, &findings, &t->next);

	for (size_t i = 0; i < findings.count; i++)
		cyg_exec_printf(t->exec, "%s: %s [%s]\n", config_severity_text(findings.items[i].severity),
				findings.items[i].text, findings.items[i].code);
	config_findings_done(&findings);
	if (status != CYG_OK)
		cyg_exec_error(t->exec, "the secrets of the configuration cannot be %s: %s", open ? "opened" : "sealed",
			       cyg_status_text(status));
	return status;
}

static void made(struct cyg_op *op, enum cyg_status status)
{
	struct turning *t = CYG_CONTAINER(op, struct turning, op);
	struct vault *vault = t->daemon->vault;

	if (status != CYG_OK)
		cyg_exec_error(t->exec, "no key can be made of it: %s",
			       status == CYG_UNSUPPORTED ? "no plugin provides PRF-HMAC-SHA2-256" : cyg_status_text(status));
	if (status == CYG_OK) {
		status = vault_take(vault);
		if (status != CYG_OK)
			cyg_exec_error(t->exec, "the file of the master key was not written: %s; nothing was changed",
				       strerror(errno));
	}
	if (status == CYG_OK && t->had)
		kept_reseal(t->daemon);
	vault_forget(vault);
	if (status == CYG_OK)
		status = turn(t, true);
	if (status == CYG_OK)
		apply(t);
	else
		end(t, status);
}

static void add_closed(void *ctx, const struct config_closed *closed)
{
	vault_salts_add(ctx, closed->text);
}

/* The keys of before are there, as far as they can be: what they do not open stays as it is. */
static void make_another(struct cyg_op *op, enum cyg_status status)
{
	struct turning *t = CYG_CONTAINER(op, struct turning, op);
	struct vault_salts salts = { 0 };

	config_each_closed(t->daemon->config, add_closed, &salts);
	cyg_op_init(&t->op, t->daemon->control, made);
	status = vault_make(t->daemon->vault, cyg_secret_bytes(&t->key), &salts, &t->op);
	if (status != CYG_PENDING)
		made(&t->op, status);
}

static void begin(struct daemon *daemon, struct change *change)
{
	struct turning *t = CYG_CONTAINER(change, struct turning, change);
	struct vault_salts salts = { 0 };
	enum cyg_status status;

	if (daemon->stopping) {
		cyg_exec_error(t->exec, "the daemon stops");
		end(t, CYG_BUSY);
		return;
	}
	if (!t->remove) {
		kept_salts(daemon, &salts);
		cyg_op_init(&t->op, daemon->control, make_another);
		status = vault_prepare_salts(daemon->vault, &salts, &t->op);
		if (status != CYG_PENDING)
			make_another(&t->op, status);
		return;
	}
	/* Sealed while it still can be. */
	status = turn(t, false);
	if (status == CYG_OK) {
		status = vault_clear(daemon->vault);
		if (status != CYG_OK)
			cyg_exec_error(t->exec, "the file of the master key was not removed: %s; nothing was changed",
				       strerror(errno));
	}
	if (status == CYG_OK)
		apply(t);
	else
		end(t, status);
}

static enum cyg_status start(struct cyg_exec *exec, bool remove, struct cyg_bytes key)
{
	struct daemon *daemon = exec->ctx;
	struct turning *t = calloc(1, sizeof(*t));
	enum cyg_status status = t ? CYG_OK : CYG_NOMEM;

	if (status == CYG_OK && key.len)
		status = cyg_secret_copy(&t->key, key);
	if (status != CYG_OK) {
		free(t);
		return status;
	}
	t->change.run = begin;
	t->daemon = daemon;
	t->exec = exec;
	t->remove = remove;
	t->had = vault_is_set(daemon->vault);
	change_enter(daemon, &t->change);
	return CYG_PENDING;
}

/* --- The command --- */

/* Whoever changes the key has to know it. */
static enum cyg_status ask_old(struct cyg_exec *exec, const struct vault *vault)
{
	const char *old = exec_secret(exec, "Old key: ");

	if (!old)
		return CYG_REFUSED;
	if (vault_is(vault, cyg_bytes(old, strlen(old))))
		return CYG_OK;
	cyg_log_limited(CYG_LOG_WARNING, "vault.wrong", "{user} (uid {uid}) gave a wrong master key",
			F_STR("user", exec->session->user), F_UINT("uid", exec->session->peer.uid));
	cyg_exec_error(exec, "that is not the master key");
	return CYG_REFUSED;
}

static enum cyg_status set_key(struct cyg_exec *exec, struct cyg_bytes key)
{
	const struct daemon *daemon = exec->ctx;

	if (!vault_key_fits(key)) {
		cyg_exec_error(exec, "a master key has %d to %d characters, without control characters", VAULT_KEY_MIN,
			       VAULT_KEY_MAX);
		return CYG_REFUSED;
	}
	if (vault_is(daemon->vault, key)) {
		cyg_exec_printf(exec, "That is the master key already\n");
		return CYG_OK;
	}
	return start(exec, false, key);
}

static enum cyg_status ask_new(struct cyg_exec *exec)
{
	const char *key = exec_secret(exec, "New key: "), *again = key ? exec_secret(exec, "Confirm key: ") : NULL;

	if (!again)
		return CYG_REFUSED;
	if (strcmp(key, again) != 0) {
		cyg_exec_error(exec, "the two are not the same: nothing was done");
		return CYG_REFUSED;
	}
	return set_key(exec, cyg_bytes(key, strlen(key)));
}

static enum cyg_status remove_key(struct cyg_exec *exec, const struct vault *vault)
{
	if (!vault_is_set(vault)) {
		cyg_exec_printf(exec, "There is no master key\n");
		return CYG_OK;
	}
	if (!exec_confirmed(exec, "Secrets of type 6 are closed without the master key, and what uses them stops. Go on? [no]"))
		return CYG_REFUSED;
	return start(exec, true, cyg_bytes(NULL, 0));
}

static enum cyg_status config_key(struct cyg_exec *exec, const struct cyg_args *args)
{
	const struct daemon *daemon = exec->ctx;
	const struct vault *vault = daemon->vault;
	struct cyg_secret key = { 0 };
	enum cyg_status status;

	if (vault_broken(vault)[0]) {
		cyg_exec_error(exec, "%s/%s is not used (%s): mend it and restart, or remove it and restart without its key",
			       daemon->paths.lib, VAULT_FILE, vault_broken(vault));
		return CYG_REFUSED;
	}
	if (cyg_args_no(args))
		return remove_key(exec, vault);
	status = cyg_args_secret(args, "secret", &key);
	if (cyg_args_has(args, "secret") && status != CYG_OK) {
		cyg_exec_error(exec, "the master key is given as it is, not as type 6");
		return CYG_REFUSED;
	}
	status = CYG_OK;
	if (vault_is_set(vault) && !(key.len && vault_is(vault, cyg_secret_bytes(&key))))
		status = ask_old(exec, vault);
	if (status == CYG_OK)
		status = key.len ? set_key(exec, cyg_secret_bytes(&key)) : ask_new(exec);
	cyg_secret_done(&key);
	return status;
}

static const struct cyg_token_help tokens[] = {
	{ "key", "The master key" },
	{ "config-key", "The key that secrets of the configuration are sealed with" },
	{ "password-encrypt", "Seals secrets as type 6" },
	{ "<secret>", "The key; without it, it is asked for" },
	{ 0 },
};

static const struct cyg_command commands[] = {
	{ .mode = "global", .syntax = "key config-key password-encrypt [<secret:secret>]",
	  .help = "Sets or changes the master key of secrets of type 6; `no` removes it.", .tokens = tokens, .run = config_key },
	{ 0 },
};

const struct cyg_command_table control_vault_commands = { .commands = commands };
