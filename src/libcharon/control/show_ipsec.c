/* SPDX-License-Identifier: MIT */
/* show crypto ipsec sa and statistics, clear crypto sa. */
#include "control/pages.h"
#include "control/show.h"
#include "control/tables.h"
#include "sa/child_sa.h"

#include <cygnet/numbers.h>

#include <stdio.h>

#define PATH_MTU_ASSUMED 1500 /* as long as nobody has measured it */

static const struct cyg_token_help sa_tokens[] = {
	{ "ipsec", "ESP security associations and what they are made of" },
	{ "sa", "Security associations" },
	{ "peer", "Only those with this peer" },
	{ "<peer>", "Outer address of the peer" },
	{ "interface", "Only those of this interface" },
	{ "<interface>", "Tunnel or Virtual-Template" },
	{ "detail", "The reasons of drops, too" },
	{ "statistics", "What the data plane did, and why it dropped packets" },
	{ 0 },
};

/* (addr/mask/prot/port) of the nth selector; the range itself where it is no prefix. */
static void selector_text(struct cyg_strbuf *out, const struct cyg_selector *selector)
{
	char low[CYG_IP_TEXT], high[CYG_IP_TEXT];
	struct cyg_prefix prefix;
	unsigned port = selector->port_low == selector->port_high ? selector->port_low : 0;

	if (cyg_range_to_prefix(&selector->addr, &prefix) != CYG_OK) {
		cyg_strbuf_addf(out, "(%s-%s/%u/%u)", cyg_ip_text(&selector->addr.low, low),
				cyg_ip_text(&selector->addr.high, high), selector->protocol, port);
	} else if (prefix.ip.family == CYG_IPV4) {
		struct cyg_ip mask = cyg_netmask(prefix.len);

		cyg_strbuf_addf(out, "(%s/%s/%u/%u)", cyg_ip_text(&prefix.ip, low), cyg_ip_text(&mask, high),
				selector->protocol, port);
	} else {
		cyg_strbuf_addf(out, "(%s/%u/%u/%u)", cyg_ip_text(&prefix.ip, low), prefix.len,
				selector->protocol, port);
	}
}

static unsigned iv_len(uint16_t encr)
{
	return encr == CYG_ENCR_AES_CBC ? 16 : encr == CYG_ENCR_NULL ? 0 : 8;
}

static unsigned icv_len(uint16_t integ)
{
	switch (integ) {
	case CYG_AUTH_NONE:
		return 16;
	case CYG_AUTH_HMAC_SHA2_384_192:
		return 24;
	case CYG_AUTH_HMAC_SHA2_512_256:
		return 32;
	case CYG_AUTH_HMAC_SHA2_256_128:
		return 16;
	default:
		return 12;
	}
}

/* The largest inner packet that fits into one outer packet of `path`: as the data plane says, or by our sum. */
static unsigned plaintext_mtu(const struct child_sa_row *row, unsigned path)
{
	unsigned block = row->encr == CYG_ENCR_AES_CBC ? 16 : row->encr == CYG_ENCR_3DES ? 8 : 4;
	unsigned fixed = (row->local.ip.family == CYG_IPV6 ? 40 : 20) + (row->udp_encap ? 8 : 0) + 8 +
			 iv_len(row->encr) + icv_len(row->integ);

	if (row->counters.inner_mtu)
		return row->counters.inner_mtu;
	return path >= fixed + block ? (path - fixed) / block * block - 2 : 0;
}

/* What the data plane learned, else what most paths have. */
static unsigned path_mtu(const struct child_sa_row *row)
{
	return row->counters.path_mtu ? row->counters.path_mtu : PATH_MTU_ASSUMED;
}

