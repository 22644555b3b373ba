/* SPDX-License-Identifier: MIT */
/* What `show`, `clear` and `rekey` see of a shard. */
#include "exchange/engine.h"

#include "policy/select.h"

static bool ip_fits(const struct cyg_ip *wanted, const struct cyg_ip *ip)
{
	return !wanted->family || memcmp(wanted, ip, sizeof(*ip)) == 0;
}

static bool fits(const struct ike_filter *f, const struct ike_sa *sa)
{
	if (!f)
		return true;
	if (!ip_fits(&f->local, &sa->d.local.ip) || !ip_fits(&f->remote, &sa->d.remote.ip))
		return false;
	if ((f->serial && f->serial != sa->serial) || (f->spi && f->spi != ike_sa_spi(sa)))
		return false;
	if (f->profile[0] && (!sa->profile || strcmp(f->profile, sa->profile->head.name) != 0))
		return false;
	if (f->interface[0] && (!sa->interface || strcmp(f->interface, sa->interface->head.name) != 0))
		return false;
	if (f->fvrf[0] && strcmp(f->fvrf, CONFIG_VRF_ANY) != 0)
		return false; /* all of ours are in the global one */
	return !f->families_only || f->family == sa->d.remote.ip.family;
}

static void copy_text(char *out, size_t size, const char *text)
{
	struct cyg_strbuf b = cyg_strbuf(out, size);

	cyg_strbuf_add(&b, cyg_str(text));
}

static void session_row(const struct ike_sa *sa, struct ike_sa_row *row)
{
	const struct ike_session *session = sa->session;
	struct cyg_strbuf eap_id = CYG_STRBUF(row->eap_id);

	if (!session)
		return;
	row->assigned4 = session->address4;
	row->assigned6 = session->address6;
	for (unsigned i = 0; i < session->dns_count && i < ROW_DNS_MAX; i++)
		row->dns[row->dns_count++] = session->dns[i];
	for (unsigned i = 0; i < session->route_count && i < ROW_SUBNETS_MAX; i++)
		row->subnet[row->subnet_count++] = session->routes[i].to;
	if (session->authorization)
		copy_text(row->authorization, sizeof(row->authorization), session->authorization);
	if (session->eap_identity)
		cyg_strbuf_add_foreign(&eap_id, cyg_bytes(session->eap_identity, session->eap_identity_len));
	if (session->peer_version)
		copy_text(row->peer_version, sizeof(row->peer_version), session->peer_version);
}

static void ike_row(const struct ike_sa *sa, struct ike_sa_row *row)
{
	uint64_t now = cyg_shard_now_ms(sa->shard);
	struct cyg_strbuf local_id = CYG_STRBUF(row->local_id), remote_id = CYG_STRBUF(row->remote_id);

	*row = (struct ike_sa_row){
		.spi_local = ike_sa_spi(sa),
		.spi_remote = ike_sa_peer_spi(sa),
		.serial = sa->serial,
		.shard = (uint16_t)cyg_shard_index(sa->shard),
		.state = sa->state,
		.initiator = sa->d.initiator,
		.local = sa->d.local,
		.remote = sa->d.remote,
		.encr = sa->d.suite.encr,
		.key_bits = sa->d.suite.key_bits,
		.integ = sa->d.suite.integ,
		.prf = sa->d.suite.prf,
		.ke = sa->d.suite.ke,
		.auth_local = sa->d.auth_local,
		.auth_remote = sa->d.auth_remote,
		.auth_local_key = sa->d.auth_local_key,
		.auth_remote_key = sa->d.auth_remote_key,
		.lifetime_s = sa->d.lifetime_s,
		.active_s = (uint32_t)((now - sa->born_ms) / 1000),
		.local_request_id = sa->sent ? sa->sent->message_id : sa->d.send_next,
		.local_next_id = sa->d.send_next + (sa->sent ? 1 : 0),
		.remote_request_id = sa->d.recv_next,
		.remote_next_id = sa->d.recv_next,
		.local_queued = sa->wants ? 1 : 0,
		.local_window = sa->d.send_window,
		.remote_window = sa->d.recv_window,
		.dpd_interval_s = sa->dpd_interval_ms / 1000,
		.dpd_retry_s = sa->dpd_retry_ms / 1000,
		.nat_keepalive_s = sa->keepalive_ms / 1000,
		.fragmentation = sa->d.fragmentation,
		.nat_local = sa->d.nat_local,
		.nat_remote = sa->d.nat_remote,
		.child_count = sa->child_count,
	};
	if (sa->local_id)
		cyg_identity_text(sa->local_id, &local_id);
	if (sa->remote_id)
		cyg_identity_text(sa->remote_id, &remote_id);
	if (sa->profile)
		copy_text(row->profile, sizeof(row->profile), sa->profile->head.name);
	if (sa->interface)
		copy_text(row->interface, sizeof(row->interface), sa->interface->head.name);
	session_row(sa, row);
}

