/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "control/loopback.h"

#include <errno.h>
#include <ifaddrs.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum cyg_status loopback_has(const struct cyg_ip *ip)
{
	enum cyg_status status = CYG_NOT_FOUND;
	struct ifaddrs *list, *item;

	if (getifaddrs(&list))
		return CYG_IO;
	for (item = list; item; item = item->ifa_next) {
		struct cyg_endpoint endpoint;
		socklen_t len;

		if (!item->ifa_addr)
			continue;
		len = item->ifa_addr->sa_family == AF_INET	   ? sizeof(struct sockaddr_in)
		      : item->ifa_addr->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
							      : 0;
		if (len && cyg_endpoint_from_sockaddr(item->ifa_addr, len, &endpoint) == CYG_OK &&
		    cyg_ip_equal(&endpoint.ip, ip))
			status = CYG_OK;
	}
	freeifaddrs(list);
	return status;
}

/* The kernel's answer to the one request on `fd`: 0 or an errno. */
static int answer(int fd)
{
	union {
		struct nlmsghdr header;
		char octets[1024];
	} reply;
	struct nlmsgerr error;
	ssize_t got;

	do
		got = recv(fd, &reply, sizeof(reply), 0);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return errno;
	if ((size_t)got < sizeof(reply.header) + sizeof(error) || reply.header.nlmsg_type != NLMSG_ERROR)
		return EPROTO;
	memcpy(&error, reply.octets + NLMSG_HDRLEN, sizeof(error));
	return -error.error;
}

enum cyg_status loopback_set(const struct cyg_ip *ip, bool add)
{
	struct {
		struct nlmsghdr header;
		struct ifaddrmsg body;
		struct rtattr local;
		uint8_t octets[16];
	} request = { 0 };
	struct timeval patience = { .tv_sec = 1 };
	size_t len = cyg_ip_len(ip);
	int fd, error;

	request.header.nlmsg_len = (uint32_t)(offsetof(__typeof__(request), octets) + len);
	request.header.nlmsg_type = add ? RTM_NEWADDR : RTM_DELADDR;
	request.header.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | (add ? NLM_F_CREATE | NLM_F_EXCL : 0));
	request.body.ifa_family = ip->family == CYG_IPV6 ? AF_INET6 : AF_INET;
	request.body.ifa_prefixlen = (uint8_t)cyg_ip_bits(ip->family);
	request.body.ifa_index = if_nametoindex("lo");
	request.local.rta_type = IFA_LOCAL;
	request.local.rta_len = (uint16_t)RTA_LENGTH(len);
	memcpy(request.octets, ip->octets, len);
	if (request.body.ifa_index == 0)
		return CYG_IO;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0)
		return CYG_IO;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) ||
	    send(fd, &request, request.header.nlmsg_len, 0) < 0)
		error = errno;
	else
		error = answer(fd);
	close(fd);
	errno = error;
	return error == 0 ? CYG_OK : error == EEXIST ? CYG_EXISTS :
	       error == EADDRNOTAVAIL ? CYG_NOT_FOUND : CYG_IO;
}
