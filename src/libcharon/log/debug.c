/* SPDX-License-Identifier: MIT */
#include "log/debug.h"

#include <pthread.h>
#include <stdatomic.h>
#include <strings.h>

_Atomic(unsigned) cyg_debug_mask;

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static struct debug_condition conditions[DEBUG_CONDITIONS_MAX]; /* under the lock */
static unsigned count;

static bool same(const struct debug_condition *a, const struct debug_condition *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == DEBUG_PEER_PREFIX)
		return a->prefix.len == b->prefix.len && cyg_ip_equal(&a->prefix.ip, &b->prefix.ip);
	return strcasecmp(a->word, b->word) == 0;
}

static bool is_user(const struct cyg_debug_who *who, const char *word)
{
	char text[2 * DEBUG_WORD_MAX];
	struct cyg_strbuf b = CYG_STRBUF(text);

	if (who->username && strcasecmp(who->username, word) == 0)
		return true;
	if (!who->identity)
		return false;
	cyg_identity_text(who->identity, &b);
	return strcasecmp(text, word) == 0;
}

static bool meets(const struct debug_condition *condition, const struct cyg_debug_who *who)
{
	switch (condition->kind) {
	case DEBUG_PEER_PREFIX:
		return who->peer && cyg_prefix_holds(&condition->prefix, who->peer);
	case DEBUG_USERNAME:
		return is_user(who, condition->word);
	case DEBUG_FVRF:
		return who->fvrf && strcasecmp(who->fvrf, condition->word) == 0;
	}
	return false;
}

bool cyg_debug_admits(const struct cyg_debug_who *who)
{
	bool admitted;

	pthread_rwlock_rdlock(&lock);
	admitted = count == 0;
	for (unsigned i = 0; i < count && !admitted; i++)
		admitted = meets(&conditions[i], who);
	pthread_rwlock_unlock(&lock);
	return admitted;
}

void debug_set(unsigned kinds, bool on)
{
	if (on)
		atomic_fetch_or(&cyg_debug_mask, kinds);
	else
		atomic_fetch_and(&cyg_debug_mask, ~kinds);
}

enum cyg_status debug_condition_add(const struct debug_condition *condition)
{
	enum cyg_status status = CYG_OK;

	pthread_rwlock_wrlock(&lock);
	for (unsigned i = 0; i < count; i++) {
		if (same(&conditions[i], condition))
			status = CYG_EXISTS;
	}
	if (status == CYG_OK && count == DEBUG_CONDITIONS_MAX)
		status = CYG_LIMIT;
	if (status == CYG_OK)
		conditions[count++] = *condition;
	pthread_rwlock_unlock(&lock);
	return status;
}

enum cyg_status debug_condition_remove(const struct debug_condition *condition)
{
	enum cyg_status status = CYG_NOT_FOUND;

	pthread_rwlock_wrlock(&lock);
	for (unsigned i = 0; i < count && status != CYG_OK; i++) {
		if (!same(&conditions[i], condition))
			continue;
		conditions[i] = conditions[--count];
		status = CYG_OK;
	}
	pthread_rwlock_unlock(&lock);
	return status;
}

void debug_conditions_clear(void)
{
	pthread_rwlock_wrlock(&lock);
	count = 0;
	pthread_rwlock_unlock(&lock);
}

unsigned debug_conditions(struct debug_condition *out, unsigned room)
{
	unsigned all;

	pthread_rwlock_rdlock(&lock);
	all = count;
	for (unsigned i = 0; i < all && i < room; i++)
		out[i] = conditions[i];
	pthread_rwlock_unlock(&lock);
	return all;
}
