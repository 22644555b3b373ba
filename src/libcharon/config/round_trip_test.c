/* SPDX-License-Identifier: MIT */
/*
 * What `show running-config` and `show running-config all` print is read back as the same snapshot, whatever was configured.
 *
 * The same means: nothing differs but lines that write a default out, and every value that the engine reads is what it was.
 * What fails is cut down to the lines that it takes, and printed with its seed.
 */
#include "config/config_tests.h"
#include "config/grammar.h"

#include <stdlib.h>

#define CASES 1000

/* --- What the engine reads, as text --- */

static void print_global(FILE *out, const void *object)
{
	const struct config_global *g = object;

	fprintf(out, "%s %d %u/%u/%u/%d %d %u %u %u %u %u %d/%u %d %u %d %d", g->hostname, g->aaa_new_model, g->dpd.set,
		g->dpd.interval_s, g->dpd.retry_s, g->dpd.periodic, g->cookie_challenge, g->max_negotiation_in,
		g->max_negotiation_out, g->max_sa, g->nat_keepalive_s, g->window, g->fragmentation, g->fragmentation_mtu,
		g->http_url_cert, g->diagnose, g->logging_ikev2, g->logging_session);
}

static void print_profile(FILE *out, const void *object)
{
	const struct config_profile *p = object;

	fprintf(out, "%d %d %u %u %d %x %u/%u %s %u %u %d%d %d%d%d %u %d %d %u %u %s", p->shutdown, p->dynamic,
		p->match_identity_count, p->match_address_count, (int)p->auth_local, p->auth_remote, p->key_local.len,
		p->key_remote.len, p->keyring_name, p->lifetime_s, p->nat_keepalive_s, p->initial_contact_force,
		p->force_encap, p->config_request, p->config_set_accept, p->config_set_send, p->virtual_template, p->mode_auto,
		p->keyring_aaa, p->trustpoint_count, p->match_certificate_count, p->ivrf);
}

static void print_ipsec_profile(FILE *out, const void *object)
{
	const struct config_ipsec_profile *p = object;

	fprintf(out, "%u %u %s %u %u %llu %u %u %u %d", p->line_count, p->set_count, p->ikev2_profile_name, p->pfs_group,
		p->lifetime_s, (unsigned long long)p->lifetime_kb, p->idle_s, p->replay_window, p->flow_limit,
		p->responder_only);
}

static void print_transform_set(FILE *out, const void *object)
{
	const struct config_transform_set *t = object;

	fprintf(out, "%u/%u %u %d%d %d", t->encr.id, t->encr.key_bits, t->integ, t->transport, t->transport_require, t->esn);
}

static void print_interface(FILE *out, const void *object)
{
	const struct config_interface *i = object;
	char a[CYG_IP_TEXT], b[CYG_IP_TEXT];

	fprintf(out, "%d %u %d %s/%u %s/%u %s %u %u %d %d %d %s", (int)i->kind, i->number, i->shutdown,
		cyg_ip_text(&i->address4.ip, a), i->address4.len, cyg_ip_text(&i->address6.ip, b), i->address6.len, i->vrf,
		i->mtu, i->adjust_mss, (int)i->mode, i->has_source, i->has_destination, i->protection_name);
}

static void print_trustpoint(FILE *out, const void *object)
{
	const struct config_trustpoint *t = object;

	/* None said is the one that is written out. */
	fprintf(out, "%d %s %s %u", (int)t->enrollment, t->url, t->key_label, t->map_count);
	for (unsigned i = 0; i < t->revocation_count || i == 0; i++)
		fprintf(out, " %d", t->revocation_count ? (int)t->revocation[i] : (int)REVOCATION_CRL);
}

static void print_policy(FILE *out, const void *object)
{
	const struct config_policy *p = object;

	fprintf(out, "%s %u %u", p->fvrf, p->address_count, p->line_count);
	for (unsigned i = 0; i < p->proposal_count; i++)
		fprintf(out, " %s", p->proposal[i]->head.name);
}

static void print_proposal(FILE *out, const void *object)
{
	const struct config_proposal *p = object;

	for (unsigned i = 0; i < p->encr_count; i++)
		fprintf(out, " e%u/%u", p->encr[i].id, p->encr[i].key_bits);
	for (unsigned i = 0; i < p->integ_count; i++)
		fprintf(out, " i%u", p->integ[i]);
	for (unsigned i = 0; i < p->prf_count; i++)
		fprintf(out, " p%u", p->prf[i]);
	for (unsigned i = 0; i < p->group_count; i++)
		fprintf(out, " g%u", p->group[i]);
}

