/* SPDX-License-Identifier: MIT */
#include "exchange/count.h"

#include <cygnet/cursor.h>

void count_notify(struct ike_shard *ike, enum ike_way way, uint16_t type)
{
	ike->counters.notifies[ike_notify_place(type)][way]++;
}

static void count_config(struct ike_shard *ike, enum ike_way way, uint8_t type)
{
	if (type > 0 && type <= IKE_CONFIG_TYPES)
		ike->counters.config_payloads[type - 1][way]++;
}

void count_sent(struct ike_shard *ike, bool response, uint8_t first, struct cyg_bytes chain)
{
	enum ike_way way = response ? IKE_TX_RESPONSE : IKE_TX_REQUEST;
	struct wire_reader r = wire_reader_of(chain);

	while (first && wire_left(&r)) {
		uint8_t type = first;
		struct wire_reader body;

		first = wire_u8(&r);
		wire_skip(&r, 1);
		body = wire_body(&r, wire_u16(&r), 4);
		if (!wire_ok(&r))
			return;
		if (type == CYG_PAYLOAD_NOTIFY) {
			wire_skip(&body, 2); /* protocol, length of the SPI */
			count_notify(ike, way, wire_u16(&body));
		} else if (type == CYG_PAYLOAD_CP) {
			count_config(ike, way, wire_u8(&body));
		}
	}
}

void count_received(struct ike_shard *ike, bool response, const struct message *msg)
{
	enum ike_way way = response ? IKE_RX_RESPONSE : IKE_RX_REQUEST;

	for (unsigned i = 0; i < msg->notify_count; i++)
		count_notify(ike, way, msg->notify[i].type);
	if (msg->has & HAS_CP)
		count_config(ike, way, msg->cp.type);
}
