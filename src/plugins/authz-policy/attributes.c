/* SPDX-License-Identifier: MIT */
/* `aaa attribute list`: attributes as a server would send them, by name and value. Control thread only. */
#include "policy.h"

#include <stdlib.h>

static enum cyg_status apply_attribute(struct cyg_build *build, void *object, const struct cyg_args *args)
{
	static const char *const parts[] = { "type", "value", "service", "protocol" };
	struct attribute_list *list = object;
	struct attribute *attribute = &list->item[list->count];
	char **members[] = { &attribute->type, &attribute->value, &attribute->service, &attribute->protocol };

	if (list->count == ATTRIBUTES_MAX) {
		cyg_build_error(build, "range", "a list has at most %d attributes", ATTRIBUTES_MAX);
		return CYG_OK;
	}
	list->count++;
	attribute->mandatory = cyg_args_has(args, "mandatory");
	for (size_t i = 0; i < CYG_COUNT(parts); i++) {
		*members[i] = cyg_str_dup(cyg_args_text(args, parts[i]));
		if (!*members[i])
			return CYG_NOMEM;
	}
	return CYG_OK;
}

static void done(void *object)
{
	struct attribute_list *list = object;

	for (size_t i = 0; i < list->count; i++) {
		free(list->item[i].type);
		free(list->item[i].value);
		free(list->item[i].service);
		free(list->item[i].protocol);
	}
}

static const struct cyg_mode modes[] = {
	{ .name = MODE_ATTRIBUTES, .parent = "global", .prompt = "config-attr-list", .what = "AAA attribute list",
	  .object_size = sizeof(struct attribute_list), .done = done },
	{ 0 },
};

static const struct cyg_token_help tokens[] = {
	{ "attribute", "What a server would say of a user or group" },
	{ "<name>", "Name of the list" },
	{ "<type>", "Name of the attribute: interface-config ..." },
	{ "<value>", "Its value; between quotation marks if it has blanks" },
	{ "<service>", "The service that it is for: ike" },
	{ "<protocol>", "The protocol that it is for" },
	{ "mandatory", "Whoever does not know it must refuse" },
	{ 0 },
};

static const struct cyg_command commands[] = {
	{ "global", "aaa attribute list <name:name>", "Opens a list of attributes.", .tokens = tokens,
	  .enters = MODE_ATTRIBUTES },
	{ MODE_ATTRIBUTES,
	  "attribute type <type:word> <value:string> [service <service:word>] [protocol <protocol:word>] [mandatory]",
	  "Adds an attribute.", .tokens = tokens, .flags = CYG_CMD_LIST | CYG_CMD_IDLE, .apply = apply_attribute },
	{ 0 },
};

const struct cyg_command_table authz_attribute_commands = { .modes = modes,
							    .commands = commands,
							    .next = &authz_show_commands };
