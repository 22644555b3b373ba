/* SPDX-License-Identifier: MIT */
/*
 * A light load of initiators for the benches: many IKE_SAs with a first CHILD_SA each, pre-shared key or certificates,
 * X25519, PRF-HMAC-SHA2-256, AES-GCM-128, against any responder. It does no more than it must: one key pair for all, no
 * check of the responder's AUTH, no data plane. Answers cookies. Retransmits after half a second, gives up after 20.
 *
 * usage: load LOCAL REMOTE KEY COUNT [FIRST [WINDOW [RATE [FILE]]]]
 *
 * KEY is the shared one, or the folder (with a slash in it) that `make_pki FOLDER KIND COUNT` made. Identities are the
 * names cN.example.org from N = FIRST on (of certificates, which are taken in turn), inner addresses 10.64.0.0 + N. At
 * most WINDOW (64) are under way. With a RATE that many begin a second, evenly, whether or not others are done; 0: as
 * fast as WINDOW lets them. FILE gets a line for each that came up, in order of their ends: milliseconds from its first
 * IKE_SA_INIT to the answered IKE_AUTH. Prints "COUNT up, FAILED failed, SECONDS s, MICROSECONDS us of own CPU each, latency P50 P99 ms".
 *
 *        load LOCAL REMOTE --flood PER-SECOND SECONDS
 *
 * IKE_SA_INITs that nobody follows up, each with an SPI and a source port of its own: what an attacker sends.
 */
#include "load.h"

#include <cygnet/cursor.h>
#include <cygnet/ip.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define IKE_PORT     500
#define MESSAGE_MAX  4096
#define NONCE        LOAD_NONCE
#define RESEND_NS    500000000ull
#define GIVE_UP_NS   20000000000ull

enum state { FREE, INIT_SENT, AUTH_SENT };

/* One that is under way. Its place in the table is the low octets of our SPI. */
struct client {
	enum state state;
	unsigned number;
	uint64_t spi_i, spi_r, began_ns, sent_ns;
	uint8_t nonce[NONCE];
	uint8_t first[MESSAGE_MAX], last[MESSAGE_MAX]; /* IKE_SA_INIT request; what was sent last */
	size_t first_len, last_len;
	struct load_keys keys;
};

static struct load {
	int fd;
	struct sockaddr_in local, remote;
	struct client *client;
	unsigned window, rate, first, next, end, up, failed, under_way;
	double *latency_ms;
	uint64_t serial, began_ns;
} load;

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* --- Messages --- */

static void header(struct wire_writer *w, uint64_t spi_i, uint64_t spi_r, uint8_t first, uint8_t exchange, uint32_t id)
{
	wire_put_u64(w, spi_i);
	wire_put_u64(w, spi_r);
	wire_put_u8(w, first);
	wire_put_u8(w, 0x20);
	wire_put_u8(w, exchange);
	wire_put_u8(w, 0x08);
	wire_put_u32(w, id);
	wire_put_u32(w, 0); /* length, see ended() */
}

static size_t ended(struct wire_writer *w)
{
	wire_set_u32(w, 24, (uint32_t)wire_len(w));
	return wire_len(w);
}

static void payload(struct wire_writer *w, uint8_t next, size_t body)
{
	wire_put_u8(w, next);
	wire_put_u8(w, 0);
	wire_put_u16(w, (uint16_t)(body + 4));
}

static void nat_hash(struct wire_writer *w, uint8_t next, uint16_t type, uint64_t spi_i, const struct sockaddr_in *at)
{
	uint8_t octets[22], hash[20];
	struct wire_writer s = wire_writer(octets, sizeof(octets));

	wire_put_u64(&s, spi_i);
	wire_put_u64(&s, 0);
	wire_put(&s, &at->sin_addr, 4);
	wire_put(&s, &at->sin_port, 2);
	load_sha1(octets, sizeof(octets), hash);
	payload(w, next, 24);
	wire_put_u16(w, 0);
	wire_put_u16(w, type);
	wire_put(w, hash, 20);
}

