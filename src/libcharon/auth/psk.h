/* SPDX-License-Identifier: MIT */
/* Shared keys (RFC 7296 2.15). Owning shard. */
#ifndef AUTH_PSK_H
#define AUTH_PSK_H

#include "auth/method.h"

enum cyg_status psk_make(const struct auth_input *in, uint8_t *out, size_t *len)
	CYG_MUST_CHECK;
enum cyg_status psk_verify(const struct auth_input *in, struct cyg_bytes data)
	CYG_MUST_CHECK;

#endif
