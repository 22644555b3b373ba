/* SPDX-License-Identifier: MIT */
#include "tun.h"

#include <cygnet/cursor.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_tun.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define OFFLOAD_UDP (0x20u | 0x40u) /* TUN_F_USO4 and TUN_F_USO6, only together; since Linux 6.2 */

/* --- Messages --- */

static void msg_drop_free(struct cyg_msg *msg)
{
	free(msg); /* each message here begins with its struct cyg_msg */
}

/* --- Events --- */

void tun_event(struct tun_shard *s, const struct tun_event *event)
{
	/* Full only if one batch has that many: then the rest waits for its next packet or limit. */
	if (s->event_count < TUN_EVENTS_MAX)
		s->event[s->event_count++] = *event;
}

void tun_events_deliver(struct tun_shard *s)
{
	const struct cyg_kernel_events *e = s->events;

	if (s->delivering || s->event_count == 0)
		return;
	s->delivering = true;
	for (unsigned i = 0; i < s->event_count && e; i++) {
		struct tun_event event = s->event[i];

		switch (event.kind) {
		case TUN_EXPIRE_SOFT:
		case TUN_EXPIRE_HARD:
			e->expire(s->shard, event.owner, event.spi, event.kind == TUN_EXPIRE_HARD);
			break;
		case TUN_MAPPING:
			e->mapping(s->shard, event.owner, event.spi, &event.remote);
			break;
		case TUN_ACQUIRE:
			e->acquire(s->shard, event.spi, &event.source, &event.destination, event.protocol);
			break;
		case TUN_UNKNOWN_SPI:
			e->unknown_spi(s->shard, event.spi, &event.remote);
			break;
		}
	}
	s->event_count = 0;
	s->delivering = false;
}

/* --- The send area --- */

static void turn_is_over(struct cyg_shard *shard, struct cyg_turn_end *end)
{
	CYG_CONTAINER(end, struct tun_shard, turn_end)->send_turn_over = true;
}

uint8_t *tun_send_first(struct tun_shard *s, size_t len)
{
	s->send_turn_over = false;
	s->send_used = 0;
	if (len > TUN_SEND_AREA)
		return NULL;
	s->turn_end.run = turn_is_over;
	cyg_shard_at_turn_end(s->shard, &s->turn_end);
	s->send_used = len;
	return s->send_area;
}

/* --- Between shards --- */

struct relay_item {
	uint32_t at, len;
	uint8_t ecn;
	struct vnet vnet;
	struct cyg_endpoint local, remote;
};

/* Packets for another shard: inner ones of an interface, or ESP. */
struct relay_msg {
	struct cyg_msg msg;
	struct cyg_plugin_ctx *ctx;
	bool sealed;
	uint32_t link;
	unsigned count;
	struct relay_item item[TUN_BATCH];
	uint8_t octets[];
};

static void relay_run(struct cyg_shard *to, struct cyg_msg *msg)
{
	struct relay_msg *relay = CYG_CONTAINER(msg, struct relay_msg, msg);
	struct tun_shard *s = tun_shard_of(relay->ctx, to);
	struct tun_packet packets[TUN_BATCH];
	struct tun_sealed sealed[TUN_BATCH];
	struct tun_link *link;

	if (s)
		s->counters.forwarded_in += relay->count;
	if (s && relay->sealed) {
		for (unsigned i = 0; i < relay->count; i++) {
			const struct relay_item *item = &relay->item[i];

			sealed[i] = (struct tun_sealed){ .esp = relay->octets + item->at, .len = item->len,
							 .local = &item->local, .remote = &item->remote,
							 .udp = true, .ecn = item->ecn };
		}
		tun_in(s, sealed, relay->count, true);
		tun_in_end(s);
	} else if (s && (link = tun_link_find(s, relay->link))) {
		for (unsigned i = 0; i < relay->count; i++)
			packets[i] = (struct tun_packet){ relay->octets + relay->item[i].at,
							  relay->item[i].len, relay->item[i].vnet };
		tun_out(link, packets, relay->count, true);
	}
	free(relay);
}

static struct relay_msg *relay_new(struct tun_shard *s, size_t octets)
{
	struct relay_msg *relay = malloc(sizeof(*relay) + octets);

