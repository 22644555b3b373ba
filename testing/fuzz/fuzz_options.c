/* SPDX-License-Identifier: MIT */
/* cygnet.conf and plugins/NAME.conf: any text, a table with every type of option. */
#include "testing/fuzz/fuzz.h"

#include "registry/options.h"

#include <string.h>

struct all {
	bool flag;
	uint32_t number, wait_ms;
	const char *text;
	int word;
	const char *const *list;
	const struct cyg_option_pair *map;
};

static const char *const words[] = { "red", "green", "blue", NULL };

static const struct cyg_option table[] = {
	CYG_OPT_BOOL(struct all, flag, "flag", "yes", "A flag."),
	CYG_OPT_UINT(struct all, number, "number", "5", 1, 20, "A number."),
	CYG_OPT_DURATION(struct all, wait_ms, "wait", "2s", 100, 60000, "A time."),
	CYG_OPT_STRING(struct all, text, "text", "", "A text."),
	CYG_OPT_ENUM(struct all, word, "word", "green", words, "A word."),
	CYG_OPT_LIST(struct all, list, "list", NULL, "A list."),
	CYG_OPT_MAP(struct all, map, "map", "A map."),
	CYG_OPT_END,
};

static void check_values(const struct all *a)
{
	size_t pairs = 0, items = 0;

	FUZZ_CHECK(a->number >= 1 && a->number <= 20);
	FUZZ_CHECK(a->wait_ms >= 100 && a->wait_ms <= 60000);
	FUZZ_CHECK(a->word >= 0 && a->word < 3);
	FUZZ_CHECK(strlen(a->text) < CONF_LINE_MAX);
	for (; a->list[items]; items++)
		FUZZ_CHECK(a->list[items][0] != '\0');
	for (; a->map[pairs].key; pairs++)
		FUZZ_CHECK(a->map[pairs].key[0] != '\0' && a->map[pairs].value);
	FUZZ_CHECK(items <= CONF_ITEMS_MAX && pairs <= CONF_ITEMS_MAX);
	FUZZ_PLANT(items == 2 && strchr(a->list[0], ',') && pairs == 1 && a->number != 11);
}

static void read_one(const char *text, size_t len, bool known_only)
{
	static char errors[16384];
	const struct conf_part part = { table, sizeof(struct all) };
	struct cyg_strbuf b = CYG_STRBUF(errors);
	struct cyg_conf *conf;
	enum cyg_status status;

	status = known_only ? conf_read_known(&part, 1, "fuzz.conf", cyg_str_n(text, len), &b, &conf)
			    : conf_read(&part, 1, "fuzz.conf", cyg_str_n(text, len), &b, &conf);
	FUZZ_CHECK(errors[b.len] == '\0' && !b.cut);
	if (status == CYG_OK) {
		FUZZ_CHECK(b.len == 0);
		check_values(conf_data(conf, 0));
		conf_unref(conf);
		return;
	}
	/* An error has its line, a line is whole and fit for a terminal. */
	FUZZ_CHECK(status == CYG_MALFORMED && b.len > 0 && errors[b.len - 1] == '\n');
	for (size_t i = 0; i < b.len; i++)
		FUZZ_CHECK(errors[i] == '\n' || (errors[i] >= 0x20 && errors[i] <= 0x7e));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > CONF_FILE_MAX)
		return 0;
	read_one((const char *)data, size, false);
	read_one((const char *)data, size, true);
	return 0;
}
