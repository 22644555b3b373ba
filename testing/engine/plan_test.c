/* SPDX-License-Identifier: MIT */
/*
 * What a change would end is what it ends: lines by chance are typed at a gateway with sessions of several profiles, keyrings
 * and interfaces; the plan of them is asked for, then they are brought into force. What differs is cut down to the lines that
 * it takes, and printed with its seed.
 */
#include "testing/engine/engine_tests.h"
#include "testing/engine/kit.h"

#define SESSIONS 4u
#define CASES	 150u
#define LINES	 4u

/* --- Both sides --- */

/* Sessions 0 and 1 have a keyring in common, with a peer of each; 2 and 3 one of their own. */
static const char *gateway_text(void)
{
	static char text[8192];
	struct cyg_strbuf out = CYG_STRBUF(text);

	cyg_strbuf_addf(&out, "crypto ikev2 proposal p\n encryption aes-gcm-128\n prf sha256\n group 19\n"
			      "crypto ikev2 policy p\n proposal p\n"
			      "crypto ipsec transform-set t esp-gcm\n mode tunnel\n"
			      "crypto ipsec profile all\n set transform-set t\n"
			      "interface Loopback0\n ip address 10.99.0.1 255.255.255.255\n");
	for (unsigned i = 0; i < SESSIONS; i++) {
		cyg_strbuf_addf(&out, "crypto ikev2 keyring k%u\n peer p%u\n  identity fqdn c%u.example.org\n"
				      "  pre-shared-key secret%u\n",
				i < 2 ? 0 : i, i, i, i);
		cyg_strbuf_addf(&out, "crypto ikev2 profile r%u\n match identity remote fqdn c%u.example.org\n"
				      " identity local fqdn gateway.example.org\n authentication local pre-share\n"
				      " authentication remote pre-share\n keyring local k%u\n virtual-template %u\n",
				i, i, i < 2 ? 0 : i, i + 1);
		cyg_strbuf_addf(&out, "interface Virtual-Template%u type tunnel\n ip unnumbered Loopback0\n"
				      " tunnel mode ipsec ipv4\n tunnel protection ipsec profile all\n",
				i + 1);
	}
	return text;
}

static const char *client_text(void)
{
	static char text[8192];
	struct cyg_strbuf out = CYG_STRBUF(text);

	cyg_strbuf_addf(&out, "crypto ikev2 proposal p\n encryption aes-gcm-128\n prf sha256\n group 19\n"
			      "crypto ikev2 policy p\n proposal p\n"
			      "crypto ipsec transform-set t esp-gcm\n mode tunnel\n");
	for (unsigned i = 0; i < SESSIONS; i++)
		cyg_strbuf_addf(&out, "crypto ikev2 keyring k%u\n peer gateway\n  address 192.0.2.1\n"
				      "  pre-shared-key secret%u\n"
				      "crypto ikev2 profile r%u\n match identity remote fqdn gateway.example.org\n"
				      " identity local fqdn c%u.example.org\n authentication local pre-share\n"
				      " authentication remote pre-share\n keyring local k%u\n"
				      "crypto ipsec profile i%u\n set transform-set t\n set ikev2-profile r%u\n"
				      "interface Tunnel%u\n ip address 10.98.0.%u 255.255.255.255\n tunnel source 192.0.2.2\n"
				      " tunnel mode ipsec ipv4\n tunnel destination 192.0.2.1\n"
				      " tunnel protection ipsec profile i%u\n",
				i, i, i, i, i, i, i, i, i + 1, i);
	return text;
}

/* --- Lines by chance --- */

static uint64_t state;

static unsigned roll(unsigned sides)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state >> 33) % sides;
}

