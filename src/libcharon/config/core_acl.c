/* SPDX-License-Identifier: MIT */
/*
 * Access lists and route maps. A list is ordered by the numbers of its entries; one that is made without a number
 * comes ten behind the last, and keeps that number.
 */
#include "config/core.h"
#include "config/grammar.h"
#include "config/tree.h"

#include <stdlib.h>

static const struct {
	const char *word;
	uint8_t number;
} protocols[] = {
	{ "ip", 0 },   { "ipv6", 0 }, { "icmp", 1 }, { "igmp", 2 },  { "tcp", 6 },  { "udp", 17 },
	{ "gre", 47 }, { "esp", 50 }, { "ahp", 51 }, { "eigrp", 88 }, { "ospf", 89 }, { "pim", 103 },
	{ "sctp", 132 },
};

static const struct {
	const char *word;
	uint16_t number;
} ports[] = {
	{ "domain", 53 },      { "isakmp", 500 },     { "non500-isakmp", 4500 }, { "www", 80 },
	{ "ssh", 22 },	       { "ftp", 21 },	      { "telnet", 23 },		 { "ntp", 123 },
	{ "snmp", 161 },       { "syslog", 514 },     { "bootps", 67 },		 { "bootpc", 68 },
	{ "bgp", 179 },	       { "ftp-data", 20 },    { "ident", 113 },		 { "netbios-dgm", 138 },
	{ "netbios-ns", 137 }, { "netbios-ss", 139 }, { "pop3", 110 },		 { "rip", 520 },
	{ "smtp", 25 },	       { "snmptrap", 162 },   { "sunrpc", 111 },	 { "tacacs", 49 },
	{ "tftp", 69 },
};

static void init4(void *object, struct cyg_str name)
{
	struct cyg_access_list *list = object;

	(void)name;
	list->family = CYG_IPV4;
}

static void init6(void *object, struct cyg_str name)
{
	struct cyg_access_list *list = object;

	(void)name;
	list->family = CYG_IPV6;
	list->extended = true;
}

static enum cyg_status apply_kind(struct cyg_build *build, void *object, const struct cyg_args *args)
{
	struct cyg_access_list *list = object;

	(void)build;
	list->extended = cyg_args_has(args, "extended");
	return CYG_OK;
}

/* --- An entry, word by word --- */

struct reader {
	struct cyg_build *build;
	const struct cyg_args *args;
	size_t at;
	struct cyg_access_entry *entry;
};

static bool next_is(struct reader *r, const char *keyword)
{
	if (r->at == r->args->step_count || statement_op(r->args, r->at)->kind != OP_KEYWORD ||
	    !cyg_str_equal(statement_word(r->args, r->at), cyg_str(keyword)))
		return false;
	r->at++;
	return true;
}

static uint16_t next_port(struct reader *r)
{
	struct cyg_str word = statement_text(r->args, r->at++);
	uint64_t number = 0;

	if (cyg_str_to_u64(word, 0, UINT16_MAX, &number) == CYG_OK)
		return (uint16_t)number;
	for (size_t i = 0; i < CYG_COUNT(ports); i++) {
		if (cyg_str_equal(word, cyg_str(ports[i].word)))
			return ports[i].number;
	}
	return 0;
}

/* Does the word name one more port, as in `eq 80 443`? */
static bool at_port(const struct reader *r)
{
	static const char *const names[] = { "sourceport", "sourceportword", "destinationport", "destinationportword" };

	if (r->at == r->args->step_count || statement_op(r->args, r->at)->kind != OP_ARG)
		return false;
	for (size_t i = 0; i < CYG_COUNT(names); i++) {
		if (strcmp(statement_op(r->args, r->at)->arg->name, names[i]) == 0)
			return true;
	}
	return false;
}

/* `eq`, `range` ...; ports that are not one range make an entry that nobody can use. */
static struct cyg_port_range next_ports(struct reader *r)
{
	struct cyg_port_range range = { 0, UINT16_MAX };

	if (next_is(r, "eq")) {
		range.low = range.high = next_port(r);
		for (; at_port(r); r->entry->skipped = true)
			(void)next_port(r);
	} else if (next_is(r, "range")) {
		range.low = next_port(r);
		range.high = next_port(r);
		if (range.low > range.high) {
			cyg_build_error(r->build, "range", "a range of ports ends with its highest");
			range.high = range.low;
		}
	} else if (next_is(r, "lt")) {
		range.high = next_port(r);
		range.high -= range.high > 0;
	} else if (next_is(r, "gt")) {
		range.low = next_port(r);
		range.low += range.low < UINT16_MAX;
	} else if (next_is(r, "neq")) {
		(void)next_port(r);
		r->entry->skipped = true;
	}
	return range;
}

