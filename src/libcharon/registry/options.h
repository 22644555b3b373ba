/* SPDX-License-Identifier: MIT */
/*
 * The reader of cygnet.conf and plugins/NAME.conf: text and option tables (cygnet/option.h) in, a
 * typed struct out, or errors with a place and the nearest spelling.
 *
 *   # a comment: at the start of a line or after a space
 *   name = value
 *   name = "a value with # or spaces around it, \" and \\"
 *   list = one, two, "three, with a comma"
 *   map {
 *       key = value
 *   }
 *
 * Pure but for conf_read_file(). A struct cyg_conf is counted and immutable once made: any thread may hold it.
 */
#ifndef REGISTRY_OPTIONS_H
#define REGISTRY_OPTIONS_H

#include <cygnet/option.h>

#include <stdio.h>

#define CONF_FILE_MAX   65536 /* octets of one file */
#define CONF_LINE_MAX    2048
#define CONF_ITEMS_MAX    256 /* of one list or map */
#define CONF_ERRORS_MAX    20 /* told per file; the rest is counted */
#define CONF_PARTS_MAX      4

struct cyg_conf;

/* A table and the size of the struct that it fills. One file may fill several (what all plugins
 * have, and the plugin's own). `table` may be NULL. */
struct conf_part {
	const struct cyg_option *table;
	size_t size;
};

/*
 * Reads `text`, whose place is called `place` in messages. Errors are appended to `errors` (may be
 * NULL), one a line: "plugins/gmp.conf:7:3: unknown option 'lod' (did you mean 'load'?)".
 * CYG_MALFORMED if there is an error, CYG_NOMEM.
 */
enum cyg_status conf_read(const struct conf_part *parts, size_t count, const char *place,
			  struct cyg_str text, struct cyg_strbuf *errors, struct cyg_conf **out)
	CYG_MUST_CHECK;
/* The same for a first look: only these tables are read, whatever else the text says is left alone. */
enum cyg_status conf_read_known(const struct conf_part *parts, size_t count, const char *place,
				struct cyg_str text, struct cyg_strbuf *errors, struct cyg_conf **out)
	CYG_MUST_CHECK;
/*
 * The octets of a file, malloc'ed into *text. CYG_NOT_FOUND if it is not there; CYG_IO (a directory,
 * no right to read), CYG_LIMIT (longer than CONF_FILE_MAX) and CYG_NOMEM with a line in `errors`.
 */
enum cyg_status conf_read_file(const char *path, const char *place, struct cyg_strbuf *errors,
			       char **text, size_t *len) CYG_MUST_CHECK;

/* The struct of the nth part. */
const void *conf_data(const struct cyg_conf *conf, size_t part);
struct cyg_conf *conf_ref(struct cyg_conf *conf);
/* NULL is fine. */
void conf_unref(struct cyg_conf *conf);

/* A sample file made from the tables: every option as a comment with its help and default. */
void conf_sample(FILE *out, const char *title, const struct conf_part *parts, size_t count);

#endif
