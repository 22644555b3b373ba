/* SPDX-License-Identifier: MIT */
/*
 * What the files of the registry share. Nobody else includes this.
 *
 *   registry.c  control thread: the registry and the plugins it knows
 *   wanted.c    control thread: what is wanted, by name or found in folders
 *   change.c    control thread: one change after another until it is so
 *   needs.c     control thread: who can start, and why not
 *   commands.c  control thread: commands to the shards and back
 *   plugin.c    control thread: one plugin: open, options, features, tests
 *   offers.c    the immutable table that shards look things up in
 *   instance.c  the owning shard: commands from control, look-ups, instances, uses
 *   selftest.c  known answers; selftest_esp.c those of ESP, and two providers against each other
 *   feature.c   names of kinds and features, who could provide what
 *   describe.c  rows for `show plugins`
 */
#ifndef REGISTRY_INTERNAL_H
#define REGISTRY_INTERNAL_H

#include "registry/options.h"
#include "registry/registry.h"
#include "shard/shard.h"

#include <stdatomic.h>

#define PLUGIN_PLACE_MAX  256
#define PLUGIN_PATH_MAX   512
#define PLUGIN_FEATURES_MAX 256
#define PRIORITY_DEFAULT  100
#define PRIORITY_MAX     1000

/* --- Features --- */

/* What a look-up asks for. Kinds without numbers have 0 everywhere. */
struct feature_key {
	enum cyg_feature_kind kind;
	uint16_t id, key_bits, integ;
};

struct feature_key feature_key(const struct cyg_feature *feature);
bool feature_key_equal(const struct feature_key *a, const struct feature_key *b);
/* The provider's own name for it, such as "MODP-2048"; a constant. */
const char *feature_name(const struct cyg_feature *feature);
/* A look-up by number, not by order: one winner per number. */
bool kind_is_algorithm(enum cyg_feature_kind kind);
bool feature_meets(const struct feature_key *have, const struct cyg_need *need);
/* The nth plugin of ours that could provide it, NULL after the last. */
const char *feature_known_provider(enum cyg_feature_kind kind, uint16_t id, unsigned n);
/* The position of a plugin in our own order; those we do not know come after. */
unsigned plugin_known_rank(const char *name);

/* Known answers. False, with `why`, if it must not be offered. Control thread. */
bool feature_self_test(struct cyg_plugin_ctx *ctx, const struct cyg_feature *feature, struct cyg_strbuf *why);

/* --- The table --- */

struct table_entry {
	struct cyg_feature feature;
	struct feature_key key;
	uint8_t slot;
};

/* Something a plugin has and does not offer. */
struct table_left_out {
	struct feature_key key;
	uint8_t slot;
	bool failed_test;
};

/* A plugin as shards may know it. */
struct table_plugin {
	struct cyg_plugin_ctx *ctx;
	const struct cyg_plugin *plugin; /* NULL if it was not opened */
	struct cyg_conf *conf;           /* NULL unless it runs */
	enum registry_state state;
	char place[PLUGIN_PLACE_MAX];
};

#define TABLE_BY_ID 64

/*
 * Immutable once made; counted. Entries are sorted by kind; within algorithms by number, then by
 * preference; within other kinds by preference.
 */
struct registry_table {
	atomic_uint refs;
	unsigned count, left_out_count, plugin_count, order_count;
	struct table_entry *entry;
	struct table_left_out *left_out;
	struct table_plugin *plugin;              /* by slot */
	uint8_t order[REGISTRY_PLUGINS_MAX];      /* slots in the order they were started */
	uint16_t first[CYG_FEATURE_KINDS + 1];
	uint16_t by_id[CYG_ESP + 1][TABLE_BY_ID]; /* 1 + index of the first with that number */
};

struct registry_table *offers_new(const struct registry *reg);
struct registry_table *offers_ref(struct registry_table *table);
void offers_unref(struct registry_table *table);
/* Why nothing has it, ": reason, reason", to be appended to a sentence; nothing if nothing is known. */
void offers_missing(const struct registry_table *table, enum cyg_feature_kind kind, uint16_t id,
		   uint16_t key_bits, struct cyg_strbuf *out);
/* The winner, NULL if there is none. */
const struct table_entry *offers_find(const struct registry_table *table, const struct feature_key *key);

/* --- Plugins --- */

