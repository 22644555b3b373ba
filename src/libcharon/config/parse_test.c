/* SPDX-License-Identifier: MIT */
#include "config/config_tests.h"
#include "config/grammar.h"

#include <stdlib.h>

static void expect(const char *text, const char *codes)
{
	(void)kit_parse(text);
	ck_assert_msg(strcmp(kit_codes(), codes) == 0, "for\n%s\nexpected\n%s\ngot\n%s", text,
		      codes, kit_texts());
}

START_TEST(keywords_may_be_abbreviated_and_ignore_case)
{
	expect("cry IKEV2 propo X\n encr aes-cbc-256\n int sha256\n gr 19\n", "");
	ck_assert(((const struct config_proposal *)kit_object(MODE_PROPOSAL, "X"))->head.complete);
}
END_TEST

START_TEST(an_ambiguous_abbreviation_is_an_error_that_names_the_words)
{
	expect("crypto ikev2 pro X\n", "1 error syntax\n");
	ck_assert_ptr_nonnull(strstr(kit_texts(), "`proposal`, `profile`"));
	ck_assert_ptr_nonnull(strstr(kit_texts(), "t:1:14: error: `pro` is ambiguous"));
}
END_TEST

START_TEST(names_are_case_sensitive)
{
	(void)kit_parse("crypto ikev2 proposal A\ncrypto ikev2 proposal a\n");
	ck_assert_ptr_nonnull(kit_object(MODE_PROPOSAL, "A"));
	ck_assert_ptr_nonnull(kit_object(MODE_PROPOSAL, "a"));
}
END_TEST

START_TEST(indentation_means_nothing)
{
	static const char *const same[] = {
		"crypto ikev2 keyring K\n peer A\n  address 10.0.0.1\n  pre-shared-key x\n",
		"crypto ikev2 keyring K\npeer A\naddress 10.0.0.1\npre-shared-key x\n",
		"    crypto ikev2 keyring K\npeer A\n\t\t address 10.0.0.1\n pre-shared-key x\n!\n",
	};

	for (size_t i = 0; i < CYG_COUNT(same); i++) {
		expect(same[i], "");
		ck_assert_uint_eq(
			((const struct config_keyring *)kit_object(MODE_KEYRING, "K"))->peer_count,
			1);
	}
}
END_TEST

START_TEST(the_mode_that_knows_more_leading_words_owns_the_line)
{
	/* `ip` is known to the interface, `ip local pool` to the whole. */
	expect("interface Loopback1\nip address 10.0.0.1 255.255.255.255\nip local pool P "
	       "10.1.0.1\n",
	       "");
	ck_assert_uint_eq(((const struct kit_pool *)kit_object("kit-pool", "P"))->lines, 1);
}
END_TEST

START_TEST(a_typo_stays_an_error_where_it_stands)
{
	/* `ip address` lacks its mask; it must not leave the interface. */
	expect("interface Loopback1\nip address 10.0.0.1\nip address 10.0.0.2 255.255.255.255\n",
	       "2 error syntax\n");
	ck_assert_ptr_nonnull(
		strstr(kit_texts(), "t:2:20: error: the line is incomplete: expected <mask>"));
	expect("crypto ikev2 profile P\nmatch identty remote any\n", "2 error syntax\n");
	ck_assert_ptr_nonnull(strstr(kit_texts(), "did you mean `identity`?"));
}
END_TEST

START_TEST(after_an_error_the_mode_stays)
{
	expect("crypto ikev2 proposal A\npeer\nencryption 3des\nintegrity sha1\ngroup 14\n",
	       "2 error unknown-command\n3 warning weak-algorithm\n");
	ck_assert_ptr_nonnull(strstr(kit_texts(), "it belongs into an IKEv2 keyring"));
}
END_TEST

START_TEST(exit_leaves_one_level_and_end_all)
{
	expect("crypto ikev2 keyring K\npeer A\npre-shared-key x\naddress 10.0.0.1\nexit\npeer "
	       "B\nend\npeer C\n",
	       "6 warning incomplete\n8 error unknown-command\n");
}
END_TEST

START_TEST(an_unknown_command_names_the_nearest)
{
	expect("hostnam x\nhostnmae y\n", "2 error unknown-command\n");
	ck_assert_ptr_nonnull(strstr(kit_texts(), "did you mean `hostname`?"));
}
END_TEST

