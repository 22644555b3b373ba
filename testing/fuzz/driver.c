/* SPDX-License-Identifier: MIT */
/*
 * Runs a fuzz target where there is no libFuzzer: replays files, and mutates them blindly for a while. It
 * takes the arguments that libFuzzer takes and we use, so that the scripts know one way to call.
 *
 *   fuzz_NAME                                 replays $srcdir/testing/fuzz/corpus/NAME (`make check`)
 *   fuzz_NAME FILE-OR-FOLDER...               replays these
 *   fuzz_NAME -max_total_time=SECONDS ...     then mutates them for so long
 *   -artifact_prefix=PATH                     where an input that crashes is kept
 *   -seed=N
 */
#include "testing/fuzz/fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define INPUT_MAX  65536
#define INPUTS_MAX 4096

struct input {
	uint8_t *octets;
	size_t len;
};

static struct input inputs[INPUTS_MAX];
static size_t input_count;
static struct input now;              /* the one under test, for the crash handler */
static char artifact[4096] = "crash-input";
static uint64_t rng_state = 1;

void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

/* Keeps the input that killed us; only calls that are safe in a signal handler. */
static void keep_input(void)
{
	int fd = open(artifact, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, now.octets, now.len) != (ssize_t)now.len)
		(void)!write(STDERR_FILENO, "fuzz: cannot keep the input\n", 28);
	if (fd >= 0)
		close(fd);
}

static void on_crash(int signal_number)
{
	keep_input();
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

static void run(const uint8_t *octets, size_t len)
{
	/* A block of exactly this length: one octet too far is seen. */
	uint8_t *exact = malloc(len);

	if (len && exact)
		memcpy(exact, octets, len);
	now = (struct input){ exact, len };
	LLVMFuzzerTestOneInput(exact, len);
	free(exact);
}

static int load_file(const char *path)
{
	static uint8_t buffer[INPUT_MAX];
	FILE *file = fopen(path, "rb");
	size_t len;

	if (!file) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return -1;
	}
	len = fread(buffer, 1, sizeof(buffer), file);
	fclose(file);
	if (input_count == INPUTS_MAX)
		return 0;
	inputs[input_count].octets = malloc(len + 1);
	if (!inputs[input_count].octets)
		return -1;
	memcpy(inputs[input_count].octets, buffer, len);
	inputs[input_count++].len = len;
	return 0;
}

static int load(const char *path)
{
	struct stat st;
	struct dirent *entry;
	int result = 0;
	DIR *dir;

	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		return load_file(path);
	dir = opendir(path);
	if (!dir)
		return -1;
	while ((entry = readdir(dir))) {
		char below[4096];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(below, sizeof(below), "%s/%s", path, entry->d_name);
		result |= load_file(below);
	}
	closedir(dir);
	return result;
}

static uint64_t rng(void)
{
	rng_state ^= rng_state << 13;
	rng_state ^= rng_state >> 7;
	rng_state ^= rng_state << 17;
	return rng_state;
}

static size_t below(size_t limit)
{
	return limit ? rng() % limit : 0;
}

static const uint8_t interesting[] = { 0, 1, 2, 3, 4, 7, 8, 16, 31, 32, 64, 127, 128, 254, 255 };

/* One change of `octets` (room: INPUT_MAX); returns the new length. */
static size_t mutate(uint8_t *octets, size_t len)
{
	const struct input *other = &inputs[below(input_count)];
	size_t at = below(len), n = 1 + below(16);

	if (len == 0) {
		octets[0] = (uint8_t)rng();
		return 1;
	}
	switch (rng() % 8) {
	case 0:
		octets[at] ^= (uint8_t)(1u << rng() % 8);
		return len;
	case 1:
		octets[at] = (uint8_t)rng();
		return len;
	case 2:
		octets[at] = interesting[below(sizeof(interesting))];
		return len;
	case 3:
		octets[at] = (uint8_t)(octets[at] + (rng() & 1 ? 1 : -1));
		return len;
	case 4: /* cut out */
		n = n > len - at ? len - at : n;
		memmove(octets + at, octets + at + n, len - at - n);
		return len - n;
	case 5: /* repeat */
		n = n > len - at ? len - at : n;
		if (len + n > INPUT_MAX)
			return len;
		memmove(octets + at + n, octets + at, len - at);
		return len + n;
	case 6: /* go on with another one */
		n = below(other->len);
		if (at + other->len - n > INPUT_MAX)
			return len;
		memcpy(octets + at, other->octets + n, other->len - n);
		return at + other->len - n;
	default: /* end early */
		return at;
	}
}

static uint64_t fuzz(unsigned seconds)
{
	static uint8_t octets[INPUT_MAX];
	time_t until = time(NULL) + (time_t)seconds;
	uint64_t runs = 0;

	while (time(NULL) < until) {
		for (unsigned i = 0; i < 256; i++, runs++) {
			const struct input *base = &inputs[below(input_count)];
			size_t len = base->len;

			memcpy(octets, base->octets, len);
			for (size_t changes = 1 + below(4); changes > 0; changes--)
				len = mutate(octets, len);
			run(octets, len);
		}
	}
	return runs;
}

/* corpus/NAME for .../fuzz_NAME or .../lt-fuzz_NAME. */
static int load_own_corpus(const char *program)
{
	const char *top = getenv("srcdir"), *name = strstr(program, "fuzz_");
	char path[4096];

	for (const char *next = name; next; next = strstr(next + 1, "fuzz_"))
		name = next;
	if (!top || !name) {
		fprintf(stderr, "usage: %s FILE-OR-FOLDER...\n", program);
		return -1;
	}
	snprintf(path, sizeof(path), "%s/testing/fuzz/corpus/%s", top, name + 5);
	return load(path);
}

int main(int argc, char **argv)
{
	static const int deadly[] = { SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL };
	unsigned seconds = 0;
	uint64_t runs = 0;
	bool named = false;

	for (int i = 1; i < argc; i++) {
		int result = 0;

		if (strncmp(argv[i], "-max_total_time=", 16) == 0)
			seconds = (unsigned)strtoul(argv[i] + 16, NULL, 10);
		else if (strncmp(argv[i], "-artifact_prefix=", 17) == 0)
			snprintf(artifact, sizeof(artifact), "%scrash-input", argv[i] + 17);
		else if (strncmp(argv[i], "-seed=", 6) == 0)
			rng_state = strtoull(argv[i] + 6, NULL, 10) * 2 + 1;
		else if (argv[i][0] != '-')
			named = true, result = load(argv[i]);
		if (result < 0)
			return 2;
	}
	if (!named && load_own_corpus(argv[0]) < 0)
		return 2;
	if (input_count == 0) {
		fprintf(stderr, "%s: no inputs: a target needs a corpus\n", argv[0]);
		return 2;
	}
	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
		signal(deadly[i], on_crash);
	if (__sanitizer_set_death_callback)
		__sanitizer_set_death_callback(keep_input);
	run(NULL, 0);
	for (size_t i = 0; i < input_count; i++)
		run(inputs[i].octets, inputs[i].len);
	if (seconds)
		runs = fuzz(seconds);
	printf("%zu inputs replayed, %llu more runs\n", input_count, (unsigned long long)runs);
	for (size_t i = 0; i < input_count; i++)
		free(inputs[i].octets);
	return 0;
}
