/* SPDX-License-Identifier: MIT */
/* The object of the mode ikev2-authorization-policy, and the plugin's command table. */
#ifndef AUTHZ_POLICY_POLICY_H
#define AUTHZ_POLICY_POLICY_H

#include <cygnet/plugin.h>

#define MODE_AUTHZ_POLICY CYG_MODE_AUTHZ_POLICY

/* Immutable once published: what is granted, as the provider copies it out. */
struct authz_policy {
	struct cyg_authz granted;
};

/* An `aaa attribute list`: texts are owned by the object. */
#define MODE_ATTRIBUTES "aaa-attribute-list"
#define ATTRIBUTES_MAX	100

struct attribute {
	char *type, *value, *service, *protocol; /* "" if absent */
	bool mandatory;
};

struct attribute_list {
	size_t count;
	struct attribute item[ATTRIBUTES_MAX];
};

/* The first of the tables; the others are behind it. */
extern const struct cyg_command_table authz_policy_commands, authz_attribute_commands, authz_show_commands;

#endif