START_TEST(hostname_after_a_peer_is_the_peers)
{
	expect("crypto ikev2 keyring K\npeer A\nhostname a.example\npre-shared-key x\nhostname "
	       "gw\n",
	       "5 warning ambiguous\n");
	ck_assert_str_eq(config_view(kit_config)->global->hostname, "cygnet");
	ck_assert_str_eq(
		kit_first_peer(kit_object(MODE_KEYRING, "K"))->hostname,
		"a.example");
}
END_TEST

START_TEST(values_outside_their_range_are_told_apart_from_wrong_words)
{
	expect("crypto ikev2 window 201\ncrypto ikev2 window x\ncrypto ikev2 window 5 6\n",
	       "1 error range\n2 error syntax\n3 error syntax\n");
	expect("interface Loopback1\nip address 10.0.0.1 255.0.255.0\n", "2 error range\n");
	expect("crypto ikev2 proposal A\ngroup 3\n", "2 error range\n");
}
END_TEST

START_TEST(host_bits_are_cleared_with_a_warning_but_not_those_of_our_own_address)
{
	const struct config_keyring *k;

	expect("crypto ikev2 keyring K\npeer A\naddress 10.0.0.9 255.255.255.0\npre-shared-key x\n"
	       "peer B\naddress 2001:db8::9/64\npre-shared-key x\n",
	       "3 warning host-bits\n6 warning host-bits\n");
	k = kit_object(MODE_KEYRING, "K");
	ck_assert_uint_eq(kit_first_peer(k)->address.ip.octets[3], 0);
	ck_assert_uint_eq(kit_first_peer(k)->address.len, 24);
	expect("interface Loopback1\nip address 10.0.0.9 255.255.255.0\nipv6 address "
	       "2001:db8::9/64\n",
	       "");
	ck_assert_uint_eq(((const struct config_interface *)kit_object(MODE_INTERFACE, "Loopback1"))
				  ->address4.ip.octets[3],
			  9);
}
END_TEST

START_TEST(an_old_spelling_is_taken_as_the_right_line)
{
	char *text;

	expect("crypto ikev2 keyring K\ncrypto ikev2 profile P\nkeyring K\nshutdown\n",
	       "3 warning spelling\n");
	text = kit_render(kit_config, CONFIG_RENDER_SECRETS);
	ck_assert_ptr_nonnull(strstr(text, "\n keyring local K\n"));
	free(text);
	expect("crypto ikev2 proposal A\nencryption aes-cbc-128\nintegrity sha-256\ngroup 14\n",
	       "3 warning spelling\n");
	/* Where nothing else is possible, what was expected is told of an old spelling too. */
	expect("crypto ipsec profile P\nmax flow limit 50001\n", "2 error range\n");
	ck_assert_ptr_nonnull(strstr(kit_texts(), "expected <number> (0-50000)"));
}
END_TEST

START_TEST(an_identical_repeat_adds_nothing)
{
	expect("crypto ikev2 policy P\nproposal default\nproposal default\nmatch address local "
	       "10.0.0.1\n"
	       "match address local 10.0.0.1\n",
	       "");
	ck_assert_uint_eq(
		((const struct config_policy *)kit_object(MODE_POLICY, "P"))->proposal_count, 1);
	ck_assert_uint_eq(
		((const struct config_policy *)kit_object(MODE_POLICY, "P"))->address_count, 1);
}
END_TEST

START_TEST(a_scalar_is_replaced_and_a_list_goes_on)
{
	const struct config_profile *p;

	expect("crypto ikev2 profile P\nlifetime 1000\nmatch identity remote fqdn a\nshutdown\n"
	       "crypto ikev2 profile P\nlifetime 2000\nmatch identity remote fqdn b\n",
	       "");
	p = kit_object(MODE_PROFILE, "P");
	ck_assert_uint_eq(p->lifetime_s, 2000);
	ck_assert_uint_eq(p->match_identity_count, 2);
	ck_assert_str_eq(p->match_identity[1].text, "b");
}
END_TEST

