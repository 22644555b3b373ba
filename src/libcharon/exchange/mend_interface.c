/* SPDX-License-Identifier: MIT */
/* The line by which an interface of ours would take a peer's traffic, as it would be typed. */
#include "exchange/exchange.h"

#include "policy/select.h"

/* The first template, and the first IPsec profile that somebody wrote. */
static const struct config_interface *first_template(const struct config_view *view)
{
	for (size_t i = 0; i < view->interface_count; i++) {
		if (view->interfaces[i]->kind == IF_VIRTUAL_TEMPLATE)
			return view->interfaces[i];
	}
	return NULL;
}

static const char *first_ipsec_profile(const struct config_view *view)
{
	for (size_t i = 0; i < view->ipsec_profile_count; i++) {
		if (strcmp(view->ipsec_profiles[i]->head.name, "default") != 0)
			return view->ipsec_profiles[i]->head.name;
	}
	return "default";
}

static const struct config_interface *template_of(const struct config_view *view, uint32_t number)
{
	for (size_t i = 0; i < view->interface_count; i++) {
		if (view->interfaces[i]->kind == IF_VIRTUAL_TEMPLATE && view->interfaces[i]->number == number)
			return view->interfaces[i];
	}
	return NULL;
}

/* The first interface of a kind that is not whole, of this number or of any. */
#define ANY_NUMBER UINT32_MAX
static const struct config_interface *idle_interface(const struct config_view *view, enum interface_kind kind,
						     uint32_t number)
{
	for (size_t i = 0; i < view->idle_interface_count; i++) {
		const struct config_interface *interface = view->idle_interfaces[i];

		if (interface->kind == kind && (number == ANY_NUMBER || interface->number == number))
			return interface;
	}
	return NULL;
}

static const char *first_loopback(const struct config_view *view)
{
	for (size_t i = 0; i < view->interface_count; i++) {
		if (view->interfaces[i]->kind == IF_LOOPBACK && cyg_ip_is_set(&view->interfaces[i]->address4.ip))
			return view->interfaces[i]->head.name;
	}
	return "INTERFACE";
}

/* The lines that it lacks, one behind the other. */
static void mend_lines(struct ike_shard *ike, const struct config_interface *i)
{
	bool addressed = cyg_ip_is_set(&i->address4.ip) || cyg_ip_is_set(&i->address6.ip) || i->address_negotiated ||
			 i->address6_negotiated || i->unnumbered4[0] || i->unnumbered6[0];
	char text[160];
	struct cyg_strbuf out = CYG_STRBUF(text);

	if (i->kind == IF_TUNNEL && !addressed)
		cyg_strbuf_add(&out, CYG_STR(" / ip address negotiated"));
	if (i->kind == IF_VIRTUAL_TEMPLATE && !i->unnumbered4[0] && !i->unnumbered6[0])
		cyg_strbuf_addf(&out, " / ip unnumbered %s", first_loopback(ike->view));
	if (i->kind == IF_TUNNEL && !i->has_source)
		cyg_strbuf_add(&out, CYG_STR(" / tunnel source dynamic"));
	if (i->kind == IF_TUNNEL && !i->has_destination)
		cyg_strbuf_add(&out, CYG_STR(" / tunnel destination ADDRESS"));
	why_object(ike, &i->head);
	why_mend(ike, "interface %s%s", i->head.name, out.len ? text : ", which is not whole");
}

void why_mend_idle_interface(struct ike_shard *ike, const struct config_interface *interface)
{
	const struct config_view *view = ike->view;
	const struct config_ipsec_profile *ipsec = NULL;
	const struct config_head *set = why_first_object(view, MODE_TRANSFORM_SET);

	for (size_t i = 0; i < view->idle_ipsec_profile_count; i++) {
		if (strcmp(view->idle_ipsec_profiles[i]->head.name, interface->protection_name) == 0)
			ipsec = view->idle_ipsec_profiles[i];
	}
	why_object(ike, ipsec ? &ipsec->head : &interface->head);
	if (interface->protection)
		mend_lines(ike, interface);
	else if (!ipsec)
		why_mend(ike, "interface %s / tunnel protection ipsec profile %s", interface->head.name,
			 first_ipsec_profile(view));
	else if (!ipsec->set_count)
		why_mend(ike, "crypto ipsec profile %s / set transform-set %s", ipsec->head.name, set ? set->name : "NAME");
	else
		why_mend(ike, "crypto ipsec profile %s / set ikev2-profile %s", ipsec->head.name,
			 view->profile_count ? view->profiles[0]->head.name : "NAME");
}

