/* SPDX-License-Identifier: MIT */
#include "xfrm.h"

#include <cygnet/net.h>
#include <cygnet/numbers.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>

#define REPLAY_WINDOW_MAX 4096 /* the kernel's */
#define REPLAY_WINDOW_LEAST 32 /* with extended sequence numbers there is no SA without one */
#define MOVED_MARGIN      1024 /* packets that may leave while an SA is moved */
#define KEY_MAX           128

/*
 * Transport mode is not bound to an interface: its packets come by none. What is ours says so, and of which interface,
 * in a limit of packets that nobody reaches ("Cygnet" and the interface's number).
 */
#define SIGN (UINT64_C(0x4379) << 48 | UINT64_C(0x676e) << 32)

static const struct cipher {
	uint16_t encr;
	const char *name;
	uint8_t salt, icv_bits; /* icv_bits: it is an AEAD */
	bool fixed_bits;
} ciphers[] = {
	{ CYG_ENCR_NULL, "ecb(cipher_null)", 0, 0, true },
	{ CYG_ENCR_3DES, "cbc(des3_ede)", 0, 0, true },
	{ CYG_ENCR_AES_CBC, "cbc(aes)", 0, 0, false },
	{ CYG_ENCR_AES_CTR, "rfc3686(ctr(aes))", 4, 0, false },
	{ CYG_ENCR_AES_CCM_16, "rfc4309(ccm(aes))", 3, 128, false },
	{ CYG_ENCR_AES_GCM_8, "rfc4106(gcm(aes))", 4, 64, false },
	{ CYG_ENCR_AES_GCM_12, "rfc4106(gcm(aes))", 4, 96, false },
	{ CYG_ENCR_AES_GCM_16, "rfc4106(gcm(aes))", 4, 128, false },
	{ CYG_ENCR_NULL_AUTH_AES_GMAC, "rfc4543(gcm(aes))", 4, 128, false },
	{ CYG_ENCR_CHACHA20_POLY1305, "rfc7539esp(chacha20,poly1305)", 4, 128, true },
};

static const struct mac {
	uint16_t integ;
	const char *name;
	uint8_t key_len;
	uint16_t icv_bits;
} macs[] = {
	{ CYG_AUTH_HMAC_MD5_96, "hmac(md5)", 16, 96 },
	{ CYG_AUTH_HMAC_SHA1_96, "hmac(sha1)", 20, 96 },
	{ CYG_AUTH_HMAC_SHA2_256_128, "hmac(sha256)", 32, 128 },
	{ CYG_AUTH_HMAC_SHA2_384_192, "hmac(sha384)", 48, 192 },
	{ CYG_AUTH_HMAC_SHA2_512_256, "hmac(sha512)", 64, 256 },
};

static const struct cipher *cipher_find(uint16_t encr)
{
	for (size_t i = 0; i < CYG_COUNT(ciphers); i++) {
		if (ciphers[i].encr == encr)
			return &ciphers[i];
	}
	return NULL;
}

static const struct mac *mac_find(uint16_t integ)
{
	for (size_t i = 0; i < CYG_COUNT(macs); i++) {
		if (macs[i].integ == integ)
			return &macs[i];
	}
	return NULL;
}

static size_t cipher_octets(const struct cipher *cipher, uint16_t key_bits)
{
	switch (cipher->encr) {
	case CYG_ENCR_NULL:
		return 0;
	case CYG_ENCR_3DES:
		return 24;
	case CYG_ENCR_CHACHA20_POLY1305:
		return 32;
	default:
		return key_bits == 128 || key_bits == 192 || key_bits == 256 ? key_bits / 8u : SIZE_MAX;
	}
}

size_t xfrm_key_len(uint16_t encr, uint16_t key_bits, uint16_t integ)
{
	const struct cipher *cipher = cipher_find(encr);
	const struct mac *mac = mac_find(integ);
	size_t octets = cipher ? cipher_octets(cipher, key_bits) : SIZE_MAX;

	if (octets == SIZE_MAX || (cipher->icv_bits ? integ != CYG_AUTH_NONE : !mac))
		return 0;
	return octets + cipher->salt + (mac && !cipher->icv_bits ? mac->key_len : 0u);
}

