/* SPDX-License-Identifier: MIT */
/*
 * Every end of a negotiation is one line: what happened, our object and its place, what was offered, what came
 * nearest, the command that would mend it. A row is a way to fail; its twin is the same with the command given.
 */
#include "testing/engine/engine_tests.h"
#include "testing/engine/kit.h"

#include <stdio.h>
#include <string.h>

#define GCM " encryption aes-gcm-128\n prf sha256\n group 19\n"
#define CBC " encryption aes-cbc-128\n integrity sha256\n group 19\n"

/* --- By configuration --- */

enum defect {
	FINE,
	NO_SPI,            /* the gateway's data plane gives no SPI */
	NO_CHILD,          /* it takes no child */
	NO_SUITE,          /* it carries no AES-GCM */
	NO_CLIENT_SUITE,   /* nor does the client's */
	AUTH_LOST,         /* no IKE_AUTH arrives */
	ALL_LOST,          /* nothing arrives */
	BAD_KE,            /* the initiator's public value is beside the curve */
};

static const struct failing {
	const char *event, *says;
	const char *object, *mend; /* in the same line */
	const char *gateway, *client;
	const char *proposal, *set; /* NULL: AES-GCM */
	const char *gateway_conf, *client_conf; /* of the openssl plugin */
	enum defect defect;
	const char *mended_gateway, *mended_client; /* the twin; both NULL: without what is said above */
} dead_ends[] = {
	{ "child.failed", "no interface of ours takes its traffic", "clients (test:",
	  "crypto ikev2 profile clients / virtual-template 1",
	  .gateway = "crypto ikev2 profile clients\n no virtual-template 1\n",
	  .mended_gateway = "crypto ikev2 profile clients\n no virtual-template 1\n virtual-template 1\n" },
	{ "child.failed", "the session has 0 children already", "clients (test:",
	  "crypto ipsec profile clients / set security-policy limit",
	  .gateway = "crypto ipsec profile clients\n set security-policy limit 0\n",
	  .mended_gateway = "crypto ipsec profile clients\n set security-policy limit 1\n" },
	{ "ike.failed", "no policy of ours is for this local address", "p (test:",
	  "crypto ikev2 policy p / match address local 192.0.2.1",
	  .gateway = "no crypto ikev2 policy default\ncrypto ikev2 policy p\n match address local 192.0.2.77\n",
	  .mended_gateway = "no crypto ikev2 policy default\ncrypto ikev2 policy p\n"
			    " match address local 192.0.2.77\ncrypto ikev2 policy p\n match address local 192.0.2.1\n" },
	{ "ike.failed", "no policy of ours is for this local address", "p (test:",
	  "crypto ikev2 policy p / match address local 192.0.2.2",
	  .client = "no crypto ikev2 policy default\ncrypto ikev2 policy p\n match address local 192.0.2.77\n",
	  .mended_client = "no crypto ikev2 policy default\ncrypto ikev2 policy p\n"
			   " match address local 192.0.2.77\ncrypto ikev2 policy p\n match address local 192.0.2.2\n" },
	{ "ike.failed", "policy p leaves nothing to offer", "p (test:",
	  "no plugin provides ECP-256 (KE 19): openssl leaves it out",
	  .client_conf = "disable = ECP-256\n" },
	{ "ike.failed", "IPsec profile gateway leaves nothing to offer", "gateway (test:",
	  "no plugin provides AES-GCM-128 (ESP 20): openssl leaves it out", .proposal = CBC, .set = "esp-gcm",
	  .client_conf = "disable = AES-GCM-128\n" },
	{ "child.failed", "no ESP proposal of the peer suits us", "clients (test:",
	  "no plugin provides AES-GCM-128 (ESP 20): openssl leaves it out", .proposal = CBC, .set = "esp-gcm",
	  .gateway_conf = "disable = AES-GCM-128\n" },
	{ "ike.failed", "there is no authorization list nowhere", "clients (test:",
	  "aaa authorization network nowhere local",
	  .gateway = "crypto ikev2 profile clients\n aaa authorization group psk list nowhere clients\n",
	  .mended_gateway = "crypto ikev2 profile clients\n aaa authorization group psk list nowhere clients\n"
			    "aaa authorization network nowhere local\n" },
	{ "child.failed", "fake-kernel gave no ESP SPI", "(test:", "show plugins", .defect = NO_SPI },
	{ "child.failed", "fake-kernel did not take the child", "(test:", "show plugins", .defect = NO_CHILD },
	{ "child.failed", "needs an algorithm that the data plane does not carry (AES-GCM-128)", "clients (test:",
	  "crypto ipsec transform-set t with algorithms that fake-kernel carries", .defect = NO_SUITE },
	{ "ike.failed", "needs an algorithm that the data plane does not carry (AES-GCM-128)", "gateway (test:",
	  "crypto ipsec transform-set t with algorithms that fake-kernel carries", .defect = NO_CLIENT_SUITE },
	{ "ike.failed", "nobody answers IKE_AUTH", "gateway (test:", "reachability of UDP 500", .defect = AUTH_LOST },
	{ "ike.failed", "nobody answers IKE_SA_INIT", "Tunnel0 (test:", "reachability of UDP 500 and 4500",
	  .defect = ALL_LOST },
	{ "ike.failed", "the peer's key exchange value is bad", "p (test:", "debug crypto ikev2 packet",
	  .defect = BAD_KE },
};

