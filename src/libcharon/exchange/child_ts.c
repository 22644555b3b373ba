/* SPDX-License-Identifier: MIT */
/* What a child's traffic may be: selectors, and whether it goes in a tunnel or not. */
#include "exchange/child.h"

#include "policy/selectors.h"

#include <cygnet/debug.h>

/* --- What may be had --- */

static void allow(struct cyg_selectors *list, const struct cyg_selector *selector)
{
	/* Three at most are ever added to an empty list. */
	CYG_ASSERT(selectors_add(list, selector) == CYG_OK);
}

static void allow_host(struct cyg_selectors *list, const struct cyg_ip *ip, uint8_t protocol)
{
	struct cyg_selector selector = selector_of_ip(ip);

	selector.protocol = protocol;
	allow(list, &selector);
}

void child_allow(struct exchange *x)
{
	const struct ike_sa *sa = x->sa;
	const struct config_interface *interface = sa->interface;
	struct child_work *work = x->child;
	struct cyg_selector any4 = selector_any(CYG_IPV4), any6 = selector_any(CYG_IPV6);
	const struct ike_session *session = sa->session;
	bool given4 = session && session->address4.family, given6 = session && session->address6.family;
	bool asked = interface->address_negotiated || interface->address6_negotiated;
	bool automatic = sa->profile && sa->profile->mode_auto;
	bool v4, v6;

	work->allowed_local = work->allowed_remote = (struct cyg_selectors){ 0 };
	if (given4 || given6) {
		v4 = given4;
		v6 = given6;
	} else if (asked) {
		v4 = interface->address_negotiated;
		v6 = interface->address6_negotiated;
	} else if (automatic) {
		v4 = v6 = true;
	} else if (interface->mode == TUNNEL_GRE || interface->mode == TUNNEL_GRE_IPV6) {
		/* GRE between the outer addresses. */
		allow_host(&work->allowed_local, &sa->d.local.ip, 47);
		allow_host(&work->allowed_remote, &sa->d.remote.ip, 47);
		return;
	} else {
		v4 = interface->mode == TUNNEL_IPSEC_IPV4;
		v6 = !v4;
	}
	if (v4)
		allow(&work->allowed_local, &any4);
	if (v6)
		allow(&work->allowed_local, &any6);
	work->allowed_remote = work->allowed_local;
	/* Whoever was given an address speaks from it and from no other. */
	if (given4 || given6) {
		struct cyg_selectors *owner = session->ours ? &work->allowed_local :
							      &work->allowed_remote;

		*owner = (struct cyg_selectors){ 0 };
		if (given4)
			allow_host(owner, &session->address4, 0);
		if (given6) {
			struct cyg_prefix prefix;
			struct cyg_selector selector;

			if (cyg_prefix_make(&session->address6,
					    session->prefix6 ? session->prefix6 : 128, &prefix) != CYG_OK)
				return;
			selector = selector_of_prefix(&prefix);
			allow(owner, &selector);
		}
	}
}

/* --- Narrowing --- */

static enum cyg_status refuse_selectors(struct exchange *x, const struct ts_trace *trace, const char *what)
{
	struct ike_shard *ike = exchange_ike(x);
	const struct config_interface *interface = x->sa->interface;
	const struct message *msg = x->msg;
	struct cyg_strbuf offered = why_offered(ike);
	struct cyg_strbuf nearest = CYG_STRBUF(ike->why.nearest);

	why_object(ike, &interface->head);
	selectors_text(x->ours ? &msg->tsi : &msg->tsr, &offered);
	cyg_strbuf_add(&offered, CYG_STR(" to "));
	selectors_text(x->ours ? &msg->tsr : &msg->tsi, &offered);
	selectors_text(&x->child->allowed_local, &nearest);
	cyg_strbuf_add(&nearest, CYG_STR(" to "));
	selectors_text(&x->child->allowed_remote, &nearest);
	if (trace) {
		cyg_strbuf_add(&nearest, CYG_STR(" ("));
		ts_trace_text(trace, &nearest);
		cyg_strbuf_add(&nearest, CYG_STR(")"));
	}
	if (interface->mode == TUNNEL_GRE || interface->mode == TUNNEL_GRE_IPV6)
		why_mend(ike, "interface %s / tunnel mode ipsec ipv4", interface->head.name);
	else
		why_mend(ike, "the selectors at the peer, or interface %s / tunnel mode ipsec ipv4|ipv6",
			 interface->head.name);
	return child_refuse(x, CYG_N_TS_UNACCEPTABLE, "%s", what);
}

/* One side: what the message holds of it, in as many parts as it takes. */
static void narrow_side(const struct cyg_selectors *first, struct cyg_bytes rest,
			const struct cyg_selectors *allowed, struct cyg_selectors *out,
			struct ts_trace *trace)
{
	*out = (struct cyg_selectors){ 0 };
	selectors_narrow(first, allowed, out, trace);
	while (rest.len) {
		struct cyg_selectors more;

		ts_read_rest(&rest, &more);
		selectors_narrow(&more, allowed, out, trace);
	}
}

