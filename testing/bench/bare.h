/* SPDX-License-Identifier: MIT */
/*
 * The bare cryptography of one set-up, as responder: IKE_SA_INIT, IKE_AUTH with a pre-shared key, the
 * first CHILD_SA. X25519, PRF-HMAC-SHA2-256, AES-GCM-128, straight on libcrypto with contexts kept.
 * It is the yardstick that set-ups are measured beside, in the same run.
 */
#ifndef BENCH_BARE_H
#define BENCH_BARE_H

struct bare;

struct bare *bare_new(void);   /* exits on failure: a bench without its yardstick says nothing */
void bare_setup(struct bare *bare); /* the cryptography of one set-up */
void bare_free(struct bare *bare);

#endif
