/* SPDX-License-Identifier: MIT */
#include <cygnet/bytes.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define NEAREST_WORD_MAX 64 /* longer words have no suggestion */

bool cyg_bytes_equal_ct(struct cyg_bytes a, struct cyg_bytes b)
{
	uint64_t difference = 0;
	size_t i = 0;

	if (a.len != b.len)
		return false;
	for (; a.len - i >= sizeof(uint64_t); i += sizeof(uint64_t)) {
		uint64_t x, y;

		memcpy(&x, a.ptr + i, sizeof(x));
		memcpy(&y, b.ptr + i, sizeof(y));
		difference |= x ^ y;
		__asm__ volatile("" : "+r"(difference)); /* no way out before the end */
	}
	for (; i < a.len; i++) {
		difference |= (uint64_t)(a.ptr[i] ^ b.ptr[i]);
		__asm__ volatile("" : "+r"(difference));
	}
	return difference == 0;
}

void cyg_wipe(void *ptr, size_t len)
{
	if (!len)
		return;
	memset(ptr, 0, len);
	/* The octets are an input of this statement: the memset above cannot be left out. */
	__asm__ __volatile__("" : : "r"(ptr) : "memory");
}

static unsigned char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c - 'A' + 'a') : (unsigned char)c;
}

bool cyg_str_equal_nocase(struct cyg_str a, struct cyg_str b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		if (lower(a.ptr[i]) != lower(b.ptr[i]))
			return false;
	}
	return true;
}

size_t cyg_str_span_until(struct cyg_str s, const char *stops)
{
	size_t count = strlen(stops);

	for (size_t i = 0; i < s.len; i++) {
		if (memchr(stops, s.ptr[i], count))
			return i;
	}
	return s.len;
}

char *cyg_str_dup(struct cyg_str s)
{
	char *copy = malloc(s.len + 1);

	if (!copy)
		return NULL;
	if (s.len)
		memcpy(copy, s.ptr, s.len);
	copy[s.len] = '\0';
	return copy;
}

enum cyg_status cyg_str_to_u64(struct cyg_str s, uint64_t min, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;

	if (s.len == 0)
		return CYG_MALFORMED;
	for (size_t i = 0; i < s.len; i++) {
		unsigned digit = (unsigned)(unsigned char)s.ptr[i] - '0';

		if (digit > 9)
			return CYG_MALFORMED;
		if (value > (UINT64_MAX - digit) / 10)
			return CYG_LIMIT;
		value = value * 10 + digit;
	}
	if (value < min || value > max)
		return CYG_LIMIT;
	*out = value;
	return CYG_OK;
}

static unsigned min_of(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Edits (insert, delete, replace, swap of neighbours) from one word to the other, without case. */
static unsigned distance(struct cyg_str a, struct cyg_str b)
{
	unsigned rows[3][NEAREST_WORD_MAX + 1];

	for (unsigned j = 0; j <= b.len; j++)
		rows[0][j] = j;
	for (unsigned i = 1; i <= a.len; i++) {
		unsigned *now = rows[i % 3], *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];

		now[0] = i;
		for (unsigned j = 1; j <= b.len; j++) {
			unsigned char x = lower(a.ptr[i - 1]), y = lower(b.ptr[j - 1]);
			unsigned best = min_of(last[j], now[j - 1]) + 1;

			best = min_of(best, last[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == lower(b.ptr[j - 2]) && y == lower(a.ptr[i - 2]))
				best = min_of(best, before[j - 2] + 1);
			now[j] = best;
		}
	}
	return rows[a.len % 3][b.len];
}

const char *cyg_str_nearest(struct cyg_str word, const char *const *candidates, size_t count)
{
	unsigned allowed = word.len < 3 ? 0 : word.len < 6 ? 1 : word.len < 10 ? 2 : 3;
	const char *nearest = NULL;

	if (word.len > NEAREST_WORD_MAX)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		struct cyg_str candidate = cyg_str(candidates[i]);
		unsigned edits;

		if (candidate.len > NEAREST_WORD_MAX)
			continue;
		edits = distance(word, candidate);
		if (edits > allowed || (nearest && edits == allowed))
			continue;
		nearest = candidates[i];
		allowed = edits;
	}
	return nearest;
}

enum cyg_status cyg_strbuf_set(struct cyg_strbuf *b, struct cyg_str s)
{
	if (s.len >= b->capacity)
		return CYG_LIMIT;
	if (s.len)
		memmove(b->ptr, s.ptr, s.len);
	b->ptr[s.len] = '\0';
	b->len = s.len;
	b->cut = false;
	return CYG_OK;
}

void cyg_strbuf_add(struct cyg_strbuf *b, struct cyg_str s)
{
	size_t room = b->capacity > b->len ? b->capacity - b->len - 1 : 0;

	if (s.len > room) {
		s.len = room;
		b->cut = true;
	}
	if (!s.len)
		return;
	memcpy(b->ptr + b->len, s.ptr, s.len);
	b->len += s.len;
	b->ptr[b->len] = '\0';
}

void cyg_strbuf_addf(struct cyg_strbuf *b, const char *format, ...)
{
	size_t room = b->capacity - b->len;
	va_list args;
	int wanted;

	va_start(args, format);
	wanted = vsnprintf(room ? b->ptr + b->len : NULL, room, format, args);
	va_end(args);
	if (wanted < 0 || (size_t)wanted >= room) {
		b->cut = true;
		if (wanted > 0 && room)
			b->len = b->capacity - 1;
		return;
	}
	b->len += (size_t)wanted;
}

static const char digits[] = "0123456789abcdef";

void cyg_strbuf_add_hex(struct cyg_strbuf *b, struct cyg_bytes octets)
{
	for (size_t i = 0; i < octets.len && !b->cut; i++) {
		const char pair[2] = { digits[octets.ptr[i] >> 4], digits[octets.ptr[i] & 15] };

		cyg_strbuf_add(b, cyg_str_n(pair, 2));
	}
}

void cyg_strbuf_add_foreign(struct cyg_strbuf *b, struct cyg_bytes octets)
{
	for (size_t i = 0; i < octets.len && !b->cut; i++) {
		uint8_t c = octets.ptr[i];
		const char escape[4] = { '\\', 'x', digits[c >> 4], digits[c & 15] };
		const char plain = (char)c;

		if (c == '\\')
			cyg_strbuf_add(b, CYG_STR("\\\\"));
		else if (c >= 0x20 && c <= 0x7e)
			cyg_strbuf_add(b, cyg_str_n(&plain, 1));
		else
			cyg_strbuf_add(b, cyg_str_n(escape, 4));
	}
}
