/* SPDX-License-Identifier: MIT */
/*
 * What a fallible function returns, and what may be asserted.
 *
 * The reason for a failure is logged once, where it is known; callers above pass the status on.
 * Any thread.
 */
#ifndef CYGNET_STATUS_H
#define CYGNET_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CYG_EXPORT     __attribute__((visibility("default")))
#define CYG_MUST_CHECK __attribute__((warn_unused_result))
#define CYG_PRINTF(format_, first_) __attribute__((format(printf, format_, first_)))
#define CYG_COUNT(array_) (sizeof(array_) / sizeof((array_)[0]))
/* The struct that holds `member_` at `ptr_`. */
#define CYG_CONTAINER(ptr_, type_, member_) \
	((type_ *)((char *)(ptr_) - offsetof(type_, member_)))

enum cyg_status {
	CYG_OK = 0,
	CYG_PENDING,     /* it completes later, on the shard that began it (shard.h, struct cyg_op) */
	CYG_NOMEM,
	CYG_MALFORMED,   /* octets or text that break their format */
	CYG_REFUSED,     /* well formed, and against a rule or a secret */
	CYG_NOT_FOUND,
	CYG_LIMIT,       /* a named limit is reached */
	CYG_BUSY,        /* not now: a queue is full, an object is in use */
	CYG_IO,          /* the system or a server failed; errno may say more */
	CYG_TIMEOUT,
	CYG_UNSUPPORTED, /* nothing that is loaded can do it */
	CYG_EXISTS,
};

/* A word for a status ("ok", "malformed", ...); a constant. */
CYG_EXPORT const char *cyg_status_text(enum cyg_status status);

/*
 * What *we* guarantee (ownership, table invariants). Prints expression and place to standard error
 * and ends the process; the starter brings it back. Never for anything that a peer, a file, the
 * kernel or a full disk decides.
 */
#define CYG_ASSERT(expr_) \
	((expr_) ? (void)0 : cyg_assert_failed(#expr_, __FILE__, __LINE__, __func__))
CYG_EXPORT void cyg_assert_failed(const char *expr, const char *file, int line, const char *function)
	__attribute__((noreturn));

#endif
