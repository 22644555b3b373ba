/* SPDX-License-Identifier: MIT */
/*
 * Configurations by chance, made from the grammar itself, so that a new row is in the tests without a line here.
 */
#include "config/config_tests.h"
#include "config/grammar.h"

#include <stdlib.h>

struct chance {
	uint64_t state;
	FILE *out;
};

static unsigned roll(struct chance *c, unsigned sides)
{
	c->state = c->state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(c->state >> 33) % sides;
}

static void write_arg(struct chance *c, const struct grammar_arg *arg, bool object)
{
	static const char *const names[] = { "a",	    "B2",     "default", "x-y",
					     "n\xc3\xa4me", "name-m", "0",	 "6" };
	static const char *const interfaces[] = {
		"Tunnel0", "tunnel 12", "Loopback1", "eth0", "Virtual-Template1", "Ethernet 0/1",
	};
	static const char *const masks[] = { "255.255.255.0", "255.255.255.255", "255.255.240.0",
					     "0.0.0.0" };
	/* Of type 7: one that hides `6` and one that hides `hex`, a keyword beside it. */
	static const char *const secrets[] = { "0 6", "6 SEALED", "pa\"ss!", "7 091A", "7 030C5E13", "0 key" };

	switch (arg->type) {
	case ARG_UINT:
		fprintf(c->out, "%llu",
			(unsigned long long)(arg->low +
					     roll(c,
						  (unsigned)(arg->high - arg->low > 500
								     ? 500
								     : arg->high - arg->low + 1))));
		break;
	case ARG_CHOICE:
		fputs(arg->words[roll(c, (unsigned)arg->word_count)].word, c->out);
		break;
	case ARG_NAME:
	case ARG_WORD:
		/* Sometimes what looks like something else. */
		fputs(names[roll(c, object ? 3 : CYG_COUNT(names))], c->out);
		break;
	case ARG_REF:
		if (arg->ref_mode && arg->ref_mode->names_interfaces)
			fputs(interfaces[roll(c, CYG_COUNT(interfaces))], c->out);
		else
			fputs(names[roll(c, 3)], c->out);
		break;
	case ARG_INTERFACE:
		fputs(interfaces[roll(c, CYG_COUNT(interfaces))], c->out);
		break;
	case ARG_STRING:
		fputs(roll(c, 2) ? "\"two  words\"" : "word", c->out);
		break;
	case ARG_LINE:
		fputs(roll(c, 2) ? "some  text ! here" : "x", c->out);
		break;
	case ARG_DELIMITED:
		fputs(roll(c, 2) ? "^C hi # there\n and more ^C" : "# ^C #", c->out);
		break;
	case ARG_IP:
		if (roll(c, 2)) {
			fprintf(c->out, "2001:DB8:0::%u", roll(c, 9));
			break;
		}
		/* fall through */
	case ARG_IP4:
	case ARG_WILDCARD:
		fprintf(c->out, "10.%u.0.%u", roll(c, 3), roll(c, 256));
		break;
	case ARG_IP6:
		fprintf(c->out, "2001:DB8::%x", roll(c, 999));
		break;
	case ARG_MASK:
	case ARG_OWNMASK:
		fputs(masks[roll(c, CYG_COUNT(masks))], c->out);
		break;
	case ARG_PREFIX6:
	case ARG_OWN6:
		fprintf(c->out, "2001:DB8:%x::%x/%u", roll(c, 9), roll(c, 99), roll(c, 129));
		break;
	case ARG_SECRET:
		fputs(secrets[roll(c, CYG_COUNT(secrets))], c->out);
		break;
	case ARG_HEX:
		fputs("00AAff", c->out);
		break;
	}
}

static void write_row(struct chance *c, const struct grammar_row *row, unsigned loops)
{
	unsigned pc = 0;
	bool first = true;

	while (row->ops[pc].kind != OP_MATCH) {
		const struct grammar_op *op = &row->ops[pc];
		bool back = op->kind == OP_SPLIT && op->x <= pc;

		switch (op->kind) {
		case OP_JUMP:
			pc = op->x;
			break;
		case OP_SPLIT:
			/* A group is gone through a few times at most. */
			pc = back	  ? (loops && roll(c, 2) ? (loops--, op->x) : op->y)
			     : roll(c, 2) ? op->x
					  : op->y;
			break;
		default:
			if (!first)
				fputc(' ', c->out);
			first = false;
			if (op->kind == OP_KEYWORD)
				fputs(op->word, c->out);
			else
				write_arg(c, op->arg, row->target != NULL);
			pc++;
		}
	}
	fputc('\n', c->out);
}

static void write_mode(struct chance *c, const struct grammar_mode *mode, unsigned lines,
		       unsigned depth)
{
	size_t ours = mode->row_count;

	while (ours > 1 && mode->rows[ours - 1]->ignored)
		ours--;
	for (unsigned i = 0; i < lines; i++) {
		const struct grammar_row *row = mode->rows[roll(c, (unsigned)ours)];
		unsigned kind = roll(c, 12);

		if (kind == 0)
			fputs("no ", c->out);
		else if (kind == 1)
			fputs("default ", c->out);
		write_row(c, row, 3);
		if (kind > 1 && row->command->enters && depth < 3) {
			write_mode(c, row->target, roll(c, 8), depth + 1);
			fputs("exit\n", c->out);
		}
	}
}

/* The lines of a text that are errors are dropped, until none is left. */
bool kit_make_right(char *text)
{
	for (int turn = 0; turn < 40; turn++) {
		if (kit_parse(text) == CYG_OK)
			return true;
		for (size_t f = 0; f < kit_findings.count; f++) {
			uint32_t line = 1;

			if (kit_findings.items[f].severity != CONFIG_ERROR)
				continue;
			for (char *at = text; *at; at++) {
				if (line == kit_findings.items[f].line && *at != '\n')
					*at = ' ';
				line += *at == '\n';
			}
		}
	}
	return false;
}

char *kit_generate(uint64_t seed, unsigned least, unsigned below)
{
	struct chance c = { .state = seed };
	char *text = NULL;
	size_t len;

	c.out = open_memstream(&text, &len);
	ck_assert_ptr_nonnull(c.out);
	write_mode(&c, kit_grammar->global, least + (below > least + 1 ? roll(&c, below - least) : 0), 0);
	fclose(c.out);
	return text;
}
