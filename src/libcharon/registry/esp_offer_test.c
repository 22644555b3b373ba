/* SPDX-License-Identifier: MIT */
/*
 * Two providers of one ESP suite: each is tried by itself, then against the other, before one is used. The suites here
 * are toys of a number of their own; what is wrong with one is chosen by its instance.
 */
#include "registry/internal.h"
#include "registry/registry_tests.h"
#include "registry/selftest_esp.h"
#include "testing/unit/harness.h"

#include "log/log.h"

#include <stdlib.h>

#define TOY_ENCR 1000
#define TOY_KEY  20
#define TOY_IV   8
#define TOY_ICV  16

enum fault {
	SOUND,
	LONG_DIFFER,   /* its own idea of packets above 1000 octets, both ways */
	OPENS_ALL,     /* believes every ICV */
	SEALS_BADLY,   /* what it seals it refuses */
	NEEDS_INIT,
};

static bool begun;

static uint64_t mix(uint64_t sum, const uint8_t *octets, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sum = (sum ^ octets[i]) * UINT64_C(1099511628211);
	return sum;
}

static void toy_icv(enum fault fault, const struct cyg_esp_packet *p, uint8_t out[TOY_ICV])
{
	uint64_t sum = mix(fault == LONG_DIFFER && p->len > 1000 ? 1 : 2, p->key.ptr, p->key.len);

	sum = mix(sum, p->esp, CYG_ESP_HEADER_LEN + TOY_IV + p->len);
	if (p->esn)
		sum = mix(sum, (const uint8_t *)&p->seq_high, sizeof(p->seq_high));
	memcpy(out, &sum, sizeof(sum));
	sum = ~sum;
	memcpy(out + sizeof(sum), &sum, sizeof(sum));
}

static void toy_cipher(const struct cyg_esp_packet *p, const uint8_t *in)
{
	uint8_t *text = p->esp + CYG_ESP_HEADER_LEN + TOY_IV;

	for (size_t i = 0; i < p->len; i++)
		text[i] = (uint8_t)(in[i] ^ p->key.ptr[i % TOY_KEY] ^ p->esp[CYG_ESP_HEADER_LEN + i % TOY_IV]);
}

static void toy_seal(void *instance, struct cyg_esp_packet *packets, size_t count)
{
	enum fault fault = *(enum fault *)instance;

	for (size_t i = 0; i < count; i++) {
		struct cyg_esp_packet *p = &packets[i];
		uint8_t *icv = p->esp + CYG_ESP_HEADER_LEN + TOY_IV + p->len;

		memcpy(p->esp + CYG_ESP_HEADER_LEN, &p->iv, TOY_IV);
		toy_cipher(p, p->in);
		toy_icv(fault, p, icv);
		icv[0] ^= fault == SEALS_BADLY;
		p->status = CYG_OK;
	}
}

static void toy_open(void *instance, struct cyg_esp_packet *packets, size_t count)
{
	enum fault fault = *(enum fault *)instance;

	for (size_t i = 0; i < count; i++) {
		struct cyg_esp_packet *p = &packets[i];
		uint8_t *text = p->esp + CYG_ESP_HEADER_LEN + TOY_IV, icv[TOY_ICV];

		toy_icv(fault, p, icv);
		p->status = fault == OPENS_ALL || memcmp(icv, text + p->len, TOY_ICV) == 0 ? CYG_OK : CYG_REFUSED;
		if (p->status == CYG_OK)
			toy_cipher(p, text);
	}
}

static enum cyg_status toy_new(enum fault fault, void **out)
{
	enum fault *own;

	if (fault == NEEDS_INIT && !begun)
		return CYG_UNSUPPORTED;
	own = malloc(sizeof(*own));
	if (!own)
		return CYG_NOMEM;
	*own = fault;
	*out = own;
	return CYG_OK;
}

static enum cyg_status toy_init(struct cyg_plugin_ctx *ctx)
{
	begun = true;
	return CYG_OK;
}

/* A plugin with one suite. */
#define TOY(symbol_, fault_, encr_, bits_, key_, block_)                                                \
	static enum cyg_status symbol_##_new(struct cyg_plugin_ctx *ctx, void **out)                    \
	{                                                                                               \
		return toy_new(fault_, out);                                                            \
	}                                                                                               \
	static const struct cyg_esp_ops symbol_##_ops = { .encr = (encr_), .key_bits = (bits_),         \
		.integ = CYG_AUTH_NONE, .name = "toy", .key_len = (key_), .iv_len = TOY_IV,            \
		.icv_len = TOY_ICV, .block_len = (block_), .instance_new = symbol_##_new,               \
		.instance_free = free, .seal = toy_seal, .open = toy_open };                            \
	static const struct cyg_feature symbol_##_gives[] = { CYG_PROVIDE_ESP(&symbol_##_ops), CYG_FEATURES_END }

