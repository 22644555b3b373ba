/* SPDX-License-Identifier: MIT */
/* The body of one payload; the first octet says of which. Those with a structure have targets of their own. */
#include "testing/fuzz/fuzz.h"
#include "wire/payloads.h"

union any {
	struct ke_payload ke;
	struct id_payload id;
	struct cert_payload cert;
	struct auth_payload auth;
	struct notify_payload notify;
	struct delete_payload del;
	struct sk_payload sk;
	struct cyg_bytes octets;
};

static enum cyg_status read_one(uint8_t type, struct wire_reader *r, union any *out)
{
	struct cyg_bytes view;

	switch (type) {
	case CYG_PAYLOAD_KE:
		return ke_read(r, &out->ke);
	case CYG_PAYLOAD_IDI:
	case CYG_PAYLOAD_IDR:
		return id_read(r, &out->id);
	case CYG_PAYLOAD_CERT:
		return cert_read(r, &out->cert);
	case CYG_PAYLOAD_CERTREQ:
		return certreq_read(r, &out->cert);
	case CYG_PAYLOAD_AUTH:
		return auth_read(r, &out->auth);
	case CYG_PAYLOAD_NONCE:
		return nonce_read(r, &out->octets);
	case CYG_PAYLOAD_NOTIFY:
		return notify_read(r, &out->notify);
	case CYG_PAYLOAD_DELETE:
		return delete_read(r, &out->del);
	case CYG_PAYLOAD_VENDOR:
		return vendor_read(r, &out->octets);
	case CYG_PAYLOAD_EAP:
		return eap_read(r, &out->octets);
	case CYG_PAYLOAD_SK:
	case CYG_PAYLOAD_SKF:
		return sk_read(r, type, &out->sk, &view);
	default:
		return CYG_NOT_FOUND;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_reader r = wire_reader(data, size);
	uint8_t type = wire_u8(&r);
	union any out;

	if (size == 0 || read_one(type, &r, &out) != CYG_OK)
		return 0;
	FUZZ_CHECK(wire_done(&r)); /* what was read was read to its end */
	FUZZ_PLANT(type == CYG_PAYLOAD_DELETE && out.del.count == 3);
	return 0;
}
