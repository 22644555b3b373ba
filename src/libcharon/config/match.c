/* SPDX-License-Identifier: MIT */
/*
 * The matcher: a set of threads, one word at a time.
 *
 * At a word, a keyword that is exactly it takes all; else a keyword that it abbreviates and every
 * argument that it fits go on together, and the rest of the line decides. Two different keywords
 * that it abbreviates make it ambiguous. If several rows fit the whole line, the one that fits more
 * closely at the first difference wins: keyword, abbreviation, typed argument, plain word, rest of
 * line.
 */
#include "config/match.h"

#include <ctype.h>

#define SHORT_WORDS 2 /* of the keywords of a row that say at least which row a `no` means */

enum rank { RANK_KEYWORD, RANK_ABBREVIATION, RANK_TYPED, RANK_WORD, RANK_LINE };

void words_of(struct cyg_str text, struct words *out)
{
	size_t at = 0;

	out->text = text;
	out->count = 0;
	out->too_many = false;
	while (at < text.len) {
		size_t len;

		while (at < text.len && strchr(" \t\r\n", text.ptr[at]) && text.ptr[at])
			at++;
		len = cyg_str_span_until(cyg_str_tail(text, at), " \t\r\n");
		if (len == 0)
			break;
		if (out->count == CONFIG_WORDS_MAX) {
			out->too_many = true;
			break;
		}
		out->at[out->count++] = (struct word){ (uint32_t)at, (uint32_t)len };
		at += len;
	}
}

static enum rank arg_rank(const struct grammar_arg *arg)
{
	switch (arg->type) {
	case ARG_LINE:
	case ARG_DELIMITED:
		return RANK_LINE;
	case ARG_WORD:
	case ARG_NAME:
	case ARG_STRING:
	case ARG_REF:
	case ARG_SECRET:
	case ARG_INTERFACE:
		return RANK_WORD;
	default:
		return RANK_TYPED;
	}
}

/* --- Threads --- */

/* Adds what stands at `pc`, through splits and jumps, to the next set. */
static void add_thread(struct matcher *m, const struct grammar_row *row, unsigned pc, size_t resume,
		       const struct match_step *last)
{
	const struct grammar_op *op = &row->ops[pc];

	while (op->kind == OP_JUMP) {
		pc = op->x;
		op = &row->ops[pc];
	}
	if (op->kind == OP_SPLIT) {
		add_thread(m, row, op->x, resume, last);
		add_thread(m, row, op->y, resume, last);
		return;
	}
	if (m->skips && op->kind == OP_ARG && op[1].kind == OP_KEYWORD && !row->ignored && !row->target &&
	    !(row->command->flags & CYG_CMD_LIST) && pc >= row->head)
		add_thread(m, row, pc + 1, resume, last);
	/* The same place reached twice: the first way there is the preferred one. */
	for (size_t i = m->next_count; i > 0 && m->next[i - 1].row == row; i--) {
		if (m->next[i - 1].pc == pc && m->next[i - 1].resume == resume)
			return;
	}
	if (m->next_count < MATCH_THREADS_MAX)
		m->next[m->next_count++] =
			(struct match_thread){ row, last, (uint16_t)pc, (uint16_t)resume };
}

static void swap_threads(struct matcher *m)
{
	struct match_thread *old = m->threads;

	m->threads = m->next;
	m->thread_count = m->next_count;
	m->next = old;
	m->next_count = 0;
}

/* All rows that the first word can begin; without one, all rows. */
static void begin(struct matcher *m, const struct grammar_mode *mode, unsigned flags, size_t first,
		  struct cyg_str word)
{
	char initial = word.len ? (char)tolower((unsigned char)word.ptr[0]) : '\0';

	m->step_count = 0;
	m->skips = flags & MATCH_SHORT;
	m->threads = m->a;
	m->next = m->b;
	m->next_count = 0;
	for (size_t i = 0; i < mode->row_count; i++) {
		const struct grammar_row *row = mode->rows[i];

		if ((initial && row->initial && row->initial != initial) || ((flags & MATCH_OURS) && row->ignored))
			continue;
		add_thread(m, row, 0, first, NULL);
	}
	swap_threads(m);
}

