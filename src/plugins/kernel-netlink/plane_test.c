/* SPDX-License-Identifier: MIT */
/* Children and policies before a system that keeps what it is told: two shards, nothing left at the end. */
#include "kernel_netlink_tests.h"

#include "plane.h"

#include "registry/registry.h"
#include "shard/shard.h"

#include <arpa/inet.h>
#include <cygnet/numbers.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define WORKERS 2
#define KEPT    64

extern const struct cyg_plugin cyg_plugin_kernel_netlink;

static struct shard_group *group;
static struct shard_clock fake_time;
static struct registry *reg;
static const struct cyg_kernel_ops *ops;
static struct cyg_plugin_ctx *ctx;

/* The system. */
static int ends[16];
static unsigned end_count;
static uint32_t sa[KEPT];
static struct xfrm_userpolicy_info policy[KEPT];
static uint32_t policy_reqid[KEPT], policy_if[KEPT];
static uint8_t policy_mode[KEPT];
static unsigned sas_transport; /* that were told in this mode */
static unsigned refuse_sas; /* so many are refused */
static unsigned updates;

static int fake_open(int protocol)
{
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
	ck_assert_uint_lt(end_count, CYG_COUNT(ends));
	ends[end_count++] = fds[0];
	return fds[1];
}

static int take_sa(const struct nlmsghdr *h)
{
	struct xfrm_usersa_info info;

	memcpy(&info, mnl_nlmsg_get_payload(h), sizeof(info)); /* it need not be aligned */
	if (refuse_sas) {
		refuse_sas--;
		return EEXIST;
	}
	for (unsigned i = 0; i < KEPT; i++) {
		if (!sa[i]) {
			sa[i] = ntohl(info.id.spi);
			sas_transport += info.mode == XFRM_MODE_TRANSPORT;
			return 0;
		}
	}
	return ENOMEM;
}

static int drop_sa(const struct nlmsghdr *h)
{
	const struct xfrm_usersa_id *id = mnl_nlmsg_get_payload(h);

	for (unsigned i = 0; i < KEPT; i++) {
		if (sa[i] == ntohl(id->spi)) {
			sa[i] = 0;
			return 0;
		}
	}
	return ESRCH;
}

/* The interface that a message of a body of `size` octets is about, 0: none. */
static uint32_t interface_of(const struct nlmsghdr *h, size_t size)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, h, size) {
		if (mnl_attr_get_type(attr) == XFRMA_IF_ID)
			return mnl_attr_get_u32(attr);
	}
	return 0;
}

static unsigned policy_find(const struct xfrm_selector *sel, uint8_t dir, uint32_t if_id)
{
	unsigned i = 0;

	while (i < KEPT && !(policy[i].action == 1 && policy[i].dir == dir && policy_if[i] == if_id &&
			     memcmp(&policy[i].sel, sel, sizeof(*sel)) == 0))
		i++;
	return i;
}

static int take_policy(const struct nlmsghdr *h)
{
	struct xfrm_userpolicy_info info;
	const struct nlattr *attr;
	unsigned at;

	memcpy(&info, mnl_nlmsg_get_payload(h), sizeof(info));
	at = policy_find(&info.sel, info.dir, interface_of(h, sizeof(info)));
	updates++;
	for (unsigned i = 0; at == KEPT && i < KEPT; i++) {
		if (!policy[i].action)
			at = i;
		if (at == i)
			break;
	}
	ck_assert_uint_lt(at, KEPT);
	policy[at] = info;
	policy[at].action = 1;
	policy_if[at] = interface_of(h, sizeof(info));
	mnl_attr_for_each(attr, h, sizeof(info)) {
		struct xfrm_user_tmpl tmpl;

		if (mnl_attr_get_type(attr) != XFRMA_TMPL)
			continue;
		memcpy(&tmpl, mnl_attr_get_payload(attr), sizeof(tmpl));
		policy_reqid[at] = tmpl.reqid;
		policy_mode[at] = tmpl.mode;
	}
	return 0;
}

static int drop_policy(const struct nlmsghdr *h)
{
	const struct xfrm_userpolicy_id *id = mnl_nlmsg_get_payload(h);
	unsigned at = policy_find(&id->sel, id->dir, interface_of(h, sizeof(*id)));

	if (at == KEPT)
		return ENOENT;
	memset(&policy[at], 0, sizeof(policy[at]));
	return 0;
}

