/* SPDX-License-Identifier: MIT */
/* What `show` tells: layouts of made-up SAs and counters, objects of the configuration, and its devices. */
#include "config.h"

#include "control/asking_kit.h"
#include "control/control_tests.h"
#include "control/interfaces.h"
#include "control/language.h"
#include "control/pages.h"
#include "exchange/driver.h"
#include "sa/child_sa.h"
#include "sa/ike_sa.h"

#include <cygnet/numbers.h>

#include <stdio.h>
#include <stdlib.h>

static const struct cyg_ip local = { CYG_IPV4, { 192, 0, 2, 1 } }, remote = { CYG_IPV4, { 192, 0, 2, 2 } };

/* A made-up SA, and a child of it. */
static struct ike_sa_row some_ike_row(void)
{
	return (struct ike_sa_row){
		.spi_local = 0xabcdef, .spi_remote = 0x1234567890abcdef, .serial = 3, .shard = 1,
		.state = IKE_ESTABLISHED, .local = { local, 500, 0 }, .remote = { remote, 4500, 0 },
		.encr = CYG_ENCR_AES_CBC, .key_bits = 256, .integ = CYG_AUTH_HMAC_SHA1_96,
		.prf = CYG_PRF_HMAC_SHA2_512, .ke = 19, .auth_local = CYG_AUTH_METHOD_RSA,
		.auth_remote = CYG_AUTH_METHOD_NONE, .lifetime_s = 86400, .active_s = 735,
		.local_id = "gw", .remote_id = "c1", .nat_remote = true, .assigned4 = remote,
	};
}

static struct child_sa_row some_child_row(void)
{
	struct child_sa_row row = {
		.owner_serial = 3, .shard = 1, .state = CHILD_INSTALLED, .spi_in = 0x1234, .spi_out = 0x5678,
		.local = { local, 4500, 0 }, .remote = { remote, 4500, 0 }, .udp_encap = true,
		.encr = CYG_ENCR_AES_CBC, .key_bits = 256, .integ = CYG_AUTH_HMAC_SHA2_256_128,
		.interface = "Tunnel0", .lifetime_s = 3600, .left_s = 3585, .lifetime_kb = 4608000,
		.replay_window = 64, .local_count = 1, .remote_count = 1, .counters_known = true,
		.counters = { .packets_in = 7, .octets_in = 2048, .packets_out = 5 },
	};

	row.ts_local[0].addr = (struct cyg_ip_range){ local, local };
	row.ts_remote[0].addr = (struct cyg_ip_range){ { CYG_IPV4, { 0 } }, { CYG_IPV4, { 255, 255, 255, 255 } } };
	row.ts_local[0].port_high = row.ts_remote[0].port_high = 65535;
	return row;
}

/* Sessions as two commands tell them: that SA with that child, then a bare one that is being set up. */
static void tell_sessions(struct cyg_exec *exec, bool ikev2, bool detailed)
{
	struct page_job job = { .kind = PAGE_SESSION, .detailed = detailed, .shard_count = 2 };
	struct ike_sa_row up = some_ike_row(), bare = some_ike_row();
	struct child_sa_row child = some_child_row();

	up.child_count = 1;
	up.dpd_interval_s = 30;
	up.fragmentation = true;
	snprintf(up.eap_id, sizeof(up.eap_id), "alice");
	snprintf(up.interface, sizeof(up.interface), "Tunnel0");
	bare.serial = 4;
	bare.state = IKE_AUTH_SENT;
	bare.nat_remote = false;
	bare.assigned4 = (struct cyg_ip){ 0 };
	child.local_count = 6;
	child.ts_local[1].addr = (struct cyg_ip_range){ { CYG_IPV4, { 10, 1, 0, 0 } }, { CYG_IPV4, { 10, 1, 255, 255 } } };
	child.ts_local[2].addr = (struct cyg_ip_range){ { CYG_IPV4, { 10, 2, 0, 3 } }, { CYG_IPV4, { 10, 2, 0, 9 } } };
	child.ts_local[2].protocol = 17;
	child.ts_local[3].addr = (struct cyg_ip_range){ { CYG_IPV6, { 0x20, 1 } }, { CYG_IPV6, { 0x20, 1 } } };
	(ikev2 ? show_ikev2_session_ike : show_session_ike)(exec, &job, &up);
	(ikev2 ? show_ikev2_session_child : show_session_child)(exec, &job, &child);
	(ikev2 ? show_ikev2_session_ike : show_session_ike)(exec, &job, &bare);
}