static void advance(struct matcher *m, const struct match_thread *t, size_t word, size_t count,
		    enum rank rank)
{
	struct match_step *step = &m->steps[m->step_count];

	if (m->step_count == MATCH_STEPS_MAX)
		return;
	m->step_count++;
	*step = (struct match_step){
		.prev = t->last,
		.op = t->pc,
		.word = (uint16_t)word,
		.count = (uint16_t)count,
		.rank = (uint8_t)rank,
		.head = rank <= RANK_ABBREVIATION && (!t->last || t->last->head),
	};
	add_thread(m, t->row, t->pc + 1u, word + count, step);
}

struct turn {
	bool exact, arg, range, open;
	const char *abbreviated;
	bool ambiguous;
};

static const struct grammar_op *op_of(const struct match_thread *t)
{
	return &t->row->ops[t->pc];
}

static bool is_old(const struct grammar_row *row)
{
	return !row->ignored && (row->command->flags & CYG_CMD_WEAK);
}

/* What the word could be, before anything moves. */
static void look(const struct matcher *m, const struct words *words, size_t i, struct turn *turn)
{
	struct cyg_str word = word_text(words, i);

	for (int old = 0; old < 2; old++) {
		bool right = old && turn->abbreviated; /* then no old spelling makes it ambiguous */

		for (size_t n = 0; n < m->thread_count; n++) {
			const struct match_thread *t = &m->threads[n];
			const struct grammar_op *op = op_of(t);

			if (t->resume > i || op->kind != OP_KEYWORD || is_old(t->row) != (old == 1))
				continue;
			if (word_is(word, op->word)) {
				turn->exact = true;
			} else if (!right && !t->row->ignored && word_abbreviates(word, op->word)) {
				if (turn->abbreviated && strcmp(turn->abbreviated, op->word) != 0)
					turn->ambiguous = true;
				turn->abbreviated = op->word;
			}
		}
	}
}

/* Does the keyword go on with a word that is its beginning? */
static bool goes_on(const struct match_thread *t, const struct turn *turn, struct cyg_str word)
{
	const char *keyword = op_of(t)->word;

	return !turn->exact && !t->row->ignored && word_abbreviates(word, keyword) &&
	       (!is_old(t->row) || strcmp(turn->abbreviated, keyword) == 0);
}

static void move(struct matcher *m, const struct words *words, size_t i, struct turn *turn)
{
	struct cyg_str word = word_text(words, i);

	for (size_t n = 0; n < m->thread_count; n++) {
		const struct match_thread *t = &m->threads[n];
		const struct grammar_op *op = op_of(t);
		struct arg_read read;

		if (t->resume > i) {
			if (m->next_count < MATCH_THREADS_MAX)
				m->next[m->next_count++] = *t;
		} else if (op->kind == OP_KEYWORD) {
			if (word_is(word, op->word))
				advance(m, t, i, 1, RANK_KEYWORD);
			else if (goes_on(t, turn, word))
				advance(m, t, i, 1, RANK_ABBREVIATION);
		} else if (op->kind == OP_ARG && !turn->exact) {
			switch (arg_read(op->arg, words, i, &read, NULL)) {
			case ARG_FITS:
				turn->arg = true;
				advance(m, t, i, read.count, arg_rank(op->arg));
				break;
			case ARG_RANGE:
				turn->range = true;
				break;
			case ARG_OPEN:
				turn->open = true;
				break;
			case ARG_KIND:
				break;
			}
		}
	}
}

static bool any_at(const struct matcher *m, size_t i)
{
	for (size_t n = 0; n < m->thread_count; n++) {
		if (m->threads[n].resume <= i && op_of(&m->threads[n])->kind != OP_MATCH && !m->threads[n].row->ignored)
			return true;
	}
	return false;
}

static bool any_match(const struct matcher *m, size_t i)
{
	for (size_t n = 0; n < m->thread_count; n++) {
		if (m->threads[n].resume == i && op_of(&m->threads[n])->kind == OP_MATCH)
			return true;
	}
	return false;
}

static void note_head(const struct matcher *m, size_t i, size_t first, struct match_result *out)
{
	for (size_t n = 0; n < m->thread_count; n++) {
		if (m->threads[n].last && m->threads[n].last->head && m->threads[n].last->word == i)
			out->head = i + 1 - first;
	}
}

