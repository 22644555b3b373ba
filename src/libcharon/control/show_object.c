/* SPDX-License-Identifier: MIT */
#include "control/show_object.h"

#include "config/idle.h"

static enum cyg_status not_found(struct cyg_exec *exec, const char *mode, const char *what, struct cyg_str wanted)
{
	const struct daemon *daemon = exec->ctx;
	char text[160];
	struct cyg_strbuf mend = CYG_STRBUF(text);

	if (config_disabled(daemon->config, mode, wanted, &mend))
		cyg_exec_error(exec, "the %s '%.*s' is disabled: `%s` brings it back", what,
			       (int)(wanted.len < 64 ? wanted.len : 64), wanted.ptr, text);
	else
		cyg_exec_error(exec, "there is no %s '%.*s'", what, (int)(wanted.len < 64 ? wanted.len : 64), wanted.ptr);
	return CYG_NOT_FOUND;
}

enum cyg_status show_each(struct cyg_exec *exec, const struct cyg_args *args, const char *mode, const char *what,
			  void (*show)(struct cyg_exec *exec, const void *object, struct cyg_str name))
{
	const struct daemon *daemon = exec->ctx;
	struct cyg_str wanted = cyg_args_text(args, "name"), name;
	const void *object;

	if (wanted.len) {
		object = cyg_config_object(daemon->config, mode, wanted, false);
		if (!object)
			return not_found(exec, mode, what, wanted);
		show(exec, object, wanted);
		return CYG_OK;
	}
	for (uint64_t at = 0; (object = cyg_config_next(daemon->config, mode, &at, &name));)
		show(exec, object, name);
	return CYG_OK;
}

static void tell_idle(void *ctx, const struct config_idle *idle)
{
	cyg_exec_printf(ctx, "     No effect  : %s (nothing in this version acts on it)\n", idle->text);
}

static void put_idle(void *ctx, const struct config_idle *idle)
{
	put_word(ctx, idle->text);
}

void show_head(struct cyg_exec *exec, const struct config_head *head)
{
	/* The object begins with it. */
	if (!head->complete)
		cyg_exec_printf(exec, "     Not used   : %s (%s)\n",
				head->missing[0] ? head->missing : cyg_config_object_missing(head), head->place);
	if (config_object_idle(head, tell_idle, exec) != CYG_OK)
		cyg_exec_printf(exec, "     (memory is short)\n");
}

void put_head(json_t **row, const struct config_head *head)
{
	json_t *idle = json_array();

	put_text(row, "name", head->name);
	put_text(row, "place", head->place);
	put_flag(row, "complete", head->complete);
	put_text(row, "missing", head->missing);
	if (config_object_idle(head, put_idle, &idle) != CYG_OK) {
		json_decref(idle);
		idle = NULL;
	}
	put_json(row, "no_effect", idle);
}

void put_word(json_t **array, const char *text)
{
	if (*array && json_array_append_new(*array, json_string(text))) {
		json_decref(*array);
		*array = NULL;
	}
}
