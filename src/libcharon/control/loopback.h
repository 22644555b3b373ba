/* SPDX-License-Identifier: MIT */
/*
 * Addresses on `lo` (configuration grammar, rule 10: a Loopback is an address object). Asks the kernel and waits for its
 * answer, which takes microseconds. Control thread only.
 */
#ifndef CONTROL_LOOPBACK_H
#define CONTROL_LOOPBACK_H

#include <cygnet/ip.h>

/* Is it on any device? CYG_OK: yes, CYG_NOT_FOUND, CYG_IO. */
enum cyg_status loopback_has(const struct cyg_ip *ip) CYG_MUST_CHECK;
/* As /32 or /128. CYG_EXISTS or CYG_NOT_FOUND if there is nothing to do; CYG_IO with errno. */
enum cyg_status loopback_set(const struct cyg_ip *ip, bool add) CYG_MUST_CHECK;

#endif
