/* SPDX-License-Identifier: MIT */
#include "exchange/watch.h"

#include "sa/rows.h"

#include <stdarg.h>
#include <stdio.h>

#define SUMMARY_MAX 512
#define STEP_TEXT   384

/* As on a router. Both numbers are that of `show crypto ikev2 sa`; 0: no SA has the message. */
#define ABOUT	     "(SESSION ID = {session},SA ID = {sa}):"
#define F_ABOUT(sa_) F_UINT("session", number_of(sa_)), F_UINT("sa", number_of(sa_))

static struct cyg_debug_who who_of(const struct ike_sa *sa)
{
	return (struct cyg_debug_who){
		.peer = &sa->d.remote.ip,
		.identity = sa->remote_id,
		.username = sa->session ? sa->session->eap_identity : NULL,
		.fvrf = "", /* sockets of other VRFs do not exist */
	};
}

static uint64_t number_of(const struct ike_sa *sa)
{
	return sa ? row_tunnel_id(sa->serial, cyg_shard_index(sa->shard), cyg_shard_count(sa->shard)) : 0;
}

static const char *kind_of(uint8_t flags)
{
	return flags & CYG_FLAG_RESPONSE ? "response" : "request";
}

void watch_sent(const struct exchange *x, uint8_t first, struct cyg_bytes chain)
{
	struct cyg_debug_who who = who_of(x->sa);
	const struct cyg_endpoint *to = x->ours ? &x->sa->d.remote : &x->remote;
	char text[SUMMARY_MAX], storage[16];
	struct cyg_strbuf payloads = CYG_STRBUF(text);

	who.peer = &to->ip;
	if (!cyg_debug_wanted(CYG_DEBUG_IKEV2_PACKET, &who))
		return;
	message_summary(chain, first, &payloads);
	cyg_log_emit(CYG_LOG_DEBUG, "debug.sent",
		     "IKEv2:" ABOUT "to {peer}: {exchange} {kind}, message id {id}: {payloads}",
		     (const struct cyg_field[]){
			     F_ENDPOINT("peer", to), F_STR("exchange", exchange_name(x->def->type, storage)),
			     F_STR("kind", x->ours ? "request" : "response"), F_UINT("id", x->message_id),
			     F_STR("payloads", text), F_HEX64("spi_i", x->sa->d.spi_i),
			     F_HEX64("spi_r", x->sa->d.spi_r), F_ABOUT(x->sa), { 0 } });
}

void watch_received(const struct ike_sa *sa, const struct cyg_datagram *d, const struct ike_header *header,
		    uint8_t first, struct cyg_bytes chain)
{
	struct cyg_debug_who who = sa ? who_of(sa) : (struct cyg_debug_who){ .fvrf = "" };
	char text[SUMMARY_MAX], storage[16];
	struct cyg_strbuf payloads = CYG_STRBUF(text);

	who.peer = &d->remote.ip;
	if (!cyg_debug_wanted(CYG_DEBUG_IKEV2_PACKET, &who))
		return;
	message_summary(chain, first, &payloads);
	cyg_log_emit(CYG_LOG_DEBUG, "debug.received",
		     "IKEv2:" ABOUT "from {peer}: {exchange} {kind}, message id {id}: {payloads}",
		     (const struct cyg_field[]){
			     F_ENDPOINT("peer", &d->remote),
			     F_STR("exchange", exchange_name(header->exchange, storage)),
			     F_STR("kind", kind_of(header->flags)), F_UINT("id", header->message_id),
			     F_STR("payloads", text), F_HEX64("spi_i", header->spi_i),
			     F_HEX64("spi_r", header->spi_r), F_ABOUT(sa), { 0 } });
}

