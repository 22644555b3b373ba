/* SPDX-License-Identifier: MIT */
/*
 * Each state against each message that no row of its exchange's table allows: it is refused and nothing changes.
 * The messages are generated: every exchange type, request and response, with no payload, each one, each
 * two, and what each row wants less one of them. Which of them a row allows is read from the tables
 * themselves.
 */
#include "testing/engine/explore_tests.h"
#include "testing/engine/kit_eap.h"

#include "exchange/exchange.h"

#define GCM " encryption aes-gcm-128\n prf sha256\n group 31\n"
#define MESSAGES_MAX 2000

static const struct exchange_def *const defs[] = {
	&exchange_ike_sa_init, &exchange_ike_auth, &exchange_create_child, &exchange_informational,
};

/* --- Payloads --- */

static void put_sa(struct chain_writer *c)
{
	const struct transform transforms[] = { { .type = CYG_TRANSFORM_ENCR, .id = CYG_ENCR_AES_GCM_16,
						  .key_bits = 128 },
						{ .type = CYG_TRANSFORM_ESN, .id = 0 } };
	const struct proposal_out proposal = { .number = 1, .protocol = CYG_PROTO_ESP, .spi_len = 4,
					       .spi = 0x12345678, .transforms = transforms, .count = 2 };

	sa_write(c, &proposal, 1);
}

static void put_ke(struct chain_writer *c)
{
	ke_write(c, CYG_KE_X25519, cyg_bytes("0123456789abcdef0123456789abcdef", 32));
}

static void put_nonce(struct chain_writer *c)
{
	nonce_write(c, cyg_bytes("0123456789abcdef0123456789abcdef", 32));
}

static void put_idi(struct chain_writer *c)
{
	id_write(c, true, CYG_ID_FQDN, cyg_bytes("a.example.org", 13));
}

static void put_idr(struct chain_writer *c)
{
	id_write(c, false, CYG_ID_FQDN, cyg_bytes("a.example.org", 13));
}

static void put_auth(struct chain_writer *c)
{
	auth_write(c, CYG_AUTH_METHOD_PSK, cyg_bytes("0123456789abcdef0123456789abcdef", 32));
}

static void put_ts(struct chain_writer *c, bool initiator)
{
	struct cyg_selectors ts = { .count = 1 };

	ts.item[0].addr.low = (struct cyg_ip){ CYG_IPV4, { 0 } };
	ts.item[0].addr.high = (struct cyg_ip){ CYG_IPV4, { 255, 255, 255, 255 } };
	ts.item[0].port_high = 65535;
	ts_write(c, initiator, &ts);
}

static void put_tsi(struct chain_writer *c)
{
	put_ts(c, true);
}

static void put_tsr(struct chain_writer *c)
{
	put_ts(c, false);
}

static void put_delete(struct chain_writer *c)
{
	const uint32_t spi = 0x0badcafe;

	delete_write(c, CYG_PROTO_ESP, 4, &spi, 1);
}

static void put_delete_ike(struct chain_writer *c)
{
	delete_write(c, CYG_PROTO_IKE, 0, NULL, 0);
}

static void put_eap(struct chain_writer *c)
{
	eap_write(c, cyg_bytes("\1\1\0\5\1", 5));
}

static void put_cookie(struct chain_writer *c)
{
	notify_write(c, CYG_PROTO_NONE, 0, 0, CYG_N_COOKIE, cyg_bytes("12345678", 8));
}

static void put_error(struct chain_writer *c)
{
	notify_write(c, CYG_PROTO_NONE, 0, 0, CYG_N_TEMPORARY_FAILURE, cyg_bytes(NULL, 0));
}

static void put_fatal(struct chain_writer *c)
{
	notify_write(c, CYG_PROTO_NONE, 0, 0, CYG_N_INVALID_SYNTAX, cyg_bytes(NULL, 0));
}

static void put_rekey(struct chain_writer *c)
{
	notify_write(c, CYG_PROTO_ESP, 4, 0x0badcafe, CYG_N_REKEY_SA, cyg_bytes(NULL, 0));
}

