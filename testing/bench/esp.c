/* SPDX-License-Identifier: MIT */
/*
 * usage: esp [PACKETS [ROUNDS [SUITE [OCTETS]]]]
 *
 * ESP memory to memory, one SA, one core, for each provider of ESP cryptography: nanoseconds of CPU time per packet of so
 * many inner octets, medians of the rounds, which go through everything in turn, for
 *   alone  libipsec-mb (EVP where it is not there) sealing under a kept key and nothing around it: the yardstick
 *   ahead  the same with nonces that lie ready: AEAD of libipsec-mb waits for one that is written right before the call
 *   seal   the plugin's ops on batches of 64
 *   open   the same, opening
 *   out    all of kernel-tun's way out but the system calls, large TCP packets cut: look-up, selectors, headers,
 *          checksums, trailers, seal, runs
 *   in     all of its way in: look-up, window, open, trailers, selectors, checksums, merge, writev(2) to /dev/null
 * and which part of the yardsticks' speed that is. What reading the clock costs is taken off.
 */
#include "alone.h"

#include "kernel-tun/tun.h"
#include "registry/registry.h"
#include "shard/shard.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ROOM 2048

extern const struct cyg_plugin cyg_plugin_openssl, cyg_plugin_kernel_tun;
#ifdef BENCH_IPSEC_MB
extern const struct cyg_plugin cyg_plugin_ipsec_mb;
#endif

static const struct alone_suite suites[] = {
	{ "AES-GCM-128", "AES-128-GCM", NULL, CYG_ENCR_AES_GCM_16, 128, 0 },
	{ "AES-GCM-256", "AES-256-GCM", NULL, CYG_ENCR_AES_GCM_16, 256, 0 },
	{ "CHACHA20-POLY1305", "ChaCha20-Poly1305", NULL, CYG_ENCR_CHACHA20_POLY1305, 0, 0 },
	{ "AES-CBC-128/SHA2-256", "AES-128-CBC", "SHA256", CYG_ENCR_AES_CBC, 128, CYG_AUTH_HMAC_SHA2_256_128 },
};
static const size_t sizes[] = { 64, 256, 576, 1420 };

#define ROUNDS_MAX 99

/* One per provider, each a daemon of one shard. */
struct plane {
	const char *name;
	const struct cyg_plugin *const *plugins;
	struct cyg_shard *shard;
	struct registry *reg;
	struct tun_shard *tun;
};

static uint8_t sealed[TUN_BATCH][ROOM];
static uint8_t *sent[TUN_BATCH]; /* by the way out: where they lie in its send area until the turn ends */
static size_t sealed_len;
static unsigned sealed_count;

static void need(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "esp: %s\n", what);
	exit(1);
}

/* Since `start`, without the reading of the clock that is in it. */
static double taken_ns(double start)
{
	static double clock_ns;

	if (clock_ns == 0) {
		double best = 1e9;

		for (unsigned i = 0; i < 1000; i++) {
			double from = alone_now_ns(), one = alone_now_ns() - from;

			best = one < best ? one : best;
		}
		clock_ns = best;
	}
	return alone_now_ns() - start - clock_ns;
}

/* --- The ops --- */

static void ops_both(const struct cyg_esp *esp, size_t len, unsigned packets, double *seal, double *open_)
{
	static uint8_t key[100], plain[ROOM];
	struct cyg_esp_packet p[TUN_BATCH];
	double start;

	len = (len + 2 + esp->ops->block_len - 1) / esp->ops->block_len * esp->ops->block_len;
	*seal = *open_ = 0;
	for (unsigned round = 0; round < packets / TUN_BATCH; round++) {
		for (unsigned i = 0; i < TUN_BATCH; i++)
			p[i] = (struct cyg_esp_packet){ .key = cyg_bytes(key, esp->ops->key_len), .esp = sealed[i],
							.in = plain, .len = len, .iv = round * TUN_BATCH + i };
		start = alone_now_ns();
		esp->ops->seal(esp->instance, p, TUN_BATCH);
		*seal += taken_ns(start);
		start = alone_now_ns();
		esp->ops->open(esp->instance, p, TUN_BATCH);
		*open_ += taken_ns(start);
		need(p[0].status == CYG_OK && p[TUN_BATCH - 1].status == CYG_OK, "a packet does not open");
	}
	*seal /= packets / TUN_BATCH * TUN_BATCH;
	*open_ /= packets / TUN_BATCH * TUN_BATCH;
}

