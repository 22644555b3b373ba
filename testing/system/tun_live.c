/* SPDX-License-Identifier: MIT */
/*
 * The plugin kernel-tun with real devices and sockets and without IKE: keys are agreed, one child leads
 * to the other side. For tun_device.sh, which runs one in each of two network namespaces.
 *
 * usage: tun_live left|right udp|raw gcm|cbc|chacha [MTU]
 *
 * Left is 192.0.2.1 (2001:db8::1 with raw6) outside and 10.99.1.1, fd99:1::1 inside; right has 2 for
 * 1. Says "ready" when packets may come and, after SIGTERM, how many went each way.
 */
#include "kernel-tun/tun.h"
#include "registry/registry.h"
#include "shard/shard.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WORKERS  2
#define UDP_PORT 4500
#define SPI_OF(side_) (UINT32_C(0x01000100) + (side_)) /* slot 1: the second shard */

extern const struct cyg_plugin cyg_plugin_openssl, cyg_plugin_kernel_tun;

static volatile sig_atomic_t stopping;
static int udp;
static struct cyg_poll udp_poll;
static const struct cyg_kernel_ops *ops;
static struct cyg_plugin_ctx *plugin;
static enum cyg_status result;

static void die(const char *what)
{
	fprintf(stderr, "tun_live: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void need(enum cyg_status status, const char *what)
{
	if (status == CYG_OK)
		return;
	fprintf(stderr, "tun_live: %s: %s\n", what, cyg_status_text(status));
	exit(1);
}

static void on_signal(int number)
{
	stopping = 1;
}

static struct cyg_ip ip(const char *text)
{
	struct cyg_ip out = { 0 };

	need(cyg_ip_parse(cyg_str(text), &out), text);
	return out;
}

/* --- What the starter and net/ do otherwise --- */

static int open_tun(const char *name)
{
	struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	memcpy(request.ifr_name, name, sizeof(request.ifr_name) - 1); /* of a longer array */
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request) < 0)
		die("/dev/net/tun");
	return fd;
}

static int open_socket(int family, int type, int protocol)
{
	int fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol), mark = CYG_FWMARK;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)) < 0)
		die("socket");
	return fd;
}

static enum cyg_status broker(struct cyg_shard *control, const struct cyg_broker_request *request,
			      struct cyg_broker_reply *reply, struct cyg_op *op)
{
	enum cyg_status status = cyg_op_pending(op, 0, NULL, NULL);

	reply->fd = request->verb == CYG_BROKER_TUN
			    ? open_tun(request->name)
			    : open_socket(request->socket.local.ip.family == CYG_IPV6 ? AF_INET6 : AF_INET,
					  SOCK_RAW, IPPROTO_ESP);
	cyg_op_complete(op, CYG_OK);
	return status;
}

static void send_run(void *ctx, struct cyg_shard *shard, const struct cyg_endpoint *local,
		     const struct cyg_endpoint *remote, struct cyg_bytes octets, size_t segment, uint8_t tos)
{
	struct sockaddr_storage to;
	socklen_t len = cyg_endpoint_to_sockaddr(remote, &to);

	while (octets.len) {
		size_t one = octets.len < segment ? octets.len : segment;

		if (sendto(udp, octets.ptr, one, 0, (struct sockaddr *)&to, len) < 0 && errno != EAGAIN &&
		    errno != ECONNREFUSED)
			die("sendto");
		octets.ptr += one;
		octets.len -= one;
	}
}

static void udp_ready(struct cyg_shard *shard, struct cyg_poll *poll_, unsigned events)
{
	static uint8_t octets[64][2048];
	struct cyg_datagram in[64];
	size_t count = 0;

	while (count < 64) {
		struct sockaddr_storage from;
		socklen_t from_len = sizeof(from);
		ssize_t got = recvfrom(udp, octets[count], sizeof(octets[0]), 0, (struct sockaddr *)&from, &from_len);

		if (got < 0)
			break;
		in[count] = (struct cyg_datagram){ .data = octets[count], .len = (size_t)got, .natt = true };
		if (cyg_endpoint_from_sockaddr((struct sockaddr *)&from, from_len, &in[count].remote) == CYG_OK)
			count++;
	}
	ops->esp_in_udp(plugin, shard, in, count);
}

