/* SPDX-License-Identifier: MIT */
/* What a child carries: selectors and their narrowing, transport mode, extended sequence numbers. */
#include "policy/selectors.h"
#include "testing/engine/engine_tests.h"
#include "testing/engine/kit.h"

#define GCM " encryption aes-gcm-128\n prf sha256\n group 19\n"

/* --- Transport mode --- */

#define GRE_GATEWAY "interface Virtual-Template1 type tunnel\n tunnel mode gre ip\n" \
		    "crypto ikev2 profile clients\n no aaa authorization group psk list here clients\n"
#define GRE_CLIENT  "interface Tunnel0\n ip address 10.1.1.1 255.255.255.0\n tunnel mode gre ip\n"
#define TRANSPORT   "crypto ipsec transform-set t esp-gcm\n mode transport\n"
#define REQUIRE     "crypto ipsec transform-set t esp-gcm\n mode transport require\n"

static const struct {
	const char *gateway, *client;
	bool no_transport;              /* of the gateway's data plane */
	bool up, transport;
	const char *said;               /* of the one who refuses */
	bool gre;
} modes[] = {
	{ GRE_GATEWAY TRANSPORT, GRE_CLIENT TRANSPORT, false, true, true, NULL, true },
	{ GRE_GATEWAY REQUIRE, GRE_CLIENT REQUIRE, false, true, true, NULL, true },
	/* One wants it and the other does not: a tunnel, unless it is required. */
	{ GRE_GATEWAY, GRE_CLIENT TRANSPORT, false, true, false, NULL, true },
	{ GRE_GATEWAY TRANSPORT, GRE_CLIENT, false, true, false, NULL, true },
	{ GRE_GATEWAY, GRE_CLIENT REQUIRE, false, false, false, "requires transport mode: the peer declines it", true },
	{ GRE_GATEWAY REQUIRE, GRE_CLIENT, false, false, false,
	  "requires transport mode: the peer does not ask for it", true },
	/* The data plane cannot. */
	{ GRE_GATEWAY TRANSPORT, GRE_CLIENT TRANSPORT, true, true, false, NULL, true },
	{ GRE_GATEWAY REQUIRE, GRE_CLIENT TRANSPORT, true, false, false,
	  "requires transport mode: the data plane carries tunnels only", true },
	/* An interface of IPsec has tunnels whatever the set says. */
	{ REQUIRE, REQUIRE, false, true, false, NULL, false },
};

/* Does a route of a child lead into the interface that is as long as an address? */
static bool host_routed(const struct fake_kernel *k)
{
	for (unsigned i = 0; i < k->route_count; i++) {
		if (k->route[i].to.len == 32)
			return true;
	}
	return false;
}

START_TEST(transport_mode_is_had_where_both_want_it)
{
	struct kit *kit = kit_new(&(struct kit_setup){ .no_raw_esp = modes[_i].no_transport });
	const struct fake_child *ours;

	kit_configure(kit_gateway(kit), kit_gateway_text(GCM, "esp-gcm", modes[_i].gateway));
	kit_configure(kit_client(kit), kit_client_text(GCM, "esp-gcm", modes[_i].client));
	kit_pass(kit, 1500);
	if (getenv("SHOW"))
		kit_print_log();
	ck_assert_msg(!!kit_children(kit_client(kit)) == modes[_i].up, "row %d", _i);
	ck_assert(!modes[_i].said || kit_said("child.failed", modes[_i].said));
	ck_assert(!modes[_i].said || kit_said("child.failed", "crypto ipsec transform-set t esp-gcm 128 / mode transport"));
	for (unsigned side = 0; modes[_i].up && side < KIT_SIDES; side++) {
		ours = fake_active(kit_shard(&kit->side[side], 0));
		ck_assert_msg((ours->mode == CYG_MODE_TRANSPORT) == modes[_i].transport, "row %d", _i);
		/* GRE is led into a tunnel, and otherwise goes the way it always went. */
		if (modes[_i].gre)
			ck_assert_msg(host_routed(fake_kernel(kit_shard(&kit->side[side], 0))) != modes[_i].transport,
				      "row %d", _i);
	}
	kit_free(kit);
}
END_TEST

