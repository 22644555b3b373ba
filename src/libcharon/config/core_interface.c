/* SPDX-License-Identifier: MIT */
/*
 * Interfaces: tunnels, virtual templates, loopbacks, and what belongs to the system.
 */
#include "config/core.h"
#include "config/tree.h"

#include <stdio.h>

#define APPLY(name_)                                                                               \
	static enum cyg_status name_(struct cyg_build *build, void *object,                        \
				     const struct cyg_args *args)

static void interface_init(void *object, struct cyg_str name)
{
	static const struct {
		const char *type;
		enum interface_kind kind;
	} kinds[] = {
		{ "Tunnel", IF_TUNNEL },
		{ "Virtual-Template", IF_VIRTUAL_TEMPLATE },
		{ "Loopback", IF_LOOPBACK },
	};
	struct config_interface *i = object;
	uint64_t number;

	core_init(object, name);
	for (size_t k = 0; k < CYG_COUNT(kinds); k++) {
		size_t len = strlen(kinds[k].type);

		if (name.len > len && memcmp(name.ptr, kinds[k].type, len) == 0 &&
		    cyg_str_to_u64(cyg_str_tail(name, len), 0, 0x0fffffff, &number) == CYG_OK) {
			i->kind = kinds[k].kind;
			i->number = (uint32_t)number;
		}
	}
}

/* Remembers where a family comes in: the first line that brings it. */
static void bring(struct cyg_build *build, const char **place)
{
	const char *here = cyg_build_place(build);

	if (!*place || core_earlier(here, *place))
		*place = here;
}

APPLY(apply_address)
{
	struct config_interface *i = object;

	bring(build, &i->ipv4_place);
	i->address_negotiated = cyg_args_has(args, "negotiated");
	if (!i->address_negotiated) {
		i->address4 = cyg_args_prefix(args, "host", "mask");
		i->address4.ip = cyg_args_ip(args, "host");
	}
	return CYG_OK;
}

APPLY(apply_address6)
{
	struct config_interface *i = object;

	bring(build, &i->ipv6_place);
	i->address6_negotiated = cyg_args_has(args, "negotiated");
	if (!i->address6_negotiated) {
		i->address6 = cyg_args_prefix(args, "host", NULL);
		i->address6.ip = cyg_args_ip(args, "host");
	}
	return CYG_OK;
}

APPLY(apply_unnumbered)
{
	struct config_interface *i = object;

	bring(build, &i->ipv4_place);
	core_text(build, args, "of", i->unnumbered4, sizeof(i->unnumbered4));
	return CYG_OK;
}

APPLY(apply_unnumbered6)
{
	struct config_interface *i = object;

	bring(build, &i->ipv6_place);
	core_text(build, args, "of", i->unnumbered6, sizeof(i->unnumbered6));
	return CYG_OK;
}

APPLY(apply_vrf)
{
	struct config_interface *i = object;

	core_text(build, args, "vrf", i->vrf, sizeof(i->vrf));
	i->vrf_place = cyg_build_place(build);
	i->vrf_of_ipv4 = args->old;
	return CYG_OK;
}

APPLY(apply_number)
{
	struct config_interface *i = object;

	(void)build;
	if (cyg_args_has(args, "mtu"))
		i->mtu = (uint16_t)cyg_args_uint(args, "octets", 0);
	else
		i->adjust_mss = (uint16_t)cyg_args_uint(args, "octets", 0);
	return CYG_OK;
}

APPLY(apply_source)
{
	struct config_interface *i = object;

	i->has_source = core_outer_address(build, args, "host", "on");
	i->source = cyg_args_ip(args, "host");
	core_text(build, args, "on", i->source_interface, sizeof(i->source_interface));
	return CYG_OK;
}

APPLY(apply_destination)
{
	struct config_interface *i = object;

	i->has_destination = core_outer_address(build, args, "host", "name");
	i->destination = cyg_args_ip(args, "host");
	core_text(build, args, "name", i->destination_name, sizeof(i->destination_name));
	return CYG_OK;
}

APPLY(apply_mode)
{
	struct config_interface *i = object;

	(void)build;
	if (cyg_args_has(args, "gre"))
		i->mode = cyg_args_has(args, "ipv6") ? TUNNEL_GRE_IPV6 : TUNNEL_GRE;
	else
		i->mode = cyg_args_has(args, "ipv6") ? TUNNEL_IPSEC_IPV6 : TUNNEL_IPSEC_IPV4;
	return CYG_OK;
}

