/* SPDX-License-Identifier: MIT */
/* A chain of payloads as words, for people who follow messages. */
#include "wire/message.h"

#include <stdio.h>

/* The type of a notify: behind protocol and SPI size. */
static void add_notify(struct wire_reader body, struct cyg_strbuf *out)
{
	char storage[16];
	uint16_t type;

	wire_skip(&body, 2);
	type = wire_u16(&body);
	if (wire_ok(&body))
		cyg_strbuf_addf(out, "(%s)", notify_name(type, storage));
}

static void add_delete(struct wire_reader body, struct cyg_strbuf *out)
{
	uint8_t protocol = wire_u8(&body);
	uint16_t count;

	wire_skip(&body, 1);
	count = wire_u16(&body);
	if (!wire_ok(&body))
		return;
	if (protocol == CYG_PROTO_IKE)
		cyg_strbuf_addf(out, "(IKE)");
	else
		cyg_strbuf_addf(out, "(%s x %u)", protocol == CYG_PROTO_ESP ? "ESP" : "AH", count);
}

static void add_config(struct wire_reader body, struct cyg_strbuf *out)
{
	static const char *const types[] = { "", "REQUEST", "REPLY", "SET", "ACK" };
	uint8_t type = wire_u8(&body);

	wire_skip(&body, 3);
	if (!wire_ok(&body) || type == 0 || type >= CYG_COUNT(types))
		return;
	cyg_strbuf_addf(out, "(%s", types[type]);
	while (wire_left(&body)) {
		unsigned attribute = wire_u16(&body) & 0x7fffu, len = wire_u16(&body);

		wire_skip(&body, len);
		if (!wire_ok(&body))
			break;
		cyg_strbuf_addf(out, " %u", attribute);
	}
	cyg_strbuf_addf(out, ")");
}

void message_summary(struct cyg_bytes chain, uint8_t first, struct cyg_strbuf *out)
{
	struct wire_reader r = wire_reader_of(chain);
	const char *blank = "";
	char storage[16];

	for (unsigned i = 0; first && wire_left(&r) && i < MESSAGE_PAYLOADS_MAX; i++) {
		uint8_t type = first;
		uint16_t len;
		struct wire_reader body;

		first = wire_u8(&r);
		wire_skip(&r, 1);
		len = wire_u16(&r);
		body = wire_body(&r, len, 4);
		if (!wire_ok(&r)) {
			cyg_strbuf_addf(out, "%s...", blank);
			return;
		}
		cyg_strbuf_addf(out, "%s%s", blank, payload_name(type, storage));
		blank = " ";
		switch (type) {
		case CYG_PAYLOAD_NOTIFY:
			add_notify(body, out);
			break;
		case CYG_PAYLOAD_DELETE:
			add_delete(body, out);
			break;
		case CYG_PAYLOAD_CP:
			add_config(body, out);
			break;
		case CYG_PAYLOAD_SK:
		case CYG_PAYLOAD_SKF:
			return; /* the type it names is that of what is inside */
		default:
			break;
		}
	}
}
