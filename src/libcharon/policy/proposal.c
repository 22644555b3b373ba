/* SPDX-License-Identifier: MIT */
#include "policy/proposal.h"

#include "crypto/names.h"

#include <cygnet/plugin.h>

static const uint16_t no_integ[] = { CYG_AUTH_NONE };

bool encr_is_aead(uint16_t encr)
{
	switch (encr) {
	case CYG_ENCR_AES_CCM_16:
	case CYG_ENCR_AES_GCM_8:
	case CYG_ENCR_AES_GCM_12:
	case CYG_ENCR_AES_GCM_16:
	case CYG_ENCR_NULL_AUTH_AES_GMAC:
	case CYG_ENCR_CHACHA20_POLY1305:
		return true;
	default:
		return false;
	}
}

struct wish wish_of_ike(const struct config_proposal *proposal)
{
	return (struct wish){
		.object = &proposal->head,
		.protocol = CYG_PROTO_IKE,
		.encr = proposal->encr, .encr_count = proposal->encr_count,
		.integ = proposal->integ, .integ_count = proposal->integ_count,
		.prf = proposal->prf, .prf_count = proposal->prf_count,
		.group = proposal->group, .group_count = proposal->group_count,
	};
}

struct wish wish_of_esp(const struct config_transform_set *set)
{
	return (struct wish){
		.object = &set->head,
		.protocol = CYG_PROTO_ESP,
		.encr = &set->encr, .encr_count = 1,
		.integ = set->integ == CYG_AUTH_NONE ? no_integ : &set->integ, .integ_count = 1,
		.esn = set->esn,
	};
}

unsigned wishes_of_policy(const struct config_policy *policy, struct wish *out)
{
	unsigned count = 0;

	for (unsigned i = 0; i < policy->proposal_count && count < WISHES_MAX; i++)
		out[count++] = wish_of_ike(policy->proposal[i]);
	return count;
}

/* --- What is loaded --- */

/* WHY_CHOSEN: it can be had. */
static enum trace_why have_encr(struct cyg_shard *shard, const struct wish *wish,
				const struct encr_choice *encr, uint16_t integ, bool esn)
{
	struct cyg_cipher cipher;
	struct cyg_esp esp;

	if (wish->protocol != CYG_PROTO_ESP)
		return cyg_get_cipher(shard, encr->id, encr->key_bits, &cipher) == CYG_OK ? WHY_CHOSEN :
											    WHY_UNLOADED;
	if (cyg_get_esp(shard, encr->id, encr->key_bits, integ, &esp) != CYG_OK)
		return WHY_UNLOADED;
	if (wish->kernel && wish->kernel->can_do(wish->kernel_ctx, shard, encr->id, encr->key_bits, integ,
						 esn) != CYG_OK)
		return WHY_KERNEL;
	return WHY_CHOSEN;
}

static bool have_integ(struct cyg_shard *shard, uint8_t protocol, uint16_t id)
{
	struct cyg_mac mac;

	return protocol == CYG_PROTO_ESP || cyg_get_mac(shard, id, &mac) == CYG_OK;
}

static bool have_prf(struct cyg_shard *shard, uint16_t id)
{
	struct cyg_prf prf;

	return cyg_get_prf(shard, id, &prf) == CYG_OK;
}

static bool have_ke(struct cyg_shard *shard, uint16_t id)
{
	struct cyg_ke ke;

	return cyg_get_ke(shard, id, &ke) == CYG_OK;
}

/* --- Offering --- */

static enum cyg_status offer_add(struct offer *offer, uint8_t type, uint16_t id, uint16_t key_bits)
{
	struct proposal_out *out = &offer->out[offer->count];

	if (offer->transform_count == OFFER_TRANSFORMS_MAX)
		return CYG_LIMIT;
	offer->transform[offer->transform_count++] =
		(struct transform){ .type = type, .id = id, .key_bits = key_bits };
	out->count++;
	return CYG_OK;
}