/* Some lines show made-up rows; the rest is the language's. */
static enum cyg_status run_line(void *ctx, struct cyg_exec *exec, struct cyg_str line)
{
	struct page_job job = { .detailed = true, .shard_count = 2 };

	if (cyg_str_equal(line, CYG_STR("row"))) {
		struct ike_sa_row row = some_ike_row();

		show_ike_row(exec, &job, &row);
		return CYG_OK;
	}
	if (cyg_str_equal(line, CYG_STR("six row"))) {
		struct ike_sa_row row = some_ike_row();

		row.local = (struct cyg_endpoint){ { CYG_IPV6, { 0x20, 1, 0xd, 0xb8, [15] = 1 } }, 500, 0 };
		row.remote = (struct cyg_endpoint){ { CYG_IPV6, { 0x20, 1, 0xd, 0xb8, [15] = 2 } }, 4500, 0 };
		row.initiator = true;
		row.nat_local = true;
		row.assigned6 = row.local.ip;
		row.subnet[0] = (struct cyg_prefix){ { CYG_IPV6, { 0xfd } }, 8 };
		row.subnet_count = 1;
		show_ike_row(exec, &job, &row);
		return CYG_OK;
	}
	if (cyg_str_equal(line, CYG_STR("half-open row"))) {
		struct ike_sa_row row = some_ike_row();

		row.state = IKE_INIT_DONE;
		row.auth_local = row.auth_remote = CYG_AUTH_METHOD_NONE;
		show_ike_row(exec, &job, &row);
		return CYG_OK;
	}
	if (cyg_str_equal(line, CYG_STR("bare child")) || cyg_str_equal(line, CYG_STR("measured child"))) {
		struct child_sa_row row = some_child_row();
		bool measured = line.ptr[0] == 'm';

		row.lifetime_kb = 0;
		row.encr = CYG_ENCR_NULL;
		row.counters.path_mtu = measured ? 1300 : 40;
		row.counters.inner_mtu = measured ? 1238 : 0;
		show_child_row(exec, &job, &row);
		return CYG_OK;
	}
	if (cyg_str_equal(line, CYG_STR("child"))) {
		struct child_sa_row row = some_child_row();

		show_child_row(exec, &job, &row);
		return CYG_OK;
	}
	if (cyg_str_equal(line, CYG_STR("ikev2 sessions")) || cyg_str_equal(line, CYG_STR("ikev2 sessions detailed"))) {
		tell_sessions(exec, true, line.len > strlen("ikev2 sessions"));
		return CYG_OK;
	}
	if (cyg_str_equal(line, CYG_STR("sessions")) || cyg_str_equal(line, CYG_STR("sessions detailed"))) {
		tell_sessions(exec, false, line.len > strlen("sessions"));
		return CYG_OK;
	}
	if (cyg_str_equal(line, CYG_STR("counters"))) {
		const struct ike_counters sum = {
			.requests_out = { 11, 0, 0, 0 }, .responses_out = { 0, 0, 23, 0 }, .requests_in = { 0, 0, 31, 0 },
			.responses_in = { 47, 0, 0, 0 }, .retransmits_out = 5, .half_open_expired = 3, .gave_up = 9, .dpd_dead = 2,
			.notifies = { [CYG_N_NO_PROPOSAL_CHOSEN] = { 0, 2, 0, 0 },
				      [IKE_NOTIFIES_ERROR + CYG_N_COOKIE - IKE_NOTIFY_STATUS] = { 1, 0, 0, 3 },
				      [IKE_NOTIFIES - 1] = { 0, 0, 4, 0 } },
			.config_payloads = { { 0, 0, 6, 0 }, { 0, 5, 0, 0 } },
		};

		show_exchange_counters(exec, &sum);
		show_timeout_counters(exec, &sum);
		return CYG_OK;
	}
	if (cyg_str_equal(line, CYG_STR("queue"))) {
		const struct ike_counters sum = {
			.queue_waiting = 3, .queue_running = 16, .queue_at_once = 17, .queue_queued = 8,
			.queue_served = 4, .queue_left = 1, .rejected_limit_queue = 13,
		};

		show_queue_counters(exec, &sum);
		return CYG_OK;
	}
	return language_run(ctx, exec, line);
}

