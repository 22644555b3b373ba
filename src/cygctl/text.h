/* SPDX-License-Identifier: MIT */
/*
 * The text of a message of the daemon, unescaped where it stands: most of what a listing brings is text, and a tree made of
 * each message to copy it out held a processor longer than the daemon needs to make it.
 */
#ifndef CYGCTL_TEXT_H
#define CYGCTL_TEXT_H

#include <cygnet/bytes.h>

/*
 * Is the message `{"id":N,"text":"..."}` and nothing else, as the daemon writes it? Then its text, which lies in
 * `message` in place of what stood there. False, and nothing changed: it is of another form, or the text has escapes by
 * number (\u); a parser is for these. Bounded, whatever the octets are.
 */
bool text_in(char *message, size_t len, struct cyg_str *text);

#endif
