/* SPDX-License-Identifier: MIT */
/*
 * The grammar as it is compiled from the tables: each row becomes a small program of keywords,
 * arguments and choices, which match.c runs over the words of a line, all rows of a mode at once.
 *
 * Constant once made (but its reference count); made and used on the control thread, freed on any.
 */
#ifndef CONFIG_GRAMMAR_H
#define CONFIG_GRAMMAR_H

#include "config/config.h"

#include <stdatomic.h>

#define GRAMMAR_OPS_MAX	 512 /* of one row */
#define GRAMMAR_KEYS_MAX 6   /* arguments in a key */
#define GRAMMAR_ROWS_MAX 768 /* of one mode, ignored commands too */

enum arg_type {
	ARG_UINT,
	ARG_CHOICE,
	ARG_WORD,
	ARG_NAME,
	ARG_STRING,
	ARG_LINE,
	ARG_DELIMITED,
	ARG_IP4,
	ARG_IP6,
	ARG_IP,
	ARG_MASK,
	ARG_OWNMASK,
	ARG_WILDCARD,
	ARG_PREFIX6,
	ARG_OWN6,
	ARG_SECRET,
	ARG_HEX,
	ARG_INTERFACE,
	ARG_REF,
};

struct grammar_mode;

/* A word of a choice; `canonical` differs from it for an old spelling ("sha-256"). */
struct grammar_word {
	const char *word, *canonical;
};

struct grammar_arg {
	const char *name;
	enum arg_type type;
	uint64_t low, high;		  /* ARG_UINT */
	const struct grammar_word *words; /* ARG_CHOICE */
	size_t word_count;
	const char *ref;		     /* ARG_REF: the mode's name */
	const struct grammar_mode *ref_mode; /* NULL if no table has that mode */
	bool last;			     /* no argument stands behind it in its row */
};

enum op_kind { OP_KEYWORD, OP_ARG, OP_SPLIT, OP_JUMP, OP_MATCH };

struct grammar_op {
	enum op_kind kind;
	uint16_t x, y;		       /* SPLIT: first x, then y; JUMP: x */
	const char *word;	       /* KEYWORD */
	const struct grammar_arg *arg; /* ARG */
};

struct grammar_row {
	const struct cyg_command *command;
	const char *plugin; /* the plugin that is not loaded; NULL: the row is live */
	uint32_t index;	    /* order in the grammar, hence in what is rendered */
	const struct grammar_mode *mode;
	const struct grammar_mode *target; /* of `enters` or `defines` */
	bool ignored, block;		   /* a router's command that is not ours */
	char initial;			   /* of its first keyword, in lower case; NUL: a group is first */
	uint16_t head;			   /* leading keywords */
	uint16_t op_count;
	const struct grammar_op *ops;
	unsigned key_count;
	const struct grammar_arg *key[GRAMMAR_KEYS_MAX];
};

/* In the flags of a row of the core, beside enum cyg_command_flags: a list whose lines have numbers, which its one key, an
 * argument that may be left out, says. A line without one is given the next behind the last, in steps of
 * GRAMMAR_NUMBER_STEP, when it is made, and keeps it whatever becomes of the others; but with CONFIG_CMD_REMARK in it
 * (a keyword) it has a number only if it brought one. */
#define CONFIG_CMD_NUMBERED (1u << 17)
#define CONFIG_CMD_REMARK   "remark"
#define GRAMMAR_NUMBER_STEP 10

struct grammar_mode {
	const struct config_grammar *grammar; /* whose it is */
	const struct cyg_mode *mode;
	const char *plugin;		   /* as for rows */
	const struct grammar_mode *parent; /* NULL: global */
	unsigned index;			   /* among all modes */
	unsigned slot;			   /* among those inside of the parent */
	unsigned slot_count;		   /* modes inside of this one */
	const struct grammar_mode **slots;
	const struct grammar_row **rows;
	size_t row_count, row_capacity;
	const struct grammar_row *opening; /* the row that enters it, or the first that defines */
	bool names_interfaces;		   /* its objects are named by an `interface` argument */
};

struct arena_block;
struct node;

struct config_grammar {
	atomic_uint refs;
	struct arena_block *arena;
	struct grammar_mode *modes;
	size_t mode_count;
	const struct grammar_mode *global, *exec;
	uint32_t row_count;
	uint64_t last_edit;  /* the stamp of the latest candidate */
	struct node *origin; /* the tree of an empty file: smart defaults */
	bool has_origin;
	const struct config_sealer *sealer; /* of secrets of type 6; NULL: none */
};

/* NULL if there is none. */
const struct grammar_mode *grammar_mode(const struct config_grammar *grammar, const char *name);
/* "a" or "an", before this. */
const char *grammar_article(const char *what);
/* The argument's name and what it takes, for messages: "<seconds> (10-3600)", "the name of an interface". */
void grammar_describe(const struct grammar_arg *arg, struct cyg_strbuf *out);
/* The same for `?`: a router's word for such a place ("A.B.C.D", "<10-3600>", "WORD"). Returns what it is, "" if no more is
 * to be said. */
const char *grammar_place(const struct grammar_arg *arg, struct cyg_strbuf *token);
/* Help of one token of a row; "" if it has none. */
const char *grammar_help(const struct grammar_row *row, const struct grammar_op *op);
/* Does the row open one step of several that have a name together: NAME NUMBER (of a crypto map, a route map)? */
bool grammar_is_step(const struct grammar_row *row);
static inline bool grammar_is_secret(const struct grammar_arg *arg)
{
	return arg->type == ARG_SECRET || arg->type == ARG_HEX;
}

/* The ignored commands of a mode, one string of heads per entry (ignored.c). */
struct ignored_heads {
	const char *mode;
	const char *before; /* words before each head, or "" */
	const char *heads;  /* separated by blanks; whatever stands behind one is taken */
	bool block;
	bool whole; /* `heads` is the rest of one row's syntax */
};
extern const struct ignored_heads ignored_heads[]; /* ended by a NULL mode */

#endif
