/* SPDX-License-Identifier: MIT */
/*
 * A corpus of faults: each is one change of a pair of configurations that connects. The pair must fail; the
 * mending command is taken out of the line that was printed, typed on the side that printed it, and then the pair
 * must connect. The score is printed; below nine in ten the test fails.
 */
#include "exchange/exchange.h"
#include "testing/engine/engine_tests.h"
#include "testing/engine/kit.h"
#include "testing/pki/pki.h"

#define KEY         "a-shared-secret"
#define TEXT_MAX    8192
#define ROUNDS      3     /* of typing what is printed, trying again */
#define PATIENCE_MS 200000 /* until a client has tried anew */
#define SCORE_MIN   90
#define NOW         INT64_C(1800000000) /* of the certificates */

/* --- Pairs that connect --- */

static const char gateway_text[] =
	"aaa new-model\n"
	"aaa authorization network here local\n"
	"crypto ikev2 proposal p\n encryption aes-gcm-128\n prf sha256\n group 19\n"
	"crypto ikev2 policy p\n proposal p\n"
	"crypto ikev2 keyring clients\n peer anybody\n  address 0.0.0.0 0.0.0.0\n  pre-shared-key " KEY "\n"
	"crypto ikev2 profile clients\n match identity remote fqdn domain example.org\n"
	" identity local fqdn gateway.example.org\n authentication local pre-share\n"
	" authentication remote pre-share\n keyring local clients\n"
	" aaa authorization group psk list here clients\n virtual-template 1\n"
	"crypto ipsec transform-set t esp-gcm\n mode tunnel\n"
	"crypto ipsec profile clients\n set transform-set t\n"
	"interface Loopback0\n ip address 10.99.0.1 255.255.255.255\n"
	"interface Virtual-Template1 type tunnel\n ip unnumbered Loopback0\n"
	" tunnel mode ipsec ipv4\n tunnel protection ipsec profile clients\n";

static const char client_text[] =
	"crypto ikev2 proposal p\n encryption aes-gcm-128\n prf sha256\n group 19\n"
	"crypto ikev2 policy p\n proposal p\n"
	"crypto ikev2 keyring gateway\n peer gateway\n  address 192.0.2.1\n  pre-shared-key " KEY "\n"
	"crypto ikev2 profile gateway\n match identity remote fqdn gateway.example.org\n"
	" identity local fqdn client.example.org\n authentication local pre-share\n"
	" authentication remote pre-share\n keyring local gateway\n"
	"crypto ipsec transform-set t esp-gcm\n mode tunnel\n"
	"crypto ipsec profile gateway\n set transform-set t\n set ikev2-profile gateway\n"
	"interface Tunnel0\n ip address negotiated\n tunnel source 192.0.2.2\n"
	" tunnel mode ipsec ipv4\n tunnel destination 192.0.2.1\n"
	" tunnel protection ipsec profile gateway\n";

/* The same by certificates. */
#define BY_CERTIFICATE \
	" authentication local ecdsa-sig\n authentication remote ecdsa-sig\n pki trustpoint T\n"
#define SUITES \
	"crypto pki trustpoint T\n revocation-check none\n" \
	"crypto ikev2 proposal p\n encryption aes-gcm-128\n prf sha256\n group 19\n" \
	"crypto ikev2 policy p\n proposal p\n" \
	"crypto ipsec transform-set t esp-gcm\n mode tunnel\n"

static const char gateway_cert_text[] =
	"aaa new-model\n"
	"aaa authorization network here local\n" SUITES
	"crypto ikev2 profile clients\n match identity remote fqdn domain example.org\n"
	" identity local fqdn gateway.example.org\n" BY_CERTIFICATE
	" aaa authorization group cert list here clients\n virtual-template 1\n"
	"crypto ipsec profile clients\n set transform-set t\n"
	"interface Loopback0\n ip address 10.99.0.1 255.255.255.255\n"
	"interface Virtual-Template1 type tunnel\n ip unnumbered Loopback0\n"
	" tunnel mode ipsec ipv4\n tunnel protection ipsec profile clients\n";

