/* SPDX-License-Identifier: MIT */
/* What went wrong and what goes on: debug, show debugging, terminal monitor, terminal length, show logging, diagnose. */
#include "config.h"

#include "control/show.h"
#include "control/state.h"
#include "control/tables.h"
#include "exchange/diagnose.h"
#include "log/debug.h"
#include "log/format.h"
#include "log/log.h"

#include <stdio.h>

static const struct cyg_token_help tokens[] = {
	{ "debug", "Turns lines on that tell what happens inside, session by session" },
	{ "undebug", "Turns them off" },
	{ "no", "Turns it off" },
	{ "crypto", "Tunnels" },
	{ "ikev2", "IKEv2 negotiations: what happens, and what fails" },
	{ "packet", "Every IKE message, sent and received" },
	{ "error", "What fails" },
	{ "internal", "Each step of each SA" },
	{ "client", "Tunnels that this gateway begins as a client" },
	{ "ipsec", "CHILD_SAs and the data plane" },
	{ "pki", "Certificates" },
	{ "radius", "RADIUS messages" },
	{ "aaa", "Authentication, authorization, accounting" },
	{ "condition", "Only of some peers" },
	{ "peer", "The peer's outer address" },
	{ "ipv4", "An IPv4 address" },
	{ "ipv6", "An IPv6 address" },
	{ "username", "The user by EAP, or the peer's identity" },
	{ "fvrf", "The VRF the peer comes from" },
	{ "reset", "Takes all conditions away" },
	{ "all", "Everything" },
	{ "terminal", "This terminal" },
	{ "length", "How many lines are shown at a time" },
	{ "monitor", "Shows log lines here as they come" },
	{ "show", "Shows what there is" },
	{ "debugging", "What is turned on" },
	{ "logging", "The newest lines of the log" },
	{ "clear", "Takes away" },
	{ "diagnose", "What failed lately" },
	{ 0 },
};

static const struct debug_name {
	enum cyg_debug_kind kind;
	const char *words, *text;
} names[] = {
	{ CYG_DEBUG_IKEV2_ERROR, "crypto ikev2 error", "IKEv2 error debugging" },
	{ CYG_DEBUG_IKEV2_PACKET, "crypto ikev2 packet", "IKEv2 packet debugging" },
	{ CYG_DEBUG_IKEV2_INTERNAL, "crypto ikev2 internal", "IKEv2 internal debugging" },
	{ CYG_DEBUG_IKEV2_CLIENT, "crypto ikev2 client", "IKEv2 client debugging" },
	{ CYG_DEBUG_IPSEC, "crypto ipsec", "IPsec debugging" },
	{ CYG_DEBUG_PKI, "crypto pki", "PKI debugging" },
	{ CYG_DEBUG_RADIUS, "radius", "RADIUS debugging" },
	{ CYG_DEBUG_AAA, "aaa", "AAA debugging" },
};

/* --- debug --- */

static unsigned bit(enum cyg_debug_kind kind)
{
	return 1u << kind;
}

/* `debug crypto ikev2` alone: what a reader can follow, not each message. */
static unsigned kinds_of(const struct cyg_args *args)
{
	if (cyg_args_has(args, "all"))
		return ~0u;
	if (cyg_args_has(args, "ipsec"))
		return bit(CYG_DEBUG_IPSEC);
	if (cyg_args_has(args, "pki"))
		return bit(CYG_DEBUG_PKI);
	if (cyg_args_has(args, "radius"))
		return bit(CYG_DEBUG_RADIUS);
	if (cyg_args_has(args, "aaa"))
		return bit(CYG_DEBUG_AAA);
	if (cyg_args_has(args, "packet"))
		return bit(CYG_DEBUG_IKEV2_PACKET);
	if (cyg_args_has(args, "error"))
		return bit(CYG_DEBUG_IKEV2_ERROR);
	if (cyg_args_has(args, "internal"))
		return bit(CYG_DEBUG_IKEV2_INTERNAL);
	if (cyg_args_has(args, "client"))
		return bit(CYG_DEBUG_IKEV2_CLIENT);
	return bit(CYG_DEBUG_IKEV2_ERROR) | bit(CYG_DEBUG_IKEV2_INTERNAL) | bit(CYG_DEBUG_IKEV2_CLIENT);
}

static void tell_kinds(struct cyg_exec *exec, unsigned kinds, const char *what)
{
	for (size_t i = 0; i < CYG_COUNT(names); i++) {
		if (kinds & bit(names[i].kind))
			cyg_exec_printf(exec, "%s is %s\n", names[i].text, what);
	}
}

