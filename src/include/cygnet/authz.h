/* SPDX-License-Identifier: MIT */
/*
 * Authorization: what an authenticated peer may have. A method of an `aaa authorization network` list is
 * a provider: `local` reads authorization policies, `group radius` asks a server. User and group
 * results are merged by the engine (user wins unless `override`).
 */
#ifndef CYGNET_AUTHZ_H
#define CYGNET_AUTHZ_H

#include <cygnet/kernel.h>

#define CYG_AUTHZ_NAME_MAX   64
#define CYG_AUTHZ_ROUTES_MAX 64
#define CYG_AUTHZ_TEXT_MAX  200
#define CYG_AUTHZ_LIST_MAX   10 /* domains of split DNS, backup gateways */
#define CYG_AUTHZ_HOST_MAX  128

/* Bits of `set` in struct cyg_authz: which members hold something. */
enum cyg_authz_bit {
	CYG_AZ_ADDRESS4 = 1u << 0,
	CYG_AZ_ADDRESS6 = 1u << 1,
	CYG_AZ_POOL4 = 1u << 2,
	CYG_AZ_POOL6 = 1u << 3,
	CYG_AZ_NETMASK = 1u << 4,
	CYG_AZ_PREFIX6 = 1u << 5,
	CYG_AZ_DNS4 = 1u << 6,
	CYG_AZ_DNS6 = 1u << 7,
	CYG_AZ_WINS = 1u << 8,
	CYG_AZ_DEF_DOMAIN = 1u << 9,
	CYG_AZ_BANNER = 1u << 10,
	CYG_AZ_FLOW_LIMIT = 1u << 11,
	CYG_AZ_SESSION_LIFETIME = 1u << 12,
	CYG_AZ_ROUTE_SET_INTERFACE = 1u << 13,
	CYG_AZ_ROUTE_ACCEPT = 1u << 14,
	CYG_AZ_DHCP = 1u << 15,
	CYG_AZ_PFS = 1u << 16,
	CYG_AZ_INCLUDE_LOCAL_LAN = 1u << 17,
	CYG_AZ_SMARTCARD = 1u << 18,
	CYG_AZ_SPLIT_DNS = 1u << 19,
	CYG_AZ_BACKUP_GATEWAYS = 1u << 20,
	CYG_AZ_CONFIG_URL = 1u << 21,
	CYG_AZ_CONFIG_VERSION = 1u << 22,
	CYG_AZ_REDISTRIBUTE = 1u << 23,
	CYG_AZ_ATTRIBUTE_LIST = 1u << 24,
};

/* Bits of `redistribute`: routes of the system that the peer is told. */
#define CYG_REDISTRIBUTE_CONNECTED 1u
#define CYG_REDISTRIBUTE_STATIC	   2u

/*
 * What was granted. Plain values; freed by whoever holds it with free(). The object of the mode
 * CYG_MODE_AUTHZ_POLICY begins with one, so that rows of other plugins in that mode (`dhcp server ...`) fill it.
 */
#define CYG_MODE_AUTHZ_POLICY "ikev2-authorization-policy"

struct cyg_authz {
	uint32_t set;
	struct cyg_ip address4, address6;
	char pool4[CYG_AUTHZ_NAME_MAX], pool6[CYG_AUTHZ_NAME_MAX];
	struct cyg_ip netmask;
	uint8_t prefix6;
	struct cyg_ip dns4[2], dns6[2], wins[2];
	char def_domain[CYG_AUTHZ_TEXT_MAX];
	char banner[CYG_AUTHZ_TEXT_MAX];
	uint32_t flow_limit;
	uint32_t session_lifetime_s;
	uint32_t route_tag;
	uint8_t route_distance;
	uint16_t route_count;
	struct cyg_prefix routes[CYG_AUTHZ_ROUTES_MAX]; /* pushed: `route set remote`, lists */
	uint8_t split_dns_count, backup_gateway_count;
	char split_dns[CYG_AUTHZ_LIST_MAX][CYG_AUTHZ_HOST_MAX];
	char backup_gateway[CYG_AUTHZ_LIST_MAX][CYG_AUTHZ_HOST_MAX]; /* addresses or names */
	char config_url[CYG_AUTHZ_TEXT_MAX];
	uint16_t config_version;
	uint8_t redistribute;           /* CYG_REDISTRIBUTE_* */
	char route_map_connected[CYG_AUTHZ_NAME_MAX], route_map_static[CYG_AUTHZ_NAME_MAX]; /* "": all routes */
	char route_interface[CYG_AUTHZ_NAME_MAX]; /* `route set interface NAME`; "": the session's own */
	char attribute_list[CYG_AUTHZ_NAME_MAX]; /* `aaa attribute list` */
	/* CYG_AZ_DHCP: the server by address or by name (both unset: whatever else says where it is). */
	struct cyg_ip dhcp_server, dhcp_giaddr;
	char dhcp_host[CYG_AUTHZ_HOST_MAX];
	uint8_t dhcp_timeout_s;         /* 0: the plugin's own */
	char policy[CYG_AUTHZ_NAME_MAX];                /* where it came from, for `show` */
};

enum cyg_authz_for { CYG_AUTHZ_USER, CYG_AUTHZ_GROUP };

struct cyg_authz_request {
	struct cyg_str name;      /* the user's or group's name */
	struct cyg_str group;     /* server group of the method, empty for `local` */
	struct cyg_str password;  /* for methods that need one */
	enum cyg_authz_for what;
	const struct cyg_identity *remote_id;
	struct cyg_endpoint local, remote;
	struct cyg_sa_handle sa;
};

struct cyg_authz_ops {
	const char *method;       /* "local", "group" */
	/* Strings of `request` live until the op has ended. CYG_NOT_FOUND: no such name;
	 * CYG_REFUSED: denied; CYG_IO or CYG_TIMEOUT: ask the list's next method. */
	enum cyg_status (*authorize)(struct cyg_plugin_ctx *ctx, struct cyg_shard *shard,
				     const struct cyg_authz_request *request, struct cyg_authz *out,
				     struct cyg_op *op);
};

#endif