static const char client_cert_text[] =
	SUITES
	"crypto ikev2 profile gateway\n match identity remote fqdn gateway.example.org\n"
	" identity local fqdn client.example.org\n" BY_CERTIFICATE
	"crypto ipsec profile gateway\n set transform-set t\n set ikev2-profile gateway\n"
	"interface Tunnel0\n ip address negotiated\n tunnel source 192.0.2.2\n"
	" tunnel mode ipsec ipv4\n tunnel destination 192.0.2.1\n"
	" tunnel protection ipsec profile gateway\n";

/* Two sites: a tunnel at each end, of which one calls. */
static const char site_text[] =
	"crypto ikev2 proposal p\n encryption aes-gcm-128\n prf sha256\n group 19\n"
	"crypto ikev2 policy p\n proposal p\n"
	"crypto ikev2 keyring sites\n peer branch\n  address 192.0.2.2\n  pre-shared-key " KEY "\n"
	"crypto ikev2 profile sites\n match identity remote fqdn domain example.org\n"
	" identity local fqdn gateway.example.org\n authentication local pre-share\n"
	" authentication remote pre-share\n keyring local sites\n"
	"crypto ipsec transform-set t esp-gcm\n mode tunnel\n"
	"crypto ipsec profile sites\n set transform-set t\n set ikev2-profile sites\n responder-only\n"
	"interface Tunnel5\n ip address 10.5.0.1 255.255.255.252\n tunnel source 192.0.2.1\n"
	" tunnel mode ipsec ipv4\n tunnel destination 192.0.2.2\n"
	" tunnel protection ipsec profile sites\n";

static const char branch_text[] =
	"crypto ikev2 proposal p\n encryption aes-gcm-128\n prf sha256\n group 19\n"
	"crypto ikev2 policy p\n proposal p\n"
	"crypto ikev2 keyring gateway\n peer gateway\n  address 192.0.2.1\n  pre-shared-key " KEY "\n"
	"crypto ikev2 profile gateway\n match identity remote fqdn gateway.example.org\n"
	" identity local fqdn branch.example.org\n authentication local pre-share\n"
	" authentication remote pre-share\n keyring local gateway\n"
	"crypto ipsec transform-set t esp-gcm\n mode tunnel\n"
	"crypto ipsec profile gateway\n set transform-set t\n set ikev2-profile gateway\n"
	"interface Tunnel0\n ip address 10.5.0.2 255.255.255.252\n tunnel source 192.0.2.2\n"
	" tunnel mode ipsec ipv4\n tunnel destination 192.0.2.1\n"
	" tunnel protection ipsec profile gateway\n";

/* --- Faults --- */

#define G KIT_GATEWAY
#define C KIT_CLIENT
#define GCM "encryption aes-gcm-128\n prf sha256\n group 19"
#define PRE "authentication remote pre-share\n"
#define PROFILE "crypto ikev2 profile clients\n match identity remote fqdn domain example.org\n"
#define KEYS " authentication local pre-share key x\n authentication remote pre-share key x\n"
#define POLICY "crypto ikev2 policy p\n proposal p\n"
#define MAP "crypto pki certificate map M 10\n subject-name co nobody\n"

