/* SPDX-License-Identifier: MIT */
/*
 * Keyrings at random from a few names and prefixes, so that peers share them, asked for anybody at random: what is found, and
 * what is in the trace, is what a walk over all peers, from the first to the last, comes to.
 */
#include "config/keyring.h"
#include "policy/policy_tests.h"
#include "policy/select.h"

#include <stdio.h>
#include <stdlib.h>

#define ROUNDS    400
#define QUESTIONS 60
#define PEERS_MAX 40

static uint64_t state;
static struct config_peer peers[PEERS_MAX];
static const struct config_peer *places[PEERS_MAX];
static struct config_keyring ring;

static uint32_t draw(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)((state >> 32) * below >> 32);
}

/* --- The walk --- */

/* Does the identity lie in the domain, however deep? A profile's match line has the domain itself alone. */
static bool lies_in(const struct cyg_identity *id, struct cyg_str domain)
{
	struct cyg_str of = id_domain(id);

	while (!cyg_str_equal_nocase(of, domain)) {
		size_t at = cyg_str_span_until(of, ".");

		if (!of.len)
			return false;
		of = cyg_str_tail(of, at < of.len ? at + 1 : at);
	}
	return true;
}

static bool names(const struct id_match *match, const struct cyg_identity *id)
{
	if (match->kind == ID_MATCH_FQDN_DOMAIN || match->kind == ID_MATCH_EMAIL_DOMAIN)
		return id->type == (match->kind == ID_MATCH_FQDN_DOMAIN ? CYG_ID_FQDN : CYG_ID_RFC822_ADDR) &&
		       lies_in(id, cyg_str(match->text));
	return id_match_holds(match, id);
}

static unsigned walk_hit(const struct config_peer *peer, const struct cyg_identity *id, size_t *len)
{
	*len = strlen(peer->identity.text);
	if (peer->identity.kind == ID_MATCH_NONE)
		return id->type == CYG_ID_FQDN && peer->hostname[0] &&
				       cyg_str_equal_nocase(cyg_str_n((const char *)id->octets, id->len), cyg_str(peer->hostname))
			       ? 2
			       : 0;
	if (!names(&peer->identity, id))
		return 0;
	switch (peer->identity.kind) {
	case ID_MATCH_FQDN_DOMAIN:
	case ID_MATCH_EMAIL_DOMAIN:
	case ID_MATCH_ANY:
		return 1;
	case ID_MATCH_ADDRESS:
		*len = peer->identity.address.len;
		return *len == cyg_ip_bits(peer->identity.address.ip.family) ? 2 : 1;
	default:
		return 2;
	}
}

static const struct config_peer *walk(const struct key_wanted *wanted, struct trace *trace)
{
	const struct config_peer *best = NULL;
	unsigned best_hit = 0;
	size_t best_len = 0;

	for (size_t i = 0; i < ring.peer_count; i++) {
		const struct config_peer *peer = places[i];
		size_t len = 0;
		unsigned hit = 0;

		if (wanted->id)
			hit = walk_hit(peer, wanted->id, &len);
		else if (wanted->hostname.len && peer->hostname[0])
			hit = cyg_str_equal_nocase(cyg_str(peer->hostname), wanted->hostname) ? 2 : 0;
		if (hit > best_hit || (hit == 1 && best_hit == 1 && len > best_len)) {
			best = peer;
			best_hit = hit;
			best_len = len;
		}
	}
	for (size_t i = 0; i < ring.peer_count && !best_hit && wanted->address.family; i++) {
		if (places[i]->address.ip.family == wanted->address.family &&
		    cyg_prefix_holds(&places[i]->address, &wanted->address) &&
		    (!best || places[i]->address.len > best->address.len))
			best = places[i];
	}
	for (size_t i = 0; i < ring.peer_count; i++) {
		if (places[i] != best)
			trace_add(trace, &places[i]->head, wanted->id ? WHY_IDENTITY : WHY_ADDRESS);
	}
	if (best)
		trace_add(trace, &best->head,
			  (wanted->local ? &best->key_local : &best->key_remote)->len ? WHY_CHOSEN : WHY_NO_KEY);
	return best;
}

