/* SPDX-License-Identifier: MIT */
#include "broker.h"

#include "base/broker.h"
#include "files.h"
#include "sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define CONFIG_NAME "startup-config"

void broker_restart(struct broker *broker)
{
	broker->greeted = false;
	broker->group_count = 0;
}

void broker_done(struct broker *broker)
{
	for (size_t i = 0; i < broker->kept_count; i++)
		(void)close(broker->kept[i].fd);
	broker->kept_count = 0;
}

static struct broker_kept *find_kept(struct broker *broker, const char *name)
{
	for (size_t i = 0; i < broker->kept_count; i++) {
		if (strcmp(broker->kept[i].name, name) == 0)
			return &broker->kept[i];
	}
	return NULL;
}

/* --- Sockets --- */

/* Has the daemon one there already, or do we keep one of an earlier daemon? */
static bool is_ours(const struct broker *broker, const struct cyg_endpoint *local)
{
	for (size_t i = 0; i < broker->group_count; i++) {
		if (cyg_endpoint_equal(&broker->groups[i], local))
			return true;
	}
	for (size_t i = 0; i < broker->kept_count; i++) {
		struct sockaddr_storage sa;
		socklen_t len = sizeof(sa);
		struct cyg_endpoint bound;

		if (getsockname(broker->kept[i].fd, (struct sockaddr *)&sa, &len) == 0 &&
		    cyg_endpoint_from_sockaddr((const struct sockaddr *)&sa, len, &bound) == CYG_OK &&
		    cyg_endpoint_equal(&bound, local))
			return true;
	}
	return false;
}

static enum cyg_status answer_socket(struct broker *broker, const struct cyg_broker_socket *wanted,
				     int *out, struct cyg_strbuf *why)
{
	bool udp = wanted->kind == CYG_SOCKET_UDP;
	bool first = udp && !is_ours(broker, &wanted->local);
	enum cyg_status status;

	if (first && broker->group_count == BROKER_GROUPS_MAX) {
		cyg_strbuf_addf(why, "at most %d local addresses and ports can be listened on",
				BROKER_GROUPS_MAX);
		return CYG_LIMIT;
	}
	status = sockets_open(wanted, first, out, why);
	if (status == CYG_OK && first)
		broker->groups[broker->group_count++] = wanted->local;
	return status;
}

/* --- Kept descriptors --- */

static enum cyg_status answer_keep(struct broker *broker, const struct cyg_broker_request *request,
				   struct cyg_strbuf *why)
{
	struct broker_kept *kept = find_kept(broker, request->name);
	int fd;

	if (request->name[0] == '\0') {
		cyg_strbuf_addf(why, "what is kept needs a name");
		return CYG_REFUSED;
	}
	if (request->fd < 0) {
		if (kept != NULL) {
			(void)close(kept->fd);
			*kept = broker->kept[--broker->kept_count];
		}
		return CYG_OK;
	}
	if (kept == NULL && broker->kept_count == CYG_BROKER_KEPT_MAX) {
		cyg_strbuf_addf(why, "at most %d descriptors are kept", CYG_BROKER_KEPT_MAX);
		return CYG_LIMIT;
	}
	fd = fcntl(request->fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0) {
		cyg_strbuf_addf(why, "%s", strerror(errno));
		return CYG_LIMIT;
	}
	if (kept == NULL) {
		kept = &broker->kept[broker->kept_count++];
		memcpy(kept->name, request->name, sizeof(kept->name));
	} else {
		(void)close(kept->fd);
	}
	kept->fd = fd;
	return CYG_OK;
}

static enum cyg_status answer_return(struct broker *broker, const char *name, int *out,
				     struct cyg_strbuf *why)
{
	const struct broker_kept *kept = find_kept(broker, name);

	if (kept == NULL) {
		cyg_strbuf_addf(why, "nothing is kept under that name");
		return CYG_NOT_FOUND;
	}
	*out = fcntl(kept->fd, F_DUPFD_CLOEXEC, 0);
	if (*out < 0) {
		cyg_strbuf_addf(why, "%s", strerror(errno));
		return CYG_LIMIT;
	}
	return CYG_OK;
}

/* --- All --- */

static enum cyg_status answer(struct broker *broker, const struct cyg_broker_request *request,
			      int *out, struct cyg_strbuf *why)
{
	bool takes = request->verb == CYG_BROKER_KEEP || request->verb == CYG_BROKER_CONFIG_REPLACE;

	if (!broker->greeted && request->verb != CYG_BROKER_HELLO) {
		cyg_strbuf_addf(why, "the first request must be a greeting");
		return CYG_REFUSED;
	}
	if (request->fd >= 0 && !takes) {
		cyg_strbuf_addf(why, "this request takes no descriptor");
		return CYG_MALFORMED;
	}
	switch (request->verb) {
	case CYG_BROKER_HELLO:
		broker->greeted = true;
		return CYG_OK;
	case CYG_BROKER_SOCKET:
		return answer_socket(broker, &request->socket, out, why);
	case CYG_BROKER_TUN:
		return sockets_tun_open(broker->tun_path, request->name, request->tun_vnet_hdr, out, why);
	case CYG_BROKER_FILE_OPEN:
		return files_open(broker->etc, broker->etc_name, request->name, out, why);
	case CYG_BROKER_CONFIG_REPLACE:
		return files_replace(broker->etc, broker->etc_name, CONFIG_NAME, request->fd, why);
	case CYG_BROKER_KEEP:
		return answer_keep(broker, request, why);
	case CYG_BROKER_RETURN:
		return answer_return(broker, request->name, out, why);
	case CYG_BROKER_READY:
		broker->ready(broker->owner, request->text);
		return CYG_OK;
	case CYG_BROKER_ALIVE:
		broker->alive(broker->owner);
		return CYG_OK;
	}
	return CYG_UNSUPPORTED;
}

void broker_answer(struct broker *broker, const struct cyg_broker_request *request,
		   struct cyg_broker_reply *reply)
{
	struct cyg_strbuf why = CYG_STRBUF(reply->text);

	reply->fd = -1;
	reply->status = answer(broker, request, &reply->fd, &why);
	if (request->fd >= 0)
		(void)close(request->fd);
}

enum cyg_status broker_serve(struct broker *broker, int fd)
{
	uint8_t in[BROKER_MESSAGE_MAX], out[BROKER_MESSAGE_MAX];
	struct cyg_broker_request request;
	struct cyg_broker_reply reply = { .fd = -1 };
	struct broker_reply_head head = { 0 };
	struct cyg_bytes octets;
	enum cyg_status status;
	int passed = -1;

	status = broker_receive(fd, in, &octets, &passed);
	if (status != CYG_OK)
		return status;
	status = broker_request_read(octets, &head.sequence, &request);
	if (status == CYG_OK) {
		head.verb = request.verb;
		request.fd = passed;
		broker_answer(broker, &request, &reply);
	} else {
		if (passed >= 0)
			(void)close(passed);
		reply.status = status;
		(void)snprintf(reply.text, sizeof(reply.text), "%s",
			       status == CYG_UNSUPPORTED
				       ? "starter and daemon are of different versions: install both "
					 "from one package, then: cygnet restart"
				       : "the request is malformed");
	}
	status = broker_send(fd, broker_reply_write(out, &head, &reply), reply.fd);
	if (reply.fd >= 0)
		(void)close(reply.fd);
	/* A daemon that asks and does not read would make us wait for it, or lose answers. */
	return status == CYG_BUSY ? CYG_LIMIT : status;
}
