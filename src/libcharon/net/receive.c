/* SPDX-License-Identifier: MIT */
/*
 * From the socket to whoever a datagram is for. Owning shard. Everything here may come from anybody:
 * octets are looked at through the cursor, and nothing is logged per datagram.
 *
 * On the NAT traversal port (RFC 3948, RFC 7296 2.23): one octet is a keepalive; four zero octets mark
 * IKE; anything else is ESP, since no SPI is zero.
 */
#include "config.h"

#include "net/room.h"

#include <cygnet/cursor.h>

#include <errno.h>
#include <netinet/udp.h>
#include <stdlib.h>

#define IKE_HEADER_LEN 28
#define ESP_HEADER_LEN 8 /* SPI and sequence number */
#define MARKER_LEN     4

/* --- To another shard --- */

struct stray {
	struct cyg_msg msg;
	struct net_window *window;
	struct cyg_endpoint local, remote;
	bool natt, ike;
	uint8_t tos;
	size_t len;
	uint8_t octets[];
};

static void stray_free(struct stray *stray)
{
	atomic_fetch_sub(&stray->window->octets, stray->len);
	if (atomic_fetch_sub(&stray->window->refs, 1) == 1)
		free(stray->window);
	free(stray);
}

static void stray_drop(struct cyg_msg *msg)
{
	stray_free(CYG_CONTAINER(msg, struct stray, msg));
}

static void to_ike(struct net_shard *net, struct cyg_datagram *datagram)
{
	net->counters.ike_in++;
	net->setup.ike_input(net->setup.ike_ctx, net->shard, datagram);
}

size_t net_pieces(const struct cyg_datagram *datagram)
{
	return datagram->segment ? (datagram->len + datagram->segment - 1) / datagram->segment : 1;
}

static void to_esp(struct net_shard *net, struct cyg_datagram *datagrams, size_t count)
{
	size_t pieces = 0;

	for (size_t i = 0; i < count; i++)
		pieces += net_pieces(&datagrams[i]);
	net->counters.esp_in += pieces;
	if (net->setup.esp_input)
		net->setup.esp_input(net->setup.esp_ctx, net->shard, datagrams, count);
	else
		net->counters.esp_unwanted += pieces;
}

static void stray_run(struct cyg_shard *to, struct cyg_msg *msg)
{
	struct stray *stray = CYG_CONTAINER(msg, struct stray, msg);
	struct cyg_datagram datagram = {
		.local = stray->local,
		.remote = stray->remote,
		.data = stray->octets,
		.len = stray->len,
		.natt = stray->natt,
		.tos = stray->tos,
	};

	/* It is taken here whatever its SPI says: nothing is forwarded twice. */
	if (to->net) {
		to->net->counters.forwarded_in++;
		if (stray->ike)
			to_ike(to->net, &datagram);
		else
			to_esp(to->net, &datagram, 1);
	}
	stray_free(stray);
}

static void forward(struct net_shard *net, unsigned index, const struct cyg_datagram *datagram, bool ike)
{
	struct cyg_shard *to = cyg_shard_peer(net->shard, index);
	struct stray *stray;

	if (!to || atomic_load_explicit(&net->window->octets, memory_order_relaxed) + datagram->len >
			   NET_STRAY_OCTETS) {
		net->counters.forward_dropped++;
		return;
	}
	stray = malloc(sizeof(*stray) + datagram->len);
	if (!stray) {
		net->counters.forward_dropped++;
		return;
	}
	*stray = (struct stray){
		.msg = { .run = stray_run, .drop = stray_drop },
		.window = net->window,
		.local = datagram->local,
		.remote = datagram->remote,
		.natt = datagram->natt,
		.ike = ike,
		.tos = datagram->tos,
		.len = datagram->len,
	};
	memcpy(stray->octets, datagram->data, datagram->len);
	atomic_fetch_add(&net->window->refs, 1);
	atomic_fetch_add(&net->window->octets, stray->len);
	if (cyg_shard_post(to, &stray->msg) == CYG_OK) {
		net->counters.forwarded++;
	} else {
		net->counters.forward_dropped++;
		stray_free(stray);
	}
}

/* --- One datagram --- */

void net_flush_esp(struct net_shard *net)
{
	size_t count = net->esp_count;

	if (!count)
		return;
	net->esp_count = 0;
	to_esp(net, net->esp, count);
}

static void one_ike(struct net_shard *net, struct cyg_datagram *datagram)
{
	unsigned owner;

	if (datagram->len < IKE_HEADER_LEN) {
		net->counters.too_short++;
		return;
	}
	owner = net_steer_ike(net->shard, cyg_bytes(datagram->data, datagram->len));
	if (owner == cyg_shard_index(net->shard))
		to_ike(net, datagram);
	else
		forward(net, owner, datagram, true);
}

static bool one_esp(struct net_shard *net, const struct cyg_datagram *datagram)
{
	unsigned owner;

	if (datagram->len < ESP_HEADER_LEN) {
		net->counters.too_short++;
		return false;
	}
	owner = net_steer_esp(net->shard, cyg_bytes(datagram->data, datagram->len));
	if (owner == cyg_shard_index(net->shard))
		return true;
	forward(net, owner, datagram, false);
	return false;
}

/* True: it is ESP for this shard. Else it is dealt with. */
static bool one(struct net_socket *s, struct cyg_datagram *datagram)
{
	struct net_shard *net = s->net;
	struct wire_reader r = wire_reader(datagram->data, datagram->len);
	uint32_t marker;

	net->counters.datagrams_in++;
	net->counters.octets_in += datagram->len;
	if (!s->natt) {
		one_ike(net, datagram);
		return false;
	}
	if (datagram->len == 1) {
		net->counters.keepalives_in++;
		return false;
	}
	marker = wire_u32(&r);
	if (!wire_ok(&r)) {
		net->counters.too_short++;
	} else if (marker == 0) {
		datagram->data += MARKER_LEN;
		datagram->len -= MARKER_LEN;
		one_ike(net, datagram);
	} else {
		return one_esp(net, datagram);
	}
	return false;
}

