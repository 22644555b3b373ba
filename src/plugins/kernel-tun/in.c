/* SPDX-License-Identifier: MIT */
/* From the wire to the device. RFC 4303 3.4. */
#include "tun.h"

#include <cygnet/cursor.h>

#define OPEN_AT_ONCE 16 /* packets that are in the processor's cache from their headers to their delivery */

enum { NEXT_IPV4 = 4, NEXT_IPV6 = 41, NEXT_NONE = 59 };

struct in_batch {
	unsigned count;
	struct cyg_esp_packet esp[TUN_BATCH];
	struct tun_child *child[TUN_BATCH];
	const struct tun_sealed *sealed[TUN_BATCH];
	uint64_t seq[TUN_BATCH];
};

static void unknown_spi(struct tun_shard *s, uint32_t spi, const struct tun_sealed *sealed)
{
	uint64_t now = cyg_shard_now_ms(s->shard);
	struct tun_event event = { .kind = TUN_UNKNOWN_SPI, .spi = spi, .remote = *sealed->remote };

	s->counters.unknown_spi++;
	if (now - s->unknown_since_ms >= 1000) {
		s->unknown_since_ms = now;
		s->unknown = 0;
	}
	if (s->unknown++ < TUN_UNKNOWN_PER_S)
		tun_event(s, &event);
}

/* Everything that can be said before authentication. */
static void admit(struct tun_shard *s, struct in_batch *b, const struct tun_sealed *sealed,
		  struct tun_child *child, uint32_t low)
{
	const struct cyg_esp_ops *ops = child->suite->esp.ops;
	size_t around = (size_t)CYG_ESP_HEADER_LEN + ops->iv_len + ops->icv_len;
	unsigned n = b->count;
	uint64_t seq;

	if (!child->in || child->hard_told || !child->suite->there) {
		child->counters.drop_other++;
		return;
	}
	if (sealed->len < around + 2 || ((sealed->len - around) & (ops->block_len - 1u))) {
		child->counters.drop_malformed++;
		return;
	}
	seq = replay_whole(&child->replay, low, child->esn);
	if (!replay_fresh(&child->replay, seq)) {
		child->counters.drop_replay++;
		return;
	}
	b->esp[n] = (struct cyg_esp_packet){
		.key = cyg_bytes(child->keys, child->key_in_len),
		.esp = sealed->esp, .len = sealed->len - around,
		.seq_high = (uint32_t)(seq >> 32), .esn = child->esn,
	};
	b->child[n] = child;
	b->sealed[n] = sealed;
	b->seq[n] = seq;
	b->count++;
}

/* Behind a NAT the peer's address and port may change; the newest authenticated packet shows them. */
static void tell_mapping(struct tun_child *child, const struct tun_sealed *sealed)
{
	uint64_t now = cyg_shard_now_ms(child->shard->shard);
	struct tun_event event = { .kind = TUN_MAPPING, .owner = child->owner, .spi = child->spi_in,
				   .remote = *sealed->remote };

	if (cyg_endpoint_equal(&child->told, sealed->remote) && now - child->told_ms < TUN_MAPPING_MS)
		return;
	child->told = *sealed->remote;
	child->told_ms = now;
	tun_event(child->shard, &event);
}

static void merge_write(struct tun_shard *s)
{
	unsigned count = s->merge.count, parts = merge_end(&s->merge);

	if (count > 1) {
		s->counters.merged += count;
		s->counters.merged_into++;
	}
	tun_link_write(s->merging, s->merge.part, parts);
	s->merging = NULL;
}

/* `before`: whose address was looked at last in this batch, in which nothing of it changes. */
static void follow(struct tun_child *child, const struct tun_sealed *sealed, const struct cyg_endpoint **before)
{
	if (*before == sealed->remote)
		return;
	*before = sealed->remote;
	if (sealed->udp && child->udp_encap && !cyg_endpoint_equal(&child->remote, sealed->remote)) {
		tell_mapping(child, sealed);
		*before = NULL;
	}
}

