/* SPDX-License-Identifier: MIT */
/* Primes in hexadecimal. Constant. */
#ifndef GMP_GROUPS_H
#define GMP_GROUPS_H

extern const char gmp_prime_768[];
extern const char gmp_prime_1024[];
extern const char gmp_prime_1536[];
extern const char gmp_prime_2048[];
extern const char gmp_prime_3072[];
extern const char gmp_prime_4096[];
extern const char gmp_prime_6144[];
extern const char gmp_prime_8192[];
extern const char gmp_prime_2048_256[];
extern const char gmp_generator_2048_256[];
extern const char gmp_order_2048_256[];

#endif
