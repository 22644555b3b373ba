/* SPDX-License-Identifier: MIT */
/*
 * Statements: a line as its row and the canonical text of its arguments. Secrets stand apart from
 * the text, in locked memory, and are printed on purpose only.
 */
#include "config/obscured.h"
#include "config/tree.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

struct making {
	struct statement_step steps[CONFIG_WORDS_MAX];
	char text[CONFIG_LINE_MAX + 256];
	struct cyg_strbuf buffer;
	struct cyg_str secret;
	const struct grammar_arg *secret_arg;
	uint8_t secret_type;
};

typedef void (*tell_fn)(void *ctx, size_t column, const char *code, const char *text);

static void tellf(tell_fn tell, void *ctx, size_t column, const char *code, const char *format, ...)
	CYG_PRINTF(5, 6);
static void tellf(tell_fn tell, void *ctx, size_t column, const char *code, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	tell(ctx, column, code, text);
}

/* The length of a netmask, or of a wildcard mask, whose bits are turned. */
static bool mask_len(enum arg_type type, struct cyg_ip mask, unsigned *len)
{
	for (size_t i = 0; type == ARG_WILDCARD && i < 4; i++)
		mask.octets[i] = (uint8_t)~mask.octets[i];
	return cyg_netmask_len(&mask, len) == CYG_OK;
}

/* Clears the host bits of the ip4 before a mask. */
static enum cyg_status mask_address(struct making *m, const struct grammar_row *row, size_t i,
				    size_t column, tell_fn tell, void *ctx)
{
	struct statement_step *mask = &m->steps[i], *before = &m->steps[i - 1];
	const struct grammar_op *op = &row->ops[before->op];
	char old[CYG_IP_TEXT], fresh[CYG_IP_TEXT];
	struct cyg_ip ip, netmask;
	struct cyg_prefix prefix;
	unsigned len;

	if (op->kind != OP_ARG || (op->arg->type != ARG_IP4 && op->arg->type != ARG_IP))
		return CYG_OK;
	if (cyg_ip_parse(cyg_str_n(m->text + before->offset, before->len), &ip) != CYG_OK ||
	    cyg_ip_parse(cyg_str_n(m->text + mask->offset, mask->len), &netmask) != CYG_OK ||
	    !mask_len(row->ops[mask->op].arg->type, netmask, &len) ||
	    cyg_prefix_make(&ip, len, &prefix) != CYG_OK || cyg_ip_equal(&ip, &prefix.ip))
		return CYG_OK;
	cyg_ip_text(&ip, old);
	cyg_ip_text(&prefix.ip, fresh);
	tellf(tell, ctx, column, "host-bits", "host bits of %s are cleared: taken as %s", old,
	      fresh);
	before->offset = (uint32_t)m->buffer.len;
	before->len = (uint32_t)strlen(fresh);
	cyg_strbuf_add(&m->buffer, cyg_str(fresh));
	return CYG_OK;
}

static void add_step(struct making *m, const struct grammar_row *row, const struct match_step *from,
		     size_t i, const struct words *words, tell_fn tell, void *ctx)
{
	struct statement_step *step = &m->steps[i];
	const struct grammar_op *op = &row->ops[from->op];
	size_t column = words->at[from->word].offset + 1;
	struct arg_read read;

	step->op = from->op;
	step->column = (uint16_t)(column > UINT16_MAX ? UINT16_MAX : column);
	step->offset = (uint32_t)m->buffer.len;
	if (op->kind != OP_ARG)
		return;
	(void)arg_read(op->arg, words, from->word, &read, &m->buffer);
	step->len = (uint32_t)(m->buffer.len - step->offset);
	if (grammar_is_secret(op->arg)) {
		m->secret = read.secret;
		m->secret_arg = op->arg;
		m->secret_type = read.secret_type;
	}
	if (read.old_spelling)
		tellf(tell, ctx, column, "spelling", "spelled `%.*s` here",
		      (int)(step->len > 64 ? 64 : step->len), m->text + step->offset);
	if (read.host_bits)
		tellf(tell, ctx, column, "host-bits", "host bits are cleared: taken as %.*s",
		      (int)step->len, m->text + step->offset);
	if ((op->arg->type == ARG_MASK || op->arg->type == ARG_WILDCARD) && i > 0)
		(void)mask_address(m, row, i, words->at[from->word - 1].offset + 1, tell, ctx);
}