void watch_dropped(const struct ike_shard *ike, const struct cyg_datagram *d, const struct ike_counters *before)
{
#define REASON(member_, text_) { offsetof(struct ike_counters, member_), text_ }
	static const struct { size_t at; const char *text; } reasons[] = {
		REASON(drop_short, "it is shorter than it says, or than a header"),
		REASON(drop_version, "it is of another version of IKE"),
		REASON(drop_malformed, "it breaks the format"),
		REASON(drop_unknown_spi, "nobody has its SPIs"),
		REASON(drop_auth, "it is not authentic"),
		REASON(drop_state, "it does not fit the state of its SA"),
		REASON(drop_message_id, "its message id is outside of the window"),
		REASON(drop_exchange, "its exchange type is unknown"),
		REASON(drop_critical, "it holds a critical payload that we do not know"),
		REASON(drop_busy, "too many SAs wait for a server"),
		REASON(drop_memory, "memory is short"),
		REASON(fragments_dropped, "it is a fragment of nothing that is put together here"),
		REASON(retransmits_in, "it is being worked on already"),
	};
#undef REASON
	const struct cyg_debug_who who = { .peer = &d->remote.ip, .fvrf = "" };

	for (size_t i = 0; i < CYG_COUNT(reasons); i++) {
		const uint64_t *was = (const uint64_t *)((const char *)before + reasons[i].at);
		const uint64_t *is = (const uint64_t *)((const char *)&ike->counters + reasons[i].at);

		if (*is != *was)
			cyg_debug(CYG_DEBUG_IKEV2_ERROR, &who, "debug.dropped",
				  "IKEv2-ERROR:{peer}: a message of {octets} octets is dropped: {why}",
				  F_ENDPOINT("peer", &d->remote), F_UINT("octets", d->len),
				  F_STR("why", reasons[i].text));
	}
}

void watch_state(const struct ike_sa *sa, uint8_t before)
{
	const struct cyg_debug_who who = who_of(sa);

	if (sa->state != before)
		cyg_debug(CYG_DEBUG_IKEV2_INTERNAL, &who, "debug.state",
			  "IKEv2:" ABOUT "{peer}: SA {spi} goes from {before} to {after}",
			  F_ENDPOINT("peer", &sa->d.remote),
			  F_HEX64("spi", sa->d.initiator ? sa->d.spi_i : sa->d.spi_r),
			  F_STR("before", ike_state_text(before)), F_STR("after", ike_state_text(sa->state)),
			  F_ABOUT(sa));
}

void watch_chosen(const struct ike_sa *sa, const char *what, const char *which)
{
	const struct cyg_debug_who who = who_of(sa);

	cyg_debug(CYG_DEBUG_IKEV2_INTERNAL, &who, "debug.chosen", "IKEv2:" ABOUT "{peer}: {what}: {which}",
		  F_ENDPOINT("peer", &sa->d.remote), F_STR("what", what), F_STR("which", which),
		  F_ABOUT(sa));
}

void watch_closed(const struct ike_sa *sa, const char *why)
{
	const struct cyg_debug_who who = who_of(sa);

	cyg_debug(CYG_DEBUG_IKEV2_INTERNAL, &who, "debug.closed",
		  "IKEv2:" ABOUT "{peer}: SA {spi} is closed in state {state}: {why}",
		  F_ENDPOINT("peer", &sa->d.remote),
		  F_HEX64("spi", sa->d.initiator ? sa->d.spi_i : sa->d.spi_r),
		  F_STR("state", ike_state_text(sa->state)), F_STR("why", why), F_ABOUT(sa));
}

void watch_client(const struct config_interface *tunnel, const char *format, ...)
{
	const struct cyg_debug_who who = { .peer = &tunnel->destination, .fvrf = "" };
	char text[STEP_TEXT];
	va_list args;

	if (!cyg_debug_wanted(CYG_DEBUG_IKEV2_CLIENT, &who))
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	cyg_debug(CYG_DEBUG_IKEV2_CLIENT, &who, "debug.client", "IKEv2-CLIENT:{interface} to {peer}: {what}",
		  F_STR("interface", tunnel->head.name), F_IP("peer", &tunnel->destination), F_STR("what", text));
}

void watch_aaa(const struct ike_sa *sa, const char *format, ...)
{
	const struct cyg_debug_who who = who_of(sa);
	char text[STEP_TEXT];
	va_list args;

	if (!cyg_debug_wanted(CYG_DEBUG_AAA, &who))
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	cyg_debug(CYG_DEBUG_AAA, &who, "debug.aaa", "AAA:" ABOUT "{peer}: {what}", F_ENDPOINT("peer", &sa->d.remote),
		  F_STR("what", text), F_ABOUT(sa));
}

void watch_pki(const struct ike_sa *sa, const char *format, ...)
{
	const struct cyg_debug_who who = who_of(sa);
	char text[STEP_TEXT];
	va_list args;

	if (!cyg_debug_wanted(CYG_DEBUG_PKI, &who))
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	cyg_debug(CYG_DEBUG_PKI, &who, "debug.pki", "PKI:" ABOUT "{peer}: {what}", F_ENDPOINT("peer", &sa->d.remote),
		  F_STR("what", text), F_ABOUT(sa));
}
