/* SPDX-License-Identifier: MIT */
/* From the wire to the device. RFC 4303 3.4. */
#include "tun.h"

#include <cygnet/cursor.h>

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

static void open_all(struct in_batch *b)
{
	unsigned from = 0;

	while (from < b->count) {
		const struct tun_suite *suite = b->child[from]->suite;
		unsigned to = from + 1;

		while (to < b->count && b->child[to]->suite == suite)
			to++;
		suite->esp.ops->open(suite->esp.instance, b->esp + from, to - from);
		from = to;
	}
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

static void follow(struct tun_child *child, const struct tun_sealed *sealed)
{
	if (sealed->udp && child->udp_encap && !cyg_endpoint_equal(&child->remote, sealed->remote))
		tell_mapping(child, sealed);
}

/* To the device, in the order they come; those that continue one stream as one. */
static void deliver(struct tun_link *link, uint8_t *packet, const struct inner *in)
{
	struct tun_shard *s = link->shard;

	if (s->merging == link && merge_add(&s->merge, packet, in))
		return;
	if (s->merging)
		merge_write(s);
	merge_begin(&s->merge, packet, in, link->merges_tcp, link->merges_udp);
	s->merging = link;
	if (s->merge.full)
		merge_write(s);
}

static void take(struct tun_child *child, const struct tun_sealed *sealed, const struct cyg_esp_packet *esp,
		 const struct tun_conf *conf)
{
	uint8_t *body = esp->esp + CYG_ESP_HEADER_LEN + child->suite->esp.ops->iv_len;
	struct cyg_kernel_counters *counters = &child->counters;
	struct cyg_bytes packet;
	struct inner in;
	uint8_t next;

	if (!inner_unwrap(cyg_bytes(body, esp->len), &packet, &next)) {
		counters->drop_malformed++;
		return;
	}
	if (next == NEXT_NONE) /* a dummy packet, RFC 4303 2.6 */
		return;
	if ((next != NEXT_IPV4 && next != NEXT_IPV6) || inner_read(packet, &in) != CYG_OK ||
	    in.source.family != (next == NEXT_IPV4 ? CYG_IPV4 : CYG_IPV6)) {
		counters->drop_malformed++;
		return;
	}
	if (!inner_matches(&in, false, child->selectors, child->local_count,
			   child->selectors + child->local_count, child->remote_count)) {
		counters->drop_selector++;
		return;
	}
	if (!inner_ecn_out_of_tunnel(body, &in, sealed->ecn)) {
		counters->drop_other++;
		return;
	}
	if (conf->clamp_mss)
		(void)path_clamp_mss(body, &in, tun_child_mtu(child), true);
	counters->packets_in++;
	counters->octets_in += in.len;
	counters->last_in_ms = cyg_shard_now_ms(child->shard->shard);
	tun_child_volume(child, counters->octets_in);
	deliver(child->link, body, &in);
}

static void finish(struct tun_shard *s, struct in_batch *b)
{
	const struct tun_conf *conf = CYG_CONF(s->ctx, s->shard, struct tun_conf);

	for (unsigned i = 0; i < b->count; i++) {
		struct tun_child *child = b->child[i];
		bool newest;

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
			follow(child, b->sealed[i]);
		take(child, b->sealed[i], &b->esp[i], conf);
	}
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
	bool any = false;

	CYG_ASSERT(count <= TUN_BATCH);
	tun_suites_refresh(s);
	b.count = 0;
	for (unsigned i = 0; i < count; i++) {
		struct wire_reader r = wire_reader(packets[i].esp, packets[i].len);
		uint32_t spi = wire_u32(&r), low = wire_u32(&r);
		const struct spi_slot *slot;
		unsigned home;

		shards[i] = -1;
		if (!wire_ok(&r)) {
			s->counters.short_esp++;
			continue;
		}
		slot = spi_find(&s->spis, spi);
		if (slot && slot->child) {
			admit(s, &b, &packets[i], slot->child, low);
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
	open_all(&b);
	finish(s, &b);
	if (any)
		relay(s, packets, shards, count);
}

void tun_in_end(struct tun_shard *s)
{
	if (s->merging)
		merge_write(s);
	tun_events_deliver(s);
}