static int obey(const struct nlmsghdr *h)
{
	switch (h->nlmsg_type) {
	case XFRM_MSG_NEWSA:
		return take_sa(h);
	case XFRM_MSG_DELSA:
		return drop_sa(h);
	case XFRM_MSG_UPDPOLICY:
		return take_policy(h);
	case XFRM_MSG_DELPOLICY:
		return drop_policy(h);
	default:
		return 0;
	}
}

static bool system_run(void)
{
	bool ran = false;

	for (unsigned i = 0; i < end_count; i++) {
		char octets[NL_BATCH_MAX];
		ssize_t got;

		while ((got = recv(ends[i], octets, sizeof(octets), MSG_DONTWAIT)) > 0) {
			const struct nlmsghdr *h = (const void *)octets;

			for (int left = (int)got; mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left)) {
				struct nl_message m;
				struct nlmsgerr *error = nl_begin(&m, NLMSG_ERROR, 0, sizeof(*error));

				if (h->nlmsg_type == XFRM_MSG_GETSA)
					continue;
				m.header.nlmsg_seq = h->nlmsg_seq;
				error->error = -obey(h);
				(void)!send(ends[i], m.octets, m.header.nlmsg_len, MSG_NOSIGNAL);
			}
			ran = true;
		}
	}
	return ran;
}

static void run(void)
{
	for (unsigned quiet = 0; quiet < 3;) {
		bool ran = system_run();

		for (unsigned i = 0; i < WORKERS; i++)
			ran |= shard_step(shard_group_worker(group, i));
		quiet = ran ? 0 : quiet + 1;
	}
}

static const struct cyg_kernel_events no_events;

static void begin(void)
{
	struct shard_manual setup = { .workers = WORKERS, .clock = &fake_time, .real_fds = true, .seed = 3 };
	struct registry_set *set = registry_set_new();

	memset(sa, 0, sizeof(sa));
	memset(policy, 0, sizeof(policy));
	end_count = updates = sas_transport = 0;
	plane_netlink_open = fake_open;
	ck_assert_int_eq(shard_manual_group_new(&setup, &group), CYG_OK);
	reg = registry_new(shard_group_control(group));
	ck_assert_int_eq(registry_add_static(reg, &cyg_plugin_kernel_netlink), CYG_OK);
	ck_assert_int_eq(registry_set_add(set, "kernel-netlink", "plugins/kernel-netlink.conf", cyg_str("")), CYG_OK);
	for (unsigned i = 0; i < WORKERS; i++)
		ck_assert_int_eq(registry_attach(reg, shard_group_worker(group, i), NULL), CYG_OK);
	ck_assert_int_eq(registry_apply(reg, set, true, NULL), CYG_OK);
	registry_set_free(set);
	for (unsigned i = 0; i < WORKERS; i++) {
		const struct cyg_feature *feature = cyg_get_feature(shard_group_worker(group, i), CYG_KERNEL, 0, &ctx);

		ck_assert_ptr_nonnull(feature);
		ops = feature->kernel;
		ck_assert_int_eq(ops->attach(ctx, shard_group_worker(group, i), &no_events), CYG_OK);
	}
}

static unsigned sas(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < KEPT; i++)
		count += sa[i] != 0;
	return count;
}

static unsigned policies(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < KEPT; i++)
		count += policy[i].action;
	return count;
}

/* Ends the shards; the system must be empty then. */
static void end(void)
{
	for (unsigned i = 0; i < WORKERS; i++)
		ck_assert_int_eq(registry_detach(reg, shard_group_worker(group, i), NULL), CYG_OK);
	system_run();
	ck_assert_uint_eq(sas(), 0);
	ck_assert_uint_eq(policies(), 0);
	registry_free(reg);
	for (unsigned i = 0; i < WORKERS; i++) {
		ck_assert_uint_eq(shard_manual_poll_count(shard_group_worker(group, i)), 0);
		ck_assert_uint_eq(shard_timer_count(shard_group_worker(group, i)), 0);
	}
	shard_group_free(group);
	for (unsigned i = 0; i < end_count; i++)
		close(ends[i]);
}

static enum cyg_status outcome;

static void on_done(struct cyg_op *op, enum cyg_status status)
{
	outcome = status;
}

