/* SPDX-License-Identifier: MIT */
/* show, clear and rekey crypto ikev2 sa. */
#include "control/pages.h"
#include "control/show.h"
#include "control/tables.h"
#include "sa/ike_sa.h"

#include <cygnet/numbers.h>

#include <stdio.h>

static const struct cyg_token_help sa_tokens[] = {
	{ "crypto", "Encryption and IPsec" },
	{ "ikev2", "Internet Key Exchange, version 2" },
	{ "sa", "Security associations" },
	{ "child", "Their children (ESP) instead" },
	{ "local", "Only those with this address of ours" },
	{ "<local>", "Local address" },
	{ "remote", "Only those with this address of the peer" },
	{ "<remote>", "Remote address" },
	{ "fvrf", "Only those of this front-door VRF" },
	{ "<fvrf>", "Name of the VRF" },
	{ "psh", "Only the one with this Tunnel-id" },
	{ "<psh>", "Tunnel-id" },
	{ "detailed", "All that is known about each" },
	{ 0 },
};

static const char *status_text(uint8_t state)
{
	switch (state) {
	case IKE_ESTABLISHED:
	case IKE_REKEYED:
		return "READY";
	case IKE_DELETING:
	case IKE_CLOSED:
		return "DELETE";
	default:
		return "IN-NEG";
	}
}

static const char *vrf_text(const char *vrf)
{
	return vrf[0] ? vrf : "none";
}

static const char *description_text(uint8_t state, bool initiator)
{
	switch (state) {
	case IKE_ESTABLISHED:
		return "Negotiation done";
	case IKE_REKEYED:
		return "Rekeyed, waits for its deletion";
	case IKE_DELETING:
	case IKE_CLOSED:
		return "Deleting";
	case IKE_NEW:
		return "Nothing was sent yet";
	case IKE_INIT_SENT:
		return "Initiator waiting for INIT response";
	case IKE_AUTH_SENT:
	case IKE_EAP_WANTED:
	case IKE_PROOF_SENT:
		return "Initiator waiting for AUTH response";
	case IKE_EAP_TURN:
	case IKE_PROOF_TURN:
		return "Initiator making its next message";
	case IKE_EAP_SENT:
		return "Initiator waiting for EAP response";
	case IKE_EAP:
		return "Waiting for EAP message";
	default:
		return initiator ? "Initiator making its next message" : "Waiting for AUTH message";
	}
}

/* No method is told before it was used; then "none" is EAP. */
static const char *auth_text(const struct ike_sa_row *row, uint8_t method, uint8_t key)
{
	return row->state < IKE_ESTABLISHED && method == CYG_AUTH_METHOD_NONE ? "Unknown" : show_auth(method, key);
}

static const char *nat_text(const struct ike_sa_row *row)
{
	return row->nat_local ? "NAT-T is detected inside" :
	       row->nat_remote ? "NAT-T is detected outside" : "NAT-T is not detected";
}

