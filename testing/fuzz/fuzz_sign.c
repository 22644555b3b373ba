/* SPDX-License-Identifier: MIT */
/* An AUTH payload with a signature: the first octet is its method, the others what follows. */
#include "auth/sign.h"
#include "testing/fuzz/fuzz.h"

extern const struct cyg_cert_ops openssl_cert;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sign_proof proof = { 0 };
	struct cyg_signature back;
	uint8_t der[CYG_SIGNATURE_ALG_MAX];
	char text[64];
	struct cyg_strbuf out = CYG_STRBUF(text);
	size_t len;

	if (size == 0)
		return 0;
	if (sign_read(&openssl_cert, data[0], cyg_bytes(data + 1, size - 1), &proof) != CYG_OK)
		return 0;
	FUZZ_CHECK(sign_is_signature(data[0]));
	FUZZ_CHECK(proof.count >= 1 && proof.count <= SIGN_WAYS_MAX);
	FUZZ_CHECK(proof.signature.len && proof.signature.ptr > data &&
		   proof.signature.ptr + proof.signature.len == data + size);
	sign_text(&proof.how[0], &out);
	FUZZ_CHECK(!out.cut && out.len);
	if (data[0] != CYG_AUTH_METHOD_DIGITAL_SIGNATURE)
		return 0;
	/* Only hashes that were announced, and whatever was read can be written and means the same. */
	FUZZ_CHECK(SIGN_HASHES_OURS & SIGN_HASH(proof.how[0].hash));
	FUZZ_CHECK(openssl_cert.algorithm_write(&proof.how[0], der, &len) == CYG_OK);
	FUZZ_CHECK(openssl_cert.algorithm_read(cyg_bytes(der, len), &back) == CYG_OK);
	FUZZ_CHECK(back.key == proof.how[0].key && back.hash == proof.how[0].hash && back.pss == proof.how[0].pss &&
		   back.salt_len == proof.how[0].salt_len);
	FUZZ_PLANT(back.pss && back.salt_len == 33);
	return 0;
}
