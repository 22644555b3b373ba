/* SPDX-License-Identifier: MIT */
#include "exchange/fragment.h"

#include "exchange/exchange.h"
#include "exchange/send.h"

#include <cygnet/cursor.h>

#include <stdlib.h>

#define SKF_HEAD (CYG_IKE_HEADER_LEN + 8) /* what stands before the IV */
#define SK_HEAD  (CYG_IKE_HEADER_LEN + 4)
#define PIECE_MIN 16                      /* octets of payloads, however small the path */
#define SMALL_IPV4 576
#define SMALL_IPV6 1280

/* --- Agreeing on it --- */

static const struct config_global *global_of(const struct ike_sa *sa)
{
	return sa->ike->view ? sa->ike->view->global : NULL;
}

static bool wanted(const struct ike_sa *sa)
{
	const struct config_global *global = global_of(sa);

	return !global || global->fragmentation;
}

void fragment_add(struct exchange *x)
{
	if (wanted(x->sa) && (x->ours || x->sa->d.fragmentation))
		notify_write(x->out, CYG_PROTO_NONE, 0, 0, CYG_N_IKEV2_FRAGMENTATION_SUPPORTED,
			     cyg_bytes(NULL, 0));
}

void fragment_read(struct exchange *x)
{
	x->sa->d.fragmentation = wanted(x->sa) &&
				 message_notify(x->msg, CYG_N_IKEV2_FRAGMENTATION_SUPPORTED);
}

/* --- Out --- */

/* What of an IP packet is not the message: IP, UDP, and the marker on the NAT traversal port. */
static size_t around(const struct ike_sa *sa, const struct cyg_endpoint *remote)
{
	return (remote->ip.family == CYG_IPV4 ? 20 : 40) + 8u + (sa->d.natt ? 4 : 0);
}

static size_t small(const struct cyg_endpoint *remote)
{
	return remote->ip.family == CYG_IPV4 ? SMALL_IPV4 : SMALL_IPV6;
}

/* The size that is configured, else the one that every path takes. */
static size_t usual(const struct ike_sa *sa, const struct cyg_endpoint *remote)
{
	const struct config_global *global = global_of(sa);

	return global && global->fragmentation_mtu ? global->fragmentation_mtu : small(remote);
}

static size_t less(size_t packet, size_t overhead)
{
	return packet > overhead ? packet - overhead : 1;
}

size_t fragment_small_limit(const struct ike_sa *sa, const struct cyg_endpoint *remote)
{
	return sa->d.fragmentation ? less(usual(sa, remote), around(sa, remote)) : SIZE_MAX;
}

size_t fragment_limit(const struct ike_sa *sa, const struct cyg_endpoint *remote, size_t len,
		      bool fragmented)
{
	const struct config_global *global = global_of(sa);
	const struct ike_options *options = &sa->ike->options;
	size_t mtu = 0;

	if (!sa->d.fragmentation)
		return SIZE_MAX;
	if (fragmented || (global && global->fragmentation_configured))
		return fragment_small_limit(sa, remote);
	/* Only what is long is worth the question. */
	if (len + around(sa, remote) > small(remote))
		mtu = options->path_mtu(options->source_ctx, &sa->d.local.ip, &remote->ip);
	return mtu ? less(mtu, around(sa, remote)) : SIZE_MAX;
}

/* So many octets of payloads fit into one fragment. */
static size_t piece_len(const struct ike_algs *algs, size_t limit, size_t plain)
{
	size_t least = (plain + FRAGMENTS_MAX - 1) / FRAGMENTS_MAX;
	size_t len = limit > SKF_HEAD ? limit - SKF_HEAD : 0;

	while (len > PIECE_MIN && sk_sealed_len(algs, len) + SKF_HEAD > limit)
		len--;
	if (len < PIECE_MIN)
		len = PIECE_MIN;
	return len < least ? least : len;
}