/* One of type 7 is of type 0 from here on: nothing is written in that form. */
static enum cyg_status take_secret(const struct making *m, struct cyg_args *s)
{
	if (m->secret_type == 7)
		return obscured_open(m->secret, &s->secret);
	if (m->secret_type == 6) {
		s->sealed = cyg_str_dup(m->secret);
		return s->sealed ? statement_open(s, m->secret_arg) : CYG_NOMEM;
	}
	return m->secret.len ? cyg_secret_copy(&s->secret, cyg_bytes(m->secret.ptr, m->secret.len)) : CYG_OK;
}

enum cyg_status statement_new(const struct match_result *match, const struct words *words, bool no,
			      struct source *source, uint32_t line, tell_fn tell, void *ctx,
			      struct cyg_args **out)
{
	struct making *m = malloc(sizeof(*m));
	struct cyg_args *s = NULL;
	enum cyg_status status = CYG_NOMEM;
	size_t steps_len = match->step_count * sizeof(struct statement_step);
	char *text;

	if (!m)
		return CYG_NOMEM;
	memset(m->steps, 0, steps_len);
	m->buffer = CYG_STRBUF(m->text);
	m->secret = cyg_str_n(NULL, 0);
	m->secret_type = 0;
	for (size_t i = 0; i < match->step_count; i++)
		add_step(m, match->row, &match->steps[i], i, words, tell, ctx);
	s = calloc(1, sizeof(*s) + steps_len + m->buffer.len + 1);
	if (!s)
		goto out;
	s->row = match->row;
	status = take_secret(m, s);
	if (status != CYG_OK)
		goto out;
	atomic_init(&s->refs, 1);
	s->source = source;
	atomic_fetch_add_explicit(&source->refs, 1, memory_order_relaxed);
	s->line = line;
	s->column = match->step_count ? m->steps[0].column : 1;
	s->step_count = (uint16_t)match->step_count;
	s->no = no;
	memcpy(s->steps, m->steps, steps_len);
	text = (char *)s->steps + steps_len;
	memcpy(text, m->text, m->buffer.len);
	s->text = text;
	*out = s;
	s = NULL;
	status = CYG_OK;
out:
	if (s)
		free(s->sealed);
	free(s);
	free(m);
	return status;
}

/* The same line without its steps, which are to be `step_count`; its text is followed by `more`. */
static struct cyg_args *copy_frame(const struct cyg_args *from, size_t step_count, struct cyg_str more, size_t *text_len)
{
	size_t steps_len = step_count * sizeof(struct statement_step), len = 0;
	struct cyg_args *s;
	char *sealed = from->sealed ? strdup(from->sealed) : NULL, *text;

	for (size_t i = 0; i < from->step_count; i++)
		if (len < (size_t)from->steps[i].offset + from->steps[i].len)
			len = (size_t)from->steps[i].offset + from->steps[i].len;
	s = calloc(1, sizeof(*s) + steps_len + len + more.len + 1);
	if (!s || (from->sealed && !sealed)) {
		free(s);
		free(sealed);
		return NULL;
	}
	memcpy(s, from, sizeof(*s));
	atomic_init(&s->refs, 1);
	atomic_fetch_add_explicit(&s->source->refs, 1, memory_order_relaxed);
	text = memcpy((char *)s->steps + steps_len, from->text, len);
	memcpy(text + len, more.ptr, more.len);
	s->text = text;
	s->step_count = (uint16_t)step_count;
	s->secret = (struct cyg_secret){ 0 };
	s->sealed = sealed;
	*text_len = len;
	return s;
}