START_TEST(no_takes_lines_and_objects_away)
{
	expect("crypto ikev2 proposal A\nencryption 3des\nno encryption\nno group\nexit\n"
	       "crypto ikev2 proposal B\nno crypto ikev2 proposal B\n"
	       "hostname x\nno hostname\n"
	       "crypto ikev2 profile P\nmatch identity remote any\nshutdown\nno match identity "
	       "remote any\n",
	       "1 warning incomplete\n");
	ck_assert_ptr_null(kit_object(MODE_PROPOSAL, "B"));
	ck_assert_str_eq(config_view(kit_config)->global->hostname, "cygnet");
	ck_assert_uint_eq(((const struct config_profile *)kit_object(MODE_PROFILE, "P"))
				  ->match_identity_count,
			  0);
}
END_TEST

START_TEST(no_of_a_list_line_needs_no_value)
{
	expect("crypto ikev2 profile P\nshutdown\nmatch identity remote any\nno match identity "
	       "remote\n",
	       "");
	ck_assert_uint_eq(((const struct config_profile *)kit_object(MODE_PROFILE, "P"))->match_identity_count, 0);
	expect("crypto ikev2 profile P\nshutdown\nmatch identity remote any\nno match\n", "4 error syntax\n");
}
END_TEST

START_TEST(lines_that_define_one_object_come_together)
{
	const struct kit_pool *pool;

	expect("ip local pool P 10.0.0.1 10.0.0.9\nip local pool P 10.0.1.1\nip local pool Q "
	       "10.0.2.1\n"
	       "no ip local pool P 10.0.0.1 10.0.0.9\nno ip local pool Q\n",
	       "");
	pool = kit_object("kit-pool", "P");
	ck_assert_uint_eq(pool->lines, 1);
	ck_assert_str_eq(pool->last, "10.0.1.1");
	ck_assert_ptr_null(kit_object("kit-pool", "Q"));
}
END_TEST

START_TEST(a_routers_commands_are_noted_and_ignored)
{
	expect("version 15.2\nno ip http-client x\n", "1 note ignored-command\n2 error syntax\n");
	expect("service timestamps\nip nat inside source list 1\nno ip cef\ninterface eth0\nduplex "
	       "auto\n"
	       "ip nat outside\n",
	       "1 note ignored-command\n2 note ignored-command\n3 note ignored-command\n"
	       "5 note ignored-command\n6 note ignored-command\n");
}
END_TEST

START_TEST(an_ignored_block_swallows_what_is_in_it)
{
	expect("router rip\n version 2\n network 10.0.0.0\n no auto-summary\n!\nhostname x\n",
	       "1 note ignored-command\n");
	ck_assert_str_eq(config_view(kit_config)->global->hostname, "x");
	expect("router rip\nversion 2\nnetwork 10.0.0.0\nline vty 0 4\nlogin local\nhostname "
	       "x\nfoo\n",
	       "1 note ignored-command\n4 note ignored-command\n7 error unknown-command\n");
	/* Indented: what is not indented any more ends it, whatever it is. */
	expect("router rip\n network 10.0.0.0\nfoo\n",
	       "1 note ignored-command\n3 error unknown-command\n");
}
END_TEST

START_TEST(what_is_indented_below_an_ignored_command_is_its_own)
{
	expect("call-home\n ! a comment\n contact-email-addr help@example.com\n profile \"x\"\n  active\nhostname x\n",
	       "1 note ignored-command\n");
	ck_assert_str_eq(config_view(kit_config)->global->hostname, "x");
	/* What is not indented is not its own, nor what is ours somewhere, nor what stands below a `no`. */
	expect("call-home\ncontact-email-addr help@example.com\n", "1 note ignored-command\n2 error unknown-command\n");
	expect("call-home\n pre-shared-key x\n", "1 note ignored-command\n2 error unknown-command\n");
	expect("call-home\n crypto ikev2 windw 7\n", "1 note ignored-command\n2 error syntax\n");
	expect("call-home\n active\nhostname x\n active\n", "1 note ignored-command\n4 error unknown-command\n");
	expect("no ip cef\n foo\n", "1 note ignored-command\n2 error unknown-command\n");
	/* In an interface a line below another one is none of its own. */
	expect("interface eth0\n speed auto\n  descriptoin x\n", "2 note ignored-command\n3 error unknown-command\n");
}
END_TEST

