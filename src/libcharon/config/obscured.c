/* SPDX-License-Identifier: MIT */
#include "config/obscured.h"

static const char table[] = "dsfd;kfoA,.iyewrkldJKDHSUBsgvca69834ncxv9873254k;fg87";

#define TABLE_LEN (sizeof(table) - 1)

/* -1: no hexadecimal digit. */
static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Where in the table it begins. */
static enum cyg_status read_start(struct cyg_str text, size_t *start)
{
	uint64_t value;

	if (text.len < 4 || text.len % 2 ||
	    cyg_str_to_u64(cyg_str_head(text, 2), 0, TABLE_LEN - 1, &value) != CYG_OK)
		return CYG_MALFORMED;
	*start = (size_t)value;
	return text.len / 2 - 1 > CYG_SECRET_MAX ? CYG_LIMIT : CYG_OK;
}

/* The nth octet, -1 if its digits are none. */
static int octet(struct cyg_str text, size_t start, size_t n)
{
	int high = digit(text.ptr[2 + 2 * n]), low = digit(text.ptr[3 + 2 * n]);

	return high < 0 || low < 0 ? -1 : (high << 4 | low) ^ table[(start + n) % TABLE_LEN];
}

enum cyg_status obscured_check(struct cyg_str text)
{
	size_t start = 0;
	enum cyg_status status = read_start(text, &start);

	for (size_t n = 0; status != CYG_MALFORMED && n < text.len / 2 - 1; n++) {
		int c = octet(text, start, n);

		if (c < 0)
			return CYG_MALFORMED;
		if (status == CYG_OK && (c <= ' ' || c > '~'))
			status = CYG_REFUSED;
	}
	return status;
}

enum cyg_status obscured_open(struct cyg_str text, struct cyg_secret *out)
{
	size_t start = 0;
	enum cyg_status status = obscured_check(text);

	if (status == CYG_OK)
		status = read_start(text, &start);
	if (status == CYG_OK)
		status = cyg_secret_init(out, text.len / 2 - 1);
	for (size_t n = 0; status == CYG_OK && n < out->len; n++)
		out->ptr[n] = (uint8_t)octet(text, start, n);
	return status;
}
