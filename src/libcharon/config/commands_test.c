/* SPDX-License-Identifier: MIT */
/* Commands of the core beside IKEv2 itself: VRFs, access lists, crypto maps, AAA lists, routes, clients. */
#include "config/config_tests.h"
#include "config/idle.h"

#include <stdlib.h>

static void expect(const char *text, const char *codes)
{
	(void)kit_parse(text);
	ck_assert_msg(strcmp(kit_codes(), codes) == 0, "for\n%s\nexpected\n%s\ngot\n%s", text, codes, kit_texts());
}

/* The configuration in the file form parses back to itself and holds this text. */
static void expect_rendered(const char *part)
{
	char *first = kit_render(kit_config, CONFIG_RENDER_SECRETS), *second;

	ck_assert_msg(strstr(first, part) != NULL, "%s", first);
	ck_assert_int_eq(kit_parse(first), CYG_OK);
	second = kit_render(kit_config, CONFIG_RENDER_SECRETS);
	ck_assert_str_eq(first, second);
	free(first);
	free(second);
}

static void is_prefix(const struct cyg_prefix *prefix, const char *ip, unsigned len)
{
	char text[CYG_IP_TEXT];

	ck_assert_str_eq(cyg_ip_text(&prefix->ip, text), ip);
	ck_assert_uint_eq(prefix->len, len);
}

/* --- VRFs --- */

START_TEST(a_vrf_has_the_families_that_it_names)
{
	const struct cyg_vrf *vrf;

	expect("vrf definition A\n rd 65000:1\n table 1007\n address-family ipv6\n  route-target both 1:1\n"
	       " exit-address-family\n description inner\nvrf definition B\n",
	       "");
	vrf = kit_object(CYG_MODE_VRF, "A");
	ck_assert(!vrf->ipv4 && vrf->ipv6);
	ck_assert_uint_eq(vrf->table, 1007);
	vrf = kit_object(CYG_MODE_VRF, "B");
	ck_assert(!vrf->ipv4 && !vrf->ipv6);
	expect_rendered("vrf definition A\n description inner\n rd 65000:1\n table 1007\n address-family ipv6\n"
			"  route-target both 1:1\n");
	expect("vrf definition A\n table 0\n", "2 error range\n");
	expect("vrf definition A\nexit-address-family\n", "2 error unknown-command\n");
}
END_TEST

START_TEST(an_old_vrf_has_ipv4)
{
	expect("ip vrf A\n rd 1:1\nip vrf A\nno ip vrf B\n", "1 warning spelling\n3 warning spelling\n");
	ck_assert(((const struct cyg_vrf *)kit_object(CYG_MODE_VRF, "A"))->ipv4);
	expect_rendered("vrf definition A\n rd 1:1\n address-family ipv4\n");
	expect("ip vrf A\nno ip vrf A\n", "1 warning spelling\n");
	ck_assert_ptr_null(kit_object(CYG_MODE_VRF, "A"));
}
END_TEST

START_TEST(an_interface_uses_what_its_vrf_has)
{
	expect("ip vrf A\ninterface Tunnel1\nvrf forwarding A\nipv6 address 2001:db8::1/64\n",
	       "1 warning spelling\n3 warning unsuitable\n");
	expect("vrf definition A\naddress-family ipv4\naddress-family ipv6\ninterface Tunnel1\nvrf forwarding A\n"
	       "ipv6 address 2001:db8::1/64\nip address 10.0.0.1 255.255.255.0\n",
	       "");
	expect("interface Tunnel1\nvrf forwarding A\n", "2 warning undefined-reference\n");
}
END_TEST

START_TEST(the_old_line_of_a_vrf_is_for_one_family_on_tunnels)
{
#define BOTH "vrf definition A\naddress-family ipv4\naddress-family ipv6\ninterface "
	expect(BOTH "Tunnel1\nip vrf forwarding A\nip address 10.0.0.1 255.255.255.0\nipv6 address 2001:db8::1/64\n",
	       "5 warning spelling\n7 error conflict\n");
	expect(BOTH "Virtual-Template1\nip unnumbered eth0\nipv6 unnumbered eth0\nip vrf forwarding A\ninterface eth0\n",
	       "7 warning spelling\n7 error conflict\n");
	expect(BOTH "eth0\nip vrf forwarding A\nip address 10.0.0.1 255.255.255.0\nipv6 address 2001:db8::1/64\n",
	       "5 warning spelling\n");
	expect(BOTH "Tunnel1\nip vrf forwarding A\nip address 10.0.0.1 255.255.255.0\n", "5 warning spelling\n");
#undef BOTH
}
END_TEST

/* --- Access lists and route maps --- */

