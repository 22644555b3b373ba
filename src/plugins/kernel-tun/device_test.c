/* SPDX-License-Identifier: MIT */
/* Interfaces, addresses and routes: what the system is asked for. */
#include "kernel_tun_tests.h"

#include "world_test.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <unistd.h>

static unsigned requests_of(int type)
{
	unsigned count = 0;

	for (unsigned i = 0; i < world.requests; i++)
		count += world.request[i].type == type;
	return count;
}

static struct cyg_prefix prefix_of(const char *text, unsigned len)
{
	struct cyg_prefix prefix = { .ip = test_ip(text), .len = (uint8_t)len };

	return prefix;
}

static enum cyg_status set_interface(struct side *side, const struct cyg_kernel_interface *wanted)
{
	struct cyg_shard *control = shard_group_control(side->group);

	return world_wait(side->ops->interface_set(side->ctx, control, wanted, world_op(control)));
}

START_TEST(interface_brings_rules_device_and_addresses)
{
	struct cyg_kernel_interface wanted = { .id = 1, .name = "cyg-t0", .up = true,
					       .address4 = prefix_of("10.9.0.1", 24),
					       .address6 = prefix_of("2001:db8:9::1", 128) };

	world_new(2);
	world.stale_rules = 2; /* an earlier run ended badly */
	ck_assert_int_eq(set_interface(&world.a, &wanted), CYG_OK);
	ck_assert_uint_eq(world.a.tuns, 2);
	ck_assert_uint_eq(requests_of(RTM_NEWRULE), 6);
	ck_assert_uint_eq(requests_of(RTM_DELRULE), 8);
	ck_assert_uint_eq(requests_of(RTM_GETLINK), 1);
	ck_assert_uint_eq(requests_of(RTM_NEWADDR), 2);
	ck_assert_uint_eq(requests_of(RTM_NEWROUTE), 1); /* 10.9.0.0/24; a host address needs none */
	for (unsigned i = 0; i < 2; i++) {
		const struct tun_link *link = tun_link_find(tun_of(&world.a, i), 1);

		ck_assert_ptr_nonnull(link);
		ck_assert_int_ge(link->fd, 0);
		ck_assert_uint_eq(link->index, 7);
		ck_assert_uint_eq(link->mtu, 1400); /* the option's default */
	}
	/* Another address: the old one goes; no new queue, no new rule. */
	world.requests = 0;
	wanted.address4 = prefix_of("10.9.0.2", 32);
	ck_assert_int_eq(set_interface(&world.a, &wanted), CYG_OK);
	ck_assert_uint_eq(requests_of(RTM_DELADDR), 1);
	ck_assert_uint_eq(requests_of(RTM_NEWRULE), 0);
	ck_assert_uint_eq(world.a.tuns, 2);
	world_free();
}
END_TEST

START_TEST(rules_go_at_the_end)
{
	unsigned seen = 0;
	char buffer[1024];
	int ends[16];
	unsigned count;

	world_new(1);
	world_interface(&world.a, 1, 0);
	count = world.netlinks;
	for (unsigned i = 0; i < count; i++)
		ends[i] = dup(world.netlink[i]);
	world_free();
	for (unsigned i = 0; i < count; i++) {
		ssize_t got;

		while ((got = recv(ends[i], buffer, sizeof(buffer), MSG_DONTWAIT)) > 0) {
			const struct nlmsghdr *header = (const void *)buffer;

			seen += header->nlmsg_type == RTM_DELRULE;
		}
		close(ends[i]);
	}
	ck_assert_uint_eq(seen, 2 * NL_RULES);
}
END_TEST

START_TEST(removed_interface_closes_every_queue)
{
	struct cyg_shard *control;
	char octet;

	world_new(2);
	world_interface(&world.a, 1, 0);
	control = shard_group_control(world.a.group);
	ck_assert_int_eq(world_wait(world.a.ops->interface_remove(world.a.ctx, control, 1, world_op(control))), CYG_OK);
	for (unsigned i = 0; i < 2; i++)
		ck_assert_int_eq(recv(world.a.tun[i], &octet, 1, MSG_DONTWAIT), 0);
	ck_assert_int_eq(world.a.ops->interface_remove(world.a.ctx, control, 1, world_op(control)), CYG_OK);
	/* And may come again. */
	close(world.a.tun[0]);
	close(world.a.tun[1]);
	world.a.tuns = 0;
	world_interface(&world.a, 1, 0);
	ck_assert_uint_eq(world.a.tuns, 2);
	world_free();
}
END_TEST

