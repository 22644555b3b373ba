/* SPDX-License-Identifier: MIT */
/*
 * The newest lines, for `show logging` and for terminals that monitor: the writer keeps them, anybody reads them
 * by number. Whoever reads too slowly sees the gap in the numbers.
 */
#ifndef LOG_RING_H
#define LOG_RING_H

#include "log/sink.h"

/* The writer's: a copy of the line is kept. Out of memory: the line is missed, its number is not. */
void ring_keep(const struct log_line *line);
/* The writer's, after each batch: calls what log_ring_listen() has set. */
void ring_tell(void);

#endif