/* A wildcard mask as a length: the netmask with all bits turned. */
static bool wildcard_len(struct cyg_str text, unsigned *len)
{
	struct cyg_ip mask;

	if (cyg_ip_parse(text, &mask) != CYG_OK || mask.family != CYG_IPV4)
		return false;
	for (size_t i = 0; i < 4; i++)
		mask.octets[i] = (uint8_t)~mask.octets[i];
	return cyg_netmask_len(&mask, len) == CYG_OK;
}

static struct cyg_prefix next_net(struct reader *r, uint8_t family, const char *wildcard)
{
	struct cyg_prefix prefix = { .ip.family = family };
	unsigned len = cyg_ip_bits(family);
	struct cyg_str text;
	size_t slash;
	uint64_t given;

	if (next_is(r, "any"))
		return prefix;
	(void)next_is(r, "host");
	text = statement_text(r->args, r->at++);
	slash = cyg_str_span_until(text, "/");
	if (slash < text.len && cyg_str_to_u64(cyg_str_tail(text, slash + 1), 0, len, &given) == CYG_OK)
		len = (unsigned)given;
	if (r->at < r->args->step_count && statement_op(r->args, r->at)->kind == OP_ARG &&
	    statement_op(r->args, r->at)->arg->type == ARG_WILDCARD &&
	    !wildcard_len(statement_text(r->args, r->at++), &len)) {
		cyg_build_at(r->build, r->args, wildcard, 0);
		cyg_build_warning(r->build, "wildcard-mask",
				  "this wildcard is the mask of no subnet: nobody can use the entry");
		r->entry->skipped = true;
	}
	if (cyg_ip_parse(cyg_str_head(text, slash), &prefix.ip) != CYG_OK ||
	    cyg_prefix_make(&prefix.ip, len, &prefix) != CYG_OK)
		r->entry->skipped = true;
	return prefix;
}

static uint8_t next_protocol(struct reader *r)
{
	struct cyg_str word = statement_text(r->args, r->at++);
	uint64_t number = 0;

	if (cyg_str_to_u64(word, 0, UINT8_MAX, &number) == CYG_OK)
		return (uint8_t)number;
	for (size_t i = 0; i < CYG_COUNT(protocols); i++) {
		if (cyg_str_equal(word, cyg_str(protocols[i].word)))
			return protocols[i].number;
	}
	return 0;
}

static enum cyg_status add_entry(struct cyg_access_list *list, const struct cyg_access_entry *entry)
{
	/* Room doubles: a full list has a power of two of entries. */
	if ((list->count & (list->count - 1)) == 0) {
		size_t room = list->count ? 2 * list->count : 1;
		struct cyg_access_entry *grown = realloc(list->entry, room * sizeof(*grown));

		if (!grown)
			return CYG_NOMEM;
		list->entry = grown;
	}
	list->entry[list->count++] = *entry;
	return CYG_OK;
}

static enum cyg_status apply_entry(struct cyg_build *build, void *object, const struct cyg_args *args)
{
	struct cyg_access_list *list = object;
	struct cyg_access_entry entry = {
		.source.ip.family = list->family,
		.destination.ip.family = list->family,
		.source_port = { 0, UINT16_MAX },
		.destination_port = { 0, UINT16_MAX },
	};
	struct reader r = { build, args, 0, &entry };
	bool extended = cyg_args_has(args, "protocol") || cyg_args_has(args, "number");

	if (cyg_args_has(args, "remark"))
		return CYG_OK;
	if (extended != list->extended) {
		cyg_build_error(build, "syntax",
				list->extended ? "an extended list names protocol, source and destination"
					       : "a standard list has sources only");
		return CYG_OK;
	}
	entry.permit = cyg_args_has(args, "permit");
	while (r.at < args->step_count && !next_is(&r, "permit") && !next_is(&r, "deny"))
		r.at++;
	if (extended)
		entry.protocol = next_protocol(&r);
	entry.source = next_net(&r, list->family, "sourcewild");
	entry.source_port = next_ports(&r);
	if (extended) {
		entry.destination = next_net(&r, list->family, "destinationwild");
		entry.destination_port = next_ports(&r);
		/* Answers of a connection only, or fragments only: no selector says that. */
		entry.skipped |= cyg_args_has(args, "established") || cyg_args_has(args, "message") ||
				 cyg_args_has(args, "fragments");
	}
	entry.sequence = (uint32_t)cyg_args_uint(args, "sequence", 0);
	return add_entry(list, &entry);
}