START_TEST(ike_sa_is_laid_out_as_routers_do)
{
	ask("run", "row", false);
	/* The third of the second shard of two. */
	HAS("6         192.0.2.1/500         192.0.2.2/4500        none/none            READY");
	HAS("Encr: AES-CBC, keysize: 256, PRF: SHA512, Hash: SHA96, DH Grp:19, Auth sign: RSA, Auth verify: EAP");
	HAS("Life/Active Time: 86400/735 sec");
	HAS("Local spi: 0000000000ABCDEF       Remote spi: 1234567890ABCDEF");
	HAS("NAT-T is detected outside");
	HAS("Fragmentation not  configured.");
	HAS("Assigned host addr: 192.0.2.2");
	ask("run", "row", true);
	HAS("\"tunnel_id\":6");
	HAS("\"assigned_address\":\"192.0.2.2\"");
	/* Addresses of IPv6 have lines of their own. */
	ask("run", "six row", false);
	HAS("Tunnel-id    fvrf/ivrf              Status \\n6            none/none              READY\\n"
	    "Local  2001:db8::1/500\\nRemote 2001:db8::2/4500\\n");
	HAS("NAT-T is detected inside");
	HAS("Pushed IPv6 address: 2001:db8::1\\n");
	HAS("Initiator of SA : Yes\\n      Remote subnets:\\n      fd00::/8\\n");
	ask("run", "six row", true);
	HAS("\"remote\":\"2001:db8::2\",\"remote_port\":4500");
}
END_TEST

START_TEST(what_is_not_known_yet_of_an_sa_is_not_made_up)
{
	ask("run", "half-open row", false);
	HAS("IN-NEG");
	HAS("Auth sign: Unknown, Auth verify: Unknown");
	HAS("Status Description: Waiting for AUTH message");
	ask("run", "half-open row", true);
	HAS("\"auth_verify\":\"Unknown\"");
	/* A child without a limit of octets, on a path too narrow for anything: no number wraps around. */
	ask("run", "bare child", false);
	HAS("sa timing: remaining key lifetime (sec): 3585");
	HAS_NOT("(0/3585)");
	HAS("plaintext mtu 0, path mtu 40,");
	HAS("IV size: 0 bytes");
	/* What the data plane has measured goes before any sum of ours. */
	ask("run", "measured child", false);
	HAS("plaintext mtu 1238, path mtu 1300,");
}
END_TEST

START_TEST(child_sa_is_laid_out_as_routers_do)
{
	ask("run", "child", false);
	HAS("interface: Tunnel0");
	HAS("local  ident (addr/mask/prot/port): (192.0.2.1/255.255.255.255/0/0)");
	HAS("remote ident (addr/mask/prot/port): (0.0.0.0/0.0.0.0/0/0)");
	HAS("#pkts encaps: 5, #pkts encrypt: 5, #pkts digest: 5");
	HAS("current outbound spi: 0x5678(22136)");
	HAS("transform: esp-256-aes esp-sha256-hmac ,");
	HAS("in use settings ={Tunnel, UDP-Encaps, }");
	HAS("sa timing: remaining key lifetime (k/sec): (4607998/3585)");
	ask("run", "child", true);
	HAS("\"packets_in\":7");
}
END_TEST

START_TEST(sessions_have_their_children_beneath)
{
	ask("run", "ikev2 sessions", false);
	HAS("Session-id:6, Status:UP-ACTIVE, IKE count:1, CHILD count:1\\n\\nTunnel-id Local");
	HAS("Life/Active Time: 86400/735 sec\\nChild sa: local selector  192.0.2.1/0 - 192.0.2.1/65535\\n");
	HAS("          10.1.0.0/0 - 10.1.255.255/0\\n");
	HAS("  and 2 more\\n          remote selector 0.0.0.0/0 - 255.255.255.255/65535\\n");
	HAS("          ESP spi in/out: 0x1234/0x5678\\n\\nSession-id:8, Status:DOWN-NEGOTIATING, IKE count:1, CHILD count:0");
	HAS_NOT("esp_hmac");
	HAS_NOT("Local spi");
	ask("run", "ikev2 sessions detailed", false);
	HAS("Local spi: 0000000000ABCDEF");
	HAS("AH spi in/out: 0x0/0x0\\n          CPI in/out: 0x0/0x0\\n");
	HAS("Encr: AES-CBC, keysize: 256, esp_hmac: SHA256\\n");
	HAS("ah_hmac: None, comp: IPCOMP_NONE, mode tunnel");
	ask("run", "ikev2 sessions", true);
	HAS("[{\"kind\":\"ike\",\"session\":\"UP-ACTIVE\",\"tunnel_id\":6,");
	HAS("},{\"kind\":\"child\",");
	HAS("},{\"kind\":\"ike\",\"session\":\"DOWN-NEGOTIATING\",\"tunnel_id\":8,");
	/* A listing of one kind does not say which. */
	ask("run", "row", true);
	HAS_NOT("\"kind\"");
	ask("run", "child", true);
	HAS_NOT("\"kind\"");
}
END_TEST

