/* SPDX-License-Identifier: MIT */
/*
 * What keywords mean wherever they stand: told by `?` for those whose row says nothing of its own.
 */
#ifndef CONFIG_HELP_H
#define CONFIG_HELP_H

/* A few words, or "" for a keyword that is not known here. */
const char *help_of_keyword(const char *word);
/* The same for one of several words that an argument may be. */
const char *help_of_choice(const char *word);

#endif