static const struct {
	const char *mode;
	void (*print)(FILE *out, const void *object);
} values[] = {
	{ MODE_PROFILE, print_profile },	 { MODE_IPSEC_PROFILE, print_ipsec_profile },
	{ MODE_TRANSFORM_SET, print_transform_set }, { MODE_INTERFACE, print_interface },
	{ MODE_TRUSTPOINT, print_trustpoint },	 { MODE_POLICY, print_policy },
	{ MODE_PROPOSAL, print_proposal },
};

/* Every object of every mode: its name, whether it is of use, its values where they are known here. */
static char *print_values(const struct cyg_config *config)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(out);
	fputs("global ", out);
	print_global(out, config_view(config)->global);
	fputc('\n', out);
	for (size_t m = 0; m < kit_grammar->mode_count; m++) {
		const char *mode = kit_grammar->modes[m].mode->name;
		const void *object;
		struct cyg_str name;

		for (uint64_t at = 0; (object = cyg_config_next(config, mode, &at, &name));) {
			fprintf(out, "%s %.*s (%s)", mode, (int)name.len, name.ptr, cyg_config_object_missing(object));
			for (size_t v = 0; v < CYG_COUNT(values); v++) {
				if (strcmp(values[v].mode, mode) == 0) {
					fputc(' ', out);
					values[v].print(out, object);
				}
			}
			fputc('\n', out);
		}
	}
	fclose(out);
	return text;
}

/* --- The property --- */

static size_t objects_seen, defaults_seen;

/* A line of config_differences(): does it write a default out? */
static bool writes_default(const char *line, size_t len)
{
	struct cyg_str text = cyg_str_n(line + 1, len - 1);

	while (text.len && text.ptr[0] == ' ')
		text = cyg_str_tail(text, 1);
	for (size_t m = 0; m < kit_grammar->mode_count; m++) {
		for (size_t r = 0; r < kit_grammar->modes[m].row_count; r++) {
			const struct grammar_row *row = kit_grammar->modes[m].rows[r];

			if (!row->ignored && row->command->def && cyg_str_equal(text, cyg_str(row->command->def)))
				return true;
		}
	}
	return false;
}

/* Do the two hold the same, but for defaults that are written out? */
static bool only_defaults(const struct cyg_config *before, const struct cyg_config *after)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	bool well = true;

	ck_assert_ptr_nonnull(out);
	ck_assert_int_eq(config_differences(before, after, out), CYG_OK);
	fclose(out);
	for (const char *at = text; *at && well; at += strcspn(at, "\n"), at += *at == '\n') {
		well = *at == ' ' || (*at == '+' && writes_default(at, strcspn(at, "\n")));
		defaults_seen += *at == '+';
	}
	free(text);
	return well;
}

/* What is done to the text on the way; for a fault. */
typedef void (*fault_fn)(char *text);

/* NULL: what `text` configures is what its rendering configures. Else what is wrong. `text` may hold no error. */
static const char *goes_wrong(const char *text, unsigned flags, fault_fn fault)
{
	const char *wrong = NULL;
	struct cyg_config *before;
	char *shown, *again = NULL, *had, *has = NULL;

	if (kit_parse(text) != CYG_OK)
		return NULL;
	before = config_ref(kit_config);
	shown = kit_render(before, flags | CONFIG_RENDER_SECRETS);
	had = print_values(before);
	if (fault)
		fault(shown);
	if (kit_parse(shown) != CYG_OK) {
		wrong = "what is shown is refused";
	} else {
		again = kit_render(kit_config, flags | CONFIG_RENDER_SECRETS);
		has = print_values(kit_config);
		if (strcmp(shown, again) != 0)
			wrong = "it is shown otherwise the second time";
		else if (!only_defaults(before, kit_config) || (!flags && !config_same(before, kit_config)))
			wrong = "other lines are in force";
		else if (strcmp(had, has) != 0)
			wrong = "other values are in force";
	}
	for (const char *at = had; *at; at++)
		objects_seen += *at == '\n';
	config_unref(before);
	free(shown);
	free(again);
	free(had);
	free(has);
	return wrong;
}