START_TEST(a_standard_list_has_sources)
{
	const struct cyg_access_list *list;

	expect("ip access-list standard L\n permit 10.1.0.0 0.0.255.255\n deny host 10.1.0.7\n permit any\n"
	       " remark the rest\n permit 10.2.3.4 log\n",
	       "");
	list = kit_object(CYG_MODE_ACCESS_LIST, "L");
	ck_assert_uint_eq(list->count, 4);
	ck_assert(!list->extended && list->entry[0].permit && !list->entry[1].permit);
	is_prefix(&list->entry[0].source, "10.1.0.0", 16);
	is_prefix(&list->entry[1].source, "10.1.0.7", 32);
	ck_assert_uint_eq(list->entry[2].source.len, 0);
	is_prefix(&list->entry[3].source, "10.2.3.4", 32);
	expect_rendered("ip access-list standard L\n 10 permit 10.1.0.0 0.0.255.255\n 20 deny host 10.1.0.7\n"
			" 30 permit any\n remark the rest\n 40 permit 10.2.3.4 log\n");
}
END_TEST

START_TEST(an_extended_list_has_protocol_destination_and_ports)
{
	const struct cyg_access_list *list;

	expect("ip access-list extended L\n permit ip 10.1.0.0 0.0.0.255 any\n"
	       " permit tcp host 10.0.0.1 range 1000 2000 10.2.0.0 0.0.255.255 eq www\n"
	       " permit 50 any any\n permit udp any gt 1023 any lt 10\n permit tcp any neq 5 any\n"
	       " permit tcp any any established log\n deny icmp any host 10.9.9.9 echo\n",
	       "");
	list = kit_object(CYG_MODE_ACCESS_LIST, "L");
	ck_assert_uint_eq(list->count, 7);
	ck_assert(list->extended);
	ck_assert_uint_eq(list->entry[0].protocol, 0);
	ck_assert_uint_eq(list->entry[1].protocol, 6);
	ck_assert_uint_eq(list->entry[1].source_port.low, 1000);
	ck_assert_uint_eq(list->entry[1].source_port.high, 2000);
	is_prefix(&list->entry[1].destination, "10.2.0.0", 16);
	ck_assert_uint_eq(list->entry[1].destination_port.low, 80);
	ck_assert_uint_eq(list->entry[1].destination_port.high, 80);
	ck_assert_uint_eq(list->entry[2].protocol, 50);
	ck_assert_uint_eq(list->entry[3].source_port.low, 1024);
	ck_assert_uint_eq(list->entry[3].destination_port.high, 9);
	ck_assert(list->entry[4].skipped && list->entry[5].skipped && !list->entry[0].skipped);
	is_prefix(&list->entry[6].destination, "10.9.9.9", 32);
	expect_rendered(" 20 permit tcp host 10.0.0.1 range 1000 2000 10.2.0.0 0.0.255.255 eq www\n");
	expect("ip access-list extended L\n permit tcp any range 9 5 any\n", "2 error range\n");
}
END_TEST

START_TEST(a_list_is_what_it_was_opened_as)
{
	expect("ip access-list standard L\n permit ip any any\n", "2 error syntax\n");
	expect("ip access-list extended L\n permit any\n", "2 error syntax\n");
	expect("ip access-list extended L\n permit ip any\n", "2 error syntax\n");
	expect("ip access-list standard L\n permit 10.0.0.0 0.0.0.255 10.0.0.0\n", "2 error syntax\n");
}
END_TEST

START_TEST(entries_stand_where_their_numbers_say)
{
	const struct cyg_access_list *list;

	expect("ip access-list standard L\n 30 permit host 10.0.0.3\n 10 permit host 10.0.0.1\n permit host 10.0.0.4\n"
	       " 20 permit host 10.0.0.2\n",
	       "");
	list = kit_object(CYG_MODE_ACCESS_LIST, "L");
	for (unsigned i = 0; i < 4; i++) {
		ck_assert_uint_eq(list->entry[i].source.ip.octets[3], i + 1);
		ck_assert_uint_eq(list->entry[i].sequence, 10 * (i + 1));
	}
	expect("ip access-list standard L\n 10 permit any\n 10 deny any\n", "1 error conflict\n");
	expect("ip access-list standard L\n 10 permit any\n no 10 permit any\n", "");
	ck_assert_uint_eq(((const struct cyg_access_list *)kit_object(CYG_MODE_ACCESS_LIST, "L"))->count, 0);
}
END_TEST

