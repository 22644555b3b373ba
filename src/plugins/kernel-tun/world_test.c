/* SPDX-License-Identifier: MIT */
#include "world_test.h"

#include "openssl/esp.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

struct world world;
enum cyg_status world_status;
static struct cyg_op op_room[8]; /* one may still be pending when the next begins */
static unsigned op_next;

static const struct cyg_feature esp_provides[] = { OPENSSL_ESP_FEATURES, CYG_FEATURES_END };
CYG_PLUGIN(esp_only, "esp-only", .version = "1", .summary = "ESP suites", .provides = esp_provides);
extern const struct cyg_plugin cyg_plugin_kernel_tun;

/* --- The broker and the system --- */

static void pair_open(int fds[2])
{
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
}

static enum cyg_status fake_broker(struct cyg_shard *control, const struct cyg_broker_request *request,
				   struct cyg_broker_reply *reply, struct cyg_op *op)
{
	struct side *side = control == shard_group_control(world.a.group) ? &world.a : &world.b;
	enum cyg_status status;
	int fds[2];

	ck_assert_uint_eq(cyg_shard_index(control), CYG_SHARD_CONTROL);
	status = cyg_op_pending(op, 0, NULL, NULL);
	reply->fd = -1;
	if ((request->verb == CYG_BROKER_TUN && side->no_tun) ||
	    (request->verb == CYG_BROKER_SOCKET && side->no_raw)) {
		snprintf(reply->text, sizeof(reply->text), "/dev/net/tun: no such device; modprobe tun");
		cyg_op_complete(op, CYG_IO);
		return status;
	}
	pair_open(fds);
	if (request->verb == CYG_BROKER_TUN) {
		ck_assert_str_eq(request->name, "cyg-t0");
		ck_assert(request->tun_vnet_hdr);
		ck_assert_uint_lt(side->tuns, WORLD_SHARDS);
		side->tun[side->tuns++] = fds[0];
	} else {
		unsigned six = request->socket.local.ip.family == CYG_IPV6;

		ck_assert_int_eq(request->socket.kind, CYG_SOCKET_RAW_ESP);
		side->raw[six][side->raws[six]++] = fds[0];
	}
	reply->fd = fds[1];
	cyg_op_complete(op, CYG_OK);
	return status;
}

static void fake_offload(int fd, bool *tcp, bool *udp)
{
	*tcp = *udp = world.merges;
}

static uint16_t fake_path_mtu(const struct cyg_endpoint *local, const struct cyg_endpoint *remote)
{
	world.path_asked++;
	return world.path_mtu;
}

static int fake_netlink(int protocol)
{
	int fds[2];

	pair_open(fds);
	ck_assert_uint_lt(world.netlinks, CYG_COUNT(world.netlink));
	world.netlink[world.netlinks++] = fds[0];
	return fds[1];
}

static bool refused(const struct request *request)
{
	return request->type == world.refuse_type && (!world.refuse_ipv6 || request->body[0] == AF_INET6);
}

/* Answers to what came in one datagram go in a few. */
struct answers {
	int fd;
	size_t used;
	char octets[8192];
};

static void answers_send(struct answers *a)
{
	if (a->used)
		ck_assert_int_eq(send(a->fd, a->octets, a->used, 0), a->used);
	a->used = 0;
}

static void answer(const struct request *request, struct answers *to)
{
	char buffer[512] = { 0 };
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);

	if (request->type == world.ignore_type)
		return;
	world.routes += (request->type == RTM_NEWROUTE) - (request->type == RTM_DELROUTE);
	header->nlmsg_seq = request->seq;
	if (request->type == RTM_GETLINK && !refused(request)) {
		struct ifinfomsg *link;

		header->nlmsg_type = RTM_NEWLINK;
		link = mnl_nlmsg_put_extra_header(header, sizeof(*link));
		link->ifi_index = 7;
	} else {
		struct nlmsgerr *error;

		header->nlmsg_type = NLMSG_ERROR;
		error = mnl_nlmsg_put_extra_header(header, sizeof(*error));
		if (refused(request))
			error->error = -world.refuse_error;
		else if (request->type == RTM_DELRULE && world.stale_rules-- == 0)
			error->error = -ENOENT;
		if (request->type == RTM_DELRULE && error->error)
			world.stale_rules = 0;
	}
	if (to->used + header->nlmsg_len > sizeof(to->octets))
		answers_send(to);
	memcpy(to->octets + to->used, buffer, MNL_ALIGN(header->nlmsg_len));
	to->used += MNL_ALIGN(header->nlmsg_len);
}

