/* SPDX-License-Identifier: MIT */
/* Inner packets: what is read, which selectors take them, ICMP errors, ECN, MTU. */
#include "kernel_tun_tests.h"

#include "inner.h"
#include "packets_test.h"

#include <cygnet/numbers.h>

#include "testing/unit/octets.h"

#include <stdio.h>

START_TEST(ipv4_packet_is_read_and_every_truncation_refused)
{
	uint8_t packet[PACKET_ROOM];
	size_t len = packet_make(packet, "10.1.0.5", "10.2.0.9", 17, 4000, 53, 32);
	struct inner in;

	ck_assert_int_eq(inner_read(cyg_bytes(packet, len), &in), CYG_OK);
	ck_assert_uint_eq(in.len, len);
	ck_assert_uint_eq(in.protocol, 17);
	ck_assert(in.has_ports && !in.df);
	ck_assert_uint_eq(in.source_port, 4000);
	ck_assert_uint_eq(in.destination_port, 53);
	ck_assert_uint_eq(in.payload_at, 20);
	for (size_t cut = 0; cut < len; cut++) {
		uint8_t *exact = test_memdup(packet, cut);

		in.len = 7777;
		ck_assert_int_eq(inner_read(cyg_bytes(exact, cut), &in), CYG_MALFORMED);
		ck_assert_uint_eq(in.len, 7777);
		free(exact);
	}
}
END_TEST

START_TEST(ipv6_packet_with_extensions_is_read_and_every_truncation_refused)
{
	/* Destination options, then a first fragment, then TCP. */
	static const uint8_t extensions[] = { 44, 0, 1, 4, 0, 0, 0, 0, 6, 0, 0, 1, 9, 9, 9, 9 };
	uint8_t packet[PACKET_ROOM];
	size_t len = packet_make(packet, "2001:db8::1", "2001:db8::2", 6, 1000, 443, 24);
	struct inner in;

	memmove(packet + 40 + sizeof(extensions), packet + 40, len - 40);
	memcpy(packet + 40, extensions, sizeof(extensions));
	packet[6] = 60;
	packet[5] = (uint8_t)(packet[5] + sizeof(extensions));
	len += sizeof(extensions);
	ck_assert_int_eq(inner_read(cyg_bytes(packet, len), &in), CYG_OK);
	ck_assert_uint_eq(in.protocol, 6);
	ck_assert_uint_eq(in.destination_port, 443);
	ck_assert_uint_eq(in.payload_at, 56);
	ck_assert(in.df);
	packet[51] = 0x51; /* a later fragment has no ports */
	ck_assert_int_eq(inner_read(cyg_bytes(packet, len), &in), CYG_OK);
	ck_assert_uint_eq(in.protocol, 6);
	ck_assert(!in.has_ports);
	ck_assert_uint_eq(in.payload_at, 0);
	packet[51] = 1;
	for (size_t cut = 0; cut < len; cut++) {
		uint8_t *exact = test_memdup(packet, cut);

		ck_assert_int_eq(inner_read(cyg_bytes(exact, cut), &in), CYG_MALFORMED);
		free(exact);
	}
	packet[41] = 200; /* an extension longer than the packet */
	ck_assert_int_eq(inner_read(cyg_bytes(packet, len), &in), CYG_MALFORMED);
}
END_TEST

START_TEST(packet_with_a_false_length_is_refused)
{
	uint8_t packet[PACKET_ROOM];
	size_t len = packet_make(packet, "10.1.0.5", "10.2.0.9", 17, 1, 2, 8);
	struct inner in;

	packet[0] = 0x44; /* header shorter than a header */
	ck_assert_int_eq(inner_read(cyg_bytes(packet, len), &in), CYG_MALFORMED);
	packet[0] = 0x4f; /* longer than the packet */
	ck_assert_int_eq(inner_read(cyg_bytes(packet, len), &in), CYG_MALFORMED);
	packet[0] = 0x45;
	packet[3] = 19; /* whole length shorter than the header */
	ck_assert_int_eq(inner_read(cyg_bytes(packet, len), &in), CYG_MALFORMED);
	packet[3] = (uint8_t)(len - 1); /* octets behind it: traffic flow padding */
	ck_assert_int_eq(inner_read(cyg_bytes(packet, len), &in), CYG_OK);
	ck_assert_uint_eq(in.len, len - 1);
	packet[0] = 0x75;
	ck_assert_int_eq(inner_read(cyg_bytes(packet, len), &in), CYG_MALFORMED);
}
END_TEST

