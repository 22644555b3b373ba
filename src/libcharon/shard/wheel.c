/* SPDX-License-Identifier: MIT */
/* The timer wheel: see wheel.h for its shape. Owning shard only. */
#include "shard/wheel.h"

#include "shard/shard.h"

#define LEVEL_BITS 6
#define FAR_BITS   (WHEEL_LEVELS * LEVEL_BITS)

void wheel_init(struct wheel *w, uint64_t now_ms)
{
	*w = (struct wheel){ .now_ms = now_ms };
	w->due_tail = &w->due;
}

static void link_at(struct cyg_timer **head, struct cyg_timer *timer)
{
	timer->next = *head;
	timer->prev = head;
	if (timer->next)
		timer->next->prev = &timer->next;
	*head = timer;
}

static void unlink_from(struct cyg_timer *timer)
{
	*timer->prev = timer->next;
	if (timer->next)
		timer->next->prev = timer->prev;
	timer->next = NULL;
	timer->prev = NULL;
}

static void add_due(struct wheel *w, struct cyg_timer *timer)
{
	timer->next = NULL;
	timer->prev = w->due_tail;
	*w->due_tail = timer;
	w->due_tail = &timer->next;
}

/* Puts a timer that is in no list where its deadline belongs. */
static void place(struct wheel *w, struct cyg_timer *timer)
{
	uint64_t differs = timer->deadline_ms ^ w->now_ms;
	unsigned level, slot;

	if (timer->deadline_ms <= w->now_ms) {
		add_due(w, timer);
		return;
	}
	level = (63u - (unsigned)__builtin_clzll(differs)) / LEVEL_BITS;
	if (level >= WHEEL_LEVELS) {
		link_at(&w->far, timer);
		return;
	}
	slot = (unsigned)(timer->deadline_ms >> (level * LEVEL_BITS)) % WHEEL_SLOTS;
	link_at(&w->slot[level * WHEEL_SLOTS + slot], timer);
	w->used[level] |= UINT64_C(1) << slot;
}

void wheel_set(struct wheel *w, struct cyg_timer *timer, uint64_t deadline_ms)
{
	wheel_clear(w, timer);
	timer->deadline_ms = deadline_ms;
	place(w, timer);
	w->count++;
}

void wheel_clear(struct wheel *w, struct cyg_timer *timer)
{
	struct cyg_timer **head = timer->prev;

	if (!head)
		return;
	if (w->due_tail == &timer->next)
		w->due_tail = timer->prev;
	unlink_from(timer);
	w->count--;
	/* The first of its slot, and there is no other: the slot is empty now. */
	if (!*head && head >= w->slot && head < w->slot + CYG_COUNT(w->slot)) {
		size_t index = (size_t)(head - w->slot);

		w->used[index / WHEEL_SLOTS] &= ~(UINT64_C(1) << index % WHEEL_SLOTS);
	}
}

/* The time at which the earliest occupied slot begins, and that slot. */
static uint64_t first_slot(const struct wheel *w, unsigned *level_out, unsigned *slot_out)
{
	for (unsigned level = 0; level < WHEEL_LEVELS; level++) {
		unsigned shift = level * LEVEL_BITS, slot;
		uint64_t above;

		if (!w->used[level])
			continue;
		slot = (unsigned)__builtin_ctzll(w->used[level]);
		above = w->now_ms >> (shift + LEVEL_BITS);
		*level_out = level;
		*slot_out = slot;
		return (above << LEVEL_BITS | slot) << shift;
	}
	*level_out = WHEEL_LEVELS;
	*slot_out = 0;
	if (!w->far || w->now_ms >> FAR_BITS == UINT64_MAX >> FAR_BITS)
		return WHEEL_NEVER;
	return ((w->now_ms >> FAR_BITS) + 1) << FAR_BITS;
}

/* Moves the wheel to `now_ms`: what has become due joins the due list in order. */
static void advance(struct wheel *w, uint64_t now_ms)
{
	for (;;) {
		unsigned level, slot;
		uint64_t begins = first_slot(w, &level, &slot);
		struct cyg_timer **head, *timer;

		if (begins > now_ms || begins == WHEEL_NEVER)
			break;
		head = level == WHEEL_LEVELS ? &w->far : &w->slot[level * WHEEL_SLOTS + slot];
		if (level < WHEEL_LEVELS)
			w->used[level] &= ~(UINT64_C(1) << slot);
		timer = *head;
		*head = NULL;
		w->now_ms = begins;
		while (timer) {
			struct cyg_timer *next = timer->next;

			place(w, timer);
			timer = next;
		}
	}
	if (now_ms > w->now_ms)
		w->now_ms = now_ms;
}

size_t wheel_run(struct wheel *w, struct cyg_shard *shard, uint64_t now_ms)
{
	size_t fired = 0;

	advance(w, now_ms);
	CYG_ASSERT(!w->firing);
	w->firing = w->due;
	if (w->firing)
		w->firing->prev = &w->firing;
	w->due = NULL;
	w->due_tail = &w->due;
	while (w->firing) {
		struct cyg_timer *timer = w->firing;

		unlink_from(timer);
		w->count--;
		fired++;
		if (shard)
			SHARD_ENTERS(shard, timer->fire);
		timer->fire(shard, timer);
	}
	return fired;
}

uint64_t wheel_next(const struct wheel *w)
{
	unsigned level, slot;

	return w->due ? w->now_ms : first_slot(w, &level, &slot);
}

uint64_t wheel_next_deadline(const struct wheel *w)
{
	uint64_t least = WHEEL_NEVER;
	unsigned level, slot;

	if (w->due)
		return w->due->deadline_ms;
	if (first_slot(w, &level, &slot) == WHEEL_NEVER && !w->far)
		return WHEEL_NEVER;
	for (const struct cyg_timer *t = level == WHEEL_LEVELS ? w->far
							      : w->slot[level * WHEEL_SLOTS + slot];
	     t; t = t->next) {
		if (t->deadline_ms < least)
			least = t->deadline_ms;
	}
	return least;
}
