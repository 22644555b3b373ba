/* SPDX-License-Identifier: MIT */
/*
 * A corpus of faults: each is one change of a pair of configurations that connects. The pair must fail; the
 * mending command is taken out of the line that was printed, typed on the side that printed it, and then the pair
 * must connect. The score is printed; below nine in ten the test fails.
 */
#include "testing/engine/engine_tests.h"
#include "testing/engine/kit.h"

#include <ctype.h>

#define KEY         "a-shared-secret"
#define TEXT_MAX    8192
#define ROUNDS      3     /* of typing what is printed, trying again */
#define PATIENCE_MS 200000 /* until a client has tried anew */
#define SCORE_MIN   90

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

#define G KIT_GATEWAY
#define C KIT_CLIENT
#define GCM "encryption aes-gcm-128\n prf sha256\n group 19"
#define PRE "authentication remote pre-share\n"

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
};

struct pair {
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

/* Waits until it is up, for as long as a client takes to try again. */
static bool comes_up(struct kit *kit, uint64_t ms)
{
	for (uint64_t waited = 0; waited < ms; waited += 500) {
		if (kit_connected(kit))
			return true;
		kit_pass(kit, 500);
	}
	return kit_connected(kit);
}

/* What a person would type of "try: ...": its first alternative, without what explains it. */
static void command_of(const char *mend, char *out, size_t room)
{
	static const char *const ends[] = { ", or ", ", the same", " (", ", with " };
	size_t len = strlen(mend);
	const char *at;

	for (size_t i = 0; i < CYG_COUNT(ends); i++) {
		at = strstr(mend, ends[i]);
		if (at && (size_t)(at - mend) < len)
			len = (size_t)(at - mend);
	}
	snprintf(out, room, "%.*s", (int)len, mend);
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
	char address[CYG_IP_TEXT];

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

		if (!mend || !mend[0] || strcmp(mend, "-") == 0)
			continue;
		command_of(mend, command, sizeof(command));
		if (strstr(typed->ptr, command))
			continue;
		if (type_in(pair, side_of(pair->kit, event, *told), command)) {
			cyg_strbuf_addf(typed, "%s%s", typed->len ? "; " : "", command);
			done++;
		}
	}
	return done;
}

static bool is_mended(const struct fault *fault, struct cyg_strbuf *typed)
{
	struct pair *pair = calloc(1, sizeof(*pair));
	size_t ike = 0, child = 0;
	bool up = false;

	ck_assert_ptr_nonnull(pair);
	pair->kit = kit_new(NULL);
	put_text(pair->text[G], gateway_text, fault->side == G ? fault : NULL);
	put_text(pair->text[C], client_text, fault->side == C ? fault : NULL);
	kit_configure(kit_gateway(pair->kit), pair->text[G]);
	kit_configure(kit_client(pair->kit), pair->text[C]);
	kit_pass(pair->kit, 3000);
	ck_assert_msg(!kit_connected(pair->kit), "it connects with '%s'", fault->to);
	for (unsigned round = 0; round < ROUNDS && !up; round++) {
		unsigned done = type_mends(pair, "ike.failed", &ike, typed);

		done += type_mends(pair, "child.failed", &child, typed);
		if (!done && round)
			break;
		up = comes_up(pair->kit, PATIENCE_MS);
	}
	if (!up) {
		printf("not mended: %s: '%s' in place of '%s'; typed: %s\n", fault->side == G ? "gateway" : "client",
		       fault->to, fault->from, typed->len ? typed->ptr : "nothing");
		for (size_t n = 0; n < log_capture_count("ike.failed") && n < 3; n++)
			printf("    %s\n", log_capture_line("ike.failed", n));
		for (size_t n = 0; n < log_capture_count("child.failed") && n < 3; n++)
			printf("    %s\n", log_capture_line("child.failed", n));
	}
	kit_free(pair->kit);
	free(pair);
	return up;
}

START_TEST(the_pair_without_a_fault_connects)
{
	struct kit *kit = kit_new(NULL);

	kit_configure(kit_gateway(kit), gateway_text);
	kit_configure(kit_client(kit), client_text);
	ck_assert(comes_up(kit, 3000));
	ck_assert_uint_eq(log_capture_count("ike.failed") + log_capture_count("child.failed"), 0);
	kit_free(kit);
}
END_TEST

START_TEST(printed_commands_mend_nine_of_ten_faults)
{
	size_t mended = 0;

	for (size_t i = 0; i < CYG_COUNT(faults); i++) {
		char text[2000] = "";
		struct cyg_strbuf typed = CYG_STRBUF(text);

		if (!is_mended(&faults[i], &typed))
			continue;
		mended++;
	}
	printf("faults: %zu of %zu mended by the command that was printed (%zu %%)\n", mended,
	       CYG_COUNT(faults), 100 * mended / CYG_COUNT(faults));
	ck_assert_uint_ge(100 * mended, SCORE_MIN * CYG_COUNT(faults));
}
END_TEST

Suite *faults_suite(void)
{
	Suite *suite = suite_create("faults");
	TCase *tc = tcase_create("faults");

	tcase_set_timeout(tc, 600);
	tcase_add_test(tc, the_pair_without_a_fault_connects);
	tcase_add_test(tc, printed_commands_mend_nine_of_ten_faults);
	suite_add_tcase(suite, tc);
	return suite;
}