static bool matches(const char *from, const char *to, uint8_t protocol, uint16_t source, uint16_t destination,
		    const struct cyg_selector *local, const struct cyg_selector *remote)
{
	uint8_t packet[PACKET_ROOM];
	size_t len = packet_make(packet, from, to, protocol, source, destination, 16);
	struct inner in;

	ck_assert_int_eq(inner_read(cyg_bytes(packet, len), &in), CYG_OK);
	return inner_matches(&in, true, local, 1, remote, 1);
}

START_TEST(selectors_hold_addresses_protocol_and_ports_of_both_sides)
{
	struct cyg_selector local = selector_of("10.1.0.0", "10.1.0.255");
	struct cyg_selector remote = selector_of("10.2.0.7", "10.2.0.9");

	ck_assert(matches("10.1.0.1", "10.2.0.8", 17, 1, 2, &local, &remote));
	ck_assert(!matches("10.1.1.0", "10.2.0.8", 17, 1, 2, &local, &remote));
	ck_assert(!matches("10.1.0.1", "10.2.0.6", 17, 1, 2, &local, &remote));
	ck_assert(!matches("10.1.0.1", "10.2.0.10", 17, 1, 2, &local, &remote));
	ck_assert(!matches("2001:db8::1", "2001:db8::2", 17, 1, 2, &local, &remote));
	remote.protocol = 6;
	ck_assert(!matches("10.1.0.1", "10.2.0.8", 17, 1, 80, &local, &remote));
	remote.protocol = 17;
	remote.port_low = 53;
	remote.port_high = 60;
	ck_assert(matches("10.1.0.1", "10.2.0.8", 17, 1, 53, &local, &remote));
	ck_assert(matches("10.1.0.1", "10.2.0.8", 17, 1, 60, &local, &remote));
	ck_assert(!matches("10.1.0.1", "10.2.0.8", 17, 53, 52, &local, &remote));
	local.port_low = local.port_high = 7;
	ck_assert(matches("10.1.0.1", "10.2.0.8", 17, 7, 53, &local, &remote));
	ck_assert(!matches("10.1.0.1", "10.2.0.8", 17, 8, 53, &local, &remote));
}
END_TEST

START_TEST(opaque_takes_only_what_has_no_ports_and_icmp_is_type_and_code)
{
	struct cyg_selector local = selector_of("10.1.0.0", "10.1.0.255");
	struct cyg_selector remote = selector_of("10.2.0.0", "10.2.0.255");

	local.port_low = UINT16_MAX;
	local.port_high = 0;
	ck_assert(!matches("10.1.0.1", "10.2.0.8", 17, 1, 2, &local, &remote));
	ck_assert(matches("10.1.0.1", "10.2.0.8", 47, 1, 2, &local, &remote));
	local.port_low = 0;
	local.port_high = UINT16_MAX;
	remote.protocol = 1;
	remote.port_low = remote.port_high = 8 << 8; /* echo */
	ck_assert(matches("10.1.0.1", "10.2.0.8", 1, 8 << 8, 0, &local, &remote));
	ck_assert(!matches("10.1.0.1", "10.2.0.8", 1, 3 << 8 | 4, 0, &local, &remote));
}
END_TEST

START_TEST(inbound_selectors_are_the_other_way_round)
{
	struct cyg_selector local = selector_of("10.1.0.0", "10.1.0.255");
	struct cyg_selector remote = selector_of("10.2.0.0", "10.2.0.255");
	uint8_t packet[PACKET_ROOM];
	size_t len = packet_make(packet, "10.2.0.1", "10.1.0.1", 17, 1, 2, 8);
	struct inner in;

	ck_assert_int_eq(inner_read(cyg_bytes(packet, len), &in), CYG_OK);
	ck_assert(inner_matches(&in, false, &local, 1, &remote, 1));
	ck_assert(!inner_matches(&in, true, &local, 1, &remote, 1));
}
END_TEST

