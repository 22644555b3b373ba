/* SPDX-License-Identifier: MIT */
/*
 * The configuration language: from text to snapshots and back.
 *
 * A grammar is made once from the tables of the core and of the plugins. Text goes line by line
 * into a candidate; committing it resolves references, builds the typed objects and gives a
 * snapshot (struct cyg_config): immutable and counted, sharing what did not change with the one
 * before it. Nothing here keeps state outside of the objects that it hands out.
 *
 * All functions run on the control thread, but config_ref(), config_unref(), config_view() and the
 * cyg_config_*() of cygnet/commands.h, which any thread may call that holds a reference. The caller
 * frees what it gets by the _free or _unref of the same name; a snapshot keeps its grammar.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <cygnet/commands.h>

#include <stdio.h>

#define CONFIG_LINE_MAX	    16384 /* octets of one line; a longer one is an error of its own */
#define CONFIG_WORDS_MAX    256	  /* words of one line */
#define CONFIG_FINDINGS_MAX 10000 /* kept; what comes after is counted */
#define CONFIG_DEPTH_MAX    4	  /* modes inside of each other, with global */

#define CONFIG_SEALED_MAX   8192  /* octets of the text of a secret of type 6 */

struct config_grammar;
struct config_candidate;
struct config_findings;

/* --- Grammar --- */

/* One table of rows and who brings it. Rows of a plugin that is not loaded are kept word for word,
 * with the warning `needs-plugin`; no object is made of them. */
struct config_table {
	const struct cyg_command_table *table;
	const char *plugin; /* NULL: the core's */
	bool loaded;
};

/* The core's own configuration commands. */
extern const struct cyg_command_table config_core_commands;
/* Commands that a router has and no plugin of ours: to be given as those of the plugin CONFIG_TACACS, not
 * loaded. */
extern const struct cyg_command_table config_tacacs_commands;
#define CONFIG_TACACS "tacacs"

/* The tables must outlive the grammar; the core's table is not added by itself. CYG_MALFORMED with
 * a sentence in `why` for a row that is no good (a mistake of whoever wrote it). */
enum cyg_status config_grammar_new(const struct config_table *tables, size_t count,
				   struct config_grammar **out,
				   struct cyg_strbuf *why) CYG_MUST_CHECK;
struct config_grammar *config_grammar_ref(struct config_grammar *grammar);
void config_grammar_unref(struct config_grammar *grammar);

/* --- Secrets of type 6 --- */

/* What a closed one lacks, for people: constants. */
#define CONFIG_NO_MASTER "the master key of its type 6 secret (`key config-key password-encrypt`)"
#define CONFIG_NOT_OURS	 "a type 6 secret of our making (this text is none: enter it as type 0)"

/* Opens and seals the secrets of a grammar's lines. Control thread. */
struct config_sealer {
	void *ctx;
	/* Is there a master key? */
	bool (*ready)(void *ctx);
	/* To be freed by the caller. CYG_NOT_FOUND: it stays closed, and *lacks is the reason (a constant); CYG_NOMEM. */
	enum cyg_status (*open)(void *ctx, struct cyg_str text, struct cyg_secret *out, const char **lacks);
	/* Is the text under the key that is sealed with now? */
	bool (*current)(void *ctx, struct cyg_str text);
	/* At most CONFIG_SEALED_MAX octets. Any failure is the rendering's. */
	enum cyg_status (*seal)(void *ctx, struct cyg_bytes clear, struct cyg_strbuf *out);
};

/* For lines that are read and printed from now on; outlives the grammar, or is replaced by NULL. Without one all stay closed. */
void config_grammar_seal_with(struct config_grammar *grammar, const struct config_sealer *sealer);
/* A secret that is kept closed. Views live as long as the snapshot. */
struct config_closed {
	struct cyg_str text;
	const char *lacks; /* what is missing to open it */
	const char *file;
	uint32_t line;
};
void config_each_closed(const struct cyg_config *config, void (*tell)(void *ctx, const struct config_closed *closed), void *ctx);
/* Opens what is closed, as far as it can be; or closes each secret that would be written as type 6, after it is sealed. NULL at *out if
 * nothing changes. `findings` as for a typed line; what is in force is to become the result even so. */
enum cyg_status config_turn_sealed(const struct cyg_config *base, bool open, struct config_findings *findings,
				   struct cyg_config **out) CYG_MUST_CHECK;

/* --- Findings --- */

enum config_severity { CONFIG_NOTE, CONFIG_WARNING, CONFIG_ERROR };

struct config_finding {
	enum config_severity severity;
	uint32_t line, column; /* from 1; line 0: the prompt */
	const char *code;      /* a word of doc/FINDINGS.md; a constant */
	char *text;
	const void *by; /* the line that gave it; to be compared only */
};

