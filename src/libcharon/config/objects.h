/* SPDX-License-Identifier: MIT */
/*
 * The typed objects of the core's configuration modes: what the engine reads.
 *
 * Each is filled from the statements of its mode, immutable once published and counted
 * (cyg_config_object_ref()), so that a session holds the objects it uses. References between objects
 * are by name and were resolved when the snapshot was published: a pointer is NULL if the name
 * referred to nothing or to something incomplete. Any thread may read.
 */
#ifndef CONFIG_OBJECTS_H
#define CONFIG_OBJECTS_H

#include <cygnet/commands.h>
#include <cygnet/identity.h>
#include <cygnet/numbers.h>
#include <cygnet/objects.h>
#include <cygnet/secret.h>

#define CONFIG_NAME_MAX     64
#define CONFIG_TRANSFORMS_MAX 16 /* of one type in one proposal */
#define CONFIG_PLACE_MAX    80

/* Names of the modes. */
#define MODE_GLOBAL          "global"
#define MODE_PROPOSAL        "ikev2-proposal"
#define MODE_POLICY          "ikev2-policy"
#define MODE_KEYRING         "ikev2-keyring"
#define MODE_PEER            "ikev2-keyring-peer"
#define MODE_PROFILE         "ikev2-profile"
#define MODE_AUTHZ_POLICY    "ikev2-authorization-policy" /* the plugin authz-policy's */
#define MODE_TRANSFORM_SET   "ipsec-transform-set"
#define MODE_IPSEC_PROFILE   "ipsec-profile"
#define MODE_INTERFACE       "interface"
#define MODE_ROUTE           "static-route"
#define MODE_TRUSTPOINT      "pki-trustpoint"
#define MODE_CERT_MAP        "pki-certificate-map"
#define MODE_CRYPTO_MAP      "crypto-map"  /* an object for each entry: "NAME SEQUENCE" */
#define MODE_AAA_AUTHENTICATION "aaa-authentication-login" /* method lists */
#define MODE_AAA_AUTHORIZATION "aaa-authorization-network"
#define MODE_AAA_ACCOUNTING   "aaa-accounting-network"

/* What every object begins with. */
struct config_head {
	char name[CONFIG_NAME_MAX];
	char place[CONFIG_PLACE_MAX];  /* FILE:LINE of its opening line */
	bool complete;
	char missing[160];             /* what is missing, if it is incomplete */
};

struct encr_choice { uint16_t id, key_bits; };

struct config_proposal {
	struct config_head head;
	unsigned encr_count, integ_count, prf_count, group_count;
	struct encr_choice encr[CONFIG_TRANSFORMS_MAX];
	uint16_t integ[CONFIG_TRANSFORMS_MAX];
	uint16_t prf[CONFIG_TRANSFORMS_MAX]; /* from `integrity` if no `prf` line */
	uint16_t group[CONFIG_TRANSFORMS_MAX];
};

#define CONFIG_POLICY_PROPOSALS_MAX 16
#define CONFIG_POLICY_ADDRESSES_MAX 16
#define CONFIG_VRF_ANY "any"

struct config_policy {
	struct config_head head;
	char fvrf[CONFIG_NAME_MAX];     /* "" global, "any" */
	unsigned address_count;
	struct cyg_ip address[CONFIG_POLICY_ADDRESSES_MAX];
	unsigned line_count;            /* `proposal` lines */
	unsigned proposal_count;        /* complete ones, in order */
	const struct config_proposal *proposal[CONFIG_POLICY_PROPOSALS_MAX];
};

/* One `match identity remote` line, or a keyring peer's identity. */
enum id_match_kind {
	ID_MATCH_NONE = 0, ID_MATCH_ADDRESS, ID_MATCH_FQDN, ID_MATCH_FQDN_DOMAIN, ID_MATCH_EMAIL,
	ID_MATCH_EMAIL_DOMAIN, ID_MATCH_KEY_ID, ID_MATCH_ANY,
};

struct id_match {
	enum id_match_kind kind;
	struct cyg_prefix address;
	char text[256];
	char place[CONFIG_PLACE_MAX];
};

struct config_peer {
	struct config_head head;
	char hostname[256];
	struct cyg_prefix address;      /* unset: none */
	struct id_match identity;
	struct cyg_secret key_local, key_remote; /* symmetric: both hold the same; one may be empty */
	const char *key_sealed;         /* of type 6 and closed: what is missing to open it; a constant */
	const char *address_place, *whole_key_place, *half_key_place; /* of those lines, or NULL */
};

struct config_keyring {
	struct config_head head;
	size_t peer_count;              /* usable ones */
	struct keyring_index *index;    /* of them (config/keyring.h); NULL: no peers */
};

/* --- Certificates --- */

