/* SPDX-License-Identifier: MIT */
/*
 * Control thread: commands on their way to the shards and back.
 *
 * When the last one has come back the change under way goes on. Commands to a shard that this thread
 * steps itself (control's own part, the shards of tests) run at once.
 */
#include "registry/internal.h"

#include <stdlib.h>

static bool runs_here(const struct registry_shard *rs)
{
	return rs->shard == rs->reg->control || rs->shard->driver->manual;
}

static void come_back(struct command *command)
{
	struct registry *reg = command->reg;

	unsigned before = atomic_fetch_sub(&reg->pending, 1);

	CYG_ASSERT(before > 0);
	if (command->status != CYG_OK)
		reg->status = command->status;
	free(command);
	if (before > 1 || reg->sending)
		return;
	if (reg->abandoned)
		registry_release(reg);
	else
		change_advance(reg);
}

static void run_reply(struct cyg_shard *control, struct cyg_msg *msg)
{
	come_back(CYG_CONTAINER(msg, struct command, msg));
}

/* Control has ended: nothing goes on from here. The last one takes along what waited for it. */
static void drop_reply(struct cyg_msg *msg)
{
	struct command *command = CYG_CONTAINER(msg, struct command, msg);
	struct registry *reg = command->reg;

	free(command);
	if (atomic_fetch_sub(&reg->pending, 1) == 1 && reg->abandoned)
		registry_release(reg);
}

void command_reply(struct command *command, bool direct)
{
	if (direct && runs_here(command->to)) {
		come_back(command);
		return;
	}
	command->msg = (struct cyg_msg){ .run = run_reply, .drop = drop_reply, .reserved = true };
	/* Reserved messages are always accepted. */
	if (cyg_shard_post(command->reg->control, &command->msg) != CYG_OK)
		drop_reply(&command->msg);
}

static void run_command(struct cyg_shard *shard, struct cyg_msg *msg)
{
	struct command *command = CYG_CONTAINER(msg, struct command, msg);

	command_run(command->to, command);
}

/* The shard has ended: what was to be undone there is gone, what was to be done did not happen. */
static void drop_command(struct cyg_msg *msg)
{
	struct command *command = CYG_CONTAINER(msg, struct command, msg);

	offers_unref(command->table);
	command->table = NULL;
	command->status = command->action == COMMAND_START || command->action == COMMAND_ATTACH ? CYG_NOT_FOUND
											     : CYG_OK;
	command_reply(command, false);
}

bool commands_send(struct registry *reg, struct registry_shard *only, enum command_action action, unsigned slot,
		   struct registry_table *table)
{
	struct command *commands[CYG_SHARDS_MAX + 1];
	unsigned count = only ? 1 : reg->shard_count;

	for (unsigned i = 0; i < count; i++) {
		commands[i] = calloc(1, sizeof(*commands[i]));
		if (!commands[i]) {
			while (i-- > 0)
				free(commands[i]);
			return false;
		}
	}
	reg->status = CYG_OK;
	reg->sending = true;
	atomic_fetch_add(&reg->pending, count);
	for (unsigned i = 0; i < count; i++) {
		struct command *c = commands[i];

		c->reg = reg;
		c->to = only ? only : reg->shard[i];
		c->action = action;
		c->slot = slot;
		c->table = table ? offers_ref(table) : NULL;
		c->msg = (struct cyg_msg){ .run = run_command, .drop = drop_command, .reserved = true };
		if (runs_here(c->to))
			command_run(c->to, c);
		else if (cyg_shard_post(c->to->shard, &c->msg) != CYG_OK)
			drop_command(&c->msg);
	}
	reg->sending = false;
	return true;
}

bool commands_send_table(struct registry *reg, enum command_action action, unsigned slot)
{
	struct registry_table *table = offers_new(reg);

	if (!table)
		return false;
	if (!commands_send(reg, NULL, action, slot, table)) {
		offers_unref(table);
		return false;
	}
	offers_unref(reg->table);
	reg->table = table;
	return true;
}
