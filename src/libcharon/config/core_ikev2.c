/* SPDX-License-Identifier: MIT */
/*
 * IKEv2 proposals, policies and keyrings.
 */
#include "config/building.h"
#include "config/core.h"
#include "config/keyring.h"

#include <stdio.h>
#include <stdlib.h>

#define APPLY(name_)                                                                               \
	static enum cyg_status name_(struct cyg_build *build, void *object,                        \
				     const struct cyg_args *args)

/* --- Proposal --- */

static const struct {
	const char *word;
	uint16_t id, key_bits;
	bool weak;
} ciphers[] = {
	{ "3des", CYG_ENCR_3DES, 0, true },
	{ "aes-cbc-128", CYG_ENCR_AES_CBC, 128, false },
	{ "aes-cbc-192", CYG_ENCR_AES_CBC, 192, false },
	{ "aes-cbc-256", CYG_ENCR_AES_CBC, 256, false },
	{ "aes-gcm-128", CYG_ENCR_AES_GCM_16, 128, false },
	{ "aes-gcm-256", CYG_ENCR_AES_GCM_16, 256, false },
	{ "chacha20-poly1305", CYG_ENCR_CHACHA20_POLY1305, 0, false },
};

static const struct {
	const char *word;
	uint16_t integ, prf;
} hashes[] = {
	{ "md5", CYG_AUTH_HMAC_MD5_96, CYG_PRF_HMAC_MD5 },
	{ "sha1", CYG_AUTH_HMAC_SHA1_96, CYG_PRF_HMAC_SHA1 },
	{ "sha256", CYG_AUTH_HMAC_SHA2_256_128, CYG_PRF_HMAC_SHA2_256 },
	{ "sha384", CYG_AUTH_HMAC_SHA2_384_192, CYG_PRF_HMAC_SHA2_384 },
	{ "sha512", CYG_AUTH_HMAC_SHA2_512_256, CYG_PRF_HMAC_SHA2_512 },
};

static void add_id(uint16_t *list, unsigned *count, uint16_t id)
{
	for (unsigned i = 0; i < *count; i++) {
		if (list[i] == id)
			return;
	}
	if (*count < CONFIG_TRANSFORMS_MAX)
		list[(*count)++] = id;
}

static void weak(struct cyg_build *build, const struct cyg_args *args, size_t n,
		 struct cyg_str word)
{
	cyg_build_at(build, args, "algorithm", n);
	cyg_build_warning(build, "weak-algorithm", "%.*s is weak", (int)word.len, word.ptr);
}

APPLY(apply_encryption)
{
	struct config_proposal *p = object;

	p->encr_count = 0;
	for (size_t n = 0; n < cyg_args_count(args, "algorithm"); n++) {
		struct cyg_str word = cyg_args_nth(args, "algorithm", n);
		bool there = false;

		if (cyg_str_equal(word, CYG_STR("des"))) {
			cyg_build_at(build, args, "algorithm", n);
			cyg_build_error(build, "unsupported",
					"des is broken and not supported: aes-cbc-256, "
					"aes-gcm-256");
			continue;
		}
		for (size_t i = 0; i < CYG_COUNT(ciphers); i++) {
			struct encr_choice choice = { ciphers[i].id, ciphers[i].key_bits };

			if (!cyg_str_equal(word, cyg_str(ciphers[i].word)))
				continue;
			if (ciphers[i].weak)
				weak(build, args, n, word);
			for (unsigned k = 0; k < p->encr_count; k++)
				there |= p->encr[k].id == choice.id &&
					 p->encr[k].key_bits == choice.key_bits;
			if (!there && p->encr_count < CONFIG_TRANSFORMS_MAX)
				p->encr[p->encr_count++] = choice;
		}
	}
	return CYG_OK;
}

