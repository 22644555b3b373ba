/* SPDX-License-Identifier: MIT */
/* show and clear crypto ikev2 stats. */
#include "control/pages.h"
#include "control/show.h"
#include "control/tables.h"
#include "exchange/turn.h"
#include "wire/message.h"

#include <stdio.h>

static const struct cyg_token_help tokens[] = {
	{ "stats", "Counters of all shards" },
	{ "exchange", "Requests and responses, by exchange" },
	{ "ext-service", "What was asked of others: logins, authorization, addresses, certificates" },
	{ "timeout", "What was waited for in vain" },
	{ "reconnect", "Peers that came back fast" },
	{ "priority-queue", "Requests that wait for their key exchange, so that known peers need not" },
	{ 0 },
};

#define NOT_COUNTED SIZE_MAX
#define AT(member_) offsetof(struct ike_counters, member_)

static uint64_t counter(const struct ike_counters *c, size_t offset)
{
	return offset == NOT_COUNTED ? 0 : *(const uint64_t *)((const char *)c + offset);
}

static void heading(struct cyg_exec *exec, const char *text)
{
	static const char rule[] = "--------------------------------------------------------------------"
				   "------------";

	cyg_exec_printf(exec, "%s\n                          %s\n%s\n", rule, text, rule);
}

static const struct counter_name {
	const char *name;
	size_t offset;
} counter_names[] = {
#define COUNTER(member_) { #member_, AT(member_) }
	COUNTER(sa_in), COUNTER(sa_out), COUNTER(established_in), COUNTER(established_out),
	COUNTER(failed_in), COUNTER(failed_out), COUNTER(active), COUNTER(half_open), COUNTER(waiting),
	COUNTER(negotiating_in), COUNTER(negotiating_out),
	COUNTER(child_created), COUNTER(child_rekeyed), COUNTER(child_deleted), COUNTER(child_failed),
	COUNTER(ike_rekeyed), COUNTER(messages_in), COUNTER(messages_out), COUNTER(retransmits_out),
	COUNTER(retransmits_in), COUNTER(responses_replayed), COUNTER(gave_up), COUNTER(dpd_probes),
	COUNTER(dpd_dead), COUNTER(cookies_demanded), COUNTER(cookies_accepted),
	COUNTER(cookies_rejected), COUNTER(invalid_ke_in), COUNTER(invalid_ke_out),
	COUNTER(rejected_limit_negotiation), COUNTER(rejected_limit_sa), COUNTER(rejected_limit_queue),
	COUNTER(queue_waiting), COUNTER(queue_running), COUNTER(queue_at_once), COUNTER(queue_queued),
	COUNTER(queue_served), COUNTER(queue_left), COUNTER(half_open_dropped), COUNTER(half_open_expired),
	COUNTER(drop_short), COUNTER(drop_version), COUNTER(drop_malformed),
	COUNTER(drop_unknown_spi), COUNTER(drop_auth), COUNTER(drop_state), COUNTER(drop_message_id),
	COUNTER(drop_critical), COUNTER(drop_exchange), COUNTER(drop_memory), COUNTER(drop_busy),
	COUNTER(fragments_in), COUNTER(fragments_out), COUNTER(fragments_dropped),
	COUNTER(auth_failed), COUNTER(auth_passed), COUNTER(eap_failed), COUNTER(eap_passed),
	COUNTER(authz_failed), COUNTER(authz_passed), COUNTER(lease_failed), COUNTER(cert_known),
	COUNTER(cert_judged),
#undef COUNTER
};

static uint64_t dropped(const struct ike_counters *c)
{
	return c->drop_short + c->drop_version + c->drop_malformed + c->drop_unknown_spi + c->drop_auth +
	       c->drop_state + c->drop_message_id + c->drop_critical + c->drop_exchange + c->drop_memory +
	       c->drop_busy;
}

static void limit_text(char *out, size_t room, uint32_t limit)
{
	if (limit)
		snprintf(out, room, "%u", limit);
	else
		snprintf(out, room, "none");
}

