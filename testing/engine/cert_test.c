/* SPDX-License-Identifier: MIT */
/* Certificates: every kind of key and method, and every way in which a certificate is refused and told. */
#include "testing/engine/engine_tests.h"
#include "exchange/exchange.h"
#include "log/debug.h"
#include "testing/engine/kit.h"
#include "testing/pki/pki.h"

#define GCM " encryption aes-gcm-128\n prf sha256\n group 19\n"
#define NOW INT64_C(1800000000)

#define GATEWAY_NAMES "DNS:gateway.example.org,IP:192.0.2.1"
#define CLIENT_NAMES  "DNS:client.example.org,email:client@example.org"

/* What a test changes of the usual PKI. */
struct scene {
	enum pki_key key;
	bool crl;
	const char *gateway_more, *client_more;
	struct pki_spec client;         /* of the client's certificate; members that are not set are the usual ones */
	bool revoked;
};

static struct pki_cert *ca, *gateway_cert, *client_cert;

static struct pki_cert *authority(const char *name, enum pki_key key)
{
	return pki_make(&(struct pki_spec){ .name = name, .key = key, .now = NOW, .ca = true });
}

static struct pki_cert *gateway_of(const struct pki_cert *issuer, enum pki_key key)
{
	return pki_make(&(struct pki_spec){ .name = "gateway.example.org", .key = key, .issuer = issuer, .now = NOW,
					    .eku = "serverAuth", .names = GATEWAY_NAMES });
}

static struct pki_cert *client_of(const struct pki_cert *issuer, const struct pki_spec *change, enum pki_key key)
{
	struct pki_spec spec = *change;

	spec.now = NOW;
	spec.key = key;
	spec.issuer = spec.issuer ? spec.issuer : issuer;
	spec.name = spec.name ? spec.name : "client.example.org";
	spec.unit = "clients";
	spec.eku = spec.eku ? spec.eku : "clientAuth";
	spec.names = spec.names ? spec.names : CLIENT_NAMES;
	return pki_make(&spec);
}

static struct cyg_bytes view(struct pki_file file)
{
	return cyg_bytes(file.octets, file.len);
}

static struct kit_trust trust(const char *name, const struct pki_cert *anchor, const struct pki_cert *cert)
{
	struct kit_trust out = { .name = name };

	if (anchor)
		out.files.ca = view(pki_pem(anchor, NULL));
	if (cert) {
		out.files.cert = view(pki_pem(cert, NULL));
		out.files.key = view(pki_key(cert, PKI_PKCS8_PEM));
	}
	return out;
}

static const char *method_of(enum pki_key key)
{
	return key >= PKI_RSA1024 ? "rsa-sig" : "ecdsa-sig";
}

static const char *both(char text[2048], const char *profile, enum pki_key key, const char *more)
{
	snprintf(text, 2048, "crypto pki trustpoint T\n revocation-check crl none\n"
		 "crypto ikev2 profile %s\n authentication local %s\n no authentication remote pre-share\n"
		 " authentication remote %s\n pki trustpoint T\n%s%s\n",
		 profile, method_of(key), method_of(key),
		 strcmp(profile, "clients") == 0 ? " aaa authorization group cert list here clients\n" : "",
		 more ? more : "");
	return text;
}

static struct kit *begin(const struct scene *scene)
{
	struct kit *kit = kit_new(NULL);
	char text[2048];

	kit->clock.wall_ms = NOW * 1000;
	ca = authority("Test CA", scene->key);
	gateway_cert = gateway_of(ca, scene->key);
	client_cert = client_of(ca, &scene->client, scene->key);
	kit_gateway(kit)->trust[0] = trust("T", ca, gateway_cert);
	kit_client(kit)->trust[0] = trust("T", ca, client_cert);
	if (scene->crl)
		kit_gateway(kit)->trust[0].files.crl =
			view(pki_crl(ca, scene->revoked ? client_cert : NULL, NOW - 10, NOW + 3600, true));
	kit_configure(kit_gateway(kit), kit_gateway_text(GCM, "esp-gcm", both(text, "clients", scene->key,
									      scene->gateway_more)));
	kit_configure(kit_client(kit), kit_client_text(GCM, "esp-gcm", both(text, "gateway", scene->key,
									    scene->client_more)));
	return kit;
}