static const struct fault {
	unsigned side;
	const char *from, *to;
} faults[] = {
	/* IKE suites: one transform differs, either side being the odd one. */
	{ C, "group 19", "group 14" },
	{ C, "group 19", "group 15" },
	{ C, "group 19", "group 16" },
	{ C, "group 19", "group 20" },
	{ C, "group 19", "group 21" },
	{ C, "group 19", "group 31" },
	{ G, "group 19", "group 14" },
	{ G, "group 19", "group 20" },
	{ G, "group 19", "group 31" },
	{ G, "group 19", "group 20 21" },
	{ C, "prf sha256", "prf sha384" },
	{ C, "prf sha256", "prf sha512" },
	{ G, "prf sha256", "prf sha384" },
	{ G, "prf sha256", "prf sha512" },
	{ C, "encryption aes-gcm-128", "encryption aes-gcm-256" },
	{ G, "encryption aes-gcm-128", "encryption aes-gcm-256" },
	{ C, GCM, "encryption aes-cbc-256\n integrity sha256\n group 19" },
	{ G, GCM, "encryption aes-cbc-256\n integrity sha256\n group 19" },
	{ C, GCM, "encryption aes-cbc-128\n integrity sha512\n group 19" },
	{ G, GCM, "encryption aes-cbc-128 aes-cbc-192\n integrity sha384\n group 19" },
	{ C, GCM, "encryption aes-gcm-256\n prf sha512\n group 31" },
	{ G, GCM, "encryption aes-gcm-256\n prf sha512\n group 14" },
	/* Pre-shared keys. */
	{ C, "pre-shared-key " KEY, "pre-shared-key another" },
	{ G, "pre-shared-key " KEY, "pre-shared-key another" },
	{ G, "pre-shared-key " KEY, "pre-shared-key local " KEY "\n  pre-shared-key remote another" },
	{ C, "pre-shared-key " KEY, "pre-shared-key local another\n  pre-shared-key remote " KEY },
	{ C, "pre-shared-key " KEY, "pre-shared-key local " KEY "\n  pre-shared-key remote another" },
	{ G, "address 0.0.0.0 0.0.0.0", "address 198.51.100.0 255.255.255.0" },
	{ C, "address 192.0.2.1\n", "address 192.0.2.77\n" },
	{ G, "address 0.0.0.0 0.0.0.0", "identity fqdn somebody.example.net" },
	{ G, " keyring local clients\n", "" },
	{ C, " keyring local gateway\n", "" },
	{ G, "  pre-shared-key " KEY "\n", "" },
	{ C, "  pre-shared-key " KEY "\n", "" },
	/* Identities and profiles. */
	{ C, "identity local fqdn client.example.org", "identity local fqdn client.example.net" },
	{ C, "identity local fqdn client.example.org", "identity local email client@example.net" },
	{ C, "identity local fqdn client.example.org", "identity local key-id client" },
	{ C, " identity local fqdn client.example.org\n", " identity local address 192.0.2.2\n" },
	{ G, "identity local fqdn gateway.example.org", "identity local fqdn other.example.org" },
	{ G, "identity local fqdn gateway.example.org", "identity local email gateway@example.org" },
	{ G, "identity local fqdn gateway.example.org", "identity local key-id gateway" },
	{ G, " identity local fqdn gateway.example.org\n", "" },
	{ G, "match identity remote fqdn domain example.org", "match identity remote fqdn domain example.net" },
	{ G, "match identity remote fqdn domain example.org", "match identity remote fqdn alice.example.org" },
	{ G, "match identity remote fqdn domain example.org", "match identity remote email domain example.org" },
	{ G, "match identity remote fqdn domain example.org", "match identity remote address 198.51.100.1" },
	{ G, "match identity remote fqdn domain example.org", "match identity remote key-id client" },
	{ G, " match identity remote fqdn domain example.org\n", "" },
	{ C, "match identity remote fqdn gateway.example.org", "match identity remote fqdn gw.example.org" },
	{ C, "match identity remote fqdn gateway.example.org", "match identity remote address 192.0.2.1" },
	{ C, "match identity remote fqdn gateway.example.org", "match identity remote email domain example.org" },
	{ G, " virtual-template 1\n", " virtual-template 1\n shutdown\n" },
	{ G, " virtual-template 1\n", "" },
	{ G, " authentication local pre-share\n", "" },
	{ G, " " PRE, "" },
	{ C, " " PRE, "" },
	/* ESP. */
	{ C, "transform-set t esp-gcm", "transform-set t esp-gcm 256" },
	{ G, "transform-set t esp-gcm", "transform-set t esp-gcm 256" },
	{ C, "transform-set t esp-gcm", "transform-set t esp-aes esp-sha256-hmac" },
	{ G, "transform-set t esp-gcm", "transform-set t esp-aes esp-sha256-hmac" },
	{ C, "transform-set t esp-gcm", "transform-set t esp-aes 256 esp-sha512-hmac" },
	{ G, "transform-set t esp-gcm", "transform-set t esp-aes 256 esp-sha384-hmac" },
	{ C, "transform-set t esp-gcm", "transform-set t esp-aes esp-sha-hmac" },
	{ G, "transform-set t esp-gcm", "transform-set t esp-aes esp-sha-hmac" },
	/* Interfaces. */
	{ G, " tunnel protection ipsec profile clients\n", "" },
	{ G, " tunnel mode ipsec ipv4\n", " tunnel mode ipsec ipv4\n shutdown\n" },
	{ G, " ip unnumbered Loopback0\n", "" },
	{ G, " virtual-template 1\n", " virtual-template 2\n" },
	{ G, "tunnel protection ipsec profile clients", "tunnel protection ipsec profile nowhere" },
	{ C, "tunnel protection ipsec profile gateway", "tunnel protection ipsec profile nowhere" },
	{ C, " ip address negotiated\n", "" },
	{ C, " tunnel source 192.0.2.2\n", "" },
	{ G, " set transform-set t\n", " set transform-set u\n" },
	{ C, " set transform-set t\n", " set transform-set u\n" },
	{ C, " set ikev2-profile gateway\n", "" },
	{ C, " set ikev2-profile gateway\n", " set ikev2-profile nowhere\n" },
	{ G, " set transform-set t\n", " set transform-set t\n set security-policy limit 0\n" },
	/* Profiles that are for somebody or somewhere else, or of which there are two. */
	{ G, PROFILE, PROFILE " match address local 192.0.2.77\n" },
	{ G, PROFILE, "vrf definition blue\n" PROFILE " match fvrf blue\n" },
	{ G, "crypto ipsec transform-set", "crypto ikev2 profile more\n match identity remote any\n" KEYS
					   "crypto ipsec transform-set" },
	{ G, PROFILE, "crypto ikev2 profile more\n match identity remote any\n" KEYS PROFILE },
	{ G, "crypto ipsec transform-set",
	  "crypto ikev2 profile more\n match identity remote fqdn domain example.org\n" KEYS "crypto ipsec transform-set" },
	{ G, " " PRE, " authentication remote rsa-sig\n" },
	{ C, " " PRE, " authentication remote ecdsa-sig\n" },
	{ G, " authentication local pre-share\n", " authentication local rsa-sig\n" },
	{ G, " keyring local clients\n", " keyring local nowhere\n" },
	{ C, " keyring local gateway\n", " keyring local nowhere\n" },
	{ G, "aaa authorization network here local\n", "" },
	/* Policies. */
	{ G, POLICY, "no crypto ikev2 policy default\n" POLICY " match address local 192.0.2.77\n" },
	{ C, POLICY, "no crypto ikev2 policy default\n" POLICY " match address local 192.0.2.77\n" },
	{ G, POLICY, "vrf definition blue\nno crypto ikev2 policy default\n" POLICY " match fvrf blue\n" },
	{ G, POLICY, "no crypto ikev2 policy default\n" },
	{ G, POLICY, "no crypto ikev2 policy default\ncrypto ikev2 policy p\n proposal q\n" },
	{ C, POLICY, "no crypto ikev2 policy default\ncrypto ikev2 policy p\n proposal q\n" },
	{ G, POLICY, "crypto ikev2 policy p\n proposal q\n" },
	{ C, POLICY, "crypto ikev2 policy p\n proposal q\n" },
	{ G, " group 19\n", "" },
	{ G, " prf sha256\n", "" },
};