struct own_feature {
	struct cyg_feature feature;
	struct feature_key key;
	bool disabled, tested, failed;
};

/* What every plugin's .conf has. */
struct common_conf {
	const char *load;
	const char *const *disable;
};

struct cyg_plugin_ctx {
	struct registry *reg;
	unsigned slot;
	char name[REGISTRY_NAME_MAX];
	const struct cyg_plugin *plugin; /* NULL until opened; then constant, even when unloaded */
	void *data;

	/* Control thread only. */
	char place[PLUGIN_PLACE_MAX], path[PLUGIN_PATH_MAX];
	char why[REGISTRY_WHY_MAX];
	enum registry_state state;
	int priority;
	unsigned rank;                   /* in configured order */
	bool in_init;                    /* cyg_plugin_add() is allowed */
	bool doomed;                     /* to be unloaded by the change under way */
	bool tried;                      /* by the change under way */
	const struct cyg_plugin *linked_in; /* into this program; not judged yet */
	struct cyg_conf *conf;           /* in force; NULL unless it runs */
	unsigned feature_count;
	struct own_feature *features;

	/* What the change under way wants. */
	struct {
		bool listed, wanted;
		unsigned rank;
		int priority;
		struct cyg_conf *conf;
		char place[PLUGIN_PLACE_MAX];
		char why[REGISTRY_WHY_MAX];
	} next;
};

/* Finds and opens it, unless that was done. False with ctx->next.why. */
bool plugin_open(struct cyg_plugin_ctx *ctx);
/* Its .conf into ctx->next. Errors are appended. False: it cannot load with this. */
bool plugin_read_conf(struct cyg_plugin_ctx *ctx, struct cyg_str text, struct cyg_strbuf *errors);
/* Features as its descriptor has them, with `disabled` by the conf. False if out of memory. */
bool plugin_list_features(struct cyg_plugin_ctx *ctx);
/* `disable` has this name. */
bool plugin_leaves_out(const struct common_conf *common, const char *name);
void plugin_mark_disabled(struct cyg_plugin_ctx *ctx, const struct cyg_conf *conf);
/*
 * Tests what will be offered and was not tested yet. ESP only once the plugin has `begun`: by itself, then against
 * the plugins that are loaded; of two that disagree the preferred one is left out, and the other goes on.
 */
void plugin_test_features(struct cyg_plugin_ctx *ctx, bool begun);
bool plugin_offers(const struct cyg_plugin_ctx *ctx, const struct cyg_need *need);
/* Its features and options in force. */
void plugin_forget_features(struct cyg_plugin_ctx *ctx);
/* Its fini(), then forgets. */
void plugin_end(struct cyg_plugin_ctx *ctx);
/* Lower case, digits, '-' and '_', and it fits. */
bool plugin_name_is_valid(struct cyg_str name);

/* --- What is wanted --- */

struct wanted {
	char name[REGISTRY_NAME_MAX];
	char place[PLUGIN_PLACE_MAX];
	char *text;
	size_t len;
	char why[REGISTRY_WHY_MAX]; /* it could not be read */
};

struct registry_set {
	unsigned count;
	struct wanted item[REGISTRY_PLUGINS_MAX];
};

/* --- Commands to shards --- */

enum command_action {
	COMMAND_ATTACH,   /* run shard_start of all in the table */
	COMMAND_DETACH,   /* stop all */
	COMMAND_SWITCH,   /* take the table; tell those whose options changed */
	COMMAND_START,    /* ... and run shard_start of `slot` */
	COMMAND_DRAIN,    /* ... and answer when `slot` has no uses left */
	COMMAND_KEEP,     /* ... and stop waiting for that */
	COMMAND_STOP,     /* free the instances of `slot` and run its shard_stop */
};

/* Goes to a shard and comes back with `status`. */
struct command {
	struct cyg_msg msg;
	struct registry *reg;
	struct registry_shard *to;
	enum command_action action;
	unsigned slot;
	struct registry_table *table; /* a reference, taken by the shard; NULL for none */
	enum cyg_status status;
};

/* On the shard. The command comes back through command_reply(), at once or later. */
void command_run(struct registry_shard *rs, struct command *command);

/* --- A shard's part --- */

struct instance {
	struct instance *next;
	const void *ops;
	void *instance;
	void (*free)(void *instance);
};

