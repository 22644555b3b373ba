/* SPDX-License-Identifier: MIT */
/*
 * Bad packets of all kinds at a gateway's ports 500 and 4500, from 256 sources.
 *
 * usage: bad_packets NETWORK TO COUNT RATE SEED <TEMPLATES
 *
 * NETWORK (a.b) holds the sources a.b.0.1 to a.b.255.1, which this host must take for its own. A line of TEMPLATES
 * is a port and a good packet in hexadecimal octets; it is what changed, cut and repeated ones are made of.
 * At most RATE packets a second. Prints how many of each kind went, as one line of JSON.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define SOURCES       256
#define TEMPLATES_MAX 64
#define PACKET_MAX    1400
#define BATCH         64

struct packet {
	unsigned port;
	size_t len;
	uint8_t octets[PACKET_MAX];
};

static struct packet template[TEMPLATES_MAX];
static unsigned templates;
static uint64_t state;

static uint64_t number(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static size_t below(size_t limit)
{
	return (size_t)(number() % limit);
}

static void scatter(uint8_t *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		at[i] = (uint8_t)(number() >> 24);
}

/* --- Kinds --- */

static void garbage(struct packet *p)
{
	p->len = below(PACKET_MAX + 1);
	scatter(p->octets, p->len);
}

static void too_short(struct packet *p)
{
	p->len = below(36);
	scatter(p->octets, p->len);
	if (p->port == 4500 && number() % 2)
		memset(p->octets, 0, 4);
}

/* Where the IKE header stands. */
static uint8_t *header(struct packet *p, size_t len)
{
	uint8_t *at = p->octets;

	scatter(p->octets, PACKET_MAX);
	p->len = len;
	if (p->port == 4500) {
		memset(at, 0, 4);
		at += 4;
		p->len += 4;
	}
	at[17] = 0x20;
	at[24] = at[25] = 0;
	at[26] = (uint8_t)(len >> 8);
	at[27] = (uint8_t)len;
	return at;
}

static void unknown_spi(struct packet *p)
{
	uint8_t *at = header(p, 28 + below(600));

	at[16] = number() % 4 ? 46 : 53;
	at[18] = (uint8_t)(35 + below(9));
	at[19] = (uint8_t)(number() & 0x28);
	memset(at + 20, 0, 3);
}

static void other_version(struct packet *p)
{
	header(p, 28 + below(200))[17] = (uint8_t)(number() % 2 ? 0x10 : 0x30 + below(200));
}

static void wrong_length(struct packet *p)
{
	scatter(header(p, 28 + below(400)) + 24, 4);
}

/* An IKE_SA_INIT whose payloads are garbage behind good headers. */
static void bad_payloads(struct packet *p)
{
	size_t len = 28 + below(900), at = 28;
	uint8_t *h = header(p, len);

	memset(h + 8, 0, 8);
	h[16] = (uint8_t)(33 + below(17));
	h[18] = 34;
	h[19] = 0x08;
	memset(h + 20, 0, 4);
	while (len - at >= 4) {
		size_t room = len - at, take = 4 + below(number() % 8 ? (room < 120 ? room - 3 : 117) : room + 9);

		h[at] = (uint8_t)(33 + below(17));
		h[at + 1] = 0;
		h[at + 2] = (uint8_t)(take >> 8);
		h[at + 3] = (uint8_t)take;
		if (take >= room) {
			h[at] = 0;
			break;
		}
		at += take;
	}
}

static const struct packet *any_template(struct packet *p)
{
	const struct packet *t = &template[below(templates)];

	*p = *t;
	return t;
}

static void changed(struct packet *p)
{
	any_template(p);
	for (size_t n = 1 + below(4); n; n--)
		p->octets[below(p->len)] ^= (uint8_t)(1 + below(255));
}

static void cut(struct packet *p)
{
	any_template(p);
	p->len = below(p->len);
}

static void repeated(struct packet *p)
{
	any_template(p);
}

/* Good first messages with an SPI of their own that nobody follows up. */
static void abandoned(struct packet *p)
{
	for (unsigned i = 0; i < templates; i++) {
		if (template[i].port == 500 && template[i].octets[18] == 34) {
			*p = template[i];
			scatter(p->octets, 8);
			return;
		}
	}
	garbage(p);
}

static void unknown_esp(struct packet *p)
{
	p->port = 4500;
	p->len = 8 + below(1000);
	scatter(p->octets, p->len);
	p->octets[0] |= 1;
}

static void keepalive(struct packet *p)
{
	p->port = 4500;
	p->len = 1;
	p->octets[0] = (uint8_t)(number() % 4 ? 0xff : number());
}

