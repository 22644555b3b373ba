/* SPDX-License-Identifier: MIT */
#include "log/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define SYSLOG_SOCKET  "/dev/log"
#define JOURNAL_SOCKET "/run/systemd/journal/socket"
#define SEND_TIMEOUT_S 1 /* a listener that does not read costs lines, not the writer */

/* Leaves the sink unconnected if nobody listens. */
static void connect_socket(struct sink *sink)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval timeout = { .tv_sec = SEND_TIMEOUT_S };
	int fd;

	/* sink_open() has seen to it that the path fits. */
	memcpy(address.sun_path, sink->path, strlen(sink->path) + 1);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) < 0 ||
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		close(fd);
		return;
	}
	sink->fd = fd;
}

static int open_file(const char *path)
{
	return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0640);
}

enum cyg_status sink_open(const struct log_sink *wanted, struct sink *out)
{
	struct sink sink = { .kind = wanted->kind, .level = wanted->level, .json = wanted->json, .fd = -1 };
	const char *path = wanted->path;

	if (!path && wanted->kind == LOG_SINK_SYSLOG)
		path = SYSLOG_SOCKET;
	if (!path && wanted->kind == LOG_SINK_JOURNAL)
		path = JOURNAL_SOCKET;
	if (path) {
		sink.path = strdup(path);
		if (!sink.path)
			return CYG_NOMEM;
	}
	switch (wanted->kind) {
	case LOG_SINK_STDERR:
		sink.fd = STDERR_FILENO;
		break;
	case LOG_SINK_FILE:
		sink.fd = wanted->fd > 0 ? wanted->fd : path ? open_file(path) : -1;
		if (sink.fd < 0) {
			free(sink.path);
			return CYG_IO;
		}
		break;
	case LOG_SINK_SYSLOG:
	case LOG_SINK_JOURNAL:
		if (strlen(path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path)) {
			free(sink.path);
			errno = ENAMETOOLONG;
			return CYG_IO;
		}
		connect_socket(&sink);
		break;
	}
	*out = sink;
	return CYG_OK;
}

enum cyg_status sink_again(const struct sink *sink, struct sink *out)
{
	enum cyg_status status = CYG_OK;
	struct sink again = *sink;

	again.path = sink->path ? strdup(sink->path) : NULL;
	if (sink->path && !again.path)
		return CYG_NOMEM;
	switch (sink->kind) {
	case LOG_SINK_STDERR:
		break;
	case LOG_SINK_SYSLOG:
	case LOG_SINK_JOURNAL:
		again.fd = -1; /* connected by the first line */
		break;
	case LOG_SINK_FILE:
		again.fd = sink->path ? open_file(sink->path) : -1;
		if (again.fd >= 0)
			break;
		status = sink->path ? CYG_IO : CYG_OK;
		again.fd = fcntl(sink->fd, F_DUPFD_CLOEXEC, 3);
		if (again.fd < 0) {
			free(again.path);
			return CYG_NOMEM;
		}
		break;
	}
	*out = again;
	return status;
}

void sink_close(struct sink *sink)
{
	if (sink->kind != LOG_SINK_STDERR && sink->fd >= 0)
		close(sink->fd);
	free(sink->path), sink->path = NULL;
	sink->fd = -1;
}

static bool write_all(int fd, const char *octets, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, octets, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		octets += n;
		len -= (size_t)n;
	}
	return true;
}

/* The listener may have been restarted: one more try on a new socket. */
static bool send_datagram(struct sink *sink, const char *octets, size_t len)
{
	for (unsigned attempt = 0; attempt < 2; attempt++) {
		if (sink->fd < 0)
			connect_socket(sink);
		if (sink->fd < 0)
			return false;
		if (send(sink->fd, octets, len, MSG_NOSIGNAL) >= 0)
			return true;
		if (errno == EAGAIN || errno == EMSGSIZE)
			return false;
		close(sink->fd);
		sink->fd = -1;
	}
	return false;
}

bool sink_write(struct sink *sink, const struct log_line *line)
{
	char text[LOG_LINE_MAX];
	struct cyg_strbuf out = CYG_STRBUF(text);

	if (line->level > sink->level)
		return true;
	switch (sink->kind) {
	case LOG_SINK_SYSLOG:
		line_syslog(line, sink->json, &out);
		return send_datagram(sink, text, out.len);
	case LOG_SINK_JOURNAL:
		line_journal(line, &out);
		return send_datagram(sink, text, out.len);
	default:
		if (sink->json)
			line_json(line, &out);
		else
			line_text(line, &out);
		return write_all(sink->fd, text, out.len);
	}
}

void sink_write_stderr(const struct log_line *line)
{
	struct sink sink = { .kind = LOG_SINK_STDERR, .level = CYG_LOG_DEBUG, .fd = STDERR_FILENO };

	(void)sink_write(&sink, line); /* there is nowhere else to say it */
}
