/* SPDX-License-Identifier: MIT */
/*
 * What comes in finds its SA, is opened and parsed, and runs the row of its exchange's table; what the row
 * wrote goes out. Retransmission, message IDs, windows, parking and refusals are here and in no handler.
 */
#include "exchange/driver.h"

#include "exchange/cookie.h"
#include "exchange/exchange.h"
#include "exchange/receive.h"
#include "shard/shard.h"

#include <cygnet/cursor.h>

#include <stdlib.h>

#define PROBE_TRIES  6 /* a probe and five repeats */
#define DELETE_TRIES 3 /* the SA ends here anyhow */
#define SK_HEAD (CYG_IKE_HEADER_LEN + 4) /* what stands before the IV */

static const struct exchange_def *const defs[] = {
	&exchange_ike_sa_init,
	&exchange_ike_auth,
	&exchange_create_child,
	&exchange_informational,
};

static void op_done(struct cyg_op *op, enum cyg_status status);

struct cyg_op *exchange_op(struct exchange *x)
{
	cyg_op_init(&x->op, x->sa->shard, op_done);
	return &x->op;
}

/* --- Out --- */

static struct ike_header header_of(const struct exchange *x)
{
	const struct ike_sa *sa = x->sa;

	return (struct ike_header){
		.spi_i = sa->d.spi_i,
		.spi_r = sa->d.spi_r,
		.version = CYG_IKE_VERSION,
		.exchange = x->def->type,
		.flags = (uint8_t)((sa->d.initiator ? CYG_FLAG_INITIATOR : 0) |
				   (x->ours ? 0 : CYG_FLAG_RESPONSE)),
		.message_id = x->message_id,
	};
}

static void writer_begin(struct exchange *x)
{
	struct ike_shard *ike = exchange_ike(x);
	struct ike_header header = header_of(x);
	struct wire_writer w = wire_writer(ike->out, sizeof(ike->out));

	if (x->def->clear) {
		/* Nothing of ours is promised in a refusal: RFC 7296 2.6. */
		if (!x->ours && x->notify)
			header.spi_r = 0;
		ike->writer = chain_message(ike->out, sizeof(ike->out), &header);
	} else {
		size_t gap = SK_HEAD + sk_plain_offset(&x->sa->suite->algs);

		(void)wire_reserve(&w, gap);
		ike->writer = chain_inner(w.at, wire_room(&w) - CYG_ICV_MAX - UINT8_MAX);
	}
	x->out = &ike->writer;
}

/* The explicit IV: a counter for AEAD, unpredictable for CBC. */
static void make_iv(struct ike_sa *sa, uint8_t iv[CYG_IV_MAX])
{
	const struct cyg_cipher_ops *ops = sa->suite->algs.cipher.ops;
	struct wire_writer w = wire_writer(iv, CYG_IV_MAX);

	if (!ops->icv_len) {
		cyg_shard_random(sa->shard, iv, ops->iv_len);
		return;
	}
	wire_put_zero(&w, ops->iv_len > 8 ? ops->iv_len - 8u : 0);
	wire_put_u64(&w, sa->d.iv_next++);
}

/* The inner chain stands in its place already: puts header and SK payload around it and seals. */
static struct cyg_bytes seal(struct exchange *x)
{
	struct ike_sa *sa = x->sa;
	struct ike_shard *ike = sa->ike;
	const struct ike_algs *algs = &sa->suite->algs;
	struct ike_header header = header_of(x);
	uint8_t first, iv[CYG_IV_MAX];
	size_t plain = chain_end(x->out, &first).len;
	struct chain_writer c;
	struct cyg_bytes message;

	if (x->out->w.failed)
		return cyg_bytes(NULL, 0);
	c = chain_message(ike->out, sizeof(ike->out), &header);
	chain_open(&c, CYG_PAYLOAD_SK);
	wire_set_u8(&c.w, c.next_at, first);
	(void)wire_reserve(&c.w, sk_sealed_len(algs, plain));
	chain_close(&c);
	message = chain_end(&c, NULL);
	if (!message.len)
		return message;
	make_iv(sa, iv);
	if (sk_seal(algs, sa->d.initiator ? sa->keys->ei : sa->keys->er,
		    sa->d.initiator ? sa->keys->ai : sa->keys->ar, iv, ike->out, SK_HEAD, plain) != CYG_OK)
		return cyg_bytes(NULL, 0);
	return message;
}

