/* SPDX-License-Identifier: MIT */
#include "auth/psk.h"

enum cyg_status psk_make(const struct auth_input *in, uint8_t *out, size_t *len)
{
	const struct cyg_prf *prf = &in->suite->algs.prf;
	uint8_t pad[CYG_PRF_MAX], id[CYG_PRF_MAX];
	enum cyg_status status;

	status = keys_psk_pad(prf, cyg_secret_bytes(in->secret), pad);
	if (status == CYG_OK)
		status = keys_maced_id(prf, cyg_bytes(in->sk_p, prf->ops->key_len), in->id_body, id);
	if (status == CYG_OK)
		status = keys_auth_psk(prf, cyg_bytes(pad, prf->ops->out_len), in->message, in->nonce,
				       cyg_bytes(id, prf->ops->out_len), in->int_auth, out);
	if (status == CYG_OK)
		*len = prf->ops->out_len;
	cyg_wipe(pad, sizeof(pad));
	return status;
}

enum cyg_status psk_verify(const struct auth_input *in, struct cyg_bytes data)
{
	uint8_t expected[CYG_PRF_MAX];
	size_t len;
	enum cyg_status status = psk_make(in, expected, &len);

	if (status == CYG_OK && !cyg_bytes_equal_ct(cyg_bytes(expected, len), data))
		status = CYG_REFUSED;
	cyg_wipe(expected, sizeof(expected));
	return status;
}