static void tell_stats(struct cyg_exec *exec, const struct ike_counters *c)
{
	const struct daemon *daemon = exec->ctx;
	const struct config_global *global = daemon->config ? config_view(daemon->config)->global : NULL;
	char in[16], out[16];
	json_t *json;

	limit_text(in, sizeof(in), global ? global->max_negotiation_in : 0);
	limit_text(out, sizeof(out), global ? global->max_negotiation_out : 0);
#define N(value_) ((unsigned long long)(value_))
	heading(exec, "Crypto IKEv2 SA Statistics");
	cyg_exec_printf(exec, "System Resource Limit:   0        Max IKEv2 SAs: %-8u Max in nego(in/out): %s/%s\n",
			global ? global->max_sa : 0, in, out);
	cyg_exec_printf(exec, "Total incoming IKEv2 SA Count:    %-8llu established: %-8llu failed:      %-8llu\n",
			N(c->sa_in), N(c->established_in), N(c->failed_in));
	cyg_exec_printf(exec, "Total outgoing IKEv2 SA Count:    %-8llu established: %-8llu failed:      %-8llu\n",
			N(c->sa_out), N(c->established_out), N(c->failed_out));
	cyg_exec_printf(exec, "Total IKEv2 SA Count now:         %-8llu active:      %-8llu negotiating: %-8llu\n",
			N(c->active + c->negotiating_in + c->negotiating_out), N(c->active),
			N(c->negotiating_in + c->negotiating_out));
	cyg_exec_printf(exec, "Incoming IKEv2 Requests: %-8llu accepted: %-8llu rejected: %-8llu\n", N(c->sa_in),
			N(c->sa_in - (c->failed_in < c->sa_in ? c->failed_in : c->sa_in)), N(c->failed_in));
	cyg_exec_printf(exec, "Outgoing IKEv2 Requests: %-8llu accepted: %-8llu rejected: %-8llu\n", N(c->sa_out),
			N(c->sa_out - (c->failed_out < c->sa_out ? c->failed_out : c->sa_out)),
			N(c->failed_out));
	cyg_exec_printf(exec, "Rejected IKEv2 Requests: %-8llu rsrc low: %-8llu SA limit: %-8llu\n",
			N(c->rejected_limit_negotiation + c->rejected_limit_queue + c->rejected_limit_sa),
			N(c->rejected_limit_negotiation + c->rejected_limit_queue), N(c->rejected_limit_sa));
	cyg_exec_printf(exec, "IKEv2 packets dropped at dispatch: %llu\n", N(dropped(c)));
	cyg_exec_printf(exec, "Incoming IKEV2 Cookie Challenged Requests: %llu\n", N(c->cookies_demanded));
	cyg_exec_printf(exec, "    accepted: %-8llu rejected: %-8llu rejected no cookie: %-8llu\n",
			N(c->cookies_accepted), N(c->cookies_rejected), N(c->cookies_demanded));
	cyg_exec_printf(exec, "Total Deleted sessions of Cert Revoked Peers: 0\n");
#undef N
	if (!cyg_exec_json(exec))
		return;
	json = json_object();
	for (size_t i = 0; i < CYG_COUNT(counter_names); i++)
		put_number(&json, counter_names[i].name, counter(c, counter_names[i].offset));
	cyg_exec_row(exec, json);
}

/* --- By exchange --- */

static const char *const way_names[IKE_WAYS] = { "tx_request", "tx_response", "rx_request", "rx_response" };

static const struct exchange_count {
	const char *group, *name;
	size_t at[IKE_WAYS];
} exchange_counts[] = {
#define EXCHANGE(name_, n_) { "EXCHANGES", name_, \
			      { AT(requests_out[n_]), AT(responses_out[n_]), AT(requests_in[n_]), AT(responses_in[n_]) } }
	EXCHANGE("IKE_SA_INIT", 0),
	EXCHANGE("IKE_AUTH", 1),
	EXCHANGE("CREATE_CHILD_SA", 2),
	EXCHANGE("INFORMATIONAL", 3),
#undef EXCHANGE
}, retransmissions = {
	"OTHER COUNTERS", "RETRANSMISSION",
	{ AT(retransmits_out), AT(responses_replayed), AT(retransmits_in), NOT_COUNTED },
};

/* The table as it goes: a group's name stands once, and what is all zero not at all. */
struct exchange_table {
	struct cyg_exec *exec;
	const char *group;
};

static void exchange_json(struct cyg_exec *exec, const char *group, const char *name, const uint64_t *const at[IKE_WAYS])
{
	json_t *json = json_object();

	put_text(&json, "group", group);
	put_text(&json, "name", name);
	for (unsigned way = 0; way < IKE_WAYS; way++) {
		if (at[way])
			put_number(&json, way_names[way], *at[way]);
	}
	cyg_exec_row(exec, json);
}

/* `at`: NULL is not counted. */
static void exchange_line(struct exchange_table *table, const char *group, const char *name,
			  const uint64_t *const at[IKE_WAYS])
{
	if (strcmp(table->group, group) != 0)
		cyg_exec_printf(table->exec, "\n%s\n", group);
	table->group = group;
	cyg_exec_printf(table->exec, "%-36s", name);
	for (unsigned way = 0; way < IKE_WAYS; way++) {
		if (at[way])
			cyg_exec_printf(table->exec, " %10llu", (unsigned long long)*at[way]);
		else
			cyg_exec_printf(table->exec, " %10s", "-");
	}
	cyg_exec_printf(table->exec, "\n");
}