/* One proposal of the ciphers of one sort. CYG_NOT_FOUND: the wish has none of it. */
static enum cyg_status offer_sort(struct cyg_shard *shard, const struct wish *wish, bool aead,
				  struct offer *offer, struct trace *trace)
{
	struct proposal_out *out = &offer->out[offer->count];
	unsigned first = offer->transform_count, encr = 0, integ = 0, prf = 0, ke = 0, wanted = 0;
	enum cyg_status status = CYG_OK;
	bool esn = wish->esn;
	enum trace_why why;

	*out = (struct proposal_out){ .number = (uint8_t)(offer->count + 1),
				      .protocol = wish->protocol,
				      .transforms = &offer->transform[first] };
	for (unsigned i = 0; status == CYG_OK && i < wish->encr_count; i++) {
		if (encr_is_aead(wish->encr[i].id) != aead)
			continue;
		wanted++;
		why = have_encr(shard, wish, &wish->encr[i], aead ? 0 : wish->integ[0], false);
		if (why != WHY_CHOSEN) {
			trace_add_transform(trace, wish->object, why, CYG_TRANSFORM_ENCR,
					    wish->encr[i].id, wish->encr[i].key_bits);
			continue;
		}
		encr++;
		/* Whatever the peer picks of one proposal must go together. */
		for (unsigned j = 0; esn && j < (aead ? 1 : wish->integ_count); j++)
			esn = have_encr(shard, wish, &wish->encr[i], aead ? 0 : wish->integ[j], true) == WHY_CHOSEN;
		status = offer_add(offer, CYG_TRANSFORM_ENCR, wish->encr[i].id,
				   wish->encr[i].key_bits);
	}
	if (!wanted)
		return CYG_NOT_FOUND;
	for (unsigned i = 0; status == CYG_OK && i < wish->prf_count; i++) {
		if (!have_prf(shard, wish->prf[i])) {
			trace_add_transform(trace, wish->object, WHY_UNLOADED, CYG_TRANSFORM_PRF,
					    wish->prf[i], 0);
			continue;
		}
		prf++;
		status = offer_add(offer, CYG_TRANSFORM_PRF, wish->prf[i], 0);
	}
	for (unsigned i = 0; status == CYG_OK && !aead && i < wish->integ_count; i++) {
		if (!have_integ(shard, wish->protocol, wish->integ[i])) {
			trace_add_transform(trace, wish->object, WHY_UNLOADED, CYG_TRANSFORM_INTEG,
					    wish->integ[i], 0);
			continue;
		}
		integ++;
		status = offer_add(offer, CYG_TRANSFORM_INTEG, wish->integ[i], 0);
	}
	for (unsigned i = 0; status == CYG_OK && !wish->group_ignored && i < wish->group_count; i++) {
		if (!have_ke(shard, wish->group[i])) {
			trace_add_transform(trace, wish->object, WHY_UNLOADED, CYG_TRANSFORM_KE,
					    wish->group[i], 0);
			continue;
		}
		ke++;
		status = offer_add(offer, CYG_TRANSFORM_KE, wish->group[i], 0);
	}
	if (wish->esn && !esn)
		trace_add_transform(trace, wish->object, WHY_KERNEL, CYG_TRANSFORM_ESN, 1, 0);
	if (status == CYG_OK && wish->protocol == CYG_PROTO_ESP && esn)
		status = offer_add(offer, CYG_TRANSFORM_ESN, 1, 0);
	if (status == CYG_OK && wish->protocol == CYG_PROTO_ESP)
		status = offer_add(offer, CYG_TRANSFORM_ESN, 0, 0);
	if (status != CYG_OK)
		return status;
	if (!encr || (!aead && !integ) || (wish->protocol == CYG_PROTO_IKE && (!prf || !ke)) ||
	    (wish->group_count && !wish->group_ignored && !ke)) {
		offer->transform_count = first; /* what is left could not be negotiated */
		return CYG_NOT_FOUND;
	}
	return CYG_OK;
}

