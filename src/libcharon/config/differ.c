/* SPDX-License-Identifier: MIT */
/*
 * What differs between two snapshots: by objects, for plans, and by lines, for people. What two snapshots share is not
 * looked at.
 */
#include "config/parse.h"

/* --- By objects --- */

static bool own_lines_same(const struct node *a, const struct node *b)
{
	if (a == b)
		return true;
	if (a->disabled != b->disabled || !lines_equal(a->lines, b->lines, false) ||
	    (a->opening == NULL) != (b->opening == NULL))
		return false;
	return !a->opening || statement_equal(a->opening, b->opening);
}

struct diff {
	void (*tell)(void *ctx, enum config_change change, const struct cyg_mode *mode,
		     const char *path);
	void *ctx;
	char path[512];
};

/* Two objects around others: the pairs of those that differ, by name; what both share is passed by. */
struct pairs {
	void *diff;
	const struct node *before, *after;
	const struct grammar_mode *inner;
	size_t len;
	void (*pair)(const struct pairs *pairs, const struct node *a, const struct node *b);
};

static void old_one(void *ctx, struct map_key key, void *before, void *after)
{
	const struct pairs *p = ctx;
	const struct node *old = before;

	(void)key;
	(void)after;
	if (old)
		p->pair(p, old, p->after ? node_find(p->after, p->inner, cyg_str(old->name)) : NULL);
}

static void new_one(void *ctx, struct map_key key, void *before, void *after)
{
	const struct pairs *p = ctx;
	const struct node *new = after;

	(void)key;
	(void)before;
	if (new && !(p->before && node_find(p->before, p->inner, cyg_str(new->name))))
		p->pair(p, NULL, new);
}

static void each_pair(struct pairs *p, void (*pair)(const struct pairs *pairs, const struct node *a, const struct node *b))
{
	const struct table *old = p->before ? node_table(p->before, p->inner) : NULL;
	const struct table *new = p->after ? node_table(p->after, p->inner) : NULL;

	p->pair = pair;
	table_diff(old, new, old_one, p);
	table_diff(old, new, new_one, p);
}

static void diff_nodes(struct diff *d, const struct node *a, const struct node *b, size_t len);

static void diff_one(struct diff *d, const struct node *a, const struct node *b, size_t len)
{
	const struct node *any = a ? a : b;
	int added;

	/* Built-in ones are there whether or not anybody wrote them. */
	if (a == b || ((!a || !b) && any->smart && !any->disabled))
		return;
	added = snprintf(d->path + len, sizeof(d->path) - len, "%s%s", len ? " / " : "", any->name);
	if (added < 0 || len + (size_t)added >= sizeof(d->path))
		return;
	if (!a || !b)
		d->tell(d->ctx, a ? CONFIG_REMOVED : CONFIG_ADDED, any->mode->mode, d->path);
	else if (!own_lines_same(a, b))
		d->tell(d->ctx, CONFIG_CHANGED, any->mode->mode, d->path);
	diff_nodes(d, a, b, len + (size_t)added);
	d->path[len] = '\0';
}

static void diff_pair(const struct pairs *pairs, const struct node *a, const struct node *b)
{
	diff_one(pairs->diff, a, b, pairs->len);
}

static void diff_nodes(struct diff *d, const struct node *a, const struct node *b, size_t len)
{
	const struct grammar_mode *mode = a ? a->mode : b->mode;

	for (unsigned s = 0; s < mode->slot_count; s++) {
		struct pairs pairs = { .diff = d, .before = a, .after = b, .inner = mode->slots[s], .len = len };

		each_pair(&pairs, diff_pair);
	}
}

void config_diff(const struct cyg_config *before, const struct cyg_config *after,
		 void (*tell)(void *ctx, enum config_change change, const struct cyg_mode *mode,
			      const char *path),
		 void *ctx)
{
	const struct node *a = before ? before->root : NULL, *b = after ? after->root : NULL;
	struct diff d = { .tell = tell, .ctx = ctx };

	if (!a && !b)
		return;
	if (!lines_equal(a ? a->lines : NULL, b ? b->lines : NULL, false))
		tell(ctx, CONFIG_CHANGED, (a ? a : b)->mode->mode, "");
	diff_nodes(&d, a, b, 0);
}

static void count_change(void *ctx, enum config_change change, const struct cyg_mode *mode,
			 const char *path)
{
	size_t *count = ctx;

	(void)change;
	(void)mode;
	(void)path;
	(*count)++;
}

bool config_same(const struct cyg_config *a, const struct cyg_config *b)
{
	size_t count = 0;

	config_diff(a, b, count_change, &count);
	return count == 0;
}

/* --- By lines --- */

struct differ {
	FILE *out;
	/* The objects around, and how many of their opening lines are printed. */
	const struct cyg_args *around[CONFIG_DEPTH_MAX];
	unsigned depth, printed;
};