START_TEST(no_tun_device_fails_with_the_brokers_words)
{
	struct cyg_kernel_interface wanted = { .id = 1, .name = "cyg-t0", .up = true };

	world_new(1);
	world.a.no_tun = true;
	ck_assert_int_eq(set_interface(&world.a, &wanted), CYG_IO);
	world.a.no_tun = false;
	ck_assert_int_eq(set_interface(&world.a, &wanted), CYG_OK); /* it may be tried again */
	world_free();
}
END_TEST

START_TEST(a_refusal_of_the_system_fails_the_interface_and_leaves_no_queue_open)
{
	static const int types[] = { RTM_NEWRULE, RTM_GETLINK, RTM_NEWLINK, RTM_NEWADDR };

	for (unsigned i = 0; i < CYG_COUNT(types); i++) {
		struct cyg_kernel_interface wanted = { .id = 1, .name = "cyg-t0", .up = true,
						       .address4 = prefix_of("10.9.0.1", 32) };
		char octet;

		world_new(1);
		world.refuse_type = types[i];
		world.refuse_error = EPERM;
		ck_assert_int_eq(set_interface(&world.a, &wanted), CYG_IO);
		ck_assert_int_eq(recv(world.a.tun[0], &octet, 1, MSG_DONTWAIT), 0);
		world_free();
	}
}
END_TEST

START_TEST(a_system_without_ipv6_is_fine)
{
	world_new(1);
	world.refuse_type = RTM_NEWRULE;
	world.refuse_error = EAFNOSUPPORT;
	world.refuse_ipv6 = true;
	world_interface(&world.a, 1, 0);
	ck_assert_uint_eq(requests_of(RTM_NEWRULE), 2 * NL_RULES);
	world_free();
}
END_TEST

START_TEST(a_system_that_does_not_answer_ends_in_a_timeout)
{
	struct cyg_kernel_interface wanted = { .id = 1, .name = "cyg-t0", .up = true };

	world_new(1);
	world.ignore_type = RTM_GETLINK;
	ck_assert_int_eq(set_interface(&world.a, &wanted), CYG_PENDING);
	shard_clock_advance(&world.clock, 15001);
	world_run();
	ck_assert_int_eq(world_status, CYG_TIMEOUT);
	world_free();
}
END_TEST

static enum cyg_status set_route(unsigned shard, const struct cyg_prefix *to, bool add)
{
	struct cyg_shard *s = worker(&world.a, shard);
	struct cyg_route route = { .to = *to, .interface_id = 1 };

	return world_wait(world.a.ops->route_set(world.a.ctx, s, &route, add, world_op(s)));
}

START_TEST(a_route_wanted_by_two_shards_stays_until_both_gave_it_back)
{
	struct cyg_prefix to = prefix_of("10.7.0.0", 16);

	world_new(2);
	world_interface(&world.a, 1, 0);
	world.requests = 0;
	ck_assert_int_eq(set_route(0, &to, true), CYG_OK);
	ck_assert_int_eq(set_route(1, &to, true), CYG_OK);
	ck_assert_uint_eq(requests_of(RTM_NEWROUTE), 1);
	ck_assert_int_eq(set_route(0, &to, false), CYG_OK);
	ck_assert_uint_eq(requests_of(RTM_DELROUTE), 0);
	ck_assert_int_eq(set_route(1, &to, false), CYG_OK);
	ck_assert_uint_eq(requests_of(RTM_DELROUTE), 1);
	ck_assert_int_eq(set_route(1, &to, false), CYG_OK); /* what is not there */
	ck_assert_uint_eq(requests_of(RTM_DELROUTE), 1);
	ck_assert_uint_eq(tun_of(&world.a, 0)->held.count, 0);
	ck_assert_uint_eq(tun_of(&world.a, 1)->held.count, 0);
	world_free();
}
END_TEST

START_TEST(thousands_of_routes_reach_the_system_and_leave_it)
{
	enum { COUNT = 3000 };
	struct cyg_shard *s;

	world_new(1);
	s = worker(&world.a, 0);
	for (unsigned add = 1; add < 2; add--) {
		for (unsigned i = 0; i < COUNT; i++) {
			struct cyg_route route = { .interface_id = 1, .to = prefix_of("10.7.0.0", 32) };

			route.to.ip.octets[2] = (uint8_t)(i >> 8);
			route.to.ip.octets[3] = (uint8_t)i;
			ck_assert_int_eq(world.a.ops->route_set(world.a.ctx, s, &route, add, NULL), CYG_OK);
		}
		world_run();
		if (add)
			world_interface(&world.a, 1, 0); /* all of them wait for it */
		for (unsigned i = 0; i < 20; i++) {
			shard_clock_advance(&world.clock, 10);
			world_run();
		}
		ck_assert_uint_eq(world.routes, add ? COUNT : 0);
	}
	ck_assert_uint_eq(tun_of(&world.a, 0)->held.count, 0);
	world_free();
}
END_TEST

