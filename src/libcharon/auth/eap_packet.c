/* SPDX-License-Identifier: MIT */
#include "auth/eap_packet.h"

#define HEADER_LEN 4

static struct eap_type read_type(struct wire_reader *r)
{
	struct eap_type type = { .type = wire_u8(r) };
	uint32_t vendor;

	if (type.type != CYG_EAP_EXPANDED)
		return type;
	vendor = (uint32_t)wire_u8(r) << 16;
	type.vendor = vendor | wire_u16(r);
	type.vendor_type = wire_u32(r);
	return type;
}

enum cyg_status eap_packet_read(struct cyg_bytes packet, struct eap_packet *out)
{
	struct wire_reader r = wire_reader_of(packet);
	struct eap_packet read = { .code = wire_u8(&r), .identifier = wire_u8(&r) };

	if (packet.len > CYG_EAP_PACKET_MAX)
		return CYG_LIMIT;
	if (wire_u16(&r) != packet.len)
		return CYG_MALFORMED;
	switch (read.code) {
	case CYG_EAP_REQUEST:
	case CYG_EAP_RESPONSE:
		read.type = read_type(&r);
		if (!wire_ok(&r) || read.type.type == 0)
			return CYG_MALFORMED;
		read.data = wire_rest(&r);
		break;
	case CYG_EAP_CODE_SUCCESS:
	case CYG_EAP_CODE_FAILURE:
		break;
	default:
		return CYG_MALFORMED;
	}
	if (!wire_done(&r))
		return CYG_MALFORMED;
	*out = read;
	return CYG_OK;
}

enum cyg_status eap_packet_write(uint8_t code, uint8_t identifier, uint8_t type, struct cyg_bytes data, uint8_t *out,
				 struct cyg_bytes *packet)
{
	struct wire_writer w = wire_writer(out, EAP_OWN_MAX);

	wire_put_u8(&w, code);
	wire_put_u8(&w, identifier);
	wire_put_u16(&w, (uint16_t)(HEADER_LEN + 1 + data.len));
	wire_put_u8(&w, type);
	wire_put_bytes(&w, data);
	if (w.failed)
		return CYG_LIMIT;
	*packet = wire_written(&w);
	return CYG_OK;
}

bool eap_type_is(const struct eap_type *type, const struct cyg_eap_method_ops *ops)
{
	return type->type == ops->type &&
	       (type->type != CYG_EAP_EXPANDED || (type->vendor == ops->vendor && type->vendor_type == ops->vendor_type));
}