/* --- Pieces --- */

static uint16_t family_of(const struct cyg_ip *ip)
{
	return ip->family == CYG_IPV6 ? AF_INET6 : AF_INET;
}

static xfrm_address_t address_of(const struct cyg_ip *ip)
{
	xfrm_address_t address = { 0 };

	memcpy(&address, ip->octets, cyg_ip_len(ip));
	return address;
}

static struct cyg_ip ip_of(const xfrm_address_t *address, uint16_t family)
{
	struct cyg_ip ip = { .family = family == AF_INET6 ? CYG_IPV6 : CYG_IPV4 };

	memcpy(ip.octets, address, cyg_ip_len(&ip));
	return ip;
}

/*
 * The kernel's selector of packets that come from the local side (`out`), or go to it, into zeroed octets: the kernel
 * compares selectors with their padding.
 */
static void selector_put(struct xfrm_selector *s, const struct pair *p, bool out)
{
	const struct cyg_prefix *from = out ? &p->local : &p->remote, *to = out ? &p->remote : &p->local;
	const struct pair_port *near = out ? &p->local_port : &p->remote_port;
	const struct pair_port *far = out ? &p->remote_port : &p->local_port;

	if (p->protocol == IPPROTO_ICMP || p->protocol == IPPROTO_ICMPV6) { /* type and code, either way */
		near = &p->local_port;
		far = &p->remote_port;
	}
	s->saddr = address_of(&from->ip);
	s->daddr = address_of(&to->ip);
	s->prefixlen_s = from->len;
	s->prefixlen_d = to->len;
	s->sport = htons(near->port);
	s->sport_mask = htons(near->mask);
	s->dport = htons(far->port);
	s->dport_mask = htons(far->mask);
	s->family = family_of(&p->local.ip);
	s->proto = p->protocol;
}

static const struct xfrm_lifetime_cfg no_limits = {
	.soft_byte_limit = XFRM_INF,
	.hard_byte_limit = XFRM_INF,
	.soft_packet_limit = XFRM_INF,
	.hard_packet_limit = XFRM_INF,
};

static uint64_t sign_of(uint32_t if_id)
{
	return SIGN | if_id;
}

/* --- SAs --- */

static void put_aead(struct nl_message *m, const struct cipher *cipher, struct cyg_bytes key)
{
	union {
		struct xfrm_algo_aead head;
		char octets[sizeof(struct xfrm_algo_aead) + KEY_MAX];
	} a = { .octets = { 0 } };

	memcpy(a.head.alg_name, cipher->name, strlen(cipher->name) + 1);
	a.head.alg_key_len = (unsigned)key.len * 8;
	a.head.alg_icv_len = cipher->icv_bits;
	memcpy(a.head.alg_key, key.ptr, key.len);
	mnl_attr_put(&m->header, XFRMA_ALG_AEAD, sizeof(a.head) + key.len, &a);
	cyg_wipe(&a, sizeof(a));
}

static void put_cipher_and_mac(struct nl_message *m, const struct cipher *cipher, const struct mac *mac,
			       struct cyg_bytes key)
{
	union {
		struct xfrm_algo head;
		char octets[sizeof(struct xfrm_algo) + KEY_MAX];
	} e = { .octets = { 0 } };
	union {
		struct xfrm_algo_auth head;
		char octets[sizeof(struct xfrm_algo_auth) + KEY_MAX];
	} a = { .octets = { 0 } };
	size_t cipher_len = key.len - mac->key_len;