static bool seal_one(struct ike_sa *sa, const struct ike_header *header, uint8_t first,
		     unsigned number, unsigned total, struct cyg_bytes piece, struct wire_writer *w)
{
	const struct ike_algs *algs = &sa->suite->algs;
	uint8_t iv[CYG_IV_MAX], *octets = w->at;
	struct chain_writer c = chain_message(octets, wire_room(w), header);
	struct cyg_bytes message;

	chain_open(&c, CYG_PAYLOAD_SKF);
	/* Only the first one tells what is inside: RFC 7383 2.5. */
	wire_set_u8(&c.w, c.next_at, number == 1 ? first : CYG_PAYLOAD_NONE);
	wire_put_u16(&c.w, (uint16_t)number);
	wire_put_u16(&c.w, (uint16_t)total);
	(void)wire_reserve(&c.w, sk_sealed_len(algs, piece.len));
	chain_close(&c);
	message = chain_end(&c, NULL);
	if (!message.len)
		return false;
	memcpy(octets + SKF_HEAD + sk_plain_offset(algs), piece.ptr, piece.len);
	send_iv(sa, iv);
	if (sk_seal(algs, ike_sa_sk_e(sa, sa->d.initiator), ike_sa_sk_a(sa, sa->d.initiator), iv, octets,
		    SKF_HEAD, piece.len) != CYG_OK)
		return false;
	(void)wire_reserve(w, message.len);
	return true;
}

struct cyg_bytes fragment_seal(struct ike_sa *sa, const struct ike_header *header, uint8_t first,
			       struct cyg_bytes plain, size_t limit)
{
	struct ike_shard *ike = sa->ike;
	struct wire_writer w = wire_writer(ike->flight, sizeof(ike->flight));
	struct wire_reader r = wire_reader_of(plain);
	size_t piece = piece_len(&sa->suite->algs, limit, plain.len);
	unsigned total = (unsigned)((plain.len + piece - 1) / piece);

	for (unsigned number = 1; number <= total; number++) {
		size_t left = wire_left(&r);

		if (!seal_one(sa, header, first, number, total,
			      wire_view(&r, left < piece ? left : piece), &w))
			return cyg_bytes(NULL, 0);
	}
	ike->counters.fragments_out += total;
	return wire_written(&w);
}

struct cyg_bytes fragment_again(struct ike_sa *sa, struct cyg_bytes message, size_t limit)
{
	struct ike_shard *ike = sa->ike;
	struct ike_header header;
	struct wire_reader r = wire_reader_of(message);
	struct cyg_bytes plain;
	uint8_t first;

	if (message.len <= SK_HEAD ||
	    message_read_header(message.ptr, message.len, &header) != CYG_OK ||
	    header.next_payload != CYG_PAYLOAD_SK)
		return cyg_bytes(NULL, 0); /* a flight already */
	wire_skip(&r, CYG_IKE_HEADER_LEN);
	first = wire_u8(&r);
	memcpy(ike->out, message.ptr, message.len);
	if (sk_open(&sa->suite->algs, ike_sa_sk_e(sa, sa->d.initiator), ike_sa_sk_a(sa, sa->d.initiator),
		    ike->out, message.len, SK_HEAD, &plain) != CYG_OK || !plain.len)
		return cyg_bytes(NULL, 0);
	return fragment_seal(sa, &header, first, plain, limit);
}

/* --- In --- */

struct piece {
	uint8_t *octets;
	uint16_t len;
	bool here;
};

/* A message of which some fragments are here. */
struct fragments {
	uint32_t message_id;
	uint16_t total, have;
	uint8_t exchange, first;
	size_t octets;
	struct piece piece[];
};

void fragment_forget(struct ike_sa *sa, bool response)
{
	struct fragments *f = sa->fragments[response];

	if (!f)
		return;
	for (unsigned i = 0; i < f->total; i++) {
		if (f->piece[i].octets)
			cyg_wipe(f->piece[i].octets, f->piece[i].len);
		free(f->piece[i].octets);
	}
	sa->ike->fragment_octets -= f->octets;
	free(f);
	sa->fragments[response] = NULL;
	if (!sa->fragments[!response])
		sa->fragments_at = 0;
}

