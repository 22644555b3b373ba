/* SPDX-License-Identifier: MIT */
/*
 * RADIUS as it is configured: servers, groups of them, and who may change a session from outside. Immutable once
 * published.
 */
#ifndef RADIUS_RADIUS_H
#define RADIUS_RADIUS_H

#include <cygnet/plugin.h>

#define MODE_SERVER	  "radius-server"
#define MODE_SERVER_HOST  "radius-server-host"
#define MODE_GROUP	  "aaa-server-group"
#define MODE_AUTHOR	  "radius-dynamic-author"

#define RADIUS_AUTH_PORT   1812
#define RADIUS_ACCT_PORT   1813
#define RADIUS_TLS_PORT	   2083
#define RADIUS_GROUP_MAX   16
#define RADIUS_CLIENTS_MAX 32

/* Why nothing of it is used, for `show`. */
extern const char radius_no_client[];

struct radius_server {
	struct cyg_ip address;
	uint16_t auth_port, acct_port;
	bool tls;
	uint16_t tls_port;
	uint32_t timeout_s, retransmit; /* UINT32_MAX: those of all servers */
	struct cyg_secret key;
	bool has_key;
	const char *sealed;             /* its key is of type 6 and closed: what is missing to open it */
	char name[64];                  /* that of the line, or the address */
};

struct radius_group {
	unsigned line_count;            /* `server` lines, whatever they lead to */
	unsigned count;
	const struct radius_server *server[RADIUS_GROUP_MAX]; /* in order; counted by the group or inside of it */
	unsigned private_count;
	struct radius_server own[RADIUS_GROUP_MAX];           /* `server-private` */
	char vrf[64];
	uint32_t deadtime_min;          /* 0: none */
};

/* Who may send Disconnect-Request and CoA-Request (RFC 5176). */
struct radius_author {
	unsigned count;
	struct {
		struct cyg_ip address;
		struct cyg_secret key;
	} client[RADIUS_CLIENTS_MAX];
	uint16_t port;                  /* 0: 3799 and 1700 */
	enum { RADIUS_AUTHOR_ALL, RADIUS_AUTHOR_ANY, RADIUS_AUTHOR_SESSION_KEY } match;
};

extern const struct cyg_command_table radius_commands, radius_group_commands, radius_show_commands;

/* Frees what a server owns. */
void radius_server_done(void *server);
/* Reads a key of a line into a server. */
enum cyg_status radius_read_key(const struct cyg_args *args, const char *name, struct radius_server *server)
	CYG_MUST_CHECK;
/* Ports of a line, or those that are usual. */
void radius_read_ports(const struct cyg_args *args, struct radius_server *server);
/* What it lacks, as for cyg_build_incomplete(); "" if nothing. */
void radius_lacks(const struct radius_server *server, struct cyg_strbuf *out);

#endif
