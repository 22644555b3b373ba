/* SPDX-License-Identifier: MIT */
/*
 * The command language as data: modes and commands, declared once, by the core or by a plugin.
 *
 * Parser, abbreviation, `no` and `default`, `?`, completion, `show running-config [all]` and the
 * command reference are all made from these tables. A configuration is kept as a persistent tree of
 * statements (which row, which arguments); a line is rendered from its statement, so no row needs code for
 * printing. For each mode that is an object, its rows' `apply` fill a typed struct from the
 * statements; that struct is immutable and counted once published (a snapshot is a tree of them).
 *
 * Syntax of a row, one line:
 *   word            a keyword (matched without case; may be abbreviated while unambiguous)
 *   {a | b}         one of;   [a | b]  one of or none;   groups nest
 *   <name:type>     an argument; types below, some with a range or a mode in parentheses
 *   <name:type>...  one or more of them (at the end of a row)
 * Types: uint(LOW-HIGH) word name line string ip4 ip6 ip mask wildcard prefix6 secret hex interface
 *   ref(MODE) delimited
 *   (`name` may be any word and is case-sensitive; `ref(MODE)` names an object of that mode and gives
 *    the finding `undefined-reference` if there is none; `line` is the rest of the line; `delimited`
 *    is a banner; `secret` is never shown in clear.)
 *
 * Rows and modes are constant; all functions run on the control thread unless said otherwise.
 */
#ifndef CYGNET_COMMANDS_H
#define CYGNET_COMMANDS_H

#include <cygnet/ip.h>
#include <cygnet/secret.h>
#include <cygnet/shard.h>

struct cyg_args;   /* the arguments of one line, by name */
struct cyg_build;  /* making typed objects from statements */
struct cyg_exec;   /* one exec command under way, and where its output goes */
struct cyg_config; /* a published snapshot, counted and immutable */
struct json_t;     /* jansson */

enum cyg_command_flags {
	CYG_CMD_LIST = 1u << 0,       /* lines accumulate in order; else a later line replaces the earlier */
	CYG_CMD_PRIVILEGED = 1u << 1, /* exec: needs `enable` rights (group cygnet or root) */
	CYG_CMD_WEAK = 1u << 2,       /* hidden from `?`: an old spelling; accepted with the warning `spelling` */
	CYG_CMD_NO_SHOWN = 1u << 3,   /* the `no` form is a statement of its own, kept and shown */
};

struct cyg_token_help {
	const char *token; /* a keyword, or <name> without its type */
	const char *help;
};

struct cyg_command {
	const char *mode;     /* "exec", "global", or a mode's name */
	const char *syntax;
	const char *help;     /* what the command does, one sentence */
	const struct cyg_token_help *tokens; /* help of single tokens; ended by { 0 }; may be NULL */
	const char *key;      /* LIST: the arguments that say which line is meant by `no` and by a
	                       * repeat, comma-separated; NULL: all of them */
	const char *def;      /* the default as a line, for `default`, and for `show running-config all` */
	const char *enters;   /* the mode whose object <name> it opens; NULL for none */
	const char *spelling; /* WEAK: the right spelling, told by the warning */
	uint32_t flags;

	/* Configuration: store the line's values in the object under construction (for `global`:
	 * the root object). `object` is zeroed, then set up by the mode's `init`. Findings about the line go to cyg_build_*(). */
	enum cyg_status (*apply)(struct cyg_build *build, void *object, const struct cyg_args *args);
	/* Exec: CYG_PENDING ends later with cyg_exec_done(). */
	enum cyg_status (*run)(struct cyg_exec *exec, const struct cyg_args *args);
};

struct cyg_mode {
	const char *name;      /* "ikev2-profile" */
	const char *parent;    /* "global", or the mode it is inside of */
	const char *prompt;    /* "config-ikev2-profile" */
	const char *what;      /* for messages: "IKEv2 profile" */
	size_t object_size;
	/* All optional. */
	void (*init)(void *object, struct cyg_str name);
	/* The whole object once all lines are applied: completeness, overlaps. */
	void (*check)(struct cyg_build *build, void *object, struct cyg_str name);
	/* Frees what the object owns (not the object). Any thread. */
	void (*done)(void *object);
	/* Sort objects by name (false: in the order they were opened). */
	const char *const *smart_defaults; /* names of built-in objects, NULL-terminated; their lines: */
	const char *const *default_lines;  /* the lines of the nth of them, separated by '\n' */
};