START_TEST(certificates_in_a_routers_text_are_passed_by)
{
	expect("crypto pki certificate chain A\n certificate ca 01\n  30820330 30820218\n  DEAD\n  \tquit\n"
	       "crypto pki certificate chain B\ncertificate 02\n30820330 BEEF\nquit\ncrypto pki certificate map M 10\n"
	       " subject-name co x\n",
	       "1 note ignored-command\n6 note ignored-command\n");
	ck_assert_ptr_nonnull(kit_object(MODE_CERT_MAP, "M 10"));
	expect("crypto pki certificate chian A\n", "1 error syntax\n");
}
END_TEST

START_TEST(a_routers_banner_is_passed_by_whatever_it_says)
{
	size_t len = 300 * 5;
	char *words = malloc(len + 80);

	expect("banner motd ^C\nhostname y\n crypto ikev2 keyring K\n^C\nhostname x\n", "1 note ignored-command\n");
	ck_assert_str_eq(config_view(kit_config)->global->hostname, "x");
	ck_assert_ptr_null(kit_object(MODE_KEYRING, "K"));
	/* Behind a block that it ends, too. */
	expect("control-plane\n!\nbanner exec #\nhostname y\n#\nno banner motd\nhostname x\n",
	       "1 note ignored-command\n3 note ignored-command\n6 note ignored-command\n");
	ck_assert_str_eq(config_view(kit_config)->global->hostname, "x");
	expect("banner motd ^C\nhostname y\n", "1 error syntax\n");
	/* As long as lawyers like it. */
	strcpy(words, "banner login ^C\n");
	for (int i = 0; i < 300; i++)
		strcat(words, i % 10 == 9 ? "word\n" : "word ");
	strcat(words, "^C\nhostname z\n");
	expect(words, "1 note ignored-command\n");
	ck_assert_str_eq(config_view(kit_config)->global->hostname, "z");
	free(words);
}
END_TEST

START_TEST(what_a_terminal_says_around_a_configuration_is_passed_by)
{
	expect("\xef\xbb\xbf" "Building configuration...\r\n\r\nCurrent configuration : 9310 bytes\r\n!\r\nhostname x  \r\nend\r\n",
	       "1 note ignored-command\n3 note ignored-command\n");
	ck_assert_str_eq(config_view(kit_config)->global->hostname, "x");
	expect("Using 2345 out of 33554432 bytes\n", "1 note ignored-command\n");
	expect("Using it\nBuilding\nhostname \xef\xbb\xbfx\n", "1 error syntax\n2 error syntax\n");
	/* A mark is the first thing of a file or it is no mark. */
	expect("!\n\xef\xbb\xbfhostname x\n", "2 error unknown-command\n");
}
END_TEST

/* Such a word would take the line that ends the object. */
START_TEST(no_ignored_word_of_an_object_begins_a_line_of_what_is_around_it)
{
	size_t seen = 0;

	for (size_t i = 1; i < kit_grammar->mode_count; i++) {
		const struct grammar_mode *mode = &kit_grammar->modes[i];

		for (size_t k = 0; k < mode->row_count; k++) {
			const struct grammar_row *row = mode->rows[k];

			if (!row->ignored)
				continue;
			for (const struct grammar_mode *up = mode->parent; up; up = up->parent)
				for (size_t n = 0; n < up->row_count; n++) {
					const struct grammar_row *other = up->rows[n];
					bool begins = (!other->ignored || other->block) && other->head >= row->head;

					for (size_t w = 0; begins && w < row->head; w++)
						begins = strcmp(other->ops[w].word, row->ops[w].word) == 0;
					ck_assert_msg(!begins, "%s: `%s` takes `%s`", mode->mode->name,
						      row->command->syntax, other->command->syntax);
					seen++;
				}
		}
	}
	ck_assert_uint_gt(seen, 1000);
}
END_TEST

START_TEST(a_built_in_object_that_is_restored_stays_where_it_was)
{
	struct cyg_str name;
	uint64_t at = 0;

	(void)kit_parse("crypto ikev2 policy A\ncrypto ikev2 policy default\n match address local 10.0.0.1\n"
			"default crypto ikev2 policy default\n");
	(void)cyg_config_next(kit_config, MODE_POLICY, &at, &name);
	ck_assert(cyg_str_equal(name, CYG_STR("default")));
	ck_assert_uint_eq(((const struct config_policy *)kit_object(MODE_POLICY, "default"))->address_count, 0);
}
END_TEST