static void end(struct kit *kit)
{
	kit_free(kit);
	pki_done();
}

static void must_connect(struct kit *kit)
{
	kit_pass(kit, 1000);
	if (!kit_connected(kit))
		kit_print_log();
	ck_assert(kit_connected(kit));
}

/* --- As it should be --- */

static const struct { enum pki_key key; enum cyg_key_type type; } kinds[] = {
	{ PKI_P256, CYG_KEY_ECDSA }, { PKI_P384, CYG_KEY_ECDSA }, { PKI_P521, CYG_KEY_ECDSA },
	{ PKI_ED25519, CYG_KEY_ED25519 }, { PKI_ED448, CYG_KEY_ED448 }, { PKI_RSA2048, CYG_KEY_RSA },
	{ PKI_RSA3072, CYG_KEY_RSA }, { PKI_RSA4096, CYG_KEY_RSA },
};

START_TEST(every_kind_of_key_proves_both_sides)
{
	struct kit *kit = begin(&(struct scene){ .key = kinds[_i].key });
	const struct ike_sa *sa;

	must_connect(kit);
	sa = kit_sa(kit_gateway(kit));
	ck_assert_uint_eq(sa->d.auth_local, CYG_AUTH_METHOD_DIGITAL_SIGNATURE);
	ck_assert_uint_eq(sa->d.auth_remote, CYG_AUTH_METHOD_DIGITAL_SIGNATURE);
	ck_assert_uint_eq(sa->d.auth_local_key, kinds[_i].type);
	ck_assert_uint_eq(sa->d.auth_remote_key, kinds[_i].type);
	end(kit);
}
END_TEST

/* Makes both sides believe that the other does not know RFC 7427: the notify becomes one of an unknown type, in the datagram
 * and in what its sender will sign. */
static void disguise(uint8_t *octets, size_t len)
{
	static const uint8_t notify[] = { 0, 0, 0x40, 0x2f }; /* no protocol, no SPI; the two octets alone may be random ones */

	for (size_t i = 0; i + sizeof(notify) <= len; i++) {
		if (memcmp(octets + i, notify, sizeof(notify)) == 0)
			octets[i + 2] = 0xa0;
	}
}

static enum kit_verdict without_hashes(struct kit *kit, struct kit_packet *packet, void *ctx)
{
	struct ike_sa *sa = kit_sa(&kit->side[packet->from]);

	if (packet->header.exchange != CYG_IKE_SA_INIT)
		return KIT_PASS;
	disguise(packet->octets, packet->len);
	if (packet->from == KIT_CLIENT)
		disguise(sa->sent->octets, sa->sent->len);
	else
		disguise(sa->nego->init_response, sa->nego->init_response_len);
	return KIT_PASS;
}

static const struct { enum pki_key key; uint8_t method; } classic[] = {
	{ PKI_P256, CYG_AUTH_METHOD_ECDSA_256 }, { PKI_P384, CYG_AUTH_METHOD_ECDSA_384 },
	{ PKI_P521, CYG_AUTH_METHOD_ECDSA_521 }, { PKI_RSA2048, CYG_AUTH_METHOD_RSA },
};

static struct kit *begin_classic(enum pki_key key)
{
	struct kit *kit = kit_new(NULL);
	char text[2048];

	kit->script = without_hashes;
	kit->clock.wall_ms = NOW * 1000;
	ca = authority("Test CA", key);
	kit_gateway(kit)->trust[0] = trust("T", ca, gateway_of(ca, key));
	kit_client(kit)->trust[0] = trust("T", ca, client_of(ca, &(struct pki_spec){ 0 }, key));
	kit_configure(kit_gateway(kit), kit_gateway_text(GCM, "esp-gcm", both(text, "clients", key, NULL)));
	kit_configure(kit_client(kit), kit_client_text(GCM, "esp-gcm", both(text, "gateway", key, NULL)));
	return kit;
}

static bool pki_told(const char *text)
{
	const char *line;

	for (size_t n = 0; (line = log_capture_line("debug.pki", n)); n++) {
		if (strstr(line, text))
			return true;
	}
	return false;
}

