/* SPDX-License-Identifier: MIT */
/* Replay window, SPI table and ways, each against a model too simple to be wrong. */
#include "kernel_tun_tests.h"

#include "replay.h"
#include "libkernel/spi.h"
#include "ways.h"

#include <stdlib.h>
#include <string.h>

static uint64_t seed = 1;

static uint32_t draw(uint32_t below)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(seed >> 33) % below;
}

/* --- Replay --- */

static struct replay replay_of(uint32_t window)
{
	struct replay r = { .window = window, .words = replay_words(window) };

	if (window)
		r.bits = calloc(r.words, sizeof(uint64_t));
	return r;
}

/* The receiver as the RFC means it, with the whole number known and every one remembered. */
#define MODEL_SPAN 40000
struct model {
	uint64_t base, top;
	uint32_t window;
	bool seen[MODEL_SPAN];
};

static bool model_accept(struct model *m, uint64_t seq)
{
	if (seq == 0 || (m->top >= m->window && seq <= m->top - m->window) || m->seen[seq - m->base])
		return false;
	m->seen[seq - m->base] = true;
	if (seq > m->top)
		m->top = seq;
	return true;
}

static void run_model(uint32_t window, uint64_t base, bool esn)
{
	static struct model m;
	struct replay r = replay_of(window);
	uint64_t next = base + 1;

	memset(&m, 0, sizeof(m));
	m.base = base;
	m.window = window;
	m.top = r.top = base;
	for (unsigned i = 0; i < 20000; i++) {
		uint64_t seq = next;
		bool expect, got;

		switch (draw(8)) {
		case 0: /* an old one, mostly within the window */
			seq = draw(window * 2) + 1;
			seq = m.top > base + seq ? m.top - seq : m.top;
			break;
		case 1: /* some were lost */
			next += draw(window < 100 ? 70 : 10);
			seq = next++;
			break;
		default:
			next++;
		}
		if (next >= base + MODEL_SPAN - 200)
			break;
		got = replay_whole(&r, (uint32_t)seq, esn) == seq && replay_accept(&r, seq);
		expect = model_accept(&m, seq);
		ck_assert_msg(got == expect, "window %u: %llu after %llu: %d", window,
			      (unsigned long long)seq, (unsigned long long)m.top, got);
		ck_assert_uint_eq(r.top, m.top);
	}
	free(r.bits);
}

START_TEST(replay_window_agrees_with_a_model_that_forgets_nothing)
{
	static const uint32_t windows[] = { 32, 64, 65, 100, 128, 1000, 1024, 4096 };

	for (unsigned i = 0; i < CYG_COUNT(windows); i++) {
		run_model(windows[i], 0, false);
		run_model(windows[i], 0, true);
		/* Over each boundary of the low half. */
		run_model(windows[i], UINT64_C(0xfffff800), true);
		run_model(windows[i], UINT64_C(0x7fffffff000), true);
		run_model(windows[i], UINT64_C(0xfffffffffffff000) - MODEL_SPAN, true);
	}
}
END_TEST

START_TEST(replay_window_is_empty_after_a_long_jump)
{
	struct replay r = replay_of(64);

	for (uint64_t seq = 1; seq <= 200; seq++)
		ck_assert(replay_accept(&r, seq));
	ck_assert(replay_accept(&r, 1000000));
	for (uint64_t seq = 1000000 - 63; seq < 1000000; seq++)
		ck_assert(replay_accept(&r, seq));
	ck_assert(!replay_accept(&r, 1000000 - 64));
	ck_assert(!replay_accept(&r, 1000000));
	free(r.bits);
}
END_TEST

START_TEST(restored_window_takes_all_above_in_any_order_and_nothing_below)
{
	for (uint64_t top = 1; top < 200; top++) {
		struct replay r = replay_of(64);

		replay_restore(&r, top);
		for (uint64_t seq = top; seq > 0; seq--)
			ck_assert(!replay_accept(&r, seq));
		for (uint64_t seq = top + 40; seq > top; seq--)
			ck_assert(replay_accept(&r, seq));
		ck_assert(!replay_accept(&r, top));
		free(r.bits);
	}
}
END_TEST

START_TEST(number_zero_and_numbers_before_the_first_are_refused)
{
	struct replay r = replay_of(64);

	ck_assert(!replay_fresh(&r, 0));
	/* With nothing seen yet, a huge low half would lie before the beginning. */
	ck_assert_uint_eq(replay_whole(&r, UINT32_MAX - 3, true), 0);
	r.top = UINT64_MAX;
	ck_assert_uint_eq(replay_whole(&r, 5, true), 0);
	free(r.bits);
}
END_TEST

