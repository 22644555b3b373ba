/* SPDX-License-Identifier: MIT */
/*
 * Diffie-Hellman over the MODP groups with GMP's constant-time exponentiation. The low-level function is
 * used rather than mpz_powm_sec(), which calls it, because its scratch space is ours: private
 * values and all that came of them are wiped, none goes through GMP's own memory.
 *
 * Private values are as long as RFC 3526, section 8 asks for (its larger estimate, rounded up), made for one
 * exchange and never used again. Peers' values are checked as RFC 6989 wants it: 1 < y < p - 1 (2.1), and for
 * the group with a subgroup of order q that y is a member of it, y^q = 1 (2.2).
 */
#include "ke.h"
#include "groups.h"
#include "libvectors/modp.h"

#include <errno.h>
#include <gmp.h>
#include <stdlib.h>
#include <sys/random.h>

#define LIMBS_MAX    (8192 / GMP_NUMB_BITS)
#define EXPONENT_MAX (640 / 8)

struct group {
	const struct cyg_ke_ops *ops;
	const char *prime;
	const char *generator;  /* NULL: 2 */
	const char *order;      /* of the generator, exponent_bits long; NULL: (p - 1) / 2 */
	unsigned exponent_bits; /* a multiple of 64 */
};

struct instance {
	const struct group *group;
	size_t limbs;
	mp_limb_t prime[LIMBS_MAX], generator[LIMBS_MAX];
	mp_limb_t order[EXPONENT_MAX / sizeof(mp_limb_t)];
};

struct cyg_ke_key {
	mp_limb_t exponent[EXPONENT_MAX / sizeof(mp_limb_t)];
};

/* Big-endian octets to limbs, least significant first, and back; in constant time. */
static void to_limbs(mp_limb_t *out, size_t limbs, const uint8_t *octets, size_t len)
{
	memset(out, 0, limbs * sizeof(*out));
	for (size_t i = 0; i < len; i++)
		out[i / sizeof(*out)] |= (mp_limb_t)octets[len - 1 - i] << (8 * (i % sizeof(*out)));
}

static void from_limbs(uint8_t *out, size_t len, const mp_limb_t *limbs)
{
	for (size_t i = 0; i < len; i++)
		out[len - 1 - i] = (uint8_t)(limbs[i / sizeof(*limbs)] >> (8 * (i % sizeof(*limbs))));
}

static uint8_t hex_digit(char c)
{
	return (uint8_t)(c <= '9' ? c - '0' : c - 'A' + 10);
}

static void from_hex(mp_limb_t *out, const char *hex, size_t len)
{
	uint8_t octets[8192 / 8];

	for (size_t i = 0; i < len; i++)
		octets[i] = (uint8_t)(hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1]));
	to_limbs(out, len / sizeof(mp_limb_t), octets, len);
}

static enum cyg_status instance_make(const struct group *group, void **out)
{
	struct instance *in = calloc(1, sizeof(*in));
	size_t len = group->ops->initiator_len;

	if (!in)
		return CYG_NOMEM;
	in->group = group;
	in->limbs = len / sizeof(mp_limb_t);
	from_hex(in->prime, group->prime, len);
	if (group->generator)
		from_hex(in->generator, group->generator, len);
	else
		in->generator[0] = 2;
	if (group->order)
		from_hex(in->order, group->order, group->exponent_bits / 8);
	*out = in;
	return CYG_OK;
}

static void instance_free(void *instance)
{
	free(instance);
}

/* out = base ^ exponent mod p, as octets of full length. */
static enum cyg_status power(const struct instance *in, const mp_limb_t *base, const mp_limb_t *exponent,
			     unsigned exponent_bits, uint8_t *out)
{
	size_t itch = (size_t)mpn_sec_powm_itch((mp_size_t)in->limbs, exponent_bits, (mp_size_t)in->limbs);
	size_t size = (in->limbs + itch) * sizeof(mp_limb_t);
	mp_limb_t *space = malloc(size);

	if (!space)
		return CYG_NOMEM;
	mpn_sec_powm(space, base, (mp_size_t)in->limbs, exponent, exponent_bits, in->prime, (mp_size_t)in->limbs,
		     space + in->limbs);
	from_limbs(out, in->limbs * sizeof(mp_limb_t), space);
	cyg_wipe(space, size);
	free(space);
	return CYG_OK;
}

static enum cyg_status public_of(const struct instance *in, const struct cyg_ke_key *key, uint8_t *out)
{
	return power(in, in->generator, key->exponent, in->group->exponent_bits, out);
}

/* 1 < y < p - 1, of the exact length. */
static bool read_peer(const struct instance *in, struct cyg_bytes peer, mp_limb_t *out)
{
	mp_limb_t last;

	if (peer.len != in->group->ops->initiator_len)
		return false;
	to_limbs(out, in->limbs, peer.ptr, peer.len);
	for (size_t i = in->limbs; i-- > 1;) {
		if (out[i]) {
			/* p is odd: p - 1 differs from it in the lowest limb only. */
			last = in->prime[0] - 1;
			for (size_t j = in->limbs; j-- > 1;) {
				if (out[j] != in->prime[j])
					return out[j] < in->prime[j];
			}
			return out[0] < last;
		}
	}
	return out[0] > 1;
}

/* CYG_REFUSED: `y` is not in the subgroup that the generator makes. */
static enum cyg_status check_member(const struct instance *in, const mp_limb_t *y)
{
	uint8_t one[8192 / 8];
	size_t last = in->limbs * sizeof(mp_limb_t) - 1;
	enum cyg_status status;