	if (!relay)
		return NULL;
	relay->msg = (struct cyg_msg){ .run = relay_run, .drop = msg_drop_free };
	relay->ctx = s->ctx;
	relay->count = 0;
	return relay;
}

/* A full mailbox loses packets, as a full queue of a network card would. */
static void relay_post(struct tun_shard *s, unsigned shard, struct relay_msg *relay, unsigned count)
{
	struct cyg_shard *peer = cyg_shard_peer(s->shard, shard);

	if (relay && peer && cyg_shard_post(peer, &relay->msg) == CYG_OK) {
		s->counters.forwarded += count;
		return;
	}
	s->counters.forward_lost += count;
	free(relay);
}

void tun_relay_plain(struct tun_link *link, unsigned shard, const struct tun_packet *packets, unsigned count)
{
	size_t octets = 0;
	struct relay_msg *relay;

	for (unsigned i = 0; i < count; i++)
		octets += packets[i].len;
	relay = relay_new(link->shard, octets);
	octets = 0;
	for (unsigned i = 0; relay && i < count; i++) {
		relay->item[i].at = (uint32_t)octets;
		relay->item[i].len = (uint32_t)packets[i].len;
		relay->item[i].vnet = packets[i].vnet;
		memcpy(relay->octets + octets, packets[i].octets, packets[i].len);
		octets += packets[i].len;
	}
	if (relay) {
		relay->sealed = false;
		relay->link = link->id;
		relay->count = count;
	}
	relay_post(link->shard, shard, relay, count);
}

void tun_relay_sealed(struct tun_shard *s, unsigned shard, const struct tun_sealed *packets, unsigned count)
{
	size_t octets = 0;
	struct relay_msg *relay;

	for (unsigned i = 0; i < count; i++)
		octets += packets[i].len;
	relay = relay_new(s, octets);
	octets = 0;
	for (unsigned i = 0; relay && i < count; i++) {
		relay->item[i] = (struct relay_item){ .at = (uint32_t)octets, .len = (uint32_t)packets[i].len,
						      .ecn = packets[i].ecn, .local = *packets[i].local,
						      .remote = *packets[i].remote };
		memcpy(relay->octets + octets, packets[i].esp, packets[i].len);
		octets += packets[i].len;
	}
	if (relay) {
		relay->sealed = true;
		relay->link = 0;
		relay->count = count;
	}
	relay_post(s, shard, relay, count);
}

/* Which prefixes another shard has children at. */
struct announce_msg {
	struct cyg_msg msg;
	struct cyg_plugin_ctx *ctx;
	uint32_t link;
	unsigned from, count;
	bool add;
	struct cyg_prefix prefix[];
};

static void announce_run(struct cyg_shard *to, struct cyg_msg *msg)
{
	struct announce_msg *a = CYG_CONTAINER(msg, struct announce_msg, msg);
	struct tun_shard *s = tun_shard_of(a->ctx, to);
	struct tun_link *link = s ? tun_link_get(s, a->link) : NULL;

	for (unsigned i = 0; link && i < a->count; i++) {
		if (!a->add)
			ways_remove_shard(&link->ways, &a->prefix[i], a->from);
		else if (ways_add_shard(&link->ways, &a->prefix[i], a->from) != CYG_OK)
			cyg_log(CYG_LOG_ERROR, "kernel.no-memory",
				"shard {shard}: no memory for a prefix of another shard; its packets "
				"are lost when they arrive here",
				F_UINT("shard", cyg_shard_index(to)));
	}
	free(a);
}

enum cyg_status tun_announce(struct tun_link *link, const struct cyg_prefix *prefixes, unsigned count,
			     bool add)
{
	struct tun_shard *s = link->shard;
	unsigned shards = cyg_shard_count(s->shard), me = cyg_shard_index(s->shard);
	struct announce_msg *a[CYG_SHARDS_MAX] = { 0 };

	if (count == 0 || s->stopping)
		return CYG_OK;
	for (unsigned i = 0; i < shards; i++) {
		if (i == me)
			continue;
		a[i] = malloc(sizeof(*a[i]) + count * sizeof(struct cyg_prefix));
		if (!a[i]) {
			while (i-- > 0)
				free(a[i]);
			return CYG_NOMEM;
		}
		*a[i] = (struct announce_msg){ .msg = { .run = announce_run, .drop = msg_drop_free },
					       .ctx = s->ctx, .link = link->id, .from = me,
					       .count = count, .add = add };
		memcpy(a[i]->prefix, prefixes, count * sizeof(struct cyg_prefix));
	}
	for (unsigned i = 0; i < shards; i++) {
		if (a[i])
			outbox_post(&s->outbox, i, &a[i]->msg);
	}
	return CYG_OK;
}

