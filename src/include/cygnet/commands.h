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
 *   <name:type>     an argument; types below, some with a range, words or a mode in parentheses
 *   <name:type>...  one or more of them (at the end of a row)
 * Types:
 *   uint(LOW-HIGH)  a decimal number (another word is `syntax`, another number `range`)
 *   choice(a|b)     one of these words, abbreviated or not; the argument's text is the whole word
 *   word name       one word as it stands; a name has at most 63 octets and is case-sensitive
 *   string          one word, or several between double quotes
 *   line            the rest of the line
 *   delimited       a banner: text between two delimiters, over lines if need be
 *   ip4 ip6 ip      an address
 *   mask            a netmask; host bits of the ip4 before it are cleared (`host-bits`)
 *   ownmask         the same for an interface's own address, whose host bits stay
 *   wildcard        a wildcard mask
 *   prefix6 own6    IPv6 ADDRESS/LENGTH; host bits cleared, or kept
 *   secret          [0|6|7] KEY; never shown in clear to a viewer
 *   hex             [0|6] and an even number of hexadecimal digits; a secret too
 *   interface       Tunnel0, "Ethernet 0/0", eth0; the text is in canonical form without blanks
 *   ref(MODE)       the name of an object of that mode; `undefined-reference` if there is none
 * The text of an argument is canonical: numbers without leading zeros, addresses as
 * cyg_ip_text() has them, prefixes masked.
 *
 * An old spelling is a row with CYG_CMD_WEAK whose `spelling` is the right line, with <name> where an
 * argument goes: the line is taken as that one, with the warning `spelling`; it needs no `apply`. With
 * CYG_CMD_ALIAS it is another way to write it, without a warning. A template of several lines ('\n') is taken one
 * after the other; a `no` takes back the first.
 *
 * A row begins with a keyword, or with a group or a number before one (`[<seq:uint(1-9)>] {permit | deny}`), which
 * then counts for nothing when the mode is looked for that owns a line.
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
	CYG_CMD_ALIAS = 1u << 4,      /* another way to write what `spelling` has; no warning */
	CYG_CMD_LEAVES = 1u << 5,     /* leaves the mode, as `exit` does; nothing is kept */
	CYG_CMD_IDLE = 1u << 6,       /* configuration: kept and shown, and nothing in this version acts on it: whoever writes
				       * the line is told. Its `no` asks for what is the case. See `idle` */
	CYG_CMD_IDLE_NO = 1u << 7,    /* the same of its `no` form, where the line itself asks for what is the case */
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
	                       * repeat, comma-separated; NULL: all of them. A row that enters or defines:
	                       * those that make the object's name, joined by a blank; NULL: `name`; if there is
	                       * no such argument, the object is the only one of its mode, with an empty name */
	const char *def;      /* the default as a line, for `default`, and for `show running-config all` */
	const char *enters;   /* the mode whose object the line opens and enters; NULL for none */
	const char *defines;  /* the mode whose object the line belongs to, without entering it (`ip local
	                       * pool NAME ...`): several lines of one name make one object */
	const char *spelling; /* WEAK, ALIAS: the right spelling, a template (above) */
	const char *idle;     /* IDLE, IDLE_NO: of lines with this token alone (written as in cyg_token_help); NULL: of all */
	uint32_t flags;

	/* Configuration: store the line's values in the object under construction (that of the row's mode, or of
	 * `defines`; a row that enters: first of all lines, the object entered). `object` is zeroed, then set up by the mode's `init`. Runs at commit, when every
	 * object of the configuration is known. Findings about the line go to cyg_build_*(). NULL: the
	 * line is kept and shown only. An error status other than CYG_NOMEM needs a finding first. */
	enum cyg_status (*apply)(struct cyg_build *build, void *object, const struct cyg_args *args);
	/* Exec: CYG_PENDING ends later with cyg_exec_done(). In another mode the row is an action: typed
	 * at a prompt it is run and leaves no line (`crypto key generate ...`); in a file it is a note. */
	enum cyg_status (*run)(struct cyg_exec *exec, const struct cyg_args *args);
};