START_TEST(the_mask_of_one_address_may_be_left_out)
{
	const struct config_profile *profile;
	char *text = NULL;
	size_t len;
	FILE *many;

#define PROFILE "crypto ikev2 profile P\n match identity remote key-id k\n "
	expect(PROFILE "match identity remote address 10.0.0.1\n match identity remote address 10.0.0.1 255.255.255.255\n"
		       " match identity remote address 10.0.0.1 255.255.255.0\n",
	       "1 warning incomplete\n5 warning host-bits\n");
	profile = kit_object(MODE_PROFILE, "P");
	ck_assert_uint_eq(profile->match_identity_count, 3);
	(void)kit_parse(PROFILE "match identity remote address 10.0.0.1\n"
				" no match identity remote address 10.0.0.1 255.255.255.255\n");
	ck_assert_uint_eq(((const struct config_profile *)kit_object(MODE_PROFILE, "P"))->match_identity_count, 1);
	(void)kit_parse(PROFILE "match identity remote address 10.0.0.1 255.255.255.255\n"
				" no match identity remote address 10.0.0.1\n");
	ck_assert_uint_eq(((const struct config_profile *)kit_object(MODE_PROFILE, "P"))->match_identity_count, 1);
	/* Among many, too. */
	many = open_memstream(&text, &len);
	fputs("crypto ikev2 profile P\n", many);
	for (int i = 1; i <= 100; i++)
		fprintf(many, " match identity remote address 10.0.0.%d%s\n", i, i % 2 ? "" : " 255.255.255.255");
	for (int i = 1; i <= 100; i++)
		fprintf(many, " %smatch identity remote address 10.0.0.%d%s\n", i > 20 ? "no " : "", i, i % 2 ? " 255.255.255.255" : "");
	fclose(many);
	(void)kit_parse(text);
	ck_assert_uint_eq(((const struct config_profile *)kit_object(MODE_PROFILE, "P"))->match_identity_count, 20);
	free(text);
	/* Any address is not the host 0.0.0.0. */
	(void)kit_parse(PROFILE "match identity remote address 0.0.0.0\n"
				" no match identity remote address 0.0.0.0 255.255.255.255\n");
	ck_assert_uint_eq(((const struct config_profile *)kit_object(MODE_PROFILE, "P"))->match_identity_count, 2);
#undef PROFILE
}
END_TEST

START_TEST(what_a_file_says_again_replaces_what_was_in_force)
{
	static const char more[] = "crypto ikev2 keyring K\n peer A\n  hostname b\n  address 10.0.0.2\n";
	struct config_findings findings = { 0 };
	struct cyg_config *config = NULL;
	const struct config_interface *tunnel;
	char *text;

	(void)kit_parse("crypto ikev2 keyring K\n peer A\n  hostname a\n  address 10.0.0.1\n  pre-shared-key x\n");
	ck_assert_int_eq(config_parse_how(kit_grammar, CONFIG_MERGE, "more", cyg_str(more), kit_config, &findings, &config), CYG_OK);
	ck_assert_uint_eq(findings.count, 0);
	text = kit_render(config, 0);
	ck_assert_msg(strstr(text, "  hostname b\n") && !strstr(text, "hostname a"), "%s", text);
	free(text);
	config_unref(config);
	/* In one file a second host name behind a peer may be the gateway's: it is not guessed. */
	(void)kit_parse("crypto ikev2 keyring K\n peer A\n  hostname a\n  hostname b\n");
	ck_assert_ptr_nonnull(strstr(kit_codes(), "4 warning ambiguous\n"));
	/* A command that is ignored elsewhere makes nothing ambiguous. */
	(void)kit_parse("interface Tunnel1\n ip tcp adjust-mss 1300\ninterface Tunnel1\n ip tcp adjust-mss 1200\n");
	ck_assert_str_eq(kit_codes(), "");
	tunnel = kit_object(MODE_INTERFACE, "Tunnel1");
	ck_assert_uint_eq(tunnel->adjust_mss, 1200);
}
END_TEST