/* RFC 7296 2.23.1: the selectors would be addresses that the other side does not see. */
START_TEST(behind_a_nat_there_is_no_transport_mode_and_the_line_says_what_there_is)
{
	static const char *const sets[] = { TRANSPORT, REQUIRE };

	for (size_t i = 0; i < CYG_COUNT(sets); i++) {
		struct kit *kit = kit_new(&(struct kit_setup){ .natted_client = true });
		char gateway[512], client[512];

		snprintf(gateway, sizeof(gateway), "%s%s", GRE_GATEWAY, sets[i]);
		snprintf(client, sizeof(client), "%s%s", GRE_CLIENT, TRANSPORT);
		kit_configure(kit_gateway(kit), kit_gateway_text(GCM, "esp-gcm", gateway));
		kit_configure(kit_client(kit), kit_client_text(GCM, "esp-gcm", client));
		kit_pass(kit, 1500);
		ck_assert_uint_eq(kit_children(kit_gateway(kit)), 0);
		/* GRE between addresses that only one side knows goes in no tunnel either: IPsec's own does. */
		ck_assert(kit_said("child.failed", "192.0.2.2/32 protocol 47: no address in common"));
		ck_assert(kit_said("child.failed", "try: interface Virtual-Template1 / tunnel mode ipsec ipv4"));
		kit_free(kit);
	}
}
END_TEST

START_TEST(a_rekeyed_child_keeps_transport_mode)
{
	struct kit *kit = kit_new(NULL);
	uint32_t before;

	kit_configure(kit_gateway(kit), kit_gateway_text(GCM, "esp-gcm", GRE_GATEWAY TRANSPORT));
	kit_configure(kit_client(kit), kit_client_text(GCM, "esp-gcm", GRE_CLIENT TRANSPORT));
	kit_pass(kit, 1500);
	before = fake_active(kit_shard(kit_client(kit), 0))->spi_in;
	kit_pass(kit, 3600000);
	ck_assert_uint_ne(fake_active(kit_shard(kit_client(kit), 0))->spi_in, before);
	ck_assert_int_eq(fake_active(kit_shard(kit_client(kit), 0))->mode, CYG_MODE_TRANSPORT);
	ck_assert_int_eq(fake_active(kit_shard(kit_gateway(kit), 0))->mode, CYG_MODE_TRANSPORT);
	kit_free(kit);
}
END_TEST

/* --- Selectors, many and of protocols and ports --- */

/* A selector of the networks behind the gateway: 10.N.0.0/16. */
struct wanted {
	uint8_t net, protocol;
	uint16_t low, high;
};

static void ts(struct chain_writer *c, uint8_t type, const struct wanted *wanted, size_t count)
{
	chain_open(c, type);
	wire_put_u8(&c->w, (uint8_t)count);
	wire_put_zero(&c->w, 3);
	for (size_t i = 0; i < count; i++) {
		const uint8_t range[] = { 10, wanted[i].net, 0, 0, 10, wanted[i].net, 255, 255 };

		wire_put_u8(&c->w, CYG_TS_IPV4_ADDR_RANGE);
		wire_put_u8(&c->w, wanted[i].protocol);
		wire_put_u16(&c->w, 16);
		wire_put_u16(&c->w, wanted[i].low);
		wire_put_u16(&c->w, wanted[i].high ? wanted[i].high : 65535);
		wire_put(&c->w, range, sizeof(range));
	}
	chain_close(c);
}

/*
 * The client asks for one more child, from its address to all of these, with extended sequence numbers or without; the
 * child that comes of it, or NULL.
 */
static const struct fake_child *ask_esn(struct kit *kit, const struct wanted *to, size_t count, uint8_t from, bool esn)
{
	const struct transform gcm[] = { { .type = CYG_TRANSFORM_ENCR, .id = CYG_ENCR_AES_GCM_16, .key_bits = 128 },
					 { .type = CYG_TRANSFORM_ESN, .id = esn } };
	const struct proposal_out proposal = { .number = 1, .protocol = CYG_PROTO_ESP, .spi_len = 4,
					       .spi = 0xabcdef01, .transforms = gcm, .count = 2 };
	static const uint8_t nonce[32] = { 7 };
	struct ike_sa *c = kit_sa(kit_client(kit));
	struct fake_kernel *k = fake_kernel(kit_shard(kit_gateway(kit), 0));
	uint8_t inner[8192], octets[8400], first;
	struct chain_writer chain = chain_inner(inner, sizeof(inner));
	const struct wanted own = { .net = from };
	struct cyg_bytes body;
	size_t len;

	sa_write(&chain, &proposal, 1);
	nonce_write(&chain, cyg_bytes(nonce, sizeof(nonce)));
	ts(&chain, CYG_PAYLOAD_TSI, &own, 1);
	ts(&chain, CYG_PAYLOAD_TSR, to, count);
	body = chain_end(&chain, &first);
	ck_assert_uint_gt(body.len, 0);
	len = kit_forge(kit_client(kit), c, CYG_CREATE_CHILD_SA, false, c->d.send_next, first, body, octets,
			sizeof(octets));
	ck_assert_uint_gt(len, 0);
	kit_inject(kit, KIT_GATEWAY, octets, len, false);
	kit_settle(kit);
	for (unsigned i = 0; i < FAKE_CHILDREN_MAX; i++) {
		if (k->child[i].used && k->child[i].spi_out == 0xabcdef01)
			return &k->child[i];
	}
	return NULL;
}

