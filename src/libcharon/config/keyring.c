/* SPDX-License-Identifier: MIT */
#include "config/keyring.h"

#include "base/table.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

/* Under what a peer is found. */
enum key_kind { KEY_FQDN, KEY_FQDN_DOMAIN, KEY_EMAIL, KEY_EMAIL_DOMAIN, KEY_ID, KEY_HOSTNAME, KEY_ID_PREFIX, KEY_PREFIX };

#define NAME_MAX_LEN (sizeof((struct config_peer){ 0 }.hostname) - 1) /* of all of them */
#define LENGTHS      129

_Static_assert(sizeof((struct id_match){ 0 }.text) - 1 == NAME_MAX_LEN, "a longer name than can be looked up");

struct key {
	enum key_kind kind;
	struct cyg_str text;
	struct cyg_prefix prefix; /* of the last two kinds */
};

/* The lengths of prefixes that occur, a bit each. */
struct lengths {
	uint64_t bits[(LENGTHS + 63) / 64];
};

struct keyring_index {
	uint64_t seed[2];
	struct table table; /* of places in keyring->peers; a peer has one for each of its keys */
	struct lengths id_lengths[2], lengths[2]; /* IPv4, IPv6 */
	const struct config_peer **any; /* the place of the one with `any`; the longest text wins here too */
};

/* --- Identities --- */

struct cyg_str id_domain(const struct cyg_identity *id)
{
	struct cyg_str name = cyg_str_n((const char *)id->octets, id->len);
	size_t at;

	if (id->type == CYG_ID_FQDN) {
		at = cyg_str_span_until(name, ".");
		return cyg_str_tail(name, at < name.len ? at + 1 : at);
	}
	at = id->type == CYG_ID_RFC822_ADDR ? name.len : 0;
	while (at > 0 && name.ptr[at - 1] != '@')
		at--;
	return cyg_str_tail(name, at ? at : name.len);
}

bool id_address(const struct cyg_identity *id, struct cyg_ip *out)
{
	*out = (struct cyg_ip){ 0 };
	if (id->type == CYG_ID_IPV4_ADDR && id->len == 4)
		out->family = CYG_IPV4;
	else if (id->type == CYG_ID_IPV6_ADDR && id->len == 16)
		out->family = CYG_IPV6;
	else
		return false;
	memcpy(out->octets, id->octets, id->len);
	return true;
}

/* --- Keys --- */

