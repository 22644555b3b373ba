/* SPDX-License-Identifier: MIT */
#include "exchange/child.h"

#include "crypto/names.h"
#include "exchange/export.h"
#include "policy/select.h"
#include "policy/selectors.h"
#include "shard/shard.h"

#include <cygnet/log.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* --- Beginning and ending --- */

enum cyg_status child_refuse(struct exchange *x, uint16_t notify, const char *format, ...)
{
	char what[384];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	why_log(x->sa, true, notify, "%s", what);
	x->logged = true;
	if (x->child)
		x->child->failed = notify;
	if (x->def->type == CYG_IKE_AUTH && x->child)
		return CYG_OK;
	x->notify = notify;
	return CYG_REFUSED;
}

static bool no_child(const struct exchange *x)
{
	return !x->child || x->child->failed;
}

enum cyg_status child_work_new(struct exchange *x, const struct child_sa *old)
{
	struct ike_sa *sa = x->sa;
	struct child_work *work = calloc(1, sizeof(*work));

	if (!work)
		return CYG_NOMEM;
	x->child = work;
	if (engine_kernel(sa->ike) != CYG_OK) {
		why_mend(sa->ike, "load a kernel plugin: plugins/kernel-tun.conf `load = yes`");
		return child_refuse(x, CYG_N_NO_ADDITIONAL_SAS, "no kernel plugin is loaded");
	}
	if (!sa->interface || !sa->interface->protection) {
		why_mend_interface(sa);
		return child_refuse(x, CYG_N_TS_UNACCEPTABLE, "no interface of ours takes its traffic");
	}
	work->profile = engine_hold(sa->ike, sa->interface->protection);
	if (!work->profile->set_count) {
		why_object(sa->ike, &work->profile->head);
		why_mend(sa->ike, "crypto ipsec profile %s / set transform-set NAME",
			 work->profile->head.name);
		return child_refuse(x, CYG_N_NO_PROPOSAL_CHOSEN, "IPsec profile %s has no transform set",
				    work->profile->head.name);
	}
	if (old)
		work->old_spi = old->d.spi_in;
	child_allow(x);
	work->child = child_sa_new();
	return work->child ? CYG_OK : CYG_NOMEM;
}

void child_work_free(struct child_work *work, struct ike_sa *sa)
{
	if (!work)
		return;
	if (work->spi_in && engine_kernel(sa->ike) == CYG_OK)
		sa->ike->kernel->spi_free(sa->ike->kernel_ctx, sa->shard, work->spi_in);
	if (work->child && !work->child->ike_sa)
		child_sa_free(work->child);
	engine_let_go(sa->ike, work->profile);
	free(work);
}

/* --- Proposals --- */

static unsigned wishes_of_profile(struct exchange *x, struct wish *wishes)
{
	const struct config_ipsec_profile *profile = x->child->profile;
	const struct suite_ids *ids = &x->sa->d.suite;
	unsigned count = 0;

	for (unsigned i = 0; i < profile->set_count && count < WISHES_MAX; i++) {
		struct wish *wish = &wishes[count++];

		*wish = wish_of_esp(profile->set[i]);
		wish->kernel = x->sa->ike->kernel; /* child_work_new() has seen to it that there is one */
		wish->kernel_ctx = x->sa->ike->kernel_ctx;
		if (x->def->type == CYG_IKE_AUTH) {
			wish->group_ignored = true;
		} else if (profile->pfs_group) {
			wish->group = &profile->pfs_group;
			wish->group_count = 1;
		} else {
			/* The peer may want a key exchange of its own: that of the IKE_SA will do. */
			wish->group = &ids->ke;
			wish->group_count = 1;
			wish->group_optional = true;
		}
	}
	return count;
}

/* The key exchange of a child differs: that is the profile's business, not the transform set's. */
static void mend_pfs(struct ike_shard *ike, const struct config_ipsec_profile *profile, const struct sa_payload *sa)
{
	for (unsigned i = 0; i < sa->transform_count; i++) {
		const struct transform *t = &sa->transform[i];
		const struct alg_name *group = alg_by_id(t->type, t->id, 0);

		if (t->type != CYG_TRANSFORM_KE || t->id == CYG_KE_NONE || !group || !group->word)
			continue;
		why_mend(ike, "crypto ipsec profile %s / set pfs group%s", profile->head.name, group->word);
		return;
	}
	why_mend(ike, "crypto ipsec profile %s / no set pfs, or the same `set pfs` at the peer", profile->head.name);
}

static enum cyg_status refuse_proposal(struct exchange *x, const struct trace *trace)
{
	struct ike_shard *ike = exchange_ike(x);
	struct cyg_strbuf offered = why_offered(ike);
	const struct trace_entry *nearest = trace_nearest(trace);
	const struct config_transform_set *set = NULL;

