/* SPDX-License-Identifier: MIT */
/*
 * The Linux devices of a configuration: one for each Virtual-Template and each Tunnel with protection
 * (cyg-vN, cyg-tN), made by the kernel plugin; and the addresses of Loopbacks, which are put on `lo` if no
 * device has them. Control thread only.
 */
#ifndef CONTROL_INTERFACES_H
#define CONTROL_INTERFACES_H

#include "control/state.h"

#include <cygnet/kernel.h>

#define INTERFACES_MAX 1024

/* The devices that a configuration wants, in the order of the file: at most `max`; returns how many. *left_out (may be NULL): how
 * many more it wants. */
size_t interfaces_wanted(const struct config_view *view, struct cyg_kernel_interface *out, size_t max, size_t *left_out);
/* Has the device of an interface been made? */
bool interface_is_made(const struct daemon *daemon, const struct config_interface *interface);
/* The name of the device for an interface: "cyg-t0". False for one that has none of ours. */
bool interface_device(const struct config_interface *interface, char *out, size_t room);

/*
 * Makes or changes what `config` wants; what fails is logged, and its tunnels fail with a reason. `done` runs in
 * this call or later. One at a time.
 */
void interfaces_set(struct daemon *daemon, const struct cyg_config *config,
		    void (*done)(struct daemon *daemon, void *ctx), void *ctx);
/* Removes what `config` (NULL: nothing) no longer wants. */
void interfaces_prune(struct daemon *daemon, const struct cyg_config *config,
		      void (*done)(struct daemon *daemon, void *ctx), void *ctx);
void interfaces_free(struct daemon *daemon);

#endif
