/* SPDX-License-Identifier: MIT */
/* Maps beside arrays that do the same the slow way. */
#include "config/config_tests.h"
#include "config/map.h"

#include <stdlib.h>

#define KEYS 512

static unsigned refs[KEYS * 4], live;
static uint64_t state;

static unsigned roll(unsigned sides)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state >> 33) % sides;
}

static void take_ref(void *item)
{
	(*(unsigned *)item)++;
	live++;
}

static void drop_ref(void *item)
{
	ck_assert_uint_gt(*(unsigned *)item, 0);
	(*(unsigned *)item)--;
	live--;
}

static const struct map_class counted = { take_ref, drop_ref };

/* Keys in order, near each other and far apart, in both halves. */
static struct map_key key_of(unsigned n)
{
	static const uint64_t highs[] = { 0, 1, UINT64_C(0x0123456789abcdef), UINT64_MAX };

	return (struct map_key){ highs[n / (KEYS / 4)], n % (KEYS / 4) < 64 ? n % (KEYS / 4)
									: UINT64_MAX / KEYS * (n % (KEYS / 4)) };
}

struct model {
	struct map map;
	void *item[KEYS];
};

static void check_model(const struct model *m)
{
	struct map_key key = { 0 };
	size_t count = 0, some;
	void *item, *first[40];

	some = map_first(&m->map, first, CYG_COUNT(first));
	ck_assert_uint_eq(some, map_count(&m->map) < CYG_COUNT(first) ? map_count(&m->map) : CYG_COUNT(first));
	for (unsigned n = 0; n < KEYS; n++) {
		ck_assert_ptr_eq(map_get(&m->map, key_of(n)), m->item[n]);
		ck_assert_uint_eq(map_rank(&m->map, key_of(n)), count);
		if (!m->item[n])
			continue;
		item = map_next(&m->map, &key);
		ck_assert_ptr_eq(item, m->item[n]);
		ck_assert(count >= some || first[count] == item);
		ck_assert(key.high == key_of(n).high && key.low == key_of(n).low);
		key.low++;
		key.high += key.low == 0;
		ck_assert_ptr_eq(map_nth(&m->map, count++), item);
	}
	ck_assert_ptr_null(map_next(&m->map, &key));
	ck_assert_ptr_null(map_nth(&m->map, count));
	ck_assert_uint_eq(map_count(&m->map), count);
}

struct compared {
	const struct model *before, *after;
	unsigned next, told;
};

static void compare(void *ctx, struct map_key key, void *before, void *after)
{
	struct compared *c = ctx;

	/* What was passed by does not differ. */
	while (key_of(c->next).high != key.high || key_of(c->next).low != key.low) {
		ck_assert_ptr_eq(c->before->item[c->next], c->after->item[c->next]);
		ck_assert_uint_lt(++c->next, KEYS);
	}
	ck_assert_ptr_eq(before, c->before->item[c->next]);
	ck_assert_ptr_eq(after, c->after->item[c->next]);
	ck_assert_ptr_ne(before, after);
	c->next++;
	c->told++;
}

static void check_diff(const struct model *before, const struct model *after)
{
	struct compared c = { before, after, 0, 0 };

	map_diff(&before->map, &after->map, compare, &c);
	for (; c.next < KEYS; c.next++)
		ck_assert_ptr_eq(before->item[c.next], after->item[c.next]);
}

static void change(struct model *m, uint64_t stamp, unsigned turns, bool more)
{
	while (turns--) {
		unsigned n = roll(KEYS);

		if (roll(10) < (more ? 7u : 3u)) {
			void *item = &refs[roll(CYG_COUNT(refs))];

			take_ref(item);
			ck_assert_int_eq(map_put(&m->map, stamp, key_of(n), item), CYG_OK);
			m->item[n] = item;
		} else {
			ck_assert_int_eq(map_take(&m->map, stamp, key_of(n)), m->item[n] ? CYG_OK : CYG_NOT_FOUND);
			m->item[n] = NULL;
		}
	}
}

START_TEST(a_copy_changes_and_what_it_was_copied_from_stays)
{
	struct model kept[8] = { { .map = { &counted, NULL } } };
	uint64_t stamp = 0;

	state = 7;
	for (unsigned round = 0; round < 400; round++) {
		unsigned from = roll(CYG_COUNT(kept)), to = roll(CYG_COUNT(kept));

		if (from != to) {
			map_done(&kept[to].map);
			kept[to] = kept[from];
			kept[to].map.class = &counted;
			kept[to].map.root = NULL;
			kept[from].map.class = &counted;
			map_copy(&kept[to].map, &kept[from].map);
		}
		kept[to].map.class = &counted;
		change(&kept[to], ++stamp, roll(60), round % 100 < 60);
		check_model(&kept[to]);
		check_model(&kept[from]);
		check_diff(&kept[from], &kept[to]);
	}
	for (unsigned i = 0; i < CYG_COUNT(kept); i++)
		map_done(&kept[i].map);
	ck_assert_uint_eq(live, 0);
}
END_TEST

static void count_told(void *ctx, struct map_key key, void *before, void *after)
{
	(void)key;
	(void)before;
	(void)after;
	++*(unsigned *)ctx;
}

START_TEST(a_change_of_a_large_map_tells_that_change_alone)
{
	struct map map = { 0 }, other = { 0 };
	unsigned told = 0;

	for (uint64_t n = 0; n < 100000; n++)
		ck_assert_int_eq(map_put(&map, 1, (struct map_key){ 0, n }, refs), CYG_OK);
	map_copy(&other, &map);
	ck_assert_int_eq(map_put(&other, 2, (struct map_key){ 0, 777 }, refs + 1), CYG_OK);
	ck_assert_int_eq(map_take(&other, 2, (struct map_key){ 0, 99999 }), CYG_OK);
	map_diff(&map, &other, count_told, &told);
	ck_assert_uint_eq(told, 2);
	ck_assert_ptr_eq(map_get(&map, (struct map_key){ 0, 777 }), refs);
	ck_assert_uint_eq(map_count(&map), 100000);
	map_done(&map);
	map_done(&other);
}
END_TEST

Suite *map_suite(void)
{
	Suite *suite = suite_create("map");
	TCase *tests = tcase_create("map");

	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, a_copy_changes_and_what_it_was_copied_from_stays);
	tcase_add_test(tests, a_change_of_a_large_map_tells_that_change_alone);
	suite_add_tcase(suite, tests);
	return suite;
}
