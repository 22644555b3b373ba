/* SPDX-License-Identifier: MIT */
#include "sockets.h"

#include <cygnet/net.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define PORT_IKE  500
#define PORT_NATT 4500
/* What arrives while a shard is busy waits here: 8 MiB are some 4000 datagrams of full size. */
#define RECEIVE_OCTETS (8 << 20)
#define SEND_OCTETS    (4 << 20)

static bool set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

/* By force where we may, within the system's limit where not (a container). Never a failure. */
static void set_buffers(int fd)
{
	if (!set(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_OCTETS))
		(void)set(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_OCTETS);
	if (!set(fd, SOL_SOCKET, SO_SNDBUFFORCE, SEND_OCTETS))
		(void)set(fd, SOL_SOCKET, SO_SNDBUF, SEND_OCTETS);
}

/* Options of the address family that both kinds of sockets want. NULL, or what was refused. */
static const char *set_family(int fd, const struct cyg_broker_socket *wanted)
{
	if (wanted->local.ip.family == CYG_IPV4) {
		if (!set(fd, IPPROTO_IP, IP_PKTINFO, 1))
			return "IP_PKTINFO";
		/* PROBE sets DF and leaves the size to us; DONT lets routers and the kernel fragment. */
		if (!set(fd, IPPROTO_IP, IP_MTU_DISCOVER,
			 wanted->dont_fragment ? IP_PMTUDISC_PROBE : IP_PMTUDISC_DONT))
			return "IP_MTU_DISCOVER";
		return NULL;
	}
	if (!set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1))
		return "IPV6_RECVPKTINFO";
	if (!set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER,
		 wanted->dont_fragment ? IPV6_PMTUDISC_PROBE : IPV6_PMTUDISC_DONT))
		return "IPV6_MTU_DISCOVER";
	return NULL;
}

static const char *kind_text(const struct cyg_broker_socket *wanted)
{
	return wanted->kind == CYG_SOCKET_UDP ? "UDP" : "raw ESP";
}

/* What bind or socket said, in words that name the mending command. */
static enum cyg_status explain(int error, const struct cyg_broker_socket *wanted,
			       struct cyg_strbuf *why)
{
	char ip[CYG_IP_TEXT];

	(void)cyg_ip_text(&wanted->local.ip, ip);
	switch (error) {
	case EADDRINUSE:
		cyg_strbuf_addf(why,
				"UDP port %u on %s is in use: see 'ss -ulpn sport = :%u'; stop that daemon",
				wanted->local.port, ip, wanted->local.port);
		return CYG_EXISTS;
	case EADDRNOTAVAIL:
		cyg_strbuf_addf(why, "no interface has the address %s: see 'ip address'", ip);
		return CYG_NOT_FOUND;
	case EACCES:
	case EPERM:
		cyg_strbuf_addf(why,
				"no permission for a %s socket on %s: start as root, in a container with "
				"'--cap-add NET_ADMIN --cap-add NET_RAW --cap-add NET_BIND_SERVICE'",
				kind_text(wanted), ip);
		return CYG_REFUSED;
	case EAFNOSUPPORT:
		cyg_strbuf_addf(why, "the kernel has no %s: see 'sysctl net.ipv6.conf.all.disable_ipv6'",
				wanted->local.ip.family == CYG_IPV6 ? "IPv6" : "IPv4");
		return CYG_UNSUPPORTED;
	case ENODEV:
		cyg_strbuf_addf(why, "there is no interface with index %u: see 'ip link'",
				wanted->local.scope);
		return CYG_NOT_FOUND;
	default:
		cyg_strbuf_addf(why, "%s socket on %s: %s", kind_text(wanted), ip, strerror(error));
		return CYG_IO;
	}
}

static int open_and_bind(const struct cyg_broker_socket *wanted, bool shared)
{
	struct sockaddr_storage sa;
	socklen_t sa_len = cyg_endpoint_to_sockaddr(&wanted->local, &sa);
	bool udp = wanted->kind == CYG_SOCKET_UDP;
	int family = wanted->local.ip.family == CYG_IPV4 ? AF_INET : AF_INET6;
	int fd = socket(family, (udp ? SOCK_DGRAM : SOCK_RAW) | SOCK_CLOEXEC | SOCK_NONBLOCK,
			udp ? IPPROTO_UDP : IPPROTO_ESP);
	int error;

	if (fd < 0)
		return -1;
	if (udp && family == AF_INET6 && !set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1))
		goto fail;
	if (udp && shared && !set(fd, SOL_SOCKET, SO_REUSEPORT, 1))
		goto fail;
	if (bind(fd, (const struct sockaddr *)&sa, sa_len) != 0)
		goto fail;
	return fd;
