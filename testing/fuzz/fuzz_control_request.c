/* SPDX-License-Identifier: MIT */
/* One request of the control socket, the pipe behind its command line, and a pattern against its text. */
#include "testing/fuzz/fuzz.h"

#include "control/pipe.h"
#include "control/protocol.h"

#include <string.h>

static void run_pipe(const char *line)
{
	struct pipe_chain chain;
	struct cyg_str command;
	char reason[200];
	struct cyg_strbuf why = CYG_STRBUF(reason);

	if (pipe_parse(cyg_str(line), &command, &chain, &why) != CYG_OK) {
		FUZZ_CHECK(why.len > 0);
		return;
	}
	FUZZ_CHECK(command.len <= strlen(line) && chain.count <= PIPE_FILTERS_MAX);
	(void)pipe_passes(&chain, 0, cyg_str(line));
	(void)pipe_passes(&chain, 0, cyg_str(""));
	FUZZ_PLANT(chain.count == 1 && chain.filter[0].kind == PIPE_SECTION);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct control_request request;
	char reason[200];
	struct cyg_strbuf why = CYG_STRBUF(reason);

	if (control_request_read(cyg_bytes(data, size), &request, &why) == CYG_OK) {
		FUZZ_CHECK(request.verb >= CONTROL_RUN && request.verb <= CONTROL_CANCEL);
		FUZZ_CHECK(!request.line == (request.verb == CONTROL_WAIT || request.verb == CONTROL_CANCEL));
		FUZZ_CHECK(!request.line || (strlen(request.line) <= CONTROL_LINE_MAX && !strchr(request.line, '\n')));
		if (request.line)
			run_pipe(request.line);
	} else {
		FUZZ_CHECK(why.len > 0);
	}
	control_request_done(&request);
	return 0;
}