	if (!in->group->order)
		return CYG_OK;
	status = power(in, y, in->order, in->group->exponent_bits, one);
	if (status != CYG_OK)
		return status;
	for (size_t i = 0; i < last; i++) {
		if (one[i])
			return CYG_REFUSED;
	}
	return one[last] == 1 ? CYG_OK : CYG_REFUSED;
}

static enum cyg_status secret_of(const struct instance *in, const mp_limb_t *exponent, unsigned exponent_bits,
				 struct cyg_bytes peer, struct cyg_secret *out)
{
	mp_limb_t base[LIMBS_MAX];
	struct cyg_secret shared;
	enum cyg_status status;

	if (!read_peer(in, peer, base))
		return CYG_REFUSED;
	status = check_member(in, base);
	if (status != CYG_OK)
		return status;
	status = cyg_secret_init(&shared, in->group->ops->secret_len);
	if (status != CYG_OK)
		return status;
	status = power(in, base, exponent, exponent_bits, shared.ptr);
	if (status == CYG_OK)
		*out = shared;
	else
		cyg_secret_done(&shared);
	return status;
}

static void key_free(struct cyg_ke_key *key)
{
	cyg_secret_free(key, sizeof(*key));
}

static enum cyg_status make_key(const struct instance *in, struct cyg_ke_key **out)
{
	struct cyg_ke_key *key = cyg_secret_alloc(sizeof(*key));
	unsigned bits = in->group->exponent_bits;
	uint8_t *at = (uint8_t *)key->exponent;
	size_t left = bits / 8;

	if (!key)
		return CYG_NOMEM;
	while (left) {
		ssize_t n = getrandom(at, left, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			key_free(key);
			return CYG_IO;
		}
		at += n;
		left -= (size_t)n;
	}
	/* The highest bit is always set, so that every private value is of one length. */
	key->exponent[bits / GMP_NUMB_BITS - 1] |= (mp_limb_t)1 << (GMP_NUMB_BITS - 1);
	*out = key;
	return CYG_OK;
}

static enum cyg_status initiate(void *opaque, struct cyg_ke_key **out, uint8_t *public_value)
{
	struct cyg_ke_key *key;
	enum cyg_status status = make_key(opaque, &key);

	if (status != CYG_OK)
		return status;
	status = public_of(opaque, key, public_value);
	if (status == CYG_OK)
		*out = key;
	else
		key_free(key);
	return status;
}

static enum cyg_status finish(void *opaque, struct cyg_ke_key *key, struct cyg_bytes peer, struct cyg_secret *secret)
{
	const struct instance *in = opaque;

	return secret_of(in, key->exponent, in->group->exponent_bits, peer, secret);
}

static enum cyg_status respond(void *opaque, struct cyg_bytes peer, uint8_t *public_value, struct cyg_secret *secret)
{
	struct cyg_secret shared;
	struct cyg_ke_key *key;
	enum cyg_status status = make_key(opaque, &key);

	if (status != CYG_OK)
		return status;
	status = finish(opaque, key, peer, &shared);
	if (status == CYG_OK) {
		status = public_of(opaque, key, public_value);
		if (status == CYG_OK)
			*secret = shared;
		else
			cyg_secret_done(&shared);
	}
	key_free(key);
	return status;
}

/* For known answers: a scalar of up to EXPONENT_MAX octets. */
static enum cyg_status derive_raw(void *opaque, struct cyg_bytes scalar, struct cyg_bytes peer,
				  struct cyg_secret *secret)
{
	mp_limb_t exponent[EXPONENT_MAX / sizeof(mp_limb_t)];
	enum cyg_status status;

	if (!scalar.len || scalar.len > EXPONENT_MAX)
		return CYG_LIMIT;
	to_limbs(exponent, CYG_COUNT(exponent), scalar.ptr, scalar.len);
	status = secret_of(opaque, exponent, (unsigned)scalar.len * 8, peer, secret);
	cyg_wipe(exponent, sizeof(exponent));
	return status;
}

/* Bits of the prime, and what follows them in the names: nothing, or the bits of the subgroup. */
#define MODP(bits_, name_, text_, exponent_bits_, ...)                                              \
	static const struct group group_##name_ = { .ops = &gmp_modp_##name_,                       \
						    .prime = gmp_prime_##name_,                     \
						    .exponent_bits = (exponent_bits_), __VA_ARGS__ }; \
	static enum cyg_status modp_##name_##_new(struct cyg_plugin_ctx *ctx, void **out)           \
	{                                                                                           \
		return instance_make(&group_##name_, out);                                          \
	}                                                                                           \
	const struct cyg_ke_ops gmp_modp_##name_ = {                                                \
		.id = CYG_KE_MODP_##name_, .name = "MODP-" text_, .initiator_len = (bits_) / 8,     \
		.responder_len = (bits_) / 8, .secret_len = (bits_) / 8, .slow = (bits_) > 768,     \
		.vectors = modp_vectors_##name_, .instance_new = modp_##name_##_new,            \
		.instance_free = instance_free, .initiate = initiate, .respond = respond,           \
		.finish = finish, .key_free = key_free, .derive_raw = derive_raw }

MODP(768, 768, "768", 256);
MODP(1024, 1024, "1024", 256);
MODP(1536, 1536, "1536", 256);
MODP(2048, 2048, "2048", 320);
MODP(3072, 3072, "3072", 448);
MODP(4096, 4096, "4096", 512);
MODP(6144, 6144, "6144", 576);
MODP(8192, 8192, "8192", 640);
MODP(2048, 2048_256, "2048-256", 256, .generator = gmp_generator_2048_256, .order = gmp_order_2048_256);
