/* SPDX-License-Identifier: MIT */
/* The kernel's own counters of IPsec (/proc/net/xfrm_stat), those of them that say why packets are dropped. */
#ifndef KERNEL_NETLINK_TOTALS_H
#define KERNEL_NETLINK_TOTALS_H

#include <cygnet/kernel.h>

#define TOTALS_TEXT_MAX 4096

/* Pure: out of the file's text, into room for CYG_KERNEL_TOTALS_MAX; what it does not have counts 0. How many. */
unsigned totals_read(struct cyg_str text, struct cyg_kernel_total *out);

#endif