START_TEST(pki_debugging_tells_who_signs_and_who_judges)
{
	struct kit *kit = begin(&(struct scene){ .key = PKI_P256 });

	debug_set(1u << CYG_DEBUG_PKI, true);
	must_connect(kit);
	debug_set(~0u, false);
	ck_assert(pki_told("trustpoint T signs"));
	ck_assert(pki_told("trustpoint T judges the certificate of c=XX,o=Test Lab,ou=clients,cn=client.example.org"));
	ck_assert(pki_told("trustpoint T: good"));
	end(kit);
}
END_TEST

START_TEST(without_rfc_7427_the_classic_methods_are_used)
{
	struct kit *kit = begin_classic(classic[_i].key);

	must_connect(kit);
	ck_assert_uint_eq(kit_sa(kit_gateway(kit))->d.auth_local, classic[_i].method);
	ck_assert_uint_eq(kit_sa(kit_gateway(kit))->d.auth_remote, classic[_i].method);
	end(kit);
}
END_TEST

START_TEST(ed25519_has_no_classic_method_and_that_is_told)
{
	struct kit *kit = begin_classic(PKI_ED25519);

	kit_pass(kit, 1000);
	ck_assert(!kit_connected(kit));
	ck_assert(kit_said("ike.failed", "the peer cannot verify a signature by the key of our trustpoint T"));
	end(kit);
}
END_TEST

START_TEST(a_chain_is_sent_along_and_followed)
{
	struct kit *kit = kit_new(NULL);
	struct pki_cert *root = authority("Root", PKI_P256);
	struct pki_cert *middle = pki_make(&(struct pki_spec){ .name = "Middle", .key = PKI_P256, .issuer = root,
							       .now = NOW, .ca = true });
	struct pki_cert *gateway = gateway_of(middle, PKI_P256);
	struct pki_cert *client = client_of(middle, &(struct pki_spec){ 0 }, PKI_P256);
	const struct pki_cert *more[] = { middle, root, NULL };
	char text[2048];

	kit->clock.wall_ms = NOW * 1000;
	kit_gateway(kit)->trust[0] = trust("T", root, gateway);
	kit_client(kit)->trust[0] = trust("T", root, client);
	if (_i) {
		kit_gateway(kit)->trust[0].files.cert = view(pki_pem(gateway, more));
		kit_client(kit)->trust[0].files.cert = view(pki_pem(client, more));
	}
	kit_configure(kit_gateway(kit), kit_gateway_text(GCM, "esp-gcm", both(text, "clients", PKI_P256, NULL)));
	kit_configure(kit_client(kit), kit_client_text(GCM, "esp-gcm", both(text, "gateway", PKI_P256, NULL)));
	kit_pass(kit, 1000);
	ck_assert(kit_connected(kit) == (_i == 1));
	if (!_i)
		ck_assert(kit_said("ike.failed", "leads to no CA that we trust"));
	end(kit);
}
END_TEST

START_TEST(one_side_may_sign_while_the_other_has_a_shared_key)
{
	struct kit *kit = kit_new(NULL);

	kit->clock.wall_ms = NOW * 1000;
	ca = authority("Test CA", PKI_P256);
	kit_gateway(kit)->trust[0] = trust("T", ca, gateway_of(ca, PKI_P256));
	kit_client(kit)->trust[0] = trust("T", ca, NULL);
	kit_configure(kit_gateway(kit),
		      kit_gateway_text(GCM, "esp-gcm", "crypto pki trustpoint T\ncrypto ikev2 profile clients\n"
						       " authentication local ecdsa-sig\n pki trustpoint T sign\n"));
	kit_configure(kit_client(kit),
		      kit_client_text(GCM, "esp-gcm", "crypto pki trustpoint T\n revocation-check none\n"
						      "crypto ikev2 profile gateway\n no authentication remote pre-share\n"
						      " authentication remote ecdsa-sig\n pki trustpoint T verify\n"));
	must_connect(kit);
	ck_assert_uint_eq(kit_sa(kit_client(kit))->d.auth_local, CYG_AUTH_METHOD_PSK);
	ck_assert_uint_eq(kit_sa(kit_client(kit))->d.auth_remote, CYG_AUTH_METHOD_DIGITAL_SIGNATURE);
	end(kit);
}
END_TEST

