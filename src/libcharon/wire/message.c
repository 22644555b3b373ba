/* SPDX-License-Identifier: MIT */
/* The header, and the walk along a chain of payloads: RFC 7296 sections 3.1 and 3.2. */
#include "wire/payloads.h"

#define CRITICAL       0x80
#define NEXT_PAYLOAD_AT  16 /* within the header */
#define LENGTH_AT        24
#define MAJOR_VERSION  0xf0

enum cyg_status message_read_header(const uint8_t *octets, size_t len, struct ike_header *out)
{
	struct wire_reader r = wire_reader(octets, len);
	struct ike_header h;

	h.spi_i = wire_u64(&r);
	h.spi_r = wire_u64(&r);
	h.next_payload = wire_u8(&r);
	h.version = wire_u8(&r);
	h.exchange = wire_u8(&r);
	h.flags = wire_u8(&r);
	h.message_id = wire_u32(&r);
	h.length = wire_u32(&r);
	if (!wire_ok(&r))
		return CYG_MALFORMED;
	if ((h.version & MAJOR_VERSION) != CYG_IKE_VERSION) {
		*out = h;
		return CYG_UNSUPPORTED;
	}
	if (h.length != len)
		return CYG_MALFORMED;
	*out = h;
	return CYG_OK;
}

/* The first of its kind in this message? */
static bool once(struct message *msg, uint32_t has)
{
	bool first = !(msg->has & has);

	msg->has |= has;
	return first;
}

static enum cyg_status many(struct message *msg, uint32_t has, unsigned count, unsigned max)
{
	msg->has |= has;
	return count < max ? CYG_OK : CYG_LIMIT;
}

/* Payloads that may stand several times: the next free place, then read into it. */
static enum cyg_status read_repeatable(struct message *msg, uint8_t type, struct wire_reader *body)
{
	enum cyg_status status;

	switch (type) {
	case CYG_PAYLOAD_CERT:
		status = many(msg, HAS_CERT, msg->cert_count, MESSAGE_CERTS_MAX);
		if (status == CYG_OK)
			status = cert_read(body, &msg->cert[msg->cert_count]);
		msg->cert_count += status == CYG_OK;
		return status;
	case CYG_PAYLOAD_CERTREQ:
		status = many(msg, HAS_CERTREQ, msg->certreq_count, MESSAGE_CERTS_MAX);
		if (status == CYG_OK)
			status = certreq_read(body, &msg->certreq[msg->certreq_count]);
		msg->certreq_count += status == CYG_OK;
		return status;
	case CYG_PAYLOAD_NOTIFY:
		status = many(msg, HAS_NOTIFY, msg->notify_count, MESSAGE_NOTIFIES_MAX);
		if (status == CYG_OK)
			status = notify_read(body, &msg->notify[msg->notify_count]);
		msg->notify_count += status == CYG_OK;
		return status;
	case CYG_PAYLOAD_DELETE:
		status = many(msg, HAS_DELETE, msg->delete_count, MESSAGE_DELETES_MAX);
		if (status == CYG_OK)
			status = delete_read(body, &msg->del[msg->delete_count]);
		msg->delete_count += status == CYG_OK;
		return status;
	default: /* CYG_PAYLOAD_VENDOR */
		if (many(msg, HAS_VENDOR, msg->vendor_count, MESSAGE_VENDORS_MAX) != CYG_OK)
			return CYG_OK;
		status = vendor_read(body, &msg->vendor[msg->vendor_count]);
		msg->vendor_count += status == CYG_OK;
		return status;
	}
}

static enum cyg_status read_payload(struct message *msg, uint8_t type, bool critical,
				    struct wire_reader *body)
{
	switch (type) {
	case CYG_PAYLOAD_SA:
		return once(msg, HAS_SA) ? sa_read(body, &msg->sa) : CYG_MALFORMED;
	case CYG_PAYLOAD_KE:
		return once(msg, HAS_KE) ? ke_read(body, &msg->ke) : CYG_MALFORMED;
	case CYG_PAYLOAD_IDI:
		return once(msg, HAS_IDI) ? id_read(body, &msg->idi) : CYG_MALFORMED;
	case CYG_PAYLOAD_IDR:
		return once(msg, HAS_IDR) ? id_read(body, &msg->idr) : CYG_MALFORMED;
	case CYG_PAYLOAD_AUTH:
		return once(msg, HAS_AUTH) ? auth_read(body, &msg->auth) : CYG_MALFORMED;
	case CYG_PAYLOAD_NONCE:
		return once(msg, HAS_NONCE) ? nonce_read(body, &msg->nonce) : CYG_MALFORMED;
	case CYG_PAYLOAD_TSI:
		return once(msg, HAS_TSI) ? ts_read(body, &msg->tsi, &msg->tsi_rest) : CYG_MALFORMED;
	case CYG_PAYLOAD_TSR:
		return once(msg, HAS_TSR) ? ts_read(body, &msg->tsr, &msg->tsr_rest) : CYG_MALFORMED;
	case CYG_PAYLOAD_CP:
		return once(msg, HAS_CP) ? cfg_read(body, &msg->cp) : CYG_MALFORMED;
	case CYG_PAYLOAD_EAP:
		return once(msg, HAS_EAP) ? eap_read(body, &msg->eap) : CYG_MALFORMED;
	case CYG_PAYLOAD_CERT:
	case CYG_PAYLOAD_CERTREQ:
	case CYG_PAYLOAD_NOTIFY:
	case CYG_PAYLOAD_DELETE:
	case CYG_PAYLOAD_VENDOR:
		return read_repeatable(msg, type, body);
	default:
		if (!critical)
			return CYG_OK;
		msg->critical_type = type;
		return CYG_UNSUPPORTED;
	}
}

