/* SPDX-License-Identifier: MIT */
/*
 * Datagrams of a turn to their sockets: one send call per socket when the turn ends (earlier only
 * when a queue is full). What a full socket refuses waits in a bounded queue until it is writable;
 * any other refusal is counted and lost, as the network might have lost it. Owning shard.
 */
#include "config.h"

#include "net/room.h"

#include <cygnet/log.h>

#include <errno.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>

#define MARKER_LEN 4

/* A copy of what the socket did not take. */
struct net_late {
	struct net_late *next;
	struct net_out out;
	socklen_t to_len;
	size_t control_len;
	uint8_t octets[];
};

/* --- Queueing --- */

/* The socket that sends from `local`: one bound to that very address before one bound to any. */
static struct net_socket *find_socket(struct net_shard *net, const struct cyg_endpoint *local,
				      uint8_t family)
{
	struct net_socket *found = NULL;

	for (size_t i = 0; i < net->count; i++) {
		struct net_socket *s = &net->socket[i];

		if (s->bound.port != local->port || s->bound.ip.family != family)
			continue;
		if (cyg_ip_equal(&s->bound.ip, &local->ip))
			return s;
		if (cyg_ip_is_any(&s->bound.ip) || cyg_ip_is_any(&local->ip))
			found = s;
	}
	return found;
}

static size_t put_control(uint8_t *at, int level, int type, const void *data, size_t len)
{
	struct cmsghdr header = { .cmsg_level = level, .cmsg_type = type, .cmsg_len = CMSG_LEN(len) };

	memset(at, 0, CMSG_SPACE(len));
	memcpy(at, &header, sizeof(header));
	memcpy(at + CMSG_LEN(0), data, len);
	return CMSG_SPACE(len);
}

