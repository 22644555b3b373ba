/* SPDX-License-Identifier: MIT */
/*
 * Views of octets and of text, and a text buffer of fixed capacity.
 *
 * A view (struct cyg_bytes, struct cyg_str) borrows: whoever made the octets owns them, and the
 * view lives as long as they do. A cyg_str need not end with NUL. Any thread.
 */
#ifndef CYGNET_BYTES_H
#define CYGNET_BYTES_H

#include <cygnet/status.h>

#include <string.h>

struct cyg_bytes {
	const uint8_t *ptr;
	size_t len;
};

struct cyg_str {
	const char *ptr;
	size_t len;
};

/* A view of a string literal. */
#define CYG_STR(literal_) ((struct cyg_str){ "" literal_, sizeof(literal_) - 1 })

static inline struct cyg_bytes cyg_bytes(const void *ptr, size_t len)
{
	return (struct cyg_bytes){ (const uint8_t *)ptr, len };
}

static inline struct cyg_str cyg_str(const char *text)
{
	return (struct cyg_str){ text, text ? strlen(text) : 0 };
}

static inline struct cyg_str cyg_str_n(const char *ptr, size_t len)
{
	return (struct cyg_str){ ptr, len };
}

static inline bool cyg_bytes_equal(struct cyg_bytes a, struct cyg_bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* Constant time in the octets (not in the lengths): for MACs, tags, AUTH data and secrets. */
CYG_EXPORT bool cyg_bytes_equal_ct(struct cyg_bytes a, struct cyg_bytes b);

/* Overwrites octets so that no compiler leaves it out. */
CYG_EXPORT void cyg_wipe(void *ptr, size_t len);

static inline bool cyg_str_equal(struct cyg_str a, struct cyg_str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* ASCII only, independent of the locale. */
CYG_EXPORT bool cyg_str_equal_nocase(struct cyg_str a, struct cyg_str b);
/* How many octets precede the first one of `s` that is in the NUL-terminated set `stops`. */
CYG_EXPORT size_t cyg_str_span_until(struct cyg_str s, const char *stops);
static inline struct cyg_str cyg_str_head(struct cyg_str s, size_t len)
{
	return (struct cyg_str){ s.ptr, len < s.len ? len : s.len };
}
static inline struct cyg_str cyg_str_tail(struct cyg_str s, size_t from)
{
	return from < s.len ? (struct cyg_str){ s.ptr + from, s.len - from }
			    : (struct cyg_str){ s.ptr + s.len, 0 };
}
/* A NUL-terminated copy, malloc'ed and owned by the caller; NULL if out of memory. */
CYG_EXPORT char *cyg_str_dup(struct cyg_str s);
/* Whole text as a decimal number within [min, max]; `*out` untouched on failure. */
CYG_EXPORT enum cyg_status cyg_str_to_u64(struct cyg_str s, uint64_t min, uint64_t max, uint64_t *out)
	CYG_MUST_CHECK;
/* The candidate nearest in spelling to `word` if it is near enough to be meant, else NULL. */
CYG_EXPORT const char *cyg_str_nearest(struct cyg_str word, const char *const *candidates, size_t count);

/*
 * Text of bounded length in storage of the caller. Appending past the end cuts, stays terminated
 * and sets `cut`; so one check at the end is enough.
 */
struct cyg_strbuf {
	char *ptr;
	size_t capacity; /* with the NUL */
	size_t len;
	bool cut;
};

static inline struct cyg_strbuf cyg_strbuf(char *storage, size_t capacity)
{
	if (capacity)
		storage[0] = '\0';
	return (struct cyg_strbuf){ storage, capacity, 0, false };
}
#define CYG_STRBUF(array_) cyg_strbuf((array_), sizeof(array_))
/* CYG_LIMIT (and nothing kept) if `s` does not fit. */
CYG_EXPORT enum cyg_status cyg_strbuf_set(struct cyg_strbuf *b, struct cyg_str s) CYG_MUST_CHECK;
CYG_EXPORT void cyg_strbuf_add(struct cyg_strbuf *b, struct cyg_str s);
CYG_EXPORT void cyg_strbuf_addf(struct cyg_strbuf *b, const char *format, ...) CYG_PRINTF(2, 3);
/* Octets as lower-case hexadecimal. */
CYG_EXPORT void cyg_strbuf_add_hex(struct cyg_strbuf *b, struct cyg_bytes octets);
/* Text of a peer: octets that are no printable ASCII come out as \xNN, backslash as \\. */
CYG_EXPORT void cyg_strbuf_add_foreign(struct cyg_strbuf *b, struct cyg_bytes octets);

#endif