static struct cyg_bytes finish_message(struct exchange *x)
{
	return x->def->clear ? chain_end(x->out, NULL) : seal(x);
}

static void send_to(struct ike_sa *sa, const struct cyg_endpoint *local,
		    const struct cyg_endpoint *remote, struct cyg_bytes octets)
{
	sa->ike->counters.messages_out++;
	sa->last_out_ms = cyg_shard_now_ms(sa->shard);
	cyg_net_send(sa->shard, local, remote, octets, true);
}

void driver_send(struct ike_sa *sa, struct cyg_bytes octets)
{
	send_to(sa, &sa->d.local, &sa->d.remote, octets);
}

static unsigned counter_of(uint8_t exchange)
{
	return exchange - (unsigned)CYG_IKE_SA_INIT;
}

/* --- Our requests --- */

static void begin_over(struct exchange *x, enum cyg_status status);

static void free_ours(struct ike_sa *sa)
{
	exchange_free(sa->ours);
	sa->ours = NULL;
	free(sa->sent);
	sa->sent = NULL;
	sa->retransmit_at = 0;
}

void driver_abandon(struct ike_sa *sa)
{
	if (sa->sent)
		sa->d.send_next = sa->sent->message_id + 1;
	free_ours(sa);
}

/* Our request came to nothing. */
static void ours_failed(struct exchange *x, enum cyg_status status)
{
	struct ike_sa *sa = x->sa;

	if (x->def->failed)
		x->def->failed(x, status);
	free_ours(sa);
	if (sa->state == IKE_CLOSED)
		return;
	driver_pump(sa);
	life_schedule(sa);
}

static enum cyg_status keep_sent(struct exchange *x, struct cyg_bytes message)
{
	struct ike_sa *sa = x->sa;
	struct sent_request *sent = malloc(sizeof(*sent) + message.len);
	bool probe = (x->want & WANT_DPD) && sa->dpd_retry_ms;

	if (!sent)
		return CYG_NOMEM;
	*sent = (struct sent_request){
		.message_id = x->message_id,
		.exchange = x->def->type,
		.tries = 1,
		.tries_max = probe ? PROBE_TRIES :
			     x->want & WANT_DELETE ? DELETE_TRIES :
			     (uint8_t)sa->ike->options.retransmit_tries,
		.interval_ms = probe ? sa->dpd_retry_ms : sa->ike->options.retransmit_first_ms,
		.steady = probe,
		.len = message.len,
	};
	memcpy(sent->octets, message.ptr, message.len);
	free(sa->sent);
	sa->sent = sent;
	sa->retransmit_at = cyg_shard_now_ms(sa->shard) + sent->interval_ms;
	return CYG_OK;
}

static void begin_over(struct exchange *x, enum cyg_status status)
{
	struct ike_sa *sa = x->sa;
	struct cyg_bytes message;

	if (status == CYG_PENDING || sa->state == IKE_CLOSED)
		return;
	if (status == CYG_OK) {
		message = finish_message(x);
		status = message.len ? keep_sent(x, message) : CYG_LIMIT;
		if (status == CYG_OK) {
			if (x->def->begun != IKE_STATES)
				sa->state = x->def->begun;
			sa->ike->counters.requests_out[counter_of(x->def->type)]++;
			driver_send(sa, cyg_bytes(sa->sent->octets, sa->sent->len));
			life_schedule(sa);
			return;
		}
	}
	ours_failed(x, status);
}

static void begin(struct exchange *x)
{
	if (!x->def->clear && suite_fresh(&x->sa->ike->suites, x->sa->suite) != CYG_OK) {
		ours_failed(x, CYG_UNSUPPORTED);
		return;
	}
	x->again = false;
	x->resume = NULL;
	x->msg = NULL;
	free(x->parked);
	x->parked = NULL;
	writer_begin(x);
	begin_over(x, x->def->begin(x));
}

static void ask(struct ike_sa *sa, const struct exchange_def *def, uint32_t want, uint32_t child_spi)
{
	struct exchange *x = exchange_new(sa, def);

	if (!x) {
		/* Out of memory ends this SA, not the daemon. */
		life_close(sa, "out of memory");
		return;
	}
	x->ours = true;
	x->message_id = sa->d.send_next;
	x->want = want;
	x->child_spi = child_spi;
	sa->ours = x;
	begin(x);
}

