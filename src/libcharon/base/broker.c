/* SPDX-License-Identifier: MIT */
#include "base/broker.h"

#include <cygnet/cursor.h>

#include <errno.h>
#include <unistd.h>

#define FLAG_UDP_ENCAP     1u
#define FLAG_DONT_FRAGMENT 2u
#define FLAG_VNET_HDR      1u

/* --- Texts --- */

static void put_text(struct wire_writer *w, const char *text, size_t capacity)
{
	size_t len = strnlen(text, capacity);

	if (len > 255)
		len = 255;
	wire_put_u8(w, (uint8_t)len);
	wire_put(w, text, len);
}

/* Into `out` of 256 octets. Octet 0 within would make two readers see two names. */
static void get_text(struct wire_reader *r, char *out)
{
	uint8_t len = wire_u8(r);
	struct cyg_bytes text = wire_view(r, len);

	if (text.len && memchr(text.ptr, 0, text.len) != NULL)
		r->failed = true;
	if (!wire_ok(r))
		return;
	if (text.len)
		memcpy(out, text.ptr, text.len);
	out[text.len] = '\0';
}

/* A text member of a request must hold a NUL, else there is nothing to send. */
static bool is_text(const char *text, size_t capacity)
{
	return strnlen(text, capacity) < capacity;
}

/* --- Requests --- */

static void put_socket(struct wire_writer *w, const struct cyg_broker_socket *s)
{
	wire_put_u8(w, (uint8_t)s->kind);
	wire_put_u8(w, (uint8_t)((s->udp_encap ? FLAG_UDP_ENCAP : 0) |
				 (s->dont_fragment ? FLAG_DONT_FRAGMENT : 0)));
	wire_put_u8(w, s->local.ip.family);
	wire_put(w, s->local.ip.octets, cyg_ip_len(&s->local.ip));
	wire_put_u16(w, s->local.port);
	wire_put_u32(w, s->local.scope);
}

static void get_socket(struct wire_reader *r, struct cyg_broker_socket *s)
{
	uint8_t kind = wire_u8(r);
	uint8_t flags = wire_u8(r);

	s->local.ip.family = wire_u8(r);
	if ((kind != CYG_SOCKET_UDP && kind != CYG_SOCKET_RAW_ESP) ||
	    (flags & ~(FLAG_UDP_ENCAP | FLAG_DONT_FRAGMENT)) != 0 || cyg_ip_len(&s->local.ip) == 0) {
		r->failed = true;
		return;
	}
	s->kind = (enum cyg_broker_socket_kind)kind;
	s->udp_encap = (flags & FLAG_UDP_ENCAP) != 0;
	s->dont_fragment = (flags & FLAG_DONT_FRAGMENT) != 0;
	wire_copy(r, s->local.ip.octets, cyg_ip_len(&s->local.ip));
	s->local.port = wire_u16(r);
	s->local.scope = wire_u32(r);
}

struct cyg_bytes broker_request_write(uint8_t *buffer, uint32_t sequence,
				      const struct cyg_broker_request *request)
{
	struct wire_writer w = wire_writer(buffer, BROKER_MESSAGE_MAX);

	if (!is_text(request->name, sizeof(request->name)) ||
	    !is_text(request->text, sizeof(request->text)))
		return cyg_bytes(NULL, 0);
	wire_put_u16(&w, CYG_BROKER_VERSION);
	wire_put_u8(&w, (uint8_t)request->verb);
	wire_put_u8(&w, 0);
	wire_put_u32(&w, sequence);
	switch (request->verb) {
	case CYG_BROKER_HELLO:
	case CYG_BROKER_CONFIG_REPLACE:
	case CYG_BROKER_ALIVE:
		break;
	case CYG_BROKER_SOCKET:
		put_socket(&w, &request->socket);
		break;
	case CYG_BROKER_TUN:
		wire_put_u8(&w, request->tun_vnet_hdr ? FLAG_VNET_HDR : 0);
		put_text(&w, request->name, sizeof(request->name));
		break;
	case CYG_BROKER_FILE_OPEN:
	case CYG_BROKER_KEEP:
	case CYG_BROKER_RETURN:
		put_text(&w, request->name, sizeof(request->name));
		break;
	case CYG_BROKER_READY:
		put_text(&w, request->text, sizeof(request->text));
		break;
	}
	return wire_written(&w);
}

enum cyg_status broker_request_read(struct cyg_bytes octets, uint32_t *sequence,
				    struct cyg_broker_request *out)
{
	struct wire_reader r = wire_reader_of(octets);
	struct cyg_broker_request request = { .fd = -1 };
	uint16_t version = wire_u16(&r);
	uint8_t verb = wire_u8(&r);
	uint8_t zero = wire_u8(&r);
	uint32_t number = wire_u32(&r);
	uint8_t flags;

