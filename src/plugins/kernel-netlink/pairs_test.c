/* SPDX-License-Identifier: MIT */
/* Selectors as the kernel knows them: nothing more passes than the peers agreed on, and nothing less. */
#include "kernel_netlink_tests.h"

#include "pairs.h"

#include <netinet/in.h>
#include <stdlib.h>

static struct cyg_ip ip(const char *text)
{
	struct cyg_ip out;

	ck_assert_int_eq(cyg_ip_parse(cyg_str(text), &out), CYG_OK);
	return out;
}

static struct cyg_selector selector(const char *low, const char *high, uint8_t protocol, uint16_t port_low,
				    uint16_t port_high)
{
	return (struct cyg_selector){ .addr = { ip(low), ip(high) }, .protocol = protocol, .port_low = port_low,
				      .port_high = port_high };
}

static unsigned random_state = 1;

static unsigned draw(unsigned below)
{
	random_state = random_state * 1103515245u + 12345u;
	return (random_state >> 8) % below;
}

static bool in_selector(const struct cyg_selector *s, const struct cyg_ip *address, uint8_t protocol, uint16_t port)
{
	return cyg_ip_compare(&s->addr.low, address) <= 0 && cyg_ip_compare(address, &s->addr.high) <= 0 &&
	       (!s->protocol || s->protocol == protocol) && s->port_low <= port && port <= s->port_high;
}

static bool in_pair(const struct pair *p, const struct cyg_ip *l, const struct cyg_ip *r, uint8_t protocol,
		    uint16_t lport, uint16_t rport)
{
	return cyg_prefix_holds(&p->local, l) && cyg_prefix_holds(&p->remote, r) &&
	       (!p->protocol || p->protocol == protocol) && (lport & p->local_port.mask) == p->local_port.port &&
	       (rport & p->remote_port.mask) == p->remote_port.port;
}

static struct cyg_ip near(const struct cyg_ip *base, int by)
{
	struct cyg_ip out = *base;
	size_t last = cyg_ip_len(base) - 1;

	out.octets[last] = (uint8_t)(out.octets[last] + by);
	return out;
}

START_TEST(pairs_let_through_what_the_selectors_do)
{
	static const char *const lows[] = { "10.0.0.0", "10.0.0.7", "0.0.0.0", "10.0.0.128", "10.0.0.255" };
	struct pair *pairs = calloc(PAIRS_MAX, sizeof(*pairs));
	unsigned count, made = 0;

	ck_assert_ptr_nonnull(pairs);
	for (unsigned i = 0; i < 3000; i++) {
		struct cyg_selector l, r;
		struct cyg_ip low = ip(lows[draw(5)]), high = low;

		high.octets[3] = (uint8_t)(low.octets[3] + draw(256 - low.octets[3]));
		l = (struct cyg_selector){ { low, high }, draw(2) ? 17 : 0, 0, UINT16_MAX };
		if (l.protocol && draw(2)) {
			l.port_low = (uint16_t)draw(65536);
			l.port_high = (uint16_t)(l.port_low + draw(65536u - l.port_low));
		}
		r = selector("10.9.0.0", draw(2) ? "10.9.0.0" : "10.9.255.255", 0, 0, UINT16_MAX);
		if (pairs_make(&l, 1, &r, 1, pairs, PAIRS_MAX, &count) == CYG_LIMIT)
			continue;
		made++;
		for (unsigned j = 0; j < 40; j++) {
			struct cyg_ip a = near(draw(2) ? &low : &high, (int)draw(5) - 2), b = ip("10.9.0.0");
			uint8_t protocol = draw(2) ? 17 : 6;
			uint16_t port = draw(2) ? (uint16_t)(l.port_low + draw(3) - 1) : (uint16_t)(l.port_high + draw(3) - 1);
			bool wanted = in_selector(&l, &a, protocol, port) && in_selector(&r, &b, protocol, 9);
			unsigned hits = 0;

			for (unsigned k = 0; k < count; k++)
				hits += in_pair(&pairs[k], &a, &b, protocol, port, 9);
			ck_assert_uint_eq(hits, wanted ? 1 : 0);
		}
	}
	ck_assert_uint_gt(made, 1000);
	free(pairs);
}
END_TEST

