/* SPDX-License-Identifier: MIT */
/*
 * What comes in finds its SA, is opened and parsed, and runs the row of its exchange's table; what the row
 * wrote goes out. Message IDs, windows, parking and refusals are here and in no handler; requests of ours
 * are in ask.c.
 */
#include "exchange/driver.h"

#include "exchange/ask.h"
#include "exchange/cookie.h"
#include "exchange/count.h"
#include "exchange/exchange.h"
#include "exchange/fragment.h"
#include "exchange/receive.h"
#include "exchange/send.h"
#include "exchange/watch.h"

#include <stdlib.h>

static const struct exchange_def *const defs[] = {
	&exchange_ike_sa_init,
	&exchange_ike_auth,
	&exchange_create_child,
	&exchange_informational,
};

static void op_done(struct cyg_op *op, enum cyg_status status);

#define CUT_AT_REPEAT 2 /* a message that is sent again for the second time */

struct cyg_op *exchange_op(struct exchange *x)
{
	cyg_op_init(&x->op, x->sa->shard, op_done);
	return &x->op;
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
	if (exchange_fatal_notify(msg))
		has |= HAS_N_FATAL;
	for (unsigned i = 0; i < msg->delete_count; i++) {
		if (msg->del[i].protocol == CYG_PROTO_IKE)
			has |= HAS_DELETE_IKE;
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
	send_begin(x);
	if (x->notify_eap.len)
		eap_write(x->out, x->notify_eap);
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
	watch_state(sa, before);
	if (state == IKE_ESTABLISHED && before < IKE_ESTABLISHED)
		life_established(sa);
}

/*
 * A refusal that no handler has explained. A notify that one has named without a word is no failure (another group, a
 * collision): the peer comes again.
 */
static void tell_refusal(struct exchange *x, enum cyg_status status)
{
	struct ike_sa *sa = x->sa;
	char storage[16];
	const char *exchange = exchange_name(x->def->type, storage);

	if (x->logged || (x->notify && x->notify != CYG_N_INVALID_SYNTAX) || status == CYG_BUSY)
		return;
	x->logged = true;
	if (!x->row)
		why_log(sa, false, x->notify, "the peer's %s holds what is not allowed when the SA is %s", exchange,
			ike_state_text(sa->state));
	else if (status == CYG_MALFORMED)
		why_log(sa, x->child != NULL, CYG_N_INVALID_SYNTAX, "the peer's %s lacks payloads, or has too short ones",
			exchange);
	else
		why_log(sa, x->child != NULL, CYG_N_TEMPORARY_FAILURE, "the peer's %s could not be answered: %s", exchange,
			cyg_status_text(status));
}

static void answer(struct exchange *x, enum cyg_status status)
{
	struct ike_sa *sa = x->sa;
	struct cyg_bytes message;
	bool ends = x->ends_sa;
	const char *why = "the peer ends it";
	char storage[16];

	if (status == CYG_OK) {
		enter(x);
	} else {
		/* Nobody is authenticated before the SA is established: a refusal ends it. */
		ends = ends || sa->state < IKE_ESTABLISHED;
		tell_refusal(x, status);
		if (x->def->clear && status != CYG_REFUSED) {
			sa->ike->counters.drop_busy += status == CYG_BUSY;
			life_drop(sa, cyg_status_text(status)); /* our own trouble: a stranger is told nothing */
			return;
		}
		write_refusal(x, status);
	}
	message = send_finish(x);
	if (message.len) {
		sa->ike->counters.responses_out[counter_of(x->def->type)]++;
		if (sa->keys.octets || !ends)
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
	if (status != CYG_OK)
		why = notify_name(x->notify, storage);
	sa->theirs = NULL;
	exchange_free(x);
	if (ends) {
		life_drop(sa, why);
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
			life_drop(sa, "the first message is none that begins an SA");
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
	x->fragmented = opened->joined != NULL;
	x->msg = msg;
	x->row = row;
	sa->theirs = x;
	sa->ike->counters.requests_in[counter_of(def->type)]++;
	count_received(sa->ike, false, msg);
	send_begin(x);
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
	if (status == CYG_OK && x->goes_on) {
		enter(x);
		/* IKE_SA_INIT keeps its message ID 0 (RFC 7296 2.6); all others ask anew. */
		if (!x->def->clear)
			x->message_id = sa->d.send_next = x->message_id + 1;
		ask_begin(x);
		return;
	}
	if (status == CYG_OK) {
		enter(x);
		sa->d.send_next = x->message_id + 1;
		ask_free(sa);
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
		sa->wants = x->notify && sa->keys.octets ? WANT_DELETE : 0;
		if (x->def->failed)
			x->def->failed(x, status);
		ask_free(sa);
		if (sa->wants)
			driver_pump(sa);
		else
			life_drop(sa, cyg_status_text(status));
		if (sa->state != IKE_CLOSED)
			life_schedule(sa);
		return;
	}
	if (x->ends_sa) {
		life_close(sa, "refused");
		return;
	}
	ask_failed(x, status);
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
	if (!row && sa->state < IKE_ESTABLISHED) {
		/* Nobody has proved who it is: as if it had not come, told once. */
		sa->ike->counters.drop_state++;
		if (def->clear)
			init_unfit(sa, UNFIT_FORMAT);
		if (!def->clear && sa->nego && !sa->nego->told) {
			sa->nego->told = true;
			why_mend(sa->ike, "debug crypto ikev2 packet, at the peer too");
			why_log(sa, false, 0, "the response lacks payloads that it must hold");
		}
		return;
	}
	sa->ike->counters.responses_in[counter_of(def->type)]++;
	count_received(sa->ike, true, msg);
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
	send_begin(x);
	status = x->resume ? x->resume(x, status) : status;
	if (!x->ours)
		request_over(x, status, NULL);
	else if (x->msg)
		response_over(x, status, NULL);
	else
		ask_begun(x, status);
}

void driver_give_up(struct ike_sa *sa, enum cyg_status status)
{
	struct exchange *x = sa->theirs;

	cyg_op_cancel(&x->op);
	if (suite_fresh(&sa->ike->suites, sa->suite) == CYG_OK)
		request_over(x, status, NULL);
	else
		life_drop(sa, "an algorithm of it is no more there");
}

/* --- In --- */

/*
 * An authenticated message came from elsewhere: a NAT moved the peer, or it moves to the NAT traversal port while the SA is
 * being set up. Where no NAT is in front of the peer nobody is followed: RFC 7296 2.23.
 */
static void follow(struct ike_sa *sa, const struct cyg_datagram *d)
{
	bool moved = !cyg_endpoint_equal(&sa->d.remote, &d->remote) ||
		     !cyg_endpoint_equal(&sa->d.local, &d->local);

	sa->last_in_ms = cyg_shard_now_ms(sa->shard);
	if (!moved || (!sa->d.nat_remote && (sa->d.initiator || sa->state >= IKE_ESTABLISHED)))
		return;
	sa->d.remote = d->remote;
	sa->d.local = d->local;
	sa->d.natt = d->natt;
	child_moved(sa);
}

/*
 * A request that was answered before: its answer again. What went out whole and seems to get lost, or answers fragments,
 * is cut now. Of a request in fragments only the first one is answered: RFC 7383 2.6.1.
 */
static void repeat_response(struct ike_sa *sa, const struct cyg_datagram *d, const struct message *msg)
{
	struct kept_response *kept = window_kept(sa, msg->header.message_id);
	struct cyg_bytes octets;

	sa->ike->counters.retransmits_in++;
	if (!kept || ((msg->has & HAS_SKF) && msg->sk.fragment != 1))
		return;
	octets = cyg_bytes(kept->octets, kept->len);
	if (++kept->repeats == CUT_AT_REPEAT || (msg->has & HAS_SKF)) {
		size_t limit = fragment_small_limit(sa, &d->remote);
		struct cyg_bytes flight = { NULL, 0 };

		if (kept->len > limit)
			flight = fragment_again(sa, octets, limit);
		if (flight.len) {
			octets = flight;
			window_keep_instead(sa, msg->header.message_id, flight);
		}
	}
	sa->ike->counters.responses_replayed++;
	send_to(sa, &d->local, &d->remote, octets);
}

static void handle_sealed(struct ike_sa *sa, struct cyg_datagram *d, const struct ike_header *header,
			  struct opened *opened)
{
	struct ike_shard *ike = sa->ike;
	const struct exchange_def *def = def_of(header->exchange);
	bool response = header->flags & CYG_FLAG_RESPONSE;
	enum window_verdict verdict = WINDOW_NEW;
	enum cyg_status status;

	if (!response)
		verdict = window_check(&sa->d, header->message_id);
	else if (!sa->sent || sa->sent->message_id != header->message_id ||
		 sa->sent->exchange != header->exchange)
		verdict = WINDOW_OUTSIDE;
	if (verdict == WINDOW_OUTSIDE) {
		ike->counters.drop_message_id++;
		return;
	}
	status = receive_open(sa, d, &ike->msg, verdict == WINDOW_NEW && (response || !sa->theirs), opened);
	if (!opened->authentic) {
		/* Nobody knows who sent it: it changes nothing. */
		if (status == CYG_REFUSED)
			ike->counters.drop_auth++;
		else if (status == CYG_UNSUPPORTED)
			ike->counters.drop_critical++;
		else
			ike->counters.drop_malformed++;
		return;
	}
	if (watch_packets() && opened->sealed && !opened->waits)
		watch_received(sa, d, header, ike->msg.sk.inner_first,
			       cyg_bytes((opened->joined ? opened->joined : d->data) + opened->plain_at,
					 opened->plain_len));
	if (verdict == WINDOW_REPEATED) {
		repeat_response(sa, d, &ike->msg);
		return;
	}
	if (opened->waits)
		return;
	if (!response && sa->theirs) {
		ike->counters.retransmits_in++; /* still being worked on */
		return;
	}
	if (!response && sa->half_open && ike->counters.waiting >= ike->options.waiting_max) {
		ike->counters.drop_busy++; /* the peer repeats it */
		return;
	}
	follow(sa, d);
	fragment_forget(sa, response);
	if (status == CYG_OK && def && def->type != CYG_IKE_SA_INIT) {
		if (response)
			run_response(sa, def, &ike->msg, opened);
		else
			run_request(sa, def, d, &ike->msg, opened);
		return;
	}
	if (status == CYG_UNSUPPORTED)
		ike->counters.drop_critical++;
	else if (status == CYG_OK)
		ike->counters.drop_exchange++;
	else
		ike->counters.drop_malformed++;
	if (status == CYG_OK && sa->state < IKE_ESTABLISHED)
		return; /* an exchange that we do not know, before anybody has proved anything */
	receive_bad(sa, d, header, status, def ? def : &exchange_informational);
}

static void input_sealed(struct ike_sa *sa, struct cyg_datagram *d, const struct ike_header *header)
{
	struct opened opened = { 0 };

	handle_sealed(sa, d, header, &opened);
	free(opened.joined);
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
		struct cyg_bytes message = send_finish(x);

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
		life_drop(sa, "a request of the peer breaks the format");
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
	if (watch_packets())
		watch_received(NULL, d, header, header->next_payload,
			       cyg_bytes(d->data + CYG_IKE_HEADER_LEN, d->len - CYG_IKE_HEADER_LEN));
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
			init_unfit(sa, UNFIT_FORMAT);
			return;
		}
		/* The address that answers is the one we asked; its port may be a NAT's business. */
		if (memcmp(&sa->d.remote.ip, &d->remote.ip, sizeof(d->remote.ip)) != 0) {
			ike->counters.drop_state++;
			init_unfit(sa, UNFIT_ADDRESS);
			sa->nego->unfit_from = d->remote.ip;
			return;
		}
		run_response(sa, &exchange_ike_sa_init, &ike->msg, &clear);
		return;
	}
	sa = cookie_admit(ike, d, header);
	if (sa)
		run_request(sa, &exchange_ike_sa_init, d, &ike->msg, &clear);
}

static void input(struct ike_shard *ike, struct cyg_datagram *d)
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
	if (!sa->keys.octets) {
		ike->counters.drop_state++;
		return;
	}
	input_sealed(sa, d, &header);
}

void driver_input(struct ike_shard *ike, struct cyg_datagram *d)
{
	struct ike_counters before;

	if (!watch_errors()) {
		input(ike, d);
		return;
	}
	before = ike->counters;
	input(ike, d);
	watch_dropped(ike, d, &before);
}
