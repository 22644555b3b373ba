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
#define ANSWERS_PER_TURN 256
#define RULE_FIRST  7371 /* before `main` (32766) */

/* Older headers do not name these. */
#define GENERATE_NO_ADDRESS 1 /* IN6_ADDR_GEN_MODE_NONE */

int nl_open(void)
{
	struct sockaddr_nl here = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	int on = 1, saved;

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

static void answer_one(struct nl *nl, const struct nlmsghdr *header)
{
	struct nl_pending **at = &nl->pending, *pending;
	struct nl_answer answer = { 0 };

	while (*at && (*at)->seq != header->nlmsg_seq)
		at = &(*at)->next;
	pending = *at;
	if (!pending)
		return; /* forgotten, or not ours */
	if (header->nlmsg_type == NLMSG_ERROR) {
		read_error(header, &answer);
	} else if (header->nlmsg_type == RTM_NEWLINK) {
		const struct ifinfomsg *link = mnl_nlmsg_get_payload(header);

		if (mnl_nlmsg_get_payload_len(header) < sizeof(*link))
			answer.error = EPROTO;
		else
			answer.index = (unsigned)link->ifi_index;
	} else {
		return;
	}
	*at = pending->next;
	nl->count--;
	pending->done(nl->shard, pending->ctx, &answer);
	free(pending);
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

	for (unsigned i = 0; i < ANSWERS_PER_TURN && nl->fd >= 0; i++) {
		ssize_t got = receive(nl->fd, buffer, sizeof(buffer));

		if (got < 0)
			break;
		nl_read(nl, buffer, (size_t)got);
	}
}

/* --- The socket --- */

enum cyg_status nl_init(struct nl *nl, struct cyg_shard *shard, int fd)
{
	enum cyg_status status;

	*nl = (struct nl){ .shard = shard, .fd = fd, .poll = { .fd = fd, .ready = nl_ready } };
	if (fd < 0)
		return CYG_IO;
	status = cyg_poll_start(shard, &nl->poll, CYG_READABLE);
	if (status != CYG_OK) {
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
		cyg_poll_stop(nl->shard, &nl->poll);
		(void)close(nl->fd);
	}
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
		*at = pending->next;
		nl->count--;
		free(pending);
	}
}

enum cyg_status nl_send(struct nl *nl, struct nl_message *m, nl_done_fn *done, void *ctx)
{
	struct nl_pending *pending, **at = &nl->pending;

	if (!nl_is_open(nl))
		return CYG_IO;
	if (nl->count >= NL_PENDING_MAX)
		return CYG_BUSY;
	pending = calloc(1, sizeof(*pending));
	if (!pending)
		return CYG_NOMEM;
	m->header.nlmsg_seq = ++nl->seq;
	if (send(nl->fd, m->octets, m->header.nlmsg_len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
		free(pending);
		return errno == EAGAIN || errno == ENOBUFS ? CYG_BUSY : CYG_IO;
	}
	*pending = (struct nl_pending){ .seq = nl->seq, .done = done, .ctx = ctx };
	while (*at)
		at = &(*at)->next;
	*at = pending;
	nl->count++;
	return CYG_OK;
}

static void note_error(struct cyg_shard *shard, void *ctx, const struct nl_answer *answer)
{
	*(int *)ctx = answer->error;
}

/* rtnetlink answers before send() returns, so nothing is waited for here. */
int nl_now(struct nl *nl, struct nl_message *m)
{
	int error = EAGAIN;

	if (nl_send(nl, m, note_error, &error) != CYG_OK)
		return EIO;
	nl_ready(nl->shard, &nl->poll, CYG_READABLE);
	nl_forget(nl, &error);
	return error;
}

/* --- Requests --- */

static void *begin(struct nl_message *m, uint16_t type, uint16_t flags, size_t body)
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
	(void)begin(m, RTM_GETLINK, 0, sizeof(struct ifinfomsg));
	m->header.nlmsg_flags &= (uint16_t)~NLM_F_ACK; /* the device is the answer */
	mnl_attr_put_strz(&m->header, IFLA_IFNAME, name);
}

void nl_link_set(struct nl_message *m, unsigned index, bool up, unsigned mtu, unsigned queue_length)
{
	struct ifinfomsg *link = begin(m, RTM_NEWLINK, 0, sizeof(*link));

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
	struct ifinfomsg *link = begin(m, RTM_NEWLINK, 0, sizeof(*link));
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
	struct ifaddrmsg *body = begin(m, add ? RTM_NEWADDR : RTM_DELADDR,
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
	struct rtmsg *route = begin(m, add ? RTM_NEWROUTE : RTM_DELROUTE,
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
	struct fib_rule_hdr *rule = begin(m, add ? RTM_NEWRULE : RTM_DELRULE,
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
