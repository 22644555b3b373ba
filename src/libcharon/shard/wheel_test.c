/* SPDX-License-Identifier: MIT */
#include "shard/shard_tests.h"
#include "shard/wheel.h"

#include <stdlib.h>

struct item {
	struct cyg_timer timer;
	uint64_t deadline_ms; /* the model's: 0 when not set */
	size_t fired;
	size_t index;
};

/* What the fire callback sees; tests are single-threaded. */
static struct {
	struct wheel wheel;
	uint64_t now_ms, last_ms;
	size_t fired, wrong;  /* counted, since an assertion of check costs more than a timer */
	struct item *again;   /* set anew from the callback, to this deadline */
	uint64_t again_ms;
	struct item *clear;   /* cleared from the callback */
} t;

static uint64_t state;

static uint64_t next_random(void)
{
	uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static void set(struct item *item, uint64_t deadline_ms);

static void fire(struct cyg_shard *shard, struct cyg_timer *timer)
{
	struct item *item = CYG_CONTAINER(timer, struct item, timer);

	t.wrong += cyg_timer_is_set(timer) || item->deadline_ms != timer->deadline_ms ||
		   timer->deadline_ms > t.now_ms || timer->deadline_ms < t.last_ms;
	t.last_ms = timer->deadline_ms;
	item->deadline_ms = 0;
	item->fired++;
	t.fired++;
	if (t.clear) {
		wheel_clear(&t.wheel, &t.clear->timer);
		t.clear->deadline_ms = 0;
		t.clear = NULL;
	}
	if (t.again) {
		set(t.again, t.again_ms);
		t.again = NULL;
	}
}

static void begin(uint64_t now_ms)
{
	memset(&t, 0, sizeof(t));
	t.now_ms = now_ms;
	wheel_init(&t.wheel, now_ms);
}

static void set(struct item *item, uint64_t deadline_ms)
{
	item->deadline_ms = deadline_ms;
	item->timer.fire = fire;
	wheel_set(&t.wheel, &item->timer, deadline_ms);
}

static size_t run_at(uint64_t now_ms)
{
	t.now_ms = now_ms;
	t.last_ms = 0;
	return wheel_run(&t.wheel, NULL, now_ms);
}

START_TEST(timer_fires_at_its_deadline_and_not_before)
{
	static const uint64_t distances[] = { 1, 2, 63, 64, 65, 4095, 4096, 4097, 86400000,
					      (UINT64_C(1) << 36) - 1, UINT64_C(1) << 36,
					      (UINT64_C(1) << 40) + 12345 };
	static const uint64_t starts[] = { 0, 63, 4095, 1000003, (UINT64_C(1) << 36) - 1 };

	for (size_t s = 0; s < CYG_COUNT(starts); s++) {
		for (size_t d = 0; d < CYG_COUNT(distances); d++) {
			struct item item = { 0 };

			begin(starts[s]);
			set(&item, starts[s] + distances[d]);
			ck_assert_uint_eq(wheel_next_deadline(&t.wheel), starts[s] + distances[d]);
			ck_assert_uint_eq(run_at(starts[s] + distances[d] - 1), 0);
			ck_assert_uint_eq(run_at(starts[s] + distances[d]), 1);
			ck_assert_uint_eq(wheel_next(&t.wheel), WHEEL_NEVER);
			ck_assert_uint_eq(t.wheel.count, 0);
			ck_assert_uint_eq(t.wrong, 0);
		}
	}
}
END_TEST

START_TEST(timer_with_a_past_deadline_fires_in_the_next_run)
{
	struct item first = { 0 }, second = { 0 };

	begin(1000);
	set(&first, 10);
	t.again = &second;
	t.again_ms = 20;
	ck_assert_uint_le(wheel_next(&t.wheel), 1000);
	ck_assert_uint_eq(run_at(1000), 1); /* `second` is set meanwhile and does not run now */
	ck_assert_uint_eq(second.fired, 0);
	ck_assert_uint_eq(run_at(1000), 1);
	ck_assert_uint_eq(second.fired, 1);
}
END_TEST

START_TEST(timer_that_another_one_clears_does_not_fire)
{
	struct item item[3] = { 0 };

	/* All three due at once, in whatever order: the first to fire clears one of the others. */
	begin(0);
	set(&item[0], 100);
	set(&item[1], 200);
	set(&item[2], 300);
	t.clear = &item[2];
	ck_assert_uint_eq(run_at(1000), 2);
	ck_assert_uint_eq(item[2].fired, 0);
	ck_assert_uint_eq(t.wheel.count, 0);
	/* The tail of the due list goes and another one comes. */
	set(&item[0], 10);
	set(&item[1], 20);
	wheel_clear(&t.wheel, &item[1].timer);
	set(&item[2], 30);
	ck_assert_uint_eq(run_at(1000), 2);
	ck_assert_uint_eq(item[1].fired, 1);
}
END_TEST

START_TEST(timer_that_never_comes_stays_set)
{
	struct item item = { 0 };

	begin(UINT64_MAX - 1000);
	set(&item, UINT64_MAX);
	ck_assert_uint_eq(run_at(UINT64_MAX - 1), 0);
	ck_assert(cyg_timer_is_set(&item.timer));
	wheel_clear(&t.wheel, &item.timer);
	wheel_clear(&t.wheel, &item.timer);
	ck_assert_uint_eq(t.wheel.count, 0);
}
END_TEST

static uint64_t some_distance(void)
{
	/* All magnitudes alike, so that all levels are met. */
	return next_random() >> (24 + next_random() % 40);
}

START_TEST(wheel_does_what_a_sorted_list_does)
{
	enum { ITEMS = 2000, STEPS = 20000 };
	struct item *item = calloc(ITEMS, sizeof(*item));

	state = (uint64_t)_i + 1;
	begin(next_random() >> (next_random() % 64));
	for (unsigned step = 0; step < STEPS; step++) {
		struct item *one = &item[next_random() % ITEMS];
		uint64_t least = WHEEL_NEVER, now = t.now_ms;
		size_t due = 0, set_count = 0;

		switch (next_random() % 4) {
		case 0:
		case 1:
			set(one, now + some_distance());
			break;
		case 2:
			one->deadline_ms = 0;
			wheel_clear(&t.wheel, &one->timer);
			break;
		default:
			now += some_distance() >> 8;
			break;
		}
		if (step % 16 == 0) {
			for (unsigned i = 0; i < ITEMS; i++) {
				due += item[i].deadline_ms && item[i].deadline_ms <= now;
				set_count += item[i].deadline_ms != 0;
				if (item[i].deadline_ms && item[i].deadline_ms < least)
					least = item[i].deadline_ms;
			}
			ck_assert_uint_eq(t.wheel.count, set_count);
			ck_assert_uint_eq(wheel_next_deadline(&t.wheel), least);
			ck_assert_uint_le(wheel_next(&t.wheel),
					  least > t.now_ms ? least : t.now_ms);
			ck_assert_uint_eq(run_at(now), due);
		} else {
			(void)run_at(now);
		}
	}
	ck_assert_uint_eq(t.wrong, 0);
	free(item);
}
END_TEST

START_TEST(two_hundred_thousand_timers_each_fire_once_in_order)
{
	enum { ITEMS = 200000 };
	struct item *item = calloc(ITEMS, sizeof(*item));
	size_t wakeups = 0;

	state = 42;
	begin(123456789);
	for (unsigned i = 0; i < ITEMS; i++)
		set(&item[i], 123456789 + 1 + next_random() % 3600000);
	for (unsigned i = 0; i < ITEMS; i += 2) /* half of them move */
		set(&item[i], 123456789 + 1 + next_random() % 3600000);
	while (t.wheel.count) {
		uint64_t next = wheel_next(&t.wheel);

		t.wrong += next <= t.now_ms;
		(void)run_at(next);
		wakeups++;
	}
	ck_assert_uint_eq(t.fired, ITEMS);
	for (unsigned i = 0; i < ITEMS; i++)
		t.wrong += item[i].fired != 1;
	ck_assert_uint_eq(t.wrong, 0);
	/* At most one wake-up per timer and level, and far fewer than milliseconds. */
	ck_assert_uint_lt(wakeups, 3600000);
	free(item);
}
END_TEST

Suite *wheel_suite(void)
{
	Suite *s = suite_create("wheel");
	TCase *c = tcase_create("wheel");

	tcase_set_timeout(c, 60);
	tcase_add_test(c, timer_fires_at_its_deadline_and_not_before);
	tcase_add_test(c, timer_with_a_past_deadline_fires_in_the_next_run);
	tcase_add_test(c, timer_that_another_one_clears_does_not_fire);
	tcase_add_test(c, timer_that_never_comes_stays_set);
	tcase_add_loop_test(c, wheel_does_what_a_sorted_list_does, 0, 8);
	tcase_add_test(c, two_hundred_thousand_timers_each_fire_once_in_order);
	suite_add_tcase(s, c);
	return s;
}