static void print_sign(struct differ *d, char sign, unsigned depth, const struct cyg_args *line, bool no)
{
	fprintf(d->out, "%c%*s%s", sign, (int)depth, "", no ? "no " : "");
	statement_print(line, STATEMENT_MASKED, d->out);
	fputc('\n', d->out);
}

static void print_around(struct differ *d)
{
	for (; d->printed < d->depth; d->printed++) {
		if (d->around[d->printed])
			print_sign(d, ' ', d->printed, d->around[d->printed], false);
	}
}

static size_t next_of(const struct lines *lines, size_t at, const struct grammar_row *row)
{
	while (at < lines->count && lines->items[at]->row != row)
		at++;
	return at;
}

/* The next line of a row that the other side has as well. */
static size_t next_common(const struct lines *lines, size_t at, const struct grammar_row *row, const struct lines *other)
{
	for (at = next_of(lines, at, row); at < lines->count && !lines_hold(other, lines->items[at]);)
		at = next_of(lines, at + 1, row);
	return at;
}

/* Does a list have the lines that both sides have in another order? Entries with numbers say their place themselves. */
static bool reordered(const struct lines *a, const struct lines *b, const struct grammar_row *row)
{
	size_t i, k;

	if (!a || !b || !(row->command->flags & CYG_CMD_LIST) || (row->command->flags & CONFIG_CMD_NUMBERED))
		return false;
	i = next_common(a, 0, row, b);
	k = next_common(b, 0, row, a);
	while (i < a->count && k < b->count && statement_equal(a->items[i], b->items[k])) {
		i = next_common(a, i + 1, row, b);
		k = next_common(b, k + 1, row, a);
	}
	return i < a->count || k < b->count;
}

static void differ_lines(struct differ *d, char sign, const struct lines *lines, const struct lines *other)
{
	const struct grammar_row *row = NULL;
	bool moved = false;

	if (lines == other)
		return;
	for (size_t i = 0; lines && i < lines->count; i++) {
		if (lines->items[i]->row != row) {
			row = lines->items[i]->row;
			moved = reordered(lines, other, row);
		}
		if (!moved && lines_hold(other, lines->items[i]))
			continue;
		print_around(d);
		print_sign(d, sign, d->depth, lines->items[i], false);
	}
}

static void differ_nodes(struct differ *d, const struct node *a, const struct node *b);

/* An object that one side alone has, with all that is in it; for what is built in: what makes the difference. */
static void differ_object(struct differ *d, const struct node *a, const struct node *b)
{
	const struct node *any = b ? b : a;
	bool gone_a = !a || a->disabled, gone_b = !b || b->disabled;
	bool opening_differs = a && b && a->opening && b->opening && !statement_equal(a->opening, b->opening);

	if (a == b || ((!a || !b) && any->smart && !any->disabled))
		return;
	if (gone_a != gone_b || opening_differs) {
		print_around(d);
		if (!gone_a && a->opening)
			print_sign(d, '-', d->depth, a->opening, false);
		else if (a && a->disabled)
			print_sign(d, '-', d->depth, a->opening, true);
		if (!gone_b && b->opening)
			print_sign(d, '+', d->depth, b->opening, false);
		else if (b && b->disabled)
			print_sign(d, '+', d->depth, b->opening, true);
	}
	if (any->opening && d->depth + 1 < CONFIG_DEPTH_MAX) {
		bool told = gone_a != gone_b || opening_differs;

		d->around[d->depth++] = any->opening;
		if (told)
			d->printed = d->depth;
		differ_nodes(d, gone_a ? NULL : a, gone_b ? NULL : b);
		d->depth--;
		d->printed = d->printed > d->depth ? d->depth : d->printed;
	} else {
		differ_nodes(d, gone_a ? NULL : a, gone_b ? NULL : b);
	}
}

static void differ_pair(const struct pairs *pairs, const struct node *a, const struct node *b)
{
	differ_object(pairs->diff, a, b);
}

static void differ_nodes(struct differ *d, const struct node *a, const struct node *b)
{
	const struct grammar_mode *mode;

	if (!a && !b)
		return;
	mode = a ? a->mode : b->mode;
	differ_lines(d, '-', a ? a->lines : NULL, b ? b->lines : NULL);
	differ_lines(d, '+', b ? b->lines : NULL, a ? a->lines : NULL);
	for (unsigned s = 0; s < mode->slot_count; s++) {
		struct pairs pairs = { .diff = d, .before = a, .after = b, .inner = mode->slots[s] };

		each_pair(&pairs, differ_pair);
	}
}

enum cyg_status config_differences(const struct cyg_config *before, const struct cyg_config *after, FILE *out)
{
	struct differ d = { .out = out };

	if (before->grammar != after->grammar)
		return CYG_UNSUPPORTED;
	differ_nodes(&d, before->root, after->root);
	return ferror(out) ? CYG_IO : CYG_OK;
}
