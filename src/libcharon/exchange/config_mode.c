/* SPDX-License-Identifier: MIT */
/*
 * Configuration payloads within IKE_AUTH (RFC 7296 2.19, 3.15). Which attribute goes to whom, and in what
 * form: the guides' table.
 */
#include "config.h"

#include "exchange/child.h"
#include "exchange/ike_auth.h"
#include "exchange/lease.h"
#include "exchange/watch.h"
#include "policy/select.h"

#include <cygnet/cursor.h>

#include <stdlib.h>

#define VERSION_TEXT "Cygnet"
#define DNS_MAX 4 /* servers that we take note of */
#define SUBNETS_MAX 16 /* behind the peer */

/* --- Reading addresses --- */

static bool read_ip(struct wire_reader *r, uint8_t family, struct cyg_ip *out)
{
	struct cyg_ip ip = { .family = family };

	wire_copy(r, ip.octets, cyg_ip_len(&ip));
	if (!wire_ok(r))
		return false;
	*out = ip;
	return true;
}

static bool is_zero(const struct cyg_ip *ip)
{
	static const uint8_t zero[16];

	return memcmp(ip->octets, zero, sizeof(zero)) == 0;
}

/* Kept for `show`; out of memory, it is not. */
static void take_version(struct ike_session *session, struct cyg_bytes value)
{
	char printable[96];
	struct cyg_strbuf text = CYG_STRBUF(printable);

	cyg_strbuf_add_foreign(&text, value);
	free(session->peer_version);
	session->peer_version = cyg_str_dup(cyg_str_n(text.ptr, text.len));
}

/* --- Responder --- */

void config_mode_read_request(struct exchange *x)
{
	const struct cfg_payload *cp = &x->msg->cp;
	struct auth_work *work = x->auth;
	struct ike_session *session;

	if (!(x->msg->has & HAS_CP) || cp->type != CYG_CFG_REQUEST)
		return;
	work->cp = true;
	for (unsigned i = 0; i < cp->count; i++) {
		struct wire_reader r = wire_reader_of(cp->attr[i].value);
		struct cyg_ip hint = { 0 };

		switch (cp->attr[i].type) {
		case CYG_INTERNAL_IP4_ADDRESS:
			work->want4 = true;
			if (read_ip(&r, CYG_IPV4, &hint) && !is_zero(&hint))
				work->hint4 = hint;
			break;
		case CYG_INTERNAL_IP6_ADDRESS:
			work->want6 = true;
			if (read_ip(&r, CYG_IPV6, &hint) && !is_zero(&hint))
				work->hint6 = hint;
			break;
		case CYG_APPLICATION_VERSION:
			work->want_version = true;
			session = cp->attr[i].value.len ? ike_sa_session(x->sa) : NULL;
			if (session) {
				take_version(session, cp->attr[i].value);
			}
			break;
		case CYG_SUPPORTED_ATTRIBUTES:
			work->want_supported = true;
			break;
		default:
			break;
		}
	}
}

/* The reply under construction: attributes and the room for their values. */
struct reply {
	struct cfg_attr attr[CFG_ATTRS_MAX];
	size_t count;
	struct wire_writer w;
	uint8_t room[2048];
};

/* The value is what was written to reply->w since `from`. */
static void add(struct reply *reply, uint16_t type, size_t from)
{
	if (reply->w.failed || reply->count == CFG_ATTRS_MAX)
		return; /* the table of the guides fits; what a policy piles on is cut */
	reply->attr[reply->count++] = (struct cfg_attr){
		type, cyg_bytes(reply->w.start + from, wire_len(&reply->w) - from) };
}

static void add_ip(struct reply *reply, uint16_t type, const struct cyg_ip *ip)
{
	size_t from = wire_len(&reply->w);

	wire_put(&reply->w, ip->octets, cyg_ip_len(ip));
	add(reply, type, from);
}