	memcpy(e.head.alg_name, cipher->name, strlen(cipher->name) + 1);
	e.head.alg_key_len = (unsigned)cipher_len * 8;
	memcpy(e.head.alg_key, key.ptr, cipher_len);
	mnl_attr_put(&m->header, XFRMA_ALG_CRYPT, sizeof(e.head) + cipher_len, &e);
	memcpy(a.head.alg_name, mac->name, strlen(mac->name) + 1);
	a.head.alg_key_len = mac->key_len * 8u;
	a.head.alg_trunc_len = mac->icv_bits;
	memcpy(a.head.alg_key, key.ptr + cipher_len, mac->key_len);
	mnl_attr_put(&m->header, XFRMA_ALG_AUTH_TRUNC, sizeof(a.head) + mac->key_len, &a);
	cyg_wipe(&e, sizeof(e));
	cyg_wipe(&a, sizeof(a));
}

/* The kernel wants the ports in the order in which they stand in the packets. */
static void put_encap(struct nl_message *m, const struct cyg_endpoint *from, const struct cyg_endpoint *to)
{
	struct xfrm_encap_tmpl encap = { .encap_type = UDP_ENCAP_ESPINUDP, .encap_sport = htons(from->port),
					 .encap_dport = htons(to->port) };

	mnl_attr_put(&m->header, XFRMA_ENCAP, sizeof(encap), &encap);
}

static void put_replay(struct nl_message *m, const struct xfrm_sa *sa, uint32_t window)
{
	union {
		struct xfrm_replay_state_esn head;
		char octets[sizeof(struct xfrm_replay_state_esn) + REPLAY_WINDOW_MAX / 8];
	} r = { .octets = { 0 } };
	size_t words = (window + 31) / 32;

	r.head.bmp_len = (uint32_t)words;
	r.head.replay_window = window;
	if (sa->inbound) {
		r.head.seq = (uint32_t)sa->seq;
		r.head.seq_hi = sa->esn ? (uint32_t)(sa->seq >> 32) : 0;
		/* What was seen before a restart and what lies below it is not taken again. */
		if (sa->seq)
			memset(r.head.bmp, 0xff, words * 4);
	} else {
		r.head.oseq = (uint32_t)sa->seq;
		r.head.oseq_hi = sa->esn ? (uint32_t)(sa->seq >> 32) : 0;
	}
	mnl_attr_put(&m->header, XFRMA_REPLAY_ESN_VAL, sizeof(r.head) + words * 4, &r);
}

enum cyg_status xfrm_sa_add(struct nl_message *m, const struct xfrm_sa *sa)
{
	const struct cipher *cipher = cipher_find(sa->encr);
	const struct mac *mac = mac_find(sa->integ);
	struct xfrm_usersa_info *info;
	uint32_t window = sa->inbound ? sa->replay_window : 0;

	if (sa->key.len == 0 || sa->key.len > KEY_MAX || sa->key.len != xfrm_key_len(sa->encr, sa->key_bits, sa->integ))
		return CYG_UNSUPPORTED;
	if (window > REPLAY_WINDOW_MAX)
		window = REPLAY_WINDOW_MAX;
	if (sa->esn && window < REPLAY_WINDOW_LEAST)
		window = REPLAY_WINDOW_LEAST;
	info = nl_begin(m, XFRM_MSG_NEWSA, NLM_F_CREATE | NLM_F_EXCL, sizeof(*info));
	info->id.daddr = address_of(&sa->to.ip);
	info->id.spi = htonl(sa->spi);
	info->id.proto = IPPROTO_ESP;
	info->saddr = address_of(&sa->from.ip);
	info->lft = no_limits;
	if (sa->soft_octets)
		info->lft.soft_byte_limit = sa->soft_octets;
	if (sa->hard_octets)
		info->lft.hard_byte_limit = sa->hard_octets;
	info->reqid = sa->reqid;
	info->family = family_of(&sa->to.ip);
	info->mode = sa->transport ? XFRM_MODE_TRANSPORT : XFRM_MODE_TUNNEL;
	/* A tunnel may hold the other family, too. */
	info->flags = sa->transport ? 0 : XFRM_STATE_AF_UNSPEC;
	if (sa->transport)
		info->lft.soft_packet_limit = sign_of(sa->if_id);
	if (sa->esn)
		info->flags |= XFRM_STATE_ESN;
	if (sa->inbound && sa->selector) {
		selector_put(&info->sel, sa->selector, false);
		info->flags &= (uint8_t)~XFRM_STATE_AF_UNSPEC;
	}
	if (cipher->icv_bits)
		put_aead(m, cipher, sa->key);
	else
		put_cipher_and_mac(m, cipher, mac, sa->key);
	if (window || sa->seq)
		put_replay(m, sa, window ? window : 1);
	if (sa->udp_encap)
		put_encap(m, &sa->from, &sa->to);
	if (sa->if_id && !sa->transport)
		mnl_attr_put_u32(&m->header, XFRMA_IF_ID, sa->if_id);
	if (!sa->inbound) { /* outer packets pass by the rules that lead into tunnels */
		mnl_attr_put_u32(&m->header, XFRMA_SET_MARK, CYG_FWMARK);
		mnl_attr_put_u32(&m->header, XFRMA_SET_MARK_MASK, UINT32_MAX);
	}
	return CYG_OK;
}

