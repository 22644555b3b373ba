/* SPDX-License-Identifier: MIT */
/*
 * The daemon's way up and down, as two lists of steps (daemon_up.c, daemon_down.c) on the control thread's loop. A step
 * ends at once, or goes on when an operation, a round of the shards or a file has answered.
 */
#include "config.h"

#include "control/language.h"
#include "control/publish.h"
#include "control/reload.h"
#include "control/running.h"
#include "control/vault.h"
#include "log/log.h"

#include <cygnet/log.h>
#include <cygnet/plugin.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define STOP_SLACK_MS 2000 /* beyond `stop`, for what is ours alone */

static struct running *running_of(struct daemon *daemon)
{
	return CYG_CONTAINER(daemon, struct running, d);
}

const char *daemon_hostname(const struct daemon *daemon)
{
	const struct config_global *global = daemon->config ? config_view(daemon->config)->global : NULL;

	return global && global->hostname[0] ? global->hostname : "cygnet";
}

const struct cyg_kernel_ops *daemon_kernel(struct daemon *daemon, struct cyg_plugin_ctx **ctx)
{
	const struct cyg_feature *feature = cyg_get_feature(daemon->control, CYG_KERNEL, 0, ctx);

	return feature ? feature->kernel : NULL;
}

/* --- Steps --- */

static void go_down(struct running *r);

void go_on(struct running *r, enum cyg_status status)
{
	while (status != CYG_PENDING) {
		if (status != CYG_OK && !r->down && r->code == DAEMON_STOPPED)
			r->code = DAEMON_FAILED;
		if ((status != CYG_OK || r->d.stopping) && !r->down) {
			go_down(r);
			return;
		}
		if (!r->steps[r->step])
			return;
		status = r->steps[r->step++](r);
	}
}

static void op_done(struct cyg_op *op, enum cyg_status status)
{
	struct running *r = CYG_CONTAINER(op, struct running, op);

	go_on(r, r->after(r, status));
}

struct cyg_op *op_for(struct running *r, enum cyg_status (*after)(struct running *r, enum cyg_status status))
{
	r->after = after;
	cyg_op_init(&r->op, r->d.control, op_done);
	return &r->op;
}

enum cyg_status op_result(struct running *r, enum cyg_status status)
{
	return status == CYG_PENDING ? status : r->after(r, status);
}

void round_done(struct daemon *daemon, void *ctx)
{
	struct running *r = ctx;

	go_on(r, r->after ? r->after(r, CYG_OK) : CYG_OK);
}

enum cyg_status run_round(struct running *r, bool (*run)(struct cyg_shard *shard, void *ctx, unsigned index),
			  enum cyg_status (*after)(struct running *r, enum cyg_status status))
{
	enum cyg_status status;

	r->after = after;
	status = round_start(&r->d, run, r, round_done);
	return status == CYG_OK ? CYG_PENDING : status;
}

void interfaces_done(struct daemon *daemon, void *ctx)
{
	go_on(ctx, CYG_OK);
}

static void go_down(struct running *r)
{
	r->d.stopping = true;
	r->d.running = false;
	r->down = true;
	r->steps = down_steps;
	r->step = 0;
	go_on(r, CYG_OK);
}

static void out_of_patience(struct cyg_shard *control, struct cyg_timer *timer)
{
	struct running *r = CYG_CONTAINER(timer, struct running, patience);

	cyg_log(CYG_LOG_ERROR, "daemon.forced", "the daemon did not stop in time and ends at once");
	log_flush(500);
	_exit(r->code);
}

/* What is under way is awaited: the step up, or the changes (changes_over()). */
static void stop(struct running *r)
{
	if (r->d.stopping)
		return;
	r->d.stopping = true;
	cyg_log(CYG_LOG_NOTICE, "daemon.stopping", "the daemon stops");
	cyg_timer_set(r->d.control, &r->patience,
		      cyg_shard_now_ms(r->d.control) + r->d.options->stop_ms + STOP_SLACK_MS, out_of_patience);
	if (r->d.running && !r->d.changing)
		go_down(r);
}