/* One line of a certificate map. */
enum cert_map_field {
	CERT_MAP_SUBJECT, CERT_MAP_ISSUER, CERT_MAP_ALT_NAME, CERT_MAP_UNSTRUCTURED, CERT_MAP_NAME,
	CERT_MAP_SERIAL, CERT_MAP_VALID_START, CERT_MAP_EXPIRES_ON,
};
enum cert_map_test { CERT_MAP_EQ, CERT_MAP_NE, CERT_MAP_CO, CERT_MAP_NC, CERT_MAP_LT, CERT_MAP_GE };

struct cert_map_rule {
	enum cert_map_field field;
	enum cert_map_test test;
	char text[256];
	int64_t time;                   /* since 1970, of the last two fields */
};

#define CONFIG_CERT_MAP_RULES_MAX   16
#define CONFIG_CERT_MAP_ENTRIES_MAX 64
#define CONFIG_CERT_MAPS_MAX        16

/* One sequence of a map: all of its lines must hold. */
struct config_cert_map {
	struct config_head head;        /* its name: "NAME NUMBER" */
	unsigned rule_count;
	struct cert_map_rule rule[CONFIG_CERT_MAP_RULES_MAX];
};

/* A map that is referred to: one of its sequences must match. */
struct config_cert_map_use {
	char name[CONFIG_NAME_MAX];
	size_t entry_count;             /* usable ones, in order */
	const struct config_cert_map **entries;
};

enum enrollment_kind {
	ENROLLMENT_NONE = 0, ENROLLMENT_URL, ENROLLMENT_TERMINAL, ENROLLMENT_SELFSIGNED, ENROLLMENT_PKCS12,
};
enum revocation_kind { REVOCATION_NONE, REVOCATION_CRL, REVOCATION_OCSP };
#define CONFIG_REVOCATION_MAX 3

struct config_trustpoint {
	struct config_head head;
	enum enrollment_kind enrollment;
	char url[256];
	unsigned revocation_count;      /* 0: crl */
	enum revocation_kind revocation[CONFIG_REVOCATION_MAX];
	char key_label[CONFIG_NAME_MAX]; /* "": the key in the trustpoint's folder */
	bool key_ec;
	uint32_t key_bits;              /* 0: not said */
	char subject[256], fqdn[256];
	unsigned map_count;             /* `match certificate`: of the peers that it verifies */
	struct config_cert_map_use maps[CONFIG_CERT_MAPS_MAX];
};

struct config_trustpoint_use {
	char name[CONFIG_NAME_MAX];
	const struct config_trustpoint *trustpoint; /* NULL: there is none, or it is of no use */
	bool sign, verify;
};
#define CONFIG_TRUSTPOINTS_MAX 16

enum auth_kind {
	AUTH_NONE = 0, AUTH_RSA_SIG = 1, AUTH_ECDSA_SIG = 2, AUTH_PRE_SHARE = 4, AUTH_EAP = 8,
	AUTH_ANYCONNECT_EAP = 16,
};

enum id_local_kind {
	ID_LOCAL_DEFAULT = 0, ID_LOCAL_ADDRESS, ID_LOCAL_DN, ID_LOCAL_EMAIL, ID_LOCAL_FQDN, ID_LOCAL_KEY_ID,
};

/* `aaa authorization {user|group} ... list LIST [NAME | name-mangler M]` for one kind of peer. */
struct config_authz_use {
	bool set, cached, override;
	char list[CONFIG_NAME_MAX];
	char name[CONFIG_NAME_MAX];
	char mangler[CONFIG_NAME_MAX];
	char place[CONFIG_PLACE_MAX];
};

enum config_for { FOR_PSK, FOR_CERT, FOR_EAP, FOR_ANYCONNECT, CONFIG_FOR_COUNT };

#define CONFIG_MATCH_MAX 32

struct config_dpd {
	bool set;
	uint32_t interval_s, retry_s;
	bool periodic;                  /* else on-demand */
};

struct config_method_list;