fail:
	error = errno;
	(void)close(fd);
	errno = error;
	return -1;
}

enum cyg_status sockets_open(const struct cyg_broker_socket *wanted, bool first, int *out,
			     struct cyg_strbuf *why)
{
	bool udp = wanted->kind == CYG_SOCKET_UDP;
	const char *refused;
	int fd;

	if (udp && wanted->local.port != PORT_IKE && wanted->local.port != PORT_NATT) {
		cyg_strbuf_addf(why, "UDP port %u is none of ours: only %u and %u are opened",
				wanted->local.port, PORT_IKE, PORT_NATT);
		return CYG_REFUSED;
	}
	if (!udp && (wanted->local.port != 0 || wanted->udp_encap)) {
		cyg_strbuf_addf(why, "a raw ESP socket has no port");
		return CYG_REFUSED;
	}
	if (udp && first) {
		fd = open_and_bind(wanted, false);
		if (fd < 0)
			return explain(errno, wanted, why);
		(void)close(fd);
	}
	fd = open_and_bind(wanted, true);
	if (fd < 0)
		return explain(errno, wanted, why);
	refused = set_family(fd, wanted);
	if (refused == NULL && !set(fd, SOL_SOCKET, SO_MARK, (int)CYG_FWMARK))
		refused = "SO_MARK";
	if (refused == NULL && wanted->udp_encap &&
	    !set(fd, IPPROTO_UDP, UDP_ENCAP, UDP_ENCAP_ESPINUDP))
		refused = "UDP_ENCAP";
	if (refused != NULL) {
		int error = errno;

		cyg_strbuf_addf(why, "the kernel refused %s on a %s socket: %s", refused,
				kind_text(wanted), strerror(error));
		(void)close(fd);
		return error == EPERM || error == EACCES ? CYG_REFUSED : CYG_UNSUPPORTED;
	}
	set_buffers(fd);
	*out = fd;
	return CYG_OK;
}

bool sockets_tun_name_is_ours(const char *name)
{
	size_t len = strlen(name);

	if (len < sizeof("cyg-v0") - 1 || len >= IFNAMSIZ || strncmp(name, "cyg-", 4) != 0 ||
	    (name[4] != 'v' && name[4] != 't'))
		return false;
	return strspn(name + 5, "0123456789") == len - 5;
}

enum cyg_status sockets_tun_open(const char *path, const char *name, bool vnet_hdr, int *out,
				 struct cyg_strbuf *why)
{
	struct ifreq request = { .ifr_name = "" };
	int fd, error;

	if (!sockets_tun_name_is_ours(name)) {
		cyg_strbuf_addf(why, "a device of that name is none of ours (cyg-vN, cyg-tN)");
		return CYG_REFUSED;
	}
	fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		switch (errno) {
		case ENOENT:
		case ENODEV:
		case ENXIO:
			cyg_strbuf_addf(why, "there is no %s: load the module: modprobe tun (in a container: "
					"'--device /dev/net/tun')", path);
			return CYG_UNSUPPORTED;
		case EACCES:
		case EPERM:
			cyg_strbuf_addf(why, "no permission to open %s: start as root (in a container: "
					"'--device /dev/net/tun')", path);
			return CYG_REFUSED;
		default:
			cyg_strbuf_addf(why, "%s: %s", path, strerror(errno));
			return CYG_IO;
		}
	}
	memcpy(request.ifr_name, name, strlen(name) + 1);
	request.ifr_flags = (short)(IFF_TUN | IFF_NO_PI | IFF_MULTI_QUEUE | (vnet_hdr ? IFF_VNET_HDR : 0));
	if (ioctl(fd, TUNSETIFF, &request) == 0) {
		*out = fd;
		return CYG_OK;
	}
	error = errno;
	(void)close(fd);
	switch (error) {
	case EPERM:
	case EACCES:
		cyg_strbuf_addf(why, "no permission to make the device %s: start as root, in a container "
				"with '--cap-add NET_ADMIN'", name);
		return CYG_REFUSED;
	case EBUSY:
	case EINVAL:
		cyg_strbuf_addf(why, "a device %s of another kind is there already: remove it: "
				"ip link delete %s", name, name);
		return CYG_BUSY;
	case E2BIG:
		cyg_strbuf_addf(why, "device %s has as many queues as the kernel allows", name);
		return CYG_LIMIT;
	default:
		cyg_strbuf_addf(why, "device %s: %s", name, strerror(error));
		return CYG_IO;
	}
}