/* --- The TUN queue --- */

static void queue_close(struct tun_link *link)
{
	if (link->fd < 0)
		return;
	cyg_poll_stop(link->shard->shard, &link->poll);
	(void)close(link->fd);
	link->fd = -1;
}

static void queue_ready(struct cyg_shard *shard, struct cyg_poll *poll, unsigned events)
{
	struct tun_link *link = CYG_CONTAINER(poll, struct tun_link, poll);
	struct tun_shard *s = link->shard;
	struct tun_packet packets[TUN_BATCH];
	unsigned count = 0;
	size_t used = 0;

	/* What is read now has to fit into the send area; else it waits for the end of the turn. */
	while (count < TUN_BATCH && TUN_READ_AREA - used >= TUN_READ_MAX &&
	       tun_send_left(s) >= used + TUN_SEND_LEAST) {
		uint8_t *at = s->read_area + used;
		ssize_t got = read(link->fd, at, TUN_READ_MAX);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno != EAGAIN) {
			cyg_log(CYG_LOG_ERROR, "kernel.device-lost",
				"{device}: reading failed: {error}; was the device removed by hand? "
				"'cygnet restart' makes it anew",
				F_STR("device", link->name), F_STR("error", strerror(errno)));
			queue_close(link);
			link->there = false;
		}
		if (got <= 0)
			break;
		s->counters.tun_read++;
		if (got < VNET_LEN) {
			s->counters.not_ip++;
			continue;
		}
		packets[count].octets = at + VNET_LEN;
		packets[count].len = (size_t)got - VNET_LEN;
		vnet_read(at, &packets[count].vnet);
		count++;
		used += ((size_t)got + 15) & ~(size_t)15;
	}
	if (count)
		tun_out(link, packets, count, false);
}

void tun_link_offload(int fd, bool *tcp, bool *udp)
{
	const unsigned tso = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;

	*udp = ioctl(fd, TUNSETOFFLOAD, tso | OFFLOAD_UDP) == 0;
	*tcp = *udp || ioctl(fd, TUNSETOFFLOAD, tso) == 0;
}

void tun_link_write(struct tun_link *link, const struct iovec *parts, unsigned count)
{
	struct tun_counters *counters = &link->shard->counters;
	ssize_t put;

	if (link->fd < 0) {
		counters->write_failed++;
		return;
	}
	do {
		put = writev(link->fd, parts, (int)count);
	} while (put < 0 && errno == EINTR);
	if (put >= 0)
		counters->tun_written++;
	else if (errno == EAGAIN || errno == ENOBUFS)
		counters->write_full++;
	else
		counters->write_failed++;
}

void tun_link_too_big(struct tun_link *link, const struct tun_packet *packet, const struct inner *in,
		      uint16_t mtu)
{
	uint64_t now = cyg_shard_now_ms(link->shard->shard);
	uint8_t error[INNER_ERROR_MAX];
	size_t len;

	if (now - link->errors_since_ms >= 1000) {
		link->errors_since_ms = now;
		link->errors = 0;
	}
	if (link->errors >= TUN_ERRORS_PER_S)
		return;
	len = inner_too_big(cyg_bytes(packet->octets, packet->len), in, mtu, error);
	if (len == 0)
		return;
	link->errors++;
	tun_link_write(link, (const struct iovec[]){ { (uint8_t[VNET_LEN]){ 0 }, VNET_LEN }, { error, len } }, 2);
}

/* --- Raw ESP sockets --- */

static void raw_close(struct tun_raw *raw)
{
	if (raw->fd < 0)
		return;
	cyg_poll_stop(raw->shard->shard, &raw->poll);
	(void)close(raw->fd);
	raw->fd = -1;
}