static void apply_hashes(struct cyg_build *build, const struct cyg_args *args, bool prf,
			 uint16_t *list, unsigned *count)
{
	*count = 0;
	for (size_t n = 0; n < cyg_args_count(args, "algorithm"); n++) {
		struct cyg_str word = cyg_args_nth(args, "algorithm", n);

		for (size_t i = 0; i < CYG_COUNT(hashes); i++) {
			if (!cyg_str_equal(word, cyg_str(hashes[i].word)))
				continue;
			if (hashes[i].integ == CYG_AUTH_HMAC_MD5_96)
				weak(build, args, n, word);
			add_id(list, count, prf ? hashes[i].prf : hashes[i].integ);
		}
	}
}

APPLY(apply_integrity)
{
	struct config_proposal *p = object;

	apply_hashes(build, args, false, p->integ, &p->integ_count);
	return CYG_OK;
}

APPLY(apply_prf)
{
	struct config_proposal *p = object;

	apply_hashes(build, args, true, p->prf, &p->prf_count);
	return CYG_OK;
}

APPLY(apply_group)
{
	struct config_proposal *p = object;

	p->group_count = 0;
	for (size_t n = 0; n < cyg_args_count(args, "group"); n++) {
		uint64_t group;

		if (cyg_str_to_u64(cyg_args_nth(args, "group", n), 0, UINT16_MAX, &group) != CYG_OK)
			continue;
		cyg_build_at(build, args, "group", n);
		if (core_group(build, group))
			add_id(p->group, &p->group_count, (uint16_t)group);
	}
	return CYG_OK;
}

static void check_proposal(struct cyg_build *build, void *object, struct cyg_str name)
{
	struct config_proposal *p = object;
	char text[120];
	struct cyg_strbuf missing = CYG_STRBUF(text);
	bool own_prf = p->prf_count > 0;
	unsigned aead = 0;

	(void)name;
	for (unsigned i = 0; i < p->encr_count; i++)
		aead += p->encr[i].id == CYG_ENCR_AES_GCM_16 ||
			p->encr[i].id == CYG_ENCR_CHACHA20_POLY1305;
	if (p->encr_count == 0)
		core_lacks(&missing, "`encryption`");
	if (p->encr_count > aead || p->encr_count == 0) {
		if (p->integ_count == 0)
			core_lacks(&missing, "`integrity`");
	} else if (p->integ_count) {
		cyg_build_error(build, "conflict",
				"AES-GCM and ChaCha20-Poly1305 alone take no `integrity`: remove it, "
				"and name a `prf`");
		return;
	} else if (p->prf_count == 0) {
		core_lacks(&missing, "`prf` (AES-GCM and ChaCha20-Poly1305 alone need it)");
	}
	if (p->group_count == 0)
		core_lacks(&missing, "`group`");
	for (unsigned i = 0; !own_prf && i < p->integ_count; i++) {
		for (size_t h = 0; h < CYG_COUNT(hashes); h++) {
			if (hashes[h].integ == p->integ[i])
				add_id(p->prf, &p->prf_count, hashes[h].prf);
		}
	}
	core_finish(build, &p->head, text, "");
}

/* --- Policy --- */

APPLY(apply_policy_fvrf)
{
	struct config_policy *p = object;

	if (cyg_args_has(args, "any"))
		snprintf(p->fvrf, sizeof(p->fvrf), "%s", CONFIG_VRF_ANY);
	else
		core_text(build, args, "vrf", p->fvrf, sizeof(p->fvrf));
	return CYG_OK;
}

APPLY(apply_policy_address)
{
	struct config_policy *p = object;

	if (p->address_count == CONFIG_POLICY_ADDRESSES_MAX) {
		cyg_build_error(build, "range", "a policy has at most %d addresses",
				CONFIG_POLICY_ADDRESSES_MAX);
		return CYG_OK;
	}
	if (core_outer_address(build, args, "host", NULL))
		p->address[p->address_count++] = cyg_args_ip(args, "host");
	return CYG_OK;
}