/* Blanks lines out as long as it still goes wrong; without the empty ones. */
static void cut_down(char *text, unsigned flags, fault_fn fault)
{
	bool cut = true;
	char *to = text;

	while (cut) {
		cut = false;
		for (char *at = text; *at; at += strcspn(at, "\n"), at += *at == '\n') {
			size_t len = strcspn(at, "\n");
			char *kept;

			if (strspn(at, " ") >= len)
				continue;
			kept = strndup(at, len);
			ck_assert_ptr_nonnull(kept);
			memset(at, ' ', len);
			if (goes_wrong(text, flags, fault))
				cut = true;
			else
				memcpy(at, kept, len);
			free(kept);
		}
	}
	for (const char *at = text; *at; at += strcspn(at, "\n"), at += *at == '\n') {
		size_t len = strcspn(at, "\n");

		if (strspn(at, " ") >= len)
			continue;
		memmove(to, at, len);
		to += len;
		*to++ = '\n';
	}
	*to = '\0';
}

static void hold_over_many(unsigned flags, const char *what)
{
	unsigned done = 0, seed;

	objects_seen = defaults_seen = 0;
	for (seed = 1; done < CASES; seed++) {
		char *text = kit_generate(1000003 * (uint64_t)seed, 5, 40);
		const char *wrong;

		ck_assert_uint_lt(seed, 2u * CASES);
		if (kit_make_right(text)) {
			wrong = goes_wrong(text, flags, NULL);
			if (wrong) {
				cut_down(text, flags, NULL);
				wrong = goes_wrong(text, flags, NULL);
				ck_abort_msg("seed %u: %s:\n%s", seed, wrong ? wrong : "", text);
			}
			done++;
		}
		free(text);
	}
	printf("%s: %u configurations, seeds 1 to %u, %zu objects, %zu defaults written out\n", what, done, seed - 1,
	       objects_seen, defaults_seen);
}

START_TEST(show_running_config_is_read_back_as_the_same_snapshot)
{
	hold_over_many(0, "show running-config");
	ck_assert_uint_gt(objects_seen, 5 * CASES);
	ck_assert_uint_eq(defaults_seen, 0);
}
END_TEST

START_TEST(show_running_config_all_is_read_back_as_the_same_snapshot)
{
	hold_over_many(CONFIG_RENDER_ALL, "show running-config all");
	ck_assert_uint_gt(objects_seen, 5 * CASES);
	ck_assert_uint_gt(defaults_seen, CASES);
}
END_TEST

/* --- That it would be found --- */

static void change_digit(char *text, const char *where)
{
	char *at = strstr(text, where);

	if (at)
		at[strlen(where) - 1] ^= 1;
}

/* A default that is not what is there without it. */
static void wrong_lifetime(char *text)
{
	change_digit(text, "\n lifetime 8640");
}

/* A line that is not shown. */
static void lost_line(char *text)
{
	char *at = strstr(text, "\n shutdown\n");

	if (at)
		memmove(at, at + strlen("\n shutdown"), strlen(at + strlen("\n shutdown")) + 1);
}

START_TEST(what_is_not_read_back_the_same_is_found_and_cut_down)
{
	static const struct {
		unsigned flags;
		fault_fn fault;
		const char *least;
	} faults[] = {
		{ CONFIG_RENDER_ALL, wrong_lifetime, "crypto ikev2 profile " },
		{ 0, lost_line, "shutdown\n" },
	};

	for (size_t f = 0; f < CYG_COUNT(faults); f++) {
		bool found = false;

		for (unsigned seed = 1; seed < 200 && !found; seed++) {
			char *text = kit_generate(1000003 * (uint64_t)seed, 5, 40);
			unsigned lines = 0;

			if (kit_make_right(text) && goes_wrong(text, faults[f].flags, faults[f].fault)) {
				found = true;
				cut_down(text, faults[f].flags, faults[f].fault);
				for (const char *at = text; *at; at++)
					lines += *at == '\n';
				ck_assert_msg(lines <= 2 && strstr(text, faults[f].least), "%s", text);
			}
			free(text);
		}
		ck_assert(found);
	}
}
END_TEST

Suite *round_trip_suite(void)
{
	Suite *suite = suite_create("round-trip");
	TCase *tests = tcase_create("round-trip");

	tcase_add_checked_fixture(tests, kit_setup, kit_teardown);
	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, show_running_config_is_read_back_as_the_same_snapshot);
	tcase_add_test(tests, show_running_config_all_is_read_back_as_the_same_snapshot);
	tcase_add_test(tests, what_is_not_read_back_the_same_is_found_and_cut_down);
	suite_add_tcase(suite, tests);
	return suite;
}