static void pump_established(struct ike_sa *sa)
{
	struct child_sa *child;

	if (sa->wants & WANT_DELETE) {
		sa->wants = 0;
		sa->state = IKE_DELETING;
		ask(sa, &exchange_informational, WANT_DELETE, 0);
		return;
	}
	if (sa->state != IKE_ESTABLISHED)
		return;
	for (child = sa->children; child; child = child->next) {
		if (child->want_delete) {
			child->want_delete = false;
			child->state = CHILD_DELETING;
			ask(sa, &exchange_informational, 0, child->d.spi_in);
			return;
		}
	}
	if (sa->wants & WANT_REKEY) {
		sa->wants &= ~(uint32_t)WANT_REKEY;
		ask(sa, &exchange_create_child, WANT_REKEY, 0);
		return;
	}
	for (child = sa->children; child; child = child->next) {
		if (child->want_rekey && child->state == CHILD_INSTALLED) {
			child->want_rekey = false;
			child->state = CHILD_REKEYING;
			ask(sa, &exchange_create_child, 0, child->d.spi_in);
			return;
		}
		child->want_rekey = false;
	}
	if (sa->wants & WANT_CHILD) {
		sa->wants &= ~(uint32_t)WANT_CHILD;
		ask(sa, &exchange_create_child, WANT_CHILD, 0);
		return;
	}
	if (sa->wants & WANT_DPD) {
		sa->wants &= ~(uint32_t)WANT_DPD;
		ask(sa, &exchange_informational, WANT_DPD, 0);
	}
}

void driver_pump(struct ike_sa *sa)
{
	if (sa->ours || sa->sent)
		return;
	switch (sa->state) {
	case IKE_NEW:
		if (sa->d.initiator)
			ask(sa, &exchange_ike_sa_init, 0, 0);
		return;
	case IKE_INIT_DONE:
		if (sa->wants & WANT_DELETE)
			pump_established(sa);
		else if (sa->d.initiator)
			ask(sa, &exchange_ike_auth, 0, 0);
		return;
	case IKE_AUTH_SENT:
	case IKE_ESTABLISHED:
	case IKE_REKEYED:
		pump_established(sa);
		return;
	default:
		return;
	}
}

void driver_retransmit(struct ike_sa *sa)
{
	struct sent_request *sent = sa->sent;
	struct exchange *x = sa->ours;

	if (!sent) {
		sa->retransmit_at = 0;
		return;
	}
	if (sent->tries < sent->tries_max) {
		sent->tries++;
		if (!sent->steady)
			sent->interval_ms *= 2;
		sa->retransmit_at = cyg_shard_now_ms(sa->shard) + sent->interval_ms;
		sa->ike->counters.retransmits_out++;
		driver_send(sa, cyg_bytes(sent->octets, sent->len));
		return;
	}
	sa->ike->counters.gave_up++;
	sa->retransmit_at = 0;
	if (sa->state >= IKE_ESTABLISHED && x && (x->want & WANT_DPD))
		sa->ike->counters.dpd_dead++;
	if (x && x->def->failed)
		x->def->failed(x, CYG_TIMEOUT);
	/* Nobody is there: RFC 7296 2.4. */
	life_close(sa, "the peer does not answer");
}

/* --- Rows --- */

static uint32_t has_of(const struct message *msg)
{
	uint32_t has = msg->has;

	for (unsigned i = 0; i < msg->notify_count; i++) {
		uint16_t type = msg->notify[i].type;

		if (type == CYG_N_COOKIE)
			has |= HAS_N_COOKIE;
		else if (type == CYG_N_INVALID_KE_PAYLOAD)
			has |= HAS_N_INVALID_KE;
		else if (type == CYG_N_REKEY_SA)
			has |= HAS_N_REKEY;
		if (type < CYG_N_INITIAL_CONTACT)
			has |= HAS_N_ERROR;
	}
	return has;
}

static const struct exchange_row *find_row(const struct exchange_def *def, const struct ike_sa *sa,
					   enum exchange_part part, const struct message *msg)
{
	uint32_t has = has_of(msg);