/* --- The engine's part --- */

static void nothing_expires(struct cyg_shard *shard, struct cyg_sa_handle owner, uint32_t spi, bool hard) {}
static void mapping(struct cyg_shard *shard, struct cyg_sa_handle owner, uint32_t spi,
		    const struct cyg_endpoint *remote) {}
static void acquire(struct cyg_shard *shard, uint32_t id, const struct cyg_ip *source,
		    const struct cyg_ip *destination, uint8_t protocol) {}
static void unknown_spi(struct cyg_shard *shard, uint32_t spi, const struct cyg_endpoint *remote) {}
static const struct cyg_kernel_events events = { nothing_expires, mapping, acquire, unknown_spi };

static void op_done(struct cyg_op *op, enum cyg_status status)
{
	result = status;
}

static void settle(struct shard_group *group, enum cyg_status begun, const char *what)
{
	result = begun;
	for (int i = 0; i < 5000 && result == CYG_PENDING; i++) {
		shard_settle(group, 10);
		usleep(1000);
	}
	need(result, what);
}

static void set_route(struct shard_group *group, const char *to, unsigned len)
{
	struct cyg_shard *shard = shard_group_worker(group, 0);
	struct cyg_route route = { .to = { ip(to), (uint8_t)len }, .interface_id = 1 };
	struct cyg_op op;

	cyg_op_init(&op, shard, op_done);
	settle(group, ops->route_set(plugin, shard, &route, true, &op), to);
}

static void set_address(struct shard_group *group, const char *address, unsigned len)
{
	struct cyg_shard *shard = shard_group_worker(group, 1);
	struct cyg_prefix prefix = { ip(address), (uint8_t)len };
	struct cyg_op op;

	cyg_op_init(&op, shard, op_done);
	settle(group, ops->address_set(plugin, shard, 1, &prefix, true, &op), address);
}

