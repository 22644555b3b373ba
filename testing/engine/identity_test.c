/* SPDX-License-Identifier: MIT */
/* IDr: the identity of ours that a peer asks for, kept until it is known whether it takes another (RFC 7296 2.15). */
#include "testing/engine/engine_tests.h"
#include "testing/engine/kit.h"

#define GCM " encryption aes-gcm-128\n prf sha256\n group 19\n"

/* Puts an IDr into the client's IKE_AUTH; AUTH does not cover it. */
struct asking {
	uint8_t type;
	struct cyg_bytes octets;
	bool done;
};

static void ask_behind_idi(struct chain_writer *out, uint8_t type, struct cyg_bytes body, void *ctx)
{
	const struct asking *a = ctx;

	chain_open(out, type);
	wire_put_bytes(&out->w, body);
	chain_close(out);
	if (type == CYG_PAYLOAD_IDI)
		id_write(out, false, a->type, a->octets);
}

static enum kit_verdict ask_for(struct kit *kit, struct kit_packet *packet, void *ctx)
{
	struct asking *a = ctx;

	if (packet->header.exchange != CYG_IKE_AUTH || packet->from != KIT_CLIENT || a->done)
		return KIT_PASS;
	a->done = true;
	kit_rewrite(kit, packet, ask_behind_idi, a);
	return KIT_DROP;
}

#define OF_TEXT(type_, text_) { .type = (type_), .octets = { (const uint8_t *)(text_), sizeof(text_) - 1 } }

/* Both ask for an identity in the client's first message; the client takes only what `match` says. */
static struct kit *asked(struct asking *a, const char *match)
{
	struct kit *kit = kit_new(NULL);
	char more[160];

	snprintf(more, sizeof(more),
		 "crypto ikev2 profile gateway\n no match identity remote fqdn gateway.example.org\n"
		 " match identity remote %s\n", match);
	kit->script = ask_for;
	kit->ctx = a;
	kit_configure(kit_gateway(kit), kit_gateway_text(GCM, "esp-gcm", NULL));
	kit_configure(kit_client(kit), kit_client_text(GCM, "esp-gcm", more));
	while (!a->done)
		kit_pass(kit, 1);
	kit_settle(kit);
	return kit;
}

START_TEST(whoever_asks_for_another_identity_and_leaves_is_explained)
{
	static const struct {
		struct asking ask;
		const char *match, *mend;
	} cases[] = {
		{ OF_TEXT(CYG_ID_FQDN, "gw.example.org"), "fqdn gw.example.org",
		  "crypto ikev2 profile clients / identity local fqdn gw.example.org" },
		{ OF_TEXT(CYG_ID_RFC822_ADDR, "gw@example.org"), "email gw@example.org",
		  "crypto ikev2 profile clients / identity local email gw@example.org" },
		{ OF_TEXT(CYG_ID_IPV4_ADDR, "\xc0\x00\x02\x01"), "address 192.0.2.1",
		  "crypto ikev2 profile clients / identity local address 192.0.2.1" },
	};
	struct asking a = cases[_i].ask;
	struct kit *kit = asked(&a, cases[_i].match);

	ck_assert(kit_said("ike.identity", cases[_i].mend));
	ck_assert(kit_said("ike.failed", "AUTHENTICATION_FAILED"));
	ck_assert(kit_said("ike.failed", cases[_i].mend));
	ck_assert_uint_eq(kit_up(kit_gateway(kit)), 0);
	/* What is proposed mends it. */
	kit->script = NULL;
	{
		static char line[256];
		const char *at = strstr(cases[_i].mend, "identity local");

		snprintf(line, sizeof(line), "crypto ikev2 profile clients\n %s\n", at);
		kit_configure(kit_gateway(kit), kit_gateway_text(GCM, "esp-gcm", line));
	}
	kit_pass(kit, 20000);
	ck_assert(kit_connected(kit));
	kit_free(kit);
}
END_TEST

START_TEST(whoever_takes_us_as_we_are_stays)
{
	struct asking a = OF_TEXT(CYG_ID_FQDN, "gw.example.org");
	struct kit *kit = asked(&a, "fqdn gateway.example.org");

	ck_assert(kit_connected(kit));
	ck_assert(kit_said("ike.identity", "gw.example.org"));
	ck_assert(!kit_said("ike.failed", ""));
	ck_assert_ptr_nonnull(kit_sa(kit_gateway(kit))->session->asked_id);
	kit_free(kit);
}
END_TEST

START_TEST(whoever_asks_for_what_we_are_costs_nothing)
{
	struct asking a = OF_TEXT(CYG_ID_FQDN, "GATEWAY.example.org");
	struct kit *kit = asked(&a, "fqdn gateway.example.org");

	ck_assert(kit_connected(kit));
	ck_assert(!kit_said("ike.identity", ""));
	ck_assert_ptr_null(kit_sa(kit_gateway(kit))->session->asked_id);
	kit_free(kit);
}
END_TEST

/* It is bounded, and what cannot be an identity is nobody's business. */
START_TEST(an_identity_that_is_none_is_not_kept)
{
	static const uint8_t long_one[CYG_IDENTITY_MAX + 1] = { 'a' };
	struct asking a = { .type = _i ? CYG_ID_KEY_ID : CYG_ID_DER_ASN1_GN,
			    .octets = cyg_bytes(long_one, _i ? sizeof(long_one) : 3) };
	struct kit *kit = asked(&a, "fqdn gateway.example.org");

	ck_assert(kit_connected(kit));
	ck_assert(!kit_said("ike.identity", ""));
	kit_free(kit);
}
END_TEST

Suite *identity_suite(void)
{
	Suite *suite = suite_create("identity");
	TCase *tcase = tcase_create("identity");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, whoever_asks_for_another_identity_and_leaves_is_explained, 0, 3);
	tcase_add_test(tcase, whoever_takes_us_as_we_are_stays);
	tcase_add_test(tcase, whoever_asks_for_what_we_are_costs_nothing);
	tcase_add_loop_test(tcase, an_identity_that_is_none_is_not_kept, 0, 2);
	suite_add_tcase(suite, tcase);
	return suite;
}