TOY(plain, SOUND, TOY_ENCR, 0, TOY_KEY, 4);
TOY(fast, SOUND, TOY_ENCR, 0, TOY_KEY, 4);
TOY(odd, LONG_DIFFER, TOY_ENCR, 0, TOY_KEY, 4);
TOY(credulous, OPENS_ALL, TOY_ENCR, 0, TOY_KEY, 4);
TOY(clumsy, SEALS_BADLY, TOY_ENCR, 0, TOY_KEY, 4);
TOY(late, NEEDS_INIT, TOY_ENCR, 0, TOY_KEY, 4);
TOY(false_gcm, SOUND, CYG_ENCR_AES_GCM_16, 128, TOY_KEY, 4);
TOY(other_length, SOUND, TOY_ENCR, 0, TOY_KEY, 8);
TOY(too_long, SOUND, TOY_ENCR, 0, 250, 4);

CYG_PLUGIN(plain, "plain", .provides = plain_gives);
CYG_PLUGIN(fast, "fast", .provides = fast_gives);
CYG_PLUGIN(odd, "odd", .provides = odd_gives);
CYG_PLUGIN(credulous, "credulous", .provides = credulous_gives);
CYG_PLUGIN(clumsy, "clumsy", .provides = clumsy_gives);
CYG_PLUGIN(late_toy, "late-toy", .provides = late_gives, .init = toy_init);
CYG_PLUGIN(false_gcm, "false-gcm", .provides = false_gcm_gives);
CYG_PLUGIN(other_length, "other-length", .provides = other_length_gives);
CYG_PLUGIN(too_long, "too-long", .provides = too_long_gives);

/* --- The stage --- */

static struct harness *h;

static void start(const struct cyg_plugin *first, const char *conf, const struct cyg_plugin *second)
{
	const struct cyg_plugin *const plugins[] = { first, second, NULL };
	const char *const confs[] = { conf, NULL, NULL };

	begun = false;
	log_capture_start();
	h = harness_start_many(plugins, confs);
}

static void apply(const struct cyg_plugin *first, const char *conf, const struct cyg_plugin *second)
{
	struct registry_set *set = registry_set_new();

	ck_assert_int_eq(registry_add_static(h->reg, second), CYG_OK);
	ck_assert_int_eq(registry_set_add(set, first->name, "plugins/first.conf", cyg_str(conf)), CYG_OK);
	ck_assert_int_eq(registry_set_add(set, second->name, "plugins/second.conf", cyg_str("")), CYG_OK);
	ck_assert_int_eq(registry_apply(h->reg, set, true, NULL), CYG_OK);
	registry_set_free(set);
}

static void end(void)
{
	harness_stop(h);
	log_capture_stop();
}

/* Who does ESP, NULL for nobody. */
static const struct cyg_esp_ops *in_use(void)
{
	struct cyg_esp esp;

	return cyg_get_esp(h->shard, TOY_ENCR, 0, CYG_AUTH_NONE, &esp) == CYG_OK ? esp.ops : NULL;
}

#define FAILED "plugin.self-test-failed"

static void failed_once(const char *line)
{
	ck_assert_uint_eq(log_capture_count(FAILED), 1);
	ck_assert_str_eq(log_capture_line(FAILED, 0), line);
}

START_TEST(of_two_that_agree_the_preferred_one_is_used_and_nothing_is_said)
{
	start(&cyg_plugin_fast, NULL, &cyg_plugin_plain);
	ck_assert_ptr_eq(in_use(), &fast_ops);
	ck_assert_uint_eq(log_capture_count(FAILED), 0);
	end();
}
END_TEST

START_TEST(of_two_that_disagree_the_preferred_one_is_left_out)
{
	start(&cyg_plugin_odd, NULL, &cyg_plugin_plain);
	ck_assert_ptr_eq(in_use(), &plain_ops);
	failed_once("odd: toy (ESP) failed its self-test and is not offered: plain does not open what it seals");
	end();
}
END_TEST

START_TEST(which_one_is_preferred_is_the_configurations_word)
{
	start(&cyg_plugin_plain, "load = 50\n", &cyg_plugin_odd);
	ck_assert_ptr_eq(in_use(), &plain_ops);
	failed_once("odd: toy (ESP) failed its self-test and is not offered: plain does not open what it seals");
	end();
}
END_TEST