struct config_profile {
	struct config_head head;
	bool shutdown;
	bool dynamic;
	unsigned match_identity_count;
	struct id_match match_identity[CONFIG_MATCH_MAX];
	char match_fvrf[CONFIG_NAME_MAX];
	unsigned match_address_count;
	struct cyg_ip match_address[CONFIG_MATCH_MAX];
	enum id_local_kind id_local_kind;
	struct cyg_ip id_local_address;
	char id_local_text[256];
	enum auth_kind auth_local;
	unsigned auth_remote;           /* bits of enum auth_kind */
	struct cyg_secret key_local, key_remote; /* `pre-share key` */
	char keyring_name[CONFIG_NAME_MAX]; /* config_view_keyring(): a keyring may change without its profiles */
	bool keyring_usable;
	struct config_authz_use user[CONFIG_FOR_COUNT], group[CONFIG_FOR_COUNT];
	struct config_dpd dpd;          /* unset: the global one */
	uint32_t lifetime_s;
	uint32_t nat_keepalive_s;       /* 0: the global one */
	bool initial_contact_force;
	bool force_encap;               /* as initiator; a responder chooses the profile too late */
	bool childless;                 /* as initiator: children on demand (RFC 6023) */
	bool config_request, config_set_accept, config_set_send;
	uint32_t virtual_template;      /* 0: none */
	bool mode_auto;
	bool match_interface;           /* a `match address local interface` line */
	bool keyring_aaa;
	const char *key_sealed;         /* of type 6 and closed: what is missing to open it; a constant */
	unsigned trustpoint_count;
	struct config_trustpoint_use trustpoint[CONFIG_TRUSTPOINTS_MAX];
	unsigned match_certificate_count;
	struct config_cert_map_use match_certificate[CONFIG_CERT_MAPS_MAX];
	char eap_list[CONFIG_NAME_MAX], anyconnect_list[CONFIG_NAME_MAX]; /* `aaa authentication`; "": none */
	const struct config_method_list *eap_methods; /* that list */
	bool eap_query_identity;
	uint32_t eap_timeout_s;         /* so long we wait for the peer's next packet */
	uint8_t eap_type;               /* enum cyg_eap_type that we take when we log in; 0: any */
	char eap_username[256];         /* "": the text of our identity */
	struct cyg_secret eap_password; /* empty: there is none */
	char accounting[CONFIG_FOR_COUNT][CONFIG_NAME_MAX]; /* lists; "": nobody is told */
	char keyring_list[CONFIG_NAME_MAX], keyring_mangler[CONFIG_NAME_MAX]; /* `keyring aaa` */
	char ivrf[CONFIG_NAME_MAX];     /* "": that of the outer packets */
	const char *dynamic_place;      /* of the line `dynamic`, or NULL */
	const char *static_place;       /* of the first line that excludes it, or NULL */
};

struct config_transform_set {
	struct config_head head;
	struct encr_choice encr;
	uint16_t integ;                 /* CYG_AUTH_NONE with AEAD */
	bool transport, transport_require;
	bool esn;
};

#define CONFIG_IPSEC_SETS_MAX 6

struct config_ipsec_profile {
	struct config_head head;
	unsigned line_count;            /* sets named, usable or not */
	unsigned set_count;             /* usable ones, in order */
	const struct config_transform_set *set[CONFIG_IPSEC_SETS_MAX];
	char ikev2_profile_name[CONFIG_NAME_MAX];
	const struct config_profile *ikev2_profile;
	uint16_t pfs_group;             /* 0: none */
	uint32_t lifetime_s;
	uint64_t lifetime_kb;           /* 0: disabled */
	uint32_t idle_s;                /* 0: none */
	uint32_t replay_window;         /* packets; 0: disabled */
	uint32_t flow_limit;            /* UINT32_MAX: none */
	bool responder_only;
};

enum interface_kind { IF_OTHER = 0, IF_LOOPBACK, IF_TUNNEL, IF_VIRTUAL_TEMPLATE };
enum tunnel_mode { TUNNEL_GRE = 0, TUNNEL_GRE_IPV6, TUNNEL_IPSEC_IPV4, TUNNEL_IPSEC_IPV6 };

struct config_interface {
	struct config_head head;        /* name in canonical form: "Tunnel0", "Virtual-Template1" */
	enum interface_kind kind;
	uint32_t number;
	bool shutdown;
	struct cyg_prefix address4, address6; /* host part kept in `.ip` */
	bool address_negotiated;        /* `ip address negotiated`: asked for by configuration payload */
	bool address6_negotiated;
	char unnumbered4[CONFIG_NAME_MAX], unnumbered6[CONFIG_NAME_MAX];
	char vrf[CONFIG_NAME_MAX];
	bool vrf_of_ipv4;               /* by the old `ip vrf forwarding` */
	const char *vrf_place, *ipv4_place, *ipv6_place; /* of the first lines that bring them, or NULL */
	uint16_t mtu;                   /* 0: default */
	uint16_t adjust_mss;
	enum tunnel_mode mode;
	bool has_source, has_destination; /* a line of them, `dynamic` too */
	char source_interface[CONFIG_NAME_MAX];
	struct cyg_ip source;           /* unset: by interface, or whatever the system chooses */
	struct cyg_ip destination;      /* unset: none or dynamic */
	char destination_name[256];
	const struct config_ipsec_profile *protection;
	char protection_name[CONFIG_NAME_MAX];
};

/* The number by which engine, control and kernel plugin name an interface (cyg_kernel_interface.id):
 * the same for the same name, so nobody has to hand numbers around. 0: an interface of the system. */