static enum cyg_status debug_on(struct cyg_exec *exec, const struct cyg_args *args)
{
	unsigned kinds = kinds_of(args);

	debug_set(kinds, true);
	tell_kinds(exec, kinds, "on");
	if (!server_monitors(exec))
		cyg_exec_printf(exec, "Lines go to `show logging`; to see them here as they come: terminal monitor\n");
	return CYG_OK;
}

static enum cyg_status debug_off(struct cyg_exec *exec, const struct cyg_args *args)
{
	unsigned kinds = kinds_of(args);

	/* `no debug crypto ikev2` takes back what any of its kinds has turned on. */
	if (kinds & bit(CYG_DEBUG_IKEV2_INTERNAL) && kinds & bit(CYG_DEBUG_IKEV2_ERROR))
		kinds |= bit(CYG_DEBUG_IKEV2_PACKET);
	debug_set(kinds, false);
	if (cyg_args_has(args, "all"))
		cyg_exec_printf(exec, "All possible debugging has been turned off\n");
	else
		tell_kinds(exec, kinds, "off");
	return CYG_OK;
}

/* --- debug crypto condition --- */

static enum cyg_status read_condition(struct cyg_exec *exec, const struct cyg_args *args,
				      struct debug_condition *out)
{
	struct cyg_str word = cyg_args_text(args, cyg_args_has(args, "username") ? "name" : "vrf");
	struct cyg_ip ip;

	*out = (struct debug_condition){ .kind = DEBUG_PEER_PREFIX };
	if (cyg_args_has(args, "ipv6")) {
		out->prefix = cyg_args_prefix(args, "prefix", NULL);
		return CYG_OK;
	}
	if (cyg_args_has(args, "ipv4")) {
		if (cyg_args_has(args, "mask")) {
			out->prefix = cyg_args_prefix(args, "address", "mask");
			return CYG_OK;
		}
		ip = cyg_args_ip(args, "address");
		return cyg_prefix_make(&ip, 32, &out->prefix);
	}
	out->kind = cyg_args_has(args, "username") ? DEBUG_USERNAME : DEBUG_FVRF;
	if (word.len >= sizeof(out->word)) {
		cyg_exec_error(exec, "a name has at most %zu octets here", sizeof(out->word) - 1);
		return CYG_LIMIT;
	}
	memcpy(out->word, word.ptr, word.len);
	return CYG_OK;
}

static enum cyg_status condition_on(struct cyg_exec *exec, const struct cyg_args *args)
{
	struct debug_condition condition;
	enum cyg_status status = read_condition(exec, args, &condition);

	if (status != CYG_OK)
		return status;
	status = debug_condition_add(&condition);
	if (status == CYG_LIMIT)
		cyg_exec_error(exec, "there are %u conditions already: undebug crypto condition reset",
			       DEBUG_CONDITIONS_MAX);
	return status == CYG_EXISTS ? CYG_OK : status;
}

static enum cyg_status condition_off(struct cyg_exec *exec, const struct cyg_args *args)
{
	struct debug_condition condition;
	enum cyg_status status = read_condition(exec, args, &condition);

	if (status != CYG_OK)
		return status;
	status = debug_condition_remove(&condition);
	if (status == CYG_NOT_FOUND)
		cyg_exec_error(exec, "there is no such condition: show debugging lists them");
	return status;
}

static enum cyg_status condition_reset(struct cyg_exec *exec, const struct cyg_args *args)
{
	debug_conditions_clear();
	return CYG_OK;
}

/* --- show debugging --- */

static const char *condition_kind(enum debug_condition_kind kind)
{
	return kind == DEBUG_PEER_PREFIX ? "peer" : kind == DEBUG_USERNAME ? "username" : "fvrf";
}

static void condition_value(const struct debug_condition *condition, char *out, size_t room)
{
	char ip[CYG_IP_TEXT];

	if (condition->kind == DEBUG_PEER_PREFIX)
		snprintf(out, room, "%s/%u", cyg_ip_text(&condition->prefix.ip, ip), condition->prefix.len);
	else
		snprintf(out, room, "%s", condition->word);
}

static enum cyg_status show_debugging(struct cyg_exec *exec, const struct cyg_args *args)
{
	struct debug_condition conditions[DEBUG_CONDITIONS_MAX];
	unsigned count = debug_conditions(conditions, DEBUG_CONDITIONS_MAX), mask = cyg_debug_mask;

