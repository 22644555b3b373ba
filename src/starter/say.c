/* SPDX-License-Identifier: MIT */
#include "say.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

void say(const char *format, ...)
{
	char line[1024] = "cygnet: ";
	size_t head = sizeof("cygnet: ") - 1, room = sizeof(line) - head - 1;
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(line + head, room, format, args);
	va_end(args);
	if (len < 0)
		return;
	size_t end = head + ((size_t)len < room ? (size_t)len : room - 1);

	line[end] = '\n';
	/* One write, so that lines of starter and daemon do not mix. There is nowhere to tell a failure. */
	if (write(STDERR_FILENO, line, end + 1) < 0)
		return;
}
