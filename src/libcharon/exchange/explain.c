/* SPDX-License-Identifier: MIT */
/*
 * One line for each dead end: the peer, our object and its place, what was offered or said, what of
 * ours came nearest and where it differs, and the command that would mend it.
 */
#include "exchange/exchange.h"

#include "crypto/names.h"
#include "exchange/diagnose.h"
#include "policy/proposal.h"
#include "registry/registry.h"

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

void why_unloaded(struct ike_shard *ike, const struct trace_entry *entry, bool esp)
{
	enum cyg_feature_kind kind = CYG_CIPHER;
	char text[sizeof(ike->why.mend)];
	struct cyg_strbuf out = CYG_STRBUF(text);

	if (entry->why == WHY_KERNEL && entry->transform == CYG_TRANSFORM_ESN) {
		why_mend(ike, "proposals without extended sequence numbers at the peer: %s has none with these algorithms",
			 ike->kernel->name);
		return;
	}
	if (entry->why == WHY_KERNEL) {
		why_mend(ike, "crypto ipsec transform-set %s with algorithms that %s carries (esp-gcm, or esp-aes with a hash)",
			 entry->object->name, ike->kernel->name);
		return;
	}
	switch (entry->transform) {
	case CYG_TRANSFORM_ENCR:
		kind = esp ? CYG_ESP : CYG_CIPHER;
		break;
	case CYG_TRANSFORM_INTEG:
		kind = CYG_MAC;
		break;
	case CYG_TRANSFORM_PRF:
		kind = CYG_PRF;
		break;
	default:
		kind = CYG_KE;
		break;
	}
	registry_missing_text(ike->shard, kind, entry->number, entry->key_bits, &out);
	why_mend(ike, "%s", text);
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

/* As `crypto ipsec transform-set NAME` names them; nothing is written if it cannot. */
static void esp_words(const struct encr_choice *encr_of, uint16_t integ_of, struct cyg_strbuf *out)
{
	static const struct { uint16_t id; const char *word; } encr[] = {
		{ CYG_ENCR_3DES, "esp-3des" },       { CYG_ENCR_NULL, "esp-null" },
		{ CYG_ENCR_AES_CBC, "esp-aes" },     { CYG_ENCR_AES_GCM_16, "esp-gcm" },
		{ CYG_ENCR_NULL_AUTH_AES_GMAC, "esp-gmac" },
		{ CYG_ENCR_CHACHA20_POLY1305, "esp-chacha20-poly1305" },
	}, integ[] = {
		{ CYG_AUTH_HMAC_MD5_96, "esp-md5-hmac" },
		{ CYG_AUTH_HMAC_SHA1_96, "esp-sha-hmac" },
		{ CYG_AUTH_HMAC_SHA2_256_128, "esp-sha256-hmac" },
		{ CYG_AUTH_HMAC_SHA2_384_192, "esp-sha384-hmac" },
		{ CYG_AUTH_HMAC_SHA2_512_256, "esp-sha512-hmac" },
	};

	for (size_t i = 0; i < CYG_COUNT(encr); i++) {
		if (encr[i].id == encr_of->id)
			cyg_strbuf_addf(out, " %s", encr[i].word);
	}
	if (!out->len)
		return; /* none of ours */
	if (encr_of->key_bits)
		cyg_strbuf_addf(out, " %u", encr_of->key_bits);
	for (size_t i = 0; i < CYG_COUNT(integ); i++) {
		if (integ[i].id == integ_of)
			cyg_strbuf_addf(out, " %s", integ[i].word);
	}
}

void why_mend_set(struct ike_shard *ike, const struct config_transform_set *set, const char *line)
{
	char text[96];
	struct cyg_strbuf out = CYG_STRBUF(text);

	esp_words(&set->encr, set->integ, &out);
	why_mend(ike, "crypto ipsec transform-set %s%s / %s", set->head.name, text, line);
}

/* The transform set that the peer's first ESP proposal is. */
static void mend_transform_set(struct ike_shard *ike, const char *name, const struct sa_payload *sa)
{
	const struct proposal *first = &sa->proposal[0];
	const struct transform *e = NULL, *a = NULL;
	char text[96];
	struct cyg_strbuf out = CYG_STRBUF(text);

	for (unsigned i = 0; i < first->count; i++) {
		const struct transform *t = &sa->transform[first->first + i];

		if (!e && t->type == CYG_TRANSFORM_ENCR)
			e = t;
		if (!a && t->type == CYG_TRANSFORM_INTEG)
			a = t;
	}
	if (!e)
		return;
	esp_words(&(struct encr_choice){ e->id, e->key_bits }, a ? a->id : CYG_AUTH_NONE, &out);
	if (out.len)
		why_mend(ike, "crypto ipsec transform-set %s%s", name, text);
}

/*
 * A proposal of ciphers with their own check needs a PRF and no integrity, one of others needs integrity: to go from one
 * kind to the other is more than one line. False: the peer offers both kinds, or it is not known which.
 */
static bool mend_kind(struct ike_shard *ike, const char *name, const struct sa_payload *sa, const char *encr)
{
	char text[160];
	struct cyg_strbuf words = CYG_STRBUF(text);
	bool aead = false, plain = false;

	for (unsigned i = 0; i < sa->transform_count; i++) {
		const struct transform *t = &sa->transform[i];

		if (t->type == CYG_TRANSFORM_ENCR)
			*(encr_is_aead(t->id) ? &aead : &plain) = true;
	}
	if (aead == plain)
		return false;
	offered_words(sa, aead ? CYG_TRANSFORM_PRF : CYG_TRANSFORM_INTEG, &words);
	if (aead)
		why_mend(ike, "crypto ikev2 proposal %s / no integrity / encryption%s / prf%s", name, encr, text);
	else
		why_mend(ike, "crypto ikev2 proposal %s / encryption%s / integrity%s", name, encr, text);
	return words.len != 0;
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
	case WHY_KERNEL:
		why_unloaded(ike, nearest,
			     sa->proposal_count && sa->proposal[0].protocol == CYG_PROTO_ESP);
		return;
	default:
		return;
	}
	offered_words(sa, type, &out);
	if (!out.len)
		return;
	if (sa->proposal_count && sa->proposal[0].protocol == CYG_PROTO_ESP)
		mend_transform_set(ike, nearest->object->name, sa);
	else if (type == CYG_TRANSFORM_ENCR && !mend_kind(ike, nearest->object->name, sa, words))
		why_mend(ike, "crypto ikev2 proposal %s / encryption%s", nearest->object->name, words);
	else if (type != CYG_TRANSFORM_ENCR)
		why_mend(ike, "crypto ikev2 proposal %s / %s%s", nearest->object->name,
			 word_of_type(type), words);
}

