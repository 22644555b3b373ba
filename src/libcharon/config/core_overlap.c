/* SPDX-License-Identifier: MIT */
/*
 * What objects of the whole have to do with each other: policies and profiles that match the same, AAA lists without
 * `aaa new-model`, AnyConnect and certificates by URL. An index goes from snapshot to snapshot, so that an object that has changed is compared with those that
 * match what it matches.
 */
#include "config/building.h"
#include "config/core.h"

#include <stdio.h>
#include <stdlib.h>

struct overlaps {
	struct map policies, profiles; /* {hash of what it matches, place}: the object; of a profile each line that matches */
	struct map lists;	       /* {slot of the mode, place}: AAA lists */
	struct map anyconnect;	       /* {0, place}: profiles that serve AnyConnect, usable or not */
};

#define LINES_MAX 64 /* more than a profile has: a place for each of its lines */
_Static_assert(LINES_MAX >= CONFIG_MATCH_MAX, "a place is not one line's alone");

void core_overlaps_inherit(struct config_global *global, const struct config_global *before)
{
	struct overlaps *overlaps;

	if (!before->overlaps)
		return;
	overlaps = calloc(1, sizeof(*overlaps));
	if (!overlaps)
		return;
	map_copy(&overlaps->policies, &before->overlaps->policies);
	map_copy(&overlaps->profiles, &before->overlaps->profiles);
	map_copy(&overlaps->lists, &before->overlaps->lists);
	map_copy(&overlaps->anyconnect, &before->overlaps->anyconnect);
	global->overlaps = overlaps;
}

void core_overlaps_done(struct config_global *global)
{
	if (!global->overlaps)
		return;
	map_done(&global->overlaps->policies);
	map_done(&global->overlaps->profiles);
	map_done(&global->overlaps->lists);
	map_done(&global->overlaps->anyconnect);
	free(global->overlaps);
	global->overlaps = NULL;
}

/* --- What an object matches, as text --- */

static void print_ips(FILE *out, const struct cyg_ip *ips, unsigned count)
{
	char text[CYG_IP_TEXT];

	fprintf(out, "%u", count);
	for (unsigned i = 0; i < count; i++)
		fprintf(out, " %s", cyg_ip_text(&ips[i], text));
}