START_TEST(an_entry_keeps_the_number_that_it_was_made_with)
{
	const struct cyg_access_list *list;

#define FOUR "ip access-list standard L\n permit host 10.0.0.1\n permit host 10.0.0.2\n permit host 10.0.0.3\n remark r\n"
	expect(FOUR " no 20\n permit host 10.0.0.4\n permit host 10.0.0.1\n", "");
	list = kit_object(CYG_MODE_ACCESS_LIST, "L");
	ck_assert_uint_eq(list->count, 3);
	ck_assert_uint_eq(list->entry[0].sequence, 10);
	ck_assert_uint_eq(list->entry[1].sequence, 30);
	ck_assert_uint_eq(list->entry[2].sequence, 40);
	expect_rendered("L\n 10 permit host 10.0.0.1\n 30 permit host 10.0.0.3\n remark r\n 40 permit host 10.0.0.4\n");
	expect(FOUR " no permit host 10.0.0.2\n no remark r\n no 10 permit host 10.0.0.1\n", "");
	expect_rendered("L\n 30 permit host 10.0.0.3\n");
	/* What is not there is not taken away: another number, another entry. */
	expect(FOUR " no 40\n no 10 permit host 10.0.0.2\n no permit host 10.0.0.9\n", "");
	expect_rendered("L\n 10 permit host 10.0.0.1\n 20 permit host 10.0.0.2\n 30 permit host 10.0.0.3\n remark r\n");
	expect(FOUR " no\n", "6 error unknown-command\n");
#undef FOUR
	expect("ipv6 access-list L\n permit ipv6 any any\n permit tcp any any sequence 5\n permit udp any any\n"
	       " permit esp any any\n no sequence 20\n no permit tcp any any\n",
	       "");
	expect_rendered("ipv6 access-list L\n sequence 10 permit ipv6 any any\n sequence 30 permit esp any any\n");
}
END_TEST

START_TEST(a_number_of_an_entry_is_in_its_range)
{
	expect("ip access-list standard L\n 0 permit any\n 2147483648 permit any\n no 2147483648\n 2147483647 permit any\n",
	       "2 error range\n3 error range\n4 error range\n");
	expect("ipv6 access-list L\n sequence 4294967295 permit ipv6 any any\n sequence 4294967294 permit ipv6 any any\n",
	       "2 error range\n");
	expect("ip access-list standard L\n 2147483640 permit any\n deny any\n", "3 error range\n");
	/* What comes behind a number is an error of the list, not an unknown command. */
	expect("ip access-list standard L\n 10 allow any\n 10\nhostname x\n10 permit any\n",
	       "2 error syntax\n3 error syntax\n5 error unknown-command\n");
}
END_TEST

START_TEST(ports_have_names_and_there_may_be_several)
{
	const struct cyg_access_list *list;

	expect("ip access-list extended L\n permit udp any eq tftp host 10.0.0.1 eq snmptrap\n"
	       " permit tcp any any eq www 443 bgp log\n permit tcp any eq 22 443 any eq 25\n permit ip any any fragments\n"
	       " permit icmp any any ttl-exceeded\n",
	       "");
	list = kit_object(CYG_MODE_ACCESS_LIST, "L");
	ck_assert_uint_eq(list->count, 5);
	ck_assert_uint_eq(list->entry[0].source_port.low, 69);
	ck_assert_uint_eq(list->entry[0].destination_port.high, 162);
	ck_assert(!list->entry[0].skipped);
	/* No selector says the others. */
	for (size_t i = 1; i < list->count; i++)
		ck_assert(list->entry[i].skipped);
	ck_assert_uint_eq(list->entry[2].destination_port.low, 25);
	expect_rendered(" 20 permit tcp any any eq www 443 bgp log\n 30 permit tcp any eq 22 443 any eq 25\n");
	expect("ip access-list extended L\n permit tcp any any eq 22 70000\n permit tcp any any eq http\n",
	       "2 error range\n3 error syntax\n");
}
END_TEST

START_TEST(numbered_lists_are_written_in_two_ways)
{
	const struct cyg_access_list *list;

	expect("access-list 10 permit 10.0.0.0 0.0.0.255\naccess-list 10 deny any\nhostname x\n"
	       "ip access-list standard 10\n permit any\naccess-list 150 permit ip any any\n",
	       "");
	list = kit_object(CYG_MODE_ACCESS_LIST, "10");
	ck_assert_uint_eq(list->count, 3);
	ck_assert(((const struct cyg_access_list *)kit_object(CYG_MODE_ACCESS_LIST, "150"))->extended);
	ck_assert_str_eq(config_view(kit_config)->global->hostname, "x");
	expect_rendered("ip access-list standard 10\n 10 permit 10.0.0.0 0.0.0.255\n 20 deny any\n 30 permit any\n");
	expect("access-list 10 permit any\nno access-list 10\n", "");
	ck_assert_ptr_null(kit_object(CYG_MODE_ACCESS_LIST, "10"));
	expect("access-list 700 permit any\n", "1 error range\n");
	expect("access-list 10 permti any\n", "1 error syntax\n");
	expect("access-list 10 permit ayn\n", "1 error syntax\n");
	ck_assert_ptr_nonnull(strstr(kit_texts(), "t:1:23: error: `ayn`"));
}
END_TEST

START_TEST(wildcards_are_judged_once)
{
	const struct cyg_access_list *list;

	expect("ip access-list extended L\n permit ip 10.0.0.1 10.0.0.100 any\n permit ip 10.0.0.77 0.0.0.255 any\n"
	       " permit ip any 10.0.0.1 255.0.255.0\n",
	       "2 warning wildcard-mask\n3 warning host-bits\n4 warning wildcard-mask\n");
	list = kit_object(CYG_MODE_ACCESS_LIST, "L");
	ck_assert(list->entry[0].skipped && !list->entry[1].skipped && list->entry[2].skipped);
	is_prefix(&list->entry[1].source, "10.0.0.0", 24);
}
END_TEST