START_TEST(exit_and_default_may_be_abbreviated)
{
	const struct config_interface *tunnel;

	expect("crypto ikev2 keyring K\n peer A\n ex\n exi\n peer B\n",
	       "2 warning incomplete\n5 error unknown-command\n");
	expect("interface Tunnel1\n ip mtu 1400\n def ip mtu\n description x\n defau description\n", "");
	tunnel = kit_object(MODE_INTERFACE, "Tunnel1");
	ck_assert_uint_ne(tunnel->mtu, 1400);
	expect("no crypto ikev2 proposal default\ndef crypto ikev2 proposal\n", "");
	ck_assert_ptr_nonnull(kit_object(MODE_PROPOSAL, "default"));
	expect("exits\n", "1 error unknown-command\n");
}
END_TEST

START_TEST(what_was_expected_is_told_of_our_commands)
{
	expect("interface Tunnel1\n ipv6 address 2001:db8::1\n ip address 10.0.0.1 255.255.255.0 tertiary\n ip address 10.0.0.1\n",
	       "2 error syntax\n3 error syntax\n4 error syntax\n");
	ck_assert_ptr_nonnull(strstr(kit_texts(), "t:2:15: error: `2001:db8::1`: expected `negotiated`, <host> (IPv6 address/length)"));
	ck_assert_ptr_nonnull(strstr(kit_texts(), "`tertiary` is left over"));
	ck_assert_ptr_nonnull(strstr(kit_texts(), "t:4:21: error: the line is incomplete: expected <mask>"));
	expect("interface range Tunnel1 - 3\n", "1 error syntax\n");
	ck_assert_ptr_nonnull(strstr(kit_texts(), "t:1:11: error: `range`"));
	/* A note says which command it was. */
	expect("ip http authentication local\n", "1 note ignored-command\n");
	ck_assert_ptr_nonnull(strstr(kit_texts(), "`ip http authentication` is a router's command"));
}
END_TEST

START_TEST(an_old_spelling_makes_no_abbreviation_ambiguous)
{
	expect("ip dom name a.example\n", "");
	expect("ip domain-name a.example\n", "1 warning spelling\n");
	expect("ip dom a.example\n", "1 error syntax\n");
	expect("crypto ca trustpoint T\n enrollment terminal\ncrypto ca certificate map M 10\n subject-name co x\n",
	       "1 warning spelling\n3 warning spelling\n");
	ck_assert_ptr_nonnull(kit_object(MODE_TRUSTPOINT, "T"));
	ck_assert_ptr_nonnull(kit_object(MODE_CERT_MAP, "M 10"));
}
END_TEST

START_TEST(a_command_of_the_prompt_in_a_file_is_told_as_that)
{
	expect("clear kit 3\n", "1 error unknown-command\n");
	ck_assert_ptr_nonnull(strstr(kit_texts(), "typed at the prompt"));
}
END_TEST

START_TEST(a_banner_may_go_over_lines)
{
	char *text;

	expect("kit text T\nbanner ^C one\n two ^C\nvalue \"a b\"\nhostname x\n", "");
	text = kit_render(kit_config, CONFIG_RENDER_SECRETS);
	ck_assert_ptr_nonnull(strstr(text, " banner ^C one\n two ^C\n"));
	ck_assert_ptr_nonnull(strstr(text, " value \"a b\"\n"));
	free(text);
	expect("kit text T\nbanner This is it\n", "");
	expect("kit text T\nbanner # no end\nhostname x\n", "2 error syntax\n");
	ck_assert_uint_eq(kit_findings.items[0].column, 8);
	expect("kit text T\nbanner #a# b\n", "2 error syntax\n");
}
END_TEST

START_TEST(lines_of_a_plugin_that_is_not_loaded_are_kept)
{
	char *text;

	expect("absent thing X\n colour red\ninterface Loopback1\n absent mark 3\n",
	       "1 warning needs-plugin\n4 warning needs-plugin\n");
	text = kit_render(kit_config, CONFIG_RENDER_SECRETS);
	ck_assert_ptr_nonnull(
		strstr(text, "! inactive: plugin 'gone' is not loaded\nabsent thing X\n"));
	ck_assert_ptr_nonnull(
		strstr(text, " ! inactive: plugin 'gone' is not loaded\n colour red\n"));
	ck_assert_ptr_nonnull(strstr(text, " absent mark 3\n"));
	free(text);
	ck_assert_ptr_null(kit_object("kit-absent", "X"));
}
END_TEST

