/* SPDX-License-Identifier: MIT */
#include "exchange/send.h"

#include "exchange/count.h"
#include "exchange/exchange.h"
#include "exchange/fragment.h"
#include "exchange/watch.h"

#include <cygnet/cursor.h>

#define SK_HEAD (CYG_IKE_HEADER_LEN + 4) /* what stands before the IV */

static struct ike_header header_of(const struct exchange *x)
{
	const struct ike_sa *sa = x->sa;

	return (struct ike_header){
		.spi_i = sa->d.spi_i,
		.spi_r = sa->d.spi_r,
		.version = CYG_IKE_VERSION,
		.exchange = x->def->type,
		.flags = (uint8_t)((sa->d.initiator ? CYG_FLAG_INITIATOR : 0) |
				   (x->ours ? 0 : CYG_FLAG_RESPONSE)),
		.message_id = x->message_id,
	};
}

void send_begin(struct exchange *x)
{
	struct ike_shard *ike = exchange_ike(x);
	struct ike_header header = header_of(x);
	struct wire_writer w = wire_writer(ike->out, sizeof(ike->out));

	if (x->def->clear) {
		/* Nothing of ours is promised in a refusal: RFC 7296 2.6. */
		if (!x->ours && x->notify)
			header.spi_r = 0;
		ike->writer = chain_message(ike->out, sizeof(ike->out), &header);
	} else {
		size_t gap = SK_HEAD + sk_plain_offset(&x->sa->suite->algs);

		(void)wire_reserve(&w, gap);
		ike->writer = chain_inner(w.at, wire_room(&w) - CYG_ICV_MAX - UINT8_MAX);
	}
	x->out = &ike->writer;
}

/* The explicit IV: a counter for AEAD, unpredictable for CBC. */
void send_iv(struct ike_sa *sa, uint8_t iv[CYG_IV_MAX])
{
	const struct cyg_cipher_ops *ops = sa->suite->algs.cipher.ops;
	struct wire_writer w = wire_writer(iv, CYG_IV_MAX);

	if (!ops->icv_len) {
		cyg_shard_random(sa->shard, iv, ops->iv_len);
		return;
	}
	wire_put_zero(&w, ops->iv_len > 8 ? ops->iv_len - 8u : 0);
	wire_put_u64(&w, sa->d.iv_next++);
}

/* The inner chain stands in its place already: puts header and SK payload around it and seals. */
static struct cyg_bytes seal(struct exchange *x)
{
	struct ike_sa *sa = x->sa;
	struct ike_shard *ike = sa->ike;
	const struct ike_algs *algs = &sa->suite->algs;
	struct ike_header header = header_of(x);
	uint8_t first, iv[CYG_IV_MAX];
	size_t plain = chain_end(x->out, &first).len, len, limit;
	struct chain_writer c;
	struct cyg_bytes message;

	if (x->out->w.failed)
		return cyg_bytes(NULL, 0);
	count_sent(ike, !x->ours, first, cyg_bytes(ike->out + SK_HEAD + sk_plain_offset(algs), plain));
	if (watch_packets())
		watch_sent(x, first, cyg_bytes(ike->out + SK_HEAD + sk_plain_offset(algs), plain));
	len = SK_HEAD + sk_sealed_len(algs, plain);
	limit = fragment_limit(sa, x->ours ? &sa->d.remote : &x->remote, len, x->fragmented);
	if (len > limit) {
		message = fragment_seal(sa, &header, first,
					cyg_bytes(ike->out + SK_HEAD + sk_plain_offset(algs), plain),
					limit);
		if (message.len)
			return message;
	}
	c = chain_message(ike->out, sizeof(ike->out), &header);
	chain_open(&c, CYG_PAYLOAD_SK);
	wire_set_u8(&c.w, c.next_at, first);
	(void)wire_reserve(&c.w, sk_sealed_len(algs, plain));
	chain_close(&c);
	message = chain_end(&c, NULL);
	if (!message.len)
		return message;
	send_iv(sa, iv);
	if (sk_seal(algs, ike_sa_sk_e(sa, sa->d.initiator), ike_sa_sk_a(sa, sa->d.initiator), iv, ike->out,
		    SK_HEAD, plain) != CYG_OK)
		return cyg_bytes(NULL, 0);
	return message;
}

/* A whole message in clear. */
static struct cyg_bytes finish_clear(struct exchange *x)
{
	struct cyg_bytes message = chain_end(x->out, NULL);
	struct wire_reader r = wire_reader_of(message);
	struct ike_header header;
	struct cyg_bytes chain;

	wire_skip(&r, CYG_IKE_HEADER_LEN);
	chain = wire_rest(&r);
	if (message_read_header(message.ptr, message.len, &header) != CYG_OK)
		return message; /* it did not fit */
	count_sent(exchange_ike(x), !x->ours, header.next_payload, chain);
	if (watch_packets())
		watch_sent(x, header.next_payload, chain);
	return message;
}

struct cyg_bytes send_finish(struct exchange *x)
{
	return x->def->clear ? finish_clear(x) : seal(x);
}

void send_to(struct ike_sa *sa, const struct cyg_endpoint *local,
		    const struct cyg_endpoint *remote, struct cyg_bytes octets)
{
	struct wire_reader r = wire_reader_of(octets);

	sa->last_out_ms = cyg_shard_now_ms(sa->shard);
	while (wire_left(&r)) {
		struct wire_reader at = r;
		struct cyg_bytes message;

		wire_skip(&at, CYG_IKE_HEADER_LEN - 4);
		message = wire_view(&r, wire_u32(&at));
		if (!message.len)
			return;
		sa->ike->counters.messages_out++;
		cyg_net_send(sa->shard, local, remote, message, true);
	}
}

void driver_send(struct ike_sa *sa, struct cyg_bytes octets)
{
	send_to(sa, &sa->d.local, &sa->d.remote, octets);
}