static bool system_run(void)
{
	bool ran = false;

	for (unsigned i = 0; i < world.netlinks; i++) {
		char buffer[NL_BATCH_MAX];
		ssize_t got;

		while ((got = recv(world.netlink[i], buffer, sizeof(buffer), MSG_DONTWAIT)) > 0) {
			const struct nlmsghdr *header = (const void *)buffer;
			struct answers answers = { .fd = world.netlink[i] };
			int left = (int)got;

			for (; mnl_nlmsg_ok(header, left); header = mnl_nlmsg_next(header, &left)) {
				struct request *request = &world.request[world.requests++ % WORLD_REQUESTS];

				*request = (struct request){ .type = header->nlmsg_type,
							     .flags = header->nlmsg_flags,
							     .len = mnl_nlmsg_get_payload_len(header),
							     .fd = world.netlink[i],
							     .seq = header->nlmsg_seq };
				memcpy(request->body, mnl_nlmsg_get_payload(header), request->len);
				answer(request, &answers);
			}
			ck_assert_int_eq(left, 0);
			answers_send(&answers);
			ran = true;
		}
	}
	return ran;
}

/* --- The wire --- */

static void fake_send_run(void *ctx, struct cyg_shard *shard, const struct cyg_endpoint *local,
			  const struct cyg_endpoint *remote, struct cyg_bytes octets, size_t segment, uint8_t tos)
{
	world.runs++;
	ck_assert_uint_gt(segment, 0);
	while (octets.len) {
		struct datagram *d = &world.datagram[world.datagrams++];

		ck_assert_uint_le(world.datagrams, WORLD_DATAGRAMS);
		d->from = ctx;
		d->local = *local;
		d->remote = *remote;
		d->tos = tos;
		d->len = octets.len < segment ? octets.len : segment;
		ck_assert_uint_le(d->len, sizeof(d->octets));
		memcpy(d->octets, octets.ptr, d->len);
		octets.ptr += d->len;
		octets.len -= d->len;
	}
}

void wire_give(struct datagram *d, int shard)
{
	struct side *to = d->from == &world.a ? &world.b : &world.a;
	uint8_t *exact = malloc(d->len ? d->len : 1); /* the sanitizer sees one octet too far */
	struct cyg_datagram in = { .local = d->remote, .remote = d->local, .data = exact, .len = d->len,
				   .tos = d->tos, .natt = true };
	struct cyg_shard *at;

	memcpy(exact, d->octets, d->len);
	if (shard < 0)
		shard = (int)cyg_shard_of_slot(worker(to, 0), d->octets[0]);
	at = worker(to, (unsigned)shard);
	to->ops->esp_in_udp(to->ctx, at, &in, 1);
	free(exact);
	world_run();
}

void wire_give_merged(void)
{
	struct datagram *first = &world.datagram[0];
	struct side *to = first->from == &world.a ? &world.b : &world.a;
	struct cyg_datagram in = { .local = first->remote, .remote = first->local, .natt = true,
				   .tos = first->tos, .segment = (uint16_t)first->len };
	uint8_t *exact = malloc(world.datagrams * first->len);

	for (unsigned i = 0; i < world.datagrams; i++) {
		ck_assert(i + 1 == world.datagrams || world.datagram[i].len == first->len);
		memcpy(exact + in.len, world.datagram[i].octets, world.datagram[i].len);
		in.len += world.datagram[i].len;
	}
	in.data = exact;
	world.datagrams = 0;
	to->ops->esp_in_udp(to->ctx, worker(to, 0), &in, 1);
	free(exact);
	world_run();
}

void wire_give_all(int shard)
{
	unsigned count = world.datagrams;

	for (unsigned i = 0; i < count; i++)
		wire_give(&world.datagram[i], shard);
	ck_assert_uint_eq(world.datagrams, count);
	world.datagrams = 0;
}

struct datagram *wire_last(void)
{
	ck_assert_uint_gt(world.datagrams, 0);
	return &world.datagram[world.datagrams - 1];
}

void tun_put(struct side *side, unsigned shard, const void *packet, size_t len)
{
	static const struct vnet plain;

	tun_put_large(side, shard, &plain, packet, len);
}

void tun_put_large(struct side *side, unsigned shard, const struct vnet *vnet, const void *packet, size_t len)
{
	uint8_t header[VNET_LEN];
	struct iovec parts[] = { { header, VNET_LEN }, { (void *)(uintptr_t)packet, len } };

	vnet_write(vnet, header);
	ck_assert_int_eq(writev(side->tun[shard], parts, 2), (int)(VNET_LEN + len));
}