static int by_sequence(const void *left, const void *right)
{
	const struct cyg_access_entry *a = left, *b = right;

	return a->sequence < b->sequence ? -1 : a->sequence > b->sequence;
}

static void check_list(struct cyg_build *build, void *object, struct cyg_str name)
{
	struct cyg_access_list *list = object;

	(void)name;
	if (list->count)
		qsort(list->entry, list->count, sizeof(list->entry[0]), by_sequence);
	for (size_t i = 1; i < list->count; i++) {
		if (list->entry[i - 1].sequence != list->entry[i].sequence)
			continue;
		cyg_build_error(build, "conflict", "two entries have the number %u", list->entry[i].sequence);
		return;
	}
}

static void done_list(void *object)
{
	struct cyg_access_list *list = object;

	free(list->entry);
}

/* --- Route maps --- */

static enum cyg_status apply_map(struct cyg_build *build, void *object, const struct cyg_args *args)
{
	struct cyg_route_map *map = object;

	(void)build;
	map->permit = cyg_args_has(args, "permit");
	map->sequence = (uint32_t)cyg_args_uint(args, "sequence", 10);
	return CYG_OK;
}

static enum cyg_status apply_match(struct cyg_build *build, void *object, const struct cyg_args *args)
{
	struct cyg_route_map *map = object;
	bool ipv6 = cyg_args_has(args, "ipv6");
	const struct cyg_access_list **lists = ipv6 ? map->list6 : map->list4;
	unsigned *count = ipv6 ? &map->count6 : &map->count4;

	*count = 0;
	for (size_t n = 0; n < cyg_args_count(args, "list"); n++) {
		const struct cyg_access_list *list =
			cyg_build_object(build, ipv6 ? CYG_MODE_ACCESS_LIST6 : CYG_MODE_ACCESS_LIST,
					 cyg_args_nth(args, "list", n));

		if (*count == CYG_ROUTE_MAP_LISTS_MAX) {
			cyg_build_error(build, "range", "at most %d lists", CYG_ROUTE_MAP_LISTS_MAX);
			return CYG_OK;
		}
		if (list)
			lists[(*count)++] = list;
	}
	if (*count == 0)
		cyg_build_unusable(build, "none of the lists that it matches exists");
	return CYG_OK;
}

/* clang-format off */
static const struct cyg_mode modes[] = {
	{ .name = CYG_MODE_ACCESS_LIST, .parent = MODE_GLOBAL, .prompt = "config-nacl", .what = "access list",
	  .object_size = sizeof(struct cyg_access_list), .init = init4, .check = check_list, .done = done_list },
	{ .name = CYG_MODE_ACCESS_LIST6, .parent = MODE_GLOBAL, .prompt = "config-ipv6-acl",
	  .what = "IPv6 access list", .object_size = sizeof(struct cyg_access_list), .init = init6,
	  .check = check_list, .done = done_list },
	{ .name = CYG_MODE_ROUTE_MAP, .parent = MODE_GLOBAL, .prompt = "config-route-map", .what = "route map",
	  .sequence = true, .object_size = sizeof(struct cyg_route_map) },
	{ 0 },
};

static const struct cyg_token_help tokens[] = {
	{ "<name>", "Its name" },
	{ "standard", "Sources only" },
	{ "extended", "Protocol, source, destination and ports" },
	{ "<sequence>", "Where the entry stands in the list" },
	{ "permit", "What fits is meant" },
	{ "deny", "What fits is not meant" },
	{ "remark", "A comment that stays in the list" },
	{ "any", "Whatever address" },
	{ "host", "One address" },
	{ "<list>", "Name or number of an access list" },
	{ "<rest>", "An entry: {permit | deny} ..." },
	{ 0 },
};

