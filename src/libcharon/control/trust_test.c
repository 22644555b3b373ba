/* SPDX-License-Identifier: MIT */
/* What is wrong with the trustpoints that profiles use, and what is said about it. */
#include "control/control_tests.h"
#include "control/trust.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW INT64_C(1700000000)
#define DAY (24 * 3600)

/* A certificate is what it says: the glue over libcrypto has tests of its own. */
static const struct cyg_cert_info *info_of(const struct cyg_cert *cert)
{
	return (const struct cyg_cert_info *)(const void *)cert;
}

static const struct cyg_cert_ops cert_ops = { .info = info_of };

struct set {
	struct cyg_cert_info own;
	struct pki_point point;
	struct pki *pki;
	struct config_profile profile;
	const struct config_profile *profiles[1];
	struct config_view view;
	char said[1024];
	unsigned count[3];
};

static void note(void *ctx, enum trust_problem problem, const struct pki_point *point, const char *place,
		 const char *text)
{
	struct set *s = ctx;
	size_t len = strlen(s->said);

	s->count[problem]++;
	snprintf(s->said + len, sizeof(s->said) - len, "%s: %s: %s\n", place, point->name, text);
}

/* A trustpoint that signs and verifies, and a profile that uses it for both: nothing is wrong. */
static void setup(struct set *s)
{
	memset(s, 0, sizeof(*s));
	s->own = (struct cyg_cert_info){ .key = CYG_KEY_RSA, .key_bits = 2048, .eku = CYG_EKU_SERVER, .name_count = 1,
					 .not_before = NOW - DAY, .not_after = NOW + 100 * DAY };
	s->point.cert = &cert_ops;
	snprintf(s->point.name, sizeof(s->point.name), "lab");
	snprintf(s->point.place, sizeof(s->point.place), "file:3");
	s->point.chain[0] = (struct cyg_cert *)(void *)&s->own;
	s->point.chain_count = 1;
	s->point.key = (struct cyg_signer_key *)(void *)s;   /* that it is there is all that is looked at */
	s->point.store = (struct cyg_cert_store *)(void *)s;
	s->pki = calloc(1, sizeof(*s->pki) + sizeof(s->pki->points[0]));
	ck_assert_ptr_nonnull(s->pki);
	s->pki->count = 1;
	s->pki->points[0] = &s->point;
	s->profile.auth_local = AUTH_RSA_SIG;
	s->profile.auth_remote = AUTH_RSA_SIG;
	s->profile.trustpoint_count = 1;
	s->profile.trustpoint[0].sign = s->profile.trustpoint[0].verify = true;
	snprintf(s->profile.trustpoint[0].name, sizeof(s->profile.trustpoint[0].name), "lab");
	snprintf(s->profile.head.place, sizeof(s->profile.head.place), "file:9");
	s->profile.virtual_template = 1;
	s->profiles[0] = &s->profile;
	s->view = (struct config_view){ .profiles = s->profiles, .profile_count = 1 };
}

static void judge(struct set *s)
{
	s->said[0] = '\0';
	memset(s->count, 0, sizeof(s->count));
	trust_judge(&s->view, s->pki, NOW, note, s);
}

START_TEST(a_trustpoint_that_is_whole_is_not_spoken_of)
{
	struct set s;

	setup(&s);
	judge(&s);
	ck_assert_str_eq(s.said, "");
	trust_judge(&s.view, NULL, NOW, note, &s);
	ck_assert_str_eq(s.said, "");
	free(s.pki);
}
END_TEST

START_TEST(what_is_unsuitable_about_our_certificate_is_told)
{
	struct set s;
	const char *expected = NULL;

	setup(&s);
	switch (_i) {
	case 0:
		s.own.not_before = NOW + 1;
		expected = "file:3: lab: its certificate is not valid before";
		break;
	case 1:
		s.own.not_after = NOW;
		expected = "file:3: lab: its certificate expired on 2023-11-14: replace pki/lab/cert.pem";
		break;
	case 2:
		s.own.not_after = NOW + 30 * DAY - 1;
		expected = "its certificate expires on 2023-12-14: replace pki/lab/cert.pem before";
		break;
	case 3:
		s.own.key_bits = 2047;
		expected = "its RSA key has 2047 bits";
		break;
	case 4:
		s.own.eku = CYG_EKU_CLIENT;
		expected = "file:9: lab: its certificate lacks the extended key usage serverAuth";
		break;
	case 5:
		s.own.name_count = 0;
		expected = "file:9: lab: its certificate has no subjectAltName";
		break;
	}
	judge(&s);
	ck_assert_msg(strstr(s.said, expected) != NULL, "%s", s.said);
	ck_assert_uint_eq(s.count[TRUST_UNSUITABLE], 1);
	ck_assert_uint_eq(s.count[TRUST_NO_SIGN] + s.count[TRUST_NO_VERIFY], 0);
	free(s.pki);
}
END_TEST

