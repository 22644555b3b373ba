/* SPDX-License-Identifier: MIT */
/*
 * Plugins and what they provide.
 *
 * The registry object belongs to the control thread: it opens plugins, checks their options, orders
 * them by needs, tests their algorithms, starts, reloads and unloads them. What shards see is an immutable,
 * counted *table* of features; a change makes a new table and sends it to every shard, which
 * switches between two turns of its loop, raises its generation and goes on. Each shard keeps, for itself
 * alone, the plugins' shard data, the algorithm instances made so far and the counts of uses.
 *
 * All functions here: control thread only, unless said otherwise. With shards that are stepped by the
 * calling thread (tests) everything happens inside the call; with shards on threads of their own
 * a change is an operation that ends when every shard has answered.
 */
#ifndef REGISTRY_REGISTRY_H
#define REGISTRY_REGISTRY_H

#include <cygnet/plugin.h>

struct registry;
struct registry_shard;

#define REGISTRY_PLUGINS_MAX  64
#define REGISTRY_NAME_MAX     48
#define REGISTRY_WHY_MAX     512
#define REGISTRY_CONF_MAX  65536 /* octets of one plugin's .conf */

/* --- What is wanted --- */

/* The wanted plugins in configured order, with the text of their .conf; built, applied, freed. */
struct registry_set;
struct registry_set *registry_set_new(void);
void registry_set_free(struct registry_set *set);
/* One more plugin at the end. `place` names its .conf in messages ("plugins/gmp.conf"), `text` is
 * what is in it (copied; not NUL-terminated; empty: all defaults). CYG_EXISTS if it is in the set already. */
enum cyg_status registry_set_add(struct registry_set *set, const char *name, const char *place,
				 struct cyg_str text) CYG_MUST_CHECK;
/* The same for one whose file could not be read: it will not load, and `why` is shown. */
enum cyg_status registry_set_add_unreadable(struct registry_set *set, const char *name,
					    const char *place, const char *why) CYG_MUST_CHECK;
/*
 * Everything there is: each plugin found in `plugin_dirs` (NULL-terminated) or named by a .conf in `conf_dir`
 * (may be NULL or absent), with its .conf. Order: `order` (may be NULL), then the ones we know in
 * our own order, then by name.
 */
enum cyg_status registry_set_scan(struct registry_set *set, const char *const *plugin_dirs,
				  const char *conf_dir, const char *const *order) CYG_MUST_CHECK;

/* --- Life --- */

/* `control` is the control thread's shard; it gets tables of its own (look-ups work on it). NULL if
 * out of memory. */
struct registry *registry_new(struct cyg_shard *control);
/* Ends all that is loaded, in reverse. Shards with threads of their own must have left by now
 * (registry_detach(), registry_leave()). NULL is fine. */
void registry_free(struct registry *reg);

/* Where plugins are looked for: DIR/NAME.so, DIR/NAME/.libs/NAME.so. In order of calls. */
enum cyg_status registry_add_dir(struct registry *reg, const char *dir) CYG_MUST_CHECK;
/* A plugin that is linked into this program (a monolithic build, tests): found before any directory. */
enum cyg_status registry_add_static(struct registry *reg, const struct cyg_plugin *plugin) CYG_MUST_CHECK;

/*
 * A shard joins: takes the tables and runs `shard_start` of everything loaded, on its own thread.
 * Calls before registry_apply() are cheapest. CYG_OK, CYG_PENDING, or why it cannot.
 */
enum cyg_status registry_attach(struct registry *reg, struct cyg_shard *shard, struct cyg_op *op)
	CYG_MUST_CHECK;
/* A shard leaves: `shard_stop` of everything in reverse, on its own thread; its uses are void. */
enum cyg_status registry_detach(struct registry *reg, struct cyg_shard *shard, struct cyg_op *op)
	CYG_MUST_CHECK;
/* The same from the shard itself, at its end. The shard's own thread; a shard that never joined is fine. */
void registry_leave(struct cyg_shard *shard);