START_TEST(crypto_session_says_who_and_what_for)
{
	ask("run", "sessions", false);
	HAS("Interface: Tunnel0\\nUsername: alice\\nAssigned address: 192.0.2.2\\nSession status: UP-ACTIVE\\n"
	    "Peer: 192.0.2.2 port 4500\\n  Session ID: 6\\n"
	    "  IKEv2 SA: local 192.0.2.1/500 remote 192.0.2.2/4500 Active\\n");
	HAS("IPSEC FLOW: permit ip host 192.0.2.1 0.0.0.0/0.0.0.0\\n");
	HAS("IPSEC FLOW: permit ip 10.1.0.0/255.255.0.0 0.0.0.0/0.0.0.0\\n");
	HAS("IPSEC FLOW: permit 17 10.2.0.3-10.2.0.9 0.0.0.0/0.0.0.0\\n");
	HAS("and those of 6 local and 1 remote selectors in all");
	HAS_NOT("2001:"); /* the peer's side has none of that family */
	HAS("Active SAs: 2, origin: crypto map\\n\\nInterface: (none)\\nSession status: DOWN-NEGOTIATING");
	HAS("remote 192.0.2.2/4500 Inactive");
	HAS_NOT("Capabilities");
	HAS_NOT("Uptime");
	ask("run", "sessions detailed", false);
	HAS("Uptime: 00:12:15\\n");
	HAS("fvrf: (none) ivrf: (none)\\n      Phase1_id: c1\\n");
	HAS("Capabilities:CDNXF connid:6 lifetime:23:47:45");
	HAS("Capabilities:(none) connid:8");
	HAS("Inbound:  #pkts dec'ed 7 drop 0 life (KB/Sec) 4607998/3585");
	HAS("Outbound: #pkts enc'ed 5 drop 0 life (KB/Sec) 4608000/3585");
	ask("run", "sessions", true);
	HAS("},{\"kind\":\"child\",");
}
END_TEST

START_TEST(counters_are_shown_by_exchange_service_and_timeout)
{
	/* Nothing has happened: exchanges say nothing, the others zero. */
	ask("run", "show crypto ikev2 stats exchange", false);
	HAS("TX(REQ)");
	HAS_NOT("IKE_SA_INIT");
	ask("run", "show crypto ikev2 stats exchange", true);
	HAS("{\"group\":\"EXCHANGES\",\"name\":\"IKE_SA_INIT\",\"tx_request\":0,\"tx_response\":0,\"rx_request\":0,"
	    "\"rx_response\":0}");
	HAS("\"name\":\"RETRANSMISSION\",\"tx_request\":0,\"tx_response\":0,\"rx_request\":0}"); /* what is not counted is left out */
	HAS_NOT("NOTIFY");
	ask("run", "show crypto ikev2 stats ext-service", false);
	HAS("AAA OPERATION\\nEAP                                     0            0\\n");
	HAS("ADDRESS                                 -            0\\n");
	ask("run", "show crypto ikev2 stats ext-service", true);
	HAS("\"name\":\"AUTHORIZATION\",\"passed\":0,\"failed\":0}");
	ask("run", "show crypto ikev2 stats timeout", false);
	HAS("DPD MAX RETRANS                         0");
	ask("run", "show crypto ikev2 stats timeout", true);
	HAS("{\"auth\":0,\"packet\":0,\"dpd\":0}");
	ask("run", "counters", false);
	HAS("\\nEXCHANGES\\nIKE_SA_INIT                                  11          0          0         47\\n"
	    "CREATE_CHILD_SA                               0         23         31          0\\n"
	    "\\nERROR NOTIFY\\nNO_PROPOSAL_CHOSEN                            0          2          0          0\\n"
	    "\\nOTHER NOTIFY\\nCOOKIE                                        1          0          0          3\\n"
	    "of other numbers                              0          0          4          0\\n"
	    "\\nCONFIG PAYLOAD TYPE\\nCFG_REQUEST                                   0          0          6          0\\n"
	    "CFG_REPLY                                     0          5          0          0\\n"
	    "\\nOTHER COUNTERS\\nRETRANSMISSION                                5          0          0          -\\n");
	HAS_NOT("IKE_AUTH");
	HAS_NOT("CFG_SET");
	/* Of nine requests that nobody answered two were probes. */
	ask("run", "counters", true);
	HAS("{\"auth\":3,\"packet\":7,\"dpd\":2}");
	HAS("{\"group\":\"ERROR NOTIFY\",\"name\":\"NO_PROPOSAL_CHOSEN\",\"tx_request\":0,\"tx_response\":2,\"rx_request\":0,"
	    "\"rx_response\":0}");
	HAS_NOT("INVALID_SYNTAX");
	ask("run", "queue", false);
	HAS("Waiting now                             3\\n");
	HAS("Dropped: the queue was full            13\\n");
	ask("run", "queue", true);
	HAS("{\"queue\":\"IKE_SA_INIT\",\"limit\":2000,\"waiting\":3,\"running\":16,\"at_once\":17,\"queued\":8,\"served\":4,"
	    "\"left\":1,\"dropped\":13}");
	ask("run", "show crypto ikev2 stats priority-queue", false);
	HAS("Waiting now                             0\\n");
	/* What this version cannot do is no zero. */
	ask("run", "show crypto ikev2 stats reconnect", false);
	HAS("Nothing is counted: this version has no reconnect");
	HAS_NOT(" 0");
	ask("run", "show crypto ikev2 stats reconnect", true);
	HAS("\"not-used\":\"this version has no reconnect");
	ask("run", "show crypto ikev2 stats", true);
	HAS_NOT("\"group\"");
}
END_TEST

