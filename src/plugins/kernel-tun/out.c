/* SPDX-License-Identifier: MIT */
/* From the device to the wire. */
#include "tun.h"

#include <cygnet/cursor.h>

/* A batch at work: packets in the order they came, and in that of sealing (child after child). */
struct out_batch {
	struct tun_link *link;
	struct tun_packet *packets;
	unsigned count;
	struct inner in[TUN_BATCH];
	int next[TUN_BATCH];          /* of the same child */
	int relay[TUN_BATCH];         /* the shard that it goes to, or -1 */
	struct tun_child *first, **last;
	/* Sealing order. */
	unsigned sealed;
	struct cyg_esp_packet esp[TUN_BATCH];
	struct tun_child *child[TUN_BATCH];
	uint16_t size[TUN_BATCH], inner_len[TUN_BATCH];
	uint8_t ecn[TUN_BATCH];
};

static bool is_group(const struct cyg_ip *ip)
{
	if (ip->family == CYG_IPV4)
		return ip->octets[0] >= 224;
	return ip->octets[0] == 0xff || (ip->octets[0] == 0xfe && (ip->octets[1] & 0xc0) == 0x80);
}

/* Nobody takes it: the engine may want to bring a tunnel up. */
static void no_way(struct tun_link *link, const struct inner *in)
{
	struct tun_shard *s = link->shard;
	uint64_t now = cyg_shard_now_ms(s->shard);
	struct tun_event event = { .kind = TUN_ACQUIRE, .spi = link->id, .source = in->source,
				   .destination = in->destination, .protocol = in->protocol };

	s->counters.no_way++;
	/* The system's own chatter (router solicitations, listener reports) is no reason to connect. */
	if (is_group(&in->destination) || now < link->acquire_after_ms)
		return;
	link->acquire_after_ms = now + 1000;
	tun_event(s, &event);
}

/* Does it fit the outer path, or must the sender hear of it? RFC 4301 8.2.1. */
static bool fits(struct tun_child *child, const struct tun_packet *packet, const struct inner *in)
{
	uint16_t mtu = child->inner_mtu;

	if (mtu == 0 || in->len <= mtu || !in->df)
		return true; /* without DF the outer packet is what is fragmented */
	if (in->source.family == CYG_IPV6 && in->len <= INNER_MTU_MIN6)
		return true; /* IPv6 may count on this much */
	child->shard->counters.too_big++;
	child->counters.drop_out++;
	tun_link_too_big(child->link, packet, in, mtu);
	return false;
}

static void sort_one(struct out_batch *b, unsigned i, bool relayed)
{
	struct tun_packet *packet = &b->packets[i];
	struct tun_shard *s = b->link->shard;
	struct tun_target target;

	b->relay[i] = -1;
	if (inner_read(cyg_bytes(packet->octets, packet->len), &b->in[i]) != CYG_OK) {
		s->counters.not_ip++;
		return;
	}
	packet->len = b->in[i].len;
	target = tun_child_for(b->link, &b->in[i]);
	if (!target.child) {
		if (target.shard >= 0 && !relayed)
			b->relay[i] = target.shard;
		else
			no_way(b->link, &b->in[i]);
		return;
	}
	if (!target.child->suite->there) {
		target.child->counters.drop_out++;
		return;
	}
	if (!fits(target.child, packet, &b->in[i]))
		return;
	b->next[i] = -1;
	if (target.child->batch_first < 0) {
		target.child->batch_first = (int)i;
		target.child->batch_next = NULL;
		*b->last = target.child;
		b->last = &target.child->batch_next;
	} else {
		b->next[target.child->batch_last] = (int)i;
	}
	target.child->batch_last = (int)i;
}

/* Padding, its length and the next header go right behind the packet (RFC 4303 2.4). */
static size_t put_trailer(const struct tun_packet *packet, uint8_t family, unsigned block)
{
	unsigned pad = (unsigned)(block - (packet->len + 2) % block) % block;
	uint8_t *at = packet->octets + packet->len;

	for (unsigned i = 1; i <= pad; i++)
		*at++ = (uint8_t)i;
	*at++ = (uint8_t)pad;
	*at = family == CYG_IPV6 ? 41 : 4;
	return packet->len + pad + 2;
}