/* Zeroed before first use. */
struct config_findings {
	struct config_finding *items;
	size_t count, capacity;
	size_t errors, warnings, notes; /* all, kept or not */
	size_t dropped;
};

void config_findings_done(struct config_findings *findings);
/* By line, column; those of one place in the order they were found. */
void config_findings_sort(struct config_findings *findings);
/* "FILE:LINE:COL: error: text [code]" each; `file` NULL: without a place (prompt). */
void config_findings_print(const struct config_findings *findings, const char *file, FILE *out);
const char *config_severity_text(enum config_severity severity);

/* --- Text to snapshot --- */

/* The configuration of an empty file: smart defaults only. */
enum cyg_status config_empty(struct config_grammar *grammar,
			     struct cyg_config **out) CYG_MUST_CHECK;

/*
 * A whole file. CYG_OK: `*out` is the snapshot (there may be notes and warnings). CYG_REFUSED:
 * there is at least one error among the findings and no snapshot. CYG_NOMEM. `previous` may be
 * NULL; objects that are the same in it are shared, so sessions see no change. `name` stands for
 * the file in places.
 */
enum cyg_status config_parse_text(struct config_grammar *grammar, const char *name,
				  struct cyg_str text, const struct cyg_config *previous,
				  struct config_findings *findings,
				  struct cyg_config **out) CYG_MUST_CHECK;
/* The same in other ways, bits. */
enum config_parse_how {
	CONFIG_MERGE = 1u << 0,	      /* on top of `previous`, which must be given */
	CONFIG_SKIP_ERRORS = 1u << 1, /* a line with an error is left out, and the object that it belongs to is
				       * kept but not used; text that cannot be read is refused all the same */
};
enum cyg_status config_parse_how(struct config_grammar *grammar, unsigned how, const char *name,
				 struct cyg_str text, const struct cyg_config *previous,
				 struct config_findings *findings,
				 struct cyg_config **out) CYG_MUST_CHECK;
/* The same from a descriptor, read to its end (stays the caller's): what the broker opened. */
enum cyg_status config_parse_fd(struct config_grammar *grammar, const char *name, int fd,
				const struct cyg_config *previous, struct config_findings *findings,
				struct cyg_config **out) CYG_MUST_CHECK;
/* The same from a path. A file that cannot be opened or read gives one finding `unreadable` at
 * line 1. */
enum cyg_status config_parse_file(struct config_grammar *grammar, const char *path,
				  const struct cyg_config *previous,
				  struct config_findings *findings,
				  struct cyg_config **out) CYG_MUST_CHECK;

/* Prints the findings of a file as config_findings_print() does. 0: no error among them, 1: some,
 * or it could not be read: the exit status of `check-config`. */
int config_check_file(struct config_grammar *grammar, const char *path, FILE *out);

/* --- One line at a prompt --- */

/* A line matched to its row. The arguments live until config_match_done(). */
struct config_match {
	const struct cyg_command *command;
	struct cyg_args *args;
};

/* Where a session's prompt stands: by names, since the objects may change under it. Zeroed: global.
 */
struct config_position {
	unsigned depth;			    /* 0: global */
	const char *mode[CONFIG_DEPTH_MAX]; /* of the grammar */
	char name[CONFIG_DEPTH_MAX][128];   /* of the objects */
	/* Inside a block that is ignored, or behind a single command that is, and how far that is indented: */
	bool block, block_first, block_indented, aside;
	size_t indent;
};

enum config_line_kind {
	CONFIG_LINE_DONE = 0, /* applied, or refused with findings */
	CONFIG_LINE_EXEC,     /* `do ...`: an exec line for the caller to run, at `rest` */
	CONFIG_LINE_LEAVE,    /* `end`, or `exit` at global */
	CONFIG_LINE_OPEN,     /* a text whose delimiter has not come again: to be given again, with '\n' and the next line
	                       * behind it; nothing has changed */
	CONFIG_LINE_ACTION,   /* a row of the mode that has `run`: `action` is for the caller to run */
};

/* What a typed line came to; to be freed by config_typed_done(). */
struct config_typed {
	enum config_line_kind kind;
	struct cyg_str rest;	    /* EXEC: a part of the line; OPEN: the delimiter */
	struct config_match action; /* ACTION */
	struct cyg_config *config;  /* DONE: the new snapshot; NULL: nothing has changed */
	char *said;  /* the line in full words and with secrets masked, for a log; NULL: `exit`, a comment */
	bool secret; /* there is a secret in it, right or wrong: it is not to be remembered */
};

/*
 * Applies one line to `base`; `findings` must be empty, here and above; `out` is zeroed. CYG_OK with a new
 * snapshot, or none if the line changed nothing (`exit`, a comment, an identical repeat);
 * CYG_REFUSED with findings: nothing has changed, `position` neither.
 */
