/* SPDX-License-Identifier: MIT */
/*
 * The whole daemon without a starter (no sockets, no devices, no root), with the plugins of the build tree, asked
 * by cygctl.
 */
#include "control/daemon_kit.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

START_TEST(daemon_starts_answers_and_stops)
{
	kit_start();
	ck_assert_int_eq(kit_ctl("-c 'show version'"), 0);
	ck_assert_msg(kit_shows("Cygnet, version") && kit_shows("gw1 uptime") && kit_shows("Shards: 2"), "%s", kit_output);
	ck_assert_int_eq(kit_ctl("-c 'show crypto ikev2 sa' -c 'show crypto ikev2 stats' -c 'show crypto ipsec sa'"), 0);
	ck_assert_msg(kit_shows("IPv4 Crypto IKEv2 SA") && kit_shows("IPv6 Crypto IKEv2 SA"), "%s", kit_output);
	ck_assert_msg(kit_shows("Max in nego(in/out): none/none"), "%s", kit_output);
	ck_assert_msg(kit_shows("No SAs found"), "%s", kit_output);
	ck_assert_int_eq(kit_ctl("-c 'show crypto ikev2 session' -c 'show crypto session' "
				 "-c 'show crypto ikev2 stats timeout'"),
			 0);
	ck_assert_msg(kit_shows("IPv6 Crypto IKEv2 Session") && kit_shows("Crypto session current status") &&
			      kit_shows("PACKET MAXIMUM RETRANS"),
		      "%s", kit_output);
	kit_stop();
	ck_assert(kit_logs("the daemon stops"));
}
END_TEST

START_TEST(plugins_are_listed_with_what_they_provide)
{
	if (!kit_have_plugin("openssl"))
		return;
	kit_start();
	ck_assert_int_eq(kit_ctl("-c 'show plugins detail'"), 0);
	ck_assert_msg(kit_shows("openssl") && kit_shows("provides"), "%s", kit_output);
	ck_assert_int_eq(kit_ctl("--json -c 'show plugins'"), 0);
	ck_assert_msg(kit_shows("\"name\":\"openssl\""), "%s", kit_output);
	kit_stop();
}
END_TEST

START_TEST(defaults_are_shown_from_the_smart_defaults)
{
	kit_start();
	ck_assert_int_eq(kit_ctl("-c 'show crypto ikev2 proposal default'"), 0);
	ck_assert_msg(kit_shows(" IKEv2 proposal: default\n") && kit_shows("AES-CBC-256") &&
			      kit_shows("DH_GROUP_256_ECP/Group 19 DH_GROUP_2048_MODP/Group 14"),
		      "%s", kit_output);
	ck_assert_int_eq(kit_ctl("-c 'show crypto ikev2 policy'"), 0);
	ck_assert_msg(kit_shows(" IKEv2 policy : default\n") && kit_shows("Match fvrf  : any"), "%s", kit_output);
	ck_assert_int_eq(kit_ctl("-c 'show crypto ikev2 proposal nosuch'"), 1);
	ck_assert_msg(kit_shows("there is no IKEv2 proposal 'nosuch'"), "%s", kit_output);
	kit_stop();
}
END_TEST

START_TEST(running_configuration_is_filtered_by_pipes_and_given_as_json)
{
	kit_start();
	ck_assert_int_eq(kit_ctl("-c 'show running-config | include ^hostname'"), 0);
	ck_assert_str_eq(kit_output, "hostname gw1\n");
	ck_assert_int_eq(kit_ctl("-c 'show running-config section host'"), 0);
	ck_assert_str_eq(kit_output, "hostname gw1\n");
	ck_assert_int_eq(kit_ctl("-c 'sh run all section policy default | include proposal'"), 0);
	ck_assert_str_eq(kit_output, " proposal default\n");
	ck_assert_int_eq(kit_ctl("-c 'show running-config section nothing of that kind'"), 0);
	ck_assert_str_eq(kit_output, "");
	ck_assert_int_eq(kit_ctl("-c 'show running-config section ['"), 1);
	ck_assert_int_eq(kit_ctl("--json -c 'show running-config section host'"), 1);
	ck_assert_msg(kit_shows("leave out either it or JSON"), "%s", kit_output);
	ck_assert_int_eq(kit_ctl("-c 'sh run | json'"), 0);
	ck_assert_msg(kit_shows("\"line\":\"hostname gw1\""), "%s", kit_output);
	ck_assert_int_eq(kit_ctl("-c 'wr t | include ^hostname'"), 0);
	ck_assert_str_eq(kit_output, "hostname gw1\n");
	ck_assert_int_eq(kit_ctl("-c 'show running-config interface Tunnel99'"), 1);
	ck_assert_msg(kit_shows("there is no interface Tunnel99"), "%s", kit_output);
	ck_assert_int_eq(kit_ctl("--json -c 'show nonsense'"), 1);
	ck_assert_msg(kit_shows("\"status\": \"") && kit_shows("\"error\": "), "%s", kit_output);
	kit_stop();
}
END_TEST