static void go_down_later(struct cyg_shard *control, struct cyg_timer *timer)
{
	struct running *r = CYG_CONTAINER(timer, struct running, later);

	if (!r->down)
		go_down(r);
}

/* Its command's client may be on the stack here: the way down begins in a turn of its own. */
static void changes_over(struct daemon *daemon)
{
	if (daemon->stopping)
		cyg_timer_set(daemon->control, &running_of(daemon)->later, cyg_shard_now_ms(daemon->control),
			      go_down_later);
}

static void signal_ready(struct cyg_shard *control, struct cyg_poll *poll, unsigned events)
{
	struct running *r = CYG_CONTAINER(poll, struct running, signals);
	struct signalfd_siginfo info;

	while (read(poll->fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGHUP:
			if (log_reopen() != CYG_OK)
				cyg_log(CYG_LOG_WARNING, "log.reopen", "the log file cannot be opened anew");
			if (reload_start(&r->d, NULL) == CYG_BUSY)
				cyg_log(CYG_LOG_WARNING, "config.busy", "a reload is asked for while the daemon "
									"starts, stops or reloads already");
			break;
		default:
			stop(r);
			break;
		}
	}
}

/* --- The whole --- */

static enum cyg_status watch_signals(struct running *r, sigset_t *before)
{
	sigset_t wanted;

	sigemptyset(&wanted);
	sigaddset(&wanted, SIGTERM);
	sigaddset(&wanted, SIGINT);
	sigaddset(&wanted, SIGHUP);
	/* All threads come after this and inherit it: signals reach the control thread's loop only. */
	if (pthread_sigmask(SIG_BLOCK, &wanted, before))
		return CYG_IO;
	r->signals = (struct cyg_poll){ .fd = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK),
					.ready = signal_ready };
	if (r->signals.fd < 0)
		return CYG_IO;
	return cyg_poll_start(r->d.control, &r->signals, CYG_READABLE);
}

static unsigned count_shards(const struct engine_options *options)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (options->shards)
		return options->shards;
	return cores < 1 ? 1 : cores > CYG_SHARDS_MAX ? CYG_SHARDS_MAX : (unsigned)cores;
}

/* Everything before the loop. */
static enum cyg_status prepare(struct running *r, struct cyg_strbuf *why)
{
	struct shard_setup setup = { 0 };
	enum cyg_status status;

	if (paths_init(&r->d.paths, r->args->root, r->args->plugin_dir) != CYG_OK) {
		cyg_strbuf_addf(why, "the path of --root or --plugin-dir is too long or cannot be told");
		r->code = DAEMON_USAGE;
		return CYG_LIMIT;
	}
	status = engine_conf_read(&r->d.paths, &r->d.conf, why);
	if (status != CYG_OK) {
		r->code = DAEMON_BAD_OPTIONS;
		return status;
	}
	r->d.options = engine_conf_options(r->d.conf);
	status = engine_log_start(&r->d.paths, r->d.options, why);
	if (status != CYG_OK) {
		r->code = DAEMON_BAD_OPTIONS;
		return status;
	}
	r->ike_options = (struct ike_options){
		.retransmit_first_ms = r->d.options->retransmit_first_ms,
		.retransmit_tries = r->d.options->retransmit_tries,
		.half_open_max = r->d.options->half_open_max,
		.waiting_max = r->d.options->aaa_waiting,
	};
	if (r->d.options->key_export) {
		status = key_files_open(&r->keys, &r->d.paths, why);
		if (status != CYG_OK) {
			r->code = DAEMON_BAD_OPTIONS;
			return status;
		}
		r->ike_options.export_keys = &r->keys.export;
	}
	r->d.shard_count = count_shards(r->d.options);
	setup.workers = r->d.shard_count;
	setup.helpers = r->d.options->helpers;
	status = shard_group_new(&setup, &r->d.group);
	if (status != CYG_OK) {
		cyg_strbuf_addf(why, "the shards cannot be made: %s", cyg_status_text(status));
		return status;
	}
	r->d.control = shard_group_control(r->d.group);
	r->d.started_wall_s = cyg_shard_wall_s(r->d.control);
	control_groups_find(&r->d.groups);
	return CYG_OK;
}

