/* SPDX-License-Identifier: MIT */
/* What differs between compilers and builds, so that no other file needs an #ifdef in a function. */
#ifndef BASE_COMPAT_H
#define BASE_COMPAT_H

/* 1 when AddressSanitizer watches the heap: own allocators then step aside, so that it sees
 * leaks and overruns. */
#if defined(__SANITIZE_ADDRESS__)
#define CYG_HEAP_IS_WATCHED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CYG_HEAP_IS_WATCHED 1
#endif
#endif
#ifndef CYG_HEAP_IS_WATCHED
#define CYG_HEAP_IS_WATCHED 0
#endif

#endif
