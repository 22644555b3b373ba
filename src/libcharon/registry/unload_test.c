/* SPDX-License-Identifier: MIT */
/*
 * Unload under traffic, with real threads: two shards use a plugin's algorithm all the time, holding
 * it over turns and handing it to helper threads, while control unloads and loads the plugin a thousand times.
 * Made for ThreadSanitizer; without it, it still finds a use after fini.
 *
 * usage: registry_unload_tests [ROUNDS]
 */
#include "registry/registry.h"
#include "shard/shard.h"

#include "log/log.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define WORKERS 2
#define ROUNDS  1000

/* --- A plugin that notices when it is used while it is not there --- */

static atomic_bool running;
static atomic_uint faults, inits;

static void fault(const char *what)
{
	fprintf(stderr, "unload: %s\n", what);
	atomic_fetch_add(&faults, 1);
}

struct instance {
	bool live;
	uint64_t computed;
};

static enum cyg_status instance_new(struct cyg_plugin_ctx *ctx, void **out)
{
	struct instance *in = calloc(1, sizeof(*in));

	if (!in)
		return CYG_NOMEM;
	in->live = true;
	*out = in;
	return CYG_OK;
}

static void instance_free(void *opaque)
{
	struct instance *in = opaque;

	in->live = false;
	free(in);
}

static enum cyg_status sum(void *opaque, const struct cyg_bytes *parts, size_t count, uint8_t *out)
{
	struct instance *in = opaque;

	if (!in->live)
		fault("a dead instance is used");
	in->computed++;
	*out = 0;
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < parts[i].len; j++)
			*out = (uint8_t)(*out + parts[i].ptr[j]);
	}
	return CYG_OK;
}

static const struct cyg_vector vectors[] = {
	{ .in = { (const uint8_t *)"\1\2\3", 3 }, .out = { (const uint8_t *)"\6", 1 } },
	{ .out = { NULL, 0 } },
};
static const struct cyg_hash_ops hash = { .id = CYG_HASH_SHA2_512, .name = "sum", .out_len = 1, .vectors = vectors,
	.instance_new = instance_new, .instance_free = instance_free, .compute = sum };
static const struct cyg_feature provides[] = { CYG_PROVIDE_HASH(&hash), CYG_FEATURES_END };

struct options {
	uint32_t number;
	const char *text;
};
static const struct cyg_option options[] = {
	CYG_OPT_UINT(struct options, number, "number", "0", 0, 1000000, "Another one each round."),
	CYG_OPT_STRING(struct options, text, "text", "x", "Text that is freed with the old options."),
	CYG_OPT_END,
};

static enum cyg_status init(struct cyg_plugin_ctx *ctx)
{
	cyg_plugin_set_data(ctx, malloc(1));
	atomic_fetch_add(&inits, 1);
	atomic_store(&running, true);
	return cyg_plugin_data(ctx) ? CYG_OK : CYG_NOMEM;
}

static enum cyg_status start(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard)
{
	int *data = malloc(sizeof(*data));

	if (!data)
		return CYG_NOMEM;
	*data = 1;
	cyg_plugin_set_shard_data(ctx, shard, data);
	return CYG_OK;
}

static void reloaded(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard)
{
	const struct options *o = CYG_CONF(ctx, shard, struct options);

	if (o->text[0] != 'x')
		fault("options are torn");
}

static void stop(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard)
{
	free(cyg_plugin_shard_data(ctx, shard));
}

static void fini(struct cyg_plugin_ctx *ctx)
{
	atomic_store(&running, false);
	free(cyg_plugin_data(ctx));
}

CYG_PLUGIN(victim, "victim", .provides = provides, .options = options, .conf_size = sizeof(struct options),
	   .init = init, .shard_start = start, .reloaded = reloaded, .shard_stop = stop, .fini = fini);

/* --- Traffic: a message to itself that never ends --- */

struct traffic {
	struct cyg_msg msg;
	struct cyg_job job;
	struct cyg_shard *shard;
	struct cyg_plugin_ctx *held;  /* a use that lasts some turns */
	struct cyg_hash hash;
	unsigned turns, hold;
	bool job_out;
	atomic_bool resting;
	uint64_t used, missed;
};

static struct traffic traffic[WORKERS];
static atomic_bool stopping;
static struct shard_group *group;

static void use_hash(const struct cyg_hash *h)
{
	const struct cyg_bytes in = cyg_bytes("\1\2\3\4", 4);
	uint8_t out;

	if (!atomic_load(&running))
		fault("it is used after fini");
	if (h->ops->compute(h->instance, &in, 1, &out) != CYG_OK || out != 10)
		fault("a wrong sum");
}

/* What a slow key exchange does: the use keeps the plugin while a helper works with its code. */
static void work(struct cyg_job *job)
{
	if (!atomic_load(&running))
		fault("a helper runs after fini");
}

static void finish_job(struct cyg_shard *shard, struct cyg_job *job)
{
	struct traffic *t = CYG_CONTAINER(job, struct traffic, job);

	t->job_out = false;
	if (t->held)
		cyg_plugin_release(t->held, shard);
	t->held = NULL;
}

static void drop_job(struct cyg_job *job)
{
}

