/* SPDX-License-Identifier: MIT */
/*
 * The whole daemon without a starter (no sockets, no devices, no root), with the plugins of the build tree, asked
 * by cygctl. Each test has a root folder and a process of its own.
 */
#include "control/daemon.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PLUGINS "src/plugins"
#define CYGCTL  "src/cygctl/cygctl"
#define WAIT_MS 20000

static char root[] = "/tmp/cygnet-daemon-XXXXXX";
static char output[1 << 20];
static pid_t pid;

/* A build may leave any of them out. */
static bool have_plugin(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), PLUGINS "/%s/.libs/%s.so", name, name);
	return access(path, R_OK) == 0;
}

static void in_root(char *out, size_t room, const char *name)
{
	ck_assert_int_lt(snprintf(out, room, "%s/%s", root, name), (int)room);
}

static void write_file(const char *name, const char *text)
{
	char path[256];
	FILE *file;

	in_root(path, sizeof(path), name);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

static void setup(void)
{
	static const char *const folders[] = { "etc", "etc/cygnet", "etc/cygnet/plugins", "run", "run/cygnet",
					       "var", "var/lib", "var/lib/cygnet", "var/log" };

	strcpy(root, "/tmp/cygnet-daemon-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		char path[256];

		in_root(path, sizeof(path), folders[i]);
		ck_assert_int_eq(mkdir(path, 0755), 0);
	}
	write_file("etc/cygnet/cygnet.conf", "shards = 2\nlog-file = daemon.log\nlog-level = debug\n");
	write_file("etc/cygnet/startup-config", "hostname gw1\n");
	pid = 0;
}

/* Runs a command line; its standard output and error in `output`; its exit status. */
static int CYG_PRINTF(1, 2) run(const char *format, ...)
{
	char command[2048];
	va_list args;
	size_t len;
	FILE *pipe;
	int status;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	pipe = popen(command, "r");
	ck_assert_ptr_nonnull(pipe);
	len = fread(output, 1, sizeof(output) - 1, pipe);
	output[len] = '\0';
	status = pclose(pipe);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int ctl(const char *options)
{
	return run("%s --root %s %s 2>&1", CYGCTL, root, options);
}

static bool shows(const char *text)
{
	return strstr(output, text) != NULL;
}

static bool logged(const char *text)
{
	return run("grep -c -- '%s' %s/var/log/daemon.log %s/var/log/cygnet/daemon.log 2>/dev/null | grep -q ':[1-9]'",
		   text, root, root) == 0;
}

static void launch(void)
{
	sigset_t term;

	fflush(NULL);
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		const struct daemon_args args = { .root = root, .plugin_dir = PLUGINS, .broker_fd = -1 };

		signal(SIGTERM, SIG_DFL); /* not check's, which ends the test */
		sigprocmask(SIG_UNBLOCK, &term, NULL);
		exit(cyg_daemon_main(&args));
	}
	sigprocmask(SIG_UNBLOCK, &term, NULL);
}

/* The exit status, or -1 if it does not end in time. */
static int await(void)
{
	for (unsigned i = 0; i < WAIT_MS / 10; i++) {
		int status;

		if (waitpid(pid, &status, WNOHANG) == pid) {
			pid = 0;
			return WIFEXITED(status) ? WEXITSTATUS(status) : -2;
		}
		usleep(10000);
	}
	return -1;
}

static void start(void)
{
	char path[256];
	struct stat st;

	launch();
	in_root(path, sizeof(path), "run/cygnet/control.sock");
	for (unsigned i = 0; stat(path, &st) && i < WAIT_MS / 10; i++)
		usleep(10000);
	ck_assert_msg(stat(path, &st) == 0, "no control socket");
	/* `reload` is answered with "busy" until all is up. */
	for (unsigned i = 0; !logged("is up:") && i < WAIT_MS / 10; i++)
		usleep(10000);
}

static void stop(void)
{
	ck_assert_int_eq(kill(pid, SIGTERM), 0);
	ck_assert_int_eq(await(), DAEMON_STOPPED);
}

static void teardown(void)
{
	if (pid > 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	ck_assert_int_eq(run("rm -rf %s", root), 0);
}

START_TEST(daemon_starts_answers_and_stops)
{
	start();
	ck_assert_int_eq(ctl("-c 'show version'"), 0);
	ck_assert_msg(shows("Cygnet, version") && shows("gw1 uptime") && shows("Shards: 2"), "%s", output);
	ck_assert_int_eq(ctl("-c 'show crypto ikev2 sa' -c 'show crypto ikev2 stats' -c 'show crypto ipsec sa'"), 0);
	ck_assert_msg(shows("IPv4 Crypto IKEv2 SA") && shows("IPv6 Crypto IKEv2 SA"), "%s", output);
	ck_assert_msg(shows("Max in nego(in/out): none/none"), "%s", output);
	ck_assert_msg(shows("No SAs found"), "%s", output);
	stop();
	ck_assert(logged("the daemon stops"));
}
END_TEST

START_TEST(plugins_are_listed_with_what_they_provide)
{
	if (!have_plugin("openssl"))
		return;
	start();
	ck_assert_int_eq(ctl("-c 'show plugins detail'"), 0);
	ck_assert_msg(shows("openssl") && shows("provides"), "%s", output);
	ck_assert_int_eq(ctl("--json -c 'show plugins'"), 0);
	ck_assert_msg(shows("\"name\":\"openssl\""), "%s", output);
	stop();
}
END_TEST

START_TEST(defaults_are_shown_from_the_smart_defaults)
{
	start();
	ck_assert_int_eq(ctl("-c 'show crypto ikev2 proposal default'"), 0);
	ck_assert_msg(shows(" IKEv2 proposal: default\n") && shows("AES-CBC-256") &&
			      shows("DH_GROUP_256_ECP/Group 19 DH_GROUP_2048_MODP/Group 14"),
		      "%s", output);
	ck_assert_int_eq(ctl("-c 'show crypto ikev2 policy'"), 0);
	ck_assert_msg(shows(" IKEv2 policy : default\n") && shows("Match fvrf  : any"), "%s", output);
	ck_assert_int_eq(ctl("-c 'show crypto ikev2 proposal nosuch'"), 1);
	ck_assert_msg(shows("there is no IKEv2 proposal 'nosuch'"), "%s", output);
	stop();
}
END_TEST

START_TEST(running_configuration_is_filtered_by_pipes_and_given_as_json)
{
	start();
	ck_assert_int_eq(ctl("-c 'show running-config | include ^hostname'"), 0);
	ck_assert_str_eq(output, "hostname gw1\n");
	ck_assert_int_eq(ctl("-c 'sh run | json'"), 0);
	ck_assert_msg(shows("\"line\":\"hostname gw1\""), "%s", output);
	ck_assert_int_eq(ctl("--json -c 'show nonsense'"), 1);
	ck_assert_msg(shows("\"status\": \"") && shows("\"error\": "), "%s", output);
	stop();
}
END_TEST

START_TEST(secrets_are_never_shown)
{
	write_file("etc/cygnet/startup-config",
		   "hostname gw1\ncrypto ikev2 keyring k\n peer p\n  address 192.0.2.1\n"
		   "  pre-shared-key open-sesame\n");
	start();
	ck_assert_int_eq(ctl("-c 'show running-config' -c 'show startup-config'"), 0);
	ck_assert_msg(shows("pre-shared-key") && !shows("open-sesame"), "%s", output);
	stop();
	ck_assert(!logged("open-sesame"));
}
END_TEST

START_TEST(cygctl_tells_by_its_exit_status)
{
	ck_assert_int_eq(ctl("-c 'show version'"), 3);
	ck_assert_msg(shows("cygnet start"), "%s", output);
	ck_assert_int_eq(ctl("--nonsense"), 2);
	ck_assert_int_eq(ctl("show version"), 2);
	ck_assert_int_eq(ctl("--help"), 0);
	start();
	ck_assert_int_eq(ctl("-c 'frobnicate'"), 1);
	ck_assert_int_eq(ctl("-c 'show version | include ['"), 1);
	ck_assert_int_eq(run("printf '! note\\n show version\\nfrob\\nshow version\\n' | %s --root %s 2>&1", CYGCTL,
			     root), 1);
	ck_assert_msg(shows("Cygnet, version"), "%s", output);
	stop();
}
END_TEST

START_TEST(reload_brings_a_new_configuration_into_force)
{
	start();
	write_file("etc/cygnet/startup-config", "hostname gw2\ncrypto ikev2 proposal p\n encryption aes-cbc-256\n"
						" integrity sha256\n group 19\n");
	ck_assert_int_eq(ctl("-c reload"), 0);
	ck_assert_msg(shows("added: IKEv2 proposal p\n"), "%s", output);
	ck_assert_msg(!shows("default"), "what did not change is told: %s", output);
	ck_assert_int_eq(ctl("-c 'show running-config'"), 0);
	ck_assert_msg(shows("hostname gw2") && shows("crypto ikev2 proposal p"), "%s", output);
	write_file("etc/cygnet/startup-config", "hostname gw3\n");
	ck_assert_int_eq(kill(pid, SIGHUP), 0);
	for (unsigned i = 0; i < 200 && !shows("gw3"); i++) {
		usleep(10000);
		ck_assert_int_eq(ctl("-c 'show running-config | include hostname'"), 0);
	}
	ck_assert_str_eq(output, "hostname gw3\n");
	stop();
}
END_TEST

START_TEST(reload_with_an_error_keeps_what_is_in_force)
{
	start();
	write_file("etc/cygnet/startup-config", "hostname gw2\ncrypto ikev2 proposal p\n group 99\n");
	ck_assert_int_eq(ctl("-c reload"), 1);
	ck_assert_msg(shows("startup-config:3:") && shows("error:") && shows("stays"), "%s", output);
	ck_assert_int_eq(ctl("-c 'show startup-config'"), 1);
	ck_assert_msg(shows("startup-config:3:"), "%s", output);
	ck_assert_int_eq(ctl("-c 'show running-config | include hostname'"), 0);
	ck_assert_str_eq(output, "hostname gw1\n");
	write_file("etc/cygnet/startup-config", "hostname gw2\n");
	write_file("etc/cygnet/cygnet.conf", "shrads = 2\n");
	ck_assert_int_eq(ctl("-c reload"), 1);
	ck_assert_msg(shows("cygnet.conf:1") && shows("shards"), "%s", output);
	ck_assert_int_eq(ctl("-c 'show running-config | include hostname'"), 0);
	ck_assert_str_eq(output, "hostname gw1\n");
	stop();
}
END_TEST

START_TEST(start_with_an_error_runs_the_last_good_copy)
{
	start();
	stop();
	write_file("etc/cygnet/startup-config", "hostname broken\nfrobnicate\n");
	start();
	ck_assert_int_eq(ctl("-c 'show version'"), 0);
	ck_assert_msg(shows("Configuration: last good copy"), "%s", output);
	ck_assert_int_eq(ctl("-c 'show running-config | include hostname'"), 0);
	ck_assert_str_eq(output, "hostname gw1\n");
	stop();
	ck_assert(logged("errors in startup-config: 1; the last good copy"));
}
END_TEST

START_TEST(start_with_an_error_and_no_copy_runs_empty)
{
	write_file("etc/cygnet/startup-config", "frobnicate\n");
	start();
	ck_assert_int_eq(ctl("-c 'show version'"), 0);
	ck_assert_msg(shows("Configuration: empty"), "%s", output);
	stop();
}
END_TEST

START_TEST(configuration_that_is_a_folder_is_told)
{
	char path[256];

	in_root(path, sizeof(path), "etc/cygnet/startup-config");
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkdir(path, 0755), 0);
	start();
	ck_assert_int_eq(ctl("-c 'show version'"), 0);
	ck_assert_msg(shows("Configuration: empty"), "%s", output);
	ck_assert_int_eq(ctl("-c reload"), 1);
	ck_assert_msg(shows("startup-config"), "%s", output);
	stop();
}
END_TEST

START_TEST(wrong_option_ends_the_start)
{
	write_file("etc/cygnet/cygnet.conf", "shards = many\n");
	launch();
	ck_assert_int_eq(await(), DAEMON_BAD_OPTIONS);
	if (!have_plugin("openssl"))
		return;
	write_file("etc/cygnet/cygnet.conf", "log-file = daemon.log\n");
	write_file("etc/cygnet/plugins/openssl.conf", "lod = no\n");
	launch();
	ck_assert_int_eq(await(), DAEMON_BAD_OPTIONS);
	ck_assert(logged("openssl.conf:1"));
}
END_TEST

START_TEST(missing_kernel_plugin_is_told_with_its_file)
{
	write_file("etc/cygnet/plugins/kernel-tun.conf", "load = no\n");
	write_file("etc/cygnet/plugins/kernel-netlink.conf", "load = no\n");
	start();
	ck_assert(logged("plugins/kernel-tun.conf"));
	stop();
}
END_TEST

START_TEST(second_daemon_on_the_same_root_is_refused)
{
	pid_t first;

	start();
	first = pid;
	launch();
	ck_assert_int_eq(await(), DAEMON_FAILED);
	ck_assert(logged("another cygnetd"));
	pid = first;
	ck_assert_int_eq(ctl("-c 'show version'"), 0);
	stop();
}
END_TEST

START_TEST(stop_while_it_starts_is_clean)
{
	for (unsigned i = 0; i < 5; i++) {
		launch();
		usleep(i * 15000);
		ck_assert_int_eq(kill(pid, SIGTERM), 0);
		ck_assert_int_ge(await(), -2);
	}
}
END_TEST

START_TEST(check_config_judges_a_file)
{
	const struct daemon_args args = { .root = root, .plugin_dir = PLUGINS, .broker_fd = -1 };
	char path[256];

	in_root(path, sizeof(path), "etc/cygnet/startup-config");
	ck_assert_int_eq(cyg_daemon_check_config(&args, path), 0);
	write_file("etc/cygnet/startup-config", "frobnicate\n");
	ck_assert_int_eq(cyg_daemon_check_config(&args, path), 1);
	ck_assert_int_eq(cyg_daemon_check_config(&args, "/nonexistent"), 2);
	ck_assert_int_eq(cyg_daemon_check_config(&args, root), 2);
	if (!have_plugin("address-pool"))
		return;
	write_file("etc/cygnet/startup-config", "ip local pool p 10.0.0.1 10.0.0.9\n");
	ck_assert_int_eq(cyg_daemon_check_config(&args, path), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("daemon");
	TCase *tests = tcase_create("daemon");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tests, setup, teardown);
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
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