	for (size_t i = 0; i < CYG_COUNT(names); i++) {
		json_t *row;

		if (!(mask & bit(names[i].kind)))
			continue;
		cyg_exec_printf(exec, "%s is on\n", names[i].text);
		if (!cyg_exec_json(exec))
			continue;
		row = json_object();
		put_text(&row, "debug", names[i].words);
		cyg_exec_row(exec, row);
	}
	for (unsigned i = 0; i < count; i++) {
		char value[DEBUG_WORD_MAX];
		json_t *row;

		condition_value(&conditions[i], value, sizeof(value));
		cyg_exec_printf(exec, "Condition: %s %s\n", condition_kind(conditions[i].kind), value);
		if (!cyg_exec_json(exec))
			continue;
		row = json_object();
		put_text(&row, "condition", condition_kind(conditions[i].kind));
		put_text(&row, "value", value);
		cyg_exec_row(exec, row);
	}
	if (!mask && !count)
		cyg_exec_printf(exec, "Nothing is turned on\n");
	return CYG_OK;
}

/* --- terminal monitor --- */

static enum cyg_status monitor_on(struct cyg_exec *exec, const struct cyg_args *args)
{
	enum cyg_log_level level = CYG_LOG_DEBUG;

	if (cyg_args_has(args, "level") && log_level_parse(cyg_args_text(args, "level"), &level) != CYG_OK) {
		cyg_exec_error(exec, "levels are crit, error, warning, notice, info and debug");
		return CYG_MALFORMED;
	}
	server_monitor(exec, true, level);
	return CYG_OK;
}

static enum cyg_status monitor_off(struct cyg_exec *exec, const struct cyg_args *args)
{
	server_monitor(exec, false, CYG_LOG_DEBUG);
	return CYG_OK;
}

/* --- terminal length --- */

/* Answers come whole. Who shows them stops after so many lines, and is told how many here. */
static enum cyg_status length(struct cyg_exec *exec, const struct cyg_args *args)
{
	exec->length_said = true;
	exec->length = cyg_args_has(args, "lines") ? (int)cyg_args_uint(args, "lines", 0) : -1;
	return CYG_OK;
}

/* --- show logging --- */

static enum cyg_status show_logging(struct cyg_exec *exec, const struct cyg_args *args)
{
	char text[LOG_LINE_MAX];
	enum cyg_log_level level;
	uint64_t number = 0, end;

	(void)log_flush(1000); /* what has just been logged is in it */
	end = log_ring_next();
	if (cyg_args_has(args, "count") && end > cyg_args_uint(args, "count", 0))
		number = end - cyg_args_uint(args, "count", 0);
	for (; number < end; number++) {
		struct cyg_strbuf out = CYG_STRBUF(text);

		if (!log_ring_read(&number, cyg_exec_json(exec), &level, &out))
			break;
		if (cyg_exec_json(exec))
			cyg_exec_row(exec, json_loadb(text, out.len, 0, NULL));
		else
			cyg_exec_printf(exec, "%s", text);
	}
	return CYG_OK;
}

static enum cyg_status clear_logging(struct cyg_exec *exec, const struct cyg_args *args)
{
	log_ring_forget();
	return CYG_OK;
}

/* --- show crypto ikev2 diagnose error --- */

static enum cyg_status show_diagnose(struct cyg_exec *exec, const struct cyg_args *args)
{
	struct diagnose_state state = diagnose_state();
	struct diagnose_row row = { 0 };
	bool counts = cyg_args_has(args, "count");

	cyg_exec_printf(exec, "Exit Path Table - status: %s, current entry %u, deleted %llu, max allow %u\n",
			state.max ? "enable" : "disable", state.entries, (unsigned long long)state.deleted,
			state.max);
	if (!state.max)
		cyg_exec_printf(exec, "To keep what fails: crypto ikev2 diagnose error 50\n");
	while (diagnose_next(row.serial, &row)) {
		char peer[CYG_ENDPOINT_TEXT];
		json_t *json;

		cyg_exec_printf(exec, "Error(%llu): %s%s\n", (unsigned long long)row.count,
				row.child ? "child: " : "", row.what);
		if (!counts)
			cyg_exec_printf(exec, "  %s: %s\n", cyg_endpoint_text(&row.peer, peer), row.line);
		if (!cyg_exec_json(exec))
			continue;
		json = json_object();
		put_number(&json, "count", row.count);
		put_flag(&json, "child", row.child);
		put_text(&json, "error", row.what);
		put_text(&json, "object", row.object);
		put_text(&json, "line", row.line);
		put_text(&json, "last_peer", cyg_endpoint_text(&row.peer, peer));
		put_number(&json, "last_time", row.last_wall_s > 0 ? (uint64_t)row.last_wall_s : 0);
		cyg_exec_row(exec, json);
	}
	return CYG_OK;
}

