/* SPDX-License-Identifier: MIT */
/*
 * One line for each dead end: the peer, our object and its place, what was offered or said, what of
 * ours came nearest and where it differs, and the command that would mend it.
 */
#include "exchange/exchange.h"

#include "crypto/names.h"

#include <cygnet/log.h>

#include <stdarg.h>
#include <stdio.h>

void why_reset(struct ike_shard *ike)
{
	ike->why.object = NULL;
	ike->why.what[0] = ike->why.offered[0] = ike->why.nearest[0] = ike->why.mend[0] = '\0';
}

void why_object(struct ike_shard *ike, const struct config_head *object)
{
	ike->why.object = object;
}

struct cyg_strbuf why_offered(struct ike_shard *ike)
{
	return CYG_STRBUF(ike->why.offered);
}

void why_nearest(struct ike_shard *ike, const struct trace *trace)
{
	struct cyg_strbuf out = CYG_STRBUF(ike->why.nearest);
	const struct trace_entry *nearest = trace_nearest(trace);

	if (!nearest)
		return;
	if (!ike->why.object)
		ike->why.object = nearest->object;
	cyg_strbuf_addf(&out, "%s (%s) ", nearest->object->name, nearest->object->place);
	trace_entry_text(nearest, &out);
}

void why_mend(struct ike_shard *ike, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(ike->why.mend, sizeof(ike->why.mend), format, args);
	va_end(args);
}

static const char *word_of_type(uint8_t transform)
{
	switch (transform) {
	case CYG_TRANSFORM_ENCR:
		return "encryption";
	case CYG_TRANSFORM_INTEG:
		return "integrity";
	case CYG_TRANSFORM_PRF:
		return "prf";
	default:
		return "group";
	}
}

/* The words by which a proposal would take what the peer offers of one type. */
static void offered_words(const struct sa_payload *sa, uint8_t type, struct cyg_strbuf *out)
{
	for (unsigned i = 0; i < sa->transform_count; i++) {
		const struct transform *t = &sa->transform[i];
		const struct alg_name *alg = alg_by_id(t->type, t->id, t->key_bits);
		bool known = false;

		if (t->type != type || !alg || !alg->word)
			continue;
		for (unsigned j = 0; j < i && !known; j++)
			known = sa->transform[j].type == type && sa->transform[j].id == t->id &&
				sa->transform[j].key_bits == t->key_bits;
		if (!known)
			cyg_strbuf_addf(out, " %s", alg->word);
	}
}

void why_mend_proposal(struct ike_shard *ike, const struct trace *trace, const struct sa_payload *sa)
{
	const struct trace_entry *nearest = trace_nearest(trace);
	char words[160];
	struct cyg_strbuf out = CYG_STRBUF(words);
	uint8_t type;

	if (!nearest)
		return;
	switch (nearest->why) {
	case WHY_ENCR:
		type = CYG_TRANSFORM_ENCR;
		break;
	case WHY_INTEG:
		type = CYG_TRANSFORM_INTEG;
		break;
	case WHY_PRF:
		type = CYG_TRANSFORM_PRF;
		break;
	case WHY_KE:
		type = CYG_TRANSFORM_KE;
		break;
	case WHY_UNLOADED:
		why_mend(ike, "load a plugin that provides it (show plugins detail)");
		return;
	default:
		return;
	}
	offered_words(sa, type, &out);
	if (!out.len)
		return;
	if (sa->proposal_count && sa->proposal[0].protocol == CYG_PROTO_ESP)
		why_mend(ike, "crypto ipsec transform-set %s with %s%s, or another at the peer",
			 nearest->object->name, word_of_type(type), words);
	else
		why_mend(ike, "crypto ikev2 proposal %s / %s%s", nearest->object->name,
			 word_of_type(type), words);
}

const char *why_notify_text(uint16_t type)
{
	switch (type) {
	case CYG_N_NO_PROPOSAL_CHOSEN:
		return "none of our proposals suits the peer: compare proposals on both sides";
	case CYG_N_AUTHENTICATION_FAILED:
		return "the peer does not accept our proof or identity: compare keys, `identity local` here and the peer's match lines";
	case CYG_N_TS_UNACCEPTABLE:
		return "the peer takes none of our traffic selectors: compare tunnel mode and selectors";
	case CYG_N_INTERNAL_ADDRESS_FAILURE:
		return "the peer has no address for us: look at its pool and authorization";
	case CYG_N_FAILED_CP_REQUIRED:
		return "the peer demands that we ask for an address: try `ip address negotiated`";
	case CYG_N_SINGLE_PAIR_REQUIRED:
		return "the peer takes one pair of addresses only";
	case CYG_N_NO_ADDITIONAL_SAS:
		return "the peer takes no more CHILD_SAs";
	case CYG_N_INVALID_SYNTAX:
		return "the peer could not read what we sent";
	case CYG_N_UNSUPPORTED_CRITICAL_PAYLOAD:
		return "the peer does not know a payload that we need";
	case CYG_N_INVALID_MAJOR_VERSION:
		return "the peer does not speak IKEv2";
	case CYG_N_INVALID_KE_PAYLOAD:
		return "the peer wants another key exchange group";
	case CYG_N_TEMPORARY_FAILURE:
		return "the peer is busy with the same SA";
	case CYG_N_CHILD_SA_NOT_FOUND:
		return "the peer does not have that CHILD_SA any more";
	case CYG_N_INVALID_IKE_SPI:
	case CYG_N_INVALID_SPI:
		return "the peer does not have that SA any more";
	default:
		return "see the peer's log";
	}
}

void why_log(struct ike_sa *sa, bool child, uint16_t notify, const char *format, ...)
{
	struct dead_end *why = &sa->ike->why;
	const struct config_head *object = why->object;
	char line[1400], object_text[CONFIG_NAME_MAX + CONFIG_PLACE_MAX + 8] = "", storage[16];
	struct cyg_strbuf out = CYG_STRBUF(line), ours = CYG_STRBUF(object_text);
	va_list args;

	va_start(args, format);
	vsnprintf(why->what, sizeof(why->what), format, args);
	va_end(args);
	if (!object && sa->profile)
		object = &sa->profile->head;
	if (!object && sa->interface)
		object = &sa->interface->head;
	if (object)
		cyg_strbuf_addf(&ours, "%s (%s)", object->name, object->place);
	cyg_strbuf_add(&out, cyg_str(why->what));
	if (object)
		cyg_strbuf_addf(&out, "; our %s", object_text);
	if (why->offered[0])
		cyg_strbuf_addf(&out, "; offered: %s", why->offered);
	if (why->nearest[0])
		cyg_strbuf_addf(&out, "; nearest: %s", why->nearest);
	if (why->mend[0])
		cyg_strbuf_addf(&out, "; try: %s", why->mend);
	if (child)
		sa->ike->counters.child_failed++;
	cyg_log_limited(CYG_LOG_WARNING, child ? "child.failed" : "ike.failed", "{peer}: {line}",
			F_ENDPOINT("peer", &sa->d.remote), F_ENDPOINT("local", &sa->d.local),
			F_STR("line", line), F_STR("object", object_text), F_STR("what", why->what),
			F_STR("offered", why->offered), F_STR("nearest", why->nearest),
			F_STR("mend", why->mend), F_IDENTITY("id", sa->remote_id),
			F_STR("notify", notify ? notify_name(notify, storage) : ""));
}
