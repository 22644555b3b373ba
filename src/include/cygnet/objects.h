/* SPDX-License-Identifier: MIT */
/*
 * Objects of the core's configuration that plugins read: access lists, local users, VRFs. Immutable once
 * published; any thread that holds the snapshot, or the object itself (cyg_config_object_ref()). The names
 * of the modes are for cyg_build_object(), cyg_config_object() and for `ref(...)` in the syntax of a row.
 */
#ifndef CYGNET_OBJECTS_H
#define CYGNET_OBJECTS_H

#include <cygnet/ip.h>
#include <cygnet/secret.h>

/* --- Access lists: `ip access-list {standard|extended} NAME`, `ipv6 access-list NAME` --- */
#define CYG_MODE_ACCESS_LIST  "ip-access-list"
#define CYG_MODE_ACCESS_LIST6 "ipv6-access-list"

struct cyg_port_range {
	uint16_t low, high; /* 0-65535: any */
};

struct cyg_access_entry {
	bool permit;
	bool skipped;         /* its wildcard is no prefix: nobody can use the entry */
	uint8_t protocol;     /* 0: any */
	uint32_t sequence;    /* order in the list */
	struct cyg_prefix source, destination; /* any: length 0, the family is set */
	struct cyg_port_range source_port, destination_port;
};

struct cyg_access_list {
	uint8_t family;
	bool extended;        /* has destinations; always with IPv6 */
	size_t count;
	struct cyg_access_entry *entry; /* by sequence */
};

/* --- Local users: `username NAME password SECRET` --- */
#define CYG_MODE_USER "username"

struct cyg_local_user {
	struct cyg_secret password; /* in clear; empty if it could not be opened */
};

/* --- VRFs: `vrf definition NAME` --- */
#define CYG_MODE_VRF "vrf"

struct cyg_vrf {
	bool ipv4, ipv6;      /* address families */
	uint32_t table;       /* routing table; 0: whichever is free */
};

/* --- Route maps: `route-map NAME {permit|deny} SEQUENCE` --- */
#define CYG_MODE_ROUTE_MAP "route-map" /* an object for each sequence: "NAME SEQUENCE" */

#define CYG_ROUTE_MAP_LISTS_MAX 8

struct cyg_route_map {
	bool permit;
	uint32_t sequence;
	/* Any of them, of each family; none: every route of the family. */
	unsigned count4, count6;
	const struct cyg_access_list *list4[CYG_ROUTE_MAP_LISTS_MAX], *list6[CYG_ROUTE_MAP_LISTS_MAX];
};

#endif