START_TEST(an_ipv6_list_is_always_extended)
{
	const struct cyg_access_list *list;

	expect("ipv6 access-list L\n permit ipv6 host 2001:db8::1 any\n sequence 5 deny ipv6 2001:db8:1::/48 any\n"
	       " permit tcp any any eq 443 sequence 99\n",
	       "");
	list = kit_object(CYG_MODE_ACCESS_LIST6, "L");
	ck_assert_uint_eq(list->count, 3);
	ck_assert(list->extended && list->family == CYG_IPV6);
	is_prefix(&list->entry[0].source, "2001:db8:1::", 48);
	is_prefix(&list->entry[1].source, "2001:db8::1", 128);
	ck_assert_uint_eq(list->entry[2].sequence, 99);
	expect("ipv6 access-list L\n permit ipv6 2001:db8::1/64 any\n permit foo any any\n",
	       "2 warning host-bits\n3 error syntax\n");
}
END_TEST

START_TEST(a_route_map_means_lists_and_other_lines_are_a_routers)
{
	const struct cyg_route_map *map;

	expect("access-list 10 permit any\nroute-map M permit 20\n match ip address 10\n match tag 7\n set metric 5\n"
	       "route-map M deny 30\n match ipv6 address none\nroute-map M\n",
	       "4 note ignored-command\n5 note ignored-command\n7 warning undefined-reference\n");
	map = kit_object(CYG_MODE_ROUTE_MAP, "M 20");
	ck_assert(map->permit && map->count4 == 1 && map->sequence == 20);
	ck_assert(!((const struct cyg_route_map *)kit_object(CYG_MODE_ROUTE_MAP, "M 30"))->permit);
	ck_assert_uint_eq(((const struct cyg_route_map *)kit_object(CYG_MODE_ROUTE_MAP, "M 10"))->sequence, 10);
}
END_TEST

/* --- Crypto maps, clients, routes --- */

START_TEST(an_entry_of_a_crypto_map_needs_all_four)
{
	expect("access-list 100 permit ip any any\ncrypto map M 10 ipsec-isakmp\n match address 100\n set peer 192.0.2.1\n"
	       " set transform-set default\n set ikev2-profile P\ncrypto ikev2 profile P\n shutdown\n",
	       "");
	ck_assert_ptr_nonnull(strstr(cyg_config_object_missing(kit_object(MODE_CRYPTO_MAP, "M 10")), "not supported"));
	expect("crypto map M 10 ipsec-isakmp\n", "1 warning incomplete\n");
	ck_assert_ptr_nonnull(strstr(kit_texts(), "`match address`, `set peer`, `set transform-set`, `set ikev2-profile`"));
	expect("crypto map M 10 ipsec-isakmp dynamic D\n", "1 warning incomplete\n");
	ck_assert_ptr_null(strstr(kit_texts(), "`set peer`"));
	expect("crypto map M 0 ipsec-isakmp\n", "1 error range\n");
}
END_TEST

START_TEST(no_takes_one_step_or_all_of_a_name)
{
#define STEPS "route-map R permit 10\nroute-map R deny 20\nroute-map RR permit 5\ncrypto map M 1 ipsec-isakmp\n" \
	"crypto map M 2 ipsec-isakmp\ncrypto pki certificate map C 1\n name co x\ncrypto pki certificate map C 2\n name co y\n"
#define LACKS "4 warning incomplete\n5 warning incomplete\n"
	expect(STEPS "no route-map R\n", LACKS);
	ck_assert_ptr_null(kit_object(CYG_MODE_ROUTE_MAP, "R 10"));
	ck_assert_ptr_null(kit_object(CYG_MODE_ROUTE_MAP, "R 20"));
	ck_assert_ptr_nonnull(kit_object(CYG_MODE_ROUTE_MAP, "RR 5"));
	expect(STEPS "no route-map R permit 10\n", LACKS);
	ck_assert_ptr_null(kit_object(CYG_MODE_ROUTE_MAP, "R 10"));
	ck_assert_ptr_nonnull(kit_object(CYG_MODE_ROUTE_MAP, "R 20"));
	expect(STEPS "no crypto map M\n", "");
	ck_assert_ptr_null(kit_object(MODE_CRYPTO_MAP, "M 1"));
	ck_assert_ptr_null(kit_object(MODE_CRYPTO_MAP, "M 2"));
	expect(STEPS "no crypto map M 1\n", "5 warning incomplete\n");
	expect(STEPS "no crypto pki certificate map C\n", LACKS);
	ck_assert_ptr_null(kit_object(MODE_CERT_MAP, "C 1"));
	ck_assert_ptr_null(kit_object(MODE_CERT_MAP, "C 2"));
	expect(STEPS "no crypto map\n", LACKS "10 error syntax\n");
#undef LACKS
#undef STEPS
}
END_TEST

