/* SPDX-License-Identifier: MIT */
/*
 * Writes a whole test PKI into a folder, valid now:
 *
 *   make_pki FOLDER
 *
 * KIND is rsa (2048 bits), rsa3072, rsa4096, p256, p384, p521, ed25519, ed448.
 *
 *   FOLDER/KIND/ca.pem                  the CA, key of that kind
 *   FOLDER/KIND/gateway.pem, .key       serverAuth; DNS:gateway.example.org, IP:192.0.2.1 and IP:2001:db8::1
 *   FOLDER/KIND/client.pem, .key        clientAuth; DNS:client.example.org, email:client@example.org; OU=clients
 *   FOLDER/KIND/gateway.p12, client.p12 the same with the CA, locked by "correct horse"
 *   FOLDER/chain/                       the same names (P-256), issued by intermediate.pem, which ca.pem issued;
 *                                       gateway-chain.pem and client-chain.pem have the intermediate behind them
 *   FOLDER/bad/                         of FOLDER/p256's CA: expired, early (not yet valid), eku (codeSigning),
 *                                       name (DNS:other.example.org), usage (keyCertSign only), revoked; .pem and .key each;
 *                                       stranger (of another CA, stranger-ca.pem)
 *   FOLDER/bad/crl.pem                  revokes `revoked`; crl-empty.pem revokes nobody; crl-old.pem is out of date
 *
 *   make_pki FOLDER KIND COUNT
 *
 * makes one gateway and many clients instead, for benches:
 *
 *   FOLDER/ca.pem, gateway.pem, gateway.key
 *   FOLDER/client.key                   one key for all of them: making keys takes long
 *   FOLDER/clients.pem                  COUNT certificates of it: DNS:c0.example.org, DNS:c1.example.org, ...
 */
#include "testing/pki/pki.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static const char *folder;
static int64_t now;

static void make_folder(const char *name)
{
	char path[1024];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (mkdir(path, 0755) && errno != EEXIST) {
		perror(path);
		exit(1);
	}
}

static void write_file(const char *where, const char *name, struct pki_file file)
{
	char path[1024];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s/%s", folder, where, name);
	out = fopen(path, "wb");
	if (!out || fwrite(file.octets, 1, file.len, out) != file.len || fclose(out)) {
		perror(path);
		exit(1);
	}
}

static void write_pair(const char *where, const char *name, const struct pki_cert *cert)
{
	char file[64];

	snprintf(file, sizeof(file), "%s.pem", name);
	write_file(where, file, pki_pem(cert, NULL));
	snprintf(file, sizeof(file), "%s.key", name);
	write_file(where, file, pki_key(cert, PKI_PKCS8_PEM));
}

#define GATEWAY_NAMES "DNS:gateway.example.org,IP:192.0.2.1,IP:2001:db8::1"
#define CLIENT_NAMES  "DNS:client.example.org,email:client@example.org"

static struct pki_cert *gateway(enum pki_key key, const struct pki_cert *ca)
{
	return pki_make(&(struct pki_spec){ .name = "gateway.example.org", .key = key, .issuer = ca, .now = now,
					    .eku = "serverAuth", .names = GATEWAY_NAMES });
}

static struct pki_cert *client(enum pki_key key, const struct pki_cert *ca)
{
	return pki_make(&(struct pki_spec){ .name = "client.example.org", .unit = "clients", .key = key,
					    .issuer = ca, .now = now, .eku = "clientAuth", .names = CLIENT_NAMES });
}

static struct pki_cert *authority(const char *name, enum pki_key key)
{
	return pki_make(&(struct pki_spec){ .name = name, .key = key, .now = now, .ca = true });
}

static struct pki_cert *make_kind(const char *kind, enum pki_key key)
{
	char name[64];
	struct pki_cert *ca, *gw, *cl;

	snprintf(name, sizeof(name), "Test CA %s", kind);
	ca = authority(name, key);
	gw = gateway(key, ca);
	cl = client(key, ca);
	make_folder(kind);
	write_file(kind, "ca.pem", pki_pem(ca, NULL));
	write_pair(kind, "gateway", gw);
	write_pair(kind, "client", cl);
	write_file(kind, "gateway.p12", pki_pkcs12(gw, ca));
	write_file(kind, "client.p12", pki_pkcs12(cl, ca));
	return ca;
}

static void make_chain(void)
{
	struct pki_cert *root = authority("Test Root", PKI_P256);
	struct pki_cert *middle = pki_make(&(struct pki_spec){ .name = "Test Intermediate", .key = PKI_P256,
							       .issuer = root, .now = now, .ca = true,
							       .path_len = 1 });
	const struct pki_cert *more[] = { middle, NULL };
	struct pki_cert *gw = gateway(PKI_P256, middle), *cl = client(PKI_P256, middle);

	make_folder("chain");
	write_file("chain", "ca.pem", pki_pem(root, NULL));
	write_file("chain", "intermediate.pem", pki_pem(middle, NULL));
	write_pair("chain", "gateway", gw);
	write_pair("chain", "client", cl);
	write_file("chain", "gateway-chain.pem", pki_pem(gw, more));
	write_file("chain", "client-chain.pem", pki_pem(cl, more));
}

