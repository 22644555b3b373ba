/* SPDX-License-Identifier: MIT */
/* The border between daemon and starter, without root: messages, files, kept descriptors. */
#include "base/broker.h"
#include "base/paths.h"
#include "broker.h"
#include "files.h"
#include "instance.h"
#include "sockets.h"
#include "supervisor.h"

#include <cygnet/bytes.h>

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- Kit: a broker over a socket pair, its folder, a count of open descriptors --- */

struct kit {
	char folder[64];
	int ends[2]; /* 0: the daemon's */
	struct broker broker;
	char ready[CYG_BROKER_TEXT_MAX];
	unsigned alive;
};

static void on_ready(void *owner, const char *text)
{
	struct kit *kit = owner;

	(void)snprintf(kit->ready, sizeof(kit->ready), "%s", text);
}

static void on_alive(void *owner)
{
	((struct kit *)owner)->alive++;
}

static struct kit kit;
static unsigned open_before;

static unsigned count_open(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned count = 0;

	ck_assert_ptr_nonnull(dir);
	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count;
}

static void kit_setup(void)
{
	open_before = count_open();
	kit = (struct kit){ .folder = "/tmp/starter_tests.XXXXXX" };
	ck_assert_ptr_nonnull(mkdtemp(kit.folder));
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, kit.ends), 0);
	kit.broker.etc = open(kit.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(kit.broker.etc, 0);
	(void)snprintf(kit.broker.etc_name, sizeof(kit.broker.etc_name), "%s", kit.folder);
	kit.broker.tun_path = "/nonexistent/tun";
	kit.broker.ready = on_ready;
	kit.broker.alive = on_alive;
	kit.broker.owner = &kit;
}

static void kit_teardown(void)
{
	char command[128];

	broker_done(&kit.broker);
	close(kit.broker.etc);
	close(kit.ends[0]);
	close(kit.ends[1]);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", kit.folder);
	ck_assert_int_eq(system(command), 0);
	ck_assert_msg(count_open() == open_before, "a descriptor was left open");
}

static const char *in_folder(const char *name)
{
	static char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", kit.folder, name);
	return path;
}

