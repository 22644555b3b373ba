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

static bool any_port(const struct cyg_selector *s)
{
	return s->port_low == 0 && s->port_high == UINT16_MAX;
}

/* TS_NARROWED or TS_WHOLE with *out, or why nothing is left. OPAQUE meets only OPAQUE and "any port". */
static enum ts_why intersect(const struct cyg_selector *a, const struct cyg_selector *b,
			     struct cyg_selector *out)
{
	struct cyg_selector s = *a;

	if (a->addr.low.family != b->addr.low.family)
		return TS_FAMILY;
	if (ip_compare(&b->addr.low, &s.addr.low) > 0)
		s.addr.low = b->addr.low;
	if (ip_compare(&b->addr.high, &s.addr.high) < 0)
		s.addr.high = b->addr.high;
	if (ip_compare(&s.addr.low, &s.addr.high) > 0)
		return TS_ADDRESS;
	if (a->protocol && b->protocol && a->protocol != b->protocol)
		return TS_PROTOCOL;
	s.protocol = a->protocol ? a->protocol : b->protocol;
	if (is_opaque(a) || is_opaque(b)) {
		const struct cyg_selector *other = is_opaque(a) ? b : a;

		if (!is_opaque(other) && !any_port(other))
			return TS_PORT;
		s.port_low = UINT16_MAX;
		s.port_high = 0;
	} else {
		s.port_low = a->port_low > b->port_low ? a->port_low : b->port_low;
		s.port_high = a->port_high < b->port_high ? a->port_high : b->port_high;
		if (s.port_low > s.port_high)
			return TS_PORT;
	}
	*out = s;
	return selector_same(&s, a) ? TS_WHOLE : TS_NARROWED;
}

static bool has(const struct cyg_selectors *list, const struct cyg_selector *selector)
{
	for (unsigned i = 0; i < list->count; i++) {
		if (selector_same(selector, &list->item[i]))
			return true;
	}
	return false;
}

static void ts_trace_add(struct ts_trace *trace, const struct cyg_selector *wanted, enum ts_why why)
{
	if (trace->count < TS_TRACE_MAX) {
		trace->entry[trace->count].wanted = *wanted;
		trace->entry[trace->count++].why = why;
		return;
	}
	trace->more++;
	trace->lost |= why != TS_WHOLE;
}

void selectors_narrow(const struct cyg_selectors *wanted, const struct cyg_selectors *allowed,
		      struct cyg_selectors *out, struct ts_trace *trace)
{
	for (unsigned i = 0; i < wanted->count; i++) {
		enum ts_why best = TS_FAMILY;

		for (unsigned j = 0; j < allowed->count; j++) {
			struct cyg_selector s;
			enum ts_why why = intersect(&wanted->item[i], &allowed->item[j], &s);

			if (why >= TS_NARROWED && !has(out, &s) && selectors_add(out, &s) != CYG_OK)
				why = TS_FULL;
			if (why > best)
				best = why;
		}
		if (trace)
			ts_trace_add(trace, &wanted->item[i], best);
	}
}

void ts_trace_text(const struct ts_trace *trace, struct cyg_strbuf *out)
{
	static const char *const text[] = {
		[TS_FAMILY] = "none of ours is of its family",
		[TS_ADDRESS] = "no address in common",
		[TS_PROTOCOL] = "another protocol",
		[TS_PORT] = "other ports",
		[TS_FULL] = "there are too many already",
		[TS_NARROWED] = "narrowed",
	};
	unsigned written = 0;

	for (unsigned i = 0; i < trace->count; i++) {
		if (trace->entry[i].why == TS_WHOLE)
			continue;
		if (written++)
			cyg_strbuf_add(out, CYG_STR("; "));
		selector_text(&trace->entry[i].wanted, out);
		cyg_strbuf_addf(out, ": %s", text[trace->entry[i].why]);
	}
	if (trace->lost)
		cyg_strbuf_addf(out, "%sand some of %u more", written ? "; " : "", trace->more);
}

bool selectors_within(const struct cyg_selectors *inner, const struct cyg_selectors *outer)
{
	for (unsigned i = 0; i < inner->count; i++) {
		bool inside = false;

		for (unsigned j = 0; j < outer->count && !inside; j++) {
			struct cyg_selector s;

			inside = intersect(&inner->item[i], &outer->item[j], &s) == TS_WHOLE;
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

void selector_text(const struct cyg_selector *s, struct cyg_strbuf *out)
{
	char low[CYG_IP_TEXT], high[CYG_IP_TEXT];
	struct cyg_prefix prefix;

	if (cyg_range_to_prefix(&s->addr, &prefix) == CYG_OK)
		cyg_strbuf_addf(out, "%s/%u", cyg_ip_text(&prefix.ip, low), prefix.len);
	else
		cyg_strbuf_addf(out, "%s-%s", cyg_ip_text(&s->addr.low, low), cyg_ip_text(&s->addr.high, high));
	if (s->protocol)
		cyg_strbuf_addf(out, " protocol %u", s->protocol);
	if (is_opaque(s))
		cyg_strbuf_add(out, CYG_STR(" port opaque"));
	else if (!any_port(s))
		cyg_strbuf_addf(out, " port %u-%u", s->port_low, s->port_high);
}

void selectors_text(const struct cyg_selectors *list, struct cyg_strbuf *out)
{
	if (!list->count)
		cyg_strbuf_add(out, CYG_STR("nothing"));
	for (unsigned i = 0; i < list->count; i++) {
		if (i)
			cyg_strbuf_add(out, CYG_STR(", "));
		selector_text(&list->item[i], out);
	}
}
