/* SPDX-License-Identifier: MIT */
#include "testing/engine/kit.h"

#include "policy/selectors.h"

#include <stdio.h>
#include <stdlib.h>

extern const struct cyg_plugin cyg_plugin_openssl;

static const struct cyg_ip addresses[KIT_SIDES] = {
	{ CYG_IPV4, { 192, 0, 2, 1 } },
	{ CYG_IPV4, { 192, 0, 2, 2 } },
};
/* Where the NAT's outside is, and what it adds to the client's ports. */
static const struct cyg_ip nat_outside = { CYG_IPV4, { 203, 0, 113, 9 } };
#define NAT_PORTS 40000

static struct kit *running; /* for the log's clock */

static int64_t log_clock(void)
{
	return running ? (int64_t)(running->clock.now_ms / 1000) : 0;
}

/* --- The wire --- */

static bool same_ip(const struct cyg_ip *a, const struct cyg_ip *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static struct kit_packet *packet_new(const void *octets, size_t len)
{
	struct kit_packet *packet = calloc(1, sizeof(*packet) + len);

	KIT_CHECK(packet);
	memcpy(packet->octets, octets, len);
	packet->len = len;
	(void)(message_read_header(packet->octets, len, &packet->header) == CYG_OK);
	return packet;
}

static void queue(struct kit *kit, struct kit_packet *packet)
{
	packet->next = NULL;
	*kit->wire_tail = packet;
	kit->wire_tail = &packet->next;
}

static void on_send(void *ctx, struct cyg_shard *shard, const struct cyg_endpoint *local,
		    const struct cyg_endpoint *remote, struct cyg_bytes octets, bool ike)
{
	struct kit_side *side = ctx;
	struct kit *kit = side->kit;
	struct kit_packet *packet;

	if (!ike) {
		kit->keepalives++;
		return;
	}
	packet = packet_new(octets.ptr, octets.len);
	packet->from = side->index;
	packet->to = 1 - side->index;
	packet->number = ++kit->sent;
	packet->local = *remote;
	packet->remote = *local;
	packet->natt = remote->port == IKE_NATT_PORT;
	if (kit->natted && side->index == KIT_CLIENT) {
		packet->remote.ip = nat_outside;
		packet->remote.port = (uint16_t)(local->port + NAT_PORTS);
	} else if (kit->natted && same_ip(&remote->ip, &nat_outside)) {
		packet->local.ip = kit->side[KIT_CLIENT].address;
		packet->local.port = (uint16_t)(remote->port - NAT_PORTS);
		packet->natt = packet->local.port == IKE_NATT_PORT;
	}
	if (!same_ip(&packet->local.ip, &kit->side[packet->to].address)) {
		free(packet); /* to nobody */
		return;
	}
	switch (kit->script ? kit->script(kit, packet, kit->ctx) : KIT_PASS) {
	case KIT_DROP:
		free(packet);
		return;
	case KIT_HOLD:
		packet->next = kit->held;
		kit->held = packet;
		return;
	case KIT_DOUBLE:
		queue(kit, kit_packet_copy(packet));
		break;
	case KIT_PASS:
		break;
	}
	queue(kit, packet);
}

/* As net/ steers. */
static unsigned shard_of(struct kit_side *side, const struct kit_packet *packet)
{
	struct cyg_shard *shard = shard_group_worker(side->group, 0);
	const struct ike_header *h = &packet->header;
	uint8_t spi[8];
	struct wire_writer w = wire_writer(spi, sizeof(spi));
	uint64_t ours = h->flags & CYG_FLAG_INITIATOR ? h->spi_r : h->spi_i;

	if (side->shards == 1)
		return 0;
	if (ours == 0) {
		wire_put_u64(&w, h->spi_i);
		return cyg_shard_of_slot(shard, shard_slot_of_init(shard, spi));
	}
	return cyg_shard_of_slot(shard, (uint8_t)ours);
}

static void deliver(struct kit *kit, struct kit_packet *packet)
{
	struct kit_side *side = &kit->side[packet->to];
	/* An exact copy, so that a sanitizer sees one octet too far. */
	uint8_t *exact = malloc(packet->len ? packet->len : 1);
	struct cyg_datagram d = { .local = packet->local,
				  .remote = packet->remote,
				  .data = exact,
				  .len = packet->len,
				  .natt = packet->natt };

	KIT_CHECK(exact);
	memcpy(exact, packet->octets, packet->len);
	driver_input(side->ike[shard_of(side, packet)], &d);
	free(exact);
	free(packet);
}

void kit_inject(struct kit *kit, unsigned to, const void *octets, size_t len, bool natt)
{
	struct kit_packet *packet = packet_new(octets, len);
	uint16_t port = natt ? IKE_NATT_PORT : IKE_PORT;

	packet->from = 1 - to;
	packet->to = to;
	packet->natt = natt;
	packet->local = (struct cyg_endpoint){ .ip = kit->side[to].address, .port = port };
	packet->remote = (struct cyg_endpoint){ .ip = kit->side[1 - to].address, .port = port };
	queue(kit, packet);
}

size_t kit_forge(struct kit_side *from, const struct ike_sa *sa, uint8_t exchange, bool response,
		 uint32_t message_id, uint8_t first, struct cyg_bytes inner, uint8_t *out, size_t room)
{
	return kit_forge_fragment(from, sa, exchange, response, message_id, 0, 0, first, inner, out, room);
}

size_t kit_forge_fragment(struct kit_side *from, const struct ike_sa *sa, uint8_t exchange, bool response,
			  uint32_t message_id, uint16_t number, uint16_t total, uint8_t first,
			  struct cyg_bytes inner, uint8_t *out, size_t room)
{
	const struct ike_algs *algs = &sa->suite->algs;
	struct ike_header header = {
		.spi_i = sa->d.spi_i,
		.spi_r = sa->d.spi_r,
		.version = CYG_IKE_VERSION,
		.exchange = exchange,
		.flags = (uint8_t)((sa->d.initiator ? CYG_FLAG_INITIATOR : 0) |
				   (response ? CYG_FLAG_RESPONSE : 0)),
		.message_id = message_id,
	};
	struct chain_writer c = chain_message(out, room, &header);
	uint8_t iv[CYG_IV_MAX] = { 0xfe }; /* far from those that the engine uses */
	const size_t head = CYG_IKE_HEADER_LEN + 4 + (total ? 4 : 0);
	size_t len;

	cyg_shard_random(sa->shard, iv + 1, sizeof(iv) - 1);
	chain_open(&c, total ? CYG_PAYLOAD_SKF : CYG_PAYLOAD_SK);
	wire_set_u8(&c.w, c.next_at, first);
	if (total) {
		wire_put_u16(&c.w, number);
		wire_put_u16(&c.w, total);
	}
	(void)wire_reserve(&c.w, sk_sealed_len(algs, inner.len));
	chain_close(&c);
	len = chain_end(&c, NULL).len;
	KIT_CHECK(len > 0);
	if (inner.len)
		memcpy(out + head + sk_plain_offset(algs), inner.ptr, inner.len);
	KIT_CHECK(sk_seal(algs, ike_sa_sk_e(sa, sa->d.initiator),
				 ike_sa_sk_a(sa, sa->d.initiator), iv, out, head,
				 inner.len) == CYG_OK);
	return len;
}

uint16_t kit_opened_notify(const struct ike_sa *receiver, struct kit_packet *packet, struct message *msg)
{
	struct cyg_bytes plain;

	KIT_CHECK(message_read(packet->octets, packet->len, msg) == CYG_OK);
	if (msg->has & HAS_SK) {
		KIT_CHECK(sk_open(&receiver->suite->algs,
					 ike_sa_sk_e(receiver, !receiver->d.initiator),
					 ike_sa_sk_a(receiver, !receiver->d.initiator),
					 packet->octets, packet->len, msg->sk.aad_len, &plain) == CYG_OK);
		KIT_CHECK(message_read_inner(plain, msg->sk.inner_first, msg) == CYG_OK);
	}
	return msg->notify_count ? msg->notify[0].type : 0;
}

void kit_rewrite(struct kit *kit, struct kit_packet *packet,
		 void (*write)(struct chain_writer *out, uint8_t type, struct cyg_bytes body, void *ctx), void *ctx)
{
	const struct ike_sa *gateway = kit_sa(kit_gateway(kit));
	static uint8_t inner[4000], octets[4000];
	struct chain_writer out = chain_inner(inner, sizeof(inner));
	struct wire_reader r;
	struct message msg;
	struct cyg_bytes plain;
	uint8_t first;
	size_t len;

	KIT_CHECK(packet->from == KIT_CLIENT);
	KIT_CHECK(message_read(packet->octets, packet->len, &msg) == CYG_OK);
	KIT_CHECK(sk_open(&gateway->suite->algs, ike_sa_sk_e(gateway, true), ike_sa_sk_a(gateway, true), packet->octets,
			  packet->len, msg.sk.aad_len, &plain) == CYG_OK);
	r = wire_reader_of(plain);
	for (uint8_t type = msg.sk.inner_first; type != CYG_PAYLOAD_NONE;) {
		uint8_t next = wire_u8(&r);
		struct wire_reader body;

		wire_skip(&r, 1);
		body = wire_body(&r, wire_u16(&r), 4);
		write(&out, type, wire_rest(&body), ctx);
		type = next;
	}
	plain = chain_end(&out, &first);
	len = kit_forge(kit_client(kit), kit_sa(kit_client(kit)), packet->header.exchange, false,
			packet->header.message_id, first, plain, octets, sizeof(octets));
	kit_inject(kit, KIT_GATEWAY, octets, len, packet->natt);
}

void kit_send_on(struct kit *kit, struct kit_packet *packet)
{
	queue(kit, packet);
}

struct kit_packet *kit_packet_copy(const struct kit_packet *packet)
{
	struct kit_packet *copy = packet_new(packet->octets, packet->len);

	memcpy(copy, packet, sizeof(*packet));
	copy->next = NULL;
	return copy;
}

void kit_release(struct kit *kit, bool newest_first)
{
	struct kit_packet *held = kit->held, *reversed = NULL;

	kit->held = NULL;
	while (held) {
		struct kit_packet *next = held->next;

		if (newest_first) {
			queue(kit, held);
		} else {
			held->next = reversed;
			reversed = held;
		}
		held = next;
	}
	while (reversed) {
		struct kit_packet *next = reversed->next;

		queue(kit, reversed);
		reversed = next;
	}
}

void kit_settle(struct kit *kit)
{
	for (unsigned round = 0; round < 10000; round++) {
		struct kit_packet *packet = kit->wire;

		for (unsigned i = 0; i < KIT_SIDES; i++)
			KIT_CHECK(shard_settle(kit->side[i].group, 1000));
		packet = kit->wire;
		if (!packet)
			return;
		kit->wire = packet->next;
		if (!kit->wire)
			kit->wire_tail = &kit->wire;
		deliver(kit, packet);
	}
	KIT_CHECK(!"the wire comes to rest");
}

void kit_pass(struct kit *kit, uint64_t ms)
{
	uint64_t end = kit->clock.now_ms + ms;

	kit_settle(kit);
	while (kit->clock.now_ms < end) {
		uint64_t next = end;

		for (unsigned i = 0; i < KIT_SIDES; i++) {
			for (unsigned n = 0; n < kit->side[i].shards; n++) {
				uint64_t deadline = shard_next_deadline(kit_shard(&kit->side[i], n));

				if (deadline < next)
					next = deadline;
			}
		}
		if (next <= kit->clock.now_ms)
			next = kit->clock.now_ms + 1;
		shard_clock_advance(&kit->clock, next - kit->clock.now_ms);
		kit_settle(kit);
	}
}

/* --- Beginning and end --- */

static enum cyg_status source_for(void *ctx, const struct cyg_ip *remote, struct cyg_ip *out)
{
	const struct kit_side *side = ctx;

	*out = side->address;
	return CYG_OK;
}

static size_t path_mtu(void *ctx, const struct cyg_ip *local, const struct cyg_ip *remote)
{
	const struct kit_side *side = ctx;

	return side->kit->path_mtu;
}

static void add_plugin(struct kit_side *side, struct registry_set *set, const struct cyg_plugin *plugin,
		       const char *conf)
{
	KIT_CHECK(registry_add_static(side->reg, plugin) == CYG_OK);
	KIT_CHECK(registry_set_add(set, plugin->name, plugin->name, cyg_str(conf ? conf : "")) == CYG_OK);
}

static void start_side(struct kit *kit, unsigned index, const struct kit_setup *setup)
{
	struct kit_side *side = &kit->side[index];
	struct shard_manual manual = { .clock = &kit->clock, .seed = (setup->seed ? setup->seed : 1) * 1000 + index };
	struct ike_options options = setup->options;
	struct registry_set *set = registry_set_new();

	side->kit = kit;
	side->index = index;
	side->address = addresses[index];
	side->shards = index == KIT_GATEWAY && setup->shards ? setup->shards : 1;
	manual.workers = side->shards;
	manual.hold_jobs = index == KIT_GATEWAY && setup->hold_jobs;
	KIT_CHECK(shard_manual_group_new(&manual, &side->group) == CYG_OK);
	side->reg = registry_new(shard_group_control(side->group));
	KIT_CHECK(side->reg);
	add_plugin(side, set, &cyg_plugin_openssl,
		   index == KIT_GATEWAY ? setup->openssl_conf : setup->client_openssl_conf);
	if (index != KIT_GATEWAY || !setup->no_kernel)
		add_plugin(side, set, index == KIT_GATEWAY && setup->no_raw_esp ?
					      &cyg_plugin_fake_kernel_udp : &cyg_plugin_fake_kernel, NULL);
	add_plugin(side, set, &cyg_plugin_fake_pool, NULL);
	add_plugin(side, set, &cyg_plugin_fake_authz, NULL);
	if (setup->eap[index])
		add_plugin(side, set, setup->eap[index], NULL);
	for (unsigned n = 0; n < side->shards; n++)
		KIT_CHECK(registry_attach(side->reg, kit_shard(side, n), NULL) == CYG_OK);
	KIT_CHECK(registry_apply(side->reg, set, true, NULL) == CYG_OK);
	KIT_CHECK(registry_errors(side->reg)[0] == '\0');
	registry_set_free(set);
	options.source_for = source_for;
	options.path_mtu = path_mtu;
	options.source_ctx = side;
	for (unsigned n = 0; n < side->shards; n++) {
		struct cyg_shard *shard = kit_shard(side, n);

		shard->send = on_send;
		shard->send_ctx = side;
		KIT_CHECK(ike_shard_new(shard, &options, &side->ike[n]) == CYG_OK);
	}
}

struct kit *kit_new(const struct kit_setup *setup)
{
	static const struct kit_setup usual;
	struct kit *kit = calloc(1, sizeof(*kit));
	struct config_table table = { .table = &config_core_commands, .loaded = true };
	char why_text[256];
	struct cyg_strbuf why = CYG_STRBUF(why_text);

	KIT_CHECK(kit);
	if (!setup)
		setup = &usual;
	running = kit;
	fake_reset();
	log_set_clock(log_clock);
	log_capture_start();
	kit->clock = (struct shard_clock){ .now_ms = 1000000, .wall_ms = 1700000000000 };
	kit->natted = setup->natted_client;
	kit->wire_tail = &kit->wire;
	KIT_CHECK(config_grammar_new(&table, 1, &kit->grammar, &why) == CYG_OK);
	for (unsigned i = 0; i < KIT_SIDES; i++)
		start_side(kit, i, setup);
	return kit;
}

static void free_packets(struct kit_packet *packet)
{
	while (packet) {
		struct kit_packet *next = packet->next;

		free(packet);
		packet = next;
	}
}

void kit_free(struct kit *kit)
{
	for (unsigned i = 0; i < KIT_SIDES; i++) {
		struct kit_side *side = &kit->side[i];

		for (unsigned n = 0; n < side->shards; n++) {
			struct cyg_shard *shard = kit_shard(side, n);
			struct fake_kernel *kernel = fake_kernel(shard);

			while (side->ike[n]->oldest)
				life_drop(side->ike[n]->oldest, "a test");
			KIT_CHECK(side->ike[n]->fragment_octets == 0);
			ike_shard_free(side->ike[n]);
			for (unsigned c = 0; kernel && c < FAKE_CHILDREN_MAX; c++)
				KIT_CHECK(!kernel->child[c].used);
			KIT_CHECK(!kernel || kernel->route_count == 0);
			KIT_CHECK(!kernel || kernel->address_count == 0);
			KIT_CHECK(shard_timer_count(shard) == 0);
			KIT_CHECK(registry_detach(side->reg, shard, NULL) == CYG_OK);
		}
		registry_free(side->reg);
		config_unref(side->config);
		shard_group_free(side->group);
	}
	KIT_CHECK(fake_leased == fake_released);
	free_packets(kit->wire);
	free_packets(kit->held);
	config_grammar_unref(kit->grammar);
	log_capture_stop();
	log_set_clock(NULL);
	running = NULL;
	free(kit);
}

/* --- Configuration --- */

/* As control/ does when a configuration comes into force. */
static void load_trust(struct kit_side *side, const struct config_view *view)
{
	struct pki *pki;

	if (!side->trust[0].name)
		return;
	pki = pki_new(shard_group_control(side->group), view->trustpoint_count);
	KIT_CHECK(pki);
	for (size_t i = 0; i < view->trustpoint_count; i++) {
		const struct config_trustpoint *trustpoint = view->trustpoints[i];
		struct pki_files files = { 0 };

		for (unsigned k = 0; k < KIT_TRUST_MAX && side->trust[k].name; k++) {
			if (strcmp(side->trust[k].name, trustpoint->head.name) == 0)
				files = side->trust[k].files;
		}
		KIT_CHECK(pki_add(pki, trustpoint, &files) == CYG_OK);
	}
	for (unsigned n = 0; n < side->shards; n++)
		ike_shard_pki(side->ike[n], pki);
	pki_unref(pki);
}

void kit_switch(struct kit_side *side, const char *text)
{
	struct config_findings findings = { 0 };
	struct cyg_config *config = NULL;
	enum cyg_status status = config_parse_text(side->kit->grammar, "test", cyg_str(text), side->config,
						   &findings, &config);

	if (status != CYG_OK)
		config_findings_print(&findings, "test", stderr);
	KIT_CHECK(status == CYG_OK);
	config_findings_done(&findings);
	load_trust(side, config_view(config));
	for (unsigned n = 0; n < side->shards; n++) {
		kit_shard(side, n)->config = config;
		ike_shard_configure(side->ike[n], config, config_view(config));
	}
	config_unref(side->config);
	side->config = config;
}

void kit_configure(struct kit_side *side, const char *text)
{
	kit_switch(side, text);
	for (unsigned n = 0; n < side->shards; n++)
		while (ike_shard_renew(side->ike[n]))
			;
}

const char *kit_gateway_text(const char *proposal, const char *set, const char *more)
{
	static char text[8192];

	snprintf(text, sizeof(text),
		 "aaa new-model\n"
		 "aaa authorization network here local\n"
		 "crypto ikev2 proposal p\n%s\n"
		 "crypto ikev2 policy p\n proposal p\n"
		 "crypto ikev2 keyring clients\n peer anybody\n  address 0.0.0.0 0.0.0.0\n"
		 "  pre-shared-key secret\n"
		 "crypto ikev2 profile clients\n match identity remote fqdn domain example.org\n"
		 " identity local fqdn gateway.example.org\n authentication local pre-share\n"
		 " authentication remote pre-share\n keyring local clients\n"
		 " aaa authorization group psk list here clients\n virtual-template 1\n"
		 "crypto ipsec transform-set t %s\n mode tunnel\n"
		 "crypto ipsec profile clients\n set transform-set t\n"
		 "interface Loopback0\n ip address 10.99.0.1 255.255.255.255\n"
		 "interface Virtual-Template1 type tunnel\n ip unnumbered Loopback0\n"
		 " tunnel mode ipsec ipv4\n tunnel protection ipsec profile clients\n"
		 "%s\n",
		 proposal, set, more ? more : "");
	return text;
}

const char *kit_client_text(const char *proposal, const char *set, const char *more)
{
	static char text[8192];

	snprintf(text, sizeof(text),
		 "crypto ikev2 proposal p\n%s\n"
		 "crypto ikev2 policy p\n proposal p\n"
		 "crypto ikev2 keyring gateway\n peer gateway\n  address 192.0.2.1\n"
		 "  pre-shared-key secret\n"
		 "crypto ikev2 profile gateway\n match identity remote fqdn gateway.example.org\n"
		 " identity local fqdn client.example.org\n authentication local pre-share\n"
		 " authentication remote pre-share\n keyring local gateway\n"
		 "crypto ipsec transform-set t %s\n mode tunnel\n"
		 "crypto ipsec profile gateway\n set transform-set t\n set ikev2-profile gateway\n"
		 "interface Tunnel0\n ip address negotiated\n tunnel source 192.0.2.2\n"
		 " tunnel mode ipsec ipv4\n tunnel destination 192.0.2.1\n"
		 " tunnel protection ipsec profile gateway\n"
		 "%s\n",
		 proposal, set, more ? more : "");
	return text;
}

void kit_configure_both(struct kit *kit, const char *proposal, const char *set)
{
	kit_configure(kit_gateway(kit), kit_gateway_text(proposal, set, NULL));
	kit_configure(kit_client(kit), kit_client_text(proposal, set, NULL));
}

/* --- Looking --- */

struct cyg_shard *kit_shard(struct kit_side *side, unsigned n)
{
	return shard_group_worker(side->group, n);
}

unsigned kit_sas(struct kit_side *side)
{
	unsigned count = 0;

	for (unsigned n = 0; n < side->shards; n++)
		count += (unsigned)side->ike[n]->sas.count;
	return count;
}

unsigned kit_up(struct kit_side *side)
{
	unsigned count = 0;

	for (unsigned n = 0; n < side->shards; n++) {
		for (struct ike_sa *sa = side->ike[n]->oldest; sa; sa = sa->next)
			count += sa->state == IKE_ESTABLISHED;
	}
	return count;
}

unsigned kit_children(struct kit_side *side)
{
	unsigned count = 0;

	for (unsigned n = 0; n < side->shards; n++)
		count += fake_children(kit_shard(side, n));
	return count;
}

struct ike_sa *kit_sa(struct kit_side *side)
{
	struct ike_sa *any = NULL;

	for (unsigned n = 0; n < side->shards; n++) {
		for (struct ike_sa *sa = side->ike[n]->oldest; sa; sa = sa->next) {
			if (sa->state == IKE_ESTABLISHED)
				return sa;
			any = sa;
		}
	}
	return any;
}

struct ike_counters kit_counters(struct kit_side *side)
{
	struct ike_counters sum = { 0 };
	uint64_t *to = (uint64_t *)&sum;

	for (unsigned n = 0; n < side->shards; n++) {
		const uint64_t *from = (const uint64_t *)ike_counters(side->ike[n]);

		for (size_t i = 0; i < sizeof(sum) / sizeof(*to); i++)
			to[i] += from[i];
	}
	return sum;
}

static struct fake_child *active_child(struct kit_side *side)
{
	for (unsigned n = 0; n < side->shards; n++) {
		struct fake_child *child = fake_active(kit_shard(side, n));

		if (child)
			return child;
	}
	return NULL;
}

bool kit_connected(struct kit *kit)
{
	struct fake_child *g = active_child(kit_gateway(kit)), *c = active_child(kit_client(kit));

	return kit_up(kit_gateway(kit)) == 1 && kit_up(kit_client(kit)) == 1 &&
	       kit_sas(kit_gateway(kit)) == 1 && kit_sas(kit_client(kit)) == 1 &&
	       kit_children(kit_gateway(kit)) == 1 && kit_children(kit_client(kit)) == 1 && g && c &&
	       g->in && g->out && c->in && c->out && g->spi_in == c->spi_out &&
	       g->spi_out == c->spi_in && g->key_len == c->key_len && g->key_len > 0 &&
	       memcmp(g->key_in, c->key_out, g->key_len) == 0 &&
	       memcmp(g->key_out, c->key_in, g->key_len) == 0 &&
	       selectors_equal(&g->ts_local, &c->ts_remote) &&
	       selectors_equal(&g->ts_remote, &c->ts_local);
}

bool kit_said(const char *event, const char *text)
{
	for (size_t n = 0; n < log_capture_count(event); n++) {
		if (strstr(log_capture_line(event, n), text))
			return true;
	}
	return false;
}

void kit_print_log(void)
{
	for (size_t n = 0; n < log_capture_count(NULL); n++)
		fprintf(stderr, "  %s\n", log_capture_line(NULL, n));
}