static const uint8_t proposal_ike[] = { /* one: AES-GCM-128, PRF-HMAC-SHA2-256, X25519 */
	0, 0, 0, 36, 1, 1, 0, 3,
	3, 0, 0, 12, 1, 0, 0, 20, 0x80, 14, 0, 128,
	3, 0, 0, 8, 2, 0, 0, 5,
	0, 0, 0, 8, 4, 0, 0, 31,
};

static size_t write_init(uint8_t *out, uint64_t spi_i, const uint8_t nonce[NONCE], struct cyg_bytes cookie,
			 const struct sockaddr_in *from)
{
	struct wire_writer w = wire_writer(out, MESSAGE_MAX);

	header(&w, spi_i, 0, cookie.len ? 41 : 33, 34, 0);
	if (cookie.len) {
		payload(&w, 33, 4 + cookie.len);
		wire_put_u16(&w, 0);
		wire_put_u16(&w, 16390);
		wire_put_bytes(&w, cookie);
	}
	payload(&w, 34, sizeof(proposal_ike));
	wire_put(&w, proposal_ike, sizeof(proposal_ike));
	payload(&w, 40, 36);
	wire_put_u16(&w, 31);
	wire_put_u16(&w, 0);
	wire_put(&w, load_public_value(), 32);
	payload(&w, 41, NONCE);
	wire_put(&w, nonce, NONCE);
	nat_hash(&w, 41, 16388, spi_i, from);
	nat_hash(&w, load_certificates() ? 41 : 0, 16389, spi_i, &load.remote);
	if (load_certificates()) { /* RFC 7427: SHA2-256 will do */
		payload(&w, 0, 6);
		wire_put_u16(&w, 0);
		wire_put_u16(&w, 16431);
		wire_put_u16(&w, 2);
	}
	return ended(&w);
}

static void selector(struct wire_writer *w, uint8_t next, uint32_t low, uint32_t high)
{
	payload(w, next, 20);
	wire_put_u8(w, 1);
	wire_put_zero(w, 3);
	wire_put_u8(w, 7);
	wire_put_u8(w, 0);
	wire_put_u16(w, 16);
	wire_put_u16(w, 0);
	wire_put_u16(w, 0xffff);
	wire_put_u32(w, low);
	wire_put_u32(w, high);
}

static size_t write_auth(struct client *c, struct cyg_bytes nonce_r)
{
	static const uint8_t proposal_esp[] = { /* SPI follows the first eight octets */
		3, 0, 0, 12, 1, 0, 0, 20, 0x80, 14, 0, 128,
		0, 0, 0, 8, 5, 0, 0, 0,
	};
	struct wire_writer w = wire_writer(c->last, sizeof(c->last));
	uint32_t inner = 0x0a400000u + c->number;
	struct cyg_bytes cert = load_cert(c->number);
	char id[64];
	size_t id_len = (size_t)snprintf(id, sizeof(id), "c%u.example.org", load_identity(c->number)), at, len;
	uint8_t id_body[80] = { 2 }, maced[32], auth[LOAD_AUTH_MAX];
	size_t auth_len;

	memcpy(id_body + 4, id, id_len);
	load_prf(c->keys.pi, 32, &(struct cyg_bytes){ id_body, 4 + id_len }, 1, maced);
	auth_len = load_auth((struct cyg_bytes[]){ { c->first, c->first_len }, nonce_r, { maced, 32 } }, auth);
	header(&w, c->spi_i, c->spi_r, 46, 35, 1);
	payload(&w, 35, 0); /* SK, its length below */
	wire_put_u64(&w, 1); /* IV */
	at = wire_len(&w);
	payload(&w, cert.len ? 37 : 39, 4 + id_len);
	wire_put(&w, id_body, 4 + id_len);
	if (cert.len) {
		payload(&w, 39, 1 + cert.len);
		wire_put_u8(&w, 4); /* X.509 */
		wire_put_bytes(&w, cert);
	}
	payload(&w, 33, 4 + auth_len);
	wire_put_u8(&w, cert.len ? 14 : 2); /* signature (RFC 7427), or shared key */
	wire_put_zero(&w, 3);
	wire_put(&w, auth, auth_len);
	payload(&w, 44, 12 + sizeof(proposal_esp));
	wire_put(&w, (const uint8_t[]){ 0, 0, 0, 12 + sizeof(proposal_esp), 1, 3, 4, 2 }, 8);
	wire_put_u32(&w, 0x10000000u + c->number);
	wire_put(&w, proposal_esp, sizeof(proposal_esp));
	selector(&w, 45, inner, inner);
	selector(&w, 0, 0, 0xffffffffu);
	wire_put_u8(&w, 0); /* no padding */
	len = wire_len(&w) - at;
	wire_put_zero(&w, 16);
	wire_set_u16(&w, 30, (uint16_t)(4 + 8 + len + 16));
	(void)ended(&w);
	MUST(load_gcm(c->keys.ai, c->last + at - 8, cyg_bytes(c->last, 32), c->last + at, len, true));
	return wire_len(&w);
}

