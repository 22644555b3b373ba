/* SPDX-License-Identifier: MIT */
#include "config/idle.h"

#include "config/build.h"

#include <stdlib.h>

struct looking {
	const struct node *before; /* around what is looked at; may be NULL */
	void (*tell)(void *ctx, const struct config_idle *idle);
	void *ctx;
	enum cyg_status status;
};

bool config_line_idle(const struct cyg_args *line)
{
	const struct cyg_command *row = line->row->command;

	/* What nobody has written is not told. */
	if (!(row->flags & (line->no ? CYG_CMD_IDLE_NO : CYG_CMD_IDLE)) || line->source->silent)
		return false;
	return !row->idle || cyg_args_has(line, row->idle);
}

static void look_lines(struct looking *l, const struct lines *lines, const struct lines *before)
{
	for (size_t i = 0; lines && lines != before && i < lines->count && l->status == CYG_OK; i++) {
		const struct cyg_args *line = lines->items[i];
		char *text = NULL;
		size_t len;
		FILE *out;

		if (!config_line_idle(line) || lines_hold(before, line))
			continue;
		out = open_memstream(&text, &len);
		if (out)
			statement_print(line, STATEMENT_MASKED, out);
		if (out && fclose(out) == 0) {
			text[strcspn(text, "\n")] = '\0';
			l->tell(l->ctx, &(struct config_idle){ line->source->name, line->line, text });
		} else {
			l->status = CYG_NOMEM;
		}
		free(text);
	}
}

static void look_inside(struct looking *l, const struct node *node);

static void look(void *ctx, struct map_key key, void *before, void *after)
{
	struct looking *around = ctx;
	const struct node *node = after;
	struct looking inner = *around;

	(void)key;
	if (!node || node->disabled)
		return;
	inner.before = node_before(around->before, before, node);
	look_inside(&inner, node);
	around->status = inner.status;
}

static void look_inside(struct looking *l, const struct node *node)
{
	look_lines(l, node->lines, l->before ? l->before->lines : NULL);
	for (unsigned s = 0; node->tables && s < node->mode->slot_count; s++)
		table_diff(l->before ? node_table(l->before, node->mode->slots[s]) : NULL, node->tables[s], look, l);
}

enum cyg_status config_each_idle(const struct cyg_config *config, const struct cyg_config *before,
				 void (*tell)(void *ctx, const struct config_idle *idle), void *ctx)
{
	bool comparable = before && before->grammar == config->grammar;
	struct looking l = { comparable ? before->root : NULL, tell, ctx, CYG_OK };

	look_inside(&l, config->root);
	return l.status;
}

enum cyg_status config_object_idle(const void *object, void (*tell)(void *ctx, const struct config_idle *idle), void *ctx)
{
	struct looking l = { NULL, tell, ctx, CYG_OK };

	look_lines(&l, built_of(object)->lines, NULL);
	return l.status;
}

/* --- check-config --- */

struct printing {
	FILE *out;
	const char *path;
};

static void print_unused(void *ctx, const struct config_unused *unused)
{
	const struct printing *p = ctx;

	fprintf(p->out, "%s:%u: %s%s%s is not used: %s\n", p->path, unused->line, unused->mode->what, unused->name[0] ? " " : "",
		unused->name, unused->why);
}

static void print_idle(void *ctx, const struct config_idle *idle)
{
	const struct printing *p = ctx;

	fprintf(p->out, "%s:%u: `%s` " CONFIG_IDLE_TEXT "\n", p->path, idle->line, idle->text);
}

void config_idle_print(const struct cyg_config *config, const char *path, FILE *out)
{
	struct printing p = { out, path };

	config_each_useless(config, print_unused, &p);
	if (config_each_idle(config, NULL, print_idle, &p) != CYG_OK)
		fprintf(out, "%s: out of memory\n", path);
}