/* To the device, in the order they come; those that continue one stream as one. */
static void deliver(struct tun_child *child, struct cyg_bytes packet, const struct inner *in)
{
	struct tun_link *link = child->link;
	struct tun_shard *s = link->shard;

	if (s->merging == link && merge_add(&s->merge, packet))
		return;
	if (s->merging)
		merge_write(s);
	merge_begin(&s->merge, (uint8_t *)(uintptr_t)packet.ptr, in, link->merges_tcp, link->merges_udp);
	s->merging = link;
	s->merging_of = child->spi_in;
	if (s->merge.full)
		merge_write(s);
}

/*
 * Most packets continue the stream that this very child brought before. All that is judged below is the same in them, by comparison
 * of their headers, so it is not looked at again. Their length, or 0.
 */
static uint16_t take_next(struct tun_child *child, const struct tun_sealed *sealed, struct cyg_bytes packet, uint8_t next)
{
	struct tun_shard *s = child->shard;
	const struct merge *m = &s->merge;

	if (s->merging != child->link || s->merging_of != child->spi_in || sealed->ecn == ECN_CE || sealed->ecn == ECN_ECT1 ||
	    next != (m->family == CYG_IPV4 ? NEXT_IPV4 : NEXT_IPV6))
		return 0;
	return merge_add(&s->merge, packet);
}

/* What the child may bring and how, judged packet by packet. Its length, or 0: it goes no further. */
static uint16_t take_judged(struct tun_child *child, const struct tun_sealed *sealed, struct cyg_bytes packet, uint8_t next,
			    const struct tun_conf *conf)
{
	uint8_t *octets = (uint8_t *)(uintptr_t)packet.ptr;
	struct cyg_kernel_counters *counters = &child->counters;
	struct inner in;

	if ((next != NEXT_IPV4 && next != NEXT_IPV6) || inner_read(packet, &in) != CYG_OK ||
	    in.source.family != (next == NEXT_IPV4 ? CYG_IPV4 : CYG_IPV6)) {
		counters->drop_malformed++;
		return 0;
	}
	if (!inner_matches(&in, false, child->selectors, child->local_count,
			   child->selectors + child->local_count, child->remote_count)) {
		counters->drop_selector++;
		return 0;
	}
	if (!inner_ecn_out_of_tunnel(octets, &in, sealed->ecn)) {
		counters->drop_other++;
		return 0;
	}
	if (conf->clamp_mss)
		(void)path_clamp_mss(octets, &in, tun_child_mtu(child), true);
	deliver(child, packet, &in);
	return in.len;
}

static void take(struct tun_child *child, const struct tun_sealed *sealed, const struct cyg_esp_packet *esp,
		 const struct tun_conf *conf, uint64_t now_ms)
{
	uint8_t *body = esp->esp + CYG_ESP_HEADER_LEN + child->suite->esp.ops->iv_len;
	struct cyg_kernel_counters *counters = &child->counters;
	struct cyg_bytes packet;
	uint16_t len;
	uint8_t next;

	if (!inner_unwrap(cyg_bytes(body, esp->len), &packet, &next)) {
		counters->drop_malformed++;
		return;
	}
	if (next == NEXT_NONE) /* a dummy packet, RFC 4303 2.6 */
		return;
	len = take_next(child, sealed, packet, next);
	if (len == 0)
		len = take_judged(child, sealed, packet, next, conf);
	if (len == 0)
		return;
	counters->packets_in++;
	counters->octets_in += len;
	counters->last_in_ms = now_ms;
	tun_child_volume(child, counters->octets_in);
}