static void sa_detail(struct cyg_exec *exec, unsigned long long id, const struct ike_sa_row *row)
{
	char text[CYG_IP_TEXT], other[CYG_IP_TEXT];

	cyg_exec_printf(exec, "      CE id: %llu, Session-id: %llu\n", id, id);
	if (row->interface[0] || row->profile[0])
		cyg_exec_printf(exec, "      Profile: %s, Interface: %s\n", vrf_text(row->profile),
				vrf_text(row->interface));
	cyg_exec_printf(exec, "      Status Description: %s\n", description_text(row->state, row->initiator));
	cyg_exec_printf(exec, "      Local spi: %016llX       Remote spi: %016llX\n",
			(unsigned long long)row->spi_local, (unsigned long long)row->spi_remote);
	cyg_exec_printf(exec, "      Local id: %s\n", row->local_id);
	cyg_exec_printf(exec, "      Remote id: %s\n", row->remote_id);
	if (row->eap_id[0])
		cyg_exec_printf(exec, "      Remote EAP id: %s\n", row->eap_id);
	cyg_exec_printf(exec, "      Local req msg id:  %-14u Remote req msg id:  %-10u\n",
			row->local_request_id, row->remote_request_id);
	cyg_exec_printf(exec, "      Local next msg id: %-14u Remote next msg id: %-10u\n",
			row->local_next_id, row->remote_next_id);
	cyg_exec_printf(exec, "      Local req queued:  %-14u Remote req queued:  %-10u\n",
			row->local_queued, row->remote_queued);
	cyg_exec_printf(exec, "      Local window:      %-14u Remote window:      %-10u\n",
			row->local_window, row->remote_window);
	cyg_exec_printf(exec, "      DPD configured for %u seconds, retry %u\n", row->dpd_interval_s,
			row->dpd_retry_s);
	cyg_exec_printf(exec, "      Fragmentation %s\n",
			row->fragmentation ? "configured." : "not  configured.");
	cyg_exec_printf(exec, "      Dynamic Route Update: disabled\n");
	cyg_exec_printf(exec, "      Extended Authentication not configured.\n");
	cyg_exec_printf(exec, "      %s\n", nat_text(row));
	cyg_exec_printf(exec, "      Cisco Trust Security SGT is disabled\n");
	if (cyg_ip_is_set(&row->assigned4))
		cyg_exec_printf(exec, "      %s: %s\n",
				row->initiator ? "Pushed IP address" : "Assigned host addr",
				cyg_ip_text(&row->assigned4, text));
	if (cyg_ip_is_set(&row->assigned6))
		cyg_exec_printf(exec, "      %s: %s\n",
				row->initiator ? "Pushed IPv6 address" : "Assigned host IPv6 addr",
				cyg_ip_text(&row->assigned6, text));
	for (unsigned i = 0; i < row->dns_count && i < ROW_DNS_MAX; i++)
		cyg_exec_printf(exec, "      %s: %s\n", i ? "Secondary DNS" : "Primary DNS",
				cyg_ip_text(&row->dns[i], text));
	cyg_exec_printf(exec, "      Initiator of SA : %s\n", row->initiator ? "Yes" : "No");
	if (row->subnet_count)
		cyg_exec_printf(exec, "      Remote subnets:\n");
	for (unsigned i = 0; i < row->subnet_count && i < ROW_SUBNETS_MAX; i++) {
		const struct cyg_prefix *subnet = &row->subnet[i];

		if (subnet->ip.family == CYG_IPV4) {
			struct cyg_ip mask = cyg_netmask(subnet->len);

			cyg_exec_printf(exec, "      %s %s\n", cyg_ip_text(&subnet->ip, text),
					cyg_ip_text(&mask, other));
		} else {
			cyg_exec_printf(exec, "      %s/%u\n", cyg_ip_text(&subnet->ip, text), subnet->len);
		}
	}
	if (row->peer_version[0])
		cyg_exec_printf(exec, "      Peer version: %s\n", row->peer_version);
	cyg_exec_printf(exec, "\n");
}

static void sa_text(struct cyg_exec *exec, const struct page_job *job, const struct ike_sa_row *row)
{
	char local[CYG_IP_TEXT + 8], remote[CYG_IP_TEXT + 8], vrfs[2 * ROW_NAME_MAX + 2], ip[CYG_IP_TEXT];
	unsigned long long id = row_tunnel_id(row->serial, row->shard, job->shard_count);
	unsigned keysize;
	const char *encr = show_encr(row->encr, row->key_bits, &keysize);

	snprintf(local, sizeof(local), "%s/%u", cyg_ip_text(&row->local.ip, ip), row->local.port);
	snprintf(remote, sizeof(remote), "%s/%u", cyg_ip_text(&row->remote.ip, ip), row->remote.port);
	snprintf(vrfs, sizeof(vrfs), "%s/%s", vrf_text(row->fvrf), vrf_text(row->ivrf));
	if (row->remote.ip.family == CYG_IPV6) {
		cyg_exec_printf(exec, "Tunnel-id    fvrf/ivrf              Status \n");
		cyg_exec_printf(exec, "%-12llu %-22s %s\n", id, vrfs, status_text(row->state));
		cyg_exec_printf(exec, "Local  %s\nRemote %s\n", local, remote);
	} else {
		cyg_exec_printf(exec, "Tunnel-id Local                 Remote                fvrf/ivrf            "
				      "Status \n");
		cyg_exec_printf(exec, "%-9llu %-21s %-21s %-20s %s\n", id, local, remote, vrfs,
				status_text(row->state));
	}
	cyg_exec_printf(exec,
			"      Encr: %s, keysize: %u, PRF: %s, Hash: %s, DH Grp:%u, Auth sign: %s, "
			"Auth verify: %s\n",
			encr, keysize, show_prf(row->prf), show_integ(row->integ), row->ke,
			auth_text(row, row->auth_local, row->auth_local_key),
			auth_text(row, row->auth_remote, row->auth_remote_key));
	cyg_exec_printf(exec, "      Life/Active Time: %u/%u sec\n", row->lifetime_s, row->active_s);
	if (job->detailed)
		sa_detail(exec, id, row);
}

