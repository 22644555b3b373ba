/* SPDX-License-Identifier: MIT */
/*
 * usage: primitives [BATCHES [psk|rsa|ecdsa]]
 *
 * CPU time of the bare cryptography of one set-up (bare.h), in microseconds: lowest, median and
 * highest of the batches, on one line that scripts can read.
 */
#include "bare.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>


static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
	int batches = argc > 1 ? atoi(argv[1]) : 9;
	const char *word = argc > 2 ? argv[2] : "psk";
	enum bare_kind kind = word[0] == 'r' ? BARE_RSA : word[0] == 'e' ? BARE_ECDSA : BARE_PSK;
	int per_batch = kind == BARE_RSA ? 100 : 500;
	double *took;
	struct bare *bare;

	if (batches < 1 || batches > 10000) {
		fprintf(stderr, "primitives: 1 to 10000 batches\n");
		return 2;
	}
	took = calloc((size_t)batches, sizeof(*took));
	if (!took)
		return 1;
	bare = bare_new(kind);
	for (int batch = 0; batch < batches; batch++) {
		double start = now_us();

		for (int i = 0; i < per_batch; i++)
			bare_setup(bare);
		took[batch] = (now_us() - start) / per_batch;
	}
	bare_free(bare);
	qsort(took, (size_t)batches, sizeof(*took), compare);
	printf("%.1f %.1f %.1f\n", took[0], took[batches / 2], took[batches - 1]);
	free(took);
	return 0;
}