static enum kit_verdict spoil(struct kit *kit, struct kit_packet *packet, void *ctx)
{
	enum defect defect = *(const enum defect *)ctx;
	static struct message msg;

	(void)kit;
	if (defect == ALL_LOST || (defect == AUTH_LOST && packet->header.exchange == CYG_IKE_AUTH))
		return KIT_DROP;
	if (defect == BAD_KE && packet->from == KIT_CLIENT && packet->header.exchange == CYG_IKE_SA_INIT &&
	    message_read(packet->octets, packet->len, &msg) == CYG_OK && msg.has & HAS_KE)
		packet->octets[msg.ke.data.ptr - packet->octets + 5] ^= 1;
	return KIT_PASS;
}

static struct kit *attempt(const struct failing *row, bool mended)
{
	static enum defect defect;
	const struct kit_setup setup = {
		.openssl_conf = mended ? NULL : row->gateway_conf,
		.client_openssl_conf = mended ? NULL : row->client_conf,
	};
	struct kit *kit = kit_new(&setup);
	struct fake_kernel *k = fake_kernel(kit_shard(kit_gateway(kit), 0));
	const char *proposal = row->proposal ? row->proposal : GCM, *set = row->set ? row->set : "esp-gcm";

	defect = mended ? FINE : row->defect;
	k->refuse_spi = defect == NO_SPI;
	k->refuse_encr = defect == NO_SUITE ? CYG_ENCR_AES_GCM_16 : 0;
	if (defect == NO_CLIENT_SUITE)
		fake_kernel(kit_shard(kit_client(kit), 0))->refuse_encr = CYG_ENCR_AES_GCM_16;
	k->refuse_add = defect == NO_CHILD;
	kit->script = spoil;
	kit->ctx = &defect;
	kit_configure(kit_gateway(kit), kit_gateway_text(proposal, set, mended ? row->mended_gateway : row->gateway));
	kit_configure(kit_client(kit), kit_client_text(proposal, set, mended ? row->mended_client : row->client));
	kit_pass(kit, defect == AUTH_LOST || defect == ALL_LOST ? 70000 : 1500);
	return kit;
}

/* The line of this event that says so; NULL. */
static const char *line_of(const char *event, const char *says)
{
	for (size_t n = 0; n < log_capture_count(event); n++) {
		if (strstr(log_capture_line(event, n), says))
			return log_capture_line(event, n);
	}
	return NULL;
}

static void explained(const char *event, const char *says, const char *object, const char *mend)
{
	const char *line = line_of(event, says);

	if (!line)
		kit_print_log();
	ck_assert_msg(line != NULL, "no %s says: %s", event, says);
	ck_assert_msg(strstr(line, "192.0.2.") != NULL, "no peer: %s", line);
	ck_assert_msg(strstr(line, "; our ") && strstr(line, object), "no object `%s`: %s", object, line);
	ck_assert_msg(strstr(line, "; try: ") && strstr(line, mend), "no mending `%s`: %s", mend, line);
}

