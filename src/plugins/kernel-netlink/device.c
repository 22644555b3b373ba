/* SPDX-License-Identifier: MIT */
/*
 * xfrm interfaces. Policies of one interface, set by worker 0 while it is there: one for each family that takes in
 * what SAs have checked by themselves, and one that makes the kernel ask for an SA when a packet finds none.
 */
#include "plane.h"

#include <cygnet/log.h>

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>

static struct plane_link *link_find(struct plane_shard *s, uint32_t id)
{
	struct plane_link *link = s->links;

	while (link && link->id != id)
		link = link->next;
	return link;
}

void plane_links_free(struct plane_shard *s)
{
	while (s->links) {
		struct plane_link *link = s->links;

		s->links = link->next;
		free(link);
	}
}

/* --- Policies of an interface --- */

#define POLICIES 6 /* in, forward and out of both families */

/* The policy number `n` of an interface. */
static struct xfrm_policy_of policy_of(uint32_t id, unsigned n)
{
	uint8_t family = n < POLICIES / 2 ? CYG_IPV4 : CYG_IPV6;
	struct cyg_prefix any = { .ip = { .family = family } };

	return (struct xfrm_policy_of){ .way = (enum xfrm_way)(n % (POLICIES / 2)),
					.pair = { .local = any, .remote = any }, .if_id = id };
}

static void set_done(struct cyg_shard *shard, void *ctx, const struct nl_answer *answer)
{
	if (answer->error)
		cyg_log(CYG_LOG_ERROR, "kernel.interface-failed", "{device}: {what}: {why}",
			F_UINT("device", (uint32_t)(uintptr_t)ctx), F_STR("what", "its policies cannot be set"),
			F_STR("why", answer->text[0] ? answer->text : strerror(answer->error)));
}

static void policies_set(struct plane_shard *s, uint32_t id, bool set)
{
	for (unsigned i = 0; i < POLICIES; i++) {
		struct xfrm_policy_of policy = policy_of(id, i);
		struct xfrm_template template = { .reqid = XFRM_REQID_COMMON };
		struct nl_message m;

		if (policy.way == XFRM_WAY_OUT) /* a place that is none, so that no route is looked for */
			template = (struct xfrm_template){ .from = { CYG_IPV4, { 127, 0, 0, 1 } } };
		if (set)
			xfrm_policy_set(&m, &policy, &template,
					policy.way == XFRM_WAY_OUT ? XFRM_PRIORITY_ACQUIRE : XFRM_PRIORITY_COMMON);
		else
			xfrm_policy_delete(&m, &policy);
		if (nl_send(&s->xfrm, &m, set ? set_done : NULL, (void *)(uintptr_t)id) != CYG_OK)
			return;
	}
}

/* --- Shards --- */

static enum cyg_status attach(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard, struct device_attach *attach)
{
	struct plane_shard *s = plane_of(ctx, shard);
	struct plane_link *link = s ? link_find(s, attach->id) : NULL;

	device_attach_close(attach);
	if (!s)
		return CYG_OK;
	if (plane_shard_open(s) != CYG_OK) /* the engine may not have used it yet */
		return CYG_UNSUPPORTED;
	if (!link) {
		link = calloc(1, sizeof(*link));
		if (!link)
			return CYG_NOMEM;
		link->id = attach->id;
		link->next = s->links;
		s->links = link;
	}
	if (cyg_shard_index(shard) == 0 && link->index != attach->index)
		policies_set(s, link->id, true);
	link->index = attach->index;
	held_device(&s->held, link->id, link->index);
	return CYG_OK;
}

static void detach(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard, uint32_t id)
{
	struct plane_shard *s = plane_of(ctx, shard);
	struct plane_link *link = s ? link_find(s, id) : NULL;

	if (!link)
		return;
	if (cyg_shard_index(shard) == 0 && link->index)
		policies_set(s, id, false);
	link->index = 0;
	held_device(&s->held, id, 0);
}

static struct held *held_of(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard)
{
	struct plane_shard *s = plane_of(ctx, shard);