START_TEST(cover_is_the_shortest_prefix_around_a_range)
{
	static const struct { const char *low, *high, *prefix; unsigned len; } cases[] = {
		{ "0.0.0.0", "255.255.255.255", "0.0.0.0", 0 },
		{ "10.0.0.5", "10.0.0.5", "10.0.0.5", 32 },
		{ "10.0.0.1", "10.0.0.200", "10.0.0.0", 24 },
		{ "10.0.1.0", "10.0.2.0", "10.0.0.0", 22 },
		{ "2001:db8::", "2001:db8::ffff", "2001:db8::", 112 },
		{ "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::", 0 },
	};

	for (unsigned i = 0; i < CYG_COUNT(cases); i++) {
		struct cyg_ip_range range = selector_of(cases[i].low, cases[i].high).addr;
		struct cyg_prefix prefix = inner_cover(&range);
		char text[CYG_IP_TEXT];

		ck_assert_str_eq(cyg_ip_text(&prefix.ip, text), cases[i].prefix);
		ck_assert_uint_eq(prefix.len, cases[i].len);
	}
}
END_TEST

START_TEST(inner_mtu_leaves_room_for_all_that_is_put_around)
{
	struct cyg_esp_ops gcm = { .iv_len = 8, .icv_len = 16, .block_len = 4 };
	struct cyg_esp_ops cbc = { .iv_len = 16, .icv_len = 16, .block_len = 16 };

	/* facts: 1472 octets of UDP payload take 1438 octets without padding. */
	ck_assert_uint_eq(inner_mtu(1500, CYG_IPV4, true, &gcm), 1438);
	ck_assert_uint_eq(inner_mtu(1500, CYG_IPV4, false, &gcm), 1446);
	ck_assert_uint_eq(inner_mtu(1500, CYG_IPV6, true, &gcm), 1418);
	ck_assert_uint_eq(inner_mtu(1500, CYG_IPV4, true, &cbc), 1422);
	ck_assert_uint_eq(inner_mtu(20, CYG_IPV4, true, &cbc), 0);
	ck_assert_uint_eq(inner_mtu(70, CYG_IPV4, true, &cbc), 0);
}
END_TEST

START_TEST(too_big_answers_carry_mtu_quote_and_right_checksums)
{
	uint8_t packet[PACKET_ROOM], error[INNER_ERROR_MAX];
	size_t len = packet_make(packet, "10.1.0.5", "10.2.0.9", 17, 4000, 53, 1400), made;
	struct inner in, about;

	packet_set_df(packet);
	ck_assert_int_eq(inner_read(cyg_bytes(packet, len), &in), CYG_OK);
	ck_assert(in.df);
	made = inner_too_big(cyg_bytes(packet, len), &in, 1300, error);
	ck_assert_uint_eq(made, 576);
	ck_assert_int_eq(inner_read(cyg_bytes(error, made), &about), CYG_OK);
	ck_assert_uint_eq(about.protocol, 1);
	ck_assert(cyg_ip_equal(&about.destination, &in.source));
	ck_assert(cyg_ip_equal(&about.source, &in.destination));
	ck_assert_uint_eq(error[20], 3);
	ck_assert_uint_eq(error[21], 4);
	ck_assert_uint_eq(error[26] << 8 | error[27], 1300);
	ck_assert_mem_eq(error + 28, packet, made - 28);
	ck_assert_uint_eq(checksum(error, 20, 0), 0);
	ck_assert_uint_eq(checksum(error + 20, made - 20, 0), 0);

	len = packet_make(packet, "2001:db8::1", "2001:db8::2", 17, 1, 2, 1400);
	ck_assert_int_eq(inner_read(cyg_bytes(packet, len), &in), CYG_OK);
	made = inner_too_big(cyg_bytes(packet, len), &in, 1000, error);
	ck_assert_uint_eq(made, 1280);
	ck_assert_uint_eq(error[40], 2);
	ck_assert_uint_eq(error[46] << 8 | error[47], 1280); /* never less */
	ck_assert_mem_eq(error + 48, packet, made - 48);
	ck_assert_uint_eq(checksum(error + 8, made - 8, (uint32_t)(made - 40) + 58), 0);
}
END_TEST