static void by_id(struct nl_message *m, uint16_t type, const struct cyg_ip *to, uint32_t spi)
{
	struct xfrm_usersa_id *id = nl_begin(m, type, 0, sizeof(*id));

	id->daddr = address_of(to);
	id->spi = htonl(spi);
	id->family = family_of(to);
	id->proto = IPPROTO_ESP;
}

void xfrm_sa_delete(struct nl_message *m, const struct cyg_ip *to, uint32_t spi)
{
	by_id(m, XFRM_MSG_DELSA, to, spi);
}

void xfrm_sa_get(struct nl_message *m, const struct cyg_ip *to, uint32_t spi)
{
	by_id(m, XFRM_MSG_GETSA, to, spi);
	m->header.nlmsg_flags &= (uint16_t)~NLM_F_ACK; /* the SA is the answer */
}

void xfrm_sa_dump(struct nl_message *m)
{
	(void)nl_begin(m, XFRM_MSG_GETSA, 0, 0);
}

/* --- Answers --- */

/* The body of a message of at least `size` octets, its length as it really is; NULL: too short. */
static const void *body_of(const struct nlmsghdr *message, size_t len, size_t size)
{
	if (len < NLMSG_HDRLEN + size || message->nlmsg_len > len || message->nlmsg_len < NLMSG_HDRLEN + size)
		return NULL;
	return mnl_nlmsg_get_payload(message);
}

/*
 * The attribute after `at` (NULL: the first one) behind a body of `size` octets, whole within the message; NULL after
 * the last. (libmnl's own walk takes the message's length up to the next multiple of four.)
 */
static const struct nlattr *next_attr(const struct nlmsghdr *message, size_t size, const struct nlattr *at)
{
	size_t before = at ? (size_t)((const char *)at - (const char *)message) + MNL_ALIGN(at->nla_len)
			   : NLMSG_HDRLEN + MNL_ALIGN(size);
	const struct nlattr *next = (const void *)((const char *)message + before);

	if (before + sizeof(*next) > message->nlmsg_len || next->nla_len < sizeof(*next) ||
	    next->nla_len > message->nlmsg_len - before)
		return NULL;
	return next;
}

/* An attribute with at least `least` octets in it. */
static const struct nlattr *find_attr(const struct nlmsghdr *message, size_t size, uint16_t type, size_t least)
{
	const struct nlattr *attr = NULL;

	while ((attr = next_attr(message, size, attr))) {
		if (mnl_attr_get_type(attr) == type)
			return mnl_attr_get_payload_len(attr) >= least ? attr : NULL;
	}
	return NULL;
}

enum cyg_status xfrm_sa_read(const struct nlmsghdr *message, size_t len, struct xfrm_usage *out)
{
	struct xfrm_usersa_info info;
	const void *body = body_of(message, len, sizeof(info));
	const struct nlattr *used;

