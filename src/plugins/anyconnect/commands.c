/* SPDX-License-Identifier: MIT */
/* `crypto vpn anyconnect profile` and `ip http`. Control thread only. */
#include "anyconnect.h"

#include <jansson.h>

const char anyconnect_no_listener[] = "this version does not offer profiles for download";

static enum cyg_status apply_profile(struct cyg_build *build, void *object, const struct cyg_args *args)
{
	struct anyconnect_profile *profile = object;
	struct cyg_strbuf file = CYG_STRBUF(profile->file);

	if (cyg_strbuf_set(&file, cyg_args_text(args, "file")) != CYG_OK) {
		cyg_build_at(build, args, "file", 0);
		cyg_build_error(build, "range", "at most %zu characters", sizeof(profile->file) - 1);
	}
	return CYG_OK;
}

static void check_profile(struct cyg_build *build, void *object, struct cyg_str name)
{
	(void)object;
	(void)name;
	cyg_build_unusable(build, anyconnect_no_listener);
}

static enum cyg_status apply_http(struct cyg_build *build, void *object, const struct cyg_args *args)
{
	struct http_server *http = object;

	(void)args;
	if (!http->place)
		http->place = cyg_build_place(build);
	return CYG_OK;
}

static const struct cyg_mode modes[] = {
	{ .name = MODE_ANYCONNECT, .parent = "global", .prompt = "config", .what = "AnyConnect profile",
	  .object_size = sizeof(struct anyconnect_profile), .check = check_profile },
	{ .name = MODE_HTTP, .parent = "global", .prompt = "config", .what = "HTTP server",
	  .object_size = sizeof(struct http_server) },
	{ 0 },
};

/* --- show --- */

static enum cyg_status run_show(struct cyg_exec *exec, const struct cyg_args *args)
{
	const struct cyg_config *snapshot = cyg_shard_config(cyg_exec_shard(exec));
	const struct anyconnect_profile *profile;
	struct cyg_str name;

	(void)args;
	for (uint64_t at = 0; snapshot && (profile = cyg_config_next(snapshot, MODE_ANYCONNECT, &at, &name));) {
		const char *why = cyg_config_object_missing(profile);

		if (!cyg_exec_json(exec))
			cyg_exec_printf(exec, "AnyConnect profile: %.*s\n File : %s\n Not used : %s\n", (int)name.len,
					name.ptr, profile->file, why);
		cyg_exec_row(exec, json_pack("{s:s%, s:s, s:s}", "name", name.ptr, name.len, "file", profile->file,
					     "not-used", why));
	}
	return CYG_OK;
}

static const struct cyg_token_help tokens[] = {
	{ "anyconnect", "The client of that name" },
	{ "<name>", "Its name" },
	{ "<file>", "The file: bootflash:NAME is NAME in the configured folder" },
	{ "http", "The listener that profiles are fetched from" },
	{ 0 },
};

static const struct cyg_command commands[] = {
	{ "global", "crypto vpn anyconnect profile <name:name> <file:word>", "Names a profile for clients.", tokens,
	  .defines = MODE_ANYCONNECT, .flags = CYG_CMD_IDLE, .apply = apply_profile },
	{ "global", "ip http server", "Offers profiles by HTTP.", tokens, .defines = MODE_HTTP, .flags = CYG_CMD_IDLE,
	  .apply = apply_http },
	{ "global", "ip http secure-server", "Offers profiles by HTTPS.", tokens, .defines = MODE_HTTP, .flags = CYG_CMD_IDLE,
	  .apply = apply_http },
	{ "exec", "show crypto vpn anyconnect profile", "Shows profiles for clients.", tokens, .run = run_show },
	{ 0 },
};

const struct cyg_command_table anyconnect_commands = { .modes = modes,
						       .commands = commands,
						       .next = &anyconnect_ssl_commands };
