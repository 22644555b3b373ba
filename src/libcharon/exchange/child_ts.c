/* SPDX-License-Identifier: MIT */
/* What a child's traffic may be: selectors, and whether it goes in a tunnel or not. */
#include "exchange/child.h"

#include "policy/selectors.h"

#include <cygnet/debug.h>

#define GRE 47 /* IP protocol */

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
		allow_host(&work->allowed_local, &sa->d.local.ip, GRE);
		allow_host(&work->allowed_remote, &sa->d.remote.ip, GRE);
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

/* What the peer's selectors are for: the tunnel mode that has them, unless it is ours already. */
static void mend_mode(struct exchange *x, const struct cyg_selectors *theirs)
{
	const struct config_interface *interface = x->sa->interface;
	bool gre = theirs->count && theirs->item[0].protocol == GRE;
	bool v6 = theirs->count && theirs->item[0].addr.low.family == CYG_IPV6;
	enum tunnel_mode mode = gre ? v6 ? TUNNEL_GRE_IPV6 : TUNNEL_GRE : v6 ? TUNNEL_IPSEC_IPV6 : TUNNEL_IPSEC_IPV4;
	static const char *const words[] = {
		[TUNNEL_GRE] = "gre ip", [TUNNEL_GRE_IPV6] = "gre ipv6",
		[TUNNEL_IPSEC_IPV4] = "ipsec ipv4", [TUNNEL_IPSEC_IPV6] = "ipsec ipv6",
	};

	if (gre && mode == interface->mode)
		why_mend(exchange_ike(x), "interface %s / tunnel mode ipsec ipv4, and the same at the peer: GRE needs the very addresses "
					  "that both ends see", interface->head.name);
	else if (mode == interface->mode)
		why_mend(exchange_ike(x), "the selectors at the peer: what is nearest here is all that %s carries",
			 interface->head.name);
	else
		why_mend(exchange_ike(x), "interface %s / tunnel mode %s", interface->head.name, words[mode]);
}

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
	mend_mode(x, x->ours ? &msg->tsr : &msg->tsi);
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

/* Of one host, for GRE alone. */
static bool is_gre(const struct cyg_selectors *list, const struct cyg_ip *host)
{
	const struct cyg_selector *s = &list->item[0];

	return list->count == 1 && s->protocol == GRE && cyg_ip_equal(&s->addr.low, host) &&
	       cyg_ip_equal(&s->addr.high, host);
}

/*
 * One end means a tunnel of GRE, the other one of IPsec. The selectors of both have something in common, and yet nothing would ever
 * come through: the interface of one end makes packets that that of the other does not read.
 */
static bool modes_differ(const struct exchange *x)
{
	const struct ike_sa *sa = x->sa;
	const struct child_work *work = x->child;
	const struct message *msg = x->msg;
	const struct cyg_selectors *local = x->ours ? &msg->tsi : &msg->tsr, *remote = x->ours ? &msg->tsr : &msg->tsi;

	if (sa->profile && sa->profile->mode_auto)
		return false;
	if (is_gre(&work->allowed_local, &sa->d.local.ip))
		return selectors_have_any(local) && selectors_have_any(remote);
	return is_gre(local, &sa->d.local.ip) && is_gre(remote, &sa->d.remote.ip);
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
	if (modes_differ(x))
		return refuse_selectors(x, &remote, "one end is a tunnel of GRE, the other one of IPsec");
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
	why_mend_set(exchange_ike(x), set, "mode transport (without require)");
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