	for (size_t i = 0; i < def->count; i++) {
		const struct exchange_row *row = &def->rows[i];

		if (row->when == sa->state && row->gets == part &&
		    (has & row->holding) == row->holding)
			return row;
	}
	return NULL;
}

static const struct exchange_def *def_of(uint8_t type)
{
	for (size_t i = 0; i < CYG_COUNT(defs); i++) {
		if (defs[i]->type == type)
			return defs[i];
	}
	return NULL;
}

/* --- Parking --- */

/* The datagram is gone when we return: keeps its octets (opened already) and parses them again, so
 * that all views lead into the copy. */
static enum cyg_status park(struct exchange *x, const struct opened *opened)
{
	size_t len = x->msg->raw.len;
	struct message *parked;
	uint8_t *octets;
	enum cyg_status status;

	if (x->parked)
		return CYG_OK;
	parked = malloc(sizeof(*parked) + len);
	if (!parked)
		return CYG_NOMEM;
	octets = (uint8_t *)(parked + 1);
	memcpy(octets, x->msg->raw.ptr, len);
	status = message_read(octets, len, parked);
	if (status == CYG_OK && opened->sealed)
		status = message_read_inner(cyg_bytes(octets + opened->plain_at, opened->plain_len),
					    parked->sk.inner_first, parked);
	if (status != CYG_OK) {
		free(parked);
		return status;
	}
	x->parked = parked;
	x->msg = parked;
	return CYG_OK;
}

/* --- Requests of the peer --- */

static uint16_t notify_of(enum cyg_status status)
{
	switch (status) {
	case CYG_MALFORMED:
		return CYG_N_INVALID_SYNTAX;
	case CYG_UNSUPPORTED:
		return CYG_N_NO_PROPOSAL_CHOSEN;
	case CYG_REFUSED:
	case CYG_NOT_FOUND:
		return CYG_N_AUTHENTICATION_FAILED;
	default:
		return CYG_N_TEMPORARY_FAILURE;
	}
}

static void write_refusal(struct exchange *x, enum cyg_status status)
{
	if (!x->notify)
		x->notify = notify_of(status);
	writer_begin(x);
	notify_write(x->out, x->notify_protocol, x->notify_spi ? 4 : 0, x->notify_spi, x->notify,
		     cyg_bytes(x->notify_data, x->notify_len));
}

static void enter(struct exchange *x)
{
	struct ike_sa *sa = x->sa;
	uint8_t before = sa->state;
	uint8_t state = x->then != IKE_STATES ? x->then : x->row ? x->row->then : IKE_STATES;

	if (state == IKE_STATES)
		return;
	sa->state = state;
	if (state == IKE_ESTABLISHED && before < IKE_ESTABLISHED)
		life_established(sa);
}

static void answer(struct exchange *x, enum cyg_status status)
{
	struct ike_sa *sa = x->sa;
	struct cyg_bytes message;
	bool ends = x->ends_sa;

	if (status == CYG_OK) {
		enter(x);
	} else {
		/* Nobody is authenticated before the SA is established: a refusal ends it. */
		ends = ends || sa->state < IKE_ESTABLISHED;
		if (x->def->clear && status != CYG_REFUSED) {
			life_close(sa, NULL); /* our own trouble: a stranger is told nothing */
			return;
		}
		write_refusal(x, status);
	}
	message = finish_message(x);
	if (message.len) {
		sa->ike->counters.responses_out[counter_of(x->def->type)]++;
		if (sa->keys || !ends)
			window_keep(sa, x->message_id, message);
		window_answered(&sa->d, x->message_id);
		sa->forget_at = cyg_shard_now_ms(sa->shard) + FORGET_RESPONSE_MS;
		/* AUTH signs IKE_SA_INIT as it went out. */
		if (status == CYG_OK && x->def->clear && sa->nego) {
			sa->nego->init_response = malloc(message.len);
			if (sa->nego->init_response) {
				memcpy(sa->nego->init_response, message.ptr, message.len);
				sa->nego->init_response_len = message.len;
			} else {
				ends = true;
			}
		}
		send_to(sa, &x->local, &x->remote, message);
	}
	sa->theirs = NULL;
	exchange_free(x);
	if (ends) {
		life_close(sa, NULL);
		return;
	}
	if (sa->state == IKE_CLOSED)
		return;
	driver_pump(sa);
	life_schedule(sa);
}