APPLY(apply_protection)
{
	struct config_interface *i = object;

	core_text(build, args, "by", i->protection_name, sizeof(i->protection_name));
	i->protection = cyg_build_object(build, MODE_IPSEC_PROFILE, cyg_args_text(args, "by"));
	return CYG_OK;
}

APPLY(apply_map)
{
	struct cyg_str map = cyg_args_text(args, "map");

	(void)object;
	if (!cyg_build_exists(build, MODE_CRYPTO_MAP, map)) {
		cyg_build_at(build, args, "map", 0);
		cyg_build_warning(build, "undefined-reference", "there is no crypto map %.*s", (int)map.len, map.ptr);
	}
	return CYG_OK;
}

APPLY(apply_shutdown)
{
	struct config_interface *i = object;

	(void)build;
	(void)args;
	i->shutdown = true;
	return CYG_OK;
}

APPLY(apply_service_policy)
{
	cyg_build_warning(build, "no-effect", "`service-policy` is kept and does nothing");
	return CYG_OK;
}

static const char *later(const char *a, const char *b)
{
	return core_earlier(a, b) ? b : a;
}

/* False if the interface cannot be used with its VRF line. */
static bool check_vrf(struct cyg_build *build, const struct config_interface *i)
{
	bool tunnel = i->kind == IF_TUNNEL || i->kind == IF_VIRTUAL_TEMPLATE;
	const struct cyg_vrf *vrf;

	if (!i->vrf[0])
		return true;
	if (i->vrf_of_ipv4 && tunnel && i->ipv4_place && i->ipv6_place) {
		cyg_build_at_place(build, later(i->vrf_place, later(i->ipv4_place, i->ipv6_place)));
		cyg_build_error(build, "conflict",
				"`ip vrf forwarding` is for IPv4 alone, and this interface has both families: write "
				"`vrf forwarding %s`",
				i->vrf);
		return false;
	}
	vrf = cyg_build_object(build, CYG_MODE_VRF, cyg_str(i->vrf));
	if (vrf && ((i->ipv4_place && !vrf->ipv4) || (i->ipv6_place && !vrf->ipv6))) {
		cyg_build_at_place(build, i->vrf_place);
		cyg_build_warning(build, "unsuitable", "VRF %s lacks `address-family %s`, which this interface uses",
				  i->vrf, i->ipv4_place && !vrf->ipv4 ? "ipv4" : "ipv6");
	}
	return true;
}

/* Its address is to come from the peer, and nobody asks for it. */
static void check_asking(struct cyg_build *build, const struct config_interface *i)
{
	const struct config_profile *profile = i->protection ? i->protection->ikev2_profile : NULL;

	if (!profile || profile->config_request || !(i->address_negotiated || i->address6_negotiated))
		return;
	cyg_build_at_place(build, i->address_negotiated ? i->ipv4_place : i->ipv6_place);
	cyg_build_warning(build, "unsuitable", "its IKEv2 profile %s has `no config-exchange request`: no address will come",
			  profile->head.name);
}

static void check_interface(struct cyg_build *build, void *object, struct cyg_str name)
{
	struct config_interface *i = object;
	char text[120];
	struct cyg_strbuf missing = CYG_STRBUF(text);
	bool numbered = cyg_ip_is_set(&i->address4.ip) || cyg_ip_is_set(&i->address6.ip) ||
			i->address_negotiated || i->address6_negotiated;
	bool unnumbered = i->unnumbered4[0] || i->unnumbered6[0];
	const char *why = "";

	(void)name;
	if (!check_vrf(build, i))
		return;
	if (!i->protection_name[0] || i->shutdown) {
		core_finish(build, &i->head, "", "");
		return;
	}
	check_asking(build, i);
	if (i->kind == IF_TUNNEL) {
		if (!numbered && !unnumbered)
			core_lacks(&missing, "`ip address` or `ip unnumbered`");
		if (!i->has_source)
			core_lacks(&missing, "`tunnel source`");
		if (!i->has_destination)
			core_lacks(&missing, "`tunnel destination`");
	} else if (i->kind == IF_VIRTUAL_TEMPLATE && !unnumbered) {
		core_lacks(&missing, "`ip unnumbered` or `ipv6 unnumbered`");
	}
	if (!i->protection)
		why = "its IPsec profile cannot be used";
	core_finish(build, &i->head, text, why);
}