enum cyg_status offer_build(struct cyg_shard *shard, const struct wish *wishes, unsigned count,
			    uint8_t spi_len, uint64_t spi, struct offer *out, struct trace *trace)
{
	enum cyg_status status;

	out->count = out->transform_count = 0;
	out->protocol = count ? wishes[0].protocol : CYG_PROTO_NONE;
	for (unsigned i = 0; i < count; i++) {
		/* In the order in which the sorts are first named. */
		bool first = wishes[i].encr_count && encr_is_aead(wishes[i].encr[0].id);

		for (unsigned turn = 0; turn < 2; turn++) {
			if (out->count == OFFER_PROPOSALS_MAX)
				return CYG_LIMIT;
			status = offer_sort(shard, &wishes[i], turn == 0 ? first : !first, out, trace);
			if (status == CYG_NOT_FOUND)
				continue;
			if (status != CYG_OK)
				return status;
			out->out[out->count].spi_len = spi_len;
			out->out[out->count].spi = spi;
			out->wish[out->count] = (uint8_t)i;
			out->count++;
		}
	}
	return out->count ? CYG_OK : CYG_UNSUPPORTED;
}

/* --- Choosing --- */

static bool in_list(const uint16_t *list, unsigned count, uint16_t id)
{
	for (unsigned i = 0; i < count; i++) {
		if (list[i] == id)
			return true;
	}
	return false;
}

static bool encr_admitted(const struct wish *wish, const struct transform *t)
{
	for (unsigned i = 0; i < wish->encr_count; i++) {
		if (wish->encr[i].id == t->id && wish->encr[i].key_bits == t->key_bits)
			return true;
	}
	return false;
}

struct choice {
	struct cyg_shard *shard;
	const struct wish *wish;
	const struct transform *t;
	unsigned count;
	struct trace *trace;
};

static bool offers(const struct choice *c, uint8_t type)
{
	for (unsigned i = 0; i < c->count; i++) {
		if (c->t[i].type == type)
			return true;
	}
	return false;
}

/* Within a type the first that is admitted and loaded; a transform with an unknown attribute never is. */
static bool choose_listed(const struct choice *c, uint8_t type, const uint16_t *list, unsigned count,
			  bool (*have)(struct cyg_shard *shard, uint16_t id), uint16_t first,
			  uint16_t *out)
{
	for (unsigned turn = first ? 0 : 1; turn < 2; turn++) {
		for (unsigned i = 0; i < c->count; i++) {
			const struct transform *t = &c->t[i];

			if (t->type != type || t->unknown_attribute || t->key_bits ||
			    (turn == 0 && t->id != first) || !in_list(list, count, t->id))
				continue;
			if (!have(c->shard, t->id)) {
				trace_add_transform(c->trace, c->wish->object, WHY_UNLOADED, type, t->id,
						    0);
				continue;
			}
			*out = t->id;
			return true;
		}
	}
	return false;
}

static bool have_mac_on_shard(struct cyg_shard *shard, uint16_t id)
{
	return id == CYG_AUTH_NONE || have_integ(shard, CYG_PROTO_IKE, id);
}

static bool have_any(struct cyg_shard *shard, uint16_t id)
{
	(void)shard;
	(void)id;
	return true;
}

/* Integrity for this cipher: none (or the number for none) with an AEAD. */
static bool choose_integ(const struct choice *c, bool aead, uint16_t *out)
{
	*out = CYG_AUTH_NONE;
	if (aead)
		return !offers(c, CYG_TRANSFORM_INTEG) ||
		       choose_listed(c, CYG_TRANSFORM_INTEG, no_integ, 1, have_any, 0, out);
	return choose_listed(c, CYG_TRANSFORM_INTEG, c->wish->integ, c->wish->integ_count,
			     c->wish->protocol == CYG_PROTO_IKE ? have_mac_on_shard : have_any, 0, out) &&
	       *out != CYG_AUTH_NONE;
}

