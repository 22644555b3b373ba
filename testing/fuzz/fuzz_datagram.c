/* SPDX-License-Identifier: MIT */
/*
 * What a socket delivers: the first octet says on which port and among how many shards, the next one the size of
 * merged pieces (in steps of four), the others are the payload.
 */
#include "testing/fuzz/fuzz.h"

#include "net/room.h"

static size_t taken, octets_taken;
static bool natt_port;

static void take(const struct cyg_datagram *d, size_t least)
{
	volatile uint8_t sum = 0;

	FUZZ_CHECK(d->len >= least && d->natt == natt_port);
	for (size_t i = 0; i < d->len; i++) {
		sum ^= d->data[i];
		d->data[i] = sum; /* the callee may change them */
	}
	taken++;
	octets_taken += d->len;
}

static void on_ike(void *ctx, struct cyg_shard *shard, struct cyg_datagram *d)
{
	FUZZ_PLANT(d->natt && d->data[17] > 0x20 && d->data[18] == 35);
	take(d, 28);
}

static void on_esp(void *ctx, struct cyg_shard *shard, struct cyg_datagram *d, size_t count)
{
	FUZZ_CHECK(natt_port && count > 0 && count <= NET_ESP_BATCH);
	for (size_t i = 0; i < count; i++) {
		struct cyg_datagram piece = d[i];
		size_t left = piece.len, segment = piece.segment ? piece.segment : left;

		FUZZ_CHECK(piece.segment == 0 || piece.segment < piece.len);
		for (; left; left -= piece.len, piece.data += piece.len) {
			piece.len = left < segment ? left : segment;
			take(&piece, 8);
		}
	}
}

static struct net_shard *make_net(struct cyg_shard *shard)
{
	struct net_shard *net = calloc(1, sizeof(*net) + sizeof(net->socket[0]));

	net->shard = shard;
	net->setup = (struct net_setup){ .ike_input = on_ike, .esp_input = on_esp };
	net->window = calloc(1, sizeof(*net->window));
	atomic_init(&net->window->refs, 1);
	net->socket[0].net = net;
	shard->net = net;
	return net;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct shard_manual setup = { .workers = size ? 1 + data[0] / 2 % 4 : 1, .seed = 1 };
	struct shard_group *group;
	struct net_shard *net;
	struct net_counters *c;
	struct cyg_datagram whole = { .len = size > 2 ? size - 2 : 0 };
	uint64_t in = 0;

	if (size < 2)
		return 0;
	FUZZ_CHECK(shard_manual_group_new(&setup, &group) == CYG_OK);
	for (unsigned i = 0; i < setup.workers; i++)
		make_net(shard_group_worker(group, i));
	net = shard_group_worker(group, 0)->net;
	c = &net->counters;
	taken = octets_taken = 0;
	natt_port = whole.natt = net->socket[0].natt = data[0] % 2;
	/* A copy of exactly this length, so that an octet too far is seen. */
	whole.data = malloc(whole.len ? whole.len : 1);
	if (whole.len)
		memcpy(whole.data, data + 2, whole.len);
	net_take(&net->socket[0], &whole, (size_t)data[1] * 4);
	net_flush_esp(net);
	free(whole.data);
	FUZZ_CHECK(shard_settle(group, 100000));
	/* Each piece went one way, and all octets were seen. */
	FUZZ_CHECK(c->octets_in == whole.len);
	FUZZ_CHECK(c->datagrams_in == c->ike_in + c->esp_in + c->keepalives_in + c->too_short +
					      c->forwarded + c->forward_dropped);
	FUZZ_CHECK(octets_taken <= whole.len);
	for (unsigned i = 0; i < setup.workers; i++) {
		struct net_shard *one = shard_group_worker(group, i)->net;

		in += one->counters.ike_in + one->counters.esp_in;
		FUZZ_CHECK(atomic_load(&one->window->octets) == 0);
		FUZZ_CHECK(i == 0 || one->counters.forwarded == 0);
		free(one->window);
		free(one);
	}
	FUZZ_CHECK(in == taken);
	shard_group_free(group);
	return 0;
}