static void expect_left(const char *text, const char *part, const char *gone)
{
	char *left;

	(void)kit_parse(text);
	ck_assert_msg(strstr(kit_codes(), "error") == NULL, "for\n%s\n%s", text, kit_texts());
	left = kit_render(kit_config, CONFIG_RENDER_SECRETS);
	ck_assert_msg(!part || strstr(left, part), "no `%s` in\n%s", part, left);
	ck_assert_msg(!strstr(left, gone), "`%s` in\n%s", gone, left);
	free(left);
}

START_TEST(no_needs_no_more_words_than_say_which_line)
{
#define P "crypto ikev2 profile P\n shutdown\n "
	expect_left(P "redirect gateway auth\n no redirect gateway\n", "shutdown", "redirect");
	expect_left("interface Tunnel1\n ip mtu 1400\n tunnel protection ipsec profile default\n no tunnel protection\n", "ip mtu",
		    "protection");
#define LIMITS "crypto ikev2 limit max-in-negotiation-sa 7 incoming\ncrypto ikev2 limit max-in-negotiation-sa 8 outgoing\n" \
	"crypto ikev2 limit max-in-negotiation-sa 9\n"
	expect_left(LIMITS "no crypto ikev2 limit max-in-negotiation-sa incoming\n", "8 outgoing", "7 incoming");
	expect_left(LIMITS "no crypto ikev2 limit max-in-negotiation-sa outgoing\n", "7 incoming", "8 outgoing");
	expect_left(LIMITS "no crypto ikev2 limit max-in-negotiation-sa\n", "8 outgoing", "sa 9");
#undef LIMITS
	/* Words that several lines begin with say nothing. */
	expect("interface Tunnel1\n no tunnel\n", "2 error syntax\n");
	expect("no crypto ikev2\nno crypto ikev2 limit\nno ip\n", "1 error syntax\n2 error syntax\n3 error syntax\n");
	/* And a line that is no `no` is whole. */
	expect("crypto ikev2 limit max-in-negotiation-sa incoming\n" P "redirect gateway\n", "1 error syntax\n4 error syntax\n");
}
END_TEST

START_TEST(no_of_a_list_takes_all_lines_that_begin_so)
{
#define ACCOUNTS "aaa accounting psk A\n aaa accounting eap A\n aaa accounting A\n "
	expect_left("aaa accounting network A start-stop local\n" P ACCOUNTS "no aaa accounting psk\n", "accounting eap A", "psk A");
	expect_left("aaa accounting network A start-stop local\n" P ACCOUNTS "no aaa accounting psk\n", " aaa accounting A", "psk A");
	expect_left("aaa accounting network A start-stop local\n" P ACCOUNTS "no aaa accounting\n", "network A", " aaa accounting ");
	expect_left(P "match identity remote any\n match identity remote address 192.0.2.1\n match address local 192.0.2.9\n"
		      " no match identity remote\n",
		    "match address local", "identity");
	expect_left("crypto ikev2 proposal A\nencryption aes-cbc-256\nintegrity sha256\ngroup 19\ncrypto ikev2 policy Q\nproposal default\n"
		    "proposal A\nmatch address local 192.0.2.1\nno proposal\n",
		    " match address", " proposal default");
	expect("kit list L\n item a\n item b\n no item\n", "");
	expect("access-list 5 permit any\nip access-list standard 5\n no permit\n", "3 error syntax\n");
#undef ACCOUNTS
#undef P
}
END_TEST

START_TEST(an_entry_is_never_the_line_of_an_interface)
{
	expect("interface eth0\n crypto map M\ncrypto map M 10 ipsec-isakmp\n", "3 warning incomplete\n");
	ck_assert_ptr_nonnull(kit_object(MODE_CRYPTO_MAP, "M 10"));
	expect("interface eth0\n crypto map M\n", "2 warning undefined-reference\n");
	expect("interface eth0\n crypto map M 10\n", "2 error syntax\n");
	expect("interface eth0\n crypto map M 10 ipsec-isakp\n description x\n", "2 error syntax\n");
}
END_TEST

START_TEST(a_client_names_its_gateways_and_its_tunnel)
{
	expect("crypto ikev2 client flexvpn C\n peer 1 192.0.2.1\n peer 2 fqdn gw.example.net dynamic\n"
	       " client connect Tunnel0\n connect manual\ninterface Tunnel0\n",
	       "");
	expect_rendered("crypto ikev2 client flexvpn C\n peer 1 192.0.2.1\n peer 2 fqdn gw.example.net dynamic\n");
	expect("crypto ikev2 client flexvpn C\n", "1 warning incomplete\n");
	expect("crypto ikev2 client flexvpn C\n peer 0 192.0.2.1\n", "2 error range\n");
	expect("crypto ikev2 client flexvpn C\n peer 1 192.0.2.1\n peer 1 192.0.2.2\n client connect Tunnel9\n",
	       "4 warning undefined-reference\n");
}
END_TEST