static const struct fake_child *ask(struct kit *kit, const struct wanted *to, size_t count, uint8_t from)
{
	return ask_esn(kit, to, count, from, false);
}

static struct kit *connected(void)
{
	struct kit *kit = kit_new(NULL);

	kit_configure_both(kit, GCM, "esp-gcm");
	kit_pass(kit, 1000);
	ck_assert(kit_connected(kit));
	return kit;
}

START_TEST(protocols_and_ports_reach_the_data_plane)
{
	static const struct wanted to[] = { { 1, 17, 53, 53 }, { 2, 6, 80, 443 }, { 3, 1, 0, 0 } };
	struct kit *kit = connected();
	const struct fake_child *child = ask(kit, to, CYG_COUNT(to), 9);

	ck_assert_ptr_nonnull(child);
	ck_assert_uint_eq(child->ts_local.count, 3);
	ck_assert_uint_eq(child->ts_local.item[0].protocol, 17);
	ck_assert_uint_eq(child->ts_local.item[0].port_low, 53);
	ck_assert_uint_eq(child->ts_local.item[0].port_high, 53);
	ck_assert_uint_eq(child->ts_local.item[1].port_high, 443);
	ck_assert_uint_eq(child->ts_local.item[2].protocol, 1);
	/* The peer's side is narrowed to the address it was given. */
	ck_assert_uint_eq(child->ts_remote.count, 1);
	ck_assert_mem_eq(child->ts_remote.item[0].addr.low.octets, "\x0a\x09\x00\x01", 4);
	ck_assert_mem_eq(child->ts_remote.item[0].addr.high.octets, "\x0a\x09\x00\x01", 4);
	kit_free(kit);
}
END_TEST

START_TEST(of_many_selectors_as_many_as_there_is_room_for_are_taken)
{
	struct wanted to[255] = { 0 };
	struct kit *kit = connected();
	const struct fake_child *child;

	for (unsigned i = 0; i < 255; i++)
		to[i].net = (uint8_t)i;
	child = ask(kit, to, 255, 9);
	ck_assert_ptr_nonnull(child);
	ck_assert_uint_eq(child->ts_local.count, CYG_SELECTORS_MAX);
	for (unsigned i = 0; i < CYG_SELECTORS_MAX; i++)
		ck_assert_uint_eq(child->ts_local.item[i].addr.low.octets[1], i);
	ck_assert_uint_eq(kit_up(kit_gateway(kit)), 1);
	kit_free(kit);
}
END_TEST

START_TEST(selectors_that_meet_nothing_are_refused_with_the_reason)
{
	static const struct wanted to[] = { { .net = 1 } };
	struct kit *kit = connected();

	ck_assert_ptr_null(ask(kit, to, 1, 77)); /* from an address that is not the client's */
	ck_assert(kit_said("child.failed", "the peer's traffic selectors meet none of ours"));
	ck_assert(kit_said("child.failed", "10.77.0.0/16: no address in common"));
	ck_assert(kit_said("child.failed", "; our Virtual-Template1 (test:"));
	ck_assert_str_eq(log_capture_field("child.failed", 0, "notify"), "TS_UNACCEPTABLE");
	ck_assert_uint_eq(kit_up(kit_gateway(kit)), 1);
	kit_free(kit);
}
END_TEST

/* --- Extended sequence numbers --- */

#define TWO_SETS(who_) "crypto ipsec transform-set u esp-aes 256 esp-sha256-hmac\n esn\n" \
		       "crypto ipsec profile " who_ "\n set transform-set t u\n"