static const struct {
	uint32_t has;
	void (*put)(struct chain_writer *c);
} payloads[] = {
	{ HAS_SA, put_sa },         { HAS_KE, put_ke },           { HAS_NONCE, put_nonce },
	{ HAS_IDI, put_idi },       { HAS_IDR, put_idr },         { HAS_AUTH, put_auth },
	{ HAS_TSI, put_tsi },       { HAS_TSR, put_tsr },         { HAS_DELETE, put_delete },
	{ HAS_EAP, put_eap },       { HAS_N_COOKIE, put_cookie }, { HAS_N_ERROR, put_error },
	{ HAS_N_REKEY, put_rekey }, { HAS_N_FATAL, put_fatal },   { HAS_DELETE_IKE, put_delete_ike },
};

static uint32_t generated[MESSAGES_MAX];
static unsigned generated_count;

static void add(uint32_t has)
{
	for (unsigned i = 0; i < generated_count; i++) {
		if (generated[i] == has)
			return;
	}
	KIT_CHECK(generated_count < MESSAGES_MAX);
	generated[generated_count++] = has;
}

static void generate(void)
{
	generated_count = 0;
	add(0);
	for (unsigned i = 0; i < CYG_COUNT(payloads); i++) {
		for (unsigned j = i; j < CYG_COUNT(payloads); j++)
			add(payloads[i].has | payloads[j].has);
	}
	for (unsigned d = 0; d < CYG_COUNT(defs); d++) {
		for (unsigned r = 0; r < defs[d]->count; r++) {
			uint32_t holding = defs[d]->rows[r].holding;

			add(holding);
			for (uint32_t bit = 1; bit; bit <<= 1) {
				if (holding & bit)
					add(holding & ~bit);
			}
		}
	}
}

static bool allowed(uint8_t state, uint8_t exchange, bool response, uint32_t has)
{
	for (unsigned d = 0; d < CYG_COUNT(defs); d++) {
		for (unsigned r = 0; defs[d]->type == exchange && r < defs[d]->count; r++) {
			const struct exchange_row *row = &defs[d]->rows[r];

			if (row->when == state && row->gets == (response ? RESPONSE : REQUEST) &&
			    (has & row->holding) == row->holding)
				return true;
		}
	}
	return false;
}

/* --- States --- */

static enum kit_verdict drop_all(struct kit *kit, struct kit_packet *packet, void *ctx)
{
	return KIT_DROP;
}

static enum kit_verdict pass_some(struct kit *kit, struct kit_packet *packet, void *ctx)
{
	unsigned *left = ctx;

	if (!*left)
		return KIT_DROP;
	--*left;
	return KIT_PASS;
}

enum reach { BY_DATAGRAMS, BY_REKEY, BY_DELETE, BY_LOGIN };

static const struct {
	const char *name;
	uint8_t state;
	unsigned side;
	enum reach how;
	unsigned datagrams;
} states[] = {
	{ "initiator, IKE_SA_INIT sent", IKE_INIT_SENT, KIT_CLIENT, BY_DATAGRAMS, 0 },
	{ "responder, half-open", IKE_INIT_DONE, KIT_GATEWAY, BY_DATAGRAMS, 2 },
	{ "initiator, IKE_AUTH sent", IKE_AUTH_SENT, KIT_CLIENT, BY_DATAGRAMS, 2 },
	{ "initiator, EAP wanted", IKE_EAP_WANTED, KIT_CLIENT, BY_LOGIN, 2 },
	{ "initiator, EAP packet sent", IKE_EAP_SENT, KIT_CLIENT, BY_LOGIN, 4 },
	{ "initiator, AUTH after EAP sent", IKE_PROOF_SENT, KIT_CLIENT, BY_LOGIN, 10 },
	{ "responder, EAP packet awaited", IKE_EAP, KIT_GATEWAY, BY_LOGIN, 4 },
	{ "responder, AUTH after EAP awaited", IKE_EAP_DONE, KIT_GATEWAY, BY_LOGIN, 10 },
	{ "responder, established", IKE_ESTABLISHED, KIT_GATEWAY, BY_DATAGRAMS, 1000 },
	{ "initiator, established", IKE_ESTABLISHED, KIT_CLIENT, BY_DATAGRAMS, 1000 },
	{ "responder, rekeyed", IKE_REKEYED, KIT_GATEWAY, BY_REKEY, 2 },
	{ "responder, deleting", IKE_DELETING, KIT_GATEWAY, BY_DELETE, 0 },
	{ "initiator, deleting", IKE_DELETING, KIT_CLIENT, BY_DELETE, 0 },
};