static void half_text(struct cyg_exec *exec, const struct page_job *job, const struct child_sa_row *row,
		      bool inbound, const char *tag)
{
	const char *way = inbound ? "inbound" : "outbound";
	uint32_t spi = inbound ? row->spi_in : row->spi_out;
	char transform[80];
	struct cyg_strbuf text = CYG_STRBUF(transform);
	uint64_t used = (inbound ? row->counters.octets_in : row->counters.octets_out) / 1024;

	show_transform(&text, row->encr, row->key_bits, row->integ);
	cyg_exec_printf(exec, "\n     %s esp sas:\n", way);
	cyg_exec_printf(exec, "      spi: 0x%X(%u)\n", spi, spi);
	cyg_exec_printf(exec, "        transform: %s ,\n", transform);
	cyg_exec_printf(exec, "        in use settings ={%s, %s%s}\n",
			row->mode == CYG_MODE_TRANSPORT ? "Transport" : "Tunnel",
			row->udp_encap ? "UDP-Encaps, " : "", row->esn ? "ESN, " : "");
	cyg_exec_printf(exec, "        conn id: %llu, crypto map: %s\n",
			(unsigned long long)row_tunnel_id(row->owner_serial, row->shard, job->shard_count), tag);
	if (row->lifetime_kb)
		cyg_exec_printf(exec, "        sa timing: remaining key lifetime (k/sec): (%llu/%u)\n",
				(unsigned long long)(row->lifetime_kb > used ? row->lifetime_kb - used : 0),
				row->left_s);
	else
		cyg_exec_printf(exec, "        sa timing: remaining key lifetime (sec): %u\n", row->left_s);
	cyg_exec_printf(exec, "        IV size: %u bytes\n", iv_len(row->encr));
	cyg_exec_printf(exec, "        replay detection support: %s\n", row->replay_window ? "Y" : "N");
	cyg_exec_printf(exec, "        Status: %s\n",
			row->state == CHILD_INSTALLED || row->state == CHILD_REKEYING ? "ACTIVE(ACTIVE)"
										       : "INACTIVE(INACTIVE)");
	cyg_exec_printf(exec, "\n     %s ah sas:\n\n     %s pcp sas:\n", way, way);
}

uint64_t show_drops_in(const struct cyg_kernel_counters *c)
{
	return c->drop_auth + c->drop_replay + c->drop_selector + c->drop_malformed + c->drop_other;
}

static void idents(struct cyg_exec *exec, const char *side, const struct cyg_selector *list, unsigned count)
{
	for (unsigned i = 0; i < count && i < ROW_SELECTORS_MAX; i++) {
		char selector[2 * CYG_IP_TEXT + 24];
		struct cyg_strbuf text = CYG_STRBUF(selector);

		selector_text(&text, &list[i]);
		cyg_exec_printf(exec, "   %s ident (addr/mask/prot/port): %s\n", side, selector);
	}
	if (count > ROW_SELECTORS_MAX)
		cyg_exec_printf(exec, "   %s ident: and %u more\n", side, count - ROW_SELECTORS_MAX);
}

static void child_text(struct cyg_exec *exec, struct page_job *job, const struct child_sa_row *row)
{
	const struct cyg_kernel_counters *c = &row->counters;
	const char *interface = row->interface[0] ? row->interface : "(none)";
	char tag[ROW_NAME_MAX + 8], local[CYG_IP_TEXT], remote[CYG_IP_TEXT], group[64] = "none";
	struct cyg_strbuf text = CYG_STRBUF(group);

	if (row->pfs_group)
		show_group(&text, row->pfs_group);
	else
		cyg_strbuf_addf(&text, "none");
	snprintf(tag, sizeof(tag), "%s-head-0", interface);
	cyg_ip_text(&row->local.ip, local);
	cyg_ip_text(&row->remote.ip, remote);
	if (strcmp(job->interface, interface) != 0)
		cyg_exec_printf(exec, "\ninterface: %s\n    Crypto map tag: %s, local addr %s\n", interface, tag,
				local);
	snprintf(job->interface, sizeof(job->interface), "%s", interface);

#define N(value_) ((unsigned long long)(value_))
	cyg_exec_printf(exec, "\n   protected vrf: (none)\n");
	idents(exec, "local ", row->ts_local, row->local_count);
	idents(exec, "remote", row->ts_remote, row->remote_count);
	cyg_exec_printf(exec, "   current_peer %s port %u\n", remote, row->remote.port);
	cyg_exec_printf(exec, "     PERMIT, flags={origin_is_acl,}\n");
	cyg_exec_printf(exec, "    #pkts encaps: %llu, #pkts encrypt: %llu, #pkts digest: %llu\n",
			N(c->packets_out), N(c->packets_out), N(c->packets_out));
	cyg_exec_printf(exec, "    #pkts decaps: %llu, #pkts decrypt: %llu, #pkts verify: %llu\n",
			N(c->packets_in), N(c->packets_in), N(c->packets_in));
	cyg_exec_printf(exec, "    #pkts compressed: 0, #pkts decompressed: 0\n");
	cyg_exec_printf(exec, "    #pkts not compressed: 0, #pkts compr. failed: 0\n");
	cyg_exec_printf(exec, "    #pkts not decompressed: 0, #pkts decompress failed: 0\n");
	cyg_exec_printf(exec, "    #octets encaps: %llu, #octets decaps: %llu\n", N(c->octets_out),
			N(c->octets_in));
	cyg_exec_printf(exec, "    #send errors %llu, #recv errors %llu, #pkts too big %llu\n", N(c->drop_out),
			N(show_drops_in(c)), N(c->drop_too_big));
	if (job->detailed)
		cyg_exec_printf(exec,
				"    #pkts verify failed: %llu, #pkts replay rollover: %llu, #pkts not of these "
				"selectors: %llu, #pkts malformed: %llu, #pkts lost otherwise: %llu\n",
				N(c->drop_auth), N(c->drop_replay), N(c->drop_selector), N(c->drop_malformed),
				N(c->drop_other));
#undef N
	if (!row->counters_known)
		cyg_exec_printf(exec, "    (the kernel plugin gave no counters)\n");
	cyg_exec_printf(exec, "\n     local crypto endpt.: %s, remote crypto endpt.: %s\n", local, remote);
	cyg_exec_printf(exec, "     plaintext mtu %u, path mtu %u, ip mtu %u, ip mtu idb %s\n",
			plaintext_mtu(row, path_mtu(row)), path_mtu(row), path_mtu(row), interface);
	cyg_exec_printf(exec, "     current outbound spi: 0x%X(%u)\n", row->spi_out, row->spi_out);
	cyg_exec_printf(exec, "     PFS (Y/N): %s, DH group: %s\n", row->pfs_group ? "Y" : "N", group);
	half_text(exec, job, row, true, tag);
	half_text(exec, job, row, false, tag);
}