START_TEST(secrets_are_never_shown)
{
	kit_write("etc/cygnet/startup-config",
		   "hostname gw1\ncrypto ikev2 keyring k\n peer p\n  address 192.0.2.1\n"
		   "  pre-shared-key open-sesame\n");
	kit_start();
	ck_assert_int_eq(kit_ctl("-c 'show running-config' -c 'show startup-config'"), 0);
	ck_assert_msg(kit_shows("pre-shared-key") && !kit_shows("open-sesame"), "%s", kit_output);
	kit_stop();
	ck_assert(!kit_logged("open-sesame"));
}
END_TEST

START_TEST(cygctl_tells_by_its_exit_status)
{
	ck_assert_int_eq(kit_ctl("-c 'show version'"), 3);
	ck_assert_msg(kit_shows("cygnet start"), "%s", kit_output);
	ck_assert_int_eq(kit_ctl("--nonsense"), 2);
	ck_assert_int_eq(kit_ctl("show version"), 2);
	ck_assert_int_eq(kit_ctl("--help"), 0);
	kit_start();
	ck_assert_int_eq(kit_ctl("-c 'frobnicate'"), 1);
	ck_assert_int_eq(kit_ctl("-c 'show version | include ['"), 1);
	ck_assert_int_eq(kit_run("printf '! note\\n show version\\nfrob\\nshow version\\n' | %s --root %s 2>&1", CYGCTL,
			     kit_root), 1);
	ck_assert_msg(kit_shows("Cygnet, version"), "%s", kit_output);
	kit_stop();
}
END_TEST

START_TEST(reload_brings_a_new_configuration_into_force)
{
	kit_start();
	kit_write("etc/cygnet/startup-config", "hostname gw2\ncrypto ikev2 proposal p\n encryption aes-cbc-256\n"
						" integrity sha256\n group 19\n");
	ck_assert_int_eq(kit_ctl("-c reload"), 0);
	ck_assert_msg(kit_shows("added: IKEv2 proposal p\n"), "%s", kit_output);
	ck_assert_msg(!kit_shows("default"), "what did not change is told: %s", kit_output);
	ck_assert_int_eq(kit_ctl("-c 'show running-config'"), 0);
	ck_assert_msg(kit_shows("hostname gw2") && kit_shows("crypto ikev2 proposal p"), "%s", kit_output);
	kit_write("etc/cygnet/startup-config", "hostname gw3\n");
	ck_assert_int_eq(kill(kit_pid, SIGHUP), 0);
	for (unsigned i = 0; i < WAIT_MS / 10 && !kit_shows("gw3"); i++) {
		usleep(10000);
		ck_assert_int_eq(kit_ctl("-c 'show running-config | include hostname'"), 0);
	}
	ck_assert_str_eq(kit_output, "hostname gw3\n");
	kit_stop();
}
END_TEST

START_TEST(reload_with_an_error_keeps_what_is_in_force)
{
	kit_start();
	kit_write("etc/cygnet/startup-config", "hostname gw2\ncrypto ikev2 proposal p\n group 99\n");
	ck_assert_int_eq(kit_ctl("-c reload"), 1);
	ck_assert_msg(kit_shows("startup-config:3:") && kit_shows("error:") && kit_shows("stays"), "%s", kit_output);
	ck_assert_int_eq(kit_ctl("-c 'show startup-config'"), 1);
	ck_assert_msg(kit_shows("startup-config:3:"), "%s", kit_output);
	ck_assert_int_eq(kit_ctl("-c 'show running-config | include hostname'"), 0);
	ck_assert_str_eq(kit_output, "hostname gw1\n");
	kit_write("etc/cygnet/startup-config", "hostname gw2\n");
	kit_write("etc/cygnet/cygnet.conf", "shrads = 2\n");
	ck_assert_int_eq(kit_ctl("-c reload"), 1);
	ck_assert_msg(kit_shows("cygnet.conf:1") && kit_shows("shards"), "%s", kit_output);
	ck_assert_int_eq(kit_ctl("-c 'show running-config | include hostname'"), 0);
	ck_assert_str_eq(kit_output, "hostname gw1\n");
	kit_stop();
}
END_TEST

START_TEST(start_with_an_error_runs_the_last_good_copy)
{
	kit_start();
	kit_stop();
	kit_write("etc/cygnet/startup-config", "hostname broken\nfrobnicate\n");
	kit_start();
	ck_assert_int_eq(kit_ctl("-c 'show version'"), 0);
	ck_assert_msg(kit_shows("Configuration: last good copy"), "%s", kit_output);
	ck_assert_int_eq(kit_ctl("-c 'show running-config | include hostname'"), 0);
	ck_assert_str_eq(kit_output, "hostname gw1\n");
	kit_stop();
	ck_assert(kit_logs("errors in startup-config: 1; the last good copy"));
}
END_TEST

START_TEST(start_with_an_error_and_no_copy_runs_empty)
{
	kit_write("etc/cygnet/startup-config", "frobnicate\n");
	kit_start();
	ck_assert_int_eq(kit_ctl("-c 'show version'"), 0);
	ck_assert_msg(kit_shows("Configuration: empty"), "%s", kit_output);
	kit_stop();
}
END_TEST