static void write_file(const char *name, const char *content)
{
	FILE *f = fopen(in_folder(name), "we");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(content, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

static void check_content(int fd, const char *expected)
{
	char text[128] = "";

	ck_assert_int_ge(pread(fd, text, sizeof(text) - 1, 0), 0);
	ck_assert_str_eq(text, expected);
}

static int sealed_memfd(const char *content, int seals)
{
	int fd = memfd_create("config", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, content, strlen(content)), (ssize_t)strlen(content));
	ck_assert_int_eq(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

/* Asks through the sockets; the descriptor of the reply is the caller's. */
static struct cyg_broker_reply ask(const struct cyg_broker_request *request)
{
	uint8_t out[BROKER_MESSAGE_MAX], in[BROKER_MESSAGE_MAX];
	struct cyg_broker_reply reply;
	struct broker_reply_head head;
	struct cyg_bytes octets;
	int passed = -1;

	ck_assert_int_eq(broker_send(kit.ends[0], broker_request_write(out, 7, request), request->fd),
			 CYG_OK);
	ck_assert_int_eq(broker_serve(&kit.broker, kit.ends[1]), CYG_OK);
	ck_assert_int_eq(broker_receive(kit.ends[0], in, &octets, &passed), CYG_OK);
	ck_assert_int_eq(broker_reply_read(octets, &head, &reply), CYG_OK);
	ck_assert_uint_eq(head.sequence, 7);
	ck_assert_int_eq(head.verb, request->verb);
	reply.fd = passed;
	return reply;
}

static struct cyg_broker_reply ask_named(enum cyg_broker_verb verb, const char *name, int fd)
{
	struct cyg_broker_request request = { .verb = verb, .fd = fd };

	(void)snprintf(request.name, sizeof(request.name), "%s", name);
	return ask(&request);
}

static void greet(void)
{
	ck_assert_int_eq(ask_named(CYG_BROKER_HELLO, "", -1).status, CYG_OK);
}

/* --- Messages --- */

static struct cyg_broker_request sample(enum cyg_broker_verb verb)
{
	struct cyg_broker_request r = { .verb = verb, .fd = -1 };

	switch (verb) {
	case CYG_BROKER_SOCKET:
		r.socket = (struct cyg_broker_socket){
			.kind = CYG_SOCKET_UDP,
			.local = { .ip = { CYG_IPV6, { 0x20, 1, 0xd, 0xb8 } }, .port = 4500, .scope = 3 },
			.udp_encap = true,
		};
		break;
	case CYG_BROKER_TUN:
		r.tun_vnet_hdr = true;
		memcpy(r.name, "cyg-v1", 7);
		break;
	case CYG_BROKER_FILE_OPEN:
	case CYG_BROKER_KEEP:
	case CYG_BROKER_RETURN:
		memset(r.name, 'n', sizeof(r.name) - 1);
		break;
	case CYG_BROKER_READY:
		memset(r.text, 't', sizeof(r.text) - 1);
		break;
	case CYG_BROKER_HELLO:
	case CYG_BROKER_CONFIG_REPLACE:
	case CYG_BROKER_ALIVE:
		break;
	}
	return r;
}

START_TEST(every_request_reads_back_as_it_was_written)
{
	struct cyg_broker_request in = sample((enum cyg_broker_verb)_i), out;
	uint8_t buffer[BROKER_MESSAGE_MAX];
	uint32_t sequence = 0;
	struct cyg_bytes octets = broker_request_write(buffer, 0xdeadbeef, &in);

	ck_assert_uint_gt(octets.len, 0);
	ck_assert_int_eq(broker_request_read(octets, &sequence, &out), CYG_OK);
	ck_assert_uint_eq(sequence, 0xdeadbeef);
	ck_assert_int_eq(out.verb, in.verb);
	ck_assert_int_eq(out.fd, -1);
	ck_assert_str_eq(out.name, in.name);
	ck_assert_str_eq(out.text, in.text);
	ck_assert_int_eq(out.tun_vnet_hdr, in.tun_vnet_hdr);
	ck_assert_int_eq(out.socket.kind, in.socket.kind);
	ck_assert(cyg_endpoint_equal(&out.socket.local, &in.socket.local));
	ck_assert_int_eq(out.socket.udp_encap, in.socket.udp_encap);
	ck_assert_int_eq(out.socket.dont_fragment, in.socket.dont_fragment);
}
END_TEST

START_TEST(every_truncated_request_is_malformed)
{
	struct cyg_broker_request in = sample((enum cyg_broker_verb)_i);
	uint8_t buffer[BROKER_MESSAGE_MAX];
	struct cyg_bytes octets = broker_request_write(buffer, 1, &in);

	for (size_t cut = 0; cut < octets.len; cut++) {
		uint8_t *exact = malloc(cut ? cut : 1);
		struct cyg_broker_request out = { .verb = CYG_BROKER_ALIVE };
		uint32_t sequence;

		ck_assert_ptr_nonnull(exact);
		memcpy(exact, octets.ptr, cut);
		ck_assert_msg(broker_request_read(cyg_bytes(exact, cut), &sequence, &out) ==
				      CYG_MALFORMED,
			      "cut at %zu", cut);
		ck_assert_int_eq(out.verb, CYG_BROKER_ALIVE);
		free(exact);
	}
}
END_TEST

START_TEST(a_request_with_something_left_over_is_malformed)
{
	struct cyg_broker_request in = sample((enum cyg_broker_verb)_i), out;
	uint8_t buffer[BROKER_MESSAGE_MAX + 1] = { 0 };
	struct cyg_bytes octets = broker_request_write(buffer, 1, &in);
	uint32_t sequence;

	ck_assert_int_eq(broker_request_read(cyg_bytes(buffer, octets.len + 1), &sequence, &out),
			 CYG_MALFORMED);
}
END_TEST

START_TEST(a_name_with_a_zero_octet_is_malformed)
{
	struct cyg_broker_request in = sample(CYG_BROKER_RETURN), out;
	uint8_t buffer[BROKER_MESSAGE_MAX];
	struct cyg_bytes octets = broker_request_write(buffer, 1, &in);
	uint32_t sequence;

	buffer[octets.len - 3] = 0;
	ck_assert_int_eq(broker_request_read(octets, &sequence, &out), CYG_MALFORMED);
}
END_TEST

START_TEST(a_request_of_another_version_is_told_from_a_malformed_one)
{
	struct cyg_broker_request in = sample(CYG_BROKER_HELLO), out;
	uint8_t buffer[BROKER_MESSAGE_MAX];
	struct cyg_bytes octets = broker_request_write(buffer, 9, &in);
	uint32_t sequence = 0;

	buffer[1]++;
	ck_assert_int_eq(broker_request_read(octets, &sequence, &out), CYG_UNSUPPORTED);
	ck_assert_uint_eq(sequence, 9);
}
END_TEST

START_TEST(a_reply_reads_back_and_every_truncation_is_malformed)
{
	struct cyg_broker_reply in = { CYG_EXISTS, "UDP port 500 is in use", -1 }, out;
	struct broker_reply_head head = { CYG_BROKER_SOCKET, 42 }, got = { 0 };
	uint8_t buffer[BROKER_MESSAGE_MAX];
	struct cyg_bytes octets = broker_reply_write(buffer, &head, &in);

	ck_assert_int_eq(broker_reply_read(octets, &got, &out), CYG_OK);
	ck_assert_int_eq(out.status, CYG_EXISTS);
	ck_assert_str_eq(out.text, in.text);
	ck_assert_uint_eq(got.sequence, 42);
	ck_assert_int_eq(got.verb, CYG_BROKER_SOCKET);
	for (size_t cut = 0; cut < octets.len; cut++)
		ck_assert_int_eq(broker_reply_read(cyg_bytes(buffer, cut), &got, &out), CYG_MALFORMED);
}
END_TEST

/* --- The server --- */

START_TEST(nothing_is_answered_before_the_greeting)
{
	struct cyg_broker_reply reply = ask_named(CYG_BROKER_ALIVE, "", -1);

	ck_assert_int_eq(reply.status, CYG_REFUSED);
	ck_assert_uint_eq(kit.alive, 0);
	greet();
	ck_assert_int_eq(ask_named(CYG_BROKER_ALIVE, "", -1).status, CYG_OK);
	ck_assert_uint_eq(kit.alive, 1);
	/* The next daemon greets again. */
	broker_restart(&kit.broker);
	ck_assert_int_eq(ask_named(CYG_BROKER_ALIVE, "", -1).status, CYG_REFUSED);
}
END_TEST

START_TEST(garbage_gets_an_answer_and_changes_nothing)
{
	uint8_t garbage[40], in[BROKER_MESSAGE_MAX];
	struct cyg_bytes octets;
	struct broker_reply_head head;
	struct cyg_broker_reply reply;
	int passed;

	memset(garbage, 0xa5, sizeof(garbage));
	garbage[0] = 0;
	garbage[1] = CYG_BROKER_VERSION;
	/* The descriptor sent along is closed: kit_teardown() counts. */
	ck_assert_int_eq(broker_send(kit.ends[0], cyg_bytes(garbage, sizeof(garbage)), STDIN_FILENO),
			 CYG_OK);
	ck_assert_int_eq(broker_serve(&kit.broker, kit.ends[1]), CYG_OK);
	ck_assert_int_eq(broker_receive(kit.ends[0], in, &octets, &passed), CYG_OK);
	ck_assert_int_eq(broker_reply_read(octets, &head, &reply), CYG_OK);
	ck_assert_int_eq(reply.status, CYG_MALFORMED);
	ck_assert_int_eq(passed, -1);
	ck_assert(!kit.broker.greeted);
}
END_TEST

START_TEST(a_message_with_two_descriptors_or_too_long_ends_the_conversation)
{
	char room[CMSG_SPACE(2 * sizeof(int))] = { 0 };
	int two[2] = { STDIN_FILENO, STDERR_FILENO };
	uint8_t long_one[BROKER_MESSAGE_MAX + 1] = { 0 };
	struct iovec iov = { .iov_base = long_one, .iov_len = 8 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = room,
			      .msg_controllen = sizeof(room) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(two));
	memcpy(CMSG_DATA(c), two, sizeof(two));
	ck_assert_int_eq(sendmsg(kit.ends[0], &msg, 0), 8);
	ck_assert_int_eq(broker_serve(&kit.broker, kit.ends[1]), CYG_MALFORMED);
	ck_assert_int_eq(send(kit.ends[0], long_one, sizeof(long_one), 0), sizeof(long_one));
	ck_assert_int_eq(broker_serve(&kit.broker, kit.ends[1]), CYG_MALFORMED);
}
END_TEST

START_TEST(a_daemon_that_is_gone_is_seen)
{
	close(kit.ends[0]);
	kit.ends[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(broker_serve(&kit.broker, kit.ends[1]), CYG_NOT_FOUND);
}
END_TEST

START_TEST(a_daemon_that_does_not_read_its_answers_is_not_waited_for)
{
	struct cyg_broker_request request = { .verb = CYG_BROKER_HELLO, .fd = -1 };
	enum cyg_status status = CYG_OK;
	uint8_t out[BROKER_MESSAGE_MAX];

	for (unsigned i = 0; i < 100000 && status == CYG_OK; i++) {
		ck_assert_int_eq(broker_send(kit.ends[0], broker_request_write(out, i, &request), -1),
				 CYG_OK);
		status = broker_serve(&kit.broker, kit.ends[1]);
	}
	ck_assert_int_eq(status, CYG_LIMIT);
}
END_TEST

START_TEST(ready_carries_the_status_line)
{
	struct cyg_broker_request request = { .verb = CYG_BROKER_READY, .text = "2 shards", .fd = -1 };

	greet();
	ck_assert_int_eq(ask(&request).status, CYG_OK);
	ck_assert_str_eq(kit.ready, "2 shards");
}
END_TEST

START_TEST(what_is_kept_is_given_back_as_often_as_asked)
{
	struct cyg_broker_reply reply;
	int fd = sealed_memfd("durable", 0);

	greet();
	ck_assert_int_eq(ask_named(CYG_BROKER_RETURN, "state", -1).status, CYG_NOT_FOUND);
	ck_assert_int_eq(ask_named(CYG_BROKER_KEEP, "state", fd).status, CYG_OK);
	close(fd);
	broker_restart(&kit.broker);
	greet();
	for (unsigned i = 0; i < 2; i++) {
		reply = ask_named(CYG_BROKER_RETURN, "state", -1);
		ck_assert_int_eq(reply.status, CYG_OK);
		check_content(reply.fd, "durable");
		close(reply.fd);
	}
	/* Another one of that name takes its place; none at all forgets it. */
	fd = sealed_memfd("newer", 0);
	ck_assert_int_eq(ask_named(CYG_BROKER_KEEP, "state", fd).status, CYG_OK);
	close(fd);
	reply = ask_named(CYG_BROKER_RETURN, "state", -1);
	check_content(reply.fd, "newer");
	close(reply.fd);
	ck_assert_int_eq(ask_named(CYG_BROKER_KEEP, "state", -1).status, CYG_OK);
	ck_assert_int_eq(ask_named(CYG_BROKER_RETURN, "state", -1).status, CYG_NOT_FOUND);
}
END_TEST

START_TEST(only_so_many_descriptors_are_kept)
{
	char name[16];

	greet();
	for (unsigned i = 0; i < CYG_BROKER_KEPT_MAX; i++) {
		(void)snprintf(name, sizeof(name), "k%u", i);
		ck_assert_int_eq(ask_named(CYG_BROKER_KEEP, name, STDIN_FILENO).status, CYG_OK);
	}
	ck_assert_int_eq(ask_named(CYG_BROKER_KEEP, "one more", STDIN_FILENO).status, CYG_LIMIT);
	ck_assert_int_eq(ask_named(CYG_BROKER_KEEP, "k0", -1).status, CYG_OK);
	ck_assert_int_eq(ask_named(CYG_BROKER_KEEP, "one more", STDIN_FILENO).status, CYG_OK);
}
END_TEST

START_TEST(other_ports_and_other_devices_are_refused)
{
	static const char *const bad[] = { "eth0", "cyg-x1", "cyg-v", "cyg-v1x", "cyg-v12345678901",
					   "cyg-v1/..", "", "cyg-t%d" };
	struct cyg_broker_request request = {
		.verb = CYG_BROKER_SOCKET,
		.socket = { .kind = CYG_SOCKET_UDP, .local = { .ip = { CYG_IPV4, { 0 } }, .port = 53 } },
		.fd = -1,
	};

	greet();
	ck_assert_int_eq(ask(&request).status, CYG_REFUSED);
	for (size_t i = 0; i < CYG_COUNT(bad); i++)
		ck_assert_msg(!sockets_tun_name_is_ours(bad[i]), "%s", bad[i]);
	ck_assert(sockets_tun_name_is_ours("cyg-v1"));
	ck_assert_int_eq(ask_named(CYG_BROKER_TUN, "eth0", -1).status, CYG_REFUSED);
}
END_TEST

START_TEST(without_a_tun_device_the_answer_names_the_module)
{
	struct cyg_broker_reply reply;

	greet();
	reply = ask_named(CYG_BROKER_TUN, "cyg-v1", -1);
	ck_assert_int_eq(reply.status, CYG_UNSUPPORTED);
	ck_assert_ptr_nonnull(strstr(reply.text, "modprobe tun"));
}
END_TEST

/* --- Files --- */

START_TEST(a_file_in_the_folder_is_opened_for_reading_only)
{
	struct cyg_broker_reply reply;

	greet();
	write_file("startup-config", "hostname hub\n");
	ck_assert_int_eq(mkdir(in_folder("plugins"), 0755), 0);
	write_file("plugins/gmp.conf", "load = yes\n");
	reply = ask_named(CYG_BROKER_FILE_OPEN, "startup-config", -1);
	ck_assert_int_eq(reply.status, CYG_OK);
	check_content(reply.fd, "hostname hub\n");
	ck_assert_int_eq(write(reply.fd, "x", 1), -1);
	close(reply.fd);
	reply = ask_named(CYG_BROKER_FILE_OPEN, "plugins/gmp.conf", -1);
	ck_assert_int_eq(reply.status, CYG_OK);
	check_content(reply.fd, "load = yes\n");
	close(reply.fd);
}
END_TEST

static const char *const outside[] = {
	"/etc/passwd", "../../etc/passwd", "plugins/../../../etc/passwd", "link", "up/etc/passwd",
	"", "/", ".", "..", "pipe", "plugins", "none", "plugins/none", "startup-config/x",
};

START_TEST(nothing_outside_the_folder_and_no_other_kind_of_file_is_opened)
{
	struct cyg_broker_reply reply;

	greet();
	write_file("startup-config", "");
	ck_assert_int_eq(mkdir(in_folder("plugins"), 0755), 0);
	ck_assert_int_eq(symlink("/etc/passwd", in_folder("link")), 0);
	ck_assert_int_eq(symlink("../..", in_folder("up")), 0);
	ck_assert_int_eq(mkfifo(in_folder("pipe"), 0600), 0);
	reply = ask_named(CYG_BROKER_FILE_OPEN, outside[_i], -1);
	ck_assert_msg(reply.status == CYG_REFUSED || reply.status == CYG_NOT_FOUND, "%s",
		      outside[_i]);
	ck_assert_int_eq(reply.fd, -1);
	ck_assert_uint_gt(strlen(reply.text), 0);
}
END_TEST

START_TEST(a_configuration_that_is_a_folder_is_told_so)
{
	struct cyg_broker_reply reply;

	greet();
	ck_assert_int_eq(mkdir(in_folder("startup-config"), 0755), 0);
	reply = ask_named(CYG_BROKER_FILE_OPEN, "startup-config", -1);
	ck_assert_int_eq(reply.status, CYG_REFUSED);
	ck_assert_ptr_nonnull(strstr(reply.text, "is a folder"));
}
END_TEST

START_TEST(without_openat2_no_link_and_no_parent_is_followed)
{
	int fd = -1;

	write_file("startup-config", "here");
	ck_assert_int_eq(mkdir(in_folder("plugins"), 0755), 0);
	write_file("plugins/a.conf", "there");
	ck_assert_int_eq(symlink("/etc/passwd", in_folder("link")), 0);
	ck_assert_int_eq(symlink("/etc", in_folder("up")), 0);
	ck_assert_int_ne(files_open_stepwise(kit.broker.etc, "link", O_RDONLY, &fd), CYG_OK);
	ck_assert_int_ne(files_open_stepwise(kit.broker.etc, "up/passwd", O_RDONLY, &fd), CYG_OK);
	ck_assert_int_ne(files_open_stepwise(kit.broker.etc, "plugins/../a", O_RDONLY, &fd), CYG_OK);
	ck_assert_int_ne(files_open_stepwise(kit.broker.etc, "/etc/passwd", O_RDONLY, &fd), CYG_OK);
	ck_assert_int_eq(fd, -1);
	ck_assert_int_eq(files_open_stepwise(kit.broker.etc, "plugins/a.conf", O_RDONLY, &fd), CYG_OK);
	check_content(fd, "there");
	close(fd);
}
END_TEST

START_TEST(the_configuration_is_replaced_whole_and_keeps_its_mode)
{
	int fd = sealed_memfd("hostname new\n", F_SEAL_WRITE | F_SEAL_SHRINK);
	struct stat st;
	int config;

	greet();
	write_file("startup-config", "hostname a-much-longer-old-one\n");
	ck_assert_int_eq(chmod(in_folder("startup-config"), 0640), 0);
	write_file(".startup-config.new", "left over by a crash");
	ck_assert_int_eq(ask_named(CYG_BROKER_CONFIG_REPLACE, "", fd).status, CYG_OK);
	close(fd);
	config = open(in_folder("startup-config"), O_RDONLY | O_CLOEXEC);
	check_content(config, "hostname new\n");
	ck_assert_int_eq(fstat(config, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0640);
	close(config);
	ck_assert_int_ne(access(in_folder(".startup-config.new"), F_OK), 0);
}
END_TEST

START_TEST(a_new_configuration_may_be_read_by_its_owner_only)
{
	int fd = sealed_memfd("secret", F_SEAL_WRITE | F_SEAL_SHRINK);
	struct stat st;

	greet();
	ck_assert_int_eq(ask_named(CYG_BROKER_CONFIG_REPLACE, "", fd).status, CYG_OK);
	close(fd);
	ck_assert_int_eq(stat(in_folder("startup-config"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
}
END_TEST

START_TEST(a_source_that_may_change_or_block_leaves_the_configuration_alone)
{
	int unsealed = sealed_memfd("evil", 0), ends[2], config;

	greet();
	write_file("startup-config", "old");
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	ck_assert_int_eq(ask_named(CYG_BROKER_CONFIG_REPLACE, "", unsealed).status, CYG_REFUSED);
	ck_assert_int_eq(ask_named(CYG_BROKER_CONFIG_REPLACE, "", ends[0]).status, CYG_REFUSED);
	ck_assert_int_eq(ask_named(CYG_BROKER_CONFIG_REPLACE, "", -1).status, CYG_REFUSED);
	close(unsealed);
	close(ends[0]);
	close(ends[1]);
	config = open(in_folder("startup-config"), O_RDONLY | O_CLOEXEC);
	check_content(config, "old");
	close(config);
}
END_TEST

START_TEST(a_configuration_that_is_a_folder_or_a_link_is_not_replaced)
{
	int fd = sealed_memfd("new", F_SEAL_WRITE | F_SEAL_SHRINK);
	struct cyg_broker_reply reply;

	greet();
	ck_assert_int_eq(mkdir(in_folder("startup-config"), 0755), 0);
	reply = ask_named(CYG_BROKER_CONFIG_REPLACE, "", fd);
	ck_assert_int_eq(reply.status, CYG_REFUSED);
	ck_assert_ptr_nonnull(strstr(reply.text, "folder"));
	ck_assert_int_eq(rmdir(in_folder("startup-config")), 0);
	ck_assert_int_eq(symlink("/etc/passwd", in_folder("startup-config")), 0);
	ck_assert_int_eq(ask_named(CYG_BROKER_CONFIG_REPLACE, "", fd).status, CYG_REFUSED);
	close(fd);
}
END_TEST

/* --- Paths --- */

START_TEST(a_root_moves_all_folders_and_not_the_programs)
{
	struct paths p, installed;

	ck_assert_int_eq(paths_init_for(&p, "/usr/sbin/cygnet", "/srv/a//", NULL), CYG_OK);
	ck_assert_int_eq(paths_init_for(&installed, "/usr/sbin/cygnet", NULL, NULL), CYG_OK);
	ck_assert_str_eq(p.root, "/srv/a");
	ck_assert_str_eq(p.etc, "/srv/a/etc/cygnet");
	ck_assert_str_eq(p.run, "/srv/a/run/cygnet");
	ck_assert_str_eq(p.lib, "/srv/a/var/lib/cygnet");
	ck_assert_str_eq(p.log, "/srv/a/var/log");
	ck_assert_str_eq(p.daemon, installed.daemon);
	ck_assert_str_eq(p.plugins, installed.plugins);
	ck_assert(!p.build_tree);
	ck_assert_str_eq(installed.root, "");
	ck_assert_int_eq(paths_init_for(&p, "/usr/sbin/cygnet", "/", NULL), CYG_OK);
	ck_assert_str_eq(p.etc, "/etc/cygnet");
}
END_TEST

START_TEST(in_a_build_tree_daemon_and_plugins_of_that_tree_are_found)
{
	static const char *const exes[] = { "src/starter/cygnet", "src/starter/.libs/cygnet",
					    "src/cygctl/.libs/cygctl", "src/cygnetd/.libs/cygnetd" };
	char expected[256];
	struct paths p;

	ck_assert_int_eq(mkdir(in_folder("src"), 0755), 0);
	ck_assert_int_eq(mkdir(in_folder("src/cygnetd"), 0755), 0);
	/* Without a daemon there it is no build tree. */
	ck_assert_int_eq(paths_init_for(&p, in_folder(exes[0]), NULL, NULL), CYG_OK);
	ck_assert(!p.build_tree);
	write_file("src/cygnetd/cygnetd", "");
	(void)snprintf(expected, sizeof(expected), "%s/src/cygnetd/cygnetd", kit.folder);
	for (size_t i = 0; i < CYG_COUNT(exes); i++) {
		ck_assert_int_eq(paths_init_for(&p, in_folder(exes[i]), NULL, NULL), CYG_OK);
		ck_assert(p.build_tree);
		ck_assert_str_eq(p.daemon, expected);
	}
	ck_assert_str_eq(p.plugins, in_folder("src/plugins"));
	ck_assert_int_eq(paths_init_for(&p, in_folder(exes[0]), NULL, "/opt/plugins/"), CYG_OK);
	ck_assert_str_eq(p.plugins, "/opt/plugins");
}
END_TEST

START_TEST(relative_folders_count_from_here)
{
	char here[PATHS_LEN], expected[2 * PATHS_LEN];
	struct paths p;

	ck_assert_ptr_nonnull(getcwd(here, sizeof(here)));
	(void)snprintf(expected, sizeof(expected), "%s/some/root/etc/cygnet", here);
	ck_assert_int_eq(paths_init_for(&p, "", "some/root", NULL), CYG_OK);
	ck_assert_str_eq(p.etc, expected);
}
END_TEST

START_TEST(a_root_that_is_too_long_is_a_limit)
{
	static char deep[PATHS_LEN + 8];
	struct paths p = { .root = "as it was" };

	memset(deep, 'd', sizeof(deep) - 1);
	deep[0] = '/';
	ck_assert_int_eq(paths_init_for(&p, "", deep, NULL), CYG_LIMIT);
	deep[PATHS_LEN - 2] = '\0';
	ck_assert_int_eq(paths_init_for(&p, "", deep, NULL), CYG_LIMIT);
	ck_assert_str_eq(p.root, "as it was");
}
END_TEST

/* --- One instance, and its state --- */

static struct paths own_paths(void)
{
	struct paths p;

	ck_assert_int_eq(paths_init_for(&p, "", kit.folder, NULL), CYG_OK);
	ck_assert_int_eq(mkdir(in_folder("run"), 0755), 0);
	ck_assert_int_eq(mkdir(in_folder("run/cygnet"), 0755), 0);
	return p;
}

START_TEST(the_lock_is_seen_without_being_taken_and_names_its_holder)
{
	struct paths p = own_paths();
	char text[256];
	struct cyg_strbuf why = CYG_STRBUF(text);
	pid_t holder = 0;
	int lock = -1, second = -1;

	ck_assert(!instance_is_running(&p, &holder));
	ck_assert_int_eq(instance_lock(&p, &lock, &holder, &why), CYG_OK);
	for (unsigned i = 0; i < 2; i++) {
		holder = 0;
		ck_assert(instance_is_running(&p, &holder));
		ck_assert_int_eq(holder, getpid());
	}
	holder = 0;
	ck_assert_int_eq(instance_lock(&p, &second, &holder, &why), CYG_EXISTS);
	ck_assert_int_eq(holder, getpid());
	ck_assert_int_eq(second, -1);
	instance_forget(&p);
	close(lock);
	ck_assert(!instance_is_running(&p, &holder));
	ck_assert_int_eq(instance_lock(&p, &lock, &holder, &why), CYG_OK);
	close(lock);
}
END_TEST

START_TEST(a_lock_or_state_file_that_is_a_link_is_not_followed)
{
	struct paths p = own_paths();
	struct instance_state state = { .pid = 1 };
	char text[256];
	struct cyg_strbuf why = CYG_STRBUF(text);
	pid_t holder = 0;
	int lock = -1, fd;

	write_file("precious", "precious");
	ck_assert_int_eq(symlink(kit.folder, in_folder("run/cygnet/cygnet.lock")), 0);
	ck_assert_int_eq(instance_lock(&p, &lock, &holder, &why), CYG_IO);
	ck_assert_uint_gt(why.len, 0);
	ck_assert_int_eq(symlink("../../precious", in_folder("run/cygnet/.cygnet.state.new")), 0);
	ck_assert_int_eq(instance_write_state(&p, &state), CYG_OK);
	fd = open(in_folder("precious"), O_RDONLY | O_CLOEXEC);
	check_content(fd, "precious");
	close(fd);
}
END_TEST

START_TEST(the_state_reads_back_as_it_was_written)
{
	struct paths p = own_paths();
	struct instance_state in = { .pid = 12, .daemon = 13, .since = 1700000000, .restarts = 2,
				     .state = "running", .version = "1.2", .user = "cygnet",
				     .text = "2 shards = 2 threads" };
	struct instance_state out;

	ck_assert_int_eq(instance_read_state(&p, &out), CYG_NOT_FOUND);
	ck_assert_int_eq(instance_write_state(&p, &in), CYG_OK);
	ck_assert_int_eq(instance_read_state(&p, &out), CYG_OK);
	ck_assert_int_eq(out.pid, 12);
	ck_assert_int_eq(out.daemon, 13);
	ck_assert_int_eq(out.since, 1700000000);
	ck_assert_uint_eq(out.restarts, 2);
	ck_assert_str_eq(out.state, "running");
	ck_assert_str_eq(out.version, "1.2");
	ck_assert_str_eq(out.user, "cygnet");
	ck_assert_str_eq(out.text, "2 shards = 2 threads");
}
END_TEST

START_TEST(the_pause_before_a_restart_doubles_up_to_a_minute)
{
	static const int64_t expected[] = { 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000 };

	for (unsigned i = 0; i < CYG_COUNT(expected); i++)
		ck_assert_int_eq(supervisor_pause_ms(i + 1), expected[i]);
	ck_assert_int_eq(supervisor_pause_ms(4000000000u), 60000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("starter");
	TCase *messages = tcase_create("messages"), *server = tcase_create("server"),
	      *files = tcase_create("files"), *paths = tcase_create("paths"),
	      *instance = tcase_create("instance");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(messages, every_request_reads_back_as_it_was_written, 1, CYG_BROKER_VERBS);
	tcase_add_loop_test(messages, every_truncated_request_is_malformed, 1, CYG_BROKER_VERBS);
	tcase_add_loop_test(messages, a_request_with_something_left_over_is_malformed, 1,
			    CYG_BROKER_VERBS);
	tcase_add_test(messages, a_name_with_a_zero_octet_is_malformed);
	tcase_add_test(messages, a_request_of_another_version_is_told_from_a_malformed_one);
	tcase_add_test(messages, a_reply_reads_back_and_every_truncation_is_malformed);
	suite_add_tcase(suite, messages);

	tcase_add_checked_fixture(server, kit_setup, kit_teardown);
	tcase_add_test(server, nothing_is_answered_before_the_greeting);
	tcase_add_test(server, garbage_gets_an_answer_and_changes_nothing);
	tcase_add_test(server, a_message_with_two_descriptors_or_too_long_ends_the_conversation);
	tcase_add_test(server, a_daemon_that_is_gone_is_seen);
	tcase_add_test(server, a_daemon_that_does_not_read_its_answers_is_not_waited_for);
	tcase_add_test(server, ready_carries_the_status_line);
	tcase_add_test(server, what_is_kept_is_given_back_as_often_as_asked);
	tcase_add_test(server, only_so_many_descriptors_are_kept);
	tcase_add_test(server, other_ports_and_other_devices_are_refused);
	tcase_add_test(server, without_a_tun_device_the_answer_names_the_module);
	suite_add_tcase(suite, server);

	tcase_add_checked_fixture(files, kit_setup, kit_teardown);
	tcase_add_test(files, a_file_in_the_folder_is_opened_for_reading_only);
	tcase_add_loop_test(files, nothing_outside_the_folder_and_no_other_kind_of_file_is_opened, 0,
			    (int)CYG_COUNT(outside));
	tcase_add_test(files, a_configuration_that_is_a_folder_is_told_so);
	tcase_add_test(files, without_openat2_no_link_and_no_parent_is_followed);
	tcase_add_test(files, the_configuration_is_replaced_whole_and_keeps_its_mode);
	tcase_add_test(files, a_new_configuration_may_be_read_by_its_owner_only);
	tcase_add_test(files, a_source_that_may_change_or_block_leaves_the_configuration_alone);
	tcase_add_test(files, a_configuration_that_is_a_folder_or_a_link_is_not_replaced);
	suite_add_tcase(suite, files);

	tcase_add_checked_fixture(paths, kit_setup, kit_teardown);
	tcase_add_test(paths, a_root_moves_all_folders_and_not_the_programs);
	tcase_add_test(paths, in_a_build_tree_daemon_and_plugins_of_that_tree_are_found);
	tcase_add_test(paths, relative_folders_count_from_here);
	tcase_add_test(paths, a_root_that_is_too_long_is_a_limit);
	suite_add_tcase(suite, paths);

	tcase_add_checked_fixture(instance, kit_setup, kit_teardown);
	tcase_add_test(instance, the_lock_is_seen_without_being_taken_and_names_its_holder);
	tcase_add_test(instance, a_lock_or_state_file_that_is_a_link_is_not_followed);
	tcase_add_test(instance, the_state_reads_back_as_it_was_written);
	tcase_add_test(instance, the_pause_before_a_restart_doubles_up_to_a_minute);
	suite_add_tcase(suite, instance);

	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