/* By certificate. */
static const struct fault cert_faults[] = {
	{ G, "authentication remote ecdsa-sig", "authentication remote rsa-sig" },
	{ C, "authentication remote ecdsa-sig", "authentication remote rsa-sig" },
	{ G, "authentication local ecdsa-sig", "authentication local rsa-sig" },
	{ C, "authentication local ecdsa-sig", "authentication local rsa-sig" },
	{ G, "\n pki trustpoint T\n", "\n" },
	{ C, "\n pki trustpoint T\n", "\n" },
	{ G, "\n pki trustpoint T\n", "\n pki trustpoint U\n" },
	{ C, "\n pki trustpoint T\n", "\n pki trustpoint U\n" },
	{ G, " revocation-check none\n", " revocation-check crl\n" },
	{ C, " revocation-check none\n", " revocation-check crl\n" },
	{ C, " identity local fqdn client.example.org\n", "" },
	{ G, " identity local fqdn gateway.example.org\n", "" },
	{ C, "identity local fqdn client.example.org", "identity local fqdn other.example.org" },
	{ C, "identity local fqdn client.example.org", "identity local email client@example.org" },
	{ G, "identity local fqdn gateway.example.org", "identity local fqdn gw.example.org" },
	{ G, PROFILE, MAP "crypto ikev2 profile clients\n match certificate M\n" },
	{ G, " revocation-check none\n", " revocation-check none\n match certificate M\n" MAP },
	{ G, PROFILE, "crypto ikev2 profile more\n match certificate M\n" BY_CERTIFICATE
		      "crypto pki certificate map M 10\n issuer-name co test ca\n" PROFILE },
};