START_TEST(either_of_several_remote_methods_is_taken)
{
	struct kit *kit = kit_new(NULL);

	kit->clock.wall_ms = NOW * 1000;
	ca = authority("Test CA", PKI_P256);
	kit_gateway(kit)->trust[0] = trust("T", ca, NULL);
	kit_client(kit)->trust[0] = trust("T", NULL, client_of(ca, &(struct pki_spec){ 0 }, PKI_P256));
	kit_configure(kit_gateway(kit),
		      kit_gateway_text(GCM, "esp-gcm", "crypto pki trustpoint T\n revocation-check none\n"
						       "crypto ikev2 profile clients\n authentication remote ecdsa-sig\n"
						       " pki trustpoint T\n aaa authorization group cert list here clients\n"));
	kit_configure(kit_client(kit),
		      kit_client_text(GCM, "esp-gcm", _i ? "crypto pki trustpoint T\ncrypto ikev2 profile gateway\n"
							   " authentication local ecdsa-sig\n pki trustpoint T\n" : NULL));
	must_connect(kit);
	ck_assert_uint_eq(kit_sa(kit_gateway(kit))->d.auth_remote,
			  _i ? CYG_AUTH_METHOD_DIGITAL_SIGNATURE : CYG_AUTH_METHOD_PSK);
	end(kit);
}
END_TEST

START_TEST(without_identity_lines_the_subject_is_who_we_are)
{
	struct kit *kit = begin(&(struct scene){
		.key = PKI_P256,
		.gateway_more = "crypto pki certificate map M 10\n subject-name co cn=CLIENT.example.org\n"
				" issuer-name co Test CA\n alt-subject-name co client@\n"
				"crypto ikev2 profile clients\n no match identity remote fqdn domain example.org\n"
				" match certificate M\n",
		.client_more = "crypto ikev2 profile gateway\n no identity local\n" });

	must_connect(kit);
	ck_assert_uint_eq(kit_sa(kit_gateway(kit))->remote_id->type, CYG_ID_DER_ASN1_DN);
	end(kit);
}
END_TEST

START_TEST(a_map_that_does_not_match_serves_nobody)
{
	struct kit *kit = begin(&(struct scene){
		.key = PKI_P256,
		.gateway_more = "crypto pki certificate map M 10\n subject-name co ou=clients\n name nc client\n"
				"crypto ikev2 profile clients\n no match identity remote fqdn domain example.org\n"
				" match certificate M\n" });

	kit_pass(kit, 1000);
	ck_assert(!kit_connected(kit));
	ck_assert(kit_said("ike.failed", "does not match the peer's certificate"));
	end(kit);
}
END_TEST

START_TEST(the_ca_that_the_peer_asks_for_decides_which_trustpoint_signs)
{
	struct kit *kit = kit_new(NULL);
	struct pki_cert *other;
	char text[2048];

	kit->clock.wall_ms = NOW * 1000;
	ca = authority("Test CA", PKI_P256);
	other = authority("Other CA", PKI_P256);
	kit_gateway(kit)->trust[0] = trust("T", ca, gateway_of(ca, PKI_P256));
	kit_client(kit)->trust[0] = trust("T", ca, client_of(ca, &(struct pki_spec){ 0 }, PKI_P256));
	kit_client(kit)->trust[1] = trust("A", other, client_of(other, &(struct pki_spec){ 0 }, PKI_P256));
	kit_gateway(kit)->trust[1] = trust("A", other, gateway_of(other, PKI_P256));
	kit_configure(kit_gateway(kit),
		      kit_gateway_text(GCM, "esp-gcm", "crypto pki trustpoint A\ncrypto pki trustpoint T\n"
						       " revocation-check none\ncrypto ikev2 profile clients\n"
						       " authentication local ecdsa-sig\n no authentication remote pre-share\n"
						       " authentication remote ecdsa-sig\n pki trustpoint A sign\n"
						       " pki trustpoint T\n"
						       " aaa authorization group cert list here clients\n"));
	kit_configure(kit_client(kit),
		      kit_client_text(GCM, "esp-gcm", both(text, "gateway", PKI_P256,
							   "crypto pki trustpoint A\ncrypto ikev2 profile gateway\n"
							   " no pki trustpoint T\n pki trustpoint A sign\n"
							   " pki trustpoint T\n")));
	must_connect(kit);
	end(kit);
}
END_TEST

/* --- Refused, and told --- */