static void add_subnet(struct reply *reply, const struct cyg_prefix *prefix)
{
	size_t from = wire_len(&reply->w);
	struct cyg_ip mask;

	wire_put(&reply->w, prefix->ip.octets, cyg_ip_len(&prefix->ip));
	if (prefix->ip.family == CYG_IPV4) {
		mask = cyg_netmask(prefix->len);
		wire_put(&reply->w, mask.octets, 4);
		add(reply, CYG_INTERNAL_IP4_SUBNET, from);
	} else {
		wire_put_u8(&reply->w, prefix->len);
		add(reply, CYG_INTERNAL_IP6_SUBNET, from);
	}
}

static void add_addresses(struct exchange *x, struct reply *reply)
{
	const struct ike_session *session = x->sa->session;
	const struct cyg_authz *granted = &x->auth->granted;

	if (!session)
		return;
	if (session->address4.family) {
		add_ip(reply, CYG_INTERNAL_IP4_ADDRESS, &session->address4);
		if (session->lease4 && session->lease4->netmask) {
			struct cyg_ip mask = cyg_netmask(session->lease4->netmask);

			add_ip(reply, CYG_INTERNAL_IP4_NETMASK, &mask);
		} else if (granted->set & CYG_AZ_NETMASK) {
			add_ip(reply, CYG_INTERNAL_IP4_NETMASK, &granted->netmask);
		}
	}
	if (session->address6.family) {
		size_t from = wire_len(&reply->w);

		wire_put(&reply->w, session->address6.octets, 16);
		wire_put_u8(&reply->w, session->prefix6);
		add(reply, CYG_INTERNAL_IP6_ADDRESS, from);
	}
}

static void add_servers(struct exchange *x, struct reply *reply)
{
	const struct cyg_authz *granted = &x->auth->granted;
	const struct ike_session *session = x->sa->session;

	for (unsigned i = 0; i < 2; i++) {
		if (granted->set & CYG_AZ_DNS4 && granted->dns4[i].family)
			add_ip(reply, CYG_INTERNAL_IP4_DNS, &granted->dns4[i]);
		else if (!(granted->set & CYG_AZ_DNS4) && session && session->lease4 &&
			 session->lease4->dns[i].family)
			add_ip(reply, CYG_INTERNAL_IP4_DNS, &session->lease4->dns[i]);
	}
	for (unsigned i = 0; i < 2; i++) {
		if (granted->set & CYG_AZ_WINS && granted->wins[i].family)
			add_ip(reply, CYG_INTERNAL_IP4_NBNS, &granted->wins[i]);
	}
	for (unsigned i = 0; i < 2; i++) {
		if (granted->set & CYG_AZ_DNS6 && granted->dns6[i].family)
			add_ip(reply, CYG_INTERNAL_IP6_DNS, &granted->dns6[i]);
	}
}

/* Its addresses, each as a host; NULL: it has been taken away since the policy was asked. */
static void add_interface(struct reply *reply, const struct config_view *view, const struct config_interface *interface)
{
	const uint8_t families[] = { CYG_IPV4, CYG_IPV6 };

	for (size_t i = 0; interface && i < CYG_COUNT(families); i++) {
		struct cyg_prefix own = { .len = (uint8_t)cyg_ip_bits(families[i]) };

		own.ip = interface_address(view, interface, families[i]);
		if (own.ip.family)
			add_subnet(reply, &own);
	}
}

static void add_routes(struct exchange *x, struct reply *reply)
{
	const struct cyg_authz *granted = &x->auth->granted;
	const struct config_view *view = exchange_ike(x)->view;

	if (granted->set & CYG_AZ_ROUTE_SET_INTERFACE && x->sa->interface)
		add_interface(reply, view,
			      granted->route_interface[0] ? find_interface(view, granted->route_interface) :
							    x->sa->interface);
	for (unsigned i = 0; i < granted->route_count; i++)
		add_subnet(reply, &granted->routes[i]);
}