APPLY(apply_policy_proposal)
{
	struct config_policy *p = object;
	const struct config_proposal *proposal =
		cyg_build_object(build, MODE_PROPOSAL, cyg_args_nth(args, "name", 0));

	p->line_count++;
	if (!proposal)
		return CYG_OK;
	if (p->proposal_count == CONFIG_POLICY_PROPOSALS_MAX) {
		cyg_build_error(build, "range", "a policy has at most %d proposals",
				CONFIG_POLICY_PROPOSALS_MAX);
		return CYG_OK;
	}
	p->proposal[p->proposal_count++] = proposal;
	return CYG_OK;
}

static void check_policy(struct cyg_build *build, void *object, struct cyg_str name)
{
	struct config_policy *p = object;

	(void)name;
	core_finish(build, &p->head, p->line_count ? "" : "`proposal`",
		    p->line_count && !p->proposal_count ? "none of its proposals is complete" : "");
}

/* --- Keyring --- */

APPLY(apply_peer_hostname)
{
	struct config_peer *p = object;

	core_text(build, args, "name", p->hostname, sizeof(p->hostname));
	return CYG_OK;
}

APPLY(apply_peer_address)
{
	struct config_peer *p = object;

	p->address = cyg_args_has(args, "address6") ? cyg_args_prefix(args, "address6", NULL)
						    : cyg_args_prefix(args, "host", "mask");
	if (cyg_ip_is_link_local(&p->address.ip)) {
		cyg_build_at(build, args, "address6", 0);
		cyg_build_error(build, "unsupported",
				"peers are not served at link-local addresses: take a global or a unique local one "
				"(fc00::/7)");
	}
	p->address_place = cyg_build_place(build);
	return CYG_OK;
}

APPLY(apply_peer_identity)
{
	struct config_peer *p = object;

	core_id_match(build, args, &p->identity);
	return CYG_OK;
}

static enum cyg_status read_key(const struct cyg_args *args, struct cyg_secret *out)
{
	return cyg_args_secret(args, cyg_args_has(args, "digits") ? "digits" : "key", out);
}

APPLY(apply_peer_key)
{
	struct config_peer *p = object;
	bool local = !cyg_args_has(args, "remote"), remote = !cyg_args_has(args, "local");
	enum cyg_status status = CYG_OK;

	if (local && remote)
		p->whole_key_place = cyg_build_place(build);
	else if (!p->half_key_place || core_earlier(p->half_key_place, cyg_build_place(build)))
		p->half_key_place = cyg_build_place(build);
	if (local) {
		cyg_secret_done(&p->key_local);
		status = read_key(args, &p->key_local);
	}
	if (remote && status == CYG_OK) {
		cyg_secret_done(&p->key_remote);
		status = read_key(args, &p->key_remote);
	}
	if (status == CYG_NOT_FOUND) {
		p->key_sealed = cyg_args_sealed(args);
		return CYG_OK;
	}
	return status == CYG_OK ? CYG_OK : CYG_NOMEM;
}

static void check_peer(struct cyg_build *build, void *object, struct cyg_str name)
{
	struct config_peer *p = object;
	char text[160];
	struct cyg_strbuf missing = CYG_STRBUF(text);
	bool fqdn = p->identity.kind == ID_MATCH_FQDN || p->identity.kind == ID_MATCH_FQDN_DOMAIN;

	(void)name;
	if (p->whole_key_place && p->half_key_place) {
		cyg_build_at_place(build, core_earlier(p->whole_key_place, p->half_key_place)
						  ? p->half_key_place
						  : p->whole_key_place);
		cyg_build_error(build, "conflict",
				"one key for both directions and keys for one direction exclude "
				"each other");
		return;
	}
	if (p->key_sealed)
		core_lacks(&missing, p->key_sealed);
	else if (!p->whole_key_place && !p->half_key_place)
		core_lacks(&missing, "`pre-shared-key`");
	if (!p->address_place && !p->hostname[0] && p->identity.kind == ID_MATCH_NONE)
		core_lacks(&missing, "`address`, `hostname` or `identity`");
	core_finish(build, &p->head, text, "");
	if (fqdn && !p->address_place) {
		cyg_build_at_place(build, p->identity.place);
		cyg_build_warning(
			build, "no-peer-address",
			"an FQDN without `address` is found by peers that come to us, not when we "
			"call them");
	}
}

