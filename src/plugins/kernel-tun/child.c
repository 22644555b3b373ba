/* SPDX-License-Identifier: MIT */
#include "tun.h"

#include <stdlib.h>

/* --- Suites --- */

void tun_suites_refresh(struct tun_shard *s)
{
	uint32_t generation = cyg_registry_generation(s->shard);

	if (generation == s->generation)
		return;
	s->generation = generation;
	for (unsigned i = 0; i < s->suite_count; i++) {
		struct tun_suite *suite = &s->suites[i];

		suite->there = cyg_get_esp(s->shard, suite->encr, suite->key_bits, suite->integ,
					   &suite->esp) == CYG_OK;
	}
}

static enum cyg_status suite_get(struct tun_shard *s, uint16_t encr, uint16_t key_bits, uint16_t integ,
				 struct tun_suite **out)
{
	struct tun_suite *suite;
	enum cyg_status status;

	tun_suites_refresh(s);
	for (unsigned i = 0; i < s->suite_count; i++) {
		suite = &s->suites[i];
		if (suite->encr == encr && suite->key_bits == key_bits && suite->integ == integ) {
			*out = suite;
			return suite->there ? CYG_OK : CYG_UNSUPPORTED;
		}
	}
	if (s->suite_count == TUN_SUITES_MAX)
		return CYG_LIMIT;
	suite = &s->suites[s->suite_count];
	*suite = (struct tun_suite){ .encr = encr, .key_bits = key_bits, .integ = integ };
	status = cyg_get_esp(s->shard, encr, key_bits, integ, &suite->esp);
	if (status != CYG_OK)
		return status;
	suite->there = true;
	s->suite_count++;
	*out = suite;
	return CYG_OK;
}

enum cyg_status tun_can_do(struct tun_shard *s, uint16_t encr, uint16_t key_bits, uint16_t integ)
{
	struct tun_suite *suite;

	return suite_get(s, encr, key_bits, integ, &suite) == CYG_OK ? CYG_OK : CYG_UNSUPPORTED;
}

/* --- Ways --- */

static void ways_drop(struct tun_child *child, bool routes_too)
{
	struct cyg_prefix gone[CYG_SELECTORS_MAX];
	struct way **at = &child->ways;
	unsigned count = 0;

	while (*at) {
		struct way *way = *at;

		if (way->route && !routes_too) {
			at = &way->of_child;
			continue;
		}
		*at = way->of_child;
		gone[count++] = way_prefix(way);
		ways_remove(&child->link->ways, way);
		if (count == CYG_COUNT(gone) || !*at) {
			/* Out of memory leaves the others with a way that leads to a drop here. */
			(void)!tun_announce(child->link, gone, count, false);
			count = 0;
		}
	}
	if (count)
		(void)!tun_announce(child->link, gone, count, false);
}

static bool has_way(const struct tun_child *child, const struct cyg_prefix *prefix, bool route)
{
	for (const struct way *way = child->ways; way; way = way->of_child) {
		struct cyg_prefix p = way_prefix(way);

		if (way->route == route && p.len == prefix->len && cyg_ip_equal(&p.ip, &prefix->ip))
			return true;
	}
	return false;
}

/* Packets to what the remote selectors hold. */
static enum cyg_status ways_make(struct tun_child *child)
{
	struct cyg_prefix made[CYG_SELECTORS_MAX];
	enum cyg_status status = CYG_OK;
	unsigned count = 0;

	for (unsigned i = 0; i < child->remote_count && status == CYG_OK; i++) {
		struct cyg_prefix prefix = inner_cover(&child->selectors[child->local_count + i].addr);
		struct way *way;

		if (has_way(child, &prefix, false))
			continue;
		way = ways_add(&child->link->ways, &prefix, child, false);
		if (!way) {
			status = CYG_NOMEM;
			break;
		}
		way->of_child = child->ways;
		child->ways = way;
		made[count++] = prefix;
	}
	if (status == CYG_OK)
		status = tun_announce(child->link, made, count, true);
	for (struct way **at = &child->ways; status != CYG_OK && *at;) {
		struct way *way = *at;

		if (way->route) {
			at = &way->of_child;
			continue;
		}
		*at = way->of_child;
		ways_remove(&child->link->ways, way);
	}
	return status;
}

