/* SPDX-License-Identifier: MIT */
/*
 * Lines into a candidate. Control thread.
 */
#ifndef CONFIG_PARSE_H
#define CONFIG_PARSE_H

#include "config/build.h"

/* A candidate that starts as `root` (borrowed: shared, copied where it is written to). */
enum cyg_status candidate_init(struct candidate *c, struct config_grammar *grammar,
			       const struct node *root, const char *source,
			       struct config_findings *findings) CYG_MUST_CHECK;
void candidate_done(struct candidate *c);
/* One line of a file, or typed (line 0). What is wrong with it becomes a finding. CYG_NOMEM. */
enum cyg_status candidate_line(struct candidate *c, struct cyg_str text,
			       uint32_t line) CYG_MUST_CHECK;
/* The end of the text: what is still open is an error. */
void candidate_end(struct candidate *c);

/*
 * Which of the modes of a path, global first, owns a line: its index, with what the match there came to at `*match`; SIZE_MAX if
 * none knows its first word.
 */
size_t line_owner(struct matcher *m, const struct grammar_mode *const *modes, size_t depth, const struct words *words,
		  size_t first, unsigned flags, struct match_result *match);

#endif