static void done_peer(void *object)
{
	struct config_peer *p = object;

	cyg_secret_done(&p->key_local);
	cyg_secret_done(&p->key_remote);
}

/* The peer has been added: does another one have what it has? The one whose line is the later one is told. */
static void tell_pairs(struct cyg_build *build, const struct config_keyring *k, const struct config_peer *peer)
{
	const struct config_peer *a = keyring_same_address(k, peer), *b = peer;

	if (a && core_earlier(b->address_place, a->address_place)) {
		b = a;
		a = peer;
	}
	if (a) {
		build_at_place_of(build, b, b->address_place);
		cyg_build_warning(
			build, "overlap",
			"peer %s has the prefix of peer %s, which is found first by address",
			b->head.name, a->head.name);
	}
	a = keyring_same_identity(k, peer);
	b = peer;
	if (a && core_earlier(b->identity.place, a->identity.place)) {
		b = a;
		a = peer;
	}
	if (a) {
		build_at_place_of(build, b, b->identity.place);
		cyg_build_error(build, "conflict", "peer %s has the identity of peer %s",
				b->head.name, a->head.name);
	}
}

static const char no_index[] = "its peers cannot be indexed: out of memory, or no random numbers";

static void inherit_keyring(void *object, const void *before)
{
	/* Without memory there is no index, which is told with the first peer. */
	(void)!keyring_begin(object, before);
}

static void inner_keyring(struct cyg_build *build, void *object, const struct cyg_inner *change)
{
	struct config_keyring *k = object;
	uint64_t stamp = build_stamp(build);
	enum cyg_status status = k->index ? CYG_OK : change->before ? CYG_NOMEM : keyring_begin(k, NULL);

	if (status == CYG_OK && change->before)
		status = keyring_remove(k, stamp, change->before, change->place);
	if (status == CYG_OK && change->after)
		status = keyring_add(k, stamp, change->after, change->place);
	if (status != CYG_OK)
		cyg_build_unusable(build, no_index);
	else if (change->after)
		tell_pairs(build, k, change->after);
}

static void check_keyring(struct cyg_build *build, void *object, struct cyg_str name)
{
	struct config_keyring *k = object;

	(void)name;
	core_finish(build, &k->head, "", "");
}

static void done_keyring(void *object)
{
	keyring_done(object);
}

/* --- Tables --- */

static const char *const default_name[] = { "default", NULL };
static const char *const default_proposal[] = {
	"encryption aes-cbc-256\nintegrity sha512 sha384\ngroup 19 14 21 5", NULL
};
static const char *const default_policy[] = { "match fvrf any\nproposal default", NULL };

/* clang-format off */
static const struct cyg_mode modes[] = {
	{ .name = MODE_PROPOSAL, .parent = MODE_GLOBAL, .prompt = "config-ikev2-proposal",
	  .what = "IKEv2 proposal", .object_size = sizeof(struct config_proposal), .init = core_init,
	  .check = check_proposal, .smart_defaults = default_name, .default_lines = default_proposal },
	{ .name = MODE_POLICY, .parent = MODE_GLOBAL, .prompt = "config-ikev2-policy",
	  .what = "IKEv2 policy", .object_size = sizeof(struct config_policy), .init = core_init,
	  .check = check_policy, .smart_defaults = default_name, .default_lines = default_policy },
	{ .name = MODE_KEYRING, .parent = MODE_GLOBAL, .prompt = "config-ikev2-keyring",
	  .what = "IKEv2 keyring", .object_size = sizeof(struct config_keyring), .init = core_init,
	  .check = check_keyring, .inherit = inherit_keyring, .inner = inner_keyring, .done = done_keyring },
	{ .name = MODE_PEER, .parent = MODE_KEYRING, .prompt = "config-ikev2-keyring-peer",
	  .what = "IKEv2 keyring peer", .object_size = sizeof(struct config_peer), .init = core_init,
	  .check = check_peer, .done = done_peer },
	{ 0 },
};

