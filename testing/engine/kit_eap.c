/* SPDX-License-Identifier: MIT */
#include "testing/engine/kit_eap.h"

#include "testing/pki/pki.h"

#define GCM " encryption aes-gcm-128\n prf sha256\n group 31\n"
#define NOW INT64_C(1800000000)

static struct cyg_bytes view(struct pki_file file)
{
	return cyg_bytes(file.octets, file.len);
}

struct kit *kit_eap_new(const struct kit_eap *scene)
{
	static const struct kit_eap usual;
	static char text[4096];
	struct kit_setup setup;
	struct pki_cert *ca, *cert;
	struct kit *kit;

	scene = scene ? scene : &usual;
	setup = scene->setup;
	setup.eap[KIT_GATEWAY] = scene->how & KIT_EAP_NOBODY	  ? NULL :
				 scene->how & KIT_EAP_KEY_GATEWAY ? &cyg_plugin_fake_eap_key :
				 scene->how & KIT_EAP_MD5_GATEWAY ? &cyg_plugin_fake_eap_md5 :
								    &cyg_plugin_fake_eap;
	setup.eap[KIT_CLIENT] = scene->how & KIT_EAP_NOTHING	? NULL :
				scene->how & KIT_EAP_MD5_CLIENT ? &cyg_plugin_fake_eap_md5 :
								  &cyg_plugin_fake_eap;
	fake_eap_reset();
	kit = kit_new(&setup);
	kit->clock.wall_ms = NOW * 1000;
	ca = pki_make(&(struct pki_spec){ .name = "Test CA", .key = PKI_P256, .now = NOW, .ca = true });
	cert = pki_make(&(struct pki_spec){ .name = "gateway.example.org", .key = PKI_P256, .issuer = ca, .now = NOW,
					    .eku = "serverAuth", .names = "DNS:gateway.example.org" });
	kit_gateway(kit)->trust[0] = (struct kit_trust){
		.name = "T", .files = { .ca = view(pki_pem(ca, NULL)), .cert = view(pki_pem(cert, NULL)),
					.key = view(pki_key(cert, PKI_PKCS8_PEM)) } };
	kit_client(kit)->trust[0] = (struct kit_trust){ .name = "T", .files = { .ca = view(pki_pem(ca, NULL)) } };
	snprintf(text, sizeof(text),
		 "crypto pki trustpoint T\n revocation-check none\n"
		 "aaa authentication login users %s\n"
		 "crypto ikev2 profile clients\n authentication local ecdsa-sig\n"
		 " no authentication remote pre-share\n authentication remote eap%s\n pki trustpoint T\n"
		 " aaa authentication eap users\n aaa authorization group eap list here clients\n%s",
		 scene->list ? scene->list : "local", scene->how & KIT_EAP_QUERY ? " query-identity" : "",
		 scene->gateway_more ? scene->gateway_more : "");
	kit_configure(kit_gateway(kit), kit_gateway_text(GCM, "esp-gcm", text));
	snprintf(text, sizeof(text),
		 "crypto pki trustpoint T\n revocation-check none\n"
		 "crypto ikev2 profile gateway\n authentication local eap %s\n"
		 " no authentication remote pre-share\n authentication remote ecdsa-sig\n pki trustpoint T verify\n%s",
		 scene->login ? scene->login : "username alice password secret",
		 scene->client_more ? scene->client_more : "");
	kit_configure(kit_client(kit), kit_client_text(GCM, "esp-gcm", text));
	return kit;
}

void kit_eap_free(struct kit *kit)
{
	kit_free(kit);
	pki_done();
	KIT_CHECK(fake_eap.sessions == 0);
}