	why_object(ike, &x->child->profile->head);
	proposal_offer_text(&x->msg->sa, &offered);
	why_nearest(ike, trace);
	if (nearest && nearest->why >= WHY_ENCR)
		set = CYG_CONTAINER(nearest->object, struct config_transform_set, head);
	if (nearest && nearest->why == WHY_KE)
		mend_pfs(ike, x->child->profile, &x->msg->sa);
	else if (nearest && nearest->why == WHY_ESN)
		why_mend_set(ike, set, "esn");
	else
		why_mend_proposal(ike, trace, &x->msg->sa);
	return child_refuse(x, CYG_N_NO_PROPOSAL_CHOSEN,
			    "no ESP proposal of the peer suits us: IPsec profile %s",
			    x->child->profile->head.name);
}

static bool has_any_any(const struct ike_sa *sa)
{
	for (const struct child_sa *child = sa->children; child; child = child->next) {
		struct cyg_selectors local, remote;

		if (child->state == CHILD_REKEYED || child->state == CHILD_DELETING)
			continue;
		child_sa_get_ts(child, &local, &remote);
		if (selectors_have_any(&local) && selectors_have_any(&remote))
			return true;
	}
	return false;
}

static enum cyg_status within_limits(struct exchange *x)
{
	struct ike_sa *sa = x->sa;
	struct child_work *work = x->child;

	if (work->old_spi)
		return CYG_OK;
	if (sa->session && sa->session->flow_limited) {
		if (sa->child_count >= sa->session->flow_limit) {
			why_mend(sa->ike, "crypto ikev2 authorization policy %s / ipsec flow-limit %u",
				 sa->session->authorization ? sa->session->authorization : "NAME", sa->child_count + 1);
			return child_refuse(x, CYG_N_NO_ADDITIONAL_SAS,
					    "the session has %u children already", sa->child_count);
		}
	} else if (work->profile->flow_limit != UINT32_MAX &&
		   sa->child_count >= work->profile->flow_limit) {
		why_object(sa->ike, &work->profile->head);
		why_mend(sa->ike, "crypto ipsec profile %s / set security-policy limit %u",
			 work->profile->head.name, sa->child_count + 1);
		return child_refuse(x, CYG_N_NO_ADDITIONAL_SAS, "the session has %u children already",
				    sa->child_count);
	}
	if (selectors_have_any(&work->local) && selectors_have_any(&work->remote) && has_any_any(sa))
		return child_refuse(x, CYG_N_NO_ADDITIONAL_SAS,
				    "the session has a child for all traffic already");
	return CYG_OK;
}

enum cyg_status child_choose(struct exchange *x)
{
	struct ike_sa *sa = x->sa;
	struct child_work *work = x->child;
	const struct message *msg = x->msg;
	struct wish wishes[WISHES_MAX];
	struct trace trace = { 0 };
	enum cyg_status status;

	if (no_child(x))
		return CYG_OK;
	status = proposal_choose(sa->shard, wishes, wishes_of_profile(x, wishes), &msg->sa,
				 msg->has & HAS_KE ? msg->ke.group : 0, &work->chosen, &trace);
	if (status != CYG_OK)
		return refuse_proposal(x, &trace);
	if (work->chosen.spi_len != 4 || work->chosen.spi == 0)
		return child_refuse(x, CYG_N_INVALID_SYNTAX, "the peer's ESP proposal has no SPI");
	status = child_narrow(x);
	if (status == CYG_OK && !no_child(x))
		status = child_choose_mode(x);
	if (status != CYG_OK || no_child(x))
		return status;
	work->pfs = work->chosen.ids.ke != CYG_KE_NONE;
	return within_limits(x);
}

enum cyg_status child_offer(struct exchange *x)
{
	struct ike_sa *sa = x->sa;
	struct child_work *work = x->child;
	struct wish wishes[WISHES_MAX];
	struct trace trace = { 0 };
	unsigned count = wishes_of_profile(x, wishes);
	const struct child_sa *old = child_find(sa->ike, work->old_spi);
	enum cyg_status status;

	for (unsigned i = 0; i < count && !work->profile->pfs_group; i++)
		wishes[i].group_ignored = true; /* we ask for none of its own */
	status = offer_build(sa->shard, wishes, count, 4, work->spi_in, &work->offer, &trace);
	if (status != CYG_OK) {
		why_object(sa->ike, &work->profile->head);
		why_nearest(sa->ike, &trace);
		if (trace_nearest(&trace))
			why_unloaded(sa->ike, trace_nearest(&trace), true);
		return exchange_refuse(x, status, 0, "IPsec profile %s leaves nothing to offer",
				       work->profile->head.name);
	}
	work->pfs = x->def->type != CYG_IKE_AUTH && work->profile->pfs_group;
	child_offer_mode(x);
	work->local = work->allowed_local;
	work->remote = work->allowed_remote;
	if (old)
		child_sa_get_ts(old, &work->local, &work->remote);
	return CYG_OK;
}

