/* SPDX-License-Identifier: MIT */
#include "config/keyring.h"

#include "base/table.h"
#include "config/map.h"

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

/* Of one family: how many peers have a prefix of each length, and a bit for each length that occurs. */
struct lengths {
	uint32_t count[LENGTHS];
	uint64_t bits[(LENGTHS + 63) / 64];
};

struct keyring_index {
	uint64_t seed[2];
	struct map peers; /* {0, place} */
	struct map keys;  /* {hash of a key, place}: a peer has one for each of its keys */
	struct map any;	  /* {0, place} of those with `any`; the longest text wins here too */
	struct lengths id_lengths[2], lengths[2]; /* IPv4, IPv6 */
};

/* A peer and where it stands among the others. */
struct found {
	const struct config_peer *peer; /* NULL: none */
	uint64_t place;
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

/* Is the peer found under the key? */
static bool has_key(const struct config_peer *peer, const struct key *key)
{
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

/* The keys of a peer: of its identity, its host name, its address. */
#define PEER_KEYS 3

static void add_key(struct key *keys, unsigned *count, enum key_kind kind, const char *text, const struct cyg_prefix *prefix)
{
	struct key key = { .kind = kind };

	if (prefix && (!prefix->ip.family || prefix->len > cyg_ip_bits(prefix->ip.family)))
		return;
	if (prefix)
		key.prefix = *prefix;
	else
		key.text = cyg_str(text);
	keys[(*count)++] = key;
}

static unsigned keys_of(const struct config_peer *peer, struct key keys[PEER_KEYS])
{
	static const enum key_kind kinds[] = {
		[ID_MATCH_FQDN] = KEY_FQDN,   [ID_MATCH_FQDN_DOMAIN] = KEY_FQDN_DOMAIN,
		[ID_MATCH_EMAIL] = KEY_EMAIL, [ID_MATCH_EMAIL_DOMAIN] = KEY_EMAIL_DOMAIN,
		[ID_MATCH_KEY_ID] = KEY_ID,
	};
	unsigned count = 0;

	switch (peer->identity.kind) {
	case ID_MATCH_NONE:
		if (peer->hostname[0])
			add_key(keys, &count, KEY_FQDN, peer->hostname, NULL);
		break;
	case ID_MATCH_ADDRESS:
		add_key(keys, &count, KEY_ID_PREFIX, NULL, &peer->identity.address);
		break;
	case ID_MATCH_ANY:
		break;
	default:
		add_key(keys, &count, kinds[peer->identity.kind], peer->identity.text, NULL);
	}
	if (peer->hostname[0])
		add_key(keys, &count, KEY_HOSTNAME, peer->hostname, NULL);
	add_key(keys, &count, KEY_PREFIX, NULL, &peer->address);
	return count;
}

/* --- Making --- */

enum cyg_status keyring_begin(struct config_keyring *keyring, const struct config_keyring *from)
{
	struct keyring_index *index = calloc(1, sizeof(*index));
	ssize_t got;

	if (!index)
		return CYG_NOMEM;
	if (from && from->index) {
		*index = *from->index;
		map_copy(&index->peers, &from->index->peers);
		map_copy(&index->keys, &from->index->keys);
		map_copy(&index->any, &from->index->any);
		keyring->peer_count = from->peer_count;
	} else {
		do
			got = getrandom(index->seed, sizeof(index->seed), 0);
		while (got < 0 && errno == EINTR);
		if (got != sizeof(index->seed)) {
			free(index);
			return CYG_IO;
		}
	}
	keyring->index = index;
	return CYG_OK;
}

static void count_length(struct keyring_index *index, const struct key *key, int by)
{
	struct lengths *lengths = key->kind == KEY_PREFIX ? index->lengths : index->id_lengths;
	unsigned len = key->prefix.len;

	lengths += key->prefix.ip.family == CYG_IPV6;
	lengths->count[len] += (uint32_t)by;
	if (lengths->count[len])
		lengths->bits[len / 64] |= UINT64_C(1) << len % 64;
	else
		lengths->bits[len / 64] &= ~(UINT64_C(1) << len % 64);
}

enum cyg_status keyring_add(struct config_keyring *keyring, uint64_t stamp, const struct config_peer *peer, uint64_t place)
{
	struct keyring_index *index = keyring->index;
	struct key keys[PEER_KEYS];
	unsigned count = keys_of(peer, keys);
	void *item = (void *)peer;
	enum cyg_status status = map_put(&index->peers, stamp, (struct map_key){ 0, place }, item);

	if (status == CYG_OK && peer->identity.kind == ID_MATCH_ANY)
		status = map_put(&index->any, stamp, (struct map_key){ 0, place }, item);
	for (unsigned i = 0; i < count && status == CYG_OK; i++) {
		status = map_put(&index->keys, stamp, (struct map_key){ key_hash(index, &keys[i]), place }, item);
		if (status == CYG_OK && of_prefix(keys[i].kind))
			count_length(index, &keys[i], 1);
	}
	keyring->peer_count = map_count(&index->peers);
	return status;
}

enum cyg_status keyring_remove(struct config_keyring *keyring, uint64_t stamp, const struct config_peer *peer, uint64_t place)
{
	struct keyring_index *index = keyring->index;
	struct key keys[PEER_KEYS];
	unsigned count = keys_of(peer, keys);
	enum cyg_status status = map_take(&index->peers, stamp, (struct map_key){ 0, place });

	if (status == CYG_OK && peer->identity.kind == ID_MATCH_ANY)
		status = map_take(&index->any, stamp, (struct map_key){ 0, place });
	for (unsigned i = 0; i < count && status == CYG_OK; i++) {
		status = map_take(&index->keys, stamp, (struct map_key){ key_hash(index, &keys[i]), place });
		if (status == CYG_OK && of_prefix(keys[i].kind))
			count_length(index, &keys[i], -1);
	}
	keyring->peer_count = map_count(&index->peers);
	return status;
}

void keyring_done(struct config_keyring *keyring)
{
	if (!keyring->index)
		return;
	map_done(&keyring->index->peers);
	map_done(&keyring->index->keys);
	map_done(&keyring->index->any);
	free(keyring->index);
	keyring->index = NULL;
}

/* --- Looking up --- */

/* Not `but`; with a kind, of those alone that have an identity of it. */
static struct found find_but(const struct keyring_index *index, const struct key *key, const struct config_peer *but,
			     enum id_match_kind kind)
{
	uint64_t hash = key->text.len > NAME_MAX_LEN ? 0 : key_hash(index, key);
	struct map_key at = { hash, 0 };
	const struct config_peer *peer;

	for (; key->text.len <= NAME_MAX_LEN && (peer = map_next(&index->keys, &at)) && at.high == hash; at.low++) {
		if (peer != but && (!kind || peer->identity.kind == kind) && has_key(peer, key))
			return (struct found){ peer, at.low };
	}
	return (struct found){ 0 };
}

static struct found find_name(const struct keyring_index *index, enum key_kind kind, struct cyg_str text)
{
	struct key key = { .kind = kind, .text = text };

	return find_but(index, &key, NULL, ID_MATCH_NONE);
}

/* Of the domains that a name lies in the longest: what stands behind its first dot, then behind the next one. */
static struct found find_domain(const struct keyring_index *index, enum key_kind kind, struct cyg_str domain)
{
	for (;;) {
		struct found found = find_name(index, kind, domain);
		size_t at = cyg_str_span_until(domain, ".");

		if (found.peer || !domain.len)
			return found;
		domain = cyg_str_tail(domain, at < domain.len ? at + 1 : at);
	}
}

/* From the longest length that occurs to the shortest. */
static struct found find_prefix(const struct keyring_index *index, enum key_kind kind,
				const struct cyg_ip *ip)
{
	const struct lengths *lengths =
		(kind == KEY_PREFIX ? index->lengths : index->id_lengths) + (ip->family == CYG_IPV6);

	for (size_t word = CYG_COUNT(lengths->bits); word-- > 0;) {
		for (uint64_t left = lengths->bits[word]; left;) {
			unsigned bit = 63 - (unsigned)__builtin_clzll(left);
			struct found found;
			struct key key = { .kind = kind };

			left &= ~(UINT64_C(1) << bit);
			if (cyg_prefix_make(ip, (unsigned)word * 64 + bit, &key.prefix) != CYG_OK)
				continue;
			found = find_but(index, &key, NULL, ID_MATCH_NONE);
			if (found.peer)
				return found;
		}
	}
	return (struct found){ 0 };
}

/* How much of the identity a peer that does not name all of it names. */
static size_t named(const struct config_peer *peer)
{
	return peer->identity.kind == ID_MATCH_ADDRESS ? peer->identity.address.len : strlen(peer->identity.text);
}

/* The one with `any` that names most. */
static struct found find_any(const struct keyring_index *index)
{
	const struct config_peer *peer;
	struct found best = { 0 };

	for (struct map_key at = { 0 }; (peer = map_next(&index->any, &at)); at.low++) {
		if (!best.peer || named(peer) > named(best.peer))
			best = (struct found){ peer, at.low };
	}
	return best;
}

const struct config_peer *keyring_by_identity(const struct config_keyring *keyring, const struct cyg_identity *id)
{
	const struct keyring_index *index = keyring->index;
	struct cyg_str text = cyg_str_n((const char *)id->octets, id->len);
	struct found exact = { 0 }, part = { 0 }, any;
	struct cyg_ip ip;

	if (!index)
		return NULL;
	switch (id->type) {
	case CYG_ID_FQDN:
		exact = find_name(index, KEY_FQDN, text);
		if (!exact.peer)
			part = find_domain(index, KEY_FQDN_DOMAIN, id_domain(id));
		break;
	case CYG_ID_RFC822_ADDR:
		exact = find_name(index, KEY_EMAIL, text);
		if (!exact.peer)
			part = find_domain(index, KEY_EMAIL_DOMAIN, id_domain(id));
		break;
	case CYG_ID_KEY_ID:
	case CYG_ID_GROUP_NAME:
		exact = find_name(index, KEY_ID, text);
		break;
	case CYG_ID_IPV4_ADDR:
	case CYG_ID_IPV6_ADDR:
		if (id_address(id, &ip))
			part = find_prefix(index, KEY_ID_PREFIX, &ip);
		if (part.peer && named(part.peer) == cyg_ip_bits(ip.family))
			exact = part;
		break;
	default:
		break;
	}
	if (exact.peer)
		return exact.peer;
	any = find_any(index);
	if (!part.peer || (any.peer && (named(any.peer) > named(part.peer) ||
					(named(any.peer) == named(part.peer) && any.place < part.place))))
		part = any;
	return part.peer;
}

const struct config_peer *keyring_by_hostname(const struct config_keyring *keyring, struct cyg_str hostname)
{
	return keyring->index ? find_name(keyring->index, KEY_HOSTNAME, hostname).peer : NULL;
}

const struct config_peer *keyring_by_address(const struct config_keyring *keyring, const struct cyg_ip *address)
{
	return keyring->index ? find_prefix(keyring->index, KEY_PREFIX, address).peer : NULL;
}

size_t keyring_first(const struct config_keyring *keyring, const struct config_peer **peers, size_t room)
{
	return keyring->index ? map_first(&keyring->index->peers, (void **)peers, room) : 0;
}

/* --- What two have in common --- */

static const struct config_peer *same(const struct config_keyring *keyring, const struct config_peer *peer, bool address)
{
	struct key keys[PEER_KEYS];
	unsigned count = keys_of(peer, keys);

	for (unsigned i = 0; keyring->index && i < count; i++) {
		if ((keys[i].kind == KEY_PREFIX) == address && keys[i].kind != KEY_HOSTNAME)
			return find_but(keyring->index, &keys[i], peer, address ? ID_MATCH_NONE : peer->identity.kind).peer;
	}
	return NULL;
}

const struct config_peer *keyring_same_identity(const struct config_keyring *keyring, const struct config_peer *peer)
{
	/* A host name that is found as an FQDN is no identity. */
	return peer->identity.kind == ID_MATCH_NONE ? NULL : same(keyring, peer, false);
}

const struct config_peer *keyring_same_address(const struct config_keyring *keyring, const struct config_peer *peer)
{
	return same(keyring, peer, true);
}