/* What error notifies mean, and where to look. */
static const struct {
	uint16_t type;
	const char *meaning, *mend;
} notifies[] = {
	{ CYG_N_NO_PROPOSAL_CHOSEN, "none of our proposals suits the peer",
	  "crypto ikev2 proposal, with what the peer takes (show crypto ikev2 proposal)" },
	{ CYG_N_AUTHENTICATION_FAILED, "the peer does not accept our identity or our proof of it",
	  "compare pre-shared-key and `identity local` with the peer's keyring and match lines" },
	{ CYG_N_TS_UNACCEPTABLE, "the peer takes none of our traffic selectors",
	  "tunnel mode ipsec ipv4|ipv6, the same as at the peer" },
	{ CYG_N_INTERNAL_ADDRESS_FAILURE, "the peer has no address for us",
	  "a pool in the peer's authorization policy, or a fixed `ip address`" },
	{ CYG_N_FAILED_CP_REQUIRED, "the peer demands that we ask for an address",
	  "ip address negotiated" },
	{ CYG_N_SINGLE_PAIR_REQUIRED, "the peer takes one pair of addresses only",
	  "narrower selectors" },
	{ CYG_N_NO_ADDITIONAL_SAS, "the peer takes no more children", "its limits and its log" },
	{ CYG_N_INVALID_SYNTAX, "the peer could not read what we sent", "debug crypto ikev2 packet" },
	{ CYG_N_UNSUPPORTED_CRITICAL_PAYLOAD, "the peer does not know a payload that we need",
	  "debug crypto ikev2 packet" },
	{ CYG_N_INVALID_MAJOR_VERSION, "the peer does not speak IKEv2", "IKEv2 at the peer" },
	{ CYG_N_INVALID_KE_PAYLOAD, "the peer wants another group",
	  "crypto ikev2 proposal NAME / group, or set pfs, the same as at the peer" },
	{ CYG_N_TEMPORARY_FAILURE, "the peer is busy with the same SA", "waiting" },
	{ CYG_N_CHILD_SA_NOT_FOUND, "the peer does not have that child any more", "clear crypto sa" },
	{ CYG_N_INVALID_IKE_SPI, "the peer does not have that SA any more", "clear crypto ikev2 sa" },
	{ CYG_N_INVALID_MESSAGE_ID, "the peer has answered that message ID already, or does not expect it yet",
	  "clear crypto ikev2 sa, so that both begin anew" },
	{ CYG_N_INVALID_SPI, "the peer got ESP for a child that it does not have", "clear crypto sa" },
	{ CYG_N_INVALID_SELECTORS, "the peer got ESP with addresses outside of the child's selectors",
	  "the routes into the tunnel: show crypto ipsec sa has the selectors" },
};

