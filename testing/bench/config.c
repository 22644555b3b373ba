/* SPDX-License-Identifier: MIT */
/*
 * A configuration of many keyring peers with a tenth as many profiles and policies: what loading it costs, what finding the key
 * of a peer does, and what a line typed at the prompt; and what loading files of other shapes costs. CPU time, and its growth
 * from size to size.
 *
 * usage: config [ROUNDS]
 */
#include "config/config.h"
#include "policy/select.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define KEYRING   "sites"
#define QUESTIONS 200000u
#define TYPED     20u

static const size_t sizes[] = { 100, 1000, 10000, 100000 };
static unsigned rounds = 3;
static uint64_t state = 88172645463325252ull;
static struct config_grammar *grammar;

static uint32_t draw(size_t below)
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

static void need(bool well, const char *what)
{
	if (well)
		return;
	fprintf(stderr, "%s\n", what);
	exit(1);
}

/* --- The file --- */

/* Where peer i calls from: each has a host of its own. */
static struct cyg_ip address_of(size_t i)
{
	return (struct cyg_ip){ CYG_IPV4, { 10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i } };
}

static void write_file(FILE *out, size_t peers)
{
	char ip[CYG_IP_TEXT];

	fprintf(out, "crypto ikev2 proposal p\n encryption aes-gcm-256\n prf sha384\n group 19\n");
	fprintf(out, "crypto ikev2 keyring " KEYRING "\n");
	for (size_t i = 0; i < peers; i++) {
		struct cyg_ip address = address_of(i);

		fprintf(out, " peer site-%zu\n  address %s\n  hostname gw%zu.example.net\n", i, cyg_ip_text(&address, ip), i);
		if (i % 2)
			fprintf(out, "  identity fqdn r%zu.example.net\n", i);
		fprintf(out, "  pre-shared-key key-%zu\n", i);
	}
	for (size_t i = 0; i < peers / 10; i++) {
		struct cyg_ip address = address_of(i);

		fprintf(out, "crypto ikev2 policy policy-%zu\n match address local %s\n proposal p\n", i,
			cyg_ip_text(&address, ip));
		fprintf(out,
			"crypto ikev2 profile profile-%zu\n match identity remote fqdn domain d%zu.example.net\n"
			" authentication local pre-share\n authentication remote pre-share\n keyring local " KEYRING "\n",
			i, i);
	}
}

static double load(void (*write)(FILE *out, size_t count), size_t count, struct cyg_config **out)
{
	struct config_findings findings = { 0 };
	char *text = NULL;
	size_t len = 0;
	FILE *file = open_memstream(&text, &len);
	enum cyg_status status;
	double start;

	need(file != NULL, "out of memory");
	write(file, count);
	need(fclose(file) == 0, "out of memory");
	start = cpu_ns();
	status = config_parse_text(grammar, "bench", cyg_str_n(text, len), NULL, &findings, out);
	start = cpu_ns() - start;
	if (status != CYG_OK)
		config_findings_print(&findings, "bench", stderr);
	need(status == CYG_OK, "the configuration is refused");
	config_findings_done(&findings);
	free(text);
	return start;
}

/* --- Files of other shapes: what looks at each for each of them shows here --- */

/* As of clients without an address of their own. */
static void write_anywhere(FILE *out, size_t count)
{
	fprintf(out, "crypto ikev2 keyring " KEYRING "\n");
	for (size_t i = 0; i < count; i++)
		fprintf(out, " peer site-%zu\n  address 0.0.0.0 0.0.0.0\n  identity fqdn r%zu.example.net\n  pre-shared-key key-%zu\n",
			i, i, i);
}

static void write_list(FILE *out, size_t count)
{
	char ip[CYG_IP_TEXT];

	fprintf(out, "ip access-list standard L\n");
	for (size_t i = 0; i < count; i++) {
		struct cyg_ip address = address_of(i);

		fprintf(out, " permit host %s\n", cyg_ip_text(&address, ip));
	}
}

static void write_maps(FILE *out, size_t count)
{
	for (size_t i = 0; i < count; i++)
		fprintf(out,
			"crypto pki certificate map map-%zu 10\n subject-name co ou%zu\n"
			"crypto ikev2 profile profile-%zu\n match certificate map-%zu\n authentication local rsa-sig\n"
			" authentication remote rsa-sig\n",
			i, i, i, i);
}

static const struct {
	const char *what;
	void (*write)(FILE *out, size_t count);
	size_t count; /* and ten times that */
} shapes[] = {
	{ "peers from anywhere", write_anywhere, 10000 },
	{ "entries of a list", write_list, 10000 },
	{ "profiles by a map of their own", write_maps, 1000 },
};

static void load_shapes(void)
{
	for (size_t k = 0; k < CYG_COUNT(shapes); k++) {
		double one = 0, ten = 0;

		for (int large = 0; large < 2; large++) {
			struct cyg_config *config = NULL;

			*(large ? &ten : &one) = load(shapes[k].write, shapes[k].count * (large ? 10 : 1), &config);
			config_unref(config);
		}
		printf("%zu %s: loaded in %.3f s, %.2f times %zu's for 10 times as many\n", shapes[k].count * 10, shapes[k].what,
		       ten / 1e9, ten / one, shapes[k].count);
		fflush(stdout);
	}
}

/* --- Keys --- */

enum asked { BY_IDENTITY, BY_HOSTNAME, BY_ADDRESS, BY_NOBODY, BY_ANYBODY, ASKED_COUNT };
static const char *const asked_text[] = { "identity", "host name", "address", "nobody", "identity, cold" };

/* Nanoseconds each; the questions are made before. Of few peers, so that what differs is not what the processor's cache holds;
 * and, of BY_ANYBODY, of so many that it holds none of 100,000. */
