/* SPDX-License-Identifier: MIT */
/*
 * AAA method lists and local users.
 */
#include "config/core.h"
#include "config/tree.h"

#define MODE_SERVER_GROUP "aaa-server-group" /* the plugin radius's */

/* A group of RADIUS servers, or of TACACS+ servers, that nobody here can ask. */
static void check_group(struct cyg_build *build, struct config_method_list *list,
			const struct cyg_args *args, struct cyg_str name, size_t n)
{
	if (cyg_str_equal(name, CYG_STR("radius")))
		return;
	if (cyg_str_equal(name, CYG_STR("tacacs+")) || cyg_build_exists(build, MODE_TACACS_GROUP, name)) {
		list->tacacs = true;
		return;
	}
	cyg_build_at(build, args, "server", n);
	(void)cyg_build_refer(build, MODE_SERVER_GROUP, name);
}

/* METHOD...: `local` and `group NAME` in their order. */
static enum cyg_status apply_list(struct cyg_build *build, void *object,
				  const struct cyg_args *args)
{
	struct config_method_list *list = object;
	size_t groups = 0;

	list->count = 0;
	core_place(build, list->head.place);
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

			cyg_strbuf_add(&name, statement_text(args, i + 1));
			check_group(build, list, args, statement_text(args, i + 1), groups++);
		}
		list->count++;
	}
	return CYG_OK;
}

static void check_list(struct cyg_build *build, void *object, struct cyg_str name)
{
	struct config_method_list *list = object;

	(void)name;
	core_finish(build, &list->head, "",
		    list->tacacs ? "TACACS+ needs the plugin tacacs, which there is not" : "");
}

/* --- Local users --- */

static enum cyg_status apply_user(struct cyg_build *build, void *object, const struct cyg_args *args)
{
	struct cyg_local_user *user = object;
	enum cyg_status status;

	cyg_secret_done(&user->password);
	status = cyg_args_secret(args, "password", &user->password);
	if (status == CYG_NOT_FOUND)
		cyg_build_incomplete(build, cyg_args_sealed(args));
	return status == CYG_NOT_FOUND ? CYG_OK : status;
}

static void done_user(void *object)
{
	struct cyg_local_user *user = object;

	cyg_secret_done(&user->password);
}

/* clang-format off */
#define LIST_MODE(name_, what_) \
	{ .name = (name_), .parent = MODE_GLOBAL, .prompt = "config", .what = (what_), \
	  .object_size = sizeof(struct config_method_list), .init = core_init, .check = check_list }

static const struct cyg_mode modes[] = {
	LIST_MODE(MODE_AAA_AUTHENTICATION, "AAA authentication list"),
	LIST_MODE(MODE_AAA_AUTHORIZATION, "AAA authorization list"),
	LIST_MODE(MODE_AAA_ACCOUNTING, "AAA accounting list"),
	{ .name = CYG_MODE_USER, .parent = MODE_GLOBAL, .prompt = "config", .what = "local user",
	  .object_size = sizeof(struct cyg_local_user), .done = done_user },
	{ 0 },
};

static const struct cyg_token_help tokens[] = {
	{ "<name>", "Name of the list, or `default`" },
	{ "local", "What is configured here" },
	{ "group", "Servers; the next method is asked only if none of them answers" },
	{ "<server>", "Name of the group, or `radius` for all servers" },
	{ "<password>", "Its password" },
	{ 0 },
};

#define METHODS "{local | group <server:name>}..."

static const struct cyg_command commands[] = {
	{ MODE_GLOBAL, "aaa authentication login <name:name> " METHODS, "Says who checks passwords.", tokens,
	  .defines = MODE_AAA_AUTHENTICATION, .apply = apply_list },
	{ MODE_GLOBAL, "aaa authorization network <name:name> " METHODS, "Says who decides what a peer may have.",
	  tokens, .defines = MODE_AAA_AUTHORIZATION, .apply = apply_list },
	{ MODE_GLOBAL, "aaa accounting network <name:name> start-stop " METHODS, "Says who is told about sessions.",
	  tokens, .defines = MODE_AAA_ACCOUNTING, .apply = apply_list },
	{ MODE_GLOBAL, "username <name:name> password <password:secret>", "Lets a user log in by EAP.", tokens,
	  .defines = CYG_MODE_USER, .apply = apply_user },
	{ 0 },
};
/* clang-format on */

const struct cyg_command_table core_aaa_commands = { .modes = modes,
						     .commands = commands,
						     .next = &core_ikev2_commands };
