/* SPDX-License-Identifier: MIT */
/*
 * What the outer path takes, and how TCP inside hears of it. The system learns path MTUs from ICMP errors about
 * our sockets; here it is asked for them. Any thread.
 */
#ifndef KERNEL_TUN_PATH_H
#define KERNEL_TUN_PATH_H

#include "inner.h"

/* The MTU that the system knows for packets of ours from `local` to `remote`; 0: it knows no way there. */
uint16_t path_mtu(const struct cyg_endpoint *local, const struct cyg_endpoint *remote);

/*
 * The largest segment that fits into packets of `mtu` octets goes into the option of a TCP segment
 * with SYN that allows a larger one (RFC 9293 3.7.1, RFC 4459 3.2). `summed`: the checksum in the packet is whole and is kept
 * right; else it is still to be completed. True: it was changed.
 */
bool path_clamp_mss(uint8_t *packet, const struct inner *in, uint16_t mtu, bool summed);

#endif