START_TEST(without_a_window_the_nearest_whole_number_is_meant)
{
	struct replay r = { .top = UINT64_C(0x5fffffff0) };

	ck_assert_uint_eq(replay_whole(&r, 16, true), UINT64_C(0x600000010));
	ck_assert_uint_eq(replay_whole(&r, UINT32_C(0xffffff00), true), UINT64_C(0x5ffffff00));
	ck_assert(replay_accept(&r, UINT64_C(0x5ffffff00)));
	ck_assert(replay_accept(&r, UINT64_C(0x5ffffff00)));
	ck_assert_uint_eq(replay_whole(&r, 16, false), 16);
}
END_TEST

/* --- SPIs --- */

START_TEST(spi_table_agrees_with_a_list)
{
	static uint32_t list[3000];
	static char children[3000];
	struct spi_table t = { 0 };
	unsigned count = 0;

	for (unsigned i = 0; i < 60000; i++) {
		uint32_t spi = 256 + draw(4000) * (draw(2) ? 1 : 65536);
		struct spi_slot *slot = spi_find(&t, spi);
		unsigned at = 0;

		while (at < count && list[at] != spi)
			at++;
		ck_assert((slot != NULL) == (at < count));
		if (at < count) {
			ck_assert_uint_eq(slot->spi, spi);
			if (draw(3)) {
				spi_remove(&t, spi);
				list[at] = list[--count];
			}
		} else if (count < CYG_COUNT(list)) {
			ck_assert_int_eq(spi_add(&t, spi, (struct tun_child *)(void *)&children[count]), CYG_OK);
			list[count++] = spi;
		}
		ck_assert_uint_eq(t.count, count);
	}
	ck_assert_ptr_null(spi_find(&t, 0));
	spi_remove(&t, 1);
	spi_table_done(&t);
	ck_assert_ptr_null(spi_find(&t, 500));
}
END_TEST

/* --- Ways --- */

static struct cyg_prefix prefix_of(const char *text, unsigned len)
{
	struct cyg_prefix prefix;
	struct cyg_ip ip;

	ck_assert_int_eq(cyg_ip_parse(cyg_str(text), &ip), CYG_OK);
	ck_assert_int_eq(cyg_prefix_make(&ip, len, &prefix), CYG_OK);
	return prefix;
}

static struct cyg_ip ip_of(const char *text)
{
	struct cyg_ip ip;

	ck_assert_int_eq(cyg_ip_parse(cyg_str(text), &ip), CYG_OK);
	return ip;
}

static struct tun_child *child_of(uintptr_t n)
{
	return (struct tun_child *)n; /* never looked into here */
}

static const uint64_t way_seed[2] = { 3, 5 };

static const struct way *first_way(const struct ways *w, const char *destination)
{
	struct cyg_ip ip = ip_of(destination);
	struct way_walk walk = ways_walk(w, &ip);

	return way_next(&walk);
}

START_TEST(longest_prefix_comes_first_then_the_newest)
{
	struct cyg_prefix all = prefix_of("0.0.0.0", 0), net = prefix_of("10.1.0.0", 16);
	struct cyg_prefix host = prefix_of("10.1.2.3", 32), six = prefix_of("2001:db8::", 32);
	struct cyg_ip destination = ip_of("10.1.2.3");
	struct way *any, *old, *newer, *one, *v6;
	struct way_walk walk;
	struct ways w;

	ways_init(&w, way_seed);
	any = ways_add(&w, &all, child_of(1), false);
	one = ways_add(&w, &host, child_of(2), false);
	old = ways_add(&w, &net, child_of(3), false);
	newer = ways_add(&w, &net, child_of(4), true);
	v6 = ways_add(&w, &six, child_of(5), false);
	walk = ways_walk(&w, &destination);
	ck_assert_ptr_eq(way_next(&walk), one);
	ck_assert_ptr_eq(way_next(&walk), newer);
	ck_assert_ptr_eq(way_next(&walk), old);
	ck_assert_ptr_eq(way_next(&walk), any);
	ck_assert_ptr_null(way_next(&walk));
	ck_assert_ptr_eq(first_way(&w, "192.0.2.1"), any);
	ck_assert_ptr_eq(first_way(&w, "2001:db8:7::1"), v6);
	ck_assert_ptr_null(first_way(&w, "2001:db9::1"));
	ways_hand_over(old, child_of(9)); /* the newest now */
	ck_assert_ptr_eq(first_way(&w, "10.1.9.9"), old);
	ways_remove(&w, one);
	ck_assert_ptr_eq(first_way(&w, "10.1.2.3"), old);
	ck_assert_uint_eq(way_prefix(old).len, 16);
	ways_remove(&w, any);
	ways_remove(&w, newer);
	ways_remove(&w, old);
	ways_remove(&w, v6);
	ck_assert_uint_eq(w.count, 0);
	ck_assert_ptr_null(first_way(&w, "10.1.2.3"));
	ways_done(&w);
}
END_TEST