/* --- At random --- */

/* "", "b", "A.b", "c@B.a": labels of one letter of either case. */
static void draw_name(char *out, size_t size, uint32_t shortest)
{
	static const char *const letters[] = { "a", "b", "c", "A", "B" }, *const marks[] = { ".", ".", "@" };
	struct cyg_strbuf name = cyg_strbuf(out, size);
	uint32_t labels = shortest + draw(4);

	out[0] = '\0';
	for (uint32_t i = 0; i < labels; i++) {
		if (i)
			cyg_strbuf_add(&name, cyg_str(marks[draw(CYG_COUNT(marks))]));
		cyg_strbuf_add(&name, cyg_str(letters[draw(CYG_COUNT(letters))]));
	}
}

/* Of few octets, so that prefixes lie in each other. */
static struct cyg_ip draw_ip(void)
{
	struct cyg_ip ip = { .family = draw(2) ? CYG_IPV4 : CYG_IPV6 };

	for (size_t i = 0; i < cyg_ip_len(&ip); i++)
		ip.octets[i] = draw(8) ? 0 : (uint8_t)(0x7f + draw(2));
	return ip;
}

static struct cyg_prefix draw_prefix(void)
{
	struct cyg_ip ip = draw_ip();
	unsigned bits = cyg_ip_bits(ip.family);
	struct cyg_prefix prefix;

	ck_assert_int_eq(cyg_prefix_make(&ip, draw(3) ? draw(bits + 1) : bits, &prefix), CYG_OK);
	return prefix;
}

static void draw_peer(struct config_peer *peer, size_t i)
{
	static uint8_t octet = 'x';

	*peer = (struct config_peer){ .identity.kind = (enum id_match_kind)draw(ID_MATCH_ANY + (draw(4) == 0)) };
	snprintf(peer->head.name, sizeof(peer->head.name), "p%zu", i);
	if (draw(2))
		draw_name(peer->hostname, sizeof(peer->hostname), 0);
	if (draw(2))
		peer->address = draw_prefix();
	if (peer->identity.kind == ID_MATCH_ADDRESS)
		peer->identity.address = draw_prefix();
	else if (peer->identity.kind != ID_MATCH_NONE)
		draw_name(peer->identity.text, sizeof(peer->identity.text), 0);
	if (draw(4))
		peer->key_local = (struct cyg_secret){ &octet, 1 };
	if (draw(4))
		peer->key_remote = (struct cyg_secret){ &octet, 1 };
}

static struct cyg_identity *draw_identity(void)
{
	static const uint8_t types[] = { CYG_ID_FQDN,	CYG_ID_FQDN,	   CYG_ID_RFC822_ADDR,
					 CYG_ID_KEY_ID, CYG_ID_GROUP_NAME, CYG_ID_DER_ASN1_DN };
	struct cyg_identity *id;
	struct cyg_ip ip = draw_ip();
	char name[CYG_IDENTITY_MAX];
	size_t len;

	if (draw(3) == 0) {
		ck_assert_int_eq(cyg_identity_of_ip(&ip, &id), CYG_OK);
		return id;
	}
	draw_name(name, sizeof(name), 1);
	len = strlen(name);
	/* Longer than any name of ours, and one with a NUL where ours ends. */
	if (draw(20) == 0)
		memset(name, 'a', len = sizeof(name));
	else if (draw(20) == 0)
		len++;
	ck_assert_int_eq(cyg_identity_new(types[draw(CYG_COUNT(types))], cyg_bytes(name, len), &id), CYG_OK);
	return id;
}