/* Between two tunnels. */
static const struct fault site_faults[] = {
	{ G, "tunnel destination 192.0.2.2", "tunnel destination 192.0.2.66" },
	{ G, "tunnel source 192.0.2.1", "tunnel source 192.0.2.77" },
	{ G, " tunnel mode ipsec ipv4\n", " tunnel mode ipsec ipv6\n" },
	{ C, " tunnel mode ipsec ipv4\n", " tunnel mode ipsec ipv6\n" },
	{ C, " tunnel mode ipsec ipv4\n", " tunnel mode gre ip\n" },
	{ G, " tunnel mode ipsec ipv4\n", " tunnel mode gre ip\n" },
	{ G, " tunnel mode ipsec ipv4\n", "" },
	{ G, " tunnel mode ipsec ipv4\n", " tunnel mode ipsec ipv4\n shutdown\n" },
	{ G, "  address 192.0.2.2\n", "  address 192.0.2.66\n" },
	{ G, " set transform-set t\n", " set transform-set u\n" },
	{ G, " set ikev2-profile sites\n", " set ikev2-profile nowhere\n" },
};

/* What shows when the child is given new keys. */
static const struct fault rekey_faults[] = {
	{ G, " set transform-set t\n", " set transform-set t\n set pfs group19\n" },
	{ G, " set transform-set t\n", " set transform-set t\n set pfs group14\n" },
	{ C, " set transform-set t\n", " set transform-set t\n set pfs group14\n" },
	{ C, " set transform-set t\n", " set transform-set t\n set pfs group20\n" },
};

#define CORPUS(gateway_, client_, faults_, certs_, rekeys_) \
	{ gateway_, client_, faults_, CYG_COUNT(faults_), certs_, rekeys_ }