enum cyg_status child_confirm(struct exchange *x)
{
	struct child_work *work = x->child;
	const struct message *msg = x->msg;
	enum cyg_status status;

	if (proposal_confirm(&work->offer, &msg->sa, &work->chosen) != CYG_OK ||
	    work->chosen.spi_len != 4 || work->chosen.spi == 0) {
		struct cyg_strbuf offered = why_offered(exchange_ike(x));

		why_object(exchange_ike(x), &work->profile->head);
		proposal_offer_text(&msg->sa, &offered);
		return child_refuse(x, CYG_N_INVALID_SYNTAX,
				    "the peer chose an ESP proposal that we did not offer");
	}
	status = child_confirm_selectors(x);
	return status == CYG_OK && !no_child(x) ? child_confirm_mode(x) : status;
}

void child_write(struct exchange *x)
{
	struct child_work *work = x->child;
	struct transform transforms[5];
	struct proposal_out out = { .number = work->chosen.number,
				    .protocol = CYG_PROTO_ESP,
				    .spi_len = 4,
				    .spi = work->made,
				    .transforms = transforms };

	child_write_mode(x);
	out.count = proposal_transforms(&work->chosen, transforms);
	sa_write(x->out, &out, 1);
}

/* --- Stages --- */

enum cyg_status child_spi_begin(struct exchange *x)
{
	struct ike_sa *sa = x->sa;

	if (no_child(x))
		return CYG_OK;
	return sa->ike->kernel->spi_alloc(sa->ike->kernel_ctx, sa->shard, shard_own_slot(sa->shard),
					  &x->child->spi_in, exchange_op(x));
}

enum cyg_status child_spi_done(struct exchange *x, enum cyg_status status)
{
	if (no_child(x) || status == CYG_OK)
		return CYG_OK;
	x->child->spi_in = 0;
	return child_refuse(x, CYG_N_TEMPORARY_FAILURE, "%s gave no ESP SPI (%s)",
			    exchange_ike(x)->kernel->name, cyg_status_text(status));
}

/* KEYMAT: RFC 7296 2.17. */
static enum cyg_status derive(struct exchange *x)
{
	struct ike_sa *sa = x->sa;
	struct child_work *work = x->child;
	const struct cyg_prf *prf = &sa->suite->algs.prf;
	uint8_t keymat[2 * (CYG_KEY_MAX + CYG_KEY_MAX)];
	struct cyg_bytes ni, nr, first, second;
	struct cyg_esp esp;
	enum cyg_status status;

	status = cyg_get_esp(sa->shard, work->chosen.ids.encr, work->chosen.ids.key_bits,
			     work->chosen.ids.integ, &esp);
	if (status != CYG_OK)
		return status;
	if (2u * esp.ops->key_len > sizeof(keymat))
		return CYG_LIMIT;
	if (x->def->type == CYG_IKE_AUTH) {
		ni = cyg_bytes(sa->nego->nonce_i, sa->nego->nonce_i_len);
		nr = cyg_bytes(sa->nego->nonce_r, sa->nego->nonce_r_len);
	} else {
		ni = cyg_bytes(x->nonce_i, x->nonce_i_len);
		nr = cyg_bytes(x->nonce_r, x->nonce_r_len);
	}
	status = keys_child(prf, ike_sa_sk_d(sa), cyg_secret_bytes(&x->ke.shared), ni, nr, keymat, 2u * esp.ops->key_len);
	if (status == CYG_OK) {
		first = cyg_bytes(keymat, esp.ops->key_len);
		second = cyg_bytes(keymat + esp.ops->key_len, esp.ops->key_len);
		status = child_sa_set_keys(work->child, x->ours ? second : first,
					   x->ours ? first : second);
	}
	cyg_wipe(keymat, sizeof(keymat));
	return status;
}

/* The lower nonce of the exchange says which of two colliding children goes: RFC 7296 2.8.1. */
static void note_nonces(struct exchange *x, struct child_sa *child)
{
	struct cyg_bytes i = cyg_bytes(x->nonce_i, sizeof(child->nonce_low));
	struct cyg_bytes r = cyg_bytes(x->nonce_r, sizeof(child->nonce_low));

	if (x->def->type == CYG_CREATE_CHILD_SA)
		memcpy(child->nonce_low, memcmp(i.ptr, r.ptr, i.len) < 0 ? i.ptr : r.ptr,
		       sizeof(child->nonce_low));
}