static struct cyg_selectors range(const char *low, const char *high)
{
	struct cyg_selectors s = { .count = 1, .item = { { .port_high = UINT16_MAX } } };

	ck_assert_int_eq(cyg_ip_parse(cyg_str(low), &s.item[0].addr.low), CYG_OK);
	ck_assert_int_eq(cyg_ip_parse(cyg_str(high), &s.item[0].addr.high), CYG_OK);
	return s;
}

/* On worker spi % 2 (by its highest octet). */
static enum cyg_status install_mode(uint32_t spi, uint32_t replaces, const struct cyg_selectors *near,
				    const struct cyg_selectors *far, enum cyg_ipsec_mode mode, enum cyg_direction what)
{
	static uint8_t key[20] = { 1 };
	struct cyg_kernel_child child = {
		.mode = mode,
		.spi_in = spi, .spi_out = ~spi, .replaces = replaces, .interface_id = 9,
		.local = { .ip = { CYG_IPV4, { 192, 0, 2, 1 } }, .port = 500 },
		.remote = { .ip = { CYG_IPV4, { 192, 0, 2, 2 } }, .port = 500 },
		.encr = CYG_ENCR_AES_GCM_16, .key_bits = 128, .key_in = { key, 20 }, .key_out = { key, 20 },
		.ts_local = near, .ts_remote = far, .replay_window = 64,
	};
	struct cyg_shard *shard = shard_group_worker(group, spi >> 24);
	static struct cyg_op op;
	enum cyg_status status;

	cyg_op_init(&op, shard, on_done);
	outcome = CYG_PENDING;
	status = ops->child_add(ctx, shard, &child, what, &op);
	if (status != CYG_PENDING)
		return status;
	run();
	return outcome;
}

/* A tunnel; `remote` NULL: to anything. */
static enum cyg_status install(uint32_t spi, uint32_t replaces, const char *remote, enum cyg_direction what)
{
	struct cyg_selectors any = range("0.0.0.0", "255.255.255.255");
	struct cyg_selectors far = remote ? range(remote, remote) : any;

	return install_mode(spi, replaces, &any, &far, CYG_MODE_TUNNEL, what);
}

/* GRE between the two ends. */
static enum cyg_status install_gre(uint32_t spi, uint32_t replaces, enum cyg_direction what)
{
	struct cyg_selectors near = range("192.0.2.1", "192.0.2.1"), far = range("192.0.2.2", "192.0.2.2");

	near.item[0].protocol = far.item[0].protocol = 47;
	return install_mode(spi, replaces, &near, &far, CYG_MODE_TRANSPORT, what);
}

static void drop(uint32_t spi)
{
	ops->child_remove(ctx, shard_group_worker(group, spi >> 24), spi, CYG_BOTH, NULL);
	run();
}

/* Whom the only policy towards anything names. */
static uint32_t named(void)
{
	for (unsigned i = 0; i < KEPT; i++) {
		if (policy[i].action && policy[i].dir == XFRM_POLICY_OUT)
			return policy_reqid[i];
	}
	return 0;
}

#define FIRST  0x00000101u /* of worker 0 */
#define SECOND 0x01000102u /* of worker 1 */

START_TEST(children_of_two_shards_share_a_policy_and_the_newest_has_it)
{
	begin();
	ck_assert_int_eq(install(FIRST, 0, NULL, CYG_BOTH), CYG_OK);
	ck_assert_uint_eq(named(), FIRST);
	ck_assert_int_eq(install(SECOND, 0, NULL, CYG_BOTH), CYG_OK);
	ck_assert_uint_eq(named(), SECOND);
	ck_assert_uint_eq(policies(), 1);
	ck_assert_uint_eq(sas(), 4);
	drop(SECOND);
	ck_assert_uint_eq(named(), FIRST); /* not blackholed by the other's end */
	drop(FIRST);
	ck_assert_uint_eq(policies(), 0);
	ck_assert_uint_eq(sas(), 0);
	end();
}
END_TEST

static void ignore(struct cyg_shard *shard, void *arg, const struct nl_answer *answer)
{
}