START_TEST(an_end_is_told_with_object_place_and_command)
{
	const struct failing *row = &dead_ends[_i];
	struct kit *kit = attempt(row, false);

	ck_assert_uint_eq(kit_children(kit_gateway(kit)), 0);
	explained(row->event, row->says, row->object, row->mend);
	kit_free(kit);
}
END_TEST

START_TEST(with_the_command_given_it_connects)
{
	struct kit *kit = attempt(&dead_ends[_i], true);

	if (!kit_connected(kit))
		kit_print_log();
	ck_assert_msg(kit_connected(kit), "row %d", _i);
	ck_assert_uint_eq(log_capture_count("ike.failed") + log_capture_count("child.failed"), 0);
	kit_free(kit);
}
END_TEST

/* --- By what a peer answers --- */

static const struct transform gcm_128[] = { { .type = CYG_TRANSFORM_ENCR, .id = CYG_ENCR_AES_GCM_16, .key_bits = 128 },
					    { .type = CYG_TRANSFORM_ESN } };
static const struct transform gcm_256[] = { { .type = CYG_TRANSFORM_ENCR, .id = CYG_ENCR_AES_GCM_16, .key_bits = 256 },
					    { .type = CYG_TRANSFORM_ESN } };

#define NO_SA     1u  /* what an answer to a rekey is made of, or not */
#define OTHER_SA  2u
#define NO_SPI_IN 4u
#define NO_TS     8u
#define OTHER_TS  16u
#define MANY_TS   32u
#define TRANSPORT 64u
#define NO_NONCE  128u

static const struct {
	unsigned made_of;
	const char *says, *object, *mend;
} answers[] = {
	{ NO_SA, "the response lacks payloads that it must hold", "(test:", "debug crypto ikev2 packet" },
	{ NO_NONCE, "the response lacks payloads that it must hold", "(test:", "debug crypto ikev2 packet" },
	{ NO_TS, "the answer to CREATE_CHILD_SA lacks payloads", "(test:", "show crypto" },
	{ OTHER_SA, "the peer chose an ESP proposal that we did not offer", "gateway (test:", "debug crypto ikev2 packet" },
	{ NO_SPI_IN, "the peer chose an ESP proposal that we did not offer", "gateway (test:", "debug crypto ikev2 packet" },
	{ OTHER_TS, "the peer answers with traffic selectors that we did not ask for", "Tunnel0 (test:",
	  "the selectors at the peer" },
	{ MANY_TS, "the peer answers with more traffic selectors than we asked for", "Tunnel0 (test:",
	  "the selectors at the peer" },
	{ TRANSPORT, "the peer answers with transport mode, for which we did not ask", "(test:",
	  "debug crypto ikev2 packet" },
};

static enum kit_verdict drop_answers(struct kit *kit, struct kit_packet *packet, void *ctx)
{
	(void)kit;
	(void)ctx;
	return packet->from == KIT_GATEWAY && packet->header.exchange == CYG_CREATE_CHILD_SA ? KIT_DROP : KIT_PASS;
}

/* The client asks for new keys of its child, and hears nothing. */
static struct kit *asking(void)
{
	struct kit *kit = kit_new(NULL);
	struct ike_sa *sa;

	kit_configure(kit_gateway(kit), kit_gateway_text(GCM, "esp-gcm", "crypto ipsec profile clients\n"
							 " set security-association lifetime seconds 86400\n"));
	kit_configure(kit_client(kit), kit_client_text(GCM, "esp-gcm", NULL));
	kit_pass(kit, 1000);
	ck_assert(kit_connected(kit));
	kit->script = drop_answers;
	sa = kit_sa(kit_client(kit));
	sa->children->want_rekey = true;
	driver_pump(sa);
	kit_settle(kit);
	ck_assert_ptr_nonnull(sa->sent);
	ck_assert_uint_eq(sa->sent->exchange, CYG_CREATE_CHILD_SA);
	return kit;
}

