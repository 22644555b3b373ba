/* SPDX-License-Identifier: MIT */
/*
 * IKE messages: octets to structs and back (RFC 7296 section 3). Pure functions; any thread.
 *
 * Reading: message_read_header() takes the header and finds the payloads; message_read_payloads()
 * parses a chain (of the outer message, or of a decrypted SK payload) into a struct message.
 * What it holds are views of the datagram. A payload type we do not know is skipped, or refused if
 * its critical bit is set. Nothing is allocated; every count has a named limit.
 *
 * Writing: a chain_writer writes the header and payload after payload and patches "next payload" and lengths.
 */
#ifndef WIRE_MESSAGE_H
#define WIRE_MESSAGE_H

#include <cygnet/cursor.h>
#include <cygnet/identity.h>
#include <cygnet/kernel.h>
#include <cygnet/numbers.h>

#define MESSAGE_MAX            65535
#define MESSAGE_PAYLOADS_MAX     128 /* in one chain */
#define MESSAGE_NOTIFIES_MAX      64
#define MESSAGE_VENDORS_MAX       16 /* more are skipped: they promise nothing we must know */
#define MESSAGE_CERTS_MAX         16
#define MESSAGE_DELETES_MAX        8
#define PROPOSALS_MAX             32
#define PROPOSAL_TRANSFORMS_MAX  255 /* in one SA payload */
#define CFG_ATTRS_MAX             64
#define DELETE_SPIS_MAX           64

struct ike_header {
	uint64_t spi_i, spi_r;
	uint8_t next_payload, version, exchange, flags;
	uint32_t message_id, length;
};

struct transform {
	uint8_t type;               /* enum cyg_transform_type */
	uint16_t id;
	uint16_t key_bits;          /* 0: no attribute */
	bool unknown_attribute;     /* it carries one we do not know: never chosen (RFC 7296 3.3.6) */
};

struct proposal {
	uint8_t number, protocol;
	uint8_t spi_len;
	uint64_t spi;               /* of 4 or 8 octets, right-aligned; 0 for another length */
	uint8_t first, count;       /* into sa_payload.transform */
};

struct sa_payload {
	uint8_t proposal_count, transform_count;
	struct proposal proposal[PROPOSALS_MAX];
	struct transform transform[PROPOSAL_TRANSFORMS_MAX];
};

struct ke_payload { uint16_t group; struct cyg_bytes data; };
struct id_payload { uint8_t type; struct cyg_bytes data; struct cyg_bytes body; /* type, reserved, data: RestOfIDPayload */ };
struct auth_payload { uint8_t method; struct cyg_bytes data; };
struct cert_payload { uint8_t encoding; struct cyg_bytes data; }; /* CERT and CERTREQ */
struct notify_payload { uint8_t protocol, spi_len; uint16_t type; uint64_t spi; struct cyg_bytes data; };
struct delete_payload { uint8_t protocol, spi_len; uint16_t count; struct cyg_bytes spis; };
struct cfg_attr { uint16_t type; struct cyg_bytes value; };
struct cfg_payload { uint8_t type; uint8_t count; struct cfg_attr attr[CFG_ATTRS_MAX]; };
struct sk_payload {             /* SK or SKF */
	uint8_t inner_first;        /* type of the first payload inside */
	uint16_t fragment, total;   /* SKF; 0 for SK */
	uint8_t *body;              /* IV, ciphertext, ICV; within the datagram */
	size_t body_len;
	size_t aad_len;             /* octets of the datagram before `body` */
};

/* Bits of `has`. */
enum message_has {
	HAS_SA = 1u << 0, HAS_KE = 1u << 1, HAS_IDI = 1u << 2, HAS_IDR = 1u << 3, HAS_CERT = 1u << 4,
	HAS_CERTREQ = 1u << 5, HAS_AUTH = 1u << 6, HAS_NONCE = 1u << 7, HAS_NOTIFY = 1u << 8,
	HAS_DELETE = 1u << 9, HAS_VENDOR = 1u << 10, HAS_TSI = 1u << 11, HAS_TSR = 1u << 12,
	HAS_SK = 1u << 13, HAS_CP = 1u << 14, HAS_EAP = 1u << 15, HAS_SKF = 1u << 16,
};

