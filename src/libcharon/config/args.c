/* SPDX-License-Identifier: MIT */
/*
 * What rows see of a line: its arguments by name (cygnet/commands.h). Any thread.
 */
#include "config/tree.h"

/* The nth step of an argument of that name. */
static size_t step_of(const struct cyg_args *args, const char *name, size_t n)
{
	for (size_t i = 0; i < args->step_count; i++) {
		const struct grammar_op *op = statement_op(args, i);

		if (op->kind == OP_ARG && strcmp(op->arg->name, name) == 0 && n-- == 0)
			return i;
	}
	return SIZE_MAX;
}

size_t statement_step_of(const struct cyg_args *args, const char *token, size_t n)
{
	size_t found = step_of(args, token, n);

	for (size_t i = 0; found == SIZE_MAX && i < args->step_count; i++) {
		const struct grammar_op *op = statement_op(args, i);

		if (op->kind == OP_KEYWORD && strcmp(op->word, token) == 0)
			found = i;
	}
	return found;
}

bool cyg_args_has(const struct cyg_args *args, const char *token)
{
	return statement_step_of(args, token, 0) != SIZE_MAX;
}

bool cyg_args_no(const struct cyg_args *args)
{
	return args->no;
}

struct cyg_str cyg_args_nth(const struct cyg_args *args, const char *name, size_t n)
{
	size_t i = step_of(args, name, n);

	return i == SIZE_MAX ? cyg_str_n("", 0) : statement_text(args, i);
}

struct cyg_str cyg_args_text(const struct cyg_args *args, const char *name)
{
	return cyg_args_nth(args, name, 0);
}

size_t cyg_args_count(const struct cyg_args *args, const char *name)
{
	size_t count = 0;

	while (step_of(args, name, count) != SIZE_MAX)
		count++;
	return count;
}

uint64_t cyg_args_uint(const struct cyg_args *args, const char *name, uint64_t absent)
{
	uint64_t value;

	if (cyg_str_to_u64(cyg_args_text(args, name), 0, UINT64_MAX, &value) != CYG_OK)
		return absent;
	return value;
}

struct cyg_ip cyg_args_ip(const struct cyg_args *args, const char *name)
{
	struct cyg_str text = cyg_args_text(args, name);
	struct cyg_ip ip;

	text = cyg_str_head(text, cyg_str_span_until(text, "/"));
	if (cyg_ip_parse(text, &ip) != CYG_OK)
		return (struct cyg_ip){ 0 };
	return ip;
}

struct cyg_prefix cyg_args_prefix(const struct cyg_args *args, const char *name, const char *mask)
{
	struct cyg_str text = cyg_args_text(args, name);
	size_t slash = cyg_str_span_until(text, "/");
	struct cyg_ip ip = cyg_args_ip(args, name), netmask;
	struct cyg_prefix prefix;
	unsigned len = cyg_ip_bits(ip.family);
	uint64_t given;

	if (!cyg_ip_is_set(&ip))
		return (struct cyg_prefix){ 0 };
	if (slash < text.len) {
		if (cyg_str_to_u64(cyg_str_tail(text, slash + 1), 0, len, &given) == CYG_OK)
			len = (unsigned)given;
	} else if (mask) {
		netmask = cyg_args_ip(args, mask);
		if (cyg_ip_is_set(&netmask) && cyg_netmask_len(&netmask, &len) != CYG_OK)
			return (struct cyg_prefix){ 0 };
	}
	if (cyg_prefix_make(&ip, len, &prefix) != CYG_OK)
		return (struct cyg_prefix){ 0 };
	return prefix;
}

static unsigned hex_value(uint8_t digit)
{
	return digit <= '9' ? digit - (unsigned)'0' : (digit | 0x20u) - 'a' + 10u;
}

enum cyg_status cyg_args_secret(const struct cyg_args *args, const char *name,
				struct cyg_secret *out)
{
	size_t i = step_of(args, name, 0);
	struct cyg_secret octets = { 0 };
	enum cyg_status status;

	if (i == SIZE_MAX || !grammar_is_secret(statement_op(args, i)->arg))
		return CYG_NOT_FOUND;
	if (args->secret_type == 6)
		return CYG_NOT_FOUND;
	if (statement_op(args, i)->arg->type == ARG_SECRET)
		return cyg_secret_copy(out, cyg_secret_bytes(&args->secret));
	status = cyg_secret_init(&octets, args->secret.len / 2);
	if (status != CYG_OK)
		return status;
	for (size_t k = 0; k < octets.len; k++)
		octets.ptr[k] = (uint8_t)(hex_value(args->secret.ptr[2 * k]) << 4 |
					  hex_value(args->secret.ptr[2 * k + 1]));
	*out = octets;
	return CYG_OK;
}