static void request_over(struct exchange *x, enum cyg_status status, const struct opened *opened)
{
	if (x->sa->state == IKE_CLOSED)
		return; /* the handler closed it: everything is freed at the end of the turn */
	if (status == CYG_PENDING) {
		status = opened ? park(x, opened) : CYG_OK;
		if (status == CYG_OK && x->def->type == CYG_IKE_AUTH)
			life_waiting(x->sa);
		if (status == CYG_OK)
			return;
		cyg_op_cancel(&x->op);
	}
	answer(x, status);
}

static void run_request(struct ike_sa *sa, const struct exchange_def *def,
			const struct cyg_datagram *d, const struct message *msg,
			const struct opened *opened)
{
	const struct exchange_row *row = find_row(def, sa, REQUEST, msg);
	struct exchange *x;

	why_reset(sa->ike);
	if (!row && sa->state < IKE_ESTABLISHED) {
		sa->ike->counters.drop_state++;
		if (def->clear)
			life_close(sa, NULL);
		return;
	}
	x = exchange_new(sa, def);
	if (!x) {
		sa->ike->counters.drop_memory++;
		return;
	}
	x->message_id = msg->header.message_id;
	x->local = d->local;
	x->remote = d->remote;
	x->msg = msg;
	x->row = row;
	sa->theirs = x;
	sa->ike->counters.requests_in[counter_of(def->type)]++;
	writer_begin(x);
	if (row) {
		request_over(x, row->run(x), opened);
		return;
	}
	/* Authenticated, and not allowed now. */
	x->notify = CYG_N_INVALID_SYNTAX;
	answer(x, CYG_MALFORMED);
}

/* --- Responses --- */

static void response_over(struct exchange *x, enum cyg_status status, const struct opened *opened)
{
	struct ike_sa *sa = x->sa;

	if (sa->state == IKE_CLOSED)
		return;
	if (status == CYG_PENDING) {
		status = opened ? park(x, opened) : CYG_OK;
		if (status == CYG_OK)
			return;
		cyg_op_cancel(&x->op);
	}
	if (status == CYG_OK && x->again) {
		/* IKE_SA_INIT keeps its message ID 0 (RFC 7296 2.6); all others ask anew. */
		if (!x->def->clear)
			x->message_id = sa->d.send_next = x->message_id + 1;
		begin(x);
		return;
	}
	if (status == CYG_OK) {
		enter(x);
		sa->d.send_next = x->message_id + 1;
		free_ours(sa);
		driver_pump(sa);
		life_schedule(sa);
		return;
	}
	if (x->def->clear && !x->ends_sa) {
		/* Nobody authenticated it: as if it had not come, we wait on for a good one. */
		sa->ike->counters.drop_auth++;
		x->msg = NULL;
		free(x->parked);
		x->parked = NULL;
		return;
	}
	sa->d.send_next = x->message_id + 1;
	if (sa->state < IKE_ESTABLISHED) {
		/* RFC 7296 2.21.2: the peer has an SA that we do not take. Tell it, then end. */
		sa->farewell = x->notify;
		sa->wants = x->notify && sa->keys ? WANT_DELETE : 0;
		if (x->def->failed)
			x->def->failed(x, status);
		free_ours(sa);
		if (sa->wants)
			driver_pump(sa);
		else
			life_close(sa, NULL);
		if (sa->state != IKE_CLOSED)
			life_schedule(sa);
		return;
	}
	if (x->ends_sa) {
		life_close(sa, "refused");
		return;
	}
	ours_failed(x, status);
}

static void run_response(struct ike_sa *sa, const struct exchange_def *def, const struct message *msg,
			 const struct opened *opened)
{
	struct exchange *x = sa->ours;
	const struct exchange_row *row;

	if (!x || !sa->sent || x->def != def || x->msg ||
	    sa->sent->message_id != msg->header.message_id) {
		sa->ike->counters.drop_message_id++;
		return;
	}
	why_reset(sa->ike);
	row = find_row(def, sa, RESPONSE, msg);
	if (!row && def->clear) {
		sa->ike->counters.drop_state++;
		return;
	}
	sa->ike->counters.responses_in[counter_of(def->type)]++;
	x->msg = msg;
	x->row = row;
	if (!def->clear)
		sa->retransmit_at = 0;
	if (row) {
		response_over(x, row->run(x), opened);
		return;
	}
	why_mend(sa->ike, "debug crypto ikev2 packet, at the peer too");
	(void)exchange_refuse(x, CYG_MALFORMED, CYG_N_INVALID_SYNTAX,
			      "the response lacks payloads that it must hold");
	response_over(x, CYG_MALFORMED, opened);
}