static void put_selectors(struct cyg_exec *exec, json_t **row, const char *name,
			  const struct cyg_selector *list, unsigned count)
{
	json_t *array = json_array();

	for (unsigned i = 0; array && i < count && i < ROW_SELECTORS_MAX; i++) {
		char low[CYG_IP_TEXT], high[CYG_IP_TEXT];
		json_t *item = json_object();

		put_text(&item, "low", cyg_ip_text(&list[i].addr.low, low));
		put_text(&item, "high", cyg_ip_text(&list[i].addr.high, high));
		put_number(&item, "protocol", list[i].protocol);
		put_number(&item, "port_low", list[i].port_low);
		put_number(&item, "port_high", list[i].port_high);
		if (json_array_append_new(array, item))
			exec_lost(exec);
	}
	put_json(row, name, array);
}

static void child_json(struct cyg_exec *exec, struct page_job *job, const struct child_sa_row *row)
{
	static const char *const states[CHILD_STATES] = { "new", "installed", "rekeying", "rekeyed",
							  "deleting" };
	const struct cyg_kernel_counters *c = &row->counters;
	char transform[80];
	struct cyg_strbuf text = CYG_STRBUF(transform);
	json_t *json = json_object();

	show_transform(&text, row->encr, row->key_bits, row->integ);
	if (job->kind == PAGE_SESSION)
		put_text(&json, "kind", "child");
	put_text(&json, "interface", row->interface);
	put_text(&json, "profile", row->profile);
	put_number(&json, "tunnel_id", row_tunnel_id(row->owner_serial, row->shard, job->shard_count));
	put_number(&json, "shard", row->shard);
	put_text(&json, "status", row->state < CHILD_STATES ? states[row->state] : "unknown");
	put_ip(&json, "local", &row->local.ip);
	put_number(&json, "local_port", row->local.port);
	put_ip(&json, "remote", &row->remote.ip);
	put_number(&json, "remote_port", row->remote.port);
	put_hex(&json, "spi_in", row->spi_in, 8);
	put_hex(&json, "spi_out", row->spi_out, 8);
	put_text(&json, "transform", transform);
	put_text(&json, "mode", row->mode == CYG_MODE_TRANSPORT ? "transport" : "tunnel");
	put_flag(&json, "udp_encapsulation", row->udp_encap);
	put_flag(&json, "esn", row->esn);
	put_number(&json, "pfs_group", row->pfs_group);
	put_number(&json, "lifetime", row->lifetime_s);
	put_number(&json, "remaining", row->left_s);
	put_number(&json, "lifetime_kilobytes", row->lifetime_kb);
	put_number(&json, "active", row->active_s);
	put_number(&json, "replay_window", row->replay_window);
	put_selectors(exec, &json, "local_selectors", row->ts_local, row->local_count);
	put_selectors(exec, &json, "remote_selectors", row->ts_remote, row->remote_count);
	put_flag(&json, "counters_known", row->counters_known);
	put_number(&json, "packets_in", c->packets_in);
	put_number(&json, "octets_in", c->octets_in);
	put_number(&json, "packets_out", c->packets_out);
	put_number(&json, "octets_out", c->octets_out);
	put_number(&json, "drop_authentication", c->drop_auth);
	put_number(&json, "drop_replay", c->drop_replay);
	put_number(&json, "drop_selector", c->drop_selector);
	put_number(&json, "drop_malformed", c->drop_malformed);
	put_number(&json, "drop_other", c->drop_other);
	put_number(&json, "drop_out", c->drop_out);
	put_number(&json, "drop_too_big", c->drop_too_big);
	put_number(&json, "path_mtu", c->path_mtu);
	put_number(&json, "inner_mtu", c->inner_mtu);
	cyg_exec_row(exec, json);
}

