/* SPDX-License-Identifier: MIT */
/* Setting up: suites, configuration payloads, NAT, shards. */
#include "testing/engine/engine_tests.h"
#include "testing/engine/kit.h"

#define GCM " encryption aes-gcm-128\n prf sha256\n group 19\n"
#define CBC " encryption aes-cbc-256\n integrity sha256\n group 19\n"

static const struct {
	const char *proposal, *set;
	uint16_t group, esp;
	size_t key_len;
} suites[] = {
	{ GCM, "esp-gcm", CYG_KE_ECP_256, CYG_ENCR_AES_GCM_16, 20 },
	{ " encryption aes-gcm-256\n prf sha384\n group 31\n", "esp-gcm 256", CYG_KE_X25519,
	  CYG_ENCR_AES_GCM_16, 36 },
	{ CBC, "esp-aes esp-sha256-hmac", CYG_KE_ECP_256, CYG_ENCR_AES_CBC, 16 + 32 },
	{ " encryption aes-cbc-128\n integrity sha512\n group 14\n", "esp-aes 256 esp-sha512-hmac",
	  CYG_KE_MODP_2048, CYG_ENCR_AES_CBC, 32 + 64 },
};

START_TEST(every_suite_connects)
{
	struct kit *kit = kit_new(NULL);
	struct ike_sa *sa;

	kit_configure_both(kit, suites[_i].proposal, suites[_i].set);
	kit_pass(kit, 1000);
	if (!kit_connected(kit))
		kit_print_log();
	ck_assert(kit_connected(kit));
	sa = kit_sa(kit_client(kit));
	ck_assert_uint_eq(sa->d.suite.ke, suites[_i].group);
	ck_assert_uint_eq(fake_active(kit_shard(kit_client(kit), 0))->encr, suites[_i].esp);
	ck_assert_uint_eq(fake_active(kit_shard(kit_client(kit), 0))->key_len, suites[_i].key_len);
	kit_free(kit);
}
END_TEST

Suite *setup_suite(void)
{
	Suite *suite = suite_create("setup");
	TCase *tcase = tcase_create("setup");

	tcase_add_loop_test(tcase, every_suite_connects, 0, CYG_COUNT(suites));
	suite_add_tcase(suite, tcase);
	return suite;
}
