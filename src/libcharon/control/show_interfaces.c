/* SPDX-License-Identifier: MIT */
/* show interfaces: Tunnels, Virtual-Templates and Loopbacks, and whether their devices are there. */
#include "control/interfaces.h"
#include "control/show_object.h"
#include "control/tables.h"

#include <stdio.h>

static const struct cyg_token_help tokens[] = {
	{ "interfaces", "Devices of our own" },
	{ "<name>", "Its name" },
	{ 0 },
};

static const char *prefix_text(char *out, size_t room, const struct cyg_prefix *prefix, bool negotiated)
{
	char ip[CYG_IP_TEXT];

	if (cyg_ip_is_set(&prefix->ip))
		snprintf(out, room, "%s/%u", cyg_ip_text(&prefix->ip, ip), prefix->len);
	else
		snprintf(out, room, "%s", negotiated ? "negotiated" : "none");
	return out;
}

static const char *mode_text(enum tunnel_mode mode)
{
	switch (mode) {
	case TUNNEL_GRE:
		return "gre ip";
	case TUNNEL_GRE_IPV6:
		return "gre ipv6";
	case TUNNEL_IPSEC_IPV4:
		return "ipsec ipv4";
	case TUNNEL_IPSEC_IPV6:
		return "ipsec ipv6";
	}
	return "unknown";
}

static const char *source_text(const struct config_interface *from, char ip[CYG_IP_TEXT])
{
	if (cyg_ip_is_set(&from->source))
		return cyg_ip_text(&from->source, ip);
	return from->source_interface[0] ? from->source_interface : from->has_source ? "dynamic" : "none";
}

static const char *destination_text(const struct config_interface *from, char ip[CYG_IP_TEXT])
{
	if (cyg_ip_is_set(&from->destination))
		return cyg_ip_text(&from->destination, ip);
	return from->destination_name[0] ? from->destination_name : from->has_destination ? "dynamic" : "none";
}

/* What is shown of one, in both forms. */
struct shown {
	const struct config_interface *from;
	const char *status;
	char device[16], address4[CYG_IP_TEXT + 4], address6[CYG_IP_TEXT + 4];
};

/* A Loopback has no device of its own; of the others the data plane has made it, or not. */
static const char *status_of(const struct daemon *daemon, const struct config_interface *from)
{
	if (from->shutdown)
		return "administratively down";
	if (from->kind == IF_LOOPBACK)
		return "up";
	return interface_is_made(daemon, from) ? "up" : "down";
}

static void address_text(struct cyg_exec *exec, const char *label, const char *address, const char *unnumbered)
{
	cyg_exec_printf(exec, "%s is %s%s%s", label, address, unnumbered[0] ? ", unnumbered, uses " : "", unnumbered);
}

static void interface_text(struct cyg_exec *exec, const struct shown *shown)
{
	const struct config_interface *from = shown->from;
	char ip[CYG_IP_TEXT];

	cyg_exec_printf(exec, "%s is %s, device %s\n", from->head.name, shown->status, shown->device);
	address_text(exec, "  Internet address", shown->address4, from->unnumbered4);
	address_text(exec, ", IPv6 address", shown->address6, from->unnumbered6);
	cyg_exec_printf(exec, "\n");
	if (from->vrf[0])
		cyg_exec_printf(exec, "  VRF %s\n", from->vrf);
	if (from->mtu)
		cyg_exec_printf(exec, "  MTU %u bytes\n", from->mtu);
	if (from->kind == IF_TUNNEL) {
		cyg_exec_printf(exec, "  Tunnel source %s,", source_text(from, ip));
		cyg_exec_printf(exec, " destination %s\n", destination_text(from, ip));
	}
	if (from->kind != IF_LOOPBACK)
		cyg_exec_printf(exec, "  Tunnel protocol/transport %s\n", mode_text(from->mode));
	if (from->protection_name[0])
		cyg_exec_printf(exec, "  Tunnel protection via IPSec (profile \"%s\")\n", from->protection_name);
	show_head(exec, &from->head);
}

static void interface_json(struct cyg_exec *exec, const struct shown *shown)
{
	const struct config_interface *from = shown->from;
	json_t *row = json_object();
	char ip[CYG_IP_TEXT];

	put_head(&row, &from->head);
	put_text(&row, "device", shown->device);
	put_text(&row, "status", shown->status);
	put_text(&row, "address", shown->address4);
	put_text(&row, "address6", shown->address6);
	put_text(&row, "unnumbered", from->unnumbered4);
	put_text(&row, "unnumbered6", from->unnumbered6);
	put_text(&row, "vrf", from->vrf);
	put_number(&row, "mtu", from->mtu);
	put_text(&row, "mode", from->kind == IF_LOOPBACK ? "" : mode_text(from->mode));
	put_text(&row, "source", from->kind == IF_TUNNEL ? source_text(from, ip) : "");
	put_text(&row, "destination", from->kind == IF_TUNNEL ? destination_text(from, ip) : "");
	put_text(&row, "protection", from->protection_name);
	cyg_exec_row(exec, row);
}

static void show_interface(struct cyg_exec *exec, const void *object, struct cyg_str name)
{
	struct shown shown = { .from = object };
	bool ours = interface_device(object, shown.device, sizeof(shown.device));

	if (!ours && shown.from->kind != IF_LOOPBACK && shown.from->kind != IF_TUNNEL)
		return; /* the system's */
	if (!ours)
		snprintf(shown.device, sizeof(shown.device), "%s", shown.from->kind == IF_LOOPBACK ? "lo" : "none");
	shown.status = status_of(exec->ctx, shown.from);
	prefix_text(shown.address4, sizeof(shown.address4), &shown.from->address4, shown.from->address_negotiated);
	prefix_text(shown.address6, sizeof(shown.address6), &shown.from->address6, shown.from->address6_negotiated);
	if (cyg_exec_json(exec))
		interface_json(exec, &shown);
	else
		interface_text(exec, &shown);
}

static enum cyg_status show_interfaces(struct cyg_exec *exec, const struct cyg_args *args)
{
	return show_each(exec, args, MODE_INTERFACE, "interface", show_interface);
}

static const struct cyg_command commands[] = {
	{ "exec", "show interfaces [<name:interface>]", "Shows the devices of our own.", tokens, .run = show_interfaces },
	{ 0 },
};

const struct cyg_command_table control_interface_commands = { .commands = commands };