struct shard_slot {
	void *data;
	bool started;
	unsigned uses;
	atomic_uint uses_shown, instances_shown; /* for `show`; written here only */
	struct instance *instances;
	struct command *drain;                   /* waits for the last use to go */
};

struct registry_shard {
	struct cyg_shard *shard;
	struct registry *reg;
	struct registry_table *table;
	uint32_t generation;
	void **instance;        /* by index into table->entry; NULL: not made or not looked up yet */
	struct shard_slot slot[REGISTRY_PLUGINS_MAX];
	bool attached;          /* control's view */
};

struct registry_shard *registry_shard_new(struct registry *reg, struct cyg_shard *shard);
/* What is left on it is freed; plugins were stopped before. */
void registry_shard_free(struct registry_shard *rs);
void registry_shard_stop_all(struct registry_shard *rs);

/* --- The registry --- */

#define REGISTRY_DIRS_MAX   8
#define REGISTRY_ERRORS_MAX 16384

/* Where a change stands. The ones that end in -ING wait for answers. */
enum change_phase {
	PHASE_IDLE = 0,
	PHASE_ATTACHING,
	PHASE_DETACHING,
	PHASE_UNLOAD,    /* picks the next one to drain */
	PHASE_DRAINING,
	PHASE_KEEP,
	PHASE_KEEPING,
	PHASE_STOP,
	PHASE_STOPPING,
	PHASE_RELOAD,
	PHASE_RELOADING,
	PHASE_START,     /* picks the next one to start */
	PHASE_STARTING,
	PHASE_UNDO,
	PHASE_UNDOING,
	PHASE_PUBLISH,
	PHASE_PUBLISHING,
};

struct registry {
	struct cyg_shard *control;
	unsigned plugin_count;
	struct cyg_plugin_ctx *plugin[REGISTRY_PLUGINS_MAX]; /* by slot; never freed before the registry */
	unsigned order_count;
	uint8_t order[REGISTRY_PLUGINS_MAX];                 /* loaded ones, in the order of their start */
	unsigned dir_count;
	char *dir[REGISTRY_DIRS_MAX];
	unsigned shard_count;
	struct registry_shard *shard[CYG_SHARDS_MAX + 1];    /* [0] is control's own */
	struct registry_table *table;                        /* what was published last */
	uint64_t drain_ms;

	/* The change under way. */
	enum change_phase phase;
	atomic_uint pending;          /* commands that have not come back */
	bool sending, abandoned;
	enum cyg_status status;       /* the worst of the answers */
	struct cyg_op *op;
	struct cyg_plugin_ctx *current;
	struct registry_shard *joining;
	struct cyg_timer timer;       /* the deadline of a drain, or another try when out of memory */
	char errors[REGISTRY_ERRORS_MAX];
	struct cyg_strbuf error_text;
};

/* A command comes back. Any thread: it goes to control by message unless that is stepped by hand and `direct`. */
void command_reply(struct command *command, bool direct);
/* To `only`, or to every shard with its tables. False, and nothing sent, if out of memory. */
bool commands_send(struct registry *reg, struct registry_shard *only, enum command_action action, unsigned slot,
		   struct registry_table *table);
/* A table of how things stand now, to all shards. False, and nothing sent, if out of memory. */
bool commands_send_table(struct registry *reg, enum command_action action, unsigned slot);

/* The change under way goes on as far as it can without waiting. */
void change_advance(struct registry *reg);

/* Wanted by the change under way, and not tried yet. */
bool needs_waiting(const struct cyg_plugin_ctx *ctx);
/* By what its descriptor says, or it has added, and what the options to come leave of it. */
bool needs_could_offer(const struct cyg_plugin_ctx *ctx, const struct cyg_need *need);
/* The first in configured order whose needs are met; NULL if nothing more can start. */
struct cyg_plugin_ctx *needs_pick_start(struct registry *reg);
/*
 * Nothing more can start. Whoever still waits has an unmet need: because nothing has it, because
 * its provider waits too, or because they wait for each other in a circle.
 */
void needs_explain(struct registry *reg, struct cyg_plugin_ctx *ctx, struct cyg_strbuf *why);

struct cyg_plugin_ctx *registry_find(const struct registry *reg, const char *name);
enum cyg_status registry_find_or_add(struct registry *reg, const char *name, struct cyg_plugin_ctx **out);
/* When nothing of it is out any more. */
void registry_release(struct registry *reg);

#endif
