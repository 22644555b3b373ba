/* SPDX-License-Identifier: MIT */
#include "control/show_object.h"

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
			  void (*show)(struct cyg_exec *exec, const void *object))
{
	const struct daemon *daemon = exec->ctx;
	struct cyg_str wanted = cyg_args_text(args, "name"), name;
	size_t shown = 0;
	const void *object;

	for (size_t n = 0; (object = cyg_config_nth(daemon->config, mode, n, &name)); n++) {
		if (wanted.len && !cyg_str_equal(wanted, name))
			continue;
		show(exec, object);
		shown++;
	}
	return wanted.len && !shown ? not_found(exec, mode, what, wanted) : CYG_OK;
}

enum cyg_status show_each_named(struct cyg_exec *exec, const struct cyg_args *args, const char *mode, const char *what,
				void (*show)(struct cyg_exec *exec, const void *object, struct cyg_str name))
{
	const struct daemon *daemon = exec->ctx;
	struct cyg_str wanted = cyg_args_text(args, "name"), name;
	size_t shown = 0;
	const void *object;

	for (size_t n = 0; (object = cyg_config_nth(daemon->config, mode, n, &name)); n++) {
		if (wanted.len && !cyg_str_equal(wanted, name))
			continue;
		show(exec, object, name);
		shown++;
	}
	return wanted.len && !shown ? not_found(exec, mode, what, wanted) : CYG_OK;
}

void show_head(struct cyg_exec *exec, const struct config_head *head)
{
	/* The object begins with it. */
	if (!head->complete)
		cyg_exec_printf(exec, "     Not used   : %s (%s)\n",
				head->missing[0] ? head->missing : cyg_config_object_missing(head), head->place);
}

void put_head(json_t **row, const struct config_head *head)
{
	put_text(row, "name", head->name);
	put_text(row, "place", head->place);
	put_flag(row, "complete", head->complete);
	put_text(row, "missing", head->missing);
}

void put_word(json_t **array, const char *text)
{
	if (*array && json_array_append_new(*array, json_string(text))) {
		json_decref(*array);
		*array = NULL;
	}
}
