/* SPDX-License-Identifier: MIT */
/*
 * One reader per payload, for message.c and the tests. Each takes a reader over the payload's body
 * (behind the generic header), reads all of it, and sets *out on CYG_OK only: CYG_MALFORMED breaks RFC 7296,
 * CYG_LIMIT more than we keep. Reserved fields are ignored, as section 2.5 wants it. Any thread.
 */
#ifndef WIRE_PAYLOADS_H
#define WIRE_PAYLOADS_H

#include "wire/message.h"

#define PAYLOAD_HEADER_LEN 4

enum cyg_status sa_read(struct wire_reader *r, struct sa_payload *out) CYG_MUST_CHECK;
enum cyg_status ke_read(struct wire_reader *r, struct ke_payload *out) CYG_MUST_CHECK;
enum cyg_status id_read(struct wire_reader *r, struct id_payload *out) CYG_MUST_CHECK;
enum cyg_status cert_read(struct wire_reader *r, struct cert_payload *out) CYG_MUST_CHECK;
enum cyg_status certreq_read(struct wire_reader *r, struct cert_payload *out) CYG_MUST_CHECK;
enum cyg_status auth_read(struct wire_reader *r, struct auth_payload *out) CYG_MUST_CHECK;
enum cyg_status nonce_read(struct wire_reader *r, struct cyg_bytes *out) CYG_MUST_CHECK;
enum cyg_status notify_read(struct wire_reader *r, struct notify_payload *out) CYG_MUST_CHECK;
enum cyg_status delete_read(struct wire_reader *r, struct delete_payload *out) CYG_MUST_CHECK;
enum cyg_status vendor_read(struct wire_reader *r, struct cyg_bytes *out) CYG_MUST_CHECK;
/* `*rest`: the selectors behind the first CYG_SELECTORS_MAX, for ts_read_rest(). */
enum cyg_status ts_read(struct wire_reader *r, struct cyg_selectors *out, struct cyg_bytes *rest) CYG_MUST_CHECK;
enum cyg_status cfg_read(struct wire_reader *r, struct cfg_payload *out) CYG_MUST_CHECK;
enum cyg_status eap_read(struct wire_reader *r, struct cyg_bytes *out) CYG_MUST_CHECK;
/* `body` of *out is left NULL: the view is at *view, since a reader's octets are constant. */
enum cyg_status sk_read(struct wire_reader *r, uint8_t type, struct sk_payload *out,
			struct cyg_bytes *view) CYG_MUST_CHECK;

/* An SPI of 4 or 8 octets, right-aligned; 0 for an empty one; any other length is skipped. */
uint64_t spi_read(struct wire_reader *r, size_t len);
void spi_write(struct wire_writer *w, size_t len, uint64_t spi);

#endif