static enum cyg_status clear_diagnose(struct cyg_exec *exec, const struct cyg_args *args)
{
	diagnose_clear();
	return CYG_OK;
}

#define KINDS \
	"{crypto {ikev2 [error | packet | internal | client] | ipsec | pki} | radius [authentication | accounting] | " \
	"aaa [authentication | authorization | accounting] | all}"
#define CONDITION "{peer {ipv4 <address:ip4> [<mask:mask>] | ipv6 <prefix:prefix6>} | username <name:word> | fvrf <vrf:name>}"

static const struct cyg_command commands[] = {
	{ .mode = "exec", .syntax = "debug " KINDS, .help = "Turns lines on that tell what happens inside.",
	  .tokens = tokens, .flags = CYG_CMD_PRIVILEGED, .run = debug_on },
	{ .mode = "exec", .syntax = "no debug " KINDS, .help = "Turns them off.", .tokens = tokens,
	  .flags = CYG_CMD_PRIVILEGED, .run = debug_off },
	{ .mode = "exec", .syntax = "undebug " KINDS, .help = "Turns them off.", .tokens = tokens,
	  .flags = CYG_CMD_PRIVILEGED, .run = debug_off },
	{ .mode = "exec", .syntax = "debug crypto condition " CONDITION,
	  .help = "Debug lines are only of these peers; several conditions add up.", .tokens = tokens,
	  .flags = CYG_CMD_PRIVILEGED, .run = condition_on },
	{ .mode = "exec", .syntax = "no debug crypto condition " CONDITION, .help = "Takes a condition away.",
	  .tokens = tokens, .flags = CYG_CMD_PRIVILEGED, .run = condition_off },
	{ .mode = "exec", .syntax = "undebug crypto condition " CONDITION, .help = "Takes a condition away.",
	  .tokens = tokens, .flags = CYG_CMD_PRIVILEGED, .run = condition_off },
	{ .mode = "exec", .syntax = "debug crypto condition reset", .help = "Takes all conditions away.",
	  .tokens = tokens, .flags = CYG_CMD_PRIVILEGED, .run = condition_reset },
	{ .mode = "exec", .syntax = "show debugging", .help = "Shows what is turned on.", .tokens = tokens,
	  .run = show_debugging },
	{ .mode = "exec", .syntax = "terminal monitor [<level:word>]",
	  .help = "Shows log lines on this terminal as they come.", .tokens = tokens, .run = monitor_on },
	{ .mode = "exec", .syntax = "terminal no monitor", .help = "Shows no more of them.", .tokens = tokens,
	  .run = monitor_off },
	{ .mode = "exec", .syntax = "no terminal monitor", .help = "Shows no more of them.", .tokens = tokens,
	  .run = monitor_off },
	{ .mode = "exec", .syntax = "terminal length <lines:uint(0-512)>",
	  .help = "Shows so many lines of an answer at a time (0: all).", .tokens = tokens, .run = length },
	{ .mode = "exec", .syntax = "terminal no length", .help = "Shows as many as the terminal has.",
	  .tokens = tokens, .run = length },
	{ .mode = "exec", .syntax = "no terminal length", .help = "Shows as many as the terminal has.",
	  .tokens = tokens, .run = length },
	{ .mode = "exec", .syntax = "show logging [<count:uint(1-1024)>]",
	  .help = "Shows the newest lines of the log, or that many of them.", .tokens = tokens,
	  .run = show_logging },
	{ .mode = "exec", .syntax = "clear logging", .help = "Forgets the newest lines.", .tokens = tokens,
	  .flags = CYG_CMD_PRIVILEGED, .run = clear_logging },
	{ .mode = "exec", .syntax = "show crypto ikev2 diagnose error [count]",
	  .help = "Shows what failed lately, how often, and what would mend it.", .tokens = tokens,
	  .run = show_diagnose },
	{ .mode = "exec", .syntax = "clear crypto ikev2 diagnose error", .help = "Forgets what failed.",
	  .tokens = tokens, .flags = CYG_CMD_PRIVILEGED, .run = clear_diagnose },
	{ 0 },
};

const struct cyg_command_table control_debug_commands = { .commands = commands };