	if (!body || message->nlmsg_type != XFRM_MSG_NEWSA)
		return CYG_MALFORMED;
	memcpy(&info, body, sizeof(info));
	*out = (struct xfrm_usage){ .packets = info.curlft.packets, .octets = info.curlft.bytes,
				    .replayed = (uint64_t)info.stats.replay_window + info.stats.replay,
				    .forged = info.stats.integrity_failed };
	used = find_attr(message, sizeof(info), XFRMA_LASTUSED, sizeof(uint64_t));
	if (used)
		memcpy(&out->used_s, mnl_attr_get_payload(used), sizeof(out->used_s));
	return CYG_OK;
}

/* So that a packet that left meanwhile does not share its number with one to come. */
static void jump_ahead(struct nl_message *m, const struct nlattr *attr, bool esn)
{
	union {
		struct xfrm_replay_state_esn wide;
		struct xfrm_replay_state narrow;
		char octets[sizeof(struct xfrm_replay_state_esn) + REPLAY_WINDOW_MAX / 8];
	} r = { .octets = { 0 } };
	size_t len = mnl_attr_get_payload_len(attr);
	uint64_t next;

	memcpy(&r, mnl_attr_get_payload(attr), len);
	if (mnl_attr_get_type(attr) == XFRMA_REPLAY_VAL) {
		/* At the end of the numbers it stays there: the SA is over. */
		r.narrow.oseq = r.narrow.oseq > UINT32_MAX - MOVED_MARGIN ? UINT32_MAX : r.narrow.oseq + MOVED_MARGIN;
	} else {
		next = ((uint64_t)r.wide.oseq_hi << 32 | r.wide.oseq) + MOVED_MARGIN;
		if (!esn && next > UINT32_MAX)
			next = UINT32_MAX;
		r.wide.oseq = (uint32_t)next;
		r.wide.oseq_hi = (uint32_t)(next >> 32);
	}
	mnl_attr_put(&m->header, mnl_attr_get_type(attr), len, &r);
}

enum cyg_status xfrm_sa_moved(struct nl_message *m, const struct nlmsghdr *message, size_t len,
			      const struct cyg_endpoint *from, const struct cyg_endpoint *to, bool inbound,
			      bool udp_encap)
{
	struct xfrm_usersa_info *info, before;
	const void *body = body_of(message, len, sizeof(before));
	const struct nlattr *attr = NULL;
	struct xfrm_lifetime_cur counters;

	if (!body || message->nlmsg_type != XFRM_MSG_NEWSA || message->nlmsg_len > sizeof(*m) - 128)
		return CYG_MALFORMED;
	memcpy(&before, body, sizeof(before));
	info = nl_begin(m, XFRM_MSG_NEWSA, NLM_F_CREATE | NLM_F_EXCL, sizeof(*info));
	*info = before;
	counters = before.curlft;
	memset(&info->curlft, 0, sizeof(info->curlft));
	memset(&info->stats, 0, sizeof(info->stats));
	info->id.daddr = address_of(&to->ip);
	info->saddr = address_of(&from->ip);
	info->family = family_of(&to->ip);
	while ((attr = next_attr(message, sizeof(before), attr))) {
		switch (mnl_attr_get_type(attr)) {
		case XFRMA_ENCAP:
		case XFRMA_LASTUSED:
		case XFRMA_SRCADDR:
		case XFRMA_COADDR:
		case XFRMA_ALG_AUTH: /* the kernel says it twice: XFRMA_ALG_AUTH_TRUNC has more */
			break;
		case XFRMA_REPLAY_VAL:
		case XFRMA_REPLAY_ESN_VAL:
			if (mnl_attr_get_payload_len(attr) > sizeof(struct xfrm_replay_state_esn) + REPLAY_WINDOW_MAX / 8 ||
			    mnl_attr_get_payload_len(attr) < sizeof(struct xfrm_replay_state))
				return CYG_MALFORMED;
			if (!inbound) {
				jump_ahead(m, attr, before.flags & XFRM_STATE_ESN);
				break;
			}
			/* fall through */
		default:
			mnl_attr_put(&m->header, mnl_attr_get_type(attr), mnl_attr_get_payload_len(attr),
				     mnl_attr_get_payload(attr));
		}
	}
	mnl_attr_put(&m->header, XFRMA_LTIME_VAL, sizeof(counters), &counters);
	if (udp_encap)
		put_encap(m, from, to);
	return CYG_OK;
}