START_TEST(a_policy_that_goes_while_the_queue_is_full_leaves_the_kernel)
{
	begin();
	ck_assert_int_eq(install(FIRST, 0, "10.0.0.1", CYG_BOTH), CYG_OK);
	ck_assert_uint_eq(policies(), 1);
	for (unsigned i = 0; i < WORKERS; i++) {
		struct nl *nl = &plane_of(ctx, shard_group_worker(group, i))->xfrm;
		struct nl_message m;

		while (nl->count < NL_PENDING_MAX) {
			nl_link_delete(&m, "cyg-t0");
			ck_assert_int_eq(nl_send(nl, &m, ignore, NULL), CYG_OK);
		}
	}
	ops->child_remove(ctx, shard_group_worker(group, FIRST >> 24), FIRST, CYG_BOTH, NULL);
	for (unsigned i = 0; i < 4 * WORKERS; i++) /* the wish gets where the policy is kept; the system says nothing yet */
		(void)shard_step(shard_group_worker(group, i % WORKERS));
	run();
	ck_assert_uint_eq(policies(), 0);
	ck_assert_uint_eq(sas(), 0);
	end();
}
END_TEST

START_TEST(the_end_of_an_older_child_leaves_the_policy_alone)
{
	begin();
	ck_assert_int_eq(install(FIRST, 0, "10.0.0.1", CYG_BOTH), CYG_OK);
	ck_assert_int_eq(install(SECOND, 0, "10.0.0.1", CYG_BOTH), CYG_OK);
	updates = 0;
	drop(FIRST);
	ck_assert_uint_eq(updates, 0);
	ck_assert_uint_eq(named(), SECOND);
	drop(SECOND);
	end();
}
END_TEST

START_TEST(traffic_moves_when_the_outbound_half_is_installed)
{
	const uint32_t next = FIRST + 2;

	begin();
	ck_assert_int_eq(install(FIRST, 0, "10.0.0.1", CYG_BOTH), CYG_OK);
	ck_assert_int_eq(install(next, FIRST, "10.0.0.1", CYG_INBOUND), CYG_OK);
	ck_assert_uint_eq(named(), FIRST);
	ck_assert_uint_eq(sas(), 3);
	ck_assert_int_eq(install(next, FIRST, "10.0.0.1", CYG_OUTBOUND), CYG_OK);
	ck_assert_uint_eq(named(), next);
	drop(FIRST);
	ck_assert_uint_eq(named(), next);
	ck_assert_uint_eq(sas(), 2);
	drop(next);
	end();
}
END_TEST

START_TEST(a_child_without_its_outbound_half_still_takes_packets)
{
	begin();
	ck_assert_int_eq(install(FIRST, 0, "10.0.0.1", CYG_BOTH), CYG_OK);
	ops->child_remove(ctx, shard_group_worker(group, 0), FIRST, CYG_OUTBOUND, NULL);
	run();
	ck_assert_uint_eq(sas(), 1);
	ck_assert_uint_eq(policies(), 0);
	ck_assert_ptr_nonnull(plane_child_find(plane_of(ctx, shard_group_worker(group, 0)), FIRST));
	ops->child_remove(ctx, shard_group_worker(group, 0), FIRST, CYG_INBOUND, NULL);
	run();
	ck_assert_ptr_null(plane_child_find(plane_of(ctx, shard_group_worker(group, 0)), FIRST));
	end();
}
END_TEST

START_TEST(routes_lead_to_their_child_and_to_the_one_that_replaces_it)
{
	struct plane_shard *s;
	struct cyg_prefix to = { { CYG_IPV4, { 10, 7, 0, 0 } }, 16 };
	const uint32_t next = FIRST + 2;

	begin();
	s = plane_of(ctx, shard_group_worker(group, 0));
	ck_assert_int_eq(install(FIRST, 0, NULL, CYG_BOTH), CYG_OK);
	ck_assert_int_eq(plane_child_route(plane_child_find(s, FIRST), &to, true), CYG_OK);
	run();
	ck_assert_uint_eq(policies(), 2);
	ck_assert_int_eq(install(next, FIRST, NULL, CYG_BOTH), CYG_OK);
	drop(FIRST);
	ck_assert_uint_eq(policies(), 2);
	for (unsigned i = 0; i < KEPT; i++)
		ck_assert(!policy[i].action || policy_reqid[i] == next);
	ck_assert_int_eq(plane_child_route(plane_child_find(s, next), &to, false), CYG_OK);
	run();
	ck_assert_uint_eq(policies(), 1);
	drop(next);
	end();
}
END_TEST

