/* SPDX-License-Identifier: MIT */
#include "path.h"

#include <cygnet/cursor.h>
#include <cygnet/net.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#define TCP_HEADER 20
#define TCP_FLAGS  13
#define TCP_SUM    16
#define MSS_LEAST  536 /* what every host takes (RFC 9293 3.7.1); a smaller one is not ours to set */

enum { SYN = 2, OPTION_END = 0, OPTION_NOP = 1, OPTION_MSS = 2 };

uint16_t path_mtu(const struct cyg_endpoint *local, const struct cyg_endpoint *remote)
{
	bool six = remote->ip.family == CYG_IPV6;
	int fd = socket(six ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* Another port than the one in use: only the way is asked for, nothing is sent. */
	struct cyg_endpoint from = { .ip = local->ip, .scope = local->scope }, to = *remote;
	struct sockaddr_storage sa;
	uint32_t mark = CYG_FWMARK;
	socklen_t len, mtu_len = sizeof(int);
	int mtu = 0;

	if (fd < 0)
		return 0;
	if (to.port == 0)
		to.port = 9; /* raw ESP has none */
	(void)setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark));
	len = cyg_endpoint_to_sockaddr(&from, &sa);
	if (cyg_ip_is_set(&from.ip) && bind(fd, (struct sockaddr *)&sa, len) != 0)
		goto out;
	len = cyg_endpoint_to_sockaddr(&to, &sa);
	if (connect(fd, (struct sockaddr *)&sa, len) != 0 ||
	    getsockopt(fd, six ? IPPROTO_IPV6 : IPPROTO_IP, six ? IPV6_MTU : IP_MTU, &mtu, &mtu_len) != 0)
		mtu = 0;
out:
	(void)close(fd);
	return mtu < 0 ? 0 : mtu > UINT16_MAX ? UINT16_MAX : (uint16_t)mtu;
}

/* Where the value of the option stands in the packet; 0: there is none. */
static size_t mss_find(const uint8_t *packet, const struct inner *in, uint16_t *mss)
{
	struct wire_reader r = wire_reader(packet, in->len), options;
	size_t header, end;

	wire_skip(&r, in->payload_at + 12u);
	header = (wire_u8(&r) >> 4) * 4u;
	if (!(wire_u8(&r) & SYN) || header < TCP_HEADER)
		return 0;
	wire_skip(&r, 6);
	options = wire_sub(&r, header - TCP_HEADER);
	end = in->payload_at + header;
	while (wire_ok(&options) && wire_left(&options)) {
		uint8_t kind = wire_u8(&options), len;

		if (kind == OPTION_END)
			return 0;
		if (kind == OPTION_NOP)
			continue;
		len = wire_u8(&options);
		if (!wire_ok(&options) || len < 2)
			return 0;
		if (kind == OPTION_MSS && len == 4) {
			size_t at = end - wire_left(&options);

			*mss = wire_u16(&options);
			return wire_ok(&options) ? at : 0;
		}
		wire_skip(&options, len - 2u);
	}
	return 0;
}

static uint16_t swapped(uint16_t v)
{
	return (uint16_t)(v >> 8 | v << 8);
}

bool path_clamp_mss(uint8_t *packet, const struct inner *in, uint16_t mtu, bool summed)
{
	unsigned headers = (in->source.family == CYG_IPV6 ? 40 : 20) + TCP_HEADER;
	uint16_t mss, most;
	struct wire_reader r;
	struct wire_writer w;
	size_t at;

	if (in->protocol != IPPROTO_TCP || in->payload_at == 0 || mtu < headers + MSS_LEAST)
		return false;
	most = (uint16_t)(mtu - headers);
	at = mss_find(packet, in, &mss);
	if (at == 0 || mss <= most)
		return false;
	w = wire_writer(packet, in->len);
	(void)wire_reserve(&w, in->len);
	wire_set_u16(&w, at, most);
	if (summed) { /* RFC 1624, equation 3; at an odd place the octets count the other way round */
		bool odd = (at - in->payload_at) % 2;
		uint32_t sum;

		r = wire_reader(packet, in->len);
		wire_skip(&r, in->payload_at + (size_t)TCP_SUM);
		sum = (uint16_t)~wire_u16(&r);
		sum += (uint16_t)~(odd ? swapped(mss) : mss);
		sum += odd ? swapped(most) : most;
		sum = (sum & 0xffff) + (sum >> 16);
		sum = (sum & 0xffff) + (sum >> 16);
		wire_set_u16(&w, in->payload_at + (size_t)TCP_SUM, (uint16_t)~sum);
	}
	return true;
}
