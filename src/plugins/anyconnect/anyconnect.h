/* SPDX-License-Identifier: MIT */
/*
 * Profiles for AnyConnect clients, and the TLS listener that they are fetched from. Immutable once published.
 */
#ifndef ANYCONNECT_ANYCONNECT_H
#define ANYCONNECT_ANYCONNECT_H

#include <cygnet/plugin.h>

#define MODE_ANYCONNECT	 "anyconnect-profile"
#define MODE_SSL_POLICY	 "ssl-policy"
#define MODE_SSL_PROFILE "ssl-profile"
#define MODE_HTTP	 "http-server"

#define ANYCONNECT_ADDRESSES_MAX 8

/* Why nothing of it is used, for `show`. */
extern const char anyconnect_no_listener[];

struct anyconnect_profile {
	char file[256]; /* as it was written: a name in the configured folder behind `bootflash:` and the like */
};

struct ssl_policy {
	char trustpoint[64];
	unsigned count;
	struct {
		struct cyg_ip address; /* unset: the interface's */
		char interface[64], vrf[64];
		uint16_t port;
	} local[ANYCONNECT_ADDRESSES_MAX];
	bool on;                      /* `no shutdown` */
	const char *on_place;         /* of that line */
};

struct http_server {
	const char *place; /* of its first line */
};

extern const struct cyg_command_table anyconnect_commands, anyconnect_ssl_commands;

#endif
