/* SPDX-License-Identifier: MIT */
/*
 * An inner address for the peer, by the guides' order of sources: the one that authorization names, else
 * a local pool, else DHCP; DHCP only where no pool is configured.
 */
#include "exchange/lease.h"

#include "exchange/child.h"
#include "exchange/ike_auth.h"

#include <cygnet/log.h>

#include <stdlib.h>

static const struct cyg_address_ops *find_source(struct cyg_shard *shard, const char *name,
						 struct cyg_plugin_ctx **ctx)
{
	const struct cyg_feature *feature;

	for (unsigned n = 0; (feature = cyg_get_feature(shard, CYG_ADDRESS, n, ctx)); n++) {
		if (strcmp(feature->address->name, name) == 0)
			return feature->address;
	}
	return NULL;
}

/* `pool`: there is none of that name (CYG_NOT_FOUND), or it is too small (CYG_LIMIT). */
static void mend_pool(struct ike_shard *ike, enum cyg_status status, const char *pool, bool v4)
{
	if (v4)
		why_mend(ike, "ip local pool %s LOW HIGH%s", pool,
			 status == CYG_LIMIT ? ", with addresses beyond those that it has" : "");
	else
		why_mend(ike, "ipv6 local pool %s PREFIX/LEN LEN%s", pool,
			 status == CYG_LIMIT ? ", with a shorter prefix: it has no block left" : "");
}

static void explain(struct exchange *x, const char *what, bool v4)
{
	static const char *const words[CONFIG_FOR_COUNT] = {
		[FOR_PSK] = "psk", [FOR_CERT] = "cert", [FOR_EAP] = "eap", [FOR_ANYCONNECT] = "anyconnect-eap",
	};
	struct auth_work *work = x->auth;
	struct ike_shard *ike = exchange_ike(x);

	exchange_ike(x)->counters.lease_failed++;
	if (!ike->why.mend[0] && work->granted.policy[0])
		why_mend(ike,
			 v4 ? "crypto ikev2 authorization policy %s / pool NAME, and ip local pool NAME LOW HIGH" :
			      "crypto ikev2 authorization policy %s / ipv6 pool NAME, and ipv6 local pool NAME PREFIX/LEN LEN",
			 work->granted.policy);
	else if (!ike->why.mend[0])
		why_mend(ike,
			 "crypto ikev2 profile %s / aaa authorization group %s list LIST NAME, and a policy NAME with a pool",
			 x->sa->profile->head.name, words[work->remote_method->use]);
	why_log(x->sa, true, CYG_N_INTERNAL_ADDRESS_FAILURE, "%s", what);
	why_reset(ike); /* the other family may fail for a reason of its own */
	x->logged = true;
}

/* CYG_NOT_FOUND: no source is configured for this family. */
static enum cyg_status begin(struct exchange *x, uint8_t family, uint32_t own, uint32_t pool,
			     const struct cyg_ip *address, const char *pool_name,
			     const struct cyg_ip *hint)
{
	struct auth_work *work = x->auth;
	struct ike_sa *sa = x->sa;
	const char *source = work->granted.set & pool ? "pool" : "dhcp";

	work->lease = (struct cyg_lease){ 0 };
	work->lease_ops = NULL;
	if (work->granted.set & own) {
		work->lease.ip = *address;
		work->lease.prefix = (uint8_t)cyg_ip_bits(family);
		return CYG_OK;
	}
	if (!(work->granted.set & (pool | CYG_AZ_DHCP)))
		return CYG_NOT_FOUND;
	work->lease_source = source;
	work->lease_ops = find_source(sa->shard, source, &work->lease_ctx);
	if (!work->lease_ops)
		return CYG_UNSUPPORTED;
	work->lease_request = (struct cyg_lease_request){
		.family = family,
		.source = cyg_str(source[0] == 'p' ? pool_name : ""),
		.wanted = *hint,
		.id = sa->remote_id,
		.sa = ike_sa_handle(sa),
	};
	return work->lease_ops->lease(work->lease_ctx, sa->shard, &work->lease_request, &work->lease,
				      exchange_op(x));
}

static enum cyg_status done(struct exchange *x, enum cyg_status status, bool v4)
{
	struct auth_work *work = x->auth;
	struct ike_sa *sa = x->sa;
	struct ike_session *session;
	char what[256];
	struct cyg_strbuf text = CYG_STRBUF(what);

