/* SPDX-License-Identifier: MIT */
/* What the kernel's IPsec tells: answers about SAs, dumps, reports. The first octet says which is meant. */
#include "kernel-netlink/xfrm.h"
#include "testing/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

static void moved(const struct nlmsghdr *message, size_t len, bool inbound)
{
	static const struct cyg_endpoint from = { .ip = { CYG_IPV4, { 192, 0, 2, 1 } }, .port = 4500 };
	static const struct cyg_endpoint to = { .ip = { CYG_IPV4, { 198, 51, 100, 7 } }, .port = 4501 };
	struct nl_message m;

	if (xfrm_sa_moved(&m, message, len, &from, &to, inbound, true) == CYG_OK)
		FUZZ_CHECK(m.header.nlmsg_len <= sizeof(m));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint16_t types[] = { XFRM_MSG_NEWSA, XFRM_MSG_NEWPOLICY, XFRM_MSG_EXPIRE, XFRM_MSG_MAPPING,
					  XFRM_MSG_ACQUIRE };
	struct nlmsghdr *message;
	struct nl_message deletion;
	struct xfrm_usage usage;
	struct xfrm_report report;
	size_t len = size + NLMSG_HDRLEN - 1;

	if (size < 1)
		return 0;
	message = malloc(len);
	if (!message)
		return 0;
	*message = (struct nlmsghdr){ .nlmsg_len = (uint32_t)len, .nlmsg_type = types[data[0] % CYG_COUNT(types)] };
	memcpy((char *)message + NLMSG_HDRLEN, data + 1, size - 1);
	(void)!xfrm_sa_read(message, len, &usage);
	moved(message, len, data[0] & 0x80);
	(void)xfrm_dumped(message, 9, &deletion);
	report = xfrm_report_read(message, len);
	FUZZ_CHECK(report.kind <= XFRM_REPORT_ACQUIRE);
	FUZZ_PLANT(report.kind == XFRM_REPORT_ACQUIRE && report.if_id == 7 && report.protocol != 17);
	free(message);
	return 0;
}