static void routes_take_over(struct tun_child *child, struct tun_child *old)
{
	struct way **at = &old->ways;

	if (old == child || old->link != child->link)
		return;
	while (*at) {
		struct way *way = *at;

		if (!way->route) {
			at = &way->of_child;
			continue;
		}
		*at = way->of_child;
		ways_hand_over(way, child);
		way->of_child = child->ways;
		child->ways = way;
	}
}

enum cyg_status tun_child_route(struct tun_child *child, const struct cyg_prefix *prefix, bool add)
{
	enum cyg_status status;
	struct way *way;

	if (add) {
		if (has_way(child, prefix, true))
			return CYG_OK;
		way = ways_add(&child->link->ways, prefix, child, true);
		if (!way)
			return CYG_NOMEM;
		status = tun_announce(child->link, prefix, 1, true);
		if (status != CYG_OK) {
			ways_remove(&child->link->ways, way);
			return status;
		}
		way->of_child = child->ways;
		child->ways = way;
		return CYG_OK;
	}
	for (struct way **at = &child->ways; *at; at = &(*at)->of_child) {
		struct cyg_prefix p = way_prefix(*at);

		way = *at;
		if (!way->route || p.len != prefix->len || !cyg_ip_equal(&p.ip, &prefix->ip))
			continue;
		*at = way->of_child;
		ways_remove(&child->link->ways, way);
		(void)!tun_announce(child->link, prefix, 1, false);
		break;
	}
	return CYG_OK;
}

struct tun_target tun_child_for(struct tun_link *link, const struct inner *in)
{
	struct way_walk walk = ways_walk(&link->ways, &in->destination);
	const struct way *way;

	while ((way = way_next(&walk))) {
		struct tun_child *child = way->child;

		if (!child)
			return (struct tun_target){ NULL, (int)way->shard };
		if (child->out && !child->hard_told &&
		    inner_matches(in, true, child->selectors, child->local_count,
				  child->selectors + child->local_count, child->remote_count))
			return (struct tun_target){ child, -1 };
	}
	return (struct tun_target){ NULL, -1 };
}

/* --- Children --- */

static void set_path_mtu(struct tun_child *child)
{
	uint16_t mtu = tun_hooks.path_mtu(&child->local, &child->remote);

	if (child->told_mtu && (mtu == 0 || child->told_mtu < mtu))
		mtu = child->told_mtu;
	child->path_asked = true;
	child->path_asked_ms = cyg_shard_now_ms(child->shard->shard);
	child->outer_mtu = mtu;
	child->inner_mtu = mtu ? inner_mtu(mtu, child->remote.ip.family, child->udp_encap, child->suite->esp.ops) : 0;
}

uint16_t tun_child_mtu(struct tun_child *child)
{
	uint16_t link = child->link->mtu;

	tun_child_path_known(child);
	return child->inner_mtu && (link == 0 || child->inner_mtu < link) ? child->inner_mtu : link;
}

/* Asking takes some system calls, and most children of a storm of log-ins have no packet yet. */
void tun_child_path_known(struct tun_child *child)
{
	if (!child->path_asked)
		set_path_mtu(child);
}

void tun_child_path(struct tun_child *child, uint64_t now_ms)
{
	if (!child->path_asked || now_ms - child->path_asked_ms >= TUN_PATH_MS)
		set_path_mtu(child);
}

static void child_free(struct tun_child *child)
{
	if (!child)
		return;
	cyg_secret_free(child->keys, child->key_in_len + child->key_out_len);
	free(child->replay.bits);
	free(child);
}

static bool any_ports(const struct cyg_selectors *list)
{
	for (unsigned i = 0; i < list->count; i++) {
		if (list->item[i].port_low != 0 || list->item[i].port_high != UINT16_MAX)
			return false;
	}
	return true;
}

static enum cyg_status child_new(struct tun_shard *s, const struct cyg_kernel_child *wanted,
				 struct tun_suite *suite, struct tun_link *link, struct tun_child **out)
{
	unsigned local = wanted->ts_local->count, remote = wanted->ts_remote->count;
	const struct tun_conf *conf = CYG_CONF(s->ctx, s->shard, struct tun_conf);
	uint32_t key_len = suite->esp.ops->key_len;
	struct tun_child *child;