static const struct {
	struct pki_spec client;
	bool crl, revoked;
	const char *gateway_more, *client_more;
	const char *line, *mend;
} refusals[] = {
	{ .client = { .from = NOW - 50, .until = NOW - 1 }, .line = "expired at 2027-01-15 07:59:59 UTC",
	  .mend = "the right time here (it is 2027-01-15 08:00:0" },
	{ .client = { .from = NOW + 3600, .until = NOW + 7200 }, .line = "is not valid before 2027-01-15 09:00:00 UTC",
	  .mend = "the right time here" },
	{ .client = { .eku = "codeSigning" }, .line = "is for other purposes only", .mend = "clientAuth, serverAuth or ipsecIKE" },
	/* Our own client knows this before it asks. */
	{ .client = { .usage = "critical,keyAgreement" }, .line = "our trustpoint T cannot sign",
	  .mend = "the key usage of our certificate has no digitalSignature" },
	{ .client = { .names = "DNS:other.example.org" },
	  .line = "says that it is fqdn client.example.org, which the certificate of",
	  .mend = "or one of: fqdn other.example.org" },
	{ .crl = true, .revoked = true, .line = "was revoked by its CA", .mend = "pki/T/crl.pem lists this one" },
	{ .gateway_more = "crypto pki trustpoint T\n revocation-check crl\n", .line = "there is no valid CRL",
	  .mend = "crypto pki trustpoint T / revocation-check crl none" },
	{ .client = { .hash = "SHA1" }, .line = "is too weak", .mend = "signed with SHA-2" },
	{ .client = { .broken = true }, .line = "is not accepted: certificate signature failure",
	  .mend = "another certificate at the peer" },
	{ .gateway_more = "crypto ikev2 profile clients\n no authentication remote ecdsa-sig\n authentication remote rsa-sig\n",
	  .line = "the peer proves itself by elliptic-curve signature (method 14), we take rsa-sig",
	  .mend = "authentication remote ecdsa-sig" },
	{ .gateway_more = "crypto pki certificate map M 1\n issuer-name eq cn=nobody\ncrypto pki trustpoint T\n"
			  " match certificate M\n",
	  .line = "`match certificate M` of trustpoint T does not take the certificate of c=XX",
	  .mend = "crypto pki certificate map M 65535 / subject-name eq c=XX,o=Test Lab,ou=clients,cn=client.example.org" },
	{ .client_more = "crypto ikev2 profile gateway\n identity local key-id somebody\n",
	  .gateway_more = "crypto ikev2 profile clients\n match identity remote key-id somebody\n",
	  .line = "says that it is key-id somebody", .mend = "identifies by its certificate's subject" },
};

START_TEST(a_certificate_that_will_not_do_is_refused_with_its_reason)
{
	struct kit *kit = begin(&(struct scene){ .key = PKI_P256, .client = refusals[_i].client, .crl = refusals[_i].crl,
						 .revoked = refusals[_i].revoked,
						 .gateway_more = refusals[_i].gateway_more,
						 .client_more = refusals[_i].client_more });

	/* The gateway's line comes before the client's, which knows less: stop in between. */
	kit->side[KIT_CLIENT].ike[0]->options.retransmit_tries = 1;
	kit_pass(kit, 1000);
	ck_assert(!kit_connected(kit));
	if (!kit_said("ike.failed", refusals[_i].line) || !kit_said("ike.failed", refusals[_i].mend))
		kit_print_log();
	ck_assert(kit_said("ike.failed", refusals[_i].line));
	ck_assert(kit_said("ike.failed", refusals[_i].mend));
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).auth_passed, 0);
	end(kit);
}
END_TEST

START_TEST(the_same_with_what_is_right_connects)
{
	struct kit *kit = begin(&(struct scene){ .key = PKI_P256, .crl = true,
						 .gateway_more = "crypto pki trustpoint T\n revocation-check crl\n" });

	must_connect(kit);
	end(kit);
}
END_TEST

