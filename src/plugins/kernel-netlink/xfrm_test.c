/* SPDX-License-Identifier: MIT */
/* Messages to the kernel's IPsec and from it. */
#include "kernel_netlink_tests.h"

#include "xfrm.h"

#include "testing/unit/octets.h"

#include <arpa/inet.h>
#include <cygnet/net.h>
#include <cygnet/numbers.h>
#include <netinet/in.h>
#include <stdlib.h>

static uint8_t key[128];
static struct nl_message m;

static struct xfrm_sa sa_of(uint16_t encr, uint16_t bits, uint16_t integ)
{
	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)i;
	return (struct xfrm_sa){
		.spi = 0x05000001,
		.from = { .ip = { CYG_IPV4, { 192, 0, 2, 2 } }, .port = 4501 },
		.to = { .ip = { CYG_IPV4, { 192, 0, 2, 1 } }, .port = 4500 },
		.inbound = true,
		.reqid = 1,
		.if_id = 9,
		.encr = encr,
		.key_bits = bits,
		.integ = integ,
		.key = { key, xfrm_key_len(encr, bits, integ) },
		.replay_window = 64,
	};
}

static const struct nlattr *attr(uint16_t type)
{
	const struct nlattr *a;

	mnl_attr_for_each(a, &m.header, sizeof(struct xfrm_usersa_info)) {
		if (mnl_attr_get_type(a) == type)
			return a;
	}
	return NULL;
}

START_TEST(suites_have_the_keys_the_kernel_wants)
{
	static const struct {
		uint16_t encr, bits, integ;
		size_t len;
	} suites[] = {
		{ CYG_ENCR_AES_GCM_16, 128, CYG_AUTH_NONE, 20 },
		{ CYG_ENCR_AES_GCM_16, 256, CYG_AUTH_NONE, 36 },
		{ CYG_ENCR_CHACHA20_POLY1305, 256, CYG_AUTH_NONE, 36 },
		{ CYG_ENCR_AES_CBC, 256, CYG_AUTH_HMAC_SHA2_256_128, 64 },
		{ CYG_ENCR_3DES, 0, CYG_AUTH_HMAC_SHA1_96, 44 },
		{ CYG_ENCR_NULL, 0, CYG_AUTH_HMAC_SHA2_512_256, 64 },
		{ CYG_ENCR_AES_CBC, 256, CYG_AUTH_NONE, 0 },
		{ CYG_ENCR_AES_CBC, 99, CYG_AUTH_HMAC_SHA1_96, 0 },
		{ CYG_ENCR_AES_GCM_16, 128, CYG_AUTH_HMAC_SHA1_96, 0 },
		{ CYG_ENCR_DES, 0, CYG_AUTH_HMAC_SHA1_96, 0 },
	};

	for (size_t i = 0; i < CYG_COUNT(suites); i++)
		ck_assert_uint_eq(xfrm_key_len(suites[i].encr, suites[i].bits, suites[i].integ), suites[i].len);
}
END_TEST

START_TEST(an_inbound_sa_says_all_that_was_agreed)
{
	struct xfrm_sa sa = sa_of(CYG_ENCR_AES_GCM_16, 128, CYG_AUTH_NONE);
	const struct xfrm_usersa_info *info;
	const struct xfrm_algo_aead *aead;
	const struct xfrm_encap_tmpl *encap;

	sa.udp_encap = true;
	sa.hard_octets = 5000;
	sa.esn = true;
	ck_assert_int_eq(xfrm_sa_add(&m, &sa), CYG_OK);
	info = mnl_nlmsg_get_payload(&m.header);
	ck_assert_uint_eq(ntohl(info->id.spi), 0x05000001);
	ck_assert_mem_eq(&info->id.daddr, sa.to.ip.octets, 4);
	ck_assert_uint_eq(info->lft.hard_byte_limit, 5000);
	ck_assert(info->lft.soft_byte_limit == XFRM_INF);
	ck_assert(info->flags & XFRM_STATE_ESN);
	ck_assert(info->flags & XFRM_STATE_AF_UNSPEC);
	ck_assert_ptr_nonnull(attr(XFRMA_ALG_AEAD));
	aead = mnl_attr_get_payload(attr(XFRMA_ALG_AEAD));
	ck_assert_str_eq(aead->alg_name, "rfc4106(gcm(aes))");
	ck_assert_uint_eq(aead->alg_key_len, 160);
	ck_assert_mem_eq(aead->alg_key, key, 20);
	encap = mnl_attr_get_payload(attr(XFRMA_ENCAP));
	ck_assert_uint_eq(ntohs(encap->encap_sport), 4501);
	ck_assert_uint_eq(ntohs(encap->encap_dport), 4500);
	ck_assert_uint_eq(mnl_attr_get_u32(attr(XFRMA_IF_ID)), 9);
	ck_assert_ptr_null(attr(XFRMA_SET_MARK));
}
END_TEST

