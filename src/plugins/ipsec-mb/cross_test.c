/* SPDX-License-Identifier: MIT */
/* Each of two providers of ESP opens what the other one has sealed, and refuses what was changed. */
#include "ipsec-mb/esp.h"
#include "openssl/esp.h"
#include "registry/selftest_esp.h"

#include <check.h>
#include <stdlib.h>

#define ROUNDS 60
#define ROOM   2048

static uint64_t seed = 3;

static uint32_t chance(uint32_t below)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(seed >> 33) % below;
}

static const struct cyg_esp_ops *other_of(const struct cyg_esp_ops *ops)
{
	for (unsigned i = 0; i < OPENSSL_ESP_COUNT; i++) {
		const struct cyg_esp_ops *o = &openssl_esp_ops[i];

		if (o->encr == ops->encr && o->key_bits == ops->key_bits && o->integ == ops->integ)
			return o;
	}
	ck_abort_msg("no other provider of %s", ops->name);
	return NULL;
}

static void cross(const struct cyg_esp_ops *seals, const struct cyg_esp_ops *opens)
{
	static uint8_t plain[CYG_ESP_BATCH][ROOM], sealed[CYG_ESP_BATCH][ROOM + 128];
	uint8_t keys[40][100];
	struct cyg_esp_packet p[CYG_ESP_BATCH];
	void *a, *b;

	ck_assert_uint_eq(seals->key_len, opens->key_len);
	ck_assert_uint_eq(seals->iv_len, opens->iv_len);
	ck_assert_uint_eq(seals->icv_len, opens->icv_len);
	ck_assert_uint_eq(seals->block_len, opens->block_len);
	ck_assert_str_eq(seals->name, opens->name);
	ck_assert_int_eq(seals->instance_new(NULL, &a), CYG_OK);
	ck_assert_int_eq(opens->instance_new(NULL, &b), CYG_OK);
	for (unsigned i = 0; i < CYG_COUNT(keys); i++) {
		for (unsigned j = 0; j < sizeof(keys[i]); j++)
			keys[i][j] = (uint8_t)chance(256);
	}
	for (unsigned round = 0; round < ROUNDS; round++) {
		size_t count = 1 + chance(CYG_ESP_BATCH);
		unsigned few = chance(2) ? 3 : CYG_COUNT(keys); /* more than are kept expanded */
		bool bad[CYG_ESP_BATCH];

		for (size_t i = 0; i < count; i++) {
			size_t len = seals->block_len * (1u + chance((ROOM - 32) / seals->block_len));
			bool in_place = chance(2);

			for (size_t j = 0; j < len; j++)
				plain[i][j] = (uint8_t)chance(256);
			for (unsigned j = 0; j < 8; j++)
				sealed[i][j] = (uint8_t)chance(256);
			p[i] = (struct cyg_esp_packet){ .key = cyg_bytes(keys[chance(few)], seals->key_len),
							.esp = sealed[i], .in = plain[i], .len = len,
							.seq_high = chance(1000), .esn = chance(2),
							.iv = round * 64u + i + 1 };
			if (in_place) {
				memcpy(sealed[i] + 8 + seals->iv_len, plain[i], len);
				p[i].in = sealed[i] + 8 + seals->iv_len;
			}
		}
		seals->seal(a, p, count);
		for (size_t i = 0; i < count; i++) {
			ck_assert_int_eq(p[i].status, CYG_OK);
			bad[i] = chance(6) == 0;
			if (bad[i])
				sealed[i][chance((uint32_t)(8 + seals->iv_len + p[i].len + seals->icv_len))] ^=
					(uint8_t)(1 << chance(8));
		}
		opens->open(b, p, count);
		for (size_t i = 0; i < count; i++) {
			ck_assert_msg(p[i].status == (bad[i] ? CYG_REFUSED : CYG_OK), "%s, round %u, packet %zu",
				      seals->name, round, i);
			if (!bad[i])
				ck_assert_mem_eq(sealed[i] + 8 + seals->iv_len, plain[i], p[i].len);
		}
	}
	seals->instance_free(a);
	opens->instance_free(b);
}

START_TEST(each_opens_what_the_other_sealed_and_refuses_what_was_changed)
{
	const struct cyg_esp_ops *ours = &ipsec_mb_esp_ops[_i];

	cross(ours, other_of(ours));
	cross(other_of(ours), ours);
}
END_TEST

/* --- The comparison that the registry makes when both are loaded --- */

static bool agree(const struct cyg_esp_ops *one, const struct cyg_esp_ops *other, struct cyg_strbuf *why)
{
	struct esp_provider a = { .ops = one }, b = { .ops = other };
	bool good;

	ck_assert_int_eq(one->instance_new(NULL, &a.instance), CYG_OK);
	ck_assert_int_eq(other->instance_new(NULL, &b.instance), CYG_OK);
	good = esp_agree(&a, &b, "the other", why);
	one->instance_free(a.instance);
	other->instance_free(b.instance);
	return good;
}

START_TEST(the_registry_finds_that_both_agree)
{
	const struct cyg_esp_ops *ours = &ipsec_mb_esp_ops[_i];
	char text[160];
	struct cyg_strbuf why = CYG_STRBUF(text);

	ck_assert_msg(agree(ours, other_of(ours), &why), "%s: %s", ours->name, text);
}
END_TEST

static const struct cyg_esp_ops *spoiled;

/* A carry that goes missing in long packets: the last octet of the ciphertext, and its ICV is right. */
static void seal_spoiled(void *instance, struct cyg_esp_packet *packets, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct cyg_esp_packet *p = &packets[i];
		uint8_t plain[ROOM];

		memcpy(plain, p->in, p->len);
		plain[p->len - 1] ^= p->len > 1024;
		p->in = plain;
		spoiled->seal(instance, p, 1);
	}
}

START_TEST(the_registry_finds_one_octet_that_differs_in_long_packets)
{
	struct cyg_esp_ops planted = ipsec_mb_esp_ops[_i];
	char text[160];
	struct cyg_strbuf why = CYG_STRBUF(text);

	spoiled = &ipsec_mb_esp_ops[_i];
	planted.seal = seal_spoiled;
	ck_assert(!agree(&planted, other_of(&planted), &why));
	ck_assert_str_eq(text, "the other does not open what it seals");
	why = CYG_STRBUF(text);
	ck_assert(!agree(other_of(&planted), &planted, &why));
	ck_assert_str_eq(text, "it does not open what the other seals");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("esp-cross");
	TCase *tc = tcase_create("cross");
	SRunner *runner;
	int failed;

	if (ipsec_mb_open() != CYG_OK)
		return 77; /* not on this processor */
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, each_opens_what_the_other_sealed_and_refuses_what_was_changed, 0, IPSEC_MB_ESP_COUNT);
	tcase_add_loop_test(tc, the_registry_finds_that_both_agree, 0, IPSEC_MB_ESP_COUNT);
	tcase_add_loop_test(tc, the_registry_finds_one_octet_that_differs_in_long_packets, 0, IPSEC_MB_ESP_COUNT);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	ipsec_mb_close();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