/* The IPv4 header comes along; the IPv6 one does not. */
static bool raw_strip(struct tun_sealed *packet, struct cyg_endpoint *local, struct cyg_endpoint *remote)
{
	struct wire_reader r = wire_reader(packet->esp, packet->len);
	unsigned header = (wire_u8(&r) & 0x0fu) * 4u;

	packet->ecn = wire_u8(&r) & 3;
	wire_skip(&r, 10);
	*local = (struct cyg_endpoint){ .ip.family = CYG_IPV4 };
	*remote = *local;
	wire_copy(&r, remote->ip.octets, 4);
	wire_copy(&r, local->ip.octets, 4);
	if (!wire_ok(&r) || header < 20 || header > packet->len)
		return false;
	packet->esp += header;
	packet->len -= header;
	return true;
}

static void raw_about(struct msghdr *msg, struct tun_sealed *packet, struct cyg_endpoint *local)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		int value;

		if (c->cmsg_level != IPPROTO_IPV6)
			continue;
		if (c->cmsg_type == IPV6_PKTINFO && c->cmsg_len >= CMSG_LEN(sizeof(struct in6_pktinfo))) {
			struct in6_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			local->ip.family = CYG_IPV6;
			memcpy(local->ip.octets, &info.ipi6_addr, 16);
		} else if (c->cmsg_type == IPV6_TCLASS && c->cmsg_len >= CMSG_LEN(sizeof(value))) {
			memcpy(&value, CMSG_DATA(c), sizeof(value));
			packet->ecn = value & 3;
		}
	}
}

static void raw_ready(struct cyg_shard *shard, struct cyg_poll *poll, unsigned events)
{
	struct tun_raw *raw = CYG_CONTAINER(poll, struct tun_raw, poll);
	struct tun_shard *s = raw->shard;
	struct mmsghdr messages[TUN_RAW_BATCH] = { 0 };
	struct iovec parts[TUN_RAW_BATCH];
	struct sockaddr_storage names[TUN_RAW_BATCH];
	uint8_t control[TUN_RAW_BATCH][128] __attribute__((aligned(8)));
	struct cyg_endpoint local[TUN_RAW_BATCH], remote[TUN_RAW_BATCH];
	struct tun_sealed sealed[TUN_RAW_BATCH];
	unsigned count = 0;
	int got;

	for (unsigned i = 0; i < TUN_RAW_BATCH; i++) {
		parts[i] = (struct iovec){ s->raw_area + (size_t)i * TUN_RAW_SLOT, TUN_RAW_SLOT };
		messages[i].msg_hdr = (struct msghdr){ .msg_iov = &parts[i], .msg_iovlen = 1,
						       .msg_name = &names[i],
						       .msg_namelen = sizeof(names[i]),
						       .msg_control = control[i],
						       .msg_controllen = sizeof(control[i]) };
	}
	got = recvmmsg(raw->fd, messages, TUN_RAW_BATCH, MSG_DONTWAIT, NULL);
	s->counters.raw_receive_calls++;
	s->counters.raw_received += got > 0 ? (unsigned)got : 0;
	for (int i = 0; i < got; i++) {
		struct tun_sealed *packet = &sealed[count];
		const struct msghdr *msg = &messages[i].msg_hdr;

		*packet = (struct tun_sealed){ .esp = parts[i].iov_base, .len = messages[i].msg_len };
		if (msg->msg_flags & MSG_TRUNC) {
			s->counters.short_esp++;
			continue;
		}
		if (raw->family == CYG_IPV4) {
			if (!raw_strip(packet, &local[count], &remote[count])) {
				s->counters.short_esp++;
				continue;
			}
		} else {
			local[count] = (struct cyg_endpoint){ 0 };
			if (cyg_endpoint_from_sockaddr(msg->msg_name, msg->msg_namelen, &remote[count]) != CYG_OK)
				continue;
			raw_about(&messages[i].msg_hdr, packet, &local[count]);
			remote[count].port = 0;
		}
		packet->local = &local[count];
		packet->remote = &remote[count];
		count++;
	}
	if (count) {
		tun_in(s, sealed, count, false);
		tun_in_end(s);
	}
}