/* JSON has a row for each exchange, whether there was one or not. */
static void exchange_row(struct exchange_table *table, const struct ike_counters *c, const struct exchange_count *count)
{
	const uint64_t *at[IKE_WAYS];
	uint64_t all = 0;

	for (unsigned way = 0; way < IKE_WAYS; way++) {
		at[way] = count->at[way] == NOT_COUNTED ? NULL :
			  (const uint64_t *)((const char *)c + count->at[way]);
		all |= counter(c, count->at[way]);
	}
	if (cyg_exec_json(table->exec))
		exchange_json(table->exec, count->group, count->name, at);
	else if (all)
		exchange_line(table, count->group, count->name, at);
}

static void counted(struct exchange_table *table, const char *group, const char *name, const uint64_t counts[IKE_WAYS])
{
	const uint64_t *const at[IKE_WAYS] = { &counts[0], &counts[1], &counts[2], &counts[3] };

	if (!(counts[0] | counts[1] | counts[2] | counts[3]))
		return;
	if (cyg_exec_json(table->exec))
		exchange_json(table->exec, group, name, at);
	else
		exchange_line(table, group, name, at);
}

static void notify_counts(struct exchange_table *table, const struct ike_counters *c)
{
	char storage[16];

	for (unsigned i = 0; i < IKE_NOTIFIES - 1; i++) {
		uint16_t type = ike_notify_at(i);

		counted(table, type < IKE_NOTIFY_STATUS ? "ERROR NOTIFY" : "OTHER NOTIFY", notify_name(type, storage),
			c->notifies[i]);
	}
	counted(table, "OTHER NOTIFY", "of other numbers", c->notifies[IKE_NOTIFIES - 1]);
}

static void config_counts(struct exchange_table *table, const struct ike_counters *c)
{
	static const char *const names[IKE_CONFIG_TYPES] = { "CFG_REQUEST", "CFG_REPLY", "CFG_SET", "CFG_ACK" };

	for (unsigned i = 0; i < IKE_CONFIG_TYPES; i++)
		counted(table, "CONFIG PAYLOAD TYPE", names[i], c->config_payloads[i]);
}

void show_exchange_counters(struct cyg_exec *exec, const struct ike_counters *c)
{
	struct exchange_table table = { exec, "" };

	heading(exec, "Crypto IKEv2 Exchange Statistics");
	cyg_exec_printf(exec, "%-36s %10s %10s %10s %10s\n", "EXCHANGE/NOTIFY", "TX(REQ)", "TX(RES)", "RX(REQ)",
			"RX(RES)");
	for (size_t i = 0; i < CYG_COUNT(exchange_counts); i++)
		exchange_row(&table, c, &exchange_counts[i]);
	notify_counts(&table, c);
	config_counts(&table, c);
	exchange_row(&table, c, &retransmissions);
}

/* --- What others did for us, and what nobody did --- */

static void cell(struct cyg_exec *exec, const struct ike_counters *c, size_t at)
{
	if (at == NOT_COUNTED)
		cyg_exec_printf(exec, " %12s", "-");
	else
		cyg_exec_printf(exec, " %12llu", (unsigned long long)counter(c, at));
}

static const struct service_count {
	const char *group, *name;
	size_t passed, failed;
} service_counts[] = {
	{ "AAA OPERATION", "EAP", AT(eap_passed), AT(eap_failed) },
	{ "AAA OPERATION", "AUTHORIZATION", AT(authz_passed), AT(authz_failed) },
	{ "AAA OPERATION", "ADDRESS", NOT_COUNTED, AT(lease_failed) },
	{ "IPSEC OPERATION", "CHILD_SA", AT(child_created), AT(child_failed) },
	{ "PKI OPERATION", "PATH VALIDATION", AT(cert_judged), NOT_COUNTED },
	{ "PEER", "AUTHENTICATION", AT(auth_passed), AT(auth_failed) },
};

static void tell_services(struct cyg_exec *exec, const struct ike_counters *c)
{
	const char *group = "";

	heading(exec, "Crypto IKEv2 External Service Statistics");
	cyg_exec_printf(exec, "%-28s %12s %12s\n", "SERVICE", "PASSED", "FAILED");
	for (size_t i = 0; i < CYG_COUNT(service_counts); i++) {
		const struct service_count *count = &service_counts[i];
		json_t *json;

		if (strcmp(group, count->group) != 0)
			cyg_exec_printf(exec, "\n%s\n", count->group);
		group = count->group;
		cyg_exec_printf(exec, "%-28s", count->name);
		cell(exec, c, count->passed);
		cell(exec, c, count->failed);
		cyg_exec_printf(exec, "\n");
		if (!cyg_exec_json(exec))
			continue;
		json = json_object();
		put_text(&json, "group", count->group);
		put_text(&json, "name", count->name);
		if (count->passed != NOT_COUNTED)
			put_number(&json, "passed", counter(c, count->passed));
		if (count->failed != NOT_COUNTED)
			put_number(&json, "failed", counter(c, count->failed));
		cyg_exec_row(exec, json);
	}
}