/* A line with all objects around it, the outermost first. %u is a session; K its keyring. */
static const char *const changes[] = {
	"crypto ikev2 keyring K/peer p%u/pre-shared-key other",
	"crypto ikev2 keyring K/peer p%u/pre-shared-key remote other",
	"crypto ikev2 keyring K/no peer p%u",
	"crypto ikev2 keyring K/peer new%u/address 192.0.2.2/pre-shared-key other",
	"crypto ikev2 keyring K/peer p%u/identity fqdn x.example.org",
	"crypto ikev2 keyring K/peer p%u/description of no consequence",
	"no crypto ikev2 keyring K",
	"crypto ikev2 profile r%u/shutdown",
	"crypto ikev2 profile r%u/lifetime 7200",
	"crypto ikev2 profile r%u/no keyring local",
	"crypto ikev2 profile r%u/keyring local k2",
	"crypto ikev2 profile r%u/no match identity remote fqdn c%u.example.org",
	"crypto ikev2 profile r%u/authentication remote pre-share key its-own",
	"crypto ikev2 profile r%u/virtual-template 9",
	"no crypto ikev2 profile r%u",
	"crypto ikev2 policy new%u/proposal p",
	"crypto ikev2 proposal p/group 14 20",
	"crypto ikev2 dpd 30 5 periodic",
	"crypto ipsec profile all/set pfs group19",
	"no crypto ipsec profile all",
	"interface Virtual-Template V/shutdown",
	"interface Virtual-Template V/no tunnel protection ipsec profile all",
	"interface Virtual-Template V/ip mtu 1300",
	"no interface Virtual-Template V",
	"interface Loopback0/description of no consequence",
	"hostname g%u",
};

static void write_change(char *out, size_t size)
{
	unsigned session = roll(SESSIONS);
	struct cyg_strbuf text = cyg_strbuf(out, size);

	for (const char *at = changes[roll(CYG_COUNT(changes))]; *at; at++) {
		if (at[0] == '%')
			cyg_strbuf_addf(&text, "%u", session), at++;
		else if (at[0] == 'K' && (at[1] == '/' || !at[1]))
			cyg_strbuf_addf(&text, "k%u", session < 2 ? 0 : session);
		else if (at[0] == 'V' && (at[1] == '/' || !at[1]))
			cyg_strbuf_addf(&text, "%u", session + 1);
		else
			cyg_strbuf_add(&text, cyg_str_n(at, 1));
	}
}

/* What the lines make of the side's configuration; a line that is refused changes nothing. To be let go of. */
static struct cyg_config *changed(const struct kit_side *side, char lines[][200], unsigned count)
{
	struct cyg_config *config = config_ref(side->config);

	for (unsigned i = 0; i < count; i++) {
		struct config_position position = { 0 };

		for (char *at = lines[i]; *at; at += strcspn(at, "/"), at += *at == '/') {
			struct config_findings findings = { 0 };
			struct config_typed typed = { 0 };

			(void)!config_run_line(config, &position, cyg_str_n(at, strcspn(at, "/")), &findings, &typed);
			if (typed.config) {
				config_unref(config);
				config = config_ref(typed.config);
			}
			config_typed_done(&typed);
			config_findings_done(&findings);
		}
	}
	return config;
}

/* --- The property --- */

static unsigned disturbed_seen, undisturbed_seen;

static void bring_up(struct kit *kit)
{
	kit_configure(kit_gateway(kit), gateway_text());
	for (unsigned turn = 0; turn < 200 && (kit_up(kit_gateway(kit)) < SESSIONS || kit_sas(kit_gateway(kit)) > SESSIONS); turn++)
		kit_pass(kit, 5000);
	ck_assert_uint_eq(kit_up(kit_gateway(kit)), SESSIONS);
	ck_assert_uint_eq(kit_children(kit_gateway(kit)), SESSIONS);
}

static bool planned(const struct ike_plan_row *rows, size_t count, uint32_t serial)
{
	for (size_t i = 0; i < count; i++) {
		if (rows[i].serial == serial)
			return true;
	}
	return false;
}

/* NULL: the sessions that end are those of the plan, and nothing is sent for the others. `fault`: the plan is asked about the
 * first line alone. */