START_TEST(an_outbound_sa_carries_our_mark)
{
	struct xfrm_sa sa = sa_of(CYG_ENCR_AES_CBC, 128, CYG_AUTH_HMAC_SHA2_256_128);
	const struct xfrm_algo_auth *auth;

	sa.inbound = false;
	ck_assert_int_eq(xfrm_sa_add(&m, &sa), CYG_OK);
	ck_assert_uint_eq(mnl_attr_get_u32(attr(XFRMA_SET_MARK)), CYG_FWMARK);
	auth = mnl_attr_get_payload(attr(XFRMA_ALG_AUTH_TRUNC));
	ck_assert_uint_eq(auth->alg_trunc_len, 128);
	ck_assert_mem_eq(auth->alg_key, key + 16, 32);
	ck_assert_ptr_null(attr(XFRMA_ENCAP));
}
END_TEST

START_TEST(a_key_of_another_length_is_refused)
{
	struct xfrm_sa sa = sa_of(CYG_ENCR_AES_GCM_16, 128, CYG_AUTH_NONE);

	sa.key.len--;
	ck_assert_int_eq(xfrm_sa_add(&m, &sa), CYG_UNSUPPORTED);
}
END_TEST

/* The biggest that there can be has room in a message. */
START_TEST(the_longest_sa_fits)
{
	struct xfrm_sa sa = sa_of(CYG_ENCR_AES_CBC, 256, CYG_AUTH_HMAC_SHA2_512_256);

	sa.udp_encap = sa.esn = true;
	sa.replay_window = UINT32_MAX;
	ck_assert_int_eq(xfrm_sa_add(&m, &sa), CYG_OK);
	ck_assert_uint_le(m.header.nlmsg_len, sizeof(m) - 256);
}
END_TEST

/* As the kernel answers: what was asked for, and its use. */
static void kernels_answer(const struct xfrm_sa *sa, uint64_t oseq)
{
	struct xfrm_replay_state_esn *replay;
	struct xfrm_usersa_info *info;
	uint64_t used = 1234567;

	ck_assert_int_eq(xfrm_sa_add(&m, sa), CYG_OK);
	info = mnl_nlmsg_get_payload(&m.header);
	info->curlft.packets = 10;
	info->curlft.bytes = 5000;
	info->stats.integrity_failed = 3;
	info->stats.replay = 2;
	replay = mnl_attr_get_payload(attr(XFRMA_REPLAY_ESN_VAL));
	replay->oseq = (uint32_t)oseq;
	replay->oseq_hi = (uint32_t)(oseq >> 32);
	mnl_attr_put(&m.header, XFRMA_LASTUSED, sizeof(used), &used);
}

START_TEST(usage_is_read)
{
	struct xfrm_sa sa = sa_of(CYG_ENCR_AES_GCM_16, 128, CYG_AUTH_NONE);
	struct xfrm_usage usage = { 0 };

	kernels_answer(&sa, 7);
	ck_assert_int_eq(xfrm_sa_read(&m.header, m.header.nlmsg_len, &usage), CYG_OK);
	ck_assert_uint_eq(usage.packets, 10);
	ck_assert_uint_eq(usage.octets, 5000);
	ck_assert_uint_eq(usage.forged, 3);
	ck_assert_uint_eq(usage.replayed, 2);
	ck_assert_uint_eq(usage.used_s, 1234567);
}
END_TEST

