/* SPDX-License-Identifier: MIT */
/*
 * What an authenticated peer may have: the `aaa authorization` lines of its profile, user first,
 * then group, each through the methods of its list; the next method only if a server failed. The results are
 * merged: the user's win, unless the group line says `override`.
 */
#include "exchange/ike_auth.h"

#include "auth/method.h"
#include "auth/pki.h"
#include "exchange/watch.h"
#include "policy/select.h"

#include <cygnet/log.h>

#include <stdlib.h>
#include <string.h>

static const struct cyg_authz_ops *find_method(struct cyg_shard *shard, bool local,
					       struct cyg_plugin_ctx **ctx)
{
	const struct cyg_feature *feature;

	for (unsigned n = 0; (feature = cyg_get_feature(shard, CYG_AUTHZ, n, ctx)); n++) {
		if (strcmp(feature->authz->method, local ? "local" : "group") == 0)
			return feature->authz;
	}
	return NULL;
}

/* Who logged in; empty: nobody did, or did not say a name. */
static struct cyg_bytes eap_identity(const struct exchange *x)
{
	const struct ike_session *session = x->sa->session;

	return session && session->eap_identity ? cyg_bytes(session->eap_identity, session->eap_identity_len) :
						  cyg_bytes(NULL, 0);
}

static enum cyg_status mangle(struct exchange *x, struct cyg_strbuf *out)
{
	struct cyg_plugin_ctx *ctx;
	const struct cyg_feature *feature = cyg_get_feature(x->sa->shard, CYG_NAME_MANGLER, 0, &ctx);
	const struct config_authz_use *use = x->auth->use;
	char why_text[160];
	struct cyg_strbuf why = CYG_STRBUF(why_text);
	enum cyg_status status = CYG_UNSUPPORTED;

	if (feature)
		status = feature->name_mangler->mangle(ctx, x->sa->shard, cyg_str(use->mangler),
						       x->sa->remote_id, eap_identity(x), out, &why);
	else
		cyg_strbuf_add(&why, CYG_STR("no name mangler plugin is loaded"));
	if (status == CYG_OK)
		return CYG_OK;
	why_mend(exchange_ike(x), "crypto ikev2 name-mangler %s", use->mangler);
	return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED,
			       "name mangler %s gives no name for this identity: %s", use->mangler,
			       why_text);
}

/* Sets up work->name, list and method for one line. */
static enum cyg_status prepare(struct exchange *x, const struct config_authz_use *use,
			       enum cyg_authz_for what)
{
	struct auth_work *work = x->auth;
	struct ike_sa *sa = x->sa;
	struct ike_shard *ike = sa->ike;
	const struct config_method_list *list = find_method_list(ike->view, use->list);
	struct cyg_strbuf name = CYG_STRBUF(work->name);
	enum cyg_status status = CYG_OK;

	work->use = use;
	work->method = 0;
	if (!list) {
		why_mend(ike, "aaa authorization network %s local", use->list);
		return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED,
				       "there is no authorization list %s (%s)", use->list, use->place);
	}
	engine_let_go(ike, work->list);
	work->list = engine_hold(ike, list);
	if (use->name[0])
		cyg_strbuf_add(&name, cyg_str(use->name));
	else if (use->mangler[0])
		status = mangle(x, &name);
	else if (eap_identity(x).len)
		cyg_strbuf_add_foreign(&name, eap_identity(x));
	else
		cyg_identity_text(sa->remote_id, &name);
	if (status != CYG_OK)
		return status;
	work->request = (struct cyg_authz_request){
		.name = cyg_str_n(name.ptr, name.len),
		.what = what,
		.remote_id = sa->remote_id,
		.local = sa->d.local,
		.remote = sa->d.remote,
		.sa = ike_sa_handle(sa),
	};
	return CYG_OK;
}

static enum cyg_status ask_method(struct exchange *x)
{
	struct auth_work *work = x->auth;
	const struct cyg_authz_ops *ops;
	struct cyg_plugin_ctx *ctx;

	if (work->method >= work->list->count)
		return CYG_IO;
	watch_aaa(x->sa, "list %s, method %s: who is %s?", work->list->head.name,
		  work->list->method[work->method].local ? "local" : work->list->method[work->method].group, work->name);
	ops = find_method(x->sa->shard, work->list->method[work->method].local, &ctx);
	if (!ops)
		return CYG_UNSUPPORTED;
	work->request.group = cyg_str(work->list->method[work->method].group);
	memset(&work->answer, 0, sizeof(work->answer));
	return ops->authorize(ctx, x->sa->shard, &work->request, &work->answer, exchange_op(x));
}

enum cyg_status authorize_begin(struct exchange *x)
{
	struct auth_work *work = x->auth;
	const struct config_profile *profile = x->sa->profile;
	enum config_for use = work->remote_method->use;
	enum cyg_status status;

	/* Asked only if the peer wants an address. */
	if (!work->want4 && !work->want6)
		return CYG_NOT_FOUND;
	if (!work->use) {
		if (!work->user_done && profile->user[use].set && profile->user[use].list[0]) {
			status = prepare(x, &profile->user[use], CYG_AUTHZ_USER);
		} else if (!work->group_done && profile->group[use].set) {
			work->user_done = true;
			status = prepare(x, &profile->group[use], CYG_AUTHZ_GROUP);
		} else {
			return CYG_NOT_FOUND;
		}
		if (status != CYG_OK)
			return status;
	}
	return ask_method(x);
}