struct cyg_command_table {
	const struct cyg_mode *modes;        /* ended by a NULL name; may be NULL */
	const struct cyg_command *commands;  /* ended by a NULL mode */
};

/* --- Arguments --- */
/* Was this keyword or argument given? */
CYG_EXPORT bool cyg_args_has(const struct cyg_args *args, const char *token);
/* The line began with `no`. */
CYG_EXPORT bool cyg_args_no(const struct cyg_args *args);
/* Text of an argument as typed (unquoted); empty if absent. Lives as long as the statement. */
CYG_EXPORT struct cyg_str cyg_args_text(const struct cyg_args *args, const char *name);
CYG_EXPORT uint64_t cyg_args_uint(const struct cyg_args *args, const char *name, uint64_t absent);
/* Unset if absent. */
CYG_EXPORT struct cyg_ip cyg_args_ip(const struct cyg_args *args, const char *name);
/* prefix6, or an ip4 whose mask is the argument `mask` (absent: a host). */
CYG_EXPORT struct cyg_prefix cyg_args_prefix(const struct cyg_args *args, const char *name,
					     const char *mask);
/* A secret in clear, to be freed by the caller. CYG_NOT_FOUND if absent or if its master key is missing. */
CYG_EXPORT enum cyg_status cyg_args_secret(const struct cyg_args *args, const char *name,
					   struct cyg_secret *out) CYG_MUST_CHECK;
/* How many words <name:type>... took, and the nth. */
CYG_EXPORT size_t cyg_args_count(const struct cyg_args *args, const char *name);
CYG_EXPORT struct cyg_str cyg_args_nth(const struct cyg_args *args, const char *name, size_t n);

/* --- Building objects --- */
/* Findings at the line being applied (in `check`: at the object's opening line). `code` is one of the
 * words of doc/FINDINGS.md. */
CYG_EXPORT void cyg_build_error(struct cyg_build *build, const char *code, const char *format, ...)
	CYG_PRINTF(3, 4);
CYG_EXPORT void cyg_build_warning(struct cyg_build *build, const char *code, const char *format, ...)
	CYG_PRINTF(3, 4);
/* FILE:LINE of the line being applied, for later explanations; lives as long as the snapshot. */
CYG_EXPORT const char *cyg_build_place(const struct cyg_build *build);
/* The object is kept and shown but not used; `why` is copied for `show`. */
CYG_EXPORT void cyg_build_incomplete(struct cyg_build *build, const char *missing);

/* --- Objects of a snapshot (any thread that holds it) --- */
/* NULL if there is none, or if it is incomplete and `usable` is asked for. */
CYG_EXPORT const void *cyg_config_object(const struct cyg_config *config, const char *mode,
					 struct cyg_str name, bool usable);
/* The nth object of a mode in order; its name at *name. */
CYG_EXPORT const void *cyg_config_nth(const struct cyg_config *config, const char *mode, size_t n,
				      struct cyg_str *name);
/* Keeps one object beyond its snapshot. */
CYG_EXPORT const void *cyg_config_object_ref(const void *object);
CYG_EXPORT void cyg_config_object_unref(const void *object);
/* The snapshot in force on this shard; valid until the next turn of the loop unless kept. */
CYG_EXPORT const struct cyg_config *cyg_shard_config(const struct cyg_shard *shard);

/* --- Exec commands --- */
CYG_EXPORT struct cyg_shard *cyg_exec_shard(struct cyg_exec *exec);
/* The client asked for JSON. */
CYG_EXPORT bool cyg_exec_json(const struct cyg_exec *exec);
/* Text output, passed through the client's pipe (`| include ...`) on the daemon's side. */
CYG_EXPORT void cyg_exec_printf(struct cyg_exec *exec, const char *format, ...) CYG_PRINTF(2, 3);
/* One element of the answer's array "rows" (reference taken over). Give rows in either case; a row's text
 * form is printed by the command when cyg_exec_json() is false. */
CYG_EXPORT void cyg_exec_row(struct cyg_exec *exec, struct json_t *take_row);
/* A sentence that says why it failed; the status given to cyg_exec_done() follows. */
CYG_EXPORT void cyg_exec_error(struct cyg_exec *exec, const char *format, ...) CYG_PRINTF(2, 3);
/* Ends a command that returned CYG_PENDING. */
CYG_EXPORT void cyg_exec_done(struct cyg_exec *exec, enum cyg_status status);

#endif
