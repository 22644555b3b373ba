/* SPDX-License-Identifier: MIT */
/*
 * Negotiating a CHILD_SA, as part of IKE_AUTH or by CREATE_CHILD_SA: proposals, selectors, keys and
 * the kernel. What fails here ends the child, and the IKE_SA only where there is no other way.
 * Owning shard.
 */
#ifndef EXCHANGE_CHILD_H
#define EXCHANGE_CHILD_H

#include "exchange/exchange.h"

struct child_work {
	const struct config_ipsec_profile *profile; /* counted */
	struct child_sa *child;         /* ours until it is adopted, then NULL */
	uint32_t made;                  /* inbound SPI of the adopted child */
	uint32_t spi_in;                /* held in the kernel, not installed */
	uint32_t old_spi;               /* inbound SPI of the child that is rekeyed, 0: none */
	uint32_t collided;              /* ours: inbound SPI of the child by which the peer rekeyed the same */
	struct offer offer;             /* initiator */
	unsigned set_count;
	struct chosen chosen;
	struct cyg_selectors local, remote;
	struct cyg_selectors allowed_local, allowed_remote;
	uint16_t failed;                /* the notify that says why there is no child */
	bool pfs;                       /* a key exchange of its own */
	bool transport;                 /* we ask for transport mode; later: it was agreed on */
};

/* For the SA's interface; `old` is the child that is rekeyed, or NULL. CYG_NOMEM, CYG_UNSUPPORTED (no kernel
 * plugin), CYG_NOT_FOUND (no interface or no usable transform set), each explained. */
enum cyg_status child_work_new(struct exchange *x, const struct child_sa *old) CYG_MUST_CHECK;
void child_work_free(struct child_work *work, struct ike_sa *sa);

/* There will be no child: one line, and the notify for the peer. CYG_OK within IKE_AUTH, where the
 * IKE_SA goes on without it; else CYG_REFUSED. */
enum cyg_status child_refuse(struct exchange *x, uint16_t notify, const char *format, ...)
	CYG_PRINTF(3, 4);

/* Selectors that may be had: by tunnel mode, and the addresses given to the one behind them. */
void child_allow(struct exchange *x);

/* Selectors of x->msg that both sides take, traced; none: explained. */
enum cyg_status child_narrow(struct exchange *x) CYG_MUST_CHECK;
/* Initiator: the same, and none that we did not ask for. */
enum cyg_status child_confirm_selectors(struct exchange *x) CYG_MUST_CHECK;
/* Transport mode: the responder's choice, what the initiator asks, and what it makes of the answer; the notify. */
enum cyg_status child_choose_mode(struct exchange *x) CYG_MUST_CHECK;
void child_offer_mode(struct exchange *x);
enum cyg_status child_confirm_mode(struct exchange *x) CYG_MUST_CHECK;
void child_write_mode(struct exchange *x);

/* Responder: proposal and selectors of x->msg. */
enum cyg_status child_choose(struct exchange *x) CYG_MUST_CHECK;
/* Initiator: SA, TSi, TSr of our request (nonce and KE are the exchange's). */
enum cyg_status child_offer(struct exchange *x) CYG_MUST_CHECK;
/* Initiator: what the peer chose of them. */
enum cyg_status child_confirm(struct exchange *x) CYG_MUST_CHECK;
/* Responder: SA, TSi, TSr of the answer. */
void child_write(struct exchange *x);

/* Two children were made for one old one: does this one go? RFC 7296 2.8.1. */
bool child_goes(const struct child_sa *child, const struct child_sa *collided);
/* Stages: a fresh inbound SPI; keys and kernel. */
enum cyg_status child_spi_begin(struct exchange *x);
enum cyg_status child_spi_done(struct exchange *x, enum cyg_status status);
enum cyg_status child_add_begin(struct exchange *x);
enum cyg_status child_add_done(struct exchange *x, enum cyg_status status);

#endif
