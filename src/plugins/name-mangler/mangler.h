/* SPDX-License-Identifier: MIT */
/* The object of the mode ikev2-name-mangler, and what it makes of an identity. */
#ifndef NAME_MANGLER_MANGLER_H
#define NAME_MANGLER_MANGLER_H

#include <cygnet/plugin.h>

#define MODE_MANGLER "ikev2-name-mangler"

/* Which part of a name is taken. */
enum mangle_part {
	MANGLE_NONE = 0, /* there is no line for this type of identity */
	MANGLE_ALL,
	MANGLE_HOST,	 /* before the first dot; the user of an address */
	MANGLE_DOMAIN,
	MANGLE_FIELD,	 /* of a DN */
	MANGLE_PREFIX,	 /* before the delimiter */
	MANGLE_SUFFIX,	 /* behind it */
};

enum dn_field { DN_COMMON_NAME, DN_COUNTRY, DN_DOMAIN, DN_LOCALITY, DN_ORGANIZATION, DN_UNIT, DN_STATE, DN_FIELDS };

/* Immutable once published. */
struct mangler {
	enum mangle_part fqdn, email, dn, eap;
	enum dn_field dn_field, eap_field;
	char delimiter;
};

/*
 * The name that AAA is asked for, at `out`: of the EAP identity if there is one, else of the IKE identity. CYG_REFUSED, and
 * `why` says which line is missing or yields nothing. Any thread.
 */
enum cyg_status mangler_apply(const struct mangler *mangler, const struct cyg_identity *id, struct cyg_bytes eap,
			      struct cyg_strbuf *out, struct cyg_strbuf *why) CYG_MUST_CHECK;

/* The word of a field in the command language. */
const char *dn_field_text(enum dn_field field);
/* An index into dn_field_text(), DN_FIELDS for another word. */
enum dn_field dn_field_of(struct cyg_str word);

extern const struct cyg_command_table name_mangler_commands;

#endif