/* --- Clients --- */

static void transmit(struct client *c)
{
	c->sent_ns = now_ns();
	(void)!sendto(load.fd, c->last, c->last_len, 0, (const struct sockaddr *)&load.remote, sizeof(load.remote));
}

static void begin(struct client *c)
{
	c->state = INIT_SENT;
	c->number = load.next++;
	/* High octets are the place in the table, the rest is unlike any before. */
	c->spi_i = (uint64_t)(c - load.client) << 48 | (++load.serial * 0x9e3779b97f4a7c15ull) >> 16;
	for (size_t i = 0; i < NONCE; i++)
		c->nonce[i] = (uint8_t)(c->spi_i >> i % 8 * 8 ^ i);
	c->first_len = write_init(c->first, c->spi_i, c->nonce, cyg_bytes(NULL, 0), &load.local);
	memcpy(c->last, c->first, c->first_len);
	c->last_len = c->first_len;
	c->began_ns = now_ns();
	load.under_way++;
	transmit(c);
}

static void over(struct client *c, bool good)
{
	if (good)
		load.latency_ms[load.up++] = (double)(now_ns() - c->began_ns) / 1e6;
	else
		load.failed++;
	c->state = FREE;
	load.under_way--;
	if (!load.rate && load.next < load.end)
		begin(c);
}

/* Walks payloads of a message without SK. */
static struct cyg_bytes find(struct wire_reader r, uint8_t next, uint8_t wanted)
{
	while (next && wire_ok(&r)) {
		uint8_t type = next;
		uint16_t length;
		struct cyg_bytes body;

		next = wire_u8(&r);
		wire_skip(&r, 1);
		length = wire_u16(&r);
		if (length < 4)
			break;
		body = wire_view(&r, length - 4u);
		if (type == wanted && wire_ok(&r))
			return body;
	}
	return cyg_bytes(NULL, 0);
}

static void on_init(struct client *c, struct wire_reader r, uint8_t first, uint64_t spi_r)
{
	struct cyg_bytes ke = find(r, first, 34), nonce = find(r, first, 40), notify = find(r, first, 41);

	if (!ke.len && notify.len > 4 && notify.ptr[2] == 0x40 && notify.ptr[3] == 0x06) { /* COOKIE */
		c->first_len = write_init(c->first, c->spi_i, c->nonce, cyg_bytes(notify.ptr + 4, notify.len - 4),
					  &load.local);
		memcpy(c->last, c->first, c->first_len);
		c->last_len = c->first_len;
		transmit(c);
		return;
	}
	if (ke.len != 36 || nonce.len < 16 || nonce.len > 256) {
		over(c, false);
		return;
	}
	c->spi_r = spi_r;
	load_derive(&c->keys, cyg_bytes(ke.ptr + 4, 32), c->nonce, nonce, c->spi_i, c->spi_r);
	c->last_len = write_auth(c, nonce);
	c->state = AUTH_SENT;
	transmit(c);
}