START_TEST(no_error_is_sent_about_errors_fragments_and_groups)
{
	uint8_t packet[PACKET_ROOM], error[INNER_ERROR_MAX];
	struct inner in;
	size_t len;

	len = packet_make(packet, "10.1.0.5", "10.2.0.9", 1, 3 << 8 | 1, 0, 1400);
	ck_assert_int_eq(inner_read(cyg_bytes(packet, len), &in), CYG_OK);
	ck_assert_uint_eq(inner_too_big(cyg_bytes(packet, len), &in, 1300, error), 0);
	len = packet_make(packet, "10.1.0.5", "10.2.0.9", 1, 8 << 8, 0, 1400);
	ck_assert_int_eq(inner_read(cyg_bytes(packet, len), &in), CYG_OK);
	ck_assert_uint_gt(inner_too_big(cyg_bytes(packet, len), &in, 1300, error), 0);
	packet[7] = 9; /* offset */
	ck_assert_int_eq(inner_read(cyg_bytes(packet, len), &in), CYG_OK);
	ck_assert_uint_eq(inner_too_big(cyg_bytes(packet, len), &in, 1300, error), 0);
	len = packet_make(packet, "10.1.0.5", "224.0.0.9", 17, 1, 2, 1400);
	ck_assert_int_eq(inner_read(cyg_bytes(packet, len), &in), CYG_OK);
	ck_assert_uint_eq(inner_too_big(cyg_bytes(packet, len), &in, 1300, error), 0);
	len = packet_make(packet, "2001:db8::1", "2001:db8::2", 58, 2 << 8, 0, 1400);
	ck_assert_int_eq(inner_read(cyg_bytes(packet, len), &in), CYG_OK);
	ck_assert_uint_eq(inner_too_big(cyg_bytes(packet, len), &in, 1300, error), 0);
}
END_TEST

/* RFC 6040 figure 4: rows are the inner field (not, 0, 1, CE), columns the outer one. */
START_TEST(ecn_leaves_the_tunnel_as_rfc_6040_says)
{
	static const int fields[] = { ECN_NONE, ECN_ECT0, ECN_ECT1, ECN_CE };
	static const int result[4][4] = {
		{ ECN_NONE, ECN_NONE, ECN_NONE, -1 },
		{ ECN_ECT0, ECN_ECT0, ECN_ECT1, ECN_CE },
		{ ECN_ECT1, ECN_ECT1, ECN_ECT1, ECN_CE },
		{ ECN_CE, ECN_CE, ECN_CE, ECN_CE },
	};

	for (unsigned six = 0; six < 2; six++) {
		for (unsigned i = 0; i < 4; i++) {
			for (unsigned o = 0; o < 4; o++) {
				uint8_t packet[PACKET_ROOM];
				size_t len = packet_make(packet, six ? "2001:db8::1" : "10.1.0.5",
							 six ? "2001:db8::2" : "10.2.0.9", 17, 1, 2, 8);
				struct inner in;

				packet_set_ecn(packet, (uint8_t)fields[i]);
				ck_assert_int_eq(inner_read(cyg_bytes(packet, len), &in), CYG_OK);
				ck_assert_uint_eq(in.ecn, (unsigned)fields[i]);
				ck_assert_int_eq(inner_ecn_out_of_tunnel(packet, &in, (uint8_t)fields[o]),
						 result[i][o] >= 0);
				if (result[i][o] < 0)
					continue;
				ck_assert_int_eq(inner_read(cyg_bytes(packet, len), &in), CYG_OK);
				ck_assert_int_eq(in.ecn, result[i][o]);
				if (!six)
					ck_assert_uint_eq(checksum(packet, 20, 0), 0);
			}
		}
	}
}
END_TEST

/* --- Selectors against a description too simple to be wrong --- */

static uint64_t seed = 5;

static uint32_t chance(uint32_t below)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(seed >> 33) % below;
}

/* One side, by RFC 4301 4.4.1.1 and RFC 7296 3.13.1 word for word; addresses are 10.0.0.x. */
struct side_rule {
	unsigned low, high, protocol, port_low, port_high;
};

static bool rule_says(const struct side_rule *rules, unsigned count, unsigned host, unsigned protocol, bool ports,
		      unsigned port)
{
	for (unsigned i = 0; i < count; i++) {
		const struct side_rule *r = &rules[i];
		bool opaque = r->port_low == 65535 && r->port_high == 0, any = r->port_low == 0 && r->port_high == 65535;

		if (host < r->low || host > r->high || (r->protocol && r->protocol != protocol))
			continue;
		if (any || (opaque && !ports) || (!opaque && ports && port >= r->port_low && port <= r->port_high))
			return true;
	}
	return false;
}