START_TEST(an_error_does_not_tell_parts_of_a_key)
{
	expect("crypto ikev2 keyring K\npeer A\npre-shared-key topsecret andmore\n",
	       "3 error syntax\n");
	ck_assert_ptr_null(strstr(kit_texts(), "andmore"));
	ck_assert_ptr_null(strstr(kit_texts(), "topsecret"));
}
END_TEST

START_TEST(interfaces_have_one_name_however_they_are_written)
{
	uint64_t at = 0;

	expect("interface tunnel 007\ninterface Tunnel7\ninterface TUNNEL7\ninterface Ethernet "
	       "0/1\n"
	       "interface eth0\ninterface ethernet0/1\n",
	       "");
	ck_assert_ptr_nonnull(kit_object(MODE_INTERFACE, "Tunnel7"));
	ck_assert_ptr_nonnull(kit_object(MODE_INTERFACE, "Ethernet0/1"));
	ck_assert_ptr_nonnull(kit_object(MODE_INTERFACE, "eth0"));
	for (size_t count = 0; count < 3; count++)
		ck_assert_ptr_nonnull(cyg_config_next(kit_config, MODE_INTERFACE, &at, NULL));
	ck_assert_ptr_null(cyg_config_next(kit_config, MODE_INTERFACE, &at, NULL));
	expect("interface Foo0/1\n", "1 error syntax\n");
}
END_TEST

START_TEST(kinds_of_interfaces_may_be_abbreviated)
{
	static const struct { const char *line, *name; } names[] = {
		{ "int lo0", "Loopback0" },	     { "interface Tu1", "Tunnel1" },
		{ "int tunn 1", "Tunnel1" },	     { "int vt2", "Virtual-Template2" },
		{ "int virtual-t 2", "Virtual-Template2" }, { "int Vi3", "Virtual-Access3" },
		{ "int gi0/0/1", "GigabitEthernet0/0/1" }, { "int Te1/1", "TenGigabitEthernet1/1" },
		{ "int eth0/1", "Ethernet0/1" },     { "int Et 0/1", "Ethernet0/1" },
		{ "int po7", "Port-channel7" },	     { "int Lo 0", "Loopback0" },
		{ "int lo 1", "Loopback1" },	     { "int loopback 2", "Loopback2" },
		/* Devices of Linux are what they are. */
		{ "int eth0", "eth0" },		     { "int tun0", "tun0" },
		{ "int lo", "lo" },		     { "int ens3", "ens3" },
		{ "int t1", "t1" },		     { "int virtual1", "virtual1" },
		{ "int team0", "team0" },	     { "int wlan0", "wlan0" },
	};

	for (size_t i = 0; i < CYG_COUNT(names); i++) {
		char text[80];

		snprintf(text, sizeof(text), "%s\n", names[i].line);
		expect(text, "");
		ck_assert_msg(kit_object(MODE_INTERFACE, names[i].name) != NULL, "%s", names[i].line);
	}
	expect("interface Foo0/1\ninterface virtual0/1\ninterface lo a\ninterface Tunnel\n",
	       "1 error syntax\n2 error syntax\n3 error syntax\n4 error syntax\n");
	expect("interface lo 1\ninterface Tunnel1\nip unnumbered lo 1\n", "");
	expect("interface lo 1\ninterface Tunnel1\nip unnumbered lo 2\n", "3 warning undefined-reference\n");
	/* Where a number of its own may follow, `lo` is the device. */
	expect("ip route 10.0.0.0 255.0.0.0 lo 5\ninterface lo\n", "");
}
END_TEST

START_TEST(a_thousand_errors_are_all_told)
{
	char *text = malloc(1000 * 8 + 1);

	for (int i = 0; i < 1000; i++)
		memcpy(text + 8 * (size_t)i, "nonsens\n", 9);
	ck_assert_int_eq(kit_parse(text), CYG_REFUSED);
	ck_assert_uint_eq(kit_findings.errors, 1000);
	ck_assert_uint_eq(kit_findings.count, 1000);
	free(text);
}
END_TEST