/* Replies leave from the address that the request came to. */
static size_t put_packet_info(uint8_t *at, const struct cyg_endpoint *local)
{
	if (cyg_ip_is_any(&local->ip))
		return 0;
	if (local->ip.family == CYG_IPV4) {
		struct in_pktinfo info = { .ipi_ifindex = 0 };

		memcpy(&info.ipi_spec_dst, local->ip.octets, sizeof(info.ipi_spec_dst));
		return put_control(at, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
	} else {
		struct in6_pktinfo info = { .ipi6_ifindex = local->scope };

		memcpy(&info.ipi6_addr, local->ip.octets, sizeof(info.ipi6_addr));
		return put_control(at, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
	}
}

static size_t put_tos(uint8_t *at, uint8_t family, uint8_t tos)
{
	int value = tos;

	return family == CYG_IPV4 ? put_control(at, IPPROTO_IP, IP_TOS, &value, sizeof(value))
				  : put_control(at, IPPROTO_IPV6, IPV6_TCLASS, &value, sizeof(value));
}

static void enqueue(struct net_socket *s, const struct cyg_endpoint *local,
		    const struct cyg_endpoint *remote, const void *octets, size_t len, size_t segment, uint8_t tos)
{
	unsigned at = s->queued++;
	struct net_out *out = &s->out[at];
	size_t control_len;

	out->octets = (struct iovec){ .iov_base = (void *)octets, .iov_len = len };
	out->segment = (uint16_t)segment;
	control_len = put_packet_info(out->control, local);
	if (tos)
		control_len += put_tos(out->control + control_len, remote->ip.family, tos);
	out->info_len = (uint16_t)control_len;
	if (segment)
		control_len += put_control(out->control + control_len, IPPROTO_UDP, UDP_SEGMENT,
					   &out->segment, sizeof(out->segment));
	s->header[at] = (struct mmsghdr){ .msg_hdr = {
		.msg_name = &out->to,
		.msg_namelen = cyg_endpoint_to_sockaddr(remote, &out->to),
		.msg_iov = &out->octets,
		.msg_iovlen = 1,
		.msg_control = control_len ? out->control : NULL,
		.msg_controllen = control_len,
	} };
	cyg_shard_at_turn_end(s->net->shard, &s->net->turn_end);
}

void net_send(void *ctx, struct cyg_shard *shard, const struct cyg_endpoint *local,
	      const struct cyg_endpoint *remote, struct cyg_bytes octets, bool ike)
{
	struct net_shard *net = ctx;
	struct net_socket *s = find_socket(net, local, remote->ip.family);
	size_t marker;
	uint8_t *at;

	if (!s) {
		net->counters.send_no_socket++;
		return;
	}
	marker = ike && s->natt ? MARKER_LEN : 0;
	if (octets.len > NET_DATAGRAM_MAX - marker) {
		net->counters.send_too_long++;
		return;
	}
	if (s->queued == NET_SEND_BATCH || net->arena_used + marker + octets.len > sizeof(net->arena))
		net_flush(net);
	at = net->arena + net->arena_used;
	net->arena_used += marker + octets.len;
	memset(at, 0, marker);
	if (octets.len)
		memcpy(at + marker, octets.ptr, octets.len);
	enqueue(s, local, remote, at, marker + octets.len, 0, 0);
}

void net_send_run(void *ctx, struct cyg_shard *shard, const struct cyg_endpoint *local,
		  const struct cyg_endpoint *remote, struct cyg_bytes octets, size_t segment, uint8_t tos)
{
	struct net_shard *net = ctx;
	struct net_socket *s = find_socket(net, local, remote->ip.family);
	size_t whole;

	if (!s) {
		net->counters.send_no_socket++;
		return;
	}
	if (segment == 0 || segment > octets.len)
		segment = octets.len;
	if (segment > NET_DATAGRAM_MAX) {
		net->counters.send_too_long++;
		return;
	}
	/* As many segments as one message may carry; one at a time where the kernel cannot cut. */
	whole = segment;
	if (s->segments && segment) {
		size_t fit = NET_DATAGRAM_MAX / segment;

		whole = segment * (fit < NET_RUN_SEGMENTS ? fit : NET_RUN_SEGMENTS);
	}
	for (size_t at = 0; at < octets.len;) {
		size_t len = octets.len - at < whole ? octets.len - at : whole;

		if (s->queued == NET_SEND_BATCH)
			net_flush(net);
		enqueue(s, local, remote, octets.ptr + at, len, len > segment ? segment : 0, tos);
		at += len;
	}
}

/* --- Sending --- */

static unsigned pieces_of(size_t len, size_t segment)
{
	return segment ? (unsigned)((len + segment - 1) / segment) : 1;
}

static void count_sent(struct net_shard *net, const struct net_out *out)
{
	net->counters.datagrams_out += pieces_of(out->octets.iov_len, out->segment);
	net->counters.octets_out += out->octets.iov_len;
	net->counters.runs_out += out->segment != 0;
}

static void count_refused(struct net_shard *net, const struct net_out *out, int error)
{
	struct cyg_endpoint to = { .port = 0 };

	net->counters.send_refused += pieces_of(out->octets.iov_len, out->segment);
	net->counters.last_send_errno = error;
	if (cyg_endpoint_from_sockaddr((const struct sockaddr *)&out->to, sizeof(out->to), &to) != CYG_OK)
		return;
	cyg_log_limited(CYG_LOG_INFO, "net.send-refused", "{peer}: datagram not sent: {why}",
			F_ENDPOINT("peer", &to), F_STR("why", strerror(error)));
}

static bool is_full(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK;
}

/* The device or the route cannot take the run whole, but may take its pieces. */
static bool is_about_segments(int error)
{
	return error == EIO || error == EINVAL || error == EOPNOTSUPP || error == EMSGSIZE;
}

static void keep_late(struct net_socket *s, const struct msghdr *header, const struct net_out *out,
		      size_t from, size_t segment)
{
	struct net_counters *counters = &s->net->counters;
	size_t len = out->octets.iov_len - from;
	struct net_late *late = NULL;

	if (s->late_count < NET_LATE_MAX && s->late_octets + len <= NET_LATE_OCTETS)
		late = malloc(sizeof(*late) + len);
	if (!late) {
		counters->send_overflow += pieces_of(len, out->segment);
		return;
	}
	late->next = NULL;
	late->out = *out;
	late->out.segment = (uint16_t)segment;
	late->out.octets = (struct iovec){ .iov_base = late->octets, .iov_len = len };
	late->to_len = header->msg_namelen;
	late->control_len = header->msg_controllen;
	memcpy(late->octets, (const uint8_t *)out->octets.iov_base + from, len);
	*s->late_tail = late;
	s->late_tail = &late->next;
	s->late_count++;
	s->late_octets += len;
	counters->send_delayed += pieces_of(len, segment);
	if (!(s->poll.events & CYG_WRITABLE) &&
	    cyg_poll_start(s->net->shard, &s->poll, CYG_READABLE | CYG_WRITABLE) != CYG_OK)
		net_drop_late(s);
}

/* One by one, without the kernel's help. */
static void send_pieces(struct net_socket *s, const struct msghdr *header, const struct net_out *out)
{
	struct net_shard *net = s->net;
	const size_t len = out->octets.iov_len, segment = out->segment;

	net->counters.runs_split++;
	for (size_t at = 0; at < len; at += segment) {
		struct net_out piece = *out;
		struct mmsghdr one = { .msg_hdr = *header };
		int sent;

		piece.segment = 0;
		piece.octets.iov_base = (uint8_t *)out->octets.iov_base + at;
		piece.octets.iov_len = len - at < segment ? len - at : segment;
		one.msg_hdr.msg_iov = &piece.octets;
		one.msg_hdr.msg_controllen = out->info_len;
		if (!out->info_len)
			one.msg_hdr.msg_control = NULL;
		if (s->late) {
			keep_late(s, &one.msg_hdr, &piece, 0, 0);
			continue;
		}
		do {
			sent = net->setup.sendmmsg(s->poll.fd, &one, 1, MSG_DONTWAIT);
			net->counters.send_calls++;
		} while (sent < 0 && errno == EINTR);
		if (sent > 0)
			count_sent(net, &piece);
		else if (is_full(errno))
			keep_late(s, &one.msg_hdr, &piece, 0, 0);
		else
			count_refused(net, &piece, errno);
	}
}

/* The socket refused the message for another reason than being full. */
static void refused(struct net_socket *s, const struct msghdr *header, const struct net_out *out, int error)
{
	if (!out->segment || !is_about_segments(error)) {
		count_refused(s->net, out, error);
		return;
	}
	/* EIO: the device computes no checksums, so it will not cut either; stop asking. */
	if (error == EIO)
		s->segments = false;
	send_pieces(s, header, out);
}

static void flush_one(struct net_socket *s)
{
	struct net_shard *net = s->net;
	unsigned at = 0;

	while (at < s->queued && !s->late) {
		int sent = net->setup.sendmmsg(s->poll.fd, s->header + at, s->queued - at, MSG_DONTWAIT);

		net->counters.send_calls++;
		if (sent > 0) {
			for (int i = 0; i < sent; i++)
				count_sent(net, &s->out[at + (unsigned)i]);
			at += (unsigned)sent;
			continue;
		}
		if (errno == EINTR)
			continue;
		if (is_full(errno))
			break;
		refused(s, &s->header[at].msg_hdr, &s->out[at], errno);
		at++;
	}
	/* Behind what waits already, to keep the order. */
	for (; at < s->queued; at++)
		keep_late(s, &s->header[at].msg_hdr, &s->out[at], 0, s->out[at].segment);
	s->queued = 0;
}

void net_flush(struct net_shard *net)
{
	for (size_t i = 0; i < net->count; i++)
		flush_one(&net->socket[i]);
	net->arena_used = 0;
}

static struct net_late *take_late(struct net_socket *s)
{
	struct net_late *late = s->late;

	if (!late)
		return NULL;
	s->late = late->next;
	if (!s->late)
		s->late_tail = &s->late;
	s->late_count--;
	s->late_octets -= late->out.octets.iov_len;
	return late;
}

static void put_back(struct net_socket *s, struct net_late *late)
{
	late->next = s->late;
	if (!s->late)
		s->late_tail = &late->next;
	s->late = late;
	s->late_count++;
	s->late_octets += late->out.octets.iov_len;
}

void net_send_late(struct net_socket *s)
{
	struct net_shard *net = s->net;
	struct net_late *late;

	while ((late = take_late(s))) {
		struct mmsghdr one = { .msg_hdr = {
			.msg_name = &late->out.to,
			.msg_namelen = late->to_len,
			.msg_iov = &late->out.octets,
			.msg_iovlen = 1,
			.msg_control = late->control_len ? late->out.control : NULL,
			.msg_controllen = late->control_len,
		} };
		int sent, error;

		do {
			sent = net->setup.sendmmsg(s->poll.fd, &one, 1, MSG_DONTWAIT);
			error = errno;
			net->counters.send_calls++;
		} while (sent < 0 && error == EINTR);
		if (sent < 0 && is_full(error)) {
			put_back(s, late);
			return;
		}
		if (sent > 0)
			count_sent(net, &late->out);
		else
			refused(s, &one.msg_hdr, &late->out, error);
		free(late);
	}
	/* Back to reading only. */
	if (cyg_poll_start(net->shard, &s->poll, CYG_READABLE) != CYG_OK)
		net->counters.receive_errors++;
}

void net_drop_late(struct net_socket *s)
{
	struct net_late *late;

	while ((late = take_late(s))) {
		s->net->counters.send_overflow += pieces_of(late->out.octets.iov_len, late->out.segment);
		free(late);
	}
}