START_TEST(routes_lead_into_interfaces_or_to_gateways)
{
	const struct config_view *v;

	expect("interface Tunnel0\nip route 10.0.0.0 255.0.0.0 Tunnel0 5 tag 7 name here\nip route 0.0.0.0 0.0.0.0 192.0.2.254\n"
	       "ip route vrf R 10.1.0.0 255.255.0.0 Tunnel0 10.9.9.9\nvrf definition R\n"
	       "ipv6 route 2001:db8::/32 Tunnel0\nipv6 route ::/0 2001:db8::1 250\n",
	       "");
	v = config_view(kit_config);
	ck_assert_uint_eq(v->route_count, 2);
	is_prefix(&v->routes[0]->to, "10.0.0.0", 8);
	ck_assert_uint_eq(v->routes[0]->distance, 5);
	expect_rendered("ip route vrf R 10.1.0.0 255.255.0.0 Tunnel0 10.9.9.9\n");
	expect("ip route 10.0.0.1 255.0.0.0 Tunnel0\nip route 10.0.0.0 255.0.0.0 Tunnel0 256\n",
	       "1 warning host-bits\n1 warning undefined-reference\n2 error range\n");
}
END_TEST

START_TEST(a_route_into_null_is_told_to_be_the_systems)
{
	const void *route;

	expect("ip route 10.0.0.0 255.0.0.0 Null0\nipv6 route 2001:db8::/32 Null0 250\nip route 10.1.0.0 255.255.0.0 null 0\n", "");
	ck_assert_uint_eq(config_view(kit_config)->route_count, 0);
	route = kit_object(MODE_ROUTE, "10.0.0.0 255.0.0.0 Null0");
	ck_assert_ptr_nonnull(strstr(cyg_config_object_missing(route), "ip route add blackhole"));
	expect_rendered("ip route 10.1.0.0 255.255.0.0 Null0\n");
	expect("ip route 10.0.0.0 255.0.0.0 Null1\ninterface Tunnel1\n tunnel source Null0\n",
	       "1 warning undefined-reference\n3 warning undefined-reference\n");
	expect("ip route 10.0.0.0 255.0.0.0 Null0 250\nno ip route 10.0.0.0 255.0.0.0 Null0\n", "");
	ck_assert_ptr_null(kit_object(MODE_ROUTE, "10.0.0.0 255.0.0.0 Null0"));
}
END_TEST

/* --- AAA --- */

START_TEST(keys_from_aaa_need_servers)
{
#define PROFILE "crypto ikev2 profile P\n match identity remote any\n authentication local pre-share\n" \
	" authentication remote pre-share\n keyring aaa L\n"
	expect("aaa new-model\naaa authorization network L local\n" PROFILE, "7 warning unsuitable\n");
	expect("aaa new-model\naaa authorization network L local group radius\n" PROFILE, "");
	expect("aaa new-model\naaa authorization network L group radius\n" PROFILE, "");
	expect("aaa new-model\n" PROFILE, "6 warning undefined-reference\n");
#undef PROFILE
}
END_TEST

START_TEST(lists_of_all_kinds_have_their_methods_in_order)
{
	const struct config_method_list *list;

	expect("aaa new-model\naaa authentication login L group radius local\naaa authorization network default local\n"
	       "aaa accounting network L start-stop group radius\n",
	       "");
	list = kit_object(MODE_AAA_AUTHENTICATION, "L");
	ck_assert_uint_eq(list->count, 2);
	ck_assert(!list->method[0].local && list->method[1].local);
	ck_assert_str_eq(list->method[0].group, "radius");
	ck_assert_ptr_nonnull(kit_object(MODE_AAA_ACCOUNTING, "L"));
	expect("aaa new-model\naaa accounting network L group radius\n", "2 error syntax\n");
	expect("aaa new-model\naaa authorization network L group none\n", "2 warning undefined-reference\n");
	expect("aaa authentication login A local\naaa accounting network B start-stop local\n", "1 warning no-effect\n");
	expect("aaa accounting network B start-stop local\naaa authorization network A local\n", "1 warning no-effect\n");
}
END_TEST

START_TEST(a_profile_refers_to_a_list_of_the_right_kind)
{
	expect("aaa new-model\naaa authorization network L local\ncrypto ikev2 profile P\n shutdown\n"
	       " aaa authentication eap L\n aaa authentication eap default\n aaa accounting L\n",
	       "7 warning undefined-reference\n");
	expect("aaa new-model\naaa authorization network L local\ncrypto ikev2 profile P\n shutdown\n"
	       " aaa authentication eap L\n",
	       "5 warning undefined-reference\n");
}
END_TEST

