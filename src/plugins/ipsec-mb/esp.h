/* SPDX-License-Identifier: MIT */
/* The suites of this plugin, as cyg_esp_ops. One instance per shard. */
#ifndef IPSEC_MB_ESP_H
#define IPSEC_MB_ESP_H

#include <cygnet/plugin.h>

#define IPSEC_MB_ESP_COUNT 24
extern const struct cyg_esp_ops ipsec_mb_esp_ops[IPSEC_MB_ESP_COUNT];

#define IPSEC_MB_ESP(n_) CYG_PROVIDE_ESP(&ipsec_mb_esp_ops[n_])
#define IPSEC_MB_ESP_FEATURES \
	IPSEC_MB_ESP(0), IPSEC_MB_ESP(1), IPSEC_MB_ESP(2), IPSEC_MB_ESP(3), \
	IPSEC_MB_ESP(4), IPSEC_MB_ESP(5), IPSEC_MB_ESP(6), IPSEC_MB_ESP(7), \
	IPSEC_MB_ESP(8), IPSEC_MB_ESP(9), IPSEC_MB_ESP(10), IPSEC_MB_ESP(11), \
	IPSEC_MB_ESP(12), IPSEC_MB_ESP(13), IPSEC_MB_ESP(14), IPSEC_MB_ESP(15), \
	IPSEC_MB_ESP(16), IPSEC_MB_ESP(17), IPSEC_MB_ESP(18), IPSEC_MB_ESP(19), \
	IPSEC_MB_ESP(20), IPSEC_MB_ESP(21), IPSEC_MB_ESP(22), IPSEC_MB_ESP(23)

/* Before the first instance: asks the processor. CYG_UNSUPPORTED if it has no AES instructions, CYG_IO if
 * the library's own test fails, CYG_NOMEM. */
enum cyg_status ipsec_mb_open(void) CYG_MUST_CHECK;
void ipsec_mb_close(void);

#endif
