/* SPDX-License-Identifier: MIT */
/*
 * A million timers in one wheel, beside libuv's in the same run: setting them, moving them about at random and a few
 * hot ones, and what passing time costs. Nanoseconds of CPU time, and the ratio to libuv.
 *
 * usage: timers [TIMERS [ROUNDS]]
 */
#include "shard/wheel.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <uv.h>

#define SPAN_MS 100000u /* deadlines lie within so much */
#define HOT     1000u

static unsigned count = 1000000, rounds = 3;
static uint64_t state = 88172645463325252ull;
static struct wheel wheel;
static struct cyg_timer *ours;
static uv_timer_t *theirs;
static uv_loop_t loop;
static uint64_t fired, now_ms;

static uint32_t draw(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)((state >> 32) * below >> 32);
}

static double cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void fire(struct cyg_shard *shard, struct cyg_timer *timer)
{
	fired++;
	wheel_set(&wheel, timer, now_ms + 1 + draw(SPAN_MS));
}

static void on_uv(uv_timer_t *timer)
{
}

static void our_set(uint32_t i)
{
	wheel_set(&wheel, &ours[i], now_ms + 1 + draw(SPAN_MS));
}

static void our_reset(uint32_t i)
{
	wheel_clear(&wheel, &ours[i]);
	our_set(i);
}

static void their_set(uint32_t i)
{
	(void)uv_timer_start(&theirs[i], on_uv, 1 + draw(SPAN_MS), 0);
}

/* Nanoseconds of each of `n` calls about timers below `below`, in order or (0) at random. */
static double measure(void (*call)(uint32_t i), uint32_t n, uint32_t below, bool in_order)
{
	double before = cpu_ns();

	for (uint32_t i = 0; i < n; i++)
		call(in_order ? i : draw(below));
	return (cpu_ns() - before) / n;
}

static void row(const char *what, double our, double their)
{
	if (their > 0)
		printf("%-44s %8.1f %8.1f %7.3f\n", what, our, their, our / their);
	else
		printf("%-44s %8.1f %8s %7s\n", what, our, "-", "-");
}

int main(int argc, char **argv)
{
	if (argc > 1)
		count = (unsigned)atoi(argv[1]);
	if (argc > 2)
		rounds = (unsigned)atoi(argv[2]);
	ours = calloc(count, sizeof(*ours));
	theirs = calloc(count, sizeof(*theirs));
	if (count < HOT || !ours || !theirs || uv_loop_init(&loop) != 0) {
		fprintf(stderr, "timers: no memory, or fewer than %u timers\n", HOT);
		return 1;
	}
	for (uint32_t i = 0; i < count; i++) {
		(void)uv_timer_init(&loop, &theirs[i]);
		ours[i].fire = fire;
	}
	wheel_init(&wheel, now_ms);
	printf("%u timers; octets each: %zu, libuv %zu\n", count, sizeof(struct cyg_timer), sizeof(uv_timer_t));
	printf("%-44s %8s %8s %7s\n", "nanoseconds of CPU time", "wheel", "libuv", "ratio");
	for (unsigned round = 0; round < rounds; round++) {
		double our, passed;

		our = round ? measure(our_reset, count, count, true) : measure(our_set, count, count, true);
		row(round ? "set again, in order" : "set, in order", our, measure(their_set, count, count, true));
		our = measure(our_reset, count, count, false);
		row("moved, any of them", our, measure(their_set, count, count, false));
		our = measure(our_reset, count, HOT, false);
		row("moved, a thousand hot ones", our, measure(their_set, count, HOT, false));
		fired = 0;
		passed = cpu_ns();
		for (unsigned i = 0; i < SPAN_MS; i++)
			(void)wheel_run(&wheel, NULL, ++now_ms);
		passed = cpu_ns() - passed;
		row("fired and set again, each", fired ? passed / (double)fired : 0, 0);
		printf("%-44s %8.1f ms of CPU, %llu fired\n", "100 seconds that pass, a turn a millisecond", passed / 1e6,
		       (unsigned long long)fired);
	}
	for (uint32_t i = 0; i < count; i++)
		(void)uv_timer_stop(&theirs[i]);
	(void)uv_run(&loop, UV_RUN_NOWAIT);
	free(ours);
	free(theirs);
	return 0;
}