struct message {
	struct ike_header header;
	struct cyg_bytes raw;       /* the whole message as received (for AUTH) */
	uint32_t has;               /* bits of enum message_has */
	struct sa_payload sa;
	struct ke_payload ke;
	struct id_payload idi, idr;
	struct auth_payload auth;
	struct cyg_bytes nonce;
	struct cyg_selectors tsi, tsr; /* the first CYG_SELECTORS_MAX of each */
	struct cyg_bytes tsi_rest, tsr_rest; /* what did not fit: ts_read_rest() */
	struct cfg_payload cp;
	struct cyg_bytes eap;
	struct sk_payload sk;
	struct cyg_bytes inner;     /* the chain inside of SK, once it was read */
	unsigned notify_count, delete_count, vendor_count, cert_count, certreq_count;
	struct notify_payload notify[MESSAGE_NOTIFIES_MAX];
	struct delete_payload del[MESSAGE_DELETES_MAX];
	struct cyg_bytes vendor[MESSAGE_VENDORS_MAX];
	struct cert_payload cert[MESSAGE_CERTS_MAX];
	struct cert_payload certreq[MESSAGE_CERTS_MAX];
	uint8_t critical_type;      /* the unknown critical payload that made reading fail with CYG_UNSUPPORTED */
};

/*
 * Takes header and length of a datagram. CYG_MALFORMED: shorter than a header, or its length field
 * disagrees with the datagram; CYG_UNSUPPORTED: another major version (*out is filled then).
 */
enum cyg_status message_read_header(const uint8_t *octets, size_t len, struct ike_header *out)
	CYG_MUST_CHECK;
/*
 * The payloads that are not encrypted, of the whole message at `octets` (mutable, since SK is decrypted
 * in place). *out is wholly filled on CYG_OK, else only header and critical_type mean something.
 * A payload that may stand once and stands twice is CYG_MALFORMED; so is anything behind an SK payload.
 */
enum cyg_status message_read(uint8_t *octets, size_t len, struct message *out) CYG_MUST_CHECK;
/* Adds the chain inside a decrypted SK payload to `msg` (which message_read() filled). On failure what
 * `msg` holds beyond header and critical_type means nothing. An empty chain has `first` 0. */
enum cyg_status message_read_inner(struct cyg_bytes plain, uint8_t first, struct message *msg)
	CYG_MUST_CHECK;
/* The first notify of this type, or NULL. */
const struct notify_payload *message_notify(const struct message *msg, uint16_t type);
/* The next CYG_SELECTORS_MAX selectors, or fewer, of what a TS payload held beyond; *rest shrinks to what is left. */
void ts_read_rest(struct cyg_bytes *rest, struct cyg_selectors *out);
/* The nth SPI of a Delete payload whose spi_len is 4. */
uint32_t delete_spi(const struct delete_payload *del, size_t n);

/* --- Writing --- */

struct chain_writer {
	struct wire_writer w;
	size_t next_at;             /* where the type of the next payload is to be written */
	size_t open_at;             /* start of the open payload, SIZE_MAX for none */
	uint8_t first;              /* type of the first payload of a bare chain */
	bool bare;                  /* no header before it */
	bool sealed;                /* an SK payload was written: nothing may follow */
};

/* A message that starts with a header; length and first payload are patched as it grows. */
struct chain_writer chain_message(void *buffer, size_t capacity, const struct ike_header *header);
/* A bare chain (the inside of an SK payload); the first payload's type is at *first after chain_end(). */
struct chain_writer chain_inner(void *buffer, size_t capacity);
/* Opens a payload: its generic header is written; write the body to c->w, then chain_close(). The
 * calls below do that for each kind of payload. */