void match_prefix(struct matcher *m, const struct grammar_mode *mode, const struct words *words,
		  size_t first, size_t end, unsigned flags, struct match_result *out)
{
	out->outcome = MATCH_OK;
	out->row = NULL;
	out->step_count = 0;
	out->head = 0;
	out->where = end;
	out->range = out->left_over = out->shortened = false;
	begin(m, mode, flags, first, first < end ? word_text(words, first) : cyg_str_n(NULL, 0));
	for (size_t i = first; i < end; i++) {
		struct turn turn = { 0 };
		bool waiting = any_at(m, i);
		bool complete = any_match(m, i);

		look(m, words, i, &turn);
		if (turn.exact)
			turn.ambiguous = false;
		move(m, words, i, &turn);
		if (m->next_count == 0) {
			/* The threads stay: they are what was expected here. */
			out->outcome = turn.open ? MATCH_OPEN : MATCH_NONE;
			out->where = i;
			out->range = turn.range;
			out->left_over = complete && !waiting;
			return;
		}
		if (turn.ambiguous && !turn.arg) {
			size_t before = m->thread_count;

			out->outcome = MATCH_AMBIGUOUS;
			out->where = i;
			swap_threads(m);
			note_head(m, i, first, out);
			m->next_count = before; /* back to what the word could have been */
			swap_threads(m);
			return;
		}
		swap_threads(m);
		note_head(m, i, first, out);
	}
}

/* Do its words, all keywords, begin this row alone? */
static bool alone(const struct matcher *m, const struct match_thread *t, size_t end)
{
	if (!t->last || !t->last->head)
		return false;
	for (size_t n = 0; n < m->thread_count; n++) {
		const struct match_thread *other = &m->threads[n];

		if (other->resume == end && other->row != t->row && !other->row->ignored &&
		    !(other->row->command->flags & (CYG_CMD_WEAK | CYG_CMD_ALIAS)))
			return false;
	}
	return true;
}

/* May the line of a `no` end here? */
static bool short_enough(const struct matcher *m, const struct match_thread *t, size_t end, unsigned flags)
{
	const struct grammar_row *row = t->row;
	bool list, object = row->target, any = false;
	size_t steps = 0;

	if (row->ignored)
		return false;
	list = row->command->flags & CYG_CMD_LIST;
	for (const struct match_step *s = t->last; s; s = s->prev)
		steps++;
	if (steps < row->head)
		return steps >= SHORT_WORDS && !list && !object && alone(m, t, end);
	if (!object && !(row->command->flags & CONFIG_CMD_NUMBERED))
		return true;
	/* `default crypto ikev2 proposal` means the object `default`. */
	if ((flags & MATCH_NAMELESS) && object && row->target->mode->smart_defaults)
		return true;
	for (unsigned k = 0; k < row->key_count; k++) {
		bool given = k > 0 && grammar_is_step(row); /* all steps of that name */

		for (const struct match_step *s = t->last; s; s = s->prev)
			given |= row->ops[s->op].arg == row->key[k];
		any |= given;
		if (!given)
			return false;
	}
	return any;
}

static bool is_alias(const struct grammar_row *row)
{
	return !row->ignored && (row->command->flags & CYG_CMD_ALIAS);
}

static bool steps_of_that_name(const struct matcher *m, size_t end, unsigned flags)
{
	for (size_t n = 0; n < m->thread_count; n++) {
		const struct match_thread *t = &m->threads[n];

		if (t->resume == end && !t->row->ignored && grammar_is_step(t->row) &&
		    short_enough(m, t, end, flags))
			return true;
	}
	return false;
}

static size_t unwind(const struct match_step *last, struct match_step *out)
{
	size_t count = 0, i;

	for (const struct match_step *s = last; s; s = s->prev)
		count++;
	i = count;
	for (const struct match_step *s = last; s; s = s->prev)
		out[--i] = *s;
	return count;
}

/* Is `a` the closer fit? */
static bool closer(const struct match_result *a, const struct match_result *b)
{
	for (size_t i = 0; i < a->step_count && i < b->step_count; i++) {
		if (a->steps[i].rank != b->steps[i].rank)
			return a->steps[i].rank < b->steps[i].rank;
	}
	return false;
}

