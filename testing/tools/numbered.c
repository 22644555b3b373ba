/* SPDX-License-Identifier: MIT */
/*
 * Numbered UDP packets to another one of these and back, so that a scenario can say how many were lost,
 * doubled or overtaken while something happened to the tunnel between them.
 *
 * usage: numbered FROM TO PORT RATE SIZE
 *
 * Sends RATE packets of SIZE octets a second from address FROM to TO, both at PORT, and counts what comes from
 * there. Every 100 ms it prints what it knows as one line of JSON:
 *   sent, unsent (refused by the system), received, doubled, reordered, gap_ms (the longest pause between two
 *   packets that came), seconds (since the first was sent), missing (numbers below the highest that came, the
 *   first 16 of them).
 * SIGUSR2 begins the sending, SIGUSR1 ends it, SIGTERM ends all.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define NUMBERS_MAX (1u << 24)
#define SIZE_MAX_   1400
#define BURST_MAX   32    /* what a late sender makes up for at once: more would be a test of queues */
#define BUFFER      (8 << 20)
#define TOLD_MAX    16

static volatile sig_atomic_t sending, stop;

static struct {
	uint64_t sent, unsent, received, doubled, reordered, gap_ns, last_ns, begin_ns, highest;
	bool any;
	uint8_t seen[NUMBERS_MAX / 8];
} n;

static void on_signal(int number)
{
	sending = number == SIGUSR2;
	stop = number == SIGTERM;
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int open_socket(const char *from, const char *to, const char *port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
	struct addrinfo *ours, *theirs;
	int fd, room = BUFFER;

	if (getaddrinfo(from, port, &hints, &ours) || getaddrinfo(to, port, &hints, &theirs)) {
		fprintf(stderr, "numbered: addresses as numbers, please\n");
		exit(2);
	}
	fd = socket(ours->ai_family, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind(fd, ours->ai_addr, ours->ai_addrlen) ||
	    connect(fd, theirs->ai_addr, theirs->ai_addrlen)) {
		perror("numbered");
		exit(1);
	}
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
	freeaddrinfo(ours);
	freeaddrinfo(theirs);
	return fd;
}

static void send_due(int fd, uint64_t now, unsigned rate, size_t size)
{
	uint64_t due = (now - n.begin_ns) * rate / 1000000000u;
	uint64_t done = n.sent + n.unsent;
	uint8_t packet[SIZE_MAX_] = { 0 };

	if (due > done + BURST_MAX) { /* we were late: go on from here */
		n.begin_ns += (due - done - BURST_MAX) * 1000000000u / rate;
		due = done + BURST_MAX;
	}
	for (; done < due && n.sent < NUMBERS_MAX; done++) {
		uint64_t number = htobe64(n.sent);

		memcpy(packet, &number, sizeof(number));
		if (send(fd, packet, size, 0) == (ssize_t)size)
			n.sent++;
		else
			n.unsent++;
	}
}

static void take(uint64_t number, uint64_t now)
{
	if (number >= NUMBERS_MAX)
		return;
	if (n.any && now - n.last_ns > n.gap_ns)
		n.gap_ns = now - n.last_ns;
	n.last_ns = now;
	if (n.seen[number / 8] & 1u << number % 8) {
		n.doubled++;
		return;
	}
	n.seen[number / 8] |= (uint8_t)(1u << number % 8);
	n.received++;
	if (n.any && number < n.highest)
		n.reordered++;
	else
		n.highest = number;
	n.any = true;
}

static void receive_all(int fd, uint64_t now)
{
	uint8_t packet[SIZE_MAX_ + 1];
	uint64_t number;
	ssize_t len;

	/* A peer that is not there yet shows up as an error of the socket: no more than that. */
	while ((len = recv(fd, packet, sizeof(packet), 0)) >= 0 || errno == ECONNREFUSED) {
		if (len < (ssize_t)sizeof(number))
			continue;
		memcpy(&number, packet, sizeof(number));
		take(be64toh(number), now);
	}
}

static void tell(uint64_t now)
{
	unsigned told = 0;

	printf("{\"sent\":%llu,\"unsent\":%llu,\"received\":%llu,\"doubled\":%llu,\"reordered\":%llu,"
	       "\"gap_ms\":%llu,\"seconds\":%.1f,\"missing\":[",
	       (unsigned long long)n.sent, (unsigned long long)n.unsent, (unsigned long long)n.received,
	       (unsigned long long)n.doubled, (unsigned long long)n.reordered,
	       (unsigned long long)n.gap_ns / 1000000, (double)(now - n.begin_ns) / 1e9);
	for (uint64_t i = 0; n.received && n.received <= n.highest && i < n.highest && told < TOLD_MAX; i++) {
		if (!(n.seen[i / 8] & 1u << i % 8))
			printf("%s%llu", told++ ? "," : "", (unsigned long long)i);
	}
	printf("]}\n");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_signal };
	unsigned rate = argc > 4 ? (unsigned)atoi(argv[4]) : 0;
	size_t size = argc > 5 ? (size_t)atoi(argv[5]) : 0;
	uint64_t now, tell_at;
	struct pollfd p = { .events = POLLIN };

	if (argc != 6 || rate < 1 || rate > 100000 || size < 8 || size > SIZE_MAX_) {
		fprintf(stderr, "usage: numbered FROM TO PORT RATE SIZE\n");
		return 2;
	}
	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGUSR2, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	p.fd = open_socket(argv[1], argv[2], argv[3]);
	n.begin_ns = now = now_ns();
	tell_at = now;
	while (!stop) {
		if (!sending && !n.sent)
			n.begin_ns = now;
		else if (sending)
			send_due(p.fd, now, rate, size);
		(void)poll(&p, 1, 1);
		now = now_ns();
		receive_all(p.fd, now);
		if (now >= tell_at) {
			tell(now);
			tell_at = now + 100000000u;
		}
	}
	tell(now_ns());
	return 0;
}