void show_child_row(struct cyg_exec *exec, struct page_job *job, const struct child_sa_row *row)
{
	if (cyg_exec_json(exec))
		child_json(exec, job, row);
	else
		child_text(exec, job, row);
}

static void sa_end(struct cyg_exec *exec, struct page_job *job, uint64_t rows)
{
	if (rows == 0)
		cyg_exec_printf(exec, "No SAs found\n");
}

static enum cyg_status show_sa(struct cyg_exec *exec, const struct cyg_args *args)
{
	struct page_job job = {
		.kind = PAGE_CHILD,
		.child = show_child_row,
		.end = sa_end,
		.detailed = cyg_args_has(args, "detail"),
	};
	struct cyg_str interface = cyg_args_text(args, "interface");

	job.filter.remote = cyg_args_ip(args, "peer");
	if (interface.len >= sizeof(job.filter.interface)) {
		cyg_exec_error(exec, "the name of that interface is too long");
		return CYG_LIMIT;
	}
	if (interface.len)
		memcpy(job.filter.interface, interface.ptr, interface.len);
	return pages_run(exec, &job);
}

static enum cyg_status clear_sa(struct cyg_exec *exec, const struct cyg_args *args)
{
	struct ike_filter filter = { .remote = cyg_args_ip(args, "peer") };

	if (!cyg_args_has(args, "peer") && !exec_confirmed(exec, "Every CHILD_SA will end. Go on? [no]"))
		return CYG_REFUSED;
	return pages_clear_children(exec, &filter);
}

static void tell_totals(struct cyg_exec *exec, const struct cyg_kernel_total *totals, unsigned count)
{
	for (unsigned drops = 0; drops < 2; drops++) {
		cyg_exec_printf(exec, drops ? "Dropped:\n" : "Data plane and sockets, all shards:\n");
		for (unsigned i = 0; i < count; i++) {
			if (totals[i].drop == (drops == 1))
				cyg_exec_printf(exec, "  %-24s %14llu  %s\n", totals[i].name,
						(unsigned long long)totals[i].value, totals[i].help);
		}
	}
	for (unsigned i = 0; cyg_exec_json(exec) && i < count; i++) {
		json_t *json = json_object();

		put_text(&json, "name", totals[i].name);
		put_text(&json, "help", totals[i].help);
		put_flag(&json, "drop", totals[i].drop);
		put_number(&json, "value", totals[i].value);
		cyg_exec_row(exec, json);
	}
}

static enum cyg_status show_statistics(struct cyg_exec *exec, const struct cyg_args *args)
{
	return pages_totals(exec, tell_totals);
}

static const struct cyg_command commands[] = {
	{ .mode = "exec",
	  .syntax = "show crypto ipsec sa [peer <peer:ip> | interface <interface:interface>] [detail]",
	  .help = "Shows ESP security associations with their counters.",
	  .tokens = sa_tokens,
	  .run = show_sa },
	{ .mode = "exec",
	  .syntax = "clear crypto sa [peer <peer:ip>]",
	  .help = "Deletes ESP security associations (CHILD_SAs); their IKEv2 security associations stay.",
	  .tokens = sa_tokens,
	  .flags = CYG_CMD_PRIVILEGED,
	  .run = clear_sa },
	{ .mode = "exec",
	  .syntax = "show crypto ipsec statistics",
	  .help = "Shows what the data plane did with packets, and why it dropped some.",
	  .tokens = sa_tokens,
	  .run = show_statistics },
	{ 0 },
};

const struct cyg_command_table control_ipsec_commands = { .commands = commands };