static unsigned rules_make(struct side_rule *rules, struct cyg_selector *out)
{
	unsigned count = 1 + chance(3);

	for (unsigned i = 0; i < count; i++) {
		static const unsigned protocols[] = { 0, 6, 17, 1, 47 };
		struct side_rule *r = &rules[i];
		char low[32], high[32];

		r->low = chance(10);
		r->high = r->low + chance(10);
		r->protocol = protocols[chance(5)];
		r->port_low = 0;
		r->port_high = 65535;
		if (r->protocol && chance(2)) {
			r->port_low = chance(5);
			r->port_high = r->port_low + chance(4);
		}
		if (r->protocol && chance(5) == 0) {
			r->port_low = 65535;
			r->port_high = 0;
		}
		snprintf(low, sizeof(low), "10.0.0.%u", r->low);
		snprintf(high, sizeof(high), "10.0.0.%u", r->high);
		out[i] = selector_of(low, high);
		out[i].protocol = (uint8_t)r->protocol;
		out[i].port_low = (uint16_t)r->port_low;
		out[i].port_high = (uint16_t)r->port_high;
	}
	return count;
}

START_TEST(selectors_agree_with_their_description_both_ways)
{
	unsigned taken = 0;

	for (unsigned round = 0; round < 20000; round++) {
		static const unsigned protocols[] = { 6, 17, 1, 47 };
		struct side_rule near[3], far[3];
		struct cyg_selector local[3], remote[3];
		unsigned locals = rules_make(near, local), remotes = rules_make(far, remote);
		unsigned a = chance(20), b = chance(20), protocol = protocols[chance(4)];
		unsigned from = chance(8), to = chance(8);
		bool outbound = chance(2), expect, fragment = chance(8) == 0;
		bool ports = protocol != 47 && !fragment;
		uint8_t packet[PACKET_ROOM];
		char source[32], destination[32];
		struct inner in;
		size_t len;

		if (protocol == 1) /* type and code, on both sides */
			to = from;
		snprintf(source, sizeof(source), "10.0.0.%u", a);
		snprintf(destination, sizeof(destination), "10.0.0.%u", b);
		len = packet_make(packet, source, destination, (uint8_t)protocol, (uint16_t)from, (uint16_t)to, 40);
		if (fragment) {
			packet[7] = 9;
			packet_sum(packet);
		}
		ck_assert_int_eq(inner_read(cyg_bytes(packet, len), &in), CYG_OK);
		expect = outbound ? rule_says(near, locals, a, protocol, ports, from) &&
					    rule_says(far, remotes, b, protocol, ports, to)
				  : rule_says(far, remotes, a, protocol, ports, from) &&
					    rule_says(near, locals, b, protocol, ports, to);
		ck_assert_msg(inner_matches(&in, outbound, local, locals, remote, remotes) == expect, "round %u", round);
		taken += expect;
	}
	ck_assert_uint_gt(taken, 200); /* both answers are met often */
	ck_assert_uint_lt(taken, 15000);
}
END_TEST

TCase *inner_tcase(void)
{
	TCase *tc = tcase_create("inner");

	tcase_add_test(tc, ipv4_packet_is_read_and_every_truncation_refused);
	tcase_add_test(tc, ipv6_packet_with_extensions_is_read_and_every_truncation_refused);
	tcase_add_test(tc, packet_with_a_false_length_is_refused);
	tcase_add_test(tc, selectors_hold_addresses_protocol_and_ports_of_both_sides);
	tcase_add_test(tc, opaque_takes_only_what_has_no_ports_and_icmp_is_type_and_code);
	tcase_add_test(tc, inbound_selectors_are_the_other_way_round);
	tcase_add_test(tc, selectors_agree_with_their_description_both_ways);
	tcase_add_test(tc, cover_is_the_shortest_prefix_around_a_range);
	tcase_add_test(tc, inner_mtu_leaves_room_for_all_that_is_put_around);
	tcase_add_test(tc, too_big_answers_carry_mtu_quote_and_right_checksums);
	tcase_add_test(tc, no_error_is_sent_about_errors_fragments_and_groups);
	tcase_add_test(tc, ecn_leaves_the_tunnel_as_rfc_6040_says);
	return tc;
}
