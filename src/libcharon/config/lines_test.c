/* SPDX-License-Identifier: MIT */
/* Lists of many lines, which are found by an index, hold what lists of few lines would. */
#include "config/config_tests.h"

#include <cygnet/objects.h>

#include <stdlib.h>

#define HOSTS	400
#define ENTRIES 2000

struct entry {
	uint64_t number;
	unsigned host;
};

/* What an access list is to be: entries in the order in which they were made. */
struct model {
	struct entry entry[ENTRIES];
	size_t count;
	uint64_t seed;
};

static unsigned chance(struct model *m, unsigned below)
{
	m->seed = m->seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(m->seed >> 33) % below;
}

/* The first with that number (0: any) and host (HOSTS: any); `count`: none. */
static size_t find(const struct model *m, uint64_t number, unsigned host)
{
	size_t i = 0;

	while (i < m->count && ((number && number != m->entry[i].number) || (host < HOSTS && host != m->entry[i].host)))
		i++;
	return i;
}

static void take(struct model *m, size_t i)
{
	if (i < m->count)
		memmove(&m->entry[i], &m->entry[i + 1], (--m->count - i) * sizeof(m->entry[0]));
}

static void put(struct model *m, uint64_t number, unsigned host)
{
	uint64_t last = 0;

	for (size_t i = 0; i < m->count; i++)
		last = last < m->entry[i].number ? m->entry[i].number : last;
	if (find(m, number, host) == m->count)
		m->entry[m->count++] = (struct entry){ number ? number : last + 10, host };
}

/* One line by chance, in the text and in the model. */
static void step(struct model *m, FILE *out)
{
	unsigned host = chance(m, HOSTS);
	uint64_t number = 1 + chance(m, 4 * HOSTS);

	switch (chance(m, 8)) {
	case 0:
		fprintf(out, " no %u\n", (unsigned)number);
		take(m, find(m, number, HOSTS));
		break;
	case 1:
		fprintf(out, " no permit host 10.0.%u.%u\n", host / 256, host % 256);
		take(m, find(m, 0, host));
		break;
	case 2:
		if (find(m, number, HOSTS) < m->count)
			break; /* two entries of a number are an error */
		fprintf(out, " %u permit host 10.0.%u.%u\n", (unsigned)number, host / 256, host % 256);
		put(m, number, host);
		break;
	case 3:
		fprintf(out, " remark %u\n", (unsigned)number);
		break;
	default:
		fprintf(out, " permit host 10.0.%u.%u\n", host / 256, host % 256);
		put(m, 0, host);
	}
}

static char *steps(struct model *m, unsigned count)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(out);
	fputs("ip access-list standard L\n", out);
	for (unsigned i = 0; i < count; i++)
		step(m, out);
	ck_assert_int_eq(fclose(out), 0);
	return text;
}

static int by_number(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;

	return a->number < b->number ? -1 : a->number > b->number;
}

static void is_model(const struct cyg_config *config, const struct model *model)
{
	const struct cyg_access_list *list = cyg_config_object(config, CYG_MODE_ACCESS_LIST, CYG_STR("L"), true);
	struct model m = *model;

	ck_assert_ptr_nonnull(list);
	ck_assert_uint_eq(list->count, m.count);
	qsort(m.entry, m.count, sizeof(m.entry[0]), by_number);
	for (size_t i = 0; i < m.count; i++) {
		ck_assert_uint_eq(list->entry[i].sequence, m.entry[i].number);
		ck_assert_uint_eq(list->entry[i].source.ip.octets[2] * 256u + list->entry[i].source.ip.octets[3], m.entry[i].host);
	}
}