static void turn(struct cyg_shard *shard, struct cyg_msg *msg)
{
	struct traffic *t = CYG_CONTAINER(msg, struct traffic, msg);
	struct cyg_hash now;

	t->turns++;
	if (t->held) {
		use_hash(&t->hash);
		if (!t->job_out && t->hold-- == 0) {
			cyg_plugin_release(t->held, shard);
			t->held = NULL;
		}
	} else if (cyg_get_hash(shard, CYG_HASH_SHA2_512, &now) == CYG_OK) {
		const struct options *o = CYG_CONF(now.provider, shard, struct options);

		if (o->text[0] != 'x')
			fault("options are gone");
		use_hash(&now);
		t->used++;
		if (t->turns % 3 == 0) {
			t->hash = now;
			t->held = now.provider;
			t->hold = t->turns % 5;
			cyg_plugin_use(now.provider, shard);
		}
		if (t->held && t->turns % 2 == 0) {
			t->job = (struct cyg_job){ .work = work, .finish = finish_job, .drop = drop_job };
			t->job_out = cyg_job_start(shard, &t->job) == CYG_OK;
		}
	} else {
		t->missed++;
		sched_yield(); /* control has to come by, on a small machine too */
	}
	if (atomic_load(&stopping) && !t->held && !t->job_out) {
		atomic_store(&t->resting, true);
		return;
	}
	t->msg.reserved = true;
	if (cyg_shard_post(shard, &t->msg) != CYG_OK)
		fault("a reserved message is refused");
}

static void drop(struct cyg_msg *msg)
{
}

/* --- Control: one change after another --- */

static struct registry *reg;
static struct cyg_op op;
static unsigned step, rounds = ROUNDS;

static void next_step(void);

static void step_done(struct cyg_op *ended, enum cyg_status status)
{
	if (status != CYG_OK) {
		fault(cyg_status_text(status));
		shard_stop(shard_group_control(group));
		return;
	}
	next_step();
}

static bool is_loaded(void)
{
	struct registry_row *rows;
	size_t count;
	bool loaded;

	if (registry_describe(reg, &rows, &count) != CYG_OK)
		return false;
	loaded = count == 1 && rows[0].state == REGISTRY_LOADED;
	registry_rows_free(rows, count);
	return loaded;
}

/* Load, new options, unload, and so on; then the shards leave. */
static enum cyg_status do_step(void)
{
	struct cyg_shard *control = shard_group_control(group);
	unsigned phase = (step - WORKERS) % 3, round = (step - WORKERS) / 3;
	struct registry_set *set;
	enum cyg_status status;
	char conf[64];

	cyg_op_init(&op, control, step_done);
	if (step < WORKERS)
		return registry_attach(reg, shard_group_worker(group, step), &op);
	if (round == rounds) {
		/* The traffic ends by itself; then the shards are stopped. */
		atomic_store(&stopping, true);
		shard_stop(control);
		return CYG_PENDING;
	}
	if (phase == 1 && !is_loaded())
		fault("it did not load");
	if (phase == 0 && round && is_loaded())
		fault("it did not unload");
	set = registry_set_new();
	snprintf(conf, sizeof(conf), "number = %u\ntext = x%u\n", step, step);
	status = set ? CYG_OK : CYG_NOMEM;
	if (status == CYG_OK && phase != 2)
		status = registry_set_add(set, "victim", "plugins/victim.conf", cyg_str(conf));
	if (status == CYG_OK)
		status = registry_apply(reg, set, true, &op);
	registry_set_free(set);
	return status;
}

static void next_step(void)
{
	enum cyg_status status;

	do {
		status = do_step();
		step++;
	} while (status == CYG_OK);
	if (status != CYG_PENDING) {
		fault(cyg_status_text(status));
		shard_stop(shard_group_control(group));
	}
}

static void begin(struct cyg_shard *control, struct cyg_msg *msg)
{
	next_step();
}

static void end_shard(struct cyg_shard *shard, void *ctx)
{
	registry_leave(shard);
}

int main(int argc, char **argv)
{
	const struct shard_setup setup = { .workers = WORKERS };
	struct cyg_msg first = { .run = begin, .drop = drop };
	struct cyg_shard *control;
	uint64_t used = 0, missed = 0;

	if (argc > 1)
		rounds = (unsigned)strtoul(argv[1], NULL, 10);
	log_capture_start(); /* two lines a round */
	if (shard_group_new(&setup, &group) != CYG_OK)
		return EXIT_FAILURE;
	control = shard_group_control(group);
	reg = registry_new(control);
	if (!reg || registry_add_static(reg, &cyg_plugin_victim) != CYG_OK)
		return EXIT_FAILURE;
	registry_set_drain_ms(reg, 60000);
	for (unsigned i = 0; i < WORKERS; i++) {
		struct cyg_shard *shard = shard_group_worker(group, i);

		shard->end = end_shard;
		traffic[i].shard = shard;
		traffic[i].msg = (struct cyg_msg){ .run = turn, .drop = drop };
		if (shard_start(shard) != CYG_OK || cyg_shard_post(shard, &traffic[i].msg) != CYG_OK)
			return EXIT_FAILURE;
	}
	if (cyg_shard_post(control, &first) != CYG_OK || shard_run(control) != CYG_OK)
		return EXIT_FAILURE;
	for (unsigned i = 0; i < WORKERS; i++) {
		while (!atomic_load(&traffic[i].resting))
			usleep(1000);
		shard_stop(shard_group_worker(group, i));
	}
	for (unsigned i = 0; i < WORKERS; i++)
		shard_join(shard_group_worker(group, i));
	registry_free(reg);
	shard_group_free(group);
	log_capture_stop();
	for (unsigned i = 0; i < WORKERS; i++) {
		used += traffic[i].used;
		missed += traffic[i].missed;
	}
	printf("unloaded under traffic: %u times, %llu uses, %llu look-ups while it was away, %u faults\n",
	       atomic_load(&inits), (unsigned long long)used, (unsigned long long)missed, atomic_load(&faults));
	if (!used || !missed || atomic_load(&inits) != rounds || atomic_load(&running))
		return EXIT_FAILURE;
	return atomic_load(&faults) ? EXIT_FAILURE : EXIT_SUCCESS;
}