	if (!wire_ok(&r))
		return CYG_MALFORMED;
	*sequence = number;
	if (version != CYG_BROKER_VERSION)
		return CYG_UNSUPPORTED;
	if (zero != 0 || verb < CYG_BROKER_HELLO || verb >= CYG_BROKER_VERBS)
		return CYG_MALFORMED;
	request.verb = (enum cyg_broker_verb)verb;
	switch (request.verb) {
	case CYG_BROKER_HELLO:
	case CYG_BROKER_CONFIG_REPLACE:
	case CYG_BROKER_ALIVE:
		break;
	case CYG_BROKER_SOCKET:
		get_socket(&r, &request.socket);
		break;
	case CYG_BROKER_TUN:
		flags = wire_u8(&r);
		if ((flags & ~FLAG_VNET_HDR) != 0)
			return CYG_MALFORMED;
		request.tun_vnet_hdr = flags != 0;
		get_text(&r, request.name);
		break;
	case CYG_BROKER_FILE_OPEN:
	case CYG_BROKER_KEEP:
	case CYG_BROKER_RETURN:
		get_text(&r, request.name);
		break;
	case CYG_BROKER_READY:
		get_text(&r, request.text);
		break;
	}
	if (!wire_done(&r))
		return CYG_MALFORMED;
	*out = request;
	return CYG_OK;
}

/* --- Replies --- */

struct cyg_bytes broker_reply_write(uint8_t *buffer, const struct broker_reply_head *head,
				    const struct cyg_broker_reply *reply)
{
	struct wire_writer w = wire_writer(buffer, BROKER_MESSAGE_MAX);

	wire_put_u16(&w, CYG_BROKER_VERSION);
	wire_put_u8(&w, (uint8_t)head->verb);
	wire_put_u8(&w, (uint8_t)reply->status);
	wire_put_u32(&w, head->sequence);
	put_text(&w, reply->text, sizeof(reply->text));
	return wire_written(&w);
}

enum cyg_status broker_reply_read(struct cyg_bytes octets, struct broker_reply_head *head,
				  struct cyg_broker_reply *out)
{
	struct wire_reader r = wire_reader_of(octets);
	struct cyg_broker_reply reply = { .fd = -1 };
	uint16_t version = wire_u16(&r);
	uint8_t verb = wire_u8(&r);
	uint8_t status = wire_u8(&r);
	uint32_t sequence = wire_u32(&r);

	get_text(&r, reply.text);
	if (!wire_done(&r) || version != CYG_BROKER_VERSION || verb >= CYG_BROKER_VERBS ||
	    status > CYG_EXISTS || status == CYG_PENDING)
		return CYG_MALFORMED;
	reply.status = (enum cyg_status)status;
	*head = (struct broker_reply_head){ (enum cyg_broker_verb)verb, sequence };
	*out = reply;
	return CYG_OK;
}

/* --- Sending and receiving --- */

/* Room for more descriptors than allowed, so that all that came can be closed. */
#define DESCRIPTORS_MAX 8

union control {
	struct cmsghdr align;
	char room[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
};

enum cyg_status broker_send(int fd, struct cyg_bytes octets, int pass)
{
	union control control = { .room = { 0 } };
	struct iovec iov = { .iov_base = (void *)(uintptr_t)octets.ptr, .iov_len = octets.len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t sent;

	if (pass >= 0) {
		struct cmsghdr *c;

		msg.msg_control = control.room;
		msg.msg_controllen = CMSG_SPACE(sizeof(int));
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &pass, sizeof(int));
	}
	do {
		sent = sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS ? CYG_BUSY : CYG_IO;
	return (size_t)sent == octets.len ? CYG_OK : CYG_IO;
}

/* The one descriptor of a message; with several all are closed and `*many` is set. */
static int take_descriptor(struct msghdr *msg, bool *many)
{
	int passed = -1;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t at = 0; at + sizeof(int) <= c->cmsg_len - CMSG_LEN(0); at += sizeof(int)) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + at, sizeof(int));
			if (passed < 0 && !*many) {
				passed = fd;
				continue;
			}
			*many = true;
			(void)close(fd);
			if (passed >= 0)
				(void)close(passed);
			passed = -1;
		}
	}
	return passed;
}

enum cyg_status broker_receive(int fd, uint8_t *buffer, struct cyg_bytes *octets, int *passed)
{
	union control control;
	struct iovec iov = { .iov_base = buffer, .iov_len = BROKER_MESSAGE_MAX };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control.room,
			      .msg_controllen = sizeof(control.room) };
	bool many = false;
	ssize_t got;
	int taken;

	do {
		got = recvmsg(fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? CYG_BUSY
		       : errno == ECONNRESET		       ? CYG_NOT_FOUND
							       : CYG_IO;
	taken = take_descriptor(&msg, &many);
	if (many || (msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
		if (taken >= 0)
			(void)close(taken);
		return CYG_MALFORMED;
	}
	/* An empty message cannot be told from the end; neither side sends one. */
	if (got == 0) {
		if (taken >= 0)
			(void)close(taken);
		return CYG_NOT_FOUND;
	}
	*octets = cyg_bytes(buffer, (size_t)got);
	*passed = taken;
	return CYG_OK;
}
