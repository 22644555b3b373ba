/* SPDX-License-Identifier: MIT */
/*
 * Whole messages into live engines. The first octet says who is in which state and gets what; the second and
 * third are exchange type and type of the first payload; the rest is a message in clear, or the inside of an SK
 * payload sealed by the right keys, since no blind change would ever get past the ICV.
 */
#include "testing/fuzz/fuzz.h"
#include "testing/engine/kit_eap.h"

#include "exchange/fragment.h"

#define PROPOSAL " encryption aes-gcm-128\n prf sha256\n group 31\n"

enum where {
	INIT_TO_GATEWAY,    /* in clear: a new peer */
	INIT_TO_CLIENT,     /* in clear: an answer to IKE_SA_INIT */
	AUTH_TO_GATEWAY,    /* half-open: IKE_AUTH or whatever */
	AUTH_TO_CLIENT,     /* an answer to IKE_AUTH */
	REQUEST_TO_GATEWAY, /* established */
	REQUEST_TO_CLIENT,
	ANSWER_TO_CLIENT,   /* to CREATE_CHILD_SA for a child */
	ANSWER_TO_GATEWAY,  /* to CREATE_CHILD_SA for the IKE_SA */
	FRAGMENTS_TO_GATEWAY, /* established: the message comes in pieces */
	FRAGMENTS_HALF_OPEN,
	REKEYED_GATEWAY,    /* an old SA that waits for its end */
	DELETING_GATEWAY,
	DELETING_CLIENT,
	LOGIN_TO_GATEWAY,   /* EAP: the client's packet is next */
	LOGIN_TO_CLIENT,
	PROOF_TO_GATEWAY,   /* EAP has ended well: AUTH is next */
	PROOF_TO_CLIENT,
	WHERE_COUNT,
};

static struct kit *kit, *plain, *login; /* the one at hand; pre-shared keys, EAP */
static struct config_view const *client_view;

static enum kit_verdict drop_all(struct kit *k, struct kit_packet *packet, void *ctx)
{
	return KIT_DROP;
}

/* Lets so many datagrams pass and drops the rest. */
static enum kit_verdict pass_some(struct kit *k, struct kit_packet *packet, void *ctx)
{
	unsigned *left = ctx;

	if (!*left)
		return KIT_DROP;
	--*left;
	return KIT_PASS;
}

static void close_all(struct ike_shard *ike)
{
	while (ike->oldest)
		life_drop(ike->oldest, "a test");
}

/* Begins anew and lets `count` datagrams pass. */
static void restart(unsigned count)
{
	for (unsigned i = 0; i < KIT_SIDES; i++)
		close_all(kit->side[i].ike[0]);
	kit->script = drop_all;
	kit_settle(kit);
	kit->script = pass_some;
	kit->ctx = &count;
	ike_shard_configure(kit_client(kit)->ike[0], kit_client(kit)->config, client_view);
	while (ike_shard_renew(kit_client(kit)->ike[0]))
		;
	kit_settle(kit);
	kit->script = drop_all;
}

static void start(void)
{
	login = kit = kit_eap_new(&(struct kit_eap){ .how = KIT_EAP_QUERY,
						     .gateway_more = "no crypto ikev2 cookie-challenge\n" });
	kit->script = drop_all;
	kit_settle(kit);
	plain = kit = kit_new(NULL);
	log_capture_stop();
	log_capture_start();
	kit_configure(kit_gateway(kit),
		      kit_gateway_text(PROPOSAL, "esp-gcm", "no crypto ikev2 cookie-challenge\n"));
	kit_configure(kit_client(kit), kit_client_text(PROPOSAL, "esp-gcm", NULL));
	kit->script = drop_all;
	kit_settle(kit);
}

/* The SA of `side` that the input is for; NULL if the state could not be reached. */
static struct ike_sa *prepare(enum where where)
{
	struct ike_sa *g, *c;
	unsigned count;