/* `from` to `to` are opened: nothing of them was believed before. */
static void finish(struct tun_shard *s, struct in_batch *b, unsigned from, unsigned to)
{
	const struct tun_conf *conf = CYG_CONF(s->ctx, s->shard, struct tun_conf);
	uint64_t now_ms = cyg_shard_now_ms(s->shard);
	const struct cyg_endpoint *looked_at = NULL;

	for (unsigned i = from; i < to; i++) {
		struct tun_child *child = b->child[i];
		bool newest;

		if (i > from && child != b->child[i - 1])
			looked_at = NULL;

		if (b->esp[i].status != CYG_OK) {
			child->counters.drop_auth++;
			continue;
		}
		newest = b->seq[i] > child->replay.top;
		if (!replay_accept(&child->replay, b->seq[i])) { /* twice in this batch */
			child->counters.drop_replay++;
			continue;
		}
		s->counters.opened++;
		if (newest)
			follow(child, b->sealed[i], &looked_at);
		take(child, b->sealed[i], &b->esp[i], conf, now_ms);
	}
}

/* What was admitted is opened and goes its way; then there is room again. */
static void open_all(struct tun_shard *s, struct in_batch *b)
{
	unsigned from = 0;

	while (from < b->count) {
		const struct tun_suite *suite = b->child[from]->suite;
		unsigned to = from + 1;

		while (to < b->count && b->child[to]->suite == suite)
			to++;
		suite->esp.ops->open(suite->esp.instance, b->esp + from, to - from);
		finish(s, b, from, to);
		from = to;
	}
	b->count = 0;
}

/* Suites that work on many packets side by side get all of them, the others a few at a time. */
static bool are_enough(const struct in_batch *b)
{
	return b->count >= OPEN_AT_ONCE && b->child[b->count - 1]->suite->integ == CYG_AUTH_NONE;
}

static void relay(struct tun_shard *s, const struct tun_sealed *packets, int *shards, unsigned count)
{
	struct tun_sealed some[TUN_BATCH];

	for (unsigned i = 0; i < count; i++) {
		int shard = shards[i];
		unsigned n = 0;

		if (shard < 0)
			continue;
		for (unsigned j = i; j < count; j++) {
			if (shards[j] == shard) {
				some[n++] = packets[j];
				shards[j] = -1;
			}
		}
		tun_relay_sealed(s, (unsigned)shard, some, n);
	}
}

void tun_in(struct tun_shard *s, struct tun_sealed *packets, unsigned count, bool relayed)
{
	struct in_batch b;
	int shards[TUN_BATCH];
	struct tun_child *last = NULL;
	bool any = false;

	CYG_ASSERT(count <= TUN_BATCH);
	tun_suites_refresh(s);
	b.count = 0;
	for (unsigned i = 0; i < count; i++) {
		struct wire_reader r = wire_reader(packets[i].esp, packets[i].len);
		uint32_t spi = wire_u32(&r), low = wire_u32(&r);
		const struct spi_slot *slot;
		unsigned home;

		if (are_enough(&b))
			open_all(s, &b);
		shards[i] = -1;
		if (!wire_ok(&r)) {
			s->counters.short_esp++;
			continue;
		}
		if (last && last->spi_in == spi) { /* most come in runs of one SA */
			admit(s, &b, &packets[i], last, low);
			continue;
		}
		slot = spi_find(&s->spis, spi);
		if (slot && slot->child) {
			last = slot->child;
			admit(s, &b, &packets[i], last, low);
			continue;
		}
		if (slot) {
			s->counters.unused_spi++;
			continue;
		}
		home = cyg_shard_of_slot(s->shard, (uint8_t)(spi >> 24));
		if (home == cyg_shard_index(s->shard) || relayed) {
			unknown_spi(s, spi, &packets[i]);
		} else if (packets[i].udp) {
			shards[i] = (int)home;
			any = true;
		} else { /* every shard has a raw socket of its own and got this packet too */
			s->counters.raw_foreign++;
		}
	}
	open_all(s, &b);
	if (any)
		relay(s, packets, shards, count);
}

void tun_in_end(struct tun_shard *s)
{
	if (s->merging)
		merge_write(s);
	tun_events_deliver(s);
}