	if (status == CYG_NOT_FOUND && !work->lease_ops)
		return CYG_OK; /* none is configured: lease_check() judges */
	if (status != CYG_OK) {
		const char *pool = v4 ? work->granted.pool4 : work->granted.pool6;

		if (status == CYG_UNSUPPORTED)
			cyg_strbuf_addf(&text, "no loaded plugin gives %s addresses",
					work->granted.set & (v4 ? CYG_AZ_POOL4 : CYG_AZ_POOL6) ?
						"pool" : "DHCP");
		else if (status == CYG_NOT_FOUND)
			cyg_strbuf_addf(&text, "there is no pool %s", pool);
		else if (status == CYG_LIMIT && pool[0])
			cyg_strbuf_addf(&text, "pool %s is exhausted", pool);
		else
			cyg_strbuf_addf(&text, "no %s address could be had (%s)", v4 ? "IPv4" : "IPv6",
					cyg_status_text(status));
		if (status == CYG_UNSUPPORTED)
			why_mend(sa->ike, "load the plugin that serves it (show plugins detail)");
		else if (pool[0] && (status == CYG_NOT_FOUND || status == CYG_LIMIT))
			mend_pool(sa->ike, status, pool, v4);
		explain(x, what, v4);
		return CYG_OK;
	}
	session = ike_sa_session(sa);
	if (!session) {
		if (work->lease_ops)
			work->lease_ops->release(work->lease_ctx, sa->shard, &work->lease);
		return CYG_NOMEM;
	}
	if (work->lease_ops) {
		struct cyg_lease **kept = v4 ? &session->lease4 : &session->lease6;

		*kept = malloc(sizeof(**kept));
		if (!*kept) {
			work->lease_ops->release(work->lease_ctx, sa->shard, &work->lease);
			return CYG_NOMEM;
		}
		**kept = work->lease;
	}
	if (v4) {
		session->source4 = work->lease_source;
		session->address4 = work->lease.ip;
		session->prefix4 = 32;
	} else {
		session->source6 = work->lease_source;
		session->address6 = work->lease.ip;
		session->prefix6 = work->lease.prefix ? work->lease.prefix : 128;
	}
	return CYG_OK;
}

enum cyg_status lease4_begin(struct exchange *x)
{
	struct auth_work *work = x->auth;

	if (!work->want4)
		return CYG_OK;
	return begin(x, CYG_IPV4, CYG_AZ_ADDRESS4, CYG_AZ_POOL4, &work->granted.address4,
		     work->granted.pool4, &work->hint4);
}

enum cyg_status lease4_done(struct exchange *x, enum cyg_status status)
{
	return x->auth->want4 ? done(x, status, true) : CYG_OK;
}

enum cyg_status lease6_begin(struct exchange *x)
{
	struct auth_work *work = x->auth;

	if (!work->want6)
		return CYG_OK;
	return begin(x, CYG_IPV6, CYG_AZ_ADDRESS6, CYG_AZ_POOL6, &work->granted.address6,
		     work->granted.pool6, &work->hint6);
}

enum cyg_status lease6_done(struct exchange *x, enum cyg_status status)
{
	return x->auth->want6 ? done(x, status, false) : CYG_OK;
}

enum cyg_status lease_check(struct exchange *x)
{
	struct auth_work *work = x->auth;
	const struct ike_session *session = x->sa->session;

	if (!work->want4 && !work->want6)
		return CYG_OK;
	if (session && (session->address4.family || session->address6.family))
		return CYG_OK;
	if (!x->logged)
		explain(x, work->want4 ? "the peer asks for an address and nothing of ours gives one" :
					 "the peer asks for an IPv6 address and nothing of ours gives one",
			work->want4);
	x->child->failed = CYG_N_INTERNAL_ADDRESS_FAILURE;
	return CYG_OK;
}

/* --- Giving back --- */

static void release(struct ike_sa *sa, const char *source, const struct cyg_lease *lease)
{
	struct cyg_plugin_ctx *ctx;
	const struct cyg_address_ops *ops = find_source(sa->shard, source, &ctx);

	if (ops)
		ops->release(ctx, sa->shard, lease);
}

void lease_address_set(struct ike_sa *sa, const struct cyg_ip *ip, uint8_t prefix, bool add)
{
	struct ike_shard *ike = sa->ike;
	struct cyg_prefix address = { .ip = *ip, .len = prefix };
	struct cyg_op *op;

	if (!ip->family || !sa->interface || engine_kernel(ike) != CYG_OK)
		return;
	op = detached_op(ike, add ? "putting an address on an interface" :
				    "taking an address off an interface");
	if (op)
		detached_began(op, ike->kernel->address_set(
					   ike->kernel_ctx, ike->shard,
					   config_interface_id(sa->interface->kind, sa->interface->number),
					   &address, add, op));
}

void lease_return(struct ike_sa *sa)
{
	struct ike_session *session = sa->session;

	if (!session)
		return;
	if (session->lease4)
		release(sa, session->source4, session->lease4);
	if (session->lease6)
		release(sa, session->source6, session->lease6);
	free(session->lease4);
	free(session->lease6);
	session->lease4 = session->lease6 = NULL;
	if (session->ours) {
		lease_address_set(sa, &session->address4, session->prefix4, false);
		lease_address_set(sa, &session->address6, session->prefix6, false);
	}
	session->address4 = session->address6 = (struct cyg_ip){ 0 };
}