START_TEST(whole_families_are_one_pair_each)
{
	struct cyg_selector l[2] = { selector("0.0.0.0", "255.255.255.255", 0, 0, UINT16_MAX),
				     selector("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 0, 0, UINT16_MAX) };
	struct pair pairs[4];
	unsigned count;

	ck_assert_int_eq(pairs_make(l, 2, l, 2, pairs, 4, &count), CYG_OK);
	ck_assert_uint_eq(count, 2);
	ck_assert(pair_is_any(&pairs[0]) && pair_is_any(&pairs[1]));
	ck_assert_uint_ne(pairs[0].local.ip.family, pairs[1].local.ip.family);
}
END_TEST

START_TEST(a_range_around_the_middle_is_split)
{
	struct cyg_selector l = selector("10.0.0.1", "10.0.0.6", 0, 0, UINT16_MAX);
	struct cyg_selector r = selector("2001:db8::", "2001:db8::", 0, 0, UINT16_MAX);
	struct pair pairs[8];
	unsigned count;

	ck_assert_int_eq(pairs_make(&l, 1, &r, 1, pairs, 8, &count), CYG_REFUSED); /* no family in common */
	r = selector("10.1.0.0", "10.1.0.255", 0, 0, UINT16_MAX);
	ck_assert_int_eq(pairs_make(&l, 1, &r, 1, pairs, 8, &count), CYG_OK);
	ck_assert_uint_eq(count, 4); /* .1, .2-.3, .4-.5, .6 */
	ck_assert_uint_eq(pairs[1].local.len, 31);
	ck_assert_int_eq(pairs_make(&l, 1, &r, 1, pairs, 3, &count), CYG_LIMIT);
}
END_TEST

START_TEST(icmp_types_stand_where_the_kernel_looks)
{
	struct cyg_selector any = selector("10.0.0.0", "10.0.0.255", 0, 0, UINT16_MAX);
	struct cyg_selector echo = selector("10.1.0.0", "10.1.0.255", IPPROTO_ICMP, 0x0800, 0x08ff);
	struct pair pairs[2];
	unsigned count;

	ck_assert_int_eq(pairs_make(&any, 1, &echo, 1, pairs, 2, &count), CYG_OK);
	ck_assert_uint_eq(pairs[0].local_port.port, 8);
	ck_assert_uint_eq(pairs[0].remote_port.mask, 0);
	echo.port_high = 0x0900; /* two types */
	ck_assert_int_eq(pairs_make(&any, 1, &echo, 1, pairs, 2, &count), CYG_UNSUPPORTED);
}
END_TEST

START_TEST(opaque_ports_are_refused)
{
	struct cyg_selector any = selector("10.0.0.0", "10.0.0.255", 0, 0, UINT16_MAX);
	struct cyg_selector opaque = selector("10.1.0.0", "10.1.0.255", IPPROTO_TCP, UINT16_MAX, 0);
	struct pair pairs[2];
	unsigned count = 77;

	ck_assert_int_eq(pairs_make(&any, 1, &opaque, 1, pairs, 2, &count), CYG_UNSUPPORTED);
	ck_assert_uint_eq(count, 77);
}
END_TEST

START_TEST(a_route_cuts_a_pair_down)
{
	struct cyg_selector any = selector("0.0.0.0", "255.255.255.255", 0, 0, UINT16_MAX);
	struct cyg_selector ten = selector("10.0.0.0", "10.255.255.255", 0, 0, UINT16_MAX);
	struct cyg_prefix inside = { ip("10.5.0.0"), 16 }, outside = { ip("11.0.0.0"), 16 }, wider = { ip("0.0.0.0"), 0 };
	struct pair pairs[1], cut[1];
	unsigned count;

	ck_assert_int_eq(pairs_make(&any, 1, &ten, 1, pairs, 1, &count), CYG_OK);
	ck_assert_uint_eq(pairs_towards(pairs, 1, &inside, cut), 1);
	ck_assert_uint_eq(cut[0].remote.len, 16);
	ck_assert_uint_eq(pairs_towards(pairs, 1, &outside, cut), 0);
	ck_assert_uint_eq(pairs_towards(pairs, 1, &wider, cut), 0);
}
END_TEST

TCase *pairs_tcase(void)
{
	TCase *tc = tcase_create("pairs");

	tcase_add_test(tc, pairs_let_through_what_the_selectors_do);
	tcase_add_test(tc, whole_families_are_one_pair_each);
	tcase_add_test(tc, a_range_around_the_middle_is_split);
	tcase_add_test(tc, icmp_types_stand_where_the_kernel_looks);
	tcase_add_test(tc, opaque_ports_are_refused);
	tcase_add_test(tc, a_route_cuts_a_pair_down);
	return tc;
}
