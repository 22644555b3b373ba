/* SPDX-License-Identifier: MIT */
/* What a peer sent, in a log line: one line stays one line, in every sink's shape. */
#include "log/format.h"
#include "log/sink.h"
#include "testing/fuzz/fuzz.h"

static void check_lines(const struct cyg_strbuf *text, size_t newlines)
{
	for (size_t i = 0; i < text->len; i++) {
		unsigned char c = (unsigned char)text->ptr[i];

		FUZZ_CHECK(c == '\n' || (c >= 0x20 && c <= 0x7e));
		if (c == '\n')
			newlines--;
	}
	FUZZ_CHECK(newlines == 0);
	FUZZ_CHECK(text->ptr[text->len] == '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct log_record record;
	static char text[LOG_LINE_MAX];
	const struct cyg_field fields[] = {
		F_FOREIGN("id", cyg_bytes(data, size)),
		F_FOREIGN("half", cyg_bytes(data, size / 2)),
		F_UINT("size", size),
		{ 0 },
	};
	struct cyg_strbuf out = CYG_STRBUF(text);
	struct log_line line;

	log_format(&record, CYG_LOG_INFO, "fuzz.line", "{id} and {half} of {size}", fields);
	line = (struct log_line){ record.level, record.event, 0,
				  cyg_str_n(record.sentence, record.sentence_len),
				  cyg_str_n(record.fields, record.fields_len) };
	line_text(&line, &out);
	check_lines(&out, 1);
	out = CYG_STRBUF(text);
	line_json(&line, &out);
	check_lines(&out, 1);
	FUZZ_CHECK(out.len > 3 && memcmp(text + out.len - 3, "}}\n", 3) == 0);
	out = CYG_STRBUF(text);
	line_syslog(&line, false, &out);
	check_lines(&out, 0);
	out = CYG_STRBUF(text);
	line_syslog(&line, true, &out);
	check_lines(&out, 0);
	out = CYG_STRBUF(text);
	line_journal(&line, &out);
	check_lines(&out, 7);
	FUZZ_PLANT(size > 4 && data[0] == '{' && data[1] == 'h' && strstr(record.sentence, "\\x0a"));
	return 0;
}