START_TEST(a_gateway_of_another_ca_is_refused_by_the_client)
{
	struct kit *kit = kit_new(NULL);
	char text[2048];

	kit->clock.wall_ms = NOW * 1000;
	ca = authority("Test CA", PKI_P256);
	kit_gateway(kit)->trust[0] = trust("T", ca, gateway_of(authority("Stranger", PKI_P256), PKI_P256));
	kit_client(kit)->trust[0] = trust("T", ca, client_of(ca, &(struct pki_spec){ 0 }, PKI_P256));
	kit_configure(kit_gateway(kit), kit_gateway_text(GCM, "esp-gcm", both(text, "clients", PKI_P256, NULL)));
	kit_configure(kit_client(kit), kit_client_text(GCM, "esp-gcm", both(text, "gateway", PKI_P256, NULL)));
	kit_pass(kit, 1000);
	ck_assert(!kit_connected(kit));
	ck_assert(kit_said("ike.failed", "it was issued by c=XX,o=Test Lab,cn=Stranger"));
	ck_assert(kit_said("ike.failed", "that CA in pki/T/ca.pem"));
	end(kit);
}
END_TEST

static const struct { const char *what; bool no_cert, other_key, no_key, rsa; const char *mend; } unable[] = {
	{ "certificate", .no_cert = true, .mend = "put it into pki/T/cert.pem" },
	{ "other key", .other_key = true, .mend = "pki/T/key.pem is not the key of the certificate" },
	{ "key", .no_key = true, .mend = "there is no key: put it into pki/T/key.pem" },
	{ "kind", .rsa = true, .mend = "crypto ikev2 profile gateway / authentication local ecdsa-sig" },
};

START_TEST(a_trustpoint_that_cannot_sign_says_why)
{
	struct kit *kit = kit_new(NULL);
	struct kit_trust *t = &kit_client(kit)->trust[0];
	char text[2048];

	kit->clock.wall_ms = NOW * 1000;
	ca = authority("Test CA", PKI_P256);
	*t = trust("T", ca, client_of(ca, &(struct pki_spec){ 0 }, PKI_P256));
	if (unable[_i].no_cert)
		t->files.cert = cyg_bytes(NULL, 0);
	if (unable[_i].other_key)
		t->files.key = view(pki_key(ca, PKI_PKCS8_PEM));
	if (unable[_i].no_key)
		t->files.key = cyg_bytes(NULL, 0);
	kit_gateway(kit)->trust[0] = trust("T", ca, gateway_of(ca, PKI_P256));
	kit_configure(kit_gateway(kit), kit_gateway_text(GCM, "esp-gcm", both(text, "clients", PKI_P256, NULL)));
	kit_configure(kit_client(kit), kit_client_text(GCM, "esp-gcm", both(text, "gateway",
									    unable[_i].rsa ? PKI_RSA2048 : PKI_P256, NULL)));
	kit_pass(kit, 1000);
	ck_assert(!kit_connected(kit));
	if (!kit_said("ike.failed", unable[_i].mend))
		kit_print_log();
	ck_assert(kit_said("ike.failed", "our trustpoint T cannot sign"));
	ck_assert(kit_said("ike.failed", unable[_i].mend));
	end(kit);
}
END_TEST

/* --- Coming again, and trust that changes --- */

static void come_again(struct kit *kit)
{
	struct ike_sa *sa = kit_sa(kit_client(kit));

	sa->wants |= WANT_DELETE;
	driver_pump(sa);
	kit_pass(kit, 70000);
}

START_TEST(who_comes_again_costs_no_path_validation)
{
	struct kit *kit = begin(&(struct scene){ .key = PKI_P256 });

	must_connect(kit);
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).cert_known, 0);
	come_again(kit);
	ck_assert(kit_connected(kit));
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).cert_known, 1);
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).cert_judged, 1);
	ck_assert_uint_eq(kit_counters(kit_client(kit)).cert_known, 1);
	end(kit);
}
END_TEST

START_TEST(what_is_remembered_ends_with_the_certificate)
{
	struct kit *kit = begin(&(struct scene){ .key = PKI_P256, .client = { .until = NOW + 60 } });

	must_connect(kit);
	kit_pass(kit, 60000);
	ck_assert(kit_connected(kit));
	come_again(kit);
	ck_assert(!kit_connected(kit));
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).cert_known, 0);
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).auth_passed, 1);
	end(kit);
}
END_TEST

START_TEST(what_is_remembered_is_forgotten_when_trust_changes)
{
	struct kit *kit = begin(&(struct scene){ .key = PKI_P256 });
	char text[2048];

	must_connect(kit);
	kit_gateway(kit)->trust[0].files.crl = view(pki_crl(ca, client_cert, NOW - 10, NOW + 36000, false));
	kit_configure(kit_gateway(kit), kit_gateway_text(GCM, "esp-gcm", both(text, "clients", PKI_P256, NULL)));
	come_again(kit);
	ck_assert(!kit_connected(kit));
	ck_assert_uint_eq(kit_counters(kit_gateway(kit)).auth_passed, 1);
	end(kit);
}
END_TEST