static unsigned left;

static struct kit *reach(unsigned n, struct ike_sa **sa, struct ike_sa **peer)
{
	bool login = states[n].how == BY_LOGIN;
	struct kit *kit = login ? kit_eap_new(&(struct kit_eap){ .how = KIT_EAP_QUERY }) : kit_new(NULL);
	struct kit_side *side = &kit->side[states[n].side], *other = &kit->side[1 - states[n].side];

	left = states[n].how == BY_DATAGRAMS || login ? states[n].datagrams : 1000;
	kit->script = pass_some;
	kit->ctx = &left;
	if (!login)
		kit_configure_both(kit, GCM, "esp-gcm");
	kit_settle(kit);
	left = states[n].datagrams;
	if (states[n].how == BY_REKEY) {
		struct ike_sa *client = kit_sa(kit_client(kit));

		client->wants |= WANT_REKEY;
		driver_pump(client);
	} else if (states[n].how == BY_DELETE) {
		(void)ike_clear(side->ike[0], NULL, NULL, UINT32_MAX, 10);
	}
	kit_settle(kit);
	kit->script = drop_all;
	*sa = side->ike[0]->oldest;
	*peer = other->ike[0]->oldest;
	ck_assert_ptr_nonnull(*sa);
	ck_assert_msg((*sa)->state == states[n].state, "%s was not reached", states[n].name);
	return kit;
}

struct look {
	unsigned sas, up, children;
	uint8_t state;
	struct ike_durable d;
	uint32_t child_count, wants;
	const struct exchange *ours;
};

/* By octets, padding included: they are compared as such. */
static void look_at(struct kit_side *side, const struct ike_sa *sa, struct look *l)
{
	memset(l, 0, sizeof(*l));
	l->sas = kit_sas(side);
	l->up = kit_up(side);
	l->children = kit_children(side);
	l->state = sa->state;
	memcpy(&l->d, &sa->d, sizeof(l->d));
	/* An answered request, a sealed answer: those move on. */
	l->d.recv_next = 0;
	memset(l->d.recv_seen, 0, sizeof(l->d.recv_seen));
	l->d.iv_next = 0;
	l->child_count = sa->child_count;
	l->wants = sa->wants;
}

static size_t write_clear(const struct ike_sa *sa, uint8_t exchange, bool response, uint32_t message_id,
			  uint32_t has, uint8_t *out, size_t room)
{
	struct ike_header header = {
		.spi_i = sa->d.spi_i,
		.spi_r = sa->d.spi_r ? sa->d.spi_r : response ? 0x1122334455667788 : 0,
		.version = CYG_IKE_VERSION,
		.exchange = exchange,
		.flags = (uint8_t)((sa->d.initiator ? 0 : CYG_FLAG_INITIATOR) |
				   (response ? CYG_FLAG_RESPONSE : 0)),
		.message_id = message_id,
	};
	struct chain_writer c = chain_message(out, room, &header);

	for (unsigned i = 0; i < CYG_COUNT(payloads); i++) {
		if (has & payloads[i].has)
			payloads[i].put(&c);
	}
	return chain_end(&c, NULL).len;
}

static const uint8_t exchanges[] = { CYG_IKE_SA_INIT, CYG_IKE_AUTH, CYG_CREATE_CHILD_SA, CYG_INFORMATIONAL,
				     CYG_IKE_SESSION_RESUME, 43 /* IKE_INTERMEDIATE */, 240 };

/* What has_of() of the driver sees besides. */
static uint32_t seen_as(uint32_t has)
{
	if (has & (HAS_N_INVALID_KE | HAS_N_FATAL))
		has |= HAS_N_ERROR;
	return has & HAS_DELETE_IKE ? has | HAS_DELETE : has;
}

