/* SPDX-License-Identifier: MIT */
/*
 * Each errand is one struct that travels: to a shard as a message, back to control as a message that
 * is always accepted. Whoever holds it when it cannot go on frees it.
 */
#include "control/pages.h"

#include "exchange/driver.h"
#include "net/net.h"

#include <cygnet/plugin.h>

#include <jansson.h>
#include <stdlib.h>
#include <time.h>

_Static_assert(sizeof(struct ike_counters) % sizeof(uint64_t) == 0, "64-bit numbers only");

#define WALK_A_TURN 64
#define RETRY_MS    20 /* a shard's mailbox was full */
/*
 * A long listing or walk is nobody's hurry, set-ups are: after so much work on it, at the shard and here, all rest
 * for one tick of the clock, and with them whoever reads the rows. So what needs the processor meanwhile gets it soon.
 */
#define WORK_TURN_US 200
#define REST_MS      1

enum walk { WALK_CLEAR, WALK_CLEAR_CHILDREN, WALK_REKEY, WALK_REKEY_CHILDREN };

struct errand {
	struct cyg_msg msg;
	struct cyg_timer retry;
	struct cyg_exec *exec;
	struct daemon *daemon;
	unsigned shard;            /* to be asked now */
	int only;                  /* no other shard, or -1 */
	void (*at_shard)(struct cyg_shard *shard, struct errand *errand);
	void (*back)(struct errand *errand);
	uint64_t work_us;          /* since the last rest, of whoever had it */

	/* Pages. */
	struct page_job job;
	struct row_cursor cursor;
	size_t count, told;        /* rows of this page */
	uint8_t family;
	union {
		struct ike_sa_row *ike;
		struct child_sa_row *child;
		struct session_row *session;
		void *rows;
	};
	/* Clear and rekey. */
	uint32_t last;
	bool begun;
	enum walk walk;
	uint64_t touched;
	const char *touched_name;
	/* Counters. */
	struct ike_counters sum, one;
	bool reset;
	void (*tell)(struct cyg_exec *exec, const struct ike_counters *sum);
	/* Totals: the sums, then what one shard has. */
	struct cyg_kernel_total *totals;
	unsigned total_count, one_count;
	void (*tell_totals)(struct cyg_exec *exec, const struct cyg_kernel_total *totals, unsigned count);
};