static enum trace_why choose_encr(const struct choice *c, struct suite_ids *ids)
{
	enum trace_why why = WHY_ENCR;

	for (unsigned i = 0; i < c->count; i++) {
		const struct transform *t = &c->t[i];
		struct encr_choice encr = { t->id, t->key_bits };
		enum trace_why lacking;
		uint16_t integ;

		if (t->type != CYG_TRANSFORM_ENCR || t->unknown_attribute ||
		    !encr_admitted(c->wish, t))
			continue;
		if (!choose_integ(c, encr_is_aead(t->id), &integ)) {
			why = WHY_INTEG;
			continue;
		}
		lacking = have_encr(c->shard, c->wish, &encr, integ, false);
		if (lacking != WHY_CHOSEN) {
			trace_add_transform(c->trace, c->wish->object, lacking,
					    CYG_TRANSFORM_ENCR, t->id, t->key_bits);
			continue;
		}
		ids->encr = t->id;
		ids->key_bits = t->key_bits;
		ids->integ = integ;
		return WHY_CHOSEN;
	}
	return why;
}

static enum trace_why choose_ke(const struct choice *c, uint16_t ke_sent, uint16_t *out)
{
	static const uint16_t none[] = { CYG_KE_NONE };
	const struct wish *wish = c->wish;

	*out = CYG_KE_NONE;
	if (wish->group_ignored)
		return WHY_CHOSEN;
	if (wish->protocol == CYG_PROTO_ESP && (wish->group_optional || !wish->group_count)) {
		if (!offers(c, CYG_TRANSFORM_KE))
			return WHY_CHOSEN;
		if (!ke_sent && choose_listed(c, CYG_TRANSFORM_KE, none, 1, have_any, 0, out))
			return WHY_CHOSEN;
	}
	return choose_listed(c, CYG_TRANSFORM_KE, wish->group, wish->group_count, have_ke, ke_sent,
			     out) ? WHY_CHOSEN : WHY_KE;
}

/* For the suite that was chosen. */
static enum trace_why choose_esn(const struct choice *c, const struct suite_ids *ids, bool *out)
{
	const struct encr_choice encr = { ids->encr, ids->key_bits };

	*out = false;
	if (!offers(c, CYG_TRANSFORM_ESN))
		return WHY_CHOSEN; /* RFC 7296 3.3.3 demands it, some leave it out: none is meant */
	for (unsigned i = 0; i < c->count; i++) {
		if (c->t[i].type != CYG_TRANSFORM_ESN || c->t[i].id > 1 ||
		    (c->t[i].id == 1 && !c->wish->esn))
			continue;
		if (c->t[i].id == 1 && have_encr(c->shard, c->wish, &encr, ids->integ, true) != WHY_CHOSEN) {
			trace_add_transform(c->trace, c->wish->object, WHY_KERNEL, CYG_TRANSFORM_ESN, 1, 0);
			continue;
		}
		*out = c->t[i].id == 1;
		return WHY_CHOSEN;
	}
	return WHY_ESN;
}

static enum trace_why choose_one(const struct choice *c, uint16_t ke_sent, struct chosen *out)
{
	const struct wish *wish = c->wish;
	enum trace_why why;

