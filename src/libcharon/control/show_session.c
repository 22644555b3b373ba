/* SPDX-License-Identifier: MIT */
/* show crypto ikev2 session, show crypto session: each IKE_SA with its CHILD_SAs beneath it. */
#include "control/pages.h"
#include "control/show.h"
#include "control/tables.h"
#include "sa/child_sa.h"
#include "sa/ike_sa.h"

#include <stdio.h>

static const struct cyg_token_help tokens[] = {
	{ "session", "IKEv2 security associations, each with what it carries" },
	{ "detailed", "All that is known about each" },
	{ "detail", "Capabilities and times, too" },
	{ "remote", "Only those with this address of the peer" },
	{ "<remote>", "Remote address" },
	{ 0 },
};

const char *show_session_status(const struct ike_sa_row *row)
{
	if (row->state < IKE_ESTABLISHED)
		return "DOWN-NEGOTIATING";
	if (row->state != IKE_ESTABLISHED)
		return "DOWN"; /* going; of a rekeyed one the successor is told as well */
	return row->child_count ? "UP-ACTIVE" : "UP-IDLE";
}

/* --- show crypto ikev2 session --- */

static void ikev2_heading(struct cyg_exec *exec, uint8_t family)
{
	cyg_exec_printf(exec, "%s IPv%u Crypto IKEv2 Session \n", family == CYG_IPV6 ? "\n" : "", family);
}

void show_ikev2_session_ike(struct cyg_exec *exec, struct page_job *job, const struct ike_sa_row *row)
{
	cyg_exec_printf(exec, "\nSession-id:%llu, Status:%s, IKE count:1, CHILD count:%u\n\n",
			(unsigned long long)row_tunnel_id(row->serial, row->shard, job->shard_count),
			show_session_status(row), row->child_count);
	show_ike_row(exec, job, row);
}

static void ranges(struct cyg_exec *exec, const char *first, const char *then, const struct cyg_selector *list,
		   unsigned count)
{
	for (unsigned i = 0; i < count && i < ROW_SELECTORS_MAX; i++) {
		char low[CYG_IP_TEXT], high[CYG_IP_TEXT];

		cyg_exec_printf(exec, "%s %s/%u - %s/%u\n", i ? then : first, cyg_ip_text(&list[i].addr.low, low),
				list[i].port_low, cyg_ip_text(&list[i].addr.high, high), list[i].port_high);
	}
	if (count > ROW_SELECTORS_MAX)
		cyg_exec_printf(exec, "%s and %u more\n", then, count - ROW_SELECTORS_MAX);
}

void show_ikev2_session_child(struct cyg_exec *exec, struct page_job *job, const struct child_sa_row *row)
{
	unsigned keysize;
	const char *encr = show_encr(row->encr, row->key_bits, &keysize);

	if (cyg_exec_json(exec)) {
		show_child_row(exec, job, row);
		return;
	}
	ranges(exec, "Child sa: local selector ", "                         ", row->ts_local, row->local_count);
	ranges(exec, "          remote selector", "                         ", row->ts_remote, row->remote_count);
	cyg_exec_printf(exec, "          ESP spi in/out: 0x%X/0x%X\n", row->spi_in, row->spi_out);
	if (!job->detailed)
		return;
	cyg_exec_printf(exec, "          AH spi in/out: 0x0/0x0\n          CPI in/out: 0x0/0x0\n");
	cyg_exec_printf(exec, "          Encr: %s, keysize: %u, esp_hmac: %s\n", encr, keysize, show_integ(row->integ));
	cyg_exec_printf(exec, "          ah_hmac: None, comp: IPCOMP_NONE, mode %s\n",
			row->mode == CYG_MODE_TRANSPORT ? "transport" : "tunnel");
}

static enum cyg_status show_ikev2_session(struct cyg_exec *exec, const struct cyg_args *args)
{
	struct page_job job = {
		.kind = PAGE_SESSION,
		.by_family = true,
		.heading = ikev2_heading,
		.ike = show_ikev2_session_ike,
		.child = show_ikev2_session_child,
		.detailed = cyg_args_has(args, "detailed"),
	};

	return pages_run(exec, &job);
}

/* --- show crypto session --- */