static void op_done(struct cyg_op *op, enum cyg_status status)
{
	struct exchange *x = CYG_CONTAINER(op, struct exchange, op);
	struct ike_sa *sa = x->sa;

	why_reset(sa->ike);
	if (!x->def->clear && suite_fresh(&sa->ike->suites, sa->suite) != CYG_OK) {
		life_close(sa, "a plugin that it needs was unloaded");
		return;
	}
	writer_begin(x);
	status = x->resume ? x->resume(x, status) : status;
	if (!x->ours)
		request_over(x, status, NULL);
	else if (x->msg)
		response_over(x, status, NULL);
	else
		begin_over(x, status);
}

/* --- In --- */

/* An authenticated message came from elsewhere, and a NAT may have moved the peer: RFC 7296 2.23. */
static void follow(struct ike_sa *sa, const struct cyg_datagram *d)
{
	bool moved = memcmp(&sa->d.remote, &d->remote, sizeof(d->remote)) != 0 ||
		     memcmp(&sa->d.local, &d->local, sizeof(d->local)) != 0;

	sa->last_in_ms = cyg_shard_now_ms(sa->shard);
	if (!moved || (!sa->d.nat_remote && !sa->d.nat_local && sa->state >= IKE_ESTABLISHED))
		return;
	sa->d.remote = d->remote;
	sa->d.local = d->local;
	sa->d.natt = d->natt;
	child_moved(sa);
}

static void input_sealed(struct ike_sa *sa, struct cyg_datagram *d, const struct ike_header *header)
{
	struct ike_shard *ike = sa->ike;
	const struct exchange_def *def = def_of(header->exchange);
	bool response = header->flags & CYG_FLAG_RESPONSE;
	enum window_verdict verdict = WINDOW_NEW;
	const struct kept_response *kept;
	struct opened opened;
	enum cyg_status status;

	if (!response)
		verdict = window_check(&sa->d, header->message_id);
	else if (!sa->sent || sa->sent->message_id != header->message_id)
		verdict = WINDOW_OUTSIDE;
	if (verdict == WINDOW_OUTSIDE) {
		ike->counters.drop_message_id++;
		return;
	}
	status = receive_open(sa, d, &ike->msg, &opened);
	if (!opened.authentic) {
		/* Nobody knows who sent it: it changes nothing. */
		if (status == CYG_REFUSED)
			ike->counters.drop_auth++;
		else if (status == CYG_UNSUPPORTED)
			ike->counters.drop_critical++;
		else
			ike->counters.drop_malformed++;
		return;
	}
	if (verdict == WINDOW_REPEATED) {
		ike->counters.retransmits_in++;
		kept = window_kept(sa, header->message_id);
		if (kept) {
			ike->counters.responses_replayed++;
			send_to(sa, &d->local, &d->remote, cyg_bytes(kept->octets, kept->len));
		}
		return;
	}
	if (!response && sa->theirs) {
		ike->counters.retransmits_in++; /* still being worked on */
		return;
	}
	if (!response && sa->half_open && ike->counters.waiting >= ike->options.waiting_max) {
		ike->counters.drop_busy++; /* the peer repeats it */
		return;
	}
	follow(sa, d);
	if (status == CYG_OK && def && def->type != CYG_IKE_SA_INIT) {
		if (response)
			run_response(sa, def, &ike->msg, &opened);
		else
			run_request(sa, def, d, &ike->msg, &opened);
		return;
	}
	if (status == CYG_UNSUPPORTED)
		ike->counters.drop_critical++;
	else if (status == CYG_OK)
		ike->counters.drop_exchange++;
	else
		ike->counters.drop_malformed++;
	receive_bad(sa, d, header, status, def ? def : &exchange_informational);
}