START_TEST(a_list_of_any_length_is_what_was_done_to_it)
{
	size_t longest = 0;

	for (unsigned seed = 1; seed <= 12; seed++) {
		struct model first = { .seed = seed }, second;
		struct config_findings findings = { 0 };
		struct cyg_config *config = NULL;
		char *text = steps(&first, 40 * seed), *more, *shown;

		ck_assert_msg(kit_parse(text) == CYG_OK, "%s", kit_texts());
		is_model(kit_config, &first);
		/* On top of it; what it was goes on to be that. */
		second = first;
		more = steps(&second, 300);
		ck_assert_int_eq(config_parse_how(kit_grammar, CONFIG_MERGE, "more", cyg_str(more), kit_config, &findings, &config),
				 CYG_OK);
		is_model(config, &second);
		is_model(kit_config, &first);
		shown = kit_render(config, CONFIG_RENDER_SECRETS);
		ck_assert_int_eq(kit_parse(shown), CYG_OK);
		is_model(kit_config, &second);
		longest = longest < second.count ? second.count : longest;
		config_findings_done(&findings);
		config_unref(config);
		free(shown);
		free(more);
		free(text);
	}
	ck_assert_uint_gt(longest, 128);
}
END_TEST

START_TEST(one_of_many_lines_is_replaced_or_taken_away)
{
	char *text = NULL, *shown;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(out);
	fputs("vrf definition V\n rd 1:1\n", out);
	for (unsigned i = 0; i < 200; i++)
		fprintf(out, " route-target import 1:%u\n route-target import 1:%u\n", i, i / 2);
	fputs(" rd 1:2\n no route-target import 1:7\n route-target export 1:7\n route-target export 1:8\n", out);
	fputs("ip vrf W\n rd 1:3\nvrf definition W\n route-target both 1:1\n", out);
	ck_assert_int_eq(fclose(out), 0);
	ck_assert_msg(kit_parse(text) == CYG_OK, "%s", kit_texts());
	shown = kit_render(kit_config, 0);
	ck_assert_ptr_nonnull(strstr(shown, " rd 1:2\n route-target import 1:0\n route-target import 1:1\n"));
	ck_assert_ptr_null(strstr(shown, " rd 1:1\n"));
	ck_assert_ptr_nonnull(strstr(shown, " route-target import 1:6\n route-target import 1:8\n"));
	ck_assert_ptr_nonnull(strstr(shown, " route-target import 1:199\n route-target export 1:7\n route-target export 1:8\n"));
	free(shown);
	/* All that begin so. */
	text = realloc(text, len + 200);
	ck_assert_ptr_nonnull(text);
	strcat(text, "vrf definition V\n no route-target import\n route-target import 1:5\n no route-target export 1:8\n");
	ck_assert_msg(kit_parse(text) == CYG_OK, "%s", kit_texts());
	shown = kit_render(kit_config, 0);
	ck_assert_msg(strstr(shown, "vrf definition V\n rd 1:2\n route-target export 1:7\n route-target import 1:5\n!\n") != NULL, "%s",
		      shown);
	free(shown);
	free(text);
}
END_TEST

START_TEST(differences_of_long_lists_are_their_lines)
{
	struct cyg_config *before;
	char *text = NULL, *told = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	fputs("ip access-list standard L\n", out);
	for (unsigned i = 1; i <= 300; i++)
		fprintf(out, " %u permit host 10.0.%u.%u\n", i, i / 256, i % 256);
	ck_assert_int_eq(fclose(out), 0);
	ck_assert_int_eq(kit_parse(text), CYG_OK);
	before = config_ref(kit_config);
	memcpy(strstr(text, " 299 permit"), " 299 deny  ", strlen(" 299 permit"));
	ck_assert_int_eq(kit_parse(text), CYG_OK);
	free(text);
	out = open_memstream(&told, &len);
	ck_assert_int_eq(config_differences(before, kit_config, out), CYG_OK);
	ck_assert_int_eq(fclose(out), 0);
	ck_assert_str_eq(told, " ip access-list standard L\n- 299 permit host 10.0.1.43\n+ 299 deny host 10.0.1.43\n");
	free(told);
	config_unref(before);
}
END_TEST

Suite *lines_suite(void)
{
	Suite *suite = suite_create("lines");
	TCase *tests = tcase_create("many");

	tcase_add_checked_fixture(tests, kit_setup, kit_teardown);
	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, a_list_of_any_length_is_what_was_done_to_it);
	tcase_add_test(tests, one_of_many_lines_is_replaced_or_taken_away);
	tcase_add_test(tests, differences_of_long_lists_are_their_lines);
	suite_add_tcase(suite, tests);
	return suite;
}