/* To be freed; NULL without memory. */
static char *match_text(const struct config_policy *policy, const struct config_profile *profile, unsigned line)
{
	const struct id_match *m = profile ? &profile->match_identity[line] : NULL;
	char *text = NULL, ip[CYG_IP_TEXT];
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	if (policy) {
		fprintf(out, "%s ", policy->fvrf);
		print_ips(out, policy->address, policy->address_count);
	} else {
		fprintf(out, "%d %s/%u %s %s ", (int)m->kind, cyg_ip_text(&m->address.ip, ip), m->address.len, m->text,
			profile->match_fvrf);
		print_ips(out, profile->match_address, profile->match_address_count);
	}
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

/* --- The index --- */

/* One of the two has it. */
struct matching {
	const struct config_policy *policy;
	const struct config_profile *profile;
	unsigned line;
	uint64_t place;
};

static const struct config_head *head_of(const struct matching *m)
{
	return m->policy ? &m->policy->head : &m->profile->head;
}

static const char *place_of(const struct matching *m)
{
	return m->policy ? m->policy->head.place : m->profile->match_identity[m->line].place;
}

static void tell(struct cyg_build *build, const struct matching *m, const struct matching *other)
{
	const struct matching *later = core_earlier(place_of(m), place_of(other)) ? other : m;

	build_at_place_of(build, head_of(later), place_of(later));
	cyg_build_warning(build, "overlap", "%s %s matches what %s matches", m->policy ? "policy" : "profile",
			  head_of(later)->name, head_of(later == m ? other : m)->name);
}

static enum cyg_status keep(struct cyg_build *build, struct map *map, const struct matching *m, bool add)
{
	uint64_t stamp = build_stamp(build), low = m->place * LINES_MAX + m->line;
	char *text = match_text(m->policy, m->profile, m->line), *others;
	struct map_key key = { 0 };
	void *item;
	enum cyg_status status = CYG_OK;

	if (!text)
		return CYG_NOMEM;
	key.high = map_hash(0, cyg_str(text));
	if (add) {
		uint64_t hash = key.high;
		bool told = false;

		for (; !told && (item = map_next(map, &key)) && key.high == hash; key.low++) {
			struct matching other = { .line = (unsigned)(key.low % LINES_MAX), .place = key.low / LINES_MAX };

			if (other.place == m->place)
				continue;
			if (m->policy)
				other.policy = item;
			else
				other.profile = item;
			others = match_text(other.policy, other.profile, other.line);
			told = others && strcmp(text, others) == 0;
			free(others);
			if (told)
				tell(build, m, &other);
		}
		status = map_put(map, stamp, (struct map_key){ hash, low }, (void *)(m->policy ? (const void *)m->policy : m->profile));
	} else {
		key.low = low;
		status = map_take(map, stamp, key);
	}
	free(text);
	return status;
}

static bool serves_anyconnect(const struct config_profile *p)
{
	const struct lines *lines = built_of(p)->lines;

	for (size_t i = 0; lines && i < lines->count; i++) {
		if (cyg_args_has(lines->items[i], "anyconnect") || cyg_args_has(lines->items[i], "anyconnect-eap"))
			return true;
	}
	return false;
}

static enum cyg_status change_anyconnect(struct cyg_build *build, struct overlaps *overlaps, const struct cyg_inner *change)
{
	struct map_key key = { 0, change->place };

	if (change->built_after && serves_anyconnect(change->built_after))
		return map_put(&overlaps->anyconnect, build_stamp(build), key, (void *)change->built_after);
	if (change->built_before && serves_anyconnect(change->built_before))
		return map_take(&overlaps->anyconnect, build_stamp(build), key);
	return CYG_OK;
}

static enum cyg_status change_profile(struct cyg_build *build, struct overlaps *overlaps, const struct config_profile *p,
				      uint64_t place, bool add)
{
	enum cyg_status status = CYG_OK;

	for (unsigned i = 0; p && !p->shutdown && i < p->match_identity_count && status == CYG_OK; i++)
		status = keep(build, &overlaps->profiles, &(struct matching){ .profile = p, .line = i, .place = place }, add);
	return status;
}

static enum cyg_status change_policy(struct cyg_build *build, struct overlaps *overlaps, const struct config_policy *p,
				     uint64_t place, bool add)
{
	if (!p || strcmp(p->head.name, "default") == 0)
		return CYG_OK;
	return keep(build, &overlaps->policies, &(struct matching){ .policy = p, .place = place }, add);
}

void core_overlaps_inner(struct cyg_build *build, struct config_global *global, const struct cyg_inner *change)
{
	static const char *const lists[] = { MODE_AAA_AUTHENTICATION, MODE_AAA_AUTHORIZATION, MODE_AAA_ACCOUNTING };
	const char *mode = change->mode->name;
	struct overlaps *overlaps = global->overlaps;
	enum cyg_status status = CYG_OK;

	if (!overlaps) {
		if (change->built_before) {
			build_failed(build, CYG_NOMEM); /* inheriting it failed */
			return;
		}
		overlaps = global->overlaps = calloc(1, sizeof(*overlaps));
		if (!overlaps) {
			build_failed(build, CYG_NOMEM);
			return;
		}
	}
	if (strcmp(mode, MODE_PROFILE) == 0) {
		status = change_profile(build, overlaps, change->before, change->place, false);
		if (status == CYG_OK)
			status = change_profile(build, overlaps, change->after, change->place, true);
		if (status == CYG_OK)
			status = change_anyconnect(build, overlaps, change);
	} else if (strcmp(mode, MODE_POLICY) == 0) {
		status = change_policy(build, overlaps, change->before, change->place, false);
		if (status == CYG_OK)
			status = change_policy(build, overlaps, change->after, change->place, true);
	}
	for (uint64_t i = 0; i < CYG_COUNT(lists); i++) {
		struct map_key key = { i, change->place };

		if (strcmp(mode, lists[i]) != 0 || change->before == change->after)
			continue;
		status = change->after ? map_put(&overlaps->lists, build_stamp(build), key, (void *)change->after)
				       : map_take(&overlaps->lists, build_stamp(build), key);
	}
	if (status != CYG_OK)
		build_failed(build, status);
}

void core_check_new_model(struct cyg_build *build, const struct config_global *global)
{
	const struct config_method_list *list, *first = NULL;

	if (global->aaa_new_model || !global->overlaps)
		return;
	for (struct map_key key = { 0 }; (list = map_next(&global->overlaps->lists, &key)); key.low++) {
		if (!first || core_earlier(list->head.place, first->head.place))
			first = list;
	}
	if (!first)
		return;
	build_at_place_of(build, first, first->head.place);
	cyg_build_warning(build, "no-effect", "AAA lists do nothing without `aaa new-model`");
}

void core_check_http_url(struct cyg_build *build, const struct config_global *global)
{
	const struct config_profile *profile; /* usable or not */
	struct map_key key = { 0 };

	if (!global->http_url_cert || !global->overlaps)
		return;
	profile = map_next(&global->overlaps->anyconnect, &key);
	if (!profile)
		return;
	cyg_build_at_place(build, global->http_url_place);
	cyg_build_warning(build, "unsuitable",
			  "profile %s is for AnyConnect, which needs this off: `no crypto ikev2 http-url cert`",
			  profile->head.name);
}