static void ask(void)
{
	struct cyg_identity *id = draw(3) ? draw_identity() : NULL;
	struct key_wanted wanted = { .id = id, .local = draw(2) };
	struct trace trace = { 0 }, expected = { 0 };
	const struct config_peer *peer, *right;
	char hostname[64];

	draw_name(hostname, sizeof(hostname), 0);
	wanted.hostname = cyg_str(hostname);
	if (draw(3))
		wanted.address = draw_ip();
	right = walk(&wanted, &expected);
	peer = select_peer(&ring, &wanted, &trace);
	ck_assert_msg(peer == right, "%s instead of %s", peer ? peer->head.name : "none", right ? right->head.name : "none");
	ck_assert_uint_eq(trace.count, expected.count);
	for (unsigned i = 0; i < trace.count; i++) {
		ck_assert_ptr_eq(trace.entry[i].object, expected.entry[i].object);
		ck_assert_int_eq(trace.entry[i].why, expected.entry[i].why);
	}
	cyg_identity_unref(id);
}

/* Peers come, go and change on the way, each version of the keyring on top of the one before; the rest are added at the end. */
static void make_ring(size_t count)
{
	static struct config_peer others[PEERS_MAX];
	struct config_keyring before = { 0 };
	uint64_t stamp = 1;

	ck_assert_int_eq(keyring_begin(&before, NULL), CYG_OK);
	for (size_t i = 0; i < count; i++) {
		places[i] = draw(2) ? &others[i] : NULL;
		if (places[i]) {
			draw_peer(&others[i], i);
			ck_assert_int_eq(keyring_add(&before, stamp, places[i], i), CYG_OK);
		}
	}
	ring = (struct config_keyring){ 0 };
	ck_assert_int_eq(keyring_begin(&ring, &before), CYG_OK);
	stamp++;
	for (size_t i = count; i-- > 0;) {
		draw_peer(&peers[i], i);
		if (places[i] && draw(2)) {
			ck_assert_int_eq(keyring_remove(&ring, stamp, places[i], i), CYG_OK);
			places[i] = NULL;
		}
		if (!places[i]) {
			ck_assert_int_eq(keyring_add(&ring, stamp, &peers[i], i), CYG_OK);
			places[i] = &peers[i];
		}
	}
	keyring_done(&before);
	ck_assert_uint_eq(ring.peer_count, count);
}

START_TEST(an_index_finds_whom_a_walk_over_all_peers_finds)
{
	state = UINT64_C(88172645463325252) + (uint64_t)_i;
	for (unsigned round = 0; round < ROUNDS; round++) {
		make_ring(draw(PEERS_MAX + 1));
		for (unsigned i = 0; i < QUESTIONS; i++)
			ask();
		keyring_done(&ring);
		ck_assert_ptr_null(ring.index);
	}
}
END_TEST

START_TEST(a_keyring_without_an_index_finds_nobody)
{
	struct cyg_identity *id;
	struct key_wanted wanted = { .address = { CYG_IPV4, { 10, 0, 0, 1 } } };
	struct trace trace = { 0 };

	peers[0] = (struct config_peer){ .hostname = "a", .address = { wanted.address, 32 } };
	ring = (struct config_keyring){ 0 };
	ck_assert_int_eq(cyg_identity_new(CYG_ID_FQDN, cyg_bytes("a", 1), &id), CYG_OK);
	ck_assert_ptr_null(select_peer(&ring, &wanted, &trace));
	ck_assert_ptr_null(keyring_by_hostname(&ring, CYG_STR("a")));
	ck_assert_ptr_null(keyring_by_identity(&ring, id));
	ck_assert_int_eq(keyring_begin(&ring, NULL), CYG_OK);
	ck_assert_int_eq(keyring_add(&ring, 1, &peers[0], 0), CYG_OK);
	ck_assert_ptr_eq(select_peer(&ring, &wanted, &trace), &peers[0]);
	ck_assert_ptr_eq(keyring_by_hostname(&ring, CYG_STR("A")), &peers[0]);
	ck_assert_ptr_eq(keyring_by_identity(&ring, id), &peers[0]);
	keyring_done(&ring);
	cyg_identity_unref(id);
}
END_TEST

Suite *keyring_suite(void)
{
	Suite *suite = suite_create("keyring");
	TCase *tests = tcase_create("look-up");

	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, an_index_finds_whom_a_walk_over_all_peers_finds, 0, 4);
	tcase_add_test(tests, a_keyring_without_an_index_finds_nobody);
	suite_add_tcase(suite, tests);
	return suite;
}
