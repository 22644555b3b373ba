/* SPDX-License-Identifier: MIT */
/*
 * Octets that must not leak: kept in memory that is locked and left out of core dumps, wiped when
 * freed. There is no log field for one and no function that prints one. Locking is best effort: beyond
 * RLIMIT_MEMLOCK the memory is used unlocked, still left out of dumps and wiped.
 *
 * Owner: whoever called cyg_secret_init(); cyg_secret_done() is safe on a zeroed one. A secret may be
 * moved between threads with its owner (copy the struct, zero the old one).
 */
#ifndef CYGNET_SECRET_H
#define CYGNET_SECRET_H

#include <cygnet/bytes.h>

#define CYG_SECRET_MAX 4096 /* octets; a longer one is refused with CYG_LIMIT */

struct cyg_secret {
	uint8_t *ptr;
	uint32_t len;
};

/* Room for `len` octets, zeroed. CYG_LIMIT above CYG_SECRET_MAX, CYG_NOMEM. */
CYG_EXPORT enum cyg_status cyg_secret_init(struct cyg_secret *out, size_t len) CYG_MUST_CHECK;
/* The same with a copy of `octets`. */
CYG_EXPORT enum cyg_status cyg_secret_copy(struct cyg_secret *out, struct cyg_bytes octets) CYG_MUST_CHECK;
/* Wipes and frees; leaves it zeroed. */
CYG_EXPORT void cyg_secret_done(struct cyg_secret *secret);
/* Constant time in the octets. */
static inline bool cyg_secret_equal(const struct cyg_secret *a, const struct cyg_secret *b)
{
	return cyg_bytes_equal_ct(cyg_bytes(a->ptr, a->len), cyg_bytes(b->ptr, b->len));
}
static inline struct cyg_bytes cyg_secret_bytes(const struct cyg_secret *s)
{
	return cyg_bytes(s->ptr, s->len);
}
/* Locked, dump-free memory for structs that hold keys in place (SA keys). Zeroed; up to
 * CYG_SECRET_MAX octets. NULL if out of memory. */
CYG_EXPORT void *cyg_secret_alloc(size_t len);
/* Wipes and frees what cyg_secret_alloc() gave; `len` as then. NULL is fine. */
CYG_EXPORT void cyg_secret_free(void *ptr, size_t len);

#endif