void fragment_forget_all(struct ike_sa *sa)
{
	fragment_forget(sa, false);
	fragment_forget(sa, true);
}

/* The collection that this fragment belongs to: RFC 7383 2.6. NULL: none is to be had. */
static struct fragments *collection(struct ike_sa *sa, const struct message *msg, bool response)
{
	struct fragments *f = sa->fragments[response];

	if (f && f->message_id == msg->header.message_id && f->exchange == msg->header.exchange) {
		if (f->total == msg->sk.total)
			return f;
		/* Cut anew into smaller ones: those before are worth nothing. The other way round they are old. */
		if (f->total > msg->sk.total)
			return NULL;
	}
	fragment_forget(sa, response);
	f = calloc(1, sizeof(*f) + msg->sk.total * sizeof(f->piece[0]));
	if (!f)
		return NULL;
	f->message_id = msg->header.message_id;
	f->exchange = msg->header.exchange;
	f->total = msg->sk.total;
	sa->fragments[response] = f;
	sa->fragments_at = cyg_shard_now_ms(sa->shard) + FRAGMENTS_LIFE_MS;
	life_schedule(sa);
	return f;
}

static bool has_room(const struct ike_sa *sa, const struct fragments *f, size_t len)
{
	size_t most = sa->state < IKE_ESTABLISHED ? FRAGMENTS_UNPROVEN_MAX : MESSAGE_MAX - SK_HEAD;

	return f->octets + len <= most && sa->ike->fragment_octets + len <= FRAGMENTS_SHARD_MAX;
}

/* All that came, as one message whose SK payload is open already. */
static enum cyg_status join(const struct message *msg, const struct fragments *f, uint8_t **octets,
			    size_t *len)
{
	size_t size = SK_HEAD + f->octets;
	uint8_t *joined = malloc(size);
	struct chain_writer c;

	if (!joined)
		return CYG_NOMEM;
	c = chain_message(joined, size, &msg->header);
	chain_open(&c, CYG_PAYLOAD_SK);
	wire_set_u8(&c.w, c.next_at, f->first);
	for (unsigned i = 0; i < f->total; i++)
		wire_put(&c.w, f->piece[i].octets, f->piece[i].len);
	chain_close(&c);
	if (chain_end(&c, NULL).len != size) {
		free(joined);
		return CYG_LIMIT;
	}
	*octets = joined;
	*len = size;
	return CYG_OK;
}

enum cyg_status fragment_take(struct ike_sa *sa, const struct message *msg, struct cyg_bytes plain,
			      uint8_t **octets, size_t *len)
{
	bool response = msg->header.flags & CYG_FLAG_RESPONSE;
	struct fragments *f;
	struct piece *piece;
	enum cyg_status status;

	if (msg->sk.total > FRAGMENTS_MAX)
		return CYG_LIMIT;
	if (plain.len == 0)
		return CYG_MALFORMED;
	f = collection(sa, msg, response);
	if (!f)
		return CYG_NOT_FOUND;
	piece = &f->piece[msg->sk.fragment - 1];
	if (piece->here)
		return CYG_PENDING; /* once more */
	if (!has_room(sa, f, plain.len))
		return CYG_LIMIT;
	piece->octets = malloc(plain.len);
	if (!piece->octets)
		return CYG_NOMEM;
	memcpy(piece->octets, plain.ptr, plain.len);
	piece->len = (uint16_t)plain.len;
	piece->here = true;
	f->octets += plain.len;
	sa->ike->fragment_octets += plain.len;
	if (msg->sk.fragment == 1)
		f->first = msg->sk.inner_first;
	if (++f->have < f->total)
		return CYG_PENDING;
	status = join(msg, f, octets, len);
	fragment_forget(sa, response);
	return status;
}