size_t ike_rows(struct ike_shard *ike, const struct ike_filter *filter, struct row_cursor *cursor,
		struct ike_sa_row *rows, size_t max)
{
	struct ike_sa *sa = serials_after(&ike->serials, cursor->done);
	size_t count = 0, looked = 0;

	for (; sa && count < max && looked < max * ROWS_LOOKS; sa = sa->next) {
		looked++;
		cursor->done = sa->serial;
		if (fits(filter, sa))
			ike_row(sa, &rows[count++]);
	}
	cursor->end = !sa;
	return count;
}

static void child_counters(struct ike_shard *ike, const struct child_sa *child,
			   struct child_sa_row *row)
{
	struct cyg_op op;
	enum cyg_status status;

	if (engine_kernel(ike) != CYG_OK)
		return;
	cyg_op_init(&op, ike->shard, NULL);
	status = ike->kernel->child_query(ike->kernel_ctx, ike->shard, child->d.spi_in, &row->counters,
					  &op);
	if (status == CYG_PENDING)
		cyg_op_cancel(&op);
	row->counters_known = status == CYG_OK;
}

static void child_row(struct ike_shard *ike, const struct child_sa *child, struct child_sa_row *row)
{
	const struct ike_sa *sa = child->ike_sa;
	uint64_t now = cyg_shard_now_ms(ike->shard);
	struct cyg_selectors local, remote;

	*row = (struct child_sa_row){
		.owner = ike_sa_handle(sa),
		.owner_serial = sa->serial,
		.shard = (uint16_t)cyg_shard_index(ike->shard),
		.state = child->state,
		.spi_in = child->d.spi_in,
		.spi_out = child->d.spi_out,
		.local = sa->d.local,
		.remote = sa->d.remote,
		.udp_encap = child->d.udp_encap,
		.esn = child->d.esn,
		.mode = child->d.mode,
		.encr = child->d.encr,
		.key_bits = child->d.key_bits,
		.integ = child->d.integ,
		.pfs_group = child->d.pfs_group,
		.interface_id = child->d.interface_id,
		.lifetime_s = child->d.lifetime_s,
		.left_s = child->hard_at > now ? (uint32_t)((child->hard_at - now) / 1000) : 0,
		.lifetime_kb = child->d.lifetime_kb,
		.active_s = (uint32_t)((now - child->born_ms) / 1000),
		.replay_window = child->d.replay_window,
	};
	if (sa->interface)
		copy_text(row->interface, sizeof(row->interface), sa->interface->head.name);
	if (child->profile)
		copy_text(row->profile, sizeof(row->profile), child->profile->head.name);
	child_sa_get_ts(child, &local, &remote);
	row->local_count = local.count;
	row->remote_count = remote.count;
	for (unsigned i = 0; i < ROW_SELECTORS_MAX; i++) {
		row->ts_local[i] = local.item[i];
		row->ts_remote[i] = remote.item[i];
	}
	child_counters(ike, child, row);
}

static void enter(struct row_cursor *cursor, const struct ike_sa *sa)
{
	cursor->inside = sa->serial;
	cursor->child = 0;
}

/* Children stand in order of their numbers: the first one that was not told. */
static struct child_sa *next_child(const struct ike_sa *sa, const struct row_cursor *cursor)
{
	struct child_sa *child = sa->children;

	while (child && child->number <= cursor->child)
		child = child->next;
	return child;
}

size_t child_rows(struct ike_shard *ike, const struct ike_filter *filter, struct row_cursor *cursor,
		  struct child_sa_row *rows, size_t max)
{
	struct ike_sa *sa = serials_after(&ike->serials, cursor->done);
	size_t count = 0, looked = 0;

	for (; sa && count < max && looked < max * ROWS_LOOKS; sa = sa->next) {
		struct child_sa *child;

		looked++;
		if (cursor->inside != sa->serial)
			enter(cursor, sa);
		child = fits(filter, sa) ? next_child(sa, cursor) : NULL;
		for (; child && count < max; child = child->next) {
			child_row(ike, child, &rows[count++]);
			cursor->child = child->number;
		}
		if (child)
			break;
		cursor->done = sa->serial;
	}
	cursor->end = !sa;
	return count;
}

