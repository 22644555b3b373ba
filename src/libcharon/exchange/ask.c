/* SPDX-License-Identifier: MIT */
#include "exchange/ask.h"

#include "exchange/exchange.h"
#include "exchange/fragment.h"
#include "exchange/send.h"
#include "exchange/watch.h"

#include <stdlib.h>

#define PROBE_TRIES  6 /* a probe and five repeats */
#define DELETE_TRIES 3 /* the SA ends here anyhow */
#define CUT_AT_TRY   3 /* the second repeat goes out in fragments */

void ask_free(struct ike_sa *sa)
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
	ask_free(sa);
}

/* Our request came to nothing. */
void ask_failed(struct exchange *x, enum cyg_status status)
{
	struct ike_sa *sa = x->sa;

	if (x->def->failed)
		x->def->failed(x, status);
	ask_free(sa);
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

void ask_begun(struct exchange *x, enum cyg_status status)
{
	struct ike_sa *sa = x->sa;
	const uint8_t before = sa->state;
	struct cyg_bytes message;

	if (status == CYG_PENDING || sa->state == IKE_CLOSED)
		return;
	if (status == CYG_OK) {
		message = send_finish(x);
		status = message.len ? keep_sent(x, message) : CYG_LIMIT;
		if (status == CYG_OK) {
			if (x->then != IKE_STATES) {
				sa->state = x->then;
				watch_state(sa, before);
			}
			x->then = IKE_STATES;
			sa->ike->counters.requests_out[counter_of(x->def->type)]++;
			driver_send(sa, cyg_bytes(sa->sent->octets, sa->sent->len));
			life_schedule(sa);
			return;
		}
	}
	ask_failed(x, status);
}

static const struct exchange_start *find_start(const struct exchange *x)
{
	for (size_t i = 0; i < x->def->start_count; i++) {
		const struct exchange_start *start = &x->def->starts[i];

		if (start->when == x->sa->state || start->when == IKE_STATES)
			return start;
	}
	return NULL;
}

void ask_begin(struct exchange *x)
{
	const struct exchange_start *start = find_start(x);

	CYG_ASSERT(start);
	if (!x->def->clear && suite_fresh(&x->sa->ike->suites, x->sa->suite) != CYG_OK) {
		ask_failed(x, CYG_UNSUPPORTED);
		return;
	}
	x->again = x->goes_on = false;
	x->then = start->begun;
	x->resume = NULL;
	x->msg = NULL;
	free(x->parked);
	x->parked = NULL;
	send_begin(x);
	ask_begun(x, start->begin(x));
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
	ask_begin(x);
}

static void pump_established(struct ike_sa *sa)
{
	const uint8_t before = sa->state;
	struct child_sa *child;

	if (sa->wants & WANT_DELETE) {
		sa->wants = 0;
		sa->state = IKE_DELETING;
		watch_state(sa, before);
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
	if (sa->wants & WANT_WINDOW) {
		/* It shows as well that the peer lives: no probe besides. */
		sa->wants &= ~(uint32_t)(WANT_WINDOW | WANT_DPD);
		ask(sa, &exchange_informational, WANT_WINDOW, 0);
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
	case IKE_EAP_WANTED:
	case IKE_EAP_TURN:
	case IKE_EAP_SENT:
	case IKE_PROOF_TURN:
	case IKE_PROOF_SENT:
	case IKE_EAP:
	case IKE_EAP_DONE:
	case IKE_ESTABLISHED:
	case IKE_REKEYED:
		pump_established(sa);
		return;
	default:
		return;
	}
}

/* It may get lost for its size: from now on in fragments. */
static void cut(struct ike_sa *sa)
{
	struct sent_request *sent = sa->sent, *made;
	size_t limit = fragment_small_limit(sa, &sa->d.remote);
	struct cyg_bytes flight;

	if (sent->len <= limit || !sa->keys.octets ||
	    suite_fresh(&sa->ike->suites, sa->suite) != CYG_OK)
		return;
	flight = fragment_again(sa, cyg_bytes(sent->octets, sent->len), limit);
	made = flight.len ? malloc(sizeof(*made) + flight.len) : NULL;
	if (!made)
		return;
	*made = *sent;
	made->len = flight.len;
	memcpy(made->octets, flight.ptr, flight.len);
	sa->sent = made;
	free(sent);
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
		if (sent->tries == CUT_AT_TRY) {
			cut(sa);
			sent = sa->sent;
		}
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