/* --- The whole way --- */

static void keep_run(void *ctx, struct cyg_shard *on, const struct cyg_endpoint *local,
		     const struct cyg_endpoint *remote, struct cyg_bytes octets, size_t segment, uint8_t tos)
{
	sealed_len = segment;
	for (; octets.len >= segment && sealed_count < TUN_BATCH; octets.ptr += segment, octets.len -= segment)
		sent[sealed_count++] = (uint8_t *)(uintptr_t)octets.ptr;
}

static int no_netlink(int protocol)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds) < 0)
		return -1;
	close(fds[0]);
	return fds[1];
}

/* A TCP packet that is cut into `count` of `len` octets. */
static struct tun_packet large_make(uint8_t *area, size_t len, unsigned count)
{
	static const uint8_t header[40] = { 0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 6, 0, 0, 10, 1, 0, 1, 10, 2, 0, 1,
					    0, 80, 0, 81, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 16, 1, 0 };
	size_t whole = sizeof(header) + count * (len - sizeof(header));

	memcpy(area, header, sizeof(header));
	area[2] = (uint8_t)(whole >> 8);
	area[3] = (uint8_t)whole;
	return (struct tun_packet){ area, whole,
				    { .flags = VNET_NEEDS_SUM, .type = VNET_TCP4, .sum_start = 20, .sum_offset = 16,
				      .segment = (uint16_t)(len - sizeof(header)) } };
}

static void way_both(struct plane *plane, const struct alone_suite *suite, size_t len, unsigned packets, double *out,
		     double *in)
{
	static uint8_t area[CUT_PACKET_MAX], key[100];
	unsigned count = CUT_PACKET_MAX / (unsigned)len < TUN_BATCH ? CUT_PACKET_MAX / (unsigned)len : TUN_BATCH;
	unsigned rounds = packets / count;
	struct cyg_selectors any = { .count = 1 };
	struct cyg_esp esp;
	struct cyg_kernel_child child = {
		.spi_in = 0x00abcdef, .spi_out = 0x00abcdef, .owner = { 1, 1 }, .interface_id = 1,
		.udp_encap = true, .encr = suite->encr, .key_bits = suite->bits, .integ = suite->integ,
		.replay_window = 1024, .ts_local = &any, .ts_remote = &any,
	};
	struct tun_sealed got[TUN_BATCH];
	struct tun_link *link;
	struct cyg_kernel_counters counters;

	need(cyg_get_esp(plane->shard, suite->encr, suite->bits, suite->integ, &esp) == CYG_OK, "suite");
	any.item[0].port_high = UINT16_MAX;
	any.item[0].addr.low.family = any.item[0].addr.high.family = CYG_IPV4;
	memset(any.item[0].addr.high.octets, 0xff, 4);
	child.local.ip = child.remote.ip = (struct cyg_ip){ CYG_IPV4, { 192, 0, 2, 1 } };
	child.local.port = child.remote.port = 4500;
	child.key_in = child.key_out = cyg_bytes(key, esp.ops->key_len);
	need(tun_child_add(plane->tun, &child, CYG_BOTH) == CYG_OK, "child");
	link = tun_link_get(plane->tun, 1);
	link->fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	link->merges_tcp = true;
	*out = *in = 0;
	for (unsigned round = 0; round < rounds; round++) {
		struct tun_packet large = large_make(area, len, count);
		double start;

		sealed_count = 0;
		start = alone_now_ns();
		tun_out(link, &large, 1, false);
		*out += taken_ns(start);
		need(sealed_count == count, "not all were sealed");
		for (unsigned i = 0; i < count; i++)
			memcpy(sealed[i], sent[i], sealed_len); /* as the system does */
		for (unsigned i = 0; i < count; i++)
			got[i] = (struct tun_sealed){ .esp = sealed[i], .len = sealed_len, .local = &child.local,
						      .remote = &child.remote, .udp = true };
		start = alone_now_ns();
		tun_in(plane->tun, got, count, false);
		tun_in_end(plane->tun);
		*in += taken_ns(start);
		shard_step(plane->shard); /* the turn is over: the send area is free again */
	}
	close(link->fd);
	link->fd = -1;
	tun_child_remove(plane->tun, child.spi_in, CYG_BOTH, &counters);
	need(counters.packets_in == counters.packets_out, "not all came through");
	*out /= rounds * count;
	*in /= rounds * count;
}

