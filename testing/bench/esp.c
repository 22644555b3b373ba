/* SPDX-License-Identifier: MIT */
/*
 * usage: esp [PACKETS]
 *
 * ESP memory to memory, one SA, one core: nanoseconds of CPU time per packet for
 *   bare   EVP with its context kept and nothing around it (sealing): the yardstick
 *   seal   the plugin's ops on batches of 64, and its ratio to bare
 *   open   the same, opening
 *   out    all of kernel-tun's way out but the system calls: look-up, selectors, trailer, seal, runs
 *   in     all of its way in: look-up, window, open, trailer, selectors, one write(2) to /dev/null
 */
#include "kernel-tun/tun.h"
#include "registry/registry.h"
#include "shard/shard.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define ROOM 2048

extern const struct cyg_plugin cyg_plugin_openssl, cyg_plugin_kernel_tun;

static const struct {
	const char *name, *cipher, *digest; /* of the yardstick */
	uint16_t encr, bits, integ;
} suites[] = {
	{ "AES-GCM-128", "AES-128-GCM", NULL, CYG_ENCR_AES_GCM_16, 128, 0 },
	{ "AES-GCM-256", "AES-256-GCM", NULL, CYG_ENCR_AES_GCM_16, 256, 0 },
	{ "CHACHA20-POLY1305", "ChaCha20-Poly1305", NULL, CYG_ENCR_CHACHA20_POLY1305, 0, 0 },
	{ "AES-CBC-128/SHA2-256", "AES-128-CBC", "SHA256", CYG_ENCR_AES_CBC, 128, CYG_AUTH_HMAC_SHA2_256_128 },
};
static const size_t sizes[] = { 64, 256, 576, 1420 };

static struct cyg_shard *shard;
static struct tun_shard *tun;
static uint8_t sealed[TUN_BATCH][ROOM];
static size_t sealed_len;
static unsigned sealed_count;

static void need(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "esp: %s\n", what);
	exit(1);
}

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* --- The yardstick --- */

static double bare(const char *cipher_name, const char *digest, size_t len, unsigned packets)
{
	static uint8_t data[ROOM], key[64], iv[16], aad[8], tag[64];
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, cipher_name, NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *mac_ctx = EVP_MAC_CTX_new(mac);
	char digest_name[16] = "SHA256";
	OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string("digest", digest_name, 0), OSSL_PARAM_construct_end() };
	double start;
	size_t mac_len;
	int done;

	need(cipher && ctx && mac_ctx && EVP_EncryptInit_ex2(ctx, cipher, key, iv, NULL) &&
	     (!digest || EVP_MAC_init(mac_ctx, key, 32, params)), "EVP");
	EVP_CIPHER_CTX_set_padding(ctx, 0);
	len = (len + 2 + 15) / 16 * 16;
	start = now_ns();
	for (unsigned i = 0; i < packets; i++) {
		memcpy(iv, &i, sizeof(i));
		need(EVP_EncryptInit_ex2(ctx, NULL, NULL, iv, NULL) &&
		     (digest || EVP_EncryptUpdate(ctx, NULL, &done, aad, sizeof(aad))) &&
		     EVP_EncryptUpdate(ctx, data, &done, data, (int)len), "EVP");
		if (digest)
			need(EVP_MAC_init(mac_ctx, NULL, 0, NULL) && EVP_MAC_update(mac_ctx, data, len) &&
			     EVP_MAC_final(mac_ctx, tag, &mac_len, sizeof(tag)), "EVP");
		else
			need(EVP_EncryptFinal_ex(ctx, data + len, &done) &&
			     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, tag), "EVP");
	}
	start = now_ns() - start;
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
	EVP_MAC_CTX_free(mac_ctx);
	EVP_MAC_free(mac);
	return start / packets;
}

/* --- The ops --- */

static void ops_both(const struct cyg_esp *esp, size_t len, unsigned packets, double *seal, double *open_)
{
	static uint8_t key[96], plain[ROOM];
	struct cyg_esp_packet p[TUN_BATCH];
	double start;

	len = (len + 2 + esp->ops->block_len - 1) / esp->ops->block_len * esp->ops->block_len;
	*seal = *open_ = 0;
	for (unsigned round = 0; round < packets / TUN_BATCH; round++) {
		for (unsigned i = 0; i < TUN_BATCH; i++)
			p[i] = (struct cyg_esp_packet){ .key = cyg_bytes(key, esp->ops->key_len), .esp = sealed[i],
							.in = plain, .len = len, .iv = round * TUN_BATCH + i };
		start = now_ns();
		esp->ops->seal(esp->instance, p, TUN_BATCH);
		*seal += now_ns() - start;
		start = now_ns();
		esp->ops->open(esp->instance, p, TUN_BATCH);
		*open_ += now_ns() - start;
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
		memcpy(sealed[sealed_count++], octets.ptr, segment);
}

static int no_netlink(int protocol)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds) < 0)
		return -1;
	close(fds[0]);
	return fds[1];
}