START_TEST(a_refused_route_is_nobodys)
{
	struct cyg_prefix to = prefix_of("10.7.0.0", 16);

	world_new(2);
	world_interface(&world.a, 1, 0);
	world.refuse_type = RTM_NEWROUTE;
	world.refuse_error = ENETUNREACH;
	ck_assert_int_eq(set_route(0, &to, true), CYG_IO);
	ck_assert_uint_eq(tun_of(&world.a, 0)->held.count, 0);
	ck_assert_uint_eq(tun_of(&world.a, 1)->held.count, 0);
	world_free();
}
END_TEST

/* Nobody has to wait for it, and no time is too long. */
START_TEST(a_route_comes_with_its_device)
{
	struct cyg_prefix to = prefix_of("10.7.0.0", 16);

	world_new(1);
	ck_assert_int_eq(set_route(0, &to, true), CYG_OK);
	ck_assert_uint_eq(requests_of(RTM_NEWROUTE), 0);
	shard_clock_advance(&world.clock, 60000);
	world_run();
	world_interface(&world.a, 1, 0);
	ck_assert_uint_eq(requests_of(RTM_NEWROUTE), 1);
	world_free();
}
END_TEST

START_TEST(a_route_that_was_given_up_before_its_device_came_is_not_made)
{
	struct cyg_prefix to = prefix_of("10.7.0.0", 16);

	world_new(1);
	ck_assert_int_eq(set_route(0, &to, true), CYG_OK);
	ck_assert_int_eq(set_route(0, &to, false), CYG_OK);
	ck_assert_uint_eq(tun_of(&world.a, 0)->held.count, 0);
	world_interface(&world.a, 1, 0);
	ck_assert_uint_eq(requests_of(RTM_NEWROUTE), 0);
	world_free();
}
END_TEST

START_TEST(an_address_comes_with_the_network_around_it)
{
	struct cyg_prefix address = prefix_of("10.9.0.5", 24), host = prefix_of("10.9.0.6", 32);
	struct cyg_shard *s;

	world_new(1);
	world_interface(&world.a, 1, 0);
	s = worker(&world.a, 0);
	world.requests = 0;
	ck_assert_int_eq(world_wait(world.a.ops->address_set(world.a.ctx, s, 1, &address, true, world_op(s))), CYG_OK);
	ck_assert_uint_eq(requests_of(RTM_NEWADDR), 1);
	ck_assert_uint_eq(requests_of(RTM_NEWROUTE), 1);
	ck_assert_int_eq(world_wait(world.a.ops->address_set(world.a.ctx, s, 1, &host, true, world_op(s))), CYG_OK);
	ck_assert_uint_eq(requests_of(RTM_NEWADDR), 2);
	ck_assert_uint_eq(requests_of(RTM_NEWROUTE), 1);
	ck_assert_int_eq(world_wait(world.a.ops->address_set(world.a.ctx, s, 1, &address, false, world_op(s))), CYG_OK);
	ck_assert_uint_eq(requests_of(RTM_DELADDR), 1);
	ck_assert_uint_eq(requests_of(RTM_DELROUTE), 1);
	world_free();
}
END_TEST

TCase *device_tcase(void)
{
	TCase *tc = tcase_create("device");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, interface_brings_rules_device_and_addresses);
	tcase_add_test(tc, rules_go_at_the_end);
	tcase_add_test(tc, removed_interface_closes_every_queue);
	tcase_add_test(tc, no_tun_device_fails_with_the_brokers_words);
	tcase_add_test(tc, a_refusal_of_the_system_fails_the_interface_and_leaves_no_queue_open);
	tcase_add_test(tc, a_system_without_ipv6_is_fine);
	tcase_add_test(tc, a_system_that_does_not_answer_ends_in_a_timeout);
	tcase_add_test(tc, a_route_wanted_by_two_shards_stays_until_both_gave_it_back);
	tcase_add_test(tc, thousands_of_routes_reach_the_system_and_leave_it);
	tcase_add_test(tc, a_refused_route_is_nobodys);
	tcase_add_test(tc, a_route_comes_with_its_device);
	tcase_add_test(tc, a_route_that_was_given_up_before_its_device_came_is_not_made);
	tcase_add_test(tc, an_address_comes_with_the_network_around_it);
	return tc;
}