	kit = where >= LOGIN_TO_GATEWAY ? login : plain;
	client_view = config_view(kit_client(kit)->config);
	switch (where) {
	case LOGIN_TO_GATEWAY:
	case LOGIN_TO_CLIENT:
	case PROOF_TO_GATEWAY:
	case PROOF_TO_CLIENT:
		restart(where <= LOGIN_TO_CLIENT ? 4 : 10);
		return where == LOGIN_TO_GATEWAY || where == PROOF_TO_GATEWAY ? kit_sa(kit_gateway(kit)) :
										 kit_sa(kit_client(kit));
	case INIT_TO_GATEWAY:
		if (kit_sas(kit_gateway(kit)) > 50)
			restart(0);
		return NULL;
	case INIT_TO_CLIENT:
		c = kit_sa(kit_client(kit));
		if (!c || c->state != IKE_INIT_SENT)
			restart(0);
		return kit_sa(kit_client(kit));
	case FRAGMENTS_HALF_OPEN:
	case AUTH_TO_GATEWAY:
		g = kit_sa(kit_gateway(kit));
		c = kit_sa(kit_client(kit));
		if (!g || !c || g->state != IKE_INIT_DONE || g->d.recv_next != 1 || !c->keys.octets ||
		    ike_sa_spi(g) != ike_sa_peer_spi(c))
			restart(2);
		return kit_sa(kit_gateway(kit));
	case REKEYED_GATEWAY:
		restart(1000);
		c = kit_sa(kit_client(kit));
		if (!c || c->state != IKE_ESTABLISHED)
			return NULL;
		count = 2;
		kit->script = pass_some;
		kit->ctx = &count;
		c->wants |= WANT_REKEY;
		driver_pump(c);
		kit_settle(kit);
		kit->script = drop_all;
		return kit_gateway(kit)->ike[0]->oldest;
	case DELETING_GATEWAY:
	case DELETING_CLIENT: {
		struct kit_side *side = where == DELETING_CLIENT ? kit_client(kit) : kit_gateway(kit);

		restart(1000);
		(void)ike_clear(side->ike[0], NULL, NULL, UINT32_MAX, 10);
		kit_settle(kit);
		return side->ike[0]->oldest;
	}
	case AUTH_TO_CLIENT:
		g = kit_sa(kit_gateway(kit));
		c = kit_sa(kit_client(kit));
		if (!g || !c || c->state != IKE_AUTH_SENT || !g->keys.octets ||
		    ike_sa_spi(g) != ike_sa_peer_spi(c))
			restart(2);
		return kit_sa(kit_client(kit));
	default:
		g = kit_sa(kit_gateway(kit));
		c = kit_sa(kit_client(kit));
		if (!g || !c || g->state != IKE_ESTABLISHED || c->state != IKE_ESTABLISHED || g->sent ||
		    c->sent || ike_sa_spi(g) != ike_sa_peer_spi(c) || !g->children || !c->children ||
		    kit_sas(kit_gateway(kit)) != 1 || kit_sas(kit_client(kit)) != 1)
			restart(1000);
		g = kit_sa(kit_gateway(kit));
		c = kit_sa(kit_client(kit));
		if (where == REQUEST_TO_GATEWAY || where == FRAGMENTS_TO_GATEWAY)
			return g;
		if (where == REQUEST_TO_CLIENT)
			return c;
		if (where == ANSWER_TO_CLIENT) {
			c->children->want_rekey = true;
			driver_pump(c);
			kit_settle(kit);
			return c;
		}
		g->wants |= WANT_REKEY;
		driver_pump(g);
		kit_settle(kit);
		return g;
	}
}

/* What holds whatever came: the data plane has the children that the engine has. */
static void check(struct kit_side *side)
{
	struct ike_shard *ike = side->ike[0];
	unsigned children = 0;

	for (struct ike_sa *sa = ike->oldest; sa; sa = sa->next) {
		unsigned count = 0;

		for (struct child_sa *child = sa->children; child; child = child->next)
			count++;
		FUZZ_CHECK(count == sa->child_count);
		FUZZ_CHECK(sa->state != IKE_CLOSED);
		FUZZ_CHECK(sa->state < IKE_ESTABLISHED || sa->remote_id || !sa->children);
		FUZZ_CHECK(ike->fragment_octets <= FRAGMENTS_SHARD_MAX);
		children += count;
	}
	FUZZ_CHECK(children == ike->children.count);
	FUZZ_CHECK(kit_children(side) == children);
}

static void inject_clear(unsigned to, const struct ike_sa *sa, const uint8_t *data, size_t size)
{
	uint8_t *octets = malloc(size ? size : 1);
	struct wire_writer w = wire_writer(octets, size);

	memcpy(octets, data, size);
	/* The SPI that finds the SA, the length and the version: a mutation has better things to do. */
	if (size >= CYG_IKE_HEADER_LEN) {
		(void)wire_reserve(&w, size);
		if (sa) {
			for (unsigned i = 0; i < 8; i++)
				octets[i] = (uint8_t)(sa->d.spi_i >> (56 - 8 * i));
			octets[19] = CYG_FLAG_RESPONSE;
		}
		octets[17] = CYG_IKE_VERSION;
		octets[18] = CYG_IKE_SA_INIT;
		memset(octets + 20, 0, 4);
		wire_set_u32(&w, 24, (uint32_t)size);
	}
	kit_inject(kit, to, octets, size, false);
	free(octets);
}