static const char *goes_wrong(struct kit *kit, char lines[][200], unsigned count, bool fault)
{
	struct kit_side *side = kit_gateway(kit);
	struct ike_plan_row rows[SESSIONS] = { { 0 } };
	struct row_cursor cursor = { 0 };
	struct cyg_config *next, *asked;
	uint32_t before[SESSIONS];
	unsigned sessions = 0, left = 0, sent;
	const char *wrong = NULL;
	size_t ends;

	bring_up(kit);
	next = changed(side, lines, count);
	asked = fault ? changed(side, lines, count ? 1 : 0) : config_ref(next);
	for (ends = 0; !cursor.end;)
		ends += ike_plan(side->ike[0], asked, config_view(asked), &cursor, rows + ends, SESSIONS - ends);
	for (const struct ike_sa *sa = side->ike[0]->oldest; sa; sa = sa->next)
		before[sessions++] = sa->serial;
	ck_assert_uint_eq(sessions, SESSIONS);
	sent = kit->sent;
	kit_shard(side, 0)->config = next;
	ike_shard_configure(side->ike[0], next, config_view(next));
	while (ike_shard_renew(side->ike[0]))
		;
	config_unref(asked);
	config_unref(side->config);
	side->config = next;
	kit_settle(kit);
	for (unsigned i = 0; i < sessions; i++) {
		const struct ike_sa *sa = side->ike[0]->oldest;

		while (sa && sa->serial != before[i])
			sa = sa->next;
		left += sa && sa->state == IKE_ESTABLISHED;
		if ((sa && sa->state == IKE_ESTABLISHED) == planned(rows, ends, before[i]))
			wrong = sa ? "a session of the plan goes on" : "a session ends that is not in the plan";
	}
	if (!wrong && ends == 0 && kit->sent != sent)
		wrong = "something is sent though no session is in the plan";
	if (!wrong && kit_children(side) < left)
		wrong = "a child ends that no plan told of";
	disturbed_seen += (unsigned)ends;
	undisturbed_seen += left;
	return wrong;
}

static void print_lines(char *out, size_t size, char lines[][200], unsigned count)
{
	struct cyg_strbuf text = cyg_strbuf(out, size);

	for (unsigned i = 0; i < count; i++)
		cyg_strbuf_addf(&text, "%s\n", lines[i]);
}

/* Without the lines that it does not take. */
static unsigned cut_down(struct kit *kit, char lines[][200], unsigned count, bool fault)
{
	for (unsigned i = 0; i < count;) {
		char fewer[LINES][200];
		unsigned kept = 0;

		for (unsigned k = 0; k < count; k++)
			if (k != i)
				memcpy(fewer[kept++], lines[k], sizeof(fewer[0]));
		if (!goes_wrong(kit, fewer, kept, fault)) {
			i++;
			continue;
		}
		memcpy(lines, fewer, kept * sizeof(fewer[0]));
		count = kept;
	}
	return count;
}

static unsigned write_lines(uint64_t seed, char lines[][200])
{
	unsigned count;

	state = seed * 1000003;
	count = 1 + roll(LINES);
	for (unsigned i = 0; i < count; i++)
		write_change(lines[i], sizeof(lines[i]));
	return count;
}

static struct kit *start(void)
{
	struct kit *kit = kit_new(NULL);

	kit_configure(kit_gateway(kit), gateway_text());
	kit_configure(kit_client(kit), client_text());
	disturbed_seen = undisturbed_seen = 0;
	return kit;
}

START_TEST(the_sessions_that_end_are_those_of_the_plan)
{
	struct kit *kit = start();

	for (uint64_t seed = 1; seed <= CASES; seed++) {
		char lines[LINES][200], text[1000];
		unsigned count = write_lines(seed, lines);
		const char *wrong = goes_wrong(kit, lines, count, false);

		if (wrong) {
			count = cut_down(kit, lines, count, false);
			print_lines(text, sizeof(text), lines, count);
			ck_abort_msg("seed %u: %s:\n%s", (unsigned)seed, wrong, text);
		}
	}
	printf("plans: %u changes, seeds 1 to %u: %u sessions ended as told, %u went on\n", CASES, CASES, disturbed_seen,
	       undisturbed_seen);
	ck_assert_uint_gt(disturbed_seen, CASES / 4);
	ck_assert_uint_gt(undisturbed_seen, CASES);
	kit_free(kit);
}
END_TEST

START_TEST(a_plan_of_other_lines_is_found_wrong_and_cut_down)
{
	struct kit *kit = start();
	bool found = false;

	for (uint64_t seed = 1; seed <= CASES && !found; seed++) {
		char lines[LINES][200];
		unsigned count = write_lines(seed, lines);

		if (!goes_wrong(kit, lines, count, true))
			continue;
		found = true;
		/* One line for the plan, another one that ends something. */
		ck_assert_uint_le(cut_down(kit, lines, count, true), 2);
	}
	ck_assert(found);
	kit_free(kit);
}
END_TEST

Suite *plan_suite(void)
{
	Suite *suite = suite_create("plan");
	TCase *tests = tcase_create("plan");

	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, the_sessions_that_end_are_those_of_the_plan);
	tcase_add_test(tests, a_plan_of_other_lines_is_found_wrong_and_cut_down);
	suite_add_tcase(suite, tests);
	return suite;
}
