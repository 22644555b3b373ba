/* SPDX-License-Identifier: MIT */
/*
 * AAA method lists.
 */
#include "config/core.h"
#include "config/tree.h"

#define MODE_SERVER_GROUP "aaa-server-group"

/* METHOD...: `local` and `group NAME` in their order. */
static enum cyg_status apply_list(struct cyg_build *build, void *object,
				  const struct cyg_args *args)
{
	struct config_method_list *list = object;

	list->count = 0;
	for (size_t i = 0; i < args->step_count; i++) {
		struct cyg_str word = statement_word(args, i);
		bool group = cyg_str_equal(word, CYG_STR("group"));

		if (statement_op(args, i)->kind != OP_KEYWORD ||
		    (!group && !cyg_str_equal(word, CYG_STR("local"))))
			continue;
		if (list->count == CONFIG_METHODS_MAX) {
			cyg_build_error(build, "range", "a list has at most %d methods",
					CONFIG_METHODS_MAX);
			return CYG_OK;
		}
		list->method[list->count].local = !group;
		if (group) {
			struct cyg_strbuf name = CYG_STRBUF(list->method[list->count].group);
			size_t n = 0;

			for (size_t k = 0; k < i; k++)
				n += cyg_str_equal(statement_word(args, k), CYG_STR("group"));
			cyg_strbuf_add(&name, statement_text(args, i + 1));
			if (!cyg_str_equal(statement_text(args, i + 1), CYG_STR("radius"))) {
				cyg_build_at(build, args, "server", n);
				(void)cyg_build_refer(build, MODE_SERVER_GROUP,
						      statement_text(args, i + 1));
			}
		}
		list->count++;
	}
	return CYG_OK;
}

static void check_list(struct cyg_build *build, void *object, struct cyg_str name)
{
	struct config_method_list *list = object;

	(void)name;
	core_finish(build, &list->head, "", "");
}

/* clang-format off */
static const struct cyg_mode modes[] = {
	{ .name = MODE_AAA_AUTHORIZATION, .parent = MODE_GLOBAL, .prompt = "config",
	  .what = "AAA authorization list", .object_size = sizeof(struct config_method_list),
	  .init = core_init, .check = check_list },
	{ 0 },
};

static const struct cyg_command commands[] = {
	{ MODE_GLOBAL, "aaa authorization network <name:name> {local | group <server:name>}...",
	  "Says who decides what a peer may have.", .defines = MODE_AAA_AUTHORIZATION,
	  .apply = apply_list },
	{ 0 },
};
/* clang-format on */

const struct cyg_command_table core_aaa_commands = { .modes = modes,
						     .commands = commands,
						     .next = &core_ikev2_commands };