/* One of the objects inside of another one came, went, or was built anew. */
struct cyg_inner {
	const struct cyg_mode *mode;
	struct cyg_str name;
	uint64_t place;        /* lower: opened before, among those of its mode; the same as long as it stays */
	const void *before, *after; /* as it was and as it is; NULL: not there, or not usable. Both live as long as the
	                             * outer object that was told of them */
	const void *built_before, *built_after; /* the same, usable or not */
};

struct cyg_mode {
	const char *name;      /* "ikev2-profile" */
	const char *parent;    /* "global", or the mode it is inside of */
	const char *prompt;    /* "config-ikev2-profile" */
	const char *what;      /* for messages: "IKEv2 profile" */
	size_t object_size;
	bool sequence;         /* objects are called `NAME NUMBER`; what refers to NAME means all of them
	                        * (cyg_build_sequence()): the rows' `key` is "name,number" */
	/* All optional. */
	void (*init)(void *object, struct cyg_str name);
	/* The whole object once all lines are applied: completeness, overlaps, pointers to other objects. Not
	 * called for an object that holds an error. */
	void (*check)(struct cyg_build *build, void *object, struct cyg_str name);
	/* Frees what the object owns (not the object). Any thread. */
	void (*done)(void *object);
	/* For an object with an index of those inside of it, so that a change of one of them costs that one: instead of asking
	 * for each (cyg_build_inner()) it is told of them, before `check`. `inherit` takes over a copy of the index of the
	 * object as it was; then `inner` is told what has changed since. Without an object before, or if that held an error,
	 * each one is told as new. Both or none; what `done` is for must hold after `inherit` alone. */
	void (*inherit)(void *object, const void *before);
	void (*inner)(struct cyg_build *build, void *object, const struct cyg_inner *change);
	const char *const *smart_defaults; /* names of built-in objects, NULL-terminated; their lines: */
	const char *const *default_lines;  /* the lines of the nth of them, separated by '\n'; if the first
	                                    * begins with a blank it goes on with the opening line */
};

struct cyg_command_table {
	const struct cyg_mode *modes;        /* ended by a NULL name; may be NULL */
	const struct cyg_command *commands;  /* ended by a NULL mode */
	const struct cyg_command_table *next; /* more of the same provider; NULL for none */
};

/* --- Arguments --- */
/* Was this keyword or argument given? */
CYG_EXPORT bool cyg_args_has(const struct cyg_args *args, const char *token);
/* The line began with `no`. */
CYG_EXPORT bool cyg_args_no(const struct cyg_args *args);
/* Text of an argument in canonical form (unquoted; empty for a secret); empty if absent. It lives as
 * long as the object that is being built, or in `run` until the command has ended. */
CYG_EXPORT struct cyg_str cyg_args_text(const struct cyg_args *args, const char *name);
CYG_EXPORT uint64_t cyg_args_uint(const struct cyg_args *args, const char *name, uint64_t absent);
/* An address, or that of a prefix (own6: with its host bits). Unset if absent. */
CYG_EXPORT struct cyg_ip cyg_args_ip(const struct cyg_args *args, const char *name);
/* prefix6, own6 (its length; the address is masked), or an address whose mask is the argument `mask`
 * (NULL or absent: a host). Unset if absent. */
CYG_EXPORT struct cyg_prefix cyg_args_prefix(const struct cyg_args *args, const char *name,
					     const char *mask);
/* A secret in clear, to be freed by the caller. CYG_NOT_FOUND if absent, or of type 6 and closed. */
CYG_EXPORT enum cyg_status cyg_args_secret(const struct cyg_args *args, const char *name,
					   struct cyg_secret *out) CYG_MUST_CHECK;
/* What is missing to open the line's secret, a constant for cyg_build_incomplete(); NULL if it is open, or there is none. */
CYG_EXPORT const char *cyg_args_sealed(const struct cyg_args *args);
/* How many words <name:type>... took, and the nth. */
CYG_EXPORT size_t cyg_args_count(const struct cyg_args *args, const char *name);
CYG_EXPORT struct cyg_str cyg_args_nth(const struct cyg_args *args, const char *name, size_t n);