	child = calloc(1, sizeof(*child) + (local + remote) * sizeof(struct cyg_selector));
	if (!child)
		return CYG_NOMEM;
	*child = (struct tun_child){
		.shard = s, .link = link, .suite = suite,
		.spi_in = wanted->spi_in, .owner = wanted->owner,
		.local = wanted->local, .remote = wanted->remote,
		.udp_encap = wanted->udp_encap, .esn = wanted->esn,
		.told_mtu = wanted->mtu, .key_in_len = key_len, .key_out_len = key_len,
		.soft_octets = wanted->soft_octets, .hard_octets = wanted->hard_octets,
		.any_ports = any_ports(wanted->ts_local) && any_ports(wanted->ts_remote),
		.batch_first = -1,
		.local_count = (uint8_t)local, .remote_count = (uint8_t)remote,
	};
	memcpy(child->selectors, wanted->ts_local->item, local * sizeof(struct cyg_selector));
	memcpy(child->selectors + local, wanted->ts_remote->item, remote * sizeof(struct cyg_selector));
	if (wanted->replay_window) {
		uint32_t window = wanted->replay_window > conf->replay_window ? wanted->replay_window
									      : conf->replay_window;

		child->replay.window = window < REPLAY_WINDOW_MAX ? window : REPLAY_WINDOW_MAX;
		child->replay.words = replay_words(child->replay.window);
		child->replay.bits = calloc(child->replay.words, sizeof(uint64_t));
	}
	child->keys = cyg_secret_alloc((size_t)key_len * 2);
	if (!child->keys || (child->replay.window && !child->replay.bits)) {
		child_free(child);
		return CYG_NOMEM;
	}
	replay_restore(&child->replay, wanted->seq_in);
	*out = child;
	return CYG_OK;
}

static enum cyg_status wanted_check(struct tun_shard *s, const struct cyg_kernel_child *wanted,
				    enum cyg_direction what, struct tun_suite **suite)
{
	enum cyg_status status;

	if (wanted->mode != CYG_MODE_TUNNEL)
		return CYG_UNSUPPORTED;
	if (wanted->spi_in <= 255 || !wanted->ts_local || !wanted->ts_remote ||
	    wanted->ts_local->count == 0 || wanted->ts_local->count > CYG_SELECTORS_MAX ||
	    wanted->ts_remote->count == 0 || wanted->ts_remote->count > CYG_SELECTORS_MAX)
		return CYG_MALFORMED;
	status = suite_get(s, wanted->encr, wanted->key_bits, wanted->integ, suite);
	if (status != CYG_OK)
		return status;
	if ((what & CYG_INBOUND && wanted->key_in.len != (*suite)->esp.ops->key_len) ||
	    (what & CYG_OUTBOUND && (wanted->key_out.len != (*suite)->esp.ops->key_len ||
				     wanted->spi_out <= 255)))
		return CYG_MALFORMED;
	if (!wanted->udp_encap && s->raw[wanted->remote.ip.family == CYG_IPV6].fd < 0) {
		char text[CYG_ENDPOINT_TEXT];

		cyg_log(CYG_LOG_WARNING, "kernel.no-raw-esp",
			"{peer}: ESP without UDP needs a raw socket, and there is none for this family; "
			"ESP in UDP works",
			F_STR("peer", cyg_endpoint_text(&wanted->remote, text)));
		return CYG_UNSUPPORTED;
	}
	return CYG_OK;
}

enum cyg_status tun_child_add(struct tun_shard *s, const struct cyg_kernel_child *wanted,
			      enum cyg_direction what)
{
	struct spi_slot *slot = spi_find(&s->spis, wanted->spi_in);
	struct tun_child *child = slot ? slot->child : NULL;
	bool fresh = !child;
	struct tun_suite *suite;
	enum cyg_status status;