static void prepare(struct out_batch *b, struct tun_child *child, unsigned i)
{
	const struct cyg_esp_ops *ops = child->suite->esp.ops;
	struct tun_shard *s = child->shard;
	const struct tun_packet *packet = &b->packets[i];
	unsigned n = b->sealed;
	struct wire_writer w;
	size_t len, size;
	uint8_t *at;

	if (child->hard_told || child->seq_out >= (child->esn ? UINT64_MAX : UINT32_MAX)) {
		child->counters.drop_out++;
		return;
	}
	len = put_trailer(packet, b->in[i].source.family, ops->block_len);
	size = CYG_ESP_HEADER_LEN + ops->iv_len + len + ops->icv_len;
	at = tun_send_room(s, size);
	if (!at) {
		s->counters.area_full++;
		child->counters.drop_out++;
		return;
	}
	child->seq_out++;
	w = wire_writer(at, CYG_ESP_HEADER_LEN);
	wire_put_u32(&w, child->spi_out);
	wire_put_u32(&w, (uint32_t)child->seq_out);
	/* The 64-bit number is the IV of AEAD as well: it never repeats while the key lives. */
	b->esp[n] = (struct cyg_esp_packet){
		.key = cyg_bytes(child->keys + child->key_in_len, child->key_out_len),
		.esp = at, .in = packet->octets, .len = len,
		.seq_high = (uint32_t)(child->seq_out >> 32), .esn = child->esn, .iv = child->seq_out,
	};
	b->child[n] = child;
	b->size[n] = (uint16_t)size;
	b->inner_len[n] = (uint16_t)packet->len;
	b->ecn[n] = b->in[i].ecn;
	b->sealed++;
	child->counters.packets_out++;
	child->counters.octets_out += packet->len;
	child->counters.last_out_ms = cyg_shard_now_ms(s->shard);
	tun_child_volume(child, child->counters.octets_out);
}

static void seal(struct out_batch *b)
{
	unsigned from = 0;

	while (from < b->sealed) {
		const struct tun_suite *suite = b->child[from]->suite;
		unsigned to = from + 1;

		while (to < b->sealed && b->child[to]->suite == suite)
			to++;
		suite->esp.ops->seal(suite->esp.instance, b->esp + from, to - from);
		from = to;
	}
}

/* Packets of one child and one size, the last may be shorter, go out as one run. */
static void send_runs(struct tun_shard *s, struct out_batch *b)
{
	unsigned from = 0;

	while (from < b->sealed) {
		struct tun_child *child = b->child[from];
		size_t segment = b->size[from], octets = segment;
		unsigned to = from + 1;

		if (b->esp[from].status != CYG_OK) {
			child->counters.drop_out++;
			from = to;
			continue;
		}
		while (to < b->sealed && b->child[to] == child && b->esp[to].status == CYG_OK &&
		       octets + b->size[to] <= TUN_RUN_OCTETS &&
		       (!child->udp_encap || (b->size[to - 1] == segment && b->size[to] <= segment))) {
			octets += b->size[to];
			to++;
		}
		s->counters.sealed += to - from;
		if (child->udp_encap)
			cyg_net_send_run(s->shard, &child->local, &child->remote,
					 cyg_bytes(b->esp[from].esp, octets), segment, 0);
		else
			tun_raw_send(s, &child->local, &child->remote, b->esp[from].esp, b->size + from,
				     b->ecn + from, to - from);
		from = to;
	}
}

static void relay(struct out_batch *b)
{
	struct tun_packet packets[TUN_BATCH];

	for (unsigned i = 0; i < b->count; i++) {
		int shard = b->relay[i];
		unsigned n = 0;

		if (shard < 0)
			continue;
		for (unsigned j = i; j < b->count; j++) {
			if (b->relay[j] == shard) {
				packets[n++] = b->packets[j];
				b->relay[j] = -1;
			}
		}
		tun_relay_plain(b->link, (unsigned)shard, packets, n);
	}
}

void tun_out(struct tun_link *link, struct tun_packet *packets, unsigned count, bool relayed)
{
	struct out_batch b;
	struct tun_child *child, *next;

	CYG_ASSERT(count <= TUN_BATCH);
	tun_suites_refresh(link->shard);
	b.link = link;
	b.packets = packets;
	b.count = count;
	b.first = NULL;
	b.last = &b.first;
	b.sealed = 0;
	for (unsigned i = 0; i < count; i++)
		sort_one(&b, i, relayed);
	for (child = b.first; child; child = next) {
		next = child->batch_next;
		for (int i = child->batch_first; i >= 0; i = b.next[i])
			prepare(&b, child, (unsigned)i);
		child->batch_first = -1;
		child->batch_next = NULL;
	}
	seal(&b);
	send_runs(link->shard, &b);
	relay(&b);
	tun_events_deliver(link->shard);
}
