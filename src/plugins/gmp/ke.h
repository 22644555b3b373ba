/* SPDX-License-Identifier: MIT */
/*
 * The MODP groups by GMP. Instances are constant once made, so that any thread may use them.
 */
#ifndef GMP_KE_H
#define GMP_KE_H

#include <cygnet/crypto.h>

extern const struct cyg_ke_ops gmp_modp_768, gmp_modp_1024, gmp_modp_1536, gmp_modp_2048, gmp_modp_3072,
	gmp_modp_4096, gmp_modp_6144, gmp_modp_8192, gmp_modp_2048_256;

#endif