/* A probe for a dead peer that nobody answered is told by itself, and not among the packets. */
void show_timeout_counters(struct cyg_exec *exec, const struct ike_counters *c)
{
	const struct {
		const char *text, *name;
		uint64_t count;
	} timeouts[] = {
		{ "AUTH", "auth", c->half_open_expired },
		{ "PACKET MAXIMUM RETRANS", "packet", c->gave_up > c->dpd_dead ? c->gave_up - c->dpd_dead : 0 },
		{ "DPD MAX RETRANS", "dpd", c->dpd_dead },
	};
	json_t *json = cyg_exec_json(exec) ? json_object() : NULL;

	heading(exec, "Crypto IKEv2 Timeout Statistics");
	for (size_t i = 0; i < CYG_COUNT(timeouts); i++) {
		cyg_exec_printf(exec, "%-28s %12llu\n", timeouts[i].text, (unsigned long long)timeouts[i].count);
		put_number(&json, timeouts[i].name, timeouts[i].count);
	}
	cyg_exec_row(exec, json);
}

/* --- Who waits so that others need not --- */

void show_queue_counters(struct cyg_exec *exec, const struct ike_counters *c)
{
	const struct daemon *daemon = exec->ctx;
	const struct config_global *global = daemon->config ? config_view(daemon->config)->global : NULL;
	uint64_t limit = global && global->queue_sa_init ? global->queue_sa_init :
							   (uint64_t)TURN_QUEUE_MAX * daemon->shard_count;
	const struct {
		const char *text, *name;
		uint64_t count;
	} counts[] = {
		{ "Limit of the queue", "limit", limit },
		{ "Waiting now", "waiting", c->queue_waiting },
		{ "With the helpers now", "running", c->queue_running },
		{ "Had their turn at once", "at_once", c->queue_at_once },
		{ "Had to wait", "queued", c->queue_queued },
		{ "  and had their turn", "served", c->queue_served },
		{ "  and ended before it", "left", c->queue_left },
		{ "Dropped: the queue was full", "dropped", c->rejected_limit_queue },
	};
	json_t *json = cyg_exec_json(exec) ? json_object() : NULL;

	heading(exec, "Crypto IKEv2 Priority Queue Statistics");
	cyg_exec_printf(exec, "IKE_SA_INIT, by a group of much work (all other requests never wait)\n");
	put_text(&json, "queue", "IKE_SA_INIT");
	for (size_t i = 0; i < CYG_COUNT(counts); i++) {
		cyg_exec_printf(exec, "%-28s %12llu\n", counts[i].text, (unsigned long long)counts[i].count);
		put_number(&json, counts[i].name, counts[i].count);
	}
	cyg_exec_row(exec, json);
}

/* A zero would say that it was tried. */
static enum cyg_status show_reconnect(struct cyg_exec *exec)
{
	static const char why[] = "this version has no reconnect: `reconnect` and `crypto ikev2 reconnect key` have no effect";
	json_t *json = cyg_exec_json(exec) ? json_object() : NULL;

	heading(exec, "Crypto IKEv2 Reconnect Statistics");
	cyg_exec_printf(exec, "Nothing is counted: %s\n", why);
	put_text(&json, "not-used", why);
	cyg_exec_row(exec, json);
	return CYG_OK;
}

static enum cyg_status show_stats(struct cyg_exec *exec, const struct cyg_args *args)
{
	if (cyg_args_has(args, "reconnect"))
		return show_reconnect(exec);
	return pages_counters(exec, false,
			      cyg_args_has(args, "exchange")       ? show_exchange_counters :
			      cyg_args_has(args, "ext-service")    ? tell_services :
			      cyg_args_has(args, "priority-queue") ? show_queue_counters :
			      cyg_args_has(args, "timeout")        ? show_timeout_counters : tell_stats);
}

static enum cyg_status clear_stats(struct cyg_exec *exec, const struct cyg_args *args)
{
	return pages_counters(exec, true, NULL);
}

static const struct cyg_command commands[] = {
	{ .mode = "exec",
	  .syntax = "show crypto ikev2 stats [exchange | ext-service | timeout | reconnect | priority-queue]",
	  .help = "Shows counters of IKEv2.",
	  .tokens = tokens,
	  .run = show_stats },
	{ .mode = "exec",
	  .syntax = "clear crypto ikev2 stats",
	  .help = "Sets the counters of IKEv2 to zero.",
	  .tokens = tokens,
	  .flags = CYG_CMD_PRIVILEGED,
	  .run = clear_stats },
	{ 0 },
};

const struct cyg_command_table control_stats_commands = { .commands = commands };