START_TEST(listings_and_counters_ask_every_shard)
{
	ask("run", "show crypto ikev2 sa", true);
	HAS("\"status\":\"ok\"");
	ask("run", "show crypto ipsec sa peer 192.0.2.9", false);
	HAS("No SAs found");
	ask("run", "show crypto ikev2 stats", true);
	HAS("\"sa_in\":0");
	ask("run", "show crypto ikev2 sa psh 7 detailed", false);
	HAS("\"status\":\"ok\"");
	ask("run", "show crypto ikev2 session detailed", false);
	HAS(" IPv4 Crypto IKEv2 Session \\n");
	HAS("\\n IPv6 Crypto IKEv2 Session \\n");
	ask("run", "show crypto session remote 192.0.2.9 detail", false);
	HAS("Crypto session current status\\n\\nCode: C - ");
	ask("run", "show crypto session detail remote 192.0.2.9", false);
	HAS("Code: C - ");
	ask("run", "show crypto session remote 192.0.2.9", false);
	HAS("\"status\":\"ok\"");
	HAS_NOT("Code");
}
END_TEST

START_TEST(tunnel_number_names_shard_and_sa)
{
	for (unsigned shard = 0; shard < 3; shard++) {
		for (uint32_t serial = 1; serial < 5; serial++) {
			struct ike_filter filter = { 0 };
			unsigned found = 99;

			ck_assert_int_eq(pages_filter_tunnel(&filter, row_tunnel_id(serial, shard, 3), 3, &found),
					 CYG_OK);
			ck_assert_uint_eq(filter.serial, serial);
			ck_assert_uint_eq(found, shard);
		}
	}
}
END_TEST

static const char interfaces[] = "crypto ipsec profile p\n"
				 "interface Loopback0\n ip address 10.99.0.1 255.255.255.0\n"
				 "interface Virtual-Template1 type tunnel\n ip unnumbered Loopback0\n"
				 " tunnel mode ipsec ipv4\n tunnel protection ipsec profile p\n"
				 "interface Tunnel0\n ip address 10.1.0.1 255.255.255.252\n ip mtu 1380\n"
				 " tunnel source 192.0.2.1\n tunnel destination 192.0.2.2\n tunnel mode ipsec ipv4\n"
				 " tunnel protection ipsec profile p\n"
				 "interface Tunnel1\n ip address 10.2.0.1 255.255.255.252\n"
				 " tunnel source 192.0.2.1\n tunnel destination 192.0.2.3\n";