size_t tun_get(struct side *side, unsigned shard, uint8_t *out, size_t size)
{
	static const struct vnet plain;
	struct vnet vnet;
	size_t len = tun_get_large(side, shard, &vnet, out, size);

	ck_assert(len == 0 || memcmp(&vnet, &plain, sizeof(vnet)) == 0);
	return len;
}

size_t tun_get_large(struct side *side, unsigned shard, struct vnet *vnet, uint8_t *out, size_t size)
{
	uint8_t header[VNET_LEN];
	struct iovec parts[] = { { header, VNET_LEN }, { out, size } };
	ssize_t got = readv(side->tun[shard], parts, 2); /* the queue does not block */

	if (got <= 0)
		return 0;
	ck_assert_int_ge(got, VNET_LEN);
	vnet_read(header, vnet);
	return (size_t)got - VNET_LEN;
}

/* --- Events --- */

static struct side *side_of(struct cyg_shard *shard)
{
	return shard_group_of(shard) == world.a.group ? &world.a : &world.b;
}

static void note(struct cyg_shard *shard, struct world_event event)
{
	struct side *side = side_of(shard);

	ck_assert(cyg_shard_is_mine(shard));
	ck_assert_uint_lt(side->events, WORLD_EVENTS);
	side->event[side->events++] = event;
	if (side->remove_in_event)
		side->ops->child_remove(side->ctx, shard, side->remove_in_event, CYG_BOTH, NULL);
}

static void on_expire(struct cyg_shard *shard, struct cyg_sa_handle owner, uint32_t spi, bool hard)
{
	note(shard, (struct world_event){ .kind = hard ? TUN_EXPIRE_HARD : TUN_EXPIRE_SOFT, .owner = owner,
					  .spi = spi });
}

static void on_mapping(struct cyg_shard *shard, struct cyg_sa_handle owner, uint32_t spi,
		       const struct cyg_endpoint *remote)
{
	note(shard, (struct world_event){ .kind = TUN_MAPPING, .owner = owner, .spi = spi, .remote = *remote });
}

static void on_acquire(struct cyg_shard *shard, uint32_t interface_id, const struct cyg_ip *source,
		       const struct cyg_ip *destination, uint8_t protocol)
{
	note(shard, (struct world_event){ .kind = TUN_ACQUIRE, .spi = interface_id,
					  .destination = *destination });
}

static void on_unknown_spi(struct cyg_shard *shard, uint32_t spi, const struct cyg_endpoint *remote)
{
	note(shard, (struct world_event){ .kind = TUN_UNKNOWN_SPI, .spi = spi, .remote = *remote });
}

static const struct cyg_kernel_events events = {
	.expire = on_expire, .mapping = on_mapping, .acquire = on_acquire, .unknown_spi = on_unknown_spi,
};

/* --- The gateways --- */

struct cyg_shard *worker(struct side *side, unsigned n)
{
	return shard_group_worker(side->group, n);
}

struct tun_shard *tun_of(struct side *side, unsigned n)
{
	return tun_shard_of(side->ctx, worker(side, n));
}

static void side_new(struct side *side, unsigned workers)
{
	struct shard_manual setup = { .workers = workers, .clock = &world.clock, .real_fds = true,
				      .seed = side == &world.a ? 11 : 12 };
	struct registry_set *set = registry_set_new();

	side->workers = workers;
	ck_assert_int_eq(shard_manual_group_new(&setup, &side->group), CYG_OK);
	side->reg = registry_new(shard_group_control(side->group));
	ck_assert_ptr_nonnull(side->reg);
	ck_assert_int_eq(registry_add_static(side->reg, &cyg_plugin_esp_only), CYG_OK);
	ck_assert_int_eq(registry_add_static(side->reg, &cyg_plugin_kernel_tun), CYG_OK);
	ck_assert_int_eq(registry_set_add(set, "esp-only", "plugins/esp-only.conf", cyg_str("")), CYG_OK);
	ck_assert_int_eq(registry_set_add(set, "kernel-tun", "plugins/kernel-tun.conf", cyg_str("")), CYG_OK);
	for (unsigned i = 0; i < workers; i++)
		ck_assert_int_eq(registry_attach(side->reg, worker(side, i), NULL), CYG_OK);
	ck_assert_int_eq(registry_apply(side->reg, set, true, NULL), CYG_OK);
	registry_set_free(set);
	for (unsigned i = 0; i < workers; i++) {
		struct cyg_shard *shard = worker(side, i);
		const struct cyg_feature *feature = cyg_get_feature(shard, CYG_KERNEL, 0, &side->ctx);

		ck_assert_ptr_nonnull(feature);
		side->ops = feature->kernel;
		ck_assert_int_eq(side->ops->attach(side->ctx, shard, &events), CYG_OK);
		shard->send_run = fake_send_run;
		shard->send_ctx = side;
	}
}