static void raw_source(struct msghdr *msg, const struct cyg_endpoint *local, uint8_t class)
{
	int tos = class;
	struct cmsghdr *c;

	if (local->ip.family == CYG_IPV6) {
		struct in6_pktinfo info = { .ipi6_ifindex = local->scope };

		memcpy(&info.ipi6_addr, local->ip.octets, 16);
		msg->msg_controllen = CMSG_SPACE(sizeof(info)) + CMSG_SPACE(sizeof(tos));
		c = CMSG_FIRSTHDR(msg);
		*c = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(info)), .cmsg_level = IPPROTO_IPV6,
				       .cmsg_type = IPV6_PKTINFO };
		memcpy(CMSG_DATA(c), &info, sizeof(info));
		c = CMSG_NXTHDR(msg, c);
		*c = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(tos)), .cmsg_level = IPPROTO_IPV6,
				       .cmsg_type = IPV6_TCLASS };
	} else {
		struct in_pktinfo info = { 0 };

		memcpy(&info.ipi_spec_dst, local->ip.octets, 4);
		msg->msg_controllen = CMSG_SPACE(sizeof(info)) + CMSG_SPACE(sizeof(tos));
		c = CMSG_FIRSTHDR(msg);
		*c = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(info)), .cmsg_level = IPPROTO_IP,
				       .cmsg_type = IP_PKTINFO };
		memcpy(CMSG_DATA(c), &info, sizeof(info));
		c = CMSG_NXTHDR(msg, c);
		*c = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(tos)), .cmsg_level = IPPROTO_IP,
				       .cmsg_type = IP_TOS };
	}
	memcpy(CMSG_DATA(c), &tos, sizeof(tos));
}

void tun_raw_send(struct tun_shard *s, const struct cyg_endpoint *local, const struct cyg_endpoint *remote,
		  const uint8_t *octets, const uint16_t *sizes, const uint8_t *tos, unsigned count)
{
	const struct tun_raw *raw = &s->raw[remote->ip.family == CYG_IPV6];
	struct cyg_endpoint to = { .ip = remote->ip, .scope = remote->scope };
	struct mmsghdr messages[TUN_BATCH] = { 0 };
	struct iovec parts[TUN_BATCH];
	uint8_t control[TUN_BATCH][96] __attribute__((aligned(8))) = { 0 };
	struct sockaddr_storage name;
	socklen_t name_len = cyg_endpoint_to_sockaddr(&to, &name);
	unsigned sent = 0;

	for (unsigned i = 0; i < count; i++) {
		struct msghdr *msg = &messages[i].msg_hdr;

		parts[i] = (struct iovec){ (void *)(uintptr_t)octets, sizes[i] };
		octets += sizes[i];
		*msg = (struct msghdr){ .msg_name = &name, .msg_namelen = name_len, .msg_iov = &parts[i],
					.msg_iovlen = 1, .msg_control = control[i],
					.msg_controllen = sizeof(control[i]) };
		raw_source(msg, local, tos[i]);
	}
	while (raw->fd >= 0 && sent < count) {
		int n = sendmmsg(raw->fd, messages + sent, count - sent, MSG_DONTWAIT);

		s->counters.raw_send_calls++;
		s->counters.raw_sent += n > 0 ? (unsigned)n : 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n <= 0) { /* this one cannot go; the others may */
			s->counters.raw_send_failed++;
			n = 1;
		}
		sent += (unsigned)n;
	}
	s->counters.raw_send_failed += count - sent;
}

/*
 * Each shard's raw socket gets every ESP packet: let through only those of our slots. The filter can say
 * so as long as slots are dealt by their remainder; without one the look-up drops the others.
 */
