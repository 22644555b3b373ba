/* SPDX-License-Identifier: MIT */
/*
 * Whatever is freed in this program is wiped. What is typed may be a secret, and libedit, jansson and the C library
 * keep copies of a line in buffers that nobody else reaches: the line, what was killed, what can be undone, the
 * screen, its conversions to wide characters and back. So free() and realloc() are ours, for libraries too.
 *
 * A build with sanitizers has their allocator, which must not be taken from it; there what is freed is not wiped.
 */
#include <cygnet/bytes.h>

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif

#if defined(__GLIBC__) && !defined(SANITIZED)
#define OURS __attribute__((visibility("default")))

void __libc_free(void *memory);

OURS void free(void *memory)
{
	int before = errno;

	if (!memory)
		return;
	cyg_wipe(memory, malloc_usable_size(memory));
	__libc_free(memory);
	errno = before;
}

/* Never in place: what moves is copied here, so that nothing is left where it was. */
OURS void *realloc(void *memory, size_t size)
{
	size_t had = memory ? malloc_usable_size(memory) : 0;
	void *grown;

	if (memory && size == 0) {
		free(memory);
		return NULL;
	}
	grown = malloc(size);
	if (grown && had)
		memcpy(grown, memory, had < size ? had : size);
	if (grown)
		free(memory);
	return grown;
}
#endif