/* The twins: one second, one bit or one purpose beside it, and nothing is said. */
START_TEST(what_is_good_enough_is_not_told)
{
	struct set s;

	setup(&s);
	s.own.not_before = NOW;
	s.own.not_after = NOW + 30 * DAY;
	s.own.eku = CYG_EKU_ANY;
	judge(&s);
	ck_assert_str_eq(s.said, "");
	/* Who serves no clients by a template needs neither purpose nor name. */
	s.own.eku = 0;
	s.own.name_count = 0;
	s.profile.virtual_template = 0;
	judge(&s);
	ck_assert_str_eq(s.said, "");
	s.own.key = CYG_KEY_ECDSA;
	s.own.key_bits = 256;
	judge(&s);
	ck_assert_str_eq(s.said, "");
	free(s.pki);
}
END_TEST

START_TEST(a_trustpoint_that_cannot_do_what_a_profile_wants_is_told)
{
	struct set s;

	setup(&s);
	snprintf(s.point.no_sign, sizeof(s.point.no_sign), "no key");
	snprintf(s.point.no_verify, sizeof(s.point.no_verify), "no CA");
	s.point.key = NULL;
	judge(&s);
	ck_assert_str_eq(s.said, "file:3: lab: no key\n");
	ck_assert_uint_eq(s.count[TRUST_NO_SIGN], 1);
	s.point.store = NULL;
	judge(&s);
	ck_assert_str_eq(s.said, "file:3: lab: no key\nfile:3: lab: no CA\n");
	ck_assert_uint_eq(s.count[TRUST_NO_VERIFY], 1);
	/* Not wanted, not missed: by role, by method, by name. */
	s.profile.trustpoint[0].sign = s.profile.trustpoint[0].verify = false;
	judge(&s);
	ck_assert_str_eq(s.said, "");
	s.profile.trustpoint[0].sign = s.profile.trustpoint[0].verify = true;
	s.profile.auth_local = AUTH_PRE_SHARE;
	s.profile.auth_remote = AUTH_PRE_SHARE;
	judge(&s);
	ck_assert_str_eq(s.said, "");
	s.profile.auth_local = s.profile.auth_remote = AUTH_RSA_SIG;
	s.profile.trustpoint[0].name[0] = 'x';
	judge(&s);
	ck_assert_str_eq(s.said, "");
	free(s.pki);
}
END_TEST

START_TEST(a_crl_that_is_demanded_and_missing_refuses_everybody)
{
	struct set s;

	setup(&s);
	s.point.crl_required = true;
	judge(&s);
	ck_assert_uint_eq(s.count[TRUST_NO_VERIFY], 1);
	ck_assert_ptr_nonnull(strstr(s.said, "pki/lab/crl.pem, or revocation-check crl none"));
	s.point.revoked_lists = 1;
	judge(&s);
	ck_assert_str_eq(s.said, "");
	free(s.pki);
}
END_TEST

Suite *control_trust_suite(void)
{
	Suite *suite = suite_create("trust");
	TCase *tcase = tcase_create("judge");

	tcase_add_test(tcase, a_trustpoint_that_is_whole_is_not_spoken_of);
	tcase_add_loop_test(tcase, what_is_unsuitable_about_our_certificate_is_told, 0, 6);
	tcase_add_test(tcase, what_is_good_enough_is_not_told);
	tcase_add_test(tcase, a_trustpoint_that_cannot_do_what_a_profile_wants_is_told);
	tcase_add_test(tcase, a_crl_that_is_demanded_and_missing_refuses_everybody);
	suite_add_tcase(suite, tcase);
	return suite;
}