static const struct corpus {
	const char *gateway, *client;
	const struct fault *faults;
	size_t count;
	bool certs;                     /* a trustpoint T at both ends */
	bool rekeys;                    /* it works if its child can be rekeyed */
} corpora[] = {
	CORPUS(gateway_text, client_text, faults, false, false),
	CORPUS(gateway_cert_text, client_cert_text, cert_faults, true, false),
	CORPUS(site_text, branch_text, site_faults, false, false),
	CORPUS(gateway_text, client_text, rekey_faults, false, true),
};

/* --- Typing what is printed --- */

struct pair {
	const struct corpus *corpus;
	struct kit *kit;
	char text[KIT_SIDES][TEXT_MAX];
	size_t told;                    /* lines of the log that were looked at */
};

static void put_text(char *out, const char *text, const struct fault *fault)
{
	const char *at = fault ? strstr(text, fault->from) : NULL;

	ck_assert_msg(!fault || at, "the text has no '%s'", fault->from);
	if (fault)
		snprintf(out, TEXT_MAX, "%.*s%s%s", (int)(at - text), text, fault->to,
			 at + strlen(fault->from));
	else
		snprintf(out, TEXT_MAX, "%s", text);
}

/* A key and a certificate for each, by one CA that both know. */
static void give_certificates(struct kit *kit)
{
	static const char *const names[] = { [G] = "gateway.example.org", [C] = "client.example.org" };
	static const char *const others[] = { [G] = "DNS:gateway.example.org,IP:192.0.2.1", [C] = "DNS:client.example.org" };
	const struct pki_cert *ca = pki_make(&(struct pki_spec){ .name = "Test CA", .key = PKI_P256, .now = NOW, .ca = true });

	kit->clock.wall_ms = NOW * 1000;
	for (unsigned side = 0; side < KIT_SIDES; side++) {
		const struct pki_cert *cert = pki_make(&(struct pki_spec){ .name = names[side], .key = PKI_P256, .issuer = ca,
									   .now = NOW, .names = others[side] });
		struct pki_file files[] = { pki_pem(ca, NULL), pki_pem(cert, NULL), pki_key(cert, PKI_PKCS8_PEM) };

		kit->side[side].trust[0] = (struct kit_trust){
			.name = "T",
			.files = { .ca = cyg_bytes(files[0].octets, files[0].len),
				   .cert = cyg_bytes(files[1].octets, files[1].len),
				   .key = cyg_bytes(files[2].octets, files[2].len) },
		};
	}
}

static struct kit *corpus_kit(const struct corpus *corpus)
{
	struct kit *kit = kit_new(NULL);

	if (corpus->certs)
		give_certificates(kit);
	return kit;
}

static void corpus_kit_free(struct kit *kit)
{
	kit_free(kit);
	pki_done();
}

/* The client's child gets another one in its place. */
static bool can_rekey(struct kit *kit)
{
	struct ike_sa *sa = kit_sa(kit_client(kit));
	uint32_t spi = sa->children->d.spi_in;

	sa->children->want_rekey = true;
	driver_pump(sa);
	kit_settle(kit);
	return kit_connected(kit) && kit_sa(kit_client(kit))->children->d.spi_in != spi;
}

static bool works(const struct pair *pair)
{
	return kit_connected(pair->kit) && (!pair->corpus->rekeys || can_rekey(pair->kit));
}

/* Waits until it works, for as long as a client takes to try again. */
static bool comes_up(struct pair *pair, uint64_t ms)
{
	for (uint64_t waited = 0; waited < ms; waited += 500) {
		if (works(pair))
			return true;
		kit_pass(pair->kit, 500);
	}
	return works(pair);
}

/* The first of the texts that comes; NULL. */
static const char *first_of(const char *text, const char *const *marks, size_t count, size_t *len)
{
	const char *first = NULL;

	for (size_t i = 0; i < count; i++) {
		const char *at = strstr(text, marks[i]);

		if (!at || (first && at >= first))
			continue;
		first = at;
		*len = strlen(marks[i]);
	}
	return first;
}