#define HASHES "md5|sha1|sha256|sha384|sha512|sha-256>sha256|sha-384>sha384|sha-512>sha512"
#define KEY    "{<key:secret> | hex <digits:hex>}"

static const struct cyg_command commands[] = {
	{ MODE_GLOBAL, "crypto ikev2 proposal <name:name>", "Opens a set of algorithms.",
	  .enters = MODE_PROPOSAL },
	{ MODE_PROPOSAL,
	  "encryption <algorithm:choice(3des|des|aes-cbc-128|aes-cbc-192|aes-cbc-256|aes-gcm-128|"
	  "aes-gcm-256|chacha20-poly1305)>...",
	  "Names ciphers, the preferred one first.", .apply = apply_encryption },
	{ MODE_PROPOSAL, "integrity <algorithm:choice(" HASHES ")>...",
	  "Names integrity algorithms, the preferred one first.", .apply = apply_integrity },
	{ MODE_PROPOSAL, "prf <algorithm:choice(" HASHES ")>...",
	  "Names pseudo-random functions; those of `integrity` if absent.", .apply = apply_prf },
	{ MODE_PROPOSAL, "group <group:uint(1-32)>...", "Names key exchange groups.",
	  .apply = apply_group },

	{ MODE_GLOBAL, "crypto ikev2 policy <name:name>", "Opens a choice of proposals.",
	  .enters = MODE_POLICY },
	{ MODE_POLICY, "match fvrf {any | <vrf:ref(vrf)>}", "Serves this VRF of outer packets.",
	  .apply = apply_policy_fvrf },
	{ MODE_POLICY, "match vrf any", "", .flags = CYG_CMD_WEAK, .spelling = "match fvrf any" },
	{ MODE_POLICY, "match vrf <vrf:name>", "", .flags = CYG_CMD_WEAK, .spelling = "match fvrf <vrf>" },
	{ MODE_POLICY, "match address local <host:ip>", "Serves this local address.",
	  .flags = CYG_CMD_LIST, .apply = apply_policy_address },
	{ MODE_POLICY, "match local address <host:ip>", "", .flags = CYG_CMD_WEAK,
	  .spelling = "match address local <host>" },
	{ MODE_POLICY, "proposal <name:ref(" MODE_PROPOSAL ")>", "Offers a proposal; the first line first.",
	  .flags = CYG_CMD_LIST, .apply = apply_policy_proposal },

	{ MODE_GLOBAL, "crypto ikev2 keyring <name:name>", "Opens a collection of pre-shared keys.",
	  .enters = MODE_KEYRING },
	{ MODE_KEYRING, "peer <name:name>", "Opens a peer.", .enters = MODE_PEER },
	{ MODE_PEER, "description <text:line>", "Says what it is for." },
	{ MODE_PEER, "hostname <name:word>", "Sets the name that the peer is called by.",
	  .apply = apply_peer_hostname },
	{ MODE_PEER, "address {<host:ip4> [<mask:mask>] | <address6:prefix6>}",
	  "Sets where the peer calls from.", .apply = apply_peer_address },
	{ MODE_PEER,
	  "identity {address <host:ip> | fqdn [domain] <text:word> | email [domain] <text:word> | "
	  "key-id <text:word>}",
	  "Sets how the peer identifies.", .apply = apply_peer_identity },
	{ MODE_PEER, "pre-shared-key " KEY, "Sets the key of both directions.", .apply = apply_peer_key },
	{ MODE_PEER, "pre-shared-key local " KEY, "Sets the key that we prove ourselves with.",
	  .apply = apply_peer_key },
	{ MODE_PEER, "pre-shared-key remote " KEY, "Sets the key that the peer proves itself with.",
	  .apply = apply_peer_key },
	{ 0 },
};
/* clang-format on */

const struct cyg_command_table core_ikev2_commands = { .modes = modes,
						       .commands = commands,
						       .next = &core_pki_commands };