bool child_goes(const struct child_sa *child, const struct child_sa *collided)
{
	return memcmp(child->nonce_low, collided->nonce_low, sizeof(child->nonce_low)) < 0;
}

enum cyg_status child_add_begin(struct exchange *x)
{
	struct ike_sa *sa = x->sa;
	struct child_work *work = x->child;
	struct child_sa *child, *collided;
	const struct config_ipsec_profile *profile;
	enum cyg_direction what = CYG_BOTH;
	enum cyg_status status;

	if (no_child(x))
		return CYG_OK;
	child = work->child;
	profile = work->profile;
	child->d.spi_in = work->spi_in;
	child->d.spi_out = (uint32_t)work->chosen.spi;
	child->d.encr = work->chosen.ids.encr;
	child->d.key_bits = work->chosen.ids.key_bits;
	child->d.integ = work->chosen.ids.integ;
	child->d.pfs_group = work->chosen.ids.ke;
	child->d.esn = work->chosen.esn;
	child->d.udp_encap = sa->d.nat_local || sa->d.nat_remote;
	child->d.mode = work->transport ? CYG_MODE_TRANSPORT : CYG_MODE_TUNNEL;
	child->d.interface_id = config_interface_id(sa->interface->kind, sa->interface->number);
	child->d.replay_window = profile->replay_window;
	child->d.lifetime_s = profile->lifetime_s;
	child->d.lifetime_kb = profile->lifetime_kb;
	child->initiator = x->ours;
	child->born_ms = cyg_shard_now_ms(sa->shard);
	status = child_sa_set_ts(child, &work->local, &work->remote);
	if (status == CYG_OK)
		status = derive(x);
	if (status == CYG_OK)
		status = child_adopt(sa, child);
	if (status != CYG_OK)
		return status;
	export_child(child);
	/* From here on it is the SA's, which may end while we wait. */
	work->child = NULL;
	work->made = work->spi_in;
	work->spi_in = 0;
	child->profile = engine_hold(sa->ike, profile);
	note_nonces(x, child);
	if (work->old_spi && !x->ours) {
		/* The peer sends on the old one until it has our answer: RFC 7296 2.8. */
		what = CYG_INBOUND;
		child->outbound_held = true;
	}
	child->replaces = work->old_spi;
	collided = child_find(sa->ike, work->collided);
	if (collided && child_goes(child, collided)) {
		/* It will be deleted at once: nothing must be on its way by it then. */
		what = CYG_INBOUND;
		child->outbound_held = true;
	}
	return child_install(child, what, work->old_spi, exchange_op(x));
}

enum cyg_status child_add_done(struct exchange *x, enum cyg_status status)
{
	struct ike_sa *sa = x->sa;
	struct child_work *work = x->child;
	struct child_sa *child, *old;
	char local_text[160], remote_text[160], suite_text[96];
	struct cyg_strbuf local = CYG_STRBUF(local_text), remote = CYG_STRBUF(remote_text);
	struct cyg_strbuf suite = CYG_STRBUF(suite_text);

	if (no_child(x))
		return CYG_OK;
	child = child_find(sa->ike, work->made);
	if (status != CYG_OK || !child) {
		if (child)
			child_close(child);
		if (work->made)
			sa->ike->kernel->spi_free(sa->ike->kernel_ctx, sa->shard, work->made);
		work->made = 0;
		return child_refuse(x, CYG_N_TEMPORARY_FAILURE, "%s did not take the child (%s)",
				    sa->ike->kernel->name, cyg_status_text(status));
	}
	child->state = CHILD_INSTALLED;
	old = child_find(sa->ike, work->old_spi);
	child_routes(child, old ? work->old_spi : 0);
	child_set_deadlines(child);
	selectors_text(&work->local, &local);
	selectors_text(&work->remote, &remote);
	chosen_text(&work->chosen, &suite);
#define FIELDS                                                                              \
	F_ENDPOINT("peer", &sa->d.remote), F_IDENTITY("id", sa->remote_id),                 \
		F_STR("local", local_text), F_STR("remote", remote_text),                   \
		F_STR("suite", suite_text), F_HEX64("spi_in", child->d.spi_in),             \
		F_HEX64("spi_out", child->d.spi_out), F_STR("interface", sa->interface->head.name)
	if (old) {
		sa->ike->counters.child_rekeyed++;
		cyg_log(life_log_level(sa->ike), "child.rekeyed", "{peer}: {id}: new keys for {local} to {remote} by {suite}",
			FIELDS);
	} else {
		sa->ike->counters.child_created++;
		cyg_log(CYG_LOG_NOTICE, "child.up", "{peer}: {id}: child {local} to {remote} by {suite}",
			FIELDS);
	}
#undef FIELDS
	return CYG_OK;
}