START_TEST(a_moved_sa_keeps_its_keys_and_never_repeats_a_number)
{
	struct xfrm_sa sa = sa_of(CYG_ENCR_AES_GCM_16, 128, CYG_AUTH_NONE);
	struct cyg_endpoint from = { .ip = { CYG_IPV4, { 192, 0, 2, 1 } }, .port = 4500 };
	struct cyg_endpoint to = { .ip = { CYG_IPV4, { 198, 51, 100, 7 } }, .port = 30000 };
	const uint64_t numbers[] = { 7, UINT32_MAX - 2, (UINT64_C(5) << 32) + 9 };
	struct nl_message answer;

	sa.inbound = false;
	sa.esn = true;
	for (size_t i = 0; i < CYG_COUNT(numbers); i++) {
		const struct xfrm_replay_state_esn *replay;
		const struct xfrm_usersa_info *info;
		struct xfrm_lifetime_cur counters;
		uint64_t next;

		kernels_answer(&sa, numbers[i]);
		answer = m;
		ck_assert_int_eq(xfrm_sa_moved(&m, &answer.header, answer.header.nlmsg_len, &from, &to, false, true), CYG_OK);
		info = mnl_nlmsg_get_payload(&m.header);
		ck_assert_mem_eq(&info->id.daddr, to.ip.octets, 4);
		ck_assert_mem_eq(((const struct xfrm_algo_aead *)mnl_attr_get_payload(attr(XFRMA_ALG_AEAD)))->alg_key, key, 20);
		replay = mnl_attr_get_payload(attr(XFRMA_REPLAY_ESN_VAL));
		next = (uint64_t)replay->oseq_hi << 32 | replay->oseq;
		ck_assert_uint_gt(next, numbers[i]);
		ck_assert_ptr_null(attr(XFRMA_LASTUSED));
		memcpy(&counters, mnl_attr_get_payload(attr(XFRMA_LTIME_VAL)), sizeof(counters));
		ck_assert_uint_eq(counters.bytes, 5000);
		ck_assert_uint_eq(ntohs(((const struct xfrm_encap_tmpl *)mnl_attr_get_payload(attr(XFRMA_ENCAP)))->encap_dport), 30000);
	}
	/* Without the extension the numbers end: they do not begin again. */
	sa.esn = false;
	sa.seq = 1; /* so that the state is there */
	kernels_answer(&sa, UINT32_MAX - 2);
	answer = m;
	ck_assert_int_eq(xfrm_sa_moved(&m, &answer.header, answer.header.nlmsg_len, &from, &to, false, false), CYG_OK);
	ck_assert_uint_eq(((const struct xfrm_replay_state_esn *)mnl_attr_get_payload(attr(XFRMA_REPLAY_ESN_VAL)))->oseq, UINT32_MAX);
	ck_assert_ptr_null(attr(XFRMA_ENCAP));
}
END_TEST

START_TEST(longer_prefixes_come_first)
{
	struct pair wide = { .local = { { .family = CYG_IPV4 }, 0 }, .remote = { { .family = CYG_IPV4 }, 8 } };
	struct pair narrow = wide;

	narrow.remote.len = 32;
	ck_assert_uint_lt(xfrm_priority(&narrow, XFRM_WAY_OUT), xfrm_priority(&wide, XFRM_WAY_OUT));
	wide.remote.len = 0;
	ck_assert_uint_lt(xfrm_priority(&wide, XFRM_WAY_OUT), XFRM_PRIORITY_COMMON);
}
END_TEST