static uint64_t clock_us(void)
{
	struct timespec now = { 0 };

	(void)!clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void errand_free(struct errand *errand)
{
	free(errand->rows);
	free(errand->totals);
	free(errand);
}

/* The receiver is gone, and the daemon with it soon: its commands are ended by the server. */
static void errand_drop(struct cyg_msg *msg)
{
	errand_free(CYG_CONTAINER(msg, struct errand, msg));
}

static void errand_end(struct errand *errand, enum cyg_status status)
{
	struct cyg_exec *exec = errand->exec;

	errand_free(errand);
	cyg_exec_done(exec, status);
}

static void errand_send(struct errand *errand);

static void errand_retry(struct cyg_shard *control, struct cyg_timer *timer)
{
	errand_send(CYG_CONTAINER(timer, struct errand, retry));
}

static void run_back(struct cyg_shard *control, struct cyg_msg *msg)
{
	struct errand *errand = CYG_CONTAINER(msg, struct errand, msg);

	errand->back(errand);
}

static void run_at_shard(struct cyg_shard *shard, struct cyg_msg *msg)
{
	struct errand *errand = CYG_CONTAINER(msg, struct errand, msg);
	uint64_t began = clock_us();

	errand->at_shard(shard, errand);
	errand->work_us += clock_us() - began;
	errand->msg = (struct cyg_msg){ .run = run_back, .drop = errand_drop, .reserved = true };
	if (cyg_shard_post(errand->daemon->control, &errand->msg) != CYG_OK)
		errand_free(errand);
}

static void errand_send(struct errand *errand)
{
	struct cyg_shard *control = errand->daemon->control;
	struct cyg_shard *to = cyg_shard_peer(control, errand->shard);
	enum cyg_status status;

	if (!to || errand->daemon->stopping) {
		cyg_exec_error(errand->exec, "the daemon stops");
		errand_end(errand, CYG_BUSY);
		return;
	}
	errand->msg = (struct cyg_msg){ .run = run_at_shard, .drop = errand_drop };
	status = cyg_shard_post(to, &errand->msg);
	if (status == CYG_BUSY)
		cyg_timer_set(control, &errand->retry, cyg_shard_now_ms(control) + RETRY_MS, errand_retry);
	else if (status != CYG_OK)
		errand_end(errand, status);
}

/* If it is time to rest: `then` is called afterwards. */
static bool errand_rests(struct errand *errand, void (*then)(struct cyg_shard *control, struct cyg_timer *timer))
{
	struct cyg_shard *control = errand->daemon->control;

	if (errand->work_us < WORK_TURN_US)
		return false;
	errand->work_us = 0;
	cyg_timer_set(control, &errand->retry, cyg_shard_now_ms(control) + REST_MS, then);
	return true;
}

/* On to the next shard; false if that was the last. */
static bool errand_next(struct errand *errand)
{
	if (errand->only >= 0 || errand->shard + 1 >= errand->daemon->shard_count)
		return false;
	errand->shard++;
	return true;
}

static struct errand *errand_new(struct cyg_exec *exec, int only)
{
	struct errand *errand = calloc(1, sizeof(*errand));

	if (!errand)
		return NULL;
	errand->exec = exec;
	errand->daemon = exec->ctx;
	errand->only = only;
	errand->shard = only >= 0 ? (unsigned)only : 0;
	return errand;
}

/* --- Pages --- */

static void page_at_shard(struct cyg_shard *shard, struct errand *errand)
{
	struct ike_filter filter = errand->job.filter;

	if (errand->job.by_family) {
		filter.families_only = true;
		filter.family = errand->family;
	}
	errand->count = errand->told = 0;
	if (!shard->engine)
		errand->cursor.end = true;
	else if (errand->job.kind == PAGE_IKE)
		errand->count = ike_rows(shard->engine, &filter, &errand->cursor, errand->ike, ROWS_PAGE);
	else if (errand->job.kind == PAGE_CHILD)
		errand->count = child_rows(shard->engine, &filter, &errand->cursor, errand->child, ROWS_PAGE);
	else
		errand->count = session_rows(shard->engine, &filter, &errand->cursor, errand->session, ROWS_PAGE);
}

static void page_tell(struct errand *errand, size_t i)
{
	const struct session_row *session;

	switch (errand->job.kind) {
	case PAGE_IKE:
		errand->job.ike(errand->exec, &errand->job, &errand->ike[i]);
		break;
	case PAGE_CHILD:
		errand->job.child(errand->exec, &errand->job, &errand->child[i]);
		break;
	case PAGE_SESSION:
		session = &errand->session[i];
		if (session->child_row)
			errand->job.child(errand->exec, &errand->job, &session->child);
		else
			errand->job.ike(errand->exec, &errand->job, &session->ike);
		break;
	}
	errand->job.rows++;
}

/* The next rows of the page, until it is time to rest. */
static void page_turn(struct errand *errand)
{
	uint64_t began = clock_us();

	while (errand->told < errand->count) {
		page_tell(errand, errand->told++);
		if (errand->work_us + (clock_us() - began) >= WORK_TURN_US)
			break;
	}
	exec_flush(errand->exec);
	errand->work_us += clock_us() - began;
}

/* All of the page is told: where is the next? False: it was the last. */
static bool page_next(struct errand *errand)
{
	if (!errand->cursor.end)
		return true;
	errand->cursor = (struct row_cursor){ 0 };
	if (errand_next(errand))
		return true;
	if (!errand->job.by_family || errand->family == CYG_IPV6)
		return false;
	errand->family = CYG_IPV6;
	errand->shard = errand->only >= 0 ? (unsigned)errand->only : 0;
	if (errand->job.heading)
		errand->job.heading(errand->exec, CYG_IPV6);
	return true;
}

static void page_rested(struct cyg_shard *control, struct cyg_timer *timer);

/* With what a page brought; again when there was a rest, and when the client has read on or has gone. */
static void page_go_on(struct cyg_exec *exec, void *arg)
{
	struct errand *errand = arg;

	do {
		if (exec_unread(exec)) {
			errand_end(errand, CYG_OK);
			return;
		}
		page_turn(errand);
		if (errand->told == errand->count && !page_next(errand)) {
			if (errand->job.end)
				errand->job.end(exec, &errand->job, errand->job.rows);
			errand_end(errand, CYG_OK);
			return;
		}
		if (errand_rests(errand, page_rested))
			return;
		if (!exec_room(exec, page_go_on, errand))
			return;
	} while (errand->told < errand->count);
	errand_send(errand);
}

static void page_rested(struct cyg_shard *control, struct cyg_timer *timer)
{
	struct errand *errand = CYG_CONTAINER(timer, struct errand, retry);

	page_go_on(errand->exec, errand);
}

static void page_back(struct errand *errand)
{
	page_go_on(errand->exec, errand);
}

static size_t row_size(enum page_kind kind)
{
	return kind == PAGE_IKE   ? sizeof(struct ike_sa_row) :
	       kind == PAGE_CHILD ? sizeof(struct child_sa_row) : sizeof(struct session_row);
}

enum cyg_status pages_run(struct cyg_exec *exec, const struct page_job *job)
{
	unsigned shard = 0;
	struct daemon *daemon = exec->ctx;
	bool one = job->filter.serial != 0;
	struct errand *errand;

	/* The serial in a job is a tunnel id yet: it names the shard too. */
	errand = errand_new(exec, -1);
	if (!errand)
		return CYG_NOMEM;
	errand->job = *job;
	errand->job.shard_count = daemon->shard_count;
	if (one && pages_filter_tunnel(&errand->job.filter, job->filter.serial, daemon->shard_count, &shard) ==
			   CYG_OK) {
		errand->only = (int)shard;
		errand->shard = shard;
	}
	errand->rows = calloc(ROWS_PAGE, row_size(job->kind));
	if (!errand->rows) {
		errand_free(errand);
		return CYG_NOMEM;
	}
	errand->family = CYG_IPV4;
	errand->at_shard = page_at_shard;
	errand->back = page_back;
	if (job->by_family && job->heading)
		job->heading(exec, CYG_IPV4);
	errand_send(errand);
	return CYG_PENDING;
}

enum cyg_status pages_filter_tunnel(struct ike_filter *filter, uint64_t tunnel_id, unsigned shard_count,
				    unsigned *shard)
{
	uint64_t serial = (tunnel_id - 1) / shard_count + 1;

	if (tunnel_id == 0 || serial > UINT32_MAX)
		return CYG_NOT_FOUND;
	filter->serial = (uint32_t)serial;
	*shard = (unsigned)((tunnel_id - 1) % shard_count);
	return CYG_OK;
}

/* --- Walks: what is asked of SAs --- */

static void walk_at_shard(struct cyg_shard *shard, struct errand *errand)
{
	const struct ike_filter *filter = &errand->job.filter;
	struct ike_shard *ike = shard->engine;

	errand->cursor.end = true;
	if (!ike)
		return;
	/* What is younger than the command is left alone. */
	if (!errand->begun)
		errand->last = ike_last_serial(ike);
	errand->begun = true;
	switch (errand->walk) {
	case WALK_CLEAR:
		errand->touched += ike_clear(ike, filter, &errand->cursor, errand->last, WALK_A_TURN);
		break;
	case WALK_CLEAR_CHILDREN:
		errand->touched += ike_clear_children(ike, filter, &errand->cursor, errand->last, WALK_A_TURN);
		break;
	case WALK_REKEY:
	case WALK_REKEY_CHILDREN:
		errand->touched += ike_rekey(ike, filter, errand->walk == WALK_REKEY_CHILDREN, &errand->cursor,
					     errand->last, WALK_A_TURN);
		break;
	}
}

static void walk_back(struct errand *errand)
{
	struct cyg_exec *exec = errand->exec;

	if (!errand->cursor.end) {
		if (!errand_rests(errand, errand_retry))
			errand_send(errand);
		return;
	}
	errand->begun = false;
	errand->cursor = (struct row_cursor){ 0 };
	if (errand_next(errand)) {
		errand_send(errand);
		return;
	}
	cyg_exec_row(exec, json_pack("{s:I}", errand->touched_name, (json_int_t)errand->touched));
	errand_end(errand, CYG_OK);
}

static enum cyg_status walk(struct cyg_exec *exec, const struct ike_filter *filter, int only, enum walk what,
			    const char *touched_name)
{
	struct errand *errand = errand_new(exec, only);

	if (!errand)
		return CYG_NOMEM;
	errand->job.filter = *filter;
	errand->walk = what;
	errand->touched_name = touched_name;
	errand->at_shard = walk_at_shard;
	errand->back = walk_back;
	errand_send(errand);
	return CYG_PENDING;
}

enum cyg_status pages_clear(struct cyg_exec *exec, const struct ike_filter *filter, int only)
{
	return walk(exec, filter, only, WALK_CLEAR, "cleared");
}

enum cyg_status pages_rekey(struct cyg_exec *exec, const struct ike_filter *filter, bool children, int only)
{
	return walk(exec, filter, only, children ? WALK_REKEY_CHILDREN : WALK_REKEY, "rekeyed");
}

enum cyg_status pages_clear_children(struct cyg_exec *exec, const struct ike_filter *filter)
{
	return walk(exec, filter, -1, WALK_CLEAR_CHILDREN, "cleared");
}

/* --- Counters --- */

static void counters_at_shard(struct cyg_shard *shard, struct errand *errand)
{
	errand->one = (struct ike_counters){ 0 };
	if (!shard->engine)
		return;
	errand->one = *ike_counters(shard->engine);
	if (errand->reset)
		ike_counters_clear(shard->engine);
}

static void counters_back(struct errand *errand)
{
	/* Nothing but 64-bit numbers, so that a new one is summed without a line here. */
	uint64_t *sum = (uint64_t *)&errand->sum;
	const uint64_t *one = (const uint64_t *)&errand->one;

	for (size_t i = 0; i < sizeof(errand->sum) / sizeof(uint64_t); i++)
		sum[i] += one[i];
	if (errand_next(errand)) {
		errand_send(errand);
		return;
	}
	if (errand->tell)
		errand->tell(errand->exec, &errand->sum);
	errand_end(errand, CYG_OK);
}

enum cyg_status pages_counters(struct cyg_exec *exec, bool reset,
			       void (*tell)(struct cyg_exec *exec, const struct ike_counters *sum))
{
	struct errand *errand = errand_new(exec, -1);

	if (!errand)
		return CYG_NOMEM;
	errand->reset = reset;
	errand->tell = tell;
	errand->at_shard = counters_at_shard;
	errand->back = counters_back;
	errand_send(errand);
	return CYG_PENDING;
}

/* --- Totals --- */

static const struct socket_counter {
	const char *name, *help;
	bool drop;
	size_t offset;
} socket_counters[] = {
#define COUNTER(member_, drop_, help_) { "socket_" #member_, help_, drop_, offsetof(struct net_counters, member_) }
	COUNTER(datagrams_in, false, "datagrams received on UDP 500 and 4500"),
	COUNTER(datagrams_out, false, "datagrams sent"),
	COUNTER(receive_calls, false, "calls that received"),
	COUNTER(send_calls, false, "calls that sent"),
	COUNTER(runs_out, false, "runs of ESP sent whole"),
	COUNTER(runs_split, false, "runs of ESP that the system could not cut"),
	COUNTER(esp_in, false, "ESP packets in UDP"),
	COUNTER(keepalives_in, false, "NAT keepalives"),
	COUNTER(forwarded, false, "datagrams handed to the shard they belong to"),
	COUNTER(truncated, true, "longer than any buffer"),
	COUNTER(too_short, true, "shorter than IKE or ESP"),
	COUNTER(no_address, true, "without a source that can be answered"),
	COUNTER(not_unicast, true, "to a broadcast or multicast address"),
	COUNTER(esp_unwanted, true, "ESP that no data plane takes"),
	COUNTER(kernel_dropped, true, "before us: a receive buffer was full"),
	COUNTER(forward_dropped, true, "for a shard that is too busy"),
	COUNTER(send_refused, true, "refused by the system"),
	COUNTER(send_no_socket, true, "from an address without a socket"),
	COUNTER(send_too_long, true, "longer than UDP carries"),
	COUNTER(send_overflow, true, "while a socket was full for too long"),
#undef COUNTER
};

_Static_assert(CYG_COUNT(socket_counters) <= CYG_KERNEL_TOTALS_MAX, "room in an errand");

static void totals_at_shard(struct cyg_shard *shard, struct errand *errand)
{
	struct cyg_kernel_total *one = errand->totals + PAGES_TOTALS_MAX;
	struct cyg_plugin_ctx *ctx;
	const struct cyg_feature *kernel = cyg_get_feature(shard, CYG_KERNEL, 0, &ctx);

	errand->one_count = 0;
	if (kernel && kernel->kernel->totals)
		errand->one_count = kernel->kernel->totals(ctx, shard, one);
	for (size_t i = 0; shard->net && i < CYG_COUNT(socket_counters); i++) {
		const struct socket_counter *c = &socket_counters[i];

		one[errand->one_count++] = (struct cyg_kernel_total){
			c->name, c->help, c->drop,
			*(const uint64_t *)((const char *)net_counters(shard->net) + c->offset),
		};
	}
}

static void totals_back(struct errand *errand)
{
	for (unsigned i = 0; i < errand->one_count; i++) {
		const struct cyg_kernel_total *one = &errand->totals[PAGES_TOTALS_MAX + i];
		unsigned at = 0;

		while (at < errand->total_count && strcmp(errand->totals[at].name, one->name) != 0)
			at++;
		if (at == PAGES_TOTALS_MAX)
			break; /* another data plane since the last shard was asked */
		if (at == errand->total_count)
			errand->totals[errand->total_count++] = *one;
		else
			errand->totals[at].value += one->value;
	}
	if (errand_next(errand)) {
		errand_send(errand);
		return;
	}
	errand->tell_totals(errand->exec, errand->totals, errand->total_count);
	errand_end(errand, CYG_OK);
}

enum cyg_status pages_totals(struct cyg_exec *exec, void (*tell)(struct cyg_exec *exec,
								 const struct cyg_kernel_total *totals, unsigned count))
{
	struct errand *errand = errand_new(exec, -1);

	if (errand)
		errand->totals = calloc(2 * PAGES_TOTALS_MAX, sizeof(*errand->totals));
	if (!errand || !errand->totals) {
		free(errand);
		return CYG_NOMEM;
	}
	errand->tell_totals = tell;
	errand->at_shard = totals_at_shard;
	errand->back = totals_back;
	errand_send(errand);
	return CYG_PENDING;
}