START_TEST(devices_follow_templates_and_protected_tunnels)
{
	struct cyg_kernel_interface wanted[8];
	size_t count, left_out;

	set_config(interfaces);
	ck_assert_uint_eq(interfaces_wanted(config_view(asking_daemon.config), wanted, 1, &left_out), 1);
	ck_assert_uint_eq(left_out, 1);
	count = interfaces_wanted(config_view(asking_daemon.config), wanted, CYG_COUNT(wanted), &left_out);
	ck_assert_uint_eq(left_out, 0);
	ck_assert_uint_eq(count, 2);
	ck_assert_str_eq(wanted[0].name, "cyg-v1");
	ck_assert_uint_eq(wanted[0].id, config_interface_id(IF_VIRTUAL_TEMPLATE, 1));
	ck_assert_uint_eq(wanted[0].address4.len, 32);
	ck_assert_uint_eq(wanted[0].address4.ip.octets[1], 99);
	ck_assert_str_eq(wanted[1].name, "cyg-t0");
	ck_assert_uint_eq(wanted[1].mtu, 1380);
	ck_assert_uint_eq(wanted[1].address4.len, 30);
	ck_assert(wanted[1].up);
	ask("run", "show interfaces", false);
	HAS("Virtual-Template1 is down, device cyg-v1"); /* no data plane has made it */
	HAS("unnumbered, uses Loopback0");
	HAS("Loopback0 is up, device lo");
	HAS("Tunnel1 is down, device none"); /* nothing protects it */
	ask("run", "show interfaces Tunnel0", false);
	HAS("MTU 1380 bytes\\n  Tunnel source 192.0.2.1, destination 192.0.2.2\\n  Tunnel protocol/transport ipsec ipv4\\n");
	HAS_NOT("Virtual-Template1");
	ask("run", "show interfaces tunnel 0", true);
	HAS("\"source\":\"192.0.2.1\",\"destination\":\"192.0.2.2\"");
	ask("run", "show interfaces Tunnel9", false);
	HAS("there is no interface 'Tunnel9'");
}
END_TEST

START_TEST(protection_is_shown_with_its_built_in_objects)
{
	set_config("crypto ipsec transform-set T esp-gcm 256\ncrypto ipsec profile P\n set transform-set T default\n"
		   " set ikev2-profile none\n set pfs group19\n responder-only\n");
	ask("run", "show crypto ipsec transform-set", false);
	HAS("Transform set default: { esp-aes esp-sha-hmac  }\\n   will negotiate = { Transport,  },");
	HAS("Transform set T: { esp-gcm 256  }\\n   will negotiate = { Tunnel,  },");
	ask("run", "show crypto ipsec transform-set default", true);
	HAS("\"mode\":\"transport\"");
	ck_assert_ptr_null(strstr(asking_answer, "\"name\":\"T\""));
	ask("run", "show crypto ipsec profile default", false);
	HAS("IPSEC profile default");
	HAS("Security association lifetime: 4608000 kilobytes/3600 seconds");
	HAS("PFS (Y/N): N");
	ask("run", "show crypto ipsec profile P", false);
	HAS("IKEv2 Profile: none");
	HAS("DH group:  DH_GROUP_256_ECP/Group 19");
	HAS("Responder-Only (Y/N): Y");
	HAS("Not used   : its IKEv2 profile cannot be used (test:2)");
	ask("run", "show crypto ipsec profile P", true);
	HAS("\"transform_sets\":[\"T\",\"default\"]");
	HAS("\"complete\":false");
	ask("run", "show crypto ipsec profile nosuch", false);
	HAS("there is no IPsec profile 'nosuch'");
}
END_TEST

START_TEST(lists_of_the_configuration_are_shown)
{
	set_config("aaa new-model\naaa authorization network L local group radius\n"
		   "aaa authentication login L group tacacs+\n"
		   "access-list 10 permit 10.0.0.0 0.0.0.255\naccess-list 10 deny any\n"
		   "ip access-list extended E\n permit tcp any range 5 9 host 10.0.0.1 eq 80\n permit ip 10.0.0.1 0.255.0.1 any\n"
		   "ipv6 access-list E\n permit ipv6 2001:db8::/32 any\n"
		   "vrf definition V\n address-family ipv6\n table 7\n"
		   "route-map M permit 10\n match ip address 10\n"
		   "crypto map C 5 ipsec-isakmp\n match address E\n set peer 192.0.2.1\n set transform-set default\n");
	ask("run", "show access-lists", false);
	HAS("Standard IP access list 10\\n    10 permit 10.0.0.0/24\\n    20 deny any");
	HAS("10 permit 6 any range 5 9 host 10.0.0.1 eq 80");
	HAS("20 permit ip host 10.0.0.1 any (not usable)");
	HAS("IPv6 access list E\\n    10 permit ipv6 2001:db8::/32 any");
	ask("run", "show access-lists E", true);
	HAS("\"kind\":\"extended\"");
	HAS("\"kind\":\"ipv6\"");
	ask("run", "show access-lists nosuch", true);
	HAS("there is no access list 'nosuch'");
	ask("run", "show vrf", false);
	HAS("V                                ipv6");
	ask("run", "show vrf V", true);
	HAS("\"table\":7");
	ask("run", "show aaa method-lists", false);
	HAS("authorization list L: local, group radius");
	HAS("TACACS+ needs the plugin tacacs");
	ask("run", "show route-map", false);
	HAS("route-map M, permit, sequence 10");
	ask("run", "show crypto map", false);
	HAS("Crypto Map \\\"C\\\" 5 ipsec-isakmp");
	HAS("Peer = 192.0.2.1");
	HAS("Not used   : `set ikev2-profile`");
	ask("run", "show crypto map", true);
	HAS("\"sequence\":5");
}
END_TEST