void chain_open(struct chain_writer *c, uint8_t type);
void chain_close(struct chain_writer *c);
/* Patches the message's length. Empty view if anything failed. `first` may be NULL for a message; an empty
 * bare chain has a length of 0 as well, and *first is CYG_PAYLOAD_NONE: ask c->w.failed there. */
struct cyg_bytes chain_end(struct chain_writer *c, uint8_t *first);

/* One call per payload; failures are sticky in the writer. */
struct proposal_out {           /* transforms in order of type and preference */
	uint8_t number, protocol, spi_len;
	uint64_t spi;
	const struct transform *transforms;
	size_t count;
};
void sa_write(struct chain_writer *c, const struct proposal_out *proposals, size_t count);
void ke_write(struct chain_writer *c, uint16_t group, struct cyg_bytes data);
void id_write(struct chain_writer *c, bool initiator, uint8_t type, struct cyg_bytes data);
void auth_write(struct chain_writer *c, uint8_t method, struct cyg_bytes data);
void nonce_write(struct chain_writer *c, struct cyg_bytes nonce);
void cert_write(struct chain_writer *c, uint8_t encoding, struct cyg_bytes data);
void certreq_write(struct chain_writer *c, uint8_t encoding, struct cyg_bytes authorities);
void notify_write(struct chain_writer *c, uint8_t protocol, uint8_t spi_len, uint64_t spi,
		  uint16_t type, struct cyg_bytes data);
/* count SPIs of spi_len (0 for the IKE_SA itself, 4 for ESP). */
void delete_write(struct chain_writer *c, uint8_t protocol, uint8_t spi_len, const uint32_t *spis,
		  size_t count);
void vendor_write(struct chain_writer *c, struct cyg_bytes id);
void ts_write(struct chain_writer *c, bool initiator, const struct cyg_selectors *ts);
void cfg_write(struct chain_writer *c, uint8_t type, const struct cfg_attr *attrs, size_t count);
void eap_write(struct chain_writer *c, struct cyg_bytes packet);
/*
 * The SK payload with nothing encrypted yet: generic header, room for the IV, `inner`, padding, pad
 * length and ICV. *plain and *plain_len then cover inner chain, padding and pad length, to be sealed in
 * place; *iv and *icv point at their room (all NULL if it did not fit). What is authenticated with it is
 * all from the start of the message to *iv. `block` is the cipher's (1 for AEAD with no need of alignment).
 */
void sk_write(struct chain_writer *c, uint8_t inner_first, struct cyg_bytes inner, size_t iv_len,
	      size_t block, size_t icv_len, uint8_t **iv, uint8_t **plain, size_t *plain_len,
	      uint8_t **icv);
/* RFC 7383: fragment `number` of `total`. */
void skf_write(struct chain_writer *c, uint8_t inner_first, uint16_t number, uint16_t total,
	       struct cyg_bytes inner, size_t iv_len, size_t block, size_t icv_len, uint8_t **iv,
	       uint8_t **plain, size_t *plain_len, uint8_t **icv);

/* Names for logs and `show`: "IKE_SA_INIT", "NO_PROPOSAL_CHOSEN", "SA"; a number in words if unknown.
 * The text is constant or in `storage` (at least 16 octets). */
const char *exchange_name(uint8_t exchange, char *storage);
const char *notify_name(uint16_t type, char *storage);
const char *payload_name(uint8_t type, char *storage);
/* "SA KE Nonce N(COOKIE) CP(REQUEST 1 3)": a chain of payloads whose first has the type `first`, whatever its octets
 * are; "..." where they break the format. Inside of SK nothing is looked at. */
void message_summary(struct cyg_bytes chain, uint8_t first, struct cyg_strbuf *out);

#endif