/* What the gateway might have answered. */
static void answer(struct kit *kit, uint8_t first, struct cyg_bytes inner)
{
	struct ike_sa *c = kit_sa(kit_client(kit)), *g = kit_sa(kit_gateway(kit));
	uint8_t octets[4096];
	size_t len = kit_forge(kit_gateway(kit), g, CYG_CREATE_CHILD_SA, true, c->sent->message_id, first, inner, octets,
			       sizeof(octets));

	ck_assert_uint_gt(len, 0);
	kit_inject(kit, KIT_CLIENT, octets, len, false);
	kit_settle(kit);
}

static void write_ts(struct chain_writer *c, bool initiator, const struct cyg_selector *selector, unsigned count)
{
	chain_open(c, initiator ? CYG_PAYLOAD_TSI : CYG_PAYLOAD_TSR);
	wire_put_u8(&c->w, (uint8_t)count);
	wire_put_zero(&c->w, 3);
	while (count--) {
		wire_put_u8(&c->w, CYG_TS_IPV4_ADDR_RANGE);
		wire_put_u8(&c->w, 0);
		wire_put_u16(&c->w, 16);
		wire_put_u16(&c->w, 0);
		wire_put_u16(&c->w, 65535);
		wire_put(&c->w, selector->addr.low.octets, 4);
		wire_put(&c->w, selector->addr.high.octets, 4);
	}
	chain_close(c);
}

START_TEST(an_answer_that_does_not_fit_is_told)
{
	static const uint8_t nonce[32] = { 9 };
	const unsigned of = answers[_i].made_of;
	struct kit *kit = asking();
	const struct fake_child *old = fake_active(kit_shard(kit_client(kit), 0));
	struct cyg_selector local = old->ts_local.item[0], remote = old->ts_remote.item[0];
	const struct proposal_out proposal = { .number = 1, .protocol = CYG_PROTO_ESP, .spi_len = 4,
					       .spi = of & NO_SPI_IN ? 0 : 0xabcdef01,
					       .transforms = of & OTHER_SA ? gcm_256 : gcm_128, .count = 2 };
	uint8_t inner[2048], first;
	struct chain_writer chain = chain_inner(inner, sizeof(inner));
	struct cyg_bytes body;

	if (of & OTHER_TS)
		local.addr.low.octets[1] = local.addr.high.octets[1] = 77;
	if (of & TRANSPORT)
		notify_write(&chain, CYG_PROTO_NONE, 0, 0, CYG_N_USE_TRANSPORT_MODE, cyg_bytes(NULL, 0));
	if (!(of & NO_SA))
		sa_write(&chain, &proposal, 1);
	if (!(of & NO_NONCE))
		nonce_write(&chain, cyg_bytes(nonce, sizeof(nonce)));
	if (!(of & NO_TS)) {
		write_ts(&chain, true, &local, of & MANY_TS ? CYG_SELECTORS_MAX + 1 : 1);
		write_ts(&chain, false, &remote, 1);
	}
	body = chain_end(&chain, &first);
	ck_assert_uint_gt(body.len, 0);
	answer(kit, first, body);
	explained("child.failed", answers[_i].says, answers[_i].object, answers[_i].mend);
	ck_assert_uint_eq(kit_up(kit_client(kit)), 1); /* the old child carries on */
	ck_assert_uint_eq(kit_children(kit_client(kit)), 1);
	kit_free(kit);
}
END_TEST

/* All error notifies of RFC 7296 3.10.1, but the two by which a peer says that it is busy with the same. */
static const uint16_t notifies[] = {
	CYG_N_UNSUPPORTED_CRITICAL_PAYLOAD, CYG_N_INVALID_IKE_SPI, CYG_N_INVALID_MAJOR_VERSION, CYG_N_INVALID_SYNTAX,
	CYG_N_INVALID_MESSAGE_ID, CYG_N_INVALID_SPI, CYG_N_NO_PROPOSAL_CHOSEN, CYG_N_INVALID_KE_PAYLOAD,
	CYG_N_AUTHENTICATION_FAILED, CYG_N_SINGLE_PAIR_REQUIRED, CYG_N_NO_ADDITIONAL_SAS,
	CYG_N_INTERNAL_ADDRESS_FAILURE, CYG_N_FAILED_CP_REQUIRED, CYG_N_TS_UNACCEPTABLE, CYG_N_INVALID_SELECTORS,
};