static struct kind {
	const char *name;
	void (*make)(struct packet *p);
	unsigned long count;
} kinds[] = {
	{ "garbage", garbage, 0 },           { "too_short", too_short, 0 },
	{ "unknown_spi", unknown_spi, 0 },   { "other_version", other_version, 0 },
	{ "wrong_length", wrong_length, 0 }, { "bad_payloads", bad_payloads, 0 },
	{ "changed", changed, 0 },           { "cut", cut, 0 },
	{ "repeated", repeated, 0 },         { "abandoned", abandoned, 0 },
	{ "unknown_esp", unknown_esp, 0 },   { "keepalive", keepalive, 0 },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* --- Sending --- */

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void read_templates(void)
{
	static char line[4 * PACKET_MAX];

	while (templates < TEMPLATES_MAX && fgets(line, sizeof(line), stdin)) {
		struct packet *p = &template[templates];
		char *at = line;
		unsigned octet;
		int used;

		p->port = (unsigned)strtoul(at, &at, 10);
		for (p->len = 0; p->len < PACKET_MAX && sscanf(at, " %2x%n", &octet, &used) == 1; at += used)
			p->octets[p->len++] = (uint8_t)octet;
		if (p->len)
			templates++;
	}
}

static int open_source(const char *network, unsigned n)
{
	struct sockaddr_in from = { .sin_family = AF_INET };
	char text[32];
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	snprintf(text, sizeof(text), "%s.%u.1", network, n);
	if (fd < 0 || inet_pton(AF_INET, text, &from.sin_addr) != 1 ||
	    bind(fd, (struct sockaddr *)&from, sizeof(from))) {
		perror(text);
		exit(1);
	}
	return fd;
}

static void send_batch(int fd, const struct in_addr *to, unsigned count)
{
	static struct packet packets[BATCH];
	struct sockaddr_in target[BATCH];
	struct iovec part[BATCH];
	struct mmsghdr message[BATCH];
	unsigned done = 0;

	memset(message, 0, sizeof(message));
	for (unsigned i = 0; i < count; i++) {
		struct kind *kind = &kinds[below(KINDS)];

		packets[i].port = number() % 2 ? 500 : 4500;
		kind->make(&packets[i]);
		kind->count++;
		target[i] = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr = *to,
						  .sin_port = htons((uint16_t)packets[i].port) };
		part[i] = (struct iovec){ packets[i].octets, packets[i].len };
		message[i].msg_hdr.msg_name = &target[i];
		message[i].msg_hdr.msg_namelen = sizeof(target[i]);
		message[i].msg_hdr.msg_iov = &part[i];
		message[i].msg_hdr.msg_iovlen = 1;
	}
	while (done < count) {
		int sent = sendmmsg(fd, message + done, count - done, 0);

		if (sent < 0 && errno != ECONNREFUSED && errno != EINTR) {
			perror("sendmmsg");
			exit(1);
		}
		done += sent > 0 ? (unsigned)sent : 0;
	}
}

int main(int argc, char **argv)
{
	unsigned long count = argc > 3 ? strtoul(argv[3], NULL, 10) : 0, sent = 0;
	unsigned long rate = argc > 4 ? strtoul(argv[4], NULL, 10) : 0;
	struct in_addr to;
	uint64_t begin;
	int fd[SOURCES];

	if (argc != 6 || inet_pton(AF_INET, argv[2], &to) != 1 || !count || !rate) {
		fprintf(stderr, "usage: bad_packets NETWORK TO COUNT RATE SEED <TEMPLATES\n");
		return 2;
	}
	state = strtoull(argv[5], NULL, 10) | 1;
	read_templates();
	if (!templates) {
		fprintf(stderr, "bad_packets: no templates\n");
		return 2;
	}
	for (unsigned i = 0; i < SOURCES; i++)
		fd[i] = open_source(argv[1], i);
	begin = now_ns();
	while (sent < count) {
		unsigned batch = count - sent < BATCH ? (unsigned)(count - sent) : BATCH;
		uint64_t due = begin + sent * 1000000000u / rate, now = now_ns();

		if (now < due)
			nanosleep(&(struct timespec){ .tv_nsec = (long)(due - now) }, NULL);
		send_batch(fd[below(SOURCES)], &to, batch);
		sent += batch;
	}
	printf("{\"sent\":%lu,\"seconds\":%.1f", sent, (double)(now_ns() - begin) / 1e9);
	for (unsigned i = 0; i < KINDS; i++)
		printf(",\"%s\":%lu", kinds[i].name, kinds[i].count);
	printf("}\n");
	return 0;
}