START_TEST(tacacs_is_known_and_nobody_can_ask_it)
{
	expect("aaa new-model\naaa group server tacacs+ G\n server name S\ntacacs server S\n address ipv4 192.0.2.1\n key x\n"
	       "aaa authorization network L group G\naaa authorization network M group tacacs+\n",
	       "2 warning needs-plugin\n4 warning needs-plugin\n");
	ck_assert_ptr_null(cyg_config_object(kit_config, MODE_AAA_AUTHORIZATION, CYG_STR("L"), true));
	ck_assert_ptr_nonnull(strstr(cyg_config_object_missing(kit_object(MODE_AAA_AUTHORIZATION, "M")), "TACACS+"));
	expect_rendered("! inactive: plugin 'tacacs' is not loaded\ntacacs server S\n");
}
END_TEST

START_TEST(a_local_user_has_a_password_and_other_forms_are_a_routers)
{
	const struct cyg_local_user *user;

	expect("username bob password 0 wonder\nusername eve privilege 15 secret 9 x\nusername eve secret y\n",
	       "2 note ignored-command\n3 note ignored-command\n");
	user = kit_object(CYG_MODE_USER, "bob");
	ck_assert_uint_eq(user->password.len, 6);
	ck_assert_ptr_null(kit_object(CYG_MODE_USER, "eve"));
	expect("username bob password 6 SEALED\n", "1 warning incomplete\n");
	expect("username bob pasword x\n", "1 error syntax\n");
}
END_TEST

/* --- What is configured and not used --- */

static void note_unused(void *ctx, const struct config_unused *unused)
{
	fprintf(ctx, "%s %s t:%u %s\n", unused->mode->name, unused->name, unused->line, unused->why);
}

static char *unused(const struct cyg_config *before)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(out);
	config_each_unused(kit_config, before, note_unused, out);
	fclose(out);
	return text;
}

START_TEST(what_is_not_used_is_told_with_its_reason_and_told_once)
{
	struct cyg_config *before;
	char *text;

	expect("crypto ikev2 proposal P\nencryption aes-cbc-128\nintegrity sha1\ncrypto ikev2 keyring K\npeer A\n",
	       "1 warning incomplete\n5 warning incomplete\n");
	text = unused(NULL);
	ck_assert_ptr_nonnull(strstr(text, "ikev2-proposal P t:1 `group`\n"));
	ck_assert_ptr_nonnull(strstr(text, "ikev2-keyring-peer A t:5 `pre-shared-key`"));
	free(text);
	before = config_ref(kit_config);
	(void)kit_reparse("crypto ikev2 proposal P\nencryption aes-cbc-128\nintegrity sha1\ncrypto ikev2 proposal Q\n"
			  "encryption aes-cbc-128\nintegrity sha1\n");
	text = unused(before);
	ck_assert_str_eq(text, "ikev2-proposal Q t:4 `group`\n");
	free(text);
	config_unref(before);
	/* It lacks more, or less: no news. That its reason is another one is. */
	before = config_ref(kit_config);
	(void)kit_reparse("crypto ikev2 proposal P\nencryption aes-cbc-128\ncrypto ikev2 proposal Q\n"
			  "encryption aes-cbc-128\nintegrity sha1\n");
	text = unused(before);
	ck_assert_str_eq(text, "");
	free(text);
	config_unref(before);
	(void)kit_reparse("ip route 192.0.2.0 255.255.255.0 Tunnel9\n");
	before = config_ref(kit_config);
	(void)kit_reparse("ip route 192.0.2.0 255.255.255.0 Tunnel9\ncrypto ikev2 proposal P\n");
	text = unused(before);
	ck_assert_ptr_nonnull(strstr(text, "ikev2-proposal P t:2 "));
	ck_assert_ptr_null(strstr(text, "Tunnel9"));
	free(text);
	config_unref(before);
	expect("crypto ikev2 proposal P\nencryption aes-cbc-128\nintegrity sha1\ngroup 19\n", "");
	text = unused(NULL);
	ck_assert_str_eq(text, "");
	free(text);
}
END_TEST

static void note_idle(void *ctx, const struct config_idle *idle)
{
	fprintf(ctx, "%u %s\n", idle->line, idle->text);
}

static char *idle(const struct cyg_config *before)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(out);
	ck_assert_int_eq(config_each_idle(kit_config, before, note_idle, out), CYG_OK);
	fclose(out);
	return text;
}