START_TEST(a_peers_notify_is_explained)
{
	struct kit *kit = asking();
	uint8_t inner[64], first;
	struct chain_writer chain = chain_inner(inner, sizeof(inner));
	char says[96], storage[16];
	struct cyg_bytes body;

	notify_write(&chain, CYG_PROTO_NONE, 0, 0, notifies[_i], cyg_bytes("\0\16", 2));
	body = chain_end(&chain, &first);
	answer(kit, first, body);
	snprintf(says, sizeof(says), "the peer answers CREATE_CHILD_SA with %s: ", notify_name(notifies[_i], storage));
	explained("child.failed", says, "(test:", "");
	ck_assert(!kit_said("child.failed", "says no more"));
	ck_assert_str_eq(log_capture_field("child.failed", 0, "notify"), notify_name(notifies[_i], storage));
	kit_free(kit);
}
END_TEST

START_TEST(a_notify_that_nobody_knows_is_told_by_its_number)
{
	struct kit *kit = asking();
	uint8_t inner[64], first;
	struct chain_writer chain = chain_inner(inner, sizeof(inner));
	struct cyg_bytes body;

	notify_write(&chain, CYG_PROTO_NONE, 0, 0, 8191, cyg_bytes(NULL, 0));
	body = chain_end(&chain, &first);
	answer(kit, first, body);
	explained("child.failed", "8191", "(test:", "the peer's log");
	kit_free(kit);
}
END_TEST

static enum kit_verdict hold(struct kit *kit, struct kit_packet *packet, void *ctx)
{
	(void)kit;
	(void)packet;
	(void)ctx;
	return KIT_HOLD;
}

START_TEST(a_call_from_a_link_local_address_is_dropped_and_told)
{
	struct kit *kit = kit_new(NULL);
	struct cyg_datagram d = { 0 };
	struct kit_packet *packet;

	kit->script = hold;
	kit_configure_both(kit, GCM, "esp-gcm");
	kit_pass(kit, 500);
	packet = kit->held;
	ck_assert_ptr_nonnull(packet);
	ck_assert_uint_eq(packet->to, KIT_GATEWAY);
	d = (struct cyg_datagram){ .local = { { CYG_IPV6, { 0xfe, 0x80, [15] = 1 } }, 500, 2 },
				   .remote = { { CYG_IPV6, { 0xfe, 0x80, [15] = 2 } }, 500, 2 },
				   .data = packet->octets, .len = packet->len };
	driver_input(kit_gateway(kit)->ike[0], &d);
	ck_assert_uint_eq(kit_sas(kit_gateway(kit)), 0);
	ck_assert(kit_said("ike.link-local", "[fe80::2]:500: dropped"));
	ck_assert(kit_said("ike.link-local", "fc00::/7"));
	/* The twin: a unique local address is served. */
	d.remote.ip.octets[0] = 0xfd;
	driver_input(kit_gateway(kit)->ike[0], &d);
	ck_assert_uint_eq(kit_sas(kit_gateway(kit)), 1);
	kit_free(kit);
}
END_TEST

Suite *dead_end_suite(void)
{
	Suite *suite = suite_create("dead ends");
	TCase *tcase = tcase_create("dead ends");

	tcase_add_loop_test(tcase, an_end_is_told_with_object_place_and_command, 0, CYG_COUNT(dead_ends));
	tcase_add_loop_test(tcase, with_the_command_given_it_connects, 0, CYG_COUNT(dead_ends));
	tcase_add_loop_test(tcase, an_answer_that_does_not_fit_is_told, 0, CYG_COUNT(answers));
	tcase_add_loop_test(tcase, a_peers_notify_is_explained, 0, CYG_COUNT(notifies));
	tcase_add_test(tcase, a_notify_that_nobody_knows_is_told_by_its_number);
	tcase_add_test(tcase, a_call_from_a_link_local_address_is_dropped_and_told);
	suite_add_tcase(suite, tcase);
	return suite;
}
