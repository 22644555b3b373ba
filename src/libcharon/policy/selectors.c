/* SPDX-License-Identifier: MIT */
#include "policy/selectors.h"

enum cyg_status selectors_add(struct cyg_selectors *list, const struct cyg_selector *selector)
{
	if (list->count == CYG_SELECTORS_MAX)
		return CYG_LIMIT;
	list->item[list->count++] = *selector;
	return CYG_OK;
}

struct cyg_selector selector_of_ip(const struct cyg_ip *ip)
{
	return (struct cyg_selector){ .addr = { *ip, *ip }, .port_high = UINT16_MAX };
}

struct cyg_selector selector_of_prefix(const struct cyg_prefix *prefix)
{
	return (struct cyg_selector){ .addr = cyg_prefix_range(prefix), .port_high = UINT16_MAX };
}

struct cyg_selector selector_any(uint8_t family)
{
	struct cyg_prefix all = { .ip = { .family = family } };

	return selector_of_prefix(&all);
}

static int ip_compare(const struct cyg_ip *a, const struct cyg_ip *b)
{
	return memcmp(a->octets, b->octets, sizeof(a->octets));
}

static bool selector_same(const struct cyg_selector *a, const struct cyg_selector *b)
{
	return a->addr.low.family == b->addr.low.family &&
	       ip_compare(&a->addr.low, &b->addr.low) == 0 &&
	       ip_compare(&a->addr.high, &b->addr.high) == 0 && a->protocol == b->protocol &&
	       a->port_low == b->port_low && a->port_high == b->port_high;
}

bool selector_is_any(const struct cyg_selector *selector)
{
	struct cyg_selector any = selector_any(selector->addr.low.family);

	return selector_same(selector, &any);
}

bool selectors_have_any(const struct cyg_selectors *list)
{
	for (unsigned i = 0; i < list->count; i++) {
		if (selector_is_any(&list->item[i]))
			return true;
	}
	return false;
}

static bool is_opaque(const struct cyg_selector *s)
{
	return s->port_low == UINT16_MAX && s->port_high == 0;
}

/* False if nothing is left. OPAQUE meets only OPAQUE and "any port". */
static bool intersect(const struct cyg_selector *a, const struct cyg_selector *b,
		      struct cyg_selector *out)
{
	struct cyg_selector s = *a;

	if (a->addr.low.family != b->addr.low.family)
		return false;
	if (ip_compare(&b->addr.low, &s.addr.low) > 0)
		s.addr.low = b->addr.low;
	if (ip_compare(&b->addr.high, &s.addr.high) < 0)
		s.addr.high = b->addr.high;
	if (ip_compare(&s.addr.low, &s.addr.high) > 0)
		return false;
	if (a->protocol && b->protocol && a->protocol != b->protocol)
		return false;
	s.protocol = a->protocol ? a->protocol : b->protocol;
	if (is_opaque(a) || is_opaque(b)) {
		const struct cyg_selector *other = is_opaque(a) ? b : a;

		if (!is_opaque(other) && !(other->port_low == 0 && other->port_high == UINT16_MAX))
			return false;
		s.port_low = UINT16_MAX;
		s.port_high = 0;
	} else {
		s.port_low = a->port_low > b->port_low ? a->port_low : b->port_low;
		s.port_high = a->port_high < b->port_high ? a->port_high : b->port_high;
		if (s.port_low > s.port_high)
			return false;
	}
	*out = s;
	return true;
}

enum cyg_status selectors_narrow(const struct cyg_selectors *wanted, const struct cyg_selectors *allowed,
				 struct cyg_selectors *out, bool *cut)
{
	struct cyg_selectors list = { 0 };
	bool left_out = false;

	for (unsigned i = 0; i < wanted->count; i++) {
		for (unsigned j = 0; j < allowed->count; j++) {
			struct cyg_selector s;
			bool known = false;

			if (!intersect(&wanted->item[i], &allowed->item[j], &s))
				continue;
			for (unsigned k = 0; k < list.count && !known; k++)
				known = selector_same(&s, &list.item[k]);
			if (!known && selectors_add(&list, &s) != CYG_OK)
				left_out = true;
		}
	}
	if (!list.count)
		return CYG_NOT_FOUND;
	if (cut)
		*cut = left_out;
	*out = list;
	return CYG_OK;
}

bool selectors_within(const struct cyg_selectors *inner, const struct cyg_selectors *outer)
{
	for (unsigned i = 0; i < inner->count; i++) {
		bool inside = false;

		for (unsigned j = 0; j < outer->count && !inside; j++) {
			struct cyg_selector s;

			inside = intersect(&inner->item[i], &outer->item[j], &s) &&
				 selector_same(&s, &inner->item[i]);
		}
		if (!inside)
			return false;
	}
	return true;
}

bool selectors_equal(const struct cyg_selectors *a, const struct cyg_selectors *b)
{
	return a->count == b->count && selectors_within(a, b) && selectors_within(b, a);
}

void selectors_text(const struct cyg_selectors *list, struct cyg_strbuf *out)
{
	char low[CYG_IP_TEXT], high[CYG_IP_TEXT];

	if (!list->count)
		cyg_strbuf_add(out, CYG_STR("nothing"));
	for (unsigned i = 0; i < list->count; i++) {
		const struct cyg_selector *s = &list->item[i];
		struct cyg_prefix prefix;

		if (i)
			cyg_strbuf_add(out, CYG_STR(", "));
		if (cyg_range_to_prefix(&s->addr, &prefix) == CYG_OK)
			cyg_strbuf_addf(out, "%s/%u", cyg_ip_text(&prefix.ip, low), prefix.len);
		else
			cyg_strbuf_addf(out, "%s-%s", cyg_ip_text(&s->addr.low, low),
					cyg_ip_text(&s->addr.high, high));
		if (s->protocol)
			cyg_strbuf_addf(out, " protocol %u", s->protocol);
		if (is_opaque(s))
			cyg_strbuf_add(out, CYG_STR(" port opaque"));
		else if (s->port_low || s->port_high != UINT16_MAX)
			cyg_strbuf_addf(out, " port %u-%u", s->port_low, s->port_high);
	}
}