static void plane_start(struct plane *plane)
{
	struct cyg_plugin_ctx *ctx = NULL;

	plane->shard = shard_manual_new(NULL);
	need(plane->shard != NULL, "shard");
	plane->reg = registry_quick(shard_group_control(shard_group_of(plane->shard)), plane->shard, plane->plugins, NULL);
	need(plane->reg && cyg_get_feature(plane->shard, CYG_KERNEL, 0, &ctx), "plugins");
	plane->tun = tun_shard_of(ctx, plane->shard);
	plane->shard->send_run = keep_run;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *list, unsigned count)
{
	qsort(list, count, sizeof(*list), by_value);
	return list[count / 2];
}

int main(int argc, char **argv)
{
	static const struct cyg_plugin *const openssl[] = { &cyg_plugin_openssl, &cyg_plugin_kernel_tun, NULL };
#ifdef BENCH_IPSEC_MB
	static const struct cyg_plugin *const both[] = { &cyg_plugin_ipsec_mb, &cyg_plugin_openssl,
							 &cyg_plugin_kernel_tun, NULL };
	struct plane planes[] = { { "ipsec-mb", both }, { "openssl", openssl } };
#else
	struct plane planes[] = { { "openssl", openssl } };
#endif
	int packets = argc > 1 ? atoi(argv[1]) : 20000, rounds = argc > 2 ? atoi(argv[2]) : 7;
	const char *suite = argc > 3 ? argv[3] : NULL;
	size_t size = argc > 4 ? (size_t)atoi(argv[4]) : 0;

	need(packets >= TUN_BATCH && packets <= 100000000 && rounds > 0 && rounds <= ROUNDS_MAX,
	     "usage: esp [PACKETS [ROUNDS [SUITE [OCTETS]]]]");
	tun_hooks.netlink_open = no_netlink;
	for (size_t i = 0; i < CYG_COUNT(planes); i++)
		plane_start(&planes[i]);
	(void)taken_ns(0); /* learns what the clock costs */
	printf("alone is %s\n%-21s %6s %8s %8s  %-9s %7s %7s %7s %7s  %s\n", alone_name, "suite", "octets", "alone ns",
	       "ahead ns", "provider", "seal ns", "open ns", "out ns", "in ns", "of alone: seal, out, in; of ahead: out, in");
	for (size_t s = 0; s < CYG_COUNT(suites); s++) {
		for (size_t i = 0; i < CYG_COUNT(sizes); i++) {
			if ((suite && strcmp(suite, suites[s].name) != 0) || (size && size != sizes[i]))
				continue;

			double yard[2][ROUNDS_MAX], v[CYG_COUNT(planes)][4][ROUNDS_MAX], m[4], alone, ahead;

			for (int r = 0; r < rounds; r++) {
				for (unsigned k = 0; k < 2; k++)
					yard[k][r] = alone_seal(&suites[s], sizes[i] + 2, (unsigned)packets, k == 1);
				for (size_t p = 0; p < CYG_COUNT(planes); p++) {
					struct cyg_esp esp;

					need(cyg_get_esp(planes[p].shard, suites[s].encr, suites[s].bits,
							 suites[s].integ, &esp) == CYG_OK, suites[s].name);
					ops_both(&esp, sizes[i], (unsigned)packets, &v[p][0][r], &v[p][1][r]);
					way_both(&planes[p], &suites[s], sizes[i], (unsigned)packets, &v[p][2][r],
						 &v[p][3][r]);
				}
			}
			alone = median(yard[0], (unsigned)rounds);
			ahead = median(yard[1], (unsigned)rounds);
			for (size_t p = 0; p < CYG_COUNT(planes); p++) {
				for (unsigned k = 0; k < 4; k++)
					m[k] = median(v[p][k], (unsigned)rounds);
				printf("%-21s %6zu %8.0f %8.0f  %-9s %7.0f %7.0f %7.0f %7.0f  %.2f %.2f %.2f; %.2f %.2f\n",
				       suites[s].name, sizes[i], alone, ahead, planes[p].name, m[0], m[1], m[2], m[3],
				       alone / m[0], alone / m[2], alone / m[3], ahead / m[2], ahead / m[3]);
			}
		}
	}
	for (size_t i = 0; i < CYG_COUNT(planes); i++) {
		registry_quick_end(planes[i].reg, planes[i].shard);
		shard_manual_free(planes[i].shard);
	}
	return 0;
}