#define ASKED_FEW  64u
#define ASKED_MANY 16384u

static double look_up(const struct config_keyring *keyring, enum asked asked)
{
	static char names[ASKED_MANY][64];
	static struct cyg_identity *ids[ASKED_MANY];
	static struct key_wanted wanted[ASKED_MANY];
	size_t found = 0, many = asked == BY_ANYBODY ? ASKED_MANY : ASKED_FEW;
	double start;

	for (size_t i = 0; i < many; i++) {
		size_t who = draw(keyring->peer_count / 2) * 2 + 1;

		wanted[i] = (struct key_wanted){ 0 };
		snprintf(names[i], sizeof(names[i]), asked == BY_HOSTNAME ? "GW%zu.example.net" : "r%zu.example.net",
			 asked == BY_NOBODY ? keyring->peer_count + i : who);
		need(cyg_identity_new(CYG_ID_FQDN, cyg_bytes(names[i], strlen(names[i])), &ids[i]) == CYG_OK, "out of memory");
		if (asked == BY_IDENTITY || asked == BY_NOBODY || asked == BY_ANYBODY)
			wanted[i].id = ids[i];
		else if (asked == BY_HOSTNAME)
			wanted[i].hostname = cyg_str(names[i]);
		else
			wanted[i].address = address_of(who);
	}
	start = cpu_ns();
	for (size_t i = 0; i < QUESTIONS; i++) {
		struct trace trace;

		trace.count = 0;
		found += select_peer(keyring, &wanted[i % many], &trace) != NULL;
	}
	start = (cpu_ns() - start) / QUESTIONS;
	for (size_t i = 0; i < many; i++)
		cyg_identity_unref(ids[i]);
	need(found == (asked == BY_NOBODY ? 0 : QUESTIONS), "a peer was not found, or nobody was");
	return start;
}

/* --- Lines at the prompt --- */

static void type(struct cyg_config **config, struct config_position *position, const char *line)
{
	struct config_findings findings = { 0 };
	struct config_typed typed = { 0 };

	need(config_run_line(*config, position, cyg_str(line), &findings, &typed) == CYG_OK, line);
	if (typed.config) {
		config_unref(*config);
		*config = config_ref(typed.config);
	}
	config_typed_done(&typed);
	config_findings_done(&findings);
}

/* Nanoseconds of each change of a line in what these lines open. */
static double change(struct cyg_config **config, const char *const open[2], const char *words)
{
	struct config_position position = { 0 };
	char line[80];
	double start;

	for (unsigned i = 0; i < 2 && open[i]; i++)
		type(config, &position, open[i]);
	start = cpu_ns();
	for (unsigned i = 0; i < TYPED; i++) {
		snprintf(line, sizeof(line), "%s%u", words, 600 + draw(80000));
		type(config, &position, line);
	}
	return (cpu_ns() - start) / TYPED;
}

static const struct {
	const char *what, *open[2], *words; /* a number follows the words */
} changes[] = {
	{ "a line of a profile", { "crypto ikev2 profile profile-3" }, "lifetime " },
	{ "a new policy", { NULL }, "crypto ikev2 policy new-" },
	{ "the key of a peer", { "crypto ikev2 keyring " KEYRING, "peer site-7" }, "pre-shared-key key-" },
};

/* --- All of it --- */

static void least(double *least, double now)
{
	if (*least == 0 || now < *least)
		*least = now;
}

int main(int argc, char **argv)
{
	static const struct config_table table = { &config_core_commands, NULL, true };
	static double loads[CYG_COUNT(sizes)], keys[ASKED_COUNT][CYG_COUNT(sizes)],
		lines[CYG_COUNT(changes)][CYG_COUNT(sizes)];
	char text[200];
	struct cyg_strbuf why = CYG_STRBUF(text);

	if (argc > 1 && atoi(argv[1]) > 0)
		rounds = (unsigned)atoi(argv[1]);
	need(config_grammar_new(&table, 1, &grammar, &why) == CYG_OK, text);
	for (size_t s = 0; s < CYG_COUNT(sizes); s++) {
		for (unsigned round = 0; round < rounds; round++) {
			struct cyg_config *config = NULL;
			const struct config_keyring *keyring;

			least(&loads[s], load(write_file, sizes[s], &config));
			keyring = cyg_config_object(config, MODE_KEYRING, CYG_STR(KEYRING), true);
			need(keyring && keyring->peer_count == sizes[s], "peers are missing");
			for (unsigned k = 0; k < ASKED_COUNT; k++)
				least(&keys[k][s], look_up(keyring, k));
			for (unsigned k = 0; k < CYG_COUNT(changes); k++)
				least(&lines[k][s], change(&config, changes[k].open, changes[k].words));
			config_unref(config);
		}
		printf("%zu peers: loaded in %.3f s, %.2f us a peer", sizes[s], loads[s] / 1e9, loads[s] / 1e3 / (double)sizes[s]);
		if (s)
			printf(", %.2f times %zu's for 10 times the peers", loads[s] / loads[s - 1], sizes[s - 1]);
		printf("\n");
		for (unsigned k = 0; k < ASKED_COUNT; k++)
			printf("  a key by %-20s %9.0f ns, %.2f times that at %zu\n", asked_text[k], keys[k][s],
			       keys[k][s] / keys[k][0], sizes[0]);
		for (unsigned k = 0; k < CYG_COUNT(changes); k++)
			printf("  %-29s %9.3f ms, %.2f times that at %zu\n", changes[k].what, lines[k][s] / 1e6,
			       lines[k][s] / lines[k][s ? 1 : 0], sizes[s ? 1 : 0]);
		fflush(stdout);
	}
	load_shapes();
	config_grammar_unref(grammar);
	return 0;
}