static const struct {
	const char *gateway, *client;
	uint16_t gateway_cannot, client_cannot; /* this cipher, with these numbers */
	uint16_t encr;
	bool esn;
} numbers[] = {
	{ "esp-gcm\n esn", "esp-gcm\n esn", 0, 0, CYG_ENCR_AES_GCM_16, true },
	{ "esp-gcm", "esp-gcm\n esn", 0, 0, CYG_ENCR_AES_GCM_16, false },
	/* A data plane that cannot: the child is there, with numbers of 32 bits. */
	{ "esp-gcm\n esn", "esp-gcm\n esn", CYG_ENCR_AES_GCM_16, 0, CYG_ENCR_AES_GCM_16, false },
	{ "esp-gcm\n esn", "esp-gcm\n esn", 0, CYG_ENCR_AES_GCM_16, CYG_ENCR_AES_GCM_16, false },
	/* It is asked for each suite. */
	{ "esp-gcm\n esn", "esp-gcm\n esn", CYG_ENCR_AES_CBC, CYG_ENCR_AES_CBC, CYG_ENCR_AES_GCM_16, true },
	{ "esp-aes 256 esp-sha256-hmac\n esn", "esp-gcm\n esn", CYG_ENCR_AES_GCM_16, CYG_ENCR_AES_GCM_16,
	  CYG_ENCR_AES_CBC, true },
	{ "esp-aes 256 esp-sha256-hmac\n esn", "esp-gcm\n esn", CYG_ENCR_AES_CBC, 0, CYG_ENCR_AES_CBC, false },
};

START_TEST(extended_numbers_are_had_where_both_data_planes_have_them)
{
	struct kit *kit = kit_new(NULL);

	fake_kernel(kit_shard(kit_gateway(kit), 0))->refuse_esn = numbers[_i].gateway_cannot;
	fake_kernel(kit_shard(kit_client(kit), 0))->refuse_esn = numbers[_i].client_cannot;
	kit_configure(kit_gateway(kit), kit_gateway_text(GCM, numbers[_i].gateway, NULL));
	kit_configure(kit_client(kit), kit_client_text(GCM, numbers[_i].client, TWO_SETS("gateway")));
	kit_pass(kit, 1500);
	for (unsigned side = 0; side < KIT_SIDES; side++) {
		const struct fake_child *child = fake_active(kit_shard(&kit->side[side], 0));

		ck_assert_msg(child && child->encr == numbers[_i].encr, "row %d, side %u", _i, side);
		ck_assert_msg(child->esn == numbers[_i].esn, "row %d, side %u", _i, side);
	}
	kit_free(kit);
}
END_TEST

START_TEST(who_insists_on_extended_numbers_that_we_lack_is_told_why)
{
	static const struct wanted to[] = { { .net = 1 } };

	for (unsigned cannot = 0; cannot < 2; cannot++) {
		struct kit *kit = kit_new(NULL);

		kit_configure_both(kit, GCM, "esp-gcm\n esn");
		kit_pass(kit, 1000);
		ck_assert(kit_connected(kit));
		if (cannot)
			fake_kernel(kit_shard(kit_gateway(kit), 0))->refuse_esn = CYG_ENCR_AES_GCM_16;
		ck_assert_uint_eq(ask_esn(kit, to, 1, 9, true) == NULL, cannot);
		ck_assert_uint_eq(kit_said("child.failed", "t (test:"), cannot);
		ck_assert_uint_eq(kit_said("child.failed", "needs an algorithm that the data plane does not carry (ESN)"), cannot);
		ck_assert_uint_eq(kit_said("child.failed", "proposals without extended sequence numbers at the peer"), cannot);
		kit_free(kit);
	}
}
END_TEST

Suite *child_suite(void)
{
	Suite *suite = suite_create("child");
	TCase *tcase = tcase_create("child");

	tcase_add_loop_test(tcase, transport_mode_is_had_where_both_want_it, 0, CYG_COUNT(modes));
	tcase_add_test(tcase, behind_a_nat_there_is_no_transport_mode_and_the_line_says_what_there_is);
	tcase_add_test(tcase, a_rekeyed_child_keeps_transport_mode);
	tcase_add_test(tcase, protocols_and_ports_reach_the_data_plane);
	tcase_add_test(tcase, of_many_selectors_as_many_as_there_is_room_for_are_taken);
	tcase_add_test(tcase, selectors_that_meet_nothing_are_refused_with_the_reason);
	tcase_add_loop_test(tcase, extended_numbers_are_had_where_both_data_planes_have_them, 0, CYG_COUNT(numbers));
	tcase_add_test(tcase, who_insists_on_extended_numbers_that_we_lack_is_told_why);
	suite_add_tcase(suite, tcase);
	return suite;
}