/* What is left when no loop runs any more, or none ever ran. */
static void free_all(struct running *r)
{
	if (r->d.control)
		r->d.control->config = NULL;
	config_unref(r->d.config);
	config_grammar_unref(r->d.grammar);
	vault_free(r->d.vault);
	for (unsigned i = 0; i < CYG_SHARDS_MAX; i++)
		for (unsigned group = 0; group < SOCKET_GROUPS; group++)
			if (r->rooms[i].fd[group] >= 0)
				close(r->rooms[i].fd[group]);
	shard_group_free(r->d.group);
	key_files_close(&r->keys);
	engine_conf_free(r->d.conf);
	if (r->signals.fd >= 0)
		close(r->signals.fd);
}

int cyg_daemon_main(const struct daemon_args *args)
{
	struct running *r = calloc(1, sizeof(*r));
	char reason[1000];
	struct cyg_strbuf why = CYG_STRBUF(reason);
	enum daemon_exit code;
	enum cyg_status status;
	sigset_t before;

	if (!r) {
		fprintf(stderr, "cygnetd: memory is short\n");
		return DAEMON_FAILED;
	}
	r->args = args;
	r->d.changes_over = changes_over;
	r->signals.fd = -1;
	for (unsigned i = 0; i < KEY_TABLES; i++)
		r->keys.fd[i] = -1;
	for (unsigned i = 0; i < CYG_SHARDS_MAX; i++)
		for (unsigned group = 0; group < SOCKET_GROUPS; group++)
			r->rooms[i].fd[group] = -1;
	pthread_sigmask(SIG_BLOCK, NULL, &before);

	status = prepare(r, &why);
	if (status != CYG_OK) {
		/* Several lines may be wrong; each has its place. */
		while (why.len && reason[why.len - 1] == '\n')
			reason[--why.len] = '\0';
		fprintf(stderr, "cygnetd: %s\n", reason);
		if (r->code == DAEMON_STOPPED)
			r->code = DAEMON_FAILED;
	} else if (watch_signals(r, &before) != CYG_OK) {
		fprintf(stderr, "cygnetd: signals cannot be waited for: %s\n", strerror(errno));
		r->code = DAEMON_FAILED;
	} else {
		r->steps = up_steps;
		go_on(r, CYG_OK);
		if (shard_run(r->d.control) != CYG_OK)
			r->code = DAEMON_FAILED;
	}
	code = r->code;
	free_all(r);
	free(r);
	log_stop();
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return code;
}

int cyg_daemon_check_config(const struct daemon_args *args, const char *file)
{
	struct config_grammar *grammar;
	struct paths paths;
	uint64_t print = 0;
	char reason[300], octet;
	struct cyg_strbuf why = CYG_STRBUF(reason);
	int result, fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 || read(fd, &octet, 1) < 0) {
		fprintf(stderr, "cygnetd: %s: %s\n", file, strerror(errno));
		if (fd >= 0)
			close(fd);
		return DAEMON_USAGE;
	}
	close(fd);
	if (paths_init(&paths, args->root, args->plugin_dir) != CYG_OK) {
		fprintf(stderr, "cygnetd: the path of --root or --plugin-dir is too long or cannot be told\n");
		return DAEMON_USAGE;
	}
	if (language_grammar(paths.plugins, NULL, NULL, &print, &grammar, &why) != CYG_OK) {
		fprintf(stderr, "cygnetd: %s\n", reason);
		return DAEMON_USAGE;
	}
	result = config_check_file(grammar, file, stdout);
	config_grammar_unref(grammar);
	return fflush(stdout) == 0 ? result : DAEMON_USAGE;
}