void match_words(struct matcher *m, const struct grammar_mode *mode, const struct words *words,
		 size_t first, unsigned flags, struct match_result *out)
{
	size_t end = words->count;
	bool best_short = false;

	match_prefix(m, mode, words, first, end, flags, out);
	if (out->outcome != MATCH_OK)
		return;
	out->outcome = MATCH_NONE;
	for (size_t n = 0; n < m->thread_count; n++) {
		const struct match_thread *t = &m->threads[n];
		bool whole = op_of(t)->kind == OP_MATCH;
		struct match_result other;

		if (t->resume != end ||
		    (!whole && !((flags & MATCH_SHORT) && short_enough(m, t, end, flags))))
			continue;
		/* Without its number a step is the first one when it is opened, and all of them when they are taken away. */
		if ((flags & MATCH_SHORT) && is_alias(t->row) && steps_of_that_name(m, end, flags))
			continue;
		if (!out->row) {
			out->row = t->row;
			out->step_count = unwind(t->last, out->steps);
			best_short = out->shortened = !whole;
			out->outcome = MATCH_OK;
			continue;
		}
		if (t->row == out->row && !best_short)
			continue;
		other.step_count = unwind(t->last, other.steps);
		if ((best_short && whole) || closer(&other, out)) {
			out->row = t->row;
			out->step_count = other.step_count;
			memcpy(out->steps, other.steps, other.step_count * sizeof(other.steps[0]));
			best_short = out->shortened = !whole;
		}
	}
}

/* --- For messages --- */

static bool told(const char *const *all, size_t count, const char *one)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(all[i], one) == 0)
			return true;
	}
	return false;
}

void match_abbreviated(const struct matcher *m, struct cyg_str word, struct cyg_strbuf *out)
{
	const char *names[12];
	size_t count = 0;

	for (size_t n = 0; n < m->thread_count && count < CYG_COUNT(names); n++) {
		const struct grammar_op *op = op_of(&m->threads[n]);

		if (op->kind != OP_KEYWORD || m->threads[n].row->ignored ||
		    !word_abbreviates(word, op->word) || told(names, count, op->word))
			continue;
		names[count++] = op->word;
		cyg_strbuf_addf(out, "%s`%s`", count > 1 ? ", " : "", op->word);
	}
}

/* What a thread takes next, as a person reads it; nothing at the end of a row. */
static void next_text(const struct grammar_op *op, struct cyg_strbuf *out)
{
	if (op->kind == OP_KEYWORD)
		cyg_strbuf_addf(out, "`%s`", op->word);
	else if (op->kind == OP_ARG)
		grammar_describe(op->arg, out);
}

/* Is there nothing but old spellings, which are not recommended where there is a choice? */
static bool all_weak(const struct matcher *m)
{
	for (size_t n = 0; n < m->thread_count; n++) {
		const struct grammar_row *row = m->threads[n].row;

		if (!row->ignored && !(row->command->flags & CYG_CMD_WEAK))
			return false;
	}
	return true;
}

void match_expected(const struct matcher *m, struct cyg_strbuf *out)
{
	bool weak = all_weak(m);
	const char *texts[12];
	char store[12][160];
	size_t count = 0;
	bool end = false;

	for (size_t n = 0; n < m->thread_count && count < CYG_COUNT(texts); n++) {
		const struct grammar_row *row = m->threads[n].row;
		struct cyg_strbuf text = CYG_STRBUF(store[count]);

		if (row->ignored || (!weak && (row->command->flags & CYG_CMD_WEAK)))
			continue;
		end |= op_of(&m->threads[n])->kind == OP_MATCH;
		next_text(op_of(&m->threads[n]), &text);
		if (text.len == 0 || told(texts, count, store[count]))
			continue;
		texts[count] = store[count];
		if (count++)
			cyg_strbuf_add(out, CYG_STR(", "));
		cyg_strbuf_add(out, cyg_str(texts[count - 1]));
	}
	if (count == CYG_COUNT(texts))
		cyg_strbuf_add(out, CYG_STR(", ..."));
	if (end)
		cyg_strbuf_addf(out, "%sthe end of the line", count ? ", " : "");
	else if (count == 0)
		cyg_strbuf_add(out, CYG_STR("another command"));
}