	for (unsigned i = 0; i < c->count; i++) {
		uint8_t type = c->t[i].type;
		bool known = type == CYG_TRANSFORM_ENCR || type == CYG_TRANSFORM_INTEG ||
			     type == CYG_TRANSFORM_KE ||
			     type == (wish->protocol == CYG_PROTO_IKE ? CYG_TRANSFORM_PRF :
									CYG_TRANSFORM_ESN);

		if (!known) /* a whole proposal is refused for it: RFC 7296 3.3.6 */
			return WHY_UNKNOWN_TRANSFORM;
	}
	why = choose_encr(c, &out->ids);
	if (why != WHY_CHOSEN)
		return why;
	if (wish->protocol == CYG_PROTO_IKE &&
	    !choose_listed(c, CYG_TRANSFORM_PRF, wish->prf, wish->prf_count, have_prf, 0,
			   &out->ids.prf))
		return WHY_PRF;
	why = choose_ke(c, ke_sent, &out->ids.ke);
	if (why != WHY_CHOSEN)
		return why;
	return wish->protocol == CYG_PROTO_ESP ? choose_esn(c, &out->ids, &out->esn) : WHY_CHOSEN;
}

enum cyg_status proposal_choose(struct cyg_shard *shard, const struct wish *wishes, unsigned count,
				const struct sa_payload *sa, uint16_t ke_sent, struct chosen *out,
				struct trace *trace)
{
	for (unsigned i = 0; i < sa->proposal_count; i++) {
		const struct proposal *proposal = &sa->proposal[i];

		for (unsigned j = 0; j < count; j++) {
			struct choice c = { .shard = shard,
					    .wish = &wishes[j],
					    .t = &sa->transform[proposal->first],
					    .count = proposal->count,
					    .trace = trace };
			struct chosen chosen = { .number = proposal->number,
						 .protocol = proposal->protocol,
						 .spi_len = proposal->spi_len,
						 .spi = proposal->spi,
						 .object = wishes[j].object,
						 .wish = j };
			enum trace_why why = WHY_PROTOCOL;

			if (proposal->protocol == wishes[j].protocol)
				why = choose_one(&c, ke_sent, &chosen);
			trace_add(trace, wishes[j].object, why);
			if (why == WHY_CHOSEN) {
				*out = chosen;
				return CYG_OK;
			}
		}
	}
	return CYG_NOT_FOUND;
}

/* --- Confirming --- */

static bool was_offered(const struct proposal_out *out, const struct transform *t)
{
	for (size_t i = 0; i < out->count; i++) {
		if (out->transforms[i].type == t->type && out->transforms[i].id == t->id &&
		    out->transforms[i].key_bits == t->key_bits)
			return true;
	}
	return false;
}

static bool type_offered(const struct proposal_out *out, uint8_t type)
{
	for (size_t i = 0; i < out->count; i++) {
		if (out->transforms[i].type == type)
			return true;
	}
	return false;
}

enum cyg_status proposal_confirm(const struct offer *offer, const struct sa_payload *sa,
				 struct chosen *out)
{
	const struct proposal *proposal = &sa->proposal[0];
	const struct proposal_out *ours;
	struct chosen chosen;
	unsigned seen = 0;

	if (sa->proposal_count != 1 || proposal->number == 0 || proposal->number > offer->count ||
	    proposal->protocol != offer->protocol)
		return CYG_REFUSED;
	ours = &offer->out[proposal->number - 1];
	chosen = (struct chosen){ .number = proposal->number,
				  .protocol = proposal->protocol,
				  .spi_len = proposal->spi_len,
				  .spi = proposal->spi,
				  .wish = offer->wish[proposal->number - 1] };
	for (unsigned i = 0; i < proposal->count; i++) {
		const struct transform *t = &sa->transform[proposal->first + i];

		if (t->type == CYG_TRANSFORM_INTEG && t->id == CYG_AUTH_NONE &&
		    !type_offered(ours, CYG_TRANSFORM_INTEG))
			continue; /* said instead of left out */
		if (t->type >= 8 * sizeof(seen) || seen & 1u << t->type || t->unknown_attribute ||
		    !was_offered(ours, t))
			return CYG_REFUSED;
		seen |= 1u << t->type;
		switch (t->type) {
		case CYG_TRANSFORM_ENCR:
			chosen.ids.encr = t->id;
			chosen.ids.key_bits = t->key_bits;
			break;
		case CYG_TRANSFORM_INTEG:
			chosen.ids.integ = t->id;
			break;
		case CYG_TRANSFORM_PRF:
			chosen.ids.prf = t->id;
			break;
		case CYG_TRANSFORM_KE:
			chosen.ids.ke = t->id;
			break;
		case CYG_TRANSFORM_ESN:
			chosen.esn = t->id == 1;
			break;
		default:
			return CYG_REFUSED;
		}
	}
	for (unsigned type = CYG_TRANSFORM_ENCR; type <= CYG_TRANSFORM_KE; type++) {
		if (type_offered(ours, (uint8_t)type) && !(seen & 1u << type))
			return CYG_REFUSED;
	}
	*out = chosen;
	return CYG_OK;
}