/* --- Policies --- */

static const uint8_t directions[] = { [XFRM_WAY_IN] = XFRM_POLICY_IN, [XFRM_WAY_OUT] = XFRM_POLICY_OUT,
				      [XFRM_WAY_FORWARD] = XFRM_POLICY_FWD };

uint32_t xfrm_priority(const struct pair *p, enum xfrm_way way)
{
	const struct cyg_prefix *to = way == XFRM_WAY_OUT ? &p->remote : &p->local;
	const struct cyg_prefix *from = way == XFRM_WAY_OUT ? &p->local : &p->remote;

	return 100000u - to->len * 512u - from->len * 2u - (p->protocol ? 1u : 0u);
}

void xfrm_policy_set(struct nl_message *m, const struct xfrm_policy_of *policy, const struct xfrm_template *template,
		     uint32_t priority)
{
	const struct cyg_ip *outer = cyg_ip_is_set(&template->to) ? &template->to : &policy->pair.local.ip;
	struct xfrm_userpolicy_info *info = nl_begin(m, XFRM_MSG_UPDPOLICY, 0, sizeof(*info));
	struct xfrm_user_tmpl tmpl = {
		.id = { .daddr = address_of(&template->to), .proto = IPPROTO_ESP },
		.family = family_of(outer),
		.saddr = address_of(&template->from),
		.reqid = template->reqid,
		.mode = template->transport ? XFRM_MODE_TRANSPORT : XFRM_MODE_TUNNEL,
		.aalgos = UINT32_MAX,
		.ealgos = UINT32_MAX,
		.calgos = UINT32_MAX,
	};

	selector_put(&info->sel, &policy->pair, policy->way == XFRM_WAY_OUT);
	info->lft = no_limits;
	if (template->transport)
		info->lft.soft_packet_limit = sign_of(template->transport);
	info->priority = priority;
	info->dir = directions[policy->way];
	info->action = XFRM_POLICY_ALLOW;
	info->share = XFRM_SHARE_ANY;
	mnl_attr_put(&m->header, XFRMA_TMPL, sizeof(tmpl), &tmpl);
	if (policy->if_id)
		mnl_attr_put_u32(&m->header, XFRMA_IF_ID, policy->if_id);
}

void xfrm_policy_delete(struct nl_message *m, const struct xfrm_policy_of *policy)
{
	struct xfrm_userpolicy_id *id = nl_begin(m, XFRM_MSG_DELPOLICY, 0, sizeof(*id));

	selector_put(&id->sel, &policy->pair, policy->way == XFRM_WAY_OUT);
	id->dir = directions[policy->way];
	if (policy->if_id)
		mnl_attr_put_u32(&m->header, XFRMA_IF_ID, policy->if_id);
}

void xfrm_policy_dump(struct nl_message *m)
{
	(void)nl_begin(m, XFRM_MSG_GETPOLICY, 0, 0);
}