START_TEST(what_this_version_does_not_do_yet_says_so)
{
	set_config("crypto ikev2 client flexvpn C\n peer 1 192.0.2.1\n client connect Tunnel1\n"
		   "interface Tunnel1\n ip address negotiated\n tunnel source 192.0.2.2\n");
	ask("run", "show crypto ikev2 client flexvpn", false);
	HAS("Profile : C");
	HAS("FlexVPN clients are not supported so far");
	ask("run", "show crypto ikev2 client flexvpn C", true);
	HAS("\"name\":\"C\"");
	ask("run", "show crypto ikev2 client flexvpn D", false);
	HAS("there is no FlexVPN client 'D'");
	ask("run", "show crypto ikev2 certificate-cache", false);
	HAS("Nothing is cached");
}
END_TEST

START_TEST(a_profile_shows_whom_it_asks)
{
	set_config("aaa new-model\naaa authentication login L local\naaa authorization network L local\n"
		   "aaa accounting network A start-stop local\naaa accounting network B start-stop local\n"
		   "vrf definition V\ncrypto ikev2 profile P\n shutdown\n match identity remote any\n"
		   " authentication local rsa-sig\n authentication remote eap query-identity timeout 60\n"
		   " aaa authentication eap L\n aaa accounting A\n aaa accounting cert B\n ivrf V\n"
		   " aaa authorization user eap cached\n aaa authorization group override psk list L default\n");
	ask("run", "show crypto ikev2 profile P", false);
	HAS("EAP options: query-identity, timeout 60");
	HAS("AAA EAP authentication mlist: L");
	HAS("AAA Accounting: psk A");
	HAS("AAA Accounting: cert B");
	HAS("Ivrf: V");
	HAS("AAA user authorization: eap cached");
	HAS("     No effect  : ivrf V (nothing in this version acts on it)\\n");
	HAS_NOT("No effect  : match");
	ask("run", "show crypto ikev2 profile P", true);
	HAS("\"ivrf V\"]");
	HAS("\"accounting\":{\"psk\":\"A\",\"cert\":\"B\",\"eap\":\"A\",\"anyconnect-eap\":\"A\"}");
	HAS("\"override\":true");
}
END_TEST

START_TEST(a_profile_shows_by_what_it_matches_and_which_trustpoints_it_uses)
{
	set_config("crypto pki certificate map M 10\n subject-name co cn\ncrypto pki trustpoint T\ncrypto pki trustpoint U\n"
		   "crypto pki trustpoint V\ncrypto ikev2 profile P\n match address local 192.0.2.1\n match certificate M\n"
		   " authentication local rsa-sig\n authentication remote rsa-sig\n pki trustpoint T\n pki trustpoint U sign\n"
		   " pki trustpoint V verify\ncrypto ikev2 profile Q\n match identity remote any\n");
	ask("run", "show crypto ikev2 profile P", false);
	HAS("  Certificate maps: \\n   M\\n");
	HAS(" Trustpoint(s): T, U (sign), V (verify)\\n");
	ask("run", "show crypto ikev2 profile P", true);
	HAS("\"local_addresses\":[\"192.0.2.1\"]");
	HAS("\"certificate_maps\":[\"M\"]");
	HAS("\"trustpoints\":[{\"name\":\"T\",\"sign\":true,\"verify\":true},"
	    "{\"name\":\"U\",\"sign\":true,\"verify\":false},{\"name\":\"V\",\"sign\":false,\"verify\":true}]");
	/* Twin: one that has neither. */
	ask("run", "show crypto ikev2 profile Q", false);
	HAS("  Certificate maps: none\\n");
	HAS(" Trustpoint(s): none\\n");
}
END_TEST