/* A tunnel that would take the peer if its destination were the peer's address. */
static const struct config_interface *other_tunnel(const struct config_view *view, const struct config_profile *p)
{
	for (size_t i = 0; i < view->interface_count; i++) {
		const struct config_interface *tunnel = view->interfaces[i];
		const struct config_profile *of = tunnel->protection ? tunnel->protection->ikev2_profile : NULL;

		if (tunnel->kind == IF_TUNNEL && tunnel->protection &&
		    (!of || !p || strcmp(of->head.name, p->head.name) == 0))
			return tunnel;
	}
	return NULL;
}

static void mend_tunnel(struct ike_sa *sa, const struct config_interface *tunnel)
{
	struct cyg_ip source = interface_source(sa->ike->view, tunnel);
	const char *name = tunnel->head.name;
	char address[CYG_IP_TEXT];

	why_object(sa->ike, &tunnel->head);
	if (tunnel->shutdown)
		why_mend(sa->ike, "interface %s / no shutdown", name);
	else if (!cyg_ip_equal(&tunnel->destination, &sa->d.remote.ip))
		why_mend(sa->ike, "interface %s / tunnel destination %s", name, cyg_ip_text(&sa->d.remote.ip, address));
	else if (source.family && !cyg_ip_equal(&source, &sa->d.local.ip))
		why_mend(sa->ike, "interface %s / tunnel source %s", name, cyg_ip_text(&sa->d.local.ip, address));
	else
		why_mend(sa->ike, "clear crypto ikev2 sa of this peer: its session is older than what %s is now", name);
}

void why_mend_interface(struct ike_sa *sa)
{
	struct ike_shard *ike = sa->ike;
	const struct config_profile *p = sa->profile;
	const struct config_view *view = ike->view;
	const struct config_interface *template = first_template(view), *tunnel = other_tunnel(view, p);

	if (p)
		why_object(ike, &p->head);
	if (p && p->virtual_template) {
		const struct config_interface *mine = template_of(view, p->virtual_template);
		const struct config_interface *idle = idle_interface(view, IF_VIRTUAL_TEMPLATE, p->virtual_template);

		if (mine && !mine->protection)
			why_mend(ike, "interface %s / tunnel protection ipsec profile %s", mine->head.name,
				 first_ipsec_profile(view));
		else if (mine && mine->shutdown)
			why_mend(ike, "interface %s / no shutdown", mine->head.name);
		else if (mine && mine->head.complete)
			why_mend(ike, "clear crypto ikev2 sa of this peer: its session is older than what %s is now",
				 mine->head.name);
		else if (idle)
			why_mend_idle_interface(ike, idle);
		else if (template)
			why_mend(ike, "crypto ikev2 profile %s / virtual-template %u", p->head.name,
				 (unsigned)template->number);
		else
			why_mend(ike, "interface Virtual-Template%u type tunnel / ip unnumbered INTERFACE / "
				      "tunnel protection ipsec profile %s",
				 (unsigned)p->virtual_template, first_ipsec_profile(view));
	} else if (tunnel && (!template || tunnel->protection->ikev2_profile)) {
		mend_tunnel(sa, tunnel);
	} else if (template) {
		why_mend(ike, "crypto ikev2 profile %s / virtual-template %u", p ? p->head.name : "NAME",
			 (unsigned)template->number);
	} else if (idle_interface(view, IF_TUNNEL, ANY_NUMBER)) {
		why_mend_idle_interface(ike, idle_interface(view, IF_TUNNEL, ANY_NUMBER));
	} else {
		why_mend(ike, "crypto ikev2 profile %s / virtual-template N, or interface Tunnel N / tunnel "
			      "destination of this peer",
			 p ? p->head.name : "NAME");
	}
}
