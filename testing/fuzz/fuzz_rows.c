/* SPDX-License-Identifier: MIT */
/* Where cygctl finds the rows or the text of a message: never outside of it, and in JSON what a parser of JSON finds. */
#include "testing/fuzz/fuzz.h"

#include "src/cygctl/rows.h"
#include "src/cygctl/text.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static void check_row(struct cyg_str row, const json_t *wanted)
{
	json_t *json = json_loadb(row.ptr, row.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);

	FUZZ_CHECK(json_equal(json, wanted));
	json_decref(json);
}

static void check_text(const uint8_t *data, size_t size, const json_t *json)
{
	const json_t *wanted = json_object_get(json, "text");
	char *message = malloc(size + 1);
	struct cyg_str text;

	FUZZ_CHECK(message != NULL);
	if (size)
		memcpy(message, data, size);
	if (text_in(message, size, &text)) {
		FUZZ_CHECK(text.ptr > message && text.ptr + text.len < message + size);
		if (json)
			FUZZ_CHECK(cyg_str_equal(text, cyg_str_n(json_string_value(wanted), json_string_length(wanted))));
	} else {
		FUZZ_CHECK(!size || memcmp(message, data, size) == 0);
	}
	free(message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cyg_str message = cyg_str_n((const char *)data, size), rows, row;
	bool one_line = !size || !memchr(data, '\n', size);
	json_t *json = one_line ? json_loadb(message.ptr, size, JSON_REJECT_DUPLICATES, NULL) : NULL;
	const json_t *wanted = json_object_get(json, "rows");
	const char *past = message.ptr;
	size_t count = 0;

	check_text(data, size, json);
	if (rows_in(message, &rows)) {
		FUZZ_CHECK(rows.ptr > message.ptr && rows.ptr + rows.len < message.ptr + size);
		FUZZ_CHECK(!json || json_is_array(wanted));
		for (; rows_next(&rows, &row); count++) {
			FUZZ_CHECK(row.len && row.ptr >= past && row.ptr + row.len < message.ptr + size);
			past = row.ptr + row.len;
			if (json)
				check_row(row, json_array_get(wanted, count));
		}
		FUZZ_CHECK(!json || count == json_array_size(wanted));
		FUZZ_PLANT(json && count == 3 && json_is_string(json_array_get(wanted, 2)));
	} else {
		/* The daemon writes no name of a member with escapes. */
		FUZZ_CHECK(!json_is_array(wanted) || memmem(data, size, "\\u", 2));
	}
	json_decref(json);
	return 0;
}