START_TEST(what_the_system_refuses_leaves_nothing)
{
	for (unsigned refused = 1; refused <= 2; refused++) {
		begin();
		refuse_sas = refused;
		ck_assert_int_eq(install(FIRST, 0, "10.0.0.1", CYG_BOTH), CYG_IO);
		run();
		ck_assert_uint_eq(sas(), 0);
		ck_assert_uint_eq(policies(), 0);
		ck_assert_int_eq(install(FIRST, 0, "10.0.0.1", CYG_BOTH), CYG_OK); /* and may be tried again */
		end(); /* without a word of the engine */
	}
}
END_TEST

START_TEST(a_child_that_goes_at_once_leaves_nothing)
{
	static uint8_t key[20];
	struct cyg_selectors any = range("0.0.0.0", "255.255.255.255");
	struct cyg_kernel_child child = {
		.spi_in = SECOND, .spi_out = 5, .interface_id = 9, .encr = CYG_ENCR_AES_GCM_16, .key_bits = 128,
		.local = { .ip = { CYG_IPV4, { 192, 0, 2, 1 } } }, .remote = { .ip = { CYG_IPV4, { 192, 0, 2, 2 } } },
		.key_in = { key, 20 }, .key_out = { key, 20 }, .ts_local = &any, .ts_remote = &any,
	};
	struct cyg_op op;

	begin();
	cyg_op_init(&op, shard_group_worker(group, 1), on_done);
	ck_assert_int_eq(ops->child_add(ctx, shard_group_worker(group, 1), &child, CYG_BOTH, &op), CYG_PENDING);
	cyg_op_cancel(&op);
	outcome = CYG_PENDING;
	drop(SECOND);
	ck_assert_int_eq(outcome, CYG_PENDING); /* a cancelled one says no more */
	ck_assert_uint_eq(sas(), 0);
	ck_assert_uint_eq(policies(), 0);
	end();
}
END_TEST

static unsigned policies_of(uint8_t dir)
{
	unsigned count = 0;

	for (unsigned i = 0; i < KEPT; i++)
		count += policy[i].action && policy[i].dir == dir;
	return count;
}

START_TEST(transport_mode_has_policies_of_the_two_hosts)
{
	begin();
	ck_assert(ops->features & CYG_KERNEL_CAN_TRANSPORT);
	ck_assert_int_eq(install_gre(FIRST, 0, CYG_BOTH), CYG_OK);
	ck_assert_uint_eq(named(), FIRST);
	ck_assert_uint_eq(sas(), 2);
	ck_assert_uint_eq(sas_transport, 2);
	/* Inbound as well, so that nothing is taken in clear; nothing is forwarded. */
	ck_assert_uint_eq(policies_of(XFRM_POLICY_OUT), 1);
	ck_assert_uint_eq(policies_of(XFRM_POLICY_IN), 1);
	ck_assert_uint_eq(policies_of(XFRM_POLICY_FWD), 0);
	for (unsigned i = 0; i < KEPT; i++) {
		if (!policy[i].action)
			continue;
		ck_assert_uint_eq(policy_if[i], 0);
		ck_assert_uint_eq(policy_mode[i], XFRM_MODE_TRANSPORT);
		ck_assert_uint_eq(policy[i].sel.proto, 47);
		ck_assert_uint_eq(policy[i].sel.prefixlen_s, 32);
		ck_assert_uint_eq(policy[i].sel.prefixlen_d, 32);
	}
	drop(FIRST);
	ck_assert_uint_eq(policies(), 0);
	end();
}
END_TEST

START_TEST(a_rekey_hands_a_transport_policy_on)
{
	const uint32_t next = FIRST + 2;

	begin();
	ck_assert_int_eq(install_gre(FIRST, 0, CYG_BOTH), CYG_OK);
	ck_assert_int_eq(install_gre(next, FIRST, CYG_INBOUND), CYG_OK);
	ck_assert_uint_eq(named(), FIRST);
	ck_assert_int_eq(install_gre(next, FIRST, CYG_OUTBOUND), CYG_OK);
	ck_assert_uint_eq(named(), next);
	ck_assert_uint_eq(policies(), 2);
	drop(FIRST);
	ck_assert_uint_eq(named(), next);
	ck_assert_uint_eq(policies(), 2); /* still none in clear */
	/* The same peer anew, on another shard, and a tunnel beside it: each has its own. */
	ck_assert_int_eq(install_gre(SECOND, 0, CYG_BOTH), CYG_OK);
	ck_assert_uint_eq(policies(), 2);
	ck_assert_int_eq(install(SECOND + 2, 0, NULL, CYG_BOTH), CYG_OK);
	ck_assert_uint_eq(policies(), 3);
	drop(SECOND);
	drop(SECOND + 2);
	ck_assert_uint_eq(named(), next);
	drop(next);
	end();
}
END_TEST