static void on_auth(struct client *c, uint8_t *message, size_t len)
{
	size_t text = 28 + 4 + 8;
	uint8_t first = message[28];

	if (message[16] != 46 || len < text + 17 ||
	    !load_gcm(c->keys.ar, message + 32, cyg_bytes(message, 32), message + text, len - text - 16, false))
		return;
	over(c, find(wire_reader(message + text, len - text - 17), first, 33).len > 0);
}

static void on_datagram(uint8_t *message, size_t len)
{
	struct wire_reader r = wire_reader(message, len);
	uint64_t spi_i = wire_u64(&r), spi_r = wire_u64(&r);
	uint8_t first = wire_u8(&r), exchange;
	struct client *c;

	wire_skip(&r, 1);
	exchange = wire_u8(&r);
	wire_skip(&r, 9);
	if (!wire_ok(&r) || spi_i >> 48 >= load.window)
		return;
	c = &load.client[spi_i >> 48];
	if (c->spi_i != spi_i)
		return;
	if (exchange == 34 && c->state == INIT_SENT)
		on_init(c, r, first, spi_r);
	else if (exchange == 35 && c->state == AUTH_SENT && c->spi_r == spi_r)
		on_auth(c, message, len);
}

static void receive(void)
{
	static uint8_t octets[32][4096];
	struct iovec iov[32];
	struct mmsghdr messages[32] = { 0 };
	int got;

	for (unsigned i = 0; i < 32; i++) {
		iov[i] = (struct iovec){ octets[i], sizeof(octets[i]) };
		messages[i].msg_hdr = (struct msghdr){ .msg_iov = &iov[i], .msg_iovlen = 1 };
	}
	while ((got = recvmmsg(load.fd, messages, 32, MSG_DONTWAIT, NULL)) > 0) {
		for (int i = 0; i < got; i++)
			on_datagram(octets[i], messages[i].msg_len);
	}
}

static void resend(void)
{
	uint64_t now = now_ns();

	for (unsigned i = 0; i < load.window; i++) {
		struct client *c = &load.client[i];

		if (c->state != FREE && now - c->began_ns > GIVE_UP_NS)
			over(c, false);
		else if (c->state != FREE && now - c->sent_ns > RESEND_NS)
			transmit(c);
	}
}

/* When the next one may begin, if there is a place for it. */
static uint64_t due_ns(void)
{
	return load.rate ? load.began_ns + (load.next - load.first) * 1000000000ull / load.rate : 0;
}

static void begin_due(void)
{
	for (unsigned i = 0; i < load.window && load.next < load.end && due_ns() <= now_ns(); i++) {
		if (load.client[i].state == FREE)
			begin(&load.client[i]);
	}
}

/* Until an answer is there, another is due, or it is time to look for what is lost. */
static void wait_a_moment(void)
{
	struct pollfd fd = { .fd = load.fd, .events = POLLIN };
	struct timespec moment = { .tv_nsec = 50000000 };
	uint64_t now = now_ns(), due = due_ns();

	if (load.rate && load.next < load.end && load.under_way < load.window && due < now + 50000000)
		moment.tv_nsec = due > now ? (long)(due - now) : 0;
	(void)ppoll(&fd, 1, &moment, NULL);
}