static void sa_json(struct cyg_exec *exec, const struct page_job *job, const struct ike_sa_row *row)
{
	json_t *json = json_object(), *list;
	char text[CYG_IP_TEXT + 8], ip[CYG_IP_TEXT];
	unsigned keysize;
	const char *encr = show_encr(row->encr, row->key_bits, &keysize);

	if (job->kind == PAGE_SESSION) {
		put_text(&json, "kind", "ike");
		put_text(&json, "session", show_session_status(row));
	}
	put_number(&json, "tunnel_id", row_tunnel_id(row->serial, row->shard, job->shard_count));
	put_number(&json, "shard", row->shard);
	put_ip(&json, "local", &row->local.ip);
	put_number(&json, "local_port", row->local.port);
	put_ip(&json, "remote", &row->remote.ip);
	put_number(&json, "remote_port", row->remote.port);
	put_text(&json, "fvrf", vrf_text(row->fvrf));
	put_text(&json, "ivrf", vrf_text(row->ivrf));
	put_text(&json, "status", status_text(row->state));
	put_text(&json, "encryption", encr);
	put_number(&json, "keysize", keysize);
	put_text(&json, "prf", show_prf(row->prf));
	put_text(&json, "integrity", show_integ(row->integ));
	put_number(&json, "dh_group", row->ke);
	put_text(&json, "auth_sign", auth_text(row, row->auth_local, row->auth_local_key));
	put_text(&json, "auth_verify", auth_text(row, row->auth_remote, row->auth_remote_key));
	put_number(&json, "lifetime", row->lifetime_s);
	put_number(&json, "active", row->active_s);
	put_text(&json, "profile", row->profile);
	put_text(&json, "interface", row->interface);
	put_hex(&json, "local_spi", row->spi_local, 16);
	put_hex(&json, "remote_spi", row->spi_remote, 16);
	put_text(&json, "local_id", row->local_id);
	put_text(&json, "remote_id", row->remote_id);
	put_text(&json, "remote_eap_id", row->eap_id);
	put_flag(&json, "initiator", row->initiator);
	put_number(&json, "local_next_message_id", row->local_next_id);
	put_number(&json, "remote_next_message_id", row->remote_next_id);
	put_number(&json, "local_window", row->local_window);
	put_number(&json, "remote_window", row->remote_window);
	put_number(&json, "dpd_interval", row->dpd_interval_s);
	put_number(&json, "dpd_retry", row->dpd_retry_s);
	put_number(&json, "nat_keepalive", row->nat_keepalive_s);
	put_flag(&json, "fragmentation", row->fragmentation);
	put_flag(&json, "nat_local", row->nat_local);
	put_flag(&json, "nat_remote", row->nat_remote);
	put_ip(&json, "assigned_address", &row->assigned4);
	put_ip(&json, "assigned_address6", &row->assigned6);
	list = json_array();
	for (unsigned i = 0; list && i < row->dns_count && i < ROW_DNS_MAX; i++)
		if (json_array_append_new(list, json_string(cyg_ip_text(&row->dns[i], ip))))
			exec_lost(exec);
	put_json(&json, "dns", list);
	list = json_array();
	for (unsigned i = 0; list && i < row->subnet_count && i < ROW_SUBNETS_MAX; i++) {
		snprintf(text, sizeof(text), "%s/%u", cyg_ip_text(&row->subnet[i].ip, ip), row->subnet[i].len);
		if (json_array_append_new(list, json_string(text)))
			exec_lost(exec);
	}
	put_json(&json, "remote_subnets", list);
	put_text(&json, "authorization", row->authorization);
	put_text(&json, "peer_version", row->peer_version);
	put_number(&json, "children", row->child_count);
	cyg_exec_row(exec, json);
}

void show_ike_row(struct cyg_exec *exec, struct page_job *job, const struct ike_sa_row *row)
{
	if (cyg_exec_json(exec))
		sa_json(exec, job, row);
	else
		sa_text(exec, job, row);
}

static void sa_heading(struct cyg_exec *exec, uint8_t family)
{
	cyg_exec_printf(exec, "%s IPv%u Crypto IKEv2 SA \n\n", family == CYG_IPV6 ? "\n" : "", family);
}