/* The next alternative of "try: ...", without what explains it; moves on behind it. False: there is none. */
static bool next_command(const char **mend, char *out, size_t room)
{
	static const char *const marks[] = { ", or ", ", and ", "; if it is, " };
	static const char *const ends[] = { ", the same", " (", ", with ", ", as " };
	const char *at = *mend, *next, *end;
	size_t len = 0, ignored;

	if (!*at)
		return false;
	next = first_of(at, marks, CYG_COUNT(marks), &len);
	end = first_of(at, ends, CYG_COUNT(ends), &ignored);
	if (!next)
		next = at + strlen(at);
	snprintf(out, room, "%.*s", (int)((end && end < next ? end : next) - at), at);
	*mend = next + (*next ? len : 0);
	return true;
}

/* The key that the people at the other end tell: what they sign with, if they have two. */
static void key_of(const char *text, char *out, size_t room)
{
	static const char *const lines[] = { "pre-shared-key local ", "pre-shared-key " };
	const char *last = NULL;

	for (size_t i = 0; i < CYG_COUNT(lines) && !last; i++) {
		for (const char *at = strstr(text, lines[i]); at; at = strstr(at + 1, lines[i]))
			last = at + strlen(lines[i]);
	}
	snprintf(out, room, "%.*s", last ? (int)strcspn(last, "\n") : 0, last ? last : "");
}

/* "A / B / C" is a line in each mode on the way; KEY is what only the people at both ends know. */
static void add_lines(char *lines, size_t room, const char *command, const char *key)
{
	struct cyg_str rest = cyg_str(command);

	lines[0] = '\0';
	while (rest.len) {
		const char *at = memmem(rest.ptr, rest.len, " / ", 3);
		struct cyg_str one = at ? cyg_str_head(rest, (size_t)(at - rest.ptr)) : rest;
		size_t used = strlen(lines);

		if (one.len > 4 && memcmp(one.ptr + one.len - 4, " KEY", 4) == 0)
			snprintf(lines + used, room - used, "%.*s %s\n", (int)one.len - 4, one.ptr, key);
		else
			snprintf(lines + used, room - used, "%.*s\n", (int)one.len, one.ptr);
		rest = at ? cyg_str_tail(rest, one.len + 3) : cyg_str_tail(rest, rest.len);
	}
}

/* Types it on one side. False if it is no command there. */
static bool type_in(struct pair *pair, unsigned side, const char *command)
{
	struct config_findings findings = { 0 };
	struct cyg_config *config = NULL;
	char lines[1024], text[TEXT_MAX], key[200];
	enum cyg_status status;

	key_of(pair->text[!side], key, sizeof(key));
	add_lines(lines, sizeof(lines), command, key);
	if (snprintf(text, sizeof(text), "%s%s", pair->text[side], lines) >= (int)sizeof(text))
		return false;
	status = config_parse_text(pair->kit->grammar, "test", cyg_str(text), NULL, &findings, &config);
	config_findings_done(&findings);
	if (status != CYG_OK)
		return false;
	config_unref(config);
	memcpy(pair->text[side], text, sizeof(text));
	kit_configure(&pair->kit->side[side], text);
	return true;
}

/* The side that a line comes from. */
static unsigned side_of(const struct kit *kit, const char *event, size_t n)
{
	const char *local = log_capture_field(event, n, "local");
	const char *interface = log_capture_field(event, n, "interface");
	char address[CYG_IP_TEXT];

	if (interface && strcmp(interface, "Tunnel5") == 0)
		return G;

	cyg_ip_text(&kit->side[G].address, address);
	return local && strncmp(local, address, strlen(address)) == 0 ? G : C;
}