START_TEST(only_so_many_findings_are_kept)
{
	size_t count = CONFIG_FINDINGS_MAX + 50;
	char *text = malloc(count * 2 + 1);

	for (size_t i = 0; i < count; i++)
		memcpy(text + 2 * i, "q\n", 3);
	ck_assert_int_eq(kit_parse(text), CYG_REFUSED);
	ck_assert_uint_eq(kit_findings.errors, count);
	ck_assert_uint_eq(kit_findings.count, CONFIG_FINDINGS_MAX);
	ck_assert_ptr_nonnull(strstr(kit_texts(), "t: 50 more\n"));
	free(text);
}
END_TEST

Suite *parse_suite(void)
{
	Suite *suite = suite_create("parse");
	TCase *tests = tcase_create("lines");

	tcase_add_checked_fixture(tests, kit_setup, kit_teardown);
	tcase_add_test(tests, keywords_may_be_abbreviated_and_ignore_case);
	tcase_add_test(tests, an_ambiguous_abbreviation_is_an_error_that_names_the_words);
	tcase_add_test(tests, names_are_case_sensitive);
	tcase_add_test(tests, indentation_means_nothing);
	tcase_add_test(tests, the_mode_that_knows_more_leading_words_owns_the_line);
	tcase_add_test(tests, a_typo_stays_an_error_where_it_stands);
	tcase_add_test(tests, after_an_error_the_mode_stays);
	tcase_add_test(tests, exit_leaves_one_level_and_end_all);
	tcase_add_test(tests, an_unknown_command_names_the_nearest);
	tcase_add_test(tests, hostname_after_a_peer_is_the_peers);
	tcase_add_test(tests, values_outside_their_range_are_told_apart_from_wrong_words);
	tcase_add_test(tests,
		       host_bits_are_cleared_with_a_warning_but_not_those_of_our_own_address);
	tcase_add_test(tests, an_old_spelling_is_taken_as_the_right_line);
	tcase_add_test(tests, an_identical_repeat_adds_nothing);
	tcase_add_test(tests, a_scalar_is_replaced_and_a_list_goes_on);
	tcase_add_test(tests, no_takes_lines_and_objects_away);
	tcase_add_test(tests, no_of_a_list_line_needs_no_value);
	tcase_add_test(tests, lines_that_define_one_object_come_together);
	tcase_add_test(tests, a_routers_commands_are_noted_and_ignored);
	tcase_add_test(tests, an_ignored_block_swallows_what_is_in_it);
	tcase_add_test(tests, what_is_indented_below_an_ignored_command_is_its_own);
	tcase_add_test(tests, certificates_in_a_routers_text_are_passed_by);
	tcase_add_test(tests, a_routers_banner_is_passed_by_whatever_it_says);
	tcase_add_test(tests, what_a_terminal_says_around_a_configuration_is_passed_by);
	tcase_add_test(tests, no_ignored_word_of_an_object_begins_a_line_of_what_is_around_it);
	tcase_add_test(tests, a_built_in_object_that_is_restored_stays_where_it_was);
	tcase_add_test(tests, the_mask_of_one_address_may_be_left_out);
	tcase_add_test(tests, what_a_file_says_again_replaces_what_was_in_force);
	tcase_add_test(tests, exit_and_default_may_be_abbreviated);
	tcase_add_test(tests, what_was_expected_is_told_of_our_commands);
	tcase_add_test(tests, an_old_spelling_makes_no_abbreviation_ambiguous);
	tcase_add_test(tests, a_command_of_the_prompt_in_a_file_is_told_as_that);
	tcase_add_test(tests, a_banner_may_go_over_lines);
	tcase_add_test(tests, lines_of_a_plugin_that_is_not_loaded_are_kept);
	tcase_add_test(tests, an_error_does_not_tell_parts_of_a_key);
	tcase_add_test(tests, interfaces_have_one_name_however_they_are_written);
	tcase_add_test(tests, kinds_of_interfaces_may_be_abbreviated);
	tcase_add_test(tests, a_thousand_errors_are_all_told);
	tcase_add_test(tests, only_so_many_findings_are_kept);
	suite_add_tcase(suite, tests);
	return suite;
}