static bool copy_word(char *out, size_t room, struct cyg_str word)
{
	if (word.len >= room)
		return false;
	if (word.len)
		memcpy(out, word.ptr, word.len);
	out[word.len] = '\0';
	return true;
}

static enum cyg_status read_filter(struct cyg_exec *exec, const struct cyg_args *args, struct ike_filter *filter)
{
	filter->local = cyg_args_ip(args, "local");
	filter->remote = cyg_args_ip(args, "remote");
	filter->serial = (uint32_t)cyg_args_uint(args, "psh", 0);
	if (!copy_word(filter->fvrf, sizeof(filter->fvrf), cyg_args_text(args, "fvrf"))) {
		cyg_exec_error(exec, "the name of that VRF is too long");
		return CYG_LIMIT;
	}
	return CYG_OK;
}

static enum cyg_status show_sa(struct cyg_exec *exec, const struct cyg_args *args)
{
	struct page_job job = {
		.kind = PAGE_IKE,
		.by_family = true,
		.heading = sa_heading,
		.ike = show_ike_row,
		.detailed = cyg_args_has(args, "detailed"),
	};
	enum cyg_status status = read_filter(exec, args, &job.filter);

	return status == CYG_OK ? pages_run(exec, &job) : status;
}

/* Which SAs, and the only shard to be asked or -1. */
static enum cyg_status read_which(struct cyg_exec *exec, const struct cyg_args *args, struct ike_filter *filter,
				  int *only)
{
	struct daemon *daemon = exec->ctx;
	enum cyg_status status = read_filter(exec, args, filter);
	unsigned shard = 0;

	*only = -1;
	if (status == CYG_OK && filter->serial) {
		status = pages_filter_tunnel(filter, filter->serial, daemon->shard_count, &shard);
		*only = (int)shard;
	}
	return status;
}

static enum cyg_status clear_sa(struct cyg_exec *exec, const struct cyg_args *args)
{
	struct ike_filter filter = { 0 };
	int only;
	enum cyg_status status = read_which(exec, args, &filter, &only);

	if (status != CYG_OK)
		return status;
	/* `fvrf any` leaves nobody out. */
	if (!cyg_args_has(args, "local") && !cyg_args_has(args, "remote") && !cyg_args_has(args, "psh") &&
	    (!filter.fvrf[0] || strcmp(filter.fvrf, CONFIG_VRF_ANY) == 0) && !exec_confirmed(exec, "Every session will end. Go on? [no]"))
		return CYG_REFUSED;
	return pages_clear(exec, &filter, only);
}

static enum cyg_status rekey_sa(struct cyg_exec *exec, const struct cyg_args *args)
{
	struct ike_filter filter = { 0 };
	int only;
	enum cyg_status status = read_which(exec, args, &filter, &only);

	return status == CYG_OK ? pages_rekey(exec, &filter, cyg_args_has(args, "child"), only) : status;
}

static const struct cyg_command commands[] = {
	{ .mode = "exec",
	  .syntax = "show crypto ikev2 sa [local <local:ip> | remote <remote:ip> | fvrf <fvrf:word> | "
		    "psh <psh:uint(1-4294967295)>] [detailed]",
	  .help = "Shows IKEv2 security associations.",
	  .tokens = sa_tokens,
	  .run = show_sa },
	{ .mode = "exec",
	  .syntax = "clear crypto ikev2 sa [local <local:ip> | remote <remote:ip> | fvrf <fvrf:word> | "
		    "psh <psh:uint(1-4294967295)>]",
	  .help = "Deletes IKEv2 security associations and their children.",
	  .tokens = sa_tokens,
	  .flags = CYG_CMD_PRIVILEGED,
	  .run = clear_sa },
	{ .mode = "exec",
	  .syntax = "clear crypto session [remote <remote:ip>]",
	  .help = "Ends sessions: their IKEv2 security associations and what these carry.",
	  .tokens = sa_tokens,
	  .flags = CYG_CMD_PRIVILEGED,
	  .run = clear_sa },
	{ .mode = "exec",
	  .syntax = "rekey crypto ikev2 sa [local <local:ip> | remote <remote:ip> | fvrf <fvrf:word> | "
		    "psh <psh:uint(1-4294967295)>] [child]",
	  .help = "Negotiates new keys now, for the security associations or for their children.",
	  .tokens = sa_tokens,
	  .flags = CYG_CMD_PRIVILEGED,
	  .run = rekey_sa },
	{ 0 },
};

const struct cyg_command_table control_ikev2_commands = { .commands = commands };