START_TEST(only_what_hangs_on_the_interface_is_cleared)
{
	struct xfrm_sa sa = sa_of(CYG_ENCR_AES_GCM_16, 128, CYG_AUTH_NONE);
	struct nl_message deletion;

	kernels_answer(&sa, 7);
	ck_assert(!xfrm_dumped(&m.header, 8, &deletion));
	ck_assert(xfrm_dumped(&m.header, 9, &deletion));
	ck_assert_uint_eq(deletion.header.nlmsg_type, XFRM_MSG_DELSA);
}
END_TEST

START_TEST(transport_mode_hangs_on_no_interface_and_still_says_whose_it_is)
{
	struct cyg_prefix here = { { CYG_IPV4, { 192, 0, 2, 1 } }, 32 }, there = { { CYG_IPV4, { 192, 0, 2, 2 } }, 32 };
	struct xfrm_policy_of policy = { XFRM_WAY_OUT, { .local = here, .remote = there, .protocol = 47 }, 0 };
	struct xfrm_template template = { .reqid = 5, .from = here.ip, .to = there.ip, .transport = 9 };
	struct xfrm_sa sa = sa_of(CYG_ENCR_AES_GCM_16, 128, CYG_AUTH_NONE);
	const struct xfrm_userpolicy_info *info;
	const struct xfrm_usersa_info *state;
	struct nl_message deletion, sent;
	const struct nlattr *tmpl = NULL, *a;

	sa.transport = true;
	sa.inbound = false;
	ck_assert_int_eq(xfrm_sa_add(&m, &sa), CYG_OK);
	state = mnl_nlmsg_get_payload(&m.header);
	ck_assert_uint_eq(state->mode, XFRM_MODE_TRANSPORT);
	ck_assert_uint_eq(state->flags & XFRM_STATE_AF_UNSPEC, 0); /* the kernel takes none of another family */
	ck_assert_ptr_null(attr(XFRMA_IF_ID));
	sa.inbound = true;
	kernels_answer(&sa, 7);
	ck_assert(!xfrm_dumped(&m.header, 8, &deletion));
	ck_assert(xfrm_dumped(&m.header, 9, &deletion));
	ck_assert_uint_eq(deletion.header.nlmsg_type, XFRM_MSG_DELSA);

	xfrm_policy_set(&sent, &policy, &template, 100);
	info = mnl_nlmsg_get_payload(&sent.header);
	mnl_attr_for_each(a, &sent.header, sizeof(*info)) {
		ck_assert_int_ne(mnl_attr_get_type(a), XFRMA_IF_ID);
		if (mnl_attr_get_type(a) == XFRMA_TMPL)
			tmpl = a;
	}
	ck_assert_ptr_nonnull(tmpl);
	ck_assert_uint_eq(((const struct xfrm_user_tmpl *)mnl_attr_get_payload(tmpl))->mode, XFRM_MODE_TRANSPORT);
	sent.header.nlmsg_type = XFRM_MSG_NEWPOLICY; /* as the kernel tells it */
	ck_assert(!xfrm_dumped(&sent.header, 8, &deletion));
	ck_assert(xfrm_dumped(&sent.header, 9, &deletion));
	ck_assert_uint_eq(deletion.header.nlmsg_type, XFRM_MSG_DELPOLICY);
	/* The deletion names no interface either: the kernel would not find it. */
	mnl_attr_for_each(a, &deletion.header, sizeof(struct xfrm_userpolicy_id))
		ck_assert_int_ne(mnl_attr_get_type(a), XFRMA_IF_ID);
	/* Somebody else's is nobody's of ours. */
	template.transport = 0;
	xfrm_policy_set(&sent, &policy, &template, 100);
	sent.header.nlmsg_type = XFRM_MSG_NEWPOLICY;
	ck_assert(!xfrm_dumped(&sent.header, 9, &deletion));
	ck_assert(!xfrm_dumped(&sent.header, 0, &deletion));
}
END_TEST

static void report_begin(uint16_t type, const void *body, size_t size)
{
	memcpy(nl_begin(&m, type, 0, size), body, size);
}