size_t session_rows(struct ike_shard *ike, const struct ike_filter *filter, struct row_cursor *cursor,
		    struct session_row *rows, size_t max)
{
	struct ike_sa *sa = serials_after(&ike->serials, cursor->done);
	size_t count = 0, looked = 0;

	for (; sa && count < max && looked < max * ROWS_LOOKS; sa = sa->next) {
		struct child_sa *child = NULL;

		looked++;
		if (cursor->inside == sa->serial) {
			child = next_child(sa, cursor);
		} else if (fits(filter, sa)) {
			enter(cursor, sa);
			rows[count].child_row = false;
			ike_row(sa, &rows[count++].ike);
			child = sa->children;
		}
		for (; child && count < max; child = child->next) {
			rows[count].child_row = true;
			child_row(ike, child, &rows[count++].child);
			cursor->child = child->number;
		}
		if (child)
			break;
		cursor->done = sa->serial;
	}
	cursor->end = !sa;
	return count;
}

uint32_t ike_last_serial(const struct ike_shard *ike)
{
	return ike->serial;
}

/* What a command asks of one SA that is up; of how many things it will be done. */
static size_t rekey_ike(struct ike_sa *sa)
{
	sa->wants |= WANT_REKEY;
	return 1;
}

static size_t rekey_children(struct ike_sa *sa)
{
	size_t count = 0;

	for (struct child_sa *child = sa->children; child; child = child->next) {
		if (child->state != CHILD_INSTALLED)
			continue; /* it is being replaced or ended already */
		child->want_rekey = true;
		count++;
	}
	return count;
}

static size_t end_children(struct ike_sa *sa)
{
	size_t count = 0;

	for (struct child_sa *child = sa->children; child; child = child->next) {
		/* One that is being rekeyed goes either way: for its successor, or alone if there will be none. */
		if ((child->state != CHILD_INSTALLED && child->state != CHILD_REKEYING) || child->want_delete)
			continue;
		child->want_delete = true;
		count++;
	}
	return count;
}

static size_t end_ike(struct ike_sa *sa)
{
	if (sa->state < IKE_ESTABLISHED) {
		life_drop(sa, "a command ends it");
	} else {
		driver_abandon(sa);
		sa->wants = WANT_DELETE;
	}
	return 1;
}

/* Who is asked: SAs in one of these states. */
struct asked {
	uint8_t from, to;
	size_t (*ask)(struct ike_sa *sa);
};

/* An SA may end by what it is asked, and others with it: the next one is looked up. */
static size_t ask_each(struct ike_shard *ike, const struct ike_filter *filter, struct row_cursor *cursor,
		       uint32_t last, size_t max, const struct asked *asked)
{
	struct row_cursor first = { 0 };
	struct ike_sa *sa;
	size_t looked = 0, count = 0;

	if (!cursor)
		cursor = &first;
	while ((sa = serials_after(&ike->serials, cursor->done)) && sa->serial <= last && looked < max) {
		looked++;
		cursor->done = sa->serial;
		if (sa->state < asked->from || sa->state > asked->to || !fits(filter, sa))
			continue;
		count += asked->ask(sa);
		if (sa->state != IKE_CLOSED)
			driver_pump(sa);
		if (sa->state != IKE_CLOSED)
			life_schedule(sa);
	}
	cursor->end = !sa || sa->serial > last;
	return count;
}

size_t ike_clear(struct ike_shard *ike, const struct ike_filter *filter, struct row_cursor *cursor, uint32_t last,
		 size_t max)
{
	static const struct asked all = { IKE_NEW, IKE_REKEYED, end_ike };

	return ask_each(ike, filter, cursor, last, max, &all);
}

size_t ike_rekey(struct ike_shard *ike, const struct ike_filter *filter, bool children,
		 struct row_cursor *cursor, uint32_t last, size_t max)
{
	static const struct asked up[] = {
		{ IKE_ESTABLISHED, IKE_ESTABLISHED, rekey_ike },
		{ IKE_ESTABLISHED, IKE_ESTABLISHED, rekey_children },
	};

	return ask_each(ike, filter, cursor, last, max, &up[children]);
}

size_t ike_clear_children(struct ike_shard *ike, const struct ike_filter *filter, struct row_cursor *cursor,
			  uint32_t last, size_t max)
{
	static const struct asked up = { IKE_ESTABLISHED, IKE_ESTABLISHED, end_children };

	return ask_each(ike, filter, cursor, last, max, &up);
}
