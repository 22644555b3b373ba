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

/*
 * SAs stand in order of their serials. Goes on behind the cursor; if that SA is gone, from the oldest on: whoever walks
 * passes over what is done (`cursor->done`), as many a turn as he may look at, so that no turn is long.
 */
static struct ike_sa *first_after(struct ike_shard *ike, const struct row_cursor *cursor, bool same)
{
	struct ike_sa *sa = cursor->spi ? spi_table_get(&ike->sas, cursor->spi) : NULL;

	if (sa && sa->serial == cursor->serial)
		return same ? sa : sa->next;
	return ike->oldest;
}

static void stand_at(struct row_cursor *cursor, const struct ike_sa *sa)
{
	cursor->spi = ike_sa_spi(sa);
	cursor->serial = sa->serial;
	cursor->child = 0;
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
	size_t count = 0, looked = 0;
	struct ike_sa *sa;

	for (sa = first_after(ike, cursor, false); sa && count < max && looked < max * ROWS_LOOKS; sa = sa->next) {
		looked++;
		stand_at(cursor, sa);
		if (sa->serial <= cursor->done)
			continue;
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

/* Behind the child that was told last; none if that one is gone. */
static struct child_sa *child_after(struct ike_sa *sa, uint32_t spi_in)
{
	struct child_sa *child = sa->children;

	while (child && child->d.spi_in != spi_in)
		child = child->next;
	return child ? child->next : NULL;
}

size_t child_rows(struct ike_shard *ike, const struct ike_filter *filter, struct row_cursor *cursor,
		  struct child_sa_row *rows, size_t max)
{
	size_t count = 0, looked = 0;
	struct ike_sa *sa = first_after(ike, cursor, cursor->child != 0);

	for (; sa && count < max && looked < max * ROWS_LOOKS; sa = sa->next) {
		struct child_sa *child = sa->children;

		looked++;
		if (cursor->child && sa->serial == cursor->serial)
			child = child_after(sa, cursor->child);
		stand_at(cursor, sa);
		if (sa->serial <= cursor->done)
			continue;
		for (; child && count < max && fits(filter, sa); child = child->next) {
			child_row(ike, child, &rows[count++]);
			cursor->child = child->d.spi_in;
		}
		if (count == max)
			break; /* perhaps it has more */
		cursor->child = 0;
		cursor->done = sa->serial;
	}
	cursor->end = !sa;
	return count;
}

size_t session_rows(struct ike_shard *ike, const struct ike_filter *filter, struct row_cursor *cursor,
		    struct session_row *rows, size_t max)
{
	struct ike_sa *sa = first_after(ike, cursor, cursor->inside);
	size_t count = 0, looked = 0;

	for (; sa && count < max && looked < max * ROWS_LOOKS; sa = sa->next) {
		bool told = cursor->inside && sa->serial == cursor->serial;
		struct child_sa *child = told && cursor->child ? child_after(sa, cursor->child) : sa->children;

		looked++;
		if (!told) {
			stand_at(cursor, sa);
			cursor->inside = false;
			if (sa->serial <= cursor->done)
				continue;
			if (fits(filter, sa)) {
				rows[count].child_row = false;
				ike_row(sa, &rows[count++].ike);
				cursor->inside = true;
			}
		}
		for (; cursor->inside && child && count < max; child = child->next) {
			rows[count].child_row = true;
			child_row(ike, child, &rows[count++].child);
			cursor->child = child->d.spi_in;
		}
		if (cursor->inside && child)
			break;
		cursor->inside = false;
		cursor->child = 0;
		cursor->done = sa->serial;
	}
	cursor->end = !sa;
	return count;
}

uint32_t ike_last_serial(const struct ike_shard *ike)
{
	return ike->serial;
}

size_t ike_clear(struct ike_shard *ike, const struct ike_filter *filter, uint32_t last, size_t max)
{
	struct ike_sa *sa, *next;
	size_t count = 0;

	for (sa = ike->oldest; sa && sa->serial <= last && count < max; sa = next) {
		next = sa->next;
		if (sa->state == IKE_DELETING || !fits(filter, sa))
			continue;
		count++;
		if (sa->state < IKE_ESTABLISHED) {
			life_close(sa, NULL);
			continue;
		}
		driver_abandon(sa);
		sa->wants = WANT_DELETE;
		driver_pump(sa);
		if (sa->state != IKE_CLOSED)
			life_schedule(sa);
	}
	return count;
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

static size_t ask_each(struct ike_shard *ike, const struct ike_filter *filter, struct row_cursor *cursor,
		       uint32_t last, size_t max, size_t (*one)(struct ike_sa *sa))
{
	struct ike_sa *sa = first_after(ike, cursor, false), *next;
	size_t looked = 0, count = 0;

	for (; sa && sa->serial <= last && looked < max; sa = next) {
		next = sa->next;
		looked++;
		stand_at(cursor, sa);
		if (sa->serial <= cursor->done)
			continue;
		cursor->done = sa->serial;
		if (sa->state != IKE_ESTABLISHED || !fits(filter, sa))
			continue;
		count += one(sa);
		driver_pump(sa);
		if (sa->state != IKE_CLOSED)
			life_schedule(sa);
	}
	cursor->end = !sa || sa->serial > last;
	return count;
}

size_t ike_rekey(struct ike_shard *ike, const struct ike_filter *filter, bool children,
		 struct row_cursor *cursor, uint32_t last, size_t max)
{
	return ask_each(ike, filter, cursor, last, max, children ? rekey_children : rekey_ike);
}

size_t ike_clear_children(struct ike_shard *ike, const struct ike_filter *filter, struct row_cursor *cursor,
			  uint32_t last, size_t max)
{
	return ask_each(ike, filter, cursor, last, max, end_children);
}
