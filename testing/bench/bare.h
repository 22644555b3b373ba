/* SPDX-License-Identifier: MIT */
/*
 * The bare cryptography of one set-up, as responder: IKE_SA_INIT, IKE_AUTH with a pre-shared key or with a signature
 * made and one checked, the first CHILD_SA. X25519, PRF-HMAC-SHA2-256, AES-GCM-128, RSA-2048 or ECDSA on P-256 with
 * SHA2-256, straight on libcrypto with contexts and parsed keys kept; no certificate is read or checked.
 * It is the yardstick that set-ups are measured beside, in the same run.
 */
#ifndef BENCH_BARE_H
#define BENCH_BARE_H

struct bare;

enum bare_kind { BARE_PSK, BARE_RSA, BARE_ECDSA };

struct bare *bare_new(enum bare_kind kind); /* exits on failure: a bench without its yardstick says nothing */
void bare_setup(struct bare *bare); /* the cryptography of one set-up */
void bare_free(struct bare *bare);

#endif
