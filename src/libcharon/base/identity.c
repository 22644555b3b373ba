/* SPDX-License-Identifier: MIT */
#include <cygnet/identity.h>

#include <cygnet/cursor.h>

#include <stdlib.h>

enum cyg_status cyg_identity_new(uint8_t type, struct cyg_bytes octets, struct cyg_identity **out)
{
	struct cyg_identity *id;

	if (octets.len > CYG_IDENTITY_MAX)
		return CYG_LIMIT;
	if ((type == CYG_ID_IPV4_ADDR && octets.len != 4) ||
	    (type == CYG_ID_IPV6_ADDR && octets.len != 16))
		return CYG_MALFORMED;
	id = malloc(sizeof(*id) + octets.len);
	if (!id)
		return CYG_NOMEM;
	id->refs = 1;
	id->type = type;
	id->len = (uint16_t)octets.len;
	if (octets.len)
		memcpy(id->octets, octets.ptr, octets.len);
	*out = id;
	return CYG_OK;
}

enum cyg_status cyg_identity_of_ip(const struct cyg_ip *ip, struct cyg_identity **out)
{
	uint8_t type = ip->family == CYG_IPV4 ? CYG_ID_IPV4_ADDR : CYG_ID_IPV6_ADDR;

	if (!cyg_ip_is_set(ip))
		return CYG_MALFORMED;
	return cyg_identity_new(type, cyg_bytes(ip->octets, cyg_ip_len(ip)), out);
}

struct cyg_identity *cyg_identity_ref(struct cyg_identity *id)
{
	__atomic_add_fetch(&id->refs, 1, __ATOMIC_RELAXED);
	return id;
}

void cyg_identity_unref(struct cyg_identity *id)
{
	if (id && __atomic_sub_fetch(&id->refs, 1, __ATOMIC_ACQ_REL) == 0)
		free(id);
}

static struct cyg_str text_of(const struct cyg_identity *id)
{
	return cyg_str_n((const char *)id->octets, id->len);
}

bool cyg_identity_equal(const struct cyg_identity *a, const struct cyg_identity *b)
{
	struct cyg_str x = text_of(a), y = text_of(b);
	size_t at;

	if (a->type != b->type || a->len != b->len)
		return false;
	switch (a->type) {
	case CYG_ID_FQDN:
		return cyg_str_equal_nocase(x, y);
	case CYG_ID_RFC822_ADDR:
		/* The domain is what follows the last '@'; what is before it belongs to the host. */
		for (at = x.len; at > 0 && x.ptr[at - 1] != '@'; at--)
			;
		return cyg_str_equal(cyg_str_head(x, at), cyg_str_head(y, at)) &&
		       cyg_str_equal_nocase(cyg_str_tail(x, at), cyg_str_tail(y, at));
	default:
		return cyg_str_equal(x, y);
	}
}

/* --- Distinguished names, for people: enough of DER to show a Name (RFC 5280 4.1.2.4) --- */

#define DER_SEQUENCE 0x30
#define DER_SET      0x31
#define DER_OID      0x06
#define DN_PARTS_MAX 32

/* The element's body, if its tag is `tag` (0: any, told at *found). */
static struct wire_reader der_open(struct wire_reader *r, uint8_t tag, uint8_t *found)
{
	uint8_t is = wire_u8(r);
	size_t len = wire_u8(r);

	if (len == 0x81)
		len = wire_u8(r);
	else if (len == 0x82)
		len = wire_u16(r);
	else if (len > 0x7f)
		len = SIZE_MAX; /* longer than any identity: fails below */
	if (tag && is != tag)
		len = SIZE_MAX;
	if (found)
		*found = is;
	return wire_sub(r, len);
}

static const struct {
	const char *name;
	uint8_t len, oid[10];
} dn_names[] = {
	{ "cn", 3, { 0x55, 4, 3 } },
	{ "serialNumber", 3, { 0x55, 4, 5 } },
	{ "c", 3, { 0x55, 4, 6 } },
	{ "l", 3, { 0x55, 4, 7 } },
	{ "st", 3, { 0x55, 4, 8 } },
	{ "street", 3, { 0x55, 4, 9 } },
	{ "o", 3, { 0x55, 4, 10 } },
	{ "ou", 3, { 0x55, 4, 11 } },
	{ "title", 3, { 0x55, 4, 12 } },
	{ "unstructuredName", 9, { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 2 } },
	{ "e", 9, { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1 } },
	{ "uid", 10, { 0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 1 } },
	{ "dc", 10, { 0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 25 } },
};

/* "" for one that is not in the table. */
static const char *dn_name(struct cyg_bytes oid)
{
	for (size_t i = 0; i < CYG_COUNT(dn_names); i++) {
		if (cyg_bytes_equal(oid, cyg_bytes(dn_names[i].oid, dn_names[i].len)))
			return dn_names[i].name;
	}
	return "";
}