unsigned proposal_transforms(const struct chosen *chosen, struct transform out[5])
{
	unsigned count = 0;

	out[count++] = (struct transform){ .type = CYG_TRANSFORM_ENCR,
					   .id = chosen->ids.encr,
					   .key_bits = chosen->ids.key_bits };
	if (chosen->ids.prf)
		out[count++] = (struct transform){ .type = CYG_TRANSFORM_PRF, .id = chosen->ids.prf };
	if (chosen->ids.integ != CYG_AUTH_NONE)
		out[count++] = (struct transform){ .type = CYG_TRANSFORM_INTEG,
						   .id = chosen->ids.integ };
	if (chosen->ids.ke)
		out[count++] = (struct transform){ .type = CYG_TRANSFORM_KE, .id = chosen->ids.ke };
	if (chosen->protocol == CYG_PROTO_ESP)
		out[count++] = (struct transform){ .type = CYG_TRANSFORM_ESN, .id = chosen->esn };
	return count;
}

/* --- Text --- */

void proposal_offer_text(const struct sa_payload *sa, struct cyg_strbuf *out)
{
	for (unsigned i = 0; i < sa->proposal_count; i++) {
		const struct proposal *proposal = &sa->proposal[i];
		uint8_t type = 0;

		if (i)
			cyg_strbuf_add(out, CYG_STR(" | "));
		for (unsigned j = 0; j < proposal->count; j++) {
			const struct transform *t = &sa->transform[proposal->first + j];

			if (t->type == CYG_TRANSFORM_ESN)
				continue;
			if (type)
				cyg_strbuf_add(out, t->type == type ? CYG_STR(",") : CYG_STR("/"));
			alg_name_add(out, t->type, t->id, t->key_bits);
			type = t->type;
		}
	}
}

static void list_text(struct cyg_strbuf *out, uint8_t type, const uint16_t *list, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		cyg_strbuf_add(out, i ? CYG_STR(",") : CYG_STR("/"));
		alg_name_add(out, type, list[i], 0);
	}
}

void wish_text(const struct wish *wish, struct cyg_strbuf *out)
{
	for (unsigned i = 0; i < wish->encr_count; i++) {
		if (i)
			cyg_strbuf_add(out, CYG_STR(","));
		alg_name_add(out, CYG_TRANSFORM_ENCR, wish->encr[i].id, wish->encr[i].key_bits);
	}
	list_text(out, CYG_TRANSFORM_PRF, wish->prf, wish->prf_count);
	if (wish->integ != no_integ)
		list_text(out, CYG_TRANSFORM_INTEG, wish->integ, wish->integ_count);
	if (!wish->group_ignored)
		list_text(out, CYG_TRANSFORM_KE, wish->group, wish->group_count);
}

void chosen_text(const struct chosen *chosen, struct cyg_strbuf *out)
{
	struct transform t[5];
	unsigned count = proposal_transforms(chosen, t), written = 0;

	for (unsigned i = 0; i < count; i++) {
		if (t[i].type == CYG_TRANSFORM_ESN)
			continue;
		if (written++)
			cyg_strbuf_add(out, CYG_STR("/"));
		alg_name_add(out, t[i].type, t[i].id, t[i].key_bits);
	}
}