/* What else it would catch: other hosts' packets, all of this host's, IKE's own. */
START_TEST(transport_mode_is_for_one_protocol_between_the_two_ends)
{
	static const struct {
		const char *near, *far;
		uint8_t protocol;
		enum cyg_status status;
	} rows[] = {
		{ "192.0.2.1", "192.0.2.2", 47, CYG_OK },
		{ "192.0.2.1", "192.0.2.2", 0, CYG_REFUSED },
		{ "192.0.2.1", "192.0.2.2", 17, CYG_REFUSED },
		{ "192.0.2.1", "192.0.2.3", 47, CYG_REFUSED },
		{ "10.0.0.1", "192.0.2.2", 47, CYG_REFUSED },
		{ NULL, NULL, 47, CYG_REFUSED },
	};

	begin();
	for (size_t i = 0; i < CYG_COUNT(rows); i++) {
		struct cyg_selectors any = range("0.0.0.0", "255.255.255.255");
		struct cyg_selectors near = rows[i].near ? range(rows[i].near, rows[i].near) : any;
		struct cyg_selectors far = rows[i].far ? range(rows[i].far, rows[i].far) : any;

		near.item[0].protocol = far.item[0].protocol = rows[i].protocol;
		ck_assert_msg(install_mode(FIRST, 0, &near, &far, CYG_MODE_TRANSPORT, CYG_BOTH) == rows[i].status,
			      "row %zu", i);
		drop(FIRST);
		ck_assert_uint_eq(sas(), 0);
	}
	end();
}
END_TEST

START_TEST(transport_mode_does_not_move_to_another_address)
{
	struct cyg_endpoint local = { .ip = { CYG_IPV4, { 192, 0, 2, 1 } }, .port = 500 };
	struct cyg_endpoint remote = { .ip = { CYG_IPV4, { 192, 0, 2, 77 } }, .port = 500 };
	struct cyg_shard *shard;
	struct cyg_op op;

	begin();
	shard = shard_group_worker(group, 0);
	ck_assert_int_eq(install_gre(FIRST, 0, CYG_BOTH), CYG_OK);
	cyg_op_init(&op, shard, on_done);
	ck_assert_int_eq(ops->child_move(ctx, shard, FIRST, &local, &remote, false, &op), CYG_UNSUPPORTED);
	ck_assert_uint_eq(sas(), 2);
	ck_assert_uint_eq(named(), FIRST);
	drop(FIRST);
	end();
}
END_TEST

TCase *plane_tcase(void)
{
	TCase *tc = tcase_create("plane");

	tcase_add_test(tc, children_of_two_shards_share_a_policy_and_the_newest_has_it);
	tcase_add_test(tc, a_policy_that_goes_while_the_queue_is_full_leaves_the_kernel);
	tcase_add_test(tc, the_end_of_an_older_child_leaves_the_policy_alone);
	tcase_add_test(tc, traffic_moves_when_the_outbound_half_is_installed);
	tcase_add_test(tc, a_child_without_its_outbound_half_still_takes_packets);
	tcase_add_test(tc, routes_lead_to_their_child_and_to_the_one_that_replaces_it);
	tcase_add_test(tc, what_the_system_refuses_leaves_nothing);
	tcase_add_test(tc, a_child_that_goes_at_once_leaves_nothing);
	tcase_add_test(tc, transport_mode_has_policies_of_the_two_hosts);
	tcase_add_test(tc, a_rekey_hands_a_transport_policy_on);
	tcase_add_test(tc, transport_mode_is_for_one_protocol_between_the_two_ends);
	tcase_add_test(tc, transport_mode_does_not_move_to_another_address);
	return tc;
}