/* What to do where nobody knew better. */
static const char *mend_by_default(uint16_t notify, bool child)
{
	switch (notify) {
	case CYG_N_INVALID_SYNTAX:
		return "debug crypto ikev2 packet, at the peer too: one of the two breaks RFC 7296";
	case CYG_N_TEMPORARY_FAILURE:
		return "show plugins, and the log of the data plane above";
	case CYG_N_NO_ADDITIONAL_SAS:
		return "clear crypto ikev2 sa of this peer, or its limits";
	case CYG_N_AUTHENTICATION_FAILED:
		return "identities and `authentication` of the profile, compared with the peer's";
	default:
		return child ? "show crypto ipsec profile, compared with the peer's" :
			       "show crypto ikev2 policy, compared with the peer's; debug crypto ikev2 packet";
	}
}

const char *why_notify(struct ike_shard *ike, uint16_t type, bool child)
{
	for (size_t i = 0; i < CYG_COUNT(notifies); i++) {
		if (notifies[i].type != type)
			continue;
		why_mend(ike, "%s", child && type == CYG_N_NO_PROPOSAL_CHOSEN ?
				    "crypto ipsec transform-set, with what the peer takes for ESP" :
				    notifies[i].mend);
		return notifies[i].meaning;
	}
	why_mend(ike, "the peer's log");
	return "an error that says no more";
}

void why_unfinished(struct ike_sa *sa)
{
	const unsigned port = sa->d.nat_local || sa->d.nat_remote ? IKE_NATT_PORT : IKE_PORT;
	const char *object = sa->nego && sa->nego->policy ? sa->nego->policy->head.name : "";
	static const char what[] = "its IKE_SA_INIT was answered, and no IKE_AUTH came that could be read";
	char mend[160], line[320];

	snprintf(mend, sizeof(mend), "reachability of UDP %u both ways, of packets larger than the path's MTU too; the peer's log",
		 port);
	snprintf(line, sizeof(line), "%s; try: %s", what, mend);
	diagnose_note(false, &sa->d.remote, cyg_shard_wall_s(sa->shard), what, object, line);
	cyg_log_limited(CYG_LOG_NOTICE, "ike.unfinished", "{peer}: {line}", F_ENDPOINT("peer", &sa->d.remote),
			F_ENDPOINT("local", &sa->d.local), F_STR("line", line), F_STR("what", what), F_STR("mend", mend));
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
	if (!object && sa->nego && sa->nego->policy)
		object = &sa->nego->policy->head;
	if (!why->mend[0])
		snprintf(why->mend, sizeof(why->mend), "%s", mend_by_default(notify, child));
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
	diagnose_note(child, &sa->d.remote, cyg_shard_wall_s(sa->shard), why->what, object_text, line);
#define FIELDS                                                                              \
	F_ENDPOINT("peer", &sa->d.remote), F_ENDPOINT("local", &sa->d.local), F_STR("line", line), \
		F_STR("object", object_text), F_STR("what", why->what),                     \
		F_STR("offered", why->offered), F_STR("nearest", why->nearest),             \
		F_STR("mend", why->mend), F_IDENTITY("id", sa->remote_id),                  \
		F_STR("notify", notify ? notify_name(notify, storage) : "")
	if (child) {
		sa->ike->counters.child_failed++;
		cyg_log_limited(CYG_LOG_WARNING, "child.failed", "{peer}: {line}", FIELDS);
	} else {
		cyg_log_limited(CYG_LOG_WARNING, "ike.failed", "{peer}: {line}", FIELDS);
	}
#undef FIELDS
}
