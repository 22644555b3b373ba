/* SPDX-License-Identifier: MIT */
/* What the daemon, which talks to the network, sends to the starter, which is root; and the answers. */
#include "base/broker.h"
#include "testing/fuzz/fuzz.h"

static void as_request(struct cyg_bytes octets)
{
	struct cyg_broker_request request;
	uint8_t again[BROKER_MESSAGE_MAX];
	uint32_t sequence = 0;
	struct cyg_bytes written;

	if (broker_request_read(octets, &sequence, &request) != CYG_OK)
		return;
	FUZZ_CHECK(request.fd == -1);
	FUZZ_CHECK(strnlen(request.name, sizeof(request.name)) < sizeof(request.name));
	FUZZ_CHECK(strnlen(request.text, sizeof(request.text)) < sizeof(request.text));
	/* There is one way to say a request, so nothing in it went unread. */
	written = broker_request_write(again, sequence, &request);
	FUZZ_CHECK(cyg_bytes_equal(written, octets));
	FUZZ_PLANT(request.verb == CYG_BROKER_SOCKET && request.socket.local.port == 4500 &&
		   request.socket.dont_fragment);
}

static void as_reply(struct cyg_bytes octets)
{
	struct broker_reply_head head;
	struct cyg_broker_reply reply;
	uint8_t again[BROKER_MESSAGE_MAX];

	if (broker_reply_read(octets, &head, &reply) != CYG_OK)
		return;
	FUZZ_CHECK(reply.fd == -1);
	FUZZ_CHECK(cyg_bytes_equal(broker_reply_write(again, &head, &reply), octets));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	as_request(cyg_bytes(data, size));
	as_reply(cyg_bytes(data, size));
	return 0;
}