START_TEST(configuration_that_is_a_folder_is_told)
{
	char path[256];

	kit_path(path, sizeof(path), "etc/cygnet/startup-config");
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkdir(path, 0755), 0);
	kit_start();
	ck_assert_int_eq(kit_ctl("-c 'show version'"), 0);
	ck_assert_msg(kit_shows("Configuration: empty"), "%s", kit_output);
	ck_assert_int_eq(kit_ctl("-c reload"), 1);
	ck_assert_msg(kit_shows("startup-config"), "%s", kit_output);
	kit_stop();
}
END_TEST

START_TEST(wrong_option_ends_the_start)
{
	kit_write("etc/cygnet/cygnet.conf", "shards = many\n");
	kit_launch();
	ck_assert_int_eq(kit_await(), DAEMON_BAD_OPTIONS);
	if (!kit_have_plugin("openssl"))
		return;
	kit_write("etc/cygnet/cygnet.conf", "log-file = daemon.log\n");
	kit_write("etc/cygnet/plugins/openssl.conf", "lod = no\n");
	kit_launch();
	ck_assert_int_eq(kit_await(), DAEMON_BAD_OPTIONS);
	ck_assert(kit_logs("openssl.conf:1"));
}
END_TEST

START_TEST(missing_kernel_plugin_is_told_with_its_file)
{
	kit_write("etc/cygnet/plugins/kernel-tun.conf", "load = no\n");
	kit_write("etc/cygnet/plugins/kernel-netlink.conf", "load = no\n");
	kit_start();
	ck_assert(kit_logs("plugins/kernel-tun.conf"));
	kit_stop();
}
END_TEST

START_TEST(second_daemon_on_the_same_root_is_refused)
{
	pid_t first;

	kit_start();
	first = kit_pid;
	kit_launch();
	ck_assert_int_eq(kit_await(), DAEMON_FAILED);
	ck_assert(kit_logs("another cygnetd"));
	kit_pid = first;
	ck_assert_int_eq(kit_ctl("-c 'show version'"), 0);
	kit_stop();
}
END_TEST

START_TEST(stop_while_it_starts_is_clean)
{
	int end;

	for (unsigned i = 0; i < 5; i++) {
		kit_launch();
		usleep(i * 15000);
		ck_assert_int_eq(kill(kit_pid, SIGTERM), 0);
		end = kit_await();
		ck_assert_msg(end == DAEMON_STOPPED || end == -2, "%d", end); /* -2: it did not listen to signals yet */
	}
}
END_TEST

START_TEST(check_config_judges_a_file)
{
	const struct daemon_args args = { .root = kit_root, .plugin_dir = PLUGINS, .broker_fd = -1 };
	char path[256];

	kit_path(path, sizeof(path), "etc/cygnet/startup-config");
	ck_assert_int_eq(cyg_daemon_check_config(&args, path), 0);
	kit_write("etc/cygnet/startup-config", "frobnicate\n");
	ck_assert_int_eq(cyg_daemon_check_config(&args, path), 1);
	ck_assert_int_eq(cyg_daemon_check_config(&args, "/nonexistent"), 2);
	ck_assert_int_eq(cyg_daemon_check_config(&args, kit_root), 2);
	if (!kit_have_plugin("address-pool"))
		return;
	kit_write("etc/cygnet/startup-config", "ip local pool p 10.0.0.1 10.0.0.9\n");
	ck_assert_int_eq(cyg_daemon_check_config(&args, path), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("daemon");
	TCase *tests = tcase_create("daemon");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tests, kit_setup, kit_teardown);
	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, daemon_starts_answers_and_stops);
	tcase_add_test(tests, plugins_are_listed_with_what_they_provide);
	tcase_add_test(tests, defaults_are_shown_from_the_smart_defaults);
	tcase_add_test(tests, running_configuration_is_filtered_by_pipes_and_given_as_json);
	tcase_add_test(tests, secrets_are_never_shown);
	tcase_add_test(tests, cygctl_tells_by_its_exit_status);
	tcase_add_test(tests, reload_brings_a_new_configuration_into_force);
	tcase_add_test(tests, reload_with_an_error_keeps_what_is_in_force);
	tcase_add_test(tests, start_with_an_error_runs_the_last_good_copy);
	tcase_add_test(tests, start_with_an_error_and_no_copy_runs_empty);
	tcase_add_test(tests, configuration_that_is_a_folder_is_told);
	tcase_add_test(tests, wrong_option_ends_the_start);
	tcase_add_test(tests, missing_kernel_plugin_is_told_with_its_file);
	tcase_add_test(tests, second_daemon_on_the_same_root_is_refused);
	tcase_add_test(tests, stop_while_it_starts_is_clean);
	tcase_add_test(tests, check_config_judges_a_file);
	suite_add_tcase(suite, tests);
	srunner_add_suite(runner, daemon_edit_suite());
	srunner_add_suite(runner, daemon_vault_suite());
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