enum cyg_status statement_copy(const struct cyg_args *from, struct cyg_args **out)
{
	size_t text_len;
	struct cyg_args *s = copy_frame(from, from->step_count, CYG_STR(""), &text_len);

	if (!s)
		return CYG_NOMEM;
	memcpy(s->steps, from->steps, from->step_count * sizeof(from->steps[0]));
	*out = s;
	return CYG_OK;
}

/* A keyword before the number of a line belongs to it. */
static bool is_number(const struct grammar_row *row, size_t op)
{
	const char *key = row->key[0]->name;

	if (row->ops[op].kind == OP_KEYWORD && op + 1 < row->op_count)
		op++;
	return row->ops[op].kind == OP_ARG && strcmp(row->ops[op].arg->name, key) == 0;
}

uint64_t statement_number(const struct cyg_args *s)
{
	bool numbered = s->row->command->flags & CONFIG_CMD_NUMBERED;

	return numbered ? cyg_args_uint(s, s->row->key[0]->name, 0) : 0;
}

enum cyg_status statement_renumber(const struct cyg_args *from, uint64_t number, struct cyg_args **out)
{
	const struct grammar_row *row = from->row;
	char digits[24];
	struct cyg_strbuf text = CYG_STRBUF(digits);
	size_t count = 0, text_len;
	struct cyg_args *s;

	if (number)
		cyg_strbuf_addf(&text, "%" PRIu64, number);
	s = copy_frame(from, from->step_count + 2u, cyg_str(digits), &text_len);
	if (!s)
		return CYG_NOMEM;
	for (size_t op = 0; number && op < row->op_count; op++) {
		if (!is_number(row, op))
			continue;
		s->steps[count] = (struct statement_step){ .op = (uint16_t)op, .column = from->column };
		if (row->ops[op].kind == OP_ARG) {
			s->steps[count].offset = (uint32_t)text_len;
			s->steps[count++].len = (uint32_t)text.len;
			break;
		}
		count++;
	}
	for (size_t i = 0; i < from->step_count; i++) {
		if (!is_number(row, from->steps[i].op))
			s->steps[count++] = from->steps[i];
	}
	s->step_count = (uint16_t)count;
	*out = s;
	return CYG_OK;
}

static size_t behind_number(const struct cyg_args *s, size_t i)
{
	while (i < s->step_count && is_number(s->row, s->steps[i].op))
		i++;
	return i;
}

bool statement_same_entry(const struct cyg_args *a, const struct cyg_args *b, bool begins)
{
	size_t i = behind_number(a, 0), k = behind_number(b, 0);

	if (a->row != b->row)
		return false;
	while (i < a->step_count && k < b->step_count) {
		if (a->steps[i].op != b->steps[k].op || !cyg_str_equal(statement_text(a, i), statement_text(b, k)))
			return false;
		i = behind_number(a, i + 1);
		k = behind_number(b, k + 1);
	}
	return k == b->step_count && (begins || i == a->step_count);
}

/* The step of an argument, SIZE_MAX if the line has none. */
static size_t step_of_arg(const struct cyg_args *s, const struct grammar_arg *arg)
{
	for (size_t i = 0; i < s->step_count; i++) {
		if (statement_op(s, i)->arg == arg)
			return i;
	}
	return SIZE_MAX;
}

bool statement_same_row(const struct cyg_args *a, const struct cyg_args *b)
{
	return a->row == b->row;
}