/* A request that is authenticated and that we cannot read is answered; a response ends what it answers. */
void driver_answer_bad(struct ike_sa *sa, const struct cyg_datagram *d, const struct ike_header *header,
		       const struct exchange_def *def, uint16_t notify, uint8_t data, bool with_data)
{
	struct exchange *x;
	struct exchange_def as = *def;

	why_reset(sa->ike);
	if (header->flags & CYG_FLAG_RESPONSE) {
		if (!sa->ours || sa->ours->msg)
			return;
		sa->ours->msg = &sa->ike->msg;
		sa->retransmit_at = 0;
		(void)exchange_refuse(sa->ours, CYG_MALFORMED, notify, "the response cannot be read");
		response_over(sa->ours, CYG_MALFORMED, NULL);
		return;
	}
	x = exchange_new(sa, def);
	if (!x)
		return;
	/* The answer bears the exchange type that was asked, even one we do not know. */
	as.type = header->exchange;
	x->def = &as;
	x->message_id = header->message_id;
	x->local = d->local;
	x->remote = d->remote;
	x->notify = notify;
	if (with_data) {
		x->notify_data[0] = data;
		x->notify_len = 1;
	}
	write_refusal(x, CYG_MALFORMED);
	{
		struct cyg_bytes message = finish_message(x);

		if (message.len) {
			window_keep(sa, x->message_id, message);
			window_answered(&sa->d, x->message_id);
			sa->forget_at = cyg_shard_now_ms(sa->shard) + FORGET_RESPONSE_MS;
			send_to(sa, &x->local, &x->remote, message);
		}
	}
	x->def = def;
	exchange_free(x);
	if (sa->state < IKE_ESTABLISHED)
		life_close(sa, NULL);
	else
		life_schedule(sa);
}

static void input_init(struct ike_shard *ike, struct cyg_datagram *d, const struct ike_header *header)
{
	const struct opened clear = { .authentic = false };
	struct ike_sa *sa;
	enum cyg_status status;

	if (header->message_id != 0) {
		ike->counters.drop_message_id++;
		return;
	}
	if (header->flags & CYG_FLAG_RESPONSE) {
		sa = spi_table_get(&ike->sas, header->spi_i);
		if (!sa || !sa->d.initiator || sa->state != IKE_INIT_SENT ||
		    header->flags & CYG_FLAG_INITIATOR) {
			ike->counters.drop_unknown_spi++;
			return;
		}
		status = message_read(d->data, d->len, &ike->msg);
		if (status != CYG_OK) {
			ike->counters.drop_malformed++;
			return;
		}
		/* The address that answers is the one we asked; its port may be a NAT's business. */
		if (memcmp(&sa->d.remote.ip, &d->remote.ip, sizeof(d->remote.ip)) != 0) {
			ike->counters.drop_state++;
			return;
		}
		run_response(sa, &exchange_ike_sa_init, &ike->msg, &clear);
		return;
	}
	sa = cookie_admit(ike, d, header);
	if (sa)
		run_request(sa, &exchange_ike_sa_init, d, &ike->msg, &clear);
}

void driver_input(struct ike_shard *ike, struct cyg_datagram *d)
{
	struct ike_header header = { 0 };
	enum cyg_status status = message_read_header(d->data, d->len, &header);
	struct ike_sa *sa;
	bool from_initiator = header.flags & CYG_FLAG_INITIATOR;

	ike->counters.messages_in++;
	if (status == CYG_UNSUPPORTED) {
		ike->counters.drop_version++;
		receive_other_version(ike, d, &header);
		return;
	}
	if (status != CYG_OK) {
		ike->counters.drop_short++;
		return;
	}
	if (header.exchange == CYG_IKE_SA_INIT) {
		input_init(ike, d, &header);
		return;
	}
	sa = spi_table_get(&ike->sas, from_initiator ? header.spi_r : header.spi_i);
	if (!sa || sa->d.initiator == from_initiator ||
	    ike_sa_peer_spi(sa) != (from_initiator ? header.spi_i : header.spi_r)) {
		ike->counters.drop_unknown_spi++; /* silence: RFC 7296 2.21.4 leaves it to us */
		return;
	}
	if (!sa->keys) {
		ike->counters.drop_state++;
		return;
	}
	input_sealed(sa, d, &header);
}