START_TEST(a_line_that_nothing_acts_on_is_told_and_shown_as_such)
{
	struct cyg_config *before;
	char *text;

	/* No finding: the text is right. */
	expect("crypto ikev2 http-url cert\ncrypto ikev2 window 7\ncrypto ikev2 profile P\n shutdown\n reconnect timeout 700\n lifetime 900\n"
	       "crypto ikev2 reconnect key 1 open-sesame\n",
	       "");
	text = idle(NULL);
	ck_assert_msg(strstr(text, "1 crypto ikev2 http-url cert\n") && strstr(text, "5 reconnect timeout 700\n"), "%s", text);
	ck_assert_msg(strstr(text, "7 crypto ikev2 reconnect key 1 <secret>\n"), "%s", text);
	ck_assert_msg(!strstr(text, "window") && !strstr(text, "lifetime"), "%s", text);
	free(text);
	text = kit_render(kit_config, 0);
	ck_assert_msg(strstr(text, " ! the next line has no effect: nothing in this version acts on it\n reconnect timeout 700\n"), "%s",
		      text);
	ck_assert_msg(!strstr(text, "it\n lifetime"), "%s", text);
	free(text);
	text = kit_render(kit_config, CONFIG_RENDER_SECRETS); /* a file is not full of it */
	ck_assert_msg(!strstr(text, "no effect"), "%s", text);
	free(text);
	/* What was there before is old news, `no` asks for what is the case, and what is used is not told. */
	before = config_ref(kit_config);
	(void)kit_reparse("no crypto ikev2 http-url cert\ncrypto ikev2 profile P\n shutdown\n lifetime 901\n reconnect timeout 700\n"
			  "crypto ikev2 redirect client\n");
	text = idle(before);
	ck_assert_str_eq(text, "6 crypto ikev2 redirect client\n");
	free(text);
	config_unref(before);
}
END_TEST

START_TEST(the_form_of_a_line_that_nothing_acts_on_is_told_and_the_other_is_not)
{
	char *text;

	expect("crypto ikev2 profile P\n shutdown\n no config-exchange request\n no config-exchange set send\n"
	       " config-exchange set accept\ncrypto pki trustpoint A\n enrollment url http://ca.example.com\n"
	       "crypto pki trustpoint B\n enrollment terminal\n",
	       "");
	text = idle(NULL);
	ck_assert_msg(strstr(text, "5 config-exchange set accept\n") && strstr(text, "7 enrollment url http://ca.example.com\n"), "%s",
		      text);
	ck_assert_msg(!strstr(text, "request") && !strstr(text, "set send") && !strstr(text, "terminal"), "%s", text);
	free(text);
	text = kit_render(kit_config, 0);
	ck_assert_msg(strstr(text, "nothing in this version acts on it\n config-exchange set accept\n"), "%s", text);
	ck_assert_msg(!strstr(text, "acts on it\n no config-exchange set send") && !strstr(text, "acts on it\n enrollment terminal"), "%s",
		      text);
	free(text);
}
END_TEST

Suite *commands_suite(void)
{
	Suite *suite = suite_create("commands");
	TCase *tests = tcase_create("core");

	tcase_add_checked_fixture(tests, kit_setup, kit_teardown);
	tcase_add_test(tests, a_vrf_has_the_families_that_it_names);
	tcase_add_test(tests, an_old_vrf_has_ipv4);
	tcase_add_test(tests, an_interface_uses_what_its_vrf_has);
	tcase_add_test(tests, the_old_line_of_a_vrf_is_for_one_family_on_tunnels);
	tcase_add_test(tests, a_standard_list_has_sources);
	tcase_add_test(tests, an_extended_list_has_protocol_destination_and_ports);
	tcase_add_test(tests, a_list_is_what_it_was_opened_as);
	tcase_add_test(tests, entries_stand_where_their_numbers_say);
	tcase_add_test(tests, an_entry_keeps_the_number_that_it_was_made_with);
	tcase_add_test(tests, a_number_of_an_entry_is_in_its_range);
	tcase_add_test(tests, ports_have_names_and_there_may_be_several);
	tcase_add_test(tests, numbered_lists_are_written_in_two_ways);
	tcase_add_test(tests, wildcards_are_judged_once);
	tcase_add_test(tests, an_ipv6_list_is_always_extended);
	tcase_add_test(tests, a_route_map_means_lists_and_other_lines_are_a_routers);
	tcase_add_test(tests, an_entry_of_a_crypto_map_needs_all_four);
	tcase_add_test(tests, no_takes_one_step_or_all_of_a_name);
	tcase_add_test(tests, no_needs_no_more_words_than_say_which_line);
	tcase_add_test(tests, no_of_a_list_takes_all_lines_that_begin_so);
	tcase_add_test(tests, an_entry_is_never_the_line_of_an_interface);
	tcase_add_test(tests, a_client_names_its_gateways_and_its_tunnel);
	tcase_add_test(tests, routes_lead_into_interfaces_or_to_gateways);
	tcase_add_test(tests, a_route_into_null_is_told_to_be_the_systems);
	tcase_add_test(tests, keys_from_aaa_need_servers);
	tcase_add_test(tests, lists_of_all_kinds_have_their_methods_in_order);
	tcase_add_test(tests, a_profile_refers_to_a_list_of_the_right_kind);
	tcase_add_test(tests, tacacs_is_known_and_nobody_can_ask_it);
	tcase_add_test(tests, a_local_user_has_a_password_and_other_forms_are_a_routers);
	tcase_add_test(tests, what_is_not_used_is_told_with_its_reason_and_told_once);
	tcase_add_test(tests, a_line_that_nothing_acts_on_is_told_and_shown_as_such);
	tcase_add_test(tests, the_form_of_a_line_that_nothing_acts_on_is_told_and_the_other_is_not);
	suite_add_tcase(suite, tests);
	return suite;
}