static void tell_narrowed(const struct exchange *x, const char *side, const struct ts_trace *trace)
{
	const struct ike_sa *sa = x->sa;
	const struct cyg_debug_who who = { .peer = &sa->d.remote.ip, .identity = sa->remote_id };
	char text[512];
	struct cyg_strbuf out = CYG_STRBUF(text);

	if (!cyg_debug_wanted(CYG_DEBUG_IPSEC, &who))
		return;
	ts_trace_text(trace, &out);
	if (out.len)
		cyg_debug(CYG_DEBUG_IPSEC, &who, "debug.selectors", "{peer}: {side} selectors: {what}",
			  F_ENDPOINT("peer", &sa->d.remote), F_STR("side", side), F_STR("what", text));
}

enum cyg_status child_narrow(struct exchange *x)
{
	struct child_work *work = x->child;
	const struct message *msg = x->msg;
	struct ts_trace local = { 0 }, remote = { 0 };

	/* The exchange's initiator is behind TSi. */
	narrow_side(x->ours ? &msg->tsi : &msg->tsr, x->ours ? msg->tsi_rest : msg->tsr_rest,
		    &work->allowed_local, &work->local, &local);
	narrow_side(x->ours ? &msg->tsr : &msg->tsi, x->ours ? msg->tsr_rest : msg->tsi_rest,
		    &work->allowed_remote, &work->remote, &remote);
	if (!work->local.count)
		return refuse_selectors(x, &local, "the peer's traffic selectors meet none of ours");
	if (!work->remote.count)
		return refuse_selectors(x, &remote, "the peer's traffic selectors meet none of ours");
	tell_narrowed(x, "local", &local);
	tell_narrowed(x, "remote", &remote);
	return CYG_OK;
}

enum cyg_status child_confirm_selectors(struct exchange *x)
{
	struct child_work *work = x->child;
	const struct message *msg = x->msg;

	child_allow(x); /* an address may have come by now */
	if (msg->tsi_rest.len || msg->tsr_rest.len)
		return refuse_selectors(x, NULL, "the peer answers with more traffic selectors than we asked for");
	if (!selectors_within(&msg->tsi, &work->local) || !selectors_within(&msg->tsr, &work->remote))
		return refuse_selectors(x, NULL, "the peer answers with traffic selectors that we did not ask for");
	return child_narrow(x);
}

/* --- Transport mode: RFC 7296 1.3.1 --- */

/* Why this set's children cannot go without a tunnel; NULL: they can. */
static const char *hindrance(const struct exchange *x, const struct config_transform_set *set)
{
	const struct ike_sa *sa = x->sa;
	const struct config_interface *interface = sa->interface;

	if (interface->mode != TUNNEL_GRE && interface->mode != TUNNEL_GRE_IPV6)
		return "tunnel mode ipsec forces it";
	if (!set->transport)
		return "the transform set has mode tunnel";
	if (!(sa->ike->kernel->features & CYG_KERNEL_CAN_TRANSPORT))
		return "the data plane carries tunnels only";
	if (sa->d.nat_local || sa->d.nat_remote)
		return "a NAT is in between";
	return NULL;
}

static const struct config_transform_set *chosen_set(const struct child_work *work)
{
	return work->profile->set[work->chosen.wish];
}

static enum cyg_status refuse_mode(struct exchange *x, const char *why)
{
	const struct config_transform_set *set = chosen_set(x->child);

	why_object(exchange_ike(x), &set->head);
	why_mend(exchange_ike(x), "crypto ipsec transform-set %s / mode transport, without require",
		 set->head.name);
	return child_refuse(x, CYG_N_NO_PROPOSAL_CHOSEN, "transform set %s requires transport mode: %s",
			    set->head.name, why);
}

/* A tunnel interface of IPsec has its own way, whatever the set says. */
static bool required(const struct exchange *x)
{
	const struct config_interface *interface = x->sa->interface;

	return chosen_set(x->child)->transport_require &&
	       (interface->mode == TUNNEL_GRE || interface->mode == TUNNEL_GRE_IPV6);
}

enum cyg_status child_choose_mode(struct exchange *x)
{
	struct child_work *work = x->child;
	const char *why = hindrance(x, chosen_set(work));

	if (!why && !message_notify(x->msg, CYG_N_USE_TRANSPORT_MODE))
		why = "the peer does not ask for it";
	work->transport = !why;
	return why && required(x) ? refuse_mode(x, why) : CYG_OK;
}

void child_offer_mode(struct exchange *x)
{
	struct child_work *work = x->child;

	work->transport = !hindrance(x, work->profile->set[0]);
}

enum cyg_status child_confirm_mode(struct exchange *x)
{
	struct child_work *work = x->child;
	bool agreed = message_notify(x->msg, CYG_N_USE_TRANSPORT_MODE) != NULL;
	const char *why = hindrance(x, chosen_set(work));

	if (agreed && !work->transport)
		return child_refuse(x, CYG_N_INVALID_SYNTAX,
				    "the peer answers with transport mode, for which we did not ask");
	if (!agreed && !why)
		why = work->transport ? "the peer declines it" : "the first transform set does not ask for it";
	work->transport = agreed;
	return !agreed && required(x) ? refuse_mode(x, why) : CYG_OK;
}

void child_write_mode(struct exchange *x)
{
	if (x->child->transport)
		notify_write(x->out, CYG_PROTO_NONE, 0, 0, CYG_N_USE_TRANSPORT_MODE, cyg_bytes(NULL, 0));
}