START_TEST(a_profile_shows_whose_certificates_it_takes_and_when_it_probes)
{
	set_config("crypto ikev2 dpd 30 6 periodic\ncrypto ikev2 nat keepalive 20\n"
		   "crypto pki trustpoint T\n enrollment terminal\ncrypto pki trustpoint S\n enrollment terminal\n"
		   "crypto pki certificate map M 10\n subject-name co acme\n"
		   "crypto ikev2 profile P\n shutdown\n match certificate M\n match address local 192.0.2.1\n"
		   " authentication local rsa-sig\n authentication remote rsa-sig\n pki trustpoint T\n"
		   " pki trustpoint S sign\n"
		   "crypto ikev2 profile Q\n shutdown\n dpd 40 5 on-demand\n nat keepalive 50\n");
	ask("run", "show crypto ikev2 profile P", false);
	HAS("Local address/interface: \\n   192.0.2.1\\n");
	HAS("Certificate maps: \\n   M\\n");
	HAS("Trustpoint(s): T, S (sign)\\n");
	HAS(" DPD: interval 30, retry-interval 6, periodic (global)\\n NAT-keepalive: 20 seconds (global)\\n");
	ask("run", "show crypto ikev2 profile P", true);
	HAS("\"local_addresses\":[\"192.0.2.1\"]");
	HAS("\"certificate_maps\":[\"M\"]");
	HAS("\"dpd_interval\":30,\"dpd_retry\":6,\"dpd_periodic\":true,\"nat_keepalive\":20");
	/* Its own lines go before the global ones. */
	ask("run", "show crypto ikev2 profile Q", false);
	HAS(" DPD: interval 40, retry-interval 5, on-demand\\n NAT-keepalive: 50 seconds\\n");
	HAS("Certificate maps: none\\n");
	HAS("Trustpoint(s): none\\n");
}
END_TEST

static unsigned shown_refs(void)
{
	const char *at;
	unsigned refs = 0;

	ask("run", "show crypto ikev2 profile P", false);
	at = strstr(asking_answer, " Shutdown : No\\n Ref Count: ");
	ck_assert_ptr_nonnull(at);
	ck_assert_int_eq(sscanf(strstr(at, "Count: "), "Count: %u", &refs), 1);
	return refs;
}

START_TEST(a_profile_shows_how_many_hold_it)
{
	const void *profile;
	unsigned before;

	set_config("crypto ikev2 profile P\n");
	before = shown_refs();
	ck_assert_uint_ge(before, 1);
	profile = cyg_config_object_ref(cyg_config_object(asking_daemon.config, MODE_PROFILE, CYG_STR("P"), false));
	ck_assert_uint_eq(shown_refs(), before + 1);
	cyg_config_object_unref(profile);
	ck_assert_uint_eq(shown_refs(), before);
	ask("run", "show crypto ikev2 profile P", true);
	HAS("\"ref_count\":");
}
END_TEST

static void setup(void)
{
	asking_begin(run_line);
}

Suite *control_show_suite(void)
{
	Suite *suite = suite_create("control: show");
	TCase *tests = tcase_create("show");

	tcase_add_checked_fixture(tests, setup, asking_end);
	tcase_add_test(tests, ike_sa_is_laid_out_as_routers_do);
	tcase_add_test(tests, what_is_not_known_yet_of_an_sa_is_not_made_up);
	tcase_add_test(tests, child_sa_is_laid_out_as_routers_do);
	tcase_add_test(tests, sessions_have_their_children_beneath);
	tcase_add_test(tests, crypto_session_says_who_and_what_for);
	tcase_add_test(tests, counters_are_shown_by_exchange_service_and_timeout);
	tcase_add_test(tests, listings_and_counters_ask_every_shard);
	tcase_add_test(tests, tunnel_number_names_shard_and_sa);
	tcase_add_test(tests, devices_follow_templates_and_protected_tunnels);
	tcase_add_test(tests, protection_is_shown_with_its_built_in_objects);
	tcase_add_test(tests, lists_of_the_configuration_are_shown);
	tcase_add_test(tests, what_this_version_does_not_do_yet_says_so);
	tcase_add_test(tests, a_profile_shows_whom_it_asks);
	tcase_add_test(tests, a_profile_shows_by_what_it_matches_and_which_trustpoints_it_uses);
	tcase_add_test(tests, a_profile_shows_whose_certificates_it_takes_and_when_it_probes);
	tcase_add_test(tests, a_profile_shows_how_many_hold_it);
	suite_add_tcase(suite, tests);
	return suite;
}