/* Types what the newest lines of an event propose. How many commands there were. */
static unsigned type_mends(struct pair *pair, const char *event, size_t *told, struct cyg_strbuf *typed)
{
	size_t count = log_capture_count(event);
	unsigned done = 0;

	for (; *told < count; (*told)++) {
		const char *mend = log_capture_field(event, *told, "mend");
		char command[400];

		/* The first alternative that is a command, and was not typed before. */
		while (mend && next_command(&mend, command, sizeof(command))) {
			if (strstr(typed->ptr, command) || !type_in(pair, side_of(pair->kit, event, *told), command))
				continue;
			cyg_strbuf_addf(typed, "%s%s", typed->len ? "; " : "", command);
			done++;
			break;
		}
	}
	return done;
}

static bool is_mended(const struct corpus *corpus, const struct fault *fault, struct cyg_strbuf *typed)
{
	struct pair *pair = calloc(1, sizeof(*pair));
	size_t ike = 0, child = 0;
	bool up = false;

	ck_assert_ptr_nonnull(pair);
	pair->corpus = corpus;
	pair->kit = corpus_kit(corpus);
	put_text(pair->text[G], corpus->gateway, fault->side == G ? fault : NULL);
	put_text(pair->text[C], corpus->client, fault->side == C ? fault : NULL);
	kit_configure(kit_gateway(pair->kit), pair->text[G]);
	kit_configure(kit_client(pair->kit), pair->text[C]);
	kit_pass(pair->kit, 3000);
	ck_assert_msg(!works(pair), "it works with '%s'", fault->to);
	for (unsigned round = 0; round < ROUNDS && !up; round++) {
		unsigned done = type_mends(pair, "ike.failed", &ike, typed);

		done += type_mends(pair, "child.failed", &child, typed);
		if (!done && round)
			break;
		up = comes_up(pair, PATIENCE_MS);
	}
	if (!up) {
		printf("not mended: %s: '%s' in place of '%s'; typed: %s\n", fault->side == G ? "gateway" : "client",
		       fault->to, fault->from, typed->len ? typed->ptr : "nothing");
		for (size_t n = 0; n < log_capture_count("ike.failed") && n < 3; n++)
			printf("    %s\n", log_capture_line("ike.failed", n));
		for (size_t n = 0; n < log_capture_count("child.failed") && n < 3; n++)
			printf("    %s\n", log_capture_line("child.failed", n));
	}
	corpus_kit_free(pair->kit);
	free(pair);
	return up;
}

START_TEST(each_pair_without_a_fault_works)
{
	struct pair pair = { .corpus = &corpora[_i], .kit = corpus_kit(&corpora[_i]) };

	kit_configure(kit_gateway(pair.kit), corpora[_i].gateway);
	kit_configure(kit_client(pair.kit), corpora[_i].client);
	kit_pass(pair.kit, 1000);
	ck_assert(works(&pair));
	ck_assert_uint_eq(log_capture_count("ike.failed") + log_capture_count("child.failed"), 0);
	corpus_kit_free(pair.kit);
}
END_TEST

START_TEST(printed_commands_mend_nine_of_ten_faults)
{
	size_t mended = 0, all = 0;

	for (size_t c = 0; c < CYG_COUNT(corpora); c++) {
		for (size_t i = 0; i < corpora[c].count; i++, all++) {
			char text[2000] = "";
			struct cyg_strbuf typed = CYG_STRBUF(text);

			mended += is_mended(&corpora[c], &corpora[c].faults[i], &typed);
		}
	}
	printf("faults: %zu of %zu mended by the command that was printed (%zu %%)\n", mended, all, 100 * mended / all);
	ck_assert_uint_ge(100 * mended, SCORE_MIN * all);
}
END_TEST

Suite *faults_suite(void)
{
	Suite *suite = suite_create("faults");
	TCase *tc = tcase_create("faults");

	tcase_set_timeout(tc, 600);
	tcase_add_loop_test(tc, each_pair_without_a_fault_works, 0, CYG_COUNT(corpora));
	tcase_add_test(tc, printed_commands_mend_nine_of_ten_faults);
	suite_add_tcase(suite, tc);
	return suite;
}
