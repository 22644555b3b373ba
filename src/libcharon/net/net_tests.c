/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "net/net_tests.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct cyg_ip loopback(uint8_t family)
{
	struct cyg_ip ip = { .family = family };

	if (family == CYG_IPV4) {
		ip.octets[0] = 127;
		ip.octets[3] = 1;
	} else {
		ip.octets[15] = 1;
	}
	return ip;
}

struct cyg_endpoint reach(const struct cyg_endpoint *at)
{
	struct cyg_endpoint e = *at;

	if (cyg_ip_is_any(&e.ip))
		e.ip = loopback(e.ip.family);
	return e;
}

static int bind_udp(const struct cyg_endpoint *to, bool shared, struct cyg_endpoint *at)
{
	struct sockaddr_storage sa;
	socklen_t len = cyg_endpoint_to_sockaddr(to, &sa);
	const int one = 1;
	int fd = socket(to->ip.family == CYG_IPV4 ? AF_INET : AF_INET6,
			SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	if (to->ip.family == CYG_IPV6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (shared)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&sa, len) != 0) {
		close(fd);
		return -1;
	}
	len = sizeof(sa);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	ck_assert_int_eq(cyg_endpoint_from_sockaddr((struct sockaddr *)&sa, len, at), CYG_OK);
	return fd;
}

int peer_open(uint8_t family, const struct cyg_ip *ip, struct cyg_endpoint *at)
{
	const struct cyg_endpoint to = { .ip = ip ? *ip : loopback(family) };
	int fd = bind_udp(&to, false, at);

	ck_assert_int_ge(fd, 0);
	return fd;
}

void peer_send(int fd, const struct cyg_endpoint *to, const void *octets, size_t len)
{
	struct sockaddr_storage sa;
	socklen_t sa_len = cyg_endpoint_to_sockaddr(to, &sa);

	ck_assert_int_eq(sendto(fd, octets, len, 0, (struct sockaddr *)&sa, sa_len), (ssize_t)len);
}

ssize_t peer_receive(int fd, void *octets, size_t size, struct cyg_endpoint *from)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);
	ssize_t got = recvfrom(fd, octets, size, MSG_DONTWAIT, (struct sockaddr *)&sa, &len);

	if (got >= 0 && from)
		ck_assert_int_eq(cyg_endpoint_from_sockaddr((struct sockaddr *)&sa, len, from), CYG_OK);
	return got;
}

size_t make_ike(uint8_t *out, bool natt, uint64_t spi_i, uint64_t spi_r, bool initiator, size_t len)
{
	size_t at = natt ? 4 : 0;

	memset(out, 0, at + len);
	for (unsigned i = 0; i < 8; i++) {
		out[at + i] = (uint8_t)(spi_i >> (56 - 8 * i));
		out[at + 8 + i] = (uint8_t)(spi_r >> (56 - 8 * i));
	}
	out[at + 17] = 0x20;
	out[at + 18] = 34;
	out[at + 19] = initiator ? 0x08 : 0x20;
	out[at + 26] = (uint8_t)(len >> 8);
	out[at + 27] = (uint8_t)len;
	return at + len;
}

static void note(struct rig *rig, struct cyg_shard *shard, const struct cyg_datagram *d, bool ike)
{
	struct rig_seen *seen;

	ck_assert_uint_lt(rig->count, RIG_SEEN);
	seen = &rig->seen[rig->count++];
	*seen = (struct rig_seen){ .datagram = *d, .worker = cyg_shard_index(shard), .ike = ike,
				   .call = rig->calls };
	seen->datagram.data = NULL;
	memcpy(seen->first, d->data, d->len < sizeof(seen->first) ? d->len : sizeof(seen->first));
}

static void on_ike(void *ctx, struct cyg_shard *shard, struct cyg_datagram *datagram)
{
	struct rig *rig = ctx;

	rig->calls++;
	note(rig, shard, datagram, true);
	if (rig->echo)
		cyg_net_send(shard, &datagram->local, &datagram->remote,
			     cyg_bytes(datagram->data, datagram->len), true);
}

static void on_esp(void *ctx, struct cyg_shard *shard, struct cyg_datagram *datagrams, size_t count)
{
	struct rig *rig = ctx;

	rig->calls++;
	for (size_t i = 0; i < count; i++) {
		struct cyg_datagram piece = datagrams[i];
		size_t left = piece.len, segment = piece.segment ? piece.segment : left;

		for (; left; left -= piece.len, piece.data += piece.len) {
			piece.len = left < segment ? left : segment;
			note(rig, shard, &piece, false);
		}
	}
}

void rig_open(struct rig *rig, const struct rig_options *options)
{
	const struct shard_manual manual = { .workers = options->workers, .real_fds = true };
	const struct cyg_ip any4 = { .family = CYG_IPV4 }, any6 = { .family = CYG_IPV6 };
	int fd[RIG_WORKERS][PORTS];
	char text[200];
	struct cyg_strbuf why = CYG_STRBUF(text);

	memset(rig, 0, sizeof(*rig));
	ck_assert_int_eq(shard_manual_group_new(&manual, &rig->group), CYG_OK);
	rig->workers = options->workers ? options->workers : 1;
	rig->has6 = true;
	for (unsigned port = 0; port < PORTS; port++) {
		bool six = port >= PORT_IKE6;

		rig->at[port].ip = six ? any6 : cyg_ip_is_set(&options->local4) ? options->local4 : any4;
		for (unsigned w = 0; w < rig->workers; w++) {
			fd[w][port] = bind_udp(&rig->at[port], rig->workers > 1, &rig->at[port]);
			if (six && fd[w][port] < 0)
				rig->has6 = false;
			else
				ck_assert_int_ge(fd[w][port], 0);
		}
		if (options->steer && (!six || rig->has6))
			ck_assert_int_eq(net_steer_attach(fd[0][port], port % 2,
							  shard_group_worker(rig->group, 0)),
					 CYG_OK);
	}
	for (unsigned w = 0; w < rig->workers; w++) {
		struct net_socket_setup sockets[PORTS];
		const struct net_setup setup = {
			.sockets = sockets,
			.count = rig->has6 ? PORTS : 2,
			.ike_input = on_ike,
			.ike_ctx = rig,
			.esp_input = options->no_esp ? NULL : on_esp,
			.esp_ctx = rig,
			.datagram_max = options->datagram_max,
			.sendmmsg = options->sendmmsg,
		};

		for (unsigned port = 0; port < PORTS; port++)
			sockets[port] = (struct net_socket_setup){ fd[w][port], port % 2 };
		rig->shard[w] = shard_group_worker(rig->group, w);
		ck_assert_msg(net_shard_new(rig->shard[w], &setup, &rig->net[w], &why) == CYG_OK, "%s",
			      text);
	}
}

void rig_settle(struct rig *rig)
{
	ck_assert(shard_settle(rig->group, 1000));
}

void rig_close(struct rig *rig)
{
	for (unsigned w = 0; w < rig->workers; w++) {
		net_shard_free(rig->net[w]);
		ck_assert_ptr_null(rig->shard[w]->net);
		ck_assert_uint_eq(shard_manual_poll_count(rig->shard[w]), 0);
	}
	shard_group_free(rig->group);
}

int main(void)
{
	SRunner *runner = srunner_create(receive_suite());
	int failed;

	srunner_add_suite(runner, send_suite());
	srunner_add_suite(runner, steer_suite());
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