START_TEST(one_alone_is_offered_and_loses_when_a_second_one_comes)
{
	start(&cyg_plugin_odd, NULL, NULL);
	ck_assert_ptr_eq(in_use(), &odd_ops);
	apply(&cyg_plugin_odd, "", &cyg_plugin_plain);
	ck_assert_ptr_eq(in_use(), &plain_ops);
	ck_assert_uint_eq(log_capture_count(FAILED), 1);
	end();
}
END_TEST

START_TEST(what_was_disabled_is_compared_before_it_is_offered_again)
{
	start(&cyg_plugin_odd, "disable = toy\n", &cyg_plugin_plain);
	ck_assert_ptr_eq(in_use(), &plain_ops);
	ck_assert_uint_eq(log_capture_count(FAILED), 0);
	apply(&cyg_plugin_odd, "", &cyg_plugin_plain);
	ck_assert_ptr_eq(in_use(), &plain_ops);
	ck_assert_uint_eq(log_capture_count(FAILED), 1);
	apply(&cyg_plugin_odd, "disable = toy\n", &cyg_plugin_plain);
	ck_assert_ptr_eq(in_use(), &plain_ops);
	end();
}
END_TEST

START_TEST(one_that_is_wrong_by_itself_is_left_out_and_not_the_other)
{
	static const struct {
		const struct cyg_plugin *plugin;
		const char *line;
	} wrong[] = {
		{ &cyg_plugin_credulous, "credulous: toy (ESP) failed its self-test and is not offered: "
					 "does not open what it seals itself, or opens what was changed" },
		{ &cyg_plugin_clumsy, "clumsy: toy (ESP) failed its self-test and is not offered: "
				      "does not open what it seals itself, or opens what was changed" },
		{ &cyg_plugin_too_long, "too-long: toy (ESP) failed its self-test and is not offered: "
					"has lengths that the engine has no room for" },
	};

	for (size_t i = 0; i < CYG_COUNT(wrong); i++) {
		start(&cyg_plugin_fast, NULL, wrong[i].plugin); /* it would be the fallback */
		ck_assert_ptr_eq(in_use(), &fast_ops);
		failed_once(wrong[i].line);
		end();
		start(wrong[i].plugin, NULL, NULL);
		ck_assert_ptr_null(in_use());
		end();
	}
}
END_TEST

START_TEST(one_with_other_lengths_than_the_other_is_left_out)
{
	start(&cyg_plugin_other_length, NULL, &cyg_plugin_plain);
	ck_assert_ptr_eq(in_use(), &plain_ops);
	failed_once("other-length: toy (ESP) failed its self-test and is not offered: has other lengths than plain has");
	end();
}
END_TEST

START_TEST(a_suite_of_a_known_number_must_give_the_known_answer)
{
	struct cyg_esp esp;

	start(&cyg_plugin_false_gcm, NULL, NULL);
	failed_once("false-gcm: toy (ESP) failed its self-test and is not offered: does not open the known answer");
	ck_assert_int_eq(cyg_get_esp(h->shard, CYG_ENCR_AES_GCM_16, 128, CYG_AUTH_NONE, &esp), CYG_UNSUPPORTED);
	end();
}
END_TEST

START_TEST(esp_is_tested_after_the_plugin_has_begun)
{
	start(&cyg_plugin_late_toy, NULL, &cyg_plugin_plain);
	ck_assert_ptr_eq(in_use(), &late_ops);
	ck_assert_uint_eq(log_capture_count(FAILED), 0);
	end();
}
END_TEST

Suite *esp_offer_suite(void)
{
	Suite *suite = suite_create("esp-offer");
	TCase *tc = tcase_create("esp-offer");

	tcase_add_test(tc, of_two_that_agree_the_preferred_one_is_used_and_nothing_is_said);
	tcase_add_test(tc, of_two_that_disagree_the_preferred_one_is_left_out);
	tcase_add_test(tc, which_one_is_preferred_is_the_configurations_word);
	tcase_add_test(tc, one_alone_is_offered_and_loses_when_a_second_one_comes);
	tcase_add_test(tc, what_was_disabled_is_compared_before_it_is_offered_again);
	tcase_add_test(tc, one_that_is_wrong_by_itself_is_left_out_and_not_the_other);
	tcase_add_test(tc, one_with_other_lengths_than_the_other_is_left_out);
	tcase_add_test(tc, a_suite_of_a_known_number_must_give_the_known_answer);
	tcase_add_test(tc, esp_is_tested_after_the_plugin_has_begun);
	suite_add_tcase(suite, tc);
	return suite;
}