static void side_free(struct side *side)
{
	for (unsigned i = 0; i < side->workers; i++)
		ck_assert_int_eq(registry_detach(side->reg, worker(side, i), NULL), CYG_OK);
	registry_free(side->reg);
	for (unsigned i = 0; i < side->workers; i++) {
		ck_assert_uint_eq(shard_manual_poll_count(worker(side, i)), 0);
		ck_assert_uint_eq(shard_timer_count(worker(side, i)), 0);
	}
	ck_assert_uint_eq(shard_manual_poll_count(shard_group_control(side->group)), 0);
	shard_group_free(side->group);
	for (unsigned i = 0; i < side->tuns; i++) {
		char octet;

		/* The plugin's end is closed. */
		while (recv(side->tun[i], &octet, 1, MSG_DONTWAIT) > 0)
			;
		ck_assert_int_eq(recv(side->tun[i], &octet, 1, MSG_DONTWAIT), 0);
		close(side->tun[i]);
	}
	for (unsigned six = 0; six < 2; six++) {
		for (unsigned i = 0; i < side->raws[six]; i++)
			close(side->raw[six][i]);
	}
}

void world_new(unsigned workers)
{
	world = (struct world){ .clock = { 1000000, INT64_C(1700000000000) } };
	memset(op_room, 0, sizeof(op_room));
	world.datagram = calloc(WORLD_DATAGRAMS, sizeof(struct datagram));
	tun_hooks.broker_call = fake_broker;
	tun_hooks.netlink_open = fake_netlink;
	tun_hooks.offload = fake_offload;
	tun_hooks.path_mtu = fake_path_mtu;
	side_new(&world.a, workers);
	side_new(&world.b, workers);
}

void world_free(void)
{
	side_free(&world.a);
	side_free(&world.b);
	for (unsigned i = 0; i < world.netlinks; i++)
		close(world.netlink[i]);
	free(world.datagram);
}

void world_run(void)
{
	unsigned quiet = 0;

	for (unsigned turns = 0; quiet < 2; turns++) {
		bool ran = false;

		ck_assert_uint_lt(turns, 2000);
		ran |= shard_step(shard_group_control(world.a.group));
		ran |= shard_step(shard_group_control(world.b.group));
		for (unsigned i = 0; i < world.a.workers; i++) {
			ran |= shard_step(worker(&world.a, i));
			ran |= shard_step(worker(&world.b, i));
		}
		ran |= system_run();
		quiet = ran ? 0 : quiet + 1;
	}
}


static void op_done(struct cyg_op *done, enum cyg_status status)
{
	world_status = status;
}

struct cyg_op *world_op(struct cyg_shard *shard)
{
	struct cyg_op *op = &op_room[op_next++ % CYG_COUNT(op_room)];

	ck_assert(!cyg_op_is_pending(op));
	world_status = CYG_PENDING;
	cyg_op_init(op, shard, op_done);
	return op;
}

enum cyg_status world_wait(enum cyg_status status)
{
	world_run();
	return status == CYG_PENDING ? world_status : status;
}

void world_interface(struct side *side, uint32_t id, uint16_t mtu)
{
	struct cyg_shard *control = shard_group_control(side->group);
	struct cyg_kernel_interface wanted = { .id = id, .name = "cyg-t0", .mtu = mtu, .up = true };

	ck_assert_int_eq(world_wait(side->ops->interface_set(side->ctx, control, &wanted, world_op(control))),
			 CYG_OK);
}

/* --- Children --- */

static void default_selectors(struct cyg_selectors *ts, unsigned n)
{
	char low[64], high[64];

	if (ts->count)
		return;
	ts->count = 2;
	snprintf(low, sizeof(low), "10.%u.0.0", n);
	snprintf(high, sizeof(high), "10.%u.255.255", n);
	ts->item[0] = selector_of(low, high);
	snprintf(low, sizeof(low), "2001:db8:%u::", n);
	snprintf(high, sizeof(high), "2001:db8:%u:ffff:ffff:ffff:ffff:ffff", n);
	ts->item[1] = selector_of(low, high);
}

static uint8_t keys[2][96];

