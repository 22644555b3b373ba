/* SPDX-License-Identifier: MIT */
/*
 * Known answers of the MODP groups, for every backend that has them; ended by an entry without `out`. Constant. Not
 * installed: linked into each of these plugins.
 */
#ifndef LIBVECTORS_MODP_H
#define LIBVECTORS_MODP_H

#include <cygnet/crypto.h>

extern const struct cyg_vector modp_vectors_768[];
extern const struct cyg_vector modp_vectors_1024[];
extern const struct cyg_vector modp_vectors_1536[];
extern const struct cyg_vector modp_vectors_2048[];
extern const struct cyg_vector modp_vectors_3072[];
extern const struct cyg_vector modp_vectors_4096[];
extern const struct cyg_vector modp_vectors_6144[];
extern const struct cyg_vector modp_vectors_8192[];
extern const struct cyg_vector modp_vectors_2048_256[];

#endif