static void make_bad(const struct pki_cert *ca)
{
	static const struct { const char *name, *eku, *names, *usage; int from, until; } bad[] = {
		{ "expired", "clientAuth", CLIENT_NAMES, NULL, -30, -1 },
		{ "early", "clientAuth", CLIENT_NAMES, NULL, 1, 30 },
		{ "eku", "codeSigning", CLIENT_NAMES, NULL, 0, 0 },
		{ "name", "clientAuth", "DNS:other.example.org", NULL, 0, 0 },
		{ "usage", "clientAuth", CLIENT_NAMES, "critical,keyCertSign", 0, 0 },
		{ "revoked", "clientAuth", CLIENT_NAMES, NULL, 0, 0 },
	};
	struct pki_cert *stranger = authority("Test Stranger", PKI_P256), *revoked = NULL;

	make_folder("bad");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct pki_cert *cert = pki_make(&(struct pki_spec){
			.name = "client.example.org", .unit = "clients", .key = PKI_P256, .issuer = ca, .now = now,
			.eku = bad[i].eku, .names = bad[i].names, .usage = bad[i].usage,
			.from = bad[i].from ? now + bad[i].from * (int64_t)PKI_DAY : 0,
			.until = bad[i].until ? now + bad[i].until * (int64_t)PKI_DAY : 0 });

		write_pair("bad", bad[i].name, cert);
		if (strcmp(bad[i].name, "revoked") == 0)
			revoked = cert;
	}
	write_file("bad", "stranger-ca.pem", pki_pem(stranger, NULL));
	write_pair("bad", "stranger", client(PKI_P256, stranger));
	write_file("bad", "crl.pem", pki_crl(ca, revoked, now - PKI_DAY, now + 30 * PKI_DAY, true));
	write_file("bad", "crl-empty.pem", pki_crl(ca, NULL, now - PKI_DAY, now + 30 * PKI_DAY, true));
	write_file("bad", "crl-old.pem", pki_crl(ca, NULL, now - 30 * PKI_DAY, now - PKI_DAY, true));
}

/* Straight into FOLDER. */
static void make_clients(enum pki_key key, unsigned count)
{
	const struct pki_cert *ca = authority("Test CA", key), *first = NULL;
	const struct pki_cert **certs = calloc(count + 1, sizeof(*certs));

	if (!certs)
		exit(1);
	for (unsigned i = 0; i < count; i++) {
		char name[64], dns[80];

		snprintf(name, sizeof(name), "c%u.example.org", i);
		snprintf(dns, sizeof(dns), "DNS:%s", name);
		certs[i] = pki_make(&(struct pki_spec){ .name = name, .unit = "clients", .key = key, .issuer = ca,
							.now = now, .eku = "clientAuth", .names = dns,
							.key_of = first });
		first = certs[0];
	}
	write_file(".", "ca.pem", pki_pem(ca, NULL));
	write_pair(".", "gateway", gateway(key, ca));
	write_file(".", "client.key", pki_key(first, PKI_PKCS8_PEM));
	write_file(".", "clients.pem", pki_pem(first, certs + 1));
	free(certs);
}

int main(int argc, char **argv)
{
	static const struct { const char *name; enum pki_key key; } kinds[] = {
		{ "p256", PKI_P256 }, { "p384", PKI_P384 }, { "p521", PKI_P521 }, { "ed25519", PKI_ED25519 },
		{ "ed448", PKI_ED448 }, { "rsa", PKI_RSA2048 }, { "rsa3072", PKI_RSA3072 },
		{ "rsa4096", PKI_RSA4096 },
	};
	size_t only = sizeof(kinds) / sizeof(kinds[0]);
	int clients = argc == 4 ? atoi(argv[3]) : 0;

	for (size_t i = 0; argc == 4 && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].name, argv[2]) == 0)
			only = i;
	}
	if (argc != 2 && (clients < 1 || clients > 1000000 || only == sizeof(kinds) / sizeof(kinds[0]))) {
		fprintf(stderr, "usage: make_pki FOLDER [KIND CLIENTS]\n");
		return 2;
	}
	folder = argv[1];
	now = (int64_t)time(NULL);
	make_folder("");
	if (argc == 4) {
		make_clients(kinds[only].key, (unsigned)clients);
		pki_done();
		return 0;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct pki_cert *ca = make_kind(kinds[i].name, kinds[i].key);

		if (kinds[i].key == PKI_P256)
			make_bad(ca);
	}
	make_chain();
	pki_done();
	return 0;
}