START_TEST(reports_are_read)
{
	struct xfrm_user_expire expire = { .state = { .id = { .spi = htonl(0x05000001), .proto = IPPROTO_ESP },
						      .reqid = 77 }, .hard = 1 };
	struct xfrm_user_mapping mapping = { .id = { .spi = htonl(0x05000001), .family = AF_INET,
						     .proto = IPPROTO_ESP },
					     .new_sport = htons(30000) };
	struct xfrm_report report;

	report_begin(XFRM_MSG_EXPIRE, &expire, sizeof(expire));
	report = xfrm_report_read(&m.header, m.header.nlmsg_len);
	ck_assert_int_eq(report.kind, XFRM_REPORT_EXPIRE);
	ck_assert_uint_eq(report.spi, 0x05000001);
	ck_assert_uint_eq(report.reqid, 77);
	ck_assert(report.hard);
	report_begin(XFRM_MSG_MAPPING, &mapping, sizeof(mapping));
	report = xfrm_report_read(&m.header, m.header.nlmsg_len);
	ck_assert_int_eq(report.kind, XFRM_REPORT_MAPPING);
	ck_assert_uint_eq(report.remote.port, 30000);
	expire.state.id.proto = IPPROTO_AH; /* somebody else's */
	report_begin(XFRM_MSG_EXPIRE, &expire, sizeof(expire));
	ck_assert_int_eq(xfrm_report_read(&m.header, m.header.nlmsg_len).kind, XFRM_REPORT_NONE);
}
END_TEST

START_TEST(truncated_answers_and_reports_are_refused)
{
	struct xfrm_sa sa = sa_of(CYG_ENCR_AES_GCM_16, 128, CYG_AUTH_NONE);
	struct xfrm_user_acquire acquire = { .sel = { .family = AF_INET } };
	struct xfrm_usage usage = { .packets = 77 };
	size_t len;

	kernels_answer(&sa, 7);
	for (size_t cut = 0; cut < NLMSG_HDRLEN + sizeof(struct xfrm_usersa_info); cut++) {
		void *exact = test_memdup(m.octets, cut);

		if (cut >= sizeof(struct nlmsghdr))
			ck_assert_int_eq(xfrm_sa_read(exact, cut, &usage), CYG_MALFORMED);
		free(exact);
	}
	ck_assert_uint_eq(usage.packets, 77);
	report_begin(XFRM_MSG_ACQUIRE, &acquire, sizeof(acquire));
	mnl_attr_put_u32(&m.header, XFRMA_IF_ID, 9);
	len = m.header.nlmsg_len;
	ck_assert_int_eq(xfrm_report_read(&m.header, len).kind, XFRM_REPORT_ACQUIRE);
	for (size_t cut = 0; cut < len; cut++) {
		void *exact = test_memdup(m.octets, cut);

		if (cut >= sizeof(struct nlmsghdr)) {
			((struct nlmsghdr *)exact)->nlmsg_len = (uint32_t)cut;
			ck_assert_int_eq(xfrm_report_read(exact, cut).kind, XFRM_REPORT_NONE);
		}
		free(exact);
	}
}
END_TEST

TCase *xfrm_tcase(void)
{
	TCase *tc = tcase_create("xfrm");

	tcase_add_test(tc, suites_have_the_keys_the_kernel_wants);
	tcase_add_test(tc, an_inbound_sa_says_all_that_was_agreed);
	tcase_add_test(tc, an_outbound_sa_carries_our_mark);
	tcase_add_test(tc, a_key_of_another_length_is_refused);
	tcase_add_test(tc, the_longest_sa_fits);
	tcase_add_test(tc, usage_is_read);
	tcase_add_test(tc, a_moved_sa_keeps_its_keys_and_never_repeats_a_number);
	tcase_add_test(tc, longer_prefixes_come_first);
	tcase_add_test(tc, only_what_hangs_on_the_interface_is_cleared);
	tcase_add_test(tc, transport_mode_hangs_on_no_interface_and_still_says_whose_it_is);
	tcase_add_test(tc, reports_are_read);
	tcase_add_test(tc, truncated_answers_and_reports_are_refused);
	return tc;
}