/*
 * Makes the wanted set so: checks every option first, and if one is wrong and `strict` is set nothing
 * changes and CYG_MALFORMED says so; else (at start) the plugin at fault stays out. Then what is no
 * longer wanted is drained and unloaded, the rest told of its new options, what is new started. One change at a time:
 * CYG_BUSY. A plugin that does not load is no failure of the call: registry_describe() and the log say why.
 */
enum cyg_status registry_apply(struct registry *reg, const struct registry_set *set, bool strict,
			       struct cyg_op *op) CYG_MUST_CHECK;
/* The errors of the last registry_apply(), one a line; "" for none. Valid until the next. */
const char *registry_errors(const struct registry *reg);
/* How long a plugin may take to be free of uses before it is kept after all. */
void registry_set_drain_ms(struct registry *reg, uint64_t ms);

/* For a quick start in tests and small tools: the plugin, statically linked, with a .conf text (may be NULL), attached
 * to `shard` (stepped by this thread). NULL, with a line on standard error, if anything fails. */
struct registry *registry_quick(struct cyg_shard *control, struct cyg_shard *shard,
				const struct cyg_plugin *const *plugins, const char *const *confs);
/* Undoes it: detaches the shard and frees. */
void registry_quick_end(struct registry *reg, struct cyg_shard *shard);

/* --- What is there --- */

enum registry_state {
	REGISTRY_OFF,       /* load = no */
	REGISTRY_LOADED,
	REGISTRY_DRAINING,
	REGISTRY_FAILED,    /* `why` */
};
const char *registry_state_text(enum registry_state state);

enum registry_offer { OFFER_WINNER, OFFER_SPARE, OFFER_DISABLED, OFFER_FAILED_TEST };

struct registry_provides {
	enum cyg_feature_kind kind;
	uint16_t id, key_bits, integ;
	char name[REGISTRY_NAME_MAX];      /* "MODP-2048" */
	enum registry_offer offer;         /* WINNER: look-ups get this one */
};

struct registry_needs {
	enum cyg_feature_kind kind;
	uint16_t id;
	bool optional, met;
	char name[REGISTRY_NAME_MAX];
};

struct registry_row {
	char name[REGISTRY_NAME_MAX], version[REGISTRY_NAME_MAX], summary[128];
	char path[256];                    /* of the shared object; "" if linked in */
	char conf[256];                    /* its .conf */
	enum registry_state state;
	int priority;
	char why[REGISTRY_WHY_MAX];        /* why not loaded, or why not unloaded */
	unsigned provides_count, needs_count;
	struct registry_provides *provides;
	struct registry_needs *needs;
	unsigned instances, uses;          /* over all shards */
};

/* Rows of `show plugins detail`, in configured order; freed by registry_rows_free(). */
enum cyg_status registry_describe(const struct registry *reg, struct registry_row **rows, size_t *count)
	CYG_MUST_CHECK;
void registry_rows_free(struct registry_row *rows, size_t count);

/* "KE", "cipher", "kernel": a word for a kind; constant. Any thread. */
const char *registry_kind_text(enum cyg_feature_kind kind);
/* "MODP-2048 (KE 14)". Any thread. */
void registry_feature_name(enum cyg_feature_kind kind, uint16_t id, uint16_t key_bits, struct cyg_strbuf *out);
/*
 * Why a look-up on this shard found nothing, with what would mend it, one line: "no plugin provides
 * MODP-2048 (KE 14): openssl leaves it out (plugins/openssl.conf: disable), gmp is off
 * (plugins/gmp.conf: load = no)". The shard's own thread.
 */
void registry_missing_text(const struct cyg_shard *shard, enum cyg_feature_kind kind, uint16_t id,
			   uint16_t key_bits, struct cyg_strbuf *out);

/* The option table that every plugin has (`load`, `disable`), for sample files and the manual. */
extern const struct cyg_option registry_common_options[];

#endif
