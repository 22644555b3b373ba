/* SPDX-License-Identifier: MIT */
/*
 * NAT detection (RFC 7296 2.23): hashes of both endpoints go along in IKE_SA_INIT; what does not match
 * what we see was changed on the way. Where the data plane has no raw ESP, or the profile wants none, our source hash is
 * a false one, so that both sides use UDP.
 */
#include "config/objects.h"
#include "exchange/exchange.h"

#include <cygnet/cursor.h>

static enum cyg_status hash_of(struct ike_sa *sa, uint64_t spi_i, uint64_t spi_r,
			       const struct cyg_endpoint *endpoint, uint8_t out[NAT_HASH_LEN])
{
	uint8_t spis[16];
	struct wire_writer w = wire_writer(spis, sizeof(spis));
	struct cyg_hash sha1;
	enum cyg_status status = cyg_get_hash(sa->shard, CYG_HASH_SHA1, &sha1);

	if (status != CYG_OK)
		return status;
	wire_put_u64(&w, spi_i);
	wire_put_u64(&w, spi_r);
	return nat_hash(&sha1, spis, spis + 8, endpoint, out);
}

static bool raw_esp(struct ike_sa *sa)
{
	if (sa->profile && sa->profile->force_encap)
		return false;
	return engine_kernel(sa->ike) == CYG_OK && (sa->ike->kernel->features & CYG_KERNEL_CAN_RAW_ESP);
}

/* Both sides are to use UDP although no NAT may be there: the data plane, or whoever configured it, wants so. */
static bool udp_only(struct ike_sa *sa)
{
	return !raw_esp(sa) || (sa->d.initiator && sa->profile && sa->profile->force_encap);
}

void ext_nat_add(struct exchange *x, uint64_t spi_i, uint64_t spi_r)
{
	struct ike_sa *sa = x->sa;
	uint8_t hash[NAT_HASH_LEN];

	/* Without SHA-1 there is no detection: the peer then takes us for one without NAT traversal. */
	if (hash_of(sa, spi_i, spi_r, x->ours ? &sa->d.local : &x->local, hash) != CYG_OK)
		return;
	if (udp_only(sa))
		hash[0] = (uint8_t)~hash[0];
	notify_write(x->out, CYG_PROTO_NONE, 0, 0, CYG_N_NAT_DETECTION_SOURCE_IP,
		     cyg_bytes(hash, sizeof(hash)));
	if (hash_of(sa, spi_i, spi_r, x->ours ? &sa->d.remote : &x->remote, hash) != CYG_OK)
		return;
	notify_write(x->out, CYG_PROTO_NONE, 0, 0, CYG_N_NAT_DETECTION_DESTINATION_IP,
		     cyg_bytes(hash, sizeof(hash)));
}

void ext_nat_read(struct exchange *x)
{
	struct ike_sa *sa = x->sa;
	const struct message *msg = x->msg;
	uint8_t ours[NAT_HASH_LEN], theirs[NAT_HASH_LEN];
	bool source_seen = false, source_right = false, target_seen = false, target_right = false;

	if (hash_of(sa, msg->header.spi_i, msg->header.spi_r, &sa->d.local, ours) != CYG_OK ||
	    hash_of(sa, msg->header.spi_i, msg->header.spi_r, &sa->d.remote, theirs) != CYG_OK)
		return;
	/* A peer may list several sources; one that fits is enough. */
	for (unsigned i = 0; i < msg->notify_count; i++) {
		const struct notify_payload *n = &msg->notify[i];

		if (n->type == CYG_N_NAT_DETECTION_SOURCE_IP) {
			source_seen = true;
			source_right |= cyg_bytes_equal(n->data, cyg_bytes(theirs, sizeof(theirs)));
		} else if (n->type == CYG_N_NAT_DETECTION_DESTINATION_IP) {
			target_seen = true;
			target_right |= cyg_bytes_equal(n->data, cyg_bytes(ours, sizeof(ours)));
		}
	}
	if (!source_seen || !target_seen)
		return;
	sa->d.nat_remote = !source_right;
	sa->d.nat_local = !target_right;
	if (udp_only(sa) && !sa->d.nat_remote)
		sa->d.nat_local = true; /* what we made the peer believe */
}