static unsigned long torment(unsigned n)
{
	static uint8_t octets[4000], inner[2000];
	struct ike_sa *sa, *peer;
	struct kit *kit = reach(n, &sa, &peer);
	struct kit_side *side = &kit->side[states[n].side], *other = &kit->side[1 - states[n].side];
	struct look before;
	unsigned long count = 0;

	look_at(side, sa, &before);

	for (unsigned e = 0; e < CYG_COUNT(exchanges); e++) {
		for (unsigned m = 0; m < 2 * generated_count; m++) {
			bool response = m & 1, clear = !sa->keys.octets || exchanges[e] == CYG_IKE_SA_INIT;
			uint32_t has = generated[m / 2];
			uint32_t id = response ? sa->sent ? sa->sent->message_id : sa->d.send_next : sa->d.recv_next;
			struct look after;
			uint8_t first = 0;
			size_t len;

			if (allowed(sa->state, exchanges[e], response, seen_as(has)))
				continue;
			/* A stranger's first message begins an SA of its own. */
			if (exchanges[e] == CYG_IKE_SA_INIT && !response && !sa->d.spi_r)
				continue;
			/* The answer to the exchange under way ends it, in whatever state. */
			if (response && sa->state >= IKE_ESTABLISHED && sa->sent &&
			    sa->sent->exchange == exchanges[e])
				continue;
			if (clear) {
				len = write_clear(sa, exchanges[e], response,
						  exchanges[e] == CYG_IKE_SA_INIT ? 0 : id, has, octets,
						  sizeof(octets));
			} else {
				struct chain_writer c = chain_inner(inner, sizeof(inner));

				for (unsigned i = 0; i < CYG_COUNT(payloads); i++) {
					if (has & payloads[i].has)
						payloads[i].put(&c);
				}
				len = chain_end(&c, &first).len;
				len = kit_forge(other, peer, exchanges[e], response, id, first,
						cyg_bytes(inner, len), octets, sizeof(octets));
			}
			kit_inject(kit, states[n].side, octets, len, sa->d.natt);
			kit_settle(kit);
			count++;
			ck_assert_msg(side->ike[0]->oldest == sa, "%s: exchange %u, %s, holding %x: it is gone",
				      states[n].name, exchanges[e], response ? "response" : "request", has);
			look_at(side, sa, &after);
			ck_assert_msg(memcmp(&before, &after, sizeof(after)) == 0,
				      "%s: exchange %u, %s, holding %x: something changed", states[n].name,
				      exchanges[e], response ? "response" : "request", has);
		}
	}
	kit_eap_free(kit);
	return count;
}

START_TEST(what_no_row_allows_is_refused_and_changes_nothing)
{
	unsigned long count;

	generate();
	count = torment((unsigned)_i);
	printf("  %s: %lu messages that no row allows\n", states[_i].name, count);
	fflush(stdout);
	ck_assert_uint_ge(count, 500);
}
END_TEST

static unsigned responder_established(void)
{
	unsigned n = 0;

	while (states[n].state != IKE_ESTABLISHED || states[n].side != KIT_GATEWAY)
		n++;
	return n;
}

/* The twin: what a row allows does change something, so the look would have seen it. */
START_TEST(what_a_row_allows_is_seen_to_change_something)
{
	static uint8_t octets[4000], inner[2000];
	struct ike_sa *sa, *peer;
	struct kit *kit = reach(responder_established(), &sa, &peer);
	struct look before, after;
	struct chain_writer c = chain_inner(inner, sizeof(inner));
	uint8_t first;
	size_t len;

	look_at(kit_gateway(kit), sa, &before);
	delete_write(&c, CYG_PROTO_ESP, 4, &sa->children->d.spi_out, 1);
	len = chain_end(&c, &first).len;
	len = kit_forge(kit_client(kit), peer, CYG_INFORMATIONAL, false, sa->d.recv_next, first,
			cyg_bytes(inner, len), octets, sizeof(octets));
	kit_inject(kit, KIT_GATEWAY, octets, len, false);
	kit_settle(kit);
	look_at(kit_gateway(kit), sa, &after);
	ck_assert_int_ne(memcmp(&before, &after, sizeof(after)), 0);
	kit_free(kit);
}
END_TEST

Suite *refused_suite(void)
{
	Suite *suite = suite_create("refused");
	TCase *tcase = tcase_create("refused");

	tcase_set_timeout(tcase, 300);
	tcase_add_loop_test(tcase, what_no_row_allows_is_refused_and_changes_nothing, 0, CYG_COUNT(states));
	tcase_add_test(tcase, what_a_row_allows_is_seen_to_change_something);
	suite_add_tcase(suite, tcase);
	return suite;
}