static void esp_add(struct net_shard *net, struct cyg_datagram *run, size_t segment)
{
	if (run->len == 0)
		return;
	run->segment = run->len > segment ? (uint16_t)segment : 0;
	net->esp[net->esp_count++] = *run;
	run->len = 0;
	if (net->esp_count == NET_ESP_BATCH)
		net_flush_esp(net);
}

void net_take(struct net_socket *s, const struct cyg_datagram *whole, size_t segment)
{
	struct cyg_datagram piece = *whole, run = { .len = 0 };
	size_t left = whole->len;

	/* The kernel may have merged datagrams of one peer: each piece may belong to another shard. Those of
	 * this one that lie behind each other stay together. */
	if (segment == 0 || segment > whole->len)
		segment = whole->len;
	do {
		struct cyg_datagram copy;

		piece.len = segment < left ? segment : left;
		copy = piece;
		if (!one(s, &copy)) {
			esp_add(s->net, &run, segment);
		} else if (run.len == 0) {
			run = copy;
		} else {
			run.len += copy.len;
		}
		piece.data += piece.len;
		left -= piece.len;
	} while (left);
	esp_add(s->net, &run, segment);
}

/* --- One message of a receive call --- */

struct ancillary {
	struct cyg_ip local;
	uint32_t interface;
	bool unicast;
	size_t segment; /* 0: not merged */
	uint8_t tos;
};

static void read_ancillary(struct net_socket *s, struct msghdr *header, struct ancillary *out)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			out->local = (struct cyg_ip){ .family = CYG_IPV4 };
			memcpy(out->local.octets, &info.ipi_addr, sizeof(info.ipi_addr));
			/* They differ for broadcast and multicast, from which nothing can be answered; the
			 * second is zero for what arrived before packet info was asked for. */
			out->unicast = info.ipi_addr.s_addr == info.ipi_spec_dst.s_addr ||
				       (info.ipi_spec_dst.s_addr == 0 &&
					!IN_MULTICAST(ntohl(info.ipi_addr.s_addr)));
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			out->local = (struct cyg_ip){ .family = CYG_IPV6 };
			memcpy(out->local.octets, &info.ipi6_addr, sizeof(info.ipi6_addr));
			if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
				out->interface = (uint32_t)info.ipi6_ifindex;
			out->unicast = !IN6_IS_ADDR_MULTICAST(&info.ipi6_addr);
		} else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS) {
			out->tos = *CMSG_DATA(c);
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_TCLASS) {
			int class;

			memcpy(&class, CMSG_DATA(c), sizeof(class));
			out->tos = (uint8_t)class;
		} else if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO) {
			int segment;

			memcpy(&segment, CMSG_DATA(c), sizeof(segment));
			out->segment = segment > 0 ? (size_t)segment : 0;
		} else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL) {
			uint32_t dropped; /* since the socket was made; wraps around */

			memcpy(&dropped, CMSG_DATA(c), sizeof(dropped));
			s->net->counters.kernel_dropped += dropped - s->kernel_dropped;
			s->kernel_dropped = dropped;
		}
	}
}

static void one_message(struct net_socket *s, struct mmsghdr *message, uint8_t *octets)
{
	struct net_shard *net = s->net;
	struct ancillary a = { .segment = 0 };
	struct cyg_datagram datagram = { .natt = s->natt };

	if (message->msg_hdr.msg_flags & MSG_TRUNC) {
		net->counters.truncated++;
		return;
	}
	read_ancillary(s, &message->msg_hdr, &a);
	if (!cyg_ip_is_set(&a.local) ||
	    cyg_endpoint_from_sockaddr(message->msg_hdr.msg_name, message->msg_hdr.msg_namelen,
				       &datagram.remote) != CYG_OK) {
		net->counters.no_address++;
		return;
	}
	if (!a.unicast) {
		net->counters.not_unicast++;
		return;
	}
	datagram.local = (struct cyg_endpoint){ a.local, s->bound.port, a.interface };
	datagram.tos = a.tos;
	datagram.data = octets;
	datagram.len = message->msg_len;
	net_take(s, &datagram, a.segment);
}

void net_receive(struct net_socket *s)
{
	struct net_shard *net = s->net;

	for (unsigned round = 0; round < NET_RECEIVE_ROUNDS; round++) {
		int got;

		for (unsigned i = 0; i < NET_RECEIVE_BATCH; i++)
			net->in[i].msg_hdr = (struct msghdr){
				.msg_name = &net->from[i],
				.msg_namelen = sizeof(net->from[i]),
				.msg_iov = &net->in_octets[i],
				.msg_iovlen = 1,
				.msg_control = net->in_control[i],
				.msg_controllen = NET_CONTROL_IN,
			};
		do {
			got = recvmmsg(s->poll.fd, net->in, NET_RECEIVE_BATCH, MSG_DONTWAIT, NULL);
		} while (got < 0 && errno == EINTR);
		net->counters.receive_calls++;
		if (got < 0) {
			if (errno != EAGAIN)
				net->counters.receive_errors++;
			return;
		}
		for (int i = 0; i < got; i++)
			one_message(s, &net->in[i], net->in_octets[i].iov_base);
		net_flush_esp(net);
		if (got < NET_RECEIVE_BATCH)
			return;
	}
}