/* "10.0.0.1" and "10.0.0.1 255.255.255.255" are one; a router shows the latter. 0.0.0.0 alone may be any address. */
static size_t behind_host_mask(const struct cyg_args *s, size_t i)
{
	const struct grammar_op *op, *before;

	if (i == 0 || i >= s->step_count)
		return i;
	op = statement_op(s, i);
	before = statement_op(s, i - 1);
	if (op->kind != OP_ARG || op->arg->type != ARG_MASK || before->kind != OP_ARG || before->arg->type != ARG_IP4 ||
	    !cyg_str_equal(statement_text(s, i), CYG_STR("255.255.255.255")) ||
	    cyg_str_equal(statement_text(s, i - 1), CYG_STR("0.0.0.0")))
		return i;
	return i + 1;
}

static uint64_t hash_step(uint64_t hash, const struct cyg_args *s, size_t i)
{
	return map_hash(hash ^ (UINT64_C(1) + s->steps[i].op), statement_text(s, i));
}

uint64_t statement_hash(const struct cyg_args *s)
{
	uint64_t hash = map_hash(s->row->index, CYG_STR(""));
	unsigned flags = s->row->command->flags;

	if (!(flags & CYG_CMD_LIST))
		return hash;
	if (flags & CONFIG_CMD_NUMBERED) {
		for (size_t i = behind_number(s, 0); i < s->step_count; i = behind_number(s, i + 1))
			hash = hash_step(hash, s, i);
	} else if (s->row->key_count && !s->row->target) {
		for (unsigned k = 0; k < s->row->key_count; k++) {
			size_t i = step_of_arg(s, s->row->key[k]);

			hash = map_hash(hash + k, i == SIZE_MAX ? CYG_STR("") : statement_text(s, i));
		}
	} else {
		for (size_t i = 0; i < s->step_count; i = behind_host_mask(s, i + 1))
			hash = hash_step(hash, s, i);
	}
	return hash;
}

struct cyg_args *statement_ref(const struct cyg_args *statement)
{
	struct cyg_args *s = (struct cyg_args *)statement;

	atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
	return s;
}

void statement_unref(const struct cyg_args *statement)
{
	struct cyg_args *s = (struct cyg_args *)statement;

	if (!s || atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1)
		return;
	cyg_secret_done(&s->secret);
	free(s->sealed);
	source_unref(s->source);
	free(s);
}

bool statement_equal(const struct cyg_args *a, const struct cyg_args *b)
{
	return a == b || (a->no == b->no && statement_same_words(a, b));
}

bool statement_same_words(const struct cyg_args *a, const struct cyg_args *b)
{
	size_t i = 0, k = 0;

	if (a->row != b->row ||
	    a->secret_type != b->secret_type || !cyg_secret_equal(&a->secret, &b->secret))
		return false;
	if (a->secret_type == 6 && strcmp(a->sealed, b->sealed) != 0)
		return false;
	while (i < a->step_count && k < b->step_count) {
		if (a->steps[i].op != b->steps[k].op || !cyg_str_equal(statement_text(a, i), statement_text(b, k)))
			return false;
		i = behind_host_mask(a, i + 1);
		k = behind_host_mask(b, k + 1);
	}
	return i == a->step_count && k == b->step_count;
}

struct cyg_str statement_word(const struct cyg_args *s, size_t n)
{
	const struct grammar_op *op = statement_op(s, n);

	return op->kind == OP_KEYWORD ? cyg_str(op->word) : statement_text(s, n);
}

bool statement_begins(const struct cyg_args *whole, const struct cyg_args *head)
{
	if (whole->row != head->row || whole->step_count < head->step_count)
		return false;
	for (size_t i = 0; i < head->step_count; i++) {
		if (whole->steps[i].op != head->steps[i].op ||
		    !cyg_str_equal(statement_text(whole, i), statement_text(head, i)))
			return false;
	}
	return true;
}