static inline uint32_t config_interface_id(enum interface_kind kind, uint32_t number)
{
	return kind == IF_TUNNEL ? 0x10000000u | number :
	       kind == IF_VIRTUAL_TEMPLATE ? 0x20000000u | number :
	       kind == IF_LOOPBACK ? 0x30000000u | number : 0;
}

#define CONFIG_MAP_PEERS_MAX 8

/* An entry of a crypto map. */
struct config_crypto_map {
	struct config_head head;        /* its name: "NAME SEQUENCE" */
	char map[CONFIG_NAME_MAX];
	uint32_t sequence;
	bool dynamic;
	bool has_list, has_profile;     /* the lines are there, whatever they lead to */
	const struct cyg_access_list *list;
	unsigned peer_count;
	struct { struct cyg_ip address; char name[256]; } peer[CONFIG_MAP_PEERS_MAX];
	unsigned set_lines, set_count;  /* sets named; usable ones, in order */
	const struct config_transform_set *set[CONFIG_IPSEC_SETS_MAX];
	const struct config_profile *ikev2_profile;
	uint16_t pfs_group;             /* 0: none */
	uint32_t lifetime_s;
	uint64_t lifetime_kb;           /* 0: disabled */
	bool reverse_route;
};

/* `ip route` or `ipv6 route`; in a view: into an interface of ours. */
#define CONFIG_NULL_INTERFACE "Null0" /* always there */
struct config_route {
	struct config_head head;        /* its name: destination and interface */
	struct cyg_prefix to;
	char interface[CONFIG_NAME_MAX]; /* "": by the next hop alone; CONFIG_NULL_INTERFACE: nowhere */
	struct cyg_ip next_hop;         /* unset: none */
	char vrf[CONFIG_NAME_MAX];
	uint8_t distance;
	uint32_t tag;
};

/* `aaa authentication login`, `aaa authorization network`, `aaa accounting network`: LIST METHOD... */
#define CONFIG_METHODS_MAX 8
struct config_method_list {
	struct config_head head;
	bool tacacs;                    /* a method leads to a group that nobody here can ask */
	unsigned count;
	struct { bool local; char group[CONFIG_NAME_MAX]; } method[CONFIG_METHODS_MAX];
};

/* Single lines at the top of a file. */
struct config_global {
	char hostname[64];
	struct cyg_secret enable_secret; /* empty: nobody is asked */
	bool seal_secrets;              /* `password encryption aes` */
	bool aaa_new_model;
	struct config_dpd dpd;
	int cookie_challenge;           /* -1: automatic, -2: never, else the number */
	uint32_t max_negotiation_in, max_negotiation_out; /* 0: none */
	uint32_t max_sa;                /* 0: none */
	uint32_t queue_sa_init;         /* 0: none */
	uint32_t nat_keepalive_s;       /* 0: off */
	uint32_t window;                /* 1-200 */
	bool fragmentation, fragmentation_configured;
	uint16_t fragmentation_mtu;     /* 0: by family */
	bool http_url_cert;
	const char *http_url_place; /* of that line */
	uint32_t diagnose;              /* entries, 0: off */
	bool logging_ikev2, logging_session;
	struct overlaps *overlaps;      /* core_overlap.c */
};

/*
 * What the engine works with: lists of usable objects in the order of the file, pointers into the snapshot.
 * A test may fill one by hand.
 */
struct config_view {
	const struct cyg_config *config; /* NULL: made by hand */
	const struct config_global *global;
	const struct config_policy *const *policies; size_t policy_count;   /* user's, then default */
	const struct config_profile *const *profiles; size_t profile_count;
	const struct config_ipsec_profile *const *ipsec_profiles; size_t ipsec_profile_count;
	const struct config_keyring *const *keyrings; size_t keyring_count;
	const struct config_interface *const *interfaces; size_t interface_count;
	const struct config_method_list *const *method_lists; size_t method_list_count;
	const struct config_route *const *routes; size_t route_count;
	const struct config_trustpoint *const *trustpoints; size_t trustpoint_count;
	/* Incomplete, or of profiles shut down: never used, but named when something else is missing for want of them. */
	const struct config_policy *const *idle_policies; size_t idle_policy_count;
	const struct config_profile *const *idle_profiles; size_t idle_profile_count;
	const struct config_ipsec_profile *const *idle_ipsec_profiles; size_t idle_ipsec_profile_count;
	const struct config_interface *const *idle_interfaces; size_t idle_interface_count;
};

/* The keyring of that name that these lists belong to, or NULL. */
const struct config_keyring *config_view_keyring(const struct config_view *view, const char *name);

/* The view of a snapshot of the core's grammar; lives as long as it does. Usable objects only: a method list
 * named twice, a policy without a complete proposal, a profile that is shut down are not in it. */
const struct config_view *config_view(const struct cyg_config *config);

#endif