/* Commas within a value come out as "\2c", so that a DN reads one way only. */
static void dn_value_text(struct cyg_bytes value, struct cyg_strbuf *out)
{
	for (size_t i = 0; i < value.len; i++) {
		uint8_t c = value.ptr[i];

		if (c == ',' || c == '=' || c == '+')
			cyg_strbuf_addf(out, "\\%02x", c);
		else
			cyg_strbuf_add_foreign(out, cyg_bytes(&c, 1));
	}
}

/* Each attribute of the Name in its order; `joined`: of the same RDN as the one before. */
static enum cyg_status dn_walk(struct cyg_bytes der,
			       void (*tell)(void *ctx, struct cyg_bytes oid, struct cyg_bytes value, bool joined),
			       void *ctx)
{
	struct wire_reader r = wire_reader_of(der), name = der_open(&r, DER_SEQUENCE, NULL);
	unsigned parts = 0;

	if (!wire_done(&r))
		return CYG_MALFORMED;
	while (wire_left(&name) > 0) {
		struct wire_reader set = der_open(&name, DER_SET, NULL);

		for (bool first = true; first || wire_left(&set) > 0; first = false) {
			struct wire_reader pair = der_open(&set, DER_SEQUENCE, NULL);
			struct wire_reader oid = der_open(&pair, DER_OID, NULL);
			struct wire_reader value = der_open(&pair, 0, NULL);

			if (!wire_ok(&set) || !wire_done(&pair) || parts++ == DN_PARTS_MAX)
				return CYG_MALFORMED;
			tell(ctx, wire_rest(&oid), wire_rest(&value), !first);
		}
	}
	return wire_ok(&name) ? CYG_OK : CYG_MALFORMED;
}

struct dn_text {
	struct cyg_strbuf *out;
	bool any;
};

static void add_part(void *ctx, struct cyg_bytes oid, struct cyg_bytes value, bool joined)
{
	struct dn_text *text = ctx;
	const char *name = dn_name(oid);

	if (text->any)
		cyg_strbuf_add(text->out, joined ? CYG_STR("+") : CYG_STR(","));
	text->any = true;
	if (name[0]) {
		cyg_strbuf_add(text->out, cyg_str(name));
	} else {
		cyg_strbuf_add(text->out, CYG_STR("oid."));
		cyg_strbuf_add_hex(text->out, oid);
	}
	cyg_strbuf_add(text->out, CYG_STR("="));
	dn_value_text(value, text->out);
}

/* False if it is no Name; then `out` may hold the beginning of one. */
static bool dn_text(struct cyg_bytes der, struct cyg_strbuf *out)
{
	struct dn_text text = { .out = out };

	return dn_walk(der, add_part, &text) == CYG_OK;
}

struct dn_each {
	void (*tell)(void *ctx, const char *name, struct cyg_bytes value);
	void *ctx;
};

static void tell_part(void *ctx, struct cyg_bytes oid, struct cyg_bytes value, bool joined)
{
	struct dn_each *each = ctx;

	(void)joined;
	each->tell(each->ctx, dn_name(oid), value);
}

enum cyg_status cyg_dn_each(struct cyg_bytes der, void (*tell)(void *ctx, const char *name, struct cyg_bytes value),
			    void *ctx)
{
	struct dn_each each = { tell, ctx };

	return dn_walk(der, tell_part, &each);
}

static bool is_printable(struct cyg_bytes octets)
{
	for (size_t i = 0; i < octets.len; i++) {
		if (octets.ptr[i] < 0x20 || octets.ptr[i] > 0x7e)
			return false;
	}
	return octets.len > 0;
}

void cyg_identity_text(const struct cyg_identity *id, struct cyg_strbuf *out)
{
	struct cyg_bytes octets = cyg_bytes(id->octets, id->len);
	struct cyg_strbuf start = *out;
	char text[CYG_IP_TEXT];
	struct cyg_ip ip;

	switch (id->type) {
	case CYG_ID_IPV4_ADDR:
	case CYG_ID_IPV6_ADDR:
		if (cyg_ip_from_bytes(octets, &ip) != CYG_OK)
			break;
		cyg_strbuf_add(out, cyg_str(cyg_ip_text(&ip, text)));
		return;
	case CYG_ID_DER_ASN1_DN:
		if (dn_text(octets, out))
			return;
		*out = start;
		break;
	case CYG_ID_FQDN:
	case CYG_ID_RFC822_ADDR:
		cyg_strbuf_add_foreign(out, octets);
		return;
	default:
		if (!is_printable(octets))
			break;
		cyg_strbuf_add_foreign(out, octets);
		return;
	}
	cyg_strbuf_add(out, CYG_STR("0x"));
	cyg_strbuf_add_hex(out, octets);
}

const char *cyg_identity_type_text(uint8_t type)
{
	switch (type) {
	case CYG_ID_IPV4_ADDR:
	case CYG_ID_IPV6_ADDR:
		return "address";
	case CYG_ID_FQDN:
		return "fqdn";
	case CYG_ID_RFC822_ADDR:
		return "email";
	case CYG_ID_DER_ASN1_DN:
		return "dn";
	case CYG_ID_DER_ASN1_GN:
		return "gn";
	case CYG_ID_KEY_ID:
	case CYG_ID_GROUP_NAME:
		return "key-id";
	default:
		return "unknown";
	}
}