bool statement_same_key(const struct cyg_args *a, const struct cyg_args *b)
{
	if (a->row != b->row)
		return false;
	if (a->row->key_count == 0 || a->row->target)
		return statement_equal(a, b);
	for (unsigned k = 0; k < a->row->key_count; k++) {
		size_t i = step_of_arg(a, a->row->key[k]), j = step_of_arg(b, b->row->key[k]);

		if ((i == SIZE_MAX) != (j == SIZE_MAX))
			return false;
		if (i != SIZE_MAX && !cyg_str_equal(statement_text(a, i), statement_text(b, j)))
			return false;
	}
	return true;
}

enum cyg_status statement_name(const struct cyg_args *s, struct cyg_strbuf *out)
{
	for (unsigned k = 0; k < s->row->key_count; k++) {
		size_t i = step_of_arg(s, s->row->key[k]);

		if (i == SIZE_MAX)
			continue;
		if (out->len)
			cyg_strbuf_add(out, CYG_STR(" "));
		cyg_strbuf_add(out, statement_text(s, i));
	}
	return out->cut ? CYG_LIMIT : CYG_OK;
}

/* --- Printing --- */

static void print_banner(struct cyg_str text, FILE *out)
{
	static const char *const marks[] = { "^C", "#", "%", "$", "~", "|", "@", "&", "*", "+" };
	const char *mark = "\003";

	for (size_t i = 0; i < CYG_COUNT(marks); i++) {
		if (!memmem(text.ptr, text.len, marks[i], strlen(marks[i]))) {
			mark = marks[i];
			break;
		}
	}
	fprintf(out, "%s%.*s%s", mark, (int)text.len, text.ptr, mark);
}

static bool has_keyword(const struct grammar_row *row, struct cyg_str text)
{
	for (size_t i = 0; i < row->op_count; i++) {
		const struct grammar_op *op = &row->ops[i];

		if (op->kind == OP_KEYWORD && cyg_str_equal_nocase(cyg_str_head(cyg_str(op->word), text.len), text))
			return true;
	}
	return false;
}

/* Would it be read as a type, or as a keyword of a row that begins alike, if its own type did not stand before it? */
static bool needs_type(const struct cyg_args *s)
{
	struct cyg_str text = cyg_str_n((const char *)s->secret.ptr, s->secret.len);
	const struct grammar_mode *mode = s->row->mode;

	if (text.len == 1 && strchr("067", text.ptr[0]))
		return true;
	for (size_t i = 0; i < mode->row_count; i++) {
		if (mode->rows[i]->initial == s->row->initial && has_keyword(mode->rows[i], text))
			return true;
	}
	return false;
}

static void print_secret(const struct cyg_args *s, const struct grammar_arg *arg,
			 enum statement_form form, FILE *out)
{
	if (form == STATEMENT_MASKED) {
		fputs("<secret>", out);
		return;
	}
	if (form == STATEMENT_SEALED || s->secret_type == 6) {
		fprintf(out, "6 %s", s->sealed);
		return;
	}
	if (arg->type == ARG_SECRET && needs_type(s))
		fputs("0 ", out);
	fwrite(s->secret.ptr, 1, s->secret.len, out);
}

void statement_print(const struct cyg_args *s, enum statement_form form, FILE *out)
{
	if (s->no)
		fputs("no ", out);
	for (size_t i = 0; i < s->step_count; i++) {
		const struct grammar_op *op = statement_op(s, i);
		struct cyg_str text = statement_text(s, i);

		if (i)
			fputc(' ', out);
		if (op->kind == OP_KEYWORD)
			fputs(op->word, out);
		else if (grammar_is_secret(op->arg))
			print_secret(s, op->arg, form, out);
		else if (op->arg->type == ARG_DELIMITED)
			print_banner(text, out);
		else if (op->arg->type == ARG_STRING &&
			 (text.len == 0 || memchr(text.ptr, ' ', text.len) ||
			  memchr(text.ptr, '\t', text.len)))
			fprintf(out, "\"%.*s\"", (int)text.len, text.ptr);
		else
			fwrite(text.ptr, 1, text.len, out);
	}
}
