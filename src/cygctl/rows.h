/* SPDX-License-Identifier: MIT */
/*
 * The rows of a message of the daemon, as they stand in it: they are printed as they came. A tree of each, made and
 * freed, is several times the work of making the row, and who lists 100,000 of them held a processor with it.
 *
 * What is looked at is where a value ends; that a row is JSON is the daemon's word. Bounded, whatever the octets are.
 */
#ifndef CYGCTL_ROWS_H
#define CYGCTL_ROWS_H

#include <cygnet/bytes.h>

/* Has the message a member `rows` that is an array? What stands between its brackets, which lies in `message`. */
bool rows_in(struct cyg_str message, struct cyg_str *rows);
/* Takes the first row off; false: there is none. */
bool rows_next(struct cyg_str *rows, struct cyg_str *row);

#endif
