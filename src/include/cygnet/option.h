/* SPDX-License-Identifier: MIT */
/*
 * Typed options of the engine (cygnet.conf) and of plugins (plugins/NAME.conf).
 *
 * A table of rows names each option once; the reader, its errors with a place and a suggestion, the
 * sample files under conf/ and the manual sections are all made from it. Values land in a plain
 * struct; pointers in it live as long as the snapshot it belongs to.
 */
#ifndef CYGNET_OPTION_H
#define CYGNET_OPTION_H

#include <cygnet/bytes.h>

enum cyg_option_type {
	CYG_OPTION_END = 0,
	CYG_OPTION_BOOL,     /* bool; yes, no */
	CYG_OPTION_UINT,     /* uint32_t within [min, max] */
	CYG_OPTION_DURATION, /* uint32_t milliseconds; "500ms", "3s", "2m", "1h" */
	CYG_OPTION_STRING,   /* const char * */
	CYG_OPTION_ENUM,     /* int: the index of the word in `words` */
	CYG_OPTION_LIST,     /* const char *const *, NULL-terminated; "a, b, c" */
	CYG_OPTION_MAP,      /* const struct cyg_option_pair *, ended by a NULL key; a block { KEY = VALUE } */
};

struct cyg_option_pair {
	const char *key, *value;
};

struct cyg_option {
	enum cyg_option_type type;
	const char *name;
	size_t offset;            /* into the configuration struct */
	const char *def;          /* as it would be written in the file; NULL for none */
	uint32_t min, max;        /* UINT and DURATION (milliseconds) */
	const char *const *words; /* ENUM, NULL-terminated */
	const char *help;         /* one sentence or more; becomes comment and manual */
};

#define CYG_OPT_BOOL(struct_, member_, name_, def_, help_) \
	{ .type = CYG_OPTION_BOOL, .name = (name_), .def = (def_), .help = (help_), \
	  .offset = offsetof(struct_, member_) }
#define CYG_OPT_UINT(struct_, member_, name_, def_, min_, max_, help_) \
	{ .type = CYG_OPTION_UINT, .name = (name_), .def = (def_), .min = (min_), .max = (max_), \
	  .help = (help_), .offset = offsetof(struct_, member_) }
#define CYG_OPT_DURATION(struct_, member_, name_, def_, min_ms_, max_ms_, help_) \
	{ .type = CYG_OPTION_DURATION, .name = (name_), .def = (def_), .min = (min_ms_), \
	  .max = (max_ms_), .help = (help_), .offset = offsetof(struct_, member_) }
#define CYG_OPT_STRING(struct_, member_, name_, def_, help_) \
	{ .type = CYG_OPTION_STRING, .name = (name_), .def = (def_), .help = (help_), \
	  .offset = offsetof(struct_, member_) }
#define CYG_OPT_ENUM(struct_, member_, name_, def_, words_, help_) \
	{ .type = CYG_OPTION_ENUM, .name = (name_), .def = (def_), .words = (words_), \
	  .help = (help_), .offset = offsetof(struct_, member_) }
#define CYG_OPT_LIST(struct_, member_, name_, def_, help_) \
	{ .type = CYG_OPTION_LIST, .name = (name_), .def = (def_), .help = (help_), \
	  .offset = offsetof(struct_, member_) }
#define CYG_OPT_MAP(struct_, member_, name_, help_) \
	{ .type = CYG_OPTION_MAP, .name = (name_), .help = (help_), \
	  .offset = offsetof(struct_, member_) }
#define CYG_OPT_END { .type = CYG_OPTION_END }

#endif
