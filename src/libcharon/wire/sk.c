/* SPDX-License-Identifier: MIT */
/*
 * RFC 7296 section 3.14, and RFC 7383 section 2.5 for a fragment: IV, ciphertext, ICV. Their lengths
 * depend on the SA's algorithms, so here they are one body.
 */
#include "wire/payloads.h"

#define PAD_MAX 255

enum cyg_status sk_read(struct wire_reader *r, uint8_t type, struct sk_payload *out,
			struct cyg_bytes *view)
{
	struct sk_payload sk = { 0 };
	struct cyg_bytes body;

	if (type == CYG_PAYLOAD_SKF) {
		sk.fragment = wire_u16(r);
		sk.total = wire_u16(r);
		if (sk.fragment == 0 || sk.fragment > sk.total)
			return CYG_MALFORMED;
	}
	body = wire_rest(r);
	if (!wire_done(r) || body.len == 0)
		return CYG_MALFORMED;
	sk.body_len = body.len;
	*out = sk;
	*view = body;
	return CYG_OK;
}

/* Behind the open payload's header: room for the IV, the plain text with its padding, room for the ICV. */
static void fill(struct chain_writer *c, uint8_t inner_first, struct cyg_bytes inner, size_t iv_len,
		 size_t block, size_t icv_len, uint8_t **iv, uint8_t **plain, size_t *plain_len,
		 uint8_t **icv)
{
	size_t pad = block > 1 ? (block - (inner.len + 1) % block) % block : 0;

	*iv = wire_reserve(&c->w, iv_len);
	*plain = wire_reserve(&c->w, inner.len + pad + 1);
	*icv = wire_reserve(&c->w, icv_len);
	*plain_len = inner.len + pad + 1;
	if (pad > PAD_MAX)
		c->w.failed = true;
	chain_close(c);
	if (c->w.failed) {
		*iv = *plain = *icv = NULL;
		*plain_len = 0;
		return;
	}
	if (inner.len)
		memcpy(*plain, inner.ptr, inner.len);
	memset(*plain + inner.len, 0, pad);
	(*plain)[inner.len + pad] = (uint8_t)pad;
	wire_set_u8(&c->w, c->next_at, inner_first);
	c->sealed = true;
}

void sk_write(struct chain_writer *c, uint8_t inner_first, struct cyg_bytes inner, size_t iv_len,
	      size_t block, size_t icv_len, uint8_t **iv, uint8_t **plain, size_t *plain_len,
	      uint8_t **icv)
{
	chain_open(c, CYG_PAYLOAD_SK);
	fill(c, inner_first, inner, iv_len, block, icv_len, iv, plain, plain_len, icv);
}

void skf_write(struct chain_writer *c, uint8_t inner_first, uint16_t number, uint16_t total,
	       struct cyg_bytes inner, size_t iv_len, size_t block, size_t icv_len, uint8_t **iv,
	       uint8_t **plain, size_t *plain_len, uint8_t **icv)
{
	chain_open(c, CYG_PAYLOAD_SKF);
	wire_put_u16(&c->w, number);
	wire_put_u16(&c->w, total);
	if (number == 0 || number > total)
		c->w.failed = true;
	/* Only the first fragment tells what is inside. */
	fill(c, number == 1 ? inner_first : CYG_PAYLOAD_NONE, inner, iv_len, block, icv_len, iv,
	     plain, plain_len, icv);
}
