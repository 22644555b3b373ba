/* SPDX-License-Identifier: MIT */
/* From the device to the wire. */
#include "tun.h"

#include <cygnet/cursor.h>

/* Packets of one child and one size behind each other, the last may be shorter: they go out in one call. */
struct out_run {
	struct tun_child *child;      /* NULL: none has begun */
	const uint8_t *octets;
	size_t len;
	uint16_t segment, count;
	uint8_t tos;
	bool full;
};

/* A batch at work: packets in the order they came, and what they are cut into in that of sealing
 * (child after child). */
struct out_batch {
	struct tun_link *link;
	struct tun_packet *packets;
	unsigned count;
	uint64_t now_ms;
	const struct tun_conf *conf;
	struct inner in[TUN_BATCH];
	struct cut cut[TUN_BATCH];
	int next[TUN_BATCH];          /* of the same child */
	int relay[TUN_BATCH];         /* the shard that it goes to, or -1 */
	uint16_t fragment[TUN_BATCH]; /* into fragments of this length, 0: whole */
	struct tun_child *first, **last;
	/* To be sealed. */
	unsigned ready;
	struct cyg_esp_packet esp[CYG_ESP_BATCH];
	struct tun_child *child[CYG_ESP_BATCH];
	uint16_t size[CYG_ESP_BATCH];
	uint8_t tos[CYG_ESP_BATCH];
	struct out_run run;
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

/*
 * Does it fit the outer path, must it be fragmented (RFC 4301 5.1), or must the sender hear of it (8.2.1)? Fragments have
 * no ports: where the selectors ask for some, the outer packet is what is fragmented.
 */
static bool fits(struct out_batch *b, struct tun_child *child, unsigned i)
{
	const struct tun_packet *packet = &b->packets[i];
	const struct inner *in = &b->in[i];
	uint16_t mtu, len = cut_longest(&b->cut[i]);

	tun_child_path(child, b->now_ms);
	mtu = child->inner_mtu;
	b->fragment[i] = 0;
	if (mtu == 0 || len <= mtu)
		return true;
	if (!in->df) {
		if (b->conf->fragment_inside && child->any_ports && mtu >= FRAGMENT_MTU_LEAST)
			b->fragment[i] = mtu;
		return true;
	}
	if (in->source.family == CYG_IPV6 && len <= INNER_MTU_MIN6)
		return true; /* IPv6 may count on this much */
	child->shard->counters.too_big++;
	child->counters.drop_too_big++;
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
	if (cut_read(&packet->vnet, cyg_bytes(packet->octets, packet->len), &b->in[i], &b->cut[i]) != CYG_OK) {
		s->counters.not_ip++;
		return;
	}
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
	if (!fits(b, target.child, i))
		return;
	if (b->conf->clamp_mss)
		(void)path_clamp_mss(packet->octets, &b->in[i], tun_child_mtu(target.child),
				     !(packet->vnet.flags & VNET_NEEDS_SUM));
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
static size_t put_trailer(uint8_t *packet, size_t len, uint8_t family, unsigned block)
{
	unsigned pad = (unsigned)-(len + 2) & (block - 1);
	uint8_t *at = packet + len;

	for (unsigned i = 1; i <= pad; i++)
		*at++ = (uint8_t)i;
	*at++ = (uint8_t)pad;
	*at = family == CYG_IPV6 ? 41 : 4;
	return len + pad + 2;
}

static void run_send(struct tun_shard *s, struct out_run *run)
{
	if (run->child)
		cyg_net_send_run(s->shard, &run->child->local, &run->child->remote,
				 cyg_bytes(run->octets, run->len), run->segment, run->tos);
	run->child = NULL;
}

static void run_add(struct tun_shard *s, struct out_run *run, struct tun_child *child, const uint8_t *octets,
		    uint16_t size, uint8_t tos)
{
	if (run->child == child && !run->full && run->octets + run->len == octets && run->tos == tos &&
	    size <= run->segment && run->count < TUN_RUN_COUNT && run->len + size <= TUN_RUN_OCTETS) {
		run->len += size;
		run->count++;
		run->full = size < run->segment;
		return;
	}
	run_send(s, run);
	*run = (struct out_run){ child, octets, size, size, 1, tos, false };
}

static void seal(struct out_batch *b)
{
	unsigned from = 0;

	while (from < b->ready) {
		const struct tun_suite *suite = b->child[from]->suite;
		unsigned to = from + 1;

		while (to < b->ready && b->child[to]->suite == suite)
			to++;
		suite->esp.ops->seal(suite->esp.instance, b->esp + from, to - from);
		from = to;
	}
}

/* Seals what is ready and adds it to the run, which may go on in what is sealed next. */
static void flush(struct out_batch *b)
{
	struct tun_shard *s = b->link->shard;
	unsigned from = 0;

	seal(b);
	while (from < b->ready) {
		struct tun_child *child = b->child[from];
		unsigned to = from + 1;

		if (b->esp[from].status != CYG_OK) {
			child->counters.drop_out++;
			from = to;
			continue;
		}
		if (child->udp_encap) {
			run_add(s, &b->run, child, b->esp[from].esp, b->size[from], b->tos[from]);
		} else {
			while (to < b->ready && b->child[to] == child && b->esp[to].status == CYG_OK)
				to++;
			tun_raw_send(s, &child->local, &child->remote, b->esp[from].esp, b->size + from,
				     b->tos + from, to - from);
		}
		s->counters.sealed += to - from;
		from = to;
	}
	b->ready = 0;
}

/* What an inner packet of `len` octets takes, sealed. */
static size_t sealed_room(const struct tun_child *child, size_t len)
{
	const struct cyg_esp_ops *ops = child->suite->esp.ops;

	return (size_t)CYG_ESP_HEADER_LEN + ops->iv_len + len + 2 + ops->block_len + ops->icv_len;
}

/* A packet of ESP begins in the send area; where the inner one goes. NULL: nothing more of this child. */
static uint8_t *esp_begin(struct out_batch *b, struct tun_child *child, size_t room)
{
	struct tun_shard *s = child->shard;
	struct wire_writer w;
	uint8_t *at;

	if (child->hard_told || child->seq_out >= (child->esn ? UINT64_MAX : UINT32_MAX)) {
		child->counters.drop_out++;
		return NULL;
	}
	at = tun_send_room(s, room);
	if (!at) {
		s->counters.area_full++;
		child->counters.drop_out++;
		return NULL;
	}
	child->seq_out++;
	w = wire_writer(at, CYG_ESP_HEADER_LEN);
	wire_put_u32(&w, child->spi_out);
	wire_put_u32(&w, (uint32_t)child->seq_out);
	b->esp[b->ready].esp = at;
	return at + CYG_ESP_HEADER_LEN + child->suite->esp.ops->iv_len;
}

/* It ends with the trailer, and is sealed with the others. */
static void esp_end(struct out_batch *b, struct tun_child *child, unsigned i, uint8_t *body, size_t inner_len)
{
	const struct cyg_esp_ops *ops = child->suite->esp.ops;
	struct tun_shard *s = child->shard;
	uint8_t *at = b->esp[b->ready].esp;
	size_t len;

	len = put_trailer(body, inner_len, b->in[i].source.family, ops->block_len);
	/* The 64-bit number is the IV of AEAD as well: it never repeats while the key lives. */
	b->esp[b->ready] = (struct cyg_esp_packet){
		.key = cyg_bytes(child->keys + child->key_in_len, child->key_out_len),
		.esp = at, .in = body, .len = len,
		.seq_high = (uint32_t)(child->seq_out >> 32), .esn = child->esn, .iv = child->seq_out,
	};
	b->child[b->ready] = child;
	b->size[b->ready] = (uint16_t)((size_t)(body - at) + len + ops->icv_len);
	b->tos[b->ready] = b->conf->copy_dscp ? b->in[i].tos : b->in[i].ecn;
	tun_send_cut(s, at + b->size[b->ready]);
	b->ready++;
	child->counters.packets_out++;
	child->counters.octets_out += inner_len;
	if (b->ready == CYG_ESP_BATCH)
		flush(b);
}

/* One segment, from its inner header to its trailer, into the send area. False: nothing more of this child. */
static bool put_segment(struct out_batch *b, struct tun_child *child, unsigned i, unsigned segment, size_t room)
{
	uint8_t *body = esp_begin(b, child, room);

	if (!body)
		return false;
	esp_end(b, child, i, body, cut_write(&b->cut[i], segment, body));
	return true;
}

/* The same, in fragments. The segment lies at the end of the send area until it has been fragmented. */
static bool put_fragments(struct out_batch *b, struct tun_child *child, unsigned i, unsigned segment, size_t room)
{
	size_t longest = cut_longest(&b->cut[i]), fragment_room = sealed_room(child, b->fragment[i]);
	struct tun_shard *s = child->shard;
	uint8_t *whole = tun_send_tail(s, longest);
	struct fragments f = { .count = 1 };
	size_t len = 0;

	if (whole)
		len = cut_write(&b->cut[i], segment, whole);
	if (whole && len > b->fragment[i] && fragment_plan(cyg_bytes(whole, len), b->fragment[i], &f) != CYG_OK)
		f.count = 1; /* its options cannot be read: the outer packet is fragmented */
	if (whole && f.count == 1)
		return put_segment(b, child, i, segment, room);
	if (!whole || tun_send_left(s) < longest + f.count * fragment_room) {
		s->counters.area_full++;
		child->counters.drop_out++;
		return false;
	}
	s->counters.fragmented++;
	s->counters.fragments += f.count;
	for (unsigned n = 0; n < f.count; n++) {
		uint8_t *body = esp_begin(b, child, fragment_room);

		if (!body)
			return false;
		esp_end(b, child, i, body, fragment_write(&f, n, body));
	}
	return true;
}

static void put_packet(struct out_batch *b, struct tun_child *child, unsigned i)
{
	const struct cut *cut = &b->cut[i];
	/* Of the longest segment: a shorter one gives back what it does not need. */
	size_t room = sealed_room(child, cut_longest(cut));

	if (room > UINT16_MAX) { /* longer than any packet that ESP makes */
		child->counters.drop_out++;
		return;
	}
	if (cut->count > 1) {
		child->shard->counters.cut++;
		child->shard->counters.cut_into += cut->count;
	}
	for (unsigned segment = 0; segment < cut->count; segment++) {
		if (!(b->fragment[i] ? put_fragments : put_segment)(b, child, i, segment, room))
			return;
	}
	child->counters.last_out_ms = b->now_ms;
	tun_child_volume(child, child->counters.octets_out);
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
	b.conf = CYG_CONF(link->shard->ctx, link->shard->shard, struct tun_conf);
	b.now_ms = cyg_shard_now_ms(link->shard->shard);
	b.first = NULL;
	b.last = &b.first;
	b.ready = 0;
	b.run.child = NULL;
	for (unsigned i = 0; i < count; i++)
		sort_one(&b, i, relayed);
	for (child = b.first; child; child = next) {
		next = child->batch_next;
		for (int i = child->batch_first; i >= 0; i = b.next[i])
			put_packet(&b, child, (unsigned)i);
		child->batch_first = -1;
		child->batch_next = NULL;
	}
	flush(&b);
	run_send(link->shard, &b.run);
	relay(&b);
	tun_events_deliver(link->shard);
}