/* --- Building objects --- */
/* Findings at the line being applied (in `check`: at the object's opening line). `code` is one of the
 * words of doc/FINDINGS.md. An error makes the object unusable. */
CYG_EXPORT void cyg_build_error(struct cyg_build *build, const char *code, const char *format, ...)
	CYG_PRINTF(3, 4);
CYG_EXPORT void cyg_build_warning(struct cyg_build *build, const char *code, const char *format, ...)
	CYG_PRINTF(3, 4);
/* The next finding stands at the nth word of this argument or at this keyword. */
CYG_EXPORT void cyg_build_at(struct cyg_build *build, const struct cyg_args *args, const char *token,
			     size_t n);
/* The next finding stands at the place of an earlier line (from cyg_build_place()), for `check`; it may be
 * a line of another object. */
CYG_EXPORT void cyg_build_at_place(struct cyg_build *build, const char *place);
/* FILE:LINE of the line being applied, for later explanations; lives as long as the object. */
CYG_EXPORT const char *cyg_build_place(const struct cyg_build *build);
/* The object lacks lines: warning `incomplete` at its opening line, and as below. */
CYG_EXPORT void cyg_build_incomplete(struct cyg_build *build, const char *missing);
/* The object is kept and shown but not used; `why` is copied for `show`. No finding: it was given. */
CYG_EXPORT void cyg_build_unusable(struct cyg_build *build, const char *why);
/* Is there an object of this name? For references that a type cannot say (`ref` does it by itself): if
 * not, warning `undefined-reference`. */
CYG_EXPORT bool cyg_build_refer(struct cyg_build *build, const char *mode, struct cyg_str name);
/* The same without a finding. */
CYG_EXPORT bool cyg_build_exists(struct cyg_build *build, const char *mode, struct cyg_str name);
/* Another object of the same configuration, built first if need be and kept as long as this one. NULL: none,
 * not usable, or it is being built itself (a circle). */
CYG_EXPORT const void *cyg_build_object(struct cyg_build *build, const char *mode, struct cyg_str name);
/* The nth object inside of this one (peers of a keyring), built; NULL with an empty name after the last, NULL
 * with a name for one that is not usable. */
CYG_EXPORT const void *cyg_build_inner(struct cyg_build *build, const char *mode, size_t n,
				       struct cyg_str *name);

/* The nth object of a mode at the top, likewise. */
CYG_EXPORT const void *cyg_build_nth(struct cyg_build *build, const char *mode, size_t n, struct cyg_str *name);
/* The objects of one name in a mode with `sequence`, in order of their numbers: at most `room` of them at `out`, built; NULL
 * for one that is not usable. Returns how many there are. */
CYG_EXPORT size_t cyg_build_sequence(struct cyg_build *build, const char *mode, struct cyg_str name,
				     const void **out, size_t room);

/* --- Objects of a snapshot (any thread that holds it) --- */
/* NULL if there is none, or if it is incomplete and `usable` is asked for. */
CYG_EXPORT const void *cyg_config_object(const struct cyg_config *config, const char *mode,
					 struct cyg_str name, bool usable);
/* The objects of a mode, usable or not, in the order in which they were opened, from *at = 0 on; NULL behind the last. The
 * name at *name (may be NULL). A step costs the same however many there are; *at stays good when lines were typed meanwhile. */
CYG_EXPORT const void *cyg_config_next(const struct cyg_config *config, const char *mode, uint64_t *at,
				       struct cyg_str *name);
/* Why it is not usable, or "" if it is. */
CYG_EXPORT const char *cyg_config_object_missing(const void *object);
/* Were two objects of one mode made of the same lines (and the objects they point to, too)? A reload
 * leaves alone what is the same. */
CYG_EXPORT bool cyg_config_object_same(const void *a, const void *b);
/* Keeps one object, and what it points to, beyond its snapshot. */
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
