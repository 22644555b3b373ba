/* SPDX-License-Identifier: MIT */
#include "control/protocol.h"

#include <jansson.h>
#include <malloc.h>
#include <stdlib.h>

static enum cyg_status complain(struct cyg_strbuf *why, const char *text)
{
	cyg_strbuf_add(why, cyg_str(text));
	return CYG_MALFORMED;
}

static bool is_line(struct cyg_str text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.ptr[i] < ' ' && text.ptr[i] != '\t' && text.ptr[i] != 3)
			return false;
	return true;
}

static enum cyg_status read_answer(const json_t *answer, struct control_request *out, struct cyg_strbuf *why)
{
	struct cyg_str text = cyg_str_n(json_string_value(answer), json_string_length(answer));

	if (!json_is_string(answer) || text.len > CONTROL_ANSWER_MAX || !is_line(text))
		return complain(why, "'answer' must be a short text without control characters, or several");
	if (out->answer_count == CONTROL_ANSWERS_MAX)
		return complain(why, "there are more answers than any command has questions");
	out->answer[out->answer_count] = cyg_str_dup(text);
	if (out->answer[out->answer_count++])
		return CYG_OK;
	out->answer_count--;
	cyg_strbuf_add(why, CYG_STR("memory is short"));
	return CYG_NOMEM;
}

/* What else a request may say: who sits there, and what they answered. */
static enum cyg_status read_manners(const json_t *root, struct control_request *out, struct cyg_strbuf *why)
{
	const json_t *interactive = json_object_get(root, "interactive");
	const json_t *terminal = json_object_get(root, "terminal"), *answer = json_object_get(root, "answer");
	enum cyg_status status = CYG_OK;
	struct cyg_str text;

	if (interactive && !json_is_boolean(interactive))
		return complain(why, "'interactive' must be true or false");
	out->interactive = json_is_true(interactive);
	if (terminal) {
		text = cyg_str_n(json_string_value(terminal), json_string_length(terminal));
		if (!json_is_string(terminal) || text.len >= sizeof(out->terminal) || !is_line(text))
			return complain(why, "'terminal' must be a short name");
		memcpy(out->terminal, text.ptr, text.len);
	}
	if (answer && !json_is_array(answer))
		return read_answer(answer, out, why);
	for (size_t i = 0; i < json_array_size(answer) && status == CYG_OK; i++)
		status = read_answer(json_array_get(answer, i), out, why);
	return status;
}

static enum cyg_status read_object(const json_t *root, struct control_request *out,
				   struct cyg_strbuf *why)
{
	static const struct {
		const char *member;
		enum control_verb verb;
	} verbs[] = { { "run", CONTROL_RUN }, { "complete", CONTROL_COMPLETE }, { "help", CONTROL_HELP },
		      { "wait", CONTROL_WAIT }, { "cancel", CONTROL_CANCEL } };
	const json_t *id = json_object_get(root, "id");
	const json_t *json = json_object_get(root, "json");
	const json_t *line = NULL;
	struct cyg_str text;

	if (id && json_is_integer(id) && json_integer_value(id) >= 0)
		out->id = (uint64_t)json_integer_value(id);
	else
		return complain(why, "'id' must be a number that is not negative");
	if (json && !json_is_boolean(json))
		return complain(why, "'json' must be true or false");
	out->json = json_is_true(json);

	for (size_t i = 0; i < CYG_COUNT(verbs); i++) {
		const json_t *value = json_object_get(root, verbs[i].member);

		if (!value)
			continue;
		if (line)
			return complain(why, "one of 'run', 'complete', 'help', 'wait' and 'cancel' at a time");
		line = value;
		out->verb = verbs[i].verb;
	}
	if (out->verb == CONTROL_WAIT || out->verb == CONTROL_CANCEL)
		return json_is_true(line) ? CYG_OK : complain(why, "'wait' and 'cancel' must be true");
	if (!json_is_string(line))
		return complain(why, "'run', 'complete' or 'help' with a command line is missing");
	text = cyg_str_n(json_string_value(line), json_string_length(line));
	if (text.len > CONTROL_LINE_MAX)
		return complain(why, "the command line is too long");
	if (!is_line(text))
		return complain(why, "a command is one line without control characters");
	out->line = cyg_str_dup(text);
	if (out->line)
		return read_manners(root, out, why);
	cyg_strbuf_add(why, CYG_STR("memory is short"));
	return CYG_NOMEM;
}

enum cyg_status control_request_read(struct cyg_bytes octets, struct control_request *out,
				     struct cyg_strbuf *why)
{
	json_error_t error;
	enum cyg_status status;
	json_t *root;

	*out = (struct control_request){ 0 };
	root = json_loadb((const char *)octets.ptr, octets.len, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		return complain(why, "the request is not JSON");
	if (json_is_object(root))
		status = read_object(root, out, why);
	else
		status = complain(why, "a request is a JSON object");
	json_decref(root);
	return status;
}

void control_answers_free(char **answers, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		cyg_wipe(answers[i], strlen(answers[i]));
		free(answers[i]);
		answers[i] = NULL;
	}
}

void control_request_done(struct control_request *request)
{
	if (request->line)
		cyg_wipe(request->line, strlen(request->line));
	free(request->line);
	request->line = NULL;
	control_answers_free(request->answer, request->answer_count);
	request->answer_count = 0;
}

static void wiping_free(void *memory)
{
	if (memory)
		cyg_wipe(memory, malloc_usable_size(memory));
	free(memory);
}

void control_json_wipes(void)
{
	json_set_alloc_funcs(malloc, wiping_free);
}

/* Length of the UTF-8 character at `s`, 0 if there is none. */
static size_t utf8_len(struct cyg_str s)
{
	const unsigned char *p = (const unsigned char *)s.ptr;
	size_t len = p[0] < 0x80 ? 1 : p[0] >= 0xc2 && p[0] < 0xe0 ? 2 : p[0] >= 0xe0 && p[0] < 0xf0 ? 3 :
		     p[0] >= 0xf0 && p[0] < 0xf5 ? 4 : 0;

	if (len == 0 || len > s.len)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0; /* overlong, a surrogate, or past the last one */
	return len;
}

struct json_t *control_json_text(struct cyg_str text)
{
	bool plain = text.len && !memchr(text.ptr, '\0', text.len);
	json_t *json = plain ? json_stringn(text.ptr, text.len) : NULL;
	char *copy;

	if (json) /* nearly always: it is UTF-8 as it stands */
		return json;
	copy = cyg_str_dup(text);
	if (!copy)
		return NULL;
	for (size_t i = 0; i < text.len;) {
		size_t len = utf8_len(cyg_str_n(copy + i, text.len - i));

		if (len == 0 || copy[i] == '\0')
			copy[i] = '?';
		i += len ? len : 1;
	}
	json = json_stringn(copy, text.len);
	free(copy);
	return json;
}

struct json_t *control_json_str(const char *text)
{
	return control_json_text(cyg_str(text));
}
