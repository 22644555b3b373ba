/* SPDX-License-Identifier: MIT */
/*
 * Stands in for cygnetd in tests of the starter: does what the environment variable FAKE_DAEMON says,
 * word by word, and prints what it was given. It lies where the starter looks in a build tree.
 *
 *   ready    greets, says READY            alive    says ALIVE once
 *   exit=N   ends with status N            abort    ends by SIGABRT
 *   deaf     ignores SIGTERM               wait     waits for SIGTERM, then ends with status 0
 *   garbage  breaks the broker's protocol  tell     prints its rights and descriptors
 *   udp=N    asks for that port, twice     tun=NAME, open=NAME  ask for a queue, a file
 *   hup      ends with status 3 on SIGHUP  keep, return         a descriptor named "state"
 */
#include "base/broker.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Prints the answer; a descriptor stays open. */
static void ask_for(const struct cyg_broker_request *request, const char *what)
{
	struct pollfd p = { .fd = CYG_BROKER_FD, .events = POLLIN };
	uint8_t buffer[BROKER_MESSAGE_MAX];
	struct broker_reply_head head;
	struct cyg_broker_reply reply;
	struct cyg_bytes octets;
	int passed;

	if (broker_send(CYG_BROKER_FD, broker_request_write(buffer, 1, request), request->fd) != CYG_OK ||
	    poll(&p, 1, 5000) != 1 ||
	    broker_receive(CYG_BROKER_FD, buffer, &octets, &passed) != CYG_OK ||
	    broker_reply_read(octets, &head, &reply) != CYG_OK) {
		fprintf(stderr, "fake: the starter does not answer\n");
		exit(99);
	}
	fprintf(stderr, "fake: %s: %s%s%s%s\n", what, cyg_status_text(reply.status),
		passed >= 0 ? " with a descriptor" : "", reply.text[0] ? ": " : "", reply.text);
}

static void ask(enum cyg_broker_verb verb, const char *text)
{
	struct cyg_broker_request request = { .verb = verb, .fd = -1 };

	(void)snprintf(request.text, sizeof(request.text), "%s", text);
	(void)snprintf(request.name, sizeof(request.name), "%s", text);
	ask_for(&request, text[0] ? text : "asked");
}

static void ask_udp(int port)
{
	struct cyg_broker_request request = {
		.verb = CYG_BROKER_SOCKET,
		.socket = { .kind = CYG_SOCKET_UDP,
			    .local = { .ip = { .family = CYG_IPV4 }, .port = (uint16_t)port } },
		.fd = -1,
	};

	/* Two sockets of one group: that it is busy by ourselves must not count. */
	ask_for(&request, "udp");
	ask_for(&request, "udp");
	request.socket.local.ip.family = CYG_IPV6;
	ask_for(&request, "udp6");
	request.socket.kind = CYG_SOCKET_RAW_ESP;
	request.socket.local.port = 0;
	ask_for(&request, "esp6");
}

static void tell(void)
{
	FILE *status = fopen("/proc/self/status", "re");
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;
	char line[256];

	if (status == NULL || dir == NULL)
		exit(98);
	while (fgets(line, sizeof(line), status) != NULL) {
		if (strncmp(line, "Uid:", 4) == 0 || strncmp(line, "Groups:", 7) == 0 ||
		    strncmp(line, "Cap", 3) == 0 || strncmp(line, "NoNewPrivs:", 11) == 0 ||
		    strncmp(line, "SigBlk:", 7) == 0)
			fprintf(stderr, "fake: %s", line);
	}
	while ((entry = readdir(dir)) != NULL) {
		int fd = atoi(entry->d_name);

		if (entry->d_name[0] != '.' && fd != dirfd(dir) && fd != fileno(status))
			fprintf(stderr, "fake: fd %d\n", fd);
	}
	(void)fclose(status);
	(void)closedir(dir);
}

static void on_term(int signal)
{
	_exit(signal == SIGHUP ? DAEMON_BAD_OPTIONS : DAEMON_STOPPED);
}

int main(int argc, char **argv)
{
	const char *text = getenv("FAKE_DAEMON");
	char *words = strdup(text ? text : ""), *rest = words, *word;

	for (int i = 1; i < argc; i++)
		fprintf(stderr, "fake: argument %s\n", argv[i]);
	while (words != NULL && (word = strsep(&rest, " ")) != NULL) {
		if (strcmp(word, "ready") == 0) {
			ask(CYG_BROKER_HELLO, "");
			ask(CYG_BROKER_READY, "fake and ready\npid=1");
		} else if (strcmp(word, "alive") == 0) {
			ask(CYG_BROKER_ALIVE, "");
		} else if (strncmp(word, "exit=", 5) == 0) {
			exit(atoi(word + 5));
		} else if (strcmp(word, "abort") == 0) {
			abort();
		} else if (strcmp(word, "deaf") == 0) {
			(void)signal(SIGTERM, SIG_IGN);
		} else if (strcmp(word, "tell") == 0) {
			tell();
		} else if (strncmp(word, "udp=", 4) == 0) {
			ask_udp(atoi(word + 4));
		} else if (strncmp(word, "tun=", 4) == 0) {
			ask(CYG_BROKER_TUN, word + 4);
		} else if (strncmp(word, "open=", 5) == 0) {
			ask(CYG_BROKER_FILE_OPEN, word + 5);
		} else if (strcmp(word, "keep") == 0) {
			struct cyg_broker_request request = { .verb = CYG_BROKER_KEEP, .name = "state" };

			request.fd = STDERR_FILENO;
			ask_for(&request, "keep");
		} else if (strcmp(word, "return") == 0) {
			ask(CYG_BROKER_RETURN, "state");
		} else if (strcmp(word, "hup") == 0) {
			(void)signal(SIGHUP, on_term);
		} else if (strcmp(word, "garbage") == 0) {
			static const uint8_t octets[BROKER_MESSAGE_MAX + 1];

			if (send(CYG_BROKER_FD, octets, sizeof(octets), 0) < 0)
				exit(97);
		} else if (strcmp(word, "wait") == 0) {
			struct sigaction now;

			if (sigaction(SIGTERM, NULL, &now) == 0 && now.sa_handler != SIG_IGN)
				(void)signal(SIGTERM, on_term);
			for (;;)
				(void)pause();
		}
	}
	free(words);
	return 5;
}