#define PROTOCOLS(ip_) ip_ "|icmp|igmp|tcp|udp|gre|esp|ahp|eigrp|ospf|pim|sctp"
#define PROTOCOL(ip_) "{<protocol:choice(" PROTOCOLS(ip_) ")> | <number:uint(0-255)>}"
#define PORT(name_) "{<" name_ ":uint(0-65535)> | <" name_ "word:choice(domain|isakmp|non500-isakmp|www|ssh|ftp|" \
	"telnet|ntp|snmp|syslog|bootps|bootpc|bgp|ftp-data|ident|netbios-dgm|netbios-ns|netbios-ss|pop3|rip|smtp|" \
	"snmptrap|sunrpc|tacacs|tftp)>}"
#define PORTS(side_) "[eq " PORT(side_ "port") "... | neq " PORT(side_ "port") " | lt " PORT(side_ "port") " | gt " \
	PORT(side_ "port") " | range " PORT(side_ "low") " " PORT(side_ "high") "]"
#define NET4(side_) "{any | host <" side_ "host:ip4> | <" side_ ":ip4> <" side_ "wild:wildcard>}"
#define NET6(side_) "{any | host <" side_ "host:ip6> | <" side_ ":prefix6>}"
#define NUMBERED(range_, kind_) \
	{ MODE_GLOBAL, "access-list <number:uint(" range_ ")> <rest:line>", "Adds to a numbered list.", tokens, \
	  .flags = CYG_CMD_ALIAS, .spelling = "ip access-list " kind_ " <number>\n<rest>\nexit" }
#define TAIL "[<message:choice(echo|echo-reply|unreachable|packet-too-big|time-exceeded|administratively-prohibited|" \
	"host-unreachable|net-unreachable|parameter-problem|port-unreachable|redirect|source-quench|traceroute|" \
	"ttl-exceeded|nd-na|nd-ns|router-advertisement|router-solicitation)>] [established] [fragments] [log | log-input]"

static const struct cyg_command commands[] = {
	{ MODE_GLOBAL, "ip access-list {standard | extended} <name:name>", "Opens an access list.", tokens,
	  .enters = CYG_MODE_ACCESS_LIST, .apply = apply_kind },
	NUMBERED("1-99", "standard"), NUMBERED("100-199", "extended"),
	NUMBERED("1300-1999", "standard"), NUMBERED("2000-2699", "extended"),
	{ CYG_MODE_ACCESS_LIST,
	  "[<sequence:uint(1-2147483647)>] {remark <text:line> | {permit | deny} {any | host <sourcehost:ip4> | "
	  "<source:ip4> [<sourcewild:wildcard>]} [log] | {permit | deny} " PROTOCOL("ip") " " NET4("source") " "
	  PORTS("source") " " NET4("destination") " " PORTS("destination") " " TAIL "}",
	  "Adds an entry.", tokens, .key = "sequence", .flags = CYG_CMD_LIST | CONFIG_CMD_NUMBERED, .apply = apply_entry },
	{ MODE_GLOBAL, "ipv6 access-list <name:name>", "Opens an IPv6 access list.", tokens,
	  .enters = CYG_MODE_ACCESS_LIST6 },
	{ CYG_MODE_ACCESS_LIST6,
	  "[sequence <sequence:uint(1-4294967294)>] {remark <text:line> | {permit | deny} " PROTOCOL("ipv6") " "
	  NET6("source") " " PORTS("source") " " NET6("destination") " " PORTS("destination") " " TAIL
	  " [sequence <sequence:uint(1-4294967294)>]}",
	  "Adds an entry.", tokens, .key = "sequence", .flags = CYG_CMD_LIST | CONFIG_CMD_NUMBERED, .apply = apply_entry },
	{ MODE_GLOBAL, "route-map <name:name> {permit | deny} <sequence:uint(0-65535)>",
	  "Opens a step of a route map.", tokens, .key = "name,sequence", .enters = CYG_MODE_ROUTE_MAP,
	  .apply = apply_map },
	{ MODE_GLOBAL, "route-map <name:name>", "Opens its first step.", tokens, .flags = CYG_CMD_ALIAS,
	  .spelling = "route-map <name> permit 10" },
	{ CYG_MODE_ROUTE_MAP, "match ip address <list:ref(" CYG_MODE_ACCESS_LIST ")>...",
	  "Means routes that a list permits.", tokens, .apply = apply_match },
	{ CYG_MODE_ROUTE_MAP, "match ipv6 address <list:ref(" CYG_MODE_ACCESS_LIST6 ")>...",
	  "Means IPv6 routes that a list permits.", tokens, .apply = apply_match },
	{ 0 },
};
/* clang-format on */

const struct cyg_command_table core_acl_commands = { .modes = modes, .commands = commands, .next = &core_map_commands };