void config_mode_write_reply(struct exchange *x)
{
	static const uint16_t supported[] = {
		CYG_INTERNAL_IP4_ADDRESS, CYG_INTERNAL_IP4_NETMASK, CYG_INTERNAL_IP4_DNS,
		CYG_INTERNAL_IP4_NBNS,	  CYG_INTERNAL_IP6_ADDRESS, CYG_INTERNAL_IP6_DNS,
		CYG_INTERNAL_IP4_SUBNET,  CYG_INTERNAL_IP6_SUBNET,  CYG_SUPPORTED_ATTRIBUTES,
	};
	struct auth_work *work = x->auth;
	const struct ike_session *session = x->sa->session;
	struct reply reply = { .count = 0 };
	size_t from;

	if (!work->cp || (x->child && x->child->failed))
		return;
	reply.w = wire_writer(reply.room, sizeof(reply.room));
	add_addresses(x, &reply);
	if (work->granted_any) {
		add_servers(x, &reply);
		add_routes(x, &reply);
	}
	/* Our name goes to those of our own kind only. */
	if (work->want_version && session && session->peer_version &&
	    strncmp(session->peer_version, VERSION_TEXT, sizeof(VERSION_TEXT) - 1) == 0) {
		from = wire_len(&reply.w);
		wire_put(&reply.w, VERSION_TEXT " " PACKAGE_VERSION,
			 sizeof(VERSION_TEXT " " PACKAGE_VERSION) - 1);
		add(&reply, CYG_APPLICATION_VERSION, from);
	}
	if (work->want_supported) {
		from = wire_len(&reply.w);
		for (size_t i = 0; i < CYG_COUNT(supported); i++)
			wire_put_u16(&reply.w, supported[i]);
		add(&reply, CYG_SUPPORTED_ATTRIBUTES, from);
	}
	if (reply.count)
		cfg_write(x->out, CYG_CFG_REPLY, reply.attr, reply.count);
}

/* --- Initiator --- */

/* Without `config-exchange request` nothing is asked for, and what comes unasked is not taken. */
static bool asks(const struct ike_sa *sa)
{
	const struct config_interface *interface = sa->interface;

	return (interface->address_negotiated || interface->address6_negotiated) &&
	       (!sa->profile || sa->profile->config_request);
}

void config_mode_write_request(struct exchange *x)
{
	const struct config_interface *interface = x->sa->interface;
	struct cfg_attr attr[10];
	size_t count = 0;

	if (!asks(x->sa))
		return;
#define ASK(type_) attr[count++] = (struct cfg_attr){ (type_), cyg_bytes(NULL, 0) }
	if (interface->address_negotiated) {
		ASK(CYG_INTERNAL_IP4_ADDRESS);
		ASK(CYG_INTERNAL_IP4_NETMASK);
		ASK(CYG_INTERNAL_IP4_DNS);
		ASK(CYG_INTERNAL_IP4_SUBNET);
	}
	if (interface->address6_negotiated) {
		ASK(CYG_INTERNAL_IP6_ADDRESS);
		ASK(CYG_INTERNAL_IP6_DNS);
		ASK(CYG_INTERNAL_IP6_SUBNET);
	}
#undef ASK
	attr[count++] = (struct cfg_attr){
		CYG_APPLICATION_VERSION,
		cyg_bytes(VERSION_TEXT " " PACKAGE_VERSION,
			  sizeof(VERSION_TEXT " " PACKAGE_VERSION) - 1) };
	cfg_write(x->out, CYG_CFG_REQUEST, attr, count);
}

static void take_dns(struct ike_session *session, const struct cyg_ip *ip)
{
	struct cyg_ip *dns;

	if (session->dns_count == DNS_MAX)
		return;
	dns = realloc(session->dns, (session->dns_count + 1u) * sizeof(*dns));
	if (!dns)
		return;
	session->dns = dns;
	dns[session->dns_count++] = *ip;
}