bool xfrm_dumped(const struct nlmsghdr *message, uint32_t if_id, struct nl_message *deletion)
{
	bool sa = message->nlmsg_type == XFRM_MSG_NEWSA, bound;
	size_t size = sa ? sizeof(struct xfrm_usersa_info) : sizeof(struct xfrm_userpolicy_info);
	const void *body = body_of(message, message->nlmsg_len, size);
	const struct nlattr *attr;

	if (!body || (!sa && message->nlmsg_type != XFRM_MSG_NEWPOLICY))
		return false;
	attr = find_attr(message, size, XFRMA_IF_ID, sizeof(uint32_t));
	bound = attr && mnl_attr_get_u32(attr) == if_id;
	if (sa) {
		struct xfrm_usersa_info info;
		struct xfrm_usersa_id *id;

		memcpy(&info, body, sizeof(info));
		if (!bound && info.lft.soft_packet_limit != sign_of(if_id))
			return false;
		id = nl_begin(deletion, XFRM_MSG_DELSA, 0, sizeof(*id));
		*id = (struct xfrm_usersa_id){ .daddr = info.id.daddr, .spi = info.id.spi, .family = info.family,
					       .proto = info.id.proto };
	} else {
		struct xfrm_userpolicy_info info;
		struct xfrm_userpolicy_id *id;

		memcpy(&info, body, sizeof(info));
		if (!bound && info.lft.soft_packet_limit != sign_of(if_id))
			return false;
		id = nl_begin(deletion, XFRM_MSG_DELPOLICY, 0, sizeof(*id));
		memcpy(&id->sel, &info.sel, sizeof(id->sel));
		id->dir = info.dir;
		if (bound)
			mnl_attr_put_u32(&deletion->header, XFRMA_IF_ID, if_id);
	}
	return true;
}

/* --- Reports --- */

static void read_expire(const struct nlmsghdr *message, const void *body, struct xfrm_report *out)
{
	struct xfrm_user_expire expire;

	memcpy(&expire, body, sizeof(expire));
	if (expire.state.id.proto != IPPROTO_ESP)
		return;
	out->kind = XFRM_REPORT_EXPIRE;
	out->spi = ntohl(expire.state.id.spi);
	out->reqid = expire.state.reqid;
	out->hard = expire.hard != 0;
}

static void read_mapping(const struct nlmsghdr *message, const void *body, struct xfrm_report *out)
{
	struct xfrm_user_mapping mapping;

	memcpy(&mapping, body, sizeof(mapping));
	if (mapping.id.proto != IPPROTO_ESP)
		return;
	out->kind = XFRM_REPORT_MAPPING;
	out->spi = ntohl(mapping.id.spi);
	out->reqid = mapping.reqid;
	out->remote.ip = ip_of(&mapping.new_saddr, mapping.id.family);
	out->remote.port = ntohs(mapping.new_sport);
}

static void read_acquire(const struct nlmsghdr *message, const void *body, struct xfrm_report *out)
{
	const struct nlattr *attr = find_attr(message, sizeof(struct xfrm_user_acquire), XFRMA_IF_ID,
					      sizeof(uint32_t));
	struct xfrm_user_acquire acquire;

	memcpy(&acquire, body, sizeof(acquire));
	if (!attr)
		return;
	out->kind = XFRM_REPORT_ACQUIRE;
	out->if_id = mnl_attr_get_u32(attr);
	out->source = ip_of(&acquire.sel.saddr, acquire.sel.family);
	out->destination = ip_of(&acquire.sel.daddr, acquire.sel.family);
	out->protocol = acquire.sel.proto;
}

struct xfrm_report xfrm_report_read(const struct nlmsghdr *message, size_t len)
{
	static const struct {
		uint16_t type;
		size_t size;
		void (*read)(const struct nlmsghdr *message, const void *body, struct xfrm_report *out);
	} reports[] = {
		{ XFRM_MSG_EXPIRE, sizeof(struct xfrm_user_expire), read_expire },
		{ XFRM_MSG_MAPPING, sizeof(struct xfrm_user_mapping), read_mapping },
		{ XFRM_MSG_ACQUIRE, sizeof(struct xfrm_user_acquire), read_acquire },
	};
	struct xfrm_report report = { .kind = XFRM_REPORT_NONE };

	for (size_t i = 0; i < CYG_COUNT(reports); i++) {
		const void *body;

		if (len < sizeof(*message) || message->nlmsg_type != reports[i].type)
			continue;
		body = body_of(message, len, reports[i].size);
		if (body)
			reports[i].read(message, body, &report);
	}
	return report;
}