static char folded(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool of_prefix(enum key_kind kind)
{
	return kind == KEY_ID_PREFIX || kind == KEY_PREFIX;
}

static uint64_t key_hash(const struct keyring_index *index, const struct key *key)
{
	uint8_t octets[1 + NAME_MAX_LEN] = { (uint8_t)key->kind };
	size_t len = 1;

	if (of_prefix(key->kind)) {
		octets[len++] = key->prefix.ip.family;
		octets[len++] = key->prefix.len;
		memcpy(octets + len, key->prefix.ip.octets, sizeof(key->prefix.ip.octets));
		len += sizeof(key->prefix.ip.octets);
	} else {
		for (size_t i = 0; i < key->text.len; i++)
			octets[len++] = (uint8_t)(key->kind == KEY_ID ? key->text.ptr[i] : folded(key->text.ptr[i]));
	}
	return table_hash(index->seed, cyg_bytes(octets, len));
}

static bool prefix_equal(const struct cyg_prefix *a, const struct cyg_prefix *b)
{
	return a->len == b->len && cyg_ip_equal(&a->ip, &b->ip);
}

/* Is the peer at this place found under the key? */
static bool has_key(const void *item, const void *wanted)
{
	const struct config_peer *peer = *(const struct config_peer *const *)item;
	const struct key *key = wanted;
	const struct id_match *identity = &peer->identity;
	static const enum id_match_kind kinds[] = {
		[KEY_FQDN] = ID_MATCH_FQDN,		    [KEY_FQDN_DOMAIN] = ID_MATCH_FQDN_DOMAIN,
		[KEY_EMAIL] = ID_MATCH_EMAIL,		    [KEY_EMAIL_DOMAIN] = ID_MATCH_EMAIL_DOMAIN,
		[KEY_ID] = ID_MATCH_KEY_ID,
	};

	switch (key->kind) {
	case KEY_HOSTNAME:
		return peer->hostname[0] && cyg_str_equal_nocase(cyg_str(peer->hostname), key->text);
	case KEY_PREFIX:
		return prefix_equal(&peer->address, &key->prefix);
	case KEY_ID_PREFIX:
		return identity->kind == ID_MATCH_ADDRESS && prefix_equal(&identity->address, &key->prefix);
	case KEY_FQDN:
		if (identity->kind == ID_MATCH_NONE)
			return peer->hostname[0] && cyg_str_equal_nocase(cyg_str(peer->hostname), key->text);
		break;
	default:
		break;
	}
	if (identity->kind != kinds[key->kind])
		return false;
	return key->kind == KEY_ID ? cyg_str_equal(cyg_str(identity->text), key->text)
				   : cyg_str_equal_nocase(cyg_str(identity->text), key->text);
}

/* --- Making --- */

static enum cyg_status add(struct keyring_index *index, const struct config_peer **place, const struct key *key)
{
	uint64_t hash = key_hash(index, key);

	if (table_find(&index->table, hash, has_key, key))
		return CYG_OK;
	return table_add(&index->table, hash, (void *)place);
}

static enum cyg_status add_prefix(struct keyring_index *index, const struct config_peer **place, enum key_kind kind,
				  const struct cyg_prefix *prefix)
{
	struct lengths *lengths = kind == KEY_PREFIX ? index->lengths : index->id_lengths;
	struct key key = { .kind = kind, .prefix = *prefix };

	if (!prefix->ip.family || prefix->len > cyg_ip_bits(prefix->ip.family))
		return CYG_OK;
	lengths[prefix->ip.family == CYG_IPV6].bits[prefix->len / 64] |= UINT64_C(1) << prefix->len % 64;
	return add(index, place, &key);
}

static enum cyg_status add_name(struct keyring_index *index, const struct config_peer **place, enum key_kind kind,
				const char *text)
{
	struct key key = { .kind = kind, .text = cyg_str(text) };

	return add(index, place, &key);
}

static enum cyg_status add_identity(struct keyring_index *index, const struct config_peer **place)
{
	const struct id_match *identity = &(*place)->identity;

	switch (identity->kind) {
	case ID_MATCH_NONE:
		return (*place)->hostname[0] ? add_name(index, place, KEY_FQDN, (*place)->hostname) : CYG_OK;
	case ID_MATCH_ADDRESS:
		return add_prefix(index, place, KEY_ID_PREFIX, &identity->address);
	case ID_MATCH_FQDN:
		return add_name(index, place, KEY_FQDN, identity->text);
	case ID_MATCH_FQDN_DOMAIN:
		return add_name(index, place, KEY_FQDN_DOMAIN, identity->text);
	case ID_MATCH_EMAIL:
		return add_name(index, place, KEY_EMAIL, identity->text);
	case ID_MATCH_EMAIL_DOMAIN:
		return add_name(index, place, KEY_EMAIL_DOMAIN, identity->text);
	case ID_MATCH_KEY_ID:
		return add_name(index, place, KEY_ID, identity->text);
	case ID_MATCH_ANY:
		if (!index->any || strlen(identity->text) > strlen((*index->any)->identity.text))
			index->any = place;
		return CYG_OK;
	}
	return CYG_OK;
}

enum cyg_status keyring_index(struct config_keyring *keyring)
{
	struct keyring_index *index = calloc(1, sizeof(*index));
	enum cyg_status status = CYG_OK;
	ssize_t got;

	if (!index)
		return CYG_NOMEM;
	keyring->index = index;
	do
		got = getrandom(index->seed, sizeof(index->seed), 0);
	while (got < 0 && errno == EINTR);
	if (got != sizeof(index->seed))
		status = CYG_IO;
	for (size_t i = 0; i < keyring->peer_count && status == CYG_OK; i++) {
		const struct config_peer **place = &keyring->peers[i];

		status = add_identity(index, place);
		if (status == CYG_OK && (*place)->hostname[0])
			status = add_name(index, place, KEY_HOSTNAME, (*place)->hostname);
		if (status == CYG_OK)
			status = add_prefix(index, place, KEY_PREFIX, &(*place)->address);
	}
	if (status != CYG_OK)
		keyring_index_done(keyring);
	return status;
}

void keyring_index_done(struct config_keyring *keyring)
{
	if (!keyring->index)
		return;
	table_done(&keyring->index->table);
	free(keyring->index);
	keyring->index = NULL;
}

/* --- Looking up --- */

static const struct config_peer **find(const struct keyring_index *index, const struct key *key)
{
	if (key->text.len > NAME_MAX_LEN)
		return NULL;
	return table_find(&index->table, key_hash(index, key), has_key, key);
}

static const struct config_peer **find_name(const struct keyring_index *index, enum key_kind kind, struct cyg_str text)
{
	struct key key = { .kind = kind, .text = text };

	return find(index, &key);
}

/* From the longest length that occurs to the shortest. */
static const struct config_peer **find_prefix(const struct keyring_index *index, enum key_kind kind,
					      const struct cyg_ip *ip)
{
	const struct lengths *lengths =
		(kind == KEY_PREFIX ? index->lengths : index->id_lengths) + (ip->family == CYG_IPV6);

	for (size_t word = CYG_COUNT(lengths->bits); word-- > 0;) {
		for (uint64_t left = lengths->bits[word]; left;) {
			unsigned bit = 63 - (unsigned)__builtin_clzll(left);
			const struct config_peer **place;
			struct key key = { .kind = kind };

			left &= ~(UINT64_C(1) << bit);
			if (cyg_prefix_make(ip, (unsigned)word * 64 + bit, &key.prefix) != CYG_OK)
				continue;
			place = find(index, &key);
			if (place)
				return place;
		}
	}
	return NULL;
}

/* How much of the identity a peer that does not name all of it names. */
static size_t named(const struct config_peer *peer)
{
	return peer->identity.kind == ID_MATCH_ADDRESS ? peer->identity.address.len : strlen(peer->identity.text);
}

const struct config_peer *keyring_by_identity(const struct config_keyring *keyring, const struct cyg_identity *id)
{
	const struct keyring_index *index = keyring->index;
	struct cyg_str text = cyg_str_n((const char *)id->octets, id->len);
	const struct config_peer **exact = NULL, **part = NULL;
	struct cyg_ip ip;

	if (!index)
		return NULL;
	switch (id->type) {
	case CYG_ID_FQDN:
		exact = find_name(index, KEY_FQDN, text);
		part = exact ? NULL : find_name(index, KEY_FQDN_DOMAIN, id_domain(id));
		break;
	case CYG_ID_RFC822_ADDR:
		exact = find_name(index, KEY_EMAIL, text);
		part = exact ? NULL : find_name(index, KEY_EMAIL_DOMAIN, id_domain(id));
		break;
	case CYG_ID_KEY_ID:
	case CYG_ID_GROUP_NAME:
		exact = find_name(index, KEY_ID, text);
		break;
	case CYG_ID_IPV4_ADDR:
	case CYG_ID_IPV6_ADDR:
		part = id_address(id, &ip) ? find_prefix(index, KEY_ID_PREFIX, &ip) : NULL;
		if (part && named(*part) == cyg_ip_bits(ip.family))
			exact = part;
		break;
	default:
		break;
	}
	if (exact)
		return *exact;
	if (!part || (index->any && (named(*index->any) > named(*part) ||
				     (named(*index->any) == named(*part) && index->any < part))))
		part = index->any;
	return part ? *part : NULL;
}

const struct config_peer *keyring_by_hostname(const struct config_keyring *keyring, struct cyg_str hostname)
{
	const struct config_peer **place = keyring->index ? find_name(keyring->index, KEY_HOSTNAME, hostname) : NULL;

	return place ? *place : NULL;
}

const struct config_peer *keyring_by_address(const struct config_keyring *keyring, const struct cyg_ip *address)
{
	const struct config_peer **place = keyring->index ? find_prefix(keyring->index, KEY_PREFIX, address) : NULL;

	return place ? *place : NULL;
}