START_TEST(another_shard_is_known_until_its_last_child_is_gone)
{
	struct cyg_prefix net = prefix_of("10.1.0.0", 16);
	struct ways w;

	ways_init(&w, way_seed);
	ck_assert_int_eq(ways_add_shard(&w, &net, 3), CYG_OK);
	ck_assert_int_eq(ways_add_shard(&w, &net, 3), CYG_OK);
	ck_assert_int_eq(ways_add_shard(&w, &net, 1), CYG_OK);
	ck_assert_uint_eq(first_way(&w, "10.1.0.1")->shard, 1);
	ways_remove_shard(&w, &net, 1);
	ways_remove_shard(&w, &net, 3);
	ck_assert_uint_eq(first_way(&w, "10.1.0.1")->shard, 3);
	ways_remove_shard(&w, &net, 3);
	ck_assert_ptr_null(first_way(&w, "10.1.0.1"));
	ways_remove_shard(&w, &net, 3); /* what is not there */
	ck_assert_int_eq(ways_add_shard(&w, &net, 2), CYG_OK);
	ways_done(&w); /* frees the rest */
}
END_TEST

START_TEST(ways_agree_with_a_list_of_prefixes)
{
	enum { COUNT = 400 };
	static struct { struct cyg_prefix prefix; struct way *way; } list[COUNT];
	struct ways w;

	ways_init(&w, way_seed);
	for (unsigned i = 0; i < 20000; i++) {
		unsigned at = draw(COUNT);
		struct cyg_ip ip = { .family = draw(2) ? CYG_IPV4 : CYG_IPV6 };
		struct way_walk walk;
		const struct way *way;
		int best = -1;

		/* Few different octets, so that prefixes nest. */
		for (unsigned k = 0; k < cyg_ip_len(&ip); k++)
			ip.octets[k] = (uint8_t)(draw(3) * 0x55);
		if (list[at].way) {
			ways_remove(&w, list[at].way);
			list[at].way = NULL;
		} else {
			ck_assert_int_eq(cyg_prefix_make(&ip, draw(cyg_ip_bits(ip.family) + 1),
							 &list[at].prefix), CYG_OK);
			list[at].way = ways_add(&w, &list[at].prefix, child_of(at + 1), false);
			ck_assert_ptr_nonnull(list[at].way);
		}
		for (unsigned k = 0; k < COUNT; k++) {
			if (list[k].way && cyg_prefix_holds(&list[k].prefix, &ip) &&
			    (best < 0 || list[k].prefix.len > list[best].prefix.len))
				best = (int)k;
		}
		walk = ways_walk(&w, &ip);
		way = way_next(&walk);
		ck_assert((way != NULL) == (best >= 0));
		if (way) {
			struct cyg_prefix found = way_prefix(way);

			ck_assert_uint_eq(found.len, list[best].prefix.len);
			ck_assert(cyg_ip_equal(&found.ip, &list[best].prefix.ip));
		}
	}
	ways_done(&w);
}
END_TEST

TCase *tables_tcase(void)
{
	TCase *tc = tcase_create("tables");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, replay_window_agrees_with_a_model_that_forgets_nothing);
	tcase_add_test(tc, replay_window_is_empty_after_a_long_jump);
	tcase_add_test(tc, restored_window_takes_all_above_in_any_order_and_nothing_below);
	tcase_add_test(tc, number_zero_and_numbers_before_the_first_are_refused);
	tcase_add_test(tc, without_a_window_the_nearest_whole_number_is_meant);
	tcase_add_test(tc, spi_table_agrees_with_a_list);
	tcase_add_test(tc, longest_prefix_comes_first_then_the_newest);
	tcase_add_test(tc, another_shard_is_known_until_its_last_child_is_gone);
	tcase_add_test(tc, ways_agree_with_a_list_of_prefixes);
	return tc;
}