static void way_both(unsigned s, size_t len, unsigned packets, double *out, double *in)
{
	static uint8_t area[TUN_BATCH][ROOM], key[96];
	struct cyg_selectors any = { .count = 1 };
	struct cyg_esp esp;
	struct cyg_kernel_child child = {
		.spi_in = 0x00abcdef, .spi_out = 0x00abcdef, .owner = { 1, 1 }, .interface_id = 1,
		.udp_encap = true, .encr = suites[s].encr, .key_bits = suites[s].bits, .integ = suites[s].integ,
		.replay_window = 1024, .ts_local = &any, .ts_remote = &any,
	};
	struct tun_packet plain[TUN_BATCH];
	struct tun_sealed got[TUN_BATCH];
	struct tun_link *link;
	struct cyg_kernel_counters counters;

	need(cyg_get_esp(shard, suites[s].encr, suites[s].bits, suites[s].integ, &esp) == CYG_OK, "suite");
	any.item[0].port_high = UINT16_MAX;
	any.item[0].addr.low.family = any.item[0].addr.high.family = CYG_IPV4;
	memset(any.item[0].addr.high.octets, 0xff, 4);
	child.local.ip = child.remote.ip = (struct cyg_ip){ CYG_IPV4, { 192, 0, 2, 1 } };
	child.local.port = child.remote.port = 4500;
	child.key_in = child.key_out = cyg_bytes(key, esp.ops->key_len);
	need(tun_child_add(tun, &child, CYG_BOTH) == CYG_OK, "child");
	link = tun_link_get(tun, 1);
	link->fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	*out = *in = 0;
	for (unsigned round = 0; round < packets / TUN_BATCH; round++) {
		double start;

		for (unsigned i = 0; i < TUN_BATCH; i++) {
			static const uint8_t header[20] = { 0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 10, 1, 0, 1, 10, 2, 0, 1 };

			memcpy(area[i], header, sizeof(header));
			area[i][2] = (uint8_t)(len >> 8);
			area[i][3] = (uint8_t)len;
			plain[i] = (struct tun_packet){ area[i], len };
		}
		sealed_count = 0;
		start = now_ns();
		tun_out(link, plain, TUN_BATCH, false);
		*out += now_ns() - start;
		need(sealed_count == TUN_BATCH, "not all were sealed");
		for (unsigned i = 0; i < TUN_BATCH; i++)
			got[i] = (struct tun_sealed){ .esp = sealed[i], .len = sealed_len, .local = &child.local,
						      .remote = &child.remote, .udp = true };
		start = now_ns();
		tun_in(tun, got, TUN_BATCH, false);
		*in += now_ns() - start;
		shard_step(shard); /* the turn is over: the send area is free again */
	}
	close(link->fd);
	link->fd = -1;
	tun_child_remove(tun, child.spi_in, CYG_BOTH, &counters);
	need(counters.packets_in == counters.packets_out, "not all came through");
	*out /= packets / TUN_BATCH * TUN_BATCH;
	*in /= packets / TUN_BATCH * TUN_BATCH;
}

int main(int argc, char **argv)
{
	static const struct cyg_plugin *const plugins[] = { &cyg_plugin_openssl, &cyg_plugin_kernel_tun, NULL };
	int packets = argc > 1 ? atoi(argv[1]) : 100000;
	struct cyg_plugin_ctx *ctx;
	struct registry *reg;

	need(packets >= TUN_BATCH && packets <= 100000000, "usage: esp [PACKETS]");
	tun_hooks.netlink_open = no_netlink;
	shard = shard_manual_new(NULL);
	need(shard != NULL, "shard");
	reg = registry_quick(shard_group_control(shard_group_of(shard)), shard, plugins, NULL);
	need(reg && cyg_get_feature(shard, CYG_KERNEL, 0, &ctx), "plugins");
	tun = tun_shard_of(ctx, shard);
	shard->send_run = keep_run;
	printf("%-22s %6s %8s %8s %6s %8s %6s %8s %8s\n", "suite", "octets", "bare ns", "seal ns", "ratio", "open ns",
	       "ratio", "out ns", "in ns");
	for (unsigned s = 0; s < CYG_COUNT(suites); s++) {
		for (unsigned i = 0; i < CYG_COUNT(sizes); i++) {
			double yard = bare(suites[s].cipher, suites[s].digest, sizes[i], (unsigned)packets);
			double seal, open_, out, in;
			struct cyg_esp esp;

			need(cyg_get_esp(shard, suites[s].encr, suites[s].bits, suites[s].integ, &esp) == CYG_OK,
			     suites[s].name);
			ops_both(&esp, sizes[i], (unsigned)packets, &seal, &open_);
			way_both(s, sizes[i], (unsigned)packets, &out, &in);
			printf("%-22s %6zu %8.0f %8.0f %6.2f %8.0f %6.2f %8.0f %8.0f\n", suites[s].name, sizes[i],
			       yard, seal, seal / yard, open_, open_ / yard, out, in);
		}
	}
	registry_quick_end(reg, shard);
	shard_manual_free(shard);
	return 0;
}
