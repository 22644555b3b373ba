/* SPDX-License-Identifier: MIT */
/* What the kernel tells of its own accord. Worker 0 hears it and hands it to the shard that our SPI names. */
#include "plane.h"

#include <cygnet/log.h>

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define REPORT_ROOM      8192
#define REPORTS_PER_TURN 256
#define SOL_NETLINK_     270

struct report_msg {
	struct cyg_msg msg;
	struct cyg_plugin_ctx *ctx;
	struct xfrm_report report;
	bool again; /* the first shard did not know the SPI */
};

static void report_drop(struct cyg_msg *msg)
{
	free(CYG_CONTAINER(msg, struct report_msg, msg));
}

/* Inbound by its SPI; outbound by its reqid, which is the inbound SPI of the child. */
static struct plane_child *child_of(struct plane_shard *s, const struct xfrm_report *report)
{
	struct plane_child *child = plane_child_find(s, report->spi);

	if (child)
		return child;
	child = plane_child_find(s, report->reqid);
	return child && child->spi_out == report->spi ? child : NULL;
}

static void tell(struct plane_shard *s, const struct xfrm_report *report, const struct plane_child *child)
{
	switch (report->kind) {
	case XFRM_REPORT_EXPIRE:
		s->events->expire(s->shard, child->owner, child->spi_in, report->hard);
		break;
	case XFRM_REPORT_MAPPING:
		if (child->udp_encap && !cyg_endpoint_equal(&child->remote, &report->remote))
			s->events->mapping(s->shard, child->owner, child->spi_in, &report->remote);
		break;
	case XFRM_REPORT_ACQUIRE:
		s->events->acquire(s->shard, report->if_id, &report->source, &report->destination, report->protocol);
		break;
	case XFRM_REPORT_NONE:
		break;
	}
}

static void report_run(struct cyg_shard *shard, struct cyg_msg *msg)
{
	struct report_msg *m = CYG_CONTAINER(msg, struct report_msg, msg);
	struct plane_shard *s = plane_of(m->ctx, shard);
	const struct plane_child *child = s ? child_of(s, &m->report) : NULL;

	if (s && s->events && (child || m->report.kind == XFRM_REPORT_ACQUIRE)) {
		tell(s, &m->report, child);
	} else if (s && !m->again && m->report.reqid != XFRM_REQID_COMMON) {
		m->again = true;
		outbox_post(&s->outbox, cyg_shard_of_slot(shard, (uint8_t)(m->report.reqid >> 24)), msg);
		return;
	}
	free(m);
}

static void post(struct plane_shard *s, unsigned shard, const struct xfrm_report *report)
{
	struct report_msg *m = calloc(1, sizeof(*m));

	if (!m)
		return; /* the kernel says it again, or the lifetime in seconds ends it */
	*m = (struct report_msg){ .msg = { .run = report_run, .drop = report_drop }, .ctx = s->ctx,
				  .report = *report };
	outbox_post(&s->outbox, shard, &m->msg);
}

static void hand_over(struct plane_shard *s, const struct xfrm_report *report)
{
	bool ours = false;

	if (report->kind == XFRM_REPORT_NONE)
		return;
	if (report->kind != XFRM_REPORT_ACQUIRE) {
		post(s, cyg_shard_of_slot(s->shard, (uint8_t)(report->spi >> 24)), report);
		return;
	}
	for (const struct plane_link *link = s->links; link; link = link->next)
		ours |= link->index && link->id == report->if_id;
	for (unsigned i = 0; ours && i < cyg_shard_count(s->shard); i++)
		post(s, i, report);
}

static void reports_ready(struct cyg_shard *shard, struct cyg_poll *poll, unsigned events)
{
	struct plane_shard *s = CYG_CONTAINER(poll, struct plane_shard, reports);
	union {
		struct nlmsghdr header;
		char octets[REPORT_ROOM];
	} buffer;

	for (unsigned i = 0; i < REPORTS_PER_TURN; i++) {
		struct sockaddr_nl from = { 0 };
		socklen_t from_len = sizeof(from);
		ssize_t got = recvfrom(poll->fd, buffer.octets, sizeof(buffer), MSG_DONTWAIT,
				       (struct sockaddr *)&from, &from_len);
		struct xfrm_report report;

		if (got < 0 && errno == ENOBUFS)
			continue; /* some are lost: expiry is told again, or a lifetime ends it */
		if (got < 0)
			break;
		if (from.nl_family == AF_NETLINK && from.nl_pid != 0)
			continue; /* only the system may say so */
		report = xfrm_report_read(&buffer.header, (size_t)got);
		hand_over(s, &report);
	}
}

void plane_reports_start(struct plane_shard *s)
{
	static const int groups[] = { XFRMNLGRP_ACQUIRE, XFRMNLGRP_EXPIRE, XFRMNLGRP_MAPPING };
	int fd = plane_netlink_open(NETLINK_XFRM), error = errno;
	bool joined = fd >= 0;

	s->reports = (struct cyg_poll){ .fd = fd, .ready = reports_ready };
	for (size_t i = 0; i < CYG_COUNT(groups) && joined; i++) {
		joined = setsockopt(fd, SOL_NETLINK_, NETLINK_ADD_MEMBERSHIP, &groups[i], sizeof(groups[i])) == 0;
		error = errno;
	}
	if (joined && cyg_poll_start(s->shard, &s->reports, CYG_READABLE) == CYG_OK)
		return;
	cyg_log(CYG_LOG_ERROR, "kernel.no-reports",
		"limits by volume and moved NAT mappings will not be noticed: {error}",
		F_STR("error", strerror(joined ? ENOMEM : error)));
	if (fd >= 0)
		(void)close(fd);
	s->reports.fd = -1;
}

void plane_reports_stop(struct plane_shard *s)
{
	if (s->reports.fd < 0)
		return;
	cyg_poll_stop(s->shard, &s->reports);
	(void)close(s->reports.fd);
	s->reports.fd = -1;
}
