/* SPDX-License-Identifier: MIT */
#include "control/revert.h"

#include "control/change.h"
#include "control/config_file.h"
#include "control/kept.h"
#include "control/reading.h"

#include <cygnet/log.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct revert {
	struct change change;
	struct daemon *daemon;
	struct cyg_timer timer;
	struct cyg_config *before;
	struct cyg_exec *exec; /* that asked for it now; NULL: the time is up */
	char user[64];
};

static void disarm(struct revert *take)
{
	cyg_timer_clear(take->daemon->control, &take->timer);
	config_unref(take->before);
	free(take);
}

static void applied(struct daemon *daemon, void *ctx, enum cyg_status status)
{
	struct revert *revert = ctx;
	struct cyg_exec *exec = revert->exec;

	if (status == CYG_OK)
		cyg_log(CYG_LOG_WARNING, "config.reverted",
			"the configuration is again what it was before {user} began: {why}",
			F_STR("user", revert->user),
			F_STR("why", exec ? "somebody asked for it" : "nobody confirmed in time"));
	else
		cyg_log(CYG_LOG_ERROR, "config.refused", "the way back: {why}; what was in force stays",
			F_STR("why", cyg_status_text(status)));
	disarm(revert);
	if (exec)
		cyg_exec_done(exec, status);
	change_leave(daemon);
}

/* Plugins may have come or gone since: then it is read again, in the language of now. */
static enum cyg_status translate(struct daemon *daemon, struct cyg_config **config)
{
	struct config_findings findings = { 0 };
	struct cyg_config *again = NULL;
	enum cyg_status status;
	size_t len;
	int fd;

	if (config_grammar_of(*config) == daemon->grammar)
		return CYG_OK;
	status = config_file_memory(*config, &fd, &len);
	if (status != CYG_OK)
		return status;
	if (lseek(fd, 0, SEEK_SET) == 0)
		status = config_parse_fd(daemon->grammar, "before", fd, daemon->config, &findings, &again);
	else
		status = CYG_IO;
	close(fd);
	if (status != CYG_OK)
		findings_log("before", &findings);
	config_findings_done(&findings);
	if (status != CYG_OK)
		return status;
	config_unref(*config);
	*config = again;
	return CYG_OK;
}

static void run(struct daemon *daemon, struct change *change)
{
	struct revert *revert = CYG_CONTAINER(change, struct revert, change);
	enum cyg_status status = daemon->stopping ? CYG_BUSY : translate(daemon, &revert->before);

	if (status != CYG_OK) {
		applied(daemon, revert, status);
		return;
	}
	daemon->config_changed = true;
	kept_add(daemon, daemon->config, "the way back", revert->exec ? revert->exec->session : NULL);
	change_apply(daemon, revert->before, applied, revert);
}

static void go_back(struct revert *revert, struct cyg_exec *exec)
{
	struct daemon *daemon = revert->daemon;

	cyg_timer_clear(daemon->control, &revert->timer);
	daemon->revert = NULL;
	revert->exec = exec;
	revert->change.run = run;
	change_enter(daemon, &revert->change);
}

static void time_is_up(struct cyg_shard *control, struct cyg_timer *timer)
{
	go_back(CYG_CONTAINER(timer, struct revert, timer), NULL);
}

enum cyg_status revert_arm(struct daemon *daemon, uint32_t seconds, const char *user)
{
	struct revert *revert = daemon->revert;

	if (!revert) {
		revert = calloc(1, sizeof(*revert));
		if (!revert)
			return CYG_NOMEM;
		revert->daemon = daemon;
		revert->before = config_ref(daemon->config);
		snprintf(revert->user, sizeof(revert->user), "%s", user);
		daemon->revert = revert;
	}
	cyg_timer_set(daemon->control, &revert->timer,
		      cyg_shard_now_ms(daemon->control) + (uint64_t)seconds * 1000, time_is_up);
	cyg_log(CYG_LOG_NOTICE, "config.revert_armed",
		"{user} has {seconds} s to confirm; then the configuration is again what it was",
		F_STR("user", user), F_UINT("seconds", seconds));
	return CYG_OK;
}

bool revert_armed(const struct daemon *daemon)
{
	return daemon->revert != NULL;
}

enum cyg_status revert_confirm(struct daemon *daemon)
{
	if (!daemon->revert)
		return CYG_NOT_FOUND;
	disarm(daemon->revert);
	daemon->revert = NULL;
	return CYG_OK;
}

enum cyg_status revert_now(struct daemon *daemon, struct cyg_exec *exec)
{
	if (!daemon->revert)
		return CYG_NOT_FOUND;
	go_back(daemon->revert, exec);
	return CYG_PENDING;
}

void revert_free(struct daemon *daemon)
{
	if (daemon->revert)
		disarm(daemon->revert);
	daemon->revert = NULL;
}