START_TEST(a_session_ends_with_its_trustpoint)
{
	struct kit *kit = begin(&(struct scene){ .key = PKI_P256 });

	must_connect(kit);
	kit_configure(kit_gateway(kit), kit_gateway_text(GCM, "esp-gcm", NULL));
	kit_settle(kit);
	ck_assert(kit_said("ike.ended", "its trustpoint was removed"));
	ck_assert_uint_eq(kit_up(kit_gateway(kit)), 0);
	end(kit);
}
END_TEST

static enum kit_verdict hold_number(struct kit *kit, struct kit_packet *packet, void *ctx)
{
	return packet->number == *(unsigned *)ctx ? KIT_HOLD : KIT_PASS;
}

/* The third datagram is IKE_AUTH, which makes the gateway judge a certificate; the second makes the client sign. */
START_TEST(an_sa_that_signs_or_judges_may_be_ended)
{
	unsigned number = 2 + (unsigned)_i;
	struct kit *kit = begin(&(struct scene){ .key = PKI_P384 });
	struct kit_side *side = &kit->side[_i ? KIT_GATEWAY : KIT_CLIENT];
	struct kit_packet *packet;

	kit->script = hold_number;
	kit->ctx = &number;
	kit_settle(kit);
	packet = kit->held;
	ck_assert_ptr_nonnull(packet);
	driver_input(side->ike[0], &(struct cyg_datagram){ .local = packet->local, .remote = packet->remote,
							   .data = packet->octets, .len = packet->len });
	ck_assert(cyg_op_is_pending(_i ? &kit_sa(side)->theirs->op : &kit_sa(side)->ours->op));
	ck_assert_uint_eq(ike_clear(side->ike[0], NULL, NULL, UINT32_MAX, 10), 1);
	kit_pass(kit, 10);
	ck_assert_uint_eq(kit_up(side), 0);
	end(kit);
}
END_TEST

Suite *cert_suite(void)
{
	Suite *suite = suite_create("cert");
	TCase *tcase = tcase_create("cert");

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, every_kind_of_key_proves_both_sides, 0, CYG_COUNT(kinds));
	tcase_add_test(tcase, pki_debugging_tells_who_signs_and_who_judges);
	tcase_add_loop_test(tcase, without_rfc_7427_the_classic_methods_are_used, 0, CYG_COUNT(classic));
	tcase_add_test(tcase, ed25519_has_no_classic_method_and_that_is_told);
	tcase_add_loop_test(tcase, a_chain_is_sent_along_and_followed, 0, 2);
	tcase_add_test(tcase, one_side_may_sign_while_the_other_has_a_shared_key);
	tcase_add_loop_test(tcase, either_of_several_remote_methods_is_taken, 0, 2);
	tcase_add_test(tcase, without_identity_lines_the_subject_is_who_we_are);
	tcase_add_test(tcase, a_map_that_does_not_match_serves_nobody);
	tcase_add_test(tcase, the_ca_that_the_peer_asks_for_decides_which_trustpoint_signs);
	tcase_add_loop_test(tcase, a_certificate_that_will_not_do_is_refused_with_its_reason, 0, CYG_COUNT(refusals));
	tcase_add_test(tcase, the_same_with_what_is_right_connects);
	tcase_add_test(tcase, a_gateway_of_another_ca_is_refused_by_the_client);
	tcase_add_loop_test(tcase, a_trustpoint_that_cannot_sign_says_why, 0, CYG_COUNT(unable));
	tcase_add_test(tcase, who_comes_again_costs_no_path_validation);
	tcase_add_test(tcase, what_is_remembered_ends_with_the_certificate);
	tcase_add_test(tcase, what_is_remembered_is_forgotten_when_trust_changes);
	tcase_add_test(tcase, a_session_ends_with_its_trustpoint);
	tcase_add_loop_test(tcase, an_sa_that_signs_or_judges_may_be_ended, 0, 2);
	suite_add_tcase(suite, tcase);
	return suite;
}