static void add_child(struct shard_group *group, unsigned side, bool raw, const char *suite)
{
	static const struct { const char *name; uint16_t encr, bits, integ; size_t key; } suites[] = {
		{ "gcm", CYG_ENCR_AES_GCM_16, 128, 0, 20 },
		{ "cbc", CYG_ENCR_AES_CBC, 128, CYG_AUTH_HMAC_SHA2_256_128, 48 },
		{ "chacha", CYG_ENCR_CHACHA20_POLY1305, 0, 0, 36 },
	};
	static struct cyg_selectors any = { .count = 2 };
	uint8_t key[2][96];
	uint16_t port = raw ? 0 : UDP_PORT;
	size_t s = 0;

	while (s < CYG_COUNT(suites) && strcmp(suites[s].name, suite) != 0)
		s++;
	need(s < CYG_COUNT(suites) ? CYG_OK : CYG_NOT_FOUND, suite);
	for (unsigned i = 0; i < 2; i++)
		memset(key[i], (int)(0x11 * (i + 1)), sizeof(key[i]));
	any.item[0] = (struct cyg_selector){ .addr = { ip("0.0.0.0"), ip("255.255.255.255") }, .port_high = UINT16_MAX };
	any.item[1] = (struct cyg_selector){ .addr = { ip("::"), ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff") },
					     .port_high = UINT16_MAX };

	struct cyg_kernel_child child = {
		.spi_in = SPI_OF(side), .spi_out = SPI_OF(1 - side), .owner = { 1, 1 }, .interface_id = 1,
		.local = { .ip = ip(side ? "192.0.2.2" : "192.0.2.1"), .port = port },
		.remote = { .ip = ip(side ? "192.0.2.1" : "192.0.2.2"), .port = port },
		.udp_encap = !raw, .encr = suites[s].encr, .key_bits = suites[s].bits, .integ = suites[s].integ,
		.esn = true, .replay_window = 1024, .key_in = cyg_bytes(key[side], suites[s].key),
		.key_out = cyg_bytes(key[1 - side], suites[s].key), .ts_local = &any, .ts_remote = &any,
		.mtu = 1500,
	};

	need(ops->child_add(plugin, shard_group_worker(group, 1), &child, CYG_BOTH, NULL), "child_add");
}

int main(int argc, char **argv)
{
	struct shard_manual setup = { .workers = WORKERS, .real_fds = true };
	struct shard_group *group = NULL;
	struct registry *reg;
	struct registry_set *set = registry_set_new();
	struct cyg_kernel_interface wanted = { .id = 1, .name = "cyg-t0", .up = true };
	struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons(UDP_PORT) };
	struct cyg_kernel_counters counters;
	struct shard_clock *clock;
	struct cyg_op op;
	unsigned side;

	if (argc < 4) {
		fprintf(stderr, "usage: tun_live left|right udp|raw gcm|cbc|chacha [MTU]\n");
		return 2;
	}
	side = strcmp(argv[1], "right") == 0;
	wanted.mtu = argc > 4 ? (uint16_t)atoi(argv[4]) : 0;
	signal(SIGTERM, on_signal);
	tun_hooks.broker_call = broker;
	need(shard_manual_group_new(&setup, &group), "shards");
	clock = shard_manual_clock(shard_group_worker(group, 0));
	reg = registry_new(shard_group_control(group));
	need(registry_add_static(reg, &cyg_plugin_openssl), "openssl");
	need(registry_add_static(reg, &cyg_plugin_kernel_tun), "kernel-tun");
	need(registry_set_add(set, "openssl", "openssl.conf", cyg_str("")), "openssl");
	need(registry_set_add(set, "kernel-tun", "kernel-tun.conf", cyg_str("")), "kernel-tun");
	for (unsigned i = 0; i < WORKERS; i++)
		need(registry_attach(reg, shard_group_worker(group, i), NULL), "attach");
	need(registry_apply(reg, set, true, NULL), registry_errors(reg));
	registry_set_free(set);
	for (unsigned i = 0; i < WORKERS; i++) {
		const struct cyg_feature *feature = cyg_get_feature(shard_group_worker(group, i), CYG_KERNEL, 0, &plugin);

		need(feature ? CYG_OK : CYG_NOT_FOUND, "the kernel feature");
		ops = feature->kernel;
		need(ops->attach(plugin, shard_group_worker(group, i), &events), "attach");
		shard_group_worker(group, i)->send_run = send_run;
	}
	udp = open_socket(AF_INET, SOCK_DGRAM, 0);
	if (bind(udp, (struct sockaddr *)&here, sizeof(here)) < 0)
		die("bind");
	udp_poll = (struct cyg_poll){ .fd = udp, .ready = udp_ready };
	need(cyg_poll_start(shard_group_worker(group, 0), &udp_poll, CYG_READABLE), "poll");

	cyg_op_init(&op, shard_group_control(group), op_done);
	settle(group, ops->interface_set(plugin, shard_group_control(group), &wanted, &op), "interface");
	shard_settle(group, 10);
	set_address(group, side ? "10.99.2.1" : "10.99.1.1", 24);
	set_address(group, side ? "fd99:2::1" : "fd99:1::1", 128);
	set_route(group, side ? "10.99.1.0" : "10.99.2.0", 24);
	set_route(group, side ? "fd99:1::" : "fd99:2::", 64);
	add_child(group, side, strcmp(argv[2], "raw") == 0, argv[3]);
	shard_settle(group, 10);
	puts("ready");
	fflush(stdout);
	while (!stopping) {
		if (!shard_settle(group, 1))
			continue;
		shard_clock_advance(clock, 1);
		usleep(200);
	}
	need(ops->child_query(plugin, shard_group_worker(group, 1), SPI_OF(side), &counters, NULL), "query");
	printf("in %llu out %llu dropped %llu\n", (unsigned long long)counters.packets_in,
	       (unsigned long long)counters.packets_out,
	       (unsigned long long)(counters.drop_auth + counters.drop_replay + counters.drop_selector +
				    counters.drop_malformed + counters.drop_other + counters.drop_out));
	cyg_poll_stop(shard_group_worker(group, 0), &udp_poll);
	close(udp);
	for (unsigned i = 0; i < WORKERS; i++)
		need(registry_detach(reg, shard_group_worker(group, i), NULL), "detach");
	registry_free(reg);
	shard_group_free(group);
	return 0;
}
