/* SPDX-License-Identifier: MIT */
/* Keys for Wireshark: the ones that are used, of each SA that comes, and none unless they are asked for. */
#include "exchange/export.h"
#include "testing/engine/engine_tests.h"
#include "testing/engine/kit.h"

#define LINES_MAX 16

static char lines[KEY_TABLES][LINES_MAX][1024];
static unsigned counts[KEY_TABLES];

static void keep(const struct key_export *to, enum key_table table, struct cyg_bytes line)
{
	(void)to;
	ck_assert_uint_lt(counts[table], LINES_MAX);
	snprintf(lines[table][counts[table]++], sizeof(lines[0][0]), "%.*s", (int)line.len, (const char *)line.ptr);
}

static const struct key_export export = { .write = keep };

static struct kit *connected(const struct key_export *to, const char *proposal, const char *set)
{
	struct kit *kit = kit_new(&(struct kit_setup){ .options = { .export_keys = to } });

	memset(counts, 0, sizeof(counts));
	kit_configure_both(kit, proposal, set);
	kit_pass(kit, 1000);
	ck_assert(kit_connected(kit));
	return kit;
}

START_TEST(lines_hold_what_the_sas_use)
{
	struct kit *kit = connected(&export, " encryption aes-gcm-128\n prf sha256\n group 19\n",
				    "esp-aes 256 esp-sha512-hmac");
	const struct ike_sa *sa = kit_sa(kit_gateway(kit));
	const struct fake_child *child = fake_active(kit_shard(kit_gateway(kit), 0));
	char want[1024];
	struct cyg_strbuf out = CYG_STRBUF(want);

	/* Both engines write them. */
	ck_assert_uint_eq(counts[KEY_TABLE_IKE], 2);
	ck_assert_uint_eq(counts[KEY_TABLE_ESP], 4);
	cyg_strbuf_addf(&out, "%016llx,%016llx,", (unsigned long long)sa->d.spi_i, (unsigned long long)sa->d.spi_r);
	cyg_strbuf_add_hex(&out, cyg_bytes(ike_sa_sk_e(sa, true), 20));
	cyg_strbuf_add(&out, CYG_STR(","));
	cyg_strbuf_add_hex(&out, cyg_bytes(ike_sa_sk_e(sa, false), 20));
	cyg_strbuf_add(&out, CYG_STR(",\"AES-GCM-128 with 16 octet ICV [RFC5282]\",,,\"NONE [RFC4306]\"\n"));
	ck_assert_str_eq(lines[KEY_TABLE_IKE][0], want);
	ck_assert_str_eq(lines[KEY_TABLE_IKE][1], want);
	out = CYG_STRBUF(want);
	cyg_strbuf_addf(&out, "\"IPv4\",\"*\",\"*\",\"0x%08x\",\"AES-CBC [RFC3602]\",\"0x", child->spi_in);
	cyg_strbuf_add_hex(&out, cyg_bytes(child->key_in, 32));
	cyg_strbuf_add(&out, CYG_STR("\",\"HMAC-SHA-512-256 [RFC4868]\",\"0x"));
	cyg_strbuf_add_hex(&out, cyg_bytes(child->key_in + 32, 64));
	cyg_strbuf_add(&out, CYG_STR("\"\n"));
	/* The gateway installs first. */
	ck_assert_str_eq(lines[KEY_TABLE_ESP][0], want);
	kit_free(kit);
}
END_TEST

START_TEST(what_wireshark_has_no_name_for_is_left_out)
{
	struct kit *kit = connected(&export, " encryption chacha20-poly1305\n prf sha256\n group 19\n",
				    "esp-chacha20-poly1305");

	ck_assert_uint_eq(counts[KEY_TABLE_IKE], 0);
	ck_assert_uint_eq(counts[KEY_TABLE_ESP], 0);
	kit_free(kit);
}
END_TEST

START_TEST(nothing_is_exported_unless_it_is_asked_for)
{
	struct kit *kit = connected(NULL, " encryption aes-gcm-128\n prf sha256\n group 19\n", "esp-gcm");

	ck_assert_uint_eq(counts[KEY_TABLE_IKE], 0);
	ck_assert_uint_eq(counts[KEY_TABLE_ESP], 0);
	kit_free(kit);
}
END_TEST

Suite *export_suite(void)
{
	Suite *suite = suite_create("export");
	TCase *tcase = tcase_create("export");

	tcase_add_test(tcase, lines_hold_what_the_sas_use);
	tcase_add_test(tcase, what_wireshark_has_no_name_for_is_left_out);
	tcase_add_test(tcase, nothing_is_exported_unless_it_is_asked_for);
	suite_add_tcase(suite, tcase);
	return suite;
}