static void raw_filter(struct tun_raw *raw)
{
	struct cyg_shard *shard = raw->shard->shard;
	unsigned shards = cyg_shard_count(shard), me = cyg_shard_index(shard);
	struct sock_filter v4[] = {
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0), /* past the IPv4 header */
		BPF_STMT(BPF_LD | BPF_B | BPF_IND, 0),
		BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, shards),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, me, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_filter v6[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
		BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, shards),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, me, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = { CYG_COUNT(v4), v4 };

	if (shards < 2)
		return;
	for (unsigned slot = 0; slot < 256; slot++) {
		if (cyg_shard_of_slot(shard, (uint8_t)slot) != slot % shards)
			return;
	}
	if (raw->family == CYG_IPV6)
		program = (struct sock_fprog){ CYG_COUNT(v6), v6 };
	(void)setsockopt(raw->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

static enum cyg_status raw_take(struct tun_shard *s, unsigned which, int fd)
{
	struct tun_raw *raw = &s->raw[which];
	int on = 1;

	if (!s->raw_area)
		s->raw_area = malloc((size_t)TUN_RAW_BATCH * TUN_RAW_SLOT);
	if (!s->raw_area) {
		(void)close(fd);
		return CYG_NOMEM;
	}
	raw_close(raw);
	*raw = (struct tun_raw){ .shard = s, .fd = fd, .family = which ? CYG_IPV6 : CYG_IPV4,
				 .poll = { .fd = fd, .ready = raw_ready } };
	raw_filter(raw);
	(void)(which ? setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &(int){ IPV6_PMTUDISC_WANT }, sizeof(int))
		     : setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &(int){ IP_PMTUDISC_WANT }, sizeof(int)));
	if (which) { /* not had: no source address in events, no ECN */
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on));
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, &on, sizeof(on));
	}
	if (cyg_poll_start(s->shard, &raw->poll, CYG_READABLE) != CYG_OK) {
		(void)close(fd);
		raw->fd = -1;
		return CYG_NOMEM;
	}
	return CYG_OK;
}

/* --- Links --- */

struct tun_link *tun_link_find(struct tun_shard *s, uint32_t id)
{
	struct tun_link *link = s->links;

	while (link && link->id != id)
		link = link->next;
	return link;
}

struct tun_link *tun_link_get(struct tun_shard *s, uint32_t id)
{
	struct tun_link *link = tun_link_find(s, id);
	uint64_t seed[2];

	if (link)
		return link;
	link = calloc(1, sizeof(*link));
	if (!link)
		return NULL;
	cyg_shard_random(s->shard, seed, sizeof(seed));
	ways_init(&link->ways, seed);
	link->shard = s;
	link->id = id;
	link->fd = -1;
	link->next = s->links;
	s->links = link;
	return link;
}

enum cyg_status tun_link_attach(struct tun_shard *s, struct device_attach *attach)
{
	struct tun_link *link = tun_link_get(s, attach->id);
	enum cyg_status status = CYG_OK;

	if (attach->raw4 >= 0)
		status = raw_take(s, 0, attach->raw4);
	if (attach->raw6 >= 0) {
		enum cyg_status status6 = raw_take(s, 1, attach->raw6);

		status = status == CYG_OK ? status6 : status;
	}
	if (!link) {
		if (attach->fd >= 0)
			(void)close(attach->fd);
		return CYG_NOMEM;
	}
	memcpy(link->name, attach->name, sizeof(link->name));
	link->mtu = attach->mtu;
	link->index = attach->index;
	link->there = true;
	if (attach->fd >= 0) {
		int flags = fcntl(attach->fd, F_GETFL);

		queue_close(link);
		link->poll = (struct cyg_poll){ .fd = attach->fd, .ready = queue_ready };
		if (flags < 0 || fcntl(attach->fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
		    cyg_poll_start(s->shard, &link->poll, CYG_READABLE) != CYG_OK) {
			(void)close(attach->fd);
			return CYG_IO;
		}
		link->fd = attach->fd;
		tun_hooks.offload(link->fd, &link->merges_tcp, &link->merges_udp);
	}
	held_device(&s->held, link->id, link->index);
	return status;
}

void tun_link_detach(struct tun_shard *s, uint32_t id)
{
	struct tun_link *link = tun_link_find(s, id);

	if (!link)
		return;
	queue_close(link);
	link->there = false;
	link->index = 0;
	held_device(&s->held, id, 0);
}

void tun_links_free(struct tun_shard *s)
{
	while (s->links) {
		struct tun_link *link = s->links;

		s->links = link->next;
		queue_close(link);
		ways_done(&link->ways);
		free(link);
	}
	raw_close(&s->raw[0]);
	raw_close(&s->raw[1]);
	free(s->raw_area);
	s->raw_area = NULL;
	cyg_turn_end_clear(s->shard, &s->turn_end);
	outbox_done(&s->outbox);
}