	status = wanted_check(s, wanted, what, &suite);
	if (status != CYG_OK)
		return status;
	if (child && ((what & CYG_INBOUND && child->in) || (what & CYG_OUTBOUND && child->out) ||
		      child->suite != suite))
		return CYG_EXISTS;
	if (fresh) {
		struct tun_link *link = tun_link_get(s, wanted->interface_id);

		if (!link)
			return CYG_NOMEM;
		status = child_new(s, wanted, suite, link, &child);
		if (status != CYG_OK)
			return status;
	}
	if (what & CYG_OUTBOUND) {
		struct tun_child *old = wanted->replaces ? tun_child_find(s, wanted->replaces) : NULL;

		status = ways_make(child);
		if (status != CYG_OK) {
			if (fresh)
				child_free(child);
			return status;
		}
		if (old)
			routes_take_over(child, old);
		child->spi_out = wanted->spi_out;
		child->seq_out = wanted->seq_out;
		memcpy(child->keys + child->key_in_len, wanted->key_out.ptr, child->key_out_len);
	}
	if (fresh && !slot) {
		status = spi_add(&s->spis, wanted->spi_in, child);
		if (status != CYG_OK) {
			ways_drop(child, true);
			child_free(child);
			return status;
		}
	} else if (fresh) {
		slot->child = child;
	}
	if (fresh) {
		child->link->children++;
		s->child_count++;
		cyg_plugin_use(s->ctx, s->shard);
	}
	if (what & CYG_INBOUND) {
		memcpy(child->keys, wanted->key_in.ptr, child->key_in_len);
		child->in = true;
	}
	if (what & CYG_OUTBOUND)
		child->out = true;
	return CYG_OK;
}

enum cyg_status tun_child_move(struct tun_shard *s, uint32_t spi_in, const struct cyg_endpoint *local,
			       const struct cyg_endpoint *remote, bool udp_encap)
{
	struct tun_child *child = tun_child_find(s, spi_in);

	if (!child)
		return CYG_NOT_FOUND;
	if (!udp_encap && s->raw[remote->ip.family == CYG_IPV6].fd < 0)
		return CYG_UNSUPPORTED;
	child->local = *local;
	child->remote = *remote;
	child->udp_encap = udp_encap;
	child->told = (struct cyg_endpoint){ 0 };
	child->path_asked = false;
	return CYG_OK;
}

static void child_end(struct tun_child *child)
{
	ways_drop(child, true);
	child->link->children--;
	child->shard->child_count--;
	cyg_plugin_release(child->shard->ctx, child->shard->shard);
	child_free(child);
}

void tun_child_remove(struct tun_shard *s, uint32_t spi_in, enum cyg_direction what,
		      struct cyg_kernel_counters *last)
{
	struct tun_child *child = tun_child_find(s, spi_in);

	if (!child)
		return;
	if (last)
		*last = child->counters;
	child->in = child->in && !(what & CYG_INBOUND);
	child->out = child->out && !(what & CYG_OUTBOUND);
	if (child->in || child->out) {
		if (!child->out)
			ways_drop(child, true);
		return;
	}
	spi_remove(&s->spis, spi_in);
	child_end(child);
}

void tun_children_free(struct tun_shard *s)
{
	for (uint32_t i = 0; i < s->spis.capacity; i++) {
		struct tun_child *child = s->spis.slots[i].child;

		if (child)
			child_end(child);
	}
	spi_table_done(&s->spis);
}

static void tell_expiry(struct tun_child *child, enum tun_event_kind kind)
{
	struct tun_event event = { .kind = kind, .owner = child->owner, .spi = child->spi_in };

	tun_event(child->shard, &event);
}

void tun_child_limits(struct tun_child *child, uint64_t total)
{
	if (!child->hard_told &&
	    ((child->hard_octets && total >= child->hard_octets) ||
	     child->seq_out >= (child->esn ? UINT64_MAX : UINT32_MAX))) {
		child->hard_told = child->soft_told = true;
		tell_expiry(child, TUN_EXPIRE_HARD);
	} else if (!child->soft_told && ((child->soft_octets && total >= child->soft_octets) ||
					 (!child->esn && child->seq_out >= TUN_SEQ_SOFT))) {
		child->soft_told = true;
		tell_expiry(child, TUN_EXPIRE_SOFT);
	}
}