/* An SK or SKF payload ends its message; `next` is the type of what is inside. */
static enum cyg_status read_sealed(struct message *msg, uint8_t type, uint8_t next,
				   struct wire_reader *body, uint8_t *octets)
{
	struct cyg_bytes view;
	enum cyg_status status = sk_read(body, type, &msg->sk, &view);

	if (status != CYG_OK)
		return status;
	msg->has |= type == CYG_PAYLOAD_SK ? HAS_SK : HAS_SKF;
	msg->sk.inner_first = next;
	msg->sk.aad_len = msg->raw.len - view.len;
	msg->sk.body = octets + msg->sk.aad_len;
	return CYG_OK;
}

/* `octets` is the mutable start of the message, or NULL inside an SK payload. */
static enum cyg_status read_chain(struct wire_reader *r, uint8_t type, struct message *msg,
				  uint8_t *octets)
{
	for (unsigned count = 0; type != CYG_PAYLOAD_NONE; count++) {
		uint8_t next = wire_u8(r);
		bool critical = wire_u8(r) & CRITICAL;
		struct wire_reader body = wire_body(r, wire_u16(r), PAYLOAD_HEADER_LEN);
		enum cyg_status status;

		if (!wire_ok(&body))
			return CYG_MALFORMED;
		if (count == MESSAGE_PAYLOADS_MAX)
			return CYG_LIMIT;
		if (type == CYG_PAYLOAD_SK || type == CYG_PAYLOAD_SKF) {
			if (!octets || wire_left(r) > 0)
				return CYG_MALFORMED;
			return read_sealed(msg, type, next, &body, octets);
		}
		status = read_payload(msg, type, critical, &body);
		if (status != CYG_OK)
			return status;
		type = next;
	}
	return wire_done(r) ? CYG_OK : CYG_MALFORMED;
}

enum cyg_status message_read(uint8_t *octets, size_t len, struct message *out)
{
	struct wire_reader r = wire_reader(octets, len);
	enum cyg_status status;

	memset(out, 0, sizeof(*out));
	status = message_read_header(octets, len, &out->header);
	if (status != CYG_OK)
		return status;
	out->raw = cyg_bytes(octets, len);
	wire_skip(&r, CYG_IKE_HEADER_LEN);
	return read_chain(&r, out->header.next_payload, out, octets);
}

enum cyg_status message_read_inner(struct cyg_bytes plain, uint8_t first, struct message *msg)
{
	struct wire_reader r = wire_reader_of(plain);

	msg->inner = plain;
	return read_chain(&r, first, msg, NULL);
}

const struct notify_payload *message_notify(const struct message *msg, uint16_t type)
{
	for (unsigned i = 0; i < msg->notify_count; i++) {
		if (msg->notify[i].type == type)
			return &msg->notify[i];
	}
	return NULL;
}

struct chain_writer chain_message(void *buffer, size_t capacity, const struct ike_header *header)
{
	struct chain_writer c = { .next_at = NEXT_PAYLOAD_AT, .open_at = SIZE_MAX };

	c.w = wire_writer(buffer, capacity);
	wire_put_u64(&c.w, header->spi_i);
	wire_put_u64(&c.w, header->spi_r);
	wire_put_u8(&c.w, CYG_PAYLOAD_NONE);
	wire_put_u8(&c.w, header->version);
	wire_put_u8(&c.w, header->exchange);
	wire_put_u8(&c.w, header->flags);
	wire_put_u32(&c.w, header->message_id);
	wire_put_u32(&c.w, 0);
	return c;
}

struct chain_writer chain_inner(void *buffer, size_t capacity)
{
	struct chain_writer c = { .next_at = SIZE_MAX, .open_at = SIZE_MAX, .bare = true };

	c.w = wire_writer(buffer, capacity);
	return c;
}

void chain_open(struct chain_writer *c, uint8_t type)
{
	size_t start = wire_len(&c->w);

	if (c->open_at != SIZE_MAX || c->sealed)
		c->w.failed = true;
	if (c->bare && start == 0)
		c->first = type;
	else
		wire_set_u8(&c->w, c->next_at, type);
	wire_put_zero(&c->w, PAYLOAD_HEADER_LEN);
	c->next_at = c->open_at = start;
}

void chain_close(struct chain_writer *c)
{
	size_t len = wire_len(&c->w) - c->open_at;

	if (c->open_at == SIZE_MAX || len > UINT16_MAX) {
		c->w.failed = true;
		return;
	}
	wire_set_u16(&c->w, c->open_at + 2, (uint16_t)len);
	c->open_at = SIZE_MAX;
}

struct cyg_bytes chain_end(struct chain_writer *c, uint8_t *first)
{
	if (c->open_at != SIZE_MAX || wire_len(&c->w) > MESSAGE_MAX)
		c->w.failed = true;
	if (!c->bare)
		wire_set_u32(&c->w, LENGTH_AT, (uint32_t)wire_len(&c->w));
	if (first)
		*first = c->bare ? c->first : c->w.failed ? CYG_PAYLOAD_NONE : c->w.start[NEXT_PAYLOAD_AT];
	return wire_written(&c->w);
}