enum cyg_status config_run_line(const struct cyg_config *base, struct config_position *position,
				struct cyg_str line, struct config_findings *findings,
				struct config_typed *out) CYG_MUST_CHECK;
void config_typed_done(struct config_typed *typed);
/* A built-in object that `no` has taken out of use. Appends the line that brings it back. */
bool config_disabled(const struct cyg_config *config, const char *mode, struct cyg_str name, struct cyg_strbuf *mend);
/* "config", "config-ikev2-profile": what stands between HOST( and )#. */
const char *config_prompt(const struct config_grammar *grammar,
			  const struct config_position *position);

/* --- Exec lines --- */

/* CYG_REFUSED with one finding that says what is wrong and what was expected. */
enum cyg_status config_match_exec(const struct config_grammar *grammar, struct cyg_str line,
				  struct config_match *out,
				  struct config_findings *findings) CYG_MUST_CHECK;
void config_match_done(struct config_match *match);
/* The line in full words with its secrets masked; to be freed. NULL if out of memory. */
char *config_match_said(const struct config_match *match);
/* Is there a secret among its arguments? */
bool config_match_secret(const struct config_match *match);
/* May a line that nobody understood have a secret in it, by a word that one usually follows, however misspelt? */
bool config_may_hold_secret(struct cyg_str line);

/* --- `?` and completion --- */

struct config_candidate_word {
	char *text;	  /* the whole keyword, what stands for an argument ("WORD", "A.B.C.D", "<1-9>"), or "<cr>" */
	const char *help; /* may be "" */
	bool keyword;	  /* a keyword or the name of an object: may be completed; else it is only told */
};
struct config_candidates {
	struct config_candidate_word *items;
	size_t count, capacity;
};
/*
 * What may stand where `line` ends: its last word is completed if no blank follows it, else the
 * next one is told. `position` NULL: exec lines; otherwise configuration lines of that mode and its
 * parents. `config` has the objects whose names may follow; NULL: none. Sorted by text.
 */
enum cyg_status config_complete(const struct config_grammar *grammar, const struct cyg_config *config,
				const struct config_position *position, struct cyg_str line,
				struct config_candidates *out) CYG_MUST_CHECK;
void config_candidates_done(struct config_candidates *candidates);

/* --- Snapshots --- */

struct cyg_config *config_ref(const struct cyg_config *config);
void config_unref(const struct cyg_config *config); /* NULL is fine */
struct config_grammar *config_grammar_of(const struct cyg_config *config);

enum config_render_flags {
	CONFIG_RENDER_ALL = 1u << 0, /* `all`: defaults too */
	CONFIG_RENDER_SECRETS =
		1u << 1, /* the file form, which parses back; else secrets are masked */
	CONFIG_RENDER_SEALED = 1u << 2, /* those that the file form has as type 6 are shown so */
};
/* `show running-config` and what `write memory` stores. CYG_IO if `out` took an error, CYG_NOMEM, or as the sealer says: then
 * what was printed is not to be used. */
enum cyg_status config_render(const struct cyg_config *config, unsigned flags,
			      FILE *out) CYG_MUST_CHECK;

/* What differs between two snapshots, an object at a time; the object inside another one is told,
 * and the outer one only if its own lines differ. For the plan of a reload. Either snapshot may be
 * NULL. */
enum config_change { CONFIG_ADDED, CONFIG_CHANGED, CONFIG_REMOVED };
void config_diff(const struct cyg_config *before, const struct cyg_config *after,
		 void (*tell)(void *ctx, enum config_change change, const struct cyg_mode *mode,
			      const char *path),
		 void *ctx);
/* The lines of `after` that `before` does not have (+) and the other way round (-), under the lines that open the
 * objects around them; secrets masked. CYG_IO if `out` took an error. */
enum cyg_status config_differences(const struct cyg_config *before, const struct cyg_config *after,
				   FILE *out) CYG_MUST_CHECK;
/* How many hold an object: its snapshots, objects that name it, sessions. Any thread; it may be old by then. */
unsigned config_object_refs(const void *object);
/* Do two snapshots hold the same lines? Places do not count. */
bool config_same(const struct cyg_config *a, const struct cyg_config *b);

/* An object that is kept and shown but not used. Views live as long as the snapshot. */
struct config_unused {
	const struct cyg_mode *mode;
	const char *name, *why;
	const char *file; /* of its opening line */
	uint32_t line;
};
/* Each of them, the inner ones first; with `before` (may be NULL) not those that were not used then either, for the same
 * reason or since they lacked lines then too. */
void config_each_unused(const struct cyg_config *config, const struct cyg_config *before,
			void (*tell)(void *ctx, const struct config_unused *unused), void *ctx);

#endif