	return s ? &s->held : NULL;
}

static unsigned held_index(struct held *held, uint32_t interface_id)
{
	const struct plane_link *link = link_find(CYG_CONTAINER(held, struct plane_shard, held), interface_id);

	return link ? link->index : 0;
}

const struct held_owner plane_held_owner = { .of = held_of, .device = held_index };

/* --- The control thread --- */

static uint32_t device_mtu(struct cyg_plugin_ctx *ctx, struct cyg_shard *control)
{
	return CYG_CONF(ctx, control, struct plane_conf)->mtu;
}

static uint32_t device_queue_length(struct cyg_plugin_ctx *ctx, struct cyg_shard *control)
{
	return 0; /* it holds no packets */
}

static void device_make(struct nl_message *m, const struct cyg_kernel_interface *wanted)
{
	struct nlattr *info, *data;

	(void)nl_begin(m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(&m->header, IFLA_IFNAME, wanted->name);
	info = mnl_attr_nest_start(&m->header, IFLA_LINKINFO);
	mnl_attr_put_strz(&m->header, IFLA_INFO_KIND, "xfrm");
	data = mnl_attr_nest_start(&m->header, IFLA_INFO_DATA);
	mnl_attr_put_u32(&m->header, IFLA_XFRM_IF_ID, wanted->id);
	mnl_attr_nest_end(&m->header, data);
	mnl_attr_nest_end(&m->header, info);
}

static int device_netlink(int protocol)
{
	return plane_netlink_open(protocol);
}

static struct devices *devices_of(struct cyg_plugin_ctx *ctx)
{
	struct plane *plane = cyg_plugin_data(ctx);

	return plane ? &plane->devices : NULL;
}

static enum cyg_status device_probe(struct cyg_plugin_ctx *ctx, struct cyg_shard *control)
{
	struct plane *plane = cyg_plugin_data(ctx);
	struct nl route = { .fd = -1 };
	enum cyg_status status;

	if (!nl_is_open(&plane->xfrm))
		(void)!nl_init(&plane->xfrm, control, plane_netlink_open(NETLINK_XFRM));
	status = nl_init(&route, control, plane_netlink_open(NETLINK_ROUTE));
	if (status == CYG_OK)
		status = plane_probe(&plane->xfrm, &route);
	nl_done(&route);
	return status;
}

/* What is in the kernel under the number of an interface. */
struct remains {
	uint32_t id;
	struct nl_message *deletion;
	size_t count, room;
};

static void remains_add(void *ctx, const struct nlmsghdr *message)
{
	struct remains *r = ctx;

	if (r->count == r->room) {
		size_t room = r->room ? r->room * 2 : 16;
		struct nl_message *more = realloc(r->deletion, room * sizeof(*more));

		if (!more)
			return;
		r->deletion = more;
		r->room = room;
	}
	if (xfrm_dumped(message, r->id, &r->deletion[r->count]))
		r->count++;
}

/* Of a run that ended badly, or of sessions whose shard had no time. Nobody else has policies under this number. */
static void device_clear(struct cyg_plugin_ctx *ctx, uint32_t id)
{
	struct plane *plane = cyg_plugin_data(ctx);
	struct remains r = { .id = id };
	struct nl_message m;

	if (!nl_is_open(&plane->xfrm))
		return;
	xfrm_policy_dump(&m);
	(void)nl_dump(&plane->xfrm, &m, remains_add, &r);
	xfrm_sa_dump(&m);
	(void)nl_dump(&plane->xfrm, &m, remains_add, &r);
	for (size_t i = 0; i < r.count; i++)
		(void)nl_now(&plane->xfrm, &r.deletion[i]);
	free(r.deletion);
}

const struct device_kind plane_device_kind = {
	.mtu = device_mtu,
	.queue_length = device_queue_length,
	.make = device_make,
	.clear = device_clear,
	.probe = device_probe,
	.netlink_open = device_netlink,
	.of = devices_of,
	.attach = attach,
	.detach = detach,
};