static void write_latencies(const char *name)
{
	FILE *file = fopen(name, "w");

	MUST(file);
	for (unsigned i = 0; i < load.up; i++)
		fprintf(file, "%.3f\n", load.latency_ms[i]);
	MUST(fclose(file) == 0);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double own_cpu_us(void)
{
	struct rusage use;

	getrusage(RUSAGE_SELF, &use);
	return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e6 +
	       (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec);
}

static int run(const char *file)
{
	double cpu = own_cpu_us();
	uint64_t looked = load.began_ns = now_ns();

	begin_due();
	while (load.under_way || load.next < load.end) {
		wait_a_moment();
		receive();
		if (load.rate)
			begin_due();
		if (now_ns() - looked > 50000000) {
			resend();
			looked = now_ns();
		}
	}
	if (file)
		write_latencies(file);
	qsort(load.latency_ms, load.up, sizeof(*load.latency_ms), by_value);
	printf("%u up, %u failed, %.2f s, %.0f us of own CPU each, latency %.1f %.1f ms\n", load.up, load.failed,
	       (double)(now_ns() - load.began_ns) / 1e9, (own_cpu_us() - cpu) / (load.up ? load.up : 1),
	       load.up ? load.latency_ms[load.up / 2] : 0, load.up ? load.latency_ms[load.up * 99 / 100] : 0);
	return load.failed ? 1 : 0;
}

/* From a raw socket, so that each has an address and port of its own; evenly over the time. */
static int flood(unsigned rate, unsigned seconds)
{
	uint64_t began = now_ns(), sent = 0, wanted = (uint64_t)rate * seconds;
	int on = 1, fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);

	MUST(fd >= 0 && setsockopt(fd, IPPROTO_IP, IP_HDRINCL, &on, sizeof(on)) == 0);
	while (sent < wanted) {
		uint64_t due = (now_ns() - began) * rate / 1000000000u;

		for (unsigned burst = 0; sent < due && sent < wanted && burst < 64; burst++, sent++) {
			uint8_t packet[28 + MESSAGE_MAX] = { 0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17 }, nonce[NONCE] = { 1 };
			/* 198.18.0.0/15 is for benches (RFC 2544). */
			uint32_t source = 0xc6120000u + (uint32_t)(sent * 2654435761u >> 3) % 131072;
			struct sockaddr_in from = { .sin_family = AF_INET, .sin_port = htons((uint16_t)(1024 + sent % 60000)),
						    .sin_addr.s_addr = htonl(source) };
			uint64_t spi = (sent + 1) * 0x9e3779b97f4a7c15ull ^ began;
			size_t len = write_init(packet + 28, spi, nonce, cyg_bytes(NULL, 0), &from);
			struct wire_writer w = wire_writer(packet, 28);

			wire_reserve(&w, 28);
			wire_set_u16(&w, 2, (uint16_t)(len + 28));
			memcpy(packet + 12, &from.sin_addr, 4);
			memcpy(packet + 16, &load.remote.sin_addr, 4);
			memcpy(packet + 20, &from.sin_port, 2);
			wire_set_u16(&w, 22, IKE_PORT);
			wire_set_u16(&w, 24, (uint16_t)(len + 8));
			(void)!sendto(fd, packet, len + 28, 0, (const struct sockaddr *)&load.remote, sizeof(load.remote));
		}
		if (sent >= due)
			usleep(500);
	}
	printf("%llu sent in %.2f s\n", (unsigned long long)sent, (double)(now_ns() - began) / 1e9);
	return 0;
}

static struct sockaddr_in address(const char *text)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(IKE_PORT) };

	MUST(inet_pton(AF_INET, text, &at.sin_addr) == 1);
	return at;
}

int main(int argc, char **argv)
{
	int room = 8 << 20;

	if (argc < 5) {
		fprintf(stderr, "usage: load LOCAL REMOTE KEY COUNT [FIRST [WINDOW [RATE [FILE]]]] | LOCAL REMOTE --flood RATE SECONDS\n");
		return 2;
	}
	load.local = address(argv[1]);
	load.remote = address(argv[2]);
	load_crypto_init(argv[3]);
	if (strcmp(argv[3], "--flood") == 0)
		return flood((unsigned)atoi(argv[4]), argc > 5 ? (unsigned)atoi(argv[5]) : 10);
	load.next = load.first = argc > 5 ? (unsigned)atoi(argv[5]) : 0;
	load.end = load.next + (unsigned)atoi(argv[4]);
	load.window = argc > 6 ? (unsigned)atoi(argv[6]) : 64;
	load.rate = argc > 7 ? (unsigned)atoi(argv[7]) : 0;
	load.serial = (uint64_t)getpid() << 32 ^ now_ns();
	MUST((load.client = calloc(load.window, sizeof(*load.client))));
	MUST((load.latency_ms = calloc(load.end - load.next + 1, sizeof(double))));
	MUST((load.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) >= 0);
	(void)setsockopt(load.fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	MUST(bind(load.fd, (const struct sockaddr *)&load.local, sizeof(load.local)) == 0);
	return run(argc > 8 ? argv[8] : NULL);
}