static void take_subnet(struct ike_session *session, struct wire_reader *r, uint8_t family)
{
	struct cyg_prefix prefix, *subnets;
	struct cyg_ip ip, mask;
	unsigned len;

	if (!read_ip(r, family, &ip) || session->subnet_count == SUBNETS_MAX)
		return;
	if (family == CYG_IPV4) {
		if (!read_ip(r, family, &mask) || cyg_netmask_len(&mask, &len) != CYG_OK)
			return;
	} else {
		len = wire_u8(r);
	}
	if (!wire_done(r) || cyg_prefix_make(&ip, len, &prefix) != CYG_OK)
		return;
	subnets = realloc(session->subnets, (session->subnet_count + 1u) * sizeof(*subnets));
	if (!subnets)
		return;
	session->subnets = subnets;
	subnets[session->subnet_count++] = prefix;
}

/* One attribute. What is of a wrong length or nothing we asked for is passed over. */
static void take(struct exchange *x, struct ike_session *session, const struct cfg_attr *attr)
{
	const struct config_interface *interface = x->sa->interface;
	struct wire_reader r = wire_reader_of(attr->value);
	struct cyg_ip ip;
	uint8_t prefix;

	switch (attr->type) {
	case CYG_INTERNAL_IP4_ADDRESS:
		if (interface->address_negotiated && !session->address4.family &&
		    read_ip(&r, CYG_IPV4, &ip) && wire_done(&r) && !is_zero(&ip)) {
			session->address4 = ip;
			session->prefix4 = 32;
		}
		break;
	case CYG_INTERNAL_IP6_ADDRESS:
		if (!interface->address6_negotiated || session->address6.family ||
		    !read_ip(&r, CYG_IPV6, &ip))
			break;
		prefix = wire_u8(&r);
		if (wire_done(&r) && prefix <= 128 && prefix && !is_zero(&ip)) {
			session->address6 = ip;
			session->prefix6 = prefix;
		}
		break;
	case CYG_INTERNAL_IP4_DNS:
		if (read_ip(&r, CYG_IPV4, &ip))
			take_dns(session, &ip);
		break;
	case CYG_INTERNAL_IP6_DNS:
		if (read_ip(&r, CYG_IPV6, &ip))
			take_dns(session, &ip);
		break;
	case CYG_INTERNAL_IP4_SUBNET:
		take_subnet(session, &r, CYG_IPV4);
		break;
	case CYG_INTERNAL_IP6_SUBNET:
		take_subnet(session, &r, CYG_IPV6);
		break;
	case CYG_APPLICATION_VERSION:
		take_version(session, attr->value);
		break;
	default:
		break;
	}
}

enum cyg_status config_mode_read_reply(struct exchange *x)
{
	struct ike_sa *sa = x->sa;
	const struct config_interface *interface = sa->interface;
	const struct cfg_payload *cp = &x->msg->cp;
	struct ike_session *session;

	if (!asks(sa))
		return CYG_OK;
	session = ike_sa_session(sa);
	if (!session)
		return CYG_NOMEM;
	for (unsigned i = 0;
	     x->msg->has & HAS_CP && cp->type == CYG_CFG_REPLY && i < cp->count; i++) {
		watch_client(interface, "Config-type: Config-reply, attrib type: %u, length: %zu", cp->attr[i].type,
			     cp->attr[i].value.len);
		take(x, session, &cp->attr[i]);
	}
	if (!session->address4.family && !session->address6.family) {
		why_object(sa->ike, &interface->head);
		why_mend(sa->ike, "a pool at the peer, or a fixed `ip address` on %s",
			 interface->head.name);
		return child_refuse(x, CYG_N_INTERNAL_ADDRESS_FAILURE,
				    "the peer gave no address for %s", interface->head.name);
	}
	session->ours = true;
	lease_address_set(sa, &session->address4, session->prefix4, true);
	lease_address_set(sa, &session->address6, session->prefix6, true);
	return CYG_OK;
}
