/* SPDX-License-Identifier: MIT */
/*
 * The one bounded cursor: all octets from outside are read, and all octets to outside are written,
 * through it. Pointer arithmetic on a packet stands here and nowhere else.
 *
 * Reads are sticky: past the end they yield zero, set `failed`, and stay failed. Parse straight
 * down, then ask once: wire_done() means no failure and nothing left over. Before a value steers a
 * loop, an allocation or an index, check wire_ok() or a named limit. Integers are big-endian.
 * Views that a reader gives borrow from its octets. Any thread; a cursor belongs to one.
 */
#ifndef CYGNET_CURSOR_H
#define CYGNET_CURSOR_H

#include <cygnet/bytes.h>

struct wire_reader {
	const uint8_t *at, *end;
	bool failed;
};

static inline struct wire_reader wire_reader(const void *octets, size_t len)
{
	const uint8_t *start = (const uint8_t *)octets;

	return (struct wire_reader){ start, start ? start + len : start, false };
}

static inline struct wire_reader wire_reader_of(struct cyg_bytes b)
{
	return wire_reader(b.ptr, b.len);
}

static inline size_t wire_left(const struct wire_reader *r)
{
	return (size_t)(r->end - r->at);
}

static inline bool wire_ok(const struct wire_reader *r)
{
	return !r->failed;
}

/* Everything was there and everything was read. */
static inline bool wire_done(const struct wire_reader *r)
{
	return !r->failed && r->at == r->end;
}

/* A view of the next `len` octets; empty after a failure. */
static inline struct cyg_bytes wire_view(struct wire_reader *r, size_t len)
{
	struct cyg_bytes view = { r->at, len };

	if (r->failed || len > wire_left(r)) {
		r->failed = true;
		r->at = r->end;
		return (struct cyg_bytes){ r->end, 0 };
	}
	r->at += len;
	return view;
}

/* All that is left. */
static inline struct cyg_bytes wire_rest(struct wire_reader *r)
{
	return wire_view(r, wire_left(r));
}

static inline void wire_skip(struct wire_reader *r, size_t len)
{
	(void)wire_view(r, len);
}

static inline uint8_t wire_u8(struct wire_reader *r)
{
	struct cyg_bytes v = wire_view(r, 1);

	return v.len ? v.ptr[0] : 0;
}

static inline uint16_t wire_u16(struct wire_reader *r)
{
	struct cyg_bytes v = wire_view(r, 2);

	return v.len ? (uint16_t)(v.ptr[0] << 8 | v.ptr[1]) : 0;
}

static inline uint32_t wire_u32(struct wire_reader *r)
{
	struct cyg_bytes v = wire_view(r, 4);

	return v.len ? (uint32_t)v.ptr[0] << 24 | (uint32_t)v.ptr[1] << 16 |
			       (uint32_t)v.ptr[2] << 8 | v.ptr[3]
		     : 0;
}

static inline uint64_t wire_u64(struct wire_reader *r)
{
	uint64_t high = wire_u32(r);

	return high << 32 | wire_u32(r);
}

/* Copies `len` octets to `out`, or zeroes `out` after a failure. */
static inline void wire_copy(struct wire_reader *r, void *out, size_t len)
{
	struct cyg_bytes v = wire_view(r, len);

	if (v.len == len && len)
		memcpy(out, v.ptr, len);
	else if (len)
		memset(out, 0, len);
}

/* A reader of its own over the next `len` octets; it has failed if they are not there. */
static inline struct wire_reader wire_sub(struct wire_reader *r, size_t len)
{
	struct cyg_bytes v = wire_view(r, len);
	struct wire_reader sub = wire_reader(v.ptr, v.len);

	sub.failed = r->failed;
	return sub;
}

/*
 * The body behind a length field that counts its own header: `total` octets of which `header` are
 * read already. total < header fails instead of wrapping around.
 */
static inline struct wire_reader wire_body(struct wire_reader *r, size_t total, size_t header)
{
	if (total < header) {
		r->failed = true;
		r->at = r->end;
		return (struct wire_reader){ r->end, r->end, true };
	}
	return wire_sub(r, total - header);
}

/*
 * Writes into a buffer of the caller. Writing past its end is sticky as well: nothing more is
 * written and `failed` stays set, so one wire_written() at the end is enough.
 */
struct wire_writer {
	uint8_t *start, *at, *end;
	bool failed;
};

static inline struct wire_writer wire_writer(void *buffer, size_t capacity)
{
	uint8_t *start = (uint8_t *)buffer;

	return (struct wire_writer){ start, start, start ? start + capacity : start, false };
}

static inline size_t wire_len(const struct wire_writer *w)
{
	return (size_t)(w->at - w->start);
}

static inline size_t wire_room(const struct wire_writer *w)
{
	return (size_t)(w->end - w->at);
}

/* Room for `len` octets to be filled by the caller, or NULL. */
static inline uint8_t *wire_reserve(struct wire_writer *w, size_t len)
{
	uint8_t *at = w->at;

	if (w->failed || len > wire_room(w)) {
		w->failed = true;
		return NULL;
	}
	w->at += len;
	return at;
}

static inline void wire_put(struct wire_writer *w, const void *octets, size_t len)
{
	uint8_t *at = wire_reserve(w, len);

	if (at && len)
		memcpy(at, octets, len);
}

static inline void wire_put_bytes(struct wire_writer *w, struct cyg_bytes b)
{
	wire_put(w, b.ptr, b.len);
}

static inline void wire_put_zero(struct wire_writer *w, size_t len)
{
	uint8_t *at = wire_reserve(w, len);

	if (at && len)
		memset(at, 0, len);
}

static inline void wire_put_u8(struct wire_writer *w, uint8_t v)
{
	wire_put(w, &v, 1);
}

static inline void wire_put_u16(struct wire_writer *w, uint16_t v)
{
	const uint8_t o[2] = { (uint8_t)(v >> 8), (uint8_t)v };

	wire_put(w, o, sizeof(o));
}

static inline void wire_put_u32(struct wire_writer *w, uint32_t v)
{
	const uint8_t o[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8),
			       (uint8_t)v };

	wire_put(w, o, sizeof(o));
}

static inline void wire_put_u64(struct wire_writer *w, uint64_t v)
{
	wire_put_u32(w, (uint32_t)(v >> 32));
	wire_put_u32(w, (uint32_t)v);
}

/* Overwrites octets written before, at offset `where` from the start. */
static inline void wire_set_u8(struct wire_writer *w, size_t where, uint8_t v)
{
	if (!w->failed && where < wire_len(w))
		w->start[where] = v;
	else
		w->failed = true;
}

static inline void wire_set_u16(struct wire_writer *w, size_t where, uint16_t v)
{
	wire_set_u8(w, where, (uint8_t)(v >> 8));
	wire_set_u8(w, where + 1, (uint8_t)v);
}

static inline void wire_set_u32(struct wire_writer *w, size_t where, uint32_t v)
{
	wire_set_u16(w, where, (uint16_t)(v >> 16));
	wire_set_u16(w, where + 2, (uint16_t)v);
}

/* What was written; empty after a failure. */
static inline struct cyg_bytes wire_written(const struct wire_writer *w)
{
	return w->failed ? cyg_bytes(NULL, 0) : cyg_bytes(w->start, wire_len(w));
}

#endif
