/* SPDX-License-Identifier: MIT */
/* Setting up and giving up the sockets of a shard. Owning shard. */
#include "config.h"

#include "net/room.h"

#include <errno.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Slots are this much longer than a datagram, so that they do not all fall into the same cache sets. */
#define SLOT_SKEW 448

static bool set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

enum cyg_status net_socket_prepare(int fd, bool natt)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);

	if (getsockname(fd, (struct sockaddr *)&sa, &len) != 0)
		return CYG_IO;
	if (sa.ss_family == AF_INET ? !set(fd, IPPROTO_IP, IP_PKTINFO, 1)
				    : !set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1))
		return CYG_IO;
	/* Old kernels have none of these; each is done without. */
	(void)set(fd, SOL_SOCKET, SO_RXQ_OVFL, 1);
	if (natt) {
		/* Sets DF and learns from what routers answer; what is longer all the same is fragmented here. */
		(void)(sa.ss_family == AF_INET ? set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_WANT)
					       : set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_WANT));
		(void)set(fd, IPPROTO_UDP, UDP_GRO, 1);
		(void)(sa.ss_family == AF_INET ? set(fd, IPPROTO_IP, IP_RECVTOS, 1)
					       : set(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1));
	}
	return CYG_OK;
}

static void ready(struct cyg_shard *shard, struct cyg_poll *poll, unsigned events)
{
	struct net_socket *s = CYG_CONTAINER(poll, struct net_socket, poll);

	if (events & CYG_WRITABLE)
		net_send_late(s);
	if (events & CYG_READABLE)
		net_receive(s);
}

static void at_turn_end(struct cyg_shard *shard, struct cyg_turn_end *end)
{
	net_flush(CYG_CONTAINER(end, struct net_shard, turn_end));
}

static enum cyg_status socket_init(struct net_socket *s, const struct net_socket_setup *setup,
				   struct cyg_strbuf *why)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);
	const char *port = setup->natt ? "NAT traversal" : "IKE";
	int type = 0, zero = 0;
	socklen_t type_len = sizeof(type);
	enum cyg_status status;

	if (setup->fd < 0) {
		cyg_strbuf_addf(why, "there is no UDP socket for the %s port", port);
		return CYG_NOT_FOUND;
	}
	if (getsockopt(setup->fd, SOL_SOCKET, SO_TYPE, &type, &type_len) != 0 || type != SOCK_DGRAM ||
	    getsockname(setup->fd, (struct sockaddr *)&sa, &len) != 0 ||
	    cyg_endpoint_from_sockaddr((struct sockaddr *)&sa, len, &s->bound) != CYG_OK ||
	    s->bound.port == 0) {
		cyg_strbuf_addf(why, "descriptor %d for the %s port is no bound UDP socket", setup->fd,
				port);
		return CYG_REFUSED;
	}
	status = net_socket_prepare(setup->fd, setup->natt);
	if (status != CYG_OK) {
		cyg_strbuf_addf(why, "the kernel refused packet info on the %s port: %s", port,
				strerror(errno));
		return status;
	}
	s->natt = setup->natt;
	s->segments = setsockopt(setup->fd, IPPROTO_UDP, UDP_SEGMENT, &zero, sizeof(zero)) == 0;
	s->late_tail = &s->late;
	s->poll.fd = setup->fd;
	s->poll.ready = ready;
	return CYG_OK;
}

static enum cyg_status receive_init(struct net_shard *net)
{
	void *map;

	net->datagram_max = net->setup.datagram_max ? net->setup.datagram_max : 65536;
	net->slot_size = (net->datagram_max + SLOT_SKEW + 63) / 64 * 64;
	net->receive_size = net->slot_size * NET_RECEIVE_BATCH;
	/* Mapped, not allocated: only what datagrams really fill becomes memory. */
	map = mmap(NULL, net->receive_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED)
		return CYG_NOMEM;
	net->receive = map;
	for (size_t i = 0; i < NET_RECEIVE_BATCH; i++) {
		net->in_octets[i].iov_base = net->receive + i * net->slot_size;
		net->in_octets[i].iov_len = net->datagram_max;
	}
	return CYG_OK;
}

enum cyg_status net_shard_new(struct cyg_shard *shard, const struct net_setup *setup,
			      struct net_shard **out, struct cyg_strbuf *why)
{
	struct net_shard *net;
	enum cyg_status status = CYG_OK;

	CYG_ASSERT(setup->ike_input);
	if (setup->count == 0) {
		cyg_strbuf_addf(why, "there is no UDP socket at all");
		return CYG_NOT_FOUND;
	}
	if (setup->count > NET_SOCKETS_MAX) {
		cyg_strbuf_addf(why, "%zu UDP sockets are more than the %d of one shard", setup->count,
				NET_SOCKETS_MAX);
		return CYG_LIMIT;
	}
	net = calloc(1, sizeof(*net) + setup->count * sizeof(net->socket[0]));
	if (!net)
		goto nomem;
	net->shard = shard;
	net->setup = *setup;
	net->setup.sockets = NULL;
	if (!net->setup.sendmmsg)
		net->setup.sendmmsg = sendmmsg;
	net->turn_end.run = at_turn_end;
	net->window = calloc(1, sizeof(*net->window));
	if (!net->window || receive_init(net) != CYG_OK)
		goto nomem;
	atomic_init(&net->window->refs, 1);
	for (size_t i = 0; i < setup->count && status == CYG_OK; i++) {
		struct net_socket *s = &net->socket[i];

		s->net = net;
		status = socket_init(s, &setup->sockets[i], why);
		if (status != CYG_OK)
			break;
		status = cyg_poll_start(shard, &s->poll, CYG_READABLE);
		if (status != CYG_OK) {
			cyg_strbuf_addf(why, "descriptor %d cannot be watched: %s", s->poll.fd,
					strerror(errno));
			break;
		}
		net->count = i + 1;
	}
	if (status != CYG_OK) {
		for (size_t i = 0; i < net->count; i++) {
			cyg_poll_stop(shard, &net->socket[i].poll);
			net->socket[i].poll.fd = -1; /* the caller's */
		}
		net_shard_free(net);
		return status;
	}
	shard->net = net;
	shard->send = net_send;
	shard->send_run = net_send_run;
	shard->send_ctx = net;
	*out = net;
	return CYG_OK;
nomem:
	net_shard_free(net);
	cyg_strbuf_addf(why, "out of memory");
	return CYG_NOMEM;
}

void net_shard_free(struct net_shard *net)
{
	if (!net)
		return;
	if (net->shard->net == net) {
		net_flush(net);
		net->shard->net = NULL;
		net->shard->send = NULL;
		net->shard->send_run = NULL;
		net->shard->send_ctx = NULL;
	}
	cyg_turn_end_clear(net->shard, &net->turn_end);
	for (size_t i = 0; i < net->count; i++) {
		struct net_socket *s = &net->socket[i];

		cyg_poll_stop(net->shard, &s->poll);
		net_drop_late(s);
		if (s->poll.fd >= 0)
			(void)close(s->poll.fd);
	}
	if (net->receive)
		(void)munmap(net->receive, net->receive_size);
	if (net->window && atomic_fetch_sub(&net->window->refs, 1) == 1)
		free(net->window);
	free(net);
}

const struct net_counters *net_counters(const struct net_shard *net)
{
	return &net->counters;
}