/* The other side's half of it. */
static struct ike_sa *peer_of(const struct ike_sa *sa, struct kit_side *side)
{
	for (struct ike_sa *peer = side->ike[0]->oldest; peer; peer = peer->next) {
		if (peer->d.spi_i == sa->d.spi_i && peer->d.spi_r == sa->d.spi_r)
			return peer;
	}
	return NULL;
}

/* In up to eight pieces, in either order, perhaps without one; `how` says so. */
static void inject_fragments(unsigned to, const struct ike_sa *sa, const struct ike_sa *peer, uint8_t how,
			     uint8_t first, struct cyg_bytes inner)
{
	static uint8_t octets[20000];
	uint16_t total = (uint16_t)(1 + how % 8);
	size_t piece = inner.len / total;

	for (uint16_t i = 1; i <= total; i++) {
		uint16_t number = how & 0x80 ? (uint16_t)(total + 1 - i) : i;
		size_t at = piece * (number - 1u);
		size_t len = kit_forge_fragment(&kit->side[1 - to], peer,
						(uint8_t)(CYG_IKE_AUTH + (how >> 3 & 3)), false,
						sa->d.recv_next, number, total, first,
						cyg_bytes(inner.ptr + at, number == total ? inner.len - at : piece),
						octets, sizeof(octets));

		if (!(how & 0x40) || i > 1)
			kit_inject(kit, to, octets, len, false);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t octets[20000];
	static unsigned runs;
	enum where where;
	struct ike_sa *sa, *peer;
	uint64_t failed;
	unsigned to;
	bool response;
	size_t len;

	if (size < 3 || size > 16000)
		return 0;
	if (!kit)
		start();
	where = data[0] % WHERE_COUNT;
	to = where == INIT_TO_CLIENT || where == AUTH_TO_CLIENT || where == REQUEST_TO_CLIENT ||
			     where == ANSWER_TO_CLIENT || where == DELETING_CLIENT || where == LOGIN_TO_CLIENT ||
			     where == PROOF_TO_CLIENT ? KIT_CLIENT : KIT_GATEWAY;
	sa = prepare(where);
	failed = kit_counters(kit_gateway(kit)).auth_failed;
	if (where <= INIT_TO_CLIENT) {
		inject_clear(to, sa, data + 3, size - 3);
	} else {
		peer = sa ? peer_of(sa, &kit->side[1 - to]) : NULL;
		if (!peer || !peer->keys.octets || !sa->keys.octets)
			return 0;
		response = where == AUTH_TO_CLIENT || where == ANSWER_TO_CLIENT || where == ANSWER_TO_GATEWAY ||
			   where == LOGIN_TO_CLIENT || where == PROOF_TO_CLIENT ||
			   (where >= REKEYED_GATEWAY && where <= DELETING_CLIENT && size & 1);
		if (where == FRAGMENTS_TO_GATEWAY || where == FRAGMENTS_HALF_OPEN) {
			inject_fragments(to, sa, peer, data[1], data[2], cyg_bytes(data + 3, size - 3));
			goto injected;
		}
		len = kit_forge(&kit->side[1 - to], peer, response && sa->sent ? sa->sent->exchange : data[1],
				response, response && sa->sent ? sa->sent->message_id : sa->d.recv_next, data[2],
				cyg_bytes(data + 3, size - 3), octets, sizeof(octets));
		kit_inject(kit, to, octets, len, false);
	}
injected:
	kit_settle(kit);
	check(kit_gateway(kit));
	check(kit_client(kit));
	/* An IKE_AUTH that was read, matched a profile and was judged, with another name or version than in the
	 * corpus. */
	FUZZ_PLANT(kit_counters(kit_gateway(kit)).auth_failed > failed &&
		   !(memmem(data, size, "client.example.org", 18) && memmem(data, size, "Cygnet 0.1", 10)));
	if (++runs % 256 == 0) {
		kit_pass(kit, 100000); /* time passes now and then */
		log_capture_start();   /* forgets what was said */
		check(kit_gateway(kit));
		check(kit_client(kit));
	}
	return 0;
}
