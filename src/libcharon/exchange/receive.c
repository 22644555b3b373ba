/* SPDX-License-Identifier: MIT */
#include "exchange/receive.h"

#include "exchange/count.h"
#include "exchange/fragment.h"

#include <stdio.h>

#define NOTIFIES_PER_SECOND 100 /* in clear, to strangers */

/* One fragment of a message; its message, if it was the last that was missing. */
static enum cyg_status take_fragment(struct ike_sa *sa, struct message *msg, struct cyg_bytes plain,
				     struct opened *opened)
{
	size_t len = 0;
	enum cyg_status status;

	sa->ike->counters.fragments_in++;
	status = fragment_take(sa, msg, plain, &opened->joined, &len);
	if (status != CYG_OK) {
		opened->waits = true;
		if (status != CYG_PENDING)
			sa->ike->counters.fragments_dropped++;
		return CYG_OK;
	}
	status = message_read(opened->joined, len, msg);
	if (status != CYG_OK)
		return status;
	opened->plain_at = msg->sk.aad_len;
	opened->plain_len = msg->sk.body_len;
	return message_read_inner(cyg_bytes(msg->sk.body, msg->sk.body_len), msg->sk.inner_first, msg);
}

enum cyg_status receive_open(struct ike_sa *sa, struct cyg_datagram *d, struct message *msg,
			     bool fresh, struct opened *opened)
{
	struct cyg_bytes plain;
	enum cyg_status status;

	*opened = (struct opened){ 0 };
	status = message_read(d->data, d->len, msg);
	if (status != CYG_OK)
		return status;
	if (!(msg->has & HAS_SK) && !((msg->has & HAS_SKF) && sa->d.fragmentation))
		return CYG_MALFORMED;
	status = suite_fresh(&sa->ike->suites, sa->suite);
	if (status != CYG_OK)
		return CYG_REFUSED; /* its algorithms are not loaded now */
	status = sk_open(&sa->suite->algs, ike_sa_sk_e(sa, !sa->d.initiator),
			 ike_sa_sk_a(sa, !sa->d.initiator), d->data, d->len,
			 msg->sk.aad_len, &plain);
	if (status != CYG_OK)
		return status;
	opened->authentic = opened->sealed = true;
	opened->plain_at = (size_t)(plain.ptr - d->data);
	opened->plain_len = plain.len;
	/* What stood outside of SK is authentic as well, but means nothing there. */
	if (msg->has != HAS_SK && msg->has != HAS_SKF)
		return CYG_MALFORMED;
	if (msg->has & HAS_SKF)
		return fresh ? take_fragment(sa, msg, plain, opened) : CYG_OK;
	return message_read_inner(plain, msg->sk.inner_first, msg);
}

void receive_tell_critical(const struct ike_shard *ike, const struct cyg_datagram *d)
{
	cyg_log_limited(CYG_LOG_NOTICE, "ike.critical",
			"{peer}: a message with the critical payload {payload}, which we do not know, was refused",
			F_ENDPOINT("peer", &d->remote), F_UINT("payload", ike->msg.critical_type));
}

void receive_bad(struct ike_sa *sa, const struct cyg_datagram *d, const struct ike_header *header,
		 enum cyg_status status, const struct exchange_def *def)
{
	uint16_t notify = CYG_N_INVALID_SYNTAX;
	char storage[16];

	if (status == CYG_UNSUPPORTED) {
		notify = CYG_N_UNSUPPORTED_CRITICAL_PAYLOAD;
		receive_tell_critical(sa->ike, d);
	} else {
		cyg_log_limited(CYG_LOG_NOTICE, "ike.malformed",
				"{peer}: an authenticated {exchange} message breaks the format",
				F_ENDPOINT("peer", &d->remote),
				F_STR("exchange", exchange_name(header->exchange, storage)));
	}
	driver_answer_bad(sa, d, header, def, notify, sa->ike->msg.critical_type,
			  status == CYG_UNSUPPORTED);
}

void receive_notify(struct ike_shard *ike, const struct cyg_datagram *d,
		    const struct ike_header *header, uint16_t type, struct cyg_bytes data)
{
	uint64_t second = cyg_shard_now_ms(ike->shard) / 1000;
	struct ike_header answer = {
		.spi_i = header->spi_i,
		.spi_r = header->spi_r,
		.version = CYG_IKE_VERSION,
		.exchange = header->exchange,
		.flags = (uint8_t)(CYG_FLAG_RESPONSE |
				   (header->flags & CYG_FLAG_INITIATOR ? 0 : CYG_FLAG_INITIATOR)),
		.message_id = header->message_id,
	};
	struct cyg_bytes message;
	struct chain_writer c;

	if (second != ike->notify_second) {
		ike->notify_second = second;
		ike->notify_count = 0;
	}
	if (type != CYG_N_COOKIE && ike->notify_count++ >= NOTIFIES_PER_SECOND)
		return;
	c = chain_message(ike->out, sizeof(ike->out), &answer);
	notify_write(&c, CYG_PROTO_NONE, 0, 0, type, data);
	message = chain_end(&c, NULL);
	if (!message.len)
		return;
	ike->counters.messages_out++;
	count_notify(ike, IKE_TX_RESPONSE, type);
	cyg_net_send(ike->shard, &d->local, &d->remote, message, true);
}

void receive_other_version(struct ike_shard *ike, const struct cyg_datagram *d,
			   const struct ike_header *header)
{
	char version[8];

	snprintf(version, sizeof(version), "%u.%u", header->version >> 4, header->version & 15u);
	cyg_log_limited(CYG_LOG_NOTICE, "ike.version",
			"{peer}: a message of IKE version {version} is dropped; try: IKEv2 at the peer, we speak nothing else",
			F_ENDPOINT("peer", &d->remote), F_STR("version", version));
	if (header->version >> 4 <= CYG_IKE_VERSION >> 4 || header->flags & CYG_FLAG_RESPONSE ||
	    header->length != d->len)
		return;
	receive_notify(ike, d, header, CYG_N_INVALID_MAJOR_VERSION, cyg_bytes(NULL, 0));
}
