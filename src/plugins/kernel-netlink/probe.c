/* SPDX-License-Identifier: MIT */
/*
 * What this kernel can do, by asking it for what is needed and taking it back: that loads its modules as well. A
 * kernel built without something is told by the option's name.
 */
#include "plane.h"

#include <cygnet/log.h>
#include <cygnet/numbers.h>

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#define PROBE_SPI 0xfffffffeu /* a slot of ours, so it is nobody else's for long */
#define PROBE_LINK "cyg-probe"

static int try_sa(struct nl *xfrm, const struct cyg_ip *here, uint16_t encr, uint16_t key_bits, uint16_t integ,
		  bool esn)
{
	uint8_t key[128];
	struct xfrm_sa sa = { .spi = PROBE_SPI, .from = { .ip = *here }, .to = { .ip = *here },
			      .esn = esn, .encr = encr,
			      .key_bits = key_bits, .integ = integ,
			      .key = { key, xfrm_key_len(encr, key_bits, integ) } };
	struct nl_message m;
	int error;

	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)(i * 7 + 1); /* no weak one */
	if (xfrm_sa_add(&m, &sa) != CYG_OK)
		return ENOSYS;
	error = nl_now(xfrm, &m);
	if (error && error != EEXIST)
		return error;
	xfrm_sa_delete(&m, here, PROBE_SPI);
	(void)nl_now(xfrm, &m);
	return 0;
}

/* A link that cannot be made, so that only the kind is judged. */
static int try_link(struct nl *route)
{
	struct nl_message m;
	struct nlattr *info, *data;
	int error;

	(void)nl_begin(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(&m.header, IFLA_IFNAME, PROBE_LINK);
	info = mnl_attr_nest_start(&m.header, IFLA_LINKINFO);
	mnl_attr_put_strz(&m.header, IFLA_INFO_KIND, "xfrm");
	data = mnl_attr_nest_start(&m.header, IFLA_INFO_DATA);
	mnl_attr_put_u32(&m.header, IFLA_XFRM_IF_ID, 0);
	mnl_attr_nest_end(&m.header, data);
	mnl_attr_nest_end(&m.header, info);
	error = nl_now(route, &m);
	if (error == 0) { /* an older kernel takes it */
		nl_link_delete(&m, PROBE_LINK);
		(void)nl_now(route, &m);
	}
	return error == EINVAL ? 0 : error;
}

static void missing(const char *what, const char *option, const char *module, int error)
{
	if (error == EPERM)
		cyg_log(CYG_LOG_ERROR, "kernel.not-allowed",
			"{what}: not allowed; the daemon needs CAP_NET_ADMIN: start it with 'cygnet start'",
			F_STR("what", what));
	else
		cyg_log(CYG_LOG_ERROR, "kernel.missing",
			"{what}: this kernel has no {option} ({error}): boot one with it or load its module (modprobe "
			"{module}), or use the plugin kernel-tun, which needs none of it",
			F_STR("what", what), F_STR("option", option), F_STR("error", strerror(error)),
			F_STR("module", module));
}

enum cyg_status plane_probe(struct nl *xfrm, struct nl *route)
{
	static const struct cyg_ip here4 = { CYG_IPV4, { 127, 0, 0, 1 } };
	static const struct cyg_ip here6 = { CYG_IPV6, { [15] = 1 } };
	enum cyg_status status = CYG_OK;
	int error;

	if (!nl_is_open(xfrm)) {
		missing("IPsec in the kernel", "CONFIG_XFRM_USER", "xfrm_user", EPROTONOSUPPORT);
		return CYG_UNSUPPORTED;
	}
	error = try_sa(xfrm, &here4, CYG_ENCR_AES_CBC, 128, CYG_AUTH_HMAC_SHA2_256_128, false);
	if (error == EPROTONOSUPPORT || error == EPERM) {
		missing("ESP over IPv4", "CONFIG_INET_ESP", "esp4", error);
		status = CYG_UNSUPPORTED;
	} else if (error) {
		missing("AES-CBC with HMAC-SHA-256", "CONFIG_CRYPTO_CBC, CONFIG_CRYPTO_HMAC or CONFIG_CRYPTO_SHA256",
			"authenc", error);
		status = CYG_UNSUPPORTED;
	}
	error = try_link(route);
	if (error) {
		missing("a device for tunnels", "CONFIG_XFRM_INTERFACE", "xfrm_interface", error);
		status = CYG_UNSUPPORTED;
	}
	/* Without these it works for others. */
	error = status == CYG_OK ? try_sa(xfrm, &here4, CYG_ENCR_AES_GCM_16, 128, CYG_AUTH_NONE, false) : 0;
	if (error)
		missing("AES-GCM", "CONFIG_CRYPTO_GCM or CONFIG_CRYPTO_SEQIV", "gcm", error);
	error = try_sa(xfrm, &here6, CYG_ENCR_AES_CBC, 128, CYG_AUTH_HMAC_SHA2_256_128, false);
	if (error == EPROTONOSUPPORT)
		missing("ESP over IPv6", "CONFIG_INET6_ESP", "esp6", error);
	return status;
}

enum cyg_status plane_can_do(struct plane_shard *s, uint16_t encr, uint16_t key_bits, uint16_t integ, bool esn)
{
	static const struct cyg_ip here = { CYG_IPV4, { 127, 0, 0, 1 } };

	for (size_t i = 0; i < CYG_COUNT(s->suite); i++) {
		if (!s->suite[i].known) {
			s->suite[i].encr = encr;
			s->suite[i].key_bits = key_bits;
			s->suite[i].integ = integ;
			s->suite[i].esn = esn;
			s->suite[i].known = true;
			s->suite[i].can = try_sa(&s->question, &here, encr, key_bits, integ, esn) == 0;
		}
		if (s->suite[i].encr == encr && s->suite[i].key_bits == key_bits && s->suite[i].integ == integ &&
		    s->suite[i].esn == esn)
			return s->suite[i].can ? CYG_OK : CYG_UNSUPPORTED;
	}
	return try_sa(&s->question, &here, encr, key_bits, integ, esn) == 0 ? CYG_OK : CYG_UNSUPPORTED;
}
