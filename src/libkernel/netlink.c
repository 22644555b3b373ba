/* SPDX-License-Identifier: MIT */
#include "netlink.h"

#include <cygnet/net.h>

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <unistd.h>

#define ANSWER_MAX  16384
#define ANSWERS_PER_TURN (2 * NL_PENDING_MAX)
#define RECEIVE_OCTETS (8 << 20)
#define RULE_FIRST  7371 /* before `main` (32766) */

/* Older headers do not name these. */
#define GENERATE_NO_ADDRESS 1 /* IN6_ADDR_GEN_MODE_NONE */

int nl_open(int protocol)
{
	struct sockaddr_nl here = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
	int on = 1, room = RECEIVE_OCTETS, saved;

	if (fd < 0)
		return -1;
	if (bind(fd, (struct sockaddr *)&here, sizeof(here)) < 0) {
		saved = errno;
		(void)close(fd);
		errno = saved;
		return -1;
	}
	/* The system's own words in errors, and errors without our request; both are only nicer to have. */
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	/* Many answers at once; by force where we may. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	return fd;
}

/* --- Answers --- */

static int attr_take(const struct nlattr *attr, void *data)
{
	const struct nlattr **text = data;

	if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG && mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
		*text = attr;
	return MNL_CB_OK;
}

static void read_error(const struct nlmsghdr *header, struct nl_answer *answer)
{
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(header);
	const struct nlattr *text = NULL;
	size_t before = sizeof(*error);

	if (mnl_nlmsg_get_payload_len(header) < sizeof(*error)) {
		answer->error = EPROTO;
		return;
	}
	answer->error = error->error <= 0 && error->error > -4096 ? -error->error : EPROTO;
	if (!(header->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	/* Without NETLINK_CAP_ACK the whole request is quoted before the attributes. */
	if (!(header->nlmsg_flags & NLM_F_CAPPED) && error->msg.nlmsg_len >= sizeof(error->msg))
		before += MNL_ALIGN(error->msg.nlmsg_len) - sizeof(error->msg);
	if (before > mnl_nlmsg_get_payload_len(header))
		return;
	(void)mnl_attr_parse(header, (unsigned)before, attr_take, &text);
	if (text) {
		struct cyg_strbuf out = CYG_STRBUF(answer->text);

		cyg_strbuf_add(&out, cyg_str(mnl_attr_get_str(text)));
	}
}

/* Takes it out of the list; `at` is where it hangs. */
static void unlink_pending(struct nl *nl, struct nl_pending **at)
{
	struct nl_pending *pending = *at;

	*at = pending->next;
	if (!*at)
		nl->tail = at;
	nl->count--;
}

static void answer_give(struct nl *nl, struct nl_pending **at, const struct nl_answer *answer)
{
	struct nl_pending *pending = *at;

	unlink_pending(nl, at);
	pending->done(nl->shard, pending->ctx, answer);
	free(pending);
}

static void answer_one(struct nl *nl, const struct nlmsghdr *header)
{
	struct nl_pending **at = &nl->pending;
	struct nl_answer answer = { 0 };

	while (*at && (*at)->seq != header->nlmsg_seq)
		at = &(*at)->next;
	if (!*at)
		return; /* forgotten, or not ours */
	if (header->nlmsg_type == NLMSG_ERROR) {
		read_error(header, &answer);
	} else if ((*at)->acked) {
		return; /* the verdict comes after it */
	} else if (header->nlmsg_type == RTM_NEWLINK) {
		const struct ifinfomsg *link = mnl_nlmsg_get_payload(header);

		if (mnl_nlmsg_get_payload_len(header) < sizeof(*link))
			answer.error = EPROTO;
		else
			answer.index = (unsigned)link->ifi_index;
	} else if (header->nlmsg_type < NLMSG_MIN_TYPE) {
		return;
	}
	answer.message = header->nlmsg_type == NLMSG_ERROR ? NULL : header;
	answer_give(nl, at, &answer);
}

/* The system has dropped answers: nobody will hear. */
static void answers_lost(struct nl *nl)
{
	struct nl_answer answer = { .error = ENOBUFS };
	uint32_t last = nl->seq;

	while (nl->pending && (int32_t)(nl->pending->seq - last) <= 0)
		answer_give(nl, &nl->pending, &answer);
}

void nl_read(struct nl *nl, const void *octets, size_t len)
{
	union {
		struct nlmsghdr header;
		char octets[ANSWER_MAX];
	} copy; /* aligned, and ours to walk over */
	size_t at = 0;

	if (len > sizeof(copy))
		return;
	memcpy(copy.octets, octets, len);
	/* `done` may close the socket. The length is compared here and not by mnl_nlmsg_ok(), for which
	 * one of 2^31 and more is a negative number. */
	while (nl->pending && len - at >= sizeof(struct nlmsghdr)) {
		const struct nlmsghdr *header = (const void *)(copy.octets + at);

		if (header->nlmsg_len < sizeof(*header) || header->nlmsg_len > len - at)
			break;
		answer_one(nl, header);
		at += MNL_ALIGN(header->nlmsg_len);
		if (at >= len)
			break;
	}
}

static ssize_t receive(int fd, void *buffer, size_t size)
{
	struct sockaddr_storage from = { 0 };
	socklen_t from_len = sizeof(from);
	ssize_t got = recvfrom(fd, buffer, size, MSG_DONTWAIT | MSG_TRUNC, (struct sockaddr *)&from, &from_len);

	/* Only the system may answer. */
	if (got > 0 && from.ss_family == AF_NETLINK && ((const struct sockaddr_nl *)&from)->nl_pid != 0)
		return 0;
	return got > (ssize_t)size ? 0 : got;
}

static void nl_ready(struct cyg_shard *shard, struct cyg_poll *poll, unsigned events)
{
	struct nl *nl = CYG_CONTAINER(poll, struct nl, poll);
	char buffer[ANSWER_MAX];

	if (nl->send_failed) {
		nl->send_failed = false;
		answers_lost(nl);
	}
	for (unsigned i = 0; i < ANSWERS_PER_TURN && nl->fd >= 0; i++) {
		ssize_t got = receive(nl->fd, buffer, sizeof(buffer));

		if (got < 0 && errno == ENOBUFS) {
			answers_lost(nl);
			continue;
		}
		if (got < 0)
			break;
		nl_read(nl, buffer, (size_t)got);
	}
}

/* --- The socket --- */

/* All that waits, in one call. It may hold keys, so nothing of it stays. */
static void batch_send(struct nl *nl)
{
	ssize_t sent;

	if (nl->batch_used == 0)
		return;
	do {
		sent = send(nl->fd, nl->batch, nl->batch_used, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	cyg_wipe(nl->batch, nl->batch_used);
	nl->batch_used = 0;
	if (sent < 0) /* as if the answers had been lost; not from in here */
		nl->send_failed = true;
}

enum cyg_status nl_init(struct nl *nl, struct cyg_shard *shard, int fd)
{
	enum cyg_status status;

	*nl = (struct nl){ .shard = shard, .fd = fd, .poll = { .fd = fd, .ready = nl_ready } };
	if (fd < 0)
		return CYG_IO;
	nl->batch = malloc(NL_BATCH_MAX);
	status = nl->batch ? cyg_poll_start(shard, &nl->poll, CYG_READABLE) : CYG_NOMEM;
	if (status != CYG_OK) {
		free(nl->batch);
		nl->batch = NULL;
		(void)close(fd);
		nl->fd = -1;
	}
	return status;
}

bool nl_is_open(const struct nl *nl)
{
	return nl->shard && nl->fd >= 0;
}

void nl_done(struct nl *nl)
{
	if (!nl->shard)
		return;
	if (nl->fd >= 0) {
		batch_send(nl); /* what was asked for last is still done */
		cyg_turn_end_clear(nl->shard, &nl->turn_end);
		cyg_poll_stop(nl->shard, &nl->poll);
		(void)close(nl->fd);
	}
	free(nl->batch);
	while (nl->pending) {
		struct nl_pending *pending = nl->pending;

		nl->pending = pending->next;
		free(pending);
	}
	*nl = (struct nl){ .fd = -1 };
}

void nl_forget(struct nl *nl, const void *ctx)
{
	struct nl_pending **at = &nl->pending;

	while (*at) {
		struct nl_pending *pending = *at;

		if (pending->ctx != ctx) {
			at = &pending->next;
			continue;
		}
		unlink_pending(nl, at);
		free(pending);
	}
}

static void turn_over(struct cyg_shard *shard, struct cyg_turn_end *end)
{
	nl_flush(CYG_CONTAINER(end, struct nl, turn_end));
}

enum cyg_status nl_send(struct nl *nl, struct nl_message *m, nl_done_fn *done, void *ctx)
{
	struct nl_pending *pending = NULL;

	if (!nl_is_open(nl))
		return CYG_IO;
	if (done) {
		if (nl->count >= NL_PENDING_MAX)
			return CYG_BUSY;
		pending = calloc(1, sizeof(*pending));
		if (!pending)
			return CYG_NOMEM;
	} else {
		m->header.nlmsg_flags &= (uint16_t)~NLM_F_ACK; /* only of what fails is heard, by nobody */
	}
	m->header.nlmsg_seq = ++nl->seq;
	if (nl->batch_used + MNL_ALIGN(m->header.nlmsg_len) > NL_BATCH_MAX)
		batch_send(nl);
	memset(nl->batch + nl->batch_used, 0, MNL_ALIGN(m->header.nlmsg_len));
	memcpy(nl->batch + nl->batch_used, m->octets, m->header.nlmsg_len);
	nl->batch_used += MNL_ALIGN(m->header.nlmsg_len);
	nl->turn_end.run = turn_over;
	cyg_shard_at_turn_end(nl->shard, &nl->turn_end);
	if (!pending)
		return CYG_OK;
	*pending = (struct nl_pending){ .seq = nl->seq, .acked = m->header.nlmsg_flags & NLM_F_ACK, .done = done,
					.ctx = ctx };
	if (!nl->pending)
		nl->tail = &nl->pending;
	*nl->tail = pending;
	nl->tail = &pending->next;
	nl->count++;
	return CYG_OK;
}

void nl_flush(struct nl *nl)
{
	if (!nl_is_open(nl))
		return;
	batch_send(nl);
	nl_ready(nl->shard, &nl->poll, CYG_READABLE);
}

/* --- Questions that are answered before send() returns, so nothing is waited for --- */

struct asked {
	int error;
	void *out;
	size_t room, len;
};

static void note_answer(struct cyg_shard *shard, void *ctx, const struct nl_answer *answer)
{
	struct asked *asked = ctx;

	asked->error = answer->error;
	if (!answer->message || !asked->out)
		return;
	asked->len = answer->message->nlmsg_len;
	if (asked->len > asked->room)
		asked->error = EMSGSIZE;
	else
		memcpy(asked->out, answer->message, asked->len);
}

int nl_ask(struct nl *nl, struct nl_message *m, void *out, size_t room, size_t *len)
{
	struct asked asked = { .error = EAGAIN, .out = out, .room = room };

	if (nl_send(nl, m, note_answer, &asked) != CYG_OK)
		return EIO;
	nl_flush(nl);
	nl_forget(nl, &asked);
	if (len)
		*len = asked.len;
	return asked.error;
}

int nl_now(struct nl *nl, struct nl_message *m)
{
	return nl_ask(nl, m, NULL, 0, NULL);
}

int nl_dump(struct nl *nl, struct nl_message *m, void (*each)(void *ctx, const struct nlmsghdr *message), void *ctx)
{
	union {
		struct nlmsghdr header;
		char octets[ANSWER_MAX];
	} buffer;

	if (!nl_is_open(nl))
		return EBADF;
	m->header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	m->header.nlmsg_seq = ++nl->seq;
	if (send(nl->fd, m->octets, m->header.nlmsg_len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return errno;
	for (;;) {
		ssize_t got = receive(nl->fd, buffer.octets, sizeof(buffer));
		size_t at = 0, len = got > 0 ? (size_t)got : 0;

		if (got < 0)
			return errno;
		while (len - at >= sizeof(struct nlmsghdr)) {
			const struct nlmsghdr *header = (const void *)(buffer.octets + at);

			if (header->nlmsg_len < sizeof(*header) || header->nlmsg_len > len - at)
				return EPROTO;
			if (header->nlmsg_seq == nl->seq && header->nlmsg_type == NLMSG_DONE)
				return 0;
			if (header->nlmsg_seq == nl->seq && header->nlmsg_type == NLMSG_ERROR) {
				struct nl_answer answer = { 0 };

				read_error(header, &answer);
				return answer.error;
			}
			if (header->nlmsg_seq == nl->seq)
				each(ctx, header);
			if (MNL_ALIGN(header->nlmsg_len) >= len - at)
				break;
			at += MNL_ALIGN(header->nlmsg_len);
		}
	}
}

/* --- Requests --- */

void *nl_begin(struct nl_message *m, uint16_t type, uint16_t flags, size_t body)
{
	memset(m, 0, sizeof(*m));
	(void)mnl_nlmsg_put_header(m->octets);
	m->header.nlmsg_type = type;
	m->header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	return mnl_nlmsg_put_extra_header(&m->header, body);
}

static uint8_t family_of(const struct cyg_ip *ip)
{
	return ip->family == CYG_IPV6 ? AF_INET6 : AF_INET;
}

void nl_link_get(struct nl_message *m, const char *name)
{
	(void)nl_begin(m, RTM_GETLINK, 0, sizeof(struct ifinfomsg));
	m->header.nlmsg_flags &= (uint16_t)~NLM_F_ACK; /* the device is the answer */
	mnl_attr_put_strz(&m->header, IFLA_IFNAME, name);
}

void nl_link_delete(struct nl_message *m, const char *name)
{
	(void)nl_begin(m, RTM_DELLINK, 0, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(&m->header, IFLA_IFNAME, name);
}

void nl_link_set(struct nl_message *m, unsigned index, bool up, unsigned mtu, unsigned queue_length)
{
	struct ifinfomsg *link = nl_begin(m, RTM_NEWLINK, 0, sizeof(*link));

	link->ifi_index = (int)index;
	link->ifi_change = IFF_UP;
	link->ifi_flags = up ? IFF_UP : 0;
	if (mtu)
		mnl_attr_put_u32(&m->header, IFLA_MTU, mtu);
	if (queue_length)
		mnl_attr_put_u32(&m->header, IFLA_TXQLEN, queue_length);
}

void nl_link_no_autoaddress(struct nl_message *m, unsigned index)
{
	struct ifinfomsg *link = nl_begin(m, RTM_NEWLINK, 0, sizeof(*link));
	struct nlattr *families, *inet6;

	link->ifi_index = (int)index;
	families = mnl_attr_nest_start(&m->header, IFLA_AF_SPEC);
	inet6 = mnl_attr_nest_start(&m->header, AF_INET6);
	mnl_attr_put_u8(&m->header, IFLA_INET6_ADDR_GEN_MODE, GENERATE_NO_ADDRESS);
	mnl_attr_nest_end(&m->header, inet6);
	mnl_attr_nest_end(&m->header, families);
}

void nl_address(struct nl_message *m, unsigned index, const struct cyg_prefix *address, bool add)
{
	struct ifaddrmsg *body = nl_begin(m, add ? RTM_NEWADDR : RTM_DELADDR,
				       add ? NLM_F_CREATE | NLM_F_REPLACE : 0, sizeof(*body));

	body->ifa_family = family_of(&address->ip);
	body->ifa_prefixlen = address->len;
	body->ifa_scope = RT_SCOPE_UNIVERSE;
	body->ifa_index = index;
	mnl_attr_put(&m->header, IFA_LOCAL, cyg_ip_len(&address->ip), address->ip.octets);
	mnl_attr_put(&m->header, IFA_ADDRESS, cyg_ip_len(&address->ip), address->ip.octets);
	/* Nobody else is on this link; routes are our own. */
	mnl_attr_put_u32(&m->header, IFA_FLAGS, IFA_F_NODAD | IFA_F_NOPREFIXROUTE);
}

void nl_route(struct nl_message *m, unsigned index, const struct cyg_prefix *to, uint32_t metric, bool add)
{
	struct rtmsg *route = nl_begin(m, add ? RTM_NEWROUTE : RTM_DELROUTE,
				    add ? NLM_F_CREATE | NLM_F_REPLACE : 0, sizeof(*route));

	route->rtm_family = family_of(&to->ip);
	route->rtm_dst_len = to->len;
	route->rtm_table = CYG_ROUTE_TABLE;
	route->rtm_protocol = CYG_ROUTE_PROTO;
	route->rtm_scope = to->ip.family == CYG_IPV6 ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
	route->rtm_type = RTN_UNICAST;
	mnl_attr_put(&m->header, RTA_DST, cyg_ip_len(&to->ip), to->ip.octets);
	mnl_attr_put_u32(&m->header, RTA_OIF, index);
	if (metric)
		mnl_attr_put_u32(&m->header, RTA_PRIORITY, metric);
}

/*
 * Three steps, for what is not marked as ours: routes of the tunnels but a default one; routes of the
 * system but a default one; the tunnels' default route. So a default route into a tunnel does not hide
 * the networks this host is connected to.
 */
void nl_rule(struct nl_message *m, uint8_t family, unsigned which, bool add)
{
	struct fib_rule_hdr *rule = nl_begin(m, add ? RTM_NEWRULE : RTM_DELRULE,
					  add ? NLM_F_CREATE | NLM_F_EXCL : 0, sizeof(*rule));
	uint32_t table = which == 1 ? RT_TABLE_MAIN : CYG_ROUTE_TABLE;

	rule->family = family == CYG_IPV6 ? AF_INET6 : AF_INET;
	rule->action = FR_ACT_TO_TBL;
	rule->flags = FIB_RULE_INVERT;
	rule->table = (uint8_t)table;
	mnl_attr_put_u32(&m->header, FRA_TABLE, table);
	mnl_attr_put_u32(&m->header, FRA_FWMARK, CYG_FWMARK);
	mnl_attr_put_u32(&m->header, FRA_FWMASK, UINT32_MAX);
	mnl_attr_put_u32(&m->header, FRA_PRIORITY, RULE_FIRST + which);
	mnl_attr_put_u8(&m->header, FRA_PROTOCOL, CYG_ROUTE_PROTO);
	if (which < 2)
		mnl_attr_put_u32(&m->header, FRA_SUPPRESS_PREFIXLEN, 0);
}
