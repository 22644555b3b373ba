/* SPDX-License-Identifier: MIT */
/* The states of all atoms are stepped side by side (Thompson), so there is nothing to go back to. */
#include "control/pattern.h"

#define WORDS ((PATTERN_ATOMS_MAX + 63) / 64)

struct states {
	uint64_t bits[WORDS];
};

static void set_add(uint8_t set[32], unsigned octet)
{
	set[octet / 8] |= (uint8_t)(1u << (octet % 8));
}

static bool set_has(const uint8_t set[32], unsigned octet)
{
	return set[octet / 8] & (1u << (octet % 8));
}

/* What stands after `[`; `*at` ends behind the `]`. */
static bool parse_set(struct cyg_str text, size_t *at, uint8_t set[32])
{
	size_t i = *at;
	bool negated = i < text.len && text.ptr[i] == '^';
	bool first = true;

	if (negated)
		i++;
	for (; i < text.len && (first || text.ptr[i] != ']'); first = false) {
		uint8_t low = (uint8_t)text.ptr[i++], high = low;

		if (i + 1 < text.len && text.ptr[i] == '-' && text.ptr[i + 1] != ']') {
			high = (uint8_t)text.ptr[i + 1];
			i += 2;
		}
		for (unsigned octet = low; octet <= high; octet++)
			set_add(set, octet);
	}
	if (i >= text.len)
		return false;
	if (negated)
		for (unsigned octet = 0; octet < 32; octet++)
			set[octet] = (uint8_t)~set[octet];
	*at = i + 1;
	return true;
}

enum cyg_status pattern_parse(struct cyg_str text, struct pattern *out, const char **why)
{
	struct pattern p = { 0 };
	bool fresh = true; /* at the start of an alternative */

	for (size_t i = 0; i <= text.len;) {
		struct pattern_atom *atom;
		char c = i < text.len ? text.ptr[i] : '|';

		if (fresh) {
			if (p.starts == PATTERN_ATOMS_MAX)
				goto too_long;
			p.start[p.starts] = (uint8_t)p.count;
			p.anchored[p.starts++] = c == '^' && i < text.len;
			fresh = false;
			if (p.anchored[p.starts - 1]) {
				i++;
				continue;
			}
		}
		if (c == '|') { /* the end of an alternative, or of the text */
			if (p.count == p.start[p.starts - 1])
				p.matches_all = true;
			else
				p.atoms[p.count - 1].last = true;
			i++;
			fresh = true;
			continue;
		}
		if (p.count == PATTERN_ATOMS_MAX)
			goto too_long;
		atom = &p.atoms[p.count++];
		i++;
		if (c == '.') {
			memset(atom->set, 0xff, sizeof(atom->set));
		} else if (c == '[') {
			if (!parse_set(text, &i, atom->set)) {
				*why = "[ without its ]";
				return CYG_MALFORMED;
			}
		} else if (c == '$' && (i == text.len || text.ptr[i] == '|')) {
			atom->at_end = true;
			continue;
		} else if (c == '*' || c == '+' || c == '?') {
			*why = "nothing before *, + or ?";
			return CYG_MALFORMED;
		} else {
			if (c == '\\' && i < text.len)
				c = text.ptr[i++];
			set_add(atom->set, (uint8_t)c);
		}
		if (i < text.len && (text.ptr[i] == '*' || text.ptr[i] == '+' || text.ptr[i] == '?')) {
			atom->any_number = text.ptr[i] != '?';
			atom->optional = text.ptr[i] != '+';
			i++;
		}
	}
	*out = p;
	return CYG_OK;
too_long:
	*why = "the pattern is too long";
	return CYG_LIMIT;
}

/* Enters atom `i` and those that may follow it without an octet. True: an alternative is complete. */
static bool enter(const struct pattern *p, struct states *states, unsigned i, bool at_end)
{
	for (;; i++) {
		const struct pattern_atom *atom = &p->atoms[i];

		states->bits[i / 64] |= 1ull << (i % 64);
		if (!(atom->at_end ? at_end : atom->optional))
			return false;
		if (atom->last)
			return true;
	}
}

bool pattern_matches(const struct pattern *pattern, struct cyg_str line)
{
	struct states now = { { 0 } };

	if (pattern->matches_all)
		return true;
	for (size_t at = 0;; at++) {
		struct states next = { { 0 } };
		bool end = at == line.len;

		for (unsigned s = 0; s < pattern->starts; s++)
			if ((at == 0 || !pattern->anchored[s]) &&
			    enter(pattern, &now, pattern->start[s], end))
				return true;
		if (end)
			return false;
		for (unsigned i = 0; i < pattern->count; i++) {
			const struct pattern_atom *atom = &pattern->atoms[i];
			bool next_end = at + 1 == line.len;

			if (!(now.bits[i / 64] & (1ull << (i % 64))) || atom->at_end ||
			    !set_has(atom->set, (uint8_t)line.ptr[at]))
				continue;
			if (atom->any_number && enter(pattern, &next, i, next_end))
				return true;
			if (atom->last)
				return true;
			if (enter(pattern, &next, i + 1, next_end))
				return true;
		}
		now = next;
	}
}