void world_connect(struct pair *pair)
{
	static uint64_t owner;
	struct cyg_esp esp;
	struct cyg_endpoint a = { .ip = test_ip("192.0.2.1"), .port = pair->raw ? 0 : 4500 };
	struct cyg_endpoint b = { .ip = test_ip("192.0.2.2"), .port = pair->raw ? 0 : 4500 };
	struct cyg_shard *wa = worker(&world.a, pair->worker_a), *wb = worker(&world.b, pair->worker_b);
	struct cyg_kernel_child child;

	if (!pair->encr) {
		pair->encr = CYG_ENCR_AES_GCM_16;
		pair->key_bits = 128;
	}
	default_selectors(&pair->a, 1);
	default_selectors(&pair->b, 2);
	ck_assert_int_eq(cyg_get_esp(wa, pair->encr, pair->key_bits, pair->integ, &esp), CYG_OK);
	for (unsigned i = 0; i < 2; i++) {
		for (unsigned j = 0; j < 96; j++)
			keys[i][j] = (uint8_t)(i * 96 + j + owner);
	}
	ck_assert_int_eq(world.a.ops->spi_alloc(world.a.ctx, wa, (uint8_t)pair->worker_a, &pair->spi_a, NULL),
			 CYG_OK);
	ck_assert_int_eq(world.b.ops->spi_alloc(world.b.ctx, wb, (uint8_t)pair->worker_b, &pair->spi_b, NULL),
			 CYG_OK);
	child = (struct cyg_kernel_child){
		.spi_in = pair->spi_a, .spi_out = pair->spi_b, .owner = { ++owner, 1 },
		.replaces = pair->replaces_a, .interface_id = 1,
		.local = a, .remote = b, .udp_encap = !pair->raw,
		.encr = pair->encr, .key_bits = pair->key_bits, .integ = pair->integ, .esn = pair->esn,
		.replay_window = pair->window, .key_in = cyg_bytes(keys[0], esp.ops->key_len),
		.key_out = cyg_bytes(keys[1], esp.ops->key_len), .ts_local = &pair->a,
		.ts_remote = &pair->b, .soft_octets = pair->soft, .hard_octets = pair->hard,
		.seq_out = pair->seq_out, .seq_in = pair->seq_in, .mtu = pair->mtu,
	};
	pair->child_a = child;
	child.spi_in = pair->spi_b;
	child.spi_out = pair->spi_a;
	child.replaces = 0;
	child.local = b;
	child.remote = a;
	child.key_in = pair->child_a.key_out;
	child.key_out = pair->child_a.key_in;
	child.ts_local = &pair->b;
	child.ts_remote = &pair->a;
	pair->child_b = child;
	/* As a responder and an initiator do it: inbound first on one side, both at once on the other. */
	ck_assert_int_eq(world.b.ops->child_add(world.b.ctx, wb, &pair->child_b, CYG_INBOUND, NULL), CYG_OK);
	ck_assert_int_eq(world.a.ops->child_add(world.a.ctx, wa, &pair->child_a, CYG_BOTH, NULL), CYG_OK);
	ck_assert_int_eq(world.b.ops->child_add(world.b.ctx, wb, &pair->child_b, CYG_OUTBOUND, NULL), CYG_OK);
	world_run();
}

void world_disconnect(struct pair *pair)
{
	world.a.ops->child_remove(world.a.ctx, worker(&world.a, pair->worker_a), pair->spi_a, CYG_BOTH, NULL);
	world.b.ops->child_remove(world.b.ctx, worker(&world.b, pair->worker_b), pair->spi_b, CYG_BOTH, NULL);
	world_run();
}

struct cyg_kernel_counters counters_of(struct side *side, unsigned n, uint32_t spi)
{
	struct cyg_kernel_counters counters;

	ck_assert_int_eq(side->ops->child_query(side->ctx, worker(side, n), spi, &counters, NULL), CYG_OK);
	return counters;
}

void world_begin(unsigned workers)
{
	world_new(workers);
	world_interface(&world.a, 1, 1400);
	world_interface(&world.b, 1, 1400);
}

void world_passes(const char *from, const char *to, size_t body)
{
	uint8_t packet[PACKET_ROOM], out[PACKET_ROOM];
	size_t len = packet_make(packet, from, to, 17, 4000, 53, body);

	tun_put(&world.a, 0, packet, len);
	world_run();
	ck_assert_uint_eq(world.datagrams, 1);
	wire_give_all(-1);
	ck_assert_uint_eq(tun_get(&world.b, 0, out, sizeof(out)), len);
	ck_assert_mem_eq(out, packet, len);
}