static void capabilities(char out[8], const struct ike_sa_row *row)
{
	const struct {
		char letter;
		bool has;
	} all[] = {
		{ 'C', cyg_ip_is_set(&row->assigned4) || cyg_ip_is_set(&row->assigned6) },
		{ 'D', row->dpd_interval_s != 0 },
		{ 'K', row->nat_keepalive_s != 0 },
		{ 'N', row->nat_local || row->nat_remote },
		{ 'X', row->eap_id[0] != '\0' },
		{ 'F', row->fragmentation },
	};
	size_t len = 0;

	for (size_t i = 0; i < CYG_COUNT(all); i++) {
		if (all[i].has)
			out[len++] = all[i].letter;
	}
	out[len] = '\0';
}

static void clock_text(char out[16], uint32_t seconds)
{
	snprintf(out, 16, "%02u:%02u:%02u", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

static void named(struct cyg_exec *exec, const char *name, const char *text)
{
	if (text[0])
		cyg_exec_printf(exec, "%s: %s\n", name, text);
}

static const char *name_or_none(const char *text)
{
	return text[0] ? text : "(none)";
}

static void session_text(struct cyg_exec *exec, const struct page_job *job, const struct ike_sa_row *row)
{
	char ip[CYG_IP_TEXT], other[CYG_IP_TEXT], can[8], time[16];
	unsigned long long id = row_tunnel_id(row->serial, row->shard, job->shard_count);

	cyg_exec_printf(exec, "\nInterface: %s\n", name_or_none(row->interface));
	named(exec, "Username", row->eap_id);
	named(exec, "Profile", row->profile);
	named(exec, "Group", row->authorization);
	if (cyg_ip_is_set(&row->assigned4))
		cyg_exec_printf(exec, "Assigned address: %s\n", cyg_ip_text(&row->assigned4, ip));
	if (cyg_ip_is_set(&row->assigned6))
		cyg_exec_printf(exec, "Assigned address: %s\n", cyg_ip_text(&row->assigned6, ip));
	clock_text(time, row->active_s);
	if (job->detailed)
		cyg_exec_printf(exec, "Uptime: %s\n", time);
	cyg_exec_printf(exec, "Session status: %s\n", show_session_status(row));
	cyg_exec_printf(exec, "Peer: %s port %u", cyg_ip_text(&row->remote.ip, ip), row->remote.port);
	if (job->detailed)
		cyg_exec_printf(exec, " fvrf: %s ivrf: %s\n      Phase1_id: %s", name_or_none(row->fvrf),
				name_or_none(row->ivrf), name_or_none(row->remote_id));
	cyg_exec_printf(exec, "\n  Session ID: %llu\n", id);
	cyg_exec_printf(exec, "  IKEv2 SA: local %s/%u remote %s/%u %s\n", cyg_ip_text(&row->local.ip, other),
			row->local.port, ip, row->remote.port, row->state == IKE_ESTABLISHED ? "Active" : "Inactive");
	if (!job->detailed)
		return;
	capabilities(can, row);
	clock_text(time, row->lifetime_s > row->active_s ? row->lifetime_s - row->active_s : 0);
	cyg_exec_printf(exec, "          Capabilities:%s connid:%llu lifetime:%s\n", name_or_none(can), id, time);
}

/* "host A", "A/MASK", or the range where it is no prefix. */
static void side_text(struct cyg_strbuf *out, const struct cyg_ip_range *range)
{
	char low[CYG_IP_TEXT], high[CYG_IP_TEXT];
	struct cyg_prefix prefix;

	if (cyg_range_to_prefix(range, &prefix) != CYG_OK) {
		cyg_strbuf_addf(out, " %s-%s", cyg_ip_text(&range->low, low), cyg_ip_text(&range->high, high));
	} else if (prefix.len == (prefix.ip.family == CYG_IPV4 ? 32 : 128)) {
		cyg_strbuf_addf(out, " host %s", cyg_ip_text(&prefix.ip, low));
	} else if (prefix.ip.family == CYG_IPV4) {
		struct cyg_ip mask = cyg_netmask(prefix.len);

		cyg_strbuf_addf(out, " %s/%s", cyg_ip_text(&prefix.ip, low), cyg_ip_text(&mask, high));
	} else {
		cyg_strbuf_addf(out, " %s/%u", cyg_ip_text(&prefix.ip, low), prefix.len);
	}
}

static void flows(struct cyg_exec *exec, const struct child_sa_row *row)
{
	for (unsigned i = 0; i < row->local_count && i < ROW_SELECTORS_MAX; i++) {
		for (unsigned j = 0; j < row->remote_count && j < ROW_SELECTORS_MAX; j++) {
			char selectors[4 * CYG_IP_TEXT + 24];
			struct cyg_strbuf text = CYG_STRBUF(selectors);

			if (row->ts_local[i].addr.low.family != row->ts_remote[j].addr.low.family)
				continue;
			if (row->ts_local[i].protocol)
				cyg_strbuf_addf(&text, "%u", row->ts_local[i].protocol);
			else
				cyg_strbuf_addf(&text, "%s", row->ts_local[i].addr.low.family == CYG_IPV6 ? "ipv6" : "ip");
			side_text(&text, &row->ts_local[i].addr);
			side_text(&text, &row->ts_remote[j].addr);
			cyg_exec_printf(exec, "  IPSEC FLOW: permit %s\n", selectors);
		}
	}
	if (row->local_count > ROW_SELECTORS_MAX || row->remote_count > ROW_SELECTORS_MAX)
		cyg_exec_printf(exec, "  IPSEC FLOW: and those of %u local and %u remote selectors in all\n", row->local_count,
				row->remote_count);
}

static void way_text(struct cyg_exec *exec, const struct child_sa_row *row, bool inbound)
{
	const struct cyg_kernel_counters *c = &row->counters;
	uint64_t used = (inbound ? c->octets_in : c->octets_out) / 1024;
	char kilobytes[32] = "KB Vol Rekey Disabled";

	if (row->lifetime_kb)
		snprintf(kilobytes, sizeof(kilobytes), "%llu",
			 (unsigned long long)(row->lifetime_kb > used ? row->lifetime_kb - used : 0));
	cyg_exec_printf(exec, "        %s %llu drop %llu life (KB/Sec) %s/%u\n",
			inbound ? "Inbound:  #pkts dec'ed" : "Outbound: #pkts enc'ed",
			(unsigned long long)(inbound ? c->packets_in : c->packets_out),
			(unsigned long long)(inbound ? show_drops_in(c) : c->drop_out), kilobytes, row->left_s);
}

static void flow_text(struct cyg_exec *exec, const struct page_job *job, const struct child_sa_row *row)
{
	flows(exec, row);
	cyg_exec_printf(exec, "        Active SAs: %u, origin: crypto map\n", row->state == CHILD_NEW ? 0 : 2);
	if (!job->detailed)
		return;
	way_text(exec, row, true);
	way_text(exec, row, false);
}

void show_session_ike(struct cyg_exec *exec, struct page_job *job, const struct ike_sa_row *row)
{
	if (cyg_exec_json(exec))
		show_ike_row(exec, job, row);
	else
		session_text(exec, job, row);
}

void show_session_child(struct cyg_exec *exec, struct page_job *job, const struct child_sa_row *row)
{
	if (cyg_exec_json(exec))
		show_child_row(exec, job, row);
	else
		flow_text(exec, job, row);
}

static enum cyg_status show_session(struct cyg_exec *exec, const struct cyg_args *args)
{
	struct page_job job = {
		.kind = PAGE_SESSION,
		.filter = { .remote = cyg_args_ip(args, "remote") },
		.ike = show_session_ike,
		.child = show_session_child,
		.detailed = cyg_args_has(args, "detail"),
	};

	cyg_exec_printf(exec, "Crypto session current status\n");
	if (job.detailed)
		cyg_exec_printf(exec, "\nCode: C - address by configuration mode, D - dead peer detection, K - keepalives,\n"
				      "      N - NAT traversal, X - login by EAP, F - fragmentation\n");
	return pages_run(exec, &job);
}

static const struct cyg_command commands[] = {
	{ .mode = "exec",
	  .syntax = "show crypto ikev2 session [detailed]",
	  .help = "Shows IKEv2 security associations, each with its children.",
	  .tokens = tokens,
	  .run = show_ikev2_session },
	{ .mode = "exec",
	  .syntax = "show crypto session [remote <remote:ip>] [detail]",
	  .help = "Shows sessions: peer, state, and what is carried for it.",
	  .tokens = tokens,
	  .run = show_session },
	{ .mode = "exec",
	  .syntax = "show crypto session detail remote <remote:ip>",
	  .help = "The same, words in the other order.",
	  .tokens = tokens,
	  .run = show_session },
	{ 0 },
};

const struct cyg_command_table control_session_commands = { .commands = commands };