/* Takes over every member of `from` that `to` does not have. */
static void merge(struct cyg_authz *to, const struct cyg_authz *from)
{
	uint32_t news = from->set & ~to->set;

#define TAKE(bit_, member_) \
	do { \
		if (news & (bit_)) \
			memcpy(&to->member_, &from->member_, sizeof(to->member_)); \
	} while (0)
	TAKE(CYG_AZ_ADDRESS4, address4);
	TAKE(CYG_AZ_ADDRESS6, address6);
	TAKE(CYG_AZ_POOL4, pool4);
	TAKE(CYG_AZ_POOL6, pool6);
	TAKE(CYG_AZ_NETMASK, netmask);
	TAKE(CYG_AZ_PREFIX6, prefix6);
	TAKE(CYG_AZ_DNS4, dns4);
	TAKE(CYG_AZ_DNS6, dns6);
	TAKE(CYG_AZ_WINS, wins);
	TAKE(CYG_AZ_DEF_DOMAIN, def_domain);
	TAKE(CYG_AZ_BANNER, banner);
	TAKE(CYG_AZ_FLOW_LIMIT, flow_limit);
	TAKE(CYG_AZ_SESSION_LIFETIME, session_lifetime_s);
	TAKE(CYG_AZ_ROUTE_ACCEPT, route_tag);
	TAKE(CYG_AZ_ROUTE_ACCEPT, route_distance);
	TAKE(CYG_AZ_ROUTE_SET_INTERFACE, route_interface);
	TAKE(CYG_AZ_SPLIT_DNS, split_dns_count);
	TAKE(CYG_AZ_SPLIT_DNS, split_dns);
	TAKE(CYG_AZ_BACKUP_GATEWAYS, backup_gateway_count);
	TAKE(CYG_AZ_BACKUP_GATEWAYS, backup_gateway);
	TAKE(CYG_AZ_CONFIG_URL, config_url);
	TAKE(CYG_AZ_CONFIG_VERSION, config_version);
	TAKE(CYG_AZ_REDISTRIBUTE, redistribute);
	TAKE(CYG_AZ_REDISTRIBUTE, route_map_connected);
	TAKE(CYG_AZ_REDISTRIBUTE, route_map_static);
	TAKE(CYG_AZ_ATTRIBUTE_LIST, attribute_list);
	TAKE(CYG_AZ_DHCP, dhcp_server);
	TAKE(CYG_AZ_DHCP, dhcp_giaddr);
	TAKE(CYG_AZ_DHCP, dhcp_host);
	TAKE(CYG_AZ_DHCP, dhcp_timeout_s);
#undef TAKE
	to->set |= from->set;
	for (unsigned i = 0; i < from->route_count && to->route_count < CYG_AUTHZ_ROUTES_MAX; i++)
		to->routes[to->route_count++] = from->routes[i];
	if (!to->policy[0])
		memcpy(to->policy, from->policy, sizeof(to->policy));
}

static enum cyg_status refused(struct exchange *x, enum cyg_status status)
{
	struct auth_work *work = x->auth;
	struct ike_shard *ike = exchange_ike(x);
	const struct config_head *list = &work->list->head;

	ike->counters.authz_failed++;
	why_object(ike, &x->sa->profile->head);
	switch (status) {
	case CYG_NOT_FOUND:
		why_mend(ike, "crypto ikev2 authorization policy %s, or another name in the profile",
			 work->name);
		return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED,
				       "authorization list %s knows no %s (%s)", list->name, work->name,
				       work->use->place);
	case CYG_UNSUPPORTED:
		why_mend(ike, "load the plugin that serves it (show plugins detail)");
		return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED,
				       "no loaded plugin serves a method of authorization list %s (%s)",
				       list->name, list->place);
	case CYG_IO:
	case CYG_TIMEOUT:
		why_mend(ike, "the servers of its groups: are they reachable, and is the key theirs (show aaa servers)");
		return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED,
				       "no method of authorization list %s answers (%s)", list->name,
				       list->place);
	default:
		why_mend(ike, "what its server says of %s, or another name in the profile", work->name);
		return exchange_refuse(x, CYG_REFUSED, CYG_N_AUTHENTICATION_FAILED,
				       "%s is not authorized by list %s (%s)", work->name, list->name,
				       cyg_status_text(status));
	}
}

enum cyg_status authorize_done(struct exchange *x, enum cyg_status status)
{
	struct auth_work *work = x->auth;

	if (x->notify)
		return status; /* refused and explained already */
	if (!work->use)
		return CYG_OK; /* no line is left, or none was needed */
	watch_aaa(x->sa, "list %s says of %s: %s", work->list->head.name, work->name, cyg_status_text(status));
	if ((status == CYG_IO || status == CYG_TIMEOUT) && work->method + 1 < work->list->count) {
		work->method++;
		x->again = true;
		return CYG_OK;
	}
	if (status != CYG_OK)
		return refused(x, status);
	exchange_ike(x)->counters.authz_passed++;
	if (!work->granted_any) {
		work->granted = work->answer;
	} else if (work->use->override) {
		merge(&work->answer, &work->granted);
		work->granted = work->answer;
	} else {
		merge(&work->granted, &work->answer);
	}
	work->granted_any = true;
	if (work->request.what == CYG_AUTHZ_USER)
		work->user_done = true;
	else
		work->user_done = work->group_done = true;
	work->use = NULL;
	x->again = true;
	return CYG_OK;
}

struct auth_work *auth_work_new(struct ike_shard *ike)
{
	struct auth_work *work = calloc(1, sizeof(*work));

	if (work && ike->pki)
		work->pki = pki_ref(ike->pki);
	return work;
}

void auth_work_free(struct auth_work *work, struct ike_sa *sa)
{
	if (!work)
		return;
	auth_work_done_certs(work);
	engine_let_go(sa->ike, work->list);
	free(work);
}
