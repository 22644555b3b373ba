/* SPDX-License-Identifier: MIT */
/*
 * Objects of the configuration in force, one after the other: what the `show` commands of show_objects.c,
 * show_protection.c and show_lists.c share. Control thread only.
 */
#ifndef CONTROL_SHOW_OBJECT_H
#define CONTROL_SHOW_OBJECT_H

#include "control/show.h"
#include "control/state.h"

/* Calls `show` for the object whose name is the argument `name`, or for each; CYG_NOT_FOUND with an error. */
enum cyg_status show_each(struct cyg_exec *exec, const struct cyg_args *args, const char *mode, const char *what,
			  void (*show)(struct cyg_exec *exec, const void *object, struct cyg_str name));
/* A line that says why it is not used, if so; members `name`, `place`, `complete`, `missing`. */
void show_head(struct cyg_exec *exec, const struct config_head *head);
void put_head(json_t **row, const struct config_head *head);
/* Adds to an array; one that is NULL stays so, and becomes it without memory. */
void put_word(json_t **array, const char *text);

#endif