/* clang-format off */
static const struct cyg_mode modes[] = {
	{ .name = MODE_INTERFACE, .parent = MODE_GLOBAL, .prompt = "config-if", .what = "interface",
	  .object_size = sizeof(struct config_interface), .init = interface_init,
	  .check = check_interface },
	{ 0 },
};

#define REF_IF "ref(" MODE_INTERFACE ")"

static const struct cyg_command commands[] = {
	{ MODE_GLOBAL, "interface <name:interface> [type tunnel]", "Opens an interface.",
	  .enters = MODE_INTERFACE },
	{ MODE_INTERFACE, "description <text:line>", "Says what it is for." },
	{ MODE_INTERFACE, "vrf forwarding <vrf:ref(vrf)>", "Puts it into a VRF.", .apply = apply_vrf },
	{ MODE_INTERFACE, "ip vrf forwarding <vrf:name>", "", .flags = CYG_CMD_WEAK,
	  .spelling = "vrf forwarding <vrf>" },
	{ MODE_INTERFACE, "ip address {negotiated | <host:ip4> <mask:ownmask>}",
	  "Sets its address, or asks the gateway for one.", .apply = apply_address },
	{ MODE_INTERFACE, "ip unnumbered <of:" REF_IF ">", "Uses the address of another interface.",
	  .apply = apply_unnumbered },
	{ MODE_INTERFACE, "ipv6 address {negotiated | <host:own6>}",
	  "Sets its IPv6 address, or asks the gateway for one.", .apply = apply_address6 },
	{ MODE_INTERFACE, "ipv6 unnumbered <of:" REF_IF ">",
	  "Uses the IPv6 address of another interface.", .apply = apply_unnumbered6 },
	{ MODE_INTERFACE, "ipv6 enable", "Carries IPv6." },
	{ MODE_INTERFACE, "ip mtu <octets:uint(68-9216)>", "Sets the largest packet.",
	  .apply = apply_number },
	{ MODE_INTERFACE, "ip tcp adjust-mss <octets:uint(500-1460)>",
	  "Sets the largest segment of TCP connections through it.", .flags = CYG_CMD_IDLE,
	  .apply = apply_number },
	{ MODE_INTERFACE, "tunnel source {dynamic | <host:ip> | <on:" REF_IF ">}",
	  "Sets our outer address.", .apply = apply_source },
	{ MODE_INTERFACE, "tunnel destination {dynamic | <host:ip> | <name:word>}",
	  "Sets the peer's outer address.", .apply = apply_destination },
	{ MODE_INTERFACE, "tunnel mode {ipsec {ipv4 | ipv6} | gre {ip | ipv6}}",
	  "Says what it carries, and how.", .def = "tunnel mode gre ip", .apply = apply_mode },
	{ MODE_INTERFACE,
	  "tunnel protection ipsec profile <by:ref(" MODE_IPSEC_PROFILE ")> [shared] "
	  "[ikev2-profile <profile:ref(" MODE_PROFILE ")>]",
	  "Protects it by IPsec.", .apply = apply_protection },
	{ MODE_INTERFACE, "tunnel vrf <vrf:ref(vrf)>", "Sets the VRF of outer packets.", .flags = CYG_CMD_IDLE },
	{ MODE_INTERFACE, "tunnel key <key:uint(0-4294967295)>", "Sets the GRE key.", .flags = CYG_CMD_IDLE },
	{ MODE_INTERFACE, "virtual-interface device", "Gives each session a device of the system.", .flags = CYG_CMD_IDLE },
	{ MODE_INTERFACE, "crypto map <map:name>", "Protects by a crypto map.", .apply = apply_map },
	{ MODE_INTERFACE, "service-policy {input | output} <policy:name>", "Is kept and does nothing.",
	  .flags = CYG_CMD_LIST, .apply = apply_service_policy },
	{ MODE_INTERFACE, "shutdown", "Switches it off.", .apply = apply_shutdown },
	{ 0 },
};
/* clang-format on */

const struct cyg_command_table core_interface_commands = { .modes = modes,
							   .commands = commands,
							   .next = &core_route_commands };
